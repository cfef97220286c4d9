"""`lookup`: what a table says of each row."""

from typing import Any

import pytest

from amml_runtime.errors import WorkflowFault
from amml_runtime.state import State
from amml_runtime.testing import NOW, batch_of, make, run

ROOMS = {"rooms": {"room": ["a", "b", "a"], "floor": [1, 2, 3], "co2": [9, 9, 9]}}


def looked_up(text: str, **columns: list[Any]) -> dict[str, list[Any]]:
    return run(f'lookup "rooms", {text}', None, ROOMS, **columns)


def test_the_last_row_of_the_table_holds_and_a_taken_name_gets_the_tables() -> None:
    found = looked_up("by=room", room=["b", "a", "c", None], co2=[1, 2, 3, 4])
    assert found["floor"] == [2, 3, None, None]
    assert found["rooms_co2"] == [9, 9, None, None]


def test_inner_leaves_out_what_the_table_does_not_know() -> None:
    assert looked_up("by=room, how='inner'", room=["c", "b"])["floor"] == [2]


def test_without_by_the_keys_belong_together() -> None:
    beside = {"rooms": {"_key": ["k"], "floor": [7]}}
    found = run('lookup "rooms"', beside=beside, _key=["k", "z"], x=[1, 2])
    assert found["floor"] == [7, None]


def test_a_table_without_rows_still_has_its_columns() -> None:
    step, state = make('lookup "rooms", by=room'), State()
    step.event(batch_of({"room": ["a"], "floor": [1]}).slice(0, 0), state, NOW, "rooms")
    assert step.process(batch_of({"room": ["a"]}), state, NOW).to_rows()[0]["floor"] is None


def test_a_large_table_is_kept_in_pieces_that_a_changelog_takes() -> None:
    step, state = make('lookup "rooms", by=room'), State()
    names = [f"room {n:06}" for n in range(60_000)]
    step.event(batch_of({"room": names, "floor": list(range(60_000))}), state, NOW, "rooms")
    assert max(len(value or b"") for _, value in state.changes()) < 300_000
    assert step.process(batch_of({"room": names[-1:]}), state, NOW).to_rows()[0]["floor"] == 59_999


def test_a_column_of_another_type_is_named() -> None:
    with pytest.raises(WorkflowFault, match="`room` is int64, and string in the table `rooms`"):
        looked_up("by=room", room=[1])


def test_a_missing_column_is_named() -> None:
    with pytest.raises(WorkflowFault, match="no column `hall`"):
        looked_up("by=hall", room=["a"])
