"""Every row of the table, in every mode, against mpmath at 60 digits.

To add a primitive is to add one row to autograd/primitives.py and its domain here.
"""

import inspect
import itertools
import math
import re
from functools import partial

import mpmath
import numpy as np
import pytest
from mpmath import mp, mpf

from autograd import (
    TABLE,
    DomainWarning,
    Primitive,
    Value,
    derivative,
    forward_sweep,
    grad,
    hessian,
    jacfwd,
    jacrev,
    jit,
    primitive,
    primitives,
    reverse_sweep,
    topological_order,
)
from autograd.table.primitives import markdown_table

mp.dps = 60


def _logsumexp(*xs):
    return mp.log(mp.fsum(mp.exp(x) for x in xs))


def _softmax(*xs):
    return mp.exp(xs[0]) / mp.fsum(mp.exp(x) for x in xs)


def _dot(*xs):
    return mp.fdot(xs[: len(xs) // 2], xs[len(xs) // 2 :])


def _pdf(x):
    return mp.exp(-x * x / 2) / mp.sqrt(2 * mp.pi)


def _cdf(x):
    return mp.erfc(-x / mp.sqrt(2)) / 2


def _gelu_tanh(x):
    u = mpf(math.sqrt(2 / math.pi)) * (x + mpf(0.044715) * x**3)  # the constants as the row has them
    return x / (1 + mp.exp(-2 * u))


# For each row: the reference in mpmath, and points inside its domain, the extreme ones included.
DOMAINS = {
    "add": (lambda x, y: x + y, [(1.5, -2.25), (1e300, 1.0), (1.0, -1.0)]),
    "sub": (lambda x, y: x - y, [(1.5, -2.25), (1e300, 1.0), (1.0, 1.0)]),
    "mul": (lambda x, y: x * y, [(1.5, -2.25), (0.0, 3.0), (1e-200, 1e100)]),
    "div": (lambda x, y: x / y, [(1.5, -2.25), (0.0, 3.0), (1e-100, 1e50)]),
    "identity": (lambda x: x, [(0.0,), (-2.5,)]),
    "neg": (lambda x: -x, [(0.0,), (2.5,), (-1e300,)]),
    "pow": (
        lambda x, y: mp.power(x, y),
        [(2.0, 3.0), (1.5, -2.5), (0.3, 0.7), (1e-5, 2.0), (7.0, 1.0), (1.0000001, 1e6), (3.0, 0.0)],
    ),
    "power_slope": (
        lambda x, y: y * mp.power(x, mpf(float(y) - 1.0) if y == float(y) else y - 1),  # as a float, y - 1 may be whole
        [(2.0, 3.0), (1.5, -2.5), (0.3, 0.7), (1e-5, 2.0), (7.0, 1.0), (3.0, 0.0)],
    ),
    "power_log": (
        lambda x, y: mp.power(x, y) * mp.log(x),
        [(2.0, 3.0), (1.5, -2.5), (0.3, 0.7), (1e-5, 2.0), (7.0, 1.0), (3.0, 0.0)],
    ),
    "remainder": (lambda x, y: x - y * mp.floor(x / y), [(7.5, 2.0), (-7.5, 2.0), (7.5, -2.0)]),
    "floor_divide": (lambda x, y: mp.floor(x / y), [(7.5, 2.0), (-7.5, 2.0)]),
    "floor": (mp.floor, [(2.5,), (-2.5,)]),
    "exp": (mp.exp, [(0.0,), (1.0,), (-50.0,), (700.0,), (-700.0,), (1e-18,)]),
    "exp2": (lambda x: mp.power(2, x), [(0.0,), (1.5,), (-1000.0,), (1000.0,)]),
    "expm1": (mp.expm1, [(1e-18,), (-50.0,), (1.0,), (-1e-5,), (700.0,)]),
    "log": (mp.log, [(1e-300,), (0.5,), (1.0000001,), (1e300,)]),
    "xlogy": (lambda x, y: x * mp.log(y), [(2.0, 3.0), (0.0, 2.0), (0.5, 1e-300), (1e-300, 0.5), (-3.0, 1.0000001)]),
    "log1p": (mp.log1p, [(1e-18,), (-0.999,), (1.0,), (1e300,)]),
    "log2": (lambda x: mp.log(x, 2), [(1e-300,), (0.7,), (1e300,)]),
    "log10": (mp.log10, [(1e-300,), (0.7,), (1e300,)]),
    "sqrt": (mp.sqrt, [(1e-200,), (2.0,), (1e200,)]),
    "cbrt": (lambda x: mp.sign(x) * mp.cbrt(abs(x)), [(1e-180,), (2.0,), (-27.0,), (1e170,)]),
    "sin": (mp.sin, [(0.0,), (1.0,), (1e-18,), (1e6,)]),
    "cos": (mp.cos, [(0.0,), (1.0,), (1e-18,), (1e6,)]),
    "tan": (mp.tan, [(0.0,), (1.0,), (1.5707,), (1e-18,)]),
    "asin": (mp.asin, [(0.0,), (1e-18,), (0.5,), (0.9999999999,), (-0.9999999999,)]),
    "acos": (mp.acos, [(0.0,), (1e-18,), (0.5,), (0.9999999999,), (-0.9999999999,)]),
    "atan": (mp.atan, [(0.0,), (1e-18,), (1.0,), (1e5,), (1e100,), (-1e150,)]),
    "atan2": (mp.atan2, [(1.0, 2.0), (-1.0, 2.0), (1e-5, 1e5), (1e100, 3e99), (3.0, 1e-8)]),
    "hypot": (mp.hypot, [(3.0, 4.0), (1e200, 1e200), (1e-200, 1e-200), (1e5, 1.0), (1.0, 1e5)]),
    "direction": (lambda x, y: x / mp.hypot(x, y), [(3.0, 4.0), (1e5, 1.0), (1.0, 1e5), (1e-18, 1.0)]),
    "one_minus_square": (lambda x: 1 - x * x, [(0.0,), (1e-18,), (0.9999999999,), (3.0,)]),
    "sinh": (mp.sinh, [(0.0,), (1e-18,), (1.0,), (-700.0,)]),
    "cosh": (mp.cosh, [(0.0,), (1e-18,), (1.0,), (-700.0,)]),
    "tanh": (mp.tanh, [(0.0,), (1e-18,), (0.5,), (20.0,), (-300.0,)]),
    "sech_squared": (lambda x: mp.sech(x) ** 2, [(0.0,), (1e-18,), (0.5,), (20.0,), (-300.0,)]),
    "asinh": (mp.asinh, [(0.0,), (1e-18,), (1.0,), (-1e5,), (1e100,)]),
    "acosh": (mp.acosh, [(1.0000001,), (2.0,), (1e100,)]),
    "atanh": (mp.atanh, [(0.0,), (1e-18,), (0.5,), (-0.9999999999,)]),
    "abs": (abs, [(2.5,), (-2.5,), (1e-300,)]),
    "sign": (mp.sign, [(2.5,), (-2.5,)]),
    "step": (lambda x: mpf(x > 0), [(2.5,), (-2.5,)]),
    "compare": (lambda x, y: mp.sign(x - y), [(1.0, 2.0), (2.0, 1.0)]),
    "maximum": (max, [(1.0, 2.0), (3.0, -1.0, 2.0)]),
    "minimum": (min, [(1.0, 2.0), (3.0, -1.0, 2.0)]),
    "where": (lambda c, x, y: x if abs(c) > 0.5 else y, [(1.0, 2.0, 3.0), (0.0, 2.0, 3.0)]),
    "relu": (lambda x: max(x, mpf(0)), [(2.5,), (-2.5,), (1e-300,)]),
    "leaky_relu": (lambda x, slope: x if x > 0 else slope * x, [(2.5, 0.01), (-2.5, 0.01)]),
    "elu": (lambda x, a: x if x > 0 else a * mp.expm1(x), [(2.5, 1.0), (-2.5, 0.7), (-1e-18, 1.0), (800.0, 1.0)]),
    "sigmoid": (mp.sigmoid if hasattr(mp, "sigmoid") else lambda x: 1 / (1 + mp.exp(-x)),
                [(0.0,), (1e-18,), (2.0,), (-40.0,), (40.0,), (-700.0,), (700.0,)]),
    "x_logistic_pdf": (lambda x: x * mp.exp(-x) / (1 + mp.exp(-x)) ** 2,
                       [(0.0,), (1e-18,), (2.0,), (-40.0,), (700.0,)]),
    "logistic_pdf": (lambda x: mp.exp(-x) / (1 + mp.exp(-x)) ** 2, [(0.0,), (1e-18,), (2.0,), (-40.0,), (700.0,)]),
    "logsigmoid": (lambda x: -mp.log1p(mp.exp(-x)), [(0.0,), (2.0,), (-40.0,), (40.0,), (-1000.0,), (700.0,)]),
    "softplus": (lambda x: mp.log1p(mp.exp(x)), [(0.0,), (2.0,), (-40.0,), (40.0,), (1000.0,), (-700.0,)]),
    "silu": (lambda x: x / (1 + mp.exp(-x)), [(0.0,), (1e-18,), (2.0,), (-40.0,), (40.0,), (-700.0,)]),
    "gelu": (lambda x: x * _cdf(x), [(0.0,), (1e-18,), (1.0,), (-3.0,), (-10.0,), (-37.0,), (10.0,)]),
    "gelu_tanh": (_gelu_tanh, [(0.0,), (1.0,), (-3.0,), (10.0,)]),
    "erf": (mp.erf, [(0.0,), (1e-18,), (0.5,), (-5.0,), (20.0,)]),
    "erfc": (mp.erfc, [(0.0,), (1e-18,), (0.5,), (-5.0,), (5.0,), (20.0,)]),
    "exp_minus_square": (lambda x: mp.exp(-x * x), [(0.0,), (1e-18,), (0.5,), (-5.3,), (25.7,)]),
    "normal_pdf": (_pdf, [(0.0,), (1e-18,), (0.5,), (-5.3,), (37.3,)]),
    "normal_cdf": (_cdf, [(0.0,), (1e-18,), (0.5,), (-5.3,), (-37.3,), (5.3,)]),
    "lgamma": (
        lambda x: mp.re(mp.loggamma(x)),
        [(0.5,), (1e-18,), (1.0000001,), (1.9999999,), (2.5,), (7.9,), (8.0,), (1e100,), (-0.25,), (-20.7,)],
    ),
    "digamma": (
        mp.digamma,
        [(0.5,), (1e-18,), (1.4616321449683623,), (1.4616,), (2.5,), (7.9,), (8.0,), (1e100,), (-0.25,), (-20.7,)],
    ),
    "sum": (lambda *xs: mp.fsum(xs), [(1.0, 2.0, 3.5), (1e16, 1.0, -1e16), (2.0,)]),
    "prod": (lambda *xs: mp.fprod(xs), [(1.5, -2.25, 3.0), (0.0, 2.0, 3.0), (0.0, 2.0, 0.0, 5.0), (1e200, 1e-200)]),
    "mean": (lambda *xs: mp.fsum(xs) / len(xs), [(1.0, 2.0, 3.5), (1e16, 1.0, -1e16), (1e308, 1.5e308)]),
    "dot": (_dot, [(1.0, 2.0, 3.0, 4.0), (1e16, 1.0, -1e16, 1.0, 1.0, 1.0)]),
    "affine": (lambda *xs: _dot(*xs[:-1]) + xs[-1], [(1.0, 2.0, 3.0, 4.0, 0.5), (-2.0, 3.0, 1.0)]),
    "logsumexp": (_logsumexp, [(1000.0, 1000.0), (0.5, -1.0, 2.0), (-1000.0, -1001.0), (40.0, 0.0), (3.0,)]),
    "logaddexp": (lambda x, y: _logsumexp(x, y), [(1000.0, 1000.0), (0.5, -1.0), (-1000.0, -1001.0), (40.0, 0.0)]),
    "softmax": (_softmax, [(1000.0, 1000.0), (0.5, -1.0, 2.0), (40.0, 0.0), (0.0, 40.0), (-700.0, 0.0)]),
    "log_softmax": (
        lambda *xs: xs[0] - _logsumexp(*xs),
        [(1000.0, 1000.0), (0.5, -1.0, 2.0), (40.0, 0.0), (0.0, 40.0), (1000.0, 0.0)],
    ),
}  # fmt: skip

# 4 ulp of the value, 64 of a derivative.  An entry below a thousandth of the largest second derivative of its row is
# held to that thousandth: where two terms of one Hessian entry cancel, the loss is in proportion to the terms.
VALUE_TOLERANCE = 4 * 2.0**-52
PARTIAL_TOLERANCE = 64 * 2.0**-52

CASES = [(name, point) for name, (_, points) in DOMAINS.items() for point in points]
each_point = pytest.mark.parametrize(("name", "point"), CASES, ids=[f"{name}{point}" for name, point in CASES])


def apply(name, operands):
    """The row called on operands that are laid out flat."""
    some = next(x for x in operands if isinstance(x, Value))
    return some._apply_primitive(TABLE[name], operands)


def close(found, true, tolerance, scale=0.0):
    true = mpf(true)
    if abs(true) > mpf(2) ** 1024:
        return found == mp.sign(true) * mp.inf
    return abs(mpf(found) - true) <= tolerance * max(abs(true), mpf(scale)) + mpf(2) ** -1074


def true_partials(name, point):
    """First and second partial derivatives by mpmath."""
    reference = DOMAINS[name][0]
    n = len(point)
    exact = [mpf(x) for x in point]
    unit = [[int(i == j) for i in range(n)] for j in range(n)]
    # mpmath differentiates by differences, at a step and a precision that we choose far beyond double precision
    sizes = [abs(x) for x in exact if x] or [mpf(1)]
    h = min(sizes) * mpf(10) ** -30
    digits = 150 + 3 * int(mp.log10(max([*sizes, mpf(1)]) / h))

    def diff(orders):
        with mp.workdps(digits):
            at, n_ = (exact, tuple(orders)) if n > 1 else (exact[0], orders[0])
            return mpmath.diff(lambda *xs: mpf(reference(*xs)), at, n_, h=h)

    first = [diff(unit[i]) for i in range(n)]
    second = [[diff([a + b for a, b in zip(unit[i], unit[j])]) for j in range(n)] for i in range(n)]
    return first, second


def test_every_row_has_a_domain_here():
    assert set(DOMAINS) == set(TABLE)


@each_point
def test_value_equals_mpmath(name, point):
    true = DOMAINS[name][0](*map(mpf, point))
    leaves = [Value(x) for x in point]
    assert close(apply(name, leaves).data, true, VALUE_TOLERANCE)
    numbers = TABLE[name].evaluate(list(point))
    assert numbers == apply(name, leaves).data


@each_point
def test_first_and_second_derivatives_equal_mpmath(name, point):
    first, second = true_partials(name, point)
    leaves = [Value(x) for x in point]
    result = apply(name, leaves)

    result.backward()
    by_backward = [x.grad for x in leaves]

    order = topological_order(result)
    by_forward = []
    for leaf in leaves:
        tangents = {leaf: 1.0}
        forward_sweep(order, tangents)
        by_forward.append(tangents.get(result, 0.0))

    adjoints = {result: 1.0}
    reverse_sweep(order, adjoints, record=True)
    recorded = [adjoints.get(x, 0.0) for x in leaves]

    scale = max(map(abs, first))
    for i in range(len(leaves)):
        assert close(by_backward[i], first[i], PARTIAL_TOLERANCE), (i, by_backward[i], float(first[i]))
        assert close(by_forward[i], first[i], PARTIAL_TOLERANCE)
        number = recorded[i].data if isinstance(recorded[i], Value) else recorded[i]
        assert close(number, first[i], PARTIAL_TOLERANCE, scale * 1e-16)

    scale = max(abs(entry) for row in second for entry in row) / 1000
    for i, gradient in enumerate(recorded):
        over_reverse, over_forward = second_derivatives(gradient, leaves)
        for j in range(len(leaves)):
            assert close(over_reverse[j], second[i][j], PARTIAL_TOLERANCE, scale), (
                i,
                j,
                over_reverse[j],
                float(second[i][j]),
            )
            assert close(over_forward[j], second[i][j], PARTIAL_TOLERANCE, scale), (
                i,
                j,
                over_forward[j],
                float(second[i][j]),
            )


@pytest.mark.filterwarnings("ignore:div.*overflows")  # the second derivative of a logarithm near 0
@each_point
def test_dual_numbers_equal_mpmath_to_third_order(name, point):
    first, second = true_partials(name, point)
    scale = max(abs(entry) for row in second for entry in row) / 1000
    for i in range(len(point)):

        def along(x, i=i):
            operands = [x if j == i else number for j, number in enumerate(point)]
            return x._apply_primitive(TABLE[name], operands)

        assert close(derivative(along)(point[i]), first[i], PARTIAL_TOLERANCE)
        assert close(derivative(along, 2)(point[i]), second[i][i], PARTIAL_TOLERANCE, scale)
        # third derivatives are not claimed to be free of cancellation: held to the size of their terms
        third = true_third(name, point, i)
        terms = max([abs(third), *(abs(second[i][i] / x) for x in point if x), abs(second[i][i])])
        assert close(derivative(along, 3)(point[i]), third, 1e-12, terms / 100)


def true_third(name, point, i):
    """∂³/∂xᵢ³ by mpmath."""
    h = (abs(mpf(point[i])) or mpf(1)) * mpf(10) ** -30
    with mp.workdps(700):  # differences of numbers near 1 that leave 1e-300

        def along(x):
            return mpf(DOMAINS[name][0](*[x if j == i else mpf(number) for j, number in enumerate(point)]))

        x = mpf(point[i])
        return (along(x + 2 * h) - 2 * along(x + h) + 2 * along(x - h) - along(x - 2 * h)) / (2 * h**3)


UNARY = [name for name, (_, points) in DOMAINS.items() if all(len(point) == 1 for point in points)]


@pytest.mark.filterwarnings("ignore::autograd.DomainWarning")  # where a derivative is beyond the largest number
@pytest.mark.parametrize("name", UNARY)
def test_higher_derivatives_are_no_difference_of_equals(name):
    reference, row = DOMAINS[name][0], getattr(primitives, name)
    for x in (1e-18, -3e-4, 0.7, -2.5, 31.0):
        h = abs(mpf(x)) * mpf(10) ** -25
        with mp.workdps(60 if name in ("lgamma", "digamma") else 260):
            if isinstance(reference(mpf(x)), mpmath.mpc):
                continue  # outside the domain
            if name in ("lgamma", "digamma"):  # whose values take mpmath long at so many digits
                true = [mp.polygamma(k - (name == "lgamma"), mpf(x)) if k else mp.nan for k in range(7)]
            else:
                series = mpmath.taylor(lambda t: mp.re(reference(t)), mpf(x), 6, h=h)
                true = [mp.factorial(k) * coefficient for k, coefficient in enumerate(series)]
        by_sweeps = row
        for k in range(1, 6):
            scale = abs(true[k]) + abs(x * true[k + 1])  # what rounding x alone may move it by
            found = [derivative(row, k)(x)]
            if k < 5:
                by_sweeps = grad(by_sweeps)
                found.append(by_sweeps(x))
            if scale < mpf(2) ** 1000:
                assert all(close(number, true[k], 400 * 2.0**-52, scale) for number in found), (x, k, found, true[k])


@pytest.mark.parametrize("name", ["silu", "gelu", "gelu_tanh", "softplus", "logsigmoid", "sigmoid", "tanh"])
@pytest.mark.parametrize("x", [math.inf, -math.inf, 1e308, -1e308, 1e200])
def test_activations_are_straight_lines_at_infinity(name, x):
    slope = grad(getattr(primitives, name))
    assert slope(x) == {"logsigmoid": x < 0, "sigmoid": 0, "tanh": 0}.get(name, x > 0)
    assert grad(slope)(x) == grad(grad(slope))(x) == 0.0


def second_derivatives(gradient, leaves):
    """A row of the Hessian, by a reverse and by a forward sweep over the recorded gradient."""
    if not isinstance(gradient, Value):
        return [0.0] * len(leaves), [0.0] * len(leaves)
    order = topological_order(gradient)
    adjoints = {gradient: 1.0}
    reverse_sweep(order, adjoints)
    forward = []
    for leaf in leaves:
        tangents = {leaf: 1.0}
        forward_sweep(order, tangents)
        forward.append(tangents.get(gradient, 0.0))
    return [adjoints.get(x, 0.0) for x in leaves], forward


@pytest.mark.parametrize("name", TABLE)
def test_constants_beside_values_get_no_partial(name):
    point = DOMAINS[name][1][0]
    for i in range(len(point)):
        operands = [Value(x) if j == i else x for j, x in enumerate(point)]
        result = apply(name, operands)
        assert [d is None for d in result.partials] == [j != i for j in range(len(point))]


@pytest.mark.parametrize("name", [name for name, row in TABLE.items() if row.arity in (1, 2)])
def test_methods_and_functions_are_the_row(name):
    point = DOMAINS[name][1][0]
    x, *others = (Value(number) for number in point)
    if name != "gelu_tanh":
        by_function = getattr(primitives, name)(x, *others)
        assert by_function.data == apply(name, [x, *others]).data
    assert getattr(x, name)(*others).data == apply(name, [x, *others]).data
    for alias in TABLE[name].aliases:
        assert getattr(np, alias)(x, *others).data == getattr(x, alias)(*others).data


@pytest.mark.parametrize("name", TABLE)
def test_row_states_its_facts(name):
    row = TABLE[name]
    assert row.name == name
    assert row.symbol
    assert "#" in row.latex or name == "affine"
    assert f"`{name}`" in markdown_table()
    assert callable(row.value)


@pytest.mark.parametrize("name", TABLE)
def test_help_tells_the_operands_and_the_facts(name):
    row = TABLE[name]
    text, operands = inspect.getdoc(row), inspect.signature(row).parameters
    assert text.startswith(f"The primitive {name}({', '.join(map(str, operands.values()))}):")
    assert row.domain in text
    assert row.rule in text
    assert "#" not in text
    assert row.pack or row.arity in (None, len(operands))
    if name in DOMAINS and not row.pack and row.arity:
        row(*DOMAINS[name][1][0][: len(operands)])


class WithoutSignature:
    """Told by no signature, as some built-in functions are, though which ones is another matter with each Python."""

    @property
    def __signature__(self):
        raise ValueError("no signature")

    def __call__(self, *xs):
        return xs


def test_help_of_a_row_of_ones_own_is_that_of_its_function():
    @primitive(partials=(lambda y, t: 3 * t * t,), latex="#1^3", domain="any t")
    def cube(t):
        """The cube of t."""
        return t * t * t

    assert inspect.getdoc(cube) == "The cube of t.\n\nFormula: t^3\nDefined: any t"
    assert str(inspect.signature(cube)) == "(t, /)"
    lowered = Primitive("double", None, (2.0,), lowering=lambda m, x: 2.0 * x, module="elsewhere")
    assert inspect.getdoc(lowered).startswith("The primitive double(x): ")
    packed = Primitive("packed", sum, lambda z, xs: [1.0] * len(xs), pack=WithoutSignature(), module="elsewhere")
    assert str(inspect.signature(packed)) == "(*xs)"
    keyed = Primitive("keyed", lambda x, y: x, (1.0, 0.0), pack=lambda x, *, y: (x, y), module="elsewhere")
    assert str(inspect.signature(keyed)) == "(x, /, *, y)"
    several = Primitive("several", lambda *xs: xs[0], (1.0, 0.0, 0.0, 0.0), module="elsewhere")
    assert str(inspect.signature(several)) == "(x1, x2, x3, x4, /)"
    assert inspect.getdoc(Primitive).startswith("One row of the table")
    assert [*inspect.signature(Primitive).parameters][:3] == ["name", "value", "partials"]


def test_documentation_table_is_current(request):
    written = (request.config.rootpath / "docs" / "primitives.md").read_text(encoding="utf-8")
    assert markdown_table() in written, (
        "run: python -m autograd.table.primitives, and put the table into docs/primitives.md"
    )


IEEE = [
    ("log", (0.0,), -math.inf), ("log", (-1.0,), math.nan), ("log1p", (-1.0,), -math.inf), ("log2", (0.0,), -math.inf),
    ("log10", (-2.0,), math.nan), ("sqrt", (-1.0,), math.nan), ("asin", (2.0,), math.nan), ("acos", (2.0,), math.nan),
    ("acosh", (0.5,), math.nan), ("atanh", (1.0,), math.inf), ("atanh", (-1.0,), -math.inf),
    ("atanh", (2.0,), math.nan),
    ("sin", (math.inf,), math.nan), ("div", (1.0, 0.0), math.inf), ("div", (-1.0, 0.0), -math.inf),
    ("div", (0.0, 0.0), math.nan), ("pow", (0.0, -1.0), math.inf), ("pow", (-0.0, -1.0), -math.inf),
    ("lgamma", (0.0,), math.inf), ("lgamma", (-3.0,), math.inf), ("digamma", (0.0,), -math.inf),
    ("digamma", (-0.0,), math.inf), ("digamma", (-1.0,), math.nan), ("xlogy", (1.0, 0.0), -math.inf),
    ("xlogy", (-1.0, 0.0), math.inf), ("xlogy", (2.0, -1.0), math.nan),
    ("pow", (-8.0, 1 / 3), math.nan), ("remainder", (1.0, 0.0), math.nan), ("floor_divide", (1.0, 0.0), math.inf),
]  # fmt: skip
OVERFLOW = [
    ("exp", (1000.0,), math.inf), ("exp2", (5000.0,), math.inf), ("expm1", (1000.0,), math.inf),
    ("sinh", (-1000.0,), -math.inf), ("cosh", (-1000.0,), math.inf), ("pow", (10.0, 400.0), math.inf),
    ("pow", (-10.0, 401.0), -math.inf), ("mul", (1e300, 1e300), math.inf), ("sum", (1.5e308, 1.5e308), math.inf),
    ("lgamma", (1e308,), math.inf), ("digamma", (1e-310,), -math.inf), ("prod", (1e300, 1e300), math.inf),
    ("dot", (1.5e308, 1.5e308, 1.0, 1.0), math.inf), ("hypot", (1.7e308, 1.7e308), math.inf),
]  # fmt: skip


def same(found, true):
    return found == true or (math.isnan(found) and math.isnan(true))


@pytest.mark.parametrize(("name", "point", "true"), IEEE)
def test_outside_the_domain_is_ieee_with_a_warning_that_names_the_operand(name, point, true):
    assert same(TABLE[name].evaluate(point), true)
    leaves = [Value(x, label="abc") for x in point]
    with pytest.warns(RuntimeWarning, match=rf"^{name}\({point[0]!r} \(abc\).* is outside its domain"):
        found = apply(name, leaves)
    assert same(found.data, true)


@pytest.mark.parametrize(("name", "point", "true"), OVERFLOW)
def test_overflow_is_infinite_with_a_warning_that_names_the_primitive(name, point, true):
    with pytest.warns(DomainWarning, match=rf"^{name}\({re.escape(repr(point[0]))}.* overflows: the result is"):
        found = apply(name, [Value(x) for x in point])
    assert same(found.data, true)


@pytest.mark.parametrize("name", TABLE)
@pytest.mark.filterwarnings("ignore::autograd.DomainWarning")
@pytest.mark.parametrize("special", [math.nan, math.inf, -math.inf, 0.0, -0.0, 5e-324, 1.7976931348623157e308])
def test_special_numbers_never_raise(name, special):
    for count in {len(point) for point in DOMAINS[name][1]}:
        leaves = [Value(special) for _ in range(count)]
        result = apply(name, leaves)
        assert isinstance(result.data, float)
        result.backward()
        assert all(isinstance(x.grad, float) for x in leaves)
        if math.isnan(special) and name not in ("step", "where", "pow"):  # nan**0 and where(nan, …) choose
            assert math.isnan(result.data)


def gradient(name, *point):
    leaves = [Value(x) for x in point]
    apply(name, leaves).backward()
    return [x.grad for x in leaves]


def test_ties_and_kinks_follow_their_rule():
    assert gradient("relu", 0.0) == [0.0]
    assert gradient("abs", 0.0) == [0.0]
    assert gradient("maximum", 2.0, 2.0) == [0.5, 0.5]
    assert gradient("minimum", 2.0, 2.0, 3.0) == [0.5, 0.5, 0.0]
    assert gradient("hypot", 0.0, 0.0) == [0.0, 0.0]
    assert gradient("leaky_relu", 0.0, 0.25)[0] == 0.25
    assert gradient("elu", 0.0, 1.5)[0] == 1.5
    assert gradient("pow", 0.0, 0.0)[0] == 0.0


def test_zero_to_a_power():
    x = Value(0.0)
    for exponent, true in ((0, 0.0), (1, 1.0), (2, 0.0), (3, 0.0)):
        x.grad = 0.0
        (x**exponent).backward()
        assert x.grad == true
    y = x**2
    adjoints = {y: 1.0}
    reverse_sweep(topological_order(y), adjoints, record=True)
    adjoints[x].zero_grad()
    adjoints[x].backward()
    assert x.grad == 2.0


def test_the_branch_not_taken_cannot_poison_the_gradient():
    x = Value(0.0)
    y = primitives.where(x > 0.0, x.sqrt(), x * 3.0)
    y.backward()
    assert x.grad == 3.0


@pytest.mark.filterwarnings("ignore::autograd.DomainWarning")
def test_the_slope_of_a_power_is_never_complex():
    x = Value(-0.5)
    (x**0.3).backward()
    assert math.isnan(x.grad)


def test_a_share_of_nothing_beside_another():
    assert primitives.log_softmax([-math.inf, -math.inf, 0.0]) == [-math.inf, -math.inf, 0.0]


# ---------------------------------------------------------------- facts

FINITE = [0.0, -0.0, 5e-324, -1e-310, 1e-9, -0.5, 1.0, -27.9, 40.5, -745.2, 1e154, -1e200, 1.7976931348623157e308]


@pytest.mark.parametrize("name", [name for name, row in TABLE.items() if row.bounded])
def test_a_bounded_row_is_finite_wherever_its_operands_are(name):
    row = TABLE[name]
    for point in itertools.product(FINITE, repeat=row.arity or 3):
        assert math.isfinite(row.evaluate(point)), point


@pytest.mark.parametrize("name", [name for name, row in TABLE.items() if row.arity and row.value.__class__ is partial])
def test_a_formula_on_floats_never_raises(name):
    row = TABLE[name]
    for point in itertools.product([*FINITE, math.inf, -math.inf, math.nan], repeat=row.arity):
        assert row.value(*point).__class__ is float, point  # not `evaluate`, which would ask `outside`


def test_a_partial_of_0_of_a_gate_is_0_around_the_point_too():
    for row in TABLE.values():
        if row.gate:
            for point in itertools.product((-1.5, 0.25, 2.5), repeat=row.arity or 3):
                there = [node_partials(row, [x + shift for x in point]) for shift in (-1e-9, 0.0, 1e-9)]
                if 0.0 in there[1]:
                    assert there[0] == there[1] == there[2], (row, point)


def node_partials(row, point):
    return list(row.apply(*[Value(x) for x in point]).partials)


def test_a_jump_moves_by_more_than_a_rounding():
    for row in TABLE.values():
        if row.jumps:
            at = 0.0 if row.name in ("sign", "step") else 1.0
            below, above = (row.evaluate([x, 1.0][: row.arity]) for x in (at - 2.0**-53, at + 2.0**-52))
            assert abs(above - below) >= 1.0 - 2.0**-50, row


@pytest.mark.parametrize("name", [name for name, row in TABLE.items() if row.largest_slope])
def test_the_largest_slope_is_the_largest(name):
    slopes = [gradient(name, x / 16.0)[0] for x in range(-200, 201)]
    assert max(map(abs, slopes)) == TABLE[name].largest_slope
    assert slopes[0] < 0.01 > slopes[-1]


@pytest.mark.parametrize("name", [name for name, row in TABLE.items() if row.share])
def test_the_others_of_a_share_have_no_order(name):
    row = TABLE[name]
    assert {row.evaluate([0.5, *others]) for others in itertools.permutations([0.1, -2.0, 3.0])} == {
        row.evaluate([0.5, 0.1, -2.0, 3.0])
    }


@pytest.mark.parametrize("name", [name for name, row in TABLE.items() if row.parts])
def test_parts_of_a_sum_of_products_are_what_it_packs(name):
    row = TABLE[name]
    bias = ["b"] if name == "affine" else []
    flat = row.pack(["w1", "w2"], ["x1", "x2"], *bias)
    assert row.parts(flat) == (("w1", "w2"), ("x1", "x2"), tuple(bias))
    assert row.parts(flat).operands == flat


def test_a_row_without_a_value_needs_a_lowering():
    with pytest.raises(TypeError, match="has a value, or a lowering"):
        Primitive("nothing", None, (0.0,))


def test_a_row_of_ones_own_may_be_told_by_its_lowering_alone():
    def softsign(m, x):
        return x / (1.0 + m.abs(x))

    row = Primitive("softsign", None, (lambda y, x: 1.0 / (1.0 + abs(x)) ** 2.0,), lowering=softsign)
    assert row(-3.0) == -0.75
    x = Value(1.0)
    row(x).backward()
    assert x.grad == 0.25
    several = Primitive(
        "several", None, lambda z, xs: [1.0] * len(xs), lowering=lambda m, *xs: m.where(xs[0] < 0.0, 0.0, xs[1])
    )
    assert several.evaluate([-1.0, 2.0]) == 0.0
    assert several.evaluate([1.0, 2.0]) == 2.0
    named = Primitive("named", None, (lambda y, x: y,), lowering="exp")
    assert named(0.0) == 1.0
    assert named(1000.0) == math.inf


# ---------------------------------------------------------------- derivatives of powers

SPECIAL_POWERS = {  # the Hessian, and the limit where there is one
    (0.0, 1.0): [[0.0, -math.inf], [-math.inf, 0.0]],
    (0.0, 2.0): [[2.0, 0.0], [0.0, 0.0]],
    (0.0, 0.0): [[0.0, 0.0], [0.0, 0.0]],
    (0.0, 0.5): [[-math.inf, -math.inf], [-math.inf, 0.0]],
    (math.nan, 0.0): [[0.0, math.nan], [math.nan, math.nan]],
    (5e-324, 0.0): [[0.0, math.inf], [math.inf, math.log(5e-324) ** 2]],
    (math.inf, -1.0): [[0.0, 0.0], [0.0, 0.0]],
    (-3.0, 2.0): [[2.0, math.nan], [math.nan, math.nan]],
}


@pytest.mark.filterwarnings("ignore::autograd.DomainWarning")
@pytest.mark.parametrize(
    "way", [hessian, lambda f: jacfwd(jacfwd(f)), lambda f: jacrev(jacrev(f)), lambda f: jit(hessian(f))]
)
@pytest.mark.parametrize("point", SPECIAL_POWERS, ids=str)
def test_the_hessian_of_a_power_at_special_points(point, way):
    found = way(lambda v: v[0] ** v[1])(list(point))
    assert all(same(a, b) for row, right in zip(found, SPECIAL_POWERS[point], strict=True) for a, b in zip(row, right))


@pytest.mark.parametrize(("k", "m"), [(k, m) for k in range(5) for m in range(5) if k + m])
def test_every_derivative_of_a_power_equals_mpmath(k, m):
    def derivative_of(f, times, argnum):
        for _ in range(times):
            f = grad(f, argnum)
        return f

    f = (
        derivative_of(derivative_of(lambda x, y: x**y, k, 0), m, 1)
        if k + m <= 4
        else primitives._power_derivative(k, m)
    )
    for x, y in [(2.0, 3.0), (0.3, 0.7), (1.5, -2.5), (3.0, 0.0), (0.5, 2.0), (2.0, 1.0)]:
        with mp.workdps(60):
            true = mpmath.diff(mp.power, (mpf(x), mpf(y)), (k, m))
        assert close(f(x, y), true, 1e-13, scale=1e-3)


def test_silu_keeps_its_digits_where_the_exponential_is_no_normal_number():
    for x in (-709.5, -730.0, -744.0):
        exact = mpf(x)
        assert close(primitives.silu(x), exact / (1 + mp.exp(-exact)), VALUE_TOLERANCE)
        assert close(grad(primitives.silu)(x), (1 + exact) * mp.exp(exact), PARTIAL_TOLERANCE, scale=mpf(2) ** -1060)
