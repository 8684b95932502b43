"""Instructions in another order, where they do not repeat themselves as recorded: what is alike comes together.

A tree or a factorisation computes the same in many places that lie apart.  What is alike and does not wait for each
other is a batch; batches of instructions that are as long and use each other one to one are one loop.  Only the order
of instructions changes, so every number stays what it is.

Source: Neubig, Goldberg and Dyer (2017), "On-the-fly Operation Batching in Dynamic Computation Graphs".
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import Any

from autograd.native.rolling.instructions import DOT, SUM
from autograd.native.rolling.nests import LONGEST_WRITTEN
from autograd.native.rolling.repeats import LEAST_SAVED, Repeat, Run, Tree, emitted
from autograd.native.rolling.sums import Sequenced

FEWEST = 4
"""Of a batch that is a loop."""
MOST_MEMBERS = 48  # batches in one loop


def in_turn(kinds: Sequence[int], needs: Sequence[set[int]]) -> list[list[int]]:
    """Batches of one kind each, so that each needs only those before it: next the kind most of which waits for nothing.

    Args:
        kinds: Of things 0, 1, 2, …, which need only those before them.
        needs: What each of them needs.

    >>> in_turn([0, 1, 0, 1], [set(), {0}, set(), {2}])
    [[0, 2], [1, 3]]
    """
    users: list[list[int]] = [[] for _ in kinds]
    waiting = [len(needed) for needed in needs]
    count = 1 + max(kinds, default=0)
    left = [0] * count
    ready: list[list[int]] = [[] for _ in range(count)]
    for i, kind in enumerate(kinds):
        left[kind] += 1
        if not waiting[i]:
            ready[kind].append(i)
        for needed in needs[i]:
            users[needed].append(i)
    found: list[list[int]] = []
    possible: list[tuple[float, int, int]] = []
    more = {kind for kind, things in enumerate(ready) if things}
    while more or possible:
        for kind in more:
            heappush(possible, (-len(ready[kind]) / left[kind], -len(ready[kind]), kind))
        _, negative, kind = heappop(possible)
        more = set()
        if -negative != len(ready[kind]):  # there were more since, or it had its turn
            continue
        batch, ready[kind] = sorted(ready[kind]), []
        left[kind] -= len(batch)
        found.append(batch)
        for i in batch:
            for user in users[i]:
                waiting[user] -= 1
                if not waiting[user]:
                    ready[kinds[user]].append(user)
                    more.add(kinds[user])
    return found


def reordered(program: Sequenced, order: Sequence[int]) -> Sequenced:
    """The same instructions in another order."""
    at = [0] * len(order)
    for k, i in enumerate(order):
        at[i] = k
    operations, operands = program.operations, program.operands
    return Sequenced(
        [operations[i] for i in order],
        [tuple([at[x] if type(x) is int else x for x in operands[i]]) for i in order],
        program.leaves,
        [at[x] if isinstance(x, int) else x for x in program.outputs],
    )


def added(tree: list[Run | Repeat], item: Run | Repeat) -> None:
    """Append an item; a run to the run before it."""
    if isinstance(item, Run) and tree and isinstance(tree[-1], Run):
        item = Run(tree.pop().start, item.stop)
    tree.append(item)


def by_kinds(program: Sequenced, most: int, least: int = LEAST_SAVED) -> tuple[Sequenced, Tree] | None:
    """The instructions in batches of one kind, and the loops that these make; None if more than `most` are written.

    >>> operands = [(), *[(0,)] * 8, *[(k,) for k in range(1, 9)]]
    >>> by_kinds(Sequenced(["leaf", *["sin"] * 8, *["exp"] * 8], operands, 1, [16]), 10)[1]
    (Repeat(start=1, period=2, passes=8, body=(Run(start=1, stop=3),)),)
    """
    leaves, operands = program.leaves, program.operands
    needs = [{x - leaves for x in operands[i] if type(x) is int and x >= leaves} for i in range(leaves, len(operands))]
    batches = in_turn(_kinds(program, needs), needs)
    if sum([1 if len(batch) >= FEWEST else len(batch) for batch in batches]) > most:
        return None
    loops = _Loops(program)
    for batch in batches:
        loops.add([i + leaves for i in batch])
    order = [*range(leaves)]
    tree: list[Run | Repeat] = []
    for loop in loops.found:
        start, period = len(order), len(loop.members)
        of_member = [least if _is_loop(program, member[0]) else 1 for member in loop.members]
        if (loop.passes - 1) * sum(of_member) >= least:
            order += [member[k] for k in range(loop.passes) for member in loop.members]
            tree.append(Repeat(start, period, loop.passes, (Run(start, start + period),)))
        else:
            order += [i for member in loop.members for i in member]
            added(tree, Run(start, len(order)))
    return (reordered(program, order), tuple(tree)) if emitted(tree) <= most else None


def _is_loop(program: Sequenced, i: int) -> bool:
    """Whether an instruction is a long sum, which is written as a loop of its own."""
    operation = program.operations[i]
    return operation in (SUM, DOT) and len(program.operands[i]) > LONGEST_WRITTEN * (1 + (operation == DOT))


def _kinds(program: Sequenced, needs: Sequence[set[int]]) -> list[int]:
    """A number for each instruction: equal where operations are, what operands are, and what alone uses the result."""
    operations, operands, leaves = program.operations, program.operands, program.leaves
    known: dict[Any, int] = {}
    found = []
    for i in range(leaves, len(operations)):
        operation, sources, size = operations[i], operands[i], len(operands[i])
        if operation in (SUM, DOT):
            key: Any = operation, -size.bit_length() if _is_loop(program, i) else size
        else:
            key = operation, *[2 if type(x) is float else x < leaves for x in sources]
        found.append(known.setdefault(key, len(known)))
    user_of: list[int | None] = [None] * len(found)
    used = [0] * len(found)
    for i, needed in enumerate(needs):
        for x in needed:
            user_of[x] = i
            used[x] += 1
    told = []
    for i, (kind, user) in enumerate(zip(found, user_of, strict=True)):
        key = (kind,)
        if user is not None and used[i] == 1:
            sources = operands[user + leaves]
            is_sum = operations[user + leaves] in (SUM, DOT)
            key = kind, found[user], 0 if is_sum else sources.index(i + leaves)
        told.append(known.setdefault(key, len(known)))
    return told


@dataclass(eq=False)
class _Loop:
    """Batches with an instruction for each pass, in the order of the passes; of 1 pass for what is no loop."""

    passes: int
    members: list[list[int]] = field(default_factory=list)


class _Loops:
    """Batches together in loops."""

    def __init__(self, program: Sequenced) -> None:
        self.operands = program.operands
        self.found: list[_Loop] = []
        self.loop_of, self.pass_of = [-1] * len(program.operands), [0] * len(program.operands)
        self._of_passes: dict[int, list[int]] = {}

    def add(self, batch: list[int]) -> None:
        """Put a batch, which needs those before it, into the first loop of its size where all it needs is known."""
        passes = len(batch) if len(batch) >= FEWEST else 1
        last = max([self.loop_of[x] for i in batch for x in self.operands[i] if type(x) is int], default=-1)
        aligned = self._aligned(batch, last) if last >= 0 and self._has_room(last, passes) else None
        if aligned is not None:
            number, batch = last, aligned
        elif passes == 1:
            number = len(self.found) - 1
            if number < 0 or self.found[number].passes > 1:
                number = self._new(1)
        else:
            later = (x for x in self._of_passes.get(passes, ()) if x > last and self._has_room(x, passes))
            number = next(later, -1)
            number = self._new(passes) if number < 0 else number
        self.found[number].members.append(batch)
        for k, i in enumerate(batch):
            self.loop_of[i], self.pass_of[i] = number, k

    def _new(self, passes: int) -> int:
        self.found.append(_Loop(passes))
        self._of_passes.setdefault(passes, []).append(len(self.found) - 1)
        return len(self.found) - 1

    def _has_room(self, number: int, passes: int) -> bool:
        loop = self.found[number]
        return loop.passes == passes > 1 and len(loop.members) < MOST_MEMBERS

    def _aligned(self, batch: list[int], number: int) -> list[int] | None:
        """A batch in the order of the passes of a loop, if each instruction uses results of a pass of its own."""
        passes: dict[int, int] = {}
        for i in batch:
            used = {self.pass_of[x] for x in self.operands[i] if type(x) is int and self.loop_of[x] == number}
            if len(used) != 1:
                return None
            passes[used.pop()] = i
        return [passes[k] for k in range(len(batch))] if len(passes) == len(batch) else None
