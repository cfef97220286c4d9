"""`minmax_inverse`: what carries limits comes back, nothing else changes."""

import pytest

from amml_progress.minmax_inverse import MinmaxInverse
from amml_progress.zscore_inverse import ZscoreInverse
from amml_runtime.batch import Batch
from amml_runtime.component import AbstractProgress, Column
from amml_runtime.errors import WorkflowFault
from amml_runtime.testing import batch_of, feed, make, run

PLAIN = batch_of({"OT": [0.5], "n": [1]})
META = {"kind": "minmax", "min": 20.0, "max": 40.0, "of": "OT", "run": "r"}
SCALED = PLAIN.with_column("OT_pred", PLAIN.column("OT"), META)


def test_a_forecast_that_carries_its_labels_limits_comes_back() -> None:
    (found,) = feed(MinmaxInverse(), [SCALED])
    assert found.select(["OT", "OT_pred", "n"]).to_rows() == [
        {"_time": None, "_key": None, "OT": 0.5, "OT_pred": 30.0, "n": 1}
    ]
    assert found.meta("OT_pred") == {}


@pytest.mark.parametrize(
    ("step", "batch", "message"),
    [
        (MinmaxInverse(), PLAIN, "put `minmax_scaler` before `minmax_inverse`"),
        (ZscoreInverse(), SCALED, "put `zscore_scaler` before `zscore_inverse`"),
        (MinmaxInverse(of=(Column("n"),)), SCALED, "column `n` carries no minmax scale"),
        (MinmaxInverse(of=(Column("x"),)), SCALED, "no column `x`"),
    ],
)
def test_nothing_to_undo_is_a_fault(step: AbstractProgress, batch: Batch, message: str) -> None:
    with pytest.raises(WorkflowFault, match=message):
        feed(step, [batch])


def test_a_column_that_was_computed_anew_has_no_scale_any_more() -> None:
    (computed,) = feed(make("eval OT_pred = OT_pred + 0"), [SCALED])
    with pytest.raises(WorkflowFault, match="carries a minmax scale"):
        feed(MinmaxInverse(), [computed])


def test_there_and_back_through_filter_and_select() -> None:
    text = "minmax_scaler | filter cond = OT >= 0.5 | select OT | minmax_inverse"
    assert run(text, OT=[20.0, 30.0, 40.0], n=[1, 2, 3]) == {"OT": [30.0, 40.0]}
