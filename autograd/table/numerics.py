"""Floating-point kernels: functions of numbers that keep their digits over the whole domain.

The textbook formula of a sigmoid, a softplus or a normal distribution overflows or cancels
somewhere.  Each kernel below is that formula rearranged so that every intermediate is
representable wherever the result is.  They know nothing of derivatives.
"""

import math
from collections.abc import Sequence

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
    """x / y by IEEE 754, where Python raises ZeroDivisionError: ±inf, or nan for 0/0."""
    if y != 0.0:
        return x / y
    if x == 0.0 or x != x:
        return NAN
    return math.copysign(INF, x) * math.copysign(1.0, y)


def power_outside(x: float, y: float) -> float:
    """x**y by IEEE 754 where `math.pow` raises: at the pole 0**negative, on overflow, for a complex result."""
    odd = math.isfinite(y) and math.fmod(y, 2.0) in (1.0, -1.0)
    if x < 0.0 and y != math.floor(y):
        return NAN
    return math.copysign(INF, x) if odd else INF


def square_with_error(x: float) -> tuple[float, float]:
    """(p, e) with p + e = x² exactly (Dekker 1971); for |x| below 1e150."""
    product = x * x
    scaled = _SPLITTER * x
    high = scaled - (scaled - x)
    low = x - high
    return product, ((high * high - product) + 2.0 * high * low) + low * low


def exp_minus_square(x: float) -> float:
    """exp(-x²).  Rounding x² alone would cost x² ulps, 1e-13 at x = 26; its error is put back."""
    if not abs(x) < 28.0:  # exp(-745.2) is already 0; nan takes this branch and stays nan
        return 0.0 if x == x else x
    square, error = square_with_error(x)
    return math.exp(-square) * (1.0 - error)


def normal_pdf(x: float) -> float:
    """Density of N(0, 1): exp(-x²/2) / √(2π), with the rounding error of x² put back."""
    if not abs(x) < 40.0:
        return 0.0 if x == x else x
    square, error = square_with_error(x)
    return INV_SQRT_2PI * math.exp(-0.5 * square) * (1.0 - 0.5 * error)


def normal_cdf(x: float) -> float:
    """P(N(0, 1) ≤ x) = erfc(-x/√2) / 2; in the left tail the rounding error of x/√2 is put back."""
    argument = -x * INV_SQRT_2
    if not 0.0 < argument < 28.0:
        return 0.5 * math.erfc(argument)
    # erfc(t) is exp(-t²) times a slowly varying factor: correct the exponent from t² to x²/2.
    square, error = square_with_error(x)
    rounded, rounded_error = square_with_error(argument)
    return 0.5 * math.erfc(argument) * math.exp((rounded - 0.5 * square) + (rounded_error - 0.5 * error))


def sigmoid(x: float) -> float:
    """1 / (1 + exp(-x)) without overflow at either end."""
    if x >= 0.0:
        return 1.0 / (1.0 + math.exp(-x))
    e = math.exp(x)
    return e / (1.0 + e)


def logistic_pdf(x: float) -> float:
    """Density of the logistic distribution, σ(x)·σ(-x) = σ'(x)."""
    e = math.exp(-abs(x))
    return e / ((1.0 + e) * (1.0 + e))


def sech_squared(x: float) -> float:
    """1 / cosh²(x) = tanh'(x), which 1 - tanh² loses from |x| = 4 on."""
    e = math.exp(-2.0 * abs(x))
    return 4.0 * e / ((1.0 + e) * (1.0 + e))


def softplus(x: float) -> float:
    """log(1 + exp(x))."""
    return (max(0.0, x)) + math.log1p(math.exp(-abs(x))) if x == x else x


def silu(x: float) -> float:
    """x·σ(x); its limit at -inf is 0."""
    return x * sigmoid(x) if x != -INF else -0.0


def gelu(x: float) -> float:
    """x·Φ(x); its limit at -inf is 0."""
    return x * normal_cdf(x) if x != -INF else -0.0


def gelu_tanh(x: float) -> float:
    """x·σ(2u) = x·(1 + tanh u)/2 with u = √(2/π)·(x + 0.044715·x³)."""
    return x * sigmoid(2.0 * gelu_tanh_inner(x)) if x != -INF else -0.0


def gelu_tanh_inner(x: float) -> float:
    """u = √(2/π)·(x + 0.044715·x³), factored so that x³ alone cannot lose the sign of infinity."""
    return SQRT_2_OVER_PI * x * (1.0 + 0.044715 * x * x)


def direction(x: float, y: float) -> float:
    """x / √(x² + y²), the cosine of the angle of (x, y); 0 at the origin."""
    radius = math.hypot(x, y)
    return x / radius if radius else x


def logaddexp(x: float, y: float) -> float:
    """log(exp(x) + exp(y))."""
    if x == y:  # also both infinite, where x - y would be nan
        return x + LN2
    return max(x, y) + math.log1p(math.exp(-abs(x - y))) if x == x and y == y else NAN


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


def softmax_first(xs: Sequence[float]) -> float:
    """exp(x₀) / Σ exp(xᵢ)."""
    return softmax(xs)[0]


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


def sign(x: float) -> float:
    """-1, 0 or 1; nan for nan."""
    return 1.0 if x > 0.0 else -1.0 if x < 0.0 else x


def compare(x: float, y: float) -> float:
    """The sign of x - y, also where the difference of two infinities is nan."""
    return 1.0 if x > y else -1.0 if x < y else 0.0 if x == y else NAN
