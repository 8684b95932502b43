"""Where everything stands on the page: with all modules open, with the innermost ones closed, with all of them closed.

A page that opens and closes modules otherwise takes out the space that they need no more; these have a layout of their
own, so that what a page begins with is as small as it can be.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from autograd.render.pages.labels import label_places
from autograd.render.pages.layout import HEADER, Layout, Rectangle, lay_out_layers
from autograd.render.scenes.parts import Cluster, Scene

ROWS = 4
"""Rows of numbers in a closed module."""
MOST_INSIDE = 150
"""Boxes and closed modules up to which the view with the innermost modules closed is laid out."""
OUTSIDE = ""


def frame_key(path: str) -> str:
    """What a layout knows the frame of a module by: its path alone may be n0, as a box is called."""
    return f"/{path}"


def frames_around(drawn: Scene) -> dict[str, str]:
    """The frame directly around each box and each frame."""
    held = [(box.id, box.cluster) for box in drawn.boxes]
    held += [(frame_key(cluster.path), cluster.parent) for cluster in drawn.clusters]
    return {key: frame_key(path) for key, path in held if path}


def read_down(drawn: Scene) -> list[str]:
    """What is read from top to bottom, where it stands in one column: inputs, parameters, the neurons of a layer."""
    leaves = [box.id for box in drawn.boxes if box.kind in ("input", "parameter")]
    return leaves + [frame_key(cluster.path) for cluster in drawn.clusters if cluster.parent]


def chains(clusters: Sequence[Cluster]) -> dict[str, list[str]]:
    """The paths of the modules around each one, the outermost first, itself the last."""
    found: dict[str, list[str]] = {OUTSIDE: []}
    for cluster in clusters:  # the outer stand before the inner
        found[cluster.path] = [*found[cluster.parent], cluster.path]
    return found


def outputs_of(drawn: Scene, around: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Of each module the operations in it that others use, or that are the result, neuron by neuron."""
    cluster = {box.id: box.cluster for box in drawn.boxes if box.operation}
    found: defaultdict[str, dict[str, None]] = defaultdict(dict)
    leaving = {edge.source: set[str]() for edge in drawn.edges}
    home = {box.id: box.cluster for box in drawn.boxes}
    for edge in drawn.edges:
        left = set(around[home[edge.source]]) - set(around[home[edge.target]])
        leaving[edge.source] |= left
    for box in drawn.boxes:
        for path in around[cluster.get(box.id, OUTSIDE)]:
            if path in leaving.get(box.id, ()) or box.kind == "result":
                found[path][box.id] = None
    place = {cluster.path: i for i, cluster in enumerate(drawn.clusters)}
    return {path: sorted(boxes, key=lambda box: place.get(home[box], -1)) for path, boxes in found.items()}


def closed_size(title: str, outputs: int) -> tuple[float, float]:
    """The width and height of a closed module: its title, and its numbers."""
    lines = title.split(": ")
    rows = min(ROWS, 2 * outputs if outputs <= 2 else outputs)
    return max(128.0, 8.3 * max(map(len, lines)) + 34.0), 12.0 + 17.0 * (len(lines) + rows)


class Views:
    """The layouts of one scene.

    Args:
        drawn: What is laid out.
        sizes: Of its boxes.
        closed_sizes: Of its modules where they are closed.
        texts: The labels of its edges.
        labelled: Whether these are shown all at once.
    """

    def __init__(
        self,
        drawn: Scene,
        sizes: Mapping[str, tuple[float, float]],
        closed_sizes: Mapping[str, tuple[float, float]],
        texts: Sequence[str],
        labelled: bool,
    ) -> None:
        self.drawn, self.sizes, self.closed_sizes, self.texts, self.labelled = (
            drawn, sizes, closed_sizes, texts, labelled,
        )  # fmt: skip
        self.around, self.frames = chains(drawn.clusters), frames_around(drawn)
        self.index = {box.id: i for i, box in enumerate(drawn.boxes)}
        self.cluster_index = {cluster.path: i for i, cluster in enumerate(drawn.clusters)}

    def data(self) -> list[dict[str, Any]]:
        """The views, that with everything open first, for the script of the page."""
        clusters = self.drawn.clusters
        holding = {cluster.parent for cluster in clusters}
        inner = [cluster.path for cluster in clusters if cluster.path not in holding]
        outer = [cluster.path for cluster in clusters if not cluster.parent]
        found = [self._view(())]
        if inner != outer and len(self._shown(inner)) <= MOST_INSIDE:
            found.append(self._view(inner))
        return [*found, self._view(outer)] if outer else found

    def _standing(self, closed: Collection[str]) -> dict[str, str]:
        """What each box is drawn as: itself, or the outermost closed module around it."""
        hidden = {path: next((p for p in chain if p in closed), None) for path, chain in self.around.items()}
        return {
            box.id: box.id if (frame := hidden[box.cluster]) is None else frame_key(frame) for box in self.drawn.boxes
        }

    def _shown(self, closed: Collection[str]) -> dict[str, None]:
        return dict.fromkeys(self._standing(closed).values())

    def _view(self, closed: Collection[str]) -> dict[str, Any]:
        drawn, closed = self.drawn, set(closed)
        stands = self._standing(closed)
        shown = dict.fromkeys(stands.values())
        sizes = {key: self.sizes[key] if key in self.sizes else self.closed_sizes[key[1:]] for key in shown}
        drawn_as: dict[tuple[str, str], int] = {}  # of the edges between two modules, or a box and one, the first
        lines: list[int] = []
        for i, edge in enumerate(drawn.edges):
            ends = stands[edge.source], stands[edge.target]
            apart = ends == (edge.source, edge.target)
            if ends[0] != ends[1] and (apart or drawn_as.setdefault(ends, i) == i):
                lines.append(i)
        pairs = [(stands[drawn.edges[i].source], stands[drawn.edges[i].target]) for i in lines]
        layout = lay_out_layers(sizes, pairs, self._inside(shown), read_down(drawn))
        texts = [self.texts[i] for i in lines]
        frames = [path for path in self.cluster_index if frame_key(path) in layout.rectangles]
        headers = [_header(layout.rectangles[frame_key(path)]) for path in frames if path not in closed]
        labels = label_places(
            layout.routes,
            [(8.0 * len(text) + 4.0, 14.0) for text in texts],
            [*(layout.rectangles[key] for key in shown), *headers],
            thorough=self.labelled,
        )
        return {
            "closed": [self.cluster_index[path] for path in frames if path in closed],
            "width": _rounded(layout.width),
            "height": _rounded(layout.height),
            "boxes": {self.index[key]: _place(layout, key) for key in shown if key in self.index},
            "clusters": {self.cluster_index[path]: _place(layout, frame_key(path)) for path in frames},
            "edges": {
                i: {"route": [[_rounded(x), _rounded(y)] for x, y in route], "label": [_rounded(x) for x in label]}
                for i, route, (_, label) in zip(lines, layout.routes, labels, strict=True)
            },
        }

    def _inside(self, shown: Collection[str]) -> dict[str, str]:
        """The frame directly around each box and each frame that is shown."""
        inside: dict[str, str] = {}
        for key in shown:
            while key in self.frames and key not in inside:
                inside[key] = self.frames[key]
                key = self.frames[key]
        return inside


def _header(frame: Rectangle) -> Rectangle:
    """Where the title of an open module stands."""
    return Rectangle(frame.x, frame.y, frame.width, HEADER)


def _place(layout: Layout, key: str) -> dict[str, float]:
    place = layout.rectangles[key]
    return {"x": _rounded(place.x), "y": _rounded(place.y), "w": _rounded(place.width), "h": _rounded(place.height)}


def _rounded(number: float) -> float:
    return round(number, 1)
