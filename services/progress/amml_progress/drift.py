"""`drift`: when a column is no longer what it was."""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa

from amml_progress._shared.adwin import Adwin
from amml_progress._shared.by_key import Grouped, grouped
from amml_progress._shared.changes import Change, Method
from amml_progress._shared.kswin import Kswin
from amml_progress._shared.numbers import check_numbers, floats
from amml_progress._shared.page_hinkley import PageHinkley
from amml_progress._shared.psi import Psi
from amml_runtime.batch import KEY, TIME, Batch
from amml_runtime.component import AbstractProgress, Columns
from amml_runtime.state import State

_METHODS: dict[str, type[Any]] = {
    "page_hinkley": PageHinkley,
    "adwin": Adwin,
    "kswin": Kswin,
    "psi": Psi,
}


@dataclass(frozen=True)
class Drift(AbstractProgress):
    """Notice when the values of a column begin to be others, for each key.

    Parameters:
        of: the columns; each is watched by itself.
        method: "page_hinkley" sums up the differences from the mean; "adwin" keeps a window as long
            as its mean stays the same; "kswin" compares the distribution of the newest values
            with that of those before; "psi" the shares of values in ten ranges with the first.
        threshold: how far a sum may wander (page_hinkley: 30, in the unit of the column, good for
            one whose standard deviation is 1), or how large the index may be (psi: 0.2).
        delta: a difference from the mean that is nothing (page_hinkley: 0.25), or the chance of a
            false alarm at a look (adwin: 0.002).
        alpha: the chance of a false alarm at a look (kswin: 0.0001).
        window: how many values are looked at together (kswin: 100, psi: 500).
        recent: how many of the window are the newest ones (kswin: 30).
        reference: how many values are the first ones (psi: 500).
    Gives: a row for each change, with `_time` and `_key` of the row that showed it: `column`,
        `method`, `statistic` (how far apart then and now are) and the `threshold` that it went
        past. Null, NaN and infinity are left out.
    Errors: E214, an unknown method, or a parameter that the method does not have; a column that
        is missing or holds no numbers.
    Source: Page (1954), Continuous inspection schemes; Bifet and Gavaldà (2007), Learning from
        time-changing data with adaptive windowing; Raab, Heusinger and Schleif (2020), Reactive
        soft prototype computing; Yurdakul (2018), Statistical properties of PSI.

    >>> run("drift of=x, method='kswin', alpha=0.1, window=8, recent=4",
    ...     x=[1.0, 2.0, 1.0, 2.0, 7.0, 9.0, 8.0, 9.0, 8.0])
    {'column': ['x'], 'method': ['kswin'], 'statistic': [1.0], 'threshold': [0.8654]}
    """

    of: Columns
    method: str = "page_hinkley"
    threshold: float | None = None
    delta: float | None = None
    alpha: float | None = None
    window: int | None = None
    recent: int | None = None
    reference: int | None = None

    def __post_init__(self) -> None:
        if self.method not in _METHODS:
            raise ValueError(
                f"`method` is {self.method!r}, it must be one of {', '.join(_METHODS)}"
            )
        self._made()

    def process(self, batch: Batch, state: State, now: datetime) -> Batch:
        """The changes that the rows show."""
        check_numbers(batch, self.of)
        found = [
            (change.row, number, change)
            for number, name in enumerate(self.of)
            for change in self._changes(floats(batch.column(name)), _places(batch, number), state)
        ]
        found.sort(key=lambda each: each[:2])
        rows = pa.array([row for row, _, _ in found], pa.int64())
        columns: dict[str, Any] = {
            TIME: batch.times.take(rows),
            KEY: batch.keys.take(rows),
            "column": pa.array([self.of[number] for _, number, _ in found], pa.string()),
            "method": pa.array([self.method] * len(found), pa.string()),
            "statistic": pa.array([change.statistic for _, _, change in found], pa.float64()),
            "threshold": pa.array([change.threshold for _, _, change in found], pa.float64()),
        }
        return Batch(pa.RecordBatch.from_pydict(columns))

    def _changes(self, values: Any, at: Grouped, state: State) -> list[Change]:
        """The changes of a column, at its rows."""
        there = np.flatnonzero(np.isfinite(values))
        found = self._made().changes(values[there], Grouped(at.places, at.groups[there]), state)
        return [change._replace(row=int(there[change.row])) for change in found]

    def _made(self) -> Method:
        method = _METHODS[self.method]
        names = [field.name for field in fields(method)]
        given = {n: v for n, v in vars(self).items() if n not in ("of", "method") and v is not None}
        for name in given:
            if name not in names:
                raise ValueError(f"`{name}` is none of {self.method}'s: {', '.join(names)}")
        return method(**given)


def _places(batch: Batch, number: int) -> Grouped:
    return grouped(batch.keys, str(number))
