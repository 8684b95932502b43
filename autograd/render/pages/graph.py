"""A recorded graph as the data of a page: boxes with their places, edges with their routes, the order of the steps."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from autograd.core.value import Value
from autograd.formulas.naming import Parameters, graph_names
from autograd.formulas.notation import clipped
from autograd.render.pages.bands import with_bands
from autograd.render.pages.formulas import (
    DIGITS,
    EXACT,
    digits_needed,
    formula,
    is_rounded,
    spelled_name,
    spelled_number,
    template,
)
from autograd.render.pages.loss import with_loss
from autograd.render.pages.program import page_program
from autograd.render.pages.views import Views, chains, closed_size, outputs_of
from autograd.render.scenes.parts import FOLDED, Box, Cluster, Edge, Scene
from autograd.render.scenes.scene import scene
from autograd.render.scenes.words import SHOWN

OPENED = 150
"""A page of more boxes than this begins with its innermost modules closed."""
LABELLED = 150
"""Up to this many edges show their local partials at all times; beyond, those of the current step."""


def graph_data(root: Value, *, most: int, **options: Any) -> dict[str, Any]:
    """What the script of the page needs to know of the graph below `root`; options as in `scene`."""
    drawn = scene(root, most=most, **options)
    modules = {cluster.path for cluster in drawn.clusters}
    if modules and not drawn.summary:
        drawn = with_loss(drawn, _loss_symbol(root, len(drawn.boxes), options))
    if len(drawn.boxes) > OPENED and not drawn.summary:
        drawn = with_bands(drawn)
    told = _Told(drawn, options.get("model"))
    sizes = {box.id: _size(box, box.short or told.names[box.id]) for box in drawn.boxes}
    texts = ["?" if edge.partial is None else spelled_number(edge.partial).text for edge in drawn.edges]
    opened, *views = Views(drawn, sizes, told.closed, texts, len(texts) <= LABELLED).data()
    program, reason = page_program(drawn, told.arriving)
    result = next((told.index[box.id] for box in drawn.boxes if box.node is root), -1)
    return {
        "kind": "graph",
        "source": program.source if program else "",
        "program": {key: getattr(program, key) for key in ("leaves", "values", "partials")} if program else None,
        "fixed": reason,
        "summary": drawn.summary,
        "swept": drawn.swept,
        "stale": drawn.stale,
        "root": -1 if drawn.summary else result,
        "order": [] if drawn.summary else [told.index[key] for key in told.order],
        "boxes": [told.box(box) | opened["boxes"][i] for i, box in enumerate(drawn.boxes)],
        "edges": [told.edge(edge) | opened["edges"][i] for i, edge in enumerate(drawn.edges)],
        "clusters": [
            told.cluster(cluster) | {"module": cluster.path in modules} | opened["clusters"][i]
            for i, cluster in enumerate(drawn.clusters)
        ],
        "views": views,
        "labelled": len(drawn.edges) <= LABELLED,
    }


def _loss_symbol(root: Value, boxes: int, options: dict[str, Any]) -> str:
    """What a picture draws the loss as, ½‖t − y‖², if it draws it as one box."""
    if boxes > OPENED:
        return ""
    last = scene(root, compact=True, **options).boxes[-1]
    return last.operation if last.primitive is None else ""


class _Told:
    """What is told of the boxes, edges and modules of a scene, wherever they stand."""

    def __init__(self, drawn: Scene, model: Any) -> None:
        self.drawn = drawn
        self.order = _by_level(drawn)
        self.names = _names(drawn.boxes, self.order, model)
        self.boxes = {box.id: box for box in drawn.boxes}
        self.arriving: defaultdict[str, list[Edge]] = defaultdict(list)
        for edge in drawn.edges:
            self.arriving[edge.target].append(edge)
        self.index = {box.id: i for i, box in enumerate(drawn.boxes)}
        self.cluster_index = {cluster.path: i for i, cluster in enumerate(drawn.clusters)}
        self.outputs = outputs_of(drawn, chains(drawn.clusters))
        self.closed = {
            cluster.path: closed_size(clipped(cluster.title, SHOWN), len(self.outputs.get(cluster.path, ())))
            for cluster in drawn.clusters
        }

    def box(self, box: Box) -> dict[str, Any]:
        """A box: its names, its numbers, and how these come about."""
        return {
            "name": self.names[box.id],
            "short": box.short,
            "kind": box.kind,
            "operation": box.operation,
            "path": box.path,
            "data": written(box.data),
            "grad": written(box.grad),
            "notes": list(box.notes),
            "cluster": self.cluster_index.get(box.cluster, -1),
            **self._formulas(box),
        }

    def edge(self, edge: Edge) -> dict[str, Any]:
        """An arrow: its ends and its local partial."""
        row = self.boxes[edge.target].primitive
        return {
            "source": self.index[edge.source],
            "target": self.index[edge.target],
            "partial": written(edge.partial),
            "gate": bool(row and row.gate),
            "multiplicity": edge.multiplicity,
        }

    def cluster(self, cluster: Cluster) -> dict[str, Any]:
        """A module: what is around it, and what it shows when it is closed."""
        return {
            "title": clipped(cluster.title, SHOWN),
            "path": cluster.path,
            "parent": self.cluster_index.get(cluster.parent, -1),
            "closed": len(self.drawn.boxes) > OPENED,
            "outputs": [self.index[key] for key in self.outputs.get(cluster.path, ())],
            "small": self.closed[cluster.path],
        }

    def _formulas(self, box: Box) -> dict[str, Any]:
        """The operation on the names, and on the numbers, of its operands; and as a template for other numbers.

        An operand is the index of its box; of what has no box, or never changes, its number in a list.
        """
        row = box.primitive
        if row is None or box.node is None or self.drawn.summary:
            return {"formula": box.operation, "numbers": "", "rounded": False, "template": "", "operands": []}
        sources = {edge.position: self.boxes[edge.source] for edge in self.arriving[box.id]}
        of_node = box.node.operands if row is box.node.primitive else [None] * len(sources)
        called: list[Any] = []
        numbers: list[float] = []
        operands: list[Any] = []
        for position, operand in enumerate(of_node):
            source = sources.get(position)
            if source is not None and source.kind != "constant":
                numbers.append(source.data or 0.0)
                called.append(spelled_name(self.names[source.id]))
                operands.append(self.index[source.id])
                continue
            if isinstance(operand, Value):  # a leaf that is folded into the box
                numbers.append(operand.data)
                called.append(spelled_name(operand.label or "·"))
            else:
                numbers.append((source.data if source else operand) or 0.0)
                called.append(spelled_number(numbers[-1], EXACT))
            operands.append([written(numbers[-1])])
        digits = digits_needed(row, numbers, box.data or 0.0)
        return {
            "formula": formula(row, called) or box.operation,
            "numbers": formula(row, [spelled_number(number, digits) for number in numbers]) if digits else "",
            "rounded": any(is_rounded(number, digits or DIGITS) for number in numbers),
            "template": template(row, len(numbers)),
            "operands": operands,
        }


def written(number: float | None) -> float | str | None:
    """A float as JSON has it, which knows no nan and no infinity.

    >>> written(0.1), written(float("-inf"))
    (0.1, '-Infinity')
    """
    if number is None or number - number == 0.0:
        return number
    return "NaN" if number != number else "Infinity" if number > 0.0 else "-Infinity"


# ---------------------------------------------------------------- names and sizes


def _by_level(drawn: Scene) -> list[str]:
    """The operations layer by layer, as a lecture numbers them: a topological order too."""
    level = dict.fromkeys((box.id for box in drawn.boxes), 0)
    before: defaultdict[str, list[str]] = defaultdict(list)
    for edge in drawn.edges:
        before[edge.target].append(edge.source)
    for box in drawn.boxes:
        level[box.id] = 1 + max((level[source] for source in before[box.id]), default=-1)
    return sorted((box.id for box in drawn.boxes if box.operation), key=level.__getitem__)


def _names(boxes: Sequence[Box], order: Sequence[str], model: Any) -> dict[str, str]:
    """What each box is called on the page: a node as everywhere, a constant by its number, a group by its title."""
    nodes = {box.id: box.node for box in boxes if box.node is not None}
    found = graph_names([*nodes.values()], Parameters(model), [nodes[key] for key in order if key in nodes])
    names = {box.id: box.name for box in boxes if box.kind == "group"}
    names |= {box.id: spelled_number(box.data or 0.0, EXACT).text for box in boxes if box.kind == "constant"}
    own = {box.id: box.name for box in boxes if box.name}
    return {key: spelled_name(found[node]).text for key, node in nodes.items()} | own | names


def _size(box: Box, name: str) -> tuple[float, float]:
    """The width and height of a box, by the number of characters in it."""
    if box.kind == "constant":
        return max(34.0, 8.5 * len(name) + 18.0), 26.0
    if box.kind == "group":
        width = max(min(480.0, 10.0 * len(name)), 8.0 * max(map(len, box.notes), default=0))
        return max(150.0, width + 24.0), 36.0 + 17.0 * len(box.notes)
    folded = any(note.startswith(FOLDED) for note in box.notes)
    return min(240.0, max(128.0, 9.0 * len(name) + 8.0 * len(box.operation) + 36.0)), 84.0 if folded else 66.0
