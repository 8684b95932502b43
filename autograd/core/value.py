"""`Value`: a node of the graph, which is a number and how it was made.

A node holds its number and its adjoint, the primitive that made it, the operands that was applied to, and the local
partial derivative by each of them, evaluated when the operation was recorded.  So a graph is a record of what was
computed: changing `data` of a leaf afterwards (an optimiser step) changes neither the recorded numbers nor their
gradient.  A node points only at its operands, never the other way, so there are no reference cycles and a graph is
freed as soon as its root is dropped.

This is the plain core, which runs everywhere and is there to be read.  Where `autograd.accelerator` was built, a
compiled class of the same interface takes its place at the end of this module.  What operations do is in `recording`,
what `backward()` does in `sweep`; both hang their methods on the class.
"""

import gc
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from numbers import Real
from typing import TYPE_CHECKING, Any, TypeVar

from autograd.accelerator import compiled
from autograd.arguments import counted
from autograd.spellings import unknown_argument as unknown_argument_text
from autograd.table.primitive import OwnSweep, Primitive, RealNumber, as_number, shown

Operand = Any  # a Value, or anything `as_number` takes; NumPy arrays broadcast, so a result may be an array
AnyValue = TypeVar("AnyValue", bound="Value")

_new = object.__new__


class Value(RealNumber):
    """A number that remembers how it was made.

    Args:
        data: The number.
        _children, _op: For operations written by hand: the operands, and either a symbol, of a node whose `_backward`
            you then assign, or the local derivative by each operand.  Prefer `@primitive`.
        label: A name for pictures and messages.

    Raises TypeError, naming what was given, for anything but one real number.

    >>> x = Value(3.0)
    >>> Value(x.data**2, (x,), (2 * x.data,)).backward()
    >>> x.grad
    6.0
    >>> a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    >>> L = a * b + 10.0
    >>> L.backward()
    >>> a
    Value(data=2.0, grad=-3.0, label='a')
    """

    # A node of one or two operands has them in _x and _y, and its partials in _dx and _dy; the partial of a constant is
    # None.  For any other number of operands _x and _y are the tuples of operands and of partials, _dx is None and _dy
    # the tuple of the operands that are not leaves; _y is None if the row hands on adjoints in its own way.  In a leaf
    # they are not set.  Only `sweep` and `recording` know this too: for speed, see there.
    __slots__ = ("__weakref__", "_dx", "_dy", "_grad", "_number", "_uses", "_x", "_y", "label", "primitive")

    primitive: Primitive | None
    """The operation that made this node; None for a leaf."""
    label: str
    """A name for pictures and messages; empty at first."""
    _grad: Any
    _number: float
    _uses: int
    """During a sweep: edges into this node that are still to come.  Of a leaf: `UNRECORDED`, a first run, or 0."""
    _x: Any
    _y: Any
    _dx: float | None
    _dy: Any

    _level = 0  # dual numbers, which may hold Values, are on levels above

    def __init__(
        self, data: Any, _children: Sequence[Any] = (), _op: str | Sequence[float] = "", label: str = "", **unknown: Any
    ) -> None:
        if unknown:
            raise unknown_argument(*unknown)
        self._number = as_number(data, "Value: data")
        if not isinstance(label, str):
            raise TypeError(f"Value: label must be text, not {type(label).__name__}")
        self._grad = 0.0
        self.primitive = None
        self.label = label
        self._uses = 0
        if _children:
            fill_by_hand(self, _children, _op)

    # ------------------------------------------------------------ reading

    @property
    def data(self) -> float:
        """The number.  Assigning to it takes one real number and changes nothing that is recorded already."""
        return self._number

    @data.setter
    def data(self, number: Any) -> None:
        self._number = number if number.__class__ is float else as_number(number, f"data of {self!r}")

    @property
    def grad(self) -> float:
        """The adjoint ∂root/∂self of the last `backward()`; summed over all of them on a leaf.

        Assigning takes one real number, or None as users of PyTorch clear it.
        """
        grad: float = self._grad
        return grad

    @grad.setter
    def grad(self, number: Any) -> None:
        self._grad = number if number.__class__ is float or number is None else as_number(number, f"grad of {self!r}")

    @property
    def _sources(self) -> tuple[Any, ...]:
        """What a sweep hands adjoints on to: the operands, but for rows that do so in their own way."""
        if self.primitive is None:
            return ()
        if self._dy.__class__ is tuple:
            return self._x  # type: ignore[no-any-return]  # a tuple then
        return (self._x,) if self._y is None else (self._x, self._y)

    @property
    def operands(self) -> tuple[Any, ...]:
        """What the primitive was applied to: Values, and floats for constants; () for a leaf."""
        row = self.primitive
        return row.operands_of(self._sources) if isinstance(row, OwnSweep) else self._sources

    @property
    def partials(self) -> tuple[float | None, ...]:
        """∂self/∂operand for each operand, as numbers; None for constants."""
        row = self.primitive
        if row is None:
            return ()
        if isinstance(row, OwnSweep):
            return row.partials_at(self)
        if self._dy.__class__ is tuple:
            return self._y  # type: ignore[no-any-return]
        return (self._dx,) if self._y is None else (self._dx, self._dy)

    @property
    def _attributes(self) -> dict[str, Any] | None:
        """The attributes of one's own, if there are any."""
        return getattr(self, "__dict__", None)

    def __repr__(self) -> str:
        label = f", label={self.label!r}" if self.label else ""
        return f"Value(data={self._number!r}, grad={self.grad!r}{label})"

    def __rich_repr__(self) -> Iterator[tuple[str, Any] | tuple[str, Any, Any]]:
        yield "data", self._number
        yield "grad", self.grad
        yield "label", self.label, ""
        yield "op", self._op, ""

    def detach(self) -> "Value":
        """A new leaf with the same number, the same label and no history."""
        return Value(self._number, label=self.label)

    # ------------------------------------------------------------ micrograd's names

    @property
    def _backward(self) -> Callable[[], None]:
        """Adds this node's adjoint times its partials to its operands (micrograd's name); assignable."""
        if self.primitive is None:
            return _do_nothing
        if isinstance(self.primitive, ByHand):
            return self.primitive.closure
        return partial(_pass_on, self)

    @_backward.setter
    def _backward(self, closure: Callable[[], None]) -> None:
        if not callable(closure):
            raise TypeError(f"_backward must be a function without arguments, not {closure!r}")
        if self.primitive is not None:
            fill(self, ByHand(self.primitive.symbol, closure), self.operands, None)

    @property
    def _prev(self) -> set["Value"]:
        """The operands as a set of Values (micrograd's name); constants are wrapped afresh."""
        return {x if isinstance(x, Value) else node(type(self), x) for x in self.operands}

    @property
    def _children(self) -> tuple["Value", ...]:
        """The operands; constants are wrapped afresh."""
        return tuple(x if isinstance(x, Value) else node(type(self), x) for x in self.operands)

    @property
    def _local_grads(self) -> tuple[float, ...]:
        """The partials, 0 for constants."""
        return tuple(d or 0.0 for d in self.partials)

    @property
    def _op(self) -> str:
        """The symbol of the operation (micrograd's name); empty for a leaf."""
        return "" if self.primitive is None else self.primitive.symbol

    # ------------------------------------------------------------ comparing
    #
    # `==` and `hash` stay those of the object: a node is itself, whatever its number.

    def __lt__(self, other: Operand) -> Any:
        return NotImplemented if is_foreign(other) else self._number < comparable(other)

    def __le__(self, other: Operand) -> Any:
        return NotImplemented if is_foreign(other) else self._number <= comparable(other)

    def __gt__(self, other: Operand) -> Any:
        return NotImplemented if is_foreign(other) else self._number > comparable(other)

    def __ge__(self, other: Operand) -> Any:
        return NotImplemented if is_foreign(other) else self._number >= comparable(other)

    def __bool__(self) -> bool:
        return self._number != 0.0

    # ------------------------------------------------------------ freezing

    @property
    def requires_grad(self) -> bool:
        """Whether operations on this Value are recorded: True until a leaf is frozen by assigning False."""
        return not isinstance(self, Frozen)

    @requires_grad.setter
    def requires_grad(self, flag: bool) -> None:
        self.requires_grad_(flag)

    def requires_grad_(self, requires_grad: bool = True) -> "Value":
        """Freeze a leaf (False) or make it trainable again (True), and return it, as in PyTorch.

        To operations a frozen Value is a constant: it gets no edge, no gradient and no update, and what is computed
        from frozen Values and numbers only is a frozen leaf itself.  What is recorded already stays as it is.
        Raises ValueError for a Value that an operation made.

        >>> w, x = Value(3.0).requires_grad_(False), Value(2.0)
        >>> (w * x).operands
        (3.0, Value(data=2.0, grad=0.0))
        >>> (w * 2.0).operands
        ()
        """
        leaf: Any = self  # its class changes
        if self.primitive is not None:
            raise ValueError(f"requires_grad_: only a leaf can be frozen, not the result of {self.primitive.name}")
        if requires_grad != self.requires_grad:
            if type(self) not in (Value, Frozen):
                raise TypeError(f"requires_grad_: only a plain Value can be frozen, not a {type(self).__name__}")
            leaf.__class__ = Value if requires_grad else Frozen
            leaf.grad = 0.0
        return self

    if TYPE_CHECKING:  # hung on by the modules that stand above what they need

        def backward(self, gradient: float = 1.0) -> None:
            """Add the gradient to the `grad` of the leaves: `autograd.core.sweep`."""

        def latex(self) -> Any:
            """The formula in LaTeX: `autograd.showing`."""

        def _operator(self, other: Operand) -> Any: ...

        def _sign(self) -> Any: ...

        def _apply_primitive(self, primitive: Primitive, operands: Sequence[Operand]) -> "Value": ...

        __neg__ = __abs__ = _sign
        __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = _operator
        __floordiv__ = __rfloordiv__ = __mod__ = __rmod__ = __pow__ = __rpow__ = _operator


class ByHand(OwnSweep):
    """The row of a node made as Value(data, children, op): all that is known of it is its symbol and its closure."""

    __slots__ = ("closure",)

    def __init__(self, symbol: str, closure: Callable[[], None] | None = None) -> None:
        unknown = unknown_rule(symbol, "_backward closure")
        super().__init__(symbol or "closure", unknown, unknown)
        self.closure = closure or _do_nothing

    def pass_on(self, node: Any) -> None:  # noqa: ARG002
        """The closure adds to the operands itself."""
        self.closure()

    def partials_of(self, node: Any) -> tuple[float | None, ...]:
        """What the closure adds to the `grad` of each operand where that of the node is 1; each is left as it was."""
        values = {x for x in node.operands if x.__class__ is not float}
        before = [(x, x.grad) for x in (node, *values)]
        try:
            for x in values:
                x.grad = 0.0
            node.grad = 1.0
            self.closure()
            met: set[Any] = set()  # an operand that is there twice gets the sum of both
            found = []
            for x in node.operands:
                found.append(None if x.__class__ is float or x in met else x.grad)
                met.add(x)
            return tuple(found)
        finally:
            for x, grad in before:
                x.grad = grad


def fill_by_hand(made: Any, children: Any, op: Any) -> None:
    """Say how a node was made whose operands, and symbol or local derivatives, were given to the constructor."""
    if isinstance(children, str):
        raise TypeError(
            f"Value: _children must be a sequence of Values, not the text {children!r}; write label={children!r}"
        )
    operands = []
    for x in children:
        if not isinstance(x, plain_value | Value) and hasattr(x, "_level"):
            raise TypeError(
                f"Value: an operand of a node made by hand must be a Value or a float, not {x!r}; {_PREFER}"
            )
        operands.append(x if isinstance(x, plain_value | Value) else as_number(x, "Value: an operand"))
    if isinstance(op, str):
        fill(made, ByHand(op), operands, None)
        return
    if isinstance(op, bytes) or not hasattr(op, "__iter__"):
        raise TypeError(
            f"Value: after the operands comes a symbol, as '+', or the local derivative by each, not {shown(op)}"
        )
    slopes = [as_number(d, "Value: a local derivative") for d in op]
    if len(slopes) != len(operands):
        given = counted(len(slopes), "local derivative")
        raise ValueError(f"Value: {counted(len(operands), 'operand')}, but {given}; give one for each")
    unknown = unknown_rule("by_hand", "local derivatives")
    fill(made, Primitive("by_hand", unknown, unknown), operands, slopes)


_PREFER = "write the operation with @primitive instead"


def unknown_rule(symbol: str, known: str) -> Callable[..., Any]:
    """The value and the partials of a node made by hand: nobody knows them."""

    def unknown(*_: Any) -> Any:
        raise TypeError(
            f"the operation {symbol!r} was made with Value(data, children, …) and has only its {known}: it cannot be "
            f"evaluated again, differentiated forward or to second order; {_PREFER}"
        )

    return unknown


def unknown_argument(name: str) -> TypeError:
    """The error of a keyword that Value does not have."""
    return TypeError(unknown_argument_text("Value(data, label='…')", name, {"data", "label"}))


def fill(made: Value, primitive: Primitive, operands: Sequence[Any], partials: Sequence[Any] | None) -> None:
    """Say how a node was made; partials are None for a row that hands on adjoints in its own way."""
    made.primitive = primitive
    if partials is not None and len(operands) == 2:
        made._x, made._y = operands
        made._dx, made._dy = partials
    elif partials is not None and len(operands) == 1:
        (made._x,), (made._dx,), made._y, made._dy = operands, partials, None, None
    else:
        made._x, made._y, made._dx = tuple(operands), None if partials is None else tuple(partials), None
        made._dy = interior(operands)


def node(
    kind: type[AnyValue],
    data: float,
    primitive: Primitive | None = None,
    operands: Sequence[Any] = (),
    partials: Sequence[Any] | None = (),
) -> AnyValue:
    """A node of this class, made by a primitive or a leaf; whatever mode is on."""
    made = _new(kind)
    made._number = data
    made._grad = 0.0
    made.label = ""
    made.primitive = None
    made._uses = 0
    if primitive is not None:
        fill(made, primitive, operands, partials)
    return made


UNRECORDED = -1
"""What `_uses` says of a leaf that an operation made where nothing is recorded."""


def unrecorded(data: float) -> Value:
    """What an operation makes where nothing is recorded: a leaf, which cannot be the root of a sweep."""
    if compiled is not None:
        return compiled.run_leaf(data, UNRECORDED)  # type: ignore[no-any-return]
    made = node(Value, data)
    made._uses = UNRECORDED
    return made


def nothing_recorded(what: str) -> RuntimeError:
    """The error of asking such a leaf for derivatives."""
    return RuntimeError(
        f"{what}: this Value was computed inside no_grad, so nothing was recorded that could be differentiated; "
        "compute it outside of the block, or inside enable_grad(); detach() makes a leaf of its number"
    )


def interior(operands: Sequence[Any]) -> tuple[Value, ...]:
    """The operands that are not leaves: those a sweep goes on to, as often as they occur."""
    return tuple([x for x in operands if x.__class__ is not float and x.primitive is not None])


def live_values() -> int:
    """How many Values there are now, in all of the process: to see what is kept, and what is freed.

    >>> before = live_values()
    >>> x = Value(2.0)
    >>> y = x * x + 1.0
    >>> live_values() - before
    3
    >>> del y
    >>> live_values() - before
    1
    """
    if compiled is not None:
        return compiled.live_values()  # type: ignore[no-any-return]
    return sum(isinstance(x, Value) for x in gc.get_objects())


def _do_nothing() -> None:
    pass


def _pass_on(node: Value) -> None:
    row: Any = node.primitive
    for x, slope in zip(node.operands, node.partials, strict=True):
        # a grad of 0 may be one that nothing has arrived at: unlike a sweep, this cannot tell
        if node.grad and slope is not None and (slope or not row.gate):
            x.grad = (x.grad or 0.0) + node.grad * slope


NEVER_NUMBERS = (str, bytes, bytearray, complex, list, tuple, dict, set, type(None))


def is_foreign(other: object) -> bool:
    """Whether an operand may have operators of its own for Values, as an array has."""
    return not hasattr(other, "__float__") or getattr(other, "ndim", 0) != 0 or getattr(other, "_level", 0) > 0


def comparable(other: Any) -> Any:
    """What a number is compared with: the number of a Value, or a number as it is."""
    if isinstance(other, Value):
        return other._number
    return other if isinstance(other, Real) else as_number(other, "comparison: operand 2")  # Python's is exact


# ---------------------------------------------------------------- the compiled twin

# NumPy asks this before it makes an array of a scalar on the left of an operator: below the priority of its scalars, a
# Value gets to do the operation at once, six times as fast.
Value.__array_priority__ = -1.0  # type: ignore[attr-defined]

plain_value = Value

if compiled is not None:
    Value = compiled.Value  # type: ignore[misc]
    fill, node = compiled.fill, compiled.node
    for _name, _attribute in (vars(RealNumber) | vars(plain_value)).items():
        if _name not in vars(Value) and _name not in ("__slots__", "__weakref__", *plain_value.__slots__):
            setattr(Value, _name, _attribute)
    Value.__doc__ = plain_value.__doc__


class Frozen(Value):
    """A leaf that operations take for a constant: see `Value.requires_grad_`.

    A class of its own, so that recording need not ask each operand.
    """

    __slots__ = ()

    def backward(self, gradient: float = 1.0) -> None:  # noqa: ARG002
        """Refused with a RuntimeError: there is nothing to differentiate by."""
        raise RuntimeError(
            "backward: this Value is frozen, or was computed from frozen Values and numbers only, so nothing was "
            "recorded; requires_grad_(True) on what shall be trained, before the forward pass"
        )
