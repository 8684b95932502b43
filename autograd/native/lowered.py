"""From what was recorded to a plan: the one way that `jit`, `compile` and native steps take."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from autograd.core.value import Value
from autograd.native.interpreter import Recorded
from autograd.native.planning.places import BatchTerm
from autograd.native.planning.plan import Plan
from autograd.native.planning.structure import plan_of
from autograd.native.recording.derivative import BatchGradient
from autograd.native.recording.graph import Domain, Graph, Ref, gathered, take_down
from autograd.native.recording.tracing import uncollected


@dataclass(frozen=True, eq=False)
class Lowered:
    """A plan, and what it was made of."""

    plan: Plan
    recorded: Recorded
    nodes: int
    """Recorded ones, gradients included."""
    nodes_after: int
    """Of these, after common subexpressions were shared and sums gathered."""


@uncollected()
def lowered(
    outputs: Sequence[Any],
    inputs: Sequence[Value],
    parameters: Sequence[Value] = (),
    gradient: BatchGradient | None = None,
    pieces: bool = True,
) -> Lowered:
    """The plan of recorded outputs.

    Args:
        outputs: Values or numbers.  Each sample has them; with a gradient they are sums over the batch.
        inputs: The leaves that each sample has numbers for.
        parameters: The leaves that the batch shares.
        gradient: The derivatives of the first output by the parameters.
        pieces: See `Graph`.
    """
    graph = Graph(pieces)
    leaves: dict[Value, int] = {x: graph.leaf(Domain.SAMPLE) for x in inputs}
    leaves |= {p: graph.leaf(Domain.BATCH) for p in parameters}
    totals: list[int] = []
    if gradient is None:
        roots = take_down(graph, outputs, leaves)
    else:
        leaves[gradient.weight] = graph.leaf(Domain.SAMPLE)
        leaves |= {s.leaf: graph.leaf(Domain.AFTER) for s in gradient.sums}
        totals = [graph.leaf(Domain.AFTER) for _ in outputs]
        summed = [gradient.weight * x for x in outputs]
        roots = take_down(graph, [*summed, *(s.term for s in gradient.sums), *gradient.gradients], leaves)
    count = len(graph)
    graph, roots, at = gathered(graph, roots)
    places = {x: as_index(at[leaf]) for x, leaf in leaves.items()}
    by_inputs, by_parameters = ([places[x] for x in xs] for xs in (inputs, parameters))
    if gradient is None:
        plan = plan_of(graph, by_inputs, None, by_parameters, strip_outputs=roots)
    else:
        terms, adjoints = roots[: len(totals)], roots[len(totals) :]
        position = {p: i for i, p in enumerate(parameters)}
        sums = [BatchTerm(as_index(at[total]), None, term) for total, term in zip(totals, terms, strict=True)]
        sums += [
            BatchTerm(places[s.leaf], position.get(s.node), term)
            for s, term in zip(gradient.sums, adjoints, strict=False)
        ]
        slot_outputs, by_each = [at[total] for total in totals], adjoints[len(gradient.sums) :]
        weight = places[gradient.weight]
        plan = plan_of(graph, by_inputs, weight, by_parameters, sums, slot_outputs=slot_outputs, gradient=by_each)
    return Lowered(plan, Recorded(outputs, inputs, parameters), count, len(graph))


def as_index(x: Ref) -> int:
    """A reference that is no number."""
    assert isinstance(x, int)
    return x
