"""Neurons, layers of neurons, and networks of layers."""

import random
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

from autograd import Value, affine, linear
from nn.activations import Activation, get_activation, identity
from nn.initializers import Generator, Initializer, get_initializer
from nn.module import Module


class Neuron(Module):
    """One neuron: ① s = ⟨w, x⟩ + b, ② h = φ(s).  Two nodes of the graph, however many inputs.

    As built by default, `Neuron(nin)` is micrograd's: the same numbers from the same `random` state, added up in
    the same order.

    Args:
        nin: Number of inputs.
        nonlin: False for φ = identity.
        activation: φ, a name or a function.
        initializer: Draws the weights, a name or a function; the bias starts at 0.
        fan_out: What the initialiser is told of the size of the layer.
        rng: Source of random numbers.

    Source: seeds, "Multi-layer perceptron", steps ① and ②.
    """

    def __init__(
        self,
        nin: int,
        nonlin: bool = True,
        *,
        activation: str | Activation = "relu",
        initializer: str | Initializer = "uniform",
        fan_out: int = 1,
        rng: Generator = random,
    ) -> None:
        _check_size("nin", nin)
        draw = get_initializer(initializer)
        self.w = [Value(draw(nin, fan_out, rng)) for _ in range(nin)]
        self.b = Value(0.0)
        self.nonlin = nonlin
        self.activation = get_activation(activation) if nonlin else identity

    def __call__(self, x: Iterable[Any]) -> Any:
        """φ(⟨w, x⟩ + b) for one sample x."""
        inputs = _numbers(x)
        if len(inputs) != len(self.w):
            raise ValueError(f"Neuron: expected {len(self.w)} inputs, got {len(inputs)}")
        return self.activation(affine(self.w, inputs, self.b))

    def __repr__(self) -> str:
        return f"{_name_of(self.activation)}Neuron({len(self.w)})"


class Layer(Module):
    """`nout` neurons on the same `nin` inputs; one output is returned bare, several as a list.

    Keyword arguments as for `Neuron`.
    """

    def __init__(self, nin: int, nout: int, **options: Any) -> None:
        _check_size("nout", nout)
        self.neurons = [Neuron(nin, fan_out=nout, **options) for _ in range(nout)]

    def __call__(self, x: Iterable[Any]) -> Any:
        """The outputs of all neurons for one sample x; a single one bare."""
        inputs = _numbers(x)
        if len(inputs) != len(self.neurons[0].w):
            raise ValueError(f"Layer: expected {len(self.neurons[0].w)} inputs, got {len(inputs)}")
        neurons = self.neurons
        pre_activations = linear(inputs, [neuron.w for neuron in neurons], [neuron.b for neuron in neurons])
        outputs = [neuron.activation(s) for neuron, s in zip(neurons, pre_activations)]
        return outputs[0] if len(outputs) == 1 else outputs

    def __repr__(self) -> str:
        return f"Layer of [{', '.join(map(str, self.neurons))}]"


class MLP(Module):
    """Multi-layer perceptron: layers of `nouts` neurons one on the other, the last one linear.

    Args:
        nin: Number of inputs.
        nouts: Number of neurons of each layer.
        output_activation: φ of the last layer.
        Other keyword arguments as for `Neuron`.

    Source: seeds, "Multi-layer perceptron (MLP)".

    >>> from random import Random
    >>> model = MLP(3, [4, 4, 2], rng=Random(0))
    >>> len(model.parameters())
    46
    >>> [round(y.data, 3) for y in model([1.0, 2.0, 3.0])]
    [2.559, 1.212]
    """

    def __init__(
        self, nin: int, nouts: Sequence[int], *, output_activation: str | Activation = "identity", **options: Any
    ) -> None:
        if not nouts:
            raise ValueError("MLP: nouts must name at least one layer")
        *hidden, (last, outputs) = pairwise([nin, *nouts])
        self.layers = [Layer(a, b, **options) for a, b in hidden]
        output_options = {**options, "activation": output_activation, "nonlin": output_activation != "identity"}
        self.layers.append(Layer(last, outputs, **output_options))

    def __call__(self, x: Iterable[Any]) -> Any:
        """The outputs of the last layer for one sample x; a single one bare."""
        for i, layer in enumerate(self.layers):
            x = layer(x if i == 0 or isinstance(x, list) else [x])
        return x

    def __repr__(self) -> str:
        return f"MLP of [{', '.join(map(str, self.layers))}]"


def _check_size(name: str, size: int) -> None:
    if isinstance(size, bool) or not isinstance(size, int) or size < 1:
        raise ValueError(f"{name} must be a whole number of at least 1, not {size!r}")


def _numbers(x: Any) -> Sequence[Any]:
    """One sample as a sequence; NumPy's arrays give up their numbers in one call."""
    if isinstance(x, list | tuple):
        return x
    if not hasattr(x, "__iter__"):
        raise TypeError(f"expected a sequence of inputs, got {type(x).__name__} {x!r}")
    return x.tolist() if hasattr(x, "tolist") else list(x)


def _name_of(activation: Activation) -> str:
    if activation is identity:
        return "Linear"
    return str(getattr(activation, "symbol", None) or getattr(activation, "__name__", activation))
