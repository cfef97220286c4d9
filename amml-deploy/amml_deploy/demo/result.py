"""What the demo found: errors of the prediction beside those of repeating the last value."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from amml_deploy.errors import AmmlError

Rows: TypeAlias = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Errors:
    """Mean absolute errors over the same rows, in the unit of OT."""

    rows: int
    mae: float
    persistence: float


def errors(rows: Rows, since: datetime | None = None) -> Errors:
    """The errors on the rows with a prediction, from a time on if it is given.

    Errors: AmmlError, no row has a prediction.

    >>> noon = datetime(2016, 7, 1, 12)
    >>> errors([{"_time": noon, "OT": 30.0, "OT_pred": None},
    ...         {"_time": noon, "OT": 32.0, "OT_pred": 31.5}])
    Errors(rows=1, mae=0.5, persistence=2.0)
    """
    pairs = [
        (row, before)
        for before, row in zip(rows, rows[1:], strict=False)
        if row["OT_pred"] is not None and (since is None or row["_time"] >= since)
    ]
    if not pairs:
        raise AmmlError("no row carries a prediction: see `amml logs ett-predict`")
    mae = sum(abs(row["OT"] - row["OT_pred"]) for row, _ in pairs) / len(pairs)
    persistence = sum(abs(row["OT"] - before["OT"]) for row, before in pairs) / len(pairs)
    return Errors(len(pairs), mae, persistence)


def cut_of(rows: Rows, holdout: float) -> datetime:
    """Where the rows that were held out begin: the last part of the time range.

    >>> cut_of([{"_time": datetime(2016, 7, 1)}, {"_time": datetime(2016, 7, 11)}], 0.2)
    datetime.datetime(2016, 7, 9, 0, 0)
    """
    first, last = rows[0]["_time"], rows[-1]["_time"]
    return last - (last - first) * holdout
