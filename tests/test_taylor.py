"""Taylor mode: all derivatives of one number or along a direction, from the partials of the table."""

import math

import mpmath
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import mp, mpf

from autograd import (
    AnomalyError,
    Value,
    checkpoint,
    cos,
    derivative,
    detect_anomaly,
    exp,
    grad,
    gradient,
    hessian,
    jit,
    jvp,
    lgamma,
    linearize,
    log,
    no_grad,
    primitive,
    relu,
    sin,
    sqrt,
    sum,
    tanh,
    taylor,
    vjp,
    where,
)
from tests.test_law import function_of, programs
from tests.test_table import DOMAINS, TABLE

SMOOTH = {  # points that are no kinks and not so far out that the series is 0
    name: next(point for point in points if all(0.4 < abs(x) < 50.0 or x == 0.01 for x in point))
    for name, (_, points) in DOMAINS.items()
}
ORDER = 12


@pytest.mark.parametrize("name", SMOOTH)
def test_each_row_equals_mpmath(name):
    """Along the line on which all operands move, each at its own speed."""
    reference, point = DOMAINS[name][0], SMOOTH[name]
    speeds = [1.0 - 0.25 * i for i in range(len(point))]

    def along(t):
        operands = [x + v * t for x, v in zip(point, speeds)]
        return operands[0]._apply_primitive(TABLE[name], operands)

    found = taylor(along, 0.0, ORDER)
    with mp.workdps(80):
        if name in ("lgamma", "digamma"):  # whose values take mpmath long at so many digits
            first = 1 if name == "lgamma" else 0
            slopes = [mp.polygamma(k - first, mpf(*point)) / mp.factorial(k) for k in range(first, ORDER + 1)]
            true = [mp.loggamma(mpf(*point)), *slopes] if first else slopes
        else:
            moved = lambda t: mpf(reference(*[mpf(x) + mpf(v) * t for x, v in zip(point, speeds)]))
            true = mpmath.taylor(moved, mpf(0), ORDER)
    largest = max(map(abs, true))
    for k, (a, b) in enumerate(zip(found, true, strict=True)):  # small ones, which come of cancellation, to 1e-15
        assert abs(mpf(a) - b) <= 1e-13 * max(abs(b), largest / 100), (k, a, b)


def test_the_cost_is_no_power_of_the_order():
    found = taylor(lambda x: exp(sin(x)), 0.7, 170)
    with mp.workdps(60):
        true = mpmath.taylor(lambda x: mp.exp(mp.sin(x)), mpf(0.7), 40)
    assert found[:41] == pytest.approx([float(x) for x in true], rel=1e-13)
    assert derivative(exp, 170)(0.0) == pytest.approx(1.0, rel=1e-13)
    assert derivative(lambda x: 1.0 / (1.0 - x), 170)(0.0) == pytest.approx(math.factorial(170), rel=1e-13)


def test_rows_whose_derivatives_are_ever_new_rows():
    """polygamma(1, x), polygamma(2, x), …"""
    assert taylor(lgamma, 2.5, 60)[60] == pytest.approx(float(mp.psi(59, 2.5)) / math.factorial(60), rel=1e-12)


def nested(f, n):
    """By dual numbers in dual numbers."""
    for _ in range(n):
        f = lambda x, f=f: jvp(f, (x,), (1.0,))[1]
    return f


@settings(max_examples=150, deadline=None)
@given(programs(), st.sampled_from((1.0, -1.0, 2.5, -0.5)), st.integers(2, 4))
@pytest.mark.filterwarnings("ignore::autograd.DomainWarning")
def test_derivatives_equal_those_of_nested_dual_numbers(steps, x, n):
    f = lambda t: function_of(steps)(t, 0.75)
    a, b = derivative(f, n)(x), nested(f, n)(x)
    if math.isfinite(a) and math.isfinite(b):
        assert a == pytest.approx(b, rel=1e-7, abs=1e-7 * max(1.0, abs(f(x)) if math.isfinite(f(x)) else 1.0))


@settings(max_examples=60, deadline=None)
@given(programs(), st.sampled_from((1.0, 2.5, -0.5)), st.integers(1, 3))
@pytest.mark.filterwarnings("ignore::autograd.DomainWarning")
def test_the_gradient_of_coefficients_is_the_coefficient_of_gradients(steps, x, k):
    """∂/∂w of the k-th coefficient in x, through the series, and the k-th coefficient of ∂f/∂w."""
    f = function_of(steps)
    outside = grad(lambda w: taylor(lambda t: f(t, w), x, k)[k])(0.75)
    inside = taylor(lambda t: grad(lambda w: f(t, w))(0.75), x, k)[k]
    if math.isfinite(outside) and math.isfinite(inside):
        assert outside == pytest.approx(inside, rel=1e-7, abs=1e-7)


def f(x):
    return sin(x) * exp(x) / (x * x + 1.0)


@pytest.mark.parametrize(
    "way",
    [
        lambda g: derivative(g, 3),
        lambda g: derivative(derivative(g, 2)),
        lambda g: derivative(derivative(g), 2),
        lambda g: grad(derivative(g, 2)),
        lambda g: derivative(grad(g), 2),
        lambda g: grad(grad(derivative(g))),
        lambda g: derivative(lambda x: hessian(g)(x)),
        lambda g: lambda x: linearize(derivative(g, 2), x)[1](1.0),
        lambda g: lambda x: vjp(derivative(g, 2), x)[1](1.0)[0],
        lambda g: derivative(lambda x: linearize(derivative(g), x)[1](1.0)),
        lambda g: derivative(checkpoint(g), 3),
        lambda g: jit(derivative(g, 3)),
        lambda g: jit(grad(derivative(g, 2))),
        lambda g: derivative(jit(g), 3),
        lambda g: lambda x: 6.0 * taylor(g, x, 3)[3],
        lambda g: lambda x: 6.0 * taylor(lambda p: g(p["x"]), {"x": x}, 3, v={"x": 1.0})[3],
    ],
)
def test_it_nests_with_every_transform(way):
    assert way(f)(0.7) == pytest.approx(nested(f, 3)(0.7), rel=1e-12)


def test_levels_are_kept_apart():
    assert derivative(lambda x: x * derivative(lambda y: x * y**3, 2)(x), 2)(2.0) == pytest.approx(36.0 * 2.0)
    assert taylor(lambda x: taylor(lambda y: x + y, 5.0, 2)[1] * x, 3.0, 2) == [3.0, 1.0, 0.0]


def test_a_direction_in_several_variables():
    g = lambda p: [p[0] ** 2 * p[1], {"exp": exp(p[0] * p[1])}]
    found = taylor(g, [2.0, 3.0], 3, v=[1.0, -1.0])
    along = lambda k, pick: taylor(lambda t: pick(g([2.0 + t, 3.0 - t])), 0.0, 3)[k]
    for k in range(4):
        assert found[k][0] == pytest.approx(along(k, lambda y: y[0]), rel=1e-14)
        assert found[k][1]["exp"] == pytest.approx(along(k, lambda y: y[1]["exp"]), rel=1e-14)


def test_kinks_and_gates():
    assert taylor(relu, 0.0, 3) == [0.0, 0.0, 0.0, 0.0]
    assert taylor(lambda x: abs(x) * x, -2.0, 3) == [-4.0, 4.0, -1.0, 0.0]
    assert taylor(lambda x: where(x > 0.0, x, sqrt(x)), 2.0, 2) == [2.0, 1.0, 0.0]  # what is not taken poisons nothing
    assert taylor(lambda x: where(0.0, sqrt(x), x), 0.0, 2) == [0.0, 1.0, 0.0]
    assert taylor(lambda x: x**3, 0.0, 4) == [0.0, 0.0, 0.0, 1.0, 0.0]
    assert taylor(lambda x: sum([x, 2.0 * x, 1.0]), 1.0, 2) == [4.0, 3.0, 0.0]
    assert taylor(lambda _: 5.0, 1.0, 2) == [5.0, 0.0, 0.0]
    with no_grad():  # as every transform, it records what it needs
        assert taylor(lambda x: x * x, 3.0, 2) == [9.0, 6.0, 1.0]


def test_what_is_not_recorded_is_a_constant():
    def g(x):
        with no_grad():
            y = x * x
        return y * x + x.detach()

    assert taylor(g, 3.0, 2) == [30.0, 9.0, 0.0]


def test_poles_are_told():
    assert taylor(sqrt, 0.0, 2) == [0.0, math.inf, -math.inf]
    with pytest.warns(match="log.* outside its domain"):
        assert taylor(log, 0.0, 1) == [-math.inf, math.inf]
    with pytest.warns(match="mul.*nan, because"):
        assert taylor(lambda x: sqrt(x) * sqrt(x), 0.0, 1)[0] == 0.0
    with detect_anomaly(), pytest.raises(AnomalyError, match="sqrt"):
        taylor(lambda x: sqrt(x) * 2.0, 0.0, 2)


def test_rows_of_ones_own():
    cubed = primitive(partials=(lambda z, x: 3.0 * x * x,))(lambda x: x**3)
    assert taylor(lambda x: cubed(x), 2.0, 4) == [8.0, 12.0, 6.0, 1.0, 0.0]
    opaque = primitive(partials=(lambda z, x: math.cos(x),))(lambda x: math.sin(x))
    assert derivative(opaque)(1.0) == math.cos(1.0)
    with pytest.raises(TypeError, match="to a plain number"):
        taylor(opaque, 1.0, 2)


@pytest.mark.parametrize("order", [-1, 1.5, True, 171])
def test_orders_that_are_none_are_refused(order):
    with pytest.raises(ValueError, match="taylor: order must be"):
        taylor(sin, 1.0, order)


def test_a_graph_is_recorded_through_it():
    x, w = Value(0.5), Value(2.0)
    coefficients = taylor(lambda t: tanh(w * t) + x, x, 2)
    assert gradient(coefficients[1], w) == pytest.approx(derivative(lambda v: v * (1.0 - tanh(v * 0.5) ** 2))(2.0))
    assert taylor(cos, 0.0, 0) == [1.0]
