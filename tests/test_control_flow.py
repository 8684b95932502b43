"""Loops and choices by JAX's names: what plain Python does, in every mode and on every back end."""

import math
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd import (
    Value,
    cond,
    derivative,
    exp,
    fori_loop,
    grad,
    hessian,
    jit,
    jvp,
    log,
    scan,
    sin,
    sqrt,
    value_and_grad,
    vmap,
    while_loop,
)
from autograd.core.tree import flatten

numbers = st.floats(-3.0, 3.0)
BACKENDS = ("llvm", "numpy", "interpreter")


def by_hand(w, h, xs):
    """A recurrence in plain Python, as `scan` has it: hᵢ = sin(w·hᵢ₋₁) + xᵢ, and yᵢ = hᵢ²."""
    ys = []
    for x in xs:
        h = sin(w * h) + x
        ys.append(h * h)
    return h, ys


def by_scan(w, h, xs, **options):
    def step(h, x):
        h = sin(w * h) + x
        return h, h * h

    return scan(step, h, xs, **options)


@given(numbers, numbers, st.lists(numbers, max_size=6))
def test_a_scan_is_the_loop_it_stands_for(w, h, xs):
    assert by_scan(w, h, xs) == by_hand(w, h, xs)
    backward, ys = by_scan(w, h, xs, reverse=True)
    expected, backwards = by_hand(w, h, xs[::-1])
    assert (backward, ys) == (expected, backwards[::-1])
    total = lambda run: lambda w, h, xs: (lambda h, ys: h + sum(ys))(*run(w, h, xs))
    assert grad(total(by_scan), (0, 1, 2))(w, h, xs) == grad(total(by_hand), (0, 1, 2))(w, h, xs)
    assert derivative(lambda w: total(by_scan)(w, h, xs))(w) == derivative(lambda w: total(by_hand)(w, h, xs))(w)


@pytest.mark.parametrize("backend", BACKENDS)
def test_loops_are_the_same_in_machine_code(backend):
    xs = [0.3, -0.2, 0.9]
    f = lambda w, h: fori_loop(0, 4, lambda i, y: sin(w * y) + 0.1 * i, by_scan(w, h, xs)[0])
    for at in ((0.7, 1.2), (-2.0, 0.0)):
        for g in (f, value_and_grad(f, (0, 1)), hessian(f, (0, 1))):
            found, expected = (flatten(result, "a result")[0] for result in (jit(g, backend=backend)(*at), g(*at)))
            assert found == pytest.approx(expected, rel=1e-12, abs=1e-15)


def test_what_is_scanned_may_be_tuples_dicts_and_arrays_and_so_may_what_comes_of_it():
    step = lambda h, x: (h + x["a"] * x["b"][0] + x["b"][1][0], {"h": h, "pair": (h, x["a"])})
    xs = {"a": [1.0, 2.0], "b": (np.array([3.0, 4.0]), np.array([[0.5, 9.0], [0.25, 9.0]]))}
    last, found = scan(step, 0.0, xs)
    assert last == 1.0 * 3.0 + 0.5 + 2.0 * 4.0 + 0.25
    assert found == {"h": [0.0, 3.5], "pair": ([0.0, 3.5], [1.0, 2.0])}
    assert scan(lambda n, x: (n + 1, x), 0, None, 3) == (3, None)
    assert scan(lambda n, x: (n, n), 7.0, []) == (7.0, [])


@given(numbers)
def test_a_choice_takes_one_branch(x):
    taken = []
    f = lambda x: cond(x > 0.0, lambda x: taken.append("yes") or x * x, lambda x: taken.append("no") or -x, x)
    assert f(x) == (x * x if x > 0.0 else -x)
    assert taken == ["yes" if x > 0.0 else "no"]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("at", [4.0, -4.0, 0.0])
def test_nothing_comes_from_the_branch_not_taken(backend, at):
    root = lambda x: {"y": sqrt(x), "z": [log(x), x]}
    other = lambda x: {"y": -x, "z": [x * x, 1.0]}
    f = lambda x: (lambda found: found["y"] + 2.0 * found["z"][0] + found["z"][1])(cond(x > 0.0, root, other, x))
    for g in (f, grad(f), grad(grad(f))):
        assert jit(g, backend=backend)(at) == pytest.approx(g(at), rel=1e-14)


def halved(x):
    """Halved until it is 1 at most, and how often."""
    n = 0.0
    while x > 1.0:
        x, n = x * 0.5 + 0.1 * sin(x), n + 1.0
    return x * exp(-n)


def halved_by_while_loop(x):
    halve = lambda at: (at[0] * 0.5 + 0.1 * sin(at[0]), at[1] + 1.0)
    x, n = while_loop(lambda at: at[0] > 1.0, halve, (x, 0.0), max_steps=12)
    return x * exp(-n)


TRANSFORMS = (lambda f: f, grad, derivative, lambda f: grad(grad(f)))
COMPILED = [(f, jit(f(halved_by_while_loop), backend=backend)) for f in TRANSFORMS for backend in BACKENDS]


@settings(max_examples=50, deadline=None)
@given(st.floats(0.1, 100.0))
def test_a_loop_of_unknown_length_ends_where_python_does(x):
    for transform, compiled in COMPILED:
        expected = transform(halved)(x)
        assert transform(halved_by_while_loop)(x) == expected
        assert compiled(x) == pytest.approx(expected, rel=1e-11)
    assert jvp(halved_by_while_loop, (x,), (1.0,)) == jvp(halved, (x,), (1.0,))


def test_a_loop_that_has_not_ended_is_nan_in_machine_code_too():
    f = lambda x: while_loop(lambda y: y > 1.0, lambda y: y / 2.0, x, max_steps=3)
    assert (f(8.0), jit(f)(8.0)) == (1.0, 1.0)
    with pytest.warns(RuntimeWarning, match="has not ended after 3 steps"):
        assert math.isnan(f(9.0))
    assert math.isnan(jit(f)(9.0))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert f(0.5) == jit(f)(0.5) == 0.5


def test_a_loop_over_samples_ends_for_each_where_it_does():
    f = lambda x: while_loop(lambda y: y > 1.0, lambda y: y / 2.0, x, max_steps=9)
    xs = np.array([0.5, 1.0, 3.0, 100.0])
    assert vmap(f)(xs).tolist() == jit(vmap(f))(xs).tolist() == [f(x) for x in xs]


def sum_of_first(xs, n):
    return fori_loop(0, n, lambda i, y: y + xs[i], 0.0)


def sum_while(xs, n):
    return while_loop(lambda s: s[0] < n, lambda s: (s[0] + 1, s[1] + xs[s[0]]), (0, 0.0))[1]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("f", [sum_of_first, sum_while])
def test_an_integer_tells_machine_code_how_often_a_loop_runs(f, backend):
    xs = [0.5, 2.0, 4.0]
    g = jit(value_and_grad(f), backend=backend)
    for n in (3, 1, 0, 2, np.int64(3)):
        assert g(xs, n) == value_and_grad(f)(xs, n)


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda: cond(True, 1.0, lambda: 1.0), TypeError, "cond: true_fun must be a function, not float 1.0"),
        (lambda: cond(None, lambda: 1.0, lambda: 2.0), TypeError, "cond: pred must be a truth value or a number, not"),
        (lambda: cond(lambda: True, lambda: 1.0, lambda: 2.0), TypeError, "cond: pred must be a truth value"),
        (lambda: cond((1.0,), lambda: 1.0, lambda: 2.0), TypeError, "cond: pred must be a truth value"),
        (lambda: while_loop(3.0, lambda x: x, 0.0), TypeError, "while_loop: cond_fun must be a function"),
        (lambda: while_loop(lambda x: None, lambda x: x, 0.0), TypeError, "cond_fun must be a truth value or a number"),
        (lambda: while_loop(lambda x: "no", lambda x: x, 0.0), TypeError, "cond_fun must be a truth value or a number"),
        (lambda: fori_loop(0, 1, 3.0, 0.0), TypeError, "fori_loop: body_fun must be a function"),
        (lambda: scan(3.0, 0.0, [1.0]), TypeError, "scan: f must be a function, not float 3.0"),
        (lambda: fori_loop(0, 2.5, lambda i, x: x, 0.0), TypeError, "upper must be a whole number, not 2.5"),
        (lambda: fori_loop(0, 3, lambda i, x: [x], 0.0), TypeError, "one structure"),
        (lambda: while_loop(lambda x: True, lambda x: (x, x), 0.0), TypeError, "one structure"),
        (lambda: while_loop(lambda x: x, lambda x: x, 0.0, max_steps=True), TypeError, "max_steps"),
        (lambda: scan(lambda h, x: (h, x), 0.0, ([1.0], [1.0, 2.0])), ValueError, "lengths differ: 1 and 2"),
        (lambda: scan(lambda h, x: (h, x), 0.0, [1.0], 2), ValueError, "lengths differ: 1 and 2"),
        (lambda: scan(lambda h, x: (h, x), 0.0), ValueError, "needs length="),
        (lambda: scan(lambda h, x: h, 0.0, [1.0]), TypeError, r"pair \(carry, y\), not 0.0"),
        (lambda: scan(lambda h, x: ((h, x), x), 0.0, [1.0]), TypeError, "one structure"),
        (lambda: scan(lambda h, x: (h, x), 0.0, 3.0), TypeError, "scan: xs"),
        (lambda: scan(lambda h, x: (h, x), 0.0, {1.0, 2.0}), TypeError, "scan: xs"),
        (lambda: jit(lambda x: while_loop(lambda y: y > 1.0, lambda y: y / 2.0, x))(8.0), TypeError, "max_steps=n"),
        (lambda: jit(lambda n: fori_loop(0, n, lambda i, x: x, 1.0))(8.0), TypeError, "make the bound an integer"),
        (lambda: jit(lambda x: cond(x > 0.0, lambda: 1.0, lambda: (1.0,)))(8.0), TypeError, "cond: true_fun and false"),
    ],
)
def test_what_cannot_be_is_refused(call, error, says):
    with pytest.raises(error, match=says):
        call()


def test_recorded_numbers_choose_as_their_numbers_do():
    x = Value(2.0)
    y = cond(x > 1.0, lambda: x * x, lambda: x)
    y.backward()
    assert (y.data, x.grad) == (4.0, 4.0)
