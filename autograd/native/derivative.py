"""The gradient of a loss over a batch, recorded: one sweep over what a sample takes, one over what the batch takes.

The derivative by a parameter is a sum over the samples.  So the sweep stops where a sample uses what does not depend on
the sample; the adjoints that arrive there are summed over the batch, and a second sweep goes on from the sums, once.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from autograd import primitives
from autograd.engine import Value
from autograd.graph import partials_of, topological_order
from autograd.native.lowering import LOWERINGS
from autograd.primitive import Primitive

absorbing_product = Primitive(
    "absorbing_product",
    lambda x, y: x * y if x else 0.0,
    (lambda _z, _x, y: y, lambda _z, x, _y: x),
    symbol="×",
    rule="0 times anything is 0: an adjoint that is 0 goes no further",
    module=__name__,
)
LOWERINGS["absorbing_product"] = lambda m, x, y: m.where(m.equal(x, 0.0), 0.0, x * y)

_BOUNDED = {
    primitives.step, primitives.sign, primitives.compare, primitives.sigmoid, primitives.logistic_pdf,
    primitives.tanh, primitives.sech_squared, primitives.softmax_first, primitives.sin, primitives.cos,
    primitives.direction, primitives.normal_cdf, primitives.normal_pdf, primitives.exp_minus_square,
    primitives.where, primitives.abs, primitives.neg,
}  # fmt: skip
"""Rows whose results are finite wherever their operands are: a partial made by one cannot turn a 0 into nan."""

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
            leaf = Value(adjoint.data if isinstance(adjoint, Value) else adjoint)
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
            if x.__class__ is not float and x in within and partial is not None and partial != 0.0:
                terms.setdefault(x, []).append((adjoint, partial, _may_be_infinite(partial, own)))


def _total(terms: Sequence[Term]) -> Any:
    """Σ adjoint · partial, the products that need no care in one dot."""
    if len(terms) == 1:
        return _product(*terms[0])
    plain, pairs = [], []
    for adjoint, partial, infinite in terms:
        if isinstance(partial, Value) and not infinite:
            pairs.append((adjoint, partial))
        else:
            plain.append(_product(adjoint, partial, infinite))
    if pairs:
        adjoints, partials = zip(*pairs)
        plain.append(
            primitives.dot(adjoints, partials) if len(pairs) > 1 else _product(pairs[0][0], pairs[0][1], False)
        )
    return primitives.sum(plain) if len(plain) > 1 else plain[0] if plain else 0.0


def _product(adjoint: Any, partial: Any, infinite: bool) -> Any:
    if partial.__class__ is float:
        return adjoint if partial == 1.0 else -adjoint if partial == -1.0 else adjoint * partial
    return absorbing_product(adjoint, partial) if infinite else adjoint * partial


def _may_be_infinite(partial: Any, own: set[Any]) -> bool:
    """Whether a partial may be infinite or nan where the operands are finite; an operand itself counts as finite."""
    if partial.__class__ is float or partial in own:
        return False
    return partial.primitive is not None and partial.primitive not in _BOUNDED
