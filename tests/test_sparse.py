"""Sparse Jacobians and Hessians: what the dense ones are, and nothing that is 0 whatever the numbers."""

import itertools
import math
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd import (
    Sparse,
    Value,
    checkpoint,
    derivative,
    exp,
    grad,
    gradient,
    hessian,
    jacobian,
    jit,
    jvp,
    log,
    logsumexp,
    primitive,
    relu,
    sin,
    softmax,
    sparsity,
    sqrt,
    step,
    sum,
    tanh,
    where,
)
from tests.test_law import BINARY, UNARY


def rosenbrock(x):
    return sum([100.0 * (q - p**2) ** 2 + (1.0 - p) ** 2 for p, q in itertools.pairwise(x)])


@st.composite
def programs(draw, inputs=5, rows=UNARY + BINARY):
    """A function of several numbers, whose steps each use a few of what is there."""
    steps = []
    for i in range(draw(st.integers(1, 8))):
        row = draw(st.sampled_from(rows))
        at = st.integers(0, inputs + i - 1)
        steps.append((row, [draw(at) for _ in range(1 if row in UNARY else 2)]))

    def f(x):
        found = list(x)
        for row, at in steps:
            found.append(row(*[found[i] for i in at]))
        return [found[-1], found[-1] * found[0] + found[-2], found[1]]

    return f


POINTS = st.lists(st.sampled_from((0.5, -1.5, 2.0, 1.0, 0.25)), min_size=5, max_size=5)


def agree(a, b):
    if not (math.isfinite(a) and math.isfinite(b)):
        return True  # an infinity minus itself depends on the order
    return math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-9)


@settings(max_examples=150, deadline=None)
@given(programs(), POINTS)
@pytest.mark.filterwarnings("ignore::autograd.DomainWarning")
def test_they_are_the_dense_ones(f, x):
    for sparse, dense in (
        (jacobian(f, sparse=True)(x), jacobian(f)(x)),
        (hessian(lambda x: f(x)[1], sparse=True)(x), hessian(lambda x: f(x)[1])(x)),
    ):
        assert sparse.shape == (len(dense), 5)
        assert all(agree(a, b) for mine, right in zip(sparse.tolist(), dense) for a, b in zip(mine, right, strict=True))
        entries = list(zip(sparse.rows, sparse.cols))
        assert entries == sorted(set(entries))


@settings(max_examples=80, deadline=None)
@given(programs(), POINTS, POINTS)
@pytest.mark.filterwarnings("ignore::autograd.DomainWarning")
def test_their_pattern_does_not_depend_on_numbers(f, x, y):
    assert jacobian(f, sparse=True)(x)[:2] == sparsity(f)(x) == sparsity(f)(y)
    second = hessian(lambda x: f(x)[1], sparse=True)
    assert second(x)[:2] == second(y)[:2]


def test_rosenbrock_has_three_diagonals():
    rng = random.Random(0)
    x = [rng.uniform(-2.0, 2.0) for _ in range(40)]
    found = hessian(rosenbrock, sparse=True)(x)
    assert len(found.values) == 3 * 40 - 2
    assert {j - i for i, j in zip(found.rows, found.cols)} == {-1, 0, 1}
    np.testing.assert_allclose(found.tolist(), hessian(rosenbrock)(x), rtol=1e-12)


def test_what_is_never_anything_but_zero_is_left_out():
    assert sparsity(lambda x: [step(x[0]) * x[1], x[0].detach() + x[1], 5.0])([1.0, 2.0]) == ([0, 1], [1, 1])
    assert hessian(lambda x: 3.0 * x[0] + x[1] / 2.0, sparse=True)([1.0, 2.0]).values == []
    assert hessian(lambda x: x[0], sparse=True)([1.0]) == ([], [], [], (1, 1))
    assert hessian(lambda _: 5.0, sparse=True)([1.0]) == ([], [], [], (1, 1))
    assert jacobian(lambda x: x, sparse=True)([1.0, 2.0]) == ([0, 1], [0, 1], [1.0, 1.0], (2, 2))


def test_what_a_closed_gate_keeps_out_is_kept_and_poisons_nothing():
    f = lambda x: relu(x[0]) * exp(x[1])
    closed, opened = hessian(f, sparse=True)([-1.0, 0.0]), hessian(f, sparse=True)([1.0, 0.0])
    assert closed == ([0, 1, 1], [1, 0, 1], [0.0, 0.0, 0.0], (2, 2))
    assert opened[:2] == closed[:2]
    assert opened.values == [1.0, 1.0, 1.0]
    g = lambda x: where(x[0] > 0.0, sqrt(x[0]), x[1] * x[1])
    assert hessian(g, sparse=True)([0.0, 3.0]).tolist() == [[0.0, 0.0], [0.0, 2.0]]


@pytest.mark.parametrize("backend", ["llvm", "numpy", "interpreter"])
def test_they_are_compiled(backend):
    x = [0.5, 1.5, -0.5, 2.0]
    f = lambda x: rosenbrock(x) + logsumexp(x[:2])
    eager = hessian(f, sparse=True)(x)
    compiled = jit(lambda x: hessian(f, sparse=True)(x).values, backend=backend)
    assert compiled(x) == pytest.approx(eager.values, rel=1e-12)
    assert compiled([1.0, 2.0, 3.0, 4.0]) == pytest.approx(hessian(f, sparse=True)([1.0, 2.0, 3.0, 4.0]).values)
    g = lambda x: softmax([x[0] * x[1], x[2]])
    jacobian_values = jit(lambda x: jacobian(g, sparse=True)(x).values, backend=backend)
    assert jacobian_values(x) == pytest.approx(jacobian(g, sparse=True)(x).values, rel=1e-12)


def test_they_nest_with_other_transforms():
    f = lambda x, w: tanh(x[0] * w) * x[1] + sin(x[1] * w)
    at, w = [0.5, 1.5], 0.75
    dense = lambda w: [y for row in hessian(f)(at, w) for y in row if row]
    values = lambda w: hessian(f, sparse=True)(at, w).values
    assert [grad(lambda w, i=i: values(w)[i])(w) for i in range(4)] == pytest.approx(jacobian(dense)(w))
    assert jvp(values, (w,), (1.0,))[1] == pytest.approx(jacobian(dense)(w))
    assert derivative(values, 2)(w) == pytest.approx(derivative(dense, 2)(w))
    both = derivative(lambda t: grad(lambda w: values(w)[0])(t), 2)(w)
    assert both == pytest.approx(derivative(lambda w: dense(w)[0], 3)(w))


def test_arguments_are_laid_out_flat():
    f = lambda p, q: p["a"] * p["b"][1] * q
    found = hessian(f, argnums=(0, 1), sparse=True)({"a": 2.0, "b": [3.0, 4.0]}, 5.0)
    assert found.shape == (4, 4)
    assert found.tolist()[0] == [0.0, 0.0, 5.0, 4.0]
    x = np.array([1.0, 2.0])
    *arrays, shape = jacobian(lambda x: x * x, sparse=True)(x)
    assert ([each.tolist() for each in arrays], shape) == ([[0, 1], [0, 1], [2.0, 4.0]], (2, 2))
    np.testing.assert_array_equal(hessian(rosenbrock, sparse=True)(x).tocsr().toarray(), hessian(rosenbrock)(list(x)))
    assert isinstance(hessian(rosenbrock, sparse=True)(x), Sparse)


@pytest.mark.parametrize("backend", ["llvm", "interpreter"])
@pytest.mark.parametrize("convert", [list, np.array])
def test_compiled_they_are_the_same_and_of_the_same_kinds(convert, backend):
    second = hessian(rosenbrock, sparse=True)
    compiled = jit(second, backend=backend)
    for x in ([1.0, 2.0, 0.5], [0.25, -1.0, 3.0], [0.0, 0.0, 0.0]):
        found, expected = compiled(convert(x)), second(convert(x))
        assert isinstance(found, Sparse)
        assert [type(part) for part in found] == [type(part) for part in expected]
        assert found.tolist() == expected.tolist()
        assert [*map(type, found.rows)] == [*map(type, expected.rows)]
        assert found.shape == (3, 3)
        assert found.tocsr().toarray().tolist() == expected.tolist()


def test_values_stay_connected():
    x = [Value(1.0), Value(2.0)]
    found = hessian(lambda x: x[0] ** 2 * x[1], sparse=True)(x)
    assert gradient(found.values[0], x) == [0.0, 2.0]


def test_what_has_no_second_derivative_is_refused():
    opaque = primitive(partials=(lambda z, x: math.cos(x),))(lambda x: math.sin(x))
    with pytest.raises(TypeError, match="to a plain number"):
        hessian(lambda x: opaque(x[0]), sparse=True)([1.0])
    with pytest.raises(TypeError, match="leave sparse out"):
        hessian(lambda x: checkpoint(lambda y: y * y)(x[0]), sparse=True)([1.0])
    with pytest.raises(TypeError, match="must return one number"):
        hessian(lambda x: x, sparse=True)([1.0, 2.0])
    assert jacobian(lambda x: [checkpoint(lambda y: y * y)(x[0])], sparse=True)([3.0, 1.0]).values == [6.0]
    assert log(1.0) == 0.0
