"""`gaps`: as many rows as are missing, where they are missing."""

import pytest

from amml_runtime.batch import Batch
from amml_runtime.errors import WorkflowFault
from amml_runtime.event_time import micros
from amml_runtime.state import State
from amml_runtime.testing import NOW, batch_of, make, run

MINUTE = 60_000_000

# A table of a sensor that sends every ten minutes: its time and the rows missing before it.
# Three rows are missing, and one comes out of order.
TABLE = [(0, 0), (10, 0), (20, 0), (40, 1), (50, 0), (80, 2), (70, None), (90, 0), (100, 0)]


def test_the_table_has_a_row_in_every_place_and_the_one_out_of_order_is_too_late() -> None:
    batch = batch_of({"_time": [minute * MINUTE for minute, _ in TABLE], "co2": [1.0] * len(TABLE)})
    state = State()
    output = make("gaps period=10m").process(batch, state, NOW)
    minutes = [row["_time"].hour * 60 + row["_time"].minute for row in output.to_rows()]
    assert minutes == list(range(0, 110, 10))
    assert output.column("missing").to_pylist().count(True) == sum(n or 0 for _, n in TABLE)
    (refusal,) = state.take_refused()
    assert (refusal.reason, micros(refusal.rows.times).tolist()) == ("late", [70 * MINUTE])


def test_the_table_put_in_order_keeps_the_row_out_of_order() -> None:
    times = sorted(minute * MINUTE for minute, _ in TABLE)
    found = run("gaps period=10m", _time=times, co2=[float(at) for at in times])
    missing = [
        t.minute + 60 * t.hour for t, m in zip(found["_time"], found["missing"], strict=True) if m
    ]
    assert missing == [30, 60]


def test_the_period_is_each_rows_own_unless_it_is_given() -> None:
    times = [at * MINUTE for at in (0, 1, 2, 5)]
    found = run("period learn=2 | gaps", _time=times, co2=[0, 1, 2, 5])
    assert found["co2"] == [0, 1, 2, None, None, 5]


def test_a_gap_is_divided_and_rounded() -> None:
    jitter = 3_000_000
    found = run("gaps period=1m", _time=[0, 3 * MINUTE + jitter, 4 * MINUTE], co2=[0, 3, 4])
    assert found["missing"] == [False, True, True, False, False]
    assert [time.second for time in found["_time"]][:3] == [0, 1, 2]


def test_a_longer_gap_is_a_pause_and_is_left_open() -> None:
    found = run("gaps period=1m, most=2", _time=[0, 3 * MINUTE, 7 * MINUTE], co2=[0, 3, 7])
    assert found["missing"] == [False, True, True, False, False]


def test_many_keys_have_their_own_gaps() -> None:
    rows = [{"_time": at * MINUTE, "_key": key} for at in (0, 2) for key in ("a", "b", None)]
    output = make("gaps period=1m").process(Batch.from_rows(rows), State(), NOW)
    assert output.keys.to_pylist() == ["a", "b", None, "a", "a", "b", "b", None, None]


def test_columns_keep_their_metadata() -> None:
    scaled = run(
        "minmax_scaler of=x, min=0, max=2 | gaps period=1s | minmax_inverse",
        _time=[0, 2_000_000],
        x=[1.0, 2.0],
    )
    assert scaled["x"] == [1.0, None, 2.0]


def test_without_a_period_the_workflow_is_at_fault() -> None:
    with pytest.raises(WorkflowFault, match="no column `period`"):
        run("gaps", _time=[0], co2=[1])


@pytest.mark.parametrize("text", ["gaps period=0s", "gaps most=0"])
def test_nonsense_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="above 0"):
        make(text)
