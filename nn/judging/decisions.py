"""What to do with predicted probabilities: the decision of least expected cost, and sets that hold the truth.

Probabilities are the row of one sample, [f₁(x), …, fₘ(x)], or n of them.  Where classes go with them (`target`), they
are those of n samples, and a flat sequence means the probabilities of class 1 of two; elsewhere it is the row of one
sample.  Lists, NumPy arrays, pandas frames and Values are read alike; nothing is recorded.
"""

import math
from collections.abc import Callable, Collection, Sequence
from fractions import Fraction
from typing import Any

from autograd import Value, dot
from nn.inputs.checks import counted, shown
from nn.inputs.sequences import is_batch, is_sequence, to_list
from nn.objectives.loss_inputs import ROUNDING

# ---------------------------------------------------------------- reading


def number_of(name: str, x: Any) -> float:
    """The number that x is or that a Value holds; TypeError, starting with the name, for anything else.

    >>> number_of("f", Value(0.25))
    0.25
    """
    try:
        return x.data if isinstance(x, Value) else Value(x).data
    except TypeError:
        raise TypeError(f"{name} must be a number, not {shown(x)}") from None


def numbers_of(name: str, items: Any) -> list[float]:
    """The items of a sequence of numbers and Values as numbers; TypeError, starting with the name, for what is none.

    >>> numbers_of("f", (Value(0.25), 1))
    [0.25, 1.0]
    """
    return [number_of(f"{name}[{i}]", x) for i, x in enumerate(to_list(items, name))]


def probability_row(name: str, probabilities: Any) -> list[float]:
    """The probabilities of one sample as numbers.

    Raises ValueError, starting with the name, if one is outside [0, 1] or nan, or if their sum is not one.

    >>> probability_row("f", [Value(0.25), 0.75])
    [0.25, 0.75]
    """
    row = numbers_of(name, probabilities)
    outside = [p for p in row if not 0.0 <= p <= 1.0]
    if outside:
        raise ValueError(f"{name}: probabilities must lie in [0, 1], not {outside[-1]!r}; apply softmax to logits")
    if abs(math.fsum(row) - 1.0) > ROUNDING:
        raise ValueError(
            f"{name}: the probabilities of a sample must sum to one within {ROUNDING:g}, these sum to "
            f"{math.fsum(row)!r}: {row!r:.80}; two classes are written [1 - p, p]"
        )
    return row


def probability_rows(name: str, probabilities: Any) -> list[list[float]]:
    """The probabilities of n samples as n × m numbers; a flat sequence p gives the rows [1 - p, p].

    Raises ValueError as `probability_row`, for no samples, and for rows of different lengths.

    >>> probability_rows("f", [0.25, 1.0])
    [[0.75, 0.25], [0.0, 1.0]]
    """
    rows = []
    for i, sample in enumerate(to_list(probabilities, f"{name}: probabilities")):
        where = f"{name}: probabilities[{i}]"
        row = sample if is_sequence(sample) else [1.0 - (p := number_of(where, sample)), p]
        rows.append(probability_row(where, row))
    return same_lengths(f"{name}: probabilities", rows)


def same_lengths(name: str, rows: list[list[float]]) -> list[list[float]]:
    """The rows themselves; ValueError if there are none or if their lengths differ.

    >>> same_lengths("f", [[0.5, 0.5]])
    [[0.5, 0.5]]
    """
    if not rows:
        raise ValueError(f"{name}: there are no rows")
    for i, row in enumerate(rows):
        if len(row) != len(rows[0]):
            raise ValueError(f"{name}: row 0 has {counted(len(rows[0]), 'number')}, but row {i} has {len(row)}")
    return rows


def class_numbers(name: str, target: Any, samples: int, classes: int | None = None) -> list[int]:
    """The true classes of this many samples, counted from 0; as whole numbers of any type.

    Raises ValueError for another number of them, and for what is not the number of one of the classes.

    >>> class_numbers("f", [1.0, 0], samples=2, classes=2)
    [1, 0]
    """
    numbers = numbers_of(f"{name}: target", target)
    if len(numbers) != samples:
        raise ValueError(f"{name}: {counted(samples, 'sample')}, but {counted(len(numbers), 'target')}")
    bound = math.inf if classes is None else classes
    for i, number in enumerate(numbers):
        if not (number.is_integer() and 0 <= number < bound):
            allowed = "a whole number of at least 0" if classes is None else f"one of the classes 0 to {classes - 1}"
            raise ValueError(f"{name}: target[{i}] must be {allowed}, not {number:g}")
    return [int(number) for number in numbers]


def _of_each(name: str, probabilities: Any, function: Callable[[list[float]], Any]) -> Any:
    """The function of one sample's probabilities, or the list of those of several samples."""
    if not is_batch(probabilities):
        return function(probability_row(f"{name}: probabilities", probabilities))
    rows = enumerate(to_list(probabilities))
    return [function(probability_row(f"{name}: probabilities[{i}]", row)) for i, row in rows]


# ---------------------------------------------------------------- costs


def expected_costs(probabilities: Any, cost_matrix: Any) -> Any:
    """The expected cost of each decision, cᵢ = Σⱼ Cᵢⱼ·fⱼ(x).

    Args:
        probabilities: Those of one sample (m), or of several (n × m).
        cost_matrix: C (k × m): Cᵢⱼ is what decision i costs if class j is true; gains are negative.  The decisions
            are the classes, or any others, as a row for "ask a doctor".

    Gives k numbers, or n × k.  Raises ValueError for costs that are not finite or do not fit the classes.

    Source: seeds, "Calibration and Classification": its table and its formula, whose rows are predicted and whose
    columns are true classes.  The sentence before them has i and j the other way round.

    >>> expected_costs([0.875, 0.125], [[0, 10], [1, 0]])
    [1.25, 0.875]
    """
    return _of_each("expected_costs", probabilities, _costs_of("expected_costs", cost_matrix))


def decide(probabilities: Any, cost_matrix: Any) -> Any:
    """The decision of least expected cost, arg minᵢ Σⱼ Cᵢⱼ·fⱼ(x); the first of equals.

    Arguments and errors as for `expected_costs`.  Gives one number, or a list of n.

    >>> decide([0.875, 0.125], [[0, 10], [1, 0]])
    1
    """
    costs_of = _costs_of("decide", cost_matrix)

    def cheapest(row: list[float]) -> int:
        costs = costs_of(row)
        return costs.index(min(costs))

    return _of_each("decide", probabilities, cheapest)


def _costs_of(name: str, cost_matrix: Any) -> Callable[[list[float]], list[float]]:
    """The function of one sample's probabilities that gives the expected costs; the matrix is checked once."""
    where = f"{name}: cost_matrix"
    matrix = [numbers_of(f"{where}[{i}]", row) for i, row in enumerate(to_list(cost_matrix, where))]
    for i, costs in enumerate(same_lengths(where, matrix)):
        if not all(map(math.isfinite, costs)):
            raise ValueError(f"{where}: costs must be finite, row {i} is {costs}")

    def costs_of(row: list[float]) -> list[float]:
        if len(row) != len(matrix[0]):
            raise ValueError(
                f"{name}: {counted(len(row), 'class')}, but the cost matrix has {counted(len(matrix[0]), 'column')}"
            )
        return [dot(costs, row) for costs in matrix]

    return costs_of


# ---------------------------------------------------------------- sets


def prediction_set(probabilities: Any, threshold: float) -> Any:
    """The classes that are likely enough, Γ(x) = {i | fᵢ(x) > γ}.

    Args:
        probabilities: Those of one sample (m), or of several (n × m).
        threshold: γ, as from `conformal_threshold`.

    Gives a set, or a list of n sets, which may be empty.  Raises ValueError for a threshold that is nan.
    Source: seeds, "Estimating the Calibration Error", conformal prediction.

    >>> prediction_set([0.5, 0.375, 0.125], 0.25)
    {0, 1}
    """
    bound = number_of("prediction_set: threshold", threshold)
    if math.isnan(bound):
        raise ValueError("prediction_set: threshold must be a number, not nan")
    return _of_each("prediction_set", probabilities, lambda row: {i for i, p in enumerate(row) if p > bound})


def conformal_threshold(probabilities: Any, target: Any, alpha: float) -> float:
    """The γ with which prediction sets of new samples hold the true class with probability at least 1 - α.

    With the scores 1 - f_y(x) of n calibration samples that the model was not trained on, their
    ⌈(n+1)(1-α)⌉-th smallest is the largest that a class in the set may have: split conformal prediction.

    Args:
        probabilities: Those of the calibration samples, n × m, or flat: of class 1 of two.
        target: Their n true classes.
        alpha: α in (0, 1), taken as the decimal number that it prints as.

    The guarantee holds for any model if calibration and new samples are exchangeable, and on average over both.  If
    the scores differ, the probability is ⌈(n+1)(1-α)⌉/(n+1).  With fewer than 1/α - 1 samples only the set of all
    classes keeps it: then γ is -inf.  Since Γ asks for more than γ, γ is the float below the smallest probability
    that is let in.  Raises ValueError for probabilities and targets that are none, and for α outside (0, 1).

    Source: Vovk, Gammerman and Shafer (2005); Angelopoulos and Bates, arXiv:2107.07511.

    >>> gamma = conformal_threshold([[0.5, 0.5], [0.75, 0.25], [0.125, 0.875]], [0, 0, 1], alpha=0.25)
    >>> prediction_set([[0.5, 0.5], [0.25, 0.75]], gamma)
    [{0, 1}, {1}]
    """
    level = number_of("conformal_threshold: alpha", alpha)
    if not 0.0 < level < 1.0:
        raise ValueError(f"conformal_threshold: alpha must lie between 0 and 1, not {level!r}")
    rows = probability_rows("conformal_threshold", probabilities)
    classes = class_numbers("conformal_threshold", target, len(rows), len(rows[0]))
    # As a fraction: in floats (99 + 1)·0.29 is below 29, which would ask for one sample more.
    allowed_misses = math.floor((len(rows) + 1) * Fraction(repr(level)))
    if allowed_misses == 0:
        return -math.inf
    # Scores in ascending order are probabilities in descending order; 1 - f would round.
    smallest_let_in = sorted(row[y] for row, y in zip(rows, classes, strict=True))[allowed_misses - 1]
    return math.nextafter(smallest_let_in, -math.inf)


def coverage(sets: Sequence[Collection[int]], target: Any) -> float:
    """The share of samples whose set holds the true class, (1/n) Σᵢ [yᵢ ∈ Γ(xᵢ)].

    Raises ValueError if there are no sets, or not as many as targets.

    >>> coverage([{0, 1}, {1}], [0, 0])
    0.5
    """
    _check_sets("coverage", sets)
    classes = class_numbers("coverage", target, len(sets))
    return sum(y in members for members, y in zip(sets, classes, strict=True)) / len(sets)


def mean_set_size(sets: Sequence[Collection[int]]) -> float:
    """The mean number of classes in the sets, (1/n) Σᵢ |Γ(xᵢ)|: at equal coverage, smaller says more.

    Raises ValueError if there are no sets.

    >>> mean_set_size([{0, 1}, {1}])
    1.5
    """
    _check_sets("mean_set_size", sets)
    return sum(map(len, sets)) / len(sets)


def _check_sets(name: str, sets: Sequence[Collection[int]]) -> None:
    if len(sets) == 0 or not all(isinstance(members, Collection) for members in sets):
        raise ValueError(f"{name}: sets must be the prediction sets of at least one sample, not {sets!r:.80}")
