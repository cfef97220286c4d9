"""Each law finds the mistake it is there for."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa
import pytest

from amml_runtime import laws
from amml_runtime.batch import Batch
from amml_runtime.component import AbstractIngress, AbstractProgress, Portion
from amml_runtime.laws import Trial, example_of
from amml_runtime.state import State, Value

ROWS = Batch.from_rows([{"x": 1}, {"x": 2}, {"x": 3}])
Hook = Callable[[Batch, State], Batch]


@dataclass(frozen=True)
class Does(AbstractProgress):
    hook: Hook

    def process(self, batch: Batch, state: State, now: datetime) -> Batch:
        return self.hook(batch, state)


@dataclass(frozen=True)
class Forgetful(AbstractIngress):
    def read(self, position: Value) -> Iterator[Portion]:
        yield Portion(ROWS.slice(0, 2), 2)
        yield Portion(ROWS.slice(2), 3)


def counts_per_batch(batch: Batch, state: State) -> Batch:
    return batch.with_column("n", pa.array(range(batch.rows)))


def keeps_a_tuple(batch: Batch, state: State) -> Batch:
    seen = state.get("seen", ())
    state["seen"] = (*seen, *batch.column("x").to_pylist())
    return batch.with_column("kind", pa.array([type(seen).__name__] * batch.rows))


def changes_in_place(batch: Batch, state: State) -> Batch:
    if "seen" not in state:
        state["seen"] = []
    seen: list[Any] = state["seen"]
    numbers: list[int] = []
    for value in batch.column("x").to_pylist():
        seen.append(value)
        numbers.append(len(seen))
    return batch.with_column("n", pa.array(numbers))


def draws(batch: Batch, state: State) -> Batch:
    return batch.with_column("id", pa.array([id(batch)] * batch.rows))


@pytest.mark.parametrize(
    ("law", "hook"),
    [
        (laws.cuts_leave_no_trace, counts_per_batch),
        (laws.single_rows_give_the_same, counts_per_batch),
        (laws.state_survives_a_restart, keeps_a_tuple),
        (laws.an_abort_leaves_no_trace, changes_in_place),
        (laws.a_replay_gives_the_same, draws),
    ],
)
def test_a_law_finds_its_mistake(law: Callable[[Trial], None], hook: Hook) -> None:
    with pytest.raises(AssertionError):
        law(Trial(lambda: Does(hook), ROWS, [1, 2]))


def test_a_law_finds_an_input_that_was_changed() -> None:
    def overwrites(batch: Batch, state: State) -> Batch:
        object.__setattr__(batch, "data", batch.data.slice(0, 0))
        return batch

    with pytest.raises(AssertionError):
        laws.inputs_come_out_unchanged(Trial(lambda: Does(overwrites), ROWS, [1]))


def test_a_law_finds_a_source_that_begins_again() -> None:
    with pytest.raises(AssertionError):
        laws.reading_goes_on_from_any_position(Trial(Forgetful, ROWS))


def test_an_example_is_found_within_an_expression() -> None:
    class Shown(AbstractProgress):
        """Show.

        >>> run("shown a=1", x=[1, None])["x"]
        [1, None]
        """

    assert example_of(Shown) == ("shown a=1", {"x": [1, None]}, {})
    with pytest.raises(LookupError, match="Does"):
        example_of(Does)
