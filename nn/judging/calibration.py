"""Whether probabilities mean what they say, and temperature scaling, which makes them.

A model is calibrated if of the samples to which it gives a class with confidence p, a share p is of that class.
Probabilities and targets are read as in `nn.judging.decisions`.
"""

import math
from bisect import bisect_left
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, Self

from autograd import Value, derivative, exp, jvp, log1p, mean, no_grad, sigmoid, softmax
from autograd import sum as total
from nn.inputs.checks import MOST, whole_number
from nn.inputs.sequences import is_sequence, over_batch, to_list
from nn.judging.decisions import class_numbers, number_of, numbers_of, probability_rows, same_lengths
from nn.models.module import Module

# ---------------------------------------------------------------- measuring


class CalibrationBin(NamedTuple):
    """The samples whose confidence lies in (lower, upper]: how many, their mean confidence, and their accuracy."""

    lower: float
    upper: float
    size: int
    confidence: float
    accuracy: float

    @property
    def gap(self) -> float:
        """|a - p|: how far the accuracy is from the confidence."""
        return abs(self.accuracy - self.confidence)


def calibration_bins(probabilities: Any, target: Any, n_bins: int = 10) -> list[CalibrationBin]:
    """The samples in equispaced bins (i/b, (i+1)/b] of confidence; bins that hold none are left out.

    Confidence is the largest probability of a sample, and accuracy the share of samples whose class it is of; of
    equal ones the first class is predicted.  So of two classes, the confidence is max(p, 1 - p), and the bins below
    one half stay empty.

    Args:
        probabilities: n × m, or flat: of class 1 of two.
        target: n classes.
        n_bins: b, at least 1.

    Raises ValueError for probabilities outside [0, 1] or not summing to one, for targets that are no classes, and
    for different numbers of both.  Source: seeds, "Estimating the Calibration Error"; Guo et al., arXiv:1706.04599.

    >>> for bin in calibration_bins([[0.75, 0.25], [0.25, 0.75], [0.0, 1.0]], [0, 0, 1], n_bins=4):
    ...     print(bin)
    CalibrationBin(lower=0.5, upper=0.75, size=2, confidence=0.75, accuracy=0.5)
    CalibrationBin(lower=0.75, upper=1.0, size=1, confidence=1.0, accuracy=1.0)
    """
    return bins_of("calibration_bins", probabilities, target, n_bins)


def expected_calibration_error(probabilities: Any, target: Any, n_bins: int = 10) -> float:
    """ECE = Σᵢ |Bᵢ|/n · |aᵢ - pᵢ|, over bins Bᵢ of accuracy aᵢ and confidence pᵢ.

    Arguments, bins and errors as for `calibration_bins`.  0 for a calibrated model and many samples; of few samples
    it is too large, the more bins the more.  Source: seeds, "Estimating the Calibration Error".

    >>> expected_calibration_error([[0.75, 0.25], [0.25, 0.75], [0.0, 1.0], [0.5, 0.5]], [0, 0, 1, 0])
    0.25
    """
    return mean_gap(bins_of("expected_calibration_error", probabilities, target, n_bins))


def maximum_calibration_error(probabilities: Any, target: Any, n_bins: int = 10) -> float:
    """MCE = maxᵢ |aᵢ - pᵢ|, over bins of accuracy aᵢ and confidence pᵢ.

    Arguments, bins and errors as for `calibration_bins`.  Source: Guo et al., arXiv:1706.04599.

    >>> maximum_calibration_error([[0.75, 0.25], [0.25, 0.75], [0.0, 1.0], [0.5, 0.5]], [0, 0, 1, 0])
    0.5
    """
    return max(bin.gap for bin in bins_of("maximum_calibration_error", probabilities, target, n_bins))


def brier_score(probabilities: Any, target: Any) -> float:
    """Mean squared error of the probabilities, (1/n) Σᵢ Σⱼ (fⱼ(xᵢ) - [j = yᵢ])²; of two classes half of it, (p - y)².

    Arguments and errors as for `calibration_bins`.  Least for the true probabilities; needs no bins.
    Source: Brier (1950); halved for two classes as in scikit-learn.

    >>> brier_score([0.5, 1.0], [0, 1])
    0.125
    """
    rows = probability_rows("brier_score", probabilities)
    classes = class_numbers("brier_score", target, len(rows), len(rows[0]))
    errors = [(p - (j == y)) ** 2 for row, y in zip(rows, classes, strict=True) for j, p in enumerate(row)]
    return math.fsum(errors) / (len(rows) * (2 if len(rows[0]) == 2 else 1))


def bins_of(name: str, probabilities: Any, target: Any, n_bins: int) -> list[CalibrationBin]:
    """The bins of `calibration_bins`, for the function of this name."""
    n_bins = whole_number(f"{name}: n_bins", n_bins, most=MOST)
    rows = probability_rows(name, probabilities)
    classes = class_numbers(name, target, len(rows), len(rows[0]))
    edges = [i / n_bins for i in range(n_bins + 1)]
    members: list[list[tuple[float, bool]]] = [[] for _ in range(n_bins)]
    for row, y in zip(rows, classes, strict=True):
        confidence = max(row)
        members[bisect_left(edges, confidence, 1, n_bins) - 1].append((confidence, row.index(confidence) == y))
    return [
        CalibrationBin(lower, upper, len(bin), mean(p for p, _ in bin), sum(right for _, right in bin) / len(bin))
        for lower, upper, bin in zip(edges, edges[1:], members)
        if bin
    ]


def mean_gap(bins: list[CalibrationBin]) -> float:
    """The error of `expected_calibration_error`."""
    return math.fsum(bin.size * bin.gap for bin in bins) / sum(bin.size for bin in bins)


# ---------------------------------------------------------------- temperature


def fit_temperature(logits: Any, target: Any) -> float:
    """The τ that minimises the negative log-likelihood of softmax(z/τ): temperature scaling.

    In β = 1/τ it is convex, so that its derivative, by the engine, has one zero; τ is exact but for rounding.  Use
    samples that the model was not trained on: on those of its training it is right too often.

    Args:
        logits: n × m, or flat: the logits of class 1 of two, whose probability is σ(s/τ).
        target: n classes.

    Raises ValueError where no finite τ > 0 is best: the largest logit of every sample is that of its class (then
    τ → 0), or logits of the true classes are on average not above those of all (then τ → ∞); and for logits that
    are not finite.  Source: Guo et al., arXiv:1706.04599; seeds, "temperature".

    >>> round(fit_temperature([[4.0, 0.0], [4.0, 0.0], [0.0, 4.0], [0.0, 4.0]], [0, 0, 1, 0]), 3)
    3.641
    """
    rows = _logit_rows(logits)
    classes = class_numbers("fit_temperature", target, len(rows), len(rows[0]))
    spread = max(max(row) - min(row) for row in rows)
    if spread == 0.0 or math.isinf(spread):
        raise ValueError(
            f"fit_temperature: the logits of a sample must differ, by finite numbers; they differ by {spread:g}"
        )

    # In units of the spread no product overflows.  Distances are from the largest logit, as in logsumexp, which is
    # not used: the second derivative of its m operands costs m² (60 classes: 24 times as long as this).
    below_top = [[(max(row) - z) / spread for z in row] for row in rows]
    mean_shortfall = mean(row[y] for row, y in zip(below_top, classes, strict=True))
    others = [[*row[: row.index(0.0)], *row[row.index(0.0) + 1 :]] for row in below_top]

    def negative_log_likelihood(beta: Any) -> Any:
        return beta * mean_shortfall + mean(log1p(total([exp(-(beta * d)) for d in row])) for row in others)

    slope = derivative(negative_log_likelihood)
    if mean_shortfall < 1e-200:  # the zero of the slope is at most m/(e·shortfall): it cannot overflow
        raise ValueError(
            "fit_temperature: every sample is classified right, so the smaller the temperature the better; "
            "fit on samples that the model was not trained on, and on more of them"
        )
    if slope(0.0) >= 0.0:
        raise ValueError(
            "fit_temperature: the logits of the true classes are on average not above the others, so no temperature "
            "is better than equal probabilities; check that logits and targets belong together"
        )
    return spread / _zero_of_increasing(slope)


class TemperatureScaling(Module):
    """A classifier f with calibrated probabilities, softmax(f(x)/τ); σ(f(x)/τ) if it has a single output.

    Args:
        model: f, a module or function that gives the logits of one sample; with Dropout in it, in eval mode.
        temperature: τ > 0, until `fit` finds a better one.

    τ is a parameter, saved with the others, but frozen: trained with them on the training data it would become too
    small.  The predicted class stays the same.  Source: Guo et al., arXiv:1706.04599.

    >>> calibrated = TemperatureScaling(lambda x: [4.0 * x, 0.0])
    >>> round(calibrated.fit([1.0, 1.0, -1.0, -1.0], [0, 0, 1, 0]).temperature.data, 3)
    3.641
    >>> [round(p.data, 3) for p in calibrated(1.0)]
    [0.75, 0.25]
    """

    def __init__(self, model: Callable[[Any], Any], temperature: float = 1.0) -> None:
        number = number_of("TemperatureScaling: temperature", temperature)
        if not 0.0 < number < math.inf:
            raise ValueError(f"TemperatureScaling: temperature must be above 0 and finite, not {number!r}")
        self.model = model
        self.temperature = Value(number, label="τ").requires_grad_(False)

    def fit(self, inputs: Iterable[Any], target: Any) -> Self:
        """Set τ by `fit_temperature` on the logits of validation samples, and return self; errors as there."""
        with no_grad():
            logits = [self.model(x) for x in to_list(inputs, "TemperatureScaling.fit: inputs")]
        self.temperature.data = fit_temperature(logits, target)
        return self

    @over_batch
    def forward(self, x: Any) -> Any:
        """The probabilities of one sample, a list or, of class 1 of two, one bare; of a batch a list of those."""
        logits = self.model(x)
        if is_sequence(logits):
            return softmax([z / self.temperature for z in to_list(logits)])
        return sigmoid(logits / self.temperature)


def _logit_rows(logits: Any) -> list[list[float]]:
    rows = []
    for i, sample in enumerate(to_list(logits, "fit_temperature: logits")):
        row = numbers_of(f"fit_temperature: logits[{i}]", sample if is_sequence(sample) else [0.0, sample])
        if not all(map(math.isfinite, row)):
            raise ValueError(f"fit_temperature: logits must be finite, logits[{i}] is {row!r:.80}")
        if len(row) < 2:
            raise ValueError(
                f"fit_temperature: logits[{i}] has fewer than 2 classes; write those of class 1 of two flat"
            )
        rows.append(row)
    return same_lengths("fit_temperature: logits", rows)


def _zero_of_increasing(f: Callable[[Any], Any]) -> float:
    """The x > 0 where an increasing function is 0, but for rounding: Newton's method within a bracket.

    It halves the bracket where Newton's step would leave it, or is more than half of the last step but one, so that
    it takes some 100 steps at most and mostly 5.  Source: Press et al., Numerical Recipes, "rtsafe".
    """
    low = high = 1.0
    while f(high) < 0.0:
        low, high = high, 2.0 * high
    while f(low) > 0.0:
        low, high = low / 2.0, low
    x, step, step_before = high, high - low, high - low
    while low < high:
        value, slope = jvp(f, (x,), (1.0,))
        low, high = (x, high) if value < 0.0 else (low, x)
        newton = -value / slope if slope > 0.0 else math.inf
        within = low <= x + newton <= high and abs(newton) <= abs(step_before) / 2.0
        step_before, step = step, newton if within else (low + high) / 2.0 - x
        x += step
        if abs(step) <= 2.0**-51 * x:
            break
    return x
