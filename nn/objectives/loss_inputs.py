"""What all losses share: reading inputs and targets, and reducing to a number."""

import math
import sys
from collections.abc import Callable
from itertools import chain
from typing import Any

from autograd import Value, dot, example_number, mean, where
from autograd import sum as total
from nn.inputs.checks import as_float, brief, counted, number, shown
from nn.inputs.sequences import is_sequence, to_list

_RECORDED = {float, Value}
_NUMBERS = {float, int, bool}
ROUNDING = 1e-6
"""How far the sum of probabilities may be from one: enough for those computed in 32 bits."""


def reduce_losses(losses: list[Any], shape: tuple[int, ...], reduction: str, divisor: float | None = None) -> Any:
    """The losses, their sum, or their mean: the sum by the divisor, if there is one."""
    check_reduction(reduction)
    if reduction == "none" or (not shape and divisor is None):
        return nest(losses, shape)
    if reduction == "sum":
        return total(losses)
    if divisor == 0.0:
        raise ValueError("the weights of all targets are 0, so there is no mean: use reduction='sum'")
    return mean(losses) if divisor is None else total(losses) / divisor


def reduce_sum(sum_of: Callable[[list[Any]], Any], elements: list[Any], shape: tuple[int, ...], reduction: str) -> Any:
    """The same for losses whose sum over elements takes fewer nodes than there are losses."""
    check_reduction(reduction)
    if reduction == "none" or not shape:
        return nest([sum_of([element]) for element in elements], shape)
    return sum_of(elements) if reduction == "sum" else sum_of(elements) / len(elements)


def check_reduction(reduction: str) -> None:
    """ValueError for what is no reduction."""
    if not isinstance(reduction, str) or reduction not in ("mean", "sum", "none"):
        advice = "; weights go by name, weight=…" if is_sequence(reduction) and not isinstance(reduction, str) else ""
        raise ValueError(f"reduction must be 'mean', 'sum' or 'none', not {brief(reduction)}{advice}")


def nest(flat: list[Any], shape: tuple[int, ...]) -> Any:
    """The numbers of a flat list in this shape."""
    if not shape:
        return flat[0]
    if len(shape) == 1:
        return flat
    step = len(flat) // shape[0]
    return [nest(flat[i : i + step], shape[1:]) for i in range(0, len(flat), step)]


def weighted(losses: list[Any], weights: list[float] | None) -> list[Any]:
    """Each loss times its weight."""
    return losses if weights is None else [w * loss for w, loss in zip(weights, losses, strict=True)]


def squares(xs: list[Any]) -> Any:
    """Σ xᵢ², in one node."""
    return dot(xs, xs)


data_of = example_number  # what is read here is only checked, so losses can be compiled


def none_of(x: Any) -> Any:
    """0, whatever x is; of a Value a Value, so that the loss of Values is one always."""
    return where(0.0, x, 0.0)


def records(x: Any) -> bool:
    """Whether derivatives go through it: a Value, or what a transform differentiates by."""
    return hasattr(x, "_apply_primitive")


def read_number(name: str, x: Any) -> Any:
    """Anything that is one number as a float; what records derivatives as it is."""
    if x.__class__ is float or records(x):
        return x
    if not hasattr(x, "__float__"):
        raise TypeError(f"{name} must be numbers, not {shown(x)}")
    return as_float(name, x)


def read_elements(name: str, x: Any) -> tuple[list[Any], tuple[int, ...]]:
    """The numbers of nested sequences in order, and the shape."""
    if not is_sequence(x):
        return [read_number(name, x)], ()
    items = to_list(x, name)
    kinds = set(map(type, items))
    if kinds <= _RECORDED:  # looking at each number would take longer than subtracting it
        return items, (len(items),)
    if kinds <= _NUMBERS:
        return [x if x.__class__ is float else as_float(name, x) for x in items], (len(items),)
    if not any(map(is_sequence, items)):
        return [read_number(name, item) for item in items], (len(items),)
    parts = [read_elements(name, item) for item in items]
    shapes = {shape for _, shape in parts}
    if len(shapes) > 1:
        raise ValueError(f"{name} is ragged: its items have the shapes {', '.join(map(str, sorted(shapes)))}")
    return [number for part, _ in parts for number in part], (len(items), *parts[0][1])


def read_pairs(name: str, input: Any, target: Any) -> tuple[list[Any], list[Any], tuple[int, ...]]:
    """The elements of input and target, and their shape."""
    inputs, shape = read_elements(f"{name}: input", input)
    targets, target_shape = read_elements(f"{name}: target", target)
    if shape != target_shape:
        counts = f"{counted(len(inputs), 'input')}, but {counted(len(targets), 'target')}; "
        counts = counts if len(inputs) != len(targets) else ""
        raise ValueError(f"{name}: {counts}input has shape {shape}, target {target_shape}, and they must be equal")
    if not inputs:
        raise ValueError(f"{name}: there are no inputs")
    for i, t in enumerate(targets):
        found = t if t.__class__ is float else data_of(t)
        if found != found:
            raise ValueError(f"{name}: target {i} is nan: leave out what is missing")
    return inputs, targets, shape


def read_residuals(name: str, input: Any, target: Any) -> tuple[list[Any], tuple[int, ...]]:
    """Input minus target, element by element, and their shape."""
    inputs, targets, shape = read_pairs(name, input, target)
    return [x - t for x, t in zip(inputs, targets)], shape


def read_scores(name: str, input: Any, target: Any) -> tuple[list[Any], list[Any], tuple[int, ...]]:
    """The scores, the classes -1 and 1, and their shape."""
    scores, signs, shape = read_pairs(name, input, target)
    for y in signs:
        if data_of(y) not in (-1.0, 1.0):
            raise ValueError(f"{name}: targets must be -1 or 1, not {data_of(y)!r}")
    return scores, signs, shape


def read_binary_pairs(name: str, input: Any, target: Any) -> tuple[list[Any], list[Any], tuple[int, ...]]:
    """The elements of input and of a target in [0, 1], and their shape."""
    inputs, targets, shape = read_pairs(name, input, target)
    for t in targets:
        if not 0 <= t <= 1:
            raise ValueError(f"{name}: targets must lie in [0, 1], not {data_of(t)!r}")
    return inputs, targets, shape


def spread_weights(name: str, argument: str, weight: Any, shape: tuple[int, ...]) -> list[float] | None:
    """A weight for each element: the one that is given, those of the last dimension, or all."""
    if weight is None:
        return None
    weights, weight_shape = read_elements(f"{name}: {argument}", weight)
    _check_weights(f"{name}: {argument}", weights)
    if weight_shape not in ((), shape[-1:], shape):
        raise ValueError(f"{name}: {argument} has shape {weight_shape}, which does not fit the {shape} of input")
    return weights * (math.prod(shape) // len(weights))


def read_class_weights(name: str, weight: Any, classes: int) -> list[float] | None:
    """A weight for each class, or None."""
    if weight is None:
        return None
    weights, shape = read_elements(f"{name}: weight", weight)
    _check_weights(f"{name}: weight", weights)
    if shape != (classes,):
        raise ValueError(f"{name}: weight must be {counted(classes, 'number')}, one a class, not of shape {shape}")
    return weights


def sum_of_weights(weights: list[float] | None, indices: list[int]) -> float | None:
    """The sum of the weights of the classes that occur, or None."""
    return None if weights is None else math.fsum(weights[index] for index in indices)


def check_range(name: str, argument: str, setting: float, top: float) -> None:
    """ValueError for a setting outside [0, top], or infinite; TypeError for what is no number."""
    number(f"{name}: {argument}", setting, high=min(top, sys.float_info.max))


def read_samples(name: str, input: Any, target: Any) -> tuple[list[list[Any]], list[Any], tuple[int, ...]]:
    """The rows of scores of the classes, what the target says of each, and the shape of one number a sample."""
    items = to_list(input, f"{name}: input")
    if not items:
        raise ValueError(f"{name}: there are no inputs")
    if not is_sequence(items[0]):
        return [_scores(name, items)], [target], ()
    rows = [to_list(row, f"{name}: input") for row in items]
    if not set(map(type, chain(*rows))) <= _RECORDED or not all(rows):  # one by one would take as long as the loss
        rows = [_scores(name, row) for row in rows]
    if not is_sequence(target):
        raise ValueError(f"{name}: {counted(len(rows), 'input')}, but one target, {brief(target)}")
    targets = to_list(target, f"{name}: target")
    if len(targets) != len(rows):
        raise ValueError(f"{name}: {counted(len(rows), 'input')}, but {counted(len(targets), 'target')}")
    lengths = sorted(set(map(len, rows)))
    if len(lengths) > 1:
        raise ValueError(f"{name}: every sample must have as many classes, not {' or '.join(map(str, lengths))}")
    return rows, targets, (len(rows),)


def _scores(name: str, row: list[Any]) -> list[Any]:
    """The scores of one sample."""
    scores, shape = read_elements(f"{name}: input", row)
    if len(shape) != 1:
        raise ValueError(
            f"{name}: a sample must be one score a class, not of shape {shape}; of samples in several dimensions give "
            "one list, each with its classes"
        )
    if not scores:
        raise ValueError(f"{name}: a sample has no classes")
    return scores


def read_class_index(name: str, target: Any, classes: int) -> int:
    """The target as the number of a class."""
    if isinstance(target, bool) or not hasattr(target, "__index__"):
        raise TypeError(
            f"{name}: the target must be the number of a class, not {shown(target)}; "
            "say int(target), or y.astype(int) for an array"
        )
    index: int = target.__index__()
    if not 0 <= index < classes:
        raise ValueError(f"{name}: target {brief(index)} is not one of the classes 0 to {classes - 1}")
    return index


def read_distribution(name: str, target: Any, classes: int) -> int | list[Any]:
    """The shares of the classes; of a one-hot row the number of its class."""
    shares, shape = read_elements(f"{name}: target", target)
    if shape != (classes,):
        raise ValueError(
            f"{name}: a target of shape {shape} for {counted(classes, 'class')}: give as many shares, or the class"
        )
    for q in shares:
        if not q >= 0:
            raise ValueError(f"{name}: the shares of a target must be at least 0, not {data_of(q)!r}")
    sum_of_shares = math.fsum(map(data_of, shares))
    if abs(sum_of_shares - 1.0) > ROUNDING:
        raise ValueError(
            f"{name}: the shares of a target must sum to one within {ROUNDING:g}, not to {sum_of_shares!r}; "
            "for targets that are classes, the input must be a sequence of logits for each of them"
        )
    one_hot = shares.count(1.0) == 1 and shares.count(0.0) == classes - 1
    return shares.index(1.0) if one_hot else shares


def _check_weights(name: str, weights: list[Any]) -> None:
    for w in weights:
        if w.__class__ is not float or not 0.0 <= w < math.inf:
            raise ValueError(f"{name} must be finite numbers of at least 0, not {brief(w)}")
