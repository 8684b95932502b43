"""Transforms: every mode gives the same derivative, in every order of nesting, in the structure of the arguments."""

import inspect
import itertools
import math
from collections import Counter, OrderedDict, defaultdict, namedtuple
from unittest import mock

import numpy as np
import pytest

import autograd
from autograd import (
    DomainWarning,
    Value,
    derivative,
    directional_derivative,
    exp,
    grad,
    gradient,
    hessian,
    hvp,
    jacfwd,
    jacobian,
    jacrev,
    jit,
    jvp,
    linearize,
    log,
    no_grad,
    sin,
    taylor,
    value_and_grad,
    vjp,
    vmap,
    where,
)
from autograd.core.tree import flatten, take_apart
from autograd.transforms import functions

FIRST = {
    "grad": grad,
    "jvp": lambda f: lambda x: jvp(f, (x,), (1.0,))[1],
    "vjp": lambda f: lambda x: vjp(f, x)[1](1.0)[0],
    "jacfwd": jacfwd,
    "jacrev": jacrev,
    "derivative": derivative,
    "linearize": lambda f: lambda x: linearize(f, x)[1](1.0),
}
NESTED = list(itertools.product(FIRST, FIRST))


@pytest.mark.parametrize("name", FIRST)
def test_first_derivative_in_every_mode(name):
    true = math.cos(1.3) * 1.69 + math.sin(1.3) * 2.6
    assert FIRST[name](lambda x: sin(x) * x**2)(1.3) == pytest.approx(true, rel=1e-15)
    assert isinstance(FIRST[name](sin)(1), float)
    assert FIRST[name](lambda x: 3.0)(1.0) == 0.0
    assert FIRST[name](lambda x: x)(1.0) == 1.0


@pytest.mark.parametrize(("outer", "inner"), NESTED)
def test_nesting_in_every_order(outer, inner):
    second = FIRST[outer](FIRST[inner](lambda x: exp(2.0 * x) * x))
    assert second(0.3) == pytest.approx(math.exp(0.6) * (4 * 0.3 + 4), rel=1e-14)


@pytest.mark.parametrize(("outer", "inner"), NESTED)
def test_perturbations_are_not_confused(outer, inner):
    """d/dx [x · d/dy (x + y)] = 1: the inner derivative must not see the outer one's perturbation."""
    assert FIRST[outer](lambda x: x * FIRST[inner](lambda y: x + y)(1.0))(1.0) == 1.0
    # d/dx [x · d/dy (x y²) at y = x] = d/dx 2x³
    assert FIRST[outer](lambda x: x * FIRST[inner](lambda y: x * y * y)(x))(3.0) == pytest.approx(54.0, rel=1e-14)
    # with a constant point inside: d/dx [d/dy (x² y³) at 2] = 24 x
    assert FIRST[outer](lambda x: FIRST[inner](lambda y: x * x * y**3)(2.0))(5.0) == pytest.approx(120.0, rel=1e-14)


@pytest.mark.parametrize("names", list(itertools.product(["grad", "jvp", "vjp", "jacfwd", "linearize"], repeat=3)))
def test_three_deep_in_every_order(names):
    f = lambda x: sin(x) * exp(x)
    for name in names:
        f = FIRST[name](f)
    assert f(0.4) == pytest.approx(2 * math.exp(0.4) * (math.cos(0.4) - math.sin(0.4)), rel=1e-13)


@pytest.mark.parametrize(("f", "x", "message"), [
    (log, 0.0, r"log\(0.0\) is outside its domain"),
    (exp, 1e3, r"exp\(1000.0\) overflows"),
    (lambda x: 1.0 / x, 0.0, r"div\(1.0, 0.0\) is outside its domain"),
])  # fmt: skip
@pytest.mark.parametrize("way", ["grad", "jvp", "jacfwd", "derivative", "linearize"])
def test_every_mode_warns_of_a_pole_and_an_overflow(way, f, x, message):
    with pytest.warns(DomainWarning, match=message) as caught:
        FIRST[way](f)(x)
    assert {warning.filename for warning in caught} == {__file__}


Pair = namedtuple("Pair", "left right")


def test_results_have_the_structure_of_the_arguments():
    def f(p):
        return p["w"][0] * p["w"][1] + p["pair"].left * p["pair"].right + (p["none"] or 0.0)

    point = {"w": (2.0, 3.0), "pair": Pair(4.0, [5.0][0]), "none": None}
    assert grad(f)(point) == {"w": (3.0, 2.0), "pair": Pair(5.0, 4.0), "none": None}
    value, tangent = jvp(lambda x, y: {"sum": x[0] + y, "both": (x[0] * y, x[1])}, ([1.0, 2.0], 3.0), ([1.0, 0.0], 0.0))
    assert value == {"sum": 4.0, "both": (3.0, 2.0)}
    assert tangent == {"sum": 1.0, "both": (3.0, 0.0)}


def test_numpy_arrays_come_back_as_arrays():
    A = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    x = np.array([0.5, -1.0])
    g = grad(lambda x: (A @ x) @ (A @ x))(x)
    assert isinstance(g, np.ndarray)
    assert g.dtype == float
    np.testing.assert_allclose(g, 2 * A.T @ A @ x, rtol=1e-14)
    for jac in (jacfwd, jacrev, jacobian):
        J = jac(lambda x: A @ np.sin(x))(x)
        np.testing.assert_allclose(J, A * np.cos(x), rtol=1e-14)
    np.testing.assert_allclose(hessian(lambda x: (A @ x) @ (A @ x))(x), 2 * A.T @ A, rtol=1e-14)
    np.testing.assert_allclose(hvp(lambda x: (A @ x) @ (A @ x), (x,), (x,)), 2 * A.T @ A @ x, rtol=1e-14)
    W = np.arange(6.0).reshape(2, 3)
    np.testing.assert_allclose(grad(lambda W: (W**2).sum())(W), 2 * W)


def test_argnums_and_aux():
    f = lambda x, y, scale=1.0: scale * x * y**2
    assert grad(f, argnums=1)(2.0, 3.0) == 12.0
    assert grad(f, argnums=(1, 0))(2.0, 3.0, scale=2.0) == (24.0, 18.0)
    assert grad(f, argnums=-1)(2.0, 3.0) == 12.0
    value, aux = grad(lambda x: (x * x, [x / 2]), has_aux=True)(3.0)
    assert (value, aux) == (6.0, [1.5])
    assert value_and_grad(lambda x: (x * x, x), has_aux=True)(3.0) == ((9.0, 3.0), 6.0)
    assert jacrev(f, argnums=(0, 1))(2.0, 3.0) == jacfwd(f, argnums=(0, 1))(2.0, 3.0) == (9.0, 12.0)


@pytest.mark.parametrize("nothing", [[], (), {"a": []}, np.zeros(0)], ids=repr)
def test_by_no_variables_a_jacobian_has_the_structure_of_the_result(nothing):
    expected = repr({"s": [nothing, nothing], "t": nothing})
    for transform in (jacfwd, jacrev, jacobian):
        found, aux = transform(lambda x: ({"s": [1.0, 2.0], "t": 3.0}, "more"), has_aux=True)(nothing)
        assert (repr(found), aux) == (expected, "more")


def test_jacobian_chooses_the_cheaper_mode():
    runs = []

    def powers(count):
        def f(x):
            runs.append(type(x).__name__)
            return [x * float(k) for k in range(count)]

        return f

    with mock.patch.object(functions, "_columns", wraps=functions._columns) as forward:
        for count in (1, 3, 4, 40):
            assert jacobian(powers(count))(1.0) == [float(k) for k in range(count)]
            assert forward.call_count == (count == 4) + 2 * (count == 40)
        assert jacobian(lambda x: [x.exp(), x.detach()] * 2)(0.0) == [1.0, 0.0] * 2
        assert jacobian(lambda xs: xs[0] * xs[1] * xs[2])([1.0, 2.0, 3.0]) == [6.0, 3.0, 2.0]
        assert forward.call_count == 3
    assert runs == ["Value"] * 4  # f runs once


def test_hessian_by_all_four_combinations():
    f = lambda x: x[0] ** 2 * sin(x[1]) + log(x[0])
    x, y = 1.5, 0.7
    true = [[2 * math.sin(y) - 1 / x**2, 2 * x * math.cos(y)], [2 * x * math.cos(y), -x * x * math.sin(y)]]
    for a, b in itertools.product((jacfwd, jacrev), repeat=2):
        assert a(b(f))([x, y]) == [pytest.approx(row, rel=1e-14) for row in true]
    assert hessian(f)([x, y]) == [pytest.approx(row, rel=1e-14) for row in true]
    assert directional_derivative(f, [x, y], [1.0, 0.0]) == pytest.approx(2 * x * math.sin(y) + 1 / x, rel=1e-14)


def test_taylor_coefficients():
    assert taylor(exp, 0.0, 6) == pytest.approx([1 / math.factorial(k) for k in range(7)], rel=1e-15)
    assert taylor(lambda x: 1.0 / (1.0 - x), 0.0, 6) == [1.0] * 7
    assert derivative(sin, 0)(1.0) == math.sin(1.0)
    with pytest.raises(ValueError, match="n must be a whole number of at least 0, not -1"):
        derivative(sin, -1)


def test_a_pullback_and_a_pushforward_serve_many_directions():
    f = lambda x, y: [x * y, x + y, y * y]
    value, pull = vjp(f, 2.0, 3.0)
    assert value == [6.0, 5.0, 9.0]
    assert [pull(v) for v in ([1, 0, 0], [0, 1, 0], [0, 0, 1])] == [(3.0, 2.0), (1.0, 1.0), (0.0, 6.0)]
    value, push = linearize(f, 2.0, 3.0)
    assert (push(1.0, 0.0), push(0.0, 1.0)) == ([3.0, 1.0, 0.0], [2.0, 1.0, 6.0])


def test_values_in_values_out():
    x = Value(2.0)
    g = grad(lambda x: x**3)(x)
    assert isinstance(g, Value)
    g.backward()
    assert x.grad == 12.0


def test_other_leaves_keep_their_grad():
    w, v = Value(3.0), Value(4.0)
    w.grad = 7.0
    assert grad(lambda x: x * w + autograd.sum([w, v, x]) * v)(2.0) == 3.0 + 4.0
    assert (w.grad, v.grad) == (7.0, 0.0)
    with pytest.raises(ZeroDivisionError):
        grad(lambda x: x * w / 0.0 if False else 1 // 0)(1.0)
    assert w.grad == 7.0


def test_gradient_on_a_recorded_graph():
    x, y = Value(3.0), Value(2.0)
    h = x * y
    z = h * h
    assert gradient(z, [x, {"h": h, "y": y}]) == [24.0, {"h": 12.0, "y": 36.0}]
    assert gradient([z, h], x) == 26.0
    assert gradient(h, Value(1.0)) == 0.0
    assert (x.grad, h.grad) == (0.0, 0.0)
    first = gradient(z, x, create_graph=True)
    assert gradient(first, y) == 24.0
    with pytest.raises(TypeError, match=r"gradient: outputs must be Values, not float 3\.0"):
        gradient(3.0, x)


def test_transforms_record_inside_no_grad():
    with no_grad():
        assert grad(lambda x: x * x)(3.0) == 6.0
        assert (Value(1.0) * 2.0).operands == ()


@pytest.mark.exhaustive
def test_forward_mode_keeps_no_graph():
    import tracemalloc

    def long(x):
        for _ in range(50_000):
            x = sin(x) + 0.1
        return x

    tracemalloc.start()
    _, tangent = jvp(long, (0.5,), (1.0,))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 200_000
    assert math.isfinite(tangent)


def test_a_million_deep_chain_differentiates():
    def chain(x):
        for _ in range(200_000):
            x = x + 1e-6
        return x

    assert grad(chain)(1.0) == 1.0


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: grad(lambda x: [x, x])(1.0), TypeError, "must return one number, not list"),
        (lambda: grad(lambda x: "a")(1.0), TypeError, "must be one real number, not str 'a'"),
        (lambda: grad(sin)("1"), TypeError, r"argument 0 must be one real number, not str '1'"),
        (lambda: grad(sin, argnums=1)(1.0), ValueError, "there is no argument 1 among 1"),
        (lambda: jacfwd(sin, argnums=2)(1.0), ValueError, "there is no argument 2 among 1"),
        (lambda: grad(lambda p: p["a"])({"a": [1.0, None, "x"]}), TypeError, r"argument 0\['a'\]\[2\] must be"),
        (lambda: jvp(sin, 1.0, (1.0,)), TypeError, "primals must be a tuple or list"),
        (lambda: jvp(sin, (1.0,), (1.0, 2.0)), ValueError, "tangents must have length 1, .* not length 2"),
        (lambda: vjp(sin, 1.0)[1]([1.0, 2.0]), ValueError, r"the cotangent must be one number, not list \[1.0, 2.0\]"),
        (lambda: linearize(sin, 1.0)[1](1.0, 2.0), ValueError, "the direction must have length 1, .* not length 2"),
        (
            lambda: jvp(lambda p: p["a"], ({"a": 1.0},), ({"b": 1.0},)),
            ValueError,
            r"tangents\[0\] must be a dict .*'a'",
        ),
        (lambda: jvp(lambda p, q: p[0] + q, ([1.0, 2.0], 3.0), (1.0, [2.0, 3.0])), ValueError, "not float 1.0"),
        (lambda: vjp(lambda x: {"a": x, "b": [x]}, 2.0)[1]([1.0, 2.0]), ValueError, "a dict with the keys"),
        (lambda: vjp(lambda x: [x, None], 2.0)[1]([1.0, 2.0]), ValueError, r"cotangent\[1\] must be None"),
        (lambda: grad(lambda x, y: x * y, argnums=(0, 0))(3.0, 4.0), ValueError, r"\(0, 0\) names an argument twice"),
        (lambda: grad(lambda x: math.sin(x) * x)(1.0), TypeError, "being differentiated.* use autograd.sin"),
        (lambda: grad(lambda x: math.sin(x * x))(1.0), TypeError, "being differentiated.* v.item"),
        (lambda: grad(lambda x: np.array([x], dtype=float).sum())(1.0), TypeError, "dtype object"),
        (lambda: taylor(sin, 0.0, -1), ValueError, "order must be a whole number of at least 0, not -1"),
        (lambda: grad(sin, has_aux=True)(1.0), TypeError, r"must return \(number, aux\)"),
        (lambda: jvp(lambda x: x * "a", (1.0,), (1.0,)), TypeError, "mul: operand 2 must be one real number"),
        (lambda: jvp(lambda x: math.sin(x), (1.0,), (1.0,)), TypeError, "being differentiated.* use autograd.sin"),
    ],
)
def test_bad_input_is_refused_with_advice(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_dual_numbers_compare_and_mix_with_arrays():
    seen = []

    def f(x):
        seen.append((x > 1.0, x < 1.0, x >= x, x <= 2, bool(x), abs(-x).data, (+x).data))
        return (np.array([1.0, 2.0]) * x).sum() + (x * np.array([1.0, 2.0])).sum() + 2**x - 1 / x + x % 2 + 7 // x

    _, tangent = jvp(f, (1.5,), (1.0,))
    assert seen == [(True, False, True, True, True, 1.5, 1.5)]
    assert tangent == pytest.approx(6 + 2**1.5 * math.log(2) + 1 / 2.25 + 1)


def test_dual_numbers_go_through_a_network():
    import random

    from nn import MLP

    model = MLP(2, [3, 1], activation="tanh", rng=random.Random(0))
    f = lambda x: model(x)
    x = [0.5, -1.0]
    by_reverse = grad(f)(x)
    by_forward = [jvp(f, (x,), ([float(i == j) for j in range(2)],))[1] for i in range(2)]
    assert [t.data if isinstance(t, Value) else t for t in by_forward] == pytest.approx(by_reverse, rel=1e-13)


# ---------------------------------------------------------------- what a user of JAX expects


def test_structures_are_matched_by_their_keys():
    def f(p):
        return p["a"] * 10.0 + p["b"]

    assert jvp(f, ({"a": 1.0, "b": 2.0},), ({"b": 1.0, "a": 0.0},)) == (12.0, 1.0)
    assert vjp(lambda p: {"u": p * 10.0, "v": p}, 1.0)[1]({"v": 1.0, "u": 0.0}) == (1.0,)
    square = hvp(lambda p: p["a"] ** 2 * 3.0 + p["b"] ** 2, ({"a": 1.0, "b": 2.0},), ({"b": 1.0, "a": 0.0},))
    assert square == {"a": 0.0, "b": 2.0}
    _, push = linearize(lambda p: {"a": p["u"] * p["v"], "c": p["v"]}, {"u": 1.3, "v": 2.6})
    assert push({"v": 1.0, "u": 0.5}) == {"a": pytest.approx(2.6), "c": 1.0}
    assert jvp(lambda x: x[0] * x[1], ([2.0, 3.0],), (np.array([1.0, 0.0]),)) == (6.0, 3.0)
    assert jvp(lambda x: (x * x).sum(), (np.ones((2, 2)),), ([[1.0, 2.0], [3.0, 4.0]],)) == (4.0, 20.0)


def test_subclasses_of_dict_stay_what_they_are():
    counts = defaultdict(lambda: 2.0, {"a": 3.0})
    gradient = grad(lambda p: p["a"] * p["b"])(counts)
    assert gradient == {"a": 2.0}
    assert isinstance(gradient, defaultdict)
    assert value_and_grad(lambda p: p["a"] * p["b"])(Counter(a=1, b=2)) == (2.0, {"a": 2.0, "b": 1.0})


def test_structures_are_equal_where_they_differ_in_leaves_only():
    Pair = namedtuple("Pair", "x y")

    def key(tree, whole=False):
        leaves = []
        return {take_apart(tree, leaves, whole=whole): leaves}

    assert key([1.0, 2.0]).keys() == key([1, Value(2.0)]).keys() != key((1.0, 2.0)).keys()
    assert key({"a": Pair(1.0, [2.0])}) == {take_apart({"a": Pair(0, [0])}, []): [1.0, 2.0]}
    assert key(OrderedDict(a=1.0)).keys() == key(OrderedDict(a=2.0)).keys() != key({"a": 1.0}).keys()
    assert key(np.ones((2, 3))).keys() != key(np.ones((3, 2))).keys()
    ((_, number),) = key((np.ones(2), "relu", None, math.sin, 1.0), whole=True).values()
    assert number == 1.0
    for tree in (Pair([1.0], {"b": (None, 2.0)}), OrderedDict(b=[], a=Counter(n=1.0)), {1: 1.0}, {True: 1.0}):
        leaves, rebuild = flatten(tree, "tree")
        again = rebuild(leaves)
        assert again == tree
        assert repr(again) == repr(tree)


@pytest.mark.parametrize(
    "wrong", [{"a": [1.0, (2.0, "x")]}, {"a": [1, [2, "x"]]}, OrderedDict(a=(Value(1.0), [1, "x"]))]
)
def test_what_is_no_number_is_named_with_its_place(wrong):
    with pytest.raises(TypeError, match=r"argument 0\['a'\]\[1\]\[1\] must be one real number, not str 'x'"):
        grad(lambda p: p)(wrong)


def test_jit_gives_the_structure_that_the_function_gives():
    Pair = namedtuple("Pair", "x y")
    f = autograd.jit(lambda p, name: OrderedDict(b=Pair(p.x * 2.0, [p.y, 3.0]), a=(None, name)))
    for x in (1.0, 2):
        found = f(Pair(x, np.float64(0.5)), "text")
        assert found == OrderedDict(b=Pair(2.0 * x, [0.5, 3.0]), a=(None, "text"))
        assert isinstance(found, OrderedDict)
        assert isinstance(found["b"], Pair)


def test_jacobians_of_arrays_stand_in_the_structure_of_the_arguments():
    by_x, by_y = hessian(lambda x, y: (x * y).sum(), argnums=(0, 1))(np.array([1.0, 2.0]), np.array([3.0, 4.0]))
    np.testing.assert_array_equal([by_x[0], by_x[1]], [np.zeros((2, 2)), np.eye(2)])
    np.testing.assert_array_equal([by_y[0], by_y[1]], [np.eye(2), np.zeros((2, 2))])
    found = hessian(lambda p: (p["b"] ** 2).sum() * p["a"] ** 3)({"b": np.array([1.0, 2.0, 3.0]), "a": 2.0})
    np.testing.assert_array_equal(found["b"]["b"], 16.0 * np.eye(3))
    np.testing.assert_array_equal(found["b"]["a"], [24.0, 48.0, 72.0])
    assert found["a"]["a"] == 168.0
    columns = jacobian(lambda x: np.array([x[0], x[1] * x[0]]))([3.0, 2.0])
    np.testing.assert_array_equal(columns, [[1.0, 2.0], [0.0, 3.0]])


def test_arrays_without_dimensions_are_the_values_they_hold():
    assert grad(lambda x: np.polyval([1.0, 2.0, 3.0], x))(2.0) == 6.0
    assert grad(lambda x: x * np.asarray(x))(3.0) == 6.0
    assert grad(lambda x: np.array(x * x))(3.0) == 6.0
    assert jvp(lambda x: x * np.asarray(x), (3.0,), (1.0,)) == (9.0, 6.0)
    a, b = Value(2.0), Value(3.0)
    (a * np.asarray(b)).backward()
    assert (a.grad, b.grad) == (3.0, 2.0)
    with pytest.raises(TypeError, match="not Value"):
        Value(np.asarray(a))


def test_a_frozen_value_is_a_number_to_a_transform():
    def square(x):
        return x * x

    x = Value(3.0).requires_grad_(False)
    assert (grad(square)(x), vjp(square, x)[1](1.0), linearize(square, x)[1](1.0)) == (6.0, (6.0,), 6.0)
    assert hessian(square)(x) == 2.0
    assert grad(lambda p: p[0] * p[1])([x, 2.0]) == [2.0, 3.0]


def test_stopping_a_gradient_stops_it_in_every_mode():
    def f(x):
        with no_grad():
            s = x * x
        return s * x

    for derive in (grad, jacrev, jacfwd, jacobian, derivative):
        assert derive(f)(3.0) == 9.0
        assert derive(lambda x: x * x.detach() + float(x.item() > 0.0))(3.0) == 3.0
    with no_grad():  # around a transform it means nothing
        assert jvp(f, (3.0,), (1.0,)) == (27.0, 9.0)
    assert jvp(lambda x: (f"{x:.1f}", x)[1], (3.0,), (1.0,)) == (3.0, 1.0)


def test_numpy_functions_that_round_have_gradient_zero_in_every_mode():
    x = np.array([1.0, 2.0, 4.0])
    np.testing.assert_allclose(hessian(np.var)(x), 2.0 / 3.0 * (np.eye(3) - 1.0 / 3.0), rtol=1e-12)
    assert jvp(lambda x: np.floor(x).sum(), (np.array([3.5]),), (np.array([1.0]),)) == (3.0, 0.0)
    np.testing.assert_array_equal(grad(lambda x: np.floor(x).sum() * x[0])(x), [7.0, 0.0, 0.0])
    assert derivative(lambda x: round(x, 1) * x + math.ceil(x) + math.trunc(x))(2.26) == 2.3
    assert derivative(lambda x: divmod(x, 2.0)[1] * divmod(9.0, x)[0])(7.5) == 1.0


@pytest.mark.filterwarnings("ignore::autograd.DomainWarning")
def test_a_partial_of_zero_stops_what_is_not_finite_in_every_mode():
    def f(x):
        return x.relu().sqrt()

    x = Value(-1.0)
    f(x).backward()
    found = [derive(f)(-1.0) for derive in (grad, jacrev, jacfwd, derivative, hessian)]
    assert [x.grad, *found, grad(grad(f))(-1.0), gradient(f(x), x)] == [0.0] * 8

    def chosen(x):
        return where(x.step(), x.sqrt(), 0.0)

    assert grad(lambda s: linearize(chosen, -1.0 * s)[1](1.0))(1.0) == 0.0


@pytest.mark.filterwarnings("ignore::autograd.DomainWarning")
def test_division_by_a_constant_zero_nests():
    assert hessian(lambda x: x / 0.0)(2.0) == 0.0
    assert derivative(lambda x: x / 0.0, 2)(2.0) == 0.0


def test_backward_inside_a_differentiated_function_adds_nothing():
    def f(x):
        y = x * x
        y.backward()
        return y * 1.0

    assert grad(f)(3.0) == 6.0


def test_what_stands_beside_the_values_of_aux_stays():
    aux = grad(lambda x: (x * x, {"right": True, "n": 3, "v": np.array([x, "a"], dtype=object)}), has_aux=True)(3.0)[1]
    assert (aux["right"] is True, aux["n"].__class__, aux["v"].tolist()) == (True, int, [3.0, "a"])
    assert grad(lambda x: (x * x, {"n": "abc", "v": [x * 2.0, None]}), has_aux=True)(3.0) == (
        6.0, {"n": "abc", "v": [6.0, None]},
    )  # fmt: skip


@pytest.mark.parametrize("transform", [grad, value_and_grad, jacfwd, jacrev, jacobian, hessian, derivative, vmap, jit])
def test_a_derivative_keeps_the_name_the_words_and_the_arguments_of_its_function(transform):
    def f(x, n=2.0, *, how="power"):
        """What it does."""
        return x**n if how == "power" and n < 9.0 else x

    made = transform(f)
    assert (made.__name__, made.__doc__) == ("f", "What it does.")
    assert inspect.signature(made) == inspect.signature(f)
    if transform not in (vmap, derivative):
        compiled = jit(transform(f), static_argnames="n")  # which it branches on
        assert compiled(3.0, 2.0) == compiled(3.0, n=2.0) == transform(f)(3.0)


def test_arrays_of_aux_hold_floats_outside_of_all_transforms():
    f = lambda x: (x @ x, {"whole": x, "made": np.array([[x[0], 2]]), "integers": np.array([1, 2])})
    point = np.array([3.0, 4.0])
    for transform in (grad, jacfwd, jacrev, jacobian, hessian):
        aux = transform(f, has_aux=True)(point)[1]
        assert [aux[name].dtype.kind for name in ("whole", "made", "integers")] == ["f", "f", "i"]
        assert (aux["whole"].tolist(), aux["made"].tolist()) == ([3.0, 4.0], [[3.0, 2.0]])
    assert jvp(f, (point,), (point,), has_aux=True)[2]["whole"].dtype == float
    assert vjp(f, point, has_aux=True)[2]["whole"].dtype == float


def test_aux_comes_beside_every_kind_of_derivative():
    aux = lambda x: {"twice": 2.0 * x, "n": 3, "text": "abc"}
    f = lambda x: (x**3, aux(x))
    told = {"twice": 4.0, "n": 3, "text": "abc"}
    assert jvp(f, (2.0,), (1.0,), has_aux=True) == (8.0, 12.0, told)
    y, pullback, found = vjp(f, 2.0, has_aux=True)
    assert (y, pullback(1.0), found) == (8.0, (12.0,), told)
    y, push, found = linearize(f, 2.0, has_aux=True)
    assert (y, push(1.0), found) == (8.0, 12.0, told)
    for transform in (jacfwd, jacrev, jacobian):
        assert transform(f, has_aux=True)(2.0) == (12.0, told)
        assert grad(lambda x, t=transform: t(f, has_aux=True)(x)[1]["twice"])(2.0) == 2.0  # aux is connected too
        assert grad(lambda x, t=transform: t(f, has_aux=True)(x)[0])(2.0) == 12.0
        assert jit(transform(lambda x: (x**3, 2.0 * x), has_aux=True))(2.0) == (12.0, 4.0)
    assert hessian(f, has_aux=True)(2.0) == (12.0, told)
    assert hessian(f, has_aux=True, sparse=True)(2.0)[0].values == [12.0]
    assert jacobian(lambda x: ([x, x * x], x), has_aux=True, sparse=True)(2.0)[0].values == [1.0, 4.0]
    assert jvp(hessian(lambda x: (x**3, [2.0 * x]), has_aux=True), (2.0,), (1.0,)) == ((12.0, [4.0]), (6.0, [2.0]))


@pytest.mark.parametrize("transform", [jacfwd, jacrev, jacobian, hessian])
def test_aux_without_a_pair_is_refused(transform):
    with pytest.raises(TypeError, match=r"with has_aux the function must return \(result, aux\), not"):
        transform(lambda x: x * x, has_aux=True)(2.0)
    for call in (lambda: jvp(sin, (1.0,), (1.0,), has_aux=True), lambda: vjp(sin, 1.0, has_aux=True)):
        with pytest.raises(TypeError, match=r"with has_aux the function must return \(result, aux\)"):
            call()


def test_a_number_may_be_looked_at_where_it_is_said_that_the_number_is_meant():
    def f(x):
        with no_grad():
            scale = float(x)
        return x * scale * (not math.isnan(x.item()))

    assert grad(f)(3.0) == 3.0


def test_a_direction_that_is_recorded_stays_connected():
    v = Value(1.0)
    for f in (grad(lambda a: a**3), lambda a: 3.0 * a * a, lambda a: jacobian(lambda b: b**3)(a)):
        assert gradient(jvp(f, (8.0,), (v,))[1], v) == 48.0
    assert grad(lambda v: jvp(grad(lambda a: a**3), (8.0,), (v,))[1])(1.0) == 48.0
