"""ONNX Runtime as predictions use it: one thread, the CPU, nothing but the bytes it is given."""

from typing import Any

import numpy as np

from amml_progress._shared import windows
from amml_progress._shared.windows import Floats, Whole
from amml_runtime.errors import WorkflowFault

CHUNK = 128  # larger ones are no faster a row, and slower beyond 256


class Session:
    """A loaded network.

    A row's answer is the same to the last bit in every chunk, so results do not depend on how
    rows were batched (`tests/progress/test_onnx_export.py` holds it for every layer).
    """

    def __init__(self, model: bytes) -> None:
        import onnxruntime

        if b"location" in model:  # the key without which no tensor can name a file
            raise WorkflowFault("the model refers to data outside its own file, which is refused")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._session: Any = onnxruntime.InferenceSession(
            model, options, providers=["CPUExecutionProvider"]
        )

    def answers(self, values: Floats, targets: Whole, window: int, horizon: int) -> Floats:
        """The network's answer for each of the rows `targets` of the matrix `values`."""
        found = np.empty(len(targets), np.float32)
        for start in range(0, len(targets), CHUNK):
            part = targets[start : start + CHUNK]
            filled = np.resize(part, max(2, len(part)))  # one row alone takes other kernels
            seen = windows.gather(values, filled, window, horizon)
            answers = self._session.run(None, {"windows": seen})[0]
            found[start : start + CHUNK] = answers[: len(part), 0]
        return found
