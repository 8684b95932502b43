"""How machines compute the rows that are more than one operation: a formula each, on any `Machine`.

Every back end reads them, and so does Python: the value of a row is its formula on floats, unless it has a better one,
as sums have, which `math.fsum` rounds correctly.  A formula is rearranged so that nothing overflows or cancels where
the true value does not: the textbook formula of a sigmoid, a softplus or a normal distribution does somewhere.
"""

import math
import operator
from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

from autograd.table import numerics as n
from autograd.table.grouping import products, products_and_bias
from autograd.table.machine import Machine, Mask, Operand

# ---------------------------------------------------------------- arithmetic


def pow(m: Machine, x: Operand, y: Operand) -> Operand:
    """x^y; of products, a square root and reciprocals where 2y is a whole number from -9 to 17, three times as fast.

    Within 10 ulps by its roundings, each as often as it is raised, and within 6 where it was measured; libm's powers
    are within 1.  No factor is both larger than x and than x^y, or smaller than both, so it overflows or underflows
    only where x^y does.
    """
    if not isinstance(y, float) or y == 0.0 or not (-4.5 <= y <= 8.5 and (2.0 * y).is_integer()):
        return m.call("pow", x, y)
    whole, half = divmod(abs(y), 1.0)
    if half:
        x = m.where(m.equal(x, -math.inf), math.inf, x + 0.0)  # pow has √ of -inf as inf, and of -0.0 as 0.0
    root = m.sqrt(x) if half else 1.0
    if y < 0.0:  # not 1 / xⁿ, which is 0 where xⁿ overflows and 1 / xⁿ is subnormal
        x, root = (1.0 / x if whole else x), (1.0 / root if half else root)
    if not whole:
        return root
    return _whole_power(x, int(whole)) * root if half else _whole_power(x, int(whole))


def _whole_power(x: Operand, n: int) -> Operand:
    """xⁿ for n > 0, by squares."""
    found: Operand = None
    while n:
        if n & 1:
            found = x if found is None else found * x
        n >>= 1
        if n:
            x = x * x
    return found


def power_derivative(machine: Machine, x: Operand, y: Operand, k: int, m: int) -> Operand:
    """∂ᵏ⁺ᵐ x^y / ∂xᵏ ∂yᵐ = x^(y-k) · Σⱼ m!/(m-j)! cⱼ (ln x)^(m-j), with Π (y + t - i) = Σⱼ cⱼ tʲ over i < k.

    Where the sum is 0, so is the product, and where x^(y-k) is 0, be ln x infinite; all is 0 at x = y = 0.
    """
    c: list[Operand] = [y, 1.0]
    for i in range(1, k):
        c = [c[0] * (y - float(i)), *(c[j] * (y - float(i)) + c[j - 1] for j in range(1, i + 1)), 1.0]
    log = machine.call("log", x) if m else 1.0
    total = c[0] if k else log
    for j in range(1 if k else 2, m + 1):
        total = machine.where(machine.equal(total, 0.0), 0.0, total * log) if k else total * log
        total = total + float(math.perm(m, j)) * c[j] if j <= k else total
    power = machine.call("pow", x, y - float(k) if k else y)
    found = machine.where(machine.equal(total, 0.0), 0.0, power * total)
    found = machine.where(machine.both(machine.equal(power, 0.0), machine.equal(machine.abs(total), n.INF)), 0.0, found)
    return machine.where(machine.both(machine.equal(x, 0.0), machine.equal(y, 0.0)), 0.0, found)


def remainder(m: Machine, x: Operand, y: Operand) -> Operand:
    """x - y·⌊x/y⌋, with the sign of y, from C's fmod."""
    r = m.call("fmod", x, y)
    is_zero = m.equal(r, 0.0)
    wrong_sign = r * m.copysign(1.0, y) < 0.0
    return m.where(is_zero, m.copysign(0.0, y), m.where(wrong_sign, r + y, r))


def floor_divide(m: Machine, x: Operand, y: Operand) -> Operand:
    """⌊x/y⌋ as Python has it: exact, by way of the remainder."""
    r = m.call("fmod", x, y)
    quotient = (x - r) / y
    wrong_sign = r * m.copysign(1.0, y) < 0.0
    quotient = m.where(wrong_sign, quotient - 1.0, quotient)
    low = m.floor(quotient)
    low = m.where(quotient - low > 0.5, low + 1.0, low)
    nearest = m.where(m.equal(quotient, 0.0), m.copysign(0.0, x / y), low)
    return m.where(m.equal(y, 0.0), x / y, nearest)


def floor(m: Machine, x: Operand) -> Operand:
    """⌊x⌋."""
    return m.floor(x) + 0.0  # -0.0 becomes 0.0, as of a whole number


def xlogy(m: Machine, x: Operand, y: Operand) -> Operand:
    """x·ln y, and 0 at x = 0 whatever y is, but for nan."""
    return m.where(m.both(m.equal(x, 0.0), m.equal(y, y)), 0.0, x * m.call("log", y))


# ---------------------------------------------------------------- trigonometric and hyperbolic functions


def direction(m: Machine, x: Operand, y: Operand) -> Operand:
    """x / √(x² + y²), the cosine of the angle of (x, y); 0 at the origin."""
    radius = m.call("hypot", x, y)
    return x / m.where(m.equal(radius, 0.0), 1.0, radius)


def sech_squared(m: Machine, x: Operand) -> Operand:
    """1 / cosh²(x) = tanh'(x), which 1 - tanh² loses from |x| = 4 on."""
    e = m.call("exp", -2.0 * m.abs(x))
    return 4.0 * e / ((1.0 + e) * (1.0 + e))


# ---------------------------------------------------------------- kinks, steps, choices


def sign(m: Machine, x: Operand) -> Operand:
    """-1, 0 or 1; nan for nan."""
    return m.where(x > 0.0, 1.0, m.where(x < 0.0, -1.0, x))


def step(m: Machine, x: Operand) -> Operand:
    """[x > 0]; nan for nan."""
    return m.where(x > 0.0, 1.0, m.where(x <= 0.0, 0.0, x))


def compare(m: Machine, x: Operand, y: Operand) -> Operand:
    """The sign of x - y, also where the difference of two infinities is nan."""
    unequal = m.where(x > y, 1.0, m.where(x < y, -1.0, math.nan))
    return m.where(m.equal(x, y), 0.0, unequal)


def maximum(m: Machine, *xs: Operand) -> Operand:
    """The largest; nan if any operand is nan."""
    return _extreme(m, xs, n.maximum, operator.le)


def minimum(m: Machine, *xs: Operand) -> Operand:
    """The smallest; nan if any operand is nan."""
    return _extreme(m, xs, n.minimum, operator.ge)


def _extreme(m: Machine, xs: Sequence[Operand], of_floats: Callable[[Sequence[float]], float], beaten: Any) -> Operand:
    constants = [x for x in xs if isinstance(x, float)]  # are joined: a comparison of two numbers would be no mask
    joined = [of_floats(constants)] if constants else []
    top, *rest = m.in_order([*joined, *(x for x in xs if not isinstance(x, float))])
    for x in rest:
        top = m.where(beaten(x, top), top, m.where(m.equal(top, top), x, top))  # nan, once there, stays
    return top


def where(m: Machine, condition: Operand, x: Operand, y: Operand) -> Operand:
    """x if the condition is not 0, else y."""
    return m.where(m.equal(condition, 0.0), y, x)  # nan counts as true, as in Python


# ---------------------------------------------------------------- activations


def relu(m: Machine, x: Operand) -> Operand:
    """max(x, 0); nan for nan."""
    return m.where(x <= 0.0, 0.0, x)  # nan stays


def _positive_or(m: Machine, x: Operand, other: Operand) -> Operand:
    """x where it is positive, else the other; x may be a number if the slope is none, and their comparison no mask."""
    positive = m.equal(float(x > 0.0), 1.0) if isinstance(x, float) else x > 0.0
    return m.where(positive, x, other)


def leaky_relu(m: Machine, x: Operand, slope: Operand) -> Operand:
    """x where it is positive, else slope·x."""
    return _positive_or(m, x, slope * x)


def elu(m: Machine, x: Operand, alpha: Operand) -> Operand:
    """x where it is positive, else α·(exp(x) - 1)."""
    return _positive_or(m, x, alpha * m.call("expm1", x))


def logistic_pdf(m: Machine, x: Operand) -> Operand:
    """Density of the logistic distribution, σ(x)·σ(-x) = σ'(x)."""
    e = m.call("exp", -m.abs(x))
    return e / ((1.0 + e) * (1.0 + e))


def x_logistic_pdf(m: Machine, x: Operand) -> Operand:
    """x·σ'(x), which keeps the digits of silu's slope at 0 and in its tail; its limit at ±inf is 0."""
    half = m.call("exp", -0.5 * m.abs(x))
    e = half * half
    return m.where(m.equal(half, 0.0), 0.0, x * half * half / ((1.0 + e) * (1.0 + e)))


def sigmoid(m: Machine, x: Operand) -> Operand:
    """1 / (1 + exp(-x)) without overflow at either end."""
    e = m.call("exp", -m.abs(x))
    return m.where(x >= 0.0, 1.0, e) / (1.0 + e)


def softplus(m: Machine, x: Operand) -> Operand:
    """log(1 + exp(x))."""
    return m.where(x > 0.0, x, 0.0) + m.call("log1p", m.call("exp", -m.abs(x)))


def logsigmoid(m: Machine, x: Operand) -> Operand:
    """log σ(x)."""
    return -softplus(m, -x)


def _zero_at_minus_infinity(m: Machine, x: Operand, product: Operand) -> Operand:
    return m.where(m.equal(x, -math.inf), -0.0, product)


def silu(m: Machine, x: Operand) -> Operand:
    """x·σ(x); its limit at -inf is 0.  By halves of the exponential, which are normal numbers where it is not."""
    half = m.call("exp", -0.5 * m.abs(x))
    product = m.where(x >= 0.0, x, x * half * half) / (1.0 + half * half)
    return _zero_at_minus_infinity(m, x, product)


def gelu(m: Machine, x: Operand) -> Operand:
    """x·Φ(x); its limit at -inf is 0."""
    return _zero_at_minus_infinity(m, x, x * normal_cdf(m, x))


def gelu_tanh(m: Machine, x: Operand) -> Operand:
    """x·σ(2u) = x·(1 + tanh u)/2 with u = √(2/π)·(x + 0.044715·x³)."""
    return _zero_at_minus_infinity(m, x, x * sigmoid(m, 2.0 * n.gelu_tanh_inner(x)))


# ---------------------------------------------------------------- the normal distribution


def exp_minus_square(m: Machine, x: Operand) -> Operand:
    """exp(-x²).  Rounding x² alone would cost x² ulps, 1e-13 at x = 26; its error is put back."""
    square, error = n.square_with_error(x)
    near = m.call("exp", -square) * (1.0 - error)
    return m.where(m.abs(x) < 28.0, near, m.where(m.equal(x, x), 0.0, x))


def normal_pdf(m: Machine, x: Operand) -> Operand:
    """Density of N(0, 1): exp(-x²/2) / √(2π), with the rounding error of x² put back."""
    square, error = n.square_with_error(x)
    near = n.INV_SQRT_2PI * m.call("exp", -0.5 * square) * (1.0 - 0.5 * error)
    return m.where(m.abs(x) < 40.0, near, m.where(m.equal(x, x), 0.0, x))


def normal_cdf(m: Machine, x: Operand) -> Operand:
    """P(N(0, 1) ≤ x) = erfc(-x/√2) / 2; in the left tail the rounding error of x/√2 is put back."""
    argument = -x * n.INV_SQRT_2
    plain = 0.5 * m.call("erfc", argument)
    square, error = n.square_with_error(x)
    rounded, rounded_error = n.square_with_error(argument)
    # erfc(t) is exp(-t²) times a slowly varying factor: the exponent is corrected from t² to x²/2
    corrected = plain * m.call("exp", (rounded - 0.5 * square) + (rounded_error - 0.5 * error))
    return m.where(m.both(argument > 0.0, argument < 28.0), corrected, plain)


# ---------------------------------------------------------------- many operands


def sum(_m: Machine, *xs: Operand) -> Operand:
    """Σ xᵢ, pairwise: the rounding error grows with the logarithm of the number of terms."""
    terms = list(xs)
    while len(terms) > 1:
        terms = [a + b for a, b in zip(terms[::2], terms[1::2])] + terms[len(terms) & ~1 :]
    return terms[0] if terms else 0.0


def mean(m: Machine, *xs: Operand) -> Operand:
    """Σ xᵢ / n; by the terms where the sum overflows."""
    total, count = sum(m, *xs), float(len(xs))
    return m.where(m.abs(total) < math.inf, total / count, sum(m, *[x / count for x in xs]))  # a sum may overflow


def prod(_m: Machine, *xs: Operand) -> Operand:
    """Π xᵢ, left to right."""
    return reduce(operator.mul, xs) if xs else 1.0


def dot(m: Machine, *xs: Operand) -> Operand:
    """Σ wᵢxᵢ."""
    weights, inputs, _ = products(xs)
    return _products_added(m, weights, inputs, 0.0)


def affine(m: Machine, *xs: Operand) -> Operand:
    """b + Σ wᵢxᵢ, summed from the bias, left to right."""
    weights, inputs, (bias,) = products_and_bias(xs)
    return _products_added(m, weights, inputs, bias)


def _products_added(m: Machine, xs: Sequence[Operand], ys: Sequence[Operand], total: Operand) -> Operand:
    for i, (x, y) in enumerate(zip(xs, ys)):
        total = x * y if i == 0 and isinstance(total, float) and total == 0.0 else m.fused(x, y, total)
    return total


def _top_and_rest(m: Machine, xs: Sequence[Operand]) -> tuple[Operand, Operand]:
    """The largest operand and Σ exp(x - top) over the others: log Σ exp(x) is top + log1p(rest)."""
    ordered = m.in_order(xs)
    top = maximum(m, *ordered)
    rest: Operand = 0.0
    taken: Mask | None = None  # whether the top itself, which counts 1, was left out already
    for x in ordered:
        is_top = m.equal(x, top)
        term = m.call("exp", x - top)
        first = is_top if taken is None else m.both(is_top, m.equal(m.where(taken, 1.0, 0.0), 0.0))
        rest = rest + m.where(first, 0.0, term)
        taken = is_top if taken is None else m.either(taken, is_top)
    return top, rest


def logsumexp(m: Machine, *xs: Operand) -> Operand:
    """log Σ exp(xᵢ): the largest term is taken out, and log1p keeps what the others add."""
    top, rest = _top_and_rest(m, xs)
    return m.where(m.abs(top) < math.inf, top + m.call("log1p", rest), top)


def logaddexp(m: Machine, x: Operand, y: Operand) -> Operand:
    """log(exp(x) + exp(y))."""
    unequal = m.where(x > y, x, y) + m.call("log1p", m.call("exp", -m.abs(x - y)))
    return m.where(m.equal(x, y), x + n.LN2, unequal)


def softmax(m: Machine, *xs: Operand) -> Operand:
    """exp(x₀) / Σ exp(xᵢ)."""
    ordered = m.in_order(xs)
    top = maximum(m, *ordered)
    return m.call("exp", xs[0] - top) / sum(m, *[m.call("exp", x - top) for x in ordered])


def log_softmax(m: Machine, *xs: Operand) -> Operand:
    """x₀ - log Σ exp(xᵢ), as a sum of two terms of at most 0: nothing cancels when x₀ is the largest."""
    top, rest = _top_and_rest(m, xs)  # the same for all shares of the same operands, so that their exps are shared
    return m.where(m.equal(xs[0], top), 0.0, xs[0] - top) - m.call("log1p", rest)
