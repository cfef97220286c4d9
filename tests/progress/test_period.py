"""`period`: the rhythm of a sensor, whatever is missing, late or jittering."""

from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from amml_runtime.batch import Batch
from amml_runtime.state import State
from amml_runtime.testing import NOW, batch_of, feed, make, run

MINUTE = 60_000_000


def periods(times: list[int], text: str = "period") -> list[timedelta | None]:
    return run(text, _time=times)["period"]


@pytest.mark.parametrize("share", [0.05, 0.3, 0.5])
def test_missing_rows_do_not_change_the_period(share: float) -> None:
    random = np.random.default_rng(1)
    times = [at * 10 * MINUTE for at in range(1000) if random.random() >= share]
    assert set(periods(times)) == {timedelta(minutes=10)}


def test_the_divisor_of_two_rhythms_is_the_period() -> None:
    steps = [2, 3] * 30
    times = (np.cumsum(steps) * MINUTE).tolist()
    assert periods(times)[-1] == timedelta(minutes=1)


def test_a_clock_that_jitters_has_a_period_all_the_same() -> None:
    random = np.random.default_rng(1)
    jitter = random.normal(0, 0.04 * MINUTE, 2000).astype(int)
    times = [at * MINUTE + int(jitter[at]) for at in range(2000) if at % 19]
    assert periods(times)[-1] == pytest.approx(timedelta(minutes=1), abs=timedelta(seconds=1))


def test_a_rare_pause_does_not_count() -> None:
    times = [at * MINUTE + (at // 100) * 25_000_000 for at in range(1000)]
    assert periods(times)[-1] == timedelta(minutes=1)


def test_a_new_rhythm_takes_over() -> None:
    slow = [at * 10 * MINUTE for at in range(200)]
    fast = [slow[-1] + at * MINUTE for at in range(1, 2000)]
    assert periods(slow + fast)[-1] == timedelta(minutes=1)


def test_rows_wait_until_the_period_of_their_key_is_known() -> None:
    state, step = State(), make("period learn=3")
    rows = [{"_time": at * MINUTE, "_key": "a", "co2": at} for at in (0, 2, 3, 4, 5)]
    waiting = step.process(Batch.from_rows(rows[:3]), state, NOW)
    released = step.process(Batch.from_rows(rows[3:]), state, NOW)
    assert (waiting.rows, released.column("co2").to_pylist()) == (0, [0, 2, 3, 4, 5])
    assert set(released.column("period").to_pylist()) == {timedelta(minutes=1)}


def test_rows_that_wait_keep_their_place_among_other_keys() -> None:
    keys = ["a", "b", "a", "b", "b"]
    batch = batch_of({"_time": [0, 0, 60, 60, 120], "_key": keys, "n": [0, 1, 2, 3, 4]})
    (output,) = feed(make("period learn=1"), [batch])
    assert output.column("n").to_pylist() == [0, 2, 1, 3, 4]


def test_at_the_end_rows_that_wait_go_on_with_what_is_known() -> None:
    assert periods([0, MINUTE]) == [timedelta(minutes=1)] * 2
    assert periods([0]) == [None]


def test_nothing_waits_with_learn_0() -> None:
    assert periods([0, MINUTE], "period learn=0") == [None, timedelta(minutes=1)]


def test_a_row_out_of_order_stays_where_it_is_and_does_not_count() -> None:
    found = run("period learn=0", _time=[at * MINUTE for at in (0, 1, 2, 4, 3, 5)])
    assert [time.minute for time in found["_time"]] == [0, 1, 2, 4, 3, 5]
    assert found["period"][-1] == timedelta(minutes=1)


@pytest.mark.parametrize("keys", [1, 50])
def test_keys_do_not_disturb_each_other(keys: int) -> None:
    rows: list[dict[str, Any]] = [
        {"_time": at * (key + 1) * MINUTE, "_key": str(key)}
        for at in range(20)
        for key in range(keys)
    ]
    for row in Batch.concat(feed(make("period"), [Batch.from_rows(rows)])).to_rows():
        assert row["period"] == timedelta(minutes=int(row["_key"]) + 1)


def test_a_negative_learn_is_refused() -> None:
    with pytest.raises(ValueError, match="learn"):
        make("period learn=-1")
