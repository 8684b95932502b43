"""Where the labels of lines stand: beside them, and clear of boxes, of other lines and of each other."""

import math
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from autograd.render.pages.layout import Point, Rectangle

_SHARES = (0.5, 0.36, 0.64, 0.26, 0.74)  # of a line, where its label may stand
_CELL = 4.0  # the side of the squares in which space is counted as taken
_BOX = 4  # times as bad as a line is what a label hides of a box

Piece = tuple[Point, Point]
Cell = tuple[int, int]


def label_places(
    routes: Sequence[Sequence[Point]], sizes: Sequence[Point], boxes: Sequence[Rectangle], *, thorough: bool
) -> list[Piece]:
    """The point of each line where its label stands, and the middle of the label, of this width and height.

    It is beside the line, and if thorough where nothing else is.

    >>> label_places([[(0.0, 0.0), (100.0, 0.0)]], [(20.0, 12.0)], [], thorough=True)
    [((50.0, 0.0), (50.0, -8.0))]
    """
    taken: Counter[Cell] = Counter()
    if thorough:
        for box in boxes:
            taken.update(_cells((box.x + box.width / 2, box.middle), box.width, box.height) * _BOX)
        for piece in {piece for route in routes for piece in pairwise(route)}:
            steps = 1 + int((abs(piece[1][0] - piece[0][0]) + abs(piece[1][1] - piece[0][1])) / _CELL)
            taken.update({_cell(_along(piece, i / steps)) for i in range(steps + 1)})
    shared = Counter(piece for route in routes for piece in pairwise(route))
    places = []
    for route, (width, height) in zip(routes, sizes, strict=True):
        own = [piece for piece in pairwise(route) if shared[piece] == 1] or list(pairwise(route))
        piece = max(own, key=lambda piece: abs(piece[1][0] - piece[0][0]))
        shares = _SHARES if thorough else _SHARES[:1]
        beside = [_beside(piece, share, width, height, side) for share in shares for side in (1.0, -1.0)]
        free = [sum(taken[cell] for cell in _cells(point, width, height)) for _, point in beside]
        best = beside[free.index(min(free))]
        taken.update(_cells(best[1], width, height))
        places.append(best)
    return places


def _cell(point: Point) -> Cell:
    return int(point[0] // _CELL), int(point[1] // _CELL)


def _cells(middle: Point, width: float, height: float) -> list[Cell]:
    left, top = _cell((middle[0] - width / 2, middle[1] - height / 2))
    right, bottom = _cell((middle[0] + width / 2, middle[1] + height / 2))
    return [(column, row) for column in range(left, right + 1) for row in range(top, bottom + 1)]


def _beside(piece: Piece, share: float, width: float, height: float, side: float) -> Piece:
    """The point of a line at this share of its length, and the middle of a label that clears it, above (1) or below."""
    (x0, y0), (x, y), (x1, y1) = (_along(piece, share + change) for change in (-0.02, 0.0, 0.02))
    length = math.hypot(x1 - x0, y1 - y0) or 1.0
    right, up = (y1 - y0) / length, (x1 - x0) / length  # across the line
    distance = side * (abs(right) * width / 2 + abs(up) * height / 2 + 2.0)
    return (x, y), (x + right * distance, y - up * distance)


def _along(piece: Piece, share: float) -> Point:
    """The point at this share of a piece of a line, which is a curve as `pathThrough` of page.js makes it."""
    (x0, y0), (x1, y1) = piece
    smooth = share * share * (3 - 2 * share)
    x = x0 + (x1 - x0) * (1.5 * share * (1 - share) ** 2 + 1.5 * share**2 * (1 - share) + share**3)
    return (x, y0 + (y1 - y0) * smooth)
