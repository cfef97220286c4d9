"""`timestamps`: times as they are written, and rows in their order."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from amml_runtime.batch import Batch
from amml_runtime.laws import Trial, same
from amml_runtime.state import State, decode, encode
from amml_runtime.testing import NOW, batch_of, make, run

MINUTE = 60_000_000


def times(text: str, values: list[Any]) -> list[str]:
    found = run(f"timestamps of=at, {text}", at=values, _time=[None] * len(values))
    return [time.strftime("%Y-%m-%dT%H:%M:%S") for time in found["_time"]]


@pytest.mark.parametrize(
    ("text", "written", "expected"),
    [
        ('tz="UTC"', "2026-03-01 12:00:00", "2026-03-01T12:00:00"),
        ('tz="Asia/Seoul"', "2026-03-01T12:00", "2026-03-01T03:00:00"),
        ('tz="Asia/Seoul"', "2026-03-01T12:00:00+01:00", "2026-03-01T11:00:00"),
        ('format="%d.%m.%Y %H:%M"', "01.03.2026 12:00", "2026-03-01T12:00:00"),
        ('format="%Y-%m-%d %H:%M %z"', "2026-03-01 12:00 +0900", "2026-03-01T03:00:00"),
        ('format="s"', 1_772_366_400, "2026-03-01T12:00:00"),
        ('format="ms"', "1772366400000", "2026-03-01T12:00:00"),
        ('tz="Europe/Berlin"', "2026-10-25 02:30:00", "2026-10-25T00:30:00"),
    ],
)
def test_times_are_read_as_they_are_written(text: str, written: Any, expected: str) -> None:
    assert times(text, [written]) == [expected]


def test_what_is_no_time_goes_to_the_dead_letters_with_its_text() -> None:
    state, step = State(), make("timestamps of=at")
    batch = batch_of({"at": ["2026-03-01", "soon", None, "2026-03-01T00:00:00Z"]})
    assert step.process(batch, state, NOW).rows == 2
    reasons = [refusal.reason for refusal in state.take_refused()]
    assert reasons == ["column `at`: expected a time (iso), found 'soon'", "no time"]


@pytest.mark.parametrize(
    ("format", "written"),
    [
        ("s", 1_467_331_200_000),  # milliseconds: the year 48468
        ("s", -(10**12)),
        ("iso", "0001-01-01T00:00:00+05:00"),
        ("iso", "9999-12-31T23:59:59-05:00"),
    ],
)
def test_a_time_outside_the_years_1_to_9999_is_none(format: str, written: Any) -> None:
    state, step = State(), make(f'timestamps of=at, format="{format}"')
    assert step.process(batch_of({"at": [written]}), state, NOW).rows == 0
    [refusal] = state.take_refused()
    assert refusal.reason == f"column `at`: expected a time ({format}), found {str(written)!r}"


@pytest.mark.parametrize(("future", "rows"), [("keep", 3), ("drop", 2), ("clip", 3)])
def test_rows_ahead_of_the_clock(future: str, rows: int) -> None:
    given = [NOW, NOW + timedelta(seconds=59), NOW + timedelta(hours=1)]
    found = run(f'timestamps future="{future}"', _time=given, n=[0, 1, 2])["_time"]
    assert len(found) == rows
    assert (found[-1] == given[2]) == (future == "keep")
    assert future != "clip" or found[-1] == NOW


def ordered(late: str, minutes: list[int], lateness: int = 0) -> tuple[list[int], list[int]]:
    state, step = State(), make(f'timestamps late="{late}"')
    state.lateness = lateness * MINUTE
    batch = batch_of({"_time": [at * MINUTE for at in minutes], "n": minutes})
    outputs = [step.process(batch.slice(row, 1), state, NOW) for row in range(batch.rows)]
    outputs.append(step.finish(state, NOW))
    refused = [row["n"] for each in state.take_refused() for row in each.rows.to_rows()]
    return [row["n"] for out in outputs if out is not None for row in out.to_rows()], refused


def test_rows_out_of_order() -> None:
    minutes = [0, 10, 20, 50, 40, 45, 60, 30, 70]
    assert ordered("keep", minutes) == (minutes, [])
    assert ordered("drop", minutes) == ([0, 10, 20, 50, 60, 70], [40, 45, 30])
    assert ordered("sort", minutes, 15) == ([0, 10, 20, 40, 45, 50, 60, 70], [30])
    assert ordered("sort", minutes, 60) == (sorted(minutes), [])


def test_keys_do_not_wait_for_each_other() -> None:
    keys = ["a", "b", "a", "b"]
    found = run('timestamps late="drop"', _time=[10, 1, 11, 2], _key=keys, n=[0, 1, 2, 3])
    assert found["n"] == [0, 1, 2, 3]


@pytest.mark.parametrize("cuts", [[], [1, 2, 30], [15, 15, 59]])
def test_cuts_and_restarts_leave_the_order(cuts: list[int]) -> None:
    moved = [n + (7 * n) % 5 - 3 * (n % 4 == 0) for n in range(60)]
    rows = [{"_time": at * MINUTE, "_key": "ab"[n % 2], "n": n} for n, at in enumerate(moved)]
    trial = Trial(lambda: make('timestamps late="sort"'), Batch.from_rows(rows), cuts)

    def outcome(pieces: list[Batch]) -> list[Any]:
        state, step, found = State(), trial.make(), []
        for piece in pieces:
            state.lateness = 3 * MINUTE
            found += step.process(piece, state, NOW).to_rows()
            state.keep()
            state = State({key: decode(encode(value)) for key, value in state.items()})
        return found + (step.finish(state, NOW) or Batch.empty()).to_rows()

    assert same(outcome(trial.pieces), outcome([trial.batch]), 0)


def test_the_table_of_gaps_put_in_order_loses_no_row() -> None:
    minutes = [0, 10, 20, 40, 50, 80, 70, 90]
    state, step = State(), make('timestamps late="sort"')
    state.lateness = 20 * MINUTE
    batch = batch_of({"_time": [at * MINUTE for at in minutes], "n": minutes})
    sorted_ = Batch.concat([step.process(batch, state, NOW), step.finish(state, NOW)])
    found = make("gaps period=10m").process(sorted_, State(), NOW).to_rows()
    assert [row["_time"] for row in found] == [
        datetime(1970, 1, 1, tzinfo=UTC) + timedelta(minutes=at) for at in range(0, 100, 10)
    ]
    assert [row["n"] for row in found] == [0, 10, 20, None, 40, 50, None, 70, 80, 90]


@pytest.mark.parametrize(
    "text",
    [
        'tz="Mars"',
        'future="x"',
        'late="x"',
        'format="epoch"',
        'format="%Q"',
    ],
)
def test_nonsense_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=text.partition("=")[0]):
        make(f"timestamps {text}")
