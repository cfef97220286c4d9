"""A trainer's rows cut into windows to train on and windows held out."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from amml_progress._shared import windows
from amml_progress._shared.definition import Definition
from amml_progress._shared.windows import Floats, Whole
from amml_runtime.batch import Batch
from amml_runtime.errors import WorkflowFault


@dataclass(frozen=True)
class Samples:
    """Rows ordered by key, and which of them are forecast in training and in the hold-out.

    A sample is a row: its window lies before it, within its key. Only rows without a
    missing value are samples. The windows of held-out rows may look back over the cut;
    no row after it is ever trained on.
    """

    definition: Definition
    values: Floats  # (rows, columns)
    label: Floats
    train: Whole
    test: Whole

    def windows(self, rows: Whole) -> Floats:
        """What the network sees for those rows: (rows, window, columns)."""
        return windows.gather(self.values, rows, self.definition.window, self.definition.horizon)

    def last(self, rows: Whole) -> Floats:
        """The last label that a window knows: the forecast of persistence."""
        return self.label[rows - self.definition.horizon]

    def target(self, rows: Whole) -> Floats:
        """What the network should answer: the label, or how far it moved."""
        moved = self.definition.target == "difference"
        return self.label[rows] - self.last(rows) if moved else self.label[rows]

    def forecast(self, rows: Whole, answers: Floats) -> Floats:
        """The network's answers as labels."""
        return answers + self.last(rows) if self.definition.target == "difference" else answers


def samples(definition: Definition, batch: Batch) -> Samples:
    """The samples in all the rows of a training; raises `WorkflowFault` if they are too few."""
    places = [rows for _, rows in windows.by_key(batch.keys)]
    order = np.concatenate(places) if places else np.arange(0)
    ordered = batch.take(pa.array(order, pa.int64()))
    values = windows.matrix(ordered, definition.inputs, definition.features)
    label = windows.floats(ordered.column(definition.label))
    late = _held_out(windows.times_of(ordered), [len(rows) for rows in places], definition.holdout)

    within = np.concatenate([np.arange(len(rows)) for rows in places]) if places else order
    rows = np.flatnonzero(within >= definition.reach)
    rows = rows[windows.whole(values, rows, definition.window, definition.horizon)]
    known = np.isfinite(label)
    rows = rows[known[rows] & known[rows - definition.horizon]]
    found = Samples(definition, values, label, rows[~late[rows]], rows[late[rows]])
    for part, name in (found.train, "to train on"), (found.test, "held out"):
        if not len(part):
            raise WorkflowFault(
                f"no row {name} has {definition.reach} rows without nulls before it: "
                f"{batch.rows} rows of {len(places)} keys came in"
            )
    return found


def _held_out(
    times: NDArray[np.datetime64], lengths: list[int], holdout: float
) -> NDArray[np.bool_]:
    """Which rows lie in the last share: of the time range or, without times, of each key's rows.

    The cut in time is the one the planner gives to the scaler before the trainer.
    """
    ticks = times.astype(np.int64)
    if len(ticks) and not np.isnat(times).any() and ticks.min() < ticks.max():
        return ticks >= ticks.min() + (1 - holdout) * (ticks.max() - ticks.min())
    cut = [np.arange(length) >= round((1 - holdout) * length) for length in lengths]
    return np.concatenate(cut) if cut else np.zeros(0, np.bool_)
