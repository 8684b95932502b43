"""Which instructions of an innermost loop stay together: recurrences in serial loops, the rest in parallel ones.

Source: Kennedy and Allen (2002), "Optimizing Compilers for Modern Architectures", chapter 5.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from autograd.native.rolling.instructions import takes_long
from autograd.native.rolling.nests import Nests
from autograd.native.rolling.repeats import Repeat

FEWEST_SPLIT = 7  # passes of a loop that is split


@dataclass(frozen=True)
class Group:
    """Positions that are computed in one loop."""

    positions: tuple[int, ...]
    parallel: bool


def groups_of(nests: Nests, loops: Sequence[Repeat], positions: Sequence[int]) -> list[Group]:
    """The positions of an innermost loop as one loop or several, in an order that computes what is needed first."""
    same, carried = _edges(nests, loops, positions)
    part_of = _parts([same[i] | carried[i] for i in range(len(positions))])
    sizes = np.bincount(part_of)
    cyclic = [bool(sizes[part_of[i]] > 1 or i in carried[i]) for i in range(len(positions))]
    serial = any(carried)
    if loops[-1].passes < FEWEST_SPLIT or not _worth_it(nests, positions, cyclic):
        return [Group(tuple(positions), not serial)]
    kinds = [1 if cyclic[i] else 2 if nests.is_long(position) else 0 for i, position in enumerate(positions)]
    levels = _levels(same, carried, part_of, kinds, cyclic)
    groups: dict[tuple[int, int], list[int]] = {}
    for i, position in enumerate(positions):
        groups.setdefault((levels[i], kinds[i]), []).append(position)
    return [Group(tuple(members), kind != 1) for (_, kind), members in sorted(groups.items())]


def _worth_it(nests: Nests, positions: Sequence[int], cyclic: Sequence[bool]) -> bool:
    """Whether to split pays for storing what goes from one loop to another."""
    if not any(cyclic):
        return True
    return any(
        not inside and takes_long(nests.operation(position)) for position, inside in zip(positions, cyclic, strict=True)
    )


def _edges(nests: Nests, loops: Sequence[Repeat], positions: Sequence[int]) -> tuple[list[set[int]], list[set[int]]]:
    """For each position the others it uses of the same pass, and of passes before; numbers among the positions."""
    loop = loops[-1]
    number = {position: i for i, position in enumerate(positions)}
    same: list[set[int]] = [set() for _ in positions]
    carried: list[set[int]] = [set() for _ in positions]
    start = nests.nest_of[positions[0]].starts[..., None, None]
    passes = np.arange(loop.passes)[:, None]
    for i, position in enumerate(positions):
        if nests.is_long(position):
            used = np.concatenate(nests.factors(position), axis=-1)
        else:
            used = np.stack([nests.operands(position, k) for k in range(nests.arity(position))], axis=-1)
        inside = used >= start
        if not inside.any():
            continue
        pass_of = (used - start) // loop.period
        for edges, where in ((same, inside & (pass_of == passes)), (carried, inside & (pass_of < passes))):
            edges[i].update(number[x] for x in np.unique(nests.position_of[used[where]]).tolist())
    return same, carried


def _parts(edges: Sequence[set[int]]) -> list[int]:
    """The number of the strongly connected part of each node.

    Source: Tarjan (1972), "Depth-First Search and Linear Graph Algorithms".
    """
    count = len(edges)
    index, low, part = [-1] * count, [0] * count, [-1] * count
    stack: list[int] = []
    met = parts = 0
    for root in range(count):
        if index[root] >= 0:
            continue
        path = [(root, iter(edges[root]))]
        index[root] = low[root] = met
        met += 1
        stack.append(root)
        while path:
            node, others = path[-1]
            for other in others:
                if index[other] < 0:
                    index[other] = low[other] = met
                    met += 1
                    stack.append(other)
                    path.append((other, iter(edges[other])))
                    break
                if part[other] < 0:
                    low[node] = min(low[node], index[other])
            else:
                path.pop()
                if path:
                    low[path[-1][0]] = min(low[path[-1][0]], low[node])
                if low[node] == index[node]:
                    while part[node] < 0:
                        part[stack.pop()] = parts
                    parts += 1
    return part


def _levels(
    same: Sequence[set[int]],
    carried: Sequence[set[int]],
    part_of: Sequence[int],
    kinds: Sequence[int],
    cyclic: Sequence[bool],
) -> list[int]:
    """In which loop each is: later than what it uses of another kind or, outside of recurrences, of another pass."""
    members: dict[int, list[int]] = {}
    for i, part in enumerate(part_of):
        members.setdefault(part, []).append(i)
    level_of = [0] * len(members)
    for part in sorted(members):  # Tarjan's parts come after those they use
        for i in members[part]:
            for edges, apart in ((same[i], False), (carried[i], not cyclic[i])):
                for j in edges:
                    if part_of[j] != part:
                        later = apart or kinds[i] != kinds[j]
                        level_of[part] = max(level_of[part], level_of[part_of[j]] + later)
    return [level_of[part] for part in part_of]
