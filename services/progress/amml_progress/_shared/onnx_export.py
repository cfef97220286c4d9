"""A trained Keras network written as ONNX: one function for each kind of layer."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

OPSET = 17  # the first with LayerNormalization
IR_VERSION = 8

_ACTIVATIONS = {
    "relu": "Relu",
    "tanh": "Tanh",
    "sigmoid": "Sigmoid",
    "elu": "Elu",
    "softplus": "Softplus",
}


def export(network: Any) -> bytes:
    """The network as ONNX bytes: `windows`, float32 (n, window, columns), to `forecast`, (n, 1)."""
    import onnx

    graph = _Graph()
    tensor = "windows"
    for layer in network.layers:
        tensor = _EXPORTERS[type(layer).__name__](graph, layer, tensor)
    graph.node("Identity", [tensor], output="forecast")
    shapes = {"windows": ["n", *network.input_shape[1:]], "forecast": ["n", 1]}
    ends = [onnx.helper.make_tensor_value_info(name, 1, shape) for name, shape in shapes.items()]
    model = onnx.helper.make_model(
        onnx.helper.make_graph(graph.nodes, "amml", ends[:1], ends[1:], graph.constants),
        opset_imports=[onnx.helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
    )
    onnx.checker.check_model(model)
    return model.SerializeToString()


class _Graph:
    """The nodes and constants written so far."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def constant(self, values: NDArray[Any]) -> str:
        """An array that belongs to the model, by the name it gets."""
        import onnx

        name = f"constant_{len(self.constants)}"
        self.constants.append(onnx.numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def node(
        self, kind: str, inputs: Sequence[str], output: str = "", skip: int = 0, **attributes: Any
    ) -> str:
        """A node and the name of its output, which follows `skip` unused ones."""
        import onnx

        name = output or f"tensor_{len(self.nodes)}"
        outputs = [*[""] * skip, name]
        self.nodes.append(onnx.helper.make_node(kind, inputs, outputs, **attributes))
        return name

    def activated(self, tensor: str, layer: Any) -> str:
        """The tensor after the layer's activation."""
        name = layer.activation.__name__
        return tensor if name == "linear" else self.node(_ACTIVATIONS[name], [tensor])


def _dense(graph: _Graph, layer: Any, tensor: str) -> str:
    kernel, bias = layer.get_weights()
    product = graph.node("MatMul", [tensor, graph.constant(kernel)])
    return graph.activated(graph.node("Add", [product, graph.constant(bias)]), layer)


def _nothing(graph: _Graph, layer: Any, tensor: str) -> str:
    """Dropout acts in training only."""
    return tensor


def _rescaling(graph: _Graph, layer: Any, tensor: str) -> str:
    return graph.node("Mul", [tensor, graph.constant(np.array(layer.scale, np.float32))])


def _flatten(graph: _Graph, layer: Any, tensor: str) -> str:
    return graph.node("Flatten", [tensor], axis=1)


def _mean(graph: _Graph, layer: Any, tensor: str) -> str:
    return graph.node("ReduceMean", [tensor], axes=[1], keepdims=0)


def _max(graph: _Graph, layer: Any, tensor: str) -> str:
    return graph.node("ReduceMax", [tensor], axes=[1], keepdims=0)


def _layer_normalization(graph: _Graph, layer: Any, tensor: str) -> str:
    scale, shift = (graph.constant(weights) for weights in layer.get_weights())
    inputs = [tensor, scale, shift]
    return graph.node("LayerNormalization", inputs, axis=-1, epsilon=layer.epsilon)


def _conv1d(graph: _Graph, layer: Any, tensor: str) -> str:
    """Keras has channels last, ONNX first."""
    kernel, bias = layer.get_weights()
    [dilation] = layer.dilation_rate
    pads: dict[str, Any] = {"pads": [0, 0]}
    if layer.padding == "causal":
        pads = {"pads": [dilation * (kernel.shape[0] - 1), 0]}
    if layer.padding == "same":
        pads = {"auto_pad": "SAME_UPPER"}
    convolved = graph.node(
        "Conv",
        [
            graph.node("Transpose", [tensor], perm=[0, 2, 1]),
            graph.constant(kernel.transpose(2, 1, 0)),
            graph.constant(bias),
        ],
        dilations=[dilation],
        strides=list(layer.strides),
        **pads,
    )
    return graph.activated(graph.node("Transpose", [convolved], perm=[0, 2, 1]), layer)


def _recurrent(graph: _Graph, layer: Any, tensor: str) -> str:
    """An LSTM or GRU, one way or both; ONNX has time first and a dimension for the direction."""
    both = type(layer).__name__ == "Bidirectional"
    ways = [layer.forward_layer, layer.backward_layer] if both else [layer]
    kind = type(ways[0]).__name__
    weights = [graph.constant(np.stack(parts)) for parts in zip(*map(_gates, ways), strict=True)]
    names = (
        ["recurrent_activation", "activation", "activation"]
        if kind == "LSTM"
        else ["recurrent_activation", "activation"]
    )
    direction: dict[str, Any] = {"direction": "bidirectional" if both else "forward"}
    if kind == "GRU":
        direction["linear_before_reset"] = 1
    each = [_ACTIVATIONS[getattr(ways[0], name).__name__] for name in names]
    output = graph.node(
        kind,
        [graph.node("Transpose", [tensor], perm=[1, 0, 2]), *weights],
        skip=0 if layer.return_sequences else 1,
        hidden_size=ways[0].units,
        activations=each * len(ways),
        **direction,
    )
    # (time, way, n, units) or, of the last time alone, (way, n, units)
    sequences = layer.return_sequences
    turned = graph.node("Transpose", [output], perm=[2, 0, 1, 3] if sequences else [1, 0, 2])
    shape = [-1, *layer.output.shape[1:]]
    return graph.node("Reshape", [turned, graph.constant(np.array(shape, np.int64))])


def _gates(layer: Any) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Kernel, recurrent kernel and bias with ONNX's gates: i, o, f, c (Keras: i, f, c, o).

    A GRU's gates stand in the same order in both, and its bias has both halves already.
    """
    kernel, recurrent, bias = layer.get_weights()
    if type(layer).__name__ == "GRU":
        return kernel.T, recurrent.T, bias.reshape(-1)
    i, f, c, o = range(4)

    def reordered(weights: NDArray[Any]) -> NDArray[Any]:
        blocks = np.split(weights, 4, axis=-1)
        return np.concatenate([blocks[gate] for gate in (i, o, f, c)], axis=-1)

    whole = reordered(bias)
    return reordered(kernel).T, reordered(recurrent).T, np.concatenate([whole, 0 * whole])


_EXPORTERS: dict[str, Callable[[_Graph, Any, str], str]] = {
    "LSTM": _recurrent,
    "GRU": _recurrent,
    "Bidirectional": _recurrent,
    "Dense": _dense,
    "Conv1D": _conv1d,
    "Dropout": _nothing,
    "Flatten": _flatten,
    "GlobalAveragePooling1D": _mean,
    "GlobalMaxPooling1D": _max,
    "Rescaling": _rescaling,
    "LayerNormalization": _layer_normalization,
}
