"""The gradient of a loss over a batch, recorded: one sweep over what a sample takes, one over what the batch takes.

The derivative by a parameter is a sum over the samples.  So the sweep stops where a sample uses what does not depend on
the sample; the adjoints that arrive there are summed over the batch, and a second sweep goes on from the sums, once.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from autograd.core.graph import partials_of, topological_order
from autograd.core.value import Value
from autograd.native.recording.tracing import careful_product, may_be_infinite
from autograd.table import primitives

Term = tuple[Any, Any, bool]  # an adjoint, the partial to multiply it by, and whether that may be infinite


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


def batch_gradient(loss: Value, inputs: Iterable[Value], parameters: Sequence[Value]) -> BatchGradient:
    """Record ∂/∂θ of the sum over samples of weight · loss.

    >>> x, w = Value(3.0), Value(2.0)
    >>> found = batch_gradient(w * w * x, [x], [w])
    >>> len(found.sums), found.gradients[0].data
    (1, 12.0)
    """
    order = topological_order(loss)
    by_sample, by_batch = set(inputs), set(parameters)
    for node in order:
        if any(x in by_sample for x in node.operands if isinstance(x, Value)):
            by_sample.add(node)
        elif any(x in by_batch for x in node.operands if isinstance(x, Value)):
            by_batch.add(node)
    weight = Value(1.0)
    terms: dict[Value, list[Term]] = {loss: [(weight, 1.0, False)]}
    _sweep([node for node in order if node in by_sample], terms, by_sample | by_batch)
    sums: list[BatchSum] = []
    second: dict[Value, list[Term]] = {}
    for node in order:
        if node in by_batch and node in terms:
            adjoint = _total(terms[node])
            leaf = Value(adjoint._number if isinstance(adjoint, Value) else adjoint)
            sums.append(BatchSum(node, leaf, adjoint))
            second[node] = [(leaf, 1.0, False)]
    _sweep([node for node in order if node in by_batch], second, by_batch)
    return BatchGradient(weight, sums, [_total(second.get(x, [])) for x in parameters])


def _sweep(order: Sequence[Value], terms: dict[Value, list[Term]], within: set[Value]) -> None:
    """Add to the terms of every operand within, from the last node to the first."""
    for node in reversed(order):
        if node.primitive is None or node not in terms:
            continue
        adjoint = _total(terms.pop(node))
        own = set(node.operands)
        for x, partial in zip(node.operands, partials_of(node.primitive, node, node.operands), strict=True):
            if x.__class__ is float or x not in within or partial is None:
                continue
            if partial.__class__ is not float or partial != 0.0:
                terms.setdefault(x, []).append((adjoint, partial, may_be_infinite(partial, own)))


def _total(terms: Sequence[Term]) -> Any:
    """Σ adjoint · partial, the products that need no care in one dot."""
    if len(terms) == 1:
        return careful_product(*terms[0])
    plain, pairs = [], []
    for adjoint, partial, infinite in terms:
        if isinstance(partial, Value) and not infinite:
            pairs.append((adjoint, partial))
        else:
            plain.append(careful_product(adjoint, partial, infinite))
    if pairs:
        adjoints, partials = zip(*pairs)
        plain.append(
            primitives.dot(adjoints, partials) if len(pairs) > 1 else careful_product(pairs[0][0], pairs[0][1], False)
        )
    return primitives.sum(plain) if len(plain) > 1 else plain[0] if plain else 0.0
