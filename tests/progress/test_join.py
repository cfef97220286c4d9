"""`join`: each row with the newest of the other flows, by key and event time."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amml_runtime.batch import Batch
from amml_runtime.errors import RecordRefused, WorkflowFault
from amml_runtime.spec import InputSpec
from amml_runtime.state import State
from amml_runtime.testing import NOW, batch_of, make

SECOND = 1_000_000


def joined(text: str, *parts: tuple[str, Batch], sides: int = 1) -> list[dict[str, Any]]:
    """The rows that come of batches of flows, "a" being the first."""
    inputs = [InputSpec("a", "a"), *[InputSpec("b", "b", kind="side")] * sides]
    step, state = make(f"join {text}", {"step": SimpleNamespace(inputs=inputs)}), State()
    found: list[dict[str, Any]] = []
    for label, batch in parts:
        output = (
            step.process(batch, state, NOW)
            if label == "a"
            else step.event(batch, state, NOW, label)
        )
        found += output.to_rows() if output else []
        state.keep()
    last = step.finish(state, NOW)
    return found + (last.to_rows() if last else [])


def at(*seconds: int, keys: Sequence[Any] = (), **columns: list[Any]) -> Batch:
    return batch_of(
        {
            "_time": [second * SECOND for second in seconds],
            "_key": list(keys) or ["k"] * len(seconds),
            **columns,
        }
    )


def values(rows: list[dict[str, Any]], *names: str) -> list[tuple[Any, ...]]:
    return [tuple(row.get(name) for name in names) for row in rows]


def test_each_row_gets_the_newest_that_is_not_too_old() -> None:
    side = ("b", at(1, 5, 9, y=[10, 50, 90]))
    rows = joined("within=3s", side, ("a", at(0, 4, 5, 8, 20, x=[0, 4, 5, 8, 20])))
    assert values(rows, "x", "y") == [(0, None), (4, 10), (5, 50), (8, 50), (20, None)]


def test_keys_are_kept_apart_and_none_is_a_key() -> None:
    side = ("b", at(1, 2, keys=["p", None], y=[1, 2]))
    rows = joined("within=9s", side, ("a", at(3, 3, 3, keys=["p", None, "q"], x=[1, 2, 3])))
    assert values(rows, "x", "y") == [(1, 1), (2, 2), (3, None)]


def test_a_name_that_is_taken_gets_the_flows_label() -> None:
    side = ("b", at(1, value=[7], unit=["ppm"]))
    [row] = joined("within=9s", side, ("a", at(2, value=[1])))
    assert (row["value"], row["b_value"], row["unit"]) == (1, 7, "ppm")


def test_inner_leaves_rows_without_a_mate_out() -> None:
    side = ("b", at(5, y=[50]))
    rows = joined("within=3s, how='inner'", side, ("a", at(4, 6, 20, x=[4, 6, 20])))
    assert values(rows, "x", "y") == [(6, 50)]


def test_inner_gives_nothing_where_a_flow_gave_nothing() -> None:
    side = ("b", at(5, y=[50]))
    assert joined("within=9s, how='inner'", side, ("a", at(6, x=[1])), sides=2) == []


def test_outer_also_gives_what_no_row_took_once_time_has_passed_it() -> None:
    side = ("b", at(1, 5, y=[10, 50]))
    rows = joined("within=3s, how='outer'", side, ("a", at(6, 20, x=[6, 20])), ("b", at(21, y=[9])))
    assert values(rows, "x", "y") == [(6, 50), (None, 10), (20, None), (None, 9)]


def test_the_columns_metadata_comes_along() -> None:
    scaled = at(1, y=[0.5])
    scaled = scaled.with_column("y", scaled.column("y"), {"kind": "minmax"})
    step, state = make("join within=9s", {"step": None}), State()
    step.event(scaled, state, NOW, "b")
    assert step.process(at(2, x=[1]), state, NOW).meta("y") == {"kind": "minmax"}


def test_what_is_too_old_is_forgotten() -> None:
    step, state = make("join within=5s", {"step": None}), State()
    for second in range(300):
        step.event(at(second, y=[second]), state, NOW, "b")
        step.process(at(second, x=[second]), state, NOW)
        state.keep()
    assert sum(len(str(value)) for value in state.kept.values()) < 20_000


@pytest.mark.parametrize(
    ("text", "why"),
    [("within=1s, how='full'", "one of inner, left, outer"), ("within=0s - 1s", "negative")],
)
def test_wrong_arguments_are_named(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        make(f"join {text}", {"step": None})


ROWS = st.lists(st.tuples(st.integers(0, 40), st.sampled_from(["p", "q", None])), max_size=15)


@given(ROWS, ROWS, st.sampled_from(["left", "inner", "outer"]), st.lists(st.integers(0, 15)))
def test_it_is_what_the_definition_says_wherever_it_is_cut(
    rows: list[tuple[int, Any]], others: list[tuple[int, Any]], how: str, cuts: list[int]
) -> None:
    rows, others = sorted(rows, key=str), sorted(others, key=lambda each: each[0])
    rows.sort(key=lambda each: each[0])
    main = at(*(t for t, _ in rows), keys=[k for _, k in rows], x=list(range(len(rows))))
    side = at(*(t for t, _ in others), keys=[k for _, k in others], y=list(range(len(others))))
    if not rows or not others:
        return
    edges = [0, *sorted(min(cut, len(rows)) for cut in cuts), len(rows)]
    pieces = [main.slice(a, b - a) for a, b in zip(edges, edges[1:], strict=False)]
    found = joined(f"within=5s, how='{how}'", ("b", side), *(("a", piece) for piece in pieces))
    mates = [_mate(row, others) for row in rows]
    expected = [(x, y) for x, y in enumerate(mates) if how != "inner" or y is not None]
    assert [(r["x"], r["y"]) for r in found if r["x"] is not None] == expected
    alone = {r["y"] for r in found if r["x"] is None}
    assert alone == (set(range(len(others))) - {*mates} if how == "outer" else set())
    assert found == joined(f"within=5s, how='{how}'", ("b", side), ("a", main))


def _mate(row: tuple[int, Any], others: list[tuple[int, Any]]) -> int | None:
    fit = [(t, n) for n, (t, k) in enumerate(others) if k == row[1] and 0 <= row[0] - t <= 5]
    return max(fit)[1] if fit else None


def test_names_follow_the_order_of_the_text_and_not_of_arrival() -> None:
    inputs = [InputSpec(label, label) for label in "abc"]
    for order in ("bc", "cb"):
        step, state = make("join within=9s", {"step": SimpleNamespace(inputs=inputs)}), State()
        for label in order:
            step.event(at(1, x=[f"of {label}"]), state, NOW, label)
        [row] = step.process(at(2, y=[0]), state, NOW).to_rows()
        assert (row["x"], row["c_x"]) == ("of b", "of c")


def test_no_column_is_overwritten() -> None:
    with pytest.raises(WorkflowFault, match="two columns would be called `b_value`"):
        joined("within=9s", ("b", at(1, value=[1])), ("a", at(2, value=[2], b_value=[3])))


@pytest.mark.parametrize("meta", [None, {"kind": "minmax", "max": 9}])
def test_a_row_unlike_those_that_are_kept_is_refused_and_harms_no_other(meta: Any) -> None:
    step, state = make("join within=9s", {"step": None}), State()
    step.event(at(1, v=[1.0]), state, NOW, "b")
    odd = at(2, v=["n/a"] if meta is None else [2.0])
    with pytest.raises(RecordRefused, match="column `v` is"):
        step.event(odd.with_column("v", odd.column("v"), meta), state, NOW, "b")
    state.roll_back()
    step.event(at(1, v=[1.0]), state, NOW, "b")
    assert step.process(at(3, x=[0]), state, NOW).to_rows()[0]["v"] == 1.0
