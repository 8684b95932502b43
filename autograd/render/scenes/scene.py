"""A recorded graph as a scene: what a picture or a page shows of it, before anything is laid out."""

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import count
from typing import Any

from autograd.arguments import counted
from autograd.core.graph import topological_order
from autograd.core.value import Value
from autograd.formulas.naming import indexed, own_names
from autograd.formulas.notation import short_number, superscripted
from autograd.render.scenes.expansion import Step, expanded_size, steps_of
from autograd.render.scenes.folding import folded_steps
from autograd.render.scenes.found_layers import FoundLayers
from autograd.render.scenes.modules import Modules
from autograd.render.scenes.parts import FOLDED, NOT_FINITE, OFF, SATURATED, VANISHING, ZERO, Box, Edge, Scene
from autograd.render.scenes.summaries import by_depth, by_module
from autograd.table import primitives
from autograd.table.primitives import TABLE

VANISHED = 1e-6
"""A gradient below this part of the largest in the picture has vanished."""
_SATURATION = 0.01  # of the largest slope: beyond |x| = 3 for tanh, 6 for sigmoid


def scene(
    root: Value,
    *,
    model: Any = None,
    expand: bool = False,
    fold_leaves: int | None = None,
    summarize: str | bool | None = None,
    most: int = 200,
    compact: bool = False,
) -> Scene:
    """The graph below `root` as boxes, edges and clusters.

    Args:
        root: The result; what it was made from stands before it.
        model: Anything with `named_parameters()`: it names the parameters, and its modules become clusters.
        expand: Show affine, dot, sum and mean as the multiplications and additions they stand for.
        fold_leaves: Where an operation has more unlabelled leaves of its own than this, count them in its box instead.
        summarize: "module" shows one box a layer, "depth" one a band of levels, False every node; by default every
            node of a graph of up to `most`, else the layers if there is a model, else the depth.
        most: How many nodes a picture shows before it is summarised.
        compact: Show a sum of four terms or more as one box, and a loss, unless expanded, as what it is: ½‖t − y‖².

    Without a model the layers that the graph itself tells are framed: see `found_layers`.
    Notes mark a ReLU that passes nothing on (OFF: output and partial 0), a sigmoid or tanh whose slope is below 1%
    of its largest (SATURATED), a gradient below 10⁻⁶ of the largest (VANISHING) or exactly 0 (ZERO), and nan or
    infinity (NOT_FINITE).  Raises TypeError for what is not a Value, ValueError for an unknown `summarize`.

    >>> w, x = Value(2.0, label="w"), Value(3.0, label="x")
    >>> [(box.id, box.kind, box.name or box.operation) for box in scene(w * x + 1.0).boxes]
    [('n0', 'input', 'w'), ('n1', 'input', 'x'), ('n2', 'operation', '×'), ('n3c1', 'constant', ''), ('n3', 'result', '+')]
    """  # noqa: E501
    if not isinstance(root, Value):
        raise TypeError(f"scene: root must be a Value, not {type(root).__name__}")
    _check_count("fold_leaves", fold_leaves)
    _check_count("most", most)
    order = topological_order(root)
    modules = FoundLayers(order) if model is None else Modules(model)
    folded = _folded_leaves(order, fold_leaves)
    hidden = {leaf for leaves in folded.values() for leaf in leaves}
    shown = [node for node in order if node not in hidden] if hidden else order
    size = sum(map(expanded_size, shown)) if expand else len(shown)
    how = _summary(summarize, model is not None or bool(modules.paths), size, most)
    swept = _is_swept(order)
    if how:
        reason = counted(size, "node") + ("" if summarize else f" are more than {most:,}")
        summarized = (by_module if how == "module" else by_depth)(order, modules, swept)
        return Scene(
            *summarized, swept, f"{reason}: summarised by {'layer' if how == 'module' and model is None else how}"
        )
    painter = _Painter(root, modules, order, swept, compact)
    return painter.paint(shown, folded, expand, _is_stale(shown))


def _check_count(name: str, number: Any) -> None:
    if number is not None and (isinstance(number, bool) or not isinstance(number, int) or number < 0):
        raise ValueError(f"scene: {name} must be a whole number of at least 0, not {number!r}")


def _summary(wish: str | bool | None, layers: bool, size: int, most: int) -> str:
    """How to summarise, or the empty string."""
    if wish not in (None, False, "module", "depth"):
        raise ValueError(f'scene: summarize must be "module", "depth", False or None, not {wish!r}')
    if wish == "module" and not layers:
        raise ValueError('scene: summarize="module" needs the model whose modules are meant: pass model=…')
    if wish is None and size > most:
        return "module" if layers else "depth"
    return str(wish or "")


def _is_swept(order: Sequence[Value]) -> bool:
    """Whether the root, the last, or an operation has a gradient; leaves may have one of an earlier graph."""
    return any(node.grad for node in reversed(order) if node.primitive is not None or node is order[-1])


def _is_stale(nodes: Iterable[Value]) -> bool:
    """Whether a number is not what its operation gives for the present numbers of its operands.

    Only rows of the table are asked: an operation of the user's own, or a checkpointed segment, may take long, or fail.
    """
    for node in nodes:
        if node.primitive is not None and TABLE.get(node.primitive.name) is node.primitive:
            now = node.primitive.evaluate([x.data if isinstance(x, Value) else x for x in node.operands])
            if now != node.data and not (math.isnan(now) and math.isnan(node.data)):
                return True
    return False


def _folded_leaves(order: Sequence[Value], most: int | None) -> dict[Value, list[Value]]:
    """For each node with too many unlabelled leaves, those leaves; a leaf with two users stays."""
    if most is None:
        return {}
    uses: dict[Value, int] = {}
    for node in order:
        for x in {x for x in node.operands if isinstance(x, Value)}:
            uses[x] = uses.get(x, 0) + 1
    folded = {}
    for node in order:
        operands = dict.fromkeys(x for x in node.operands if isinstance(x, Value))
        leaves = [x for x in operands if x.primitive is None and not x.label and uses[x] == 1]
        if len(leaves) > most:
            folded[node] = leaves
    return folded


class _Painter:
    """Makes the boxes and edges of one scene."""

    def __init__(self, root: Value, modules: Modules, order: Sequence[Value], swept: bool, compact: bool) -> None:
        self._root, self._modules, self._swept = root, modules, swept
        self._compact = compact
        self._homes, self._names = modules.membership(order), own_names(order, modules.parameters)
        sums = modules.parameters.single_units(order) if root.grad == 1.0 else []  # else grad is no ∂root/∂s
        self._deltas = {s: indexed("δ", k + 1, layer=layer.number) for s, layer, k in sums}
        self._boxes: list[Box] = []
        self._edges: list[Edge] = []
        self._ids: dict[Value, str] = {}

    def paint(self, shown: Sequence[Value], folded: dict[Value, list[Value]], expand: bool, stale: bool) -> Scene:
        self._threshold = VANISHED * max(
            (abs(node.grad) for node in shown if node.grad and math.isfinite(node.grad)), default=0.0
        )
        numbers = count()
        homes = {step: self._homes.get(node, "") for node in shown for step in steps_of(node, expand)}
        within = {step.node: home for step, home in homes.items()}
        for step in folded_steps(homes, losses=not expand) if self._compact else homes:
            self._ids[step.node] = f"n{next(numbers)}"
            self._paint_step(step, within[step.node], len(folded.get(step.node, ())))
        used = dict.fromkeys(box.cluster for box in self._boxes)
        clusters = self._modules.clusters(used)
        return Scene(tuple(self._boxes), tuple(self._edges), clusters, self._swept, stale=stale)

    def _paint_step(self, step: Step, home: str, inside: int) -> None:
        node, target = step.node, self._ids[step.node]
        symbol, written = _symbol(step)
        for position, (operand, partial) in enumerate(zip(step.operands, step.partials, strict=True)):
            if not isinstance(operand, Value):
                if position != written:
                    source = f"{target}c{position}"
                    self._boxes.append(Box(source, "constant", "", "", operand, None, home))
                    self._edges.append(Edge(source, target, position, None))
            elif operand in self._ids:
                self._edges.append(Edge(self._ids[operand], target, position, partial))
        kind, path = self._modules.box_of(node, self._root)
        name = self._names.get(node, "")
        short = self._modules.short(node, name, home)
        delta = self._modules.within(self._deltas.get(node, ""), home)
        notes = (*self._notes(step), *([FOLDED + counted(inside, "leaf")] if inside else []))
        row = step.primitive
        look = target, kind, name, symbol, node.data, node.grad, home, notes, node
        box = Box(*look, path=path, primitive=row, short="" if short == name else short, delta=delta)
        self._boxes.append(box)

    def _notes(self, step: Step) -> Iterator[str]:
        node, row = step.node, step.primitive
        if row is primitives.relu and node.data == 0.0 and step.partials == (0.0,):
            yield OFF
        elif row and row.largest_slope and _is_flat(step.partials, _SATURATION * row.largest_slope):
            yield SATURATED
        if not math.isfinite(node.data) or not math.isfinite(node.grad or 0.0):
            yield NOT_FINITE
        elif self._swept and node.grad == 0.0:
            yield ZERO
        elif self._swept and node.grad and abs(node.grad) < self._threshold:
            yield VANISHING


def _is_flat(partials: Iterable[float | None], bound: float) -> bool:
    return all(partial is not None and abs(partial) < bound for partial in partials)


def _symbol(step: Step) -> tuple[str, int]:
    """The symbol of the operation, and which operand it contains, -1 for none: x² rather than ^ and a box of 2."""
    row = step.primitive
    if step.symbol or row is None:
        return step.symbol, -1
    if row is primitives.pow and isinstance(step.operands[1], float):
        exponent = short_number(step.operands[1])
        if exponent.lstrip("-").isdigit():
            return f"x{superscripted(exponent)}", 1
    return row.symbol, -1
