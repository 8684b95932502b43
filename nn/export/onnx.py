"""`from_onnx`: networks in files of ONNX as ours."""

import os
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

from autograd import no_grad
from nn.export.activations import module_of
from nn.export.pytorch import linear_of
from nn.inputs.optional import require
from nn.models.layers import Linear, Sequential

ATTRIBUTES = {
    "LeakyRelu": ("alpha", "negative_slope", 0.01),
    "Elu": ("alpha", "alpha", 1.0),
    "Gelu": ("approximate", "approximate", "none"),
}
"""The settings of operators: their names there and here, and what they are if nothing is said."""
PLAIN = {"Relu": "ReLU", "Sigmoid": "Sigmoid", "Tanh": "Tanh", "Softplus": "Softplus"}
SETTING = {"LeakyRelu": "LeakyReLU", "Elu": "ELU", "Gelu": "GELU", "Softmax": "Softmax", "LogSoftmax": "LogSoftmax"}
PASSING = ("Identity", "Flatten", "Cast", "Dropout", "Reshape", "Squeeze")
"""What usually does nothing to the numbers of a sample."""
SEVERAL = {
    ("Sigmoid", "Mul"): "SiLU", ("Sigmoid", "Log"): "LogSigmoid", ("Neg", "Softplus", "Neg"): "LogSigmoid",
    ("Softmax", "Log"): "LogSoftmax",
}  # fmt: skip
"""Activations that are written as several operators; the product is with what went into the first."""
MADE_BY = {
    "skl2onnx": "from_sklearn(estimator) reads the estimator itself",
    "pytorch": "from_torch(module) reads the module itself",
}
"""What else there is for files of these."""
SAMPLES = 20


def from_onnx(file: str | os.PathLike[str]) -> Sequential:
    """The network in a file of ONNX as ours, so that one can look inside: the same weights, to the last bit.

    Reads a chain from one input to one output: Gemm, MatMul and Add, and the usual activations.  What was read is
    compared with what the reference evaluator of `onnx` computes on some random samples.

    Raises TypeError for what else there is in it, and for what computes otherwise than the layers that were read, as a
    Reshape or a Cast may; ValueError for a file that is none; ModuleNotFoundError without onnx.

    >>> model = from_onnx("model.onnx")  # doctest: +SKIP
    >>> autograd.draw(model([1.0, 2.0])[0])  # doctest: +SKIP
    """
    onnx = require("onnx", "from_onnx")
    try:
        model = onnx.load(os.fspath(file))
    except OSError:
        raise
    except Exception as error:
        raise ValueError(f"from_onnx: {os.fspath(file)!r} is no file of ONNX: {error}") from error
    evaluator = require("onnx.reference", "from_onnx").ReferenceEvaluator
    graph, arrays = model.graph, {x.name: onnx.numpy_helper.to_array(x) for x in model.graph.initializer}
    inputs = [x for x in graph.input if x.name not in arrays]
    if len(inputs) != 1:
        names = ", ".join(x.name for x in inputs)
        raise TypeError(f"from_onnx: it has the inputs {names or 'none'}, and a chain of layers has one")
    chain = []
    for node in graph.node:
        if any(x not in arrays for x in node.input if x):
            chain.append(node)
        else:  # a constant, written or computed
            found = evaluator(node).run(None, {x: arrays[x] for x in node.input if x})
            arrays.update(zip(node.output, found))
    try:
        read = Sequential(*_layers(onnx, chain, arrays, inputs[0].name, [x.name for x in graph.output]))
    except TypeError as error:
        if model.producer_name in MADE_BY:
            raise TypeError(f"{error}; {MADE_BY[model.producer_name]}") from None
        raise
    return _held_to(evaluator(model), inputs[0], read)


def _layers(onnx: Any, chain: Sequence[Any], arrays: Mapping[str, Any], here: str, ends: Sequence[str]) -> list[Any]:
    """The layers of a chain of nodes that begins here."""
    layers, pending = list[Any](), None
    while chain:
        operators = [node.op_type for node in chain]
        several = next((names for names in SEVERAL if (*operators[: len(names)],) == names), None)
        nodes, chain = chain[: len(several or "1")], chain[len(several or "1") :]
        _check_chain(nodes, here, arrays)
        node, operator, here = nodes[0], operators[0], nodes[-1].output[0]
        settings = {x.name: onnx.helper.get_attribute_value(x) for x in node.attribute}
        others = [arrays[x] for x in node.input if x in arrays]
        is_added = operator == "Add" and pending is not None and len(others) == 1
        if pending is not None and operator not in PASSING:
            layers.append(_linear(operator, pending, others[0] if is_added else None))
            pending = None
        if node.domain not in ("", "ai.onnx"):
            raise _not_read(f"{operator} of {node.domain}")
        if operator == "MatMul":
            pending = others[0].T
        elif operator == "Gemm":
            layers.append(_gemm(others, settings))
        elif several is not None:
            layers.append(module_of(SEVERAL[several], {}, "from_onnx"))
        elif not is_added and operator not in PASSING:
            layers.append(_activation(operator, settings))
    if pending is not None:
        layers.append(_linear("MatMul", pending, None))
    if here not in ends:
        raise TypeError("from_onnx: its output is not at the end of a chain of layers")
    return layers


def _check_chain(nodes: Sequence[Any], here: str, arrays: Mapping[str, Any]) -> None:
    """TypeError if one of these nodes does not take what the one before it gives, as a layer does."""
    first = here
    for node in nodes:
        given = [x for x in node.input if x and x not in arrays]
        if given != [here] and not (node is not nodes[0] and sorted(given) == sorted([first, here])):
            raise TypeError(f"from_onnx: {node.op_type} takes {', '.join(given)}, so it is no chain of layers")
        if node.op_type in ("Gemm", "MatMul") and node.input[0] != here:
            raise TypeError(f"from_onnx: {node.op_type} has its constant on the left, and a layer is xWᵀ + b")
        here = node.output[0]


def _held_to(evaluator: Any, given: Any, model: Sequential) -> Sequential:
    """The model, if it computes what the graph does, on some random samples; TypeError if not."""
    numpy = require("numpy", "from_onnx")
    tensor = given.type.tensor_type
    sizes = [x.dim_value for x in tensor.shape.dim]
    if sizes[1:] and not sizes[0]:
        sizes[0] = SAMPLES  # a batch of any size
    count = next((len(layer.neurons[0].w) for layer in model.layers if isinstance(layer, Linear)), 3)
    shape = [x or count for x in sizes] or [count]
    kind = require("onnx", "from_onnx").helper.tensor_dtype_to_np_dtype(tensor.elem_type)
    samples = numpy.random.default_rng(0).normal(size=shape).astype(kind)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        (found, *_) = evaluator.run(None, {given.name: samples})
    rows = samples.reshape(shape[0] if shape[1:] else 1, -1)
    if rows.shape[1] != count and any(isinstance(layer, Linear) for layer in model.layers):
        raise TypeError(
            f"from_onnx: a sample of it has the shape {tuple(sizes[1:])}, and its first layer takes {count} numbers"
        )
    with no_grad():
        outputs = [model(row) for row in rows.tolist()]
    expected = numpy.array([[getattr(y, "data", y) for y in (ys if isinstance(ys, list) else [ys])] for ys in outputs])
    if numpy.size(found) != expected.size or not numpy.allclose(
        numpy.reshape(found, expected.shape), expected, rtol=1e-4, atol=1e-4, equal_nan=True
    ):
        raise TypeError(
            "from_onnx: it computes something else than the layers that were read, by a Reshape, a Cast or in 16 bits"
        )
    return model


def _gemm(others: list[Any], settings: dict[str, Any]) -> Any:
    if settings.get("alpha", 1.0) != 1.0 or settings.get("beta", 1.0) != 1.0 or settings.get("transA", 0):
        raise TypeError(f"from_onnx: Gemm has {settings}, and a layer is Wx + b")
    weights, *bias = others
    weights = weights if settings.get("transB", 0) else weights.T
    return _linear("Gemm", weights, bias[0] if bias else None)


def _linear(operator: str, weights: Any, bias: Any) -> Linear:
    """A layer with these weights, outputs × inputs; a bias of one number is that of all outputs."""
    if weights.ndim != 2 or not weights.size:
        raise TypeError(f"from_onnx: it has weights of shape {weights.T.shape}, and those of a layer are a matrix")
    if bias is not None and (bias.size not in (1, len(weights)) or bias.shape[-1:] not in ((), (bias.size,))):
        raise TypeError(
            f"from_onnx: {operator} has a constant of shape {bias.shape}, and a layer has one bias for each output, of "
            f"which there are {len(weights)}"
        )
    numbers = None if bias is None else bias.ravel().tolist() * (len(weights) // bias.size)
    return linear_of(weights.tolist(), numbers)


def _activation(operator: str, settings: dict[str, Any]) -> Any:
    if operator in PLAIN:
        return module_of(PLAIN[operator], {}, "from_onnx")
    if operator not in SETTING:
        raise _not_read(operator)
    if operator in ("Softmax", "LogSoftmax"):
        if settings.get("axis", -1) not in (1, -1):
            raise TypeError(
                f"from_onnx: {operator} is over axis {settings['axis']}, and here over the numbers of a sample"
            )
        return module_of(SETTING[operator], {}, "from_onnx")
    name, here, default = ATTRIBUTES[operator]
    found = settings.get(name, default)
    return module_of(SETTING[operator], {here: found.decode() if isinstance(found, bytes) else found}, "from_onnx")


def _not_read(operator: str) -> TypeError:
    known = ", ".join(["Gemm", "MatMul", "Add", *PLAIN, *SETTING])
    return TypeError(f"from_onnx: it has {operator}, and these are read: {known}")
