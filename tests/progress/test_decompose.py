"""`decompose`: three parts that are the whole, learned row by row or from all rows."""

import math
from typing import Any

import numpy as np
import pytest
from statsmodels.tsa.seasonal import STL

from amml_runtime.batch import Batch
from amml_runtime.errors import WorkflowFault
from amml_runtime.event_time import from_micros
from amml_runtime.laws import LAWS, Trial
from amml_runtime.packing import Floats
from amml_runtime.state import State
from amml_runtime.testing import NOW, batch_of, feed, make, run

HOUR = 3_600_000_000
TEXTS = {
    "rows": "decompose of=x, rows=6",
    "period": "decompose of=x, period=6h, phases=6",
    "stl in rows": 'decompose of=x, rows=6, method="stl"',
    "stl in time": 'decompose of=x, period=6h, method="stl"',
}


def season(rows: int, length: int) -> Floats:
    return np.array([5 * math.sin(row * 2 * math.pi / length) for row in range(rows)])


def trend(rows: int) -> Floats:
    return np.array([20 + row * 0.01 for row in range(rows)])


def noise(seed: int, rows: int) -> Floats:
    return np.random.Generator(np.random.Philox(seed)).normal(0, 1, rows)


def hourly(values: Floats, keys: tuple[str | None, ...] = (None,)) -> Batch:
    """A row an hour for each key; the keys take turns."""
    names = [keys[row % len(keys)] for row in range(len(values))]
    batch = batch_of({"_key": names, "x": values.tolist()})
    return batch.with_times(from_micros(np.arange(len(values)) // len(keys) * HOUR))


def column(batch: Batch, name: str) -> Floats:
    return np.array([np.nan if v is None else v for v in batch.column(name).to_pylist()])


def parts(text: str, batch: Batch) -> tuple[Floats, Floats, Floats]:
    (found,) = feed(make(text), [batch])
    return column(found, "x_trend"), column(found, "x_seasonal"), column(found, "x_residual")


@pytest.mark.parametrize("text", ["decompose of=x, rows=24", "decompose of=x, period=24h"])
def test_online_it_comes_near_to_what_the_series_was_made_of(text: str) -> None:
    values = trend(1440) + season(1440, 24) + noise(1, 1440)
    found = [each[240:] for each in parts(text, hourly(values))]
    expected = [each[240:] for each in (trend(1440), season(1440, 24), noise(1, 1440))]
    off = [np.sqrt(((f - e) ** 2).mean()) for f, e in zip(found, expected, strict=True)]
    assert max(off) < 0.4
    assert 1.0 < found[2].std() < 1.1  # the noise has 1, and no forecast is better than that


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_the_parts_together_are_the_column(text: str) -> None:
    values = trend(90) + season(90, 6) + noise(2, 90)
    found = np.sum(parts(text, hourly(values)), axis=0)
    known = np.isfinite(found)
    assert known.sum() >= 84
    assert found[known] == pytest.approx(values[known])


def test_online_a_row_tells_nothing_about_the_rows_before_it() -> None:
    values = trend(100) + season(100, 6)
    changed = np.concatenate([values[:60], values[60:] * 3])
    before, after = (parts(TEXTS["rows"], hourly(each)) for each in (values, changed))
    for one, other in zip(before[:2], after[:2], strict=True):
        assert np.array_equal(one[:61], other[:61], equal_nan=True)


def test_online_the_first_period_is_learned_from() -> None:
    trends, seasonals, residuals = parts("decompose of=x, rows=3", hourly(np.arange(7.0)))
    assert np.isnan([trends[:3], seasonals[:3], residuals[:3]]).all()
    assert (trends[3], seasonals[3], residuals[3]) == (1.0, -1.0, 3.0)


def test_online_a_part_of_the_first_period_has_the_mean_of_its_rows() -> None:
    values = np.array([1.0, 3.0, 5.0, 7.0, 4.0])
    trends, seasonals, _ = parts("decompose of=x, period=4h, phases=2", hourly(values))
    assert (trends[4], seasonals[4]) == (4.0, -2.0)


def test_online_a_value_that_is_missing_is_expected_all_the_same() -> None:
    found = run("decompose of=x, rows=2", x=[1.0, 3.0, None, float("nan"), 1.0])
    assert found["x_trend"][2:] == [2.0, 2.0, 2.0]
    assert found["x_seasonal"][2:] == [-1.0, 1.0, -1.0]
    assert found["x_residual"][2:] == [None, None, 0.0]


def test_online_a_row_without_a_time_has_no_phase() -> None:
    batch = hourly(season(30, 6)).to_rows()
    batch[20]["_time"] = None
    (found,) = feed(make(TEXTS["period"]), [Batch.from_rows(batch)])
    rows = found.to_rows()
    assert (rows[20]["x_trend"], rows[20]["x_residual"]) == (None, None)
    assert rows[21]["x_seasonal"] == pytest.approx(season(30, 6)[21])


@pytest.mark.parametrize("text", [TEXTS["stl in rows"], TEXTS["stl in time"]])
def test_stl_is_that_of_statsmodels_for_each_key(text: str) -> None:
    values = trend(160) + season(160, 12) + noise(3, 160)
    (found,) = feed(
        make(text), [hourly(values, ("a", "b")).slice(0, 77), hourly(values, ("a", "b")).slice(77)]
    )
    for start in range(2):
        expected = STL(values[start::2], period=6).fit()
        assert (column(found, "x_trend")[start::2] == np.asarray(expected.trend)).all()
        assert (column(found, "x_seasonal")[start::2] == np.asarray(expected.seasonal)).all()
        assert column(found, "x_residual")[start::2] == pytest.approx(np.asarray(expected.resid))


def test_stl_takes_a_period_in_the_order_of_time_and_gives_rows_as_they_came() -> None:
    values = trend(60) + season(60, 6) + noise(4, 60)
    rows = hourly(values).to_rows()
    (found,) = feed(make(TEXTS["stl in time"]), [Batch.from_rows(rows[::-1])])
    assert [row["x"] for row in found.to_rows()] == values[::-1].tolist()
    assert (column(found, "x_trend")[::-1] == parts(TEXTS["stl in time"], hourly(values))[0]).all()


def test_stl_puts_what_is_missing_on_the_line_between_its_neighbours() -> None:
    values = trend(60) + season(60, 6) + noise(5, 60)
    values[30] = np.nan
    whole = np.concatenate([values[:30], [(values[29] + values[31]) / 2], values[31:]])
    trends, _, residuals = parts(TEXTS["stl in rows"], hourly(values))
    assert trends == pytest.approx(np.asarray(STL(whole, period=6).fit().trend))
    assert np.flatnonzero(np.isnan(residuals)).tolist() == [30]


def test_stl_of_less_than_two_periods_is_null() -> None:
    assert np.isnan(parts(TEXTS["stl in rows"], hourly(season(11, 6)))).all()
    assert np.isnan(parts(TEXTS["stl in time"], hourly(season(1, 6)))).all()


def test_stl_holds_no_more_rows_of_a_key_than_it_may() -> None:
    step = make('decompose of=x, rows=6, method="stl", most=20')
    state = State()
    step.process(hourly(season(40, 6), ("a", "b")), state, NOW)
    with pytest.raises(WorkflowFault, match="key 'b' has more than 20 rows"):
        step.process(hourly(season(1, 6), ("b",)), state, NOW)


def test_what_stl_holds_are_records_that_a_changelog_takes() -> None:
    step, state = make(TEXTS["stl in rows"]), State()
    step.process(hourly(noise(6, 100_000)), state, NOW)
    sizes = [len(value or b"") for _, value in state.changes()]
    assert max(sizes) < 900_000 < sum(sizes)
    found = step.finish(state, NOW)
    assert found.rows == 100_000
    assert column(found, "x").tolist() == noise(6, 100_000).tolist()
    assert [name for name in state if name.startswith("piece")] == []


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
def test_every_law_holds_in_every_way(law: Any, text: str) -> None:
    values = trend(70) + season(70, 12) + noise(7, 70)
    values[::13] = np.nan
    law(Trial(lambda: make(text), hourly(values, ("a", None)), [1, 20, 20, 61]))


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_the_dry_run_knows_the_columns(text: str) -> None:
    found = make(text).process(hourly(season(1, 6)).slice(0, 0), State(), NOW)
    assert found.names == ["x", "x_trend", "x_seasonal", "x_residual"]
    assert {str(found.schema.field(name).type) for name in found.names} == {"double"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("decompose of=x", "one of `period` and `rows`"),
        ("decompose of=x, rows=24, period=1d", "one of `period` and `rows`"),
        ("decompose of=x, rows=1", "shorter than two rows"),
        ('decompose of=x, rows=24, method="x11"', '`method` is "x11"'),
        ("decompose of=x, rows=24, gamma=2", "`gamma` is 2"),
        ("decompose of=x, period=1d, phases=1", "`phases` has to be 2"),
    ],
)
def test_wrong_arguments_are_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make(text)
