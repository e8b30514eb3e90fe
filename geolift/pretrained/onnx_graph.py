"""A model's lifting as an ONNX graph, node by node. Needs onnx (`pip install 'geolift[export]'`).

It repeats what `model.lift_on_device` computes; tests compare the two for every kind of lifter.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import onnx
from flax import linen as nn
from onnx import TensorProto, helper, numpy_helper

from geolift.model import Model, named_weights

OPSET, IR_VERSION = 17, 8  # the first with LayerNormalization; ONNX Runtime reads them since 1.12 (2022)


def build(model: Model, metadata: Mapping[str, str]) -> bytes:
    """An ONNX model: "pose" `[batch, J, 2]`, with masks also "seen" `[batch, J]` bool, to "points" `[batch, J, 3]`."""
    joints = len(model.skeleton.names)
    inputs = [helper.make_tensor_value_info("pose", TensorProto.FLOAT, ["batch", joints, 2])]
    if model.lifter.masks:
        inputs.append(helper.make_tensor_value_info("seen", TensorProto.BOOL, ["batch", joints]))
    output = helper.make_tensor_value_info("points", TensorProto.FLOAT, ["batch", joints, 3])
    graph = _Graph()
    _lift(graph, model)
    made = helper.make_model(
        helper.make_graph(graph.nodes, "geolift", inputs, [output], graph.constants),
        producer_name="geolift",
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
    )
    helper.set_model_props(made, dict(metadata))
    onnx.checker.check_model(made, full_check=True)
    return made.SerializeToString(deterministic=True)


class _Graph:
    """Nodes and constants of a graph, added one by one; values have names."""

    def __init__(self):
        self.nodes, self.constants = [], []

    def constant(self, value: Any, dtype: Any = np.float32, name: str = "") -> str:
        name = name or f"constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(value, dtype), name))
        return name

    def add(self, operator: str, *inputs: str, name: str = "", **attributes: Any) -> str:
        name = name or f"{operator}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, inputs, [name], name=name, **attributes))
        return name


def _lift(graph: _Graph, model: Model) -> None:
    """From "pose" and "seen" to "points"."""
    skeleton, masks = model.skeleton, model.lifter.masks
    zero, last = graph.constant(0.0), graph.constant([-1], np.int64)
    pose = graph.add("Where", graph.add("Unsqueeze", "seen", last), "pose", zero) if masks else "pose"
    x = graph.add("Reshape", pose, graph.constant([0, 2 * len(skeleton.names)], np.int64))
    x = graph.add("Mul", x, graph.constant(model.lifter.gain))
    if masks:
        x = graph.add("Concat", x, graph.add("Cast", graph.add("Not", "seen"), to=TensorProto.FLOAT), axis=1)
    at_root = graph.constant(np.arange(len(skeleton.names)) == skeleton.root, bool)
    offset = graph.add("Where", at_root, zero, _mlp(graph, model, x))
    depth = graph.add("Max", graph.add("Add", offset, graph.constant(model.distance)), graph.constant(model.min_depth))
    depth = graph.add("Unsqueeze", depth, last)
    points = graph.add("Concat", graph.add("Mul", pose, depth), depth, axis=2)
    root = graph.add("Gather", points, graph.constant([skeleton.root], np.int64), axis=1)
    graph.add("Sub", points, root, name="points")


def _mlp(graph: _Graph, model: Model, x: str) -> str:
    """`networks.ResidualMLP` as it is after training, `[b, D] -> [b, J]`."""
    arrays, norm = named_weights(model.variables), model.lifter.norm

    def named(module: str, *parts: str) -> list[str]:
        paths = [part.replace(".", f"/ResidualMLP_0/{module}/") for part in parts]
        return [graph.constant(arrays[path], name=path) for path in paths]

    def dense(x: str, i: int) -> str:
        return graph.add("Gemm", x, *named(f"Dense_{i}", "params.kernel", "params.bias"))

    def layer(x: str, i: int) -> str:
        x = dense(x, i)
        if norm == "batch":
            parts = named(f"BatchNorm_{i}", "params.scale", "params.bias", "batch_stats.mean", "batch_stats.var")
            x = graph.add("BatchNormalization", x, *parts, epsilon=nn.BatchNorm.epsilon)
        elif norm == "layer":
            parts = named(f"LayerNorm_{i}", "params.scale", "params.bias")
            x = graph.add("LayerNormalization", x, *parts, epsilon=nn.LayerNorm.epsilon)
        return graph.add("Relu", x)

    x = layer(x, 0)
    for block in range(model.lifter.blocks):
        x = graph.add("Add", x, layer(layer(x, 2 * block + 1), 2 * block + 2))
    return dense(x, 2 * model.lifter.blocks + 1)
