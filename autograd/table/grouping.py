"""How the operands of sums of products are grouped, and sums written out in additions and multiplications.

A row of many operands takes them in one flat sequence.  What stands where in it is told here and nowhere else.
"""

from collections.abc import Sequence
from functools import reduce
from operator import add, mul
from typing import Any, NamedTuple


class Parts(NamedTuple):
    """The operands of Σ wᵢxᵢ + b by what they do.

    >>> products_and_bias(["w1", "w2", "x1", "x2", "b"])
    Parts(weights=['w1', 'w2'], inputs=['x1', 'x2'], bias=['b'])
    """

    weights: Sequence[Any]
    inputs: Sequence[Any]
    bias: Sequence[Any]
    """One operand, or none."""

    @property
    def operands(self) -> tuple[Any, ...]:
        """All of them in the order of the row."""
        return (*self.weights, *self.inputs, *self.bias)


def products(xs: Sequence[Any]) -> Parts:
    """The operands of Σ wᵢxᵢ: first all of one factor, then all of the other."""
    half = len(xs) // 2
    return Parts(xs[:half], xs[half:], xs[:0])


def products_and_bias(xs: Sequence[Any]) -> Parts:
    """The operands of Σ wᵢxᵢ + b: the bias is the last."""
    half = len(xs) // 2
    return Parts(xs[:half], xs[half:-1], xs[-1:])


# ---------------------------------------------------------------- written out, in the order of each row's summation


def sum_written_out(xs: Sequence[Any]) -> Any:
    """x₁ + x₂ + …"""
    return reduce(add, xs) if xs else 0.0


def mean_written_out(xs: Sequence[Any]) -> Any:
    """(x₁ + x₂ + …) / n."""
    return sum_written_out(xs) / float(len(xs))


def prod_written_out(xs: Sequence[Any]) -> Any:
    """x₁ · x₂ · …"""
    return reduce(mul, xs) if xs else 1.0


def dot_written_out(xs: Sequence[Any]) -> Any:
    """w₁·x₁ + w₂·x₂ + …"""
    left, right, _ = products(xs)
    return sum_written_out(list(map(mul, left, right)))


def affine_written_out(xs: Sequence[Any]) -> Any:
    """b + w₁·x₁ + w₂·x₂ + …, without a bias that is the number 0."""
    weights, inputs, (bias,) = products_and_bias(xs)
    terms = map(mul, weights, inputs)
    return reduce(add, terms) if weights and bias.__class__ is float and bias == 0.0 else reduce(add, terms, bias)
