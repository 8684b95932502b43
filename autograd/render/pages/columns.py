"""Boxes in columns: which column, in which order, and at which height.

Items are numbers 0 … n-1 here, and whatever they stand for is `autograd.render.pages.layout`'s business.

Sources: Sugiyama, Tagawa and Toda, IEEE Transactions on Systems, Man, and Cybernetics 11 (1981), for ranks and
barycentres; Ayer et al., Annals of Mathematical Statistics 26 (1955), for pooling adjacent violators.
"""

import math
from bisect import bisect_right, insort
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

ORDERINGS = 6  # sweeps for the order and for the heights; more than this moves little
COUNTED = 20_000  # links whose crossings are counted, so that the best order is kept and not the last


class Link(NamedTuple):
    """A line between neighbouring columns, from item to item; it meets each so far below its middle."""

    left: int
    left_offset: float
    right: int
    right_offset: float


def ranks(count: int, arcs: Iterable[tuple[int, int]]) -> list[int]:
    """The column of each item: one more than the furthest of those before it.

    An arc that closes a cycle is ignored.  What has nothing before it stands directly before what comes after it.

    >>> ranks(4, [(0, 1), (1, 2), (3, 2)])
    [0, 1, 2, 1]
    """
    after: list[list[int]] = [[] for _ in range(count)]
    before: list[list[int]] = [[] for _ in range(count)]
    for a, b in arcs:
        after[a].append(b)
    order, closing = _finished(after)
    rank = [0] * count
    for a in reversed(order):
        for b in after[a]:
            if (a, b) not in closing:
                before[b].append(a)
                rank[b] = max(rank[b], rank[a] + 1)
    for a in range(count):
        if not before[a] and after[a]:
            rank[a] = max(0, min(rank[b] for b in after[a]) - 1)
    return rank


def _finished(after: Sequence[Sequence[int]]) -> tuple[list[int], set[tuple[int, int]]]:
    """The items in the order in which a depth-first search leaves them, and the arcs back to an item it is in."""
    state = [0] * len(after)  # 1: entered, 2: left
    order: list[int] = []
    closing: set[tuple[int, int]] = set()
    for start in range(len(after)):
        if state[start]:
            continue
        state[start] = 1
        path = [(start, iter(after[start]))]
        while path:
            item, remaining = path[-1]
            for other in remaining:
                if state[other] == 1:
                    closing.add((item, other))
                elif not state[other]:
                    state[other] = 1
                    path.append((other, iter(after[other])))
                    break
            else:
                state[item] = 2
                order.append(item)
                path.pop()
    return order, closing


def ordered(
    columns: Sequence[Sequence[int]], heights: Sequence[float], links: Sequence[Link], read: Mapping[int, int]
) -> list[list[int]]:
    """The columns, each sorted so that few links cross: every item at the mean position of its neighbours.

    The items in `read` stand among themselves in the order of their numbers there.
    """
    current = [_in_reading_order(column, read) for column in columns]
    position = {item: float(i) for column in current for i, item in enumerate(column)}
    column_of = {item: c for c, column in enumerate(current) for item in column}
    sides = _neighbours(len(heights), links)
    counted = len(links) <= COUNTED
    best, fewest = (
        [list(column) for column in current],
        _crossings(links, column_of, position, heights) if counted else 0,
    )
    for sweep in range(ORDERINGS):
        side = sides[sweep % 2]
        for column in current if sweep % 2 == 0 else current[::-1]:
            wish = {
                item: _mean(
                    [(position[other] + there / max(heights[other], 1.0), 1.0) for other, _here, there in side[item]],
                    position[item],
                )
                for item in column
            }
            column.sort(key=lambda item: (wish[item], position[item]))
            column[:] = _in_reading_order(column, read)
            position.update({item: float(i) for i, item in enumerate(column)})
        crossings = _crossings(links, column_of, position, heights) if counted else -1
        if crossings <= fewest:
            best, fewest = [list(column) for column in current], crossings
    return best


def _in_reading_order(column: Sequence[int], read: Mapping[int, int]) -> list[int]:
    """The column with the places of the items in `read` dealt out among them in order."""
    sorted_items = iter(sorted((item for item in column if item in read), key=lambda item: read[item]))
    return [next(sorted_items) if item in read else item for item in column]


def levelled(
    columns: Sequence[Sequence[int]],
    heights: Sequence[float],
    links: Sequence[Link],
    weights: Sequence[float],
    gaps: Sequence[float],
) -> list[float]:
    """The height of each item's middle, the order kept: links as level as least squares can make them.

    Args:
        columns: The items from top to bottom.
        heights: Of the items.
        links: Between neighbouring columns.
        weights: How much each item insists on its wish.
        gaps: Half the space that each item keeps on both sides.
    """
    middle = [0.0] * len(heights)
    for column in columns:
        for item, y in zip(column, _stacked(column, heights, gaps), strict=True):
            middle[item] = y
        shift = (middle[column[0]] + middle[column[-1]]) / 2 if column else 0.0
        for item in column:
            middle[item] -= shift
    left, right = _neighbours(len(heights), links)
    for sweep in range(ORDERINGS + 1):
        last = sweep == ORDERINGS
        for column in columns if sweep % 2 == 0 else columns[::-1]:
            wishes = []
            for item in column:
                seen = [*left[item], *right[item]] if last else (left if sweep % 2 == 0 else right)[item]
                wishes.append(_mean([(middle[o] + there - here, weights[o]) for o, here, there in seen], middle[item]))
            for item, y in zip(column, spread(column, wishes, heights, weights, gaps), strict=True):
                middle[item] = y
    return middle


def spread(
    column: Sequence[int],
    wishes: Sequence[float],
    heights: Sequence[float],
    weights: Sequence[float],
    gaps: Sequence[float],
) -> list[float]:
    """The places nearest to the wishes, Σ w·(y - wish)² least, at which the items of a column do not overlap.

    >>> spread([0, 1], [5.0, 5.0], [10.0, 10.0], [1.0, 1.0], [1.0, 1.0])
    [-1.0, 11.0]
    """
    offsets = _stacked(column, heights, gaps)
    pools: list[tuple[float, float, int]] = []  # weighted sum, weight, how many
    for item, wish, offset in zip(column, wishes, offsets, strict=True):
        total, weight, size = (wish - offset) * weights[item], weights[item], 1
        while pools and pools[-1][0] / pools[-1][1] > total / weight:
            other = pools.pop()
            total, weight, size = total + other[0], weight + other[1], size + other[2]
        pools.append((total, weight, size))
    bases = [total / weight for total, weight, size in pools for _ in range(size)]
    return [base + offset for base, offset in zip(bases, offsets, strict=True)]


def _stacked(column: Sequence[int], heights: Sequence[float], gaps: Sequence[float]) -> list[float]:
    """The middles of the items of a column, one directly under the other."""
    middles: list[float] = []
    for i, item in enumerate(column):
        above = column[i - 1] if i else item
        distance = (heights[above] + heights[item]) / 2 + gaps[above] + gaps[item]
        middles.append(middles[-1] + distance if i else 0.0)
    return middles


Seen = list[list[tuple[int, float, float]]]  # of each item: the other end of each link, the offset here and there


def _neighbours(count: int, links: Sequence[Link]) -> tuple[Seen, Seen]:
    left: Seen = [[] for _ in range(count)]
    right: Seen = [[] for _ in range(count)]
    for a, a_offset, b, b_offset in links:
        left[b].append((a, b_offset, a_offset))
        right[a].append((b, a_offset, b_offset))
    return left, right


def _mean(weighted: Sequence[tuple[float, float]], otherwise: float) -> float:
    if not weighted:
        return otherwise
    return math.fsum(number * weight for number, weight in weighted) / math.fsum(weight for _, weight in weighted)


def _crossings(
    links: Sequence[Link], column_of: Mapping[int, int], position: Mapping[int, float], heights: Sequence[float]
) -> int:
    """How many pairs of links cross."""
    ends = sorted(
        (column_of[a], position[a] + x / max(heights[a], 1.0), position[b] + y / max(heights[b], 1.0))
        for a, x, b, y in links
    )
    crossings = 0
    for _, group in groupby(ends, key=lambda end: end[0]):
        seen: list[float] = []
        for *_, end in group:
            crossings += len(seen) - bisect_right(seen, end)
            insort(seen, end)
    return crossings
