"""First values of weights: functions of (fan_in, fan_out, rng) that draw one weight."""

import math
import random
from collections.abc import Callable
from typing import Protocol


class Generator(Protocol):
    """What is asked of a source of random numbers: the `random` module, or a `random.Random`."""

    def uniform(self, a: float, b: float, /) -> float:
        """A number from U(a, b)."""
        ...

    def gauss(self, mu: float, sigma: float, /) -> float:
        """A number from N(mu, sigma²)."""
        ...


Initializer = Callable[[int, int, Generator], float]


def uniform(fan_in: int, fan_out: int, rng: Generator = random) -> float:
    """U(-1, 1), whatever the size of the layer: micrograd's."""
    return rng.uniform(-1, 1)


def zeros(fan_in: int, fan_out: int, rng: Generator = random) -> float:
    """0: all neurons of a layer stay equal, so only for a single layer."""
    return 0.0


def xavier_uniform(fan_in: int, fan_out: int, rng: Generator = random) -> float:
    """U(-a, a) with a = √(6 / (fan_in + fan_out)).  Source: Glorot and Bengio (2010)."""
    bound = math.sqrt(6.0 / (fan_in + fan_out))
    return rng.uniform(-bound, bound)


def xavier_normal(fan_in: int, fan_out: int, rng: Generator = random) -> float:
    """N(0, 2 / (fan_in + fan_out)).  Source: Glorot and Bengio (2010)."""
    return rng.gauss(0.0, math.sqrt(2.0 / (fan_in + fan_out)))


def kaiming_uniform(fan_in: int, fan_out: int, rng: Generator = random) -> float:
    """U(-a, a) with a = √(6 / fan_in), for ReLU.  Source: He et al. (2015)."""
    bound = math.sqrt(6.0 / fan_in)
    return rng.uniform(-bound, bound)


def kaiming_normal(fan_in: int, fan_out: int, rng: Generator = random) -> float:
    """N(0, 2 / fan_in), for ReLU.  Source: He et al. (2015)."""
    return rng.gauss(0.0, math.sqrt(2.0 / fan_in))


def torch_uniform(fan_in: int, fan_out: int, rng: Generator = random) -> float:
    """U(-a, a) with a = 1 / √fan_in: what PyTorch's Linear draws weights and biases from."""
    bound = 1.0 / math.sqrt(fan_in)
    return rng.uniform(-bound, bound)


INITIALIZERS: dict[str, Initializer] = {
    function.__name__: function
    for function in (uniform, zeros, xavier_uniform, xavier_normal, kaiming_uniform, kaiming_normal, torch_uniform)
}


def get_initializer(initializer: str | Initializer) -> Initializer:
    """The initialiser of this name; a function is returned as it is.

    >>> get_initializer("zeros") is INITIALIZERS["zeros"]
    True
    """
    if callable(initializer):
        return initializer
    if initializer not in INITIALIZERS:
        raise ValueError(f"initializer must be a function or one of {', '.join(INITIALIZERS)}, not {initializer!r}")
    return INITIALIZERS[initializer]
