"""What a task writes, whatever the rows hold."""

import json

import pyarrow as pa

from amml_runtime.batch import TIME_TYPE, Batch, Refusal
from amml_runtime.component import Origin
from amml_runtime.output import Output
from amml_runtime.spec import StepSpec
from amml_runtime.state import State


def test_a_refused_row_with_a_time_that_python_has_none_of_is_still_a_dead_letter() -> None:
    spec = StepSpec("amml", "hot", 1, "filter", "process", "m:Filter", "i")
    times = pa.array([1_467_331_200_000 * 10**6, 0], pa.int64()).cast(TIME_TYPE)
    rows = Batch.from_rows([{"x": 1}, {"x": 2}]).with_times(times)
    letters = list(Output(spec, 0, State()).refused(Refusal(rows, "no"), Origin("t", 0, 0, 2)))
    found = [json.loads(letter.value or b"") for letter in letters]
    assert [row["x"] for row in found] == [1, 2]
    assert all("amml-row" in dict(letter.headers) for letter in letters)
