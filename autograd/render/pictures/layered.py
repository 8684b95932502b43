"""A plan as SVG without Graphviz: laid out as the pages are, drawn in the shapes and classes that Graphviz writes."""

import html
import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

from autograd.formulas.notation import clipped, visible
from autograd.render.pages.labels import label_places
from autograd.render.pages.layout import Point, Rectangle, lay_out_layers
from autograd.render.pages.views import frame_key, frames_around, read_down
from autograd.render.pictures.arrows import Arrows
from autograd.render.pictures.dot import RESERVED, caption, fields_of, look_of
from autograd.render.pictures.plan import Plan
from autograd.render.pictures.style import FONT
from autograd.render.pictures.svg import dressed, edge_words, frame_words, titled
from autograd.render.scenes.parts import Box, Cluster, Edge
from autograd.render.scenes.words import tooltip

Piece = tuple[Point, Point]

_TEXT, _SMALL = 11.0, 9.0  # sizes of letters
_LINE = 13.0
_ACROSS, _ABOVE = 8.0, 3.0  # around the text of a field
_HEAD = 6.0  # of an arrow
_MARGIN = 11.0
_ROOM, _MOST_ROOM = 11.0, 300.0  # of an arrow that arrives, and of all of them
_THOROUGH = 150  # of more labels than this nobody reads each
_EMS = {"iljtf.,:;'|!()[] ": 0.32, "mwMW@%—…": 0.95, "−–": 0.57, "ABCDEFGHJKLNOPQRSTUVXYZ&": 0.72}


def layered_svg(drawing: Plan) -> str:
    """The picture of a plan, like that of Graphviz but for the places."""
    return _Picture(drawing).svg()


def length_of(text: str, size: float) -> float:
    """About how long a line of text in Helvetica is; nothing here knows the fonts of its reader.

    >>> length_of("mill", 10.0) < length_of("Mmmm", 10.0) < length_of("漢字漢字", 10.0)
    True
    """
    narrow = {c: ems for letters, ems in _EMS.items() for c in letters}
    return size * math.fsum(narrow.get(c, 0.57 if ord(c) < 0x1100 else 1.05) for c in text)


class _Picture:
    """The shapes of one picture, placed from left to right; `_placed` turns that into the direction asked for."""

    def __init__(self, drawing: Plan) -> None:
        self.drawing, self.colours = drawing, drawing.colours
        self.scene, self.arrows = drawing.scene, Arrows(drawing)
        self.upright = drawing.rankdir in ("LR", "RL")
        self.fields = {box.id: fields_of(box, drawing) for box in self.scene.boxes}
        self.sizes = {box.id: self._size(box) for box in self.scene.boxes}
        self._even()
        self.layout = lay_out_layers(
            {key: self._turned(size) for key, size in self.sizes.items()},
            [(edge.source, edge.target) for edge in self.scene.edges],
            frames_around(self.scene),
            reading=read_down(self.scene),
            apart={box.id for box in self.scene.boxes} - self.arrows.dense_targets,
        )

    def svg(self) -> str:
        """The whole picture."""
        width, height = self._turned((self.layout.width, self.layout.height))
        words = caption(self.drawing)
        width = max(width, length_of(words, _TEXT))
        body = [
            f'<g id="graph0" class="graph" transform="translate({_MARGIN:g} {_MARGIN:g})">',
            *(self._frame(i, cluster) for i, cluster in enumerate(self.scene.clusters)),
            *self._edges(),
            *(self._box(box) for box in self.scene.boxes),
        ]
        if words:
            height += 8.0 + _LINE
            body.append(self._text(words, (0.0, height - 3.0), colour=self.colours.muted))
        body.append("</g>\n</svg>\n")
        size = width + 2 * _MARGIN, height + 2 * _MARGIN
        return dressed("\n".join(body), size, ' xmlns="http://www.w3.org/2000/svg"', self.drawing)

    # ------------------------------------------------------------ places

    def _size(self, box: Box) -> Point:
        fields = fields_of(box, self.drawing, _reserved)
        lines = [line for field in fields for line in field.lines]
        lines += [f"mean |grad| {RESERVED}"] * (box.kind == "group")
        width = max((length_of(visible(line), _TEXT) for line in lines), default=0.0) + 2 * _ACROSS
        height = math.fsum(len(field.lines) * _LINE + 2 * _ABOVE for field in fields)
        return (max(30.0, width) if box.kind == "constant" else max(54.0, width)), max(22.0, height)

    def _even(self) -> None:
        """Parameters are as wide as the widest, and boxes of many arrows as high as these need."""
        widest = max((self.sizes[box.id][0] for box in self.scene.boxes if box.kind == "parameter"), default=0.0)
        arriving = Counter(edge.target for edge in self.scene.edges if not self.arrows.is_dense(edge))
        for box in self.scene.boxes:
            width, height = self.sizes[box.id]
            room = min(_MOST_ROOM, _ROOM * arriving[box.id])
            self.sizes[box.id] = (
                widest if box.kind == "parameter" else width if self.upright else max(width, room),
                max(height, room) if self.upright else height,
            )

    def _turned(self, pair: Point) -> Point:
        return pair if self.upright else (pair[1], pair[0])

    def _placed(self, point: Point) -> Point:
        x, y = point
        if self.drawing.rankdir in ("RL", "BT"):
            x = self.layout.width - x
        return self._turned((x, y))

    def _rectangle(self, key: str) -> Rectangle:
        place = self.layout.rectangles[key]
        a, b = self._placed((place.x, place.y)), self._placed((place.x + place.width, place.y + place.height))
        return Rectangle(min(a[0], b[0]), min(a[1], b[1]), abs(a[0] - b[0]), abs(a[1] - b[1]))

    # ------------------------------------------------------------ shapes

    def _frame(self, number: int, cluster: Cluster) -> str:
        place = self._rectangle(frame_key(cluster.path))
        depth, title = cluster.depth(self.scene), clipped(cluster.title, max(3, int(place.width / (0.55 * _TEXT))))
        shape = (
            f'<path fill="{self.colours.clusters[depth % 2]}" stroke="{self.colours.cluster_line}" '
            f'd="{_outline(place, 8.0)}"/>'
        )
        words = self._text(title, (place.x + 8.0, place.y + 14.0 if self.upright else place.y + 10.5))
        return titled(f"clust{number}", f"cluster level{depth % 2}", frame_words(cluster), shape + words)

    def _box(self, box: Box) -> str:
        place, look = self._rectangle(box.id), look_of(box, self.drawing)
        stroke = f'stroke="{look["color"]}" stroke-width="{look.get("penwidth", "1")}"'
        dashes = ' stroke-dasharray="5,2"' if "dashed" in look.get("style", "") else ""
        radius = 0.0 if look.get("shape") == "record" else min(8.0, place.height / 2)
        pieces = [f'<path fill="{look["fillcolor"]}" {stroke}{dashes} d="{_outline(place, radius)}"/>']
        y = place.y
        spare = (place.height - math.fsum(len(field.lines) * _LINE + 2 * _ABOVE for field in self.fields[box.id])) / 2
        for i, field in enumerate(self.fields[box.id]):
            if i:
                ends = f"{place.x:.1f},{y:.1f} {place.x + place.width:.1f},{y:.1f}"
                pieces.append(f'<polyline fill="none" {stroke}{dashes} points="{ends}"/>')
            x = place.x + (place.width / 2 if field.centred else _ACROSS)
            anchor = "middle" if field.centred else "start"
            for line, words in enumerate(field.lines):
                baseline = y + _ABOVE + line * _LINE + 10.0 + (spare if i == len(self.fields[box.id]) - 1 else 0.0)
                colour = look.get("fontcolor", self.colours.ink)
                pieces.append(self._text(words, (x, baseline), colour=colour, anchor=anchor))
            y += len(field.lines) * _LINE + 2 * _ABOVE
        return titled(box.id.replace(":", "-"), f"node {look['class']}", tooltip(box), "".join(pieces))

    def _edges(self) -> Iterator[str]:
        """Lines as curves that leave and arrive along the direction of the picture, and their heads."""
        texts = [self.arrows.label_of(edge) for edge in self.scene.edges]
        widest = [self.arrows.label_of(edge, _reserved) for edge in self.scene.edges]
        sizes = [self._turned((length_of(text, _SMALL) + 4.0, _SMALL + 2.0)) for text in widest]
        boxes = [self.layout.rectangles[box.id] for box in self.scene.boxes]
        dense = [
            (edge, route) for edge, route in zip(self.scene.edges, self.layout.routes) if self.arrows.is_dense(edge)
        ]
        shared = Counter(piece for _, route in dense for piece in pairwise(route))
        places = label_places(self.layout.routes, sizes, boxes, thorough=len(texts) <= _THOROUGH)
        for i, (edge, route, text, place, (room, _)) in enumerate(
            zip(self.scene.edges, self.layout.routes, texts, places, map(self._turned, sizes), strict=True)
        ):
            nothing = self.arrows.carries_nothing(edge)
            wide = ' stroke-width="2"' if edge.multiplicity > 1 else ""
            dashes = ' stroke-dasharray="5,2"' if nothing else ""
            kind, line = "edge", self.colours.line
            if self.arrows.is_dense(edge):
                sign, share = self.arrows.strength(edge)
                kind, line = f"edge dense {sign}", getattr(self.colours, sign)
                faint = f'stroke-width="{0.4 + 1.8 * share:.2f}" stroke-opacity="{0.08 + 0.6 * share:.2f}"'
                own = [piece for piece in pairwise(route) if shared[piece] == 1]
                ways = "".join(f"M{self._point(start)}L{self._point(end)}" for start, end in own)
                pieces = f'<path fill="none" stroke="{line}" {faint} d="{ways}"/>'
            else:
                pieces = self._arrow(route, line, wide + dashes)
            if text:
                pieces += self._label(text, self._placed(place[0]), self._placed(place[1]), room)
            yield titled(f"edge{i}", kind, edge_words(edge, self.drawing, nothing=nothing), pieces)
        yield from self._trunks(dense, shared)

    def _trunks(self, dense: Sequence[tuple[Edge, Sequence[Point]]], shared: Counter[Piece]) -> Iterator[str]:
        """What dense lines have in common, where they leave a box and where they come to one, drawn once."""
        drawn: set[Piece] = set()
        for edge, route in dense:
            common = [piece for piece in pairwise(route) if shared[piece] > 1 and piece not in drawn]
            drawn.update(common)
            for start, end in common:
                arrives = end == route[-1]
                way = self._arrow([start, end], self.colours.line, "") if arrives else self._line([start, end])
                yield titled(f"trunk{len(drawn)}-{edge.target}", "edge", "", way)

    def _label(self, text: str, foot: Point, middle: Point, room: float) -> str:
        """What is written on an arrow: at that end of its room that is beside the arrow."""
        (x, y), aside = middle, middle[0] - foot[0]
        side = "middle" if abs(aside) < room / 4 else "start" if aside > 0.0 else "end"
        x += {"start": -0.5, "middle": 0.0, "end": 0.5}[side] * (room - 4.0)
        return self._text(text, (x, y + 3.0), size=_SMALL, anchor=side)

    def _line(self, route: Sequence[Point]) -> str:
        return f'<path fill="none" stroke="{self.colours.line}" d="{self._curve(route)}"/>'

    def _arrow(self, route: Sequence[Point], line: str, look: str) -> str:
        x, y = route[-1]
        head = " ".join(map(self._point, [(x - _HEAD, y - 2.4), (x, y), (x - _HEAD, y + 2.4)]))
        return (
            f'<path fill="none" stroke="{line}"{look} d="{self._curve([*route[:-1], (x - _HEAD, y)])}"/>'
            f'<polygon fill="{line}" stroke="{line}" points="{head}"/>'
        )

    def _curve(self, route: Sequence[Point]) -> str:
        pieces = [f"M{self._point(route[0])}"]
        for (x0, y0), (x1, y1) in pairwise(route):
            half = (x0 + x1) / 2
            pieces.append("C" + " ".join(map(self._point, [(half, y0), (half, y1), (x1, y1)])))
        return "".join(pieces)

    def _point(self, point: Point) -> str:
        x, y = self._placed(point)
        return f"{x:.1f},{y:.1f}"

    def _text(self, words: str, place: Point, *, size: float = _TEXT, colour: str = "", anchor: str = "start") -> str:
        # a reader of SVG drops spaces at the ends and in rows
        text = re.sub(r"^ | $|(?<= ) | (?= )", "\u00a0", visible(words))
        return (
            f'<text text-anchor="{anchor}" x="{place[0]:.1f}" y="{place[1]:.1f}" '
            f'font-family="{FONT}" font-size="{size:.2f}" fill="{colour or self.colours.muted}">'
            f"{html.escape(text, quote=False)}</text>"
        )


def _reserved(_: float) -> str:
    return RESERVED


def _outline(place: Rectangle, radius: float) -> str:
    """A rectangle with round corners as a path, the shape that the style sheet knows."""
    x, y, w, h, r = place.x, place.y, place.width, place.height, radius
    corner = f"a{r:g},{r:g} 0 0 1 "
    return (
        f"M{x + r:.1f},{y:.1f}h{w - 2 * r:.1f}{corner}{r:g},{r:g}v{h - 2 * r:.1f}{corner}{-r:g},{r:g}"
        f"h{2 * r - w:.1f}{corner}{-r:g},{-r:g}v{2 * r - h:.1f}{corner}{r:g},{-r:g}z"
    )
