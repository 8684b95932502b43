"""`vmap`: what the function gives for each sample, stacked; alone, compiled, and among the other transforms."""

import math
import os
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd import (
    DomainWarning,
    derivative,
    exp,
    grad,
    hessian,
    jacfwd,
    jacobian,
    jit,
    jvp,
    logsumexp,
    sin,
    sum,
    value_and_grad,
    vmap,
)
from tests.test_law import POINTS, function_of, programs

RNG = np.random.default_rng(0)
W, X, Y = RNG.normal(size=3), RNG.normal(size=(5, 3)), RNG.normal(size=5)
BACKENDS = ("llvm", "numpy", "interpreter")


def f(w, x):
    return sum(w * x) + sin(x[0]) * w[1]


CASES = {
    "numbers": (lambda y: y * y + 1.0, 0, (Y,)),
    "vectors": (lambda x: x[0] * x[1] + x[2], 0, (X,)),
    "one argument for all": (f, (None, 0), (W, X)),
    "along another axis": (lambda x: sum(x * x), 1, (X,)),
    "along the last axis": (lambda x: x[0] - x[1], -1, (X,)),
    "two arguments": (lambda x, y: x * y, 0, (X, Y)),
    "matrices": (lambda m: m @ m, 0, (RNG.normal(size=(4, 2, 2)),)),
    "structures": (lambda d: {"s": logsumexp(list(d["x"])), "t": (d["y"], d["x"] * 2.0)}, 0, ({"x": X, "y": Y},)),
    "a constant": (lambda y: [y, 3.0], 0, (Y,)),
    "arrays of no numbers": (lambda x: {"none": x[:0], "more": np.zeros((2, 0)), "one": x[0]}, 0, (X,)),
    "gradients": (grad(f), (None, 0), (W, X)),
    "values and gradients": (value_and_grad(f, argnums=(0, 1)), (None, 0), (W, X)),
    "Hessians": (hessian(lambda x: x[0] ** 2 * x[1] + exp(x[2])), 0, (X,)),
    "Jacobians": (jacobian(lambda x: [x[0] * x[1], sin(x[2])]), 0, (X,)),
    "whole numbers": (lambda x: x[0] * x[1], 0, (np.arange(6).reshape(3, 2),)),
}


def by_hand(function, in_axes, arguments):
    axes = in_axes if isinstance(in_axes, tuple) else (in_axes,) * len(arguments)

    def pick(argument, axis, i):
        if axis is None:
            return argument
        if isinstance(argument, dict):
            return {key: pick(x, axis, i) for key, x in argument.items()}
        found = np.take(argument, i, axis=axis)
        return found if found.ndim else float(found)

    sized = next(x for x, axis in zip(arguments, axes, strict=True) if axis is not None)
    n = len(sized["x"]) if isinstance(sized, dict) else sized.shape[next(axis for axis in axes if axis is not None)]
    samples = [function(*[pick(x, axis, i) for x, axis in zip(arguments, axes, strict=True)]) for i in range(n)]

    def stacked(parts):
        if isinstance(parts[0], dict):
            return {key: stacked([part[key] for part in parts]) for key in parts[0]}
        if isinstance(parts[0], list | tuple):
            return type(parts[0])(stacked(list(column)) for column in zip(*parts, strict=True))
        return np.stack([np.asarray(part, dtype=float) for part in parts])

    return stacked(samples)


def agree(a, b):
    assert type(a) is type(b)
    if isinstance(b, dict):
        assert a.keys() == b.keys()
        for key in b:
            agree(a[key], b[key])
    elif isinstance(b, list | tuple):
        assert len(a) == len(b)
        for x, y in zip(a, b, strict=True):
            agree(x, y)
    else:
        assert a.shape == b.shape
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("what", CASES)
def test_it_is_the_function_of_each_sample(what):
    function, in_axes, arguments = CASES[what]
    agree(vmap(function, in_axes)(*arguments), by_hand(function, in_axes, arguments))


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("what", CASES)
def test_compiled_it_is_the_same(what, backend):
    function, in_axes, arguments = CASES[what]
    right = by_hand(function, in_axes, arguments)
    one = jit(vmap(function, in_axes), backend=backend)
    for found in (one(*arguments), one(*arguments), vmap(jit(function, backend=backend), in_axes)(*arguments)):
        agree(found, right)
    assert len(one._entries) == 1


@pytest.mark.parametrize("compiled", [lambda f: f, jit, lambda f: jit(f, backend="numpy")])
def test_axes_may_be_nested_as_what_they_belong_to(compiled):
    def model(p, batch, flag):
        x, (y,) = batch
        return {"s": p["w"] * x + p["b"], "t": (y * x, p["w"] * 2.0, [x * x for _ in range(flag)])}

    p, B = {"w": W, "b": Y}, RNG.normal(size=(3, 5))
    axes = {"w": None, "b": 0}, (1, [0]), None
    right = vmap(lambda w, b, x, y: model({"w": w, "b": b}, (x, [y]), 1), (None, 0, 1, 0))(W, Y, B, Y)
    for in_axes in (axes, [{"b": 0, "w": None}, [1, (0,)], None]):
        g = compiled(vmap(model, in_axes))
        for _ in range(3):
            agree(g(p, (B, [Y]), 1), right)
    g = compiled(vmap(model, axes, {"s": 1, "t": (-1, None, [0])}))
    for _ in range(3):
        found = g(p, (B, [Y]), 1)
        agree(found["s"], right["s"].T)
        agree(found["t"][0], right["t"][0].T)
        np.testing.assert_array_equal(found["t"][1], W * 2.0)
        agree(found["t"][2], right["t"][2])
    first = compiled(vmap(model, ({"w": None, "b": 0}, (0, 0), None)))  # doors are for samples along first axes
    for _ in range(3):
        agree(first(p, (np.ascontiguousarray(B.T), [Y]), 1), right)


def test_a_result_that_is_the_same_for_all_samples_is_given_once():
    both = vmap(lambda x, c: (x * c, c * 2.0, math.nan), (0, None), (0, None, None))
    for g in (both, jit(both)):
        products, double, nan = g(Y, 3.0)
        np.testing.assert_array_equal(products, Y * 3.0)
        assert (double, math.isnan(nan)) == (6.0, True)
    assert grad(lambda c: both(Y, c)[1])(3.0) == jit(grad(lambda c: both(Y, c)[1]))(3.0) == 2.0
    differing = lambda c: vmap(lambda x, c: x * c, (0, None), None)(Y, c)
    for transform in (grad, jacfwd, jit, lambda g: jit(grad(g)), lambda g: jit(jacfwd(g))):
        with pytest.raises(ValueError, match="out_axes is None for a result that is not the same for all samples"):
            transform(differing)(3.0)


ASKING = {
    "an index": lambda x, n: x[n] * 2.0,
    "range": lambda x, n: sum([x[0] ** k for k in range(n)]) + 1.0,
    "an if": lambda x, n: sin(x[0]) if n else x[1],
    "an if of two": lambda x, n: x[0] if n > 1 and n < 9 else x[1],
    "a gradient": lambda x, n: grad(lambda y: y[n] ** 2 * y[0])(x),
    "a number too": lambda x, n: x[n] * n + n,
}


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("what", ASKING)
def test_an_integer_that_is_the_same_for_all_samples_belongs_to_the_structure(what, backend):
    function = ASKING[what]
    one = jit(vmap(function, (0, None)), backend=backend)
    for n in (1, 2, 0, 1, np.int64(2)):
        right = by_hand(function, (0, None), (X, int(n)))
        for g in (one, one, vmap(jit(function, backend=backend), (0, None)), vmap(function, (0, None))):
            agree(g(X, n), right)
    assert len(one._entries) == 3
    assert len(one._integers) == 1


def test_integers_are_asked_for_one_by_one():
    def f(x, several, last):
        return x[several[1]] * several[0] + last

    one = jit(vmap(f, (0, None, None)))
    for several, last in (([1, 2], 1), ([2, 2], 1), ([1, 2], 2), ([1, 0], 0.5)):
        agree(one(X, several, last), by_hand(f, (0, None, None), (X, several, last)))
    assert len(one._entries) == 2  # only the index belongs to the structure


@pytest.mark.parametrize("what", ASKING)
def test_a_mapped_integer_that_is_asked_for_is_refused_with_advice_that_works(what):
    function, numbers = ASKING[what], np.array([1, 0, 2, 1, 0])
    for g in (jit(vmap(function)), vmap(jit(function))):
        with pytest.raises(TypeError, match=r"asks for the integer n, .* it is mapped, .* in_axes=None"):
            g(X, numbers)
    right = np.stack([np.asarray(function(x, int(n)), dtype=float) for x, n in zip(X, numbers, strict=True)])
    agree(vmap(function)(X, numbers), right)


def test_mapped_integers_that_are_only_computed_with_are_numbers():
    function, numbers = lambda x, n: x[0] * n + n / 2, np.array([1, 0, 2, -1, 2**40])
    agree(jit(vmap(function))(X, numbers), vmap(function)(X, numbers))
    with pytest.raises(IndexError, match="integers"):  # it is no integer that is missing
        jit(vmap(lambda x, n: x[0.5] * n))(X, numbers)


def test_one_program_serves_every_number_of_samples():
    g = jit(vmap(lambda x: x[0] * x[1]), threads=2)
    for n in (1, 2, 1000, 20_001):
        x = RNG.normal(size=(n, 2))
        np.testing.assert_array_equal(g(x), x[:, 0] * x[:, 1])
    assert len(g._entries) == 1


def test_results_lie_along_the_axis_that_is_asked_for():
    for g in (vmap(lambda x: x * 2.0, out_axes=1), jit(vmap(lambda x: x * 2.0, out_axes=-1))):
        np.testing.assert_array_equal(g(X), 2.0 * X.T)
    with pytest.raises(ValueError, match="out_axes is 1, and a result has 1 axes"):
        vmap(lambda y: y, out_axes=1)(Y)


def test_arguments_by_name_are_mapped_along_their_first_axis():
    for g in (vmap(lambda x, y: x[0] * y), jit(vmap(lambda x, y: x[0] * y))):
        np.testing.assert_allclose(g(X, y=Y), X[:, 0] * Y)


def test_it_nests():
    outer = vmap(vmap(lambda x, y: x * y, in_axes=(None, 0)), in_axes=(0, None))
    np.testing.assert_allclose(outer(W, Y), np.outer(W, Y))
    np.testing.assert_allclose(jit(outer)(W, Y), np.outer(W, Y))
    total = lambda w: sum(vmap(f, in_axes=(None, 0))(w, X))
    right = grad(lambda w: sum([f(w, x) for x in X]))(W)
    np.testing.assert_allclose(grad(total)(W), right)
    np.testing.assert_allclose(jit(grad(total))(W), right)
    np.testing.assert_allclose(hessian(lambda x: sum(vmap(lambda y: y**3)(x)))(W), np.diag(6.0 * W))
    np.testing.assert_allclose(jvp(vmap(sin), (Y,), (np.ones(5),))[1], np.cos(Y))
    np.testing.assert_allclose(vmap(derivative(sin, 2))(Y), -np.sin(Y))


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda: vmap(f)(W, X), ValueError, "disagree on how many samples there are: 3, 5"),
        (lambda: vmap(f)(1.0, X), ValueError, r"argument 1 is to be mapped along axis 0.*not float 1.0; in_axes=None"),
        (lambda: vmap(f, in_axes=(None, 2))(W, X), ValueError, "argument 2 is to be mapped along axis 2"),
        (lambda: vmap(f, in_axes=(0,))(W, X), ValueError, "in_axes has 1 item for 2 arguments"),
        (lambda: vmap(f, (None, 0))(w=W, x=X), ValueError, "for 0 arguments, beside w, x by name, which go along"),
        (lambda: vmap(f, in_axes=None)(W, X), ValueError, "at least one argument must be mapped"),
        (lambda: vmap(lambda x: x)(np.zeros((0, 2))), ValueError, "there is no sample"),
        (lambda: vmap(f, in_axes="a"), TypeError, "in_axes must be an axis, None"),
        (lambda: vmap(f, out_axes=1.0), TypeError, "out_axes must be an axis"),
        (lambda: vmap(f, in_axes=(True, 0)), TypeError, "in_axes must be an axis"),
        (lambda: vmap(f, (None, 0), None)(W, X), ValueError, "not the same for all samples"),
        (lambda: jit(vmap(f, (None, 0), None))(W, X), ValueError, "not the same for all samples"),
        (
            lambda: vmap(f, ((0, 0), 0))(W, X),
            ValueError,
            "in_axes of argument 1 must be nested as",
        ),
        (lambda: vmap(f, (None, 0), (0, 0))(W, X), ValueError, "out_axes must be nested as what they belong to"),
        (lambda: vmap(3.0), TypeError, "first argument must be a function, not float 3.0"),
        (lambda: vmap(lambda y: [y] if y > 0.0 else y)(Y), TypeError, "same structure for each sample"),
        (lambda: jit(vmap(lambda y: y if y > 0.0 else -y))(Y), TypeError, "asks for the number of a value"),
        (lambda: jit(vmap(f))(W, X), ValueError, "disagree"),
    ],
)
def test_what_it_cannot_map_is_refused(call, kind, message):
    with pytest.raises(kind, match=message):
        call()


def test_it_shows_what_it_is():
    assert repr(vmap(f, in_axes=(None, 0))) == "vmap(f, in_axes=(None, 0), out_axes=0)"


NESTED = {
    "vmap": lambda f: vmap(f),
    "vmap of grad": lambda f: vmap(grad(f, (0, 1))),
    "grad through vmap": lambda f: grad(lambda x, y: sum(vmap(f)(x, y)), (0, 1)),
    "vmap of hessian": lambda f: vmap(hessian(f)),
    "vmap of vmap": lambda f: vmap(vmap(f, (None, 0)), (0, None)),
    "vmap of vmap of grad": lambda f: vmap(vmap(grad(f), (0, None)), (None, 0)),
    "vmap of derivative": lambda f: vmap(lambda x, y: derivative(lambda t: f(t, y))(x)),
}
BY_HAND = {
    "vmap": lambda f, xs, ys: [f(x, y) for x, y in zip(xs, ys)],
    "vmap of grad": lambda f, xs, ys: [*zip(*(grad(f, (0, 1))(x, y) for x, y in zip(xs, ys)))],
    "grad through vmap": lambda f, xs, ys: [*zip(*(grad(f, (0, 1))(x, y) for x, y in zip(xs, ys)))],
    "vmap of hessian": lambda f, xs, ys: [hessian(f)(x, y) for x, y in zip(xs, ys)],
    "vmap of vmap": lambda f, xs, ys: [[f(x, y) for y in ys] for x in xs],
    "vmap of vmap of grad": lambda f, xs, ys: [[grad(f)(x, y) for x in xs] for y in ys],
    "vmap of derivative": lambda f, xs, ys: [derivative(lambda t: f(t, y))(x) for x, y in zip(xs, ys)],  # noqa: B023
}
PAIRS = st.lists(st.tuples(*[st.sampled_from([x for x in POINTS if math.isfinite(x)])] * 2), min_size=1, max_size=4)


@settings(max_examples=int(os.environ.get("LAW_EXAMPLES", "60")) // 2, deadline=None)
@given(programs(), PAIRS, st.sampled_from(list(NESTED)), st.sampled_from(["llvm", "numpy"]))
def test_nested_and_compiled_it_is_the_function_of_each_sample(steps, pairs, nesting, backend):
    """Random programs at special values, in any nesting, as Python's loops have them."""
    f, (xs, ys) = function_of(steps), map(np.array, zip(*pairs))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DomainWarning)
        expected = np.array(BY_HAND[nesting](f, xs.tolist(), ys.tolist()), dtype=float)
        mapped = NESTED[nesting](f)
        for found in (mapped(xs, ys), jit(mapped, backend=backend)(xs, ys)):
            np.testing.assert_allclose(np.array(found, dtype=float), expected, rtol=1e-9, atol=1e-14)
