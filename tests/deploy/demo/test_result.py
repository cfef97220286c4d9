from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from amml_deploy.demo.result import Errors, cut_of, errors
from amml_deploy.errors import AmmlError

START = datetime(2016, 7, 1, tzinfo=UTC)


def rows(*pairs: tuple[float, float | None]) -> list[dict[str, Any]]:
    return [
        {"_time": START + timedelta(hours=hour), "OT": truth, "OT_pred": guess}
        for hour, (truth, guess) in enumerate(pairs)
    ]


def test_both_errors_are_over_the_rows_with_a_prediction() -> None:
    found = errors(rows((10, None), (12, None), (13, 12.5), (11, 11.5)))
    assert found == Errors(rows=2, mae=0.5, persistence=1.5)


def test_held_out_rows_are_those_from_the_cut_on() -> None:
    series = rows((10, None), (12, 10), (13, 12.5), (11, 11.5))
    assert errors(series, cut_of(series, 1 / 3)) == Errors(2, 0.5, 1.5)


def test_rows_without_any_prediction_are_no_result() -> None:
    with pytest.raises(AmmlError, match="no row carries a prediction"):
        errors(rows((10, None), (12, None)))
