"""The gradient of a loss over a batch, recorded: one sweep over what a sample takes, one over what the batch takes.

The derivative by a parameter is a sum over the samples.  So the sweep stops where a sample uses what does not depend on
the sample; the adjoints that arrive there are summed over the batch, and a second sweep goes on from the sums, once.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from autograd.core.graph import recorded_partials, topological_order
from autograd.core.value import Value
from autograd.native.recording.shares import Shares, are_many, written_out
from autograd.native.recording.tracing import Traced, fragile, gate_of, may_be_infinite, traced, tracing, uncollected
from autograd.table import primitives
from autograd.table.primitive import Primitive

Term = tuple[Any, Any, Primitive, Sequence[Any]]  # an adjoint, the partial to multiply it by, its row and operands


@dataclass(frozen=True)
class BatchGradient:
    """What `batch_gradient` records."""

    weight: Value
    """The leaf that stands for the weight of a sample: 1/n for a mean, 1 for a sum."""
    sums: list["BatchSum"]
    """What is to be summed over the batch between the sweeps."""
    gradients: list[Any]
    """The derivative by each parameter: a Value on the leaves of the second sweep, or a number."""


@dataclass(frozen=True)
class BatchSum:
    """Σ over the samples of what the first sweep brings to a node of the batch; `leaf` stands for it in the second."""

    node: Value
    leaf: Value
    term: Any


@uncollected()
@tracing()
def batch_gradient(loss: Value, inputs: Iterable[Value], parameters: Sequence[Value]) -> BatchGradient:
    """Record ∂/∂θ of the sum over samples of weight · loss.

    >>> x, w = Value(3.0), Value(2.0)
    >>> found = batch_gradient(w * w * x, [x], [w])
    >>> len(found.sums), found.gradients[0]._number
    (1, 12.0)
    """
    order = topological_order(loss)
    by_sample, by_batch = set(inputs), set(parameters)
    for node in order:
        if any(x in by_sample for x in node.operands if isinstance(x, Value)):
            by_sample.add(node)
        elif any(x in by_batch for x in node.operands if isinstance(x, Value)):
            by_batch.add(node)
    weight = traced(1.0)
    has_gates = _needs_gates(order, loss)
    terms: dict[Value, list[Term]] = {loss: [(weight, 1.0, primitives.identity, ())]}
    within = (by_sample | by_batch).difference(inputs)
    _sweep([node for node in order if node in by_sample], terms, within, has_gates)
    sums: list[BatchSum] = []
    second: dict[Value, list[Term]] = {}
    for node in order:
        if node in by_batch and node in terms:
            adjoint = _total(terms[node], has_gates)
            leaf: Any = traced(adjoint._number if isinstance(adjoint, Value) else adjoint)
            gate = gate_of(adjoint) if has_gates and node.primitive is not None else None
            sums.append(BatchSum(node, leaf, adjoint))
            if gate is not None:
                leaf._gate = traced(gate._number)
                sums.append(BatchSum(leaf._gate, leaf._gate, gate))
            second[node] = [(leaf, 1.0, primitives.identity, ())]
    _sweep([node for node in order if node in by_batch], second, by_batch, has_gates)
    return BatchGradient(weight, sums, [_total(second.get(x, []), has_gates) for x in parameters])


def with_shares(outputs: Sequence[Any]) -> list[Any]:
    """The outputs with shares of many numbers as what these have in common, else as they are.

    >>> from autograd import softmax
    >>> xs = [Value(0.01 * k) for k in range(100)]
    >>> loss = primitives.sum(softmax(xs))
    >>> (found,) = with_shares([loss])
    >>> sum(len(x.operands) for x in topological_order(loss)), sum(len(x.operands) for x in topological_order(found))
    (10100, 1608)
    """
    order = topological_order(*[x for x in outputs if isinstance(x, Value)])
    at: dict[Any, Any] = {}
    known: dict[Any, Shares] = {}
    if any(are_many(node.primitive, node.operands) for node in order):
        with tracing():
            for node in order:
                operands = [at.get(x, x) if isinstance(x, Value) else x for x in node.operands]
                if node.primitive is None:
                    continue
                found = written_out(known, node.primitive, operands)
                if found is None and any(x in at for x in node.operands if isinstance(x, Value)):
                    found = node._apply_primitive(node.primitive, operands)
                if found is not None:
                    at[node] = found
    return [at.get(x, x) if isinstance(x, Value) else x for x in outputs]


def _needs_gates(order: Sequence[Value], loss: Value) -> bool:
    """Whether anything that only gates lead to may have an infinite partial: else what they keep need not be known."""
    always = {loss}
    for node in reversed(order):
        if node.primitive is not None:
            if node in always and not node.primitive.gate:
                always.update(x for x in node.operands if isinstance(x, Value))
            elif fragile(node.primitive):
                return True
    return False


def _sweep(order: Sequence[Value], terms: dict[Value, list[Term]], within: set[Value], has_gates: bool) -> None:
    """Add to the terms of every operand within, from the last node to the first."""
    for node in reversed(order):
        if node.primitive is None or node not in terms:
            continue
        adjoint = _total(terms.pop(node), has_gates)
        row, operands = node.primitive, node.operands  # once: the core makes the tuple when it is asked
        is_constant = [x.__class__ is float or x not in within for x in operands]
        partials = recorded_partials(row, node, operands, is_constant)
        for x, partial in zip(operands, partials, strict=True):
            if partial is not None and (partial.__class__ is not float or partial != 0.0 or not row.gate):
                terms.setdefault(x, []).append((adjoint, partial, row, operands))


def _total(terms: Sequence[Term], has_gates: bool) -> Any:
    """Σ adjoint · partial, the products that need no care in one dot."""
    careful, pairs, gates = [], [], []
    for adjoint, partial, row, operands in terms:
        gate = gate_of(adjoint) if has_gates else None
        guarded = gate is not None and may_be_infinite(partial, operands)
        if isinstance(partial, Value) and not row.gate and not guarded and len(terms) > 1:
            pairs.append((adjoint, partial))
            gates.append(gate)
        else:
            term = Traced._product(adjoint, partial, row, operands)
            if term is not None:
                careful.append(term)
                gates.append(gate_of(term))
    if len(pairs) > 1:
        careful.append(primitives.dot(*zip(*pairs)))
    elif pairs:
        careful.append(pairs[0][0] * pairs[0][1])
    found: Any = primitives.sum(careful) if len(careful) > 1 else careful[0] if careful else 0.0
    if has_gates and len(gates) > 1 and None not in gates:
        found._gate = primitives.sum(gates)
    return found
