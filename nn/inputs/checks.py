"""Checks of settings and numbers, shared by the modules of `nn`."""

import math
import numbers
import operator
import reprlib
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from autograd import Value, arguments
from nn.inputs.sequences import is_sequence, is_time, to_list

brief, called, counted, shown = arguments.brief, arguments.called, arguments.counted, arguments.shown
MOST = 10_000_000
"""The most numbers, samples, classes, neurons … that one call makes: a gigabyte of them."""

Check = Callable[[str, Any], Any]
"""Of a setting: a function of its name and its value that returns the value, or raises."""


def number(name: str, value: Any, low: float = 0.0, high: float = sys.float_info.max) -> float:
    """The value as a float, if it is a number from low to high.

    Raises TypeError for what is not a number (a bool is not), ValueError for one out of range, nan included.

    >>> number("lr", 1)
    1.0
    """
    if value.__class__ is not float and (isinstance(value, bool) or not isinstance(value, numbers.Real)):
        raise TypeError(f"{name} must be a number, not {shown(value)}")
    given: Any = value
    if hasattr(given, "item"):  # NumPy compares a float32 in 32 bits, where the largest float is inf
        given = given.item()
    if not low <= given <= high:
        limits = f"at least {low:g} and finite" if high == sys.float_info.max else f"from {low:g} to {high:g}"
        if low == -high:
            limits = "finite"
        raise ValueError(f"{name} must be {limits}, not {brief(value)}")
    return as_float(name, given)


def as_float(name: str, x: Any) -> float:
    """The number x as a float; ValueError for a whole number that fits none."""
    try:
        return float(x)
    except OverflowError:
        raise ValueError(f"{name} must fit a float, and {shown(x)} does not") from None


def fraction(name: str, value: Any) -> float:
    """The value as a float, if it is a number in [0, 1)."""
    checked = number(name, value, high=1.0)
    if checked == 1.0:
        raise ValueError(f"{name} must be below 1, not {brief(value)}")
    return checked


def flag(name: str, value: Any) -> bool:
    """The value as a bool, if it is True or False, Python's or NumPy's."""
    given = value.item() if getattr(value, "ndim", None) == 0 else value
    if not isinstance(given, bool):
        raise TypeError(f"{name} must be True or False, not {brief(value)}")
    return given


def whole_number(name: str, value: Any, least: int | None = 1, most: int = sys.maxsize) -> int:
    """The value as an int; TypeError if it is no whole number, ValueError if it is below `least` or above `most`.

    Where there is no least number, as of seeds, 1000 digits are the limit.

    >>> whole_number("batch_size", 32)
    32
    """
    is_truth = isinstance(value, bool) or getattr(getattr(value, "dtype", None), "kind", "") == "b"  # of NumPy 1
    if is_truth or not hasattr(value, "__index__"):
        at_least = "" if least is None else f" of at least {least}"
        raise TypeError(f"{name} must be a whole number{at_least}, not {shown(value)}")
    number = operator.index(value)
    if least is not None and number < least:
        raise ValueError(f"{name} must be a whole number of at least {least}, not {brief(value)}")
    if least is None and abs(number) >= 10**1000:
        raise ValueError(f"{name} must have at most 1000 digits, unlike {brief(value)}")
    if least is not None and number > most:
        raise ValueError(f"{name} must be a whole number of at most {most}, not {brief(value)}")
    return number


def checked_names(name: str, given: Any, known: Iterable[str], optional: Iterable[str] = ()) -> None:
    """Raise TypeError if given is no dict, ValueError if it lacks a known key, or has one that is not allowed."""
    if not isinstance(given, Mapping):
        raise TypeError(f"{name}: expected a dict, not {type(given).__name__}")
    known = list(known)
    allowed = {*known, *optional}
    missing = [key for key in known if key not in given]
    unknown = [key for key in given if key not in allowed]
    if missing or unknown:
        names = f"; known are {sorted(allowed)}" if len(allowed) < 20 else ""
        raise ValueError(f"{name}: missing {missing[:5]}, unknown {unknown[:5]}{names}")


def check_keys(name: str, state: Mapping[str, Any], expected: Mapping[str, Any]) -> None:
    """KeyError if a state_dict has not just the keys expected."""
    if set(state) != set(expected):
        raise KeyError(f"{name}.load_state_dict: expected {sorted(expected)}, got {sorted(state)}")


def finite_rows(name: str, data: Any) -> list[list[float]]:
    """n × d numbers, all finite; a row that is one number counts as d = 1."""
    rows: list[list[float]] = []
    for i, row in enumerate(to_list(data, name)):
        items = to_list(row, f"{name}, row {i}") if is_sequence(row) and not isinstance(row, str) else [row]
        rows.append([
            x if type(x) is float and math.isfinite(x) else finite_number(x, f"{name}, row {i}, column {j}")
            for j, x in enumerate(items)
        ])  # fmt: skip
        if len(items) != len(rows[0]) or not items:
            raise ValueError(
                f"{name}: row {i} has {counted(len(items), 'number')}, row 0 has {len(rows[0])}; all must have as "
                "many, and at least one"
            )
    if not rows:
        raise ValueError(f"{name}: there are no samples")
    return rows


def finite_number(x: Any, place: str) -> float:
    """The number x as Python's int or float; TypeError or ValueError with its place if it is not one, or not finite."""
    if isinstance(x, Value | str | bytes) or not hasattr(x, "__float__") or is_time(x):
        hint = {str: "; for labels see classes_of", Value: "; its number is its .data"}.get(type(x), "")
        raise TypeError(f"{place}: expected a number, got {type(x).__name__} {reprlib.repr(x)}{hint}")
    if hasattr(x, "item"):  # a number of NumPy or PyTorch, as Python's
        x = x.item()
    number: float = operator.index(x) if hasattr(x, "__index__") else float(x)
    if not abs(number) <= sys.float_info.max:
        raise ValueError(f"{place} is {brief(number)}; leave the sample out or put a finite number in its place")
    return number
