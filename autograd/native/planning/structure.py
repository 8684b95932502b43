"""From a graph of scalars to a plan: layers and repeated work are found again."""

from collections.abc import Iterable, Sequence
from typing import cast

from autograd.native.planning.order import Order
from autograd.native.planning.packs import Packs
from autograd.native.planning.places import BatchTerm, Places
from autograd.native.planning.plan import Loop, Plan
from autograd.native.planning.sums import is_outer, outer_sums, strip_sums
from autograd.native.recording.graph import Domain, Graph, Ref


def plan_of(
    graph: Graph,
    inputs: Sequence[int],
    weight: int | None,
    parameters: Sequence[int],
    sums: Sequence[BatchTerm] = (),
    strip_outputs: Sequence[Ref] = (),
    slot_outputs: Sequence[Ref] = (),
    gradient: Sequence[Ref] = (),
) -> Plan:
    """The plan that computes these outputs of a graph.

    Args:
        graph: What to compute.
        inputs, weight, parameters: Its leaves; `weight` is the weight of a sample in the sums.
        sums: What is summed over the batch.
        strip_outputs: Results that each sample has.
        slot_outputs, gradient: Results that the batch has.
    """
    places = Places(graph, inputs, weight, parameters, sums)
    packs = Packs(places, inputs, parameters, sums)
    outer = {s for s in sums if is_outer(places, s.term)}
    results = [*strip_outputs, *slot_outputs, *gradient, *(s.term for s in sums if s not in outer)]
    factors = [x for s in sums if s in outer for x in graph.operands[cast(int, s.term)]]
    users = _users(graph, [*results, *factors])
    nodes = {domain: [i for i in sorted(users) if graph.rows[i] and graph.domains[i] == domain] for domain in Domain}
    for domain in Domain:
        packs.find(domain, nodes[domain])
    products, others = outer_sums(packs, [s for s in sums if s in outer])
    for s in others:  # a product that is part of no matrix is computed like anything else
        term = cast(int, s.term)
        nodes[Domain.SAMPLE].append(term)
        users[term] = set()
        for x in graph.operands[term]:
            users[cast(int, x)].add(term)
        results.append(term)
    kept = {x for x in results if isinstance(x, int)}
    kept.update(cast(int, x) for s in outer.difference(others) for x in graph.operands[cast(int, s.term)])
    order = Order(places, packs, users, kept)
    steps = {domain: order.steps(domain, nodes[domain]) for domain in Domain}
    single = strip_sums(places, [s for s in sums if s not in outer or s in others])
    plan = places.plan
    plan.before = [*steps[Domain.BATCH], *([Loop(1, tuple(places.copies))] if places.copies else [])]
    plan.samples = [*steps[Domain.SAMPLE], *products, *single]
    plan.after = steps[Domain.AFTER]
    plan.strip_outputs = places.output_strips(strip_outputs)
    plan.slot_outputs = [places.place(x).start if isinstance(x, int) else x for x in slot_outputs]
    plan.gradient = places.in_order(gradient)
    return plan


def _users(graph: Graph, roots: Iterable[Ref]) -> dict[int, set[int]]:
    """The nodes that roots depend on, themselves included, each with the nodes that use it."""
    users: dict[int, set[int]] = {x: set() for x in roots if isinstance(x, int)}
    for i in range(len(graph) - 1, -1, -1):
        if i in users:
            for x in graph.operands[i]:
                if isinstance(x, int):
                    users.setdefault(x, set()).add(i)
    return users
