"""`to_torch` and `from_torch`: networks of layers as modules of PyTorch, and the other way round."""

from typing import Any

import autograd
from autograd import Value, no_grad
from nn.export.activations import module_of, steps_of
from nn.inputs.optional import require
from nn.models.layers import Dropout, Linear, Sequential
from nn.models.module import Module

SAMPLES = 1000
ANY = 3
"""How many numbers a sample has where no layer says so."""
TOLERANCE = 1e-12

LINEAR_FROM = 20
"""PyTorch's own threshold of Softplus."""
SETTINGS = {
    "LeakyReLU": ("negative_slope",),
    "ELU": ("alpha",),
    "GELU": ("approximate",),
}
"""What our activations and PyTorch's are both told."""


def to_torch(model: Module) -> Any:
    """An `nn.Sequential` of PyTorch with the same weights, in float64, ready for use (`eval()`).

    Layers become Linear and an activation; a layer that is there twice is one module, and what is frozen stays so.  It
    is compared with the model on 1,000 random samples; the largest difference, relative to numbers above 1, is its
    attribute `difference`.

    Raises TypeError for a model that is no chain of layers, which `autograd.to_torch_function` takes;
    ModuleNotFoundError without PyTorch.

    >>> network = to_torch(model)  # doctest: +SKIP
    >>> network(torch.tensor([[1.0, 2.0]], dtype=torch.float64))  # doctest: +SKIP
    """
    torch = require("torch", "to_torch")
    modules: list[Any] = []
    known: dict[int, Any] = {}
    for name, item in steps_of(model, "to_torch"):
        if name == "linear" and id(item) in known:
            modules.append(known[id(item)])
        elif name == "linear":
            weights = [[_number(w) for w in line] for line in item.weight]
            bias = [_number(b) for b in item.bias]
            linear = torch.nn.Linear(len(weights[0]), len(weights), dtype=torch.float64)
            with torch.no_grad():
                linear.weight.copy_(torch.tensor(weights, dtype=torch.float64))
                linear.bias.copy_(torch.tensor(bias, dtype=torch.float64))
            for theirs, ours in ((linear.weight, [w for line in item.weight for w in line]), (linear.bias, item.bias)):
                theirs.requires_grad_(any(isinstance(x, Value) and x.requires_grad for x in ours))
            known[id(item)] = linear
            modules.append(linear)
        elif name == "dropout":
            modules.append(torch.nn.Dropout(item))
        elif name in ("Softmax", "LogSoftmax"):
            modules.append(getattr(torch.nn, name)(dim=-1))
        elif name == "Softplus":
            modules.append(torch.nn.Softplus(threshold=40.0))  # at PyTorch's 20 it is 2e-9 off
        else:
            modules.append(getattr(torch.nn, name)(**item))
    network = torch.nn.Sequential(*modules).eval()
    network.difference = _difference(torch, network, model)
    return network


def _number(x: Any) -> float:
    number: float = x.data if isinstance(x, Value) else float(x)
    return number


def _difference(torch: Any, network: Any, model: Module) -> float:
    inputs = next((module.in_features for module in network if hasattr(module, "in_features")), ANY)
    draw = torch.Generator().manual_seed(0)
    samples = torch.randn(SAMPLES, inputs, dtype=torch.float64, generator=draw)
    was = model.training
    model.eval()
    with no_grad():
        outputs = [model(sample) for sample in samples.tolist()]
    model.train(was)
    expected = torch.tensor(
        [[_number(y) for y in (ys if isinstance(ys, list) else [ys])] for ys in outputs], dtype=torch.float64
    )
    with torch.no_grad():
        apart = (network(samples) - expected).abs() / expected.abs().clamp(min=1.0)
    found = float(apart.max())
    if not found <= TOLERANCE:
        raise autograd.VerificationError(
            f"to_torch: on {SAMPLES:,} random samples it differs from the model by up to {found:.1e}"
        )
    return found


def from_torch(module: Any) -> Sequential:
    """A module of PyTorch as ours, so that one can look inside: the same weights, to the last bit.

    Reads Sequential, within one another too, of Linear, Dropout, Flatten, Identity and the usual activations; weights
    of float32 and float64 alike become our floats.  A Linear that is there twice is one layer; what is frozen stays so.

    Raises TypeError for what else there is in it, a `forward` or hooks of one's own included.

    >>> model = from_torch(torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.Tanh()))  # doctest: +SKIP
    >>> autograd.draw(model([1.0, 2.0])[0])  # doctest: +SKIP
    """
    torch = require("torch", "from_torch")
    layers: list[Any] = []
    known: dict[int, Linear] = {}
    for part in _chain(torch, module):
        name = type(part).__name__
        if isinstance(part, torch.nn.Linear):
            bias = None if part.bias is None else part.bias.detach().tolist()
            if id(part) not in known:
                layer = known[id(part)] = linear_of(part.weight.detach().tolist(), bias)
                for neuron in layer.neurons:
                    for w in neuron.w:
                        w.requires_grad_(part.weight.requires_grad)
                    if part.bias is not None:
                        neuron.b.requires_grad_(part.bias.requires_grad)
            layers.append(known[id(part)])
        elif isinstance(part, torch.nn.Dropout):
            layers.append(Dropout(part.p))
        elif name not in ("Identity", "Flatten"):
            _refuse_settings(name, part)
            settings = {key: getattr(part, key) for key in SETTINGS.get(name, ())}
            layers.append(module_of(name, settings, "from_torch"))
    return Sequential(*layers).train(module.training)


def _chain(torch: Any, module: Any) -> list[Any]:
    if not isinstance(module, torch.nn.Module):
        raise TypeError(f"from_torch: takes a module of PyTorch, not {type(module).__name__}")
    _refuse_own_ways(module)
    if isinstance(module, torch.nn.Sequential):
        return [part for each in module for part in _chain(torch, each)]
    return [module]


def _refuse_own_ways(module: Any) -> None:
    """TypeError for a module that computes something else than PyTorch's class with its weights does."""
    name = type(module).__name__
    if "forward" in vars(module) or not type(module).forward.__module__.startswith("torch."):
        raise TypeError(
            f"from_torch: {name} has a forward of its own, which is not read; give from_torch the Sequential inside it"
        )
    if module._forward_hooks or module._forward_pre_hooks:
        raise TypeError(f"from_torch: {name} has hooks, which are not read; remove them, by the handles they came with")


def _refuse_settings(name: str, part: Any) -> None:
    if name == "Softplus" and part.threshold < LINEAR_FROM:
        raise TypeError(
            f"from_torch: Softplus has threshold={part.threshold}, above which it is x, and here it is log(1 + exp(x)) "
            f"everywhere; above {LINEAR_FROM} that is the same to 2e-9"
        )
    if name == "Softplus" and part.beta != 1:
        raise TypeError(f"from_torch: Softplus has beta={part.beta}, and here it is 1")
    if name in ("Softmax", "LogSoftmax") and part.dim not in (None, 1, -1):
        raise TypeError(f"from_torch: {name} has dim={part.dim}, and here it is over the numbers of a sample, dim=1")


def linear_of(weights: list[list[float]], bias: list[float] | None) -> Linear:
    """A layer with these weights, outputs × inputs, and biases.

    >>> linear_of([[1.0, 2.0]], [0.5])([3.0, 4.0])
    Value(data=11.5, grad=0.0)
    """
    layer = Linear(len(weights[0]), len(weights), bias is not None, initializer="zeros")
    for i, (neuron, line) in enumerate(zip(layer.neurons, weights, strict=True)):
        for w, number in zip(neuron.w, line, strict=True):
            w.data = number
        if bias is not None:
            neuron.b.data = bias[i]
    return layer
