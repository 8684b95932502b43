"""The order of computation: packs as layers and loops, all else as straight-line code."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from autograd.native.planning.packs import Pack, Packs
from autograd.native.planning.places import MOST_WORK, Places
from autograd.native.planning.plan import Loop, Operation, Place, Product, Result, SlotDot, Source
from autograd.native.recording.graph import Domain, Ref
from autograd.table import primitives

LONGEST_DOT = 32  # terms of a sum over slots that are written out, for the same reason as MOST_WORK
LONGEST_COPIED = 64  # the same of slots that do not lie in order, which are copied so


class Order:
    """The steps of one plan.

    Args:
        places, packs: Of the graph.
        users: The nodes that use each node.
        kept: The nodes that are needed at the end.
    """

    def __init__(self, places: Places, packs: Packs, users: dict[int, set[int]], kept: set[int]) -> None:
        self.places, self.packs, self.graph = places, packs, places.graph
        self.users, self.kept = users, kept
        self.stage: dict[int, int] = {}

    def steps(self, domain: Domain, nodes: Sequence[int]) -> list[Any]:
        """The steps for the nodes of a domain."""
        self._set_stages(domain, nodes)
        self._sink(domain)
        return self._steps(domain, nodes)

    def _needed(self, node: int, inside: set[int]) -> bool:
        """Whether anything outside a loop needs it."""
        return node in self.kept or not self.users[node] <= inside

    def _set_stages(self, domain: Domain, nodes: Sequence[int]) -> None:
        """When things are computed: loops at a stage use what comes before it, straight-line code uses its own too."""
        for node in sorted(nodes, key=lambda i: (self.packs.level[i], i)):
            pack = self.packs.of.get(node)
            members = [node] if pack is None else pack.members
            if node is not members[0]:
                continue  # staged with the first
            stage = 0
            for member in members:
                for x in self.graph.operands[member]:
                    if isinstance(x, int) and x in self.stage and self.graph.domains[x] == domain:
                        same = x not in self.packs.of if pack is None else self._aligned(pack, member, x)
                        stage = max(stage, self.stage[x] + (not same))
            for member in members:
                self.stage[member] = stage

    def _sink(self, domain: Domain) -> None:
        """Put loops off to where their results are used first, so that these need no strips until then."""
        for pack in sorted(self.packs.by_domain[domain], key=lambda pack: -self.packs.level[pack.members[0]]):
            latest = [
                self.stage[user] - (user not in self.packs.of or not self._aligned(self.packs.of[user], user, member))
                for member in pack.members
                for user in self.users[member]
                if user in self.stage and self.graph.domains[user] == domain
            ]
            if not pack.layer and latest and min(latest) > self.stage[pack.members[0]]:
                for member in pack.members:
                    self.stage[member] = min(latest)

    def _aligned(self, pack: Pack, node: int, x: int) -> bool:
        """Whether x can be computed in the same pass of the same loop as the member `node` of a pack."""
        other = self.packs.of.get(x)
        return (
            other is not None
            and not pack.layer
            and not other.layer
            and len(other.members) == len(pack.members)
            and self.packs.label[x][1] == self.packs.label[node][1]
        )

    def _steps(self, domain: Domain, nodes: Sequence[int]) -> list[Any]:
        """The steps of a domain by stage: layers, then loops, then straight-line code."""
        stages: list[list[Any]] = [[] for _ in range(1 + max((self.stage[node] for node in nodes), default=-1))]
        loops: dict[tuple[int, int], list[Pack]] = defaultdict(list)
        for pack in self.packs.by_domain[domain]:
            if pack.layer:
                stages[self.stage[pack.members[0]]].append(self._product(pack))
            else:
                loops[self.stage[pack.members[0]], len(pack.members)].append(pack)
        for (stage, _), packs in loops.items():
            packs.sort(key=lambda pack: self.packs.level[pack.members[0]])
            stages[stage].append(self._loop([pack.members for pack in packs]))
        straight: dict[int, list[int]] = defaultdict(list)
        for node in nodes:
            if node not in self.packs.of:
                straight[self.stage[node]].append(node)
        for stage, members in straight.items():
            members.sort()
            for chunk in self._chunks(members):
                if domain != Domain.SAMPLE and len(chunk) == 1 and self._is_long(chunk[0]):
                    stages[stage] += self._slot_dot(chunk[0])
                else:
                    stages[stage].append(self._loop([[node] for node in chunk]))
        return [step for stage in stages for step in stage]

    def _chunks(self, nodes: Sequence[int]) -> Iterable[list[int]]:
        chunk: list[int] = []
        work = 0
        for node in nodes:
            long = self._is_long(node)
            if chunk and (long or work > MOST_WORK):
                yield chunk
                chunk, work = [], 0
            chunk.append(node)
            work += len(self.graph.operands[node])
            if long:
                yield chunk
                chunk, work = [], 0
        if chunk:
            yield chunk

    def _is_long(self, node: int) -> bool:
        """Whether it is a sum or dot of many slots."""
        row = self.graph.rows[node]
        if self.graph.domains[node] == Domain.SAMPLE or row not in (primitives.sum, primitives.dot):
            return False
        first, *others = self._factors(node)
        if len(first) < LONGEST_DOT:
            return False
        return len(first) > LONGEST_COPIED or all(self.places.regular(xs) for xs in (first, *others))

    def _factors(self, node: int) -> Sequence[Sequence[Ref]]:
        """The terms of a sum, or both factors of those of a dot."""
        if self.graph.rows[node] is primitives.sum:
            return [self.graph.operands[node]]
        return self.graph.parts(node)[:2]

    def _slot_dot(self, node: int) -> list[Any]:
        """A loop over its terms, after what copies these into an order."""
        factors = self._factors(node)
        steps: list[Any] = []
        slots = []
        for xs in factors:
            place = self.places.regular(xs)
            if place is None:
                place, copies = self.places.copied(xs)
                steps += copies
            slots.append(place)
        left, *right = slots
        return [*steps, SlotDot(self.places.place(node).start, left, right[0] if right else None, len(factors[0]))]

    def _product(self, pack: Pack) -> Product:
        assert pack.matrix is not None
        weights, by_input, bias = pack.matrix
        inputs = len(self.packs.layer_inputs(pack.members[0]))
        target, source = self.places.place(pack.members[0]).start, self.places.place(pack.source).start
        return Product(target, len(pack.members), source, inputs, weights, by_input, bias)

    def _loop(self, columns: Sequence[Sequence[int]]) -> Loop:
        """One operation a column; pass u takes its u-th node."""
        index = {node: k for k, column in enumerate(columns) for node in column}
        inside = set(index)
        operations = []
        for column in columns:
            operands = zip(*(self.graph.operands[node] for node in column), strict=True)
            sources = tuple(self._source(xs, index) for xs in operands)
            target = None
            if any(self._needed(x, inside) for x in column):
                target = self._run([self.places.place(node) for node in column])
            row = self.graph.rows[column[0]]
            assert row is not None
            operations.append(Operation(row, sources, target))
        return Loop(len(columns[0]), tuple(operations))

    def _source(self, xs: Sequence[Ref], index: dict[int, int]) -> Source:
        first = xs[0]
        if not isinstance(first, int):
            return first
        if first in index:
            return Result(index[first])
        return self._run([self.places.place(x) for x in xs])

    @staticmethod
    def _run(places: Sequence[Place]) -> Place:
        kind = type(places[0])
        return kind(places[0].start, places[1].start - places[0].start if len(places) > 1 else 0)
