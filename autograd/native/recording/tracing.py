"""Values that are recorded for machine code: their numbers are examples, so nothing may depend on them."""

import contextlib
import gc
import math
import operator
from collections.abc import Callable, Iterator, MutableMapping, Sequence
from numbers import Real
from typing import Any
from weakref import WeakKeyDictionary

from autograd.core.graph import innermost, topological_order
from autograd.core.mode import changed, current
from autograd.core.value import Value, node
from autograd.native.recording.shares import Shares, written_out
from autograd.table import primitives
from autograd.table.primitive import Primitive, _nan

gated_product = Primitive(
    "gated_product",
    None,
    (lambda _z, _x, y: y, lambda _z, x, _y: x),
    symbol="×",
    rule="x is a gate: where it is 0, the product is 0, be y infinite or nan",
    lowering=lambda m, x, y: m.where(m.equal(x, 0.0), 0.0, x * y),
    module=__name__,
)


class Truth(Primitive):
    """A row that gives 1 where something is true, and 0 elsewhere, of a nan too: what `where` may choose by.

    Comparisons of traced Values give such, and &, |, ^ and ~ combine them.
    """

    __slots__ = ()

    def __init__(self, name: str, symbol: str, lowering: Any) -> None:
        super().__init__(
            name,
            None,
            (0.0, 0.0),
            symbol=symbol,
            lowering=lowering,
            bounded=True,
            gate=True,
            jumps=True,
            module=__name__,
        )


greater = Truth("greater", ">", lambda m, x, y: m.where(x > y, 1.0, 0.0))
at_least = Truth("at_least", "≥", lambda m, x, y: m.where(x >= y, 1.0, 0.0))
both = Truth("both", "∧", lambda m, x, y: m.where(m.equal(x, 0.0), 0.0, y))
either = Truth("either", "∨", lambda m, x, y: m.where(m.equal(x, 0.0), y, 1.0))
differ = Truth("differ", "⊻", lambda m, x, y: m.where(m.equal(x, y), 0.0, 1.0))

detached = Primitive("detached", lambda x: x, (0.0,), rule="the number without its derivative", module=__name__)


class Traced(Value):
    """A Value of a function that is being recorded: it has a number, but nothing must depend on it.

    Of an adjoint or a tangent `gate` is a Value that is 0 where none arrives, because a gate on its way is closed;
    None if one arrives always.
    """

    __slots__ = ("_gate",)

    def _refuse(self: Any, *_: Any) -> Any:
        leaves = [x for x in topological_order(self) if x.primitive is None]
        if all(isinstance(x, Whole) for x in leaves):
            for x in leaves:
                x.asked = True  # pyright: ignore[reportAttributeAccessIssue]
        raise TypeError(
            "recording for machine code: the function asks for the number of a value (if, and, == 1, max, float(), "
            ".data, math.sin …), and machine code would take the same branch for ever; use where(x > 0, a, b), "
            "maximum, minimum, abs, sign, autograd.sin …, or leave this part uncompiled; a check of what the function "
            "is given may ask autograd.example_number"
        )

    __bool__ = __float__ = __int__ = __index__ = __trunc__ = __floor__ = __ceil__ = _refuse
    __round__ = _refuse  # type: ignore[assignment]

    def __gt__(self, other: Any) -> Any:
        return self._compared(greater, self, other)

    def __ge__(self, other: Any) -> Any:
        return self._compared(at_least, self, other)

    def __lt__(self, other: Any) -> Any:
        return self._compared(greater, other, self)

    def __le__(self, other: Any) -> Any:
        return self._compared(at_least, other, self)

    def _compared(self, row: Primitive, x: Any, y: Any) -> Any:
        return row(x, y) if current().traces else self._refuse()

    def _combined(self, row: Primitive, other: Any) -> Any:
        """A truth value made of this one and of another, or of a bool."""
        if _is_truth(self) and _is_truth(other):
            return row(self, other)
        if _is_truth(self) and isinstance(other, int) and other in (-2, -1, 0, 1):  # ~True and ~False are -2 and -1
            return row(self, float(other & 1))
        return NotImplemented

    def __and__(self, other: Any) -> Any:
        return self._combined(both, other)

    def __or__(self, other: Any) -> Any:
        return self._combined(either, other)

    def __xor__(self, other: Any) -> Any:
        return self._combined(differ, other)

    __rand__, __ror__, __rxor__ = __and__, __or__, __xor__

    def __invert__(self) -> Any:
        return differ(self, 1.0) if _is_truth(self) else self._refuse()

    __hash__ = Value.__hash__

    def __eq__(self, other: object) -> Any:
        return self._refuse() if isinstance(other, Real) else NotImplemented

    def __format__(self, spec: str) -> str:
        return str(self._refuse()) if spec else repr(self)

    data = property(_refuse)  # pyright: ignore[reportIncompatibleMethodOverride, reportAssignmentType]
    item = _refuse

    def backward(self, *_: Any, **__: Any) -> None:
        """Refused: what it stores are numbers of the example, and the code would keep them."""
        raise TypeError(
            "recording for machine code: backward() stores numbers, which machine code would keep for ever; use "
            "grad(f), value_and_grad(f), or gradient(…, create_graph=True)"
        )

    def detach(self) -> Value:
        """The same number, which no derivative goes through."""
        return detached(self)  # type: ignore[no-any-return]

    def _pass_on(self, edges: Sequence[tuple[Any, Any]], row: Primitive, adjoints: dict[Any, Any]) -> bool:
        """Hand on an adjoint as a sweep does it edge by edge, but at once; False where a gate is on its way."""
        if row.gate or getattr(self, "_gate", None) is not None:
            return False
        for operand, partial in edges:
            contribution = plain_product(self, partial)
            known = adjoints.get(operand)
            adjoints[operand] = contribution if known is None else known + contribution
        return True

    @staticmethod
    def _product(factor: Any, partial: Any, row: Primitive, operands: Sequence[Any]) -> Any:
        """What sweeps multiply by: see `autograd.core.graph.product`."""
        gate = gate_of(factor)
        if gate is None and not row.gate:
            return plain_product(factor, partial)
        guarded = gate is not None and may_be_infinite(innermost(partial), operands)
        if not row.gate:
            found = plain_product(factor, partial)
            return _with_gate(primitives.where(gate, found, 0.0) if guarded else found, gate, factor)
        opening = innermost(partial)
        if opening.__class__ is float:
            return None if opening == 0.0 else _with_gate(plain_product(factor, partial), gate, factor)
        if opening.primitive is primitives.where and sorted(opening.operands[1:], key=_order) == [0.0, 1.0]:
            condition, *chosen = partial.operands if partial is opening else (None,)  # of `where`: it needs no product
            if condition is not None:
                found = primitives.where(condition, *(factor if x else 0.0 for x in chosen))
                return _with_gate(found, _both(gate, opening), factor)
        found = gated_product(partial, factor)
        return _with_gate(primitives.where(gate, found, 0.0) if guarded else found, _both(gate, opening), factor)

    @staticmethod
    def _total(known: Any, contribution: Any) -> Any:
        """What sweeps add up with: see `autograd.core.graph.total`."""
        gates = gate_of(known), gate_of(contribution)
        found = known + contribution
        return found if None in gates else _with_gate(found, gates[0] + gates[1], None)

    @staticmethod
    def _written_out(primitive: Primitive, operands: Sequence[Any]) -> Any:
        """What dual numbers apply in the place of an operation; None for itself."""
        maker = current().make
        return maker.written_out(primitive, operands) if isinstance(maker, _Maker) else None

    @staticmethod
    def _seed(seed: Any) -> Any:
        """What sweeps begin with: see `autograd.core.graph.seeded`."""
        return _with_gate(primitives.identity(seed), abs(innermost(seed)), None)


class Whole(Traced):
    """A traced number that is an integer.

    Where the function asks for it, as an index, a count, in range() or in an if, it is recorded anew with the integer
    itself, which belongs to the structure then.
    """

    __slots__ = ("asked",)


def _is_truth(x: Any) -> bool:
    return isinstance(getattr(x, "primitive", None), Truth)


class Lane(Traced):
    """A traced number that stands for each element of an array: what asks for the array itself is refused.

    NumPy would take it for an array of one object, and the sum of an array for the element itself.
    """

    __slots__ = ()

    def _is_an_array(self, *_: Any, **__: Any) -> Any:
        raise TypeError("the function asks for an array as a whole")

    __array__ = __array_function__ = _is_an_array

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        if method != "__call__" or options or any(getattr(x, "ndim", 0) for x in inputs):
            return self._is_an_array()
        operation = _UFUNCS.get(ufunc.__name__)
        return operation(*inputs) if operation else getattr(inputs[0], ufunc.__name__)(*inputs[1:])


_UFUNCS: dict[str, Callable[..., Any]] = {
    "add": operator.add, "subtract": operator.sub, "multiply": operator.mul, "divide": operator.truediv,
    "power": operator.pow, "float_power": operator.pow, "negative": operator.neg, "positive": operator.pos,
    "absolute": operator.abs, "fabs": operator.abs, "remainder": operator.mod, "floor_divide": operator.floordiv,
    "greater": operator.gt, "greater_equal": operator.ge, "less": operator.lt, "less_equal": operator.le,
    "logical_and": operator.and_, "logical_or": operator.or_, "logical_not": operator.invert,
}  # fmt: skip
"""What NumPy's functions are called here, but for those that have the name of a method."""


def gate_of(quantity: Any) -> Any:
    """The gate of an adjoint or a tangent: see `Traced`."""
    if not isinstance(quantity, Traced):
        quantity = innermost(quantity)
    return getattr(quantity, "_gate", None)


def _with_gate(found: Any, gate: Any, factor: Any) -> Any:
    """What arrives, with its gate; `factor` has its own already."""
    if gate is not None and found is not factor:
        innermost(found)._gate = gate
    return found


def _both(gate: Any, opening: Any) -> Any:
    return opening if gate is None else primitives.where(gate, opening, 0.0)


def _order(x: Any) -> float:
    return x if x.__class__ is float else -1.0


def traced(number: float, kind: type[Traced] = Traced) -> Value:
    """A leaf of what is being recorded, with an example of its number; see `tracing`.

    >>> from autograd import example_number
    >>> with tracing():
    ...     y = traced(2.0) * 3.0
    >>> example_number(y)
    6.0
    """
    return node(kind, number)


class _Maker:
    """Makes the nodes of one recording; the compiled core makes most of them itself, as `trace` tells.

    Args:
        kind: Their class.
        into: A list that they are appended to.
    """

    def __init__(self, kind: type[Traced], into: list[Value]) -> None:
        self.trace = kind, into
        self.shares: dict[Any, Shares] = {}

    def __call__(
        self, data: float, primitive: Primitive, operands: Sequence[Any], partials: Sequence[Any] | None
    ) -> Value:
        kind, into = self.trace
        made: Value | None = self.written_out(primitive, operands)
        if made is None:
            made = node(kind, data, primitive, operands, partials)
            into.append(made)
        if not current().records:  # inside `no_grad` it is recorded even so, but no derivative goes through
            made = node(kind, data, detached, (made,), (0.0,))
            into.append(made)
        return made

    def written_out(self, primitive: Primitive, operands: Sequence[Any]) -> Any:
        """What is recorded in the place of an operation; None for itself."""
        return written_out(self.shares, primitive, operands) if primitive.arity is None else None


def tracing(kind: type[Traced] = Traced, into: list[Value] | None = None) -> changed:
    """Context manager: inside, operations on `traced` Values are recorded for machine code, even within `no_grad`.

    What asks for their numbers (if, max, float(), .data) is refused with a TypeError; `example_number` tells them.
    A comparison gives a truth value that `where`, &, |, ^ and ~ take.  What is recorded is appended to `into` in order.

    >>> x = traced(2.0)
    >>> with tracing():
    ...     y = x * x
    ...     if y > 3.0:
    ...         y = -y
    Traceback (most recent call last):
        ...
    TypeError: recording for machine code: the function asks for the number of a value (if, and, == 1, max, float(), .data, math.sin …), and machine code would take the same branch for ever; use where(x > 0, a, b), maximum, minimum, abs, sign, autograd.sin …, or leave this part uncompiled; a check of what the function is given may ask autograd.example_number
    """  # noqa: E501
    return changed(
        make=_Maker(kind, [] if into is None else into), traces=True, records=True, warns=False
    )  # the machine code does not warn either


@contextlib.contextmanager
def uncollected() -> Iterator[None]:
    """Inside, the cycle collector rests: a record has no cycles, and looking for some takes a third of the time."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


# ---------------------------------------------------------------- products of sweeps


def plain_product(adjoint: Any, partial: Any) -> Any:
    """adjoint · partial, by IEEE 754 whatever their numbers will be."""
    if partial.__class__ is float:
        return adjoint if partial == 1.0 else -adjoint if partial == -1.0 else adjoint * partial
    return partial if adjoint.__class__ is float and adjoint == 1.0 else adjoint * partial


def may_be_infinite(partial: Any, operands: Sequence[Any]) -> bool:
    """Whether a partial may be infinite or nan where no gate keeps it: it would turn an adjoint of 0 into nan.

    Inputs count as finite, and as an operand so does what is made of them without a pole or an overflow of its own on
    the way: a sum, a product, a layer.
    """
    row = getattr(partial, "primitive", None)
    if row is None:
        return partial.__class__ is float and not math.isfinite(partial)
    if row.bounded:  # where its operands are
        return any(map(_is_fragile, partial.operands))
    return _is_fragile(partial) or not any(partial is x for x in operands)


_known_fragile: MutableMapping[Value, bool] = WeakKeyDictionary()


def _is_fragile(x: Any) -> bool:
    """Whether a pole or an overflow may be among what it is made of."""
    known, path = _known_fragile, [x] if isinstance(x, Value) else []
    while path:
        node = path[-1]
        row, operands = node.primitive, [y for y in node.operands if isinstance(y, Value)]
        unknown = [] if row is None or fragile(row) else [y for y in operands if y not in known]
        if unknown:
            path += unknown
        else:
            known[path.pop()] = row is not None and (fragile(row) or any(known[y] for y in operands))
    return isinstance(x, Value) and known[x]


def fragile(row: Primitive) -> bool:
    """Whether a row may give an infinity or a nan of finite numbers, or have such a partial."""
    return bool(row.domain) or row.outside is not _nan
