"""Metrics: numbers that say how good predictions are, with scikit-learn's names and order (target, predicted).

Lists, tuples, NumPy arrays and pandas frames are read alike; of a Value only the number, and nothing is recorded.

Classification metrics take the classes of n samples as whole numbers (2.0 is class 2), or n × C rows with a score,
logit or probability for each class, of which the largest counts, at a tie the first.  So one-hot rows do as well.
TypeError for what is not a number; ValueError for nan, for lengths that differ, and for no samples.
"""

import contextlib
import math
from collections.abc import Callable
from statistics import fmean
from typing import Any

from autograd import Value
from nn.inputs.checks import MOST, as_float, brief, counted, number, shown, whole_number
from nn.inputs.sequences import is_sequence, to_list

# ---------------------------------------------------------------- right and wrong


def accuracy(target: Any, predicted: Any, threshold: float | None = None) -> float:
    """Share of samples whose predicted class is the target.

    Args:
        target: The classes; with a threshold 0 and 1, or -1 and 1.
        predicted: The classes, or rows of scores; with a threshold one score a sample.
        threshold: Scores above it are class 1: 0.5 for probabilities, 0 for logits and for scores of ±1.  A score
            equal to it is class 0, as in the notes' round(f(x)), and neither of ±1, as in their sign(ŷ).

    Raises ValueError for single scores without a threshold.
    Source: seeds, "Binary Classification" and "On the differentiability of the loss function".

    >>> accuracy([0, 2, 1], [[0.5, 0.25, 0.25], [0.0, 0.0, 1.0], [0.5, 0.5, 0.0]]) == 2 / 3
    True
    >>> accuracy([1, 0, 1], [0.75, 0.25, 0.25], threshold=0.5) == 2 / 3
    True
    """
    hits = _hits("accuracy", target, predicted, threshold)
    return sum(hits) / len(hits)


def zero_one_loss(target: Any, predicted: Any, threshold: float | None = None) -> float:
    """Share of samples whose predicted class is not the target, 1 - accuracy: the mean of the 0/1 loss.

    For y = ±1 and scores ŷ, with threshold=0, a sample counts 0 if sign(ŷ) = y and 1 otherwise; so it does for
    ŷ = 0.  Arguments as of `accuracy`.  Not differentiable: train with `hinge_loss` or a cross-entropy.
    Source: seeds, "On the differentiability of the loss function".

    >>> zero_one_loss([1, -1, -1, 1], [0.5, 0.25, -3.0, 0.0], threshold=0)
    0.5
    """
    hits = _hits("zero_one_loss", target, predicted, threshold)
    return hits.count(False) / len(hits)


def top_k_accuracy(target: Any, predicted: Any, k: int = 2) -> float:
    """Share of samples whose target is among the k classes of the largest scores, at a tie the first ones.

    Args:
        target: The classes, n.
        predicted: A score for each class, n × C.
        k: From 1 to C.

    >>> top_k_accuracy([2, 0], [[0.5, 0.25, 0.25], [0.5, 0.25, 0.25]], k=2)
    0.5
    """
    rows = [_numbers("top_k_accuracy: predicted", row) for row in to_list(predicted, "top_k_accuracy: predicted")]
    targets = _classes("top_k_accuracy: target", target)
    _check_lengths("top_k_accuracy", targets, rows)
    k = whole_number("top_k_accuracy: k", k)
    hits = 0
    for t, row in zip(targets, rows):
        if k > len(row):
            raise ValueError(f"top_k_accuracy: of {counted(len(row), 'class')} k cannot be {brief(k)}")
        if not 0 <= t < len(row):
            raise ValueError(f"top_k_accuracy: target {t} is not one of the classes 0 to {len(row) - 1}")
        hits += t in sorted(range(len(row)), key=lambda j: -row[j])[:k]
    return hits / len(rows)


# ---------------------------------------------------------------- by class


def confusion_matrix(target: Any, predicted: Any, n_classes: int | None = None) -> list[list[int]]:
    """C × C counts: row i, column j holds the samples of class i that were predicted as j.

    Classes are 0 to n_classes - 1; without n_classes up to the largest that occurs.
    Raises ValueError for a class outside.  The notes' cost matrix has its rows and columns the other way round.

    >>> confusion_matrix([0, 0, 1], [0, 1, 1])
    [[1, 1], [0, 1]]
    """
    name = "confusion_matrix"
    targets, classes = _classes(f"{name}: target", target), _classes(f"{name}: predicted", predicted)
    _check_lengths(name, targets, classes)
    size = max(0, *targets, *classes) + 1 if n_classes is None else n_classes
    size = whole_number(f"{name}: n_classes", size, most=math.isqrt(MOST))
    for c in (*targets, *classes):
        if not 0 <= c < size:
            raise ValueError(f"{name}: class {brief(c)} is not one of the classes 0 to {size - 1}")
    counts = [[0] * size for _ in range(size)]
    for t, c in zip(targets, classes):
        counts[t][c] += 1
    return counts


def precision_score(target: Any, predicted: Any, average: str | None = "macro", n_classes: int | None = None) -> Any:
    """Precision of each class: of the samples predicted as it, the share that are of it; 0 if none was predicted.

    Args:
        target: The classes.
        predicted: The classes, or rows of scores.
        average: "macro" for the mean over the classes that occur in either, None for the list of all classes.
        n_classes: As in `confusion_matrix`.

    >>> precision_score([0, 0, 1], [0, 1, 1], average=None)
    [1.0, 0.5]
    """
    return _by_class(lambda hits, _actual, found: _ratio(hits, found), target, predicted, average, n_classes)


def recall_score(target: Any, predicted: Any, average: str | None = "macro", n_classes: int | None = None) -> Any:
    """Recall of each class: of the samples of it, the share predicted as it; 0 if there are none.

    Arguments as of `precision_score`.

    >>> recall_score([0, 0, 1], [0, 1, 1], average=None)
    [0.5, 1.0]
    """
    return _by_class(lambda hits, actual, _found: _ratio(hits, actual), target, predicted, average, n_classes)


def f1_score(target: Any, predicted: Any, average: str | None = "macro", n_classes: int | None = None) -> Any:
    """F₁ of each class, the harmonic mean of precision and recall: 2 hits / (samples of it + predicted as it).

    0 for a class that does not occur.  Arguments as of `precision_score`.

    >>> f1_score([0, 1, 1], [0, 1, 1])
    1.0
    """
    return _by_class(
        lambda hits, actual, found: _ratio(2 * hits, actual + found), target, predicted, average, n_classes
    )


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _by_class(
    score: Callable[[int, int, int], float], target: Any, predicted: Any, average: str | None, n_classes: int | None
) -> Any:
    """The score of each class, of its hits, its samples and its predictions; or the mean over those that occur."""
    if average not in ("macro", None):
        raise ValueError(f"average must be 'macro' or None, not {average!r}")
    counts = confusion_matrix(target, predicted, n_classes)
    actual, found = [sum(row) for row in counts], [sum(column) for column in zip(*counts)]
    scores = [score(counts[c][c], actual[c], found[c]) for c in range(len(counts))]
    if average is None:
        return scores
    occurring = [s for s, a, f in zip(scores, actual, found) if a + f]
    return fmean(occurring)


# ---------------------------------------------------------------- regression


def mean_absolute_error(target: Any, predicted: Any) -> float:
    """Mean of |target - predicted| over all elements of n numbers, or of n × q.

    >>> mean_absolute_error([1.0, 2.0], [1.0, 4.0])
    1.0
    """
    columns = _columns("mean_absolute_error", target, predicted)
    return fmean([abs(t - y) for column in columns for t, y in column])


def mean_squared_error(target: Any, predicted: Any) -> float:
    """Mean of (target - predicted)² over all elements of n numbers, or of n × q.

    >>> mean_squared_error([1.0, 2.0], [1.0, 4.0])
    2.0
    """
    columns = _columns("mean_squared_error", target, predicted)
    return fmean([(t - y) * (t - y) for column in columns for t, y in column])


def r2_score(target: Any, predicted: Any) -> float:
    """Share of the variance explained, 1 - Σ (t - y)² / Σ (t - t̄)²; of n × q the mean over the q outputs.

    1 is perfect, 0 as good as the mean, negative worse.  For a constant target it is 1 if every prediction is right
    and 0 otherwise, as in scikit-learn.  Raises ValueError for fewer than two samples.

    >>> r2_score([1.0, 2.0, 3.0], [1.0, 2.0, 2.0])
    0.5
    """
    columns = _columns("r2_score", target, predicted)
    if len(columns[0]) < 2:
        raise ValueError("r2_score: one sample has no variance: give at least two")
    return fmean([_r2(column) for column in columns])


def _r2(pairs: list[tuple[float, float]]) -> float:
    center = fmean([t for t, _ in pairs])
    error = math.fsum((t - y) * (t - y) for t, y in pairs)
    variation = math.fsum((t - center) * (t - center) for t, _ in pairs)
    if variation == 0.0:
        return 1.0 if error == 0.0 else 0.0
    return 1.0 - error / variation


# ---------------------------------------------------------------- reading


def _hits(name: str, target: Any, predicted: Any, threshold: float | None) -> list[bool]:
    """For each sample whether its class was predicted."""
    if not is_sequence(target):  # a single sample
        target, predicted = [target], [predicted]
    if threshold is None:
        targets = _classes(f"{name}: target", target)
        classes = _classes(f"{name}: predicted", predicted, advice=_SCORES)
        _check_lengths(name, targets, classes)
        return [t == c for t, c in zip(targets, classes)]
    if threshold != threshold:
        raise ValueError(f"{name}: threshold must be a number, not nan")
    threshold = number(f"{name}: threshold", threshold, -math.inf, math.inf)
    signs, scores = _numbers(f"{name}: target", target), _numbers(f"{name}: predicted", predicted)
    _check_lengths(name, signs, scores)
    if set(signs) <= {0.0, 1.0}:
        return [(s > threshold) == t for t, s in zip(signs, scores)]
    if set(signs) <= {-1.0, 1.0}:
        return [s > threshold if t > 0.0 else s < threshold for t, s in zip(signs, scores)]
    shown = ", ".join(f"{t:g}" for t in sorted(set(signs))[:5])
    raise ValueError(f"{name}: with a threshold the targets must be 0 and 1, or -1 and 1, not {shown}")


_SCORES = ": for scores say threshold=0.5 (probabilities) or threshold=0 (logits, ±1)"


def _classes(name: str, x: Any, advice: str = "") -> list[int]:
    """The class of each sample: a whole number, or the place of the largest of a row."""
    if getattr(getattr(x, "dtype", None), "kind", "") == "f" and x.ndim == 2 and x.shape[1] > 1 and (x == x).all():
        return x.argmax(axis=1).tolist()  # type: ignore[no-any-return]
    classes = []
    for item in to_list(x, name):
        if item.__class__ is int and abs(item) < 1 << 53:
            classes.append(item)
            continue
        if is_sequence(item):
            row = _numbers(name, item)
            if len(row) < 2:
                raise ValueError(
                    f"{name}: a row of {counted(len(row), 'score')} says no class: give a flat sequence{advice}"
                )
            classes.append(row.index(max(row)))
            continue
        found = _number(name, item)
        if not found.is_integer():
            raise ValueError(f"{name}: a class must be a whole number, not {found!r}{advice}")
        classes.append(int(found))
    return classes


def _numbers(name: str, x: Any) -> list[float]:
    items = to_list(x, name)
    if {*map(type, items)} <= {float, int}:  # the usual ones, in a tenth of the time
        with contextlib.suppress(OverflowError):
            found = [*map(float, items)]
            if not math.isnan(sum(found)):
                return found
    return [_number(name, item) for item in items]


def _number(name: str, x: Any) -> float:
    if isinstance(x, Value):
        x = x.data
    elif not hasattr(x, "__float__") or getattr(x, "ndim", 0) != 0:
        raise TypeError(f"{name} must be numbers, not {shown(x)}")
    found = as_float(name, x)
    if math.isnan(found):
        raise ValueError(f"{name} has a nan")
    return found


def _columns(name: str, target: Any, predicted: Any) -> list[list[tuple[float, float]]]:
    """The pairs (target, predicted) of each output."""
    targets, predictions = _rows(f"{name}: target", target), _rows(f"{name}: predicted", predicted)
    _check_lengths(name, targets, predictions)
    widths = {len(row) for row in (*targets, *predictions)}
    if len(widths) > 1 or is_sequence(to_list(target)[0]) != is_sequence(to_list(predicted)[0]):
        raise ValueError(f"{name}: target and predicted must have one shape")
    return [list(zip(*column)) for column in zip(zip(*targets), zip(*predictions))]


def _rows(name: str, x: Any) -> list[list[float]]:
    return [_numbers(name, item) if is_sequence(item) else [_number(name, item)] for item in to_list(x, name)]


def _check_lengths(name: str, targets: list[Any], predicted: list[Any]) -> None:
    if len(targets) != len(predicted):
        raise ValueError(f"{name}: {counted(len(targets), 'target')}, but {counted(len(predicted), 'prediction')}")
    if not targets:
        raise ValueError(f"{name}: there are no samples")
