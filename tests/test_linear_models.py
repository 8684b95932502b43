"""Least squares in closed form, regularised, and by gradient descent, against NumPy, scikit-learn and the notes."""

import math
import warnings

import numpy as np
import pytest
from sklearn.datasets import load_diabetes
from sklearn.linear_model import LinearRegression, Ridge

from autograd import Value, dot
from nn.estimators.linear_models import least_squares, least_squares_gd, residual_variance, ridge
from nn.objectives.losses import mse_loss


@pytest.fixture
def data():
    generator = np.random.default_rng(0)
    X = generator.normal(size=(40, 3))
    return X, X @ [1.0, -2.0, 0.5] + 0.3 * generator.normal(size=40)


def test_least_squares_is_the_closed_form_of_the_notes(data):
    X, y = data
    # cond(X) is below 2, so even the inverse of the notes' formula, which the function avoids, is good to a few ulp
    np.testing.assert_allclose(least_squares(X, y), np.linalg.inv(X.T @ X) @ X.T @ y, rtol=1e-13)


def test_least_squares_equals_scikit_learn_on_the_diabetes_data():
    X, y = load_diabetes(return_X_y=True)
    reference = LinearRegression().fit(X, y)
    weights = least_squares(np.column_stack([X, np.ones(len(X))]), y)
    # coefficients of up to 800 and a condition number of 230: 230 · 800 · 2⁻⁵² is 4e-11
    np.testing.assert_allclose(weights[:-1], reference.coef_, rtol=1e-10, atol=1e-10)
    assert weights[-1] == pytest.approx(reference.intercept_, rel=1e-10)


def test_least_squares_keeps_the_digits_that_the_normal_equations_lose():
    """Läuchli's matrix: XᵀX rounds to a singular one, and the weights of y = X(1, 1) are still (1, 1)."""
    e = 1e-8
    X = np.array([[1.0, 1.0], [e, 0.0], [0.0, e]])
    assert np.linalg.matrix_rank(X.T @ X) == 1
    np.testing.assert_allclose(least_squares(X, X @ [1.0, 1.0]), [1.0, 1.0], rtol=1e-7)  # cond(X) · 2⁻⁵² is 3e-8


def test_least_squares_of_dependent_columns_is_the_shortest_solution():
    np.testing.assert_allclose(least_squares([[1.0, 1.0], [2.0, 2.0]], [2.0, 4.0]), [1.0, 1.0], rtol=1e-14)


def test_several_targets_are_solved_at_once(data):
    X, y = data
    both = np.column_stack([y, 2 * y])
    for solve in (least_squares, ridge):
        np.testing.assert_allclose(solve(X, both), np.column_stack([solve(X, y), solve(X, 2 * y)]), rtol=1e-13)


@pytest.mark.parametrize("alpha", [0.0, 1e-3, 1.0, 100.0])
def test_ridge_is_the_closed_form_and_scikit_learns(data, alpha):
    X, y = data
    closed_form = np.linalg.inv(X.T @ X + alpha * np.eye(3)) @ X.T @ y
    # cond(X) is below 2: only rounding is left
    np.testing.assert_allclose(ridge(X, y, alpha), closed_form, rtol=1e-12)
    np.testing.assert_allclose(ridge(X, y, alpha), Ridge(alpha, fit_intercept=False).fit(X, y).coef_, rtol=1e-12)


def test_ridge_is_where_the_engine_finds_no_gradient(data):
    X, y = data
    weights = [Value(w) for w in ridge(X, y, 2.0).tolist()]
    loss = mse_loss([dot(weights, row) for row in X.tolist()], y.tolist(), reduction="sum") + 2.0 * dot(
        weights, weights
    )
    loss.backward()
    assert max(abs(w.grad) for w in weights) < 1e-12  # of terms of the size of 100


def test_ridge_solves_what_has_no_unique_least_squares_solution():
    np.testing.assert_allclose(ridge([[1.0, 1.0]], [3.0], 1.0), [1.0, 1.0], rtol=1e-14)


def test_gradient_descent_converges_to_the_closed_form(data):
    X, y = data
    # it stops at steps of 1e-10; the distance left is about the step · cond(X)², so below 1e-9
    np.testing.assert_allclose(least_squares_gd(X, y), least_squares(X, y), atol=1e-9)


def test_gradient_descent_takes_the_steps_of_the_notes(data):
    X, y = data
    w = np.zeros(3)
    losses = []
    for _ in range(5):
        losses.append(0.5 * np.sum((X @ w - y) ** 2))
        w = w + 1e-3 * X.T @ (y - X @ w)
    told = []
    with pytest.warns(RuntimeWarning, match="least_squares_gd: not converged after max_iter=5 steps"):
        ours = least_squares_gd(X, y, 1e-3, max_iter=5, callback=told.append)
    np.testing.assert_allclose(ours, w, rtol=1e-13)  # the same sums in another order
    np.testing.assert_allclose(told, losses, rtol=1e-13)


def test_gradient_descent_stops_by_the_rule_of_the_notes(data):
    X, y = data
    for epsilon in (1e-4, 1e-8):
        path = []
        least_squares_gd(X, y, 1e-2, epsilon=epsilon, callback=path.append)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            before, last, after = (
                least_squares_gd(X, y, 1e-2, epsilon=0.0, max_iter=steps)
                for steps in (len(path) - 2, len(path) - 1, len(path))
            )
        assert np.sum((after - last) ** 2) < epsilon <= np.sum((last - before) ** 2)


@pytest.mark.filterwarnings("ignore:.*overflows:autograd.DomainWarning")
def test_gradient_descent_that_diverges_says_which_rate_would_not(data):
    X, y = data
    bound = 2 / np.linalg.norm(X, 2) ** 2
    with pytest.raises(ValueError, match=f"diverges with learning_rate=1.0; below {bound:.3g} it converges"):
        least_squares_gd(X, y, 1.0)
    np.testing.assert_allclose(least_squares_gd(X, y, 0.9 * bound), least_squares(X, y), atol=1e-9)


def test_gradient_descent_on_inputs_of_zero_stays_at_zero():
    assert least_squares_gd([[0.0], [0.0]], [1.0, 2.0]).tolist() == [0.0]


def test_residual_variance_is_the_formula_of_the_notes(data):
    X, y = data
    w = least_squares(X, y)
    expected = sum((yi - w @ xi) ** 2 for xi, yi in zip(X, y)) / len(y)
    assert residual_variance(y, X @ w) == pytest.approx(expected, rel=1e-14)
    assert residual_variance([1.0, 5.0, 5.0], [0.0, 2.0, 2.0]) == pytest.approx(
        residual_variance([1.0, 5.0], [0.0, 2.0], sample_weight=[1.0, 2.0]), rel=1e-15
    )


@pytest.mark.parametrize("solve", [least_squares, ridge, least_squares_gd])
def test_bad_data_is_refused(solve):
    name = solve.__name__
    with pytest.raises(ValueError, match=rf"{name}: X must be n × d, a row a sample, not of shape \(2,\)"):
        solve([1.0, 2.0], [1.0, 2.0])
    with pytest.raises(ValueError, match=rf"{name}: 2 rows of X, but y has shape \(3,\)"):
        solve([[1.0], [2.0]], [1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match=f"{name}: X must be finite"):
        solve([[1.0], [math.nan]], [1.0, 2.0])
    with pytest.raises(ValueError, match=f"{name}: y must be finite"):
        solve([[1.0], [2.0]], [1.0, math.inf])
    with pytest.raises(ValueError, match=f"{name}: X must be n × d"):
        solve([[]], [])


@pytest.mark.parametrize("alpha", [-1.0, math.nan, math.inf, "1", True])
def test_ridge_refuses_what_is_no_penalty(alpha):
    with pytest.raises(ValueError, match="ridge: alpha must be a finite number of at least 0, not"):
        ridge([[1.0]], [1.0], alpha)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"learning_rate": 0.0}, "learning_rate must be None, or finite and above 0, not 0.0"),
        ({"learning_rate": math.nan}, "learning_rate must be"),
        ({"max_iter": 0}, "max_iter must be a whole number of at least 1, not 0"),
        ({"max_iter": 2.5}, "max_iter must be"),
        ({"epsilon": -1.0}, "epsilon must be a finite number of at least 0, not -1.0"),
        ({"epsilon": math.nan}, "epsilon must be"),
    ],
)
def test_gradient_descent_refuses_settings_out_of_range(setting, message):
    with pytest.raises(ValueError, match=f"least_squares_gd: {message}"):
        least_squares_gd([[1.0]], [1.0], **setting)


@pytest.mark.parametrize("scale", [1e-200, 1e200])
def test_gradient_descent_refuses_inputs_whose_squares_are_no_numbers(scale):
    with pytest.raises(ValueError, match=r"least_squares_gd: the square of .* rescale X"):
        least_squares_gd([[scale]], [1.0])


def test_gradient_descent_is_for_one_target():
    with pytest.raises(ValueError, match=r"least_squares_gd: y must be n numbers, not of shape \(1, 2\)"):
        least_squares_gd([[1.0]], [[1.0, 2.0]])


def test_predictions_of_another_shape_are_refused():
    with pytest.raises(ValueError, match=r"residual_variance: y has shape \(2,\), but predictions \(2, 1\)"):
        residual_variance([1.0, 2.0], [[1.0], [2.0]])
