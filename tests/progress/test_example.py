"""The model in memory that examples and tests use."""

import onnx

from amml_progress._shared.example import MEAN


def test_the_example_is_one_mean_over_the_window() -> None:
    helper = onnx.helper
    node = helper.make_node("ReduceMean", ["windows"], ["forecast"], axes=[1], keepdims=0)
    graph = helper.make_graph(
        [node],
        "mean",
        [helper.make_tensor_value_info("windows", 1, ["n", 3, 1])],
        [helper.make_tensor_value_info("forecast", 1, ["n", 1])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    assert onnx.load_from_string(MEAN) == model
