"""Optimisers that move all parameters at once, along a vector."""

import math
from collections.abc import Sequence
from operator import mul
from typing import Any

from autograd import Value
from nn.optimizing.optimizer import Optimizer, Settings

Vector = list[float]


class OneGroup(Optimizer):
    """What both methods share: a step is one vector, so there is one group, and moves all parameters or none."""

    def add_param_group(self, param_group: Settings) -> None:
        """As of `Optimizer`, once."""
        if self.param_groups:
            raise ValueError(f"{self._name}: there can be only one group of parameters")
        super().add_param_group(param_group)

    def _check_finite(self, **found: Sequence[float]) -> None:
        for what, numbers in found.items():
            for x in numbers:
                if not math.isfinite(x):
                    raise FloatingPointError(f"{self._name}.step: the {what} holds {x!r}; nothing was moved")


def place(parameters: Sequence[Value], xs: Vector, t: float, direction: Vector) -> None:
    """Put the parameters at x + t·d, those with d = 0 left alone."""
    for parameter, x, d in zip(parameters, xs, direction, strict=True):
        if d:
            parameter.data = x + t * d


def along(xs: Vector, t: float, direction: Vector) -> Vector:
    """The point x + t·d."""
    return [x + t * d for x, d in zip(xs, direction, strict=True)]


def inner(a: Sequence[float], b: Sequence[float]) -> float:
    """The inner product ⟨a, b⟩."""
    return float(sum(map(mul, a, b)))


def largest(a: Sequence[float]) -> float:
    """The largest of the |aᵢ|."""
    return max(map(abs, a), default=0.0)


def as_float(loss: Any) -> float:
    """A loss as a float."""
    return loss.data if isinstance(loss, Value) else float(loss)
