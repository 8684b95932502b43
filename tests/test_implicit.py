"""Solutions of equations, minima, linear and differential equations, and their derivatives."""

import gc
import math
import pickle
import weakref

import mpmath
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import autograd
from autograd import (
    Value,
    argmin,
    atan,
    checkpoint,
    cos,
    derivative,
    dot,
    exp,
    fixed_point,
    grad,
    gradcheck,
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
    numerical_gradient,
    odeint,
    root,
    sin,
    solve,
    sqrt,
    tanh,
    taylor,
    value_and_grad,
    vjp,
)

BACKENDS = ["llvm", "numpy", "interpreter"]


def square_root(a):
    return root(lambda x: x * x - a, 1.0, steps=10)


def crossing(p):
    """Two unknowns in a structure, parameters given and used from outside, operations on parameters alone."""
    found = root(
        lambda x, scale: [x["u"] ** 2 + p[0] * x["v"] - scale, x["v"] ** 3 + sin(x["u"] * p[1]) - p[0] * p[1]],
        {"u": 1.0, "v": 1.0},
        3.0 * p[1] + exp(-p[0]),
        steps=12,
    )
    return found["u"] * found["v"] + found["u"]


POINT = [0.7, 1.3]

# ---------------------------------------------------------------- roots against closed forms


MODES = {
    "grad": lambda f, a: [grad(f)(a), grad(grad(f))(a), grad(grad(grad(f)))(a)],
    "jvp": lambda f, a: [jvp(f, (a,), (1.0,)), jvp(lambda b: jvp(f, (b,), (1.0,))[1], (a,), (1.0,))],
    "forward over reverse": lambda f, a: [jvp(grad(f), (a,), (2.0,)), hvp(f, (a,), (1.0,))],
    "reverse over forward": lambda f, a: grad(lambda b: jvp(f, (b,), (1.0,))[1])(a),
    "hessian": lambda f, a: [hessian(f)(a), jacfwd(jacrev(f))(a), hessian(grad(f))(a)],
    "taylor": lambda f, a: [taylor(f, a, 9), derivative(f, 5)(a), derivative(f)(a)],
    "taylor of grad": lambda f, a: [taylor(grad(f), a, 3), grad(lambda b: taylor(f, b, 3)[3])(a)],
    "linearize": lambda f, a: [linearize(f, a)[1](3.0), vjp(f, a)[1](3.0)],
}


@pytest.mark.parametrize("mode", MODES)
def test_a_root_has_the_derivatives_of_its_closed_form(mode):
    found, expected = MODES[mode](square_root, 2.5), MODES[mode](sqrt, 2.5)
    found, expected = (autograd.core.tree.flatten(x, "derivatives")[0] for x in (found, expected))
    assert found == pytest.approx(expected, rel=1e-12)


def test_kepler_equation_to_third_order_against_mpmath():
    def anomaly(mean):
        return root(lambda x: x - 0.6 * sin(x) - mean, mean)

    with mpmath.workdps(40):
        expected = mpmath.taylor(lambda m: mpmath.findroot(lambda x: x - 0.6 * mpmath.sin(x) - m, m), 1.1, 3)
    slopes = [float(c * math.factorial(k)) for k, c in enumerate(expected)]
    assert [anomaly(1.1), grad(anomaly)(1.1), hessian(anomaly)(1.1)] == pytest.approx(slopes[:3], rel=1e-12)
    assert grad(hessian(anomaly))(1.1) == pytest.approx(slopes[3], rel=1e-11)
    assert taylor(anomaly, 1.1, 3) == pytest.approx([float(c) for c in expected], rel=1e-12)


def test_several_unknowns_agree_in_all_modes_and_with_differences():
    assert gradcheck(crossing, [POINT])
    by_reverse = np.array(hessian(crossing)(POINT))
    assert np.allclose(by_reverse, jacfwd(jacfwd(crossing))(POINT), rtol=1e-11)
    assert np.allclose(by_reverse, hessian(crossing, sparse=True)(POINT).tolist(), rtol=1e-11)
    third = [numerical_gradient(lambda p, i=i: hessian(crossing)(p)[i][0], POINT) for i in range(2)]
    assert np.allclose(jacobian(lambda p: [row[0] for row in hessian(crossing)(p)])(POINT), third, rtol=1e-5)
    assert taylor(crossing, POINT, 2, v=[1.0, 0.0])[2] == pytest.approx(by_reverse[0][0] / 2, rel=1e-11)


def test_values_from_outside_get_their_gradient():
    a, b = Value(2.0), Value(3.0)
    x = root(lambda x: x * x * b - a, 1.0)
    x.backward()
    assert (a.grad, b.grad) == pytest.approx((0.5 / math.sqrt(6.0), -math.sqrt(2.0 / 27.0) / 2))
    slope = gradient(x, a, create_graph=True)
    assert gradient(slope, [a, b]) == pytest.approx([-0.25 / math.sqrt(24.0), -0.25 / math.sqrt(54.0)])
    assert jvp(lambda c: root(lambda x: x * x - c * a, 1.0), (2.0,), (1.0,))[1].data == pytest.approx(0.5)


def test_no_unknowns_are_none():
    assert root(lambda x: [], []) == []
    assert jit(lambda a: [a, root(lambda x: [], [], steps=2)])(1.0) == [1.0, []]
    assert solve([], []) == []


def test_what_is_solved_has_no_derivative_by_its_beginning_and_none_without_parameters():
    assert grad(lambda x0: root(lambda x: x * x - 2.0, x0))(1.0) == 0.0
    assert isinstance(root(lambda x: x * x - 2.0, Value(1.0)), float)
    with no_grad():
        assert square_root(Value(4.0)).primitive is None


def test_arrays_go_in_and_come_out():
    A = np.array([[3.0, 1.0], [1.0, 2.0]])
    found = root(lambda x, b: A @ x - b, np.zeros(2), np.array([1.0, 5.0]))
    assert np.allclose(found, np.linalg.solve(A, [1.0, 5.0]))
    by_b = jacrev(lambda b: root(lambda x: A @ x - b, np.zeros(2)))(np.array([1.0, 5.0]))
    assert np.allclose(by_b, np.linalg.inv(A))


@given(st.floats(-3.0, 3.0), st.floats(0.1, 3.0), st.floats(-5.0, 5.0))
@settings(max_examples=60, deadline=None)
def test_roots_of_random_increasing_functions(a, b, x0):
    f = lambda p: root(lambda x: x + p[1] * atan(x) - p[0], x0)
    x = f([a, b])
    assert x + b * math.atan(x) == pytest.approx(a, abs=1e-13)
    slope = 1.0 / (1.0 + b / (1.0 + x * x))
    assert grad(f)([a, b]) == pytest.approx([slope, -math.atan(x) * slope], rel=1e-12, abs=1e-15)


def test_digits_are_kept_at_any_scale():
    assert root(lambda x: x * x - 2e-18, 1e-9) == pytest.approx(math.sqrt(2.0) * 1e-9, rel=1e-14)
    assert root(lambda x: x * x - 2e18, 1e9) == pytest.approx(math.sqrt(2.0) * 1e9, rel=1e-14)
    assert abs(root(lambda x: exp(x) - 1.0, 0.5)) < 1e-15
    assert root(atan, 20.0) == 0.0  # where plain Newton steps run away


@pytest.mark.parametrize("n", [4, 6, 8])
def test_ill_conditioned_equations_are_solved_to_the_rounding_of_their_terms(n):
    H = np.array([[1.0 / (i + j + 1) for j in range(n)] for i in range(n)])  # Hilbert: its condition is 1e4, 1e7, 1e10
    b = H @ np.ones(n)
    for x in (
        root(lambda x: H @ (x + 0.1 * x**3) - 1.1 * b, np.zeros(n)),
        argmin(lambda x: 0.5 * x @ (H @ x) - b @ x, np.zeros(n)),
    ):
        assert np.allclose(H @ x, b, rtol=1e-12)


def test_as_many_steps_as_it_takes_are_enough():
    assert root(lambda x: 2.0 * x - 2.0, 5.0, steps=1) == 1.0
    assert jit(lambda a: root(lambda x: a * x - 2.0, 5.0, steps=2))(2.0) == 1.0


# ---------------------------------------------------------------- machine code


@pytest.mark.parametrize("backend", BACKENDS)
def test_compiled_roots_are_those_of_python_at_other_numbers_too(backend):
    f = jit(value_and_grad(square_root), backend=backend)
    for a in (2.0, 9.0, 0.3):
        assert f(a) == pytest.approx((math.sqrt(a), 0.5 / math.sqrt(a)), rel=1e-13)
    second = jit(lambda p: [hessian(crossing)(p), jvp(crossing, (p,), ([1.0, 2.0],))], backend=backend)
    for p in (POINT, [0.9, 1.1]):
        rows, (value, slope) = second(p)
        assert np.allclose(rows, hessian(crossing)(p), rtol=1e-11)
        assert (value, slope) == pytest.approx(jvp(crossing, (p,), ([1.0, 2.0],)), rel=1e-12)
    assert jit(lambda a: taylor(square_root, a, 4), backend=backend)(4.0) == pytest.approx(taylor(sqrt, 4.0, 4))


def test_compiled_code_inside_a_transform_is_the_function_itself():
    assert grad(jit(square_root))(4.0) == pytest.approx(0.25)


def test_machine_code_asks_for_the_number_of_steps_and_keeps_no_solution():
    with pytest.raises(ValueError, match=r"root: inside jit say how many Newton steps to take, as steps=10"):
        jit(lambda a: root(lambda x: x * x - a, 1.0))(2.0)
    with pytest.raises(ValueError, match=r"argmin: .* no minimum"):
        jit(lambda a: argmin(lambda x: cos(x) * a, 0.1, steps=5))(2.0)
    with pytest.raises(ValueError, match="root: no convergence in 3 steps"):  # at the numbers it is recorded with
        jit(lambda a: root(lambda x: x * x - a, 100.0, steps=3))(2.0)
    a = Value(2.0)
    with pytest.raises(TypeError, match=r"root: .*call it inside the function that is given to jit, with steps="):
        autograd.compile(square_root(a), [a], [])


@given(
    st.integers(1, 2).flatmap(
        lambda n: st.tuples(
            *[st.lists(st.integers(-8, 8).map(lambda i: i / 8), min_size=n, max_size=n) for _ in range(2)]
        )
    )
)
@settings(max_examples=8, deadline=None)
def test_random_systems_have_the_same_derivatives_in_all_modes_and_in_machine_code(numbers):
    weights, p = numbers

    def solution(p):  # x + tanh(⟨w, x⟩) sin(x)/4 = p: a contraction around the identity
        equations = lambda x: [a + 0.25 * tanh(dot(weights, x)) * sin(a * b) - b for a, b in zip(x, p, strict=True)]
        return root(equations, [0.5] * len(p), steps=10)

    slopes = np.array(jacrev(solution)(p))
    assert np.allclose(slopes, jacfwd(solution)(p), rtol=1e-11, atol=1e-12)
    assert np.allclose(slopes, numerical_gradient_of_each(solution, p), rtol=1e-6, atol=1e-8)
    second = np.array(jacfwd(jacrev(solution))(p))
    for other in (jacrev(jacrev(solution)), jacrev(jacfwd(solution)), jacfwd(jacfwd(solution))):
        assert np.allclose(second, other(p), rtol=1e-10, atol=1e-12)
    assert np.allclose(second, jit(jacrev(jacrev(solution)), backend="numpy")(p), rtol=1e-10, atol=1e-12)


def numerical_gradient_of_each(f, p):
    return [numerical_gradient(lambda q, i=i: f(q)[i], p) for i in range(len(p))]


# ---------------------------------------------------------------- fixed points and minima


def test_a_fixed_point_where_iterating_runs_away():
    f = lambda a: fixed_point(lambda x: a * x * x, 3.0)  # 1/a, where the slope of a·x² is 2
    assert [f(0.5), grad(f)(0.5), hessian(f)(0.5)] == pytest.approx([2.0, -4.0, 16.0], rel=1e-12)
    assert fixed_point(cos, 1.0) == pytest.approx(0.7390851332151607, rel=1e-15)
    assert fixed_point(lambda x: {"a": cos(x["b"]), "b": x["a"]}, {"a": 1.0, "b": 1.0})["b"] == pytest.approx(
        0.739085133
    )


def test_ridge_regression_and_the_gradient_of_its_penalty():
    X = np.array([[1.0, 0.5], [-0.3, 2.0], [0.7, -1.0]])
    y = np.array([1.0, -2.0, 0.5])

    def weights(penalty):
        return argmin(lambda w: ((X @ w - y) ** 2).sum() + penalty * (w @ w), np.zeros(2))

    inverse = np.linalg.inv(X.T @ X + 0.1 * np.eye(2))
    expected = inverse @ X.T @ y
    assert np.allclose(weights(0.1), expected)
    assert np.allclose(jacobian(weights)(0.1), -inverse @ expected)
    assert np.allclose(jacobian(jacobian(weights))(0.1), 2 * inverse @ inverse @ expected)


def test_minima_are_found_downhill():
    def lowest(a):
        return argmin(lambda x: (a - x[0]) ** 2 + 100.0 * (x[1] - x[0] ** 2) ** 2, [-1.2, 1.0])  # Rosenbrock

    assert lowest(1.5) == pytest.approx([1.5, 2.25], rel=1e-12)
    assert jacobian(lowest)(1.5) == pytest.approx([1.0, 3.0], rel=1e-10)
    assert abs(argmin(lambda x: x**4 - 2.0 * x * x, 0.1)) == pytest.approx(1.0, rel=1e-12)
    a = Value(3.0)
    argmin(lambda x: (x[0] - a) ** 2 + x[1] ** 2, [0.0, 1.0])[0].backward()
    assert a.grad == pytest.approx(1.0)
    compiled = jit(grad(lambda a: argmin(lambda x: (x - a) ** 2 + exp(x), 0.0, steps=8)))
    assert compiled(1.0) == pytest.approx(grad(lambda a: argmin(lambda x: (x - a) ** 2 + exp(x), 0.0))(1.0), rel=1e-12)


# ---------------------------------------------------------------- linear systems

ENTRIES = st.floats(-2.0, 2.0).map(lambda x: round(x, 3))


@st.composite
def systems(draw):
    """A matrix whose condition is moderate, and right-hand sides."""
    n = draw(st.integers(1, 4))
    m = draw(st.integers(1, 2))
    A = np.array(draw(st.lists(st.lists(ENTRIES, min_size=n, max_size=n), min_size=n, max_size=n)))
    B = np.array(draw(st.lists(st.lists(ENTRIES, min_size=m, max_size=m), min_size=n, max_size=n)))
    assume(np.linalg.cond(A) < 1e3)
    return A, B


@given(systems())
@settings(max_examples=40, deadline=None)
def test_linear_systems_and_their_derivatives_are_numpys(system):
    A, B = system
    X = np.linalg.solve(A, B)
    assert np.allclose(solve(A, B), X, rtol=1e-9, atol=1e-9)
    inverse = np.linalg.inv(A)
    by_A, by_b = jacrev(solve, argnums=(0, 1))(A, B[:, 0])
    assert np.allclose(by_b, inverse, rtol=1e-8, atol=1e-8)
    assert np.allclose(by_A, -np.einsum("ik,l->ikl", inverse, X[:, 0]), rtol=1e-8, atol=1e-6)
    dA, dB = np.cos(A), np.sin(B)
    pushed = jvp(solve, (A, B), (dA, dB))[1]
    assert np.allclose(pushed, inverse @ (dB - dA @ X), rtol=1e-8, atol=1e-6)


@pytest.mark.parametrize("backend", BACKENDS)
def test_compiled_systems_choose_their_pivots_at_each_call(backend):
    f = lambda a: solve([[a, 1.0, 0.5], [1.0, 2.0, a], [0.0, 3.0, 1.0]], [1.0, 3.0, -1.0])
    compiled = jit(lambda a: [f(a), jacfwd(f)(a), jacrev(f)(a)], backend=backend)
    for a in (5.0, 0.0, 1e-18, -0.7):  # recorded where a is the pivot, which is 0 and tiny afterwards
        expected = np.linalg.solve([[a, 1.0, 0.5], [1.0, 2.0, a], [0.0, 3.0, 1.0]], [1.0, 3.0, -1.0])
        x, forward, reverse = compiled(a)
        assert np.allclose(x, expected, rtol=1e-12)
        assert np.allclose(forward, jacrev(f)(a), rtol=1e-12)
        assert np.allclose(reverse, jacrev(f)(a), rtol=1e-12)


def test_second_derivatives_of_a_system_and_taylor_coefficients():
    f = lambda a: solve([[a, 1.0], [1.0, 2.0]], [1.0, 0.0])[0]  # 2 / (2a − 1)
    assert [grad(f)(3.0), hessian(f)(3.0), derivative(f, 3)(3.0)] == pytest.approx([-4 / 25, 16 / 125, -96 / 625])
    assert gradcheck(f, [3.0])


# ---------------------------------------------------------------- differential equations


def test_runge_kutta_is_of_fourth_order_and_its_derivatives_are_those_of_the_solution():
    def end(k, steps):
        return odeint(lambda y, t, k: {"y": -k * y["y"] + t * 0.0}, {"y": 2.0}, [0.0, 0.5, 1.0], k, steps=steps)[-1][
            "y"
        ]

    errors = [abs(end(1.5, n) - 2.0 * math.exp(-1.5)) for n in (4, 8)]
    assert 14.0 < errors[0] / errors[1] < 18.0
    exact = 2.0 * math.exp(-1.5)
    for order, f in enumerate([lambda k: end(k, 40), grad(lambda k: end(k, 40)), hessian(lambda k: end(k, 40))]):
        assert f(1.5) == pytest.approx((-1.0) ** order * exact, rel=1e-6)
    assert jit(grad(lambda k: end(k, 10)))(1.5) == pytest.approx(grad(lambda k: end(k, 10))(1.5), rel=1e-13)


def test_states_at_all_times_and_derivatives_by_these():
    y = odeint(lambda y, t: [y[1], -y[0]], [0.0, 1.0], [0.0, 1.0, -0.5], steps=50)
    assert len(y) == 3
    assert y[0] == [0.0, 1.0]
    assert np.allclose(y, [[math.sin(t), math.cos(t)] for t in (0.0, 1.0, -0.5)], atol=1e-8)
    end = lambda t: odeint(lambda y, t: t * y, 1.0, [0.0, t], steps=50)[-1]  # exp(t²/2)
    assert grad(end)(1.2) == pytest.approx(1.2 * math.exp(0.72), rel=1e-6)


def test_checkpoints_store_the_states_only_and_give_the_same_gradient():
    def end(k, checkpoint):
        return odeint(lambda y, t: -k * y, 1.0, [0.0, 0.5, 1.0], steps=20, checkpoint=checkpoint)[-1]

    assert grad(lambda k: end(k, True))(0.7) == pytest.approx(grad(lambda k: end(k, False))(0.7), rel=1e-13)
    k = Value(0.7)
    sizes = [len(autograd.topological_order(end(k, checkpoint))) for checkpoint in (False, True)]
    assert sizes[1] <= 4 < sizes[0]


# ---------------------------------------------------------------- among the rest of the house


def test_checkpoints_in_equations_and_equations_in_checkpoints():
    a = Value(4.0)
    inside = root(lambda x: checkpoint(lambda y: y * y - a)(x), 1.0)
    slope = gradient(inside, a, create_graph=True)
    assert (slope.data, gradient(slope, a)) == pytest.approx((0.25, -0.03125))
    outside = checkpoint(lambda b: root(lambda x: x * x - b * a, 1.0))(Value(1.0))
    outside.backward()
    assert a.grad == pytest.approx(0.25)


def test_solutions_within_solutions():
    def fourth_root_squared(a):  # the y with √y = a
        return root(lambda y: root(lambda x: x * x - y, 1.0, steps=12) - a, 2.0, steps=12)

    assert taylor(fourth_root_squared, 3.0, 3) == pytest.approx([9.0, 6.0, 1.0, 0.0], abs=1e-12)
    assert [grad(fourth_root_squared)(3.0), hessian(fourth_root_squared)(3.0)] == pytest.approx([6.0, 2.0])
    assert jit(hessian(fourth_root_squared))(2.0) == pytest.approx(2.0)

    def penalty(b):  # of the regression w = 3 / (1 + λ²) that comes nearest to b: λ² = 3 / b − 1
        return argmin(lambda r: (argmin(lambda w: (w - 3.0) ** 2 + r * r * w * w, 0.0) - b) ** 2, 1.0)

    assert grad(penalty)(2.0) == pytest.approx(-0.375 / math.sqrt(0.5), rel=1e-10)


def test_a_boundary_value_problem_by_shooting():
    def slope(stiffness):
        def miss(v):
            f = lambda y, t: [y[1], -stiffness * y[0]]
            return odeint(f, [0.0, v], [0.0, 1.0], steps=20)[-1][0] - 1.0

        return root(miss, 1.0)

    exact = taylor(lambda k: sqrt(k) / sin(sqrt(k)), 1.5, 2)
    assert taylor(slope, 1.5, 2) == pytest.approx(exact, rel=1e-5)
    assert [slope(1.5), grad(slope)(1.5), hessian(slope)(1.5) / 2] == pytest.approx(exact, rel=1e-5)


def test_what_is_tried_on_the_way_is_not_reported():
    log_of = lambda a: root(lambda x: log(x) - a, 30.0)  # whose first step goes to a negative number
    with autograd.detect_anomaly():
        assert grad(log_of)(-4.0) == pytest.approx(math.exp(-4.0))


def test_a_record_is_freed_with_its_result_and_is_not_pickled():
    a = Value(4.0)
    y = root(lambda x: x * x - a, 1.0)
    assert y.data == 2.0
    with pytest.raises(TypeError, match="root: its result holds the function and cannot be pickled"):
        pickle.dumps(y)
    record = weakref.ref(y.primitive.solution)
    gc.collect()
    gc.disable()
    try:
        del y
        assert record() is None
    finally:
        gc.enable()


def test_a_printed_program_names_the_row_and_the_interpreter_solves_anew():
    a = Value(4.0)
    y = square_root(a)
    assert "root is the primitive root" in str(autograd.program(y))
    assert y.primitive.evaluate([2.0, 9.0]) == pytest.approx(3.0)
    assert autograd.partials_of(y.primitive, 3.0, [2.0, 9.0]) == pytest.approx([0.0, 1.0 / 6.0])


# ---------------------------------------------------------------- refusals

NO_ROOT = {
    "no root": (
        lambda: root(lambda x: x * x + 1.0, 0.7),
        r"root: no convergence in \d+ steps: at x = .* the residual is",
    ),
    "few steps": (
        lambda: root(lambda x: x * x - 2.0, 100.0, steps=3),
        "no convergence in 3 steps.*residual is still 1",
    ),
    "flat": (lambda: root(lambda x: 0.0 * x + 1.0, 0.5), r"after 0 steps, at x = \[0.5\], ∂f/∂x is singular"),
    "not finite": (lambda: root(log, -1.0), r"root: the function is not finite at x0, \[-1.0\]"),
    "double": (lambda: root(lambda x: Value(1.0) * x * x, 0.0), "singular at the solution.*no derivative"),
    "too many": (lambda: root(lambda x: [x, x], 0.5), "must return as many numbers as x has, 1, and it returned 2"),
    "steps": (lambda: root(sin, 0.5, steps=0), "root: steps must be a whole number of at least 1, not 0"),
    "maximum": (lambda: argmin(cos, 0.0), "argmin: at x = .* the gradient is 0, but that is no minimum"),
    "singular": (lambda: solve([[1.0, 2.0], [2.0, 4.0]], [1.0, 1.0]), "a is singular: pivot 1, the largest .* is 0.0"),
    "infinite": (lambda: solve([[math.inf]], [1.0]), "a is not finite: pivot 0, the largest left in column 0, is inf"),
    "not square": (
        lambda: solve([[1.0, 2.0], [2.0]], [1.0, 1.0]),
        "a must be square, and row 1 of its 2 rows has length 1",
    ),
    "length": (lambda: solve([[1.0]], [1.0, 1.0]), r"b must have 1 numbers?, one for each row of a"),
    "no times": (lambda: odeint(lambda y, t: y, 1.0, []), "odeint: t must be a sequence of times"),
    "no steps": (lambda: odeint(lambda y, t: y, 1.0, [0.0], steps=0), "odeint: steps must be a whole number"),
    "slope": (
        lambda: odeint(lambda y, t: [1.0], [1.0, 2.0], [0.0, 1.0]),
        "odeint: the result of the function.*length 2",
    ),
}


@pytest.mark.parametrize("case", NO_ROOT)
def test_what_cannot_be_solved_is_refused(case):
    call, message = NO_ROOT[case]
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: root(3.0, 1.0), "root: the first argument must be a function, not float 3.0"),
        (lambda: root(lambda x: math.cos(x) - x, 1.0), "use autograd.sin and autograd.cos instead of math.sin"),
        (lambda: argmin(3.0, 1.0), "argmin: the first argument must be a function"),
        (lambda: argmin(lambda x: [x], 1.0), "argmin: the function must return one number, not list"),
        (lambda: root(sin, "1"), "root: x0 must be one real number, not str"),
        (lambda: root(lambda x: "1", 1.0), "root: the result of the function must be one real number"),
        (lambda: solve(3.0, [1.0]), "solve: a must be a list of rows or numbers, or an array, not float"),
        (lambda: solve([[1.0]], {1.0}), "solve: b must be a list"),
        (lambda: solve([["a"]], [1.0]), "solve: a.* must be one real number, not str 'a'"),
        (lambda: odeint(1.0, 1.0, [0.0]), "odeint: the first argument must be a function"),
    ],
)
def test_what_is_no_function_or_matrix_is_refused(call, message):
    with pytest.raises(TypeError, match=message):
        call()
