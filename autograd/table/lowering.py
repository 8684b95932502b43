"""How each primitive is computed by machine: one table, which every back end reads.

A lowering is a formula on operands of the back end's own kind (registers of LLVM, expressions of C, NumPy arrays) and a
`Machine` m, which has what operators have not: choices, roots and the functions of libm.  So a formula stands here
once, rearranged like those of `numerics` so that nothing overflows or cancels, and with choices in the place
of branches: both sides are computed.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from autograd.table import numerics as n
from autograd.table.primitive import Primitive
from autograd.table.primitives import TABLE

Operand = Any  # a number, or what the machine makes of one; it has + - * / and comparisons, which give masks
Mask = Any


class Machine(Protocol):
    """What a back end offers beside operators."""

    def where(self, mask: Mask, x: Operand, y: Operand) -> Operand:
        """x where the mask is true, y elsewhere."""
        ...

    def both(self, a: Mask, b: Mask) -> Mask:
        """Where both masks are true."""
        ...

    def either(self, a: Mask, b: Mask) -> Mask:
        """Where one of the masks is true."""
        ...

    def equal(self, x: Operand, y: Operand) -> Mask:
        """Where x = y; nan is equal to nothing."""
        ...

    def abs(self, x: Operand) -> Operand:
        """|x|."""
        ...

    def sqrt(self, x: Operand) -> Operand:
        """√x, correctly rounded."""
        ...

    def floor(self, x: Operand) -> Operand:
        """⌊x⌋."""
        ...

    def copysign(self, x: Operand, y: Operand) -> Operand:
        """|x| with the sign of y."""
        ...

    def call(self, name: str, *operands: Operand) -> Operand:
        """A function of libm, or of the vector library."""
        ...

    def fused(self, x: Operand, y: Operand, z: Operand) -> Operand:
        """x·y + z, rounded once where the machine can."""
        ...

    def in_order(self, operands: Sequence[Operand]) -> list[Operand]:
        """Operands in an order that does not depend on how they were given, so that equal sums are found equal."""
        ...


Lowering = Callable[..., Operand]
LOWERINGS: dict[str, Lowering] = {}
"""From the name of a primitive to a function of (machine, *operands)."""


def lowering_of(primitive: Primitive) -> Lowering:
    """The lowering of a row: its own, that of the table, or its value if that is made of operators alone."""
    found = LOWERINGS.get(primitive.name)
    if found is not None and TABLE.get(primitive.name, primitive) is primitive:  # not a user's row of the same name
        return found

    def own(_m: Machine, *xs: Operand) -> Operand:
        try:
            return primitive.value(xs) if primitive.arity is None else primitive.value(*xs)
        except TypeError as error:
            raise TypeError(
                f"{primitive.name} cannot be compiled: its value is not made of + - * / abs alone ({error}); say how "
                f"it is computed with @autograd.table.lowering.lowers({primitive.name!r})"
            ) from error

    return own


def lowers(name: str) -> Callable[[Lowering], Lowering]:
    """Decorator: this function is the lowering of the primitive of this name."""

    def register(function: Lowering) -> Lowering:
        LOWERINGS[name] = function
        return function

    return register


# ---------------------------------------------------------------- arithmetic

LOWERINGS |= {
    "add": lambda m, x, y: x + y,
    "sub": lambda m, x, y: x - y,
    "mul": lambda m, x, y: x * y,
    "div": lambda m, x, y: x / y,
    "neg": lambda m, x: -x,
    "identity": lambda m, x: x,
    "one_minus_square": lambda m, x: (1.0 - x) * (1.0 + x),
}


@lowers("pow")
def _pow(m: Machine, x: Operand, y: Operand) -> Operand:
    if isinstance(y, float) and y in (1.0, 2.0, 3.0):  # within an ulp of libm's, at a twentieth of the time
        return x if y == 1.0 else x * x if y == 2.0 else x * x * x
    return m.call("pow", x, y)


@lowers("remainder")
def _remainder(m: Machine, x: Operand, y: Operand) -> Operand:
    r = m.call("fmod", x, y)
    is_zero = m.equal(r, 0.0)
    wrong_sign = r * m.copysign(1.0, y) < 0.0
    return m.where(is_zero, m.copysign(0.0, y), m.where(wrong_sign, r + y, r))


@lowers("floor_divide")
def _floor_divide(m: Machine, x: Operand, y: Operand) -> Operand:
    r = m.call("fmod", x, y)
    quotient = (x - r) / y
    wrong_sign = r * m.copysign(1.0, y) < 0.0
    quotient = m.where(wrong_sign, quotient - 1.0, quotient)
    low = m.floor(quotient)
    low = m.where(quotient - low > 0.5, low + 1.0, low)
    nearest = m.where(m.equal(quotient, 0.0), m.copysign(0.0, x / y), low)
    return m.where(m.equal(y, 0.0), x / y, nearest)


@lowers("floor")
def _floor(m: Machine, x: Operand) -> Operand:
    return m.floor(x) + 0.0  # -0.0 becomes 0.0, as of a whole number


# ---------------------------------------------------------------- functions of libm


def _libm(name: str) -> Lowering:
    return lambda m, *xs: m.call(name, *xs)


LOWERINGS |= {
    name: _libm(name)
    for name in (
        "exp", "exp2", "expm1", "log", "log1p", "log2", "log10", "cbrt", "sin", "cos", "tan", "asin", "acos", "atan",
        "atan2", "hypot", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "erf", "erfc",
    )
}  # fmt: skip
LOWERINGS["sqrt"] = lambda m, x: m.sqrt(x)
LOWERINGS["abs"] = lambda m, x: m.abs(x)


@lowers("direction")
def _direction(m: Machine, x: Operand, y: Operand) -> Operand:
    radius = m.call("hypot", x, y)
    return m.where(m.equal(radius, 0.0), x, x / radius)


@lowers("sech_squared")
def _sech_squared(m: Machine, x: Operand) -> Operand:
    e = m.call("exp", -2.0 * m.abs(x))
    return 4.0 * e / ((1.0 + e) * (1.0 + e))


# ---------------------------------------------------------------- kinks, steps, choices


@lowers("sign")
def _sign(m: Machine, x: Operand) -> Operand:
    return m.where(x > 0.0, 1.0, m.where(x < 0.0, -1.0, x))


@lowers("step")
def _step(m: Machine, x: Operand) -> Operand:
    return m.where(x > 0.0, 1.0, m.where(m.equal(x, x), 0.0, x))


@lowers("compare")
def _compare(m: Machine, x: Operand, y: Operand) -> Operand:
    unequal = m.where(x > y, 1.0, m.where(x < y, -1.0, math.nan))
    return m.where(m.equal(x, y), 0.0, unequal)


def _constants_as_one(xs: Sequence[Operand], joined: Callable[[Sequence[float]], float]) -> list[Operand]:
    """The operands with all numbers among them joined: a comparison of two numbers would be no mask."""
    constants = [x for x in xs if isinstance(x, float)]
    others = [x for x in xs if not isinstance(x, float)]
    return [joined(constants), *others] if constants else others


@lowers("maximum")
def _maximum(m: Machine, *xs: Operand) -> Operand:
    top, *rest = m.in_order(_constants_as_one(xs, n.maximum))
    for x in rest:
        top = m.where(x <= top, top, m.where(m.equal(top, top), x, top))  # nan, once there, stays
    return top


@lowers("minimum")
def _minimum(m: Machine, *xs: Operand) -> Operand:
    bottom, *rest = m.in_order(_constants_as_one(xs, n.minimum))
    for x in rest:
        bottom = m.where(x >= bottom, bottom, m.where(m.equal(bottom, bottom), x, bottom))
    return bottom


@lowers("where")
def _where(m: Machine, condition: Operand, x: Operand, y: Operand) -> Operand:
    return m.where(m.equal(condition, 0.0), y, x)  # nan counts as true, as in Python


# ---------------------------------------------------------------- activations


@lowers("relu")
def _relu(m: Machine, x: Operand) -> Operand:
    return m.where(x <= 0.0, 0.0, x)  # nan stays


def _positive_or(m: Machine, x: Operand, other: Operand) -> Operand:
    """x where it is positive, else the other; x may be a number if the slope is none, and their comparison no mask."""
    positive = m.equal(float(x > 0.0), 1.0) if isinstance(x, float) else x > 0.0
    return m.where(positive, x, other)


@lowers("leaky_relu")
def _leaky_relu(m: Machine, x: Operand, slope: Operand) -> Operand:
    return _positive_or(m, x, slope * x)


@lowers("elu")
def _elu(m: Machine, x: Operand, alpha: Operand) -> Operand:
    return _positive_or(m, x, alpha * m.call("expm1", x))


@lowers("logistic_pdf")
def _logistic_pdf(m: Machine, x: Operand) -> Operand:
    e = m.call("exp", -m.abs(x))
    return e / ((1.0 + e) * (1.0 + e))


@lowers("sigmoid")
def _sigmoid(m: Machine, x: Operand) -> Operand:
    e = m.call("exp", -m.abs(x))
    return m.where(x >= 0.0, 1.0, e) / (1.0 + e)


@lowers("softplus")
def _softplus(m: Machine, x: Operand) -> Operand:
    return m.where(x > 0.0, x, 0.0) + m.call("log1p", m.call("exp", -m.abs(x)))


@lowers("logsigmoid")
def _logsigmoid(m: Machine, x: Operand) -> Operand:
    return -_softplus(m, -x)


def _zero_at_minus_infinity(m: Machine, x: Operand, product: Operand) -> Operand:
    return m.where(m.equal(x, -math.inf), -0.0, product)


@lowers("silu")
def _silu(m: Machine, x: Operand) -> Operand:
    return _zero_at_minus_infinity(m, x, x * _sigmoid(m, x))


@lowers("gelu")
def _gelu(m: Machine, x: Operand) -> Operand:
    return _zero_at_minus_infinity(m, x, x * _normal_cdf(m, x))


@lowers("gelu_tanh")
def _gelu_tanh(m: Machine, x: Operand) -> Operand:
    return _zero_at_minus_infinity(m, x, x * _sigmoid(m, 2.0 * n.gelu_tanh_inner(x)))


# ---------------------------------------------------------------- the normal distribution


@lowers("exp_minus_square")
def _exp_minus_square(m: Machine, x: Operand) -> Operand:
    square, error = n.square_with_error(x)
    near = m.call("exp", -square) * (1.0 - error)
    return m.where(m.abs(x) < 28.0, near, m.where(m.equal(x, x), 0.0, x))


@lowers("normal_pdf")
def _normal_pdf(m: Machine, x: Operand) -> Operand:
    square, error = n.square_with_error(x)
    near = n.INV_SQRT_2PI * m.call("exp", -0.5 * square) * (1.0 - 0.5 * error)
    return m.where(m.abs(x) < 40.0, near, m.where(m.equal(x, x), 0.0, x))


@lowers("normal_cdf")
def _normal_cdf(m: Machine, x: Operand) -> Operand:
    argument = -x * n.INV_SQRT_2
    plain = 0.5 * m.call("erfc", argument)
    square, error = n.square_with_error(x)
    rounded, rounded_error = n.square_with_error(argument)
    corrected = plain * m.call("exp", (rounded - 0.5 * square) + (rounded_error - 0.5 * error))
    return m.where(m.both(argument > 0.0, argument < 28.0), corrected, plain)


# ---------------------------------------------------------------- many operands


def _added(xs: Sequence[Operand]) -> Operand:
    """The sum, pairwise: its rounding error grows with the logarithm of the number of terms."""
    terms = list(xs)
    while len(terms) > 1:
        terms = [a + b for a, b in zip(terms[::2], terms[1::2])] + terms[len(terms) & ~1 :]
    return terms[0] if terms else 0.0


LOWERINGS["sum"] = lambda m, *xs: _added(xs)


@lowers("mean")
def _mean(m: Machine, *xs: Operand) -> Operand:
    total, count = _added(xs), float(len(xs))
    return m.where(m.abs(total) < math.inf, total / count, _added([x / count for x in xs]))  # a sum may overflow


@lowers("dot")
def _dot(m: Machine, *xs: Operand) -> Operand:
    half = len(xs) // 2
    return _products_added(m, xs[:half], xs[half:], 0.0) if xs else 0.0


@lowers("affine")
def _affine(m: Machine, *xs: Operand) -> Operand:
    half = len(xs) // 2
    return _products_added(m, xs[:half], xs[half:-1], xs[-1])


def _products_added(m: Machine, xs: Sequence[Operand], ys: Sequence[Operand], total: Operand) -> Operand:
    for i, (x, y) in enumerate(zip(xs, ys)):
        total = x * y if i == 0 and isinstance(total, float) and total == 0.0 else m.fused(x, y, total)
    return total


def _top_and_rest(m: Machine, xs: Sequence[Operand]) -> tuple[Operand, Operand]:
    """The largest operand and Σ exp(x - top) over the others: log Σ exp(x) is top + log1p(rest)."""
    ordered = m.in_order(xs)
    top = _maximum(m, *ordered)
    rest: Operand = 0.0
    taken: Mask | None = None  # whether the top itself, which counts 1, was left out already
    for x in ordered:
        is_top = m.equal(x, top)
        term = m.call("exp", x - top)
        first = is_top if taken is None else m.both(is_top, m.equal(m.where(taken, 1.0, 0.0), 0.0))
        rest = rest + m.where(first, 0.0, term)
        taken = is_top if taken is None else m.either(taken, is_top)
    return top, rest


@lowers("logsumexp")
def _logsumexp(m: Machine, *xs: Operand) -> Operand:
    top, rest = _top_and_rest(m, xs)
    return m.where(m.abs(top) < math.inf, top + m.call("log1p", rest), top)


@lowers("logaddexp")
def _logaddexp(m: Machine, x: Operand, y: Operand) -> Operand:
    unequal = m.where(x > y, x, y) + m.call("log1p", m.call("exp", -m.abs(x - y)))
    return m.where(m.equal(x, y), x + n.LN2, unequal)


@lowers("softmax")
def _softmax(m: Machine, *xs: Operand) -> Operand:
    ordered = m.in_order(xs)
    top = _maximum(m, *ordered)
    return m.call("exp", xs[0] - top) / _added([m.call("exp", x - top) for x in ordered])


@lowers("log_softmax")
def _log_softmax(m: Machine, *xs: Operand) -> Operand:
    top, rest = _top_and_rest(m, xs)  # the same for all shares of the same operands, so that their exps are shared
    return m.where(m.equal(xs[0], top), 0.0, xs[0] - top) - m.call("log1p", rest)
