"""Where a row of tokens repeats itself, one piece right after the other, and in the pieces again.

Source: rolling hashes, Karp and Rabin (1987), "Efficient Randomized Pattern-Matching Algorithms".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

FEWEST_PASSES = 3
LEAST_SAVED = 12
"""Instructions that a loop must save: LLVM takes as long for a loop as for about as many."""
SHORT_PERIODS = 32  # all of them are tried
WINDOWS = (2, 4, 16, 64, 256)  # tokens whose equals are looked for
SAMPLES = 4  # tokens that are compared first
FREQUENT = 12  # distances between equal windows that are tried, of each length


@dataclass(frozen=True)
class Run:
    """Instructions start … stop - 1, once each."""

    start: int
    stop: int


@dataclass(frozen=True, eq=False)
class Repeat:
    """`passes` times `period` instructions from `start` on; `body` tells how the first of them repeat themselves."""

    start: int
    period: int
    passes: int
    body: "tuple[Run | Repeat, ...]"

    @property
    def stop(self) -> int:
        """What comes after it."""
        return self.start + self.period * self.passes


Tree = tuple[Run | Repeat, ...]


def repeats(tokens: Any, start: int, stop: int, least: int = LEAST_SAVED) -> Tree:
    """The runs and repeats of tokens start … stop - 1: first what saves most, then before, inside and behind it.

    >>> repeats(np.array([7, 1, 2, 1, 2, 1, 2, 9]), 0, 8, least=4)
    (Run(start=0, stop=1), Repeat(start=1, period=2, passes=3, body=(Run(start=1, stop=3),)), Run(start=7, stop=8))
    """
    found: list[Run | Repeat] = []
    pending = [(start, stop)]
    while pending:
        first, last = pending.pop()
        if first == last:
            continue
        best = _best(tokens[first:last], least)
        if best is None:
            found.append(Run(first, last))
            continue
        offset, period, passes = best
        at = first + offset
        repeat = Repeat(at, period, passes, repeats(tokens, at, at + period, least))
        found.append(repeat)
        pending += [(first, at), (repeat.stop, last)]
    return tuple(sorted(found, key=lambda item: item.start))


def emitted(tree: Sequence[Run | Repeat]) -> int:
    """How many instructions are written out."""
    return sum(item.stop - item.start if isinstance(item, Run) else emitted(item.body) for item in tree)


def _best(tokens: Any, least: int) -> tuple[int, int, int] | None:
    """Start, period and passes of what saves most, if it is enough."""
    if len(tokens) <= least:
        return None
    best, saved = None, least - 1
    for period in _periods(tokens):
        if not _may_save(tokens, period, saved):
            continue
        equal = tokens[:-period] == tokens[period:]
        edges = np.flatnonzero(np.diff(np.concatenate(([0], equal.view(np.int8), [0]))))
        starts, lengths = edges[::2], edges[1::2] - edges[::2]
        passes = (lengths + period) // period
        savings = np.where(passes >= FEWEST_PASSES, (passes - 1) * period, 0)
        longest = int(np.argmax(savings))
        if savings[longest] > 1.02 * saved:  # of periods that save about as much the shortest
            best, saved = (int(starts[longest]), period, int(passes[longest])), int(savings[longest])
    return best


def _may_save(tokens: Any, period: int, saved: int) -> bool:
    """Whether enough tokens in a row may be equal to those a period later: some of them, evenly apart, are."""
    enough = max(2 * period, int(1.02 * saved) + 1)
    step = max(1, enough // SAMPLES)
    equal = tokens[:-period:step] == tokens[period::step]
    in_row = min(SAMPLES, enough)
    if len(equal) < in_row:
        return len(tokens) - period >= enough
    found = equal[: len(equal) - in_row + 1]
    for k in range(1, in_row):
        found = found & equal[k : len(equal) - in_row + 1 + k]
    return bool(found.any())


def _periods(tokens: Any) -> Sequence[int]:
    """Periods that may be worth while: all short ones, and frequent distances between equal windows."""
    count = len(tokens)
    if count < 2 * (SHORT_PERIODS + 1):
        return range(1, (count >> 1) + 1)
    found = set(range(1, SHORT_PERIODS + 1))
    places = np.uint64((1 << count.bit_length()) - 1)  # the digits of a hash that tell where it is
    with np.errstate(over="ignore"):
        hashes = (tokens.astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
        hashes ^= hashes >> np.uint64(29)
        window = 1
        while window < max(WINDOWS) and len(hashes) > 2 * window:
            hashes = hashes[:-window] * np.uint64(6364136223846793005) + hashes[window:] * np.uint64(
                1442695040888963407
            )
            hashes ^= hashes >> np.uint64(31)
            window *= 2
            if window in WINDOWS:
                ordered = np.sort(hashes & ~places | np.arange(len(hashes), dtype=np.uint64))
                of_equals = ordered[:-1] & ~places == ordered[1:] & ~places
                distances, counts = np.unique(np.diff(ordered & places)[of_equals], return_counts=True)
                found.update(distances[np.argsort(-counts, kind="stable")[:FREQUENT]].tolist())
    return sorted(period for period in found if 0 < 2 * period <= count)
