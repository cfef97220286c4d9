"""`minmax_scaler`: parameters from arguments, a model or a pass, carried in the metadata."""

from datetime import UTC, datetime
from typing import Any

import pytest

from amml_progress.minmax_inverse import MinmaxInverse
from amml_progress.minmax_scaler import MinmaxScaler
from amml_runtime.batch import Batch
from amml_runtime.component import Column
from amml_runtime.errors import WorkflowFault
from amml_runtime.state import State
from amml_runtime.testing import params_for

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ROWS = Batch.from_rows([{"OT": 20.0, "n": 1, "s": "a"}, {"OT": 40.0, "n": 5, "s": "b"}])
OT = Column("OT")


def scale(scaler: MinmaxScaler, batch: Batch = ROWS, params: Any = None) -> Batch:
    params = params_for(scaler, [batch]) if params is None else params
    return scaler.process(batch, State(params=params), NOW)


def test_all_columns_of_numbers_are_scaled_and_the_others_stay() -> None:
    assert scale(MinmaxScaler()).select(["OT", "n", "s"]).data.to_pydict() == {
        "_time": [None, None],
        "_key": [None, None],
        "OT": [0.0, 1.0],
        "n": [0.0, 1.0],
        "s": ["a", "b"],
    }


def test_a_column_carries_what_undoes_it() -> None:
    scaled = scale(MinmaxScaler(of=(OT,)))
    assert scaled.meta("OT") == {"kind": "minmax", "min": 20.0, "max": 40.0, "of": "OT"}
    assert scaled.meta("n") == {}


def test_a_models_limits_hold_with_the_run_they_come_from() -> None:
    signature = {"columns": {"OT": {"kind": "minmax", "min": 0, "max": 80, "of": "OT"}, "n": {}}}
    params = MinmaxScaler().stored(signature)
    assert params is not None
    scaled = scale(MinmaxScaler(), params={**params, "run": "ett.r1.train"})
    assert scaled.column("OT").to_pylist() == [0.25, 0.5]
    assert scaled.meta("OT")["run"] == "ett.r1.train"
    assert scaled.column("n").to_pylist() == [1, 5]


def test_a_model_without_such_a_scale_stores_nothing() -> None:
    signature = {"columns": {"OT": {"kind": "zscore", "mean": 0, "std": 1, "of": "OT"}}}
    assert MinmaxScaler().stored(signature) is None


def test_arguments_come_before_all_else() -> None:
    assert MinmaxScaler().given() is None
    given = MinmaxScaler(min=0, max=10, of=(OT,)).given()
    assert given == {"columns": {"OT": {"kind": "minmax", "min": 0, "max": 10}}}


def test_limits_look_past_null_nan_and_infinity() -> None:
    values = [None, float("nan"), 2.0, float("inf"), 4.0]
    batch = Batch.from_rows([{"x": value} for value in values])
    found = scale(MinmaxScaler(), batch)
    assert (found.meta("x")["min"], found.meta("x")["max"]) == (2.0, 4.0)
    assert str(found.column("x").to_pylist()) == "[None, nan, 0.0, inf, 1.0]"


def test_a_constant_column_becomes_zero_and_comes_back() -> None:
    batch = Batch.from_rows([{"x": 7.0}, {"x": 7.0}])
    scaled = scale(MinmaxScaler(), batch)
    assert scaled.column("x").to_pylist() == [0.0, 0.0]
    assert MinmaxInverse().process(scaled, State(), NOW).column("x").to_pylist() == [7.0, 7.0]


@pytest.mark.parametrize(
    ("scaler", "message"),
    [
        (MinmaxScaler(of=(Column("co2"),)), "no column `co2`; there are: OT, n, s"),
        (MinmaxScaler(of=(Column("s"),)), "column `s` is string, and numbers are needed"),
    ],
)
def test_a_column_that_cannot_be_scaled_is_named(scaler: MinmaxScaler, message: str) -> None:
    with pytest.raises(WorkflowFault, match=message):
        scale(scaler)


def test_a_column_without_a_value_has_no_limits() -> None:
    batch = Batch.from_rows([{"x": None}])
    with pytest.raises(WorkflowFault, match="`x` has no value to find its scale by"):
        scale(MinmaxScaler(of=(Column("x"),)), batch)


def test_a_column_that_the_pass_did_not_see_is_a_fault() -> None:
    params = {"columns": {"n": {"kind": "minmax", "min": 0, "max": 1}}}
    with pytest.raises(WorkflowFault, match="no limits for column `OT`, only for: n"):
        scale(MinmaxScaler(of=(OT,)), params=params)


@pytest.mark.parametrize(
    "wrong", [{"min": 1.0}, {"max": 1.0}, {"min": 2.0, "max": 1.0}, {"fit_": "no"}, {"fit_": 0}]
)
def test_arguments_that_do_not_fit_together_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="`(min|fit)`"):
        MinmaxScaler(**wrong)
