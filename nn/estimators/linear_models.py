"""The least-squares model f(x) = ⟨w, x⟩: its closed form, its regularised form, and gradient descent."""
# ruff: noqa: N803  # X is a matrix, in the notes as in scikit-learn

import math
import warnings
from collections.abc import Callable
from numbers import Integral, Real
from typing import Any

from autograd import Value, dot
from nn.inputs.checks import brief, counted
from nn.inputs.optional import require
from nn.objectives.losses import half_squared_loss
from nn.optimizing.optimizers import SGD


def least_squares(X: Any, y: Any) -> Any:
    """The weights of least squared error, w* = (XᵀX)⁻¹Xᵀy, as a NumPy array.

    Nothing is inverted: the system is solved by the singular values of X; forming XᵀX would lose twice as many digits.
    If X has dependent columns, many weights are equally good; this is the shortest of them.

    Args:
        X: Inputs, n × d.  For a bias, let its last column be 1.
        y: Targets, n numbers; or n × k for k models at once, whose weights come as d × k.

    Raises ValueError for shapes that do not fit and for what is not finite.
    Source: seeds, "Solving the Least-Squares Problem".

    >>> least_squares([[0.0, 1.0], [1.0, 1.0], [2.0, 1.0]], [1.0, 3.0, 5.0]).round(6).tolist()
    [2.0, 1.0]
    """
    inputs, targets = _arrays("least_squares", X, y)
    return require("numpy", "least_squares").linalg.lstsq(inputs, targets, rcond=None)[0]


def ridge(X: Any, y: Any, alpha: float = 1.0) -> Any:
    """The regularised weights w* = (XᵀX + λI)⁻¹Xᵀy, as a NumPy array: the minimum of ‖y - Xw‖² + λ‖w‖².

    It is `least_squares` of X with √λ·I below it and y with zeros below it, so nothing is squared or inverted.

    Args:
        X: Inputs, n × d.
        y: Targets, n numbers or n × k.
        alpha: λ, at least 0.

    Raises ValueError for shapes that do not fit, for what is not finite and for a negative λ.
    Source: seeds, "Regularizing the Least-Squares Solution".

    >>> ridge([[1.0], [1.0]], [3.0, 3.0], alpha=1.0).round(6).tolist()
    [2.0]
    """
    check_setting("ridge", "alpha", alpha, Real, lambda x: 0 <= x < math.inf, "a finite number of at least 0")
    numpy = require("numpy", "ridge")
    inputs, targets = _arrays("ridge", X, y)
    features = inputs.shape[1]
    below = math.sqrt(alpha) * numpy.eye(features)
    zeros = numpy.zeros((features, *targets.shape[1:]))
    return least_squares(numpy.concatenate([inputs, below]), numpy.concatenate([targets, zeros]))


def least_squares_gd(
    X: Any,
    y: Any,
    learning_rate: float | None = None,
    *,
    max_iter: int = 15000,
    epsilon: float = 1e-20,
    callback: Callable[[float], object] | None = None,
) -> Any:
    """Least squares by gradient descent, wₜ₊₁ = wₜ + η·Xᵀ(y - Xwₜ) from w₀ = 0, as a NumPy array of d weights.

    The gradient is the engine's, of the graph of ½ Σ (⟨w, xᵢ⟩ - yᵢ)².  It stops when ‖wₜ₊₁ - wₜ‖² < ε.

    Args:
        X: Inputs, n × d.
        y: Targets, n numbers.
        learning_rate: η; by default 1 / σ², with the largest singular value σ of X.  It converges below 2 / σ².
        max_iter: Steps at most; if they are used up, a RuntimeWarning says so.
        epsilon: ε.
        callback: Is told the value of ½ Σ (⟨w, xᵢ⟩ - yᵢ)² at each wₜ.

    Raises ValueError for shapes that do not fit, for settings out of range, and if it diverges.
    Source: seeds, "Solving the Least-Squares Problem".

    >>> least_squares_gd([[0.0, 1.0], [1.0, 1.0], [2.0, 1.0]], [1.0, 3.0, 5.0]).round(6).tolist()
    [2.0, 1.0]
    """
    numpy = require("numpy", "least_squares_gd")
    inputs, targets = _arrays("least_squares_gd", X, y)
    if targets.ndim != 1:
        raise ValueError(f"least_squares_gd: y must be n numbers, not of shape {targets.shape}")
    owner = "least_squares_gd"
    check_setting(owner, "max_iter", max_iter, Integral, lambda x: x >= 1, "a whole number of at least 1")
    check_setting(owner, "epsilon", epsilon, Real, lambda x: 0 <= x < math.inf, "a finite number of at least 0")
    if learning_rate is not None:
        check_setting(
            owner, "learning_rate", learning_rate, Real, lambda x: 0 < x < math.inf, "None, or finite and above 0"
        )
    size = float(numpy.linalg.norm(inputs, 2))
    if size and not 1e-150 < size < 1e150:
        raise ValueError(f"{owner}: the square of X's largest singular value, {size:.3g}, is no number; rescale X")
    curvature = size * size or 1.0  # of inputs of 0 any will do
    rate = learning_rate if learning_rate is not None else 1.0 / curvature
    weights = [Value(0.0) for _ in range(inputs.shape[1])]
    optimizer = SGD(weights, lr=rate)
    rows, numbers = inputs.tolist(), targets.tolist()

    def closure() -> Any:
        loss = half_squared_loss([dot(weights, row) for row in rows], numbers, reduction="sum")
        if not math.isfinite(loss.data):
            raise ValueError(
                f"{owner}: it diverges with learning_rate={rate!r}; below {2.0 / curvature:.3g} it converges"
            )
        if callback is not None:
            callback(loss.data)
        optimizer.zero_grad()
        loss.backward()
        return loss

    for _ in range(max_iter):
        before = [w.data for w in weights]
        optimizer.step(closure)
        if sum((w.data - old) ** 2 for w, old in zip(weights, before, strict=True)) < epsilon:
            break
    else:
        warnings.warn(
            f"{owner}: not converged after max_iter={counted(max_iter, 'step')}; allow more, or standardise X",
            RuntimeWarning,
            stacklevel=2,
        )
    return numpy.array([w.data for w in weights])


def residual_variance(y: Any, predictions: Any, sample_weight: Any = None) -> float:
    """The variance of the noise that fits best, σ*² = (1/n) Σ (yᵢ - ŷᵢ)², with ŷᵢ = ⟨w*, xᵢ⟩.

    Args:
        y: Targets, n numbers.
        predictions: ŷ, n numbers.
        sample_weight: n weights cᵢ; then it is Σ cᵢ(yᵢ - ŷᵢ)² / Σ cᵢ.

    Raises ValueError for lengths that differ.  Source: seeds, "Solving the Least-Squares Problem".

    >>> residual_variance([1.0, 2.0], [1.0, 4.0])
    2.0
    """
    numpy = require("numpy", "residual_variance")
    targets, estimates = numpy.asarray(y, dtype=float), numpy.asarray(predictions, dtype=float)
    if targets.shape != estimates.shape:
        raise ValueError(
            f"residual_variance: y has shape {targets.shape}, but predictions {estimates.shape}; they must be the same"
        )
    return float(numpy.average((targets - estimates) ** 2, weights=sample_weight))


def check_setting(owner: str, name: str, value: Any, kind: type, valid: Callable[[Any], bool], wanted: str) -> None:
    """Raise ValueError, saying whose setting it is and what is wanted, unless the value is of that kind and valid.

    >>> check_setting("Ridge", "alpha", -1.0, float, lambda x: x >= 0, "at least 0")
    Traceback (most recent call last):
    ValueError: Ridge: alpha must be at least 0, not -1.0
    """
    given = value.item() if getattr(value, "ndim", None) == 0 else value  # a number or bool of NumPy, as Python's
    fits = not isinstance(given, int) or given.bit_length() < 1024  # a float, which some settings are made
    if (isinstance(given, bool) and kind is not bool) or not isinstance(given, kind) or not (fits and valid(given)):
        raise ValueError(f"{owner}: {name} must be {wanted}, not {brief(value)}")


def _arrays(function: str, X: Any, y: Any) -> tuple[Any, Any]:
    """X and y as arrays of floats, their shapes and numbers checked."""
    numpy = require("numpy", function)
    try:
        inputs, targets = numpy.asarray(X, dtype=float), numpy.asarray(y, dtype=float)
    except OverflowError as error:
        raise ValueError(f"{function}: X or y holds a number that fits no float: {error}") from None
    if inputs.ndim != 2 or not inputs.size:
        raise ValueError(f"{function}: X must be n × d, a row a sample, not of shape {inputs.shape}")
    if targets.ndim not in (1, 2) or len(targets) != len(inputs):
        raise ValueError(f"{function}: {counted(len(inputs), 'row')} of X, but y has shape {targets.shape}")
    for name, array in (("X", inputs), ("y", targets)):
        if not numpy.isfinite(array).all():
            raise ValueError(f"{function}: {name} must be finite, but holds nan or inf; leave such samples out")
    return inputs, targets
