"""The activations of ours, by what PyTorch, scikit-learn and ONNX call them."""

from collections.abc import Callable, Mapping
from typing import Any

from nn.models.activations import (
    ELU,
    GELU,
    ActivationModule,
    Identity,
    LeakyReLU,
    LogSigmoid,
    LogSoftmax,
    ReLU,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Tanh,
    described,
    identity,
)
from nn.models.layers import MLP, Dropout, Layer, Sequential
from nn.models.module import Module

Step = tuple[str, Any]
"""("linear", layer), ("dropout", p) or (the name of an activation, its settings)."""

BY_NAME: Mapping[str, str] = {
    "identity": "Identity", "relu": "ReLU", "leaky_relu": "LeakyReLU", "elu": "ELU", "gelu": "GELU", "silu": "SiLU",
    "softplus": "Softplus", "sigmoid": "Sigmoid", "logsigmoid": "LogSigmoid", "tanh": "Tanh",
}  # fmt: skip
"""The modules of the activations that layers have by name."""

MODULES: Mapping[str, Callable[..., Module]] = {
    kind.__name__: kind
    for kind in (
        Identity, ReLU, LeakyReLU, ELU, GELU, SiLU, Softplus, Sigmoid, LogSigmoid, Tanh, Softmax, LogSoftmax
    )
}  # fmt: skip
"""Activations that every library has, under the names of PyTorch."""


def steps_of(model: Any, door: str) -> list[Step]:
    """A chain of layers as linear ones and activations, each apart.

    Raises TypeError for a model that is no such chain.
    """
    match model:
        case Sequential():
            return [step for layer in model.layers for step in steps_of(layer, door)]
        case MLP():
            found = []
            for layer in model.layers:
                found += steps_of(layer, door)
                if model.dropout is not None and layer is not model.layers[-1]:
                    found += steps_of(model.dropout, door)
            return found
        case Dropout():
            return [("dropout", model.p)]
        case Layer():
            own = {id(neuron.activation): neuron.activation for neuron in model.neurons}
            activation = model.activation or model.neurons[0].activation
            if len(own) > 1 and model.activation is None:
                raise TypeError(f"{door}: the neurons of a layer have different activations; {_elsewhere(door)}")
            return [("linear", model), *_of_activation(activation, door)]
    if not callable(model):
        raise TypeError(f"{door}: takes a model of layers, not {type(model).__name__}; {_elsewhere(door)}, and a graph")
    return _of_activation(model, door)


def _of_activation(activation: Any, door: str) -> list[Step]:
    if activation is identity or isinstance(activation, Identity):
        return []
    told = described(activation)
    kind, settings = BY_NAME.get(told.kind, told.kind), dict(told.settings or {})
    if isinstance(activation, Module) and not isinstance(activation, ActivationModule):
        kind = type(activation).__name__  # one of your own shows itself as a tree
    if kind == "Sigmoid" and settings.pop("slope", 1.0) != 1.0:
        kind = "Sigmoid with a slope"
    if kind == "Softmax" and settings.pop("temperature", 1.0) != 1.0:
        kind = "Softmax with a temperature"
    if kind not in MODULES:
        raise TypeError(f"{door}: {kind} is no layer or activation that other libraries have; {_elsewhere(door)}")
    return [(kind, settings)]


def _elsewhere(door: str) -> str:
    function = "autograd.to_torch_function" if "torch" in door else "autograd.to_jax"
    return f"{function}(model) takes any model"


def module_of(name: str, settings: Mapping[str, Any], door: str) -> Module:
    """Our module of this name; TypeError for one that is not known."""
    if name not in MODULES:
        raise TypeError(
            f"{door}: there is no {name} here; it reads Linear, Dropout and {', '.join(MODULES)}, and "
            "of a module of your own the Sequential of its layers, if it is such a chain"
        )
    return MODULES[name](**settings)
