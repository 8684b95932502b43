"""The estimators against scikit-learn: its checks of the interface, and its coefficients, losses and predictions."""

import math
import subprocess
import sys
import warnings

import numpy as np
import pytest
import sklearn.linear_model
import sklearn.neural_network
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris, make_moons
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from autograd import dot
from nn.estimators.estimators import LinearRegression, LogisticRegression, Ridge, SoftmaxRegression
from nn.estimators.linear_models import least_squares
from nn.estimators.mlp_estimators import MLPClassifier, MLPRegressor
from nn.models.activations import PReLU

SMALL = {"hidden_layer_sizes": (8,), "learning_rate_init": 0.05, "max_iter": 15}  # enough for the checks' data

# Class name -> {check: why it cannot apply}.  There is none.  (check_array_api_input is skipped by scikit-learn itself
# unless SCIPY_ARRAY_API=1 is set before scipy is imported; with it, it passes too.)
EXCLUDED: dict[str, dict[str, str]] = {}


@parametrize_with_checks(
    [
        LinearRegression(),
        LinearRegression(solver="gd", max_iter=200),
        Ridge(),
        LogisticRegression(),
        SoftmaxRegression(),
        MLPClassifier(**SMALL),
        MLPRegressor(**SMALL),
    ],
    expected_failed_checks=lambda estimator: EXCLUDED.get(type(estimator).__name__, {}),
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.filterwarnings("ignore:least_squares_gd. not converged:RuntimeWarning")
def test_scikit_learns_own_check_passes(estimator, check):
    check(estimator)


# ---------------------------------------------------------------- regressions


@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("weighted", [False, True])
def test_linear_regression_equals_scikit_learns(fit_intercept, weighted):
    X, y = load_diabetes(return_X_y=True)
    c = np.random.default_rng(0).uniform(0.0, 2.0, len(y)) if weighted else None
    ours = LinearRegression(fit_intercept=fit_intercept).fit(X, y, c)
    theirs = sklearn.linear_model.LinearRegression(fit_intercept=fit_intercept).fit(X, y, c)
    # coefficients of up to 800 and a condition number of 22: rounding stays below 1e-11
    np.testing.assert_allclose(ours.coef_, theirs.coef_, rtol=1e-10)
    np.testing.assert_allclose(ours.intercept_, theirs.intercept_, rtol=1e-10)
    np.testing.assert_allclose(ours.predict(X), theirs.predict(X), rtol=1e-10)


def test_linear_regression_of_more_features_than_samples_is_the_shortest_as_scikit_learns():
    generator = np.random.default_rng(0)
    X, y = generator.normal(size=(5, 8)), generator.normal(size=5)
    ours, theirs = LinearRegression().fit(X, y), sklearn.linear_model.LinearRegression().fit(X, y)
    np.testing.assert_allclose(ours.coef_, theirs.coef_, rtol=1e-10)  # well conditioned: rounding only


@pytest.mark.parametrize("alpha", [1e-3, 1.0, 50.0])
@pytest.mark.parametrize("weighted", [False, True])
def test_ridge_equals_the_closed_form_and_scikit_learns(alpha, weighted):
    X, y = load_diabetes(return_X_y=True)
    c = np.random.default_rng(0).uniform(0.5, 2.0, len(y)) if weighted else np.ones(len(y))
    ours, theirs = Ridge(alpha).fit(X, y, c), sklearn.linear_model.Ridge(alpha).fit(X, y, c)
    centred, target = X - np.average(X, axis=0, weights=c), y - np.average(y, weights=c)
    closed = np.linalg.inv(centred.T @ np.diag(c) @ centred + alpha * np.eye(X.shape[1])) @ centred.T @ (c * target)
    # the squared condition number, which the references work with, is about 470: rounding stays below 1e-12
    np.testing.assert_allclose(ours.coef_, closed, rtol=1e-8)
    np.testing.assert_allclose(ours.coef_, theirs.coef_, rtol=1e-8)
    np.testing.assert_allclose(ours.intercept_, theirs.intercept_, rtol=1e-8)


def test_gradient_descent_and_the_closed_form_give_one_model():
    X, y = load_iris(return_X_y=True)
    X, y = X[:50, :2], X[:50, 3] + y[:50]
    closed, descent = LinearRegression().fit(X, y), LinearRegression(solver="gd").fit(X, y)
    # it stops at steps of 1e-10, which are smaller than the distance left by the squared condition number, 8
    np.testing.assert_allclose(descent.coef_, closed.coef_, atol=1e-8)
    assert descent.intercept_ == pytest.approx(closed.intercept_, abs=1e-7)
    assert descent.n_iter_ == len(descent.loss_curve_) > 1
    assert descent.loss_curve_ == sorted(descent.loss_curve_, reverse=True)
    assert 2 * descent.loss_curve_[-1] / len(y) == pytest.approx(descent.sigma2_, rel=1e-9)


def test_sigma2_is_the_formula_of_the_notes():
    X, y = load_diabetes(return_X_y=True)
    with_ones = np.column_stack([X, np.ones(len(y))])
    w = least_squares(with_ones, y)
    expected = sum((yi - w @ xi) ** 2 for xi, yi in zip(with_ones, y)) / len(y)
    assert LinearRegression().fit(X, y).sigma2_ == pytest.approx(expected, rel=1e-12)
    mlp = MLPRegressor((), tol=0.1, random_state=0).fit(X, y / 100)
    assert mlp.sigma2_ == pytest.approx(np.mean((y / 100 - mlp.predict(X)) ** 2), rel=1e-12)


# ---------------------------------------------------------------- logistic and softmax regression


@pytest.fixture(scope="module")
def cancer():
    X, y = load_breast_cancer(return_X_y=True)
    return StandardScaler().fit_transform(X), y


def test_logistic_regression_equals_scikit_learns_on_breast_cancer(cancer):
    X, y = cancer
    ours = LogisticRegression(tol=1e-9).fit(X, y)
    theirs = sklearn.linear_model.LogisticRegression(solver="newton-cholesky", tol=1e-12).fit(X, y)
    # the objective curves at least by 1/(nC): a gradient of 1e-9 is at most 569e-9 away, in practice 1e-7
    np.testing.assert_allclose(ours.coef_, theirs.coef_, atol=1e-6)
    np.testing.assert_allclose(ours.intercept_, theirs.intercept_, atol=1e-6)
    np.testing.assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), atol=1e-6)
    np.testing.assert_allclose(ours.decision_function(X), theirs.decision_function(X), atol=1e-5)
    assert ours.score(X, y) == theirs.score(X, y)


def test_the_default_tolerance_is_good_to_four_decimals(cancer):
    X, y = cancer
    theirs = sklearn.linear_model.LogisticRegression(solver="newton-cholesky", tol=1e-12).fit(X, y)
    np.testing.assert_allclose(LogisticRegression().fit(X, y).coef_, theirs.coef_, atol=1e-4)


@pytest.mark.parametrize("kind", [SoftmaxRegression, LogisticRegression])
def test_multinomial_regression_equals_scikit_learns_on_iris(kind):
    X, y = load_iris(return_X_y=True)
    X = StandardScaler().fit_transform(X)
    c = np.random.default_rng(0).uniform(0.0, 2.0, len(y))
    ours = kind(C=0.5, tol=1e-8).fit(X, y, c)
    theirs = sklearn.linear_model.LogisticRegression(C=0.5, solver="newton-cholesky", tol=1e-12).fit(X, y, c)
    # a gradient of 1e-8, and curvature of at least 1/(nC) = 0.013 for W; that for b is greater
    np.testing.assert_allclose(ours.coef_, theirs.coef_, atol=1e-6)
    np.testing.assert_allclose(ours.intercept_, theirs.intercept_, atol=1e-6)
    np.testing.assert_allclose(ours.predict_log_proba(X), theirs.predict_log_proba(X), atol=1e-5)


@pytest.fixture
def two_classes():
    """Overlapping, so that there is a minimum without a penalty too."""
    generator = np.random.default_rng(0)
    X = generator.normal(size=(60, 2))
    return X, (X @ [1.0, -1.0] + generator.normal(size=60) > 0.3).astype(int)


@pytest.mark.parametrize("C", [0.3, math.inf])
def test_two_valued_softmax_is_the_sigmoid_model(two_classes, C):
    """Seeds, "Binary Classification", (a) and (b): equivalent, with rows ∓w/2, whose ‖W‖² is half of ‖w‖²."""
    X, y = two_classes
    softmax, sigmoid = SoftmaxRegression(C, tol=1e-7).fit(X, y), LogisticRegression(2 * C, tol=1e-7).fit(X, y)
    assert (softmax.coef_.shape, sigmoid.coef_.shape) == ((2, 2), (1, 2))
    # both stop at gradients of 1e-7, where the least curvature is about 0.1
    np.testing.assert_allclose(softmax.coef_[1] - softmax.coef_[0], sigmoid.coef_[0], atol=2e-6)
    np.testing.assert_allclose(softmax.coef_[1], -softmax.coef_[0], atol=2e-6)
    np.testing.assert_allclose(softmax.predict_proba(X), sigmoid.predict_proba(X), atol=2e-6)
    softmax.coef_, softmax.intercept_ = (np.outer([-0.5, 0.5], sigmoid.coef_), sigmoid.intercept_ * [-0.5, 0.5])
    np.testing.assert_allclose(softmax.predict_proba(X), sigmoid.predict_proba(X), rtol=1e-14)  # rounding
    np.testing.assert_allclose(softmax.decision_function(X), sigmoid.decision_function(X), rtol=1e-13)
    assert (softmax.predict(X) == sigmoid.predict(X)).all()


def test_at_the_minimum_the_gradient_of_the_notes_vanishes(two_classes):
    """∇CE = (f(x) - y)x, summed over the samples, and the penalty's w/C."""
    X, y = two_classes
    model = LogisticRegression(C=0.7, tol=1e-7).fit(X, y)
    errors = model.predict_proba(X)[:, 1] - y
    assert np.abs(X.T @ errors + model.coef_[0] / 0.7).max() <= 1.001 * 60e-7  # n · tol, and rounding
    assert abs(errors.sum()) <= 1.001 * 60e-7


def test_the_loss_curve_is_that_of_the_notes_and_falls(two_classes):
    X, y = two_classes
    model = SoftmaxRegression(C=math.inf).fit(X, y)
    assert model.loss_curve_[0] == pytest.approx(math.log(2), rel=1e-15)  # W = 0, b = 0
    expected = -np.mean(model.predict_log_proba(X)[np.arange(len(y)), y])
    assert model.loss_curve_[-1] == pytest.approx(expected, rel=1e-12)
    assert model.loss_curve_ == sorted(model.loss_curve_, reverse=True)
    assert len(model.loss_curve_) == model.n_iter_ + 1


def test_without_intercept_the_bias_stays_zero(two_classes):
    X, y = two_classes
    ours = LogisticRegression(fit_intercept=False, tol=1e-7).fit(X, y)
    theirs = sklearn.linear_model.LogisticRegression(fit_intercept=False, solver="newton-cholesky", tol=1e-12).fit(X, y)
    assert ours.intercept_.tolist() == [0.0]
    np.testing.assert_allclose(ours.coef_, theirs.coef_, atol=2e-6)  # gradients of 1e-7, curvature about 0.1


def test_log_probabilities_are_finite_where_probabilities_round_to_zero(two_classes):
    model = LogisticRegression().fit(*two_classes)
    far = np.array([[1e4, -1e4]])
    assert model.predict_proba(far)[0, 0] == 0.0
    assert model.predict_log_proba(far)[0, 0] == pytest.approx(-model.decision_function(far)[0], rel=1e-12)


def test_stopping_too_early_is_reported(two_classes):
    with pytest.warns(ConvergenceWarning, match="after 1 iteration of L-BFGS .* exceeds tol=1e-07; .* allow more"):
        model = LogisticRegression(max_iter=1).fit(*two_classes)
    assert model.n_iter_ == 1
    with pytest.warns(ConvergenceWarning, match="exceeds tol=0; .* raise tol, as rounding allows no better"):
        exact = LogisticRegression(tol=0.0).fit(*two_classes)
    # a gradient g is worth about g² of loss, and losses closer than an ulp look alike: g = 1e-8 is the limit
    np.testing.assert_allclose(exact.coef_, LogisticRegression(tol=1e-7).fit(*two_classes).coef_, atol=2e-6)


# ---------------------------------------------------------------- multi-layer perceptrons


def scaled(X, y):
    return StandardScaler().fit_transform(X)[::5], y[::5]


@pytest.mark.parametrize(
    ("ours", "theirs", "data"),
    [
        (MLPClassifier, sklearn.neural_network.MLPClassifier, scaled(*load_iris(return_X_y=True))),
        (MLPClassifier, sklearn.neural_network.MLPClassifier, make_moons(30, noise=0.2, random_state=0)),
        (MLPRegressor, sklearn.neural_network.MLPRegressor, scaled(*load_iris(return_X_y=True))),
    ],
    ids=["three classes", "two classes", "regression"],
)
@pytest.mark.parametrize(
    ("settings", "rtol"),
    [
        ({"solver": "sgd", "activation": "tanh"}, 1e-9),  # the same sums in another order, 20 times
        ({"solver": "sgd", "activation": "relu", "alpha": 1.0}, 1e-9),
        # scikit-learn adds Adam's ε before undoing the bias of v: up to 1e-8/√(1-β₂) = 3e-7 beside gradients from 1e-3
        ({"solver": "adam", "activation": "logistic"}, 1e-3),
    ],
    ids=["sgd, tanh", "sgd, relu, alpha", "adam, logistic"],
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_training_takes_scikit_learns_steps(ours, theirs, data, settings, rtol):
    X, y = data
    settings = {"hidden_layer_sizes": (5, 4), "batch_size": 30, "learning_rate_init": 0.02, **settings}
    first = ours(**settings | {"learning_rate_init": 1e-300}, max_iter=1, random_state=0).fit(X, y)  # stays put
    model = ours(**settings, max_iter=20, n_iter_no_change=20, random_state=0).fit(X, y)
    reference = theirs(**settings, max_iter=1, warm_start=True, nesterovs_momentum=False, random_state=0)
    reference.fit(X, y)
    reference.coefs_, reference.intercepts_, reference.loss_curve_ = first.coefs_, first.intercepts_, []
    reference.set_params(max_iter=20, n_iter_no_change=100).fit(X, y)
    assert model.n_iter_ == 20
    np.testing.assert_allclose(model.loss_curve_, reference.loss_curve_[-20:], rtol=rtol)
    for weights, expected in zip(model.coefs_ + model.intercepts_, reference.coefs_ + reference.intercepts_):
        np.testing.assert_allclose(weights, expected, rtol=rtol, atol=rtol)
    if ours is MLPClassifier:
        np.testing.assert_allclose(model.predict_proba(X), reference.predict_proba(X), rtol=10 * rtol)
    else:
        np.testing.assert_allclose(model.predict(X), reference.predict(X), rtol=10 * rtol, atol=rtol)


def test_predictions_are_the_forward_pass_of_the_weights_in_numpy():
    X, y = scaled(*load_iris(return_X_y=True))
    model = MLPClassifier((6, 5), "tanh", tol=0.1, random_state=0).fit(X, y)
    hidden = X
    for W, b in zip(model.coefs_[:-1], model.intercepts_[:-1]):
        hidden = np.tanh(hidden @ W + b)
    logits = hidden @ model.coefs_[-1] + model.intercepts_[-1]
    np.testing.assert_allclose(model.decision_function(X), logits, rtol=1e-12, atol=1e-13)  # another order of sums


def test_any_activation_of_the_layers_can_be_trained():
    X, y = make_moons(40, noise=0.1, random_state=0)
    for activation in ("gelu", "prelu", abs):
        model = MLPClassifier((8,), activation, learning_rate_init=0.05, max_iter=100, tol=0.01, random_state=0)
        assert model.fit(X, y).score(X, y) >= 0.8


def test_an_mlp_learns_what_no_linear_model_can():
    X, y = make_moons(100, noise=0.1, random_state=0)
    assert LogisticRegression().fit(X, y).score(X, y) < 0.9
    assert MLPClassifier((12,), learning_rate_init=0.05, tol=0.002, random_state=1).fit(X, y).score(X, y) > 0.97


@pytest.mark.parametrize("kind", [MLPClassifier, MLPRegressor])
def test_the_random_state_decides_everything(kind):
    X, y = make_moons(30, noise=0.1, random_state=0)
    settings = {"hidden_layer_sizes": 4, "batch_size": 8, "tol": 0.5, "n_iter_no_change": 2, "early_stopping": True}

    def trained(random_state):
        return kind(**settings, random_state=random_state).fit(X, y).coefs_[0].tolist()

    assert trained(0) == trained(0) == trained(np.random.RandomState(0)) != trained(1)


@pytest.mark.parametrize("kind", [MLPClassifier, MLPRegressor])
def test_early_stopping_keeps_the_best_weights(kind):
    X, y = make_moons(60, noise=0.3, random_state=0)
    model = kind((8,), learning_rate_init=0.1, early_stopping=True, validation_fraction=0.5, random_state=0).fit(X, y)
    assert len(model.validation_scores_) == model.n_iter_ == len(model.loss_curve_) < 100
    best = max(model.validation_scores_)
    stopped = model.n_iter_ - 1 - model.validation_scores_.index(best)
    assert stopped >= 1
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        then = clone(model).set_params(max_iter=model.n_iter_ - stopped).fit(X, y)
    assert then.coefs_[0].tolist() == model.coefs_[0].tolist()


def test_early_stopping_needs_two_samples_to_judge_by():
    X, y = np.arange(10.0)[:, None], np.arange(10) % 2
    with pytest.raises(ValueError, match=r"validation set is too small\. Increase 'validation_fraction' or the size"):
        MLPRegressor(early_stopping=True, random_state=0).fit(X, y)


def test_fitting_does_not_change_the_activation():
    X, y = make_moons(20, random_state=0)
    slope = PReLU()
    model = MLPClassifier((3,), slope, tol=10.0, n_iter_no_change=3, random_state=0)
    first, again = model.fit(X, y).coefs_[0].tolist(), model.fit(X, y).coefs_[0].tolist()
    assert first == again
    assert slope.slope.data == 0.25


@pytest.mark.filterwarnings("ignore:.*overflows:autograd.DomainWarning")
def test_training_that_diverges_says_what_to_do():
    X, y = load_diabetes(return_X_y=True)
    with pytest.raises(ValueError, match=r"MLPRegressor: the loss is .* in epoch .*lower learning_rate_init=100.0"):
        MLPRegressor((), solver="sgd", learning_rate_init=100.0, random_state=0).fit(X, y)


def test_settings_may_be_numpys():
    settings = {"fit_intercept": np.array([True, False])}
    search = GridSearchCV(LogisticRegression(), settings, cv=2, error_score="raise")
    assert search.fit([[0.0], [1.0], [2.0], [3.0]], [0, 1, 0, 1]).best_score_ >= 0.0
    X, y = make_moons(20, random_state=0)
    MLPClassifier(np.array([2, 2]), early_stopping=np.False_, tol=np.float32(9.0), n_iter_no_change=np.int64(2)).fit(
        X, y
    )


def test_too_few_epochs_are_reported():
    X, y = make_moons(20, random_state=0)
    with pytest.warns(ConvergenceWarning, match="MLPClassifier: still improving after max_iter=2 epochs"):
        MLPClassifier(max_iter=2, random_state=0).fit(X, y)


# ---------------------------------------------------------------- the interface


@pytest.mark.parametrize(
    ("estimator", "message"),
    [
        (LinearRegression(solver="qr"), "LinearRegression: solver must be 'lstsq' or 'gd', not 'qr'"),
        (LinearRegression(fit_intercept="no"), "LinearRegression: fit_intercept must be True or False, not 'no'"),
        (LinearRegression(solver="gd", max_iter=0), "max_iter must be a whole number of at least 1, not 0"),
        (LinearRegression(solver="gd", learning_rate=-1.0), "learning_rate must be"),
        (Ridge(-1.0), "Ridge: alpha must be a finite number of at least 0, not -1.0"),
        (Ridge(math.nan), "Ridge: alpha must be"),
        (LogisticRegression(0.0), "LogisticRegression: C must be a number above 0, not 0.0"),
        (LogisticRegression(math.nan), "LogisticRegression: C must be"),
        (LogisticRegression(tol=-1.0), "LogisticRegression: tol must be a finite number of at least 0, not -1.0"),
        (SoftmaxRegression(max_iter=0), "SoftmaxRegression: max_iter must be a whole number of at least 1, not 0"),
        (MLPClassifier((0,)), r"MLPClassifier: hidden_layer_sizes must be .* not \(0,\)"),
        (MLPClassifier((2.5,)), "hidden_layer_sizes must be"),
        (MLPClassifier(activation="rely"), "activation must be"),
        (MLPClassifier(solver="newton"), "solver must be 'adam' or 'sgd', not 'newton'"),
        (MLPClassifier(alpha=math.nan), "alpha must be a finite number of at least 0, not nan"),
        (MLPClassifier(batch_size=0), "batch_size must be a whole number of at least 1, not 0"),
        (MLPClassifier(learning_rate_init=0.0), "learning_rate_init must be a finite number above 0, not 0.0"),
        (MLPClassifier(momentum=1.0), r"momentum must be a number in \[0, 1\), not 1.0"),
        (MLPClassifier(validation_fraction=1.0), r"validation_fraction must be a number in \(0, 1\), not 1.0"),
        (MLPClassifier(early_stopping=1), "early_stopping must be True or False, not 1"),
        (MLPRegressor(n_iter_no_change=True), "MLPRegressor: n_iter_no_change must be"),
    ],
    ids=str,
)
def test_settings_out_of_range_are_refused_by_fit(estimator, message):
    with pytest.raises(ValueError, match=message):
        estimator.fit([[0.0], [1.0], [2.0], [3.0]], [0, 1, 0, 1])


@pytest.mark.parametrize(
    ("sample_weight", "message"),
    [([1.0, -1.0], "no weight may be below 0"), ([0.0, 0.0], "must not all be zero"), ([1.0], "must be 2 numbers")],
)
@pytest.mark.parametrize("estimator", [LinearRegression(), LogisticRegression()], ids=str)
def test_bad_sample_weights_are_refused(estimator, sample_weight, message):
    with pytest.raises(ValueError, match=f"sample_weight.*{message}"):
        clone(estimator).fit([[0.0], [1.0]], [0, 1], sample_weight)


@pytest.mark.parametrize("estimator", [LogisticRegression(), SoftmaxRegression(), MLPClassifier()], ids=str)
def test_classifiers_keep_the_names_of_classes_and_need_two(estimator):
    with pytest.raises(NotFittedError):
        estimator.predict([[0.0]])
    with pytest.raises(ValueError, match="at least two classes, but there is one class only, 'a'"):
        estimator.fit([[0.0], [1.0]], ["a", "a"])
    X = [[-2.0], [-1.0], [1.0], [2.0]]
    model = clone(estimator).set_params(tol=1e-2).fit(X, ["no", "no", "yes", "yes"])
    assert model.classes_.tolist() == ["no", "yes"]
    assert model.predict([[-3.0], [3.0]]).tolist() == ["no", "yes"]


def test_the_estimators_work_in_pipelines_and_searches():
    X, y = load_iris(return_X_y=True)
    search = GridSearchCV(
        make_pipeline(StandardScaler(), LogisticRegression(tol=1e-3)), {"logisticregression__C": [1e-4, 1.0]}, cv=2
    )
    assert search.fit(X[::3], y[::3]).best_params_ == {"logisticregression__C": 1.0}


def test_the_network_of_an_mlp_can_be_looked_into():
    X, y = make_moons(20, random_state=0)
    model = MLPClassifier((3,), tol=0.5, random_state=0).fit(X, y)
    logit = model.model_(X[0])
    logit.backward()
    assert logit.data == pytest.approx(model.decision_function(X[:1])[0], rel=1e-12)
    assert any(w.grad != 0.0 for w in model.model_.parameters())
    assert dot(model.coefs_[1][:, 0].tolist(), [0.0] * 3) == 0.0


def test_without_scikit_learn_it_is_said_what_to_install():
    for module in ("nn.estimators.estimators", "nn.estimators.mlp_estimators"):
        code = f"import sys; sys.modules['sklearn'] = None; import nn; import {module}"
        result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
        assert f"{module} needs scikit-learn: pip install scikit-learn" in result.stderr
