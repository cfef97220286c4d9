"""How rows become windows to train on and windows held out."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from amml_progress._shared.definition import Definition
from amml_progress._shared.samples import samples
from amml_runtime.batch import Batch
from amml_runtime.errors import WorkflowFault

START = datetime(2026, 1, 1, tzinfo=UTC)


def definition(**settings: Any) -> Definition:
    fields: dict[str, Any] = {"layers": (), "inputs": ("x",), "label": "x", "window": 2}
    return Definition(**{**fields, **settings})


def counting(rows: int, key: str | None = None, start: int = 0) -> list[dict[str, Any]]:
    """Rows whose x is their number, an hour apart."""
    return [
        {"_time": START + timedelta(hours=i), "_key": key, "x": float(start + i)}
        for i in range(rows)
    ]


def test_a_window_is_the_rows_right_before_its_row() -> None:
    found = samples(definition(), Batch.from_rows(counting(10)))
    assert found.windows(found.train[:2])[:, :, 0].tolist() == [[0, 1], [1, 2]]
    assert found.target(found.train[:2]).tolist() == [2, 3]


def test_a_horizon_leaves_a_gap_between_window_and_row() -> None:
    found = samples(definition(horizon=3), Batch.from_rows(counting(12)))
    assert found.windows(found.train[:1])[0, :, 0].tolist() == [0, 1]
    assert found.target(found.train[:1]).tolist() == [4]
    assert found.last(found.train[:1]).tolist() == [1]


def test_the_last_share_of_the_time_is_held_out_and_may_look_back_over_the_cut() -> None:
    found = samples(definition(), Batch.from_rows(counting(10)))
    assert found.target(found.train).tolist() == [2, 3, 4, 5, 6, 7]
    assert found.target(found.test).tolist() == [8, 9]
    assert found.windows(found.test[:1])[0, :, 0].tolist() == [6, 7]


def test_without_times_the_last_share_of_each_key_is_held_out() -> None:
    rows = [{**row, "_time": None} for row in counting(10, "a") + counting(5, "b", 100)]
    found = samples(definition(), Batch.from_rows(rows))
    assert found.target(found.test).tolist() == [8, 9, 104]


def test_windows_stay_within_their_key_in_however_mixed_an_order() -> None:
    pairs = zip(counting(10, "a"), counting(10, "b", 100), strict=True)
    mixed = [row for pair in pairs for row in pair]
    found = samples(definition(), Batch.from_rows(mixed))
    seen = found.windows(np.concatenate([found.train, found.test]))[:, :, 0]
    assert len(seen) == 16
    assert np.all(seen[:, 1] - seen[:, 0] == 1)


def test_a_row_with_a_null_in_its_window_or_label_is_no_sample() -> None:
    rows = counting(10)
    rows[3]["x"] = None
    found = samples(definition(), Batch.from_rows(rows))
    assert found.target(found.train).tolist() == [2, 6, 7]


def test_the_target_difference_is_how_far_the_label_moved() -> None:
    found = samples(definition(target="difference", horizon=2), Batch.from_rows(counting(12)))
    assert set(found.target(found.train).tolist()) == {2.0}
    answers = np.full(len(found.test), 2, np.float32)
    assert found.forecast(found.test, answers).tolist() == found.label[found.test].tolist()


@pytest.mark.parametrize("rows", [0, 1, 3])
def test_too_few_rows_are_a_fault_that_tells_how_many_came(rows: int) -> None:
    batch = Batch.from_rows(counting(rows), Batch.from_rows(counting(1)).schema)
    with pytest.raises(WorkflowFault, match=f"{rows} rows of"):
        samples(definition(), batch)
