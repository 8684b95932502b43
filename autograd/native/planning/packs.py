"""Packs: nodes that do the same to corresponding elements of the same things.

The pre-activations of a layer are a pack, their ReLUs another, the adjoints of these a third.  The members of a pack
lie in consecutive strips (or slots), so that the next layer finds its inputs side by side.  Packs grow from the inputs
and the parameters upwards, level by level.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from autograd.native.planning.places import SHORTEST_LOOP, BatchTerm, Places
from autograd.native.planning.plan import Slot, Strip
from autograd.native.recording.graph import Domain
from autograd.table import primitives

SMALLEST_PRODUCT = 8  # weights of a layer; below, straight-line code is as fast


@dataclass(eq=False)
class Pack:
    """Nodes that do the same to consecutive elements of the same things."""

    members: list[int]
    layer: bool = False
    source: int = -1  # of a layer: the first of its inputs
    matrix: tuple[Slot, int, Slot] | None = None  # of a layer: weights, the stride of inputs, biases


class Packs:
    """The packs of one graph.

    Args:
        places: Where its nodes are kept; the members of packs are placed side by side.
        inputs, parameters, sums: As for `plan_of`.
    """

    def __init__(
        self, places: Places, inputs: Sequence[int], parameters: Sequence[int], sums: Sequence[BatchTerm]
    ) -> None:
        self.places, self.graph = places, places.graph
        self.of: dict[int, Pack] = {}
        self.by_domain: dict[Domain, list[Pack]] = {domain: [] for domain in Domain}
        self.label: dict[int, tuple[Any, int]] = {node: ("inputs", i) for i, node in enumerate(inputs)}
        """What a node is an element of, and which."""
        self.label |= {node: ("parameters", i) for i, node in enumerate(parameters)}
        for kind in ({s.leaf for s in sums if s.parameter is not None}, self._factors(sums)):
            if len(kind) > 1:  # a single one is what all others are multiplied by, and not one of many
                self.label |= {leaf: ("sums", places.sum_slot[leaf] - len(parameters)) for leaf in kind}
        graph = self.graph
        self.level = [0] * len(graph)
        for i, operands in enumerate(graph.operands):
            below = [self.level[x] for x in operands if isinstance(x, int) and graph.domains[x] == graph.domains[i]]
            self.level[i] = 1 + max(below, default=0) if graph.rows[i] is not None else 0

    def _factors(self, sums: Sequence[BatchTerm]) -> set[int]:
        """The sums that belong to no parameter and that something is computed from."""
        used = {x for operands in self.graph.operands for x in operands if isinstance(x, int)}
        return {s.leaf for s in sums if s.parameter is None and s.leaf in used}

    def layer_inputs(self, node: int) -> Sequence[Any]:
        """What the weights of an affine node are multiplied by."""
        return self.graph.parts(node).inputs

    def find(self, domain: Domain, nodes: Iterable[int]) -> None:
        """Put the nodes of a domain into packs where they fit."""
        by_level: dict[int, list[int]] = defaultdict(list)
        for node in nodes:
            by_level[self.level[node]].append(node)
        for level in sorted(by_level):
            layers: dict[Any, list[int]] = defaultdict(list)
            alike: dict[Any, dict[int, int]] = defaultdict(dict)
            for node in by_level[level]:
                if domain == Domain.SAMPLE and self._is_layer(node):
                    layers[tuple(sorted(self.layer_inputs(node)))].append(node)
                    continue
                signature, position = self._signature(node)
                if position is not None:
                    alike[signature].setdefault(position, node)
            for members in layers.values():
                self._try_layer(members)
            for group in alike.values():
                for run in stretches(sorted(group)):
                    if len(run) >= SHORTEST_LOOP:
                        self._try_pack([group[position] for position in run], domain)

    def _is_layer(self, node: int) -> bool:
        if self.graph.rows[node] is not primitives.affine:
            return False
        weights, inputs, bias = self.graph.parts(node)
        varies = self.places.in_sample
        return all(map(varies, inputs)) and not any(map(varies, (*weights, *bias)))

    def _signature(self, node: int) -> tuple[Any, int | None]:
        """What a node does, but for the position of what it does it to; and that position, None if there is none.

        Operands in packs are told by their distance from the first of them, so that a difference of neighbours is
        found as well as a product of corresponding elements.
        """
        graph, parts = self.graph, list[Any]()
        operands = graph.operands[node]
        in_sample = graph.domains[node] == Domain.SAMPLE
        labelled = [x for x in operands if isinstance(x, int) and x in self.label]
        anchors = [x for x in labelled if not in_sample or self.places.in_sample(x)]
        if not anchors:  # a number of each sample times the parameters in turn
            anchors = labelled
        if not anchors:
            return None, None
        _, position = self.label[anchors[0]]
        for x in operands:
            if not isinstance(x, int):
                parts.append(repr(x))
            elif x in anchors:
                pack, place = self.label[x]
                parts.append((pack, place - position))
            elif in_sample and not self.places.in_sample(x):
                parts.append("slot")
            else:
                parts.append(x)
        return (graph.rows[node], *parts), position

    def _try_pack(self, members: list[int], domain: Domain) -> None:
        if domain == Domain.SAMPLE:
            for operands in zip(*(self.graph.operands[node] for node in members), strict=True):
                if (
                    isinstance(operands[0], int)
                    and not self.places.in_sample(operands[0])
                    and not self.places.regular(operands)
                ):
                    return
        self._add_pack(Pack(members), domain)

    def _try_layer(self, members: list[int]) -> None:
        inputs = sorted(self.layer_inputs(members[0]))
        if len(members) * len(inputs) < SMALLEST_PRODUCT or len(set(inputs)) < len(inputs):
            return
        weight_of = {
            node: dict(zip(self.layer_inputs(node), self.graph.operands[node], strict=False)) for node in members
        }
        if all(isinstance(w, int) for w in weight_of[members[0]].values()):  # outputs and inputs as the weights lie
            members = sorted(members, key=lambda node: self.places.place(weight_of[node][inputs[0]]).start)
            inputs.sort(key=lambda x: self.places.place(weight_of[members[0]][x]).start)
        if all(x in self.places.of for x in inputs):
            inputs.sort(key=lambda x: self.places.place(x).start)
        if not self._side_by_side(inputs):
            return
        biases = [self.graph.operands[node][-1] for node in members]
        bias = (
            Slot(self.places.place(0.0).start)
            if all(repr(b) == "0.0" for b in biases)
            else self.places.matrix([[b] for b in biases])[0]
        )
        weights, by_input = self.places.matrix([[weight_of[node][x] for x in inputs] for node in members])
        self._add_pack(Pack(members, layer=True, source=inputs[0], matrix=(weights, by_input, bias)), Domain.SAMPLE)

    def _side_by_side(self, nodes: Sequence[Any]) -> bool:
        """Whether nodes lie in consecutive strips; those that lie nowhere yet are put there."""
        if not any(node in self.places.of for node in nodes) and len(set(nodes)) == len(nodes):
            start = self.places.strips(len(nodes))
            for i, node in enumerate(nodes):
                self.places.of[node], self.label[node] = Strip(start + i), (("side by side", start), i)
        strips = [self.places.place(node).start for node in nodes]
        return strips == list(range(strips[0], strips[0] + len(strips)))

    def _add_pack(self, pack: Pack, domain: Domain) -> None:
        pack_id = len(self.by_domain[domain]), domain
        self.by_domain[domain].append(pack)
        fresh = not any(node in self.places.of for node in pack.members)
        reserve = self.places.strips if domain == Domain.SAMPLE else self.places.slots
        start = reserve(len(pack.members)) if fresh else 0
        for i, node in enumerate(pack.members):
            self.of[node] = pack
            self.label[node] = (pack_id, i)
            if fresh:
                self.places.of[node] = (Strip if domain == Domain.SAMPLE else Slot)(start + i)


def stretches(positions: Sequence[int]) -> list[list[int]]:
    """Positions in order as stretches without gaps."""
    runs: list[list[int]] = []
    for position in positions:
        if runs and runs[-1][-1] == position - 1:
            runs[-1].append(position)
        else:
            runs.append([position])
    return runs
