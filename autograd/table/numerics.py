"""Floating-point kernels: what the values of rows need besides `math` and the formulas of `autograd.table.lowering`.

Python's floats raise where IEEE 754 has an infinity or a nan: here is what it has.  Sums of many operands are correctly
rounded by `math.fsum`, which no machine has: they are another algorithm than their lowerings, not the same formula.
"""

import math
from collections.abc import Callable, Sequence

INF = math.inf
NAN = math.nan
LN2 = math.log(2.0)
LN10 = math.log(10.0)
INV_SQRT_2 = math.sqrt(0.5)
INV_SQRT_2PI = 1.0 / math.sqrt(2.0 * math.pi)
TWO_OVER_SQRT_PI = 2.0 / math.sqrt(math.pi)
SQRT_2_OVER_PI = math.sqrt(2.0 / math.pi)

_SPLITTER = 134217729.0  # 2**27 + 1, Dekker's constant for double precision


def divide(x: float, y: float) -> float:
    """x / y by IEEE 754 at y = ±0, where Python raises ZeroDivisionError: ±inf, or nan for 0/0."""
    if x == 0.0 or x != x:
        return NAN
    return math.copysign(INF, x) * math.copysign(1.0, y)


def pole(at: float) -> Callable[[float], float]:
    """-inf at the pole of a logarithm, nan beyond it."""
    return lambda x: -INF if x == at else NAN


def power_outside(x: float, y: float) -> float:
    """x**y by IEEE 754 where `math.pow` raises: at the pole 0**negative, on overflow, for a complex result."""
    odd = math.isfinite(y) and math.fmod(y, 2.0) in (1.0, -1.0)
    if x < 0.0 and y != math.floor(y):
        return NAN
    return math.copysign(INF, x) if odd else INF


def xlogy(x: float, y: float) -> float:
    """x·ln y, and 0 at x = 0; raises as `math.log` does elsewhere."""
    return x * math.log(y) if x != 0.0 else y if y != y else 0.0


def xlogy_outside(x: float, y: float) -> float:
    """x·ln y by IEEE 754 where `math.log` raises: at its pole and beyond."""
    return -INF * x if y == 0.0 else NAN


def square_with_error(x: float) -> tuple[float, float]:
    """(p, e) with p + e = x² exactly (Dekker 1971); for |x| below 1e150."""
    product = x * x
    scaled = _SPLITTER * x
    high = scaled - (scaled - x)
    low = x - high
    return product, ((high * high - product) + 2.0 * high * low) + low * low


def gelu_tanh_inner(x: float) -> float:
    """u = √(2/π)·(x + 0.044715·x³), factored so that x³ alone cannot lose the sign of infinity."""
    return SQRT_2_OVER_PI * x * (1.0 + 0.044715 * x * x)


def logsumexp(xs: Sequence[float]) -> float:
    """log Σ exp(xᵢ): the largest term is taken out, and log1p keeps what the others add."""
    top = maximum(xs)
    if not math.isfinite(top):
        return top
    return top + math.log1p(_beside(top, xs))


def _beside(top: float, xs: Sequence[float]) -> float:
    """Σ exp(xᵢ - top) over all but the top itself, which would add 1."""
    rest = list(xs)
    rest.remove(top)
    return math.fsum(math.exp(x - top) for x in rest)


def softmax(xs: Sequence[float]) -> list[float]:
    """exp(xᵢ) / Σ exp(xⱼ) for each i."""
    top = maximum(xs)
    terms = [math.exp(x - top) for x in xs]
    total = math.fsum(terms)
    return [term / total for term in terms]


def log_softmax_first(xs: Sequence[float]) -> float:
    """x₀ - log Σ exp(xᵢ), as a sum of two terms of at most 0: nothing cancels when x₀ is the largest."""
    top = maximum(xs)
    if top != top:
        return top
    return (0.0 if xs[0] == top else xs[0] - top) - math.log1p(_beside(top, xs))


def maximum(xs: Sequence[float]) -> float:
    """The largest; nan if any operand is nan."""
    top = max(xs)
    return top if all(x == x for x in xs) else NAN


def minimum(xs: Sequence[float]) -> float:
    """The smallest; nan if any operand is nan."""
    bottom = min(xs)
    return bottom if all(x == x for x in xs) else NAN
