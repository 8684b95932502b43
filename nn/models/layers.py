"""Neurons, layers of neurons, networks of layers, dropout.

All are called with one sample (d numbers, which gives q) or with a batch (n × d, which gives n × q): a batch gives
the list of what its samples give.  A single output is bare, as in micrograd: q = 1 gives a number, or n of them.
"""

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby, pairwise
from typing import Any, Self

from autograd import Value, affine, linear, where
from nn.inputs.checks import MOST, counted, flag, fraction, whole_number
from nn.inputs.sequences import NUMBERS, is_batch, is_sequence, over_batch, to_list
from nn.inputs.spellings import local_names
from nn.models.activations import WHOLE_LAYER, Activation, described, get_activation, identity
from nn.models.description import Description
from nn.models.initializers import Generator, Initializer, get_initializer
from nn.models.module import Module, assignments


class Neuron(Module):
    """One neuron: ① s = ⟨w, x⟩ + b, ② h = φ(s).  Two nodes of the graph, however many inputs.

    As built by default, `Neuron(nin)` is micrograd's: the same numbers from the same `random` state, added up in
    the same order.

    Args:
        nin: Number of inputs.
        nonlin: False for φ = identity.
        activation: φ, a name, a function or a Module; of a name or class with parameters (`"prelu"`) each neuron
            has its own.
        initializer: Draws the weights, a name or a function; the bias starts at 0.
        fan_out: The size of the layer, for the initialiser.
        rng: Source of random numbers; `random.Random(seed)` for the same weights each time.

    Source: seeds, "Multi-layer perceptron", steps ① and ②.

    >>> neuron = Neuron(2, activation="tanh", initializer="zeros")
    >>> neuron([1.0, 2.0])
    Value(data=0.0, grad=0.0)
    >>> len(neuron.parameters())
    3
    """

    @local_names
    def __init__(
        self,
        nin: int,
        nonlin: bool = True,
        *,
        activation: str | type[Module] | Activation = "relu",
        initializer: str | Initializer = "uniform",
        fan_out: int = 1,
        rng: Generator = random,
    ) -> None:
        nin = whole_number("nin", nin, most=MOST)
        draw = get_initializer(initializer)
        self.w = [Value(draw(nin, fan_out, rng)) for _ in range(nin)]
        self.b: Any = Value(0.0)
        self.nonlin = flag("nonlin", nonlin)
        self.activation = get_activation(activation) if self.nonlin else identity

    @over_batch
    def forward(self, x: Any) -> Any:
        """φ(⟨w, x⟩ + b) for one sample x."""
        return self.activation(affine(self.w, _sample("Neuron", x, len(self.w)), self.b))

    def describe(self) -> Description:
        """Neuron with its activation, d → 1."""
        return Description("Neuron", None, (len(self.w), 1), described(self.activation))

    def __repr__(self) -> str:
        name = "Linear" if self.activation is identity else described(self.activation)
        return f"{getattr(self.activation, 'symbol', name)}Neuron({len(self.w)})"


class Layer(Module):
    """`nout` neurons on the same `nin` inputs: h = φ(W x + b) for a sample, H = φ(X Wᵀ + 1 b) for a batch X (n × nin).

    W = `weight` is nout × nin, as in PyTorch; the W of the notes' H = φ(XW + b) is its transpose.  One output is
    returned bare, several as a list.  Keyword arguments as for `Neuron`; with `activation="softmax"` the outputs are
    the probabilities of nout classes.

    Source: seeds, "Multi-layer perceptron (MLP)", and "5.2 Composition and Hidden Layers".

    >>> from random import Random
    >>> layer = Layer(2, 3, activation="tanh", rng=Random(0))
    >>> len(layer([1.0, 2.0])), len(layer([[1.0, 2.0], [3.0, 4.0]]))
    (3, 2)
    """

    __slots__ = ("_known",)  # outside of the attributes, which hold parameters

    def __init__(
        self, nin: int, nout: int, *, activation: str | type[Module] | Activation = "relu", **options: Any
    ) -> None:
        nin, nout = whole_number("nin", nin, most=MOST), whole_number("nout", nout, most=MOST)
        whole_number(f"{type(self).__name__}: nin · nout", nin * nout, most=MOST)
        chosen = get_activation(activation)
        self.activation = chosen if isinstance(chosen, WHOLE_LAYER) else None
        own = identity if self.activation else activation
        self.neurons = [Neuron(nin, fan_out=nout, activation=own, **options) for _ in range(nout)]

    @property
    def weight(self) -> list[list[Value]]:
        """The weights, nout × nin."""
        return [neuron.w for neuron in self.neurons]

    @property
    def bias(self) -> list[Any]:
        """The nout biases."""
        return [neuron.b for neuron in self.neurons]

    def forward(self, x: Any) -> Any:
        """The outputs of all neurons for one sample x, a single one bare; of a batch the list of them."""
        known: Any = getattr(self, "_known", None)
        if known is None or known[0] != assignments[0] or known[1] != self.neurons:
            known = self._know()
        _, _, size, weights, biases, activation, activations = known
        if x.__class__ is not list or len(x) != size or x[0].__class__ not in NUMBERS:  # else the usual sample
            if is_batch(x):
                samples = to_list(x)
                if any(map(is_batch, samples)):
                    raise ValueError(
                        f"{type(self).__name__}: a batch is samples of {counted(size, 'number')} each, not batches"
                    )
                return [Layer.forward(self, sample) for sample in samples]  # not what a subclass makes of it
            x = _sample(type(self).__name__, x, size)
        outputs: Any = linear(x, weights, biases)
        if self.activation is not None:
            outputs = self.activation(outputs)
        elif activation is None:
            outputs = [phi(s) for phi, s in zip(activations, outputs)]
        elif activation is not identity:
            outputs = list(map(activation, outputs))
        return outputs[0] if len(outputs) == 1 else outputs

    def _know(self) -> tuple[Any, ...]:
        """What `forward` reads of the neurons, and by which it sees that a module has changed since."""
        activations = [neuron.activation for neuron in self.neurons]
        one = activations[0] if all(phi is activations[0] for phi in activations) else None
        weights = self.weight
        known = assignments[0], list(self.neurons), len(weights[0]), weights, self.bias, one, activations
        object.__setattr__(self, "_known", known)  # is no change
        return known

    def describe(self) -> Description:
        """Layer with its activation, inputs → outputs."""
        activation = described(self.activation or self.neurons[0].activation)
        return Description(type(self).__name__, None, (len(self.neurons[0].w), len(self.neurons)), activation)

    def __repr__(self) -> str:
        return f"{type(self).__name__} of [{listed(self.neurons)}]"


class Linear(Layer):
    """y = W x + b, PyTorch's layer: weights and biases from U(-a, a), a = 1/√in_features.

    Args:
        in_features: Number of inputs.
        out_features: Number of outputs.
        bias: False for y = W x.
        initializer: Draws the weights and biases; `"torch_uniform"` is that of PyTorch.
        rng: Source of random numbers.

    >>> len(Linear(3, 2)([1.0, 2.0, 3.0]))
    2
    """

    @local_names
    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        *,
        initializer: str | Initializer = "torch_uniform",
        rng: Generator = random,
    ) -> None:
        in_features = whole_number("in_features", in_features, most=MOST)
        out_features = whole_number("out_features", out_features, most=MOST)
        super().__init__(in_features, out_features, activation=identity, initializer=initializer, rng=rng)
        draw, bias = get_initializer(initializer), flag("bias", bias)
        for neuron in self.neurons:
            neuron.b = Value(draw(in_features, out_features, rng)) if bias else 0.0


class Dropout(Module):
    """In training each number is 0 with probability p and divided by 1 - p otherwise; in use it is passed on.

    E[output] = input.  `module.train()` and `module.eval()` switch; modules are in training at first, as in PyTorch.

    Args:
        p: In [0, 1).
        rng: Source of random numbers.

    Source: Srivastava et al., Journal of Machine Learning Research 15 (2014).

    >>> from random import Random
    >>> dropout = Dropout(0.5, rng=Random(0))
    >>> dropout([1.0, 1.0, 1.0, 1.0])
    [2.0, 2.0, 0.0, 0.0]
    >>> dropout.eval()([1.0, 1.0])
    [1.0, 1.0]
    """

    @local_names
    def __init__(self, p: float = 0.5, *, rng: Generator = random) -> None:
        self.p = fraction("Dropout: p", p)
        self.rng = rng

    def forward(self, x: Any) -> Any:
        """The numbers of x, some of them dropped while training."""
        if not self.training or self.p == 0.0:
            return x
        if is_sequence(x):
            return [self.forward(item) for item in to_list(x)]
        drawn, kept = self.rng.uniform(0.0, 1.0), 1.0 / (1.0 - self.p)
        if isinstance(drawn, Value):  # recorded for machine code, which draws for every sample
            return where(drawn < self.p, 0.0, x * kept)
        return 0.0 if drawn < self.p else x * kept

    def describe(self) -> Description:
        """Dropout with its p."""
        return Description("Dropout", {"p": self.p})

    def __repr__(self) -> str:
        return str(self.describe())


class Sequential(Module):
    """Modules, or functions of a sample, one after the other: f(x) = fₗ(… f₂(f₁(x))).

    A bare output is the next one's sample of one number.  Source: seeds, "5.2 Composition and Hidden Layers".

    >>> from nn import ReLU
    >>> model = Sequential(Linear(2, 8), ReLU(), Linear(8, 1))
    >>> len(model), len(model.parameters())
    (3, 33)
    """

    def __init__(self, *layers: Callable[[Any], Any]) -> None:
        self.layers: list[Any] = []
        for layer in layers:
            self.append(layer)

    def append(self, layer: Callable[[Any], Any]) -> Self:
        """Add a layer at the end, and return the model."""
        if not callable(layer) or isinstance(layer, type):
            i = len(self.layers)
            raise TypeError(f"Sequential: layer {i} must be a Module or a function, not {layer!r}")
        self.layers.append(layer)
        return self

    @over_batch
    def forward(self, x: Any) -> Any:
        """The output of the last layer for one sample x."""
        for layer in self.layers:
            x = layer(x)
        return x

    def __len__(self) -> int:
        return len(self.layers)

    def __getitem__(self, index: int | slice) -> Any:
        return Sequential(*self.layers[index]) if isinstance(index, slice) else self.layers[index]

    def __iter__(self) -> Iterator[Any]:
        return iter(self.layers)

    def __repr__(self) -> str:
        return f"Sequential({listed(self.layers)})"


class MLP(Module):
    """Multi-layer perceptron: layers of `nouts` neurons one on the other, the last one linear.

    Args:
        nin: Number of inputs.
        nouts: Number of neurons of each layer.
        activation: φ of the hidden layers, or a list with one for each.
        output_activation: φ of the last layer: `"identity"` for a regression and for losses that take logits,
            `"sigmoid"` for the probability of two classes, `"softmax"` for those of several.
        dropout: p of a `Dropout` after each hidden layer; 0 for none.
        Other keyword arguments as for `Neuron`.

    Source: seeds, "Multi-layer perceptron (MLP)", "Output Layer".

    >>> from random import Random
    >>> model = MLP(3, [4, 4, 2], rng=Random(0))
    >>> len(model.parameters())
    46
    >>> [round(y.data, 3) for y in model([1.0, 2.0, 3.0])]
    [2.559, 1.212]
    """

    @local_names
    def __init__(
        self,
        nin: int,
        nouts: Sequence[int],
        *,
        activation: Any = "relu",
        output_activation: str | type[Module] | Activation = "identity",
        dropout: float = 0.0,
        **options: Any,
    ) -> None:
        sizes = to_list(nouts, "MLP: nouts")
        if not sizes:
            raise ValueError("MLP: nouts must name at least one layer")
        *hidden, (last, outputs) = pairwise([nin, *sizes])
        activations = list(activation) if isinstance(activation, list | tuple) else [activation] * len(hidden)
        if len(activations) != len(hidden):
            raise ValueError(
                f"MLP: {counted(len(hidden), 'hidden layer')}, but {counted(len(activations), 'activation')}"
            )
        self.layers = [Layer(a, b, activation=phi, **options) for (a, b), phi in zip(hidden, activations)]
        linear_output = output_activation == "identity"  # micrograd calls such neurons not nonlinear
        self.layers.append(
            Layer(last, outputs, activation=output_activation, **{**options, "nonlin": not linear_output})
        )
        self.dropout = Dropout(dropout, rng=options.get("rng", random)) if dropout else None

    @over_batch
    def forward(self, x: Any) -> Any:
        """The outputs of the last layer for one sample x; a single one bare."""
        *hidden, output = self.layers
        for layer in hidden:
            x = layer.forward(x)
            if self.dropout is not None:
                x = self.dropout(x)
        return output.forward(x)

    def __repr__(self) -> str:
        return f"MLP of [{listed(self.layers)}]"


def listed(parts: Iterable[Any]) -> str:
    """The parts in words, more than four alike in a row told once, and of very many the first and the last.

    >>> listed([1, 2, 2, 2, 2, 2, 3]), listed(range(100))
    ('1, 5 × 2, 3', '0, 1, 2, 3, 4, 5, 6, 7, … 84 more …, 92, 93, 94, 95, 96, 97, 98, 99')
    """
    texts: list[str] = []
    for text, run in groupby(map(str, parts)):
        alike = len(list(run))
        texts += [f"{alike} × {text}"] if alike > 4 else [text] * alike
    if len(texts) > 16:
        texts[8:-8] = [f"… {len(texts) - 16} more …"]
    return ", ".join(texts)


def _sample(layer: str, x: Any, size: int) -> list[Any]:
    """The numbers of one sample; a bare number is a sample of one."""
    inputs = to_list(x, layer) if size != 1 or is_sequence(x) else [x]
    if len(inputs) != size:
        raise ValueError(f"{layer}: expected {counted(size, 'input')}, got {len(inputs)}")
    return inputs
