"""Scaling of inputs and encoding of classes."""

import copy
import math
from collections.abc import Mapping, Sequence
from typing import Any, Self

from nn.inputs.checks import MOST, brief, check_keys, counted, finite_rows, whole_number
from nn.inputs.sequences import is_sequence, shape_of, to_list


class Standardizer:
    """Columns of mean 0 and standard deviation 1: z = (x - μ) / σ, the population's; a constant column keeps σ = 1.

    Fit it on the training part only, and transform the others by the same μ and σ: what judges the model must
    not shape it.  Fitted on n numbers (targets), it takes numbers; on n × d, samples of d numbers or batches of
    them.  The numbers to transform may be Values.

    Attributes:
        mean, scale: μ and σ, a list of d, or a number each.

    As scikit-learn's StandardScaler, but "constant" means that all numbers of the column are equal, or that σ is too
    small for a float.

    >>> standardizer = Standardizer()
    >>> standardizer.fit_transform([[0.0, 5.0], [2.0, 5.0]])
    [[-1.0, 0.0], [1.0, 0.0]]
    >>> standardizer.inverse_transform([1.0, 0.0])
    [2.0, 5.0]
    """

    def __init__(self) -> None:
        self.mean: Any = None
        self.scale: Any = None

    def fit(self, x: Any) -> Self:
        """Take μ and σ from n numbers or n × d numbers."""
        samples = to_list(x, "Standardizer.fit")
        moments = [_mean_and_scale(column) for column in zip(*finite_rows("Standardizer.fit", samples), strict=True)]
        if is_sequence(samples[0]):
            self.mean, self.scale = (list(numbers) for numbers in zip(*moments, strict=True))
        else:
            self.mean, self.scale = moments[0]
        return self

    def transform(self, x: Any) -> Any:
        """z = (x - μ) / σ of a sample or a batch."""
        return self._apply(lambda x, mean, scale: (x - mean) / scale, x)

    def inverse_transform(self, x: Any) -> Any:
        """x = z·σ + μ of a sample or a batch."""
        return self._apply(lambda z, mean, scale: z * scale + mean, x)

    def fit_transform(self, x: Any) -> Any:
        """Fit to x, and transform it."""
        samples = to_list(x, "Standardizer.fit")
        return self.fit(samples).transform(samples)

    def _apply(self, function: Any, x: Any) -> Any:
        if self.mean is None:
            raise ValueError("Standardizer: there are no μ and σ yet, call fit first")
        if not is_sequence(self.mean):
            if is_sequence(x):
                return [self._apply(function, number) for number in to_list(x)]
            return function(x, self.mean, self.scale)
        sample = to_list(x, "Standardizer")
        if sample and is_sequence(sample[0]):
            return [self._apply(function, row) for row in sample]
        if len(sample) != len(self.mean):
            raise ValueError(
                f"Standardizer: fitted to samples of {counted(len(self.mean), 'number')}, got one of {len(sample)}"
            )
        return [function(x, mean, scale) for x, mean, scale in zip(sample, self.mean, self.scale, strict=True)]

    def state_dict(self) -> dict[str, Any]:
        """μ and σ."""
        return {"mean": copy.copy(self.mean), "scale": copy.copy(self.scale)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take μ and σ from a `state_dict`.

        Raises KeyError, TypeError or ValueError, and changes nothing, if it is not such a state.
        """
        check_keys("Standardizer", state, self.state_dict())
        mean, scale = state["mean"], state["scale"]
        if mean is None and scale is None:
            self.mean = self.scale = None
            return
        (means,), (scales,) = (
            finite_rows(f"Standardizer.load_state_dict: {name}", [state[name]]) for name in ("mean", "scale")
        )
        if shape_of(mean) != shape_of(scale) or min(scales) <= 0:
            raise ValueError(
                f"Standardizer.load_state_dict: scale must be positive numbers, one for each of mean, not {scale!r}"
            )
        self.mean, self.scale = (means, scales) if is_sequence(mean) else (means[0], scales[0])

    def __repr__(self) -> str:
        return f"Standardizer(mean={self.mean}, scale={self.scale})"


def one_hot(classes: Any, n_classes: int | None = None) -> list[Any]:
    """The vector that is 1 at the place of the class and 0 elsewhere, [y]ⱼ = 1 if y = j; a list of them of several.

    Args:
        classes: One class or a sequence of them, counted from 0.
        n_classes: The length of the vectors; by default the largest class + 1.

    Raises TypeError for what is not a whole number, ValueError for one outside 0 … n_classes - 1.
    Source: seeds, "Output Encoding"; as `torch.nn.functional.one_hot`.

    >>> one_hot([0, 2, 1])
    [[1, 0, 0], [0, 0, 1], [0, 1, 0]]
    >>> one_hot(1, n_classes=2)
    [0, 1]
    """
    numbers = to_list(classes, "one_hot: classes") if is_sequence(classes) else [classes]
    for y in numbers:
        if isinstance(y, bool) or not hasattr(y, "__index__"):
            raise TypeError(
                f"one_hot: a class must be a whole number, not {type(y).__name__} {y!r}; for labels see classes_of"
            )
    if not numbers and n_classes is None:
        raise ValueError("one_hot: there are no classes, so n_classes is needed")
    size = max(0, *numbers) + 1 if n_classes is None else n_classes
    size = whole_number("one_hot: n_classes", size, most=MOST)
    for y in numbers:
        if not 0 <= y < size:
            raise ValueError(f"one_hot: class {brief(y)} is not one of the classes 0 to {size - 1}")
    vectors = [[int(j == y) for j in range(size)] for y in numbers]
    return vectors if is_sequence(classes) else vectors[0]


def classes_of(labels: Any) -> tuple[list[Any], list[int]]:
    """The sorted distinct labels, and each label's number among them.

    The first are the `target_names` of a Dataset, the second its targets.  Raises TypeError for labels of kinds that
    cannot be sorted, ValueError for nan and None.

    >>> classes_of(["dog", "cat", "dog"])
    (['cat', 'dog'], [1, 0, 1])
    """
    items = to_list(labels, "classes_of: labels")
    for i, label in enumerate(items):
        if _is_missing(label):
            raise ValueError(f"classes_of: label {i} is {label!r}; leave the sample out or give it a label")
    try:
        classes = sorted(set(items))
    except TypeError as error:
        raise TypeError(f"classes_of: the labels must be of one kind, text or numbers ({error})") from None
    numbers = {label: number for number, label in enumerate(classes)}
    return classes, [numbers[label] for label in items]


def _is_missing(label: Any) -> bool:
    """Whether it is None, nan, which differs from itself, or pandas' NA, which cannot be compared."""
    try:
        return label is None or bool(label != label)
    except TypeError:
        return True


def _mean_and_scale(column: Sequence[float]) -> tuple[float, float]:
    """μ and σ, from exactly rounded sums of the numbers and of squared distances to their mean."""
    if min(column) == max(column):
        return float(column[0]), 1.0
    largest, exponent = math.frexp(max(map(abs, column)))
    scaled = [math.ldexp(x, -exponent) for x in column]  # by a power of two, which is exact: no sum overflows
    mean = math.fsum(scaled) / len(scaled)
    scale = math.dist(scaled, [mean] * len(scaled)) / math.sqrt(len(scaled))
    return math.ldexp(mean, exponent), math.ldexp(min(scale, largest), exponent) or 1.0  # rounding may exceed largest
