"""A recorded graph as the data of a page: boxes with their places, edges with their routes, the order of the steps."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import count, pairwise
from typing import Any

from autograd.core.value import Value
from autograd.formulas.notation import clipped
from autograd.render.pages.formulas import (
    DIGITS,
    EXACT,
    digits_needed,
    formula,
    is_rounded,
    repeated,
    spelled_name,
    spelled_number,
)
from autograd.render.pages.layout import Layout, Point, Rectangle, lay_out_layers
from autograd.render.scenes.parts import FOLDED, Box, Edge, Scene
from autograd.render.scenes.scene import scene
from autograd.render.scenes.words import SHOWN, subscripted

OPENED = 150
"""A page of more boxes than this begins with its innermost modules closed."""
LABELLED = 150
"""Up to this many edges show their local partials at all times; beyond, those of the current step."""
_SHARES = (0.5, 0.36, 0.64, 0.26, 0.74)  # of a line, where its partial may stand
_HEIGHT = 12.0  # of a partial
_CELL = 4.0  # the side of the squares in which space is counted as taken

Piece = tuple[Point, Point]
Cell = tuple[int, int]


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
    texts = ["?" if edge.partial is None else spelled_number(edge.partial).text for edge in drawn.edges]
    labels = _label_places(layout, texts, [layout.rectangles[box.id] for box in drawn.boxes])
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
    """The label of each box; without one v₁, v₂ … for operations, by their place in the order, and x₁ … for leaves.

    No two look alike on the page, but for constants, and for parameters, which are called as in their module.
    """
    names = {box.id: box.name for box in boxes if box.path or box.kind == "group"}
    names |= {box.id: spelled_number(box.data or 0.0, EXACT).text for box in boxes if box.kind == "constant"}
    taken = {spelled_name(name).text for name in names.values()}
    place = {key: i for i, key in enumerate(order, 1)}
    leaves = ("x" + subscripted(number) for number in count(1))
    wishes: dict[str, Iterator[str]] = {}
    for box in sorted(boxes, key=lambda box: not box.name.strip()):  # labels first
        wish = box.name if box.name.strip() else "v" + subscripted(place[box.id]) if box.id in place else ""
        if box.id not in names:
            alike = wishes.setdefault(spelled_name(wish).text, _repeatedly(wish)) if wish else leaves
            names[box.id] = _free(alike, taken)
    return names


def _repeatedly(name: str) -> Iterator[str]:
    yield name
    yield from (repeated(name, number) for number in count(2))


def _free(wishes: Iterator[str], taken: set[str]) -> str:
    """The first wish that looks like nothing that is taken."""
    name = next(wish for wish in wishes if spelled_name(wish).text not in taken)
    taken.add(spelled_name(name).text)
    return name


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


def _label_places(layout: Layout, texts: Sequence[str], boxes: Sequence[Rectangle]) -> list[Point]:
    """The middle of the local partial on each line: beside it, and if lines are few, where nothing else is."""
    few = len(layout.routes) <= LABELLED
    taken: Counter[Cell] = Counter()
    if few:
        for box in boxes:
            taken.update(_cells((box.x + box.width / 2, box.middle), box.width, box.height))
        for piece in {piece for route in layout.routes for piece in pairwise(route)}:
            steps = 1 + int((abs(piece[1][0] - piece[0][0]) + abs(piece[1][1] - piece[0][1])) / _CELL)
            taken.update({_cell(_along(piece, i / steps)) for i in range(steps + 1)})
    shared = Counter(piece for route in layout.routes for piece in pairwise(route))
    places = []
    for route, text in zip(layout.routes, texts, strict=True):
        own = [piece for piece in pairwise(route) if shared[piece] == 1] or list(pairwise(route))
        piece = max(own, key=lambda piece: abs(piece[1][0] - piece[0][0]))
        width = 8.0 * len(text) + 4.0
        beside = [_beside(piece, share, width, side) for share in _SHARES[: None if few else 1] for side in (1.0, -1.0)]
        best = min(beside, key=lambda point: sum(taken[cell] for cell in _cells(point, width, _HEIGHT)))
        taken.update(_cells(best, width, _HEIGHT))
        places.append(best)
    return places


def _cell(point: Point) -> Cell:
    return int(point[0] // _CELL), int(point[1] // _CELL)


def _cells(middle: Point, width: float, height: float) -> list[Cell]:
    left, top = _cell((middle[0] - width / 2, middle[1] - height / 2))
    right, bottom = _cell((middle[0] + width / 2, middle[1] + height / 2))
    return [(column, row) for column in range(left, right + 1) for row in range(top, bottom + 1)]


def _beside(piece: Piece, share: float, width: float, side: float) -> Point:
    """The middle of a label so wide that clears a line, above it (1) or below (-1), at this share of its length."""
    (x0, y0), (x, y), (x1, y1) = (_along(piece, share + change) for change in (-0.02, 0.0, 0.02))
    length = math.hypot(x1 - x0, y1 - y0) or 1.0
    right, up = (y1 - y0) / length, (x1 - x0) / length  # across the line
    distance = side * (abs(right) * width / 2 + abs(up) * _HEIGHT / 2 + 2.0)
    return (x + right * distance, y - up * distance)


def _along(piece: Piece, share: float) -> Point:
    """The point at this share of a piece of a line, which is a curve as `pathThrough` of page.js makes it."""
    (x0, y0), (x1, y1) = piece
    smooth = share * share * (3 - 2 * share)
    x = x0 + (x1 - x0) * (1.5 * share * (1 - share) ** 2 + 1.5 * share**2 * (1 - share) + share**3)
    return (x, y0 + (y1 - y0) * smooth)
