"""A model to check by hand, for examples and tests: the mean of the last three `OT`."""

import base64
from typing import Any

DEFINITION: dict[str, Any] = {
    "model": [{"GRU": {"units": 2}}, {"Dense": {"units": 1}}],
    "train": {"inputs": ["OT"], "label": "OT", "window": 3, "epoch": 2},
}

SIGNATURE: dict[str, Any] = {
    "inputs": ["OT"],
    "label": "OT",
    "window": 3,
    "horizon": 1,
    "target": "value",
    "features": [],
    "columns": {"OT": {}},
}

# One ReduceMean over the window; tests/progress/test_example.py builds the same bytes anew.
MEAN = base64.b64decode(
    "CAg6ggEKPQoHd2luZG93cxIIZm9yZWNhc3QiClJlZHVjZU1lYW4qCwoEYXhlc0ABoAEHKg8KCGtlZXBk"
    "aW1zGACgAQISBG1lYW5aHgoHd2luZG93cxITChEIARINCgMSAW4KAggDCgIIAWIbCghmb3JlY2FzdBIP"
    "Cg0IARIJCgMSAW4KAggBQgQKABAR"
)


class HeldModel:
    """The door to models, with one run of one model behind it.

    Parameters:
        onnx: the content of its `model.onnx`.
        signature: what its training wrote of its columns.
    """

    def __init__(self, onnx: bytes = MEAN, signature: dict[str, Any] = SIGNATURE) -> None:
        self._onnx = onnx
        self._signature = signature

    def run(self, model: str, version: str, run: str) -> dict[str, Any]:
        """The run's document."""
        return {"model": model, "version": version, "run": run, "signature": self._signature}

    def artefact(self, model: str, version: str, run: str, file: str) -> bytes:
        """The ONNX file, whatever is asked for."""
        return self._onnx


def doors(onnx: bytes = MEAN, signature: dict[str, Any] = SIGNATURE) -> dict[str, Any]:
    """All that trainers and predictors are handed, for a model that is held in memory.

    >>> doors()["model"]["run"]
    'example.r1.train'
    """
    models = HeldModel(onnx, signature)
    resolved = models.run("mean", "0.1", "example.r1.train")
    return {"models": models, "model": resolved, "definition": DEFINITION}
