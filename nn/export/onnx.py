"""`from_onnx`: networks in files of ONNX as ours."""

import os
from typing import Any

from nn.export.activations import module_of
from nn.export.pytorch import linear_of
from nn.inputs.optional import require
from nn.models.layers import Sequential

ATTRIBUTES = {
    "LeakyRelu": ("alpha", "negative_slope", 0.01),
    "Elu": ("alpha", "alpha", 1.0),
    "Gelu": ("approximate", "approximate", "none"),
}
"""The settings of operators: their names there and here, and what they are if nothing is said."""
PLAIN = {"Relu": "ReLU", "Sigmoid": "Sigmoid", "Tanh": "Tanh", "Softplus": "Softplus"}
SETTING = {"LeakyRelu": "LeakyReLU", "Elu": "ELU", "Gelu": "GELU", "Softmax": "Softmax", "LogSoftmax": "LogSoftmax"}
PASSING = ("Identity", "Flatten", "Cast", "Dropout", "Reshape", "Squeeze")
"""What does nothing to the numbers of a sample."""


def from_onnx(file: str | os.PathLike[str]) -> Sequential:
    """The network in a file of ONNX as ours, so that one can look inside: the same weights, to the last bit.

    Reads a chain from one input to one output: Gemm, MatMul and Add, and the usual activations.

    Raises TypeError for what else there is in it, ValueError for a file that is none, ModuleNotFoundError without onnx.

    >>> model = from_onnx("model.onnx")  # doctest: +SKIP
    >>> autograd.draw(model([1.0, 2.0])[0])  # doctest: +SKIP
    """
    onnx = require("onnx", "from_onnx")
    try:
        graph = onnx.load(os.fspath(file)).graph
    except OSError:
        raise
    except Exception as error:
        raise ValueError(f"from_onnx: {os.fspath(file)!r} is no file of ONNX: {error}") from error
    arrays = {x.name: onnx.numpy_helper.to_array(x) for x in graph.initializer}
    inputs = [x.name for x in graph.input if x.name not in arrays]
    if len(inputs) != 1:
        raise TypeError(f"from_onnx: it has the inputs {', '.join(inputs) or 'none'}, and a chain of layers has one")
    here, layers = inputs[0], list[Any]()
    nodes = list(graph.node)
    for node in nodes:
        if node.op_type == "Constant":
            arrays[node.output[0]] = onnx.numpy_helper.to_array(node.attribute[0].t)
    chain = [node for node in nodes if node.op_type != "Constant"]
    pending: Any = None
    for node in chain:
        settings = {x.name: onnx.helper.get_attribute_value(x) for x in node.attribute}
        given = [x for x in node.input if x not in arrays]
        if given != [here]:
            raise TypeError(
                f"from_onnx: {node.op_type} takes {', '.join(given) or 'constants'}, so it is no chain of layers"
            )
        others = [arrays[x] for x in node.input if x in arrays]
        is_added = node.op_type == "Add" and pending is not None and len(others) == 1
        if pending is not None and node.op_type not in PASSING:
            layers.append(linear_of(pending, others[0].ravel().tolist() if is_added else None))
            pending = None
        if node.op_type == "MatMul" and node.input[0] == here:
            pending = others[0].T.tolist()
        elif node.op_type == "Gemm":
            layers.append(_gemm(others, settings))
        elif not is_added and node.op_type not in PASSING:
            layers.append(_activation(node.op_type, settings))
        here = node.output[0]
    if pending is not None:
        layers.append(linear_of(pending, None))
    if here not in [x.name for x in graph.output]:
        raise TypeError("from_onnx: its output is not at the end of a chain of layers")
    return Sequential(*layers)


def _gemm(others: list[Any], settings: dict[str, Any]) -> Any:
    if settings.get("alpha", 1.0) != 1.0 or settings.get("beta", 1.0) != 1.0 or settings.get("transA", 0):
        raise TypeError(f"from_onnx: Gemm has {settings}, and a layer is Wx + b")
    weights, *bias = others
    weights = weights if settings.get("transB", 0) else weights.T
    return linear_of(weights.tolist(), bias[0].ravel().tolist() * (len(weights) // bias[0].size) if bias else None)


def _activation(operator: str, settings: dict[str, Any]) -> Any:
    if operator in PLAIN:
        return module_of(PLAIN[operator], {}, "from_onnx")
    if operator not in SETTING:
        known = ", ".join(["Gemm", "MatMul", "Add", *PLAIN, *SETTING])
        raise TypeError(f"from_onnx: it has {operator}, and these are read: {known}")
    if operator in ("Softmax", "LogSoftmax"):
        if settings.get("axis", -1) not in (1, -1):
            raise TypeError(
                f"from_onnx: {operator} is over axis {settings['axis']}, and here over the numbers of a sample"
            )
        return module_of(SETTING[operator], {}, "from_onnx")
    name, here, default = ATTRIBUTES[operator]
    found = settings.get(name, default)
    return module_of(SETTING[operator], {here: found.decode() if isinstance(found, bytes) else found}, "from_onnx")
