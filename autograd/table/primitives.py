"""The table of primitives: every fact about every operation, each written once.

A row is the whole of what it takes to add an operation; the engine makes the methods and operators
of `Value` from it, every sweep and picture reads it, and tests/test_table.py loops over it.

Conventions of the whole table:

* Values follow IEEE 754.  Outside a domain the result is nan, at a pole and on overflow ±inf; a
  recorded operation outside its domain or on a pole also emits a `DomainWarning`.
* x and y are operands, z the result (of one operand: x to y).
* A partial is accurate wherever it is representable, and so is its own derivative.  Where that takes
  a function of its own (tanh' = sech²), that function is a row too.
* A formula of more than operators stands in `autograd.table.lowering`, and gives the value on floats, too.
* At a kink the partial is the subgradient of least magnitude; equal maxima share their adjoint evenly.

`python -m autograd.table.primitives` prints the table as Markdown.
"""

import builtins as _builtins
import functools as _functools
import math as _math
import operator as _operator
import sys as _sys
from collections.abc import Callable as _Callable
from collections.abc import Iterable as _Iterable
from collections.abc import Sequence as _Sequence
from itertools import accumulate as _accumulate
from numbers import Real as _Real
from typing import Any as _Any

from autograd.arguments import brief as _brief
from autograd.arguments import counted as _counted
from autograd.arguments import in_order as _in_order
from autograd.table import gamma as _gamma
from autograd.table import grouping as _grouping
from autograd.table import lowering as _lowering
from autograd.table import numerics as _n
from autograd.table.machine import FLOATS as _FLOATS
from autograd.table.primitive import Partials as _Partials
from autograd.table.primitive import Primitive as _Primitive
from autograd.table.primitive import formula as _formula_of


def _libm(function: _Callable[..., float], partials: _Partials, **facts: _Any) -> _Primitive:
    """A row of a function of libm, which has one name in Python and on every machine."""
    return _Primitive(function.__name__, function, partials, lowering=function.__name__, **facts)


def _formula(lowering: _Callable[..., _Any], partials: _Partials, **facts: _Any) -> _Primitive:
    """A row of a formula that every machine computes, that of floats included."""
    return _Primitive(lowering.__name__, None, partials, lowering=lowering, **facts)


# ---------------------------------------------------------------- arithmetic

add = _Primitive("add", _operator.add, (1.0, 1.0), symbol="+", latex="#1 + #2", text="#1 + #2", precedence=1)
sub = _Primitive("sub", _operator.sub, (1.0, -1.0), symbol="−", latex="#1 - #2", text="#1 - #2", precedence=1)
mul = _Primitive(
    "mul",
    _operator.mul,
    (lambda z, x, y: y, lambda z, x, y: x),
    symbol="×",
    latex=r"#1 \cdot #2",
    text="#1 * #2",
    precedence=2,
)
div = _Primitive(
    "div",
    _operator.truediv,
    (lambda z, x, y: 1.0 / y, lambda z, x, y: -z / y),
    symbol="÷",
    latex=r"\frac{#1}{#2}",
    text="#1 / #2",
    precedence=2,
    domain="y ≠ 0",
    outside=_n.divide,
    instead="where(step(abs(y)), x / where(step(abs(y)), y, 1.0), 0.0)",
)
neg = _Primitive("neg", _operator.neg, (-1.0,), symbol="neg", latex="-#1", text="-#1", precedence=3, bounded=True)


@_functools.cache
def _power_derivative(k: int, m: int) -> _Primitive:
    """The row of ∂ᵏ⁺ᵐ x^y / ∂xᵏ ∂yᵐ: so every derivative is 0 where its factors are, and not 0·∞."""
    return _Primitive(
        {(1, 0): "power_slope", (0, 1): "power_log"}.get((k, m), f"power_derivative_{k}_{m}"),
        None,
        (lambda z, x, y: _power_derivative(k + 1, m)(x, y), lambda z, x, y: _power_derivative(k, m + 1)(x, y)),
        latex={(1, 0): r"\left(#2 \, {#1}^{#2 - 1}\right)", (0, 1): r"\left({#1}^{#2} \ln #1\right)"}.get((k, m)),
        domain="that of x^y, and x > 0 where ln x occurs",
        rule="0 at x = y = 0",
        lowering=lambda machine, x, y: _lowering.power_derivative(machine, x, y, k, m),
    )


def _power_slope(_z: _Any, x: _Any, y: _Any) -> _Any:
    """y·x^(y-1), plainly so where y is a number that is finite."""
    if y.__class__ is float and y - y == 0.0:
        slope = y * x ** (y - 1.0) if y else 0.0
        return slope if slope.__class__ is not complex else _math.nan  # Python's power of a negative float
    return power_slope(x, y)


power_slope = _power_derivative(1, 0)
power_log = _power_derivative(0, 1)
pow = _Primitive(
    "pow",
    _math.pow,
    (_power_slope, lambda z, x, y: z * log(x) if x.__class__ is float and 0.0 < x < _math.inf else power_log(x, y)),
    symbol="^",
    latex="{#1}^{#2}",
    text="#1 ** #2",
    precedence=4,
    domain="x > 0, or x < 0 with a whole y, or x = 0 with y ≥ 0",
    rule="0⁰ = 1 and its partials are 0",
    outside=_n.power_outside,
    aliases=("power",),
    lowering=_lowering.pow,
)


remainder = _Primitive(
    "remainder",
    _operator.mod,
    (1.0, lambda z, x, y: -floor_divide(x, y)),
    symbol="mod",
    latex=r"#1 \bmod #2",
    text="#1 % #2",
    precedence=2,
    domain="y ≠ 0",
    rule="has the sign of y, as Python's %; the jumps have no derivative",
    lowering=_lowering.remainder,
    jumps=True,
)
floor_divide: _Primitive = _Primitive(
    "floor_divide",
    _operator.floordiv,
    (0.0, 0.0),
    symbol="//",
    latex=r"\left\lfloor \frac{#1}{#2} \right\rfloor",
    text="#1 // #2",
    precedence=2,
    domain="y ≠ 0",
    rule="constant between its jumps",
    outside=_n.divide,
    lowering=_lowering.floor_divide,
    jumps=True,
    gate=True,
)
floor = _formula(
    _lowering.floor,
    (0.0,),
    symbol="⌊·⌋",
    latex=r"\left\lfloor #1 \right\rfloor",
    rule="constant between its jumps",
    jumps=True,
    gate=True,
)


identity = _Primitive("identity", lambda x: x, (1.0,), symbol="=", latex="#1")

# ---------------------------------------------------------------- exponentials, logarithms, roots

exp = _libm(
    _math.exp,
    (lambda y, x: y,),
    latex="e^{#1}",
    outside=lambda x: _math.inf,
    instead="softplus, logsigmoid, logsumexp, sigmoid or softmax for what exp is part of",
)
exp2 = _libm(_math.exp2, (lambda y, x: _n.LN2 * y,), latex="2^{#1}", outside=lambda x: _math.inf)
expm1 = _libm(_math.expm1, (exp,), latex="e^{#1} - 1", outside=lambda x: _math.inf)
log: _Primitive = _libm(
    _math.log,
    (lambda y, x: 1.0 / x,),
    latex=r"\ln #1",
    domain="x > 0",
    outside=_n.pole(0.0),
    instead="softplus for log(1 + exp(x)), logsumexp, log_softmax, log1p, or log of what stays above 0",
)
xlogy = _Primitive(
    "xlogy",
    _n.xlogy,
    (lambda z, x, y: log(y), lambda z, x, y: where(abs(x) + abs(y), x / y, 0.0)),  # x / y: by x it is 1/y, at 0 too
    latex=r"#1 \cdot \ln #2",
    domain="y > 0, or x = 0",
    rule="0 at x = 0, and its partial by y too",
    outside=_n.xlogy_outside,
    lowering=_lowering.xlogy,
)
log1p = _libm(
    _math.log1p,
    (lambda y, x: 1.0 / (1.0 + x),),
    latex=r"\ln\left(1 + #1\right)",
    domain="x > -1",
    outside=_n.pole(-1.0),
)
log2 = _libm(_math.log2, (lambda y, x: (1.0 / _n.LN2) / x,), latex=r"\log_2 #1", domain="x > 0", outside=_n.pole(0.0))
log10 = _libm(
    _math.log10, (lambda y, x: (1.0 / _n.LN10) / x,), latex=r"\log_{10} #1", domain="x > 0", outside=_n.pole(0.0)
)
sqrt = _Primitive(
    "sqrt",
    _math.sqrt,
    (lambda y, x: 0.5 / y,),
    symbol="√",
    latex=r"\sqrt{#1}",
    domain="x ≥ 0",
    lowering=lambda m, x: m.sqrt(x),
    instead="hypot(x, y) for the length of a vector, or sqrt of what stays above 0",
)
cbrt = _libm(_math.cbrt, (lambda y, x: (1.0 / 3.0) / (y * y),), symbol="∛", latex=r"\sqrt[3]{#1}")

# ---------------------------------------------------------------- trigonometry

sin = _libm(_math.sin, (lambda y, x: cos(x),), latex=r"\sin #1", domain="finite x", bounded=True)
cos: _Primitive = _libm(_math.cos, (lambda y, x: -sin(x),), latex=r"\cos #1", domain="finite x", bounded=True)
tan = _libm(_math.tan, (lambda y, x: 1.0 + y * y,), latex=r"\tan #1", domain="finite x, x ≠ π/2 + kπ")
asin = _libm(
    _math.asin,
    (lambda y, x: 1.0 / sqrt(one_minus_square(x)),),
    latex=r"\arcsin #1",
    domain="|x| ≤ 1",
    aliases=("arcsin",),
)
acos = _libm(
    _math.acos,
    (lambda y, x: -1.0 / sqrt(one_minus_square(x)),),
    latex=r"\arccos #1",
    domain="|x| ≤ 1",
    aliases=("arccos",),
)
atan = _libm(
    _math.atan, (lambda y, x: direction(1.0, x) * direction(1.0, x),), latex=r"\arctan #1", aliases=("arctan",)
)
atan2 = _libm(  # the angle of the point (y, x): the operands are named the other way round
    _math.atan2,
    (lambda z, y, x: direction(x, y) / hypot(x, y), lambda z, y, x: -direction(y, x) / hypot(x, y)),
    latex=r"\operatorname{atan2}\left(#1, #2\right)",
    domain="not both 0",
    aliases=("arctan2",),
)
hypot: _Primitive = _libm(
    _math.hypot,
    (lambda z, x, y: direction(x, y), lambda z, x, y: direction(y, x)),
    latex=r"\sqrt{#1^2 + #2^2}",
    rule="at the origin the partials are 0",
    outside=lambda x, y: _math.inf,
)
direction: _Primitive = _formula(
    _lowering.direction,
    (
        lambda z, x, y: direction(y, x) * (direction(y, x) / hypot(x, y)),
        lambda z, x, y: -z * direction(y, x) / hypot(x, y),
    ),
    latex=r"\frac{#1}{\sqrt{#1^2 + #2^2}}",
    domain="not both 0",
    rule="0 at the origin",
    bounded=True,
)
one_minus_square: _Primitive = _Primitive(
    "one_minus_square", lambda x: (1.0 - x) * (1.0 + x), (lambda y, x: -2.0 * x,), symbol="1−x²", latex="1 - #1^2"
)

# ---------------------------------------------------------------- hyperbolic functions

sinh = _libm(_math.sinh, (lambda y, x: cosh(x),), latex=r"\sinh #1", outside=lambda x: _math.copysign(_math.inf, x))
cosh: _Primitive = _libm(_math.cosh, (sinh,), latex=r"\cosh #1", outside=lambda x: _math.inf)
sech_squared = _formula(
    _lowering.sech_squared,
    (lambda y, x: -2.0 * tanh(x) * y,),
    symbol="sech²",
    latex=r"\operatorname{sech}^2 #1",
    bounded=True,
)
tanh: _Primitive = _libm(_math.tanh, (sech_squared,), latex=r"\tanh #1", bounded=True, largest_slope=1.0)
asinh = _libm(_math.asinh, (lambda y, x: 1.0 / hypot(1.0, x),), latex=r"\operatorname{arsinh} #1", aliases=("arcsinh",))
acosh = _libm(
    _math.acosh,
    (lambda y, x: 1.0 / (sqrt(x - 1.0) * sqrt(x + 1.0)),),
    latex=r"\operatorname{arcosh} #1",
    domain="x ≥ 1",
    aliases=("arccosh",),
)
atanh = _libm(
    _math.atanh,
    (lambda y, x: 1.0 / one_minus_square(x),),
    latex=r"\operatorname{artanh} #1",
    domain="|x| < 1",
    aliases=("arctanh",),
    outside=lambda x: _math.copysign(_math.inf, x) if abs(x) == 1.0 else _math.nan,
)

# ---------------------------------------------------------------- kinks, steps, choices

sign = _formula(
    _lowering.sign,
    (0.0,),
    latex=r"\operatorname{sgn} #1",
    rule="sign(0) = 0",
    bounded=True,
    jumps=True,
    gate=True,
)
abs: _Primitive = _Primitive(
    "abs",
    _operator.abs,
    (sign,),
    symbol="|·|",
    latex=r"\left|#1\right|",
    rule="abs'(0) = 0",
    aliases=("fabs",),
    bounded=True,
)
step = _formula(
    _lowering.step, (0.0,), latex=r"\left[#1 > 0\right]", rule="step(0) = 0", bounded=True, gate=True, jumps=True
)
compare = _formula(
    _lowering.compare,
    (0.0, 0.0),
    symbol="≷",
    latex=r"\operatorname{sgn}\left(#1 - #2\right)",
    rule="0 at a tie",
    bounded=True,
    gate=True,
    jumps=True,
)
maximum = _Primitive(
    "maximum",
    _n.maximum,
    lambda z, xs: _shares_of_equals(z, xs, 0.5),
    symbol="max",
    latex=r"\max\left(#*\right)",
    rule="equal maxima share evenly",
    lowering=_lowering.maximum,
    gate=True,
)
minimum = _Primitive(
    "minimum",
    _n.minimum,
    lambda z, xs: _shares_of_equals(z, xs, -0.5),
    symbol="min",
    latex=r"\min\left(#*\right)",
    rule="equal minima share evenly",
    lowering=_lowering.minimum,
    gate=True,
)
where: _Primitive = _formula(
    _lowering.where,
    lambda z, xs: [0.0, where(xs[0], 1.0, 0.0), where(xs[0], 0.0, 1.0)],
    latex=r"\left(#2 \text{ if } #1 \neq 0 \text{ else } #3\right)",
    rule="the condition has partial 0; the branch not taken gets no gradient, even where its own is infinite",
    pack=lambda condition, x, y: (condition, x, y),
    bounded=True,
    gate=True,
)


def _shares_of_equals(z: _Any, xs: _Any, half: float) -> _Any:
    if len(xs) == 2:  # a third of the operations
        lead = half * compare(*xs)
        return [0.5 + lead, 0.5 - lead]
    equal = [1.0 - abs(compare(x, z)) for x in xs]
    count = sum(equal)
    return [e / count for e in equal]


# ---------------------------------------------------------------- activations

relu = _formula(
    _lowering.relu,
    (step,),
    symbol="ReLU",
    latex=r"\operatorname{ReLU}\left(#1\right)",
    rule="relu'(0) = 0",
    gate=True,
)
leaky_relu = _formula(
    _lowering.leaky_relu,
    (lambda z, x, negative_slope: where(step(x), 1.0, negative_slope), lambda z, x, negative_slope: minimum(x, 0.0)),
    latex=r"\operatorname{LeakyReLU}_{#2}\left(#1\right)",
    rule="at 0 the slope is negative_slope",
    pack=lambda x, negative_slope=0.01: (x, negative_slope),
)
elu = _formula(
    _lowering.elu,
    (
        lambda z, x, alpha: where(step(x), 1.0, alpha * exp(minimum(x, 0.0))),
        lambda z, x, alpha: expm1(minimum(x, 0.0)),
    ),
    latex=r"\operatorname{ELU}_{#2}\left(#1\right)",
    rule="at 0 the slope is alpha",
    pack=lambda x, alpha=1.0: (x, alpha),
)
logistic_pdf = _formula(
    _lowering.logistic_pdf,
    (lambda y, x: -tanh(0.5 * x) * y,),
    symbol="σ′",
    latex=r"\sigma'\left(#1\right)",
    bounded=True,
)
x_logistic_pdf = _formula(
    _lowering.x_logistic_pdf,
    (lambda y, x: logistic_pdf(x) - tanh(0.5 * x) * y,),
    symbol="x·σ′",
    latex=r"#1\,\sigma'\left(#1\right)",
    bounded=True,
)
sigmoid = _formula(
    _lowering.sigmoid, (logistic_pdf,), symbol="σ", latex=r"\sigma\left(#1\right)", bounded=True, largest_slope=0.25
)
logsigmoid = _formula(
    _lowering.logsigmoid, (lambda y, x: sigmoid(-x),), symbol="log σ", latex=r"\ln\sigma\left(#1\right)"
)
softplus = _formula(_lowering.softplus, (sigmoid,), latex=r"\ln\left(1 + e^{#1}\right)")
silu = _formula(
    _lowering.silu, (lambda y, x: sigmoid(x) + x_logistic_pdf(x),), symbol="SiLU", latex=r"#1\,\sigma\left(#1\right)"
)
gelu_exact = _formula(_lowering.gelu, (lambda y, x: _gelu_slope(x),), symbol="GELU", latex=r"#1\,\Phi\left(#1\right)")
gelu_tanh = _formula(
    _lowering.gelu_tanh,
    (lambda y, x: _gelu_tanh_slope(x),),
    symbol="GELU",
    latex=r"\operatorname{GELU}_{\tanh}\left(#1\right)",
)


def _within(x: _Any, bound: float) -> _Any:
    """x, or the bound that it is beyond, where a slope is 0 or 1 to the last bit: there a product would be inf · 0."""
    return maximum(minimum(x, bound), -bound)


def _gelu_slope(x: _Any) -> _Any:
    x = _within(x, 40.0)
    return normal_cdf(x) + x * normal_pdf(x)


def _gelu_tanh_slope(x: _Any) -> _Any:
    x = _within(x, 50.0)
    twice_inner = 2.0 * _n.gelu_tanh_inner(x)
    inner_slope = _n.SQRT_2_OVER_PI * (1.0 + 3.0 * 0.044715 * x * x)
    return sigmoid(twice_inner) + 2.0 * x * inner_slope * logistic_pdf(twice_inner)


def gelu(x: _Any, approximate: str = "none") -> _Any:
    """Gaussian error linear unit x·Φ(x), or its approximation with tanh, as in `torch`.

    Source: Hendrycks and Gimpel, arXiv:1606.08415.

    >>> f"{gelu(-10.0):.12e}"
    '-7.619853024161e-23'
    >>> f"{gelu(1.0, approximate='tanh'):.12f}"
    '0.841191990608'
    """
    if approximate not in ("none", "tanh"):
        raise ValueError(f"gelu: approximate must be 'none' or 'tanh', not {approximate!r}")
    return gelu_exact(x) if approximate == "none" else gelu_tanh(x)


# ---------------------------------------------------------------- the normal distribution

erf = _libm(
    _math.erf, (lambda y, x: _n.TWO_OVER_SQRT_PI * exp_minus_square(x),), latex=r"\operatorname{erf}\left(#1\right)"
)
erfc = _libm(
    _math.erfc, (lambda y, x: -_n.TWO_OVER_SQRT_PI * exp_minus_square(x),), latex=r"\operatorname{erfc}\left(#1\right)"
)
exp_minus_square: _Primitive = _formula(
    _lowering.exp_minus_square, (lambda y, x: -2.0 * (x * y),), symbol="exp(−x²)", latex="e^{-#1^2}", bounded=True
)
normal_pdf: _Primitive = _formula(
    _lowering.normal_pdf, (lambda y, x: -x * y,), symbol="φ", latex=r"\varphi\left(#1\right)", bounded=True
)
normal_cdf: _Primitive = _formula(
    _lowering.normal_cdf, (normal_pdf,), symbol="Φ", latex=r"\Phi\left(#1\right)", bounded=True
)

# ---------------------------------------------------------------- the gamma function


def _with_poles(name: str, lowering: _Callable[..., _Any], partial: _Any, latex: str, **facts: _Any) -> _Primitive:
    """A row that is not defined at 0, -1, -2, …, where its lowering says what IEEE 754 has."""
    on_floats = _functools.partial(lowering, _FLOATS)

    def value(x: float) -> float:
        if x <= 0.0 and x.is_integer():
            raise ValueError("a pole")
        return on_floats(x)  # type: ignore[no-any-return]

    facts |= {"domain": "x not 0, -1, -2, …", "latex": latex + r"\left(#1\right)", "module": __name__}
    return _Primitive(name, value, (partial,), outside=on_floats, lowering=lowering, **facts)


digamma = _with_poles("digamma", _gamma.digamma, lambda y, x: polygamma(1, x), r"\psi", symbol="ψ")
lgamma = _with_poles("lgamma", _gamma.lgamma, digamma, r"\ln\Gamma", symbol="ln Γ", rule="ln |Γ| where Γ < 0")


def polygamma(n: int, x: _Any) -> _Any:
    """The n-th derivative of `digamma`, n from 0 to 100, as in `torch` and SciPy.

    Each order is a row of its own, made when it is asked for, which is also how every next derivative is.
    Raises ValueError for an order that is none.

    >>> polygamma(1, 1.0)  # π²/6
    1.6449340668482264
    """
    if isinstance(n, bool) or not isinstance(n, _Real) or n not in range(_gamma.HIGHEST_ORDER + 1):
        raise ValueError(
            f"polygamma: the order n must be a whole number from 0 to {_gamma.HIGHEST_ORDER}, not {_brief(n)}"
        )
    return (_polygamma_row(int(n)) if n else digamma)(x)


@_functools.cache
def _polygamma_row(n: int) -> _Primitive:
    name, latex = f"polygamma_{n}", rf"\psi^{{({n})}}"
    row = _with_poles(name, _gamma.polygamma(n), lambda y, x: polygamma(n + 1, x), latex, symbol=f"ψ⁽{n}⁾")
    return globals().setdefault(name, row)  # type: ignore[no-any-return]  # where pickle and printed programs find it


def __getattr__(name: str) -> _Primitive:
    order = name.removeprefix("polygamma_")
    if order == name or not order.isdecimal() or int(order) not in range(1, _gamma.HIGHEST_ORDER + 1):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return _polygamma_row(int(order))


# ---------------------------------------------------------------- many operands


def _nonempty(operands: _Iterable[_Any]) -> tuple[_Any, ...]:
    packed = tuple(operands)
    if not packed:
        raise ValueError("expected a sequence of at least one operand, got an empty one")
    return packed


def _pairs(left: _Iterable[_Any], right: _Iterable[_Any]) -> tuple[_Any, ...]:
    left, right = tuple(_in_order(left, "dot: left")), tuple(_in_order(right, "dot: right"))
    if len(left) != len(right):
        raise ValueError(f"dot: both sequences must have the same length, got {len(left)} and {len(right)}")
    return left + right


def _weights_inputs_bias(weights: _Iterable[_Any], inputs: _Iterable[_Any], bias: _Any = 0.0) -> tuple[_Any, ...]:
    weights, inputs = tuple(_in_order(weights, "affine: weights")), tuple(_in_order(inputs, "affine: inputs"))
    if len(weights) != len(inputs):
        raise ValueError(f"affine: {_counted(len(weights), 'weight')}, but {_counted(len(inputs), 'input')}")
    return (*weights, *inputs, bias)


def _sum_left_to_right(xs: _Iterable[float], start: float = 0.0) -> float:
    return _functools.reduce(_operator.add, xs, start)


if _sys.version_info < (3, 12):  # there the built-in adds plainly, and faster; since then it compensates
    _sum_left_to_right = _builtins.sum  # type: ignore[assignment]  # a special case of its overloads


def _products(xs: _Sequence[float]) -> _Iterable[float]:
    left, right, _ = _grouping.products(xs)
    return map(_operator.mul, left, right)


sum: _Primitive = _Primitive(
    "sum",
    _math.fsum,
    lambda z, xs: [1.0] * len(xs),
    symbol="Σ",
    latex=r"\sum\left(#*\right)",
    rule="correctly rounded, as math.fsum",
    outside=_sum_left_to_right,
    pack=tuple,
    lowering=_lowering.sum,
    expansion=_grouping.sum_written_out,
)
prod = _Primitive(
    "prod",
    lambda xs: _functools.reduce(_operator.mul, xs, 1.0),
    lambda z, xs: _products_of_the_others(xs),
    symbol="Π",
    latex=r"\prod\left(#*\right)",
    rule="multiplied left to right; a partial is the product of the others",
    pack=tuple,
    lowering=_lowering.prod,
    expansion=_grouping.prod_written_out,
)


def _products_of_the_others(xs: _Sequence[_Any]) -> list[_Any]:
    """For each operand what comes before it times what comes after it: no quotient, which a 0 would spoil."""
    before = [*_accumulate(xs[:-1], _operator.mul)]
    after = [*_accumulate(reversed(xs[1:]), _operator.mul)][::-1]
    return [after[0], *map(_operator.mul, before, after[1:]), before[-1]] if before else [1.0] * len(xs)


mean = _Primitive(
    "mean",
    lambda xs: _math.fsum(xs) / len(xs),
    lambda z, xs: [1.0 / len(xs)] * len(xs),
    latex=r"\operatorname{mean}\left(#*\right)",
    rule="correctly rounded sum",
    outside=lambda xs: _sum_left_to_right(x / len(xs) for x in xs),
    pack=_nonempty,
    lowering=_lowering.mean,
    expansion=_grouping.mean_written_out,
)
dot = _Primitive(
    "dot",
    lambda xs: _math.fsum(_products(xs)),
    lambda z, xs: affine_partials(*_grouping.products(xs)[:2])[:-1],
    symbol="⟨·,·⟩",
    latex=r"\left\langle #* \right\rangle",
    rule="sum of the rounded products, correctly rounded",
    outside=lambda xs: _sum_left_to_right(_products(xs)),
    pack=_pairs,
    parts=_grouping.products,
    lowering=_lowering.dot,
    expansion=_grouping.dot_written_out,
)


def affine_value(weights: _Iterable[float], inputs: _Iterable[float], bias: float) -> float:
    """⟨w, x⟩ + b on numbers, summed from the bias, left to right: the value of `affine`, its operands apart."""
    return _sum_left_to_right(map(_operator.mul, weights, inputs), bias)


def _affine(xs: _Sequence[float]) -> float:
    weights, inputs, (bias,) = _grouping.products_and_bias(xs)
    return affine_value(weights, inputs, bias)


def affine_partials(weights: _Sequence[_Any], inputs: _Sequence[_Any]) -> tuple[_Any, ...]:
    """The partials of `affine` by its weights, its inputs and its bias."""
    return (*inputs, *weights, 1.0)


affine = _Primitive(
    "affine",
    _affine,
    lambda z, xs: affine_partials(*_grouping.products_and_bias(xs)[:2]),
    symbol="Σwᵢxᵢ+b",
    latex=r"\left\langle w, x \right\rangle + b",
    rule="summed from the bias, left to right",
    pack=_weights_inputs_bias,
    parts=_grouping.products_and_bias,
    lowering=_lowering.affine,
    expansion=_grouping.affine_written_out,
)
logsumexp = _Primitive(
    "logsumexp",
    _n.logsumexp,
    lambda z, xs: softmax(xs),
    symbol="log Σ exp",
    latex=r"\ln \sum e^{\left(#*\right)}",
    pack=_nonempty,
    lowering=_lowering.logsumexp,
)
logaddexp = _formula(
    _lowering.logaddexp,
    (lambda z, x, y: sigmoid(x - y), lambda z, x, y: sigmoid(y - x)),
    latex=r"\ln\left(e^{#1} + e^{#2}\right)",
)
softmax_first: _Primitive = _Primitive(
    "softmax",
    lambda xs: _n.softmax(xs)[0],
    lambda z, xs: _softmax_partials(z, xs),
    latex=r"\operatorname{softmax}\left(#*\right)_1",
    text="softmax(#*)[0]",
    rule="the share of its first operand",
    pack=_nonempty,
    lowering=_lowering.softmax,
    bounded=True,
    share=True,
)
log_softmax_first: _Primitive = _Primitive(
    "log_softmax",
    _n.log_softmax_first,
    lambda z, xs: _log_softmax_partials(xs),
    symbol="log softmax",
    latex=r"\ln\operatorname{softmax}\left(#*\right)_1",
    text="log_softmax(#*)[0]",
    rule="the log share of its first operand",
    pack=_nonempty,
    lowering=_lowering.log_softmax,
    share=True,
)


def _each_first(xs: _Iterable[_Any]) -> list[tuple[_Any, ...]]:
    """Every operand once at the front, the others behind it in order."""
    operands = _nonempty(_in_order(xs, "log_softmax: the operands"))
    return [(x, *operands[:i], *operands[i + 1 :]) for i, x in enumerate(operands)]


def softmax(xs: _Iterable[_Any]) -> list[_Any]:
    """Shares exp(xᵢ) / Σⱼ exp(xⱼ): positive, summing to one.

    Its Jacobian is diag(p) - ppᵀ.  Source: seeds, "The Probability Simplex and the Softmax Function".

    >>> softmax([0.0, 0.0])
    [0.5, 0.5]
    """
    operands = _nonempty(_in_order(xs, "softmax: the operands"))
    if all([x.__class__ is float for x in operands]):  # noqa: C419  # one sum for all: n times as fast
        return _n.softmax(operands)
    return [softmax_first(each) for each in _each_first(operands)]


def log_softmax(xs: _Iterable[_Any]) -> list[_Any]:
    """xᵢ - log Σⱼ exp(xⱼ), keeping the digits of shares close to one.

    >>> log_softmax([40.0, 0.0])
    [-4.248354255291589e-18, -40.0]
    """
    return [log_softmax_first(operands) for operands in _each_first(xs)]


def _softmax_partials(z: _Any, xs: _Any) -> list[_Any]:
    # z·(1 - z) for the first operand, with 1 - z added up from the other shares: it would cancel
    others = softmax(xs)[1:]
    return [z * sum(others), *(-z * share for share in others)]


def _log_softmax_partials(xs: _Any) -> list[_Any]:
    others = softmax(xs)[1:]
    return [sum(others), *(-share for share in others)]


# ---------------------------------------------------------------- made of rows


def square(x: _Any) -> _Any:
    """x·x.

    >>> square(-3.0)
    9.0
    """
    return mul(x, x)


def reciprocal(x: _Any) -> _Any:
    """1 / x.

    >>> reciprocal(4.0)
    0.25
    """
    return div(1.0, x)


def rsqrt(x: _Any) -> _Any:
    """1 / √x.

    >>> rsqrt(4.0)
    0.5
    """
    return div(1.0, sqrt(x))


def clamp(x: _Any, min: _Any = None, max: _Any = None) -> _Any:  # PyTorch's names
    """The number of [min, max] next to x, max if min is above it: minimum(maximum(x, min), max).

    Beyond a bound the gate is closed; at one, equal operands share the gradient, as in `maximum` and JAX's `clip`.
    Raises TypeError without a bound.

    >>> clamp(3.0, max=1.0), clamp(-3.0, -1.0, 1.0)
    (1.0, -1.0)
    """
    if min is None and max is None:
        raise TypeError("clamp: give min, max or both, as in clamp(x, min=0.0)")
    x = x if min is None else maximum(x, min)
    return x if max is None else minimum(x, max)


COMPOSED: tuple[_Callable[..., _Any], ...] = (gelu, square, reciprocal, rsqrt, clamp)
"""Functions of rows that are methods of numbers too."""

TABLE: dict[str, _Primitive] = {row.name: row for row in list(globals().values()) if isinstance(row, _Primitive)}
"""All rows by name, in the order above."""

OPERATORS: dict[str, _Primitive] = {
    "add": add, "sub": sub, "mul": mul, "truediv": div, "floordiv": floor_divide, "mod": remainder, "pow": pow,
}  # fmt: skip
"""Python's binary operators, by the names of their methods."""


def markdown_table() -> str:
    """The table as Markdown, for the documentation.

    >>> print(markdown_table().splitlines()[2])
    | `add` | 2 | + | $x + y$ | everywhere |  |  |
    """
    lines = [
        "| primitive | operands | symbol | formula | domain | ties and kinks | also called |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in TABLE.values():
        operands = row.arity or "any"
        aliases = ", ".join(f"`{name}`" for name in row.aliases)
        cells = [
            f"`{row.name}`",
            str(operands),
            row.symbol,
            f"${_formula_of(row)}$",
            row.domain or "everywhere",
            row.rule,
            aliases,
        ]
        lines.append("| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(markdown_table())
