"""A layered layout of a graph with nested clusters, from left to right, without any program to install.

Sugiyama's method, cluster by cluster from the innermost out: ranks are longest paths, the order within a rank comes
from barycentres, the heights from least squares.  A cluster that is laid out is one box in the cluster around it, so
no two ever overlap.  An edge that crosses the border of a cluster does so at a port, and one that passes a column gets
a lane there, so that lines do not run through boxes.

Source: Sugiyama, Tagawa and Toda, IEEE Transactions on Systems, Man, and Cybernetics 11 (1981).
"""

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise, zip_longest
from typing import NamedTuple

from autograd.render.pages.columns import Link, levelled, ordered, ranks

Point = tuple[float, float]

GAP = 62.0
"""Between columns: room for a local partial on each line."""
BETWEEN = 9.0
"""Half the space between the boxes of a column."""
PADDING = 12.0
HEADER = 22.0
"""Above the boxes of a cluster, for its title."""
MANY = 24
"""More lines than this between two columns have a gap of SLOPE times what they climb on average, STEEPEST at most."""
SLOPE, STEEPEST = 0.45, 320.0
LANES = 20_000  # beyond, lines run straight: their lanes would outnumber the boxes


class Port(NamedTuple):
    """Where lines cross the border of a cluster: those to one box together, or each by itself; they leave together."""

    side: str  # "in" or "out"
    cluster: str
    box: str
    source: str = ""
    """Where the line comes from, if it enters by itself."""


End = str | Port
"""Of a hop; what it ends at is an item of a level too: a box, a cluster, or a port of the cluster itself."""


class Hop(NamedTuple):
    """A part of an edge, directly inside one cluster (None: the page)."""

    cluster: str | None
    start: End
    end: End


@dataclass(slots=True)
class Rectangle:
    """A place: the corner at the top left, and the size."""

    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> float:
        """Half way down."""
        return self.y + self.height / 2


@dataclass(slots=True)
class Layout:
    """Where everything is: boxes and clusters by key, and for each edge the points its line goes through."""

    rectangles: dict[str, Rectangle]
    routes: list[list[Point]]
    width: float
    height: float


@dataclass(slots=True)
class _Level:
    """What is directly inside one cluster: its items, the hops between them; then, the corner being 0, its layout."""

    sizes: dict[End, tuple[float, float]] = field(default_factory=dict)
    hops: dict[tuple[End, End], None] = field(default_factory=dict)
    places: dict[End, Rectangle] = field(default_factory=dict)
    lanes: dict[tuple[End, End], list[Point]] = field(default_factory=dict)
    ends: dict[tuple[End, End], float] = field(default_factory=dict)
    """How far below the middle of its box a hop ends, where the order of lines is known before."""
    columns: dict[End, tuple[float, float]] = field(default_factory=dict)
    """Where the column of an item begins and ends."""
    width: float = 0.0
    height: float = 0.0


def lay_out_layers(
    sizes: Mapping[str, tuple[float, float]],
    edges: Sequence[tuple[str, str]],
    inside: Mapping[str, str | None],
    reading: Sequence[str] = (),
    apart: Collection[str] = (),
) -> Layout:
    """Places for boxes of these sizes, and routes for the edges between them.

    Args:
        sizes: Width and height of each box.
        edges: From box to box, operand before result.
        inside: The cluster directly around each box and each cluster; None, or nothing, for the page itself.
        reading: Boxes and clusters to be read from top to bottom, in this order.  Boxes in a cluster stand in its first
            column, and what comes into a cluster from one on the page stands before all clusters.
        apart: Boxes to which each line comes by itself, and not through one port with the others.

    >>> layout = lay_out_layers({"a": (10, 10), "b": (10, 10)}, [("a", "b")], {})
    >>> layout.rectangles["a"].x < layout.rectangles["b"].x, layout.routes
    (True, [[(10.0, 5.0), (72.0, 5.0)]])
    """
    around = {key: _around(key, inside) for key in sizes}
    levels: dict[str | None, _Level] = {None: _Level()}
    for key, size in sizes.items():
        for cluster in around[key]:
            levels.setdefault(cluster, _Level())
        levels[inside.get(key)].sizes[key] = (float(size[0]), float(size[1]))
    journeys = [_journey(source, target, around, target in apart) for source, target in edges]
    for hop in (hop for journey in journeys for hop in journey):
        level = levels[hop.cluster]
        level.hops[hop.start, hop.end] = None
        for end in (hop.start, hop.end):
            if isinstance(end, Port) and end.cluster == hop.cluster:
                level.sizes[end] = (0.0, 0.0)
    order = {key: i for i, key in enumerate(reading)}
    if reading:
        for journey, below in zip(journeys, _ends(edges, sizes, order, inside), strict=True):
            home, start, end = journey[-1]
            if end in apart:
                levels[home].ends.setdefault((start, end), below)
    clusters = [cluster for cluster in levels if cluster is not None]
    clusters.sort(key=lambda cluster: -len(_around(cluster, inside)))
    for cluster in clusters:
        level = levels[cluster]
        _arrange(cluster, level, levels, order)
        size = level.width + 2 * PADDING, level.height + 2 * PADDING + HEADER
        levels[inside.get(cluster)].sizes[cluster] = size
    _arrange(None, levels[None], levels, order)
    page = _Page(levels, clusters[::-1])
    routes = [page.route(journey) for journey in journeys]
    _fan_out(edges, routes, page.rectangles)
    for (source, target), route in zip(edges, routes, strict=True):
        page.lead_through_columns(source, target, route)
    return Layout(page.rectangles, routes, levels[None].width, levels[None].height)


def _around(key: str, inside: Mapping[str, str | None]) -> list[str]:
    """The clusters around a box or cluster, the innermost first."""
    found: list[str] = []
    cluster = inside.get(key)
    while cluster is not None:
        found.append(cluster)
        cluster = inside.get(cluster)
    return found


def _ends(
    edges: Sequence[tuple[str, str]],
    sizes: Mapping[str, tuple[float, float]],
    order: Mapping[str, int],
    inside: Mapping[str, str | None],
) -> list[float]:
    """How far below the middle of its target each edge should end: the operands from top to bottom.

    A parameter beside it and what comes from elsewhere alternate, as the w and x of Σwᵢxᵢ+b go together.
    """
    arriving: defaultdict[str, list[int]] = defaultdict(list)
    for i, (_, target) in enumerate(edges):
        arriving[target].append(i)
    ends = [0.0] * len(edges)
    for target, found in arriving.items():
        beside: list[int] = []
        others: list[int] = []
        for i in found:
            source = edges[i][0]
            (beside if source in order and inside.get(source) == inside.get(target) is not None else others).append(i)
        turns = [i for pair in zip_longest(beside, others) for i in pair if i is not None]
        room = 0.7 * sizes[target][1] / len(turns)
        for turn, i in enumerate(turns):
            ends[i] = room * (turn - (len(turns) - 1) / 2)
    return ends


def _journey(source: str, target: str, around: Mapping[str, Sequence[str]], apart: bool) -> list[Hop]:
    """The hops of one edge: out of the clusters around its source, and into those around its target."""
    common = set(around[source]) & set(around[target])
    leaving = [cluster for cluster in around[source] if cluster not in common]
    entering = [cluster for cluster in around[target] if cluster not in common]
    meeting = next((cluster for cluster in around[source] if cluster in common), None)
    starts: list[End] = [source, *(Port("out", cluster, source) for cluster in leaving)]
    ends: list[End] = [target, *(Port("in", cluster, target, source if apart else "") for cluster in entering)]
    return [
        *(Hop(cluster, *hop) for cluster, hop in zip(leaving, pairwise(starts), strict=True)),
        Hop(meeting, starts[-1], ends[-1]),
        *(Hop(c, b, a) for c, (a, b) in list(zip(entering, pairwise(ends), strict=True))[::-1]),
    ]


# ---------------------------------------------------------------- one level


def _arrange(cluster: str | None, level: _Level, levels: Mapping[str | None, _Level], order: Mapping[str, int]) -> None:
    """Give every item of a level its place, and every hop that passes a column its lanes."""
    items = list(level.sizes)
    index = {item: i for i, item in enumerate(items)}
    hops = [(index[_item(a, cluster)], index[_item(b, cluster)], a, b) for a, b in level.hops]
    framed = {i for i, item in enumerate(items) if item in levels}
    rank = _ranks_with_ports(items, [(a, b) for a, b, *_ in hops], order, cluster, framed)
    heights = [level.sizes[item][1] for item in items]
    links: list[Link] = []
    lanes: dict[tuple[End, End], list[int]] = {}
    spans = sum(max(0, rank[b] - rank[a] - 1) for a, b, *_ in hops)
    for a, b, start, end in hops:
        span = rank[b] - rank[a]
        if span < 1 or (span > 1 and spans > LANES):
            continue
        lane = list(range(len(rank), len(rank) + span - 1))
        rank.extend(range(rank[a] + 1, rank[b]))
        heights.extend(0.0 for _ in lane)
        lanes[start, end] = lane
        stops = [(a, _offset(start, cluster, levels)), *((i, 0.0) for i in lane), (b, _offset(end, cluster, levels))]
        stops[-1] = b, stops[-1][1] + level.ends.get((start, end), 0.0)
        links.extend(Link(*left, *right) for left, right in pairwise(stops))
    columns: list[list[int]] = [[] for _ in range(max(rank, default=-1) + 1)]
    for i, column in enumerate(rank):
        columns[column].append(i)
    weights = [1.0 if height else 8.0 for height in heights]  # a lane is straight before a box is level
    gaps = [BETWEEN if height else BETWEEN / 2 for height in heights]
    read = {i: order[item] for i, item in enumerate(items) if isinstance(item, str) and item in order}
    columns = ordered(columns, heights, links, read)
    middles = levelled(columns, heights, links, weights, gaps)
    _place(level, items, columns, heights, middles, lanes, links if order else (), framed if order else ())


def _item(end: End, cluster: str | None) -> End:
    """What an end of a hop belongs to at this level: a port of a cluster within belongs to that cluster."""
    return end.cluster if isinstance(end, Port) and end.cluster != cluster else end


def _offset(end: End, cluster: str | None, levels: Mapping[str | None, _Level]) -> float:
    """How far below the middle of its item a line ends."""
    if not isinstance(end, Port) or end.cluster == cluster:
        return 0.0
    level = levels[end.cluster]
    return level.places[end].y + PADDING + HEADER - (level.height + 2 * PADDING + HEADER) / 2


def _ranks_with_ports(
    items: Sequence[End],
    arcs: Sequence[tuple[int, int]],
    order: Mapping[str, int],
    cluster: str | None,
    framed: Collection[int],
) -> list[int]:
    """Ranks, with the ports of the cluster in columns of their own before and after everything else.

    What is to be read in order stands in the first column of its cluster, and before all clusters it leads to.
    """
    ports = {i: item.side for i, item in enumerate(items) if isinstance(item, Port)}
    inner = [arc for arc in arcs if arc[0] not in ports and arc[1] not in ports]
    rank = ranks(len(items), inner)
    reached = {b for _, b in inner}
    for i, item in enumerate(items):
        if item in order and i not in reached and (cluster is not None or any(b in framed for a, b in inner if a == i)):
            rank[i] = 0
    first = 1 if "in" in ports.values() else 0
    last = max((rank[i] for i in range(len(items)) if i not in ports), default=0) + first + 1
    return [rank[i] + first if i not in ports else 0 if ports[i] == "in" else last for i in range(len(items))]


def _place(
    level: _Level,
    items: Sequence[End],
    columns: Sequence[Sequence[int]],
    heights: Sequence[float],
    middles: Sequence[float],
    lanes: Mapping[tuple[End, End], Sequence[int]],
    links: Sequence[Link],
    wide: Collection[int],
) -> None:
    """Places from columns and heights; the items `wide` are as wide as their column."""
    top = min((middles[i] - heights[i] / 2 for i in range(len(heights))), default=0.0)
    level.height = max((middles[i] + heights[i] / 2 for i in range(len(heights))), default=0.0) - top
    x, spans = 0.0, {}
    steepness = _steepness(columns, middles, links)
    for c, column in enumerate(columns):
        width = max((level.sizes[items[i]][0] for i in column if i < len(items)), default=0.0)
        for i in column:
            spans[i] = (x, x + width)
            if i < len(items):
                own, height = level.sizes[items[i]]
                own = width if i in wide else own
                level.columns[items[i]] = x, x + width
                level.places[items[i]] = Rectangle(
                    x + (width - own) / 2, middles[i] - heights[i] / 2 - top, own, height
                )
        level.width = x + width
        steep = steepness[c] if c < len(steepness) else 0.0
        bordering = not width or (c + 1 < len(columns) and all(heights[i] == 0.0 for i in columns[c + 1]))
        x += width + (PADDING / 2 if bordering else max(GAP, steep))
    for hop, lane in lanes.items():
        level.lanes[hop] = [(end, middles[i] - top) for i in lane for end in dict.fromkeys(spans[i])]


def _steepness(columns: Sequence[Sequence[int]], middles: Sequence[float], links: Sequence[Link]) -> list[float]:
    """The space after each column that a bundle of many lines needs, so that they do not run down side by side."""
    column_of = {i: c for c, column in enumerate(columns) for i in column}
    climbs: list[list[float]] = [[] for _ in columns]
    for a, above, b, below in links:
        climbs[column_of[a]].append(abs(middles[a] + above - middles[b] - below))
    return [min(STEEPEST, SLOPE * math.fsum(found) / len(found)) if len(found) > MANY else 0.0 for found in climbs]


# ---------------------------------------------------------------- all levels


class _Page:
    """The rectangles on the page, and the corner that the places of each level are measured from."""

    def __init__(self, levels: Mapping[str | None, _Level], outer_first: Sequence[str]) -> None:
        self.levels = levels
        self.rectangles: dict[str, Rectangle] = {}
        self.corners: dict[str | None, Point] = {None: (0.0, 0.0)}
        self._columns: dict[str, Point] = {}
        for cluster in (None, *outer_first):
            if cluster is not None:
                frame = self.rectangles[cluster]
                self.corners[cluster] = (frame.x + PADDING, frame.y + PADDING + HEADER)
            x, y = self.corners[cluster]
            for item, place in levels[cluster].places.items():
                if isinstance(item, str):
                    self.rectangles[item] = Rectangle(x + place.x, y + place.y, place.width, place.height)
                    left, right = levels[cluster].columns[item]
                    self._columns[item] = x + left, x + right

    def route(self, journey: Sequence[Hop]) -> list[Point]:
        """The points that the line of an edge goes through."""
        points: list[Point] = []
        for cluster, start, end in journey:
            x, y = self.corners[cluster]
            points.append(self._point(start, rightwards=True))
            points.extend((x + a, y + b) for a, b in self.levels[cluster].lanes.get((start, end), ()))
            points.append(self._point(end, rightwards=False))
        return [point for i, point in enumerate(points) if i == 0 or point != points[i - 1]]

    def lead_through_columns(self, source: str, target: str, route: list[Point]) -> None:
        """Let a line run level out of its column and into that where it ends, so that it meets no wider box there."""
        right, left = self._columns[source][1], self._columns[target][0]
        if route[0][0] < right - 1.0 and route[1][0] >= right:
            route.insert(1, (right, route[0][1]))
        if left + 1.0 < route[-1][0] and route[-2][0] <= left:
            route.insert(-1, (left, route[-1][1]))

    def _point(self, end: End, *, rightwards: bool) -> Point:
        if isinstance(end, Port):
            box = self.rectangles[end.cluster]
            y = self.corners[end.cluster][1] + self.levels[end.cluster].places[end].y
            return (box.x + (box.width if end.side == "out" else 0.0), y)
        box = self.rectangles[end]
        return (box.x + (box.width if rightwards else 0.0), box.middle)


def _fan_out(
    edges: Sequence[tuple[str, str]], routes: Sequence[list[Point]], rectangles: Mapping[str, Rectangle]
) -> None:
    """Let lines that come to a box from different places, or twice from one, end side by side."""
    seen: Counter[tuple[str, str]] = Counter()
    arriving: defaultdict[str, dict[tuple[float, float, int], list[int]]] = defaultdict(dict)
    for i, ((source, target), route) in enumerate(zip(edges, routes, strict=True)):
        x, y = route[-2]
        arriving[target].setdefault((y, x, seen[source, target]), []).append(i)
        seen[source, target] += 1
    for target, groups in arriving.items():
        room = min(14.0, rectangles[target].height * 0.7 / len(groups))
        for place, key in enumerate(sorted(groups)):
            for i in groups[key]:
                x, y = routes[i][-1]
                routes[i][-1] = (x, y + room * (place - (len(groups) - 1) / 2))
