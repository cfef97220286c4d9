"""The verdict on each row, and the row after which it can be spoken."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from amml_progress._shared.held import NEVER
from amml_progress._shared.strange import Bounds

Floats = NDArray[np.float64]

MOST = 24  # rows without a value that are waited through


class Verdicts:
    """What becomes of rows that were held, which come first, and of those of a batch.

    `turns` has for each the number of the batch's row that it waits for, `strange` whether it is
    an outlier; `clipped` and `averaged` have what may stand in its place.
    """

    def __init__(self, held: Sequence[int], groups: Sequence[int]) -> None:
        self._groups, self._before = groups, len(held)
        self._queues: dict[int, list[int]] = {}
        for row, group in enumerate(held):
            self._queues.setdefault(group, []).append(row)
        count = len(held) + len(groups)
        self.turns = np.full(count, NEVER)
        self.strange = np.zeros(count, bool)
        self.clipped, self.averaged = np.full(count, np.nan), np.full(count, np.nan)

    def at_once(self, there: Sequence[bool]) -> list[int]:
        """No row waits; the rows that are judged."""
        self.turns[:] = np.arange(len(there))
        return np.flatnonzero(there).tolist()

    def with_the_next(self, there: Sequence[bool]) -> list[int]:
        """A row with a value waits for its key's next one, and those behind it with it.

        For each row with a value the one that it lets judge, or -1.
        """
        judged: list[int] = []
        for row, (group, has) in enumerate(zip(self._groups, there, strict=True)):
            queue = self._queues.setdefault(group, [])
            if not has:
                if queue and len(queue) <= MOST:
                    queue.append(self._before + row)
                    continue
                self._release(group, row)
                self.turns[self._before + row] = row
            else:
                judged.append(queue[0] if queue else -1)
                self._release(group, row)
                self._queues[group] = [self._before + row]
        return judged

    def judge(self, rows: Sequence[int], values: Floats, bounds: Bounds) -> NDArray[np.bool_]:
        """Write down which values are out of bounds, and what is nearest within."""
        at = np.array(rows, np.int64)
        strange = ((values < bounds.low) | (values > bounds.high)) & (at >= 0)
        self.strange[at[strange]] = True
        self.clipped[at[strange]] = np.clip(values, bounds.low, bounds.high)[strange]
        return strange

    def average(
        self,
        rows: Sequence[int],
        groups: Sequence[int],
        values: Sequence[float],
        strange: Sequence[bool],
        means: list[float],
        alpha: float,
    ) -> None:
        """Put in the moving average of what is normal; `means` are those of the groups so far."""
        for row, group, value, odd in zip(rows, groups, values, strange, strict=True):
            mean = means[group]
            if row < 0:
                continue  # it had to go on before
            if odd:
                self.averaged[row] = mean
            else:
                means[group] = value if mean != mean else mean + alpha * (value - mean)

    def _release(self, group: int, row: int) -> None:
        for waiting in self._queues.get(group, ()):
            self.turns[waiting] = row
        self._queues[group] = []
