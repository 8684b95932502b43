"""Boxes of a large graph that belong to no module, in nested bands by depth, so that a page can open summarised."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace

from autograd.render.scenes.parts import Box, Cluster, Scene

PARTS = 4
"""A band is divided into so many: they stand in one row, which a window is wide enough for."""
FEWEST = 24
"""A band of no more boxes than this is not divided."""
ALONE = 12
"""Up to this many boxes of no module, and labelled leaves, stand by themselves."""


def with_bands(drawn: Scene) -> Scene:
    """The scene with a cluster around each band of boxes that no module holds.

    A band is a stretch of the order by depth, so nothing runs back into it.  Leaves stand beside their first user.  The
    result, and labelled leaves if there are few, stay outside.  What stands before the modules, between them and after
    them is banded apart.
    """
    depth, place = _depths(drawn)
    labelled = [box for box in drawn.boxes if not box.operation and box.name and box.kind == "input"]
    alone = {box.id for box in (labelled if len(labelled) <= ALONE else ())}
    loose: defaultdict[int, list[Box]] = defaultdict(list)
    for box in drawn.boxes:
        if not box.cluster and box.kind != "result" and box.id not in alone:
            loose[place[box.id]].append(box)
    inside: dict[str, str] = {}
    clusters: list[Cluster] = []
    for where, boxes in loose.items():
        if len(boxes) > ALONE:
            boxes.sort(key=lambda box: depth[box.id])
            clusters.extend(_divided(f"band{where}", "", boxes, depth, inside))
    housed = tuple(replace(box, cluster=inside.get(box.id, box.cluster)) for box in drawn.boxes)
    return replace(drawn, boxes=housed, clusters=(*drawn.clusters, *clusters))


def _depths(drawn: Scene) -> tuple[dict[str, float], dict[str, int]]:
    """How many operations are below each box, and how many modules it comes after."""
    users: defaultdict[str, list[str]] = defaultdict(list)
    operands: defaultdict[str, list[str]] = defaultdict(list)
    for edge in drawn.edges:
        users[edge.source].append(edge.target)
        operands[edge.target].append(edge.source)
    cluster = {box.id: box.cluster for box in drawn.boxes}
    depth: dict[str, float] = {}
    place: dict[str, int] = {}
    for box in drawn.boxes:
        below = operands[box.id]
        depth[box.id] = 1 + max((depth[x] for x in below), default=-1)
        place[box.id] = max((place[x] + (cluster[x] != "" and cluster[x] != box.cluster) for x in below), default=0)
    for box in drawn.boxes:
        if not box.operation and users[box.id]:
            first = min(users[box.id], key=depth.__getitem__)
            depth[box.id], place[box.id] = depth[first] - 0.5, place[first]
    return depth, place


def _divided(
    path: str, parent: str, boxes: Sequence[Box], depth: dict[str, float], inside: dict[str, str]
) -> Iterator[Cluster]:
    """The bands of these boxes, the outer before the inner; at the top there is one only if it is small."""
    size = -(-len(boxes) // PARTS)
    whole = len(boxes) <= FEWEST
    for i in range(0, len(boxes), len(boxes) if whole else size):
        some = boxes[i:] if whole else boxes[i : i + size]
        key = f"{path}.{i}"
        first, last = (int(depth[box.id] + 0.5) for box in (some[0], some[-1]))
        yield Cluster(key, f"level: {first}" if first == last else f"levels: {first}–{last}", parent)
        inside.update((box.id, key) for box in some)
        if len(some) > FEWEST:
            yield from _divided(key, key, some, depth, inside)
