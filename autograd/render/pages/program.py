"""The program of a page: every number in its boxes and on its arrows, as JavaScript of the leaves.

The boxes are recorded anew on stand-ins for the leaves, partial derivatives included, and printed as any other plan is:
so the page computes what was recorded, and knows no operation by itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from autograd.core.graph import partials_of
from autograd.core.value import Value
from autograd.native.javascript.source import javascript_source
from autograd.native.planning.structure import plan_of
from autograd.native.recording.graph import Domain, Graph, take_down
from autograd.native.recording.tracing import traced, tracing
from autograd.render.scenes.parts import Box, Edge, Scene
from autograd.table.primitive import OwnSweep

NAME = "program"


@dataclass(frozen=True)
class PageProgram:
    """The program, and which of its results is which number of the page."""

    source: str
    leaves: list[int]
    """The boxes whose numbers are its inputs, in order."""
    values: list[int]
    """For each box the result that is its number; -1 for one that never changes."""
    partials: list[int]
    """The same for each edge."""


def page_program(drawn: Scene, arriving: Mapping[str, Sequence[Edge]]) -> tuple[PageProgram | None, str]:
    """The program of a scene; or None and, in words, why there is none.

    Args:
        drawn: The boxes, each after those it is made from.
        arriving: The edges to each box.
    """
    if drawn.summary:
        return None, "a summary has no numbers of its own"
    leaves = [i for i, box in enumerate(drawn.boxes) if box.kind != "constant" and box.primitive is None]
    at: dict[str, Any] = {box.id: box.data for box in drawn.boxes if box.kind == "constant"}
    inputs = [traced(drawn.boxes[i].data or 0.0) for i in leaves]
    at |= {drawn.boxes[i].id: leaf for i, leaf in zip(leaves, inputs, strict=True)}
    partials: dict[Edge, Any] = {}
    try:
        with tracing():
            for box in drawn.boxes:
                if box.primitive is not None:
                    _record(box, arriving.get(box.id, ()), at, partials)
        results = [at[box.id] for box in drawn.boxes] + [partials.get(edge) for edge in drawn.edges]
        return _printed(leaves, inputs, results, len(drawn.boxes)), ""
    except (TypeError, ValueError, ArithmeticError, AttributeError) as error:
        return None, str(error)


def _record(box: Box, arriving: Sequence[Edge], at: dict[str, Any], partials: dict[Edge, Any]) -> None:
    """Record the operation of a box, and its partials by the operands that are not constant."""
    row, node = box.primitive, box.node
    assert row is not None
    assert node is not None
    if isinstance(row, OwnSweep):
        raise TypeError(f"{row.name} hands on its gradient in a way of its own")
    source = {edge.position: edge.source for edge in arriving}
    unknown: list[Any] = [None] * len(source)  # of a step of an expansion, whose operands all have boxes
    given = node.operands if row is node.primitive else unknown
    operands = [
        at[source[i]] if i in source else x._number if isinstance(x, Value) else float(x) for i, x in enumerate(given)
    ]
    recording = next((x for x in operands if isinstance(x, Value)), None)
    if recording is None:
        at[box.id] = row.evaluate(operands)
        return
    at[box.id] = made = recording._apply_primitive(row, operands)
    found = partials_of(row, made, operands)
    partials.update((edge, found[edge.position]) for edge in arriving if edge.partial is not None)


def _printed(leaves: list[int], inputs: Sequence[Value], results: Sequence[Any], boxes: int) -> PageProgram:
    graph = Graph()
    places = {x: graph.leaf(Domain.SAMPLE) for x in inputs}
    roots = iter(take_down(graph, [x for x in results if isinstance(x, Value)], dict(places)))
    found = [next(roots) if isinstance(x, Value) else None for x in results]  # nothing is gathered: all is shown
    order = {x: i for i, x in enumerate(dict.fromkeys(x for x in found if isinstance(x, int)))}
    plan = plan_of(graph, list(places.values()), None, [], strip_outputs=list(order))
    which = [order[x] if isinstance(x, int) else -1 for x in found]
    return PageProgram(javascript_source(plan, NAME), leaves, which[:boxes], which[boxes:])
