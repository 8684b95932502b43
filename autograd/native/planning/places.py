"""Where the nodes of a graph are kept: in strips, if each sample has a number for them, else in slots."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from autograd.native.planning.plan import Loop, Operation, Place, Plan, Slot, Strip
from autograd.native.recording.graph import Graph, Ref
from autograd.table import primitives

SHORTEST_LOOP = 4  # passes: a shorter one gains nothing over straight-line code
MOST_WORK = 400  # elementary operations in one stretch of straight-line code; LLVM's time grows with the square of it


@dataclass(frozen=True, eq=False)
class BatchTerm:
    """A leaf of the second sweep, the parameter it belongs to if any, and what is summed over the samples for it."""

    leaf: int
    parameter: int | None
    term: Ref


class Places:
    """The strips and slots of one plan, in the making.

    Args:
        graph: What is computed.
        inputs, weight, parameters: Its leaves, as for `plan_of`.
        sums: What is summed over the batch.
    """

    def __init__(
        self,
        graph: Graph,
        inputs: Sequence[int],
        weight: int | None,
        parameters: Sequence[int],
        sums: Sequence[BatchTerm],
    ) -> None:
        self.graph, count = graph, len(parameters)
        extra = iter(range(count, count + len(sums)))
        positions = [next(extra) if s.parameter is None else s.parameter for s in sums]
        size = 1 + max(positions, default=-1)
        self.plan = Plan(
            inputs=len(inputs),
            strips=len(inputs) + (weight is not None),
            slots=count + size,
            parameters=count,
            sums=Slot(count, 1),
            count_of_sums=size,
        )
        self.sum_slot = {s.leaf: count + position for s, position in zip(sums, positions, strict=True)}
        """The slot in which the sum that a leaf of the second sweep stands for is added up."""
        self.of: dict[int, Place] = {node: Strip(i) for i, node in enumerate(inputs)}
        if weight is not None:
            self.of[weight] = Strip(len(inputs))
        self.of |= {node: Slot(i) for i, node in enumerate(parameters)}
        self.of |= {leaf: Slot(slot) for leaf, slot in self.sum_slot.items()}
        self.copies: list[Operation] = []
        """What is copied before the samples, so that a matrix lies in order."""
        self._constant_slots: dict[str, int] = {}

    def in_sample(self, x: Ref) -> bool:
        """Whether each sample has a number for it."""
        return self.graph.in_sample(x)

    def slots(self, count: int) -> int:
        """Reserve slots side by side; the first of them."""
        self.plan.slots += count
        return self.plan.slots - count

    def strips(self, count: int) -> int:
        """Reserve strips side by side; the first of them."""
        self.plan.strips += count
        return self.plan.strips - count

    def place(self, x: Ref) -> Place:
        """Where a node is kept; a constant in a slot of its own."""
        if not isinstance(x, int):
            text = repr(x)  # tells 0.0 from -0.0, and nan is equal to itself
            if text not in self._constant_slots:
                self._constant_slots[text] = slot = self.slots(1)
                self.plan.constants[slot] = x
            return Slot(self._constant_slots[text])
        if x not in self.of:
            self.of[x] = Strip(self.strips(1)) if self.in_sample(x) else Slot(self.slots(1))
        return self.of[x]

    def regular(self, xs: Sequence[Ref]) -> Slot | None:
        """The slots of these references as start and stride, or None."""
        starts = [self.place(x).start for x in xs]
        strides = {b - a for a, b in pairwise(starts)}
        if len(strides) > 1:
            return None
        return Slot(starts[0], strides.pop() if strides else 0)

    def matrix(self, weights: Sequence[Sequence[Ref]]) -> tuple[Slot, int]:
        """Slots of a matrix as start and stride downwards, and the stride across; copied if they are irregular."""
        across = self.regular(weights[0])
        if across is not None:
            down = self.regular([line[0] for line in weights])
            shifts = [[self.place(x).start - self.place(line[0]).start for x in line] for line in weights]
            if down is not None and all(shift == shifts[0] for shift in shifts):
                return down, across.stride
        width = len(weights[0])
        start = self.slots(len(weights) * width)
        for i, x in enumerate(x for line in weights for x in line):
            if isinstance(x, int):
                self.copies.append(Operation(primitives.identity, (self.place(x),), Slot(start + i)))
            else:
                self.plan.constants[start + i] = x
        return Slot(start, width), 1

    def in_order(self, xs: Sequence[Ref]) -> int:
        """The first of consecutive slots that hold these, copied if they do not lie so."""
        places = [self.place(x).start for x in xs]
        first = places[0] if places else 0
        if places == list(range(first, first + len(places))):
            return first
        start = self.slots(len(places))
        self.plan.after.extend(_copies(places, start))
        return start

    def copied(self, xs: Sequence[Ref]) -> tuple[Slot, list[Loop]]:
        """New slots side by side for these, and what fills them."""
        start = self.slots(len(xs))
        return Slot(start, 1), _copies([self.place(x).start for x in xs], start)

    def output_strips(self, outputs: Sequence[Ref]) -> list[int | float]:
        """The strips of outputs; what does not depend on a sample is copied into a strip."""
        found: list[int | float] = []
        copies = []
        for x in outputs:
            place = self.place(x) if isinstance(x, int) else None
            if isinstance(place, Slot):
                strip = self.strips(1)
                copies.append(Operation(primitives.identity, (place,), Strip(strip)))
                found.append(strip)
            else:
                found.append(x if place is None else place.start)
        if copies:
            self.plan.samples.append(Loop(1, tuple(copies)))
        return found


def _copies(places: Sequence[int], start: int) -> list[Loop]:
    """What copies these slots to consecutive ones: a loop for each longer stretch, and straight-line code."""
    loops, single = [], []
    first = 0
    for i in range(1, len(places) + 1):
        if i < len(places) and places[i] == places[i - 1] + 1:
            continue
        if i - first >= SHORTEST_LOOP:
            operation = Operation(primitives.identity, (Slot(places[first], 1),), Slot(start + first, 1))
            loops.append(Loop(i - first, (operation,)))
        else:
            single += [Operation(primitives.identity, (Slot(places[k]),), Slot(start + k)) for k in range(first, i)]
        first = i
    return [*loops, *(Loop(1, tuple(single[i : i + MOST_WORK])) for i in range(0, len(single), MOST_WORK))]
