"""`outliers`: values that cannot be right."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from amml_language.numpy_column import from_numpy
from amml_progress._shared.by_key import Grouped, grouped
from amml_progress._shared.filled import booleans
from amml_progress._shared.held import NEVER, held_of, held_places, in_turn, let_go, put_away
from amml_progress._shared.judging import Verdicts
from amml_progress._shared.lately import windows
from amml_progress._shared.numbers import check_numbers, floats
from amml_progress._shared.room import check_room
from amml_progress._shared.strange import LIMITS, bounds
from amml_runtime.batch import Batch
from amml_runtime.component import AbstractProgress, Column
from amml_runtime.state import State

Floats = NDArray[np.float64]

_TREATMENTS = ("mark", "null", "drop", "clip", "ema")
_FRESH = np.array([[np.nan, 0.0]])  # of a key: the moving average, how many rows wait


@dataclass(frozen=True)
class Outliers(AbstractProgress):
    """Find values that lie far from what the last ones of their key let expect, and treat them.

    Parameters:
        of: the column x.
        method: "residual": x leaves both neighbours by `limit` spreads of the last values and of
            their steps, so that each row waits for the next value; without waiting "zscore":
            standard deviations from the mean, "iqr": interquartile ranges from the quartiles, or
            "hampel": median absolute deviations, as standard deviations, from the median.
        treat: "mark", "null" for `impute` to fill, "drop" the row, "clip" to the nearest value
            that is no outlier, or put in the "ema" of the values before that are none.
        limit: how far; 1.55, 4, 2.5 and 4.5 for the methods in this order.
        last: how many values are looked at; nothing is judged before the ninth value of a key.
        alpha: the weight of the newest value in the "ema".
    Adds: `<of>_outlier`, boolean, unless rows are dropped. Treated columns become float64 and keep
        their metadata. Null and NaN are no outliers, and at most 24 of them are waited through.
    Errors: E214, an unknown method or treatment, or a number that makes no sense; a column that
        is missing or holds no numbers.
    Source: Hampel (1974), The influence curve and its role in robust estimation; Tukey (1977),
        Exploratory data analysis; Davies and Gather (1993), The identification of outliers.

    >>> found = run("outliers of=co2", co2=[400, 402, 401, 403, 402, 404, 403, 402, 900, 403])
    >>> found["co2_outlier"].index(True)
    8
    """

    state_depends_on = ("of", "method", "last")
    rtol = 1e-9

    of: Column = Column("value")
    method: str = "residual"
    treat: str = "mark"
    limit: float | None = None
    last: int = 60
    alpha: float = 0.3

    def __post_init__(self) -> None:
        for name, known in (("method", tuple(LIMITS)), ("treat", _TREATMENTS)):
            if getattr(self, name) not in known:
                found = getattr(self, name)
                raise ValueError(f"`{name}` is {found!r}; it is one of {', '.join(known)}")
        if self.last < 9:
            raise ValueError(f"`last` is {self.last}, and at least 9 values are needed")
        check_room("last", self.last + 2)
        if self.limit is not None and self.limit <= 0:
            raise ValueError(f"`limit` is {self.limit}, it must be above 0")
        if not 0 < self.alpha <= 1:
            raise ValueError(f"`alpha` is {self.alpha}, it must be above 0 and at most 1")

    def process(self, batch: Batch, state: State, now: datetime) -> Batch:
        """The rows that are judged."""
        check_numbers(batch, [self.of])
        found = grouped(batch.keys)
        memory = state.numbers(found.places, _FRESH)
        held = held_of(found, memory[:, 0, 1], state)
        before = [group for group, rows in held.items() for _ in rows]
        verdicts = self._judge(batch, found, before, memory, state)
        earlier = let_go([row for rows in held.values() for row in rows], state)
        stays = verdicts.turns == NEVER
        memory[:, 0, 1] = put_away(batch, stays, found, held, state)
        state.set_numbers(found.places, memory)
        together = Batch.concat([earlier, batch]) if earlier.rows else batch
        treated = self._treated(together, verdicts)
        first, rest = treated.slice(0, earlier.rows), treated.slice(earlier.rows)
        turns = np.split(verdicts.turns, [earlier.rows])
        return self._left(in_turn(rest, turns[1], first, turns[0])[0])

    def finish(self, state: State, now: datetime) -> Batch | None:
        """The last rows of each key, which no other comes after."""
        rows = [row for place in held_places(state) for row in state.pop(place)]
        if not rows:
            return None
        batch = let_go(rows, state)
        return self._left(self._treated(batch, Verdicts([], [0] * batch.rows)))

    def _judge(
        self, batch: Batch, found: Grouped, before: Sequence[int], memory: Floats, state: State
    ) -> Verdicts:
        values = floats(batch.column(self.of))
        there, ahead = np.isfinite(values), int(self.method == "residual")
        groups = found.groups[there]
        lasts = [f"last:{place}" for place in found.places]
        seen = windows(values[there], groups, lasts, state, self.last + 1 + ahead)
        verdicts = Verdicts(before, found.groups.tolist())
        rows = (verdicts.with_the_next if ahead else verdicts.at_once)(there.tolist())
        limits = bounds(seen, self.method, self.limit or LIMITS[self.method])
        middle, means = seen[:, -1 - ahead], memory[:, 0, 0].tolist()
        strange = verdicts.judge(rows, middle, limits)
        verdicts.average(
            rows, groups.tolist(), middle.tolist(), strange.tolist(), means, self.alpha
        )
        memory[:, 0, 0] = means
        return verdicts

    def _treated(self, batch: Batch, verdicts: Verdicts) -> Batch:
        """With the mark, and what stands in the place of outliers."""
        if self.treat in ("null", "clip", "ema"):
            nothing = np.full(batch.rows, np.nan)
            instead = {"clip": verdicts.clipped, "ema": verdicts.averaged}.get(self.treat, nothing)
            values = np.where(verdicts.strange, instead, floats(batch.column(self.of)))
            column = from_numpy(values, np.isnan(values))
            batch = batch.with_column(self.of, column, batch.meta(self.of))
        return batch.with_column(f"{self.of}_outlier", booleans(verdicts.strange))

    def _left(self, batch: Batch) -> Batch:
        """The rows that are not dropped."""
        if self.treat != "drop":
            return batch
        mark = f"{self.of}_outlier"
        return batch.filter(pc.invert(cast(Any, batch.column(mark)))).drop([mark])
