"""From a graph of scalars to a plan: layers and repeated work are found again.

Nodes that do the same to corresponding elements of the same things make a *pack*: the pre-activations of a layer, their
ReLUs, the adjoints of these.  The members of a pack lie in consecutive rows (or slots), so that the next layer finds
its inputs side by side.  Packs grow from the inputs and the parameters upwards, level by level.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, cast

from autograd import primitives
from autograd.native.graph import Domain, Graph, Ref
from autograd.native.plan import (
    Loop,
    Operation,
    OuterSum,
    Place,
    Plan,
    Product,
    Result,
    Row,
    RowSum,
    Slot,
    SlotDot,
    Source,
)

FEWEST_MEMBERS = 4  # of a pack: a shorter loop gains nothing over straight-line code
SMALLEST_PRODUCT = 8  # weights of a layer; below, straight-line code is as fast
LONGEST_DOT = 32  # terms of a sum over slots that are written out; LLVM's time grows with the square of a function
MOST_WORK = 400  # elementary operations in one stretch of straight-line code, for the same reason


@dataclass(frozen=True, eq=False)
class BatchTerm:
    """A leaf of the second sweep, the parameter it belongs to if any, and what is summed over the samples for it."""

    leaf: int
    parameter: int | None
    term: Ref


@dataclass(eq=False)
class Pack:
    """Nodes that do the same to consecutive elements of the same things."""

    members: list[int]
    layer: bool = False
    source: int = -1  # of a layer: the first of its inputs
    matrix: tuple[Slot, int, Slot] | None = None  # of a layer: weights, the stride of inputs, biases


@dataclass
class Planner:
    """The state of planning one graph."""

    graph: Graph
    inputs: Sequence[int]
    weight: int | None
    parameters: Sequence[int]
    sums: Sequence[BatchTerm]
    place_of: dict[int, Place] = field(default_factory=dict)
    label: dict[int, tuple[Any, int]] = field(default_factory=dict)
    pack_of: dict[int, Pack] = field(default_factory=dict)
    packs: dict[Domain, list[Pack]] = field(default_factory=lambda: {domain: [] for domain in Domain})
    stage: dict[int, int] = field(default_factory=dict)
    copies: list[Operation] = field(default_factory=list)

    def __post_init__(self) -> None:
        graph, count = self.graph, len(self.parameters)
        extra = iter(range(count, count + len(self.sums)))
        positions = [next(extra) if s.parameter is None else s.parameter for s in self.sums]
        size = 1 + max(positions, default=-1)
        self.plan = Plan(
            inputs=len(self.inputs),
            rows=len(self.inputs) + (self.weight is not None),
            slots=count + size,
            parameters=count,
            sums=Slot(count, 1),
            count_of_sums=size,
        )
        self.sum_slot = {s.leaf: count + position for s, position in zip(self.sums, positions, strict=True)}
        for i, node in enumerate(self.inputs):
            self.place_of[node], self.label[node] = Row(i), ("inputs", i)
        if self.weight is not None:
            self.place_of[self.weight] = Row(len(self.inputs))
        for i, node in enumerate(self.parameters):
            self.place_of[node], self.label[node] = Slot(i), ("parameters", i)
        for leaf, slot in self.sum_slot.items():
            self.place_of[leaf] = Slot(slot)
        for kind in ({s.leaf for s in self.sums if s.parameter is not None}, self._factors()):
            if len(kind) > 1:  # a single one is what all others are multiplied by, and not one of a row
                self.label |= {leaf: ("sums", self.sum_slot[leaf] - count) for leaf in kind}
        self.constant_slots: dict[float, int] = {}
        self.level = [0] * len(graph)
        for i, operands in enumerate(graph.operands):
            below = [self.level[x] for x in operands if isinstance(x, int) and graph.domains[x] == graph.domains[i]]
            self.level[i] = 1 + max(below, default=0) if graph.rows[i] is not None else 0

    def _factors(self) -> set[int]:
        """The sums that belong to no parameter and that something is computed from."""
        used = {x for operands in self.graph.operands for x in operands if isinstance(x, int)}
        return {s.leaf for s in self.sums if s.parameter is None and s.leaf in used}

    # ------------------------------------------------------------ places

    def slots(self, count: int) -> int:
        """The first of so many new slots."""
        self.plan.slots += count
        return self.plan.slots - count

    def rows(self, count: int) -> int:
        """The first of so many new rows."""
        self.plan.rows += count
        return self.plan.rows - count

    def place(self, x: Ref) -> Place:
        """Where a node is kept; a constant in a slot of its own."""
        if not isinstance(x, int):
            if x not in self.constant_slots:
                self.constant_slots[x] = slot = self.slots(1)
                self.plan.constants[slot] = x
            return Slot(self.constant_slots[x])
        if x not in self.place_of:
            self.place_of[x] = Row(self.rows(1)) if self.graph.domains[x] == Domain.SAMPLE else Slot(self.slots(1))
        return self.place_of[x]

    def regular(self, xs: Sequence[Ref]) -> Slot | None:
        """The slots of these references as start and stride, or None."""
        starts = [self.place(x).start for x in xs]
        strides = {b - a for a, b in pairwise(starts)}
        if len(strides) > 1:
            return None
        return Slot(starts[0], strides.pop() if strides else 0)

    def matrix(self, rows: Sequence[Sequence[Ref]]) -> tuple[Slot, int]:
        """Slots of a matrix as start and stride of rows, and the stride of columns; copied if they are irregular."""
        first_row = self.regular(rows[0])
        if first_row is not None:
            starts = self.regular([row[0] for row in rows])
            shifts = [[self.place(x).start - self.place(row[0]).start for x in row] for row in rows]
            if starts is not None and all(shift == shifts[0] for shift in shifts):
                return starts, first_row.stride
        width = len(rows[0])
        start = self.slots(len(rows) * width)
        copies = []
        for i, x in enumerate(x for row in rows for x in row):
            if isinstance(x, int):
                copies.append(Operation(primitives.identity, (self.place(x),), Slot(start + i)))
            else:
                self.plan.constants[start + i] = x
        self.copies.extend(copies)
        return Slot(start, width), 1

    def in_order(self, xs: Sequence[Ref]) -> int:
        """The first of consecutive slots that hold these, copied if they do not lie so."""
        places = [self.place(x).start for x in xs]
        if places == list(range(places[0], places[0] + len(places))) if places else True:
            return places[0] if places else 0
        start = self.slots(len(places))
        self.plan.after.extend(_copies(places, start))
        return start

    def output_rows(self, outputs: Sequence[Ref]) -> list[int | float]:
        """The rows of outputs; what does not depend on a sample is copied into a row."""
        found: list[int | float] = []
        copies = []
        for x in outputs:
            place = self.place(x) if isinstance(x, int) else None
            if isinstance(place, Slot):
                row = self.rows(1)
                copies.append(Operation(primitives.identity, (place,), Row(row)))
                found.append(row)
            else:
                found.append(x if place is None else place.start)
        if copies:
            self.plan.samples.append(Loop(1, tuple(copies)))
        return found

    # ------------------------------------------------------------ packs

    def find_packs(self, domain: Domain, nodes: Iterable[int]) -> None:
        """Put the nodes of a domain into packs where they fit."""
        by_level: dict[int, list[int]] = defaultdict(list)
        for node in nodes:
            by_level[self.level[node]].append(node)
        for level in sorted(by_level):
            layers: dict[Any, list[int]] = defaultdict(list)
            alike: dict[Any, dict[int, int]] = defaultdict(dict)
            for node in by_level[level]:
                if domain == Domain.SAMPLE and self._is_layer(node):
                    layers[tuple(sorted(self._layer_inputs(node)))].append(node)
                    continue
                signature, position = self._signature(node)
                if position is not None:
                    alike[signature].setdefault(position, node)
            for members in layers.values():
                self._try_layer(members)
            for group in alike.values():
                for run in _runs(sorted(group)):
                    if len(run) >= FEWEST_MEMBERS:
                        self._try_pack([group[position] for position in run], domain)

    def _is_layer(self, node: int) -> bool:
        operands = self.graph.operands[node]
        half = len(operands) // 2
        return self.graph.rows[node] is primitives.affine and all(
            self._in_sample(x) == (half <= i < len(operands) - 1) for i, x in enumerate(operands)
        )

    def _in_sample(self, x: Ref) -> bool:
        return isinstance(x, int) and self.graph.domains[x] == Domain.SAMPLE

    def _signature(self, node: int) -> tuple[Any, int | None]:
        """What a node does, but for the position of what it does it to; and that position, None if there is none.

        Operands in packs are told by their distance from the first of them, so that a difference of neighbours is
        found as well as a product of corresponding elements.
        """
        graph, parts = self.graph, list[Any]()
        operands = graph.operands[node]
        in_sample = graph.domains[node] == Domain.SAMPLE
        labelled = [x for x in operands if isinstance(x, int) and x in self.label]
        anchors = [x for x in labelled if not in_sample or self._in_sample(x)]
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
            elif in_sample and not self._in_sample(x):
                parts.append("slot")
            else:
                parts.append(x)
        return (graph.rows[node], *parts), position

    def _try_pack(self, members: list[int], domain: Domain) -> None:
        if domain == Domain.SAMPLE:
            for operands in zip(*(self.graph.operands[node] for node in members), strict=True):
                if isinstance(operands[0], int) and not self._in_sample(operands[0]) and not self.regular(operands):
                    return
        self._add_pack(Pack(members), domain)

    def _layer_inputs(self, node: int) -> tuple[Any, ...]:
        operands = self.graph.operands[node]
        return operands[len(operands) // 2 : -1]

    def _try_layer(self, members: list[int]) -> None:
        inputs = sorted(self._layer_inputs(members[0]))
        if len(members) * len(inputs) < SMALLEST_PRODUCT or len(set(inputs)) < len(inputs):
            return
        weight_of = {
            node: dict(zip(self._layer_inputs(node), self.graph.operands[node], strict=False)) for node in members
        }
        if all(isinstance(w, int) for w in weight_of[members[0]].values()):  # outputs and inputs as the weights lie
            members = sorted(members, key=lambda node: self.place(weight_of[node][inputs[0]]).start)
            inputs.sort(key=lambda x: self.place(weight_of[members[0]][x]).start)
        if all(x in self.place_of for x in inputs):
            inputs.sort(key=lambda x: self.place(x).start)
        if not self._side_by_side(inputs):
            return
        biases = [self.graph.operands[node][-1] for node in members]
        bias = (
            Slot(self.place(0.0).start)
            if all(repr(b) == "0.0" for b in biases)
            else self.matrix([[b] for b in biases])[0]
        )
        weights, by_input = self.matrix([[weight_of[node][x] for x in inputs] for node in members])
        self._add_pack(Pack(members, layer=True, source=inputs[0], matrix=(weights, by_input, bias)), Domain.SAMPLE)

    def _side_by_side(self, nodes: Sequence[Any]) -> bool:
        """Whether nodes lie in consecutive rows; those that lie nowhere yet are put there."""
        if not any(node in self.place_of for node in nodes) and len(set(nodes)) == len(nodes):
            start = self.rows(len(nodes))
            for i, node in enumerate(nodes):
                self.place_of[node], self.label[node] = Row(start + i), (("side by side", start), i)
        rows = [self.place(node).start for node in nodes]
        return rows == list(range(rows[0], rows[0] + len(rows)))

    def _add_pack(self, pack: Pack, domain: Domain) -> None:
        pack_id = len(self.packs[domain]), domain
        self.packs[domain].append(pack)
        fresh = not any(node in self.place_of for node in pack.members)
        start = (self.rows if domain == Domain.SAMPLE else self.slots)(len(pack.members)) if fresh else 0
        for i, node in enumerate(pack.members):
            self.pack_of[node] = pack
            self.label[node] = (pack_id, i)
            if fresh:
                self.place_of[node] = (Row if domain == Domain.SAMPLE else Slot)(start + i)

    # ------------------------------------------------------------ order

    def set_stages(self, domain: Domain, nodes: Sequence[int]) -> None:
        """When things are computed: loops at a stage use what comes before it, straight-line code uses its own too."""
        for node in sorted(nodes, key=lambda i: (self.level[i], i)):
            pack = self.pack_of.get(node)
            members = [node] if pack is None else pack.members
            if node is not members[0]:
                continue  # staged with the first
            stage = 0
            for member in members:
                for x in self.graph.operands[member]:
                    if isinstance(x, int) and x in self.stage and self.graph.domains[x] == domain:
                        same = x not in self.pack_of if pack is None else self._aligned(pack, member, x)
                        stage = max(stage, self.stage[x] + (not same))
            for member in members:
                self.stage[member] = stage

    def sink(self, domain: Domain, users: dict[int, set[int]]) -> None:
        """Put loops off to where their results are used first, so that these need not be kept in rows till then."""
        for pack in sorted(self.packs[domain], key=lambda pack: -self.level[pack.members[0]]):
            latest = [
                self.stage[user] - (user not in self.pack_of or not self._aligned(self.pack_of[user], user, member))
                for member in pack.members
                for user in users[member]
                if user in self.stage and self.graph.domains[user] == domain
            ]
            if not pack.layer and latest and min(latest) > self.stage[pack.members[0]]:
                for member in pack.members:
                    self.stage[member] = min(latest)

    def _aligned(self, pack: Pack, node: int, x: int) -> bool:
        """Whether x can be computed in the same pass of the same loop as the member `node` of a pack."""
        other = self.pack_of.get(x)
        return (
            other is not None
            and not pack.layer
            and not other.layer
            and len(other.members) == len(pack.members)
            and self.label[x][1] == self.label[node][1]
        )

    def steps(self, domain: Domain, nodes: Sequence[int], needed: Callable[[int, set[int]], bool]) -> list[Any]:
        """The steps of a domain by stage: layers, then loops, then straight-line code."""
        stages: list[list[Any]] = [[] for _ in range(1 + max((self.stage[node] for node in nodes), default=-1))]
        loops: dict[tuple[int, int], list[Pack]] = defaultdict(list)
        for pack in self.packs[domain]:
            if pack.layer:
                stages[self.stage[pack.members[0]]].append(self._product(pack))
            else:
                loops[self.stage[pack.members[0]], len(pack.members)].append(pack)
        for (stage, _), packs in loops.items():
            packs.sort(key=lambda pack: self.level[pack.members[0]])
            stages[stage].append(self._loop([pack.members for pack in packs], needed))
        straight: dict[int, list[int]] = defaultdict(list)
        for node in nodes:
            if node not in self.pack_of:
                straight[self.stage[node]].append(node)
        for stage, members in straight.items():
            members.sort()
            for chunk in self._chunks(members):
                if domain != Domain.SAMPLE and len(chunk) == 1 and self._is_long(chunk[0]):
                    stages[stage].append(self._slot_dot(chunk[0]))
                else:
                    stages[stage].append(self._loop([[node] for node in chunk], needed))
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
        """Whether it is a sum or dot of many slots that lie in order."""
        row, operands = self.graph.rows[node], self.graph.operands[node]
        if self.graph.domains[node] == Domain.SAMPLE or row not in (primitives.sum, primitives.dot):
            return False
        parts = (
            [operands] if row is primitives.sum else [operands[: len(operands) // 2], operands[len(operands) // 2 :]]
        )
        return len(parts[0]) >= LONGEST_DOT and all(self.regular(part) is not None for part in parts)

    def _slot_dot(self, node: int) -> SlotDot:
        operands = self.graph.operands[node]
        count = len(operands) if self.graph.rows[node] is primitives.sum else len(operands) // 2
        left, right = self.regular(operands[:count]), self.regular(operands[count:]) if len(operands) > count else None
        assert left is not None
        return SlotDot(self.place(node).start, left, right, count)

    def _product(self, pack: Pack) -> Product:
        assert pack.matrix is not None
        weights, by_input, bias = pack.matrix
        inputs = len(self._layer_inputs(pack.members[0]))
        target, source = self.place(pack.members[0]).start, self.place(pack.source).start
        return Product(target, len(pack.members), source, inputs, weights, by_input, bias)

    def _loop(self, columns: Sequence[Sequence[int]], needed: Callable[[int, set[int]], bool]) -> Loop:
        """One operation a column; pass u takes its u-th node."""
        index = {node: k for k, column in enumerate(columns) for node in column}
        inside = set(index)
        operations = []
        for column in columns:
            operands = zip(*(self.graph.operands[node] for node in column), strict=True)
            sources = tuple(self._source(xs, index) for xs in operands)
            target = (
                self._run([self.place(node) for node in column]) if any(needed(x, inside) for x in column) else None
            )
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
        return self._run([self.place(x) for x in xs])

    @staticmethod
    def _run(places: Sequence[Place]) -> Place:
        kind = type(places[0])
        return kind(places[0].start, places[1].start - places[0].start if len(places) > 1 else 0)


def _copies(places: Sequence[int], start: int) -> list[Loop]:
    """What copies these slots to consecutive ones: a loop for each longer stretch, and straight-line code."""
    loops, single = [], []
    first = 0
    for i in range(1, len(places) + 1):
        if i < len(places) and places[i] == places[i - 1] + 1:
            continue
        if i - first >= FEWEST_MEMBERS:
            operation = Operation(primitives.identity, (Slot(places[first], 1),), Slot(start + first, 1))
            loops.append(Loop(i - first, (operation,)))
        else:
            single += [Operation(primitives.identity, (Slot(places[k]),), Slot(start + k)) for k in range(first, i)]
        first = i
    return [*loops, *(Loop(1, tuple(single[i : i + MOST_WORK])) for i in range(0, len(single), MOST_WORK))]


def _runs(positions: Sequence[int]) -> list[list[int]]:
    """Positions in order as stretches without gaps."""
    runs: list[list[int]] = []
    for position in positions:
        if runs and runs[-1][-1] == position - 1:
            runs[-1].append(position)
        else:
            runs.append([position])
    return runs


def plan_of(
    graph: Graph,
    inputs: Sequence[int],
    weight: int | None,
    parameters: Sequence[int],
    sums: Sequence[BatchTerm] = (),
    row_outputs: Sequence[Ref] = (),
    slot_outputs: Sequence[Ref] = (),
    gradient: Sequence[Ref] = (),
) -> Plan:
    """The plan that computes these outputs of a graph.

    Args:
        graph: What to compute.
        inputs, weight, parameters: Its leaves; `weight` is the weight of a sample in the sums.
        sums: What is summed over the batch.
        row_outputs: Results that each sample has.
        slot_outputs, gradient: Results that the batch has.
    """
    planner = Planner(graph, inputs, weight, parameters, sums)
    outer = {s for s in sums if _is_outer(graph, s.term)}
    results = [*row_outputs, *slot_outputs, *gradient, *(s.term for s in sums if s not in outer)]
    factors = [x for s in sums if s in outer for x in graph.operands[cast(int, s.term)]]
    users = _users(graph, [*results, *factors])
    nodes = {domain: [i for i in sorted(users) if graph.rows[i] and graph.domains[i] == domain] for domain in Domain}
    for domain in Domain:
        planner.find_packs(domain, nodes[domain])
    outer_sums, others = _outer_sums(planner, [s for s in sums if s in outer])
    for s in others:  # a product that is part of no matrix is computed like anything else
        term = cast(int, s.term)
        nodes[Domain.SAMPLE].append(term)
        users[term] = set()
        for x in graph.operands[term]:
            users[cast(int, x)].add(term)
        results.append(term)
    kept = {x for x in results if isinstance(x, int)}
    kept.update(cast(int, x) for s in outer.difference(others) for x in graph.operands[cast(int, s.term)])

    def needed(node: int, inside: set[int]) -> bool:
        return node in kept or not users[node] <= inside

    steps = {}
    for domain in Domain:
        planner.set_stages(domain, nodes[domain])
        planner.sink(domain, users)
        steps[domain] = planner.steps(domain, nodes[domain], needed)
    plan = planner.plan
    row_sums = _row_sums(planner, [s for s in sums if s not in outer or s in others])
    copies = [Loop(1, tuple(planner.copies))] if planner.copies else []
    plan.before = [*steps[Domain.BATCH], *copies]
    plan.samples = [*steps[Domain.SAMPLE], *outer_sums, *row_sums]
    plan.after = steps[Domain.AFTER]
    plan.row_outputs = planner.output_rows(row_outputs)
    plan.slot_outputs = [planner.place(x).start if isinstance(x, int) else x for x in slot_outputs]
    plan.gradient = planner.in_order(gradient)
    return plan


def _users(graph: Graph, roots: Iterable[Ref]) -> dict[int, set[int]]:
    """The nodes that roots depend on, themselves included, each with the nodes that use it."""
    users: dict[int, set[int]] = {x: set() for x in roots if isinstance(x, int)}
    for i in range(len(graph) - 1, -1, -1):
        if i in users:
            for x in graph.operands[i]:
                if isinstance(x, int):
                    users.setdefault(x, set()).add(i)
    return users


def _is_outer(graph: Graph, term: Ref) -> bool:
    """Whether what is summed is a product of two things that each sample has."""
    return (
        isinstance(term, int)
        and graph.rows[term] is primitives.mul
        and all(isinstance(x, int) and graph.domains[x] == Domain.SAMPLE for x in graph.operands[term])
    )


def _outer_sums(planner: Planner, terms: Sequence[BatchTerm]) -> tuple[list[OuterSum], list[BatchTerm]]:
    """Products by pairs of packs, as sums of outer products; and those that make no whole matrix."""
    groups: dict[Any, dict[tuple[int, int], BatchTerm]] = defaultdict(dict)
    left: list[BatchTerm] = []
    for s in terms:
        assert isinstance(s.term, int)
        (a, i), (b, j) = (planner.label.get(x, (x, 0)) for x in planner.graph.operands[s.term])  # type: ignore[arg-type]
        if repr(a) > repr(b):
            (a, i), (b, j) = (b, j), (a, i)
        if a == b or (i, j) in groups[a, b]:
            left.append(s)
        else:
            groups[a, b][i, j] = s
    found = []
    for (a, b), group in groups.items():
        step = _outer_sum(planner, a, b, group) if len(group) > 1 else None
        if step is None:
            left.extend(group.values())
        else:
            found.append(step)
    return found, left


def _outer_sum(planner: Planner, a: Any, b: Any, group: dict[tuple[int, int], BatchTerm]) -> OuterSum | None:
    rows, columns = (sorted(set(index)) for index in zip(*group))
    if len(group) != len(rows) * len(columns) or any(len(_runs(index)) > 1 for index in (rows, columns)):
        return None
    slots = [[planner.sum_slot[group[i, j].leaf] for j in columns] for i in rows]
    by_row = slots[1][0] - slots[0][0] if len(rows) > 1 else 0
    by_column = slots[0][1] - slots[0][0] if len(columns) > 1 else 0
    if any(
        slot != slots[0][0] + i * by_row + j * by_column for i, row in enumerate(slots) for j, slot in enumerate(row)
    ):
        return None
    operands = planner.graph.operands[group[rows[0], columns[0]].term]  # type: ignore[index]
    places = {planner.label.get(x, (x, 0))[0]: planner.place(x).start for x in operands}  # type: ignore[arg-type]
    return OuterSum(places[a], len(rows), places[b], len(columns), Slot(slots[0][0], by_row), by_column)


def _row_sums(planner: Planner, terms: Sequence[BatchTerm]) -> list[RowSum]:
    """Sums of single rows, those of consecutive rows into regular slots together."""
    pairs = sorted((planner.place(s.term).start, planner.sum_slot[s.leaf]) for s in terms)
    found: list[RowSum] = []
    for row, slot in pairs:
        if found:
            last = found[-1]
            stride = slot - (last.sums.start + (last.count - 1) * last.sums.stride)
            if row == last.start + last.count and (last.count == 1 or stride == last.sums.stride):
                found[-1] = RowSum(last.start, last.count + 1, Slot(last.sums.start, stride))
                continue
        found.append(RowSum(row, 1, Slot(slot)))
    return found
