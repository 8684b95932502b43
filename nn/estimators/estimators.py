"""Linear models of regression and classification with scikit-learn's interface; they need scikit-learn.

>>> from sklearn.datasets import load_iris
>>> X, y = load_iris(return_X_y=True)
>>> SoftmaxRegression().fit(X[::3], y[::3]).score(X, y) > 0.95
True
"""
# ruff: noqa: E402  # scikit-learn is imported when it is known to be there
# ruff: noqa: N803, N806  # X is a matrix, in the notes as in scikit-learn
# scikit-learn has no types:
# mypy: disable-error-code="import-untyped, misc"

from nn.inputs.optional import require

require("sklearn", "nn.estimators.estimators")

import math
import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable
from numbers import Integral, Real
from typing import Any, Self

import numpy as np  # comes with scikit-learn, as scipy does
from scipy.special import log_softmax, softmax
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_array
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from autograd import Value, arguments, dot
from nn.estimators.linear_models import check_setting, least_squares, least_squares_gd, residual_variance, ridge
from nn.models.layers import Layer
from nn.objectives.losses import binary_cross_entropy_with_logits, cross_entropy
from nn.optimizing.lbfgs import LBFGS


def validated(estimator: Any, X: Any, y: Any = "no_validation", **options: Any) -> Any:
    """What scikit-learn's `validate_data` makes of inputs and targets; it would take no notice of a mask."""
    for name, given in (("X", X), ("y", y)):
        arguments.unmasked(given, f"{type(estimator).__name__}: {name}")
    try:
        return validate_data(estimator, X, y, **options)
    except OverflowError as error:
        raise ValueError(f"{type(estimator).__name__}: X or y holds a number that fits no float: {error}") from None


def sample_weights(sample_weight: Any, n: int) -> Any:
    """The weights of n samples as an array, ones for None; ValueError unless all are ≥ 0, and not all 0."""
    if sample_weight is None:
        return np.ones(n)
    arguments.unmasked(sample_weight, "sample_weight")
    weights = check_array(sample_weight, dtype="float64", ensure_2d=False, input_name="sample_weight")
    if weights.shape != (n,):
        raise ValueError(
            f"sample_weight must be {arguments.counted(n, 'number')}, one a sample, not of shape {weights.shape}"
        )
    if weights.min() < 0.0 or not weights.any():
        raise ValueError("sample_weight: no weight may be below 0, and they must not all be zero")
    return weights


def minimize(parameters: list[Value], objective: Callable[[], Value], max_iter: int, tol: float) -> list[float]:
    """Minimise by L-BFGS until every |∂objective/∂θ| ≤ tol; the objective at first and after each iteration.

    Warns of ConvergenceWarning if max_iter iterations do not suffice, or if rounding stops it before.
    """
    optimizer = LBFGS(
        parameters,
        max_iter=1,
        max_eval=25,  # a line search needs one or two, or else rounding forbids more
        tolerance_grad=0.0,
        tolerance_change=0.0,
        line_search_fn="strong_wolfe",
    )
    latest: list[float] = []
    loss = Value(math.inf)

    def closure() -> Value:
        """Evaluate once a point: an iteration begins where the last line search ended."""
        nonlocal latest, loss
        point = [parameter.data for parameter in parameters]
        if point != latest:
            optimizer.zero_grad()
            latest, loss = point, objective()
            loss.backward()
        return loss

    losses = [closure().data]
    while (steepest := max(abs(parameter.grad) for parameter in parameters)) > tol and len(losses) <= max_iter:
        before = latest
        optimizer.step(closure)
        losses.append(closure().data)
        if latest == before:
            break
    if steepest > tol:
        advice = "allow more" if len(losses) > max_iter else "raise tol, as rounding allows no better"
        warnings.warn(
            f"after {arguments.counted(len(losses) - 1, 'iteration')} of L-BFGS a partial derivative of {steepest:.3g} "
            f"exceeds tol={tol:g}; standardise X, or {advice}",
            ConvergenceWarning,
            stacklevel=3,
        )
    return losses


class LeastSquaresEstimator(RegressorMixin, BaseEstimator, ABC):
    """Base of the regressions f(x) = ⟨w, x⟩ + b: `coef_` is w, `intercept_` b; a subclass says how w is found."""

    fit_intercept: bool

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Find w and b for the inputs X, n × d, and the targets y, n numbers.

        b need not be searched: at the minimum the model passes through the means, so X and y are measured from
        theirs.  A sample weight cᵢ multiplies a squared error, so √cᵢ multiplies both sides of its equation.
        """
        self._check_settings()
        check_setting(type(self).__name__, "fit_intercept", self.fit_intercept, bool, lambda _: True, "True or False")
        X, y = validated(self, X, y, dtype=np.float64, y_numeric=True)
        c = sample_weights(sample_weight, len(X))
        x_mean, y_mean = np.zeros(X.shape[1]), 0.0
        if self.fit_intercept:
            x_mean, y_mean = np.average(X, axis=0, weights=c), np.average(y, weights=c)
        root = np.sqrt(c)
        self.coef_ = self._solve((X - x_mean) * root[:, None], (y - y_mean) * root)
        self.intercept_ = float(y_mean - x_mean @ self.coef_)
        self.sigma2_ = residual_variance(y, X @ self.coef_ + self.intercept_, c)
        return self

    @abstractmethod
    def _check_settings(self) -> None:
        """Raise ValueError for a setting out of range."""

    @abstractmethod
    def _solve(self, X: Any, y: Any) -> Any:
        """The w of least ‖y - Xw‖², plus what the subclass adds."""

    def predict(self, X: Any) -> Any:
        """The predictions Xw + b for X, n × d: n numbers."""
        check_is_fitted(self)
        return validated(self, X, reset=False, dtype=np.float64) @ self.coef_ + self.intercept_


class LinearRegression(LeastSquaresEstimator):
    """Least squares: the w and b of least (1/n) Σ (yᵢ - ⟨w, xᵢ⟩ - b)².

    Args:
        fit_intercept: Whether there is a b.
        solver: "lstsq", the closed form (`least_squares`), or "gd", gradient descent (`least_squares_gd`).
        learning_rate, max_iter, tol: Of "gd": its η, its steps at most, and the ε of its stopping rule.

    Fitted: `coef_`, `intercept_`, `sigma2_` (the variance of the residuals), `n_iter_` (1 for the closed form) and,
    by "gd", `loss_curve_` (½ Σ of the squared errors, a number a step).
    Source: seeds, "Solving the Least-Squares Problem".

    >>> model = LinearRegression().fit([[0.0], [1.0], [2.0]], [1.0, 3.0, 5.0])
    >>> model.coef_.round(6).tolist(), round(model.intercept_, 6)
    ([2.0], 1.0)
    """

    def __init__(
        self,
        *,
        fit_intercept: bool = True,
        solver: str = "lstsq",
        learning_rate: float | None = None,
        max_iter: int = 15000,
        tol: float = 1e-20,
    ) -> None:
        self.fit_intercept = fit_intercept
        self.solver = solver
        self.learning_rate = learning_rate
        self.max_iter = max_iter
        self.tol = tol

    def _check_settings(self) -> None:
        check_setting(type(self).__name__, "solver", self.solver, str, {"lstsq", "gd"}.__contains__, "'lstsq' or 'gd'")

    def _solve(self, X: Any, y: Any) -> Any:
        if self.solver == "lstsq":
            self.n_iter_ = 1
            return least_squares(X, y)
        self.loss_curve_: list[float] = []
        w = least_squares_gd(
            X, y, self.learning_rate, max_iter=self.max_iter, epsilon=self.tol, callback=self.loss_curve_.append
        )
        self.n_iter_ = len(self.loss_curve_)
        return w


class Ridge(LeastSquaresEstimator):
    """Regularised least squares: the w and b of least Σ (yᵢ - ⟨w, xᵢ⟩ - b)² + λ‖w‖²; b is not penalised.

    Args:
        alpha: λ, at least 0.
        fit_intercept: Whether there is a b.

    Fitted: `coef_`, `intercept_`, `sigma2_`.  Source: seeds, "Regularizing the Least-Squares Solution".

    >>> model = Ridge(alpha=2.0).fit([[0.0], [1.0], [2.0]], [1.0, 3.0, 5.0])
    >>> model.coef_.round(6).tolist(), round(model.intercept_, 6)
    ([1.0], 2.0)
    """

    def __init__(self, alpha: float = 1.0, *, fit_intercept: bool = True) -> None:
        self.alpha = alpha
        self.fit_intercept = fit_intercept

    def _check_settings(self) -> None:
        check_setting("Ridge", "alpha", self.alpha, Real, lambda x: 0 <= x < math.inf, "a finite number of at least 0")

    def _solve(self, X: Any, y: Any) -> Any:
        return ridge(X, y, self.alpha)


class LogitClassifier(ClassifierMixin, BaseEstimator, ABC):
    """Base of the classifiers that turn x into logits s, one a class: p = softmax(s).  A subclass defines `_logits`."""

    classes_: Any

    @abstractmethod
    def _logits(self, X: Any) -> Any:
        """The n × m logits; (0, s) where two classes have one output s, since softmax((0, s))₁ = σ(s)."""

    def _checked(self, X: Any) -> Any:
        check_is_fitted(self)
        return validated(self, X, reset=False, dtype=np.float64)

    def _read(self, X: Any, y: Any) -> tuple[Any, Any, list[int]]:
        """The inputs, what the classes are called, and the class of each sample, counted from 0."""
        X, y = validated(self, X, y, dtype=np.float64)
        check_classification_targets(y)
        classes, targets = np.unique(y, return_inverse=True)
        if len(classes) < 2:
            raise ValueError(
                f"{type(self).__name__}: y must hold at least two classes, but there is one class only, "
                f"{classes.tolist()[0]!r}"
            )
        return X, classes, targets.tolist()

    def decision_function(self, X: Any) -> Any:
        """The logits, n × m; with two classes the log-odds s₁ - s₀ of the second one, n numbers."""
        logits = self._logits(self._checked(X))
        return logits[:, 1] - logits[:, 0] if logits.shape[1] == 2 else logits

    def predict_proba(self, X: Any) -> Any:
        """The probabilities softmax(s), n × m, in the order of `classes_`."""
        return softmax(self._logits(self._checked(X)), axis=1)

    def predict_log_proba(self, X: Any) -> Any:
        """The logarithms of the probabilities, n × m, finite where a probability rounds to 0."""
        return log_softmax(self._logits(self._checked(X)), axis=1)

    def predict(self, X: Any) -> Any:
        """The most probable class of each of n samples."""
        most_probable = self._logits(self._checked(X)).argmax(axis=1)
        return self.classes_[most_probable]


class SoftmaxRegression(LogitClassifier):
    """Logistic regression with a row of weights a class: p = softmax(Wx + b).

    W and b minimise LR(W, b) = (1/n) Σ CE(yᵢ, softmax(Wxᵢ + b)) and, weighted by 1/(nC), the penalty ½‖W‖².

    Args:
        C: Inverse strength of the penalty, above 0; `math.inf` for none.
        fit_intercept: Whether there is a b.
        tol: It is done when no partial derivative exceeds this.
        max_iter: Iterations of L-BFGS at most; if they are used up, a ConvergenceWarning says so.

    With two classes it is `LogisticRegression` of twice its C: ‖W‖² is least for rows ∓w/2, and then ½‖w‖².
    Fitted: `coef_` (m × d), `intercept_` (m), `classes_`, `n_iter_`, `loss_curve_`.
    Source: seeds, "The Logistic Regression Model".

    >>> model = SoftmaxRegression().fit([[0.0], [1.0], [2.0]], ["a", "b", "c"])
    >>> model.predict([[-1.0], [3.0]]).tolist(), model.coef_.shape
    (['a', 'c'], (3, 1))
    """

    def __init__(self, C: float = 1.0, *, fit_intercept: bool = True, tol: float = 1e-7, max_iter: int = 200) -> None:
        self.C = C
        self.fit_intercept = fit_intercept
        self.tol = tol
        self.max_iter = max_iter

    def _outputs(self) -> int:
        return len(self.classes_)

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Find the weights for the inputs X, n × d, and the classes y; a sample's loss counts by its weight."""
        owner = type(self).__name__
        check_setting(owner, "C", self.C, Real, lambda x: x > 0, "a number above 0")
        check_setting(owner, "tol", self.tol, Real, lambda x: 0 <= x < math.inf, "a finite number of at least 0")
        check_setting(owner, "max_iter", self.max_iter, Integral, lambda x: x >= 1, "a whole number of at least 1")
        check_setting(owner, "fit_intercept", self.fit_intercept, bool, lambda _: True, "True or False")
        X, classes, targets = self._read(X, y)
        c = sample_weights(sample_weight, len(X))
        self.classes_ = classes
        layer = Layer(X.shape[1], self._outputs(), activation="identity", initializer="zeros")
        loss = binary_cross_entropy_with_logits if self._outputs() == 1 else cross_entropy
        rows, shares, strength = X.tolist(), (c / c.sum()).tolist(), 0.5 / (float(self.C) * float(c.sum()))
        weights = [w for neuron in layer.neurons for w in neuron.w]
        biases = [neuron.b for neuron in layer.neurons] if self.fit_intercept else []

        def objective() -> Value:
            losses = loss(layer(rows), targets, reduction="none")
            return dot(shares, losses) + strength * dot(weights, weights)  # type: ignore[no-any-return]

        self.loss_curve_ = minimize([*weights, *biases], objective, self.max_iter, self.tol)
        self.n_iter_ = len(self.loss_curve_) - 1
        self.coef_ = np.array([[w.data for w in neuron.w] for neuron in layer.neurons])
        self.intercept_ = np.array([neuron.b.data for neuron in layer.neurons])
        return self

    def _logits(self, X: Any) -> Any:
        return X @ self.coef_.T + self.intercept_


class LogisticRegression(SoftmaxRegression):
    """Logistic regression, with a single row of weights for two classes: P(second class) = σ(⟨w, x⟩ + b).

    With more classes, and for what the settings mean, see `SoftmaxRegression`; scikit-learn's has the same minimum.
    Source: seeds, "Binary Classification".

    >>> model = LogisticRegression().fit([[0.0], [1.0]], [0, 1])
    >>> model.predict_proba([[0.5]]).round(6).tolist(), model.coef_.shape
    ([[0.5, 0.5]], (1, 1))
    """

    def _outputs(self) -> int:
        return 1 if len(self.classes_) == 2 else len(self.classes_)

    def _logits(self, X: Any) -> Any:
        logits = super()._logits(X)
        return np.column_stack([np.zeros(len(X)), logits]) if self._outputs() == 1 else logits
