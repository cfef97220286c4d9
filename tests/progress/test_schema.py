"""`schema`: what is declared or learned holds for every row that is let through."""

from typing import Any

import pytest

from amml_runtime.batch import Batch
from amml_runtime.errors import WorkflowFault
from amml_runtime.laws import Trial, cuts_leave_no_trace, state_survives_a_restart
from amml_runtime.state import State
from amml_runtime.testing import NOW, batch_of, make, run


def through(text: str, **columns: list[Any]) -> tuple[Batch, list[str]]:
    state = State()
    output = make(f"schema {text}").process(batch_of(columns), state, NOW)
    return output, [refusal.reason for refusal in state.take_refused()]


def test_a_bad_row_names_column_expected_and_found() -> None:
    output, reasons = through('"co2 float 0..5000 ppm"', co2=[412.0, 9999.0, None, float("nan")])
    assert output.column("co2").to_pylist() == [412.0]
    assert reasons == [
        "column `co2`: expected float from 0 to 5000 ppm, found 9999.0",
        "column `co2`: expected float from 0 to 5000 ppm, found null",
        "column `co2`: expected float from 0 to 5000 ppm, found nan",
    ]


@pytest.mark.parametrize(
    ("type_", "texts", "expected"),
    [
        ("int", ["1", " -2 ", "1.5", "x", ""], [1, -2]),
        ("float", ["1", "1e3", ".5", "nan", "x"], [1.0, 1000.0, 0.5]),
        ("boolean", ["true", "False", "1", "x"], [True, False]),
        ("text", ["", "a"], ["", "a"]),
    ],
)
def test_texts_become_what_is_declared(type_: str, texts: list[str], expected: list[Any]) -> None:
    assert run(f'schema "x {type_}"', x=texts) == {"x": expected}


def test_texts_become_times() -> None:
    output, reasons = through('"x time"', x=["2026-01-01", "soon"])
    assert str(output.schema.field("x").type) == "timestamp[us, tz=UTC]"
    assert reasons == ["column `x`: expected time, found 'soon'"]


def test_texts_of_whole_numbers_are_ints_as_far_as_64_bits_go() -> None:
    texts = ["9223372036854775807", "-9223372036854775808", "9223372036854775808", "9" * 39]
    assert run('schema "x int"', x=texts)["x"] == [2**63 - 1, -(2**63)]


def test_a_question_mark_lets_null_through() -> None:
    assert run('schema "x int?"', x=["1", None, "y"])["x"] == [1, None]


def test_whole_numbers_are_ints_and_others_are_not() -> None:
    assert run('schema "x int"', x=[1.0, 2.5])["x"] == [1]


def test_a_range_may_be_open() -> None:
    assert run('schema "x int 0.., y float ..1.5"', x=[-1, 5], y=[0.0, 1.0])["x"] == [5]


def test_units_go_into_the_metadata_and_have_to_agree() -> None:
    output, _ = through('"x float m"', x=[1.0])
    assert output.meta("x") == {"unit": "m"}
    with pytest.raises(WorkflowFault, match="comes in m, declared in km"):
        make('schema "x float km"').process(output, State(), NOW)


def test_the_first_rows_teach_types_and_which_values_may_be_missing() -> None:
    columns = {"a": ["1", "2", "x", "4"], "b": [1, None, None, 2], "c": [1, 2, None, 3]}
    output, reasons = through("learn=2", **columns)
    assert output.column("a").to_pylist() == ["1", "2", "4"]
    assert reasons == ["column `a`: expected int, found 'x'"]
    output, reasons = through("learn=2", **{**columns, "a": ["1", "y", "x", "4"]})
    assert reasons == ["column `c`: expected a value, found null"]


def test_cuts_and_restarts_leave_no_trace() -> None:
    rows = 40
    batch = batch_of(
        {"a": [str(n) if n % 7 else "x" for n in range(1, rows + 1)], "b": list(range(rows))}
    )
    trial = Trial(lambda: make('schema "b int 0..30", learn=5'), batch, [1, 4, 5, 6, 20, 20])
    cuts_leave_no_trace(trial)
    state_survives_a_restart(trial)


def test_a_type_that_never_is_the_declared_one_is_a_fault() -> None:
    with pytest.raises(WorkflowFault, match="column `x` is int64, declared as boolean"):
        run('schema "x boolean"', x=[1])
    with pytest.raises(WorkflowFault, match="no column `y`"):
        run('schema "y int"', x=[1])


@pytest.mark.parametrize(
    "text",
    ["x", "x number", "x float 5..1", "x text 0..1", "x float 1.2.3..", "x float 0..1, x int"],
)
def test_what_declares_nothing_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="`x"):
        make(f'schema "{text}"')


def test_an_empty_schema_is_refused() -> None:
    with pytest.raises(ValueError, match="say what to check"):
        make("schema")
