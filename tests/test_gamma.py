"""`polygamma` of every order; products with zeros; what is made of rows: `square`, `reciprocal`, `rsqrt`, `clamp`."""

import itertools
import math
import pickle
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import mp, mpf

import autograd
from autograd import (
    DomainWarning,
    Value,
    clamp,
    derivative,
    digamma,
    grad,
    gradcheck,
    hessian,
    jit,
    jvp,
    lgamma,
    polygamma,
    primitives,
    prod,
    program,
    reciprocal,
    rsqrt,
    square,
    taylor,
    value_and_grad,
    xlogy,
)

mp.dps = 60

POINTS = [1e-30, 1e-3, 0.3, 0.5, 1.0, 1.4616321449683623, 2.0, 3.7, 7.5, 8.0, 9.0, 12.25, 20.0, 150.0, 1e6,
          -1e-30, -1e-3, -0.3, -0.75, -1.1, -2.6, -19.9, -1000.2]  # fmt: skip


def near(found, true, terms=0.0, units=8):
    """Within so many units in the last place of the number, or of the larger of the terms it is a difference of."""
    if abs(true) > mpf(2) ** 1024:
        return found == mp.sign(true) * mp.inf
    return abs(mpf(found) - true) <= units * mpf(2) ** -52 * max(abs(true), terms) + 8 * mpf(2) ** -1074


@pytest.mark.filterwarnings("ignore:polygamma.*overflows")  # near 0, the higher ones
@pytest.mark.parametrize("order", [1, 2, 3, 4, 5, 10, 30, 100])
def test_polygamma_equals_mpmath_and_so_does_its_derivative(order):
    for x in POINTS:
        terms = abs(mp.psi(order, 1 - mpf(x))) if x < 0 else 0.0
        assert near(polygamma(order, x), mp.psi(order, mpf(x)), terms, 8 + order), x
        if order < 100:
            terms = abs(mp.psi(order + 1, 1 - mpf(x))) if x < 0 else 0.0
            assert near(derivative(lambda y: polygamma(order, y))(x), mp.psi(order + 1, mpf(x)), terms, 9 + order), x


@settings(deadline=None)
@given(st.integers(0, 6), st.floats(1e-6, 1e6))
def test_polygamma_of_what_is_positive_has_all_its_digits(order, x):
    assert near(polygamma(order, x), mp.psi(order, mpf(x)))


@settings(deadline=None)
@given(st.floats(1e-300, 1e300))
def test_lgamma_of_what_is_positive_has_all_its_digits(x):
    assert near(lgamma(x), mp.loggamma(mpf(x)), units=4)


@settings(deadline=None)
@given(st.integers(-60, -1), st.floats(2.0**-60, 0.5), st.sampled_from([-1, 1]))
def test_lgamma_and_digamma_of_what_is_negative_have_the_digits_of_their_reflection(whole, away, side):
    x = whole + side * away
    if x.is_integer():
        return
    sine, cotangent = mp.sin(mp.pi * mpf(x)), mp.cot(mp.pi * mpf(x))
    terms = max(mp.loggamma(1 - mpf(x)), abs(mp.log(abs(sine))))
    assert near(lgamma(x), mp.re(mp.loggamma(mpf(x))), terms)
    assert near(digamma(x), mp.digamma(mpf(x)), max(mp.digamma(1 - mpf(x)), mp.pi * abs(cotangent)))


def test_every_order_of_the_derivative_of_lgamma_is_a_row():
    found = taylor(lgamma, 2.5, 12)
    for k, coefficient in enumerate(found[1:]):
        assert near(coefficient, mp.psi(k, mpf(2.5)) / mp.factorial(k + 1), units=64)
    by_reverse = grad(grad(grad(grad(lgamma))))(2.5)
    assert near(by_reverse, mp.psi(3, mpf(2.5)), units=16)
    assert gradcheck(lambda x: lgamma(x) * digamma(x) + polygamma(2, x), [1.3])


@pytest.mark.parametrize("back_end", ["llvm", "numpy", "interpreter"])
def test_machine_code_of_any_order_gives_the_same(back_end):
    xs = np.array([*POINTS, 5e-324, math.inf, -math.inf, math.nan, 0.0, -0.0, -1.0, -7.0])
    for order in (1, 2, 5, 20):
        found = jit(lambda x, order=order: polygamma(order, x), backend=back_end)(xs)
        for x, y in zip(xs.tolist(), found.tolist(), strict=True):
            true = polygamma(order, x)
            assert y == true or (y != y and true != true) or math.isclose(y, true, rel_tol=1e-11), (order, x, y, true)


def test_at_a_pole_polygamma_is_what_it_tends_to_from_both_sides():
    for x in (0.0, -0.0, -1.0, -6.0):
        assert polygamma(1, x) == polygamma(3, x) == math.inf
        side = -math.copysign(math.inf, x)
        assert polygamma(2, x) == side if x == 0.0 else math.isnan(polygamma(2, x))
    assert polygamma(1, math.inf) == 0.0
    assert math.isnan(polygamma(1, -math.inf))
    assert math.isnan(polygamma(1, math.nan))
    with pytest.warns(DomainWarning, match=r"^polygamma_1\(-3.0 \(x\)\) is outside its domain, x not 0, -1, -2"):
        polygamma(1, Value(-3.0, label="x"))


@pytest.mark.parametrize("order", [-1, 101, 1.5, "1", True, None, Value(1.0)])
def test_an_order_that_is_none_is_refused(order):
    with pytest.raises(ValueError, match="polygamma: the order n must be a whole number from 0 to 100, not"):
        polygamma(order, 1.0)
    assert polygamma(0, 1.5) == digamma(1.5)
    assert polygamma(2.0, 1.5) == polygamma(np.int64(2), 1.5) == polygamma(2, 1.5)


def test_a_row_that_was_made_when_asked_for_is_found_in_another_process():
    x = Value(1.5, label="x")
    y = polygamma(7, x)
    code = f"import pickle; print(repr(pickle.loads({pickle.dumps(y)!r}).primitive.evaluate([1.5])))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert float(found) == y.data
    printed = f"{program(y)}\nprint(repr(f(1.5)[0]))"
    found = subprocess.run([sys.executable, "-c", printed], capture_output=True, text=True, check=True).stdout
    assert float(found) == y.data
    with pytest.raises(AttributeError):
        _ = primitives.polygamma_0
    with pytest.raises(AttributeError):
        _ = primitives.polygamma_101


# ---------------------------------------------------------------- x·ln y


def test_the_entropy_of_a_sure_thing():
    assert xlogy(0.0, 0.0) == xlogy(0.0, -1.0) == 0.0
    assert math.isnan(xlogy(0.0, math.nan))
    p = [Value(0.0), Value(1.0)]
    y = sum(xlogy(1.0 - x, 1.0 - x) for x in p)
    y.backward()
    assert p[0].grad == -1.0
    assert hessian(lambda v: xlogy(v[0], v[1]))([0.0, 4.0]) == [[0.0, 0.25], [0.25, 0.0]]
    assert grad(lambda v: xlogy(v[0], v[1]))([0.0, 0.0])[1] == 0.0


# ---------------------------------------------------------------- products

few = st.lists(st.sampled_from([0.0, 0.0, -0.0, 1.0, -2.0, 0.5, 3.0]), max_size=6)


@settings(deadline=None)
@given(few)
def test_partials_of_a_product_are_products_of_the_others_in_any_order_of_derivative(xs):
    def without(*left_out):
        return math.prod(x for i, x in enumerate(xs) if i not in left_out)

    n = len(xs)
    assert prod(xs) == math.prod(xs)
    leaves = [Value(x) for x in xs]
    made = prod(leaves)
    if n:
        made.backward()
    assert [x.grad for x in leaves] == [without(i) for i in range(n)]
    mixed = [[0.0 if i == j else without(i, j) for j in range(n)] for i in range(n)]
    assert (hessian(prod)(xs) if n else []) == mixed
    for i, j, k in itertools.combinations(range(n), 3):

        def of_three(a, b, c, at=(i, j, k)):
            given = dict(zip(at, (a, b, c), strict=True))
            return prod([given.get(m, x) for m, x in enumerate(xs)])

        assert grad(grad(grad(of_three), 1), 2)(xs[i], xs[j], xs[k]) == without(i, j, k)
    if n:
        value, gradient = jit(value_and_grad(prod))(xs)
        assert (value, gradient) == (math.prod(xs), [without(i) for i in range(n)])


def test_a_product_is_a_row_of_many_operands_and_no_method():
    assert not hasattr(Value(1.0), "prod")
    x = Value(2.0, label="x")
    assert str(autograd.expression(prod([x, 3.0, x]))) == "3*x**2"
    assert np.prod([x, x]).data == 4.0
    with pytest.raises(TypeError, match="prod: operand 2 must be one real number"):
        prod([1.0, "a"])


# ---------------------------------------------------------------- made of rows


@pytest.mark.parametrize(
    ("function", "x", "value", "slope"),
    [(square, -3.0, 9.0, -6.0), (reciprocal, 4.0, 0.25, -0.0625), (rsqrt, 4.0, 0.5, -0.0625),
     (clamp, 0.5, 0.5, 1.0), (clamp, 2.0, 1.0, 0.0), (clamp, -2.0, -1.0, 0.0), (clamp, 1.0, 1.0, 0.5)],
)  # fmt: skip
def test_functions_made_of_rows_are_methods_of_every_number(function, x, value, slope):
    bounds = (-1.0, 1.0) if function is clamp else ()
    leaf = Value(x)
    made = function(leaf, *bounds)
    made.backward()
    assert (made.data, leaf.grad) == (value, slope)
    assert getattr(Value(x), function.__name__)(*bounds).data == value
    assert function(x, *bounds) == value
    assert jvp(lambda y: getattr(y, function.__name__)(*bounds), (x,), (1.0,)) == (value, slope)
    assert function.__name__ in autograd.__all__


def test_what_a_clamp_keeps_out_never_arrives():
    x = Value(0.0)
    with pytest.warns(DomainWarning):
        bounded = clamp(x.log(), -5.0, 5.0)
    bounded.backward()
    assert (bounded.data, x.grad) == (-5.0, 0.0)
    assert grad(lambda x: jit(lambda y: clamp(y, -5.0, 5.0))(x))(-7.0) == 0.0


def test_clamp_needs_a_bound_and_takes_one_or_recorded_ones():
    with pytest.raises(TypeError, match="clamp: give min, max or both"):
        clamp(1.0)
    low, high = Value(-1.0), Value(-2.0)
    made = Value(3.0).clamp(low, high)  # the larger bound below the smaller one: max it is, as in PyTorch
    made.backward()
    assert (made.data, low.grad, high.grad) == (-2.0, 0.0, 1.0)
    assert clamp(-3.0, min=0.0) == 0.0
    assert clamp(3.0, max=1.0) == 1.0
    assert math.isnan(clamp(math.nan, 0.0, 1.0))


def test_what_has_no_reciprocal_is_infinite_with_a_warning():
    with pytest.warns(DomainWarning, match="div"):
        assert reciprocal(Value(0.0)).data == math.inf
    with pytest.warns(DomainWarning, match="div"):
        assert rsqrt(Value(0.0)).data == math.inf
    assert rsqrt(0.0) == math.inf
