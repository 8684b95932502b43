"""Arguments, shown in one short line, and those that would be misread in silence: sets, masks, foreign arrays."""

import sys
from typing import Any


def brief(value: object) -> str:
    """The text of a value for an error message, cut to one short line.

    >>> brief(10**400)
    '100000000000000000000000000000000000000000000000000000000...'
    """
    try:
        text = " ".join(repr(value).split())
    except Exception as error:  # a broken __repr__, or a number of too many digits, must not hide the message
        text = f"(its repr raises {type(error).__name__})"
    return text if len(text) <= 60 else text[:57] + "..."


def shown(value: object) -> str:
    """Type and text of a value for an error message."""
    return f"{type(value).__name__} {brief(value)}"


def called(name: str, *first: str, **settings: Any) -> str:
    """How something shows itself: its name, what it is of in words, and its settings.

    >>> called("SGD", "3 parameters", lr=0.1)
    'SGD(3 parameters, lr=0.1)'
    """
    return f"{name}({', '.join([*first, *(f'{key}={brief(setting)}' for key, setting in settings.items())])})"


def counted(count: int, noun: str) -> str:
    """A number of things in words.

    >>> counted(1, "node"), counted(4160, "box"), counted(0, "leaf")
    ('1 node', '4,160 boxes', '0 leaves')
    """
    plural = "leaves" if noun == "leaf" else f"{noun}{'es' if noun.endswith(('x', 's')) else 's'}"
    return f"{count:,} {noun if count == 1 else plural}"


def in_order(items: Any, role: str) -> Any:
    """The items as they are; TypeError for a set, whose order is not that in which it was written.

    >>> in_order({1.0, 2.0}, "dot: left")
    Traceback (most recent call last):
        ...
    TypeError: dot: left must be a sequence, not a set, which has no order; write a list
    """
    if isinstance(items, set | frozenset):
        raise TypeError(f"{role} must be a sequence, not a {type(items).__name__}, which has no order; write a list")
    return items


def is_masked(x: Any) -> bool:
    """Whether it is an array of NumPy's with masked entries, or such an entry: numbers that mean nothing."""
    masked = sys.modules.get("numpy.ma")
    return masked is not None and isinstance(x, masked.MaskedArray) and bool(masked.is_masked(x))


def unmasked(x: Any, role: str) -> Any:
    """What was given; ValueError for an array of NumPy's with masked entries."""
    if is_masked(x):
        raise ValueError(
            f"{role}: {int(x.mask.sum())} of {x.size} entries are masked; leave them out (x.compressed()), or put "
            "numbers in their place (x.filled(0.0))"
        )
    return x


def numpy_array(x: Any, role: str) -> Any:
    """An array of NumPy's as it is; TypeError for one of another library, which a function would get as NumPy's."""
    numpy = sys.modules.get("numpy")
    if numpy is None or not isinstance(x, numpy.ndarray):
        library = type(x).__module__.partition(".")[0]
        raise TypeError(
            f"{role} must be a number, or lists or NumPy arrays of numbers, not a {type(x).__name__} of {library}; "
            "numpy.asarray(x) makes an array of it"
        )
    return unmasked(x, role)
