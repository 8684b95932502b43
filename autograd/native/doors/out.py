"""`out`: results written into arrays that are there already."""

import inspect
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from autograd.arguments import brief, counted, shown


def takes_no_out(function: Callable[..., Any]) -> bool:
    """Whether a function has no argument called `out`, so that it is free for what `jit` means by it."""
    try:
        return "out" not in inspect.signature(function).parameters
    except (TypeError, ValueError):  # there is no signature to some built-in functions
        return True


def written(result: Any, out: Any) -> Any:
    """The result, with its arrays written into those of `out`, which stand where they stand in the result.

    None stands for an array of its own, or for what is no array.  All are looked at before the first is changed.
    Raises TypeError or ValueError, naming the place, for what does not fit.

    >>> g = np.zeros(2)
    >>> written((3.0, np.array([1.0, 2.0])), (None, g))
    (3.0, array([1., 2.]))
    >>> g
    array([1., 2.])
    """
    pairs = list(_pairs(result, out, "out"))
    for array, given in pairs:
        given[...] = array
    return _replaced(result, out)


def _pairs(result: Any, out: Any, place: str) -> Iterator[tuple[Any, Any]]:
    if out is None:
        return
    if isinstance(result, np.ndarray) and result.dtype.kind == "f" and result.ndim:
        if not isinstance(out, np.ndarray) or out.dtype != np.float64:
            found = f"an array of {out.dtype}" if isinstance(out, np.ndarray) else shown(out)
            raise TypeError(f"jit: {place} must be a NumPy array of float64, not {found}")
        if out.shape != result.shape:
            raise ValueError(f"jit: {place} has shape {out.shape}, and the result has {result.shape}")
        if not out.flags.writeable:
            raise ValueError(f"jit: {place} is read-only")
        yield result, out
    elif type(result) in (list, tuple):
        if type(out) is not type(result) or len(out) != len(result):
            expected = f"a {type(result).__name__} of {counted(len(result), 'item')}"
            raise TypeError(f"jit: {place} must be {expected}, as the result is, or None, not {brief(out)}")
        for i, (each, given) in enumerate(zip(result, out, strict=True)):
            yield from _pairs(each, given, f"{place}[{i}]")
    elif type(result) is dict:
        if type(out) is not dict or list(out) != list(result):
            raise TypeError(
                f"jit: {place} must be a dict with the keys {list(result)}, as the result is, or None, not {brief(out)}"
            )
        for key, each in result.items():
            yield from _pairs(each, out[key], f"{place}[{key!r}]")
    else:
        raise TypeError(f"jit: {place} must be None, since the result there is no array of floats but {brief(result)}")


def _replaced(result: Any, out: Any) -> Any:
    if out is None:
        return result
    if isinstance(result, np.ndarray):
        return out
    if isinstance(result, dict):
        return {key: _replaced(each, out[key]) for key, each in result.items()}
    return type(result)([_replaced(each, given) for each, given in zip(result, out, strict=True)])
