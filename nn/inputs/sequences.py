"""What counts as a sample and what as a batch, and reading either from lists, NumPy arrays and pandas frames."""

import functools
from collections.abc import Callable, Iterable
from typing import Any

from autograd import Value, arguments


def to_list(x: Any, name: str = "input") -> list[Any]:
    """The items of a list, a tuple, an iterator, a NumPy array, a pandas Series or (row by row) DataFrame.

    Numbers of an array become Python's; Values stay what they are.  Raises TypeError, naming what it is, for
    what has no items, and for text.

    >>> to_list((1, 2))
    [1, 2]
    """
    if isinstance(x, list):
        return x
    if isinstance(x, tuple):
        return list(x)
    if hasattr(x, "to_numpy"):
        x = x.to_numpy()
    if is_time(x):
        raise TypeError(f"{name}: expected a sequence of numbers, got {x.dtype}; subtract a date and divide by a unit")
    arguments.unmasked(arguments.in_order(x, name), name)
    if isinstance(x, Iterable) and not isinstance(x, str | bytes | dict) and getattr(x, "ndim", 1) > 0:
        return getattr(x, "tolist", lambda: list(x))()
    raise TypeError(f"{name}: expected a sequence of numbers, got {type(x).__name__} {x!r}")


def is_time(x: Any) -> bool:
    """Whether x is a date or a span of time of NumPy, or an array of them, whose numbers depend on a hidden unit."""
    return getattr(getattr(x, "dtype", None), "kind", "") in ("m", "M")


def is_sequence(x: Any) -> bool:
    """Whether x has items, as opposed to a number or a Value; a 0-dimensional array has none.

    >>> is_sequence([1.0]), is_sequence(1.0)
    (True, False)
    """
    return isinstance(x, list | tuple) or (hasattr(x, "__iter__") and getattr(x, "ndim", 1) > 0)


def is_batch(x: Any) -> bool:
    """Whether x is a sequence of samples, its first item itself a sequence; a 2-dimensional array is one if empty.

    >>> is_batch([[1.0, 2.0]]), is_batch([1.0, 2.0])
    (True, False)
    """
    dimensions = getattr(x, "ndim", None)
    if dimensions is not None:
        return bool(dimensions > 1)
    return isinstance(x, list | tuple) and len(x) > 0 and is_sequence(x[0])


NUMBERS = {Value, float, int}


def over_batch(method: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """Decorator of a method of one sample: a batch then gives the list of what its samples give."""

    @functools.wraps(method)
    def call(self: Any, x: Any) -> Any:
        if x.__class__ is list and x and x[0].__class__ in NUMBERS:  # the usual sample, at a third of the time
            return method(self, x)
        return [method(self, sample) for sample in to_list(x)] if is_batch(x) else method(self, x)

    return call


def shape_of(x: Any) -> tuple[int, ...]:
    """The lengths of nested sequences, read off the first items: (n, d) for a batch, () for a number.

    >>> shape_of([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    (3, 2)
    """
    if not is_sequence(x):
        return ()
    items = to_list(x)
    return (len(items), *shape_of(items[0])) if items else (0,)


def plain_numbers(outputs: Any) -> Any:
    """The outputs of a model, one or nested sequences of them, with numbers in place of Values.

    >>> plain_numbers([0.0, Value(2.0), (Value(3.0),)])
    [0.0, 2.0, [3.0]]
    """
    if outputs.__class__ is list and all(x.__class__ is float for x in outputs):
        return outputs  # those of compiled models
    if is_sequence(outputs):
        return [plain_numbers(x) for x in to_list(outputs)]
    return outputs.data if isinstance(outputs, Value) else outputs
