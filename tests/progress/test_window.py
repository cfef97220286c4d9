"""`window`: what pandas finds with all rows at hand, however they come."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from amml_runtime.batch import Batch
from amml_runtime.errors import WorkflowFault
from amml_runtime.laws import Trial, agree, outcome_of
from amml_runtime.state import State
from amml_runtime.testing import NOW, batch_of, feed, make, run

MINUTE, HOUR, DAY = 60_000_000, 3_600_000_000, 86_400_000_000


def rows_of(keys: int, count: int, seed: int = 1) -> Batch:
    """Rows in the order of time, some without a value, a few seconds to minutes apart."""
    random = np.random.Generator(np.random.Philox(seed))
    times = np.cumsum(random.integers(1_000_000, 5 * MINUTE, count)) + 1_767_225_600_000_000
    values = np.where(random.random(count) < 0.1, np.nan, random.normal(1e5, 1, count))
    names = [f"k{n}" if n else None for n in random.integers(0, keys, count).tolist()]
    return batch_of({"x": values.tolist(), "_time": times.tolist(), "_key": names})


def frame_of(batch: Batch) -> pd.DataFrame:
    rows = pd.DataFrame(batch.to_rows())
    rows["_key"] = rows["_key"].fillna("")
    return rows.astype({"x": float}).set_index("_time")


def told(text: str, batch: Batch, cuts: int = 7) -> list[dict[str, Any]]:
    step = (batch.rows + cuts - 1) // cuts
    pieces = [batch.slice(start, step) for start in range(0, batch.rows, step)]
    return [row for output in feed(make(text), pieces) for row in output.to_rows()]


AGGREGATES = ("mean", "sum", "min", "max", "std", "count", "first", "last")


def test_each_aggregate_is_what_pandas_finds() -> None:
    batch = rows_of(5, 3000)
    rows = told(f'window 1h, of=x, agg="{",".join(AGGREGATES)}"', batch)
    groups = frame_of(batch).groupby("_key")["x"].resample("1h")
    expected = groups.agg(list(AGGREGATES))
    sizes = groups.size()
    assert len(rows) == (sizes.to_numpy() > 0).sum()
    for row in rows:
        place = (row["_key"] or "", row["_time"])
        assert row["count"] == sizes[place]
        for name in AGGREGATES:
            found, wanted = row[f"x_{name}"], expected.loc[place, name]
            if row["x_count"] == 0 and name != "count":
                assert found is None
            elif found is None:
                assert pd.isna(wanted)
            else:
                assert found == pytest.approx(wanted, rel=1e-7 if name == "std" else 1e-12)


@pytest.mark.parametrize(("size", "step"), [(60, 20), (60, 45), (50, 20)])
def test_windows_that_overlap_have_every_row_of_theirs(size: int, step: int) -> None:
    batch = rows_of(3, 400)
    rows = told(f'window {size}m, of=x, agg="mean,std", step={step}m', batch)
    frame = frame_of(batch)
    epoch = pd.Timestamp(0, tz="UTC")
    first = (frame.index[0] - epoch) // pd.Timedelta(minutes=step) - size // step - 1
    expected: list[tuple[Any, ...]] = []
    for number in range(first, first + 100_000):
        start = epoch + number * pd.Timedelta(minutes=step)
        if start > frame.index[-1]:
            break
        end = start + pd.Timedelta(minutes=size)
        within = frame[(frame.index >= start) & (frame.index < end)]
        for key, part in within.groupby("_key"):
            expected.append((start, key, len(part), part["x"].mean(), part["x"].std()))
    assert [(row["_time"], row["_key"] or "", row["count"]) for row in rows] == [
        each[:3] for each in expected
    ]
    for row, (_, _, _, mean, std) in zip(rows, expected, strict=True):
        assert (row["x_mean"] is None) == pd.isna(mean)
        assert row["x_mean"] is None or row["x_mean"] == pytest.approx(mean, rel=1e-12)
        assert row["x_std"] is None or row["x_std"] == pytest.approx(std, rel=1e-8)


@pytest.mark.parametrize("text", ["window 10m, of=x", 'window 30m, step=10m, agg="std,sum"'])
def test_rows_that_come_singly_give_the_same_bits(text: str) -> None:
    batch = rows_of(3, 150)
    trial = Trial(lambda: make(text), batch, [3, 50, 51, 120])
    whole = outcome_of(trial, [batch])
    agree(trial, outcome_of(trial, trial.pieces, abort=True), whole)
    agree(trial, outcome_of(trial, [batch.slice(row, 1) for row in range(150)]), whole)


def test_a_window_is_told_once_the_watermark_has_passed_it() -> None:
    step, state = make("window 1m, of=x"), State()
    state.lateness = 10_000_000
    batch = batch_of({"_time": [s * 10**6 for s in (5, 69, 59, 70)], "x": [1.0, 2.0, 3.0, 4.0]})
    counts = [step.process(batch.slice(row, 1), state, NOW).rows for row in range(4)]
    assert counts == [0, 0, 0, 1]
    assert state.take_refused() == []


def test_a_late_row_and_one_without_time_go_to_the_dead_letters() -> None:
    step, state = make("window 1m, of=x"), State()
    batch = batch_of({"_time": [70_000_000, 5_000_000, None], "x": [1.0, 2.0, 3.0]})
    step.process(batch, state, NOW)
    assert {each.reason for each in state.take_refused()} == {"late", "no time"}


def test_closed_windows_leave_nothing_in_the_state() -> None:
    step, state = make("window 10m, of=x, step=5m"), State()
    sizes = set[int]()
    for start in range(0, 2000, 100):
        step.process(rows_of(4, 2000).slice(start, 100), state, NOW)
        state.keep()
        sizes.add(len(state))
    assert max(sizes) <= 4 + 4 * 3


def test_the_time_of_a_window_is_its_start_or_its_end() -> None:
    times = [HOUR + 1, 2 * HOUR - 1]
    found = [run(f'window 1h, at="{at}"', _time=times, x=[1.0, 2.0]) for at in ("start", "end")]
    assert [each["_time"][0].hour for each in found] == [1, 2]


def test_days_are_those_of_the_zone() -> None:
    times = ["2026-01-01T14:59Z", "2026-01-01T15:00Z"]
    found = run('window 1d, of=x, tz="Asia/Seoul"', _time=times, x=[1.0, 2.0])
    assert [str(time) for time in found["_time"]] == [
        "2025-12-31 15:00:00+00:00",
        "2026-01-01 15:00:00+00:00",
    ]


def test_a_day_on_which_clocks_change_has_23_or_25_hours() -> None:
    times = [1_767_225_600_000_000 + n * HOUR for n in range(24 * 365)]
    found = run('window 1d, of=x, tz="Europe/Berlin"', _time=times, x=[1.0] * len(times))
    assert sorted(set(found["count"][1:-1])) == [23, 24, 25]


def test_weeks_begin_on_monday() -> None:
    times = [n * DAY for n in range(30)]
    found = run("window 1w", _time=times, x=[1.0] * 30)
    assert {time.weekday() for time in found["_time"]} == {0}


def test_scaled_values_carry_their_scale_where_it_still_holds() -> None:
    found = feed(
        make('window 1h, agg="mean,std,sum"'),
        feed(
            make("minmax_scaler of=x, min=0, max=10"),
            [batch_of({"_time": [1, 2], "x": [1.0, 5.0]})],
        ),
    )[0]
    assert found.meta("x_mean")["max"] == 10.0
    assert found.meta("x_std") == found.meta("x_sum") == {}


def test_another_scale_within_a_window_is_a_fault() -> None:
    step, state = make("window 1h"), State()
    batch = batch_of({"_time": [1], "x": [1.0]})
    step.process(batch, state, NOW)
    with pytest.raises(WorkflowFault, match="another scale"):
        step.process(batch.with_column("x", batch.column("x"), {"kind": "minmax"}), state, NOW)


def test_open_windows_are_not_taken_for_those_of_a_changed_workflow() -> None:
    batch, state = batch_of({"_time": [1], "x": [1.0], "y": [1.0]}), State()
    make("window 1h, of=x").process(batch, state, NOW)
    for text in ("window 2h, of=x", "window 1h, of=y", "window 1h, of=x, step=30m"):
        with pytest.raises(WorkflowFault, match="--fresh"):
            make(text).process(batch, state, NOW)
    assert make('window 1h, of=x, agg="max"').process(batch, state, NOW).rows == 0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('window 1h, agg="median"', "there are mean, sum"),
        ('window 1h, agg="mean,mean"', "one twice"),
        ("window 0s", "longer than nothing"),
        ("window 1h, step=2h", "would be lost"),
        ("window 1d, step=1s", "more than 1000 windows"),
        ('window 1h, tz="Asia/Seoul"', "whole days"),
        ('window 1d, tz="Mars"', "no zone"),
        ('window 1h, at="noon"', 'expected "start"'),
    ],
)
def test_an_argument_that_makes_no_sense_is_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make(text)
