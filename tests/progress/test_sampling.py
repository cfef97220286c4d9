"""Many keys at once remember what each of them would by itself."""

import numpy as np

from amml_progress._shared.sampling import FRESH, learn, learn_all

KEYS = 20


def test_many_keys_at_once_and_one_by_one_remember_the_same_bits() -> None:
    random = np.random.Generator(np.random.Philox(1))
    memories, plain = np.array([FRESH] * KEYS), [list(FRESH) for _ in range(KEYS)]
    for minute in range(600):
        groups = np.flatnonzero(random.random(KEYS) < 0.9)
        times = (minute * 60e6 + random.normal(0, 2e6, len(groups))).round()
        periods, seen = learn_all(memories, groups, times)
        for group, time in zip(groups.tolist(), times.tolist(), strict=True):
            learn(plain[group], time)
        after = np.array([plain[group] for group in groups.tolist()])
        assert np.array_equal(periods, after[:, 3], equal_nan=True)
        assert np.array_equal(seen, after[:, 1])
    assert np.array_equal(memories, np.array(plain), equal_nan=True)
