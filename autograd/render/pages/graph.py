"""A recorded graph as the data of a page: boxes with their places, edges with their routes, the order of the steps."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
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
from autograd.render.pages.program import page_program
from autograd.render.pages.views import Views, chains, closed_size, outputs_of
from autograd.render.scenes.parts import FOLDED, Box, Edge, Scene
from autograd.render.scenes.scene import scene
from autograd.render.scenes.words import SHOWN

OPENED = 150
"""A page of more boxes than this begins with its innermost modules closed."""
LABELLED = 150
"""Up to this many edges show their local partials at all times; beyond, those of the current step."""


def graph_data(root: Value, *, most: int, **options: Any) -> dict[str, Any]:
    """What the script of the page needs to know of the graph below `root`; options as in `scene`."""
    drawn = scene(root, most=most, **options)
    if len(drawn.boxes) > OPENED and not drawn.summary:
        drawn = with_bands(drawn)
    order = _by_level(drawn)
    names = _names(drawn.boxes, order, options.get("model"))
    arriving: defaultdict[str, list[Edge]] = defaultdict(list)
    for edge in drawn.edges:
        arriving[edge.target].append(edge)
    sizes = {box.id: _size(box, box.short or names[box.id]) for box in drawn.boxes}
    index = {box.id: i for i, box in enumerate(drawn.boxes)}
    cluster_index = {cluster.path: i for i, cluster in enumerate(drawn.clusters)}
    boxes = {box.id: box for box in drawn.boxes}
    texts = ["?" if edge.partial is None else spelled_number(edge.partial).text for edge in drawn.edges]
    outputs = outputs_of(drawn, chains(drawn.clusters))
    closed = {
        cluster.path: closed_size(clipped(cluster.title, SHOWN), len(outputs.get(cluster.path, ())))
        for cluster in drawn.clusters
    }
    opened, *views = Views(drawn, sizes, closed, texts, len(texts) <= LABELLED).data()
    program, reason = page_program(drawn, arriving)
    result = next((index[box.id] for box in drawn.boxes if box.node is root), -1)
    return {
        "kind": "graph",
        "source": program.source if program else "",
        "program": {key: getattr(program, key) for key in ("leaves", "values", "partials")} if program else None,
        "fixed": reason,
        "summary": drawn.summary,
        "swept": drawn.swept,
        "stale": drawn.stale,
        "root": -1 if drawn.summary else result,
        "order": [] if drawn.summary else [index[key] for key in order],
        "boxes": [
            {
                "name": names[box.id],
                "short": box.short,
                "kind": box.kind,
                "operation": box.operation,
                "path": box.path,
                "data": written(box.data),
                "grad": written(box.grad),
                "notes": list(box.notes),
                "cluster": cluster_index.get(box.cluster, -1),
                "formula": box.operation,
                "numbers": "",
                "rounded": False,
                "template": "",
                "operands": [],
                **({} if drawn.summary else _formulas(box, arriving[box.id], boxes, names, index)),
                **opened["boxes"][i],
            }
            for i, box in enumerate(drawn.boxes)
        ],
        "edges": [
            {
                "source": index[edge.source],
                "target": index[edge.target],
                "partial": written(edge.partial),
                "gate": bool((row := boxes[edge.target].primitive) and row.gate),
                "multiplicity": edge.multiplicity,
                **opened["edges"][i],
            }
            for i, edge in enumerate(drawn.edges)
        ],
        "clusters": [
            {
                "title": clipped(cluster.title, SHOWN),
                "path": cluster.path,
                "parent": cluster_index.get(cluster.parent, -1),
                "closed": len(drawn.boxes) > OPENED,
                "outputs": [index[key] for key in outputs.get(cluster.path, ())],
                "small": closed[cluster.path],
                **opened["clusters"][i],
            }
            for i, cluster in enumerate(drawn.clusters)
        ],
        "views": views,
        "labelled": len(drawn.edges) <= LABELLED,
    }


def written(number: float | None) -> float | str | None:
    """A float as JSON has it, which knows no nan and no infinity.

    >>> written(0.1), written(float("-inf"))
    (0.1, '-Infinity')
    """
    if number is None or number - number == 0.0:
        return number
    return "NaN" if number != number else "Infinity" if number > 0.0 else "-Infinity"


# ---------------------------------------------------------------- names and formulas


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


def _formulas(
    box: Box, arriving: Sequence[Edge], boxes: Mapping[str, Box], names: Mapping[str, str], index: Mapping[str, int]
) -> dict[str, Any]:
    """The operation on the names, and on the numbers, of its operands; and as a template for other numbers.

    An operand is the index of its box; of what has no box, or never changes, its number in a list.
    """
    row = box.primitive
    if row is None or box.node is None:
        return {}
    sources = {edge.position: edge.source for edge in arriving}
    of_node = box.node.operands if row is box.node.primitive else [None] * len(arriving)
    called, numbers, which = [], [], []
    for position, operand in enumerate(of_node):
        source = sources.get(position)
        which.append(index[source] if source is not None and boxes[source].kind != "constant" else -1)
        if source is not None and boxes[source].kind != "constant":
            numbers.append(boxes[source].data or 0.0)
            called.append(spelled_name(names[source]))
        elif isinstance(operand, Value):  # a leaf that is folded into the box
            numbers.append(operand.data)
            called.append(spelled_name(operand.label or "·"))
        else:
            numbers.append((boxes[source].data if source else operand) or 0.0)
            called.append(spelled_number(numbers[-1], EXACT))
    digits = digits_needed(row, numbers, box.data or 0.0)
    return {
        "formula": formula(row, called) or box.operation,
        "numbers": formula(row, [spelled_number(number, digits) for number in numbers]) if digits else "",
        "rounded": any(is_rounded(number, digits or DIGITS) for number in numbers),
        "template": template(row, len(numbers)),
        "operands": [i if i >= 0 else [written(number)] for i, number in zip(which, numbers, strict=True)],
    }


def _size(box: Box, name: str) -> tuple[float, float]:
    """The width and height of a box, by the number of characters in it."""
    if box.kind == "constant":
        return max(34.0, 8.5 * len(name) + 18.0), 26.0
    if box.kind == "group":
        width = max(min(480.0, 10.0 * len(name)), 8.0 * max(map(len, box.notes), default=0))
        return max(150.0, width + 24.0), 36.0 + 17.0 * len(box.notes)
    folded = any(note.startswith(FOLDED) for note in box.notes)
    return min(240.0, max(128.0, 9.0 * len(name) + 8.0 * len(box.operation) + 36.0)), 84.0 if folded else 66.0
