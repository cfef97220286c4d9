"""`pivot`: the rows of a key and time become one, and leave in the order of time."""

from typing import Any

import numpy as np
import pytest

from amml_runtime.batch import Batch
from amml_runtime.errors import WorkflowFault
from amml_runtime.event_time import from_micros, micros
from amml_runtime.laws import LAWS, Trial
from amml_runtime.state import State
from amml_runtime.testing import NOW, batch_of, feed, make, run

TEXT = "pivot co2, temp"


def long_rows(*rows: tuple[int, str | None, str | None, float | None]) -> Batch:
    """Rows of time, key, name and value."""
    names = ("_time", "_key", "type_name", "input_data")
    return batch_of({name: [row[n] for row in rows] for n, name in enumerate(names)})


def wide(batch: Batch) -> list[tuple[int, Any, Any, Any]]:
    """Rows of time, key and the two columns."""
    times = micros(batch.times).tolist()
    rows = zip(times, batch.to_rows(), strict=True)
    return [(time, row["_key"], row["co2"], row["temp"]) for time, row in rows]


def seeded(rows: int) -> Batch:
    random = np.random.Generator(np.random.Philox(rows))
    names = np.array(["co2", "temp", "co2", "noise"], object)[random.integers(0, 4, rows)]
    keys = np.array(["a", "b", "", None], object)[random.integers(0, 4, rows)]
    columns = {"_key": keys.tolist(), "type_name": names.tolist()}
    batch = batch_of({**columns, "input_data": random.normal(0, 1, rows).tolist()})
    return batch.with_times(from_micros(np.arange(rows) // 7 + random.integers(0, 2, rows)))


def test_a_row_leaves_when_a_later_one_has_come() -> None:
    step, state = make(TEXT), State()
    first = step.process(long_rows((1, "a", "co2", 4.0), (1, "b", "co2", 5.0)), state, NOW)
    then = step.process(long_rows((1, "a", "temp", 2.0), (2, "a", "temp", 3.0)), state, NOW)
    assert wide(first) == []
    assert wide(then) == [(1, "a", 4.0, 2.0), (1, "b", 5.0, None)]
    assert wide(step.finish(state, NOW)) == [(2, "a", None, 3.0)]
    assert set(state) == {"watermark", "first"}


def test_of_several_values_the_last_number_counts() -> None:
    rows = long_rows((1, "a", "co2", 4.0), (1, "a", "co2", 5.0), (1, "a", "co2", None))
    assert [wide(out) for out in feed(make(TEXT), [rows])] == [[(1, "a", 5.0, None)]]


def test_with_lateness_rows_find_each_other_out_of_order() -> None:
    step, state = make(TEXT), State()
    state.lateness = 100
    rows = [(1, "a", "co2", 4.0), (90, "a", "co2", 5.0), (1, "a", "temp", 2.0)]
    assert step.process(long_rows(*rows), state, NOW).rows == 0
    assert wide(step.process(long_rows((120, "a", "co2", 6.0)), state, NOW)) == [(1, "a", 4.0, 2.0)]
    assert state.take_refused() == []


def test_a_name_that_was_not_given_is_refused_and_moves_no_time() -> None:
    step, state = make(TEXT), State()
    rows = long_rows((1, "a", "co2", 4.0), (9, "a", "noise", 5.0), (9, "a", None, 5.0))
    step.process(rows, state, NOW)
    (refused,) = state.take_refused()
    assert (refused.rows.rows, refused.reason) == (2, "the name is none of co2, temp")
    assert wide(step.process(long_rows((1, "a", "temp", 2.0)), state, NOW)) == []
    assert wide(step.finish(state, NOW)) == [(1, "a", 4.0, 2.0)]


def test_other_columns_do_not_come_along() -> None:
    found = run("pivot x, names=name, values=v", _time=[1], name=["x"], v=[3], unit=["ppm"])
    assert found == {"_time": found["_time"], "x": [3.0]}


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
def test_every_law_holds_where_names_are_known(law: Any) -> None:
    batch = seeded(80)
    law(Trial(lambda: make(TEXT), batch, [2, 2, 37, 61]))
    assert sum(out.rows for out in feed(make(TEXT), [batch])) > 10  # or nothing was tried


def test_the_dry_run_knows_the_columns() -> None:
    found = make(TEXT).process(long_rows((1, "a", "co2", 4.0)).slice(0, 0), State(), NOW)
    assert [str(field.type) for field in found.schema][2:] == ["double", "double"]


def test_values_that_are_no_numbers_are_a_fault() -> None:
    with pytest.raises(WorkflowFault, match="`input_data` is string"):
        run(TEXT, _time=[1], type_name=["co2"], input_data=["4"])
