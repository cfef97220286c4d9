"""Steps in one process give what they give apart, and each answers for its own refusals."""

from hypothesis import given
from hypothesis import strategies as st

from amml_runtime.batch import Batch, Row
from amml_runtime.chunk import Chunk
from amml_runtime.component import AbstractProgress, Origin
from amml_runtime.fused import Fused
from amml_runtime.state import State
from amml_runtime.step import Step
from amml_runtime.testing import NOW, make_flow

NUMBERS = st.lists(st.floats(-100, 100) | st.none(), max_size=30)


class RefuseAbove(AbstractProgress):
    """Fails on rows whose `x` is above a limit."""

    def __init__(self, limit: float) -> None:
        self.limit = limit

    def process_record(self, record: Row) -> Row | None:
        if record["x"] > self.limit:
            raise ValueError(f"above {self.limit}")
        return record


class Egress:
    """Writes into a list."""

    aligned = False
    tick = AbstractProgress.tick

    def __init__(self) -> None:
        self.rows: list[Row] = []

    def write(self, batch: Batch, at: Origin) -> None:
        self.rows += batch.to_rows()


def chunk(rows: list[Row]) -> Chunk:
    return Chunk(Batch.from_rows(rows), Origin("t", 0, 0, len(rows)))


def steps_of(text: str) -> list[Step]:
    return [Step(each, State()) for each in make_flow(text)]


def named(steps: list[Step]) -> Fused:
    return Fused([(f"step_{number}", step.process) for number, step in enumerate(steps)])


@given(NUMBERS)
def test_a_chain_gives_what_its_steps_give_one_after_the_other(values: list[float | None]) -> None:
    text = "filter cond = x > 0 | eval y = 1 // x, z = sqrt(x - 50) | select y, z"
    given = chunk([{"x": value} for value in values] or [{"x": 1.0}])
    apart, nulled = [given.batch], 0
    for step in steps_of(text):
        results = [step.process(Chunk(each, given.origin), NOW) for each in apart]
        apart = [batch for result in results for batch in result.batches]
        nulled += sum(result.nulled for result in results)
    together = named(steps_of(text)).process(given, NOW)
    assert repr([b.to_rows() for b in together.batches]) == repr([b.to_rows() for b in apart])
    assert (together.nulled, together.refused) == (nulled, [])


def refusing() -> list[Step]:
    return [Step(RefuseAbove(limit), State()) for limit in (3, 2)]


def test_a_row_is_refused_once_by_the_step_that_cannot_take_it() -> None:
    result = named(refusing()).process(chunk([{"x": x} for x in (1, 2, 3, 4)]), NOW)
    assert [row["x"] for batch in result.batches for row in batch.to_rows()] == [1, 2]
    refused = {each.label: (each.rows.to_rows()[0]["x"], each.reason) for each in result.refused}
    assert refused == {
        "step_0": (4, "ValueError: above 3"),
        "step_1": (3, "ValueError: above 2"),
    }


def test_a_chain_may_end_outside_kafka() -> None:
    egress = Egress()
    doing = [("above", refusing()[0].process), ("print", Step(egress, State()).write)]
    result = Fused(doing).write(chunk([{"x": 1}, {"x": 9}]), NOW)
    assert [row["x"] for row in egress.rows] == [1]
    assert (result.batches, [each.label for each in result.refused]) == ([], ["above"])
