"""`describe`: what NumPy says of all values, for each key and period, in bounded memory."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from amml_runtime.batch import Batch
from amml_runtime.errors import WorkflowFault
from amml_runtime.laws import LAWS, Trial
from amml_runtime.state import State
from amml_runtime.testing import NOW, batch_of, feed, make, run

START = datetime(2026, 1, 1, tzinfo=UTC)


def at(*minutes: float) -> list[datetime]:
    return [START + timedelta(minutes=minute) for minute in minutes]


def long_batch(rows: int, keys: int) -> Batch:
    random = np.random.Generator(np.random.Philox(keys))
    names = [f"k{n}" if n else None for n in random.integers(0, keys, rows).tolist()]
    x = random.normal(1e6, 1e-2, rows)
    x[random.random(rows) < 0.1] = np.nan
    times = at(*range(rows))
    return batch_of({"_time": times, "_key": names, "x": x.tolist(), "y": (x * 2).tolist()})


def cut(batch: Batch, size: int) -> list[Batch]:
    return [batch.slice(start, size) for start in range(0, batch.rows, size)]


def rows_of(text: str, pieces: Sequence[Batch]) -> list[dict[str, Any]]:
    return [row for output in feed(make(text), pieces) for row in output.to_rows()]


@pytest.mark.parametrize("keys", [1, 5])
def test_each_key_has_the_figures_of_numpy(keys: int) -> None:
    batch = long_batch(1000, keys)
    all_rows = batch.to_rows()
    for row in rows_of("describe of=[x, y]", [batch]):
        own = np.array([r[row["column"]] for r in all_rows if r["_key"] == row["_key"]])
        there = own[np.isfinite(own)]
        assert row["count"] == len(there)
        assert row["missing"] == pytest.approx(1 - len(there) / len(own))
        assert row["mean"] == pytest.approx(there.mean(), rel=1e-12)
        assert row["std"] == pytest.approx(there.std(ddof=1), rel=1e-6)
        assert (row["min"], row["max"]) == (there.min(), there.max())
        assert row["p50"] == pytest.approx(np.median(there), abs=1e-3)
        assert row["_time"] == max(r["_time"] for r in all_rows if r["_key"] == row["_key"])


@pytest.mark.parametrize("text", ["describe of=[x, y]", "describe of=[x, y], every=1h"])
def test_cuts_change_no_bit_of_it(text: str) -> None:
    batch = long_batch(240, 7)
    whole = rows_of(text, [batch])
    assert [repr(row) for row in rows_of(text, cut(batch, 1))] == [repr(row) for row in whole]
    assert [repr(row) for row in rows_of(text, cut(batch, 41))] == [repr(row) for row in whole]


def test_a_period_is_told_when_a_row_after_it_has_come() -> None:
    step, state = make("describe of=x, every=1h"), State()
    first = step.process(batch_of({"_time": at(5, 59), "x": [1.0, 3.0]}), state, NOW)
    then = step.process(batch_of({"_time": at(60), "x": [7.0]}), state, NOW)
    left = step.finish(state, NOW)
    assert first.rows == 0
    assert [(r["_time"], r["count"], r["mean"]) for r in then.to_rows()] == [(START, 2, 2.0)]
    assert [(r["_time"], r["count"]) for r in left.to_rows()] == [(*at(60), 1)]
    assert set(state) == {"watermark", "first"}


def test_rows_that_are_out_of_order_but_not_late_count() -> None:
    step, state = make("describe of=x, every=1h"), State()
    state.lateness = 10 * 60_000_000
    out = step.process(batch_of({"_time": at(1, 65, 58, 71), "x": [1.0, 2, 3, 4]}), state, NOW)
    assert [(r["count"], r["max"]) for r in out.to_rows()] == [(2, 3.0)]
    assert state.take_refused() == []


def test_late_rows_and_rows_without_a_time_are_refused_by_a_period() -> None:
    step, state = make("describe of=x, every=1h"), State()
    rows = batch_of({"_time": [*at(61, 5), None], "x": [1.0, 2.0, 3.0]})
    step.process(rows, state, NOW)
    assert sorted(each.reason for each in state.take_refused()) == ["late", "no time"]


def test_rows_of_many_keys_and_periods_leave_by_period_and_key() -> None:
    rows = {"_time": at(1, 2, 61, 62), "_key": ["b", None, None, "a"], "x": [1.0, 2.0, 3.0, 4.0]}
    found = rows_of("describe of=x, every=1h", [batch_of(rows)])
    assert [(r["_time"], r["_key"]) for r in found] == [
        (START, None), (START, "b"), (*at(60), None), (*at(60), "a"),
    ]  # fmt: skip


def test_of_no_numbers_only_counts_are_known() -> None:
    found = run("describe of=x", x=[None, float("nan")])
    assert (found["count"], found["missing"], found["mean"], found["max"]) == (
        [0],
        [1],
        [None],
        [None],
    )


def test_the_dry_run_knows_the_columns() -> None:
    found = make("describe of=x").process(batch_of({"x": [1.0]}).slice(0, 0), State(), NOW)
    assert found.rows == 0
    assert found.names[:3] == ["column", "count", "missing"]
    assert str(found.schema.field("count").type) == "int64"


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
def test_with_periods_every_law_holds(law: Any) -> None:
    batch = long_batch(70, 3)
    order = np.random.Generator(np.random.Philox(2)).permutation(70)
    shuffled = batch.take(pa.array(order.tolist()))
    law(Trial(lambda: make("describe of=x, every=10m"), batch, [3, 3, 40]))
    law(Trial(lambda: make("describe of=x, every=10m"), shuffled, [5, 33]))


def test_a_missing_column_is_a_fault() -> None:
    with pytest.raises(WorkflowFault, match="no column `z`"):
        run("describe of=z", x=[1.0])


def test_a_period_of_no_length_is_refused() -> None:
    with pytest.raises(ValueError, match="`every` is 0"):
        make("describe of=x, every=0s")
