"""Loops and choices by JAX's names, for functions that are to read the same there and here.

None of them is needed: plain `for`, `while` and `if` can be differentiated, and machine code finds plain loops again.
What they add are choices that depend on numbers inside `jit`, where `if` and `while` are refused.
"""

import contextlib
import math
import operator
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from autograd.arguments import brief, counted, in_order, shown
from autograd.core.mode import current
from autograd.core.tree import filler, take_apart
from autograd.spellings import local_names
from autograd.table.primitives import where

Function = Callable[..., Any]


def cond(pred: Any, true_fun: Function, false_fun: Function, *operands: Any) -> Any:
    """true_fun(*operands) if pred, else false_fun(*operands); within `jit` both, and of each number one.

    Args:
        pred: A truth value or a number; within `jit` a comparison of traced numbers too.
        true_fun, false_fun: Functions whose results have one structure.
        operands: What both are given.

    Nothing comes from the branch that is not taken, no nan and no gradient, as of `where`.
    Raises TypeError if, within `jit`, the results differ in structure.

    >>> from autograd import grad, jit, sqrt
    >>> f = lambda x: cond(x > 0.0, lambda x: sqrt(x), lambda x: -x, x)
    >>> f(4.0), jit(grad(f))(4.0), jit(grad(f))(-4.0)
    (2.0, 0.25, -1.0)
    """
    _check_functions("cond", true_fun=true_fun, false_fun=false_fun)
    if not _is_traced(pred):
        return true_fun(*operands) if _truth("cond: pred", pred) else false_fun(*operands)
    return _chosen("cond: true_fun and false_fun", pred, true_fun(*operands), false_fun(*operands))


@local_names
def fori_loop(lower: int, upper: int, body_fun: Function, init_val: Any) -> Any:
    """val ← body_fun(i, val) for i = lower … upper - 1, from init_val on.

    Raises TypeError for bounds that are no whole numbers, as those that are known only when machine code runs, and
    where a step changes the structure of val.

    >>> from autograd import grad
    >>> grad(lambda x: fori_loop(0, 3, lambda i, y: x * y + i, 1.0))(2.0)  # ((x)·x + 1)·x + 2
    13.0
    """
    _check_functions("fori_loop", body_fun=body_fun)
    lower, upper = _whole("fori_loop: lower", lower), _whole("fori_loop: upper", upper)
    value = init_val
    for i in range(lower, upper):
        before, value = value, body_fun(i, value)
        if i == lower:
            _same_structure("fori_loop: the value before and after a step", before, value)
    return value


@local_names
def while_loop(cond_fun: Function, body_fun: Function, init_val: Any, *, max_steps: int | None = None) -> Any:
    """val ← body_fun(val) while cond_fun(val), from init_val on; it can be differentiated in every mode.

    Args:
        cond_fun: Of val to a truth value.
        body_fun: Of val to the next, of the same structure.
        init_val: The first.
        max_steps: How often at most.  Within `jit` it must be given if cond_fun depends on traced numbers: so many
            steps are recorded, and those after the end change nothing.  What has not ended then is nan, everywhere
            alike, with a RuntimeWarning outside of machine code.

    Raises TypeError where a step changes the structure of val, or `jit` is not told max_steps.

    >>> from autograd import grad, jit
    >>> halved = lambda x: while_loop(lambda y: y > 1.0, lambda y: y / 2.0, x, max_steps=10)
    >>> halved(12.0), grad(halved)(12.0), jit(grad(halved))(12.0)
    (0.75, 0.0625, 0.0625)
    """
    _check_functions("while_loop", cond_fun=cond_fun, body_fun=body_fun)
    if max_steps is not None:
        max_steps = _whole("while_loop: max_steps", max_steps)

    def goes_on(value: Any) -> Any:
        running = cond_fun(value)
        return running if _is_traced(running) and max_steps is not None else _truth("while_loop: cond_fun", running)

    value, steps, running = init_val, 0, goes_on(init_val)
    while _is_traced(running) or running:
        if steps == max_steps:
            return _unfinished(value, running, steps)
        following = body_fun(value)
        if _is_traced(running):
            value = _chosen("while_loop: the value before and after a step", running, following, value)
            running = running & goes_on(value)
        else:
            if not steps:
                _same_structure("while_loop: the value before and after a step", value, following)
            value = following
            running = goes_on(value)
        steps += 1
    return value


@local_names
def scan(f: Function, init: Any, xs: Any = None, length: int | None = None, reverse: bool = False) -> tuple[Any, Any]:
    """(carry, ys): carry, y = f(carry, x) for one x after the other, the y's side by side.

    Args:
        f: Function of (carry, x) to (carry, y); carry keeps its structure.
        init: The first carry.
        xs: A list or an array, whose items or rows are the x's; or a tuple or dict of such, alike in length, each x
            being a tuple or dict of items; or None for no x.
        length: How many steps; only needed without xs.
        reverse: Whether to begin with the last x; the y's stand in the order of the x's all the same.

    ys is a list of the y's; if these are tuples or dicts, a tuple or dict of lists; None if they are.
    Raises ValueError for lengths that differ, TypeError where a step changes the structure of carry.

    >>> from autograd import grad
    >>> scan(lambda total, x: (total + x, total), 0.0, [1.0, 2.0, 3.0])
    (6.0, [0.0, 1.0, 3.0])
    >>> grad(lambda w: scan(lambda h, x: (w * h + x, None), 0.0, [1.0, 2.0, 3.0])[0])(2.0)  # d(w² + 2w + 3)/dw
    6.0
    """
    _check_functions("scan", f=f)
    lengths = dict.fromkeys(_lengths(xs))
    if length is not None:
        lengths[_whole("scan: length", length)] = None
    if len(lengths) != 1:
        told = " and ".join(map(str, lengths))
        raise ValueError(f"scan: the lengths differ: {told}" if told else "scan: without xs it needs length=")
    (steps,) = lengths
    carry, ys = init, list[Any]()
    for i in reversed(range(steps)) if reverse else range(steps):
        found = f(carry, _item(xs, i))
        if not isinstance(found, tuple) or len(found) != 2:
            raise TypeError(f"scan: f must return a pair (carry, y), not {brief(found)}")
        if not ys:
            _same_structure("scan: the carry before and after a step", carry, found[0])
        carry = found[0]
        ys.append(found[1])
    return carry, _side_by_side(ys[::-1] if reverse else ys)


# ---------------------------------------------------------------- what they have in common


def _check_functions(what: str, **functions: Any) -> None:
    for name, function in functions.items():
        if not callable(function):
            raise TypeError(f"{what}: {name} must be a function, not {shown(function)}")


def _truth(what: str, x: Any) -> bool:
    """Whether x is true; TypeError for what has no truth value but that it is there, as None, text or a function."""
    if _is_traced(x):
        with _told(
            "while_loop: machine code runs as many steps as were recorded, so it must be told how many there may be: "
            "max_steps=n"
        ):
            return bool(x)
    if x is None or not hasattr(x, "__bool__"):
        raise TypeError(f"{what} must be a truth value or a number, not {shown(x)}")
    return bool(x)


@contextlib.contextmanager
def _told(advice: str) -> Iterator[None]:
    """Of a traced number is asked what only an integer tells, for which it is recorded anew; others get advice."""
    try:
        yield
    except TypeError:
        raise TypeError(advice) from None


def _whole(what: str, x: Any) -> int:
    if _is_traced(x):
        with _told(
            f"{what}: how often it runs must be known when it is recorded for machine code; make the bound an integer, "
            "or use while_loop(…, max_steps=n)"
        ):
            return operator.index(x)
    if isinstance(x, bool) or not hasattr(x, "__index__"):
        raise TypeError(f"{what} must be a whole number, not {brief(x)}")
    return operator.index(x)


def _is_traced(x: Any) -> bool:
    """Whether x is a number that machine code will know, and nobody does now."""
    return current().traces and hasattr(x, "_apply_primitive")


def _chosen(what: str, pred: Any, first: Any, second: Any) -> Any:
    """Number by number one of two results of one structure."""
    structure, ones, others = _same_structure(what, first, second)
    return filler(structure)(iter([where(pred, x, y) for x, y in zip(ones, others, strict=True)]))


def _same_structure(what: str, first: Any, second: Any) -> tuple[Any, list[Any], list[Any]]:
    ones: list[Any] = []
    others: list[Any] = []
    structure = take_apart(first, ones)
    if structure != take_apart(second, others):
        raise TypeError(f"{what} must have one structure, and they are {brief(first)} and {brief(second)}")
    return structure, ones, others


def _unfinished(value: Any, running: Any, steps: int) -> Any:
    """nan where a loop still runs."""
    if not _is_traced(running):
        warnings.warn(
            f"while_loop: it has not ended after {counted(steps, 'step')}, so what it gives is nan; raise max_steps",
            RuntimeWarning,
            stacklevel=3,
        )
        running = 1.0
    leaves: list[Any] = []
    structure = take_apart(value, leaves)
    return filler(structure)(iter([where(running, math.nan, x) for x in leaves]))


def _lengths(xs: Any) -> Iterable[int]:
    if isinstance(xs, tuple | dict):
        for part in xs.values() if isinstance(xs, dict) else xs:
            yield from _lengths(part)
    elif xs is not None:
        if not isinstance(in_order(xs, "scan: xs"), Sequence) and not getattr(xs, "ndim", 0):
            raise TypeError(f"scan: xs must be a list, an array, or a tuple or dict of such, not {brief(xs)}")
        yield len(xs)


def _item(xs: Any, i: int) -> Any:
    if isinstance(xs, dict):
        return {key: _item(part, i) for key, part in xs.items()}
    if isinstance(xs, tuple):
        return getattr(xs, "_make", tuple)([_item(part, i) for part in xs])  # a namedtuple, or a tuple
    return None if xs is None else xs[i]


def _side_by_side(ys: list[Any]) -> Any:
    if ys and all(isinstance(y, dict) for y in ys):
        return {key: _side_by_side([y[key] for y in ys]) for key in ys[0]}
    if ys and all(isinstance(y, tuple) for y in ys):
        return getattr(ys[0], "_make", tuple)([_side_by_side(list(column)) for column in zip(*ys, strict=True)])
    return None if ys and all(y is None for y in ys) else ys
