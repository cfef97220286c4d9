"""`outliers`: what is none of the usual, and what is done about it."""

from typing import Any

import numpy as np
import pytest

from amml_runtime.batch import Batch
from amml_runtime.errors import WorkflowFault
from amml_runtime.laws import Trial, cuts_leave_no_trace, state_survives_a_restart
from amml_runtime.state import State
from amml_runtime.testing import NOW, batch_of, feed, make, run

METHODS = ["residual", "zscore", "iqr", "hampel"]
TREATMENTS = ["mark", "null", "drop", "clip", "ema"]
SPIKES = [60, 101, 150, 151, 190]


def series(keys: int = 1) -> dict[str, list[Any]]:
    random = np.random.default_rng(7)
    values = (np.sin(np.arange(200) / 10) + random.normal(0, 0.2, 200)).tolist()
    for at in SPIKES:
        values[at] += 9 if at % 2 else -9
    there = random.random(200) > 0.1
    kept = [v if there[n] or n in SPIKES else None for n, v in enumerate(values)]
    return {"_key": [f"k{n % keys}" for n in range(200)], "x": kept}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("treat", TREATMENTS)
def test_cuts_and_restarts_leave_no_trace(method: str, treat: str) -> None:
    text = f'outliers of=x, method="{method}", treat="{treat}", last=12'
    trial = Trial(lambda: make(text), batch_of(series(3)), [1, 40, 40, 61, 62, 150, 151, 199])
    cuts_leave_no_trace(trial)
    state_survives_a_restart(trial)


@pytest.mark.parametrize("method", METHODS)
def test_spikes_are_found(method: str) -> None:
    found = run(f'outliers of=x, method="{method}"', None, None, **series())
    marked = [n for n, odd in enumerate(found["x_outlier"]) if odd]
    assert {60, 101, 190} <= set(marked)
    assert len(marked) <= 8


def test_spikes_do_not_hide_each_other() -> None:
    random = np.random.default_rng(1)
    hit = random.random(2000) < 0.08
    values = np.sin(np.arange(2000) / 4) + random.normal(0, 0.1, 2000)
    values[hit] += random.choice([-1, 1], hit.sum()) * random.uniform(4, 8, hit.sum())
    found = np.array(run("outliers of=x", x=values.tolist())["x_outlier"])
    assert (found & hit).sum() > 0.85 * hit.sum() and (found & ~hit).sum() < 0.1 * hit.sum()


def test_a_new_level_is_no_spike_for_the_residual() -> None:
    values = [float(n % 3) for n in range(50)] + [100.0 + n % 3 for n in range(50)]
    assert not any(run("outliers of=x", x=values)["x_outlier"])


def test_a_row_waits_for_the_next_value_of_its_key() -> None:
    state, step = State(), make("outliers of=x")
    assert step.process(batch_of({"x": [1.0, None], "n": [1, 2]}), state, NOW).rows == 0
    assert step.process(batch_of({"x": [2.0], "n": [3]}), state, NOW).column("n").to_pylist() == [
        1,
        2,
    ]
    rest = step.finish(state, NOW)
    assert rest is not None and rest.column("n").to_pylist() == [3]


def test_nothing_waits_for_a_value_that_does_not_come() -> None:
    outputs = feed(make("outliers of=x"), [batch_of({"x": [1.0, *[None] * 40], "n": range(41)})])
    assert outputs[0].column("n").to_pylist() == list(range(41))


@pytest.mark.parametrize("method", METHODS)
def test_a_spike_is_treated(method: str) -> None:
    values = [float(n % 4) for n in range(20)] + [99.0] + [float(n % 4) for n in range(9)]

    def treated(treat: str) -> list[Any]:
        return run(f'outliers of=x, method="{method}", treat="{treat}"', x=values)["x"]

    assert treated("mark") == values
    assert treated("null") == [None if value == 99 else value for value in values]
    assert treated("drop") == [value for value in values if value != 99]
    assert 3 < treated("clip")[20] < 30
    assert 0 < treated("ema")[20] < 3
    assert treated("ema")[:20] == values[:20]


def test_each_key_has_its_own_usual() -> None:
    usual = {"a": 0.0, "b": 500.0}
    rows = [{"_key": key, "x": usual[key] + at % 3} for at in range(30) for key in usual]
    rows.append({"_key": "b", "x": 1.0})
    (output,) = feed(make('outliers of=x, method="hampel"'), [Batch.from_rows(rows)])
    assert output.column("x_outlier").to_pylist() == [False] * 60 + [True]


def test_text_is_no_number() -> None:
    with pytest.raises(WorkflowFault, match="numbers are needed"):
        run("outliers of=x", x=["a"])


@pytest.mark.parametrize(
    "text", ['method="x"', 'treat="x"', "last=3", "limit=0", "alpha=0", "alpha=1.5"]
)
def test_nonsense_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=text.partition("=")[0]):
        make(f"outliers {text}")
