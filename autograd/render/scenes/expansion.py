"""Operations on many operands, written out in multiplications and additions.

The `expansion` of a row is a formula in the operators of Values.  It is run on stand-ins for the operands, so numbers,
partials and adjoints of what is inside come from the engine itself.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from autograd.core.graph import reverse_sweep, topological_order
from autograd.core.mode import enable_grad
from autograd.core.value import Value
from autograd.table.primitive import Primitive


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One operation as it is shown: a node with its own row and operands, or a part of one."""

    node: Value
    primitive: Primitive | None
    operands: Sequence[Any]
    partials: Sequence[float | None]
    symbol: str = ""
    """What is written in its box, if not the symbol of its row."""


def expanded_size(node: Value) -> int:
    """About how many boxes a node takes when it is expanded: exact but for constants."""
    row = node.primitive
    return 1 if row is None or row.expansion is None else max(1, len(node.operands) - 1)


def steps_of(node: Value, expand: bool) -> Iterator[Step]:
    """The operations that make a node, the node itself last: one, or those of its expansion.

    >>> x, y = Value(2.0), Value(3.0)
    >>> from autograd import dot
    >>> z = dot([x, y], [x, y])
    >>> z.backward()
    >>> [(step.primitive.name, step.node.data, step.node.grad) for step in steps_of(z, True)]
    [('mul', 4.0, 1.0), ('mul', 9.0, 1.0), ('add', 13.0, 1.0)]
    """
    row = node.primitive
    formula = row.expansion if expand and row is not None else None
    if formula is None:
        yield Step(node, row, node.operands, node.partials)
        return
    with enable_grad():
        stand_ins = [Value(x) if isinstance(o, Value) else o for o, x in zip(node.operands, _recorded(node))]
        result = formula(stand_ins)
    if not isinstance(result, Value) or result.primitive is None:  # a sum of one operand is that operand
        yield Step(node, row, node.operands, node.partials)
        return
    originals = {x: o for x, o in zip(stand_ins, node.operands) if isinstance(x, Value)}
    order = topological_order(result)
    adjoints: dict[Any, Any] = {result: node.grad}
    reverse_sweep(order, adjoints)
    for inner in order:
        if inner not in originals:
            inner.grad = adjoints.get(inner, 0.0)
            operands = [originals.get(x, x) if isinstance(x, Value) else x for x in inner.operands]
            yield Step(node if inner is result else inner, inner.primitive, operands, inner.partials)


def _recorded(node: Value) -> list[float]:
    """The numbers of the operands when they were recorded, where the partials tell: an optimiser may have stepped."""
    numbers = [float(x) if x.__class__ is float else x.data for x in node.operands]
    if node.primitive is not None and node.primitive.parts is not None:
        by_weights, by_inputs, _ = node.primitive.parts(node.partials)
        recorded = (*by_inputs, *by_weights)  # ∂(w·x)/∂w is x, and the other way round
        numbers = [x if partial is None else partial for x, partial in zip_longest(numbers, recorded)]
    return numbers
