"""Activation functions: by name, or as modules with PyTorch's names and settings.

Elementwise ones take a number, a sample or a batch; softmax and log_softmax take a sample or a batch.
"""

import functools
import sys
from collections.abc import Callable, Sequence
from typing import Any

import autograd
from autograd import Value
from nn.inputs.checks import flag, number
from nn.inputs.sequences import is_sequence, over_batch, to_list
from nn.inputs.spellings import local_names
from nn.models.description import Description
from nn.models.module import Module

Activation = Callable[[Any], Any]


def identity(x: Any) -> Any:
    """x itself: the output of a regression."""
    return x


class ActivationModule(Module):
    """Base of the activations that are modules: its settings are its attributes."""

    @local_names
    def __init__(self) -> None:
        """Of an activation that has no settings."""

    def describe(self) -> Description:
        """Its name and settings."""
        return Description(
            type(self).__name__, {name: setting for name, setting in vars(self).items() if name != "training"}
        )

    def __repr__(self) -> str:
        return str(self.describe())


class Elementwise(ActivationModule):
    """Base of the activations φ of one number: `function` is applied to each number of nested sequences."""

    function: Callable[..., Any]
    """φ, of one number."""

    def forward(self, x: Any) -> Any:
        """φ of each number of x."""
        return [self.forward(item) for item in to_list(x)] if is_sequence(x) else self.function(x)


class Identity(Elementwise):
    """φ(s) = s.

    >>> Identity()(2.0)
    2.0
    """

    function = staticmethod(identity)


class ReLU(Elementwise):
    """Rectified linear unit, φ(s) = max(0, s).  Source: seeds, "5.4 Activation Functions".

    >>> ReLU()([-1.0, 2.0])
    [0.0, 2.0]
    """

    function = staticmethod(autograd.relu)


class LeakyReLU(Elementwise):
    """φ(s) = s for s ≥ 0, a·s otherwise.  Source: seeds, "5.4 Activation Functions".

    >>> LeakyReLU(0.1)([2.0, -2.0])
    [2.0, -0.2]
    """

    @local_names
    def __init__(self, negative_slope: float = 0.01) -> None:
        self.negative_slope = _finite("LeakyReLU: negative_slope", negative_slope)

    def function(self, s: Any) -> Any:
        return autograd.leaky_relu(s, self.negative_slope)


class PReLU(Elementwise):
    """Parametric ReLU: leaky ReLU whose slope a is trained; as `activation="prelu"` each neuron has its own.

    φ(s) = s for s ≥ 0, a·s otherwise; ∂φ/∂a = min(0, s).
    `init` goes by name: PyTorch's PReLU(1) has one slope, of 0.25.
    Source: seeds, "5.4 Activation Functions"; He et al. (2015), who begin with a = 0.25.

    >>> from nn import Layer
    >>> len(Layer(3, 4, activation="prelu").parameters())  # 3·4 weights, 4 biases, 4 slopes
    20
    """

    @local_names
    def __init__(self, *, init: float = 0.25) -> None:
        self.slope = Value(_finite("PReLU: init", init))

    def function(self, s: Any) -> Any:
        return autograd.leaky_relu(s, self.slope)


class ELU(Elementwise):
    """Exponential linear unit, φ(s) = s for s ≥ 0, α(eˢ - 1) otherwise.  Source: seeds, "5.4 Activation Functions".

    >>> ELU()([2.0, -1.0])
    [2.0, -0.6321205588285577]
    """

    @local_names
    def __init__(self, alpha: float = 1.0) -> None:
        self.alpha = _finite("ELU: alpha", alpha)

    def function(self, s: Any) -> Any:
        return autograd.elu(s, self.alpha)


class Softplus(Elementwise):
    """φ(s) = log(1 + eˢ), a smooth ReLU.  Source: seeds, "5.4 Activation Functions".

    >>> Softplus()(0.0)
    0.6931471805599453
    """

    function = staticmethod(autograd.softplus)


class Sigmoid(Elementwise):
    """Sigmoid with slope a, σₐ(s) = 1 / (1 + e⁻ᵃˢ); for a → ∞ the indicator of s ≥ 0.

    Args:
        slope: a.
        trainable: Whether a is a parameter.

    Source: seeds, "5.4 Activation Functions".

    >>> Sigmoid(slope=50.0)([-1.0, 0.0, 1.0])
    [1.9287498479639178e-22, 0.5, 1.0]
    """

    @local_names
    def __init__(self, slope: float = 1.0, trainable: bool = False) -> None:
        a = _finite("Sigmoid: slope", slope)
        self.slope = Value(a) if flag("Sigmoid: trainable", trainable) else a

    def function(self, s: Any) -> Any:
        return autograd.sigmoid(s if self.slope == 1.0 else self.slope * s)


class LogSigmoid(Elementwise):
    """φ(s) = log σ(s), exact where σ(s) underflows.

    >>> LogSigmoid()(-1000.0)
    -1000.0
    """

    function = staticmethod(autograd.logsigmoid)


class Tanh(Elementwise):
    """φ(s) = (eˢ - e⁻ˢ) / (eˢ + e⁻ˢ).

    >>> Tanh()([0.0, 100.0])
    [0.0, 1.0]
    """

    function = staticmethod(autograd.tanh)


class SiLU(Elementwise):
    """φ(s) = s·σ(s).

    >>> SiLU()([0.0, 100.0])
    [0.0, 100.0]
    """

    function = staticmethod(autograd.silu)


class GELU(Elementwise):
    """φ(s) = s·Φ(s), Φ the normal distribution; `approximate="tanh"` as in PyTorch.

    >>> GELU()([0.0, 100.0])
    [0.0, 100.0]
    """

    @local_names
    def __init__(self, approximate: str = "none") -> None:
        if approximate not in ("none", "tanh"):
            raise ValueError(f"GELU: approximate must be 'none' or 'tanh', not {approximate!r}")
        self.approximate = approximate

    def function(self, s: Any) -> Any:
        return autograd.gelu(s, approximate=self.approximate)


class Power(Elementwise):
    """φ(s) = sᵖ, the polynomial activation of the notes.  Source: seeds, "5.4 Activation Functions".

    >>> Power(3)([2.0, -1.0])
    [8.0, -1.0]
    """

    @local_names
    def __init__(self, exponent: float = 2.0) -> None:
        self.exponent = _finite("Power: exponent", exponent)

    def function(self, s: Any) -> Any:
        return autograd.pow(s, self.exponent)


class Polynomial(Elementwise):
    """φ(s) = c₀ + c₁s + c₂s² + …, whose coefficients may be trained.

    >>> Polynomial([1.0, 0.0, 2.0])(3.0)
    19.0
    """

    @local_names
    def __init__(self, coefficients: Sequence[float] = (0.0, 1.0, 1.0), trainable: bool = False) -> None:
        numbers = [_finite(f"Polynomial: coefficient {i}", c) for i, c in enumerate(coefficients)]
        if len(numbers) < 2:
            raise ValueError(f"Polynomial: a constant is no activation; give 2 coefficients or more, not {numbers}")
        trainable = flag("Polynomial: trainable", trainable)
        self.coefficients: list[Any] = [Value(c) for c in numbers] if trainable else numbers

    def function(self, s: Any) -> Any:
        return functools.reduce(lambda total, c: total * s + c, reversed(self.coefficients))


class Softmax(ActivationModule):
    """softmax(x / τ), the output of a classification in m classes; τ is the temperature.

    τ → ∞ gives 1/m for every class, τ → 0 the class with the largest logit.  It goes by name: PyTorch's Softmax(1)
    takes the exponentials along dimension 1.
    Source: seeds, "4.2.1 The Probability Simplex and the Softmax Function".

    >>> Softmax(temperature=0.5)([1.0, 1.0])
    [0.5, 0.5]
    """

    @local_names
    def __init__(self, *, temperature: float = 1.0) -> None:
        self.temperature = _finite("Softmax: temperature", temperature)
        if self.temperature <= 0.0:
            raise ValueError(f"Softmax: temperature must be above 0, not {temperature!r}")

    @over_batch
    def forward(self, x: Any) -> Any:
        """The probabilities of one sample of logits."""
        logits = to_list(x)
        return autograd.softmax(logits if self.temperature == 1.0 else [s / self.temperature for s in logits])


class LogSoftmax(ActivationModule):
    """log softmax(x), exact where softmax underflows.

    >>> LogSoftmax()([0.0, 1000.0])
    [-1000.0, 0.0]
    """

    @over_batch
    def forward(self, x: Any) -> Any:
        """The logarithms of the probabilities of one sample of logits."""
        return autograd.log_softmax(to_list(x))


def _finite(name: str, setting: Any) -> float:
    return number(name, setting, low=-sys.float_info.max)


ACTIVATIONS: dict[str, Activation] = {
    "identity": identity,
    **{name: getattr(autograd.primitives, name) for name in (
        "relu", "leaky_relu", "elu", "gelu", "silu", "softplus", "sigmoid", "logsigmoid", "tanh", "sin",
    )},
}  # fmt: skip
MODULES: dict[str, Callable[[], Module]] = {
    "prelu": PReLU, "power": Power, "polynomial": Polynomial, "softmax": Softmax, "log_softmax": LogSoftmax,
}  # fmt: skip
WHOLE_LAYER = (Softmax, LogSoftmax)
"""Activations of all neurons of a layer together."""


def described(activation: Activation) -> Description:
    """What a layer says of its activation, a module or a function."""
    if isinstance(activation, ActivationModule):
        return activation.describe()
    return Description(str(getattr(activation, "name", None) or getattr(activation, "__name__", activation)))


def get_activation(activation: str | type[Module] | Activation) -> Activation:
    """The function of this name, a fresh module for a name or a class; a function is returned as it is.

    >>> get_activation("tanh")
    <primitive tanh>
    >>> get_activation("prelu")
    PReLU(slope=0.25)
    """
    if isinstance(activation, type) and issubclass(activation, Module):
        return activation()
    if isinstance(activation, str):
        if activation in ACTIVATIONS:
            return ACTIVATIONS[activation]
        if activation in MODULES:
            return MODULES[activation]()
    elif callable(activation):
        return activation
    known = ", ".join([*ACTIVATIONS, *MODULES])
    raise ValueError(f"activation must be a function, a Module or one of {known}, not {activation!r}")
