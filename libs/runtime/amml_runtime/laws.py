"""What every component promises, as functions: `tests/laws` runs them over all that are found.

A law takes a trial: a component, rows for it and places to cut them. Where the rows are a fault
of the workflow, every way to process them has to find the same one.
"""

import ast
import doctest
import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice, pairwise
from typing import Any, NamedTuple

from amml_language.diagnostics import LanguageError
from amml_runtime.batch import Batch, Row
from amml_runtime.component import (
    AbstractComponent,
    AbstractEgress,
    AbstractProgress,
    Origin,
    Params,
    Place,
)
from amml_runtime.errors import WorkflowFault
from amml_runtime.state import State, decode, encode
from amml_runtime.testing import NOW

_READ = 200  # rows that are compared of a source that may not end


@dataclass(frozen=True)
class Trial:
    """A component, made anew for every use; rows for it, where to cut them, rows at its side."""

    make: Callable[[], Any]
    batch: Batch
    cuts: Sequence[int] = ()
    beside: Mapping[str, Batch] = field(default_factory=dict[str, Batch])

    @property
    def pieces(self) -> list[Batch]:
        """The rows cut at the places; two equal ones leave an empty batch between them."""
        edges = [0, *sorted(self.cuts), self.batch.rows]
        return [self.batch.slice(start, end - start) for start, end in pairwise(edges)]


@dataclass(frozen=True)
class Outcome:
    """What came of rows: rows with their columns' metadata, rows refused, or the fault."""

    rows: Sequence[tuple[Row, Any]] = ()
    refused: Sequence[tuple[str, str]] = ()
    fault: str = ""


def inputs_come_out_unchanged(trial: Trial) -> None:
    """A component changes no batch that it is given."""
    before = [_bytes(piece) for piece in trial.pieces]
    pieces = trial.pieces
    outcome_of(trial, pieces)
    step = trial.make()
    if isinstance(step, AbstractEgress):
        step.resume(Place("a", 0, "first"))
        for number, piece in enumerate(pieces):
            step.write(piece, Origin("a", 0, number, number + 1))
    assert [_bytes(piece) for piece in pieces] == before


def cuts_leave_no_trace(trial: Trial) -> None:
    """Cutting the input anywhere changes nothing in the output."""
    agree(trial, outcome_of(trial, trial.pieces), outcome_of(trial, [trial.batch]))


def single_rows_give_the_same(trial: Trial) -> None:
    """Rows one by one, with empty batches between them, give what one batch gives."""
    rows = [trial.batch.slice(row, 1) for row in range(trial.batch.rows)]
    pieces = [piece for row in rows for piece in (row, row.slice(0, 0))] or [trial.batch]
    agree(trial, outcome_of(trial, pieces), outcome_of(trial, [trial.batch]))


def state_survives_a_restart(trial: Trial) -> None:
    """State and parameters, saved and restored after every batch, give the same."""
    disturbed = outcome_of(trial, trial.pieces, _restarted)
    agree(trial, disturbed, outcome_of(trial, trial.pieces))


def an_abort_leaves_no_trace(trial: Trial) -> None:
    """A batch whose transaction was aborted and that comes again gives the same."""
    disturbed = outcome_of(trial, trial.pieces, abort=True)
    agree(trial, disturbed, outcome_of(trial, trial.pieces))


def a_replay_gives_the_same(trial: Trial) -> None:
    """The same batches give the same rows, to the last bit."""
    assert same(outcome_of(trial, trial.pieces), outcome_of(trial, trial.pieces), 0.0)


def reading_goes_on_from_any_position(trial: Trial) -> None:
    """A source reads the same rows from each position on, however far it had come before.

    What promises less than exactly once says so in its `guarantee`, and why.
    """
    if not trial.make().guarantee().startswith("exactly once"):
        return
    whole = list(islice(_read(trial, None), _READ))
    seen = 0
    for portion in trial.make().read(None) if hasattr(trial.make(), "read") else ():
        seen += portion.batch.rows
        if seen >= _READ:
            break
        again = islice(_read(trial, decode(encode(portion.position))), _READ - seen)
        assert same(list(again), whole[seen:], 0.0)


def a_stateless_one_remembers_nothing(trial: Trial) -> None:
    """Where a component says that it is stateless, forgetting all after a batch changes nothing."""
    step = trial.make()
    if step.stateless:
        hooks = ("finish", "tick", "event")
        assert all(getattr(type(step), hook) is getattr(AbstractProgress, hook) for hook in hooks)
        forgetful = outcome_of(trial, trial.pieces, lambda state: State(params=state.params))
        agree(trial, forgetful, outcome_of(trial, trial.pieces))


LAWS = (
    inputs_come_out_unchanged,
    cuts_leave_no_trace,
    single_rows_give_the_same,
    state_survives_a_restart,
    an_abort_leaves_no_trace,
    a_replay_gives_the_same,
    reading_goes_on_from_any_position,
    a_stateless_one_remembers_nothing,
)


def outcome_of(
    trial: Trial,
    pieces: Sequence[Batch],
    between: Callable[[State], State] = lambda state: state,
    abort: bool = False,
) -> Outcome:
    """What a fresh component makes of the pieces and their end.

    `between` is what happens to the state after each piece; with `abort`, each piece comes
    twice, the first time in vain.
    """
    step = trial.make()
    outputs: list[Batch] = []
    refused: list[tuple[str, str]] = []
    try:
        state = between(State(params=_fitted(step, pieces)))
        for label, side in trial.beside.items():
            outputs.append(step.event(side, state, NOW, label) or Batch.empty())
            state.keep()
        for piece in pieces:
            if abort:
                step.process(piece, state, NOW)
                state.roll_back()
            outputs.append(step.process(piece, state, NOW))
            refused += _refused(state)
            state.keep()
            state = between(state)
        outputs.append(step.finish(state, NOW) or Batch.empty())
        refused += _refused(state)
    except (WorkflowFault, LanguageError) as fault:
        return Outcome(fault=str(fault))
    return Outcome([row for output in outputs for row in _described(output)], sorted(refused))


def agree(trial: Trial, found: Outcome, expected: Outcome) -> None:
    """Raises `AssertionError` unless both are the same, as exactly as the component promises."""
    rtol = trial.make().rtol
    assert same(found.rows, expected.rows, rtol), f"{found.rows} is not {expected.rows}"
    assert (found.refused, found.fault) == (expected.refused, expected.fault)


def same(found: Any, expected: Any, rtol: float) -> bool:
    """Whether two values are the same; numbers up to `rtol` of the larger, or of 1."""
    if isinstance(found, float) and isinstance(expected, float):
        near = rtol * max(1.0, abs(found), abs(expected))
        alike = found == expected or abs(found - expected) <= near
        return alike or (math.isnan(found) and math.isnan(expected))
    if isinstance(found, Outcome):
        return same(vars(found), vars(expected), rtol)
    if isinstance(found, dict):
        pairs = zip(found.items(), expected.items(), strict=False)
        return len(found) == len(expected) and all(same(a, b, rtol) for a, b in pairs)
    if isinstance(found, list | tuple):
        pairs = zip(found, expected, strict=False)
        return len(found) == len(expected) and all(same(a, b, rtol) for a, b in pairs)
    return bool(found == expected)


class Example(NamedTuple):
    """What a docstring tries a component on: a text, columns, and those of other flows."""

    text: str
    columns: dict[str, list[Any]]
    beside: dict[str, dict[str, list[Any]]]


def example_of(component: type[AbstractComponent]) -> Example:
    """The first `run(...)` in the docstring's examples.

    Raises `LookupError` if there is none.
    """
    for example in doctest.DocTestParser().get_examples(component.__doc__ or ""):
        for node in ast.walk(ast.parse(example.source)):
            match node:
                case ast.Call(ast.Name("run"), [ast.Constant(str(text))], columns):
                    given = {str(c.arg): ast.literal_eval(c.value) for c in columns}
                    beside = given.pop("beside", {})
                    return Example(text, given, beside)
                case _:
                    pass
    raise LookupError(f"the docstring of {component.__name__} runs no example")


def _fitted(step: Any, pieces: Sequence[Batch]) -> Params:
    """As `testing.params_for`, with what is known so far saved and restored on the way."""
    if not hasattr(step, "fit"):
        return {}
    acc = None
    for piece in pieces:
        acc = decode(encode(step.fit(piece, acc)))
    return step.given() or step.fitted(acc)


def _restarted(state: State) -> State:
    """A new process's state: out of the changelog, with the parameters out of their record."""
    kept = {key: decode(encode(value)) for key, value in state.items()}
    return State(kept, json.loads(json.dumps(state.params)))


def _read(trial: Trial, position: Any) -> Iterator[tuple[Row, Any]]:
    step = trial.make()
    for portion in step.read(position) if hasattr(step, "read") else ():
        yield from _described(portion.batch)


def _described(batch: Batch) -> list[tuple[Row, Any]]:
    """Each row with what its columns carry."""
    metadata = {name: batch.meta(name) for name in batch.names}
    return [(row, metadata) for row in batch.to_rows()]


def _refused(state: State) -> list[tuple[str, str]]:
    taken = state.take_refused()
    return [(repr(row), each.reason) for each in taken for row in each.rows.to_rows()]


def _bytes(batch: Batch) -> tuple[bytes, Any]:
    return batch.data.serialize().to_pybytes(), batch.schema.serialize().to_pybytes()
