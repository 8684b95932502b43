"""A recorded graph as the data of a page: boxes with their places, edges with their routes, the order of the steps."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from autograd.core.value import Value
from autograd.formulas.naming import Parameters, graph_names
from autograd.formulas.notation import clipped
from autograd.render.pages.formulas import (
    DIGITS,
    EXACT,
    digits_needed,
    formula,
    is_rounded,
    spelled_name,
    spelled_number,
)
from autograd.render.pages.labels import label_places
from autograd.render.pages.layout import Layout, lay_out_layers
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
    order = _by_level(drawn)
    names = _names(drawn.boxes, order, options.get("model"))
    arriving: defaultdict[str, list[Edge]] = defaultdict(list)
    for edge in drawn.edges:
        arriving[edge.target].append(edge)
    sizes = {box.id: _size(box, box.short or names[box.id]) for box in drawn.boxes}
    inside = frames_around(drawn)
    layout = lay_out_layers(sizes, [(edge.source, edge.target) for edge in drawn.edges], inside)
    index = {box.id: i for i, box in enumerate(drawn.boxes)}
    cluster_index = {cluster.path: i for i, cluster in enumerate(drawn.clusters)}
    boxes = {box.id: box for box in drawn.boxes}
    texts = ["?" if edge.partial is None else spelled_number(edge.partial).text for edge in drawn.edges]
    labels = label_places(
        layout.routes,
        [(8.0 * len(text) + 4.0, 12.0) for text in texts],
        [layout.rectangles[box.id] for box in drawn.boxes],
        thorough=len(texts) <= LABELLED,
    )
    result = next((index[box.id] for box in drawn.boxes if box.node is root), -1)
    return {
        "kind": "graph",
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
                **({} if drawn.summary else _formulas(box, arriving[box.id], boxes, names)),
                **_place(layout, box.id),
            }
            for box in drawn.boxes
        ],
        "edges": [
            {
                "source": index[edge.source],
                "target": index[edge.target],
                "partial": written(edge.partial),
                "multiplicity": edge.multiplicity,
                "route": [[_rounded(x), _rounded(y)] for x, y in route],
                "label": [_rounded(x) for x in label],
            }
            for edge, route, label in zip(drawn.edges, layout.routes, labels, strict=True)
        ],
        "clusters": [
            {
                "title": clipped(cluster.title, SHOWN),
                "path": cluster.path,
                "parent": cluster_index.get(cluster.parent, -1),
                "closed": len(drawn.boxes) > OPENED,
                **_place(layout, frame_key(cluster.path)),
            }
            for cluster in drawn.clusters
        ],
        "labelled": len(drawn.edges) <= LABELLED,
    }


def frame_key(path: str) -> str:
    """What a layout knows the frame of a module by: its path alone may be n0, as a box is called."""
    return f"/{path}"


def frames_around(drawn: Scene) -> dict[str, str]:
    """The frame directly around each box and each frame."""
    held = [(box.id, box.cluster) for box in drawn.boxes]
    held += [(frame_key(cluster.path), cluster.parent) for cluster in drawn.clusters]
    return {key: frame_key(path) for key, path in held if path}


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


def _formulas(box: Box, arriving: Sequence[Edge], boxes: Mapping[str, Box], names: Mapping[str, str]) -> dict[str, Any]:
    """The operation on the names, and on the numbers, of its operands, and whether those are rounded."""
    row = box.primitive
    if row is None or box.node is None:
        return {}
    sources = {edge.position: edge.source for edge in arriving}
    of_node = box.node.operands if row is box.node.primitive else [None] * len(arriving)
    called, numbers = [], []
    for position, operand in enumerate(of_node):
        source = sources.get(position)
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
    }


# ---------------------------------------------------------------- places


def _size(box: Box, name: str) -> tuple[float, float]:
    """The width and height of a box, by the number of characters in it."""
    if box.kind == "constant":
        return max(34.0, 7.5 * len(name) + 18.0), 26.0
    if box.kind == "group":
        width = max(min(480.0, 10.0 * len(name)), 7.2 * max(map(len, box.notes), default=0))
        return max(150.0, width + 24.0), 34.0 + 16.0 * len(box.notes)
    folded = any(note.startswith(FOLDED) for note in box.notes)
    return min(240.0, max(122.0, 9.0 * len(name) + 7.5 * len(box.operation) + 36.0)), 78.0 if folded else 62.0


def _place(layout: Layout, key: str) -> dict[str, float]:
    place = layout.rectangles[key]
    return {"x": _rounded(place.x), "y": _rounded(place.y), "w": _rounded(place.width), "h": _rounded(place.height)}


def _rounded(number: float) -> float:
    return round(number, 1)
