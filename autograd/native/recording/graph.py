"""The graph that is compiled: indices for nodes, equal nodes once, sums and products gathered.

A reference is the index of a node, or a float.  Each node belongs to a domain:

* SAMPLE: it depends on an input, so it is computed for each sample of a batch;
* BATCH: it depends on parameters only, so it is computed once a batch;
* AFTER: it depends on sums over the batch, so it is computed once, after the samples.
"""

import enum
import functools
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from autograd.core.graph import topological_order
from autograd.core.value import Value
from autograd.native.recording.shares import Shares, are_many, chosen, written_out
from autograd.native.recording.tracing import traced, tracing
from autograd.table import primitives
from autograd.table.grouping import Parts
from autograd.table.primitive import OwnSweep, Primitive

Ref = int | float

LONGEST_SUM = 64
"""Terms of a sum for each sample that is no layer; a longer one becomes a sum of sums, for LLVM's time grows with the
square of what is written out in one piece."""

IN_PIECES = (primitives.maximum, primitives.minimum, primitives.mean)

where_positive = Primitive(
    "where_positive",
    None,
    lambda _z, _xs: [0.0, math.nan, math.nan],  # a graph that is compiled is not differentiated any more
    rule="where(step(x), y, z) in one",
    lowering=lambda m, x, y, z: m.where(x <= 0.0, z, y),
    module=__name__,
)


class Domain(enum.IntEnum):
    """When a node is computed; a node is computed as late as the latest of its operands."""

    BATCH = 0
    SAMPLE = 1
    AFTER = 2


class Graph:
    """Nodes in topological order.

    Args:
        pieces: Whether a maximum, minimum or mean of very many operands becomes one of shorter ones.  Where the graph
            is differentiated afterwards, ties would share unevenly then.

    >>> graph = Graph()
    >>> x = graph.leaf(Domain.SAMPLE)
    >>> y = graph.node(primitives.mul, (x, x))
    >>> graph.node(primitives.mul, (x, x)) == y, graph.node(primitives.mul, (2.0, 3.0))
    (True, 6.0)
    """

    def __init__(self, pieces: bool = True) -> None:
        self.pieces = pieces
        self.rows: list[Primitive | None] = []
        self.operands: list[tuple[Ref, ...]] = []
        self.domains: list[Domain] = []
        self._known: dict[Any, int] = {}

    def __len__(self) -> int:
        return len(self.rows)

    def leaf(self, domain: Domain) -> int:
        """A new node that nothing is known of."""
        self.rows.append(None)
        self.operands.append(())
        self.domains.append(domain)
        return len(self.rows) - 1

    def node(self, row: Primitive, operands: tuple[Ref, ...]) -> Ref:
        """The node of a row on operands: the one that is there already, a number where all operands are."""
        kinds = set(map(type, operands))
        if int not in kinds:
            return row.evaluate([float(x) for x in operands])
        simpler = self._simpler(row, operands)
        if simpler is not None:
            return simpler
        if row.share:  # the others in one order
            operands = (operands[0], *sorted(operands[1:], key=lambda x: (type(x) is int, x)))
        # 0.0 and -0.0 are equal and yet their quotients differ, so numbers are known by their digits
        told = operands if float not in kinds else tuple([x if x.__class__ is int else repr(x) for x in operands])
        key = (row, told)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = len(self.rows)
            self.rows.append(row)
            self.operands.append(operands)
            domains = self.domains
            domains.append(max([domains[x] for x in operands if isinstance(x, int)]))
        return known

    def _simpler(self, row: Primitive, operands: tuple[Ref, ...]) -> Ref | None:
        """What gives the same number with less work, or None: x for x·1, x¹ and x + 0, -x for x·(-1) …"""
        if row is primitives.identity or row is chosen:
            return operands[0]
        if self.pieces and row in IN_PIECES and len(operands) > LONGEST_SUM:
            return in_pieces(self, row, operands)
        if row is primitives.pow and isinstance(operands[1], float) and operands[1] in (0.0, 1.0):
            return operands[0] if operands[1] else 1.0  # of nan too
        if row in (primitives.abs, primitives.sign) and self._row(operands[0]) is primitives.step:
            return operands[0]
        if row is primitives.where and self._row(operands[0]) is primitives.step:
            (condition,) = self.operands[operands[0]]  # type: ignore[index]
            return self.node(where_positive, (condition, *operands[1:]))
        if row is primitives.prod:  # its partials share the products
            return functools.reduce(lambda x, y: self.node(primitives.mul, (x, y)), operands)
        if row is primitives.neg and self._row(operands[0]) is primitives.neg:
            return self.operands[operands[0]][0]  # type: ignore[index]
        if row is primitives.mul or row is primitives.add:
            for x, y in (operands, operands[::-1]):
                if isinstance(y, float) and y == (1.0 if row is primitives.mul else 0.0):
                    return x
                if row is primitives.mul and isinstance(y, float) and y == -1.0:
                    return self.node(primitives.neg, (x,))
                if row is primitives.add and self._row(y) is primitives.neg:
                    return self.node(primitives.sub, (x, self.operands[y][0]))  # type: ignore[index]
        return None

    def parts(self, node: int) -> Parts:
        """The operands of a sum of products by what they do."""
        row = self.rows[node]
        assert row is not None
        assert row.parts is not None
        return row.parts(self.operands[node])

    def in_sample(self, x: Ref) -> bool:
        """Whether each sample has a number for it."""
        return isinstance(x, int) and self.domains[x] == Domain.SAMPLE

    def _row(self, x: Ref) -> Primitive | None:
        return self.rows[x] if isinstance(x, int) else None

    def uses(self, roots: Iterable[Ref]) -> list[int]:
        """How often each node is an operand or a root."""
        counts = [0] * len(self)
        for x in roots:
            if isinstance(x, int):
                counts[x] += 1
        for operands in self.operands:
            for x in operands:
                if isinstance(x, int):
                    counts[x] += 1
        return counts


class Nodes(Protocol):
    """What recorded nodes are added to: a `Graph`, or instructions.

    It may have a `note_down(order, start, at)` besides, which adds nodes from `start` on as far as it can, fills in
    their references, and tells where it ended.
    """

    def node(self, row: Primitive, operands: tuple[Ref, ...]) -> Ref:
        """The reference of a row on references."""
        ...


def in_pieces(graph: Nodes, row: Primitive, operands: tuple[Ref, ...]) -> Ref:
    """A maximum or minimum of maxima or minima, a mean of means."""
    pieces = _pieces(operands, LONGEST_SUM)
    found = [graph.node(row, tuple(piece)) for piece in pieces]
    if row is not primitives.mean:
        return graph.node(row, tuple(found))
    parts = [len(piece) / len(operands) for piece in pieces]
    return graph.node(primitives.sum, tuple([graph.node(primitives.mul, pair) for pair in zip(found, parts)]))


def take_down(
    graph: Nodes,
    roots: Sequence[Any],
    leaves: Mapping[Value, Ref],
    at: dict[Value, Ref] | None = None,
    order: Sequence[Value] | None = None,
) -> list[Ref]:
    """The references of recorded roots, everything below them added to the graph.

    Args:
        graph: What is added to.
        roots: Values, or numbers.
        leaves: The references of the leaves that are no constants.
        at: References known already, filled in.
        order: What is below the roots, operands first; looked for if it is not told.
    """
    at = {} if at is None else at
    at.update(leaves)
    twins: dict[Value, Value] = {}
    shares: dict[Any, Shares] = {}
    if order is None:
        order = topological_order(*[root for root in roots if isinstance(root, Value)], above=at)
    note_down = getattr(graph, "note_down", None)
    position = 0
    while position < len(order):
        if note_down is not None:
            position = note_down(order, position, at)
            if position == len(order):
                break
        node = order[position]
        position += 1
        if node.primitive is None:
            at[node] = node._number
            continue
        row = node.primitive
        operands = tuple([x if x.__class__ is float else at[x] for x in node.operands])
        if are_many(row, operands):
            parts = [twins.setdefault(x, traced(x._number)) if isinstance(x, Value) else x for x in node.operands]
            at.update((part, place) for part, place in zip(parts, operands, strict=True) if isinstance(part, Value))
            with tracing():
                found = written_out(shares, row, parts)
            at[node] = take_down(graph, [found], {}, at)[0]
        elif row.arity is None and row.lowering is None:
            at[node] = _written_out(graph, row, node.operands, operands)
        else:
            at[node] = graph.node(row, operands)
    return [at[root] if isinstance(root, Value) else float(root) for root in roots]


def _written_out(graph: Nodes, row: Primitive, values: Sequence[Any], operands: tuple[Ref, ...]) -> Ref:
    """A user's row of any number of operands as what its value is made of, so that loops are found in it."""
    parts = [traced(x._number) if isinstance(x, Value) else x for x in values]
    try:
        with tracing():
            root = row.written_out(parts) if isinstance(row, OwnSweep) else row.value(parts)
    except (TypeError, AttributeError):
        return graph.node(row, operands)  # whose lowering says why
    places = [*zip(parts, operands, strict=True), *zip(values, operands, strict=True)]  # a checkpoint uses some itself
    leaves = {x: place for x, place in places if isinstance(x, Value)}
    return take_down(graph, [root], leaves)[0]


# ---------------------------------------------------------------- gathering sums and products


def gathered(graph: Graph, roots: Sequence[Ref]) -> tuple[Graph, list[Ref], list[Ref]]:
    """The same graph with chains of additions as sums, sums of products as dots, and w·x + … + b as affine.

    So a layer is found again whatever it was written with.  A term that is used elsewhere too stays a node.  Quotients
    by one denominator share its reciprocal, a rounding more for a fraction of the time: a quotient and its two partials
    are three divisions, each as long as twenty products.
    A sum of very many terms becomes one of shorter sums.  Returns the new graph, its roots, and the new references by
    old index.
    """
    uses = graph.uses(roots)
    inside = _inside_sums(graph, uses)
    jumped = {x for row, operands in zip(graph.rows, graph.operands) if row and row.jumps for x in operands}
    divided_by = Counter(
        graph.operands[i][1] for i, row in enumerate(graph.rows) if row is primitives.div and i not in jumped
    )
    new = Graph(graph.pieces)
    at: list[Ref] = [math.nan] * len(graph)
    for i, row in enumerate(graph.rows):
        if row is None:
            at[i] = new.leaf(graph.domains[i])
        elif inside[i]:
            continue
        elif row is primitives.add or row is primitives.sum:
            at[i] = _gathered_sum(graph, i, inside, at, new)
        elif row is primitives.div and i not in jumped and divided_by[graph.operands[i][1]] > 1:
            x, y = (at[z] if isinstance(z, int) else z for z in graph.operands[i])
            at[i] = new.node(primitives.mul, (x, new.node(primitives.div, (1.0, y))))
        elif row.parts is not None:
            weights, inputs, bias = row.parts([at[x] if isinstance(x, int) else x for x in graph.operands[i]])
            pairs = list(zip(weights, inputs))
            affine = _affine(new, pairs, bias[0] if bias else 0.0)
            at[i] = _dot(new, pairs, bias) if affine is None else affine
        else:
            at[i] = new.node(row, tuple([at[x] if isinstance(x, int) else x for x in graph.operands[i]]))
    return new, [at[x] if isinstance(x, int) else x for x in roots], at


def _inside_sums(graph: Graph, uses: Sequence[int]) -> list[bool]:
    """Which nodes are terms of one sum only: additions, and products, that nothing else uses."""
    inside = [False] * len(graph)
    for i, row in enumerate(graph.rows):
        if row is primitives.add or row is primitives.sum:
            for x in graph.operands[i]:
                if isinstance(x, int) and uses[x] == 1 and graph.domains[x] == graph.domains[i]:
                    inside[x] = graph.rows[x] in (primitives.add, primitives.sum, primitives.mul)
    return inside


def _gathered_sum(graph: Graph, root: int, inside: Sequence[bool], at: Sequence[Ref], new: Graph) -> Ref:
    pairs: list[tuple[Ref, Ref]] = []
    terms: list[Ref] = []
    pending: list[Ref] = [root]
    while pending:
        x = pending.pop()
        row = graph.rows[x] if isinstance(x, int) and (x == root or inside[x]) else None
        if isinstance(x, int) and row is not None:
            operands = graph.operands[x]
            if row is primitives.mul:
                a, b = (at[y] if isinstance(y, int) else y for y in operands)
                pairs.append((a, b))
            else:
                pending.extend(reversed(operands))
        else:
            terms.append(at[x] if isinstance(x, int) else x)
    if len(pairs) + len(terms) == 2:
        operands = (*(new.node(primitives.mul, pair) for pair in pairs), *terms)
        return new.node(primitives.add, operands)
    if len(pairs) >= 2 and len(terms) <= 1:
        affine = _affine(new, pairs, terms[0] if terms else 0.0)
        if affine is not None:
            return affine
    return _dot(new, pairs, terms)


def _dot(new: Graph, pairs: Sequence[tuple[Ref, Ref]], terms: Sequence[Ref]) -> Ref:
    """Σ aᵢbᵢ + Σ tᵢ."""
    longest = LONGEST_SUM if any(new.in_sample(x) for x in (*(x for pair in pairs for x in pair), *terms)) else None
    parts = [_sum(new, terms, longest)] if terms else []
    if pairs:
        parts_of = [Parts([a for a, _ in some], [b for _, b in some], ()) for some in _pieces(pairs, longest)]
        dots = [new.node(primitives.dot, each.operands) for each in parts_of]
        parts.append(_sum(new, dots, longest))
    return parts[0] if len(parts) == 1 else new.node(primitives.add, tuple(parts))


def _sum(new: Graph, terms: Sequence[Ref], longest: int | None) -> Ref:
    while longest is not None and len(terms) > longest:
        terms = [_sum(new, some, None) for some in _pieces(terms, longest)]
    return terms[0] if len(terms) == 1 else new.node(primitives.sum, tuple(terms))


def _pieces(items: Sequence[Any], longest: int | None) -> list[Sequence[Any]]:
    size = longest or max(len(items), 1)
    return [items[i : i + size] for i in range(0, len(items), size)]


def _affine(new: Graph, pairs: Sequence[tuple[Ref, Ref]], bias: Ref) -> Ref | None:
    """Σ wᵢxᵢ + b with the wᵢ and b the same for all samples and the xᵢ not, or None if it is no such sum."""
    varies = new.in_sample
    weights, inputs = [], []
    for a, b in pairs:
        if varies(a) == varies(b):
            return None
        weights.append(b if varies(a) else a)
        inputs.append(a if varies(a) else b)
    return None if varies(bias) else new.node(primitives.affine, Parts(weights, inputs, (bias,)).operands)
