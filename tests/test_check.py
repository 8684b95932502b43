"""Differences are as exact as they say, and gradcheck finds what is wrong."""

import cmath
import math
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd
from autograd import Value, grad, primitive
from autograd.checks.differences import numerical_gradient
from autograd.checks.gradients import GradcheckError, gradcheck
from autograd.transforms.checkpoints.checkpointing import checkpoint

SMOOTH = {
    "exp": (math.exp, math.exp, [-2.0, 0.0, 1.0, 1e-9]),
    "sin": (math.sin, math.cos, [0.0, 1.0, -30.0]),
    "cube": (lambda x: x**3, lambda x: 3 * x * x, [0.0, 2.0, -1e3]),
    "log": (math.log, lambda x: 1 / x, [1e-6, 0.01, 1.0, 1e6]),
    "sqrt": (math.sqrt, lambda x: 0.5 / math.sqrt(x), [1e-8, 0.3, 1e8]),
    "reciprocal": (lambda x: 1 / x, lambda x: -1 / (x * x), [1e-4, -0.02, 3.0]),
}
POINTS = [(name, x) for name, (_, _, points) in SMOOTH.items() for x in points]


# ---------------------------------------------------------------- differences


@pytest.mark.parametrize(("name", "x"), POINTS)
def test_richardson_is_exact_to_its_error_and_to_nine_digits(name, x):
    f, slope, _ = SMOOTH[name]
    found, error = numerical_gradient(f, x, with_error=True)
    assert found == pytest.approx(slope(x), rel=1e-9, abs=1e-9)
    assert abs(found - slope(x)) <= 10 * error
    assert error <= 1e-6 * max(1.0, abs(slope(x)))


@pytest.mark.parametrize("x", [0.5, 1.0, -30.0])
def test_central_differences_are_exact_to_two_thirds_of_the_digits(x):
    # ∛ε² ≈ 4e-11, times |f''''|/6 and the scale of x
    found, error = numerical_gradient(math.sin, x, "central", with_error=True)
    assert found == pytest.approx(math.cos(x), abs=2e-10 * max(1.0, abs(x)) ** 2)
    assert abs(found - math.cos(x)) <= 10 * error
    assert numerical_gradient(math.sin, 1.0, "central", step=0.1) == pytest.approx(math.cos(1.0), abs=1e-2)
    assert numerical_gradient(math.sin, 1.0, "central", step=0.1) != pytest.approx(math.cos(1.0), abs=1e-4)


@given(st.floats(-3, 3), st.floats(-3, 3))
def test_complex_steps_are_exact_to_rounding(x, y):
    gradient = numerical_gradient(lambda v: cmath.sin(v[0] * v[1]) + v[0] ** 2, [x, y], "complex")
    expected = [y * math.cos(x * y) + 2 * x, x * math.cos(x * y)]
    assert gradient == pytest.approx(expected, rel=1e-14, abs=1e-14)


def test_complex_steps_say_what_they_need():
    with pytest.raises(TypeError, match=r"takes complex numbers \(cmath, not math\).*use method='richardson'"):
        numerical_gradient(math.sin, 1.0, "complex")
    with pytest.raises(TypeError, match="drops the imaginary part"):
        numerical_gradient(abs, 1.0, "complex")


def test_results_have_the_shape_of_the_point_and_unused_inputs_have_zero():
    assert numerical_gradient(lambda v: v[0] * 2.0, (1.0, 5.0)) == (2.0, 0.0)
    assert numerical_gradient(lambda x: 3.0, 1.0) == 0.0
    assert numerical_gradient(lambda v: Value(v[0]).exp(), [0.0]) == pytest.approx([1.0], abs=1e-11)
    gradient, errors = numerical_gradient(lambda v: v[0], [1.0, 2.0], "complex", with_error=True)
    assert gradient == [1.0, 0.0]
    assert max(errors) < 1e-15


def test_where_f_is_undefined_the_error_is_infinite():
    found, error = numerical_gradient(lambda x: math.log(-1.0 - x * x), 1.0, with_error=True)
    assert math.isnan(found)
    assert error == math.inf


def test_wrong_arguments_of_differences_are_named():
    with pytest.raises(ValueError, match=r"method must be .* not 'forward'"):
        numerical_gradient(math.sin, 1.0, "forward")
    with pytest.raises(ValueError, match=r"step must be a positive number, not 0\.0"):
        numerical_gradient(math.sin, 1.0, step=0.0)
    with pytest.raises(TypeError, match=r"x\[1\] must be one real number, not str"):
        numerical_gradient(sum, [1.0, "2"])
    with pytest.raises(TypeError, match="result of f must be one real number, not list"):
        numerical_gradient(lambda v: v, [1.0])
    with pytest.raises(TypeError, match="must return one real number"):
        numerical_gradient(lambda x: 1j * x, 1.0)


# ---------------------------------------------------------------- gradcheck


def test_right_functions_pass():
    assert gradcheck(lambda x, y: (x * y).sin() / y + x**3, [1.0, 2.0])
    assert gradcheck(lambda v: autograd.logsumexp(v), [[0.5, 1.0, -2.0]])
    assert gradcheck(lambda p: {"a": p["w"] * p["w"].exp(), "b": [p["w"], 3.0]}, [{"w": 0.7}])
    assert gradcheck(lambda x: x.tanh(), 0.3)
    assert gradcheck(lambda x: x.sqrt(), [1e-3])
    assert gradcheck(lambda x: 1.0 / x, [0.01])


def test_constants_and_unused_inputs_pass():
    assert gradcheck(lambda x, y: (x * x, 3.0, y), [1.0, 2.0])
    assert gradcheck(lambda x: 5.0, [1.0])
    assert gradcheck(lambda x: x, [1.0])
    assert gradcheck(lambda: 1.0, [])


def test_points_near_the_border_of_a_domain_pass_without_a_warning():
    assert gradcheck(lambda x: x.log(), [0.05])
    assert gradcheck(lambda x: x.log() + 0.0 * math.log(x.data), [0.05])  # math.log raises where a step leaves it


@pytest.mark.parametrize("name", ["sin", "tanh", "erf", "softplus", "gelu", "asinh", "expm1", "cbrt"])
def test_rows_of_the_table_pass(name):
    assert gradcheck(getattr(autograd, name), [0.8])


def test_checkpointed_functions_pass():
    w = Value(0.8)
    assert gradcheck(checkpoint(lambda x, y: ((x * w).sin() * y, x / y)), [0.7, 1.3])
    assert w.grad == 0.0


@primitive(partials=(lambda y, x: 3.1 * x * x,))
def wrong_cube(x):
    return x * x * x


@primitive(partials=(2.5,))
def detached_double(x):  # value 2x, with a wrong derivative
    return 2.0 * x


@primitive(partials=(detached_double,))
def square(x):
    return x * x


def test_a_wrong_partial_is_named_with_numbers_and_methods():
    with pytest.raises(
        GradcheckError,
        match=r"∂f/∂w is by reverse mode 12\.4, by forward mode 12\.4, by differences 1[12]\.\d+ .*"
        r"reverse mode and differences disagree by more than 1e-05; forward mode and differences disagree",
    ):
        gradcheck(lambda x, w: x + wrong_cube(w), [1.0, Value(2.0, label="w")])
    with pytest.raises(GradcheckError, match=r"∂f\[1\]/∂input\[0\]"):
        gradcheck(lambda x: (x, wrong_cube(x)), [2.0])


def test_a_wrong_second_derivative_is_found_by_order_2_only():
    assert gradcheck(square, [1.5], order=1)
    with pytest.raises(
        GradcheckError, match=r"∂²f/∂input\[0\]∂input\[0\] is by reverse over reverse mode 2\.5, by forw"
    ):
        gradcheck(square, [1.5])


def test_a_detached_factor_is_found():
    with pytest.raises(GradcheckError, match="reverse mode and differences disagree"):
        gradcheck(lambda x: x * x.detach(), [2.0])


def test_kinks_and_borders_are_advised_on():
    with pytest.raises(GradcheckError, match=r"f seems to have a kink or jump at 0\.0: choose a point beside it"):
        gradcheck(lambda x: x.relu(), [0.0])
    with pytest.raises(GradcheckError, match=r"f is not finite at 0\.0 ± .*: choose a point inside its domain"):
        gradcheck(lambda x: (x * 1.0).sqrt(), [0.0])
    assert gradcheck(lambda x: x.relu(), [0.5])


def test_tolerances_decide():
    near = primitive(partials=(lambda y, x: 2.0 * x * 1.0001,))(lambda x: x * x)
    with pytest.raises(GradcheckError):
        gradcheck(near, [1.0], order=1)
    assert gradcheck(near, [1.0], order=1, rtol=1e-3)
    assert gradcheck(near, [1.0], order=1, rtol=0.0, atol=1e-2)


def test_the_order_and_the_result_are_checked():
    with pytest.raises(ValueError, match="order must be 1 or 2, not 3"):
        gradcheck(square, [1.0], order=3)
    with pytest.raises(TypeError, match="gradcheck: the result of f"):
        gradcheck(lambda x: "text", [1.0])


def test_nothing_outside_is_touched():
    w = Value(2.0)
    w.grad = 7.0
    assert gradcheck(lambda x: x * w, [3.0])
    assert w.grad == 7.0


@pytest.mark.parametrize(
    ("f", "true"),
    [
        (lambda x: math.sin(1000.0 * x), 1000.0 * math.cos(1000.0)),
        (lambda x: math.sin(2.0 * math.pi * 64.0 * x), 2.0 * math.pi * 64.0),
        (lambda x: math.exp(-(((x - 1.001) / 1e-3) ** 2)), 2.0 / 1e-3 * math.exp(-1.0)),
    ],
)
def test_functions_that_change_fast_are_not_mistaken_for_others(f, true):
    found, error = numerical_gradient(f, 1.0, with_error=True)
    assert found == pytest.approx(true, rel=1e-8)
    assert error < 1e-5 * abs(true)


def test_a_complex_step_is_small_against_the_point():
    assert numerical_gradient(lambda x: 1.0 / x, 1e-25, "complex") == pytest.approx(-1e50, rel=1e-15)
    assert numerical_gradient(cmath.log, 1e-280, "complex") == pytest.approx(1e280, rel=1e-15)
    assert numerical_gradient(cmath.sin, 0.0, "complex") == 1.0


def test_noise_does_not_unseat_a_good_estimate():
    noise = Random(0)
    found, error = numerical_gradient(lambda x: x * x + 1e-3 * noise.random(), 1.0, with_error=True)
    assert found == pytest.approx(2.0, abs=0.05)
    runs = []
    numerical_gradient(lambda x: runs.append(x) or 7.0, 1.0)
    assert len(runs) <= 20
    assert math.isfinite(error)


@pytest.mark.parametrize("method", ["central", "richardson", "complex"])
def test_differences_come_in_the_structure_of_the_point(method):
    x = np.array([[1.0, 2.0], [0.5, 3.0]])
    found, error = numerical_gradient(lambda x: (x @ x).sum(), x, method, with_error=True)
    assert (found.shape, error.shape) == ((2, 2), (2, 2))
    np.testing.assert_allclose(found, grad(lambda x: (x @ x).sum())(x), rtol=1e-8)
    point = {"w": (1.0, [2.0]), "b": 3}
    f = lambda p: p["w"][0] * p["w"][1][0] * p["b"]
    found = numerical_gradient(f, point, method)
    assert (found.keys(), type(found["w"]), found["w"][1]) == (point.keys(), tuple, [pytest.approx(3.0)])
    with pytest.raises(TypeError, match=r"numerical_gradient: x\['a'\] must be one real number, not str"):
        numerical_gradient(f, {"a": "b"}, method)
