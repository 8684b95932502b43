"""Basis functions φ: features of the inputs that make a linear model w·φ(x) follow a curve.

They are modules without parameters of their own (unless the centres or the width of a GaussianBasis are Values), so
they stand in front of a layer, take numbers or Values, and are differentiable.  A sample of d numbers gives the list
of its features, a batch the list of what its samples give; a bare number counts as a sample of one.
Source: seeds, "Linear models", f linear and φ nonlinear.

>>> from nn.models.basis import PolynomialBasis
>>> PolynomialBasis(3)([[1.0], [2.0]])
[[1.0, 1.0, 1.0], [2.0, 4.0, 8.0]]
"""

import math
import reprlib
from abc import ABC, abstractmethod
from collections.abc import Sequence
from itertools import chain, combinations_with_replacement, groupby, product
from typing import Any, Self

from autograd import Value, cos, dot, exp, sin
from nn.inputs.checks import MOST, as_float, brief, counted, flag, whole_number
from nn.inputs.sequences import is_sequence, over_batch, to_list
from nn.models.module import Module


class Basis(Module, ABC):
    """Base of the basis functions: a subclass defines `features` of one sample, and their names."""

    def __init__(self, include_bias: bool = False) -> None:
        self.include_bias = flag(f"{type(self).__name__}: include_bias", include_bias)

    @over_batch
    def forward(self, x: Any) -> list[Any]:
        """φ(x) of a sample or a batch; raises ValueError for a sample that is not of numbers."""
        sample = to_list(x) if is_sequence(x) else [x]
        if not sample or any(is_sequence(number) for number in sample):
            raise ValueError(f"{type(self).__name__}: a sample must be one or more numbers, got {reprlib.repr(x)}")
        return [1.0] * self.include_bias + self.features(sample)

    @abstractmethod
    def features(self, sample: list[Any]) -> list[Any]:
        """The features of one sample, a constant aside."""

    @abstractmethod
    def names(self, inputs: Sequence[str]) -> list[str]:
        """A formula of each of `features`, with these names of the inputs."""

    def feature_names(self, inputs: Sequence[str]) -> list[str]:
        """A formula of each feature, with these names of the inputs.

        >>> PolynomialBasis(2, include_bias=True).feature_names(["u", "v"])
        ['1', 'u', 'v', 'u^2', 'u v', 'v^2']
        """
        return ["1"] * self.include_bias + self.names(inputs)

    def n_features_out(self, n_inputs: int) -> int:
        """The number of features of a sample of that many numbers.

        >>> PolynomialBasis(3).n_features_out(2)
        9
        """
        return len(self.feature_names([f"x{j}" for j in range(n_inputs)]))


class PolynomialBasis(Basis):
    """All monomials x₁^e₁ ⋯ x_d^e_d with 1 ≤ e₁ + … + e_d ≤ degree, interactions too, degree by degree.

    Args:
        degree: At least 1.
        include_bias: With the constant 1 in front.

    There are (d + degree)! / (d! degree!) - 1 without the constant.  Order of scikit-learn's PolynomialFeatures.
    High powers of large numbers drown the rest: standardise the inputs first.

    >>> PolynomialBasis(2)([2.0, 3.0])
    [2.0, 3.0, 4.0, 6.0, 9.0]
    """

    def __init__(self, degree: int, include_bias: bool = False) -> None:
        super().__init__(include_bias)
        self.degree = whole_number("PolynomialBasis: degree", degree, most=MOST)

    def features(self, sample: list[Any]) -> list[Any]:
        """The monomials, each one product of a lower one and an input, so one node a monomial."""
        products: dict[tuple[int, ...], Any] = {}
        for factors in self._monomials(len(sample)):
            last = sample[factors[-1]]
            products[factors] = products[factors[:-1]] * last if len(factors) > 1 else last
        return list(products.values())

    def names(self, inputs: Sequence[str]) -> list[str]:
        """As in "u^2 v"."""
        powers = [[(inputs[j], len(list(same))) for j, same in groupby(f)] for f in self._monomials(len(inputs))]
        return [" ".join(name if e == 1 else f"{name}^{e}" for name, e in monomial) for monomial in powers]

    def _monomials(self, n_inputs: int) -> list[tuple[int, ...]]:
        """Each as the inputs that are its factors, in rising order."""
        degrees = range(1, self.degree + 1)
        return list(chain.from_iterable(combinations_with_replacement(range(n_inputs), degree) for degree in degrees))

    def __repr__(self) -> str:
        return f"PolynomialBasis({self.degree}{', include_bias=True' * self.include_bias})"


class GaussianBasis(Basis):
    """Bells around centres, φⱼ(x) = exp(-‖x - cⱼ‖² / (2s²)): radial basis functions.

    Args:
        centres: m × d numbers, or m numbers for one input.
        width: s > 0.
        include_bias: With the constant 1 in front.

    Centres and width may be Values: then they are parameters, and the basis is trained with the model.
    Raises ValueError for a sample that has not d numbers.  Source: Broomhead and Lowe (1988).

    >>> GaussianBasis([0.0, 1.0], width=1.0)(0.0)
    [1.0, 0.6065306597126334]
    """

    def __init__(self, centres: Any, width: Any, include_bias: bool = False) -> None:
        super().__init__(include_bias)
        self.centres = _samples("GaussianBasis: centres", centres)
        self.width = _finite("GaussianBasis: width", width, positive=True)

    @classmethod
    def spread_over(cls, inputs: Any, n_centres: int, width: float | None = None, include_bias: bool = False) -> Self:
        """Centres where the data are: of one input evenly from its least to its largest number, of several samples.

        The samples are taken one by one, each the farthest from those taken before, the first one the nearest to the
        mean.  The width is by default the mean distance of a centre to the nearest other one.
        Raises ValueError if the samples do not differ in n_centres places.  Source: Gonzalez (1985).

        >>> GaussianBasis.spread_over([[0.0], [1.0], [4.0]], n_centres=3)
        GaussianBasis(3 centres of 1 input, width=2.0)
        """
        samples = _samples("GaussianBasis.spread_over: inputs", inputs)
        distinct = len({tuple(sample) for sample in samples})
        least = 2 if width is None else 1
        n_centres = whole_number("GaussianBasis.spread_over: n_centres", n_centres, most=MOST)
        if not least <= n_centres <= distinct:
            raise ValueError(
                f"GaussianBasis.spread_over: n_centres must be from {least} to {distinct}, the number of distinct "
                f"samples, not {n_centres}; one centre needs a width"
            )
        centres = _evenly(samples, n_centres) if len(samples[0]) == 1 else _farthest(samples, n_centres)
        return cls(centres, _spacing(centres) if width is None else width, include_bias)

    def features(self, sample: list[Any]) -> list[Any]:
        """One bell a centre."""
        if len(sample) != len(self.centres[0]):
            raise ValueError(
                f"GaussianBasis: expected {counted(len(self.centres[0]), 'input')}, got {len(sample)}; "
                "write a batch of numbers as [[x], [x], …]"
            )
        # Divided by the width before squaring: its own square may underflow to 0.
        scaled = [[(x - c) / self.width for x, c in zip(sample, centre, strict=True)] for centre in self.centres]
        return [exp(-0.5 * dot(u, u)) for u in scaled]

    def names(self, inputs: Sequence[str]) -> list[str]:
        """As in "exp(-‖(u, v) - (0, 1)‖²/(2·0.5²))"."""
        point = ", ".join(inputs)
        return [
            f"exp(-‖({point}) - ({', '.join(f'{_data(c):g}' for c in centre)})‖²/(2·{_data(self.width):g}²))"
            for centre in self.centres
        ]

    def __repr__(self) -> str:
        m, d = len(self.centres), len(self.centres[0])
        return f"GaussianBasis({m} centre{'s' * (m > 1)} of {d} input{'s' * (d > 1)}, width={_data(self.width)})"


class FourierBasis(Basis):
    """Waves sin(2πkx/T) and cos(2πkx/T) for k = 1 … n_frequencies, of each input in turn: a Fourier series.

    Args:
        n_frequencies: At least 1.
        period: T > 0, after which all features repeat.
        include_bias: With the constant 1 in front.

    >>> FourierBasis(1, period=4.0, include_bias=True)(1.0)
    [1.0, 1.0, 6.123233995736766e-17]
    >>> FourierBasis(1, period=4.0).feature_names(["u"])
    ['sin(2π·1·u/4)', 'cos(2π·1·u/4)']
    """

    def __init__(self, n_frequencies: int, period: float, include_bias: bool = False) -> None:
        super().__init__(include_bias)
        self.n_frequencies = whole_number("FourierBasis: n_frequencies", n_frequencies, most=MOST)
        self.period = _finite("FourierBasis: period", period, positive=True)

    def features(self, sample: list[Any]) -> list[Any]:
        """Sine and cosine, frequency by frequency, input by input."""
        frequencies = range(1, self.n_frequencies + 1)
        angles = [x * (2.0 * math.pi * k / self.period) for x, k in product(sample, frequencies)]
        return [wave(angle) for angle in angles for wave in (sin, cos)]

    def names(self, inputs: Sequence[str]) -> list[str]:
        """As in "sin(2π·1·u/4)"."""
        frequencies = range(1, self.n_frequencies + 1)
        angles = [f"2π·{k}·{name}/{self.period:g}" for name, k in product(inputs, frequencies)]
        return [f"{wave}({angle})" for angle in angles for wave in ("sin", "cos")]

    def __repr__(self) -> str:
        return f"FourierBasis({self.n_frequencies}, period={self.period}{', include_bias=True' * self.include_bias})"


def _evenly(samples: list[list[float]], size: int) -> list[list[float]]:
    low, high = min(samples)[0], max(samples)[0]
    if size == 1:
        return [[(low + high) / 2]]
    return [[low + (high - low) * j / (size - 1)] for j in range(size)]


def _farthest(samples: list[list[float]], size: int) -> list[list[float]]:
    mean = [math.fsum(column) / len(samples) for column in zip(*samples, strict=True)]
    centres = [min(samples, key=lambda sample: math.dist(sample, mean))]
    distances = [math.inf] * len(samples)
    while len(centres) < size:
        distances = [
            min(distance, math.dist(sample, centres[-1])) for sample, distance in zip(samples, distances, strict=True)
        ]
        centres.append(samples[distances.index(max(distances))])
    return centres


def _spacing(centres: list[list[float]]) -> float:
    """The mean distance of a centre to the nearest other one."""
    nearest = [min(math.dist(a, b) for b in centres if b is not a) for a in centres]
    return math.fsum(nearest) / len(nearest)


def _samples(name: str, x: Any) -> list[list[Any]]:
    """Samples of one length, of finite numbers or Values; a bare number counts as a sample of one."""
    samples = [list(to_list(sample, name)) if is_sequence(sample) else [sample] for sample in to_list(x, name)]
    if len({len(sample) for sample in samples}) != 1 or not samples[0]:
        raise ValueError(f"{name} must be samples of one length, at least one number each, not {reprlib.repr(x)}")
    for number in chain.from_iterable(samples):
        _finite(f"{name}: each number", number)
    return samples


def _data(number: Any) -> Any:
    return number.data if isinstance(number, Value) else number


def _finite(name: str, number: Any, positive: bool = False) -> Any:
    data = _data(number)
    if not hasattr(data, "__float__") or not math.isfinite(as_float(name, data)) or (positive and data <= 0.0):
        raise ValueError(f"{name} must be a finite {'positive ' * positive}number, not {brief(number)}")
    return number
