"""A recorded graph as the data of a page: boxes with their places, edges with their routes, the order of the steps."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from autograd import primitives
from autograd.engine import Value
from autograd.primitive import Primitive
from autograd.render.expansion import EXPANSIONS
from autograd.render.page_formulas import formula, spelled_name, spelled_number, subscripted
from autograd.render.page_layout import Layout, Point, lay_out_layers
from autograd.render.parts import FOLDED, Box, Edge, Scene
from autograd.render.scene import scene

OPENED = 150
"""A page of more boxes than this begins with its innermost modules closed."""
LABELLED = 150
"""Up to so many edges show their local partials at all times; beyond, those of the current step."""
_WRITTEN_OUT = {row.symbol: row for row in (primitives.add, primitives.mul, primitives.div)}


def graph_data(root: Value, *, most: int, **options: Any) -> dict[str, Any]:
    """What the script of the page needs to know of the graph below `root`; options as in `scene`."""
    drawn = scene(root, most=most, **options)
    order = _by_level(drawn)
    names = _names(drawn.boxes, order)
    arriving: defaultdict[str, list[Edge]] = defaultdict(list)
    for edge in drawn.edges:
        arriving[edge.target].append(edge)
    sizes = {box.id: _size(box, names[box.id]) for box in drawn.boxes}
    inside = {box.id: box.cluster or None for box in drawn.boxes}
    inside |= {cluster.path: cluster.parent or None for cluster in drawn.clusters}
    layout = lay_out_layers(sizes, [(edge.source, edge.target) for edge in drawn.edges], inside)
    index = {box.id: i for i, box in enumerate(drawn.boxes)}
    cluster_index = {cluster.path: i for i, cluster in enumerate(drawn.clusters)}
    boxes = {box.id: box for box in drawn.boxes}
    labels = (
        _label_places(layout)
        if len(drawn.edges) <= LABELLED
        else [_along(list(pairwise(route)), 0.5) for route in layout.routes]
    )
    result = next((index[box.id] for box in drawn.boxes if box.node is root), -1)
    return {
        "kind": "graph",
        "summary": drawn.summary,
        "swept": drawn.swept,
        "root": -1 if drawn.summary else result,
        "order": [] if drawn.summary else [index[key] for key in order],
        "boxes": [
            {
                "name": names[box.id],
                "kind": box.kind,
                "operation": box.operation,
                "path": box.path,
                "data": written(box.data),
                "grad": written(box.grad),
                "notes": list(box.notes),
                "cluster": cluster_index.get(box.cluster, -1),
                **_formulas(box, arriving[box.id], boxes, names),
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
                "title": cluster.title,
                "parent": cluster_index.get(cluster.parent, -1),
                "closed": len(drawn.boxes) > OPENED,
                **_place(layout, cluster.path),
            }
            for cluster in drawn.clusters
        ],
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


def _names(boxes: Sequence[Box], order: Sequence[str]) -> dict[str, str]:
    """The label of each box; without one v₁, v₂ … for operations, by their place in the order, and x₁ … for leaves."""
    place = {key: i for i, key in enumerate(order, 1)}
    taken = {box.name for box in boxes}
    names = {}
    nameless = 0
    for box in boxes:
        name = box.name
        if not name and box.kind == "constant":
            name = spelled_number(box.data or 0.0).text
        elif not name and box.id in place:
            name = _free("v" + subscripted(place[box.id]), taken)
        elif not name:
            nameless += 1
            name = _free("x" + subscripted(nameless), taken)
        names[box.id] = name
    return names


def _free(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "′"
    taken.add(name)
    return name


def _formulas(box: Box, arriving: Sequence[Edge], boxes: Mapping[str, Box], names: Mapping[str, str]) -> dict[str, str]:
    """The operation on the names, and on the numbers, of its operands."""
    row = _row(box)
    if row is None or box.node is None:
        return {"formula": "", "numbers": ""}
    sources = {edge.position: edge.source for edge in arriving}
    of_node = box.node.operands if row is box.node.primitive else [None] * len(arriving)
    called, numbers = [], []
    for position, operand in enumerate(of_node):
        source = sources.get(position)
        if source is not None:
            numbers.append(spelled_number(boxes[source].data or 0.0))
            called.append(numbers[-1] if boxes[source].kind == "constant" else spelled_name(names[source]))
        else:  # a constant that is written in the symbol, or a leaf that is folded into the box
            numbers.append(spelled_number(operand.data if isinstance(operand, Value) else operand or 0.0))
            called.append(spelled_name(operand.label or "·") if isinstance(operand, Value) else numbers[-1])
    return {"formula": formula(row, called) or box.operation, "numbers": formula(row, numbers)}


def _row(box: Box) -> Primitive | None:
    """The row of an operation; of the last step of an expansion that of the step, not of the whole."""
    row = None if box.node is None else box.node.primitive
    if row in EXPANSIONS and row is not None and box.operation != row.symbol:
        return _WRITTEN_OUT.get(box.operation)
    return row


# ---------------------------------------------------------------- places


def _size(box: Box, name: str) -> tuple[float, float]:
    """The width and height of a box, by the number of characters in it."""
    if box.kind == "constant":
        return max(34.0, 7.5 * len(name) + 18.0), 26.0
    if box.kind == "group":
        return max(150.0, 7.2 * max(len(name), *map(len, box.notes)) + 24.0), 34.0 + 16.0 * len(box.notes)
    folded = any(note.startswith(FOLDED) for note in box.notes)
    return min(190.0, max(122.0, 9.0 * len(name) + 7.5 * len(box.operation) + 36.0)), 78.0 if folded else 62.0


def _place(layout: Layout, key: str) -> dict[str, float]:
    place = layout.rectangles[key]
    return {"x": _rounded(place.x), "y": _rounded(place.y), "w": _rounded(place.width), "h": _rounded(place.height)}


def _rounded(number: float) -> float:
    return round(number, 1)


def _label_places(layout: Layout) -> list[Point]:
    """A point on each line for its local partial, where no other line goes or has its own."""
    shared = Counter(piece for route in layout.routes for piece in pairwise(route))
    taken: Counter[tuple[int, int]] = Counter()
    places = []
    for route in layout.routes:
        own = [piece for piece in pairwise(route) if shared[piece] == 1]
        candidates = [_along(own or list(pairwise(route)), share) for share in (0.5, 0.36, 0.64, 0.26, 0.74)]
        best = min(candidates, key=lambda point: sum(taken[cell] for cell in _cells(point)))
        taken.update(_cells(best))
        places.append(best)
    return places


def _cells(point: Point) -> list[tuple[int, int]]:
    """The cells of a grid that a label there would cover."""
    column, row = int(point[0] // 10), int(point[1] // 8)
    return [(column + i, row + j) for i in range(-2, 3) for j in (-1, 0, 1)]


def _along(pieces: Sequence[tuple[Point, Point]], share: float) -> Point:
    """The point at this share of the longest piece of a line, which is a curve as `pathThrough` of page.js makes it."""
    (x0, y0), (x1, y1) = max(pieces, key=lambda piece: abs(piece[1][0] - piece[0][0]))
    smooth = share * share * (3 - 2 * share)
    x = x0 + (x1 - x0) * (1.5 * share * (1 - share) ** 2 + 1.5 * share**2 * (1 - share) + share**3)
    return (x, y0 + (y1 - y0) * smooth)
