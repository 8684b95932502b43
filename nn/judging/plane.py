"""What a model of two features says all over the plane, for plots, pages and motion."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple, Self

from autograd import no_grad
from nn.data.loading import Dataset
from nn.inputs.sequences import plain_numbers
from nn.models.module import Module

_MARGIN = 0.15  # around the samples


def plane(dataset: Dataset) -> list[tuple[float, float]]:
    """What is drawn of the plane: the samples and a margin, from the least to the largest of each feature.

    >>> plane(Dataset([[0.0, -1.0], [2.0, -1.0]], [0, 1]))
    [(-0.3, 2.3), (-2.0, 0.0)]
    """
    spans = []
    for column in zip(*dataset.inputs, strict=True):
        low, high = min(column), max(column)
        margin = _MARGIN * (high - low) or 1.0
        spans.append((low - margin, high + margin))
    return spans


def steps(low: float, high: float, count: int) -> list[float]:
    """So many numbers at equal distances, both ends among them.

    >>> steps(0.0, 1.0, 3)
    [0.0, 0.5, 1.0]
    """
    return [low + (high - low) * (i / (count - 1)) for i in range(count)]


def surface(model: Module, spans: Sequence[tuple[float, float]], grid: int) -> list[Any]:
    """The outputs on grid × grid points, row by row from the bottom; nothing is recorded, Dropout is off."""
    columns, rows = (steps(low, high, grid) for low, high in spans)
    training = model.training
    model.eval()
    try:
        with no_grad():
            outputs = model([[x, y] for y in rows for x in columns])
    finally:
        model.train(training)
    numbers: list[Any] = plain_numbers(outputs)
    return numbers


class Reading(NamedTuple):
    """What surfaces mean, by the targets: two classes with a line between them, several classes, or numbers."""

    kind: str
    """"score": above the threshold is the second class; "classes": the likeliest counts; "number"."""
    outputs: int
    threshold: float
    classes: list[float]
    """By their labels; none if the targets are numbers."""
    marks: list[float]
    """Of each sample the position of its class, or its target."""
    values: list[list[float]]
    """What each point of each surface shows: a score, the position of a class, or the (first) output."""

    @classmethod
    def of(cls, surfaces: Sequence[Sequence[Any]], dataset: Dataset) -> Self:
        """Read surfaces of a model of this dataset."""
        first = surfaces[-1][0]
        outputs = len(first) if isinstance(first, list) else 1
        targets = [_target(y) for y in dataset.targets]
        classes = _classes(targets, outputs)
        values = [[_shown(output, bool(classes)) for output in surface] for surface in surfaces]
        probabilities = outputs == 1 and all(0.0 <= value <= 1.0 for surface in values for value in surface)
        return cls(
            "number" if not classes else "score" if outputs <= 2 else "classes",
            outputs,
            0.5 if probabilities else 0.0,
            classes,
            [float(classes.index(target)) if classes else target for target in targets],
            values,
        )


def _target(target: Any) -> float:
    """A target as one number: of a row that shares out 1 among classes, one-hot or soft, the class with most of it."""
    if not isinstance(target, list):
        return float(target)
    if len(target) > 1 and min(target) >= 0.0 and math.isclose(math.fsum(target), 1.0, abs_tol=1e-6):
        return float(target.index(max(target)))
    return float(target[0])


def _classes(targets: Sequence[float], outputs: int) -> list[float]:
    """The classes that the targets name, those of several outputs in their order; none if targets are numbers."""
    found = sorted(set(targets))
    if outputs == 1:
        return found if len(found) <= 2 and all(map(float.is_integer, found)) else []
    return [float(i) for i in range(outputs)] if set(found) <= set(range(outputs)) else []


def _shown(output: Any, classes: bool) -> float:
    """What a point shows: the (first) output; of two classes the lead of the second; of several the likeliest."""
    if not isinstance(output, list):
        return float(output)
    if len(output) == 1 or not classes:
        return float(output[0])
    return float(output[1] - output[0]) if len(output) == 2 else float(output.index(max(output)))
