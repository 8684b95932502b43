"""`from_sklearn`: networks and linear models of scikit-learn as ours."""

import warnings
from typing import Any

from autograd import no_grad
from nn.export.activations import module_of
from nn.export.pytorch import linear_of
from nn.inputs.optional import require
from nn.models.layers import Sequential

OUTPUTS = {"identity": None, "logistic": "Sigmoid", "softmax": "Softmax", "tanh": "Tanh", "relu": "ReLU"}
"""What scikit-learn calls activations."""
SAMPLES = 20


def from_sklearn(estimator: Any) -> Sequential:
    """A fitted estimator of scikit-learn as ours, so that one can look inside: the same weights, to the last bit.

    Reads MLPClassifier and MLPRegressor, LogisticRegression and LogisticRegressionCV, and linear regressions of any
    kind: whatever has `coef_` and `intercept_`, and no `decision_function` (LinearRegression, Ridge, Lasso,
    HuberRegressor …).  A classifier becomes a model of its probabilities; of two classes it is that of the second.

    Raises TypeError for another, and for one that predicts otherwise, as PoissonRegressor with its exp(Wx + b) does;
    ValueError for one that is not fitted.

    >>> from sklearn.linear_model import LinearRegression
    >>> model = from_sklearn(LinearRegression().fit([[0.0], [1.0]], [1.0, 3.0]))
    >>> round(model([2.0]).data, 9)
    5.0
    """
    base = require("sklearn.base", "from_sklearn")
    name = type(estimator).__name__
    if not isinstance(estimator, base.BaseEstimator):
        raise TypeError(f"from_sklearn: takes an estimator of scikit-learn, not {name}")
    if hasattr(estimator, "steps"):
        raise TypeError(
            "from_sklearn: a Pipeline is several steps; give the last, pipeline[-1], and to the model what the others "
            "make of the inputs, pipeline[:-1].transform(X)"
        )
    if hasattr(estimator, "decision_function") and not hasattr(estimator, "predict_proba"):
        raise TypeError(f"from_sklearn: {name} gives no probabilities that a network has; it reads LogisticRegression")
    if not hasattr(estimator, "coefs_") and not hasattr(estimator, "coef_"):
        reads = "MLPClassifier, MLPRegressor, LogisticRegression and linear regressions"
        fitted = any(key.endswith("_") and not key.startswith("_") for key in vars(estimator))
        problem = TypeError if fitted else ValueError
        raise problem(f"from_sklearn: {name} has no weights; it reads {reads}, once they are fitted")
    return _held_to(estimator, _read(estimator))


def _read(estimator: Any) -> Sequential:
    numpy = require("numpy", "from_sklearn")
    if hasattr(estimator, "coefs_"):
        layers: list[Any] = []
        for i, (weights, bias) in enumerate(zip(estimator.coefs_, estimator.intercepts_, strict=True)):
            layers.append(linear_of(weights.T.tolist(), bias.tolist()))
            is_last = i == len(estimator.coefs_) - 1
            layers += _activation(estimator.out_activation_ if is_last else estimator.activation)
        return Sequential(*layers)
    found = estimator.coef_
    dense = found.toarray() if hasattr(found, "toarray") else found  # it is sparse after sparsify()
    coefficients = numpy.atleast_2d(dense).tolist()
    intercepts = numpy.broadcast_to(numpy.atleast_1d(estimator.intercept_), (len(coefficients),)).tolist()
    linear = linear_of(coefficients, intercepts)
    if not hasattr(estimator, "predict_proba"):
        return Sequential(linear)
    return Sequential(linear, *_activation("logistic" if len(coefficients) == 1 else "softmax"))


def _held_to(estimator: Any, model: Sequential) -> Sequential:
    """The model, if it predicts what the estimator does, on some random samples; TypeError if not."""
    numpy = require("numpy", "from_sklearn")
    samples = numpy.random.default_rng(0).normal(size=(SAMPLES, estimator.n_features_in_))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it was fitted to columns with names
        expected = getattr(estimator, "predict_proba", estimator.predict)(samples).reshape(SAMPLES, -1)
    with no_grad():
        outputs = [model(sample) for sample in samples.tolist()]
    found = numpy.array([[y.data for y in (ys if isinstance(ys, list) else [ys])] for ys in outputs])
    if expected.shape != found.shape:
        expected = expected[:, 1:]  # of two classes there is one output
    if not numpy.allclose(found, expected, rtol=1e-4, atol=1e-4):
        raise TypeError(
            f"from_sklearn: {type(estimator).__name__} predicts otherwise than a layer with its weights, as a "
            "regression with a link function does, or a classifier of one class against the rest"
        )
    return model


def _activation(name: str) -> list[Any]:
    if name not in OUTPUTS:
        raise TypeError(f"from_sklearn: there is no activation {name!r} here")
    found = OUTPUTS[name]
    return [] if found is None else [module_of(found, {}, "from_sklearn")]
