"""Exercises on decisions: what probabilities are worth, and what to do with them."""

from typing import Any

from autograd.exercises.exercise import exercise
from autograd.exercises.grading import Answer
from nn import calibration_bins, decide


def _bins(confidences: list[float], right: list[int], n_bins: int) -> Any:
    """Those of nn, of samples whose class 0 has the confidence, and is the true one or not."""
    return calibration_bins([[p, 1.0 - p] for p in confidences], [1 - hit for hit in right], n_bins)


def _error(confidences: list[float], right: list[int], n_bins: int) -> float:
    return float(sum(b.size * b.gap for b in _bins(confidences, right, n_bins)) / len(right))


def _mean_gap(confidences: list[float], right: list[int], n_bins: int) -> float:
    bins = _bins(confidences, right, n_bins)
    return float(sum(b.gap for b in bins) / len(bins))


@exercise(
    "The expected calibration error",
    "003 Alice in Wonderland ML Notes, 4.3.4 Estimating the Calibration Error",
    '''
    def calibration_error(confidences, right, n_bins):
        """ECE = Σᵢ |Bᵢ|/n · |aᵢ - pᵢ|.

        confidences: n numbers between 0 and 1, none on the border of two bins.  right: n numbers, 1 where the
        prediction was right and 0 where not.  n_bins: how many bins of equal width [0, 1] is divided into.
        """
        ...
    ''',
    "the bin of a confidence p is int(p·n_bins), counted from 0.",
    "of each bin you need three numbers: how many samples, the mean of their confidences, the share that is right.",
    "a bin without samples adds nothing; leave it out, before it divides by 0.",
)
def calibration(answer: Answer) -> None:
    """Of the predictions made with confidence 0.8, four in five should be right.

    Sort them into bins by confidence, and hold in each the accuracy a against the mean confidence p.
    """
    confidences = [0.95, 0.85, 0.55, 0.65, 0.92, 0.72, 0.99, 0.88, 0.81]
    signed = lambda c, right, n: sum((b.accuracy - b.confidence) * b.size for b in _bins(c, right, n)) / len(c)
    answer.agrees(
        _error,
        [
            (confidences, [1, 1, 0, 1, 1, 0, 1, 0, 1], 10),
            (confidences, [1, 0, 0, 1, 1, 1, 1, 1, 1], 4),
            (confidences[:3], [1, 1, 0], 10),
            ([0.6, 0.7], [1, 1], 1),
        ],
        {
            "All bins count alike; one with more samples should count more.": _mean_gap,
            "It is not divided by the number of samples.": lambda c, right, n: _error(c, right, n) * len(c),
            "Gaps of different signs cancel: is it |a - p|?": signed,
            "That is the largest gap, not the mean one.": lambda c, right, n: max(b.gap for b in _bins(c, right, n)),
            "It is as if all samples were in one bin.": lambda c, right, n: _error(c, right, 1),
        },
    )


@exercise(
    "The cheapest decision",
    "003 Alice in Wonderland ML Notes, 4.3.3 Calibration and Classification (cost matrix)",
    '''
    def cheapest(costs, probabilities):
        """The decision i, counted from 0, of the least expected cost.

        costs: rows; costs[i][j] is what decision i costs if class j is the true one.

        >>> cheapest([[0, 10], [1, 0]], [0.875, 0.125])
        1
        """
        ...
    ''',
    "what a decision costs on average is the sum of its row of costs, each times the probability of its class.",
    "min(range(len(costs)), key=…) is the number of the smallest.",
)
def cheapest(answer: Answer) -> None:
    """To send a sick patient home is worse than to examine a healthy one: the likely class is not all that counts.

    There may be more decisions than classes, as “ask somebody else”.
    """
    three = [[0.0, 5.0, 1.0], [2.0, 0.0, 1.0], [1.0, 3.0, 0.0]]
    answer.agrees(
        lambda costs, probabilities: decide(probabilities, costs),
        [
            ([[0.0, 10.0], [1.0, 0.0]], [0.875, 0.125]),
            ([[0.0, 10.0], [1.0, 0.0]], [0.97, 0.03]),
            (three, [0.5, 0.2, 0.3]),
            (three, [0.1, 0.45, 0.45]),
            (three, [0.34, 0.33, 0.33]),
            ([[0.0, 4.0], [4.0, 0.0], [0.5, 0.5]], [0.7, 0.3]),
        ],
        {
            "That is the most likely class, whatever it costs.": lambda costs, p: p.index(max(p)),
            "That is the decision of the greatest cost.": lambda costs, p: decide(p, [[-c for c in r] for r in costs]),
        },
    )
