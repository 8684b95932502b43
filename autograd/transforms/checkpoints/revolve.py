"""The schedule of `revolve`: how to sweep a long sequence of steps backwards with few stored states.

Source: Griewank and Walther, "Algorithm 799: revolve: an implementation of checkpointing for the reverse or adjoint
mode of computational differentiation", ACM Transactions on Mathematical Software 26 (2000).
"""

import math
import sys
from collections.abc import Iterator
from typing import Literal, NamedTuple

from autograd.arguments import brief


class Action(NamedTuple):
    """One action of `revolve_schedule`.

    * store: keep the state before `step`, which is at hand
    * advance: run the steps from `step` up to, not with, `stop` without recording
    * reverse: run `step` recorded, from the state at hand, and sweep it
    * restore: take the stored state before `step`
    * release: drop it
    """

    name: Literal["store", "advance", "reverse", "restore", "release"]
    step: int
    stop: int


def revolve_schedule(steps: int, snapshots: int) -> Iterator[Action]:
    """The order in which to run, store and sweep a sequence of steps with the fewest runs.

    Every step is reversed once, the last one first.  The runs without recording, all the `advance` together, are

        t(l, c) = r·l - β(c + 1, r - 1),   β(s, t) = (s + t choose s),   β(c, r - 1) < l ≤ β(c, r)

    for l steps and c snapshots; none is counted for a `reverse`, though it runs its step as well.  No schedule has
    fewer (Griewank and Walther (2000), proposition 1).  The first state is a snapshot like the others.

    Args:
        steps: How many there are, l ≥ 1.
        snapshots: How many states may be stored at a time, c ≥ 1.

    Raises ValueError for anything but whole numbers of at least 1.  Takes no stack, and memory for c ranges.

    >>> for action in revolve_schedule(steps=3, snapshots=2):
    ...     print(*action)
    store 0 0
    advance 0 1
    store 1 1
    advance 1 2
    reverse 2 3
    restore 1 1
    reverse 1 2
    release 1 1
    restore 0 0
    reverse 0 1
    release 0 0
    """
    _check(steps, snapshots)
    return _revolve(steps, snapshots)


def _check(steps: int, snapshots: int) -> None:
    for name, number in (("steps", steps), ("snapshots (memory_budget)", snapshots)):
        if not isinstance(number, int) or isinstance(number, bool) or number < 1:
            raise ValueError(f"revolve: {name} must be a whole number of at least 1, not {brief(number)}")
        if number > sys.maxsize:
            raise ValueError(f"revolve: {name} must be at most {sys.maxsize}, not {brief(number)}")


def _revolve(steps: int, snapshots: int) -> Iterator[Action]:
    yield Action("store", 0, 0)
    ranges = [(0, steps, snapshots)]  # each begins at a stored state, and may use so many snapshots, its own included
    at: int | None = 0  # before which step the state at hand is
    while ranges:
        start, stop, free = ranges[-1]
        if at != start:
            yield Action("restore", start, start)
        if stop - start == 1:
            yield Action("reverse", start, stop)
            yield Action("release", start, start)
            ranges.pop()
            at = None
            continue
        middle = start + _first_part(stop - start, free)
        yield Action("advance", start, middle)
        ranges[-1] = (start, middle, free)
        if stop - middle == 1:
            yield Action("reverse", middle, stop)
            at = None
        else:
            yield Action("store", middle, middle)
            ranges.append((middle, stop, free - 1))
            at = middle


def revolve_advances(steps: int, snapshots: int) -> int:
    """t(l, c): the least number of runs without recording that reverse l steps with c stored states.

    >>> revolve_advances(steps=10_000, snapshots=5)
    112868
    """
    _check(steps, snapshots)
    r = _repetitions(steps, snapshots)
    return r * steps - _beta(snapshots + 1, r - 1)


def _beta(s: int, t: int) -> int:
    return math.comb(s + t, s) if t >= 0 else 0


def _repetitions(steps: int, snapshots: int) -> int:
    """The r with β(c, r - 1) < l ≤ β(c, r): how often a step runs at most."""
    r, beta = 0, 1
    while beta < steps:
        r += 1
        beta = beta * (snapshots + r) // r
    return r


def _first_part(steps: int, snapshots: int) -> int:
    """How many of at least two steps to advance before the next snapshot.

    With k of them the cost is k + t(k, c) + t(l - k, c - 1).  As a function of l, t(l, c) is linear with slope r
    between β(c, r - 1) and β(c, r), so every k is best for which k ≥ β(c, r - 2), l - k ≤ β(c - 1, r), and the other
    two bounds, which the greater of these meets.
    """
    r = _repetitions(steps, snapshots)
    return max(1, _beta(snapshots, r - 2), steps - _beta(snapshots - 1, r))
