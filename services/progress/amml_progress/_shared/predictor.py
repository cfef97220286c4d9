"""What the predictors are: the last rows of each key as state, a forecast beside each row."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

import numpy as np

from amml_language.numpy_column import from_numpy
from amml_progress._shared import windows
from amml_progress._shared.form import Form
from amml_progress._shared.session import Session
from amml_progress._shared.windows import Floats, Whole
from amml_runtime.batch import Batch
from amml_runtime.component import AbstractProgress, Models, handed
from amml_runtime.state import State


@dataclass(frozen=True)
class Predictor(AbstractProgress):
    """A component that predicts; `predict` and `lstm` are two words for it."""

    model: str
    name: str | None = None
    models: Models = handed("models")
    resolved: Mapping[str, Any] = handed("model")

    def process(self, batch: Batch, state: State, now: datetime) -> Batch:
        """The rows, each with the forecast that was made for it."""
        form = self._form
        form.check(batch, self.model)
        values = windows.matrix(batch, form.inputs, form.features)
        forecasts = self._forecasts(values, batch.keys, state)
        column = from_numpy(forecasts, np.isnan(forecasts))
        name = self.name or f"{form.label}_pred"
        return batch.with_column(name, column, self._scaler(batch))

    def _forecasts(self, values: Floats, keys: Any, state: State) -> Any:
        """A number for each row of `values`, NaN where there is none; `state` moves on."""
        form = self._form
        parts: list[Floats] = []
        targets = np.empty(len(values), np.int64)  # where each row stands among all the parts
        room = np.empty(len(values), np.bool_)  # whether it has enough rows of its key before it
        total = 0
        for key, rows in windows.by_key(keys):
            name = "" if key is None else f"={key}"
            before = np.frombuffer(state.get(name, b""), np.float32).reshape(-1, form.width)
            targets[rows] = total + len(before) + np.arange(len(rows))
            room[rows] = len(before) + np.arange(len(rows)) >= form.reach
            together = np.concatenate([before, values[rows]])
            state[name] = together[-form.reach :].tobytes()
            parts.append(together)
            total += len(together)
        forecasts = np.full(len(values), np.nan)
        if room.any():
            places = np.flatnonzero(room)
            self._predict(np.concatenate(parts), targets[places], places, forecasts)
        return forecasts

    def _predict(self, values: Floats, targets: Whole, places: Whole, forecasts: Any) -> None:
        """Write the forecasts of `targets` to `places`, where no value of the window is missing."""
        form = self._form
        whole = windows.whole(values, targets, form.window, form.horizon)
        targets, places = targets[whole], places[whole]
        answers = self._session.answers(values, targets, form.window, form.horizon).astype(float)
        if form.target == "difference":
            answers += values[targets - form.horizon, form.inputs.index(form.label)]
        forecasts[places] = answers

    def _scaler(self, batch: Batch) -> Mapping[str, Any]:
        label = self._form.label
        return batch.meta(label) if label in batch.names else self._form.columns[label]

    @cached_property
    def _form(self) -> Form:
        return Form.from_signature(self.resolved["signature"])

    @cached_property
    def _session(self) -> Session:
        """Loaded with the first whole window: a dry run on no rows needs no file."""
        model, version, run = (self.resolved[part] for part in ("model", "version", "run"))
        return Session(self.models.artefact(model, version, run, "model.onnx"))
