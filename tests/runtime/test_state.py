"""State is kept with its transaction, and forgotten with it."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from amml_runtime.batch import Batch
from amml_runtime.state import State, decode, encode

ROW = Batch.from_rows([{"a": 1}])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.text() | st.binary()
    | st.floats(allow_nan=False),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)  # fmt: skip


@given(VALUES)
def test_a_value_comes_back_from_the_changelog_as_it_was(value: Any) -> None:
    assert decode(encode(value)) == value


def test_an_aborted_transaction_rolls_memory_back() -> None:
    state = State({"a": 1, "b": 2})
    state["a"] = 9
    del state["b"]
    state["c"] = 3
    state.roll_back()
    assert dict(state) == {"a": 1, "b": 2}
    assert state.changes() == []


def test_a_committed_transaction_stays_and_is_not_written_twice() -> None:
    state = State({"a": 1, "b": 2})
    state["a"] = 9
    del state["b"]
    assert state.changes() == [("a", encode(9)), ("b", None)]
    state.keep()
    assert dict(state) == {"a": 9}
    assert state.changes() == []


def test_a_deleted_key_is_gone_at_once() -> None:
    state = State({"a": 1})
    del state["a"]
    assert "a" not in state
    assert state.get("a") is None
    with pytest.raises(KeyError):
        del state["a"]


def test_a_savepoint_forgets_only_what_failed_inside() -> None:
    state = State()
    state["a"] = 1
    state.refuse(ROW, "before")
    with pytest.raises(ZeroDivisionError), state.savepoint():
        state["a"] = 2
        state.refuse(ROW, "inside")
        raise ZeroDivisionError
    with state.savepoint():
        state["b"] = 3
    assert dict(state) == {"a": 1, "b": 3}
    assert [refusal.reason for refusal in state.take_refused()] == ["before"]


def test_bytes_are_a_value_like_any_other() -> None:
    state = State({"a": b"\x01"})
    state["b"] = b"\xc0"
    assert dict(state) == {"a": b"\x01", "b": b"\xc0"}
    assert state.changes() == [("b", encode(b"\xc0"))]
    state.keep()
    assert state.kept == {"a": b"\x01", "b": b"\xc0"}


MOMENTS = st.lists(st.floats(allow_nan=False), min_size=2, max_size=2)
MOVES = st.lists(st.tuples(st.sampled_from("abc"), st.none() | MOMENTS, st.booleans()))


@given(st.dictionaries(st.sampled_from("abc"), MOMENTS), MOVES, st.booleans())
def test_numbers_of_many_keys_are_the_values_of_each(
    kept: dict[str, list[float]], moves: list[tuple[str, list[float] | None, bool]], abort: bool
) -> None:
    """Set one by one or together, deleted, and read together: always what a dictionary holds."""
    state = State({key: [value] for key, value in kept.items()})
    model = {key: [value] for key, value in kept.items()}
    with state.savepoint():
        for key, value, together in moves:
            if value is None:
                state.pop(key, None)
                model.pop(key, None)
            elif together:
                state.set_numbers([key], np.array([[value]]))
                model[key] = [value]
            else:
                state[key] = model[key] = [value]
    if abort:
        state.roll_back()
        model = {key: [value] for key, value in kept.items()}
    else:
        assert {key: decode(data) for key, data in state.changes() if data} == {
            key: model[key] for key in {key for key, _, _ in moves} & model.keys()
        }
    fresh = np.array([[7.0, 8.0]])
    expected = [model.get(key, fresh.tolist()) for key in "abc"]
    assert state.numbers("abc", fresh).tolist() == expected
    state.keep()
    assert state.numbers("abc", fresh).tolist() == expected
    assert dict(state) == model


def test_refused_rows_are_taken_once() -> None:
    state = State()
    state.refuse(ROW, "why")
    assert len(state.take_refused()) == 1
    assert state.take_refused() == []


@given(st.lists(st.tuples(st.sampled_from("abc"), st.none() | st.integers(0, 9), st.booleans())))
def test_a_state_is_a_dictionary_with_a_memory(moves: list[tuple[str, int | None, bool]]) -> None:
    """Against a plain dictionary: set or delete, then commit or abort."""
    state, model = State(), dict[str, int]()
    for key, value, commit in moves:
        trial = dict(model)
        if value is not None:
            state[key] = trial[key] = value
        elif key in trial:
            del state[key], trial[key]
        assert dict(state) == trial
        if commit:
            state.keep()
            model = trial
        else:
            state.roll_back()
    assert dict(state) == model
