"""Reading recorded graphs: the order of their nodes, and the two sweeps over it.

Reverse and forward mode are two uses of one order and one set of local partials:

    reverse   adjoint[x] += adjoint[z] · ∂z/∂x      results before operands
    forward   tangent[z] += ∂z/∂x · tangent[x]      operands before results

Both run on numbers, or with `record=True` on Values, so that the derivative is a graph itself and can be
differentiated again.  Nothing here stores into a node; `Value.backward` has its own sweep, which keeps
adjoints in the `grad` slots and is twice as fast.
"""

import math
from collections.abc import Container, Iterable, Sequence
from typing import Any, TypeVar

from autograd.accelerator import compiled
from autograd.core.value import Value
from autograd.table.primitive import ARITHMETIC_ERRORS, Primitive, as_number, evaluate_partial

AnyNode = TypeVar("AnyNode", bound=Any)  # a Value, or anything that has operands


def topological_order(*roots: AnyNode, above: Iterable[AnyNode] = ()) -> list[AnyNode]:
    """Every node below the roots, leaves included, each after its operands.

    Iterative: a chain of a million nodes takes no stack.  The nodes `above` bound it: it ends before them.

    >>> from autograd import Value
    >>> x = Value(2.0, label="x")
    >>> y = x * x
    >>> [node.data for node in topological_order(y + x)]
    [2.0, 4.0, 6.0]
    """
    if compiled is not None and not above and (found := compiled.topological_order(*roots)) is not None:
        return found  # type: ignore[no-any-return]
    order: list[AnyNode] = []
    seen: set[AnyNode] = set(above)
    for root in roots:
        if root in seen:
            continue
        seen.add(root)
        path = [(root, iter(root.operands))]
        while path:
            node, remaining = path[-1]
            for operand in remaining:
                if operand.__class__ is not float and operand not in seen:
                    seen.add(operand)
                    path.append((operand, iter(operand.operands)))
                    break
            else:
                order.append(node)
                path.pop()
    return order


def reachable(root: Value) -> list[Value]:
    """Every node that a sweep from root meets, in the order in which it may: each after all its users.

    Unlike the order above it follows what hands on adjoints, which for checkpointed segments is not their operands.
    """
    uses: dict[Value, int] = {root: 0}
    found = [root]
    for node in found:
        for x in node._sources:
            if x.__class__ is not float:
                if x not in uses:
                    uses[x] = 0
                    found.append(x)
                uses[x] += 1
    ready = [root]
    for node in ready:
        for x in node._sources:
            if x.__class__ is not float:
                uses[x] -= 1
                if not uses[x]:
                    ready.append(x)
    return ready


def depending_on(inputs: Iterable[AnyNode], *roots: AnyNode) -> list[AnyNode]:
    """The nodes below the roots that are made from any of the inputs, these included, operands first."""
    chosen = set(inputs)
    order = []
    for node in topological_order(*roots):
        if node in chosen or not chosen.isdisjoint(node.operands):
            chosen.add(node)
            order.append(node)
    return order


def reverse_sweep(order: Sequence[Value], adjoints: dict[Any, Any], *, record: bool = False) -> None:
    """Propagate the adjoints of some nodes to everything below them.

    Args:
        order: Nodes, each after its operands; adjoints go to operands among them only.
        adjoints: From node to adjoint; seeded by the caller, filled in place.
        record: Adjoints are recorded Values instead of numbers.

    Source: seeds, "Reverse-Mode Automatic Differentiation"; Griewank and Walther (2008), chapter 3.
    """
    within = set(order)
    edges_of = _recorded_edges if record else _edges
    for node in reversed(order):
        adjoint = adjoints.get(node)
        if adjoint is None or node.primitive is None:
            continue
        operands = node.operands
        for operand, partial in edges_of(node, operands, within):
            contribution = product(adjoint, partial, operands)
            if contribution is not None:
                known = adjoints.get(operand)
                adjoints[operand] = contribution if known is None else known + contribution


def forward_sweep(order: Sequence[Value], tangents: dict[Any, Any], *, record: bool = False) -> None:
    """Propagate the tangents of some nodes to everything above them.

    Args:
        order: Nodes, each after its operands.
        tangents: From node to tangent; seeded by the caller, filled in place.
        record: Tangents are recorded Values instead of numbers.

    Source: seeds, "Forward-Mode Automatic Differentiation"; Griewank and Walther (2008), chapter 3.
    """
    edges_of = _recorded_edges if record else _edges
    for node in order:
        if node.primitive is None or node in tangents or not any(x in tangents for x in node.operands):
            continue
        operands, total = node.operands, None
        for operand, partial in edges_of(node, operands, tangents):
            contribution = product(tangents[operand], partial, operands)
            if contribution is not None:
                total = contribution if total is None else total + contribution
        tangents[node] = 0.0 if total is None else total


def product(factor: Any, partial: Any, operands: Sequence[Any]) -> Any:
    """factor · partial without what is surely 0 (then None) or 1; 0 absorbs an infinity or a nan.

    The partial is one at these operands.  Values whose numbers are examples only, as when `jit` records a function, do
    not let them decide: they have a product of their own.
    """
    if partial.__class__ is float:
        if not partial or (factor.__class__ is float and not factor):
            return None
        return factor if partial == 1.0 else factor * partial
    if factor.__class__ is float and (not factor or factor == 1.0):
        return partial if factor else None
    if factor.__class__ is Value and partial.__class__ is Value:
        a, b = factor._number, partial._number
    else:
        for x in (factor, partial):
            own_product = getattr(innermost(x), "_product", None)
            if own_product is not None:
                return own_product(factor, partial, operands)
        a, b = example_number(factor), example_number(partial)
    if not (a and b) and not (math.isfinite(a) and math.isfinite(b)):
        return None
    return factor * partial


def innermost(quantity: Any) -> Any:
    """The number or Value below all dual numbers."""
    while hasattr(quantity, "primal"):  # a dual number
        quantity = quantity.primal
    return quantity


def example_number(quantity: Any) -> float:
    """The number of a Value, of a dual number, or of a number: also while it is recorded for machine code.

    `data` refuses to tell it then, because it is that of one example, and code that depends on it would be wrong for
    all others.  This is for checks of what a function is given, which raise or do nothing.

    >>> from autograd import Value, jit, log
    >>> def log_of_a_share(p):
    ...     if not 0.0 <= example_number(p) <= 1.0:
    ...         raise ValueError(f"a share is a number between 0 and 1, not {example_number(p)}")
    ...     return log(p)
    >>> log_of_a_share(Value(0.5)).data == jit(log_of_a_share)(0.5)
    True
    >>> jit(log_of_a_share)(2.0)
    Traceback (most recent call last):
        ...
    ValueError: a share is a number between 0 and 1, not 2.0
    """
    quantity = innermost(quantity)
    number: float = quantity._number if hasattr(quantity, "_number") else as_number(quantity, "example_number: operand")
    return number


def _edges(node: Value, operands: Sequence[Any], within: Container[Any]) -> list[tuple[Value, float | None]]:
    """The operands of a node that are within, each with its local partial."""
    return [(x, d) for x, d in zip(operands, node.partials, strict=True) if d is not None and x in within]


def _recorded_edges(node: Value, operands: Sequence[Any], within: Container[Any]) -> list[tuple[Value, Any]]:
    """The same, with partials that are recorded themselves."""
    row = node.primitive
    assert row is not None
    rules: Any = row.partials
    if row.is_linear:
        return [(x, rule) for x, rule in zip(operands, rules) if x in within]
    numbers = node.partials
    is_constant = [number is None or x not in within for x, number in zip(operands, numbers)]
    edges = []
    for x, number, partial in zip(operands, numbers, partials_of(row, node, operands, is_constant)):
        if partial is not None:
            now = partial if partial.__class__ is float else partial._number
            if now != number and not _agree(now, number):  # type: ignore[arg-type]  # a partial that is not None
                raise RuntimeError(
                    f"{row.name}: the data of an operand or the result changed after it was recorded: the "
                    f"partial by {x!r} was {number!r} and is now {now!r}; record it again"
                )
            edges.append((x, partial))
    return edges


def _agree(now: float, then: float) -> bool:
    return math.isclose(now, then, rel_tol=1e-9) or (now != now and then != then)


def partials_of(
    primitive: Primitive, result: Any, operands: Sequence[Any], is_constant: Sequence[bool] | None = None
) -> list[Any]:
    """The partials of a row at (result, operands): numbers at numbers, recorded Values at Values.

    A constant's partial is not evaluated (ln x in the partial of x² by its exponent): it is None.  Beside Values the
    constants are the numbers, unless said otherwise.
    """
    partials = primitive.partials
    if is_constant is None:
        numeric = result.__class__ is float
        is_constant = [x.__class__ is float and not numeric for x in operands]
    if not isinstance(partials, tuple):
        found = list(partials(result, operands))
        if not any(is_constant):
            return found
        return [None if constant else d for constant, d in zip(is_constant, found, strict=True)]
    try:
        return [
            None if constant else evaluate_partial(partial, result, operands)
            for partial, constant in zip(partials, is_constant, strict=True)
        ]
    except ARITHMETIC_ERRORS:
        if result.__class__ is float:
            raise
    # 1/y at a constant y of 0 raises as a number and not as a Value
    wrapped = [type(result)(x) if x.__class__ is float else x for x in operands]
    return _evaluated(partials, result, wrapped, is_constant)


def _evaluated(partials: Sequence[Any], result: Any, operands: Sequence[Any], is_constant: Sequence[bool]) -> list[Any]:
    return [
        None if constant else evaluate_partial(partial, result, operands)
        for partial, constant in zip(partials, is_constant, strict=True)
    ]
