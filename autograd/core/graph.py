"""Reading recorded graphs: the order of their nodes, and the two sweeps over it.

Reverse and forward mode are two uses of one order and one set of local partials:

    reverse   adjoint[x] += adjoint[z] · ∂z/∂x      results before operands
    forward   tangent[z] += ∂z/∂x · tangent[x]      operands before results

Both run on numbers, or with `record=True` on Values, so that the derivative is a graph itself and can be
differentiated again.  Nothing here stores into a node; `Value.backward` has its own sweep, which keeps
adjoints in the `grad` slots and is twice as fast.
"""

import contextlib
import math
import sys
import warnings
from collections.abc import Container, Iterable, Sequence
from types import FrameType
from typing import Any, TypeVar

from autograd.accelerator import compiled
from autograd.arguments import counted
from autograd.core.mode import changed, current
from autograd.core.value import ByHand, Value
from autograd.table.primitive import ARITHMETIC_ERRORS, DomainWarning, OwnSweep, Primitive, as_number, evaluate_partial

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


def is_small(root: Value, most: int) -> bool:
    """Whether there are at most this many nodes; counting ends there, so that a million take no time.

    >>> is_small(Value(1.0) + 2.0, 2), is_small(Value(1.0) + 2.0, 1)
    (True, False)
    """
    seen = {root}
    pending = [root]
    while pending:
        for x in pending.pop().operands:
            if isinstance(x, Value) and x not in seen:
                seen.add(x)
                pending.append(x)
                if len(seen) > most:
                    return False
    return len(seen) <= most


def depending_on(inputs: Iterable[AnyNode], *roots: AnyNode) -> list[AnyNode]:
    """The nodes below the roots that are made from any of the inputs, these included, operands first.

    >>> x, w = Value(1.0, label="x"), Value(2.0, label="w")
    >>> [node.data for node in depending_on([x], x * w + w * w)]
    [1.0, 2.0, 6.0]
    """
    inputs, whole = list(inputs), _as_recorded(topological_order(*roots))
    if compiled is not None and (found := compiled.depending_on(whole, inputs)) is not None:
        return found  # type: ignore[no-any-return]
    chosen, order = set(inputs), []
    for node in whole:
        if node in chosen or not chosen.isdisjoint(node.operands):
            chosen.add(node)
            order.append(node)
    return order


def _as_recorded(order: list[AnyNode]) -> list[AnyNode]:
    """The same nodes in the order in which they were recorded, where a trace tells it.

    So the sweep over a loop is a loop: depth first it would follow the diagonals of steps over an array.
    """
    _, trace = getattr(current().make, "trace", (None, ()))
    if 4 * len(order) < len(trace) or not trace:  # a search of the whole trace would take longer than the sweep
        return order
    found = as_recorded(order, trace)
    return order if found is None else found[0] + found[1]


def as_recorded(order: list[AnyNode], trace: list[AnyNode]) -> tuple[list[AnyNode], list[AnyNode]] | None:
    """What of an order is not in a trace, and what is, as recorded; None where any of the first needs the second."""
    if compiled is not None and (found := compiled.as_recorded(order, trace)) is not None:
        return found  # type: ignore[no-any-return]
    within = set(order)
    recorded = [node for node in trace if node in within]
    known = set(recorded)
    before = [node for node in order if node not in known]
    return None if any(not known.isdisjoint(node.operands) for node in before) else (before, recorded)


def reverse_sweep(
    order: list[Value], adjoints: dict[Any, Any], *, record: bool = False, reached: set[Any] | None = None
) -> None:
    """Propagate the adjoints of some nodes to everything below them.

    Args:
        order: Nodes, each after its operands; adjoints go to operands among them only.
        adjoints: From node to adjoint; seeded by the caller, filled in place.
        record: Adjoints are recorded Values instead of numbers.
        reached: For a record that is to hold at other numbers too: the nodes that adjoints arrive at, filled in.  What
            a closed gate keeps out is recorded then as well, a product with 0, but where that is nan.

    Source: seeds, "Reverse-Mode Automatic Differentiation"; Griewank and Walther (2008), chapter 3.

    >>> x = Value(3.0)
    >>> y = x * x
    >>> adjoints = {y: 1.0}
    >>> reverse_sweep(topological_order(y), adjoints)
    >>> adjoints[x]
    6.0
    """
    within, watch = set(order), current().watch
    edges_of = recorded_edges if record else edges
    hand_down = compiled.hand_down if compiled is not None and reached is None and watch is None else None
    position = len(order)
    while position > 0:
        position -= 1
        if hand_down is not None and (position := hand_down(order, position, within, adjoints, record)) < 0:
            break
        node = order[position]
        adjoint, row = adjoints.get(node), node.primitive
        if adjoint is None or row is None:
            continue
        operands = node.operands  # once a node: the core makes the tuple when it is asked
        here = edges_of(node, operands, within)
        if reached is None and watch is None:
            pass_on = getattr(adjoint, "_pass_on", None)
            if pass_on is not None and pass_on(here, row, adjoints):
                continue
        for operand, partial in here:
            contribution = _carried(adjoint, partial, row, operands, node, operand, reached)
            if contribution is not None:
                adjoints[operand] = found = total(adjoints.get(operand), contribution, row, operands)
                if watch is not None:
                    watch.look(found, "the adjoint of an operand", row, operands, node)


def forward_sweep(
    order: Sequence[Value], tangents: dict[Any, Any], *, record: bool = False, reached: set[Any] | None = None
) -> None:
    """Propagate the tangents of some nodes to everything above them.

    Args:
        order: Nodes, each after its operands.
        tangents: From node to tangent; seeded by the caller, filled in place, but for nodes that none arrives at.
        record: Tangents are recorded Values instead of numbers.
        reached: As for `reverse_sweep`.

    Source: seeds, "Forward-Mode Automatic Differentiation"; Griewank and Walther (2008), chapter 3.

    >>> x = Value(3.0)
    >>> y = x * x
    >>> tangents = {x: 1.0}
    >>> forward_sweep(topological_order(y), tangents)
    >>> tangents[y]
    6.0
    """
    watch = current().watch
    edges_of = recorded_edges if record else edges
    hand_up = None if compiled is None or record or reached is not None or watch is not None else compiled.hand_up
    position = -1
    while (position := position + 1) < len(order):
        if hand_up is not None and (position := hand_up(order, position, tangents)) == len(order):
            break
        node = order[position]
        row = node.primitive
        if row is None or node in tangents:
            continue
        operands = node.operands
        if not any(x in tangents for x in operands):
            continue
        found = None
        for operand, partial in edges_of(node, operands, tangents):
            tangent = tangents[operand]
            contribution = _carried(tangent, partial, row, operands, operand, node, reached)
            if contribution is not None:
                found = total(found, contribution, row, operands)
        if found is not None:
            tangents[node] = found
            if watch is not None:
                watch.look(found, "its tangent", row, operands, node)


def _carried(
    factor: Any, partial: Any, row: Primitive, operands: Sequence[Any], source: Any, to: Any, reached: set[Any] | None
) -> Any:
    """What goes along an edge from source: `product`, and where that is nothing, for a record, the product with 0."""
    found = product(factor, partial, row, operands) if reached is None or source in reached else None
    if reached is None or found is not None:
        if reached is not None:
            reached.add(to)
        return found
    found = None if partial.__class__ is float and partial == 0.0 else factor * partial
    return found if found is not None and example_number(found) == example_number(found) else None


def product(factor: Any, partial: Any, row: Primitive, operands: Sequence[Any]) -> Any:
    """factor · partial, what goes along an edge of a row: by IEEE 754, so 0 · inf is nan; None where a gate is closed.

    A partial of exactly 0 closes the gate of a row that has one (`where`, `relu`, `maximum` …), whatever the factor.
    A nan that is made here, of an infinity and a 0, is warned of.  Values whose numbers are examples only, as when
    `jit` records a function, do not let them decide: they have a product of their own.
    """
    if partial.__class__ not in _PLAIN or factor.__class__ not in _PLAIN:
        own_product = getattr(factor, "_product", None)
        if own_product is not None:
            return own_product(factor, partial, row, operands)
        for x in (partial, factor):
            own_product = getattr(innermost(x), "_product", None)
            if own_product is not None:
                return own_product(factor, partial, row, operands)
    number = partial if partial.__class__ is float else example_number(partial)
    if number == 0.0 and row.gate:
        return None
    if factor.__class__ is float and factor == 1.0:
        return partial
    if partial.__class__ is float and partial == 1.0:
        return factor
    found = factor * partial
    made = found if found.__class__ is float else example_number(found)
    if made != made and number == number and (arrived := example_number(factor)) == arrived:
        warn_of_nan(row, operands, f"{arrived!r} · {number!r}")
    return found


_PLAIN = {float, Value}


def seeded(seed: Any) -> Any:
    """A seed of a sweep: None for a constant 0, which seeds nothing."""
    if seed.__class__ is float:
        return seed or None
    own_seed = getattr(innermost(seed), "_seed", None)
    return seed if own_seed is None else own_seed(seed)


def total(known: Any, contribution: Any, row: Primitive, operands: Sequence[Any]) -> Any:
    """The sum of what arrived before, None for nothing, and what arrives now along an edge of a row."""
    if known is None:
        return contribution
    own_total = getattr(innermost(contribution), "_total", None)
    if own_total is not None:
        return own_total(known, contribution)
    found = known + contribution
    if example_number(found) != example_number(found):
        a, b = example_number(known), example_number(contribution)
        if a == a and b == b:
            warn_of_nan(row, operands, f"{a!r} + {b!r}")
    return found


def look_for_nan(root: Value, seed: float) -> None:
    """Warn of what first made a nan in a sweep from root: the sweep once more, with a look at every product."""
    reverse_sweep(topological_order(root), {root: seed})


def warn_of_nan(row: Primitive, operands: Sequence[Any], product: str) -> None:
    """Emit a DomainWarning: a derivative through this row is nan, although nothing before was."""
    if current().watch is not None or not current().warns:
        return  # a watch raises
    instead = f"; use {row.instead}" if row.instead else ""
    warnings.warn(
        f"{row.name}({shown_operands(operands)}): the derivative through it is nan, because {product} arises{instead}; "
        "detect_anomaly() tells the line that recorded it",
        DomainWarning,
        stacklevel=callers_frame()[0] - 1,
    )


def shown_operands(operands: Sequence[Any]) -> str:
    """The numbers of operands, with their labels, for a message; of many the first."""
    first = [f"{example_number(x)!r}" + (f" ({x.label})" if getattr(x, "label", "") else "") for x in operands[:4]]
    return ", ".join([*first, f"… {counted(len(operands), 'operand')}"] if len(operands) > 4 else first)


def callers_frame() -> tuple[int, FrameType]:
    """The innermost frame that is not in this library, and how many frames it is above this one, itself counted."""
    depth, frame = 1, sys._getframe()
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith(("autograd.", "nn.")):
        depth, frame = depth + 1, frame.f_back
    return depth, frame


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


def edges(node: Value, operands: Sequence[Any], within: Container[Any]) -> list[tuple[Value, float | None]]:
    """The operands of a node that are within, each with its local partial."""
    row = node.primitive
    partials = row.partials_of(node) if isinstance(row, ByHand) else node.partials
    return [(x, d) for x, d in zip(operands, partials, strict=True) if d is not None and x in within]


def recorded_edges(node: Value, operands: Sequence[Any], within: Container[Any]) -> list[tuple[Value, Any]]:
    """The same, with partials that are recorded themselves."""
    row = node.primitive
    assert row is not None
    rules: Any = row.partials
    if row.is_linear:
        return [(x, rule) for x, rule in zip(operands, rules) if x in within]
    if hasattr(node, "_product"):  # its number is an example, and nobody can change it
        if rules.__class__ is tuple and row.module.startswith("autograd."):
            with contextlib.suppress(*ARITHMETIC_ERRORS):  # of constants as numbers
                return [
                    (x, rule if rule.__class__ is float else evaluate_partial(rule, node, operands))
                    for x, rule in zip(operands, rules)
                    if x.__class__ is not float and x in within
                ]
        is_constant = [x.__class__ is float or x not in within for x in operands]
        partials = recorded_partials(row, node, operands, is_constant)
        return [(x, d) for x, d in zip(operands, partials) if d is not None]
    if not isinstance(row, OwnSweep):
        now = row.evaluate([x if x.__class__ is float else x._number for x in operands])
        _must_agree(row, "result", now, node._number)
    numbers = node.partials
    is_constant = [number is None or x not in within for x, number in zip(operands, numbers)]
    found = []
    for x, number, partial in zip(operands, numbers, recorded_partials(row, node, operands, is_constant)):
        if partial is not None:
            _must_agree(row, "partial", partial if partial.__class__ is float else partial._number, number)
            found.append((x, partial))
    return found


def _must_agree(row: Primitive, what: str, now: float, then: float | None) -> None:
    """RuntimeError if a number of an operation is another one than when it was recorded."""
    if now != then and now == now and not math.isclose(now, then, rel_tol=1e-9):  # type: ignore[arg-type]
        raise RuntimeError(
            f"{row.name}: the data of an operand or the result changed after it was recorded: the {what} was {then!r} "
            f"and is now {now!r}; record it again"
        )


def recorded_partials(row: Primitive, result: Any, operands: Sequence[Any], is_constant: Sequence[bool]) -> list[Any]:
    """The partials of a row at recorded quantities.

    The formulas of a row of one's own must not ask for plain numbers then, as math.cos does: their derivative would be
    lost, so that is a TypeError; while machine code is recorded they are rows, which have no derivative.
    """
    if row.module.startswith("autograd."):
        return partials_of(row, result, operands, is_constant)
    mode = current()
    try:
        with changed(variables=(*mode.variables, [result, *operands])):
            found = partials_of(row, result, operands, is_constant)
    except TypeError:
        if not mode.traces or isinstance(row, _OpaquePartial):
            raise
        slopes = [_OpaquePartial(row, i) for i in range(len(operands))]
        return [None if constant else x.apply(result, *operands) for constant, x in zip(is_constant, slopes)]
    return [
        d if d is None or hasattr(d, "_apply_primitive") else as_number(d, f"{row.name}: partial {i}")
        for i, d in enumerate(found, 1)
    ]


class _OpaquePartial(Primitive):
    """A partial of a row as a row of (result, *operands): its formula takes plain numbers only."""

    __slots__ = ()

    def __init__(self, row: Primitive, i: int) -> None:
        def value(numbers: Sequence[float]) -> float | None:
            return numeric_partials(row, numbers[0], numbers[1:])[i]

        def unknown(result: Any, operands: Sequence[Any]) -> Any:
            if result.__class__ is float:  # what a node stores while machine code is recorded; nobody asks for it
                return [math.nan] * len(operands)
            raise TypeError(
                f"{row.name}: its partials ask for plain numbers, as math.cos does, so it can be differentiated once "
                "only; write them with autograd.cos and the like"
            )

        super().__init__(f"{row.name}: partial {i + 1}", value, unknown, module=row.module)


def numeric_partials(
    primitive: Primitive, data: float, numbers: Sequence[float], is_constant: Sequence[bool] | None = None
) -> list[float | None]:
    """The local partials at numbers, by IEEE 754; None for constants.

    Where Python's arithmetic raises, the same formulas are run on Values, which do not.
    """
    try:
        found = partials_of(primitive, data, numbers, is_constant)
        if all([d.__class__ is float or d is None for d in found]):  # noqa: C419  # a list is faster
            return found
        return [d if d is None else as_number(d, f"{primitive.name}: partial {i}") for i, d in enumerate(found, 1)]
    except ARITHMETIC_ERRORS:
        pass
    with changed(records=False, make=None, traces=False):
        found = partials_of(primitive, Value(data), [Value(number) for number in numbers], is_constant)
    return [d if d is None else d._number if isinstance(d, Value) else float(d) for d in found]


def partials_of(
    primitive: Primitive, result: Any, operands: Sequence[Any], is_constant: Sequence[bool] | None = None
) -> list[Any]:
    """The partials of a row at (result, operands): numbers at numbers, recorded Values at Values.

    A constant's partial is not evaluated (ln x in the partial of x² by its exponent): it is None.  Beside Values the
    constants are the numbers, unless said otherwise.

    >>> from autograd import mul
    >>> partials_of(mul, 6.0, [2.0, 3.0])
    [3.0, 2.0]
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
    lifted = [_lifted(x, result) if x.__class__ is float else x for x in operands]
    return [
        None if constant else evaluate_partial(partial, result, lifted)
        for partial, constant in zip(partials, is_constant, strict=True)
    ]


def _lifted(number: float, like: Any) -> Any:
    """A constant of the kind of another quantity."""
    return like.like([number]) if hasattr(like, "primal") else Value(number)
