"""Graphs too large to look at, as a few boxes: one a layer, or one a band of levels."""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter

from autograd.arguments import counted
from autograd.core.value import Value
from autograd.formulas.naming import own_names
from autograd.formulas.notation import clipped
from autograd.render.scenes.modules import Modules
from autograd.render.scenes.parts import Box, Cluster, Edge
from autograd.render.scenes.words import SHOWN

Summary = tuple[tuple[Box, ...], tuple[Edge, ...], tuple[Cluster, ...]]

_BANDS = 20
_ALONE = 12  # this many labelled leaves, or nodes before or after the layers, have boxes of their own
_OPERATIONS = 4  # this many are counted by name


def by_module(order: Sequence[Value], modules: Modules, swept: bool) -> Summary:
    """One box a layer: its name, its shape, its nodes and parameters, its gradients.

    What belongs to no layer stands before, between or after them, by how many layers it comes after.
    """
    homes = modules.membership(order)
    depth = _depth([modules.chain(path) for path in set(homes.values())])
    cut = {path: modules.chain(path)[:depth][-1] if path else "" for path in set(homes.values())}
    keys: dict[Value, str] = {}
    after: dict[Value, int] = {}
    for node in order:
        keys[node] = layer = cut[homes.get(node, "")]
        below = {(keys[x], after[x]) for x in node.operands if x.__class__ is not float}
        after[node] = max([count + (key[:1] != "" and key != layer) for key, count in below], default=0)
    outside = Counter(after[node] for node in order if not keys[node])
    last = max(outside, default=0)
    for node in order:
        if not keys[node] and outside[after[node]] > _ALONE:
            keys[node] = _beside(after[node], last)
    return _summary(order, keys, modules, swept, lambda key: key[1:] if key[:1] == " " else modules.title(key))


def _beside(after: int, last: int) -> str:
    """The key, told from a path by a space, of what is in no layer."""
    place = "before" if after == 0 else "after" if after == last else "beside"
    return f" {place} the layers" + (f", {after}" if place == "beside" and after > 1 else "")


def by_depth(order: Sequence[Value], modules: Modules, swept: bool) -> Summary:
    """One box a band of levels: what is computed at about the same distance from the leaves, counted by operation."""
    level: dict[Value, int] = {}
    for node in order:
        level[node] = 1 + max([level[x] for x in node.operands if x.__class__ is not float], default=-1)
    bands = _bands(Counter(level.values()))
    labelled = [node for node in order if node.primitive is None and node.label]
    alone = set(labelled if len(labelled) <= _ALONE else ())
    keys = {node: "" if node in alone else bands[level[node]] for node in order}
    return _summary(order, keys, modules, swept, lambda key: key)


def _bands(sizes: Counter[int]) -> list[str]:
    """For each level the title of its band: neighbouring levels share one while they are small together."""
    titles, first = ["leaves"], 1
    enough = (sizes.total() - sizes[0]) / _BANDS
    inside = 0
    for level in range(1, len(sizes)):
        inside += sizes[level]
        if inside >= enough or level + 1 == len(sizes):
            title = f"level {first}" if first == level else f"levels {first}–{level}"
            titles.extend([title] * (level + 1 - first))
            first, inside = level + 1, 0
    return titles


def _depth(chains: Iterable[tuple[str, ...]]) -> int:
    """At how many modules deep the model has more than one part: a wrapper around all of it tells nothing."""
    chains = [chain for chain in chains if chain]
    depth = 1
    while len({chain[:depth] for chain in chains}) == 1 and any(len(chain) > depth for chain in chains):
        depth += 1
    return depth


# ---------------------------------------------------------------- boxes and edges of any grouping


def _summary(
    order: Sequence[Value], keys: Mapping[Value, str], modules: Modules, swept: bool, title: Callable[[str], str]
) -> Summary:
    """The boxes of a grouping: nodes with one key share a box, those without a key have their own.

    So does the root; a layer that makes it shows it as what comes out.
    """
    root = order[-1]
    group: dict[Value, str | Value] = {node: keys[node] or node for node in order}
    made_by = group[root]
    inside_layer = isinstance(made_by, str) and made_by in modules.paths
    if not inside_layer:
        group[root] = root
    members: dict[str | Value, list[Value]] = {}
    for node, key in group.items():
        members.setdefault(key, []).append(node)
    counts: Counter[tuple[str | Value, str | Value]] = Counter()
    for node in order:
        target = group[node]
        counts.update([(group[x], target) for x in node.operands if x.__class__ is not float])
    if inside_layer:
        members[root] = [root]
        counts[made_by, root] = 1
    edges = {pair: count for pair, count in counts.items() if pair[0] is not pair[1] and pair[0] != pair[1]}
    ids: dict[str | Value, str] = {}
    boxes, names = [], own_names(order, modules.parameters)
    for key in _sorted(members, edges):
        ids[key] = f"g:{_identifier(key)}" if isinstance(key, str) else f"n{len(ids)}"
        if isinstance(key, str):
            boxes.append(_group_box(ids[key], title(key), members[key], modules, swept))
        else:
            boxes.append(_own_box(ids[key], key, root, modules, names.get(key, "")))
    lines = [Edge(ids[source], ids[target], 0, None, count) for (source, target), count in edges.items()]
    return tuple(boxes), tuple(lines), ()


def _identifier(key: str) -> str:
    return key.strip().replace(", ", "-").replace(" ", "-").replace("–", "-")


def _sorted(keys: Iterable[str | Value], edges: Iterable[tuple[str | Value, str | Value]]) -> list[str | Value]:
    """Operands first; in the order of the graph where groups are made from each other in turn."""
    sorter: TopologicalSorter[str | Value] = TopologicalSorter(dict.fromkeys(keys, ()))
    for source, target in edges:
        sorter.add(target, source)
    try:
        return list(sorter.static_order())
    except CycleError:
        return list(keys)


def _own_box(key: str, node: Value, root: Value, modules: Modules, name: str) -> Box:
    kind, path = modules.box_of(node, root)
    symbol = "" if node.primitive is None else node.primitive.symbol
    return Box(key, kind, name, symbol, node.data, node.grad, "", node=node, path=path)


def _group_box(name: str, title: str, nodes: Sequence[Value], modules: Modules, swept: bool) -> Box:
    """A group tells how many nodes, parameters and operations it has, and how large its gradients are."""
    parameters = [node for node in nodes if node in modules.parameters.paths]
    operations = Counter(node.primitive.symbol for node in nodes if node.primitive is not None)
    notes = [counted(len(nodes), "node")]
    if parameters:
        notes.append(counted(len(parameters), "parameter"))
    inputs = sum([node.primitive is None for node in nodes]) - len(parameters)
    if inputs and operations:
        notes.append(counted(inputs, "input"))
    notes.extend(f"{count:,} {clipped(symbol, SHOWN)}" for symbol, count in operations.most_common(_OPERATIONS))
    if len(operations) > _OPERATIONS:
        notes.append(counted(len(operations) - _OPERATIONS, "other operation"))
    largest = None
    if swept:
        grads = [node.grad or 0.0 for node in parameters or nodes]
        sizes = [*map(abs, grads)]
        notes.append(f"mean |grad| {math.fsum(sizes) / len(sizes) if all(map(math.isfinite, sizes)) else math.nan:.3g}")
        largest = max(grads, key=abs)
        notes.append(f"max |grad| {abs(largest):.3g}")
    return Box(name, "group", title, "", None, None, "", tuple(notes), members=len(nodes), largest=largest)
