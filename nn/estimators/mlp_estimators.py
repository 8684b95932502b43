"""Multi-layer perceptrons with scikit-learn's interface; they need scikit-learn."""
# ruff: noqa: E402  # scikit-learn is imported when it is known to be there
# ruff: noqa: N803, N806  # X is a matrix, in the notes as in scikit-learn
# scikit-learn has no types:
# mypy: disable-error-code="import-untyped, misc"

from nn.inputs.optional import require

require("sklearn", "nn.estimators.mlp_estimators")

import copy
import math
import warnings
from collections.abc import Callable, Sequence
from functools import partial
from numbers import Integral, Real
from random import Random
from typing import Any, Self

import numpy as np  # comes with scikit-learn
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from autograd import dot, no_grad
from nn.data.loading import minibatches
from nn.estimators.estimators import LogitClassifier, validated
from nn.estimators.linear_models import check_setting, residual_variance
from nn.inputs.checks import counted
from nn.models.layers import MLP
from nn.objectives.losses import binary_cross_entropy_with_logits, cross_entropy, half_squared_loss
from nn.optimizing.optimizer import Optimizer
from nn.optimizing.optimizers import SGD, Adam


class MLPEstimator(BaseEstimator):
    """Base of `MLPClassifier` and `MLPRegressor`: their settings, and training on minibatches.

    Args:
        hidden_layer_sizes: Neurons of each hidden layer; () for none.
        activation: φ of the hidden layers, as for `nn.MLP`; "logistic" is scikit-learn's name of "sigmoid".
        solver: "adam" or "sgd".
        alpha: L2 penalty; α/(2B) ‖weights‖² is added to the loss of a batch of B samples.
        batch_size: Samples a batch.
        learning_rate_init: η.
        max_iter: Epochs at most; if they are used up, a ConvergenceWarning says so.
        random_state: A seed, a NumPy RandomState or None: of the first weights, the order of the samples and the
            choice of those held out.
        tol: An epoch that improves the best loss (or score) by less does not count as an improvement.
        momentum: Of "sgd".
        early_stopping: Hold samples out, at least two, judge an epoch by the score on them, and in the end keep the
            best weights.
        validation_fraction: The share of samples held out then.
        n_iter_no_change: Stop after this many epochs without improvement.

    Fitted: `model_` (the `nn.MLP`), `coefs_` and `intercepts_` (its numbers, a matrix d × q and a vector of q a
    layer), `n_iter_`, `loss_curve_`, and with early_stopping `validation_scores_`.
    """

    score: Callable[..., float]

    def __init__(
        self,
        hidden_layer_sizes: int | Sequence[int] = (16,),
        activation: Any = "relu",
        *,
        solver: str = "adam",
        alpha: float = 1e-4,
        batch_size: int = 32,
        learning_rate_init: float = 0.01,
        max_iter: int = 100,
        random_state: Any = None,
        tol: float = 1e-4,
        momentum: float = 0.9,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        n_iter_no_change: int = 10,
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.solver = solver
        self.alpha = alpha
        self.batch_size = batch_size
        self.learning_rate_init = learning_rate_init
        self.max_iter = max_iter
        self.random_state = random_state
        self.tol = tol
        self.momentum = momentum
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change

    # ------------------------------------------------------------ training

    def _check_settings(self) -> None:
        count = "a whole number of at least 1"
        rules: list[tuple[tuple[str, ...], type, Callable[[Any], bool], str]] = [
            (("solver",), str, {"adam", "sgd"}.__contains__, "'adam' or 'sgd'"),
            (("hidden_layer_sizes",), object, _are_sizes, "numbers of neurons, whole and at least 1"),
            (("alpha", "tol"), Real, lambda x: 0 <= x < math.inf, "a finite number of at least 0"),
            (("learning_rate_init",), Real, lambda x: 0 < x < math.inf, "a finite number above 0"),
            (("momentum",), Real, lambda x: 0 <= x < 1, "a number in [0, 1)"),
            (("validation_fraction",), Real, lambda x: 0 < x < 1, "a number in (0, 1)"),
            (("batch_size", "max_iter", "n_iter_no_change"), Integral, lambda n: n >= 1, count),
            (("early_stopping",), bool, lambda _: True, "True or False"),
        ]
        for names, kind, valid, wanted in rules:
            for name in names:
                check_setting(type(self).__name__, name, getattr(self, name), kind, valid, wanted)

    def _train(self, X: Any, y: Any, targets: list[Any], outputs: int, loss: Callable[[Any, Any], Any]) -> Self:
        """Minimise `loss(what the model gives for a batch, its targets)`; y is what `score` compares with."""
        self._check_settings()
        state = check_random_state(self.random_state)
        rng = Random(int(state.randint(2**31 - 1)))  # noqa: S311  # not cryptography
        seen, held_out = list(range(len(X))), []
        if self.early_stopping:
            classes = y if isinstance(self, LogitClassifier) else None
            seen, held_out = train_test_split(
                seen, test_size=self.validation_fraction, stratify=classes, random_state=state
            )
            if len(held_out) < 2:
                raise ValueError(
                    "The validation set is too small. Increase 'validation_fraction' or the size of your dataset."
                )
        self.model_ = self._network(X.shape[1], outputs, rng)
        optimizer = self._optimizer()
        rows, answers = X[seen].tolist(), [targets[i] for i in seen]
        self.loss_curve_: list[float] = []
        self.validation_scores_: list[float] = []
        best, best_state, patience = math.inf, self.model_.state_dict(), self.n_iter_no_change
        while patience and len(self.loss_curve_) < self.max_iter:
            self.loss_curve_.append(self._epoch(optimizer, rows, answers, loss, rng))
            cost = self.loss_curve_[-1]
            if self.early_stopping:
                self.validation_scores_.append(self.score(X[held_out], y[held_out]))
                cost = -self.validation_scores_[-1]
            patience = self.n_iter_no_change if cost < best - self.tol else patience - 1
            if cost < best:
                best, best_state = cost, self.model_.state_dict() if self.early_stopping else best_state
        self.n_iter_ = len(self.loss_curve_)
        if self.early_stopping:
            self.model_.load_state_dict(best_state)
        if patience:
            warnings.warn(
                f"{type(self).__name__}: still improving after max_iter={counted(self.max_iter, 'epoch')}; allow more",
                ConvergenceWarning,
                stacklevel=3,
            )
        return self

    def _network(self, inputs: int, outputs: int, rng: Random) -> MLP:
        """Weights are drawn as suits the activation: He's for relu, else Glorot's.

        An activation with parameters is copied, since training moves them, and each fit begins anew.
        """
        activation = "sigmoid" if self.activation == "logistic" else copy.deepcopy(self.activation)
        initializer = "kaiming_uniform" if activation == "relu" else "xavier_uniform"
        sizes = [*np.atleast_1d(self.hidden_layer_sizes).tolist(), outputs]
        return MLP(inputs, sizes, activation=activation, initializer=initializer, rng=rng)

    def _optimizer(self) -> Optimizer:
        if self.solver == "adam":
            return Adam(self.model_.parameters(), lr=self.learning_rate_init)
        return SGD(self.model_.parameters(), lr=self.learning_rate_init, momentum=self.momentum)

    def _epoch(
        self,
        optimizer: Optimizer,
        rows: list[Any],
        answers: list[Any],
        loss: Callable[[Any, Any], Any],
        rng: Random,
    ) -> float:
        """Each sample once, in batches; the mean of their losses."""
        weights = [w for layer in self.model_.layers for row in layer.weight for w in row]
        total = 0.0
        for inputs, targets in minibatches(rows, answers, batch_size=self.batch_size, seed=rng.getrandbits(32)):
            penalty = self.alpha / (2 * len(inputs)) * dot(weights, weights)
            objective = loss(self.model_(inputs), targets) + penalty
            if not math.isfinite(objective.data):
                raise ValueError(
                    f"{type(self).__name__}: the loss is {objective.data} in epoch {len(self.loss_curve_) + 1}; "
                    f"standardise X and y, or lower learning_rate_init={self.learning_rate_init!r}"
                )
            optimizer.zero_grad()
            objective.backward()
            optimizer.step(lambda objective=objective: objective)  # told it, it takes gradients of 0 for no mistake
            total += objective.data * len(inputs)
        return total / len(rows)

    # ------------------------------------------------------------ what was learned

    @property
    def coefs_(self) -> list[Any]:
        """The weights of each layer as a NumPy matrix, its inputs × its outputs."""
        return [np.array([[w.data for w in row] for row in layer.weight]).T for layer in self.model_.layers]

    @property
    def intercepts_(self) -> list[Any]:
        """The biases of each layer as a NumPy vector."""
        return [np.array([b.data for b in layer.bias]) for layer in self.model_.layers]

    def _run(self, X: Any) -> Any:
        """What the network itself gives for checked inputs, n × q: any activation, no second copy of the model."""
        with no_grad():
            outputs = self.model_(X.tolist())
        return np.array(outputs, dtype=float).reshape(len(X), -1)


class MLPClassifier(LogitClassifier, MLPEstimator):
    """A multi-layer perceptron for classes: softmax of m logits, or with two classes σ of one, and cross-entropy.

    For the settings and what is learned see `MLPEstimator`.  Source: seeds, "Output Layer".

    >>> X, y = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], ["same", "differ", "differ", "same"]
    >>> model = MLPClassifier((8,), "tanh", learning_rate_init=0.1, tol=0.01, random_state=0)
    >>> model.fit(X, y).predict(X).tolist()
    ['same', 'differ', 'differ', 'same']
    """

    def fit(self, X: Any, y: Any) -> Self:
        """Train on the inputs X, n × d, and the classes y."""
        X, self.classes_, targets = self._read(X, y)
        if len(self.classes_) == 2:
            return self._train(X, self.classes_[targets], targets, 1, binary_cross_entropy_with_logits)
        return self._train(X, self.classes_[targets], targets, len(self.classes_), cross_entropy)

    def _logits(self, X: Any) -> Any:
        outputs = self._run(X)
        return np.column_stack([np.zeros(len(X)), outputs]) if len(self.classes_) == 2 else outputs


class MLPRegressor(RegressorMixin, MLPEstimator):
    """A multi-layer perceptron for numbers: one linear output, and half the squared error.

    For the settings and what is learned see `MLPEstimator`; `sigma2_` is the variance of the residuals.

    >>> X = [[i / 10] for i in range(-10, 11)]
    >>> model = MLPRegressor((8,), "tanh", learning_rate_init=0.05, max_iter=200, random_state=0)
    >>> model.fit(X, [x * x for [x] in X]).score(X, [x * x for [x] in X]) > 0.9
    True
    """

    def fit(self, X: Any, y: Any) -> Self:
        """Train on the inputs X, n × d, and the targets y, n numbers."""
        X, y = validated(self, X, y, dtype=np.float64, y_numeric=True)
        y = y.astype(np.float64)
        self._train(X, y, y.tolist(), 1, partial(half_squared_loss, reduction="mean"))
        self.sigma2_ = residual_variance(y, self.predict(X))
        return self

    def predict(self, X: Any) -> Any:
        """The predictions for X, n × d: n numbers."""
        check_is_fitted(self)
        return self._run(validated(self, X, reset=False, dtype=np.float64)).ravel()


def _are_sizes(sizes: Any) -> bool:
    return all(isinstance(size, int) and size >= 1 for size in np.atleast_1d(sizes).tolist())
