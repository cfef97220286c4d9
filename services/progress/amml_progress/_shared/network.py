"""The layers a model may have, and the Keras network they build.

A layer is on this list only if `onnx_export` can write it, and an argument only if both know it.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from amml_progress._shared.definition import Definition, LayerSpec, layer_spec
from amml_progress._shared.loading import load_keras
from amml_runtime.errors import WorkflowFault

Check: TypeAlias = tuple[str, Callable[[Any], bool]]

_UNITS: Check = (
    "a whole number from 1 to 4096",
    lambda value: type(value) is int and 1 <= value <= 4096,
)
_FLAG: Check = ("true or false", lambda value: isinstance(value, bool))
_SHARE: Check = (
    "a share from 0, below 1",
    lambda value: type(value) in (int, float) and 0 <= value < 1,
)


def _one_of(*names: str) -> Check:
    return f"one of {', '.join(names)}", lambda value: value in names


_GATE = _one_of("tanh", "sigmoid", "relu")
_OUTPUT = _one_of("linear", "relu", "tanh", "sigmoid", "elu", "softplus")
_RECURRENT: dict[str, Check] = {
    "units": _UNITS,
    "activation": _GATE,
    "recurrent_activation": _GATE,
    "return_sequences": _FLAG,
    "dropout": _SHARE,
    "recurrent_dropout": _SHARE,
}

LAYERS: dict[str, dict[str, Check]] = {
    "LSTM": _RECURRENT,
    "GRU": _RECURRENT,
    "Bidirectional": {"layer": ("an LSTM or a GRU", lambda value: isinstance(value, Mapping))},
    "Dense": {"units": _UNITS, "activation": _OUTPUT},
    "Conv1D": {
        "filters": _UNITS,
        "kernel_size": _UNITS,
        "strides": _UNITS,
        "dilation_rate": _UNITS,
        "padding": _one_of("valid", "same", "causal"),
        "activation": _OUTPUT,
    },
    "Dropout": {"rate": _SHARE},
    "Flatten": {},
    "GlobalAveragePooling1D": {},
    "GlobalMaxPooling1D": {},
    "LayerNormalization": {},
}


def build(definition: Definition, scale: float) -> Any:
    """The Keras network, from `(window, columns)` to one number; raises `WorkflowFault`.

    Its last number is multiplied by `scale`, the usual size of a target `difference`: so the
    layers answer with numbers around one, as they start with, and the loss keeps its unit.
    """
    keras = load_keras()
    shape = (definition.window, definition.width)
    specs = list(definition.layers)
    if specs[0][0] == "Input":
        _check_input(specs.pop(0)[1], shape)
    try:
        network = keras.Sequential([keras.Input(shape), *map(_layer, specs)])
        if scale != 1.0:
            network.add(keras.layers.Rescaling(scale))
    except (ValueError, TypeError) as error:
        raise WorkflowFault(f"the layers do not fit together: {error}") from error
    if network.output_shape != (None, 1):
        raise WorkflowFault(
            f"the network ends in the shape {network.output_shape[1:]}, expected (1,): "
            "end with `Dense: {units: 1}`, after a `Flatten` or a last layer without sequences"
        )
    return network


def _check_input(arguments: Mapping[str, Any], shape: tuple[int, int]) -> None:
    for name, value in arguments.items():
        if name != "shape":
            raise WorkflowFault(f"`Input` takes only `shape`, not `{name}`")
        if list(value) != list(shape):
            raise WorkflowFault(f"`Input` says the shape {value}, window and inputs {list(shape)}")


def _layer(spec: LayerSpec) -> Any:
    kind, arguments = spec
    _check(kind, arguments)
    layers = load_keras().layers
    if kind != "Bidirectional":
        return getattr(layers, kind)(**arguments)
    inner = layer_spec(arguments.get("layer"), "`Bidirectional`")
    if inner[0] not in ("LSTM", "GRU"):
        raise WorkflowFault(f"`Bidirectional` runs an LSTM or a GRU both ways, not `{inner[0]}`")
    return layers.Bidirectional(_layer(inner))


def _check(kind: str, arguments: Mapping[str, Any]) -> None:
    if kind not in LAYERS:
        raise WorkflowFault(f"there is no layer `{kind}`; there are Input, {', '.join(LAYERS)}")
    for name, value in arguments.items():
        if name not in LAYERS[kind]:
            known = ", ".join(LAYERS[kind]) or "none"
            raise WorkflowFault(f"`{kind}` has no argument `{name}`; it has {known}")
        wanted, holds = LAYERS[kind][name]
        if not holds(value):
            raise WorkflowFault(f"`{kind}.{name}` is {value!r}, expected {wanted}")
