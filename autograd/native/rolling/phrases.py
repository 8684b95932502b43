"""Instructions in another order, where strings of them come again in places that lie apart: calls of a recursion.

Tokens, a loop that was found being one, are joined to phrases, first those that follow each other most often; equal
phrases that do not wait for each other are the passes of a loop.  Only the order of instructions changes.

Source: Larsson and Moffat (2000), "Off-line Dictionary-Based Compression", whose Re-Pair makes the phrases.
"""

from collections.abc import Hashable, Iterator
from typing import Any

import numpy as np

from autograd.native.rolling.batches import FEWEST, added, in_turn, reordered
from autograd.native.rolling.repeats import LEAST_SAVED, Repeat, Run, Tree, emitted
from autograd.native.rolling.sums import Sequenced

OFTEN = 8  # times that a phrase must occur: as many as the longest vectors have numbers
SHARE = 512  # one in so many of what is written is the longest phrase, about: longer ones wait for each other
LONGEST_PHRASE = 200  # instructions written
_AT_ONCE = 64  # pairs that are looked at before pairs are counted again


def by_phrases(
    program: Sequenced, tokens: Any, tree: Tree, most: int, least: int = LEAST_SAVED
) -> tuple[Sequenced, Tree] | None:
    """The instructions by equal phrases, and the loops that these are; None if more than `most` would be written.

    Args:
        program: The instructions.
        tokens: A number for each, equal for those that are alike.
        tree: What was found in the order they have.
        most: Instructions that may be written.
        least: Instructions that a loop must save.

    >>> noted = Sequenced(["leaf", *["sin", "exp", "cos"] * 32], [(), *[(0,)] * 96], 1, [96])
    >>> tokens = np.array([0, *[x for k in range(32) for x in (1, 2, 3 + k % 16)]])
    >>> by_phrases(noted, tokens, (Run(1, 97),), 50)[1]
    (Repeat(start=1, period=2, passes=32, body=(Run(start=1, stop=3),)), Run(start=65, stop=97))
    """
    leaves = program.leaves
    kinds, firsts, sizes = _phrases(*_items(tokens, tree), max(OFTEN, emitted(tree) // SHARE))
    if sum(dict(zip(kinds, sizes, strict=True)).values()) > most:
        return None
    stops = [*firsts, len(program.operations)][1:]
    lengths = [stop - first for first, stop in zip(firsts, stops, strict=True)]
    phrase_of = [-1] * leaves + np.repeat(np.arange(len(kinds)), lengths).tolist()
    needs = []
    for first, stop in zip(firsts, stops, strict=True):
        used = [x for xs in program.operands[first:stop] for x in xs if type(x) is int and leaves <= x < first]
        needs.append({phrase_of[x] for x in used})
    repeats = {item.start: item for item in tree if isinstance(item, Repeat)}
    order = [*range(leaves)]
    found: list[Run | Repeat] = []
    for batch in in_turn(kinds, needs):
        first, stop = firsts[batch[0]], stops[batch[0]]
        body = tuple(_moved(repeats, first, stop, len(order)))
        if len(batch) >= FEWEST and (len(batch) - 1) * emitted(body) >= least:
            found.append(Repeat(len(order), stop - first, len(batch), body))
            order += [i for phrase in batch for i in range(firsts[phrase], stops[phrase])]
            continue
        for phrase in batch:
            for item in _moved(repeats, firsts[phrase], stops[phrase], len(order)):
                added(found, item)
            order += range(firsts[phrase], stops[phrase])
    return (reordered(program, order), tuple(found)) if emitted(found) <= most else None


def _items(tokens: Any, tree: Tree) -> tuple[Any, Any, Any]:
    """Instructions and loops one after the other: what each is as a number, where it starts, how many are written."""
    known: dict[Hashable, int] = {}
    kinds: list[Hashable] = []
    starts: list[int] = []
    sizes: list[int] = []
    for item in tree:
        single = item.stop - item.start if isinstance(item, Run) else 1
        kinds += tokens[item.start : item.stop].tolist() if isinstance(item, Run) else [_shape(item, tokens)]
        starts += range(item.start, item.start + single)
        sizes += [1] * single if isinstance(item, Run) else [emitted((item,))]
    return np.array([known.setdefault(x, len(known)) for x in kinds]), np.array(starts), np.array(sizes)


def _shape(item: Run | Repeat, tokens: Any) -> Hashable:
    if isinstance(item, Run):
        return tuple(tokens[item.start : item.stop].tolist())
    return item.period, item.passes, *[_shape(x, tokens) for x in item.body]


def _phrases(kinds: Any, starts: Any, sizes: Any, often: int) -> tuple[list[int], list[int], list[int]]:
    """What each phrase is as a number, where it starts, and how many instructions are written for it."""
    count = int(kinds.max(initial=0)) + 1
    while len(kinds) > 1:
        pairs = np.where(sizes[:-1] + sizes[1:] <= LONGEST_PHRASE, kinds[:-1] * (len(kinds) + count) + kinds[1:], -1)
        distinct, of, times = np.unique(pairs, return_inverse=True, return_counts=True)
        times[distinct < 0] = 0
        chosen = _most_frequent(distinct, times, often, len(kinds) + count)
        if not chosen:
            break
        at = _apart(np.flatnonzero(np.isin(of, chosen)))
        numbers = np.zeros(len(distinct), dtype=np.int64)
        numbers[chosen] = np.arange(count, count + len(chosen))
        count += len(chosen)
        kinds[at] = numbers[of[at]]
        sizes[at] += sizes[at + 1]
        left = np.ones(len(kinds), dtype=bool)
        left[at + 1] = False
        kinds, starts, sizes = kinds[left], starts[left], sizes[left]
    return kinds.tolist(), starts.tolist(), sizes.tolist()


def _most_frequent(pairs: Any, times: Any, often: int, base: int) -> list[int]:
    """The pairs that occur most often, `often` times or more, and those about as often that share no part of them."""
    taken: set[int] = set()
    found: list[int] = []
    order = np.argsort(-times, kind="stable")[:_AT_ONCE].tolist()
    for k in order:
        both = {*divmod(int(pairs[k]), base)}
        if times[k] < often or 2 * times[k] < times[order[0]]:
            break
        if taken.isdisjoint(both):
            taken |= both
            found.append(k)
    return found


def _apart(places: Any) -> Any:
    """Of places that follow each other, as a pair of equals comes again in a row, every other one."""
    found: list[int] = []
    for place in places.tolist():
        if not found or place > found[-1] + 1:
            found.append(place)
    return np.array(found, dtype=np.int64)


def _moved(repeats: dict[int, Repeat], first: int, stop: int, at: int) -> Iterator[Run | Repeat]:
    """The runs and loops among instructions first … stop - 1, as they are when these begin at `at`."""
    start = i = first
    while i < stop:
        if i not in repeats:
            i += 1
            continue
        if i > start:
            yield Run(start - first + at, i - first + at)
        yield _later(repeats[i], at - first)
        start = i = repeats[i].stop
    if i > start:
        yield Run(start - first + at, i - first + at)


def _later(item: Any, distance: int) -> Any:
    if isinstance(item, Run):
        return Run(item.start + distance, item.stop + distance)
    return Repeat(item.start + distance, item.period, item.passes, tuple([_later(x, distance) for x in item.body]))
