"""Keras, loaded when a training begins: on TensorFlow, and without its talk."""

import os
from typing import Any

_SETTINGS = {
    "KERAS_BACKEND": "tensorflow",
    "TF_CPP_MIN_LOG_LEVEL": "2",  # errors only
    "TF_ENABLE_ONEDNN_OPTS": "0",  # other roundings on other processors, and a notice of it
}


def load_keras() -> Any:
    """The module; the first call takes seconds. What the environment says already holds."""
    for name, value in _SETTINGS.items():
        os.environ.setdefault(name, value)
    import keras

    return keras
