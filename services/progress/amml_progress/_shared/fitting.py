"""A Keras network in training: its epochs, its checkpoints, its answers."""

import io
import json
import tempfile
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from amml_progress._shared.loading import load_keras
from amml_progress._shared.network import build
from amml_progress._shared.samples import Samples
from amml_progress._shared.windows import Floats, Whole

CHUNK = 1024  # windows answered at once; a fixed shape, so that XLA compiles once


class Fitting:
    """One training of one network.

    Everything random follows from `seed` and the epoch's number: an epoch after a resume
    sees the same batches in the same order as it would have without the stop.
    """

    def __init__(self, samples: Samples, seed: int) -> None:
        self._keras = load_keras()
        self._definition = samples.definition
        self._samples = samples
        self._seed = seed
        self._keras.utils.set_random_seed(seed % 2**32)
        scale = 1.0
        if self._definition.target == "difference":
            scale = float(samples.target(samples.train).std()) or 1.0
        self.network: Any = build(self._definition, scale)
        self.network.compile(
            loss=self._definition.loss, optimizer=self._definition.optimizer, jit_compile=True
        )
        self.network.optimizer.build(self.network.trainable_variables)

    def epoch(self, number: int) -> float:
        """Train on every batch once; the mean loss of the batches.

        The rows that do not fill a last batch wait for another epoch, in another order.
        """
        rate = self._definition.learning_rate * self._definition.decay ** (number - 1)
        self.network.optimizer.learning_rate.assign(rate)
        order = np.random.default_rng([self._seed, number]).permutation(self._samples.train)
        size = min(self._definition.batch, len(order))
        losses: list[float] = []
        for start in range(0, len(order) - size + 1, size):
            rows = order[start : start + size]
            loss = self.network.train_on_batch(
                self._samples.windows(rows), self._samples.target(rows)[:, None]
            )
            losses.append(float(loss))
        return float(np.mean(losses))

    def answers(self, rows: Whole) -> Floats:
        """The network's answers for those rows."""
        size = min(CHUNK, len(rows))
        whole = np.resize(rows, -(-len(rows) // size) * size)
        parts = [
            self.network.predict_on_batch(self._samples.windows(part))[:, 0]
            for part in np.split(whole, len(whole) // size)
        ]
        return np.concatenate(parts)[: len(rows)]

    def loss(self, rows: Whole, answers: Floats) -> float:
        """The loss of those answers."""
        loss = self._keras.losses.get(self._definition.loss)
        return float(np.mean(loss(self._samples.target(rows)[:, None], answers[:, None])))

    def save(self, history: list[dict[str, Any]]) -> bytes:
        """All that the next epoch depends on, and the records so far; plain arrays, no pickle."""
        arrays = {f"v{i}": np.asarray(v) for i, v in enumerate(self._variables())}
        arrays["history"] = np.frombuffer(json.dumps(history).encode(), np.uint8)
        buffer = io.BytesIO()
        np.savez(buffer, **arrays)  # pyright: ignore[reportArgumentType] (stubs: allow_pickle)
        return buffer.getvalue()

    def restore(self, checkpoint: bytes) -> list[dict[str, Any]]:
        """Go back to what `save` gave; the records until then."""
        with np.load(io.BytesIO(checkpoint), allow_pickle=False) as arrays:
            for i, variable in enumerate(self._variables()):
                variable.assign(arrays[f"v{i}"])
            return json.loads(arrays["history"].tobytes())

    def to_keras(self) -> bytes:
        """The network as a `.keras` file."""
        with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
            # Keras 3.15 copies a TensorFlow variable in a way that NumPy 2 no longer likes.
            warnings.simplefilter("ignore", DeprecationWarning)
            path = Path(folder) / "model.keras"
            self.network.save(path)
            return path.read_bytes()

    def _variables(self) -> list[Any]:
        """Weights, seeds of dropout, and what the optimizer remembers."""
        return [*self.network.variables, *self.network.optimizer.variables]
