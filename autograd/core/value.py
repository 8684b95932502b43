"""`Value`: a number that remembers how it was made, and backpropagation through what it remembers.

Every operation on Values makes a new node that holds

* its number (`data`) and a pointer to its primitive and its operands, and
* its local partial derivatives, one number an operand, evaluated when the operation is recorded.

So a graph is a record of what was computed: changing `data` of a leaf afterwards (an optimiser step)
changes neither the recorded numbers nor their gradient.  A node points only at its operands, never the
other way, so there are no reference cycles and a graph is freed as soon as its root is dropped.

The rules of `backward()`: leaves accumulate, as in PyTorch; intermediate nodes are reset each time; an
adjoint that is exactly zero stops where it is (0 · anything = 0), which is why the branch that `where`
did not take cannot poison a gradient with 0 · inf = nan.
"""

import gc
import operator
import sys
import threading
import warnings
from collections.abc import Callable, Sequence
from contextlib import ContextDecorator
from contextvars import ContextVar
from numbers import Real
from types import FrameType
from typing import Any

from autograd.core.graph import partials_of, topological_order
from autograd.core.node import Node, interior, layout
from autograd.core.sweep import VARIABLE, backpropagate
from autograd.table import primitives
from autograd.table.primitive import ARITHMETIC_ERRORS, DomainWarning, Primitive, as_number
from autograd.table.primitives import affine_partials, affine_value

Operand = Any  # a Value, or anything `as_number` takes; NumPy arrays broadcast, so a result may be an array

_new = object.__new__
_primitive_of = operator.attrgetter("primitive")
_EXACT = 2**53  # ints below it are floats without rounding


# ---------------------------------------------------------------- recording on and off

_pauses = 0  # in how many `no_grad` and `making` blocks all threads together are: what the hot path looks at
_pauses_lock = threading.Lock()
_pauses_here: ContextVar[int] = ContextVar("autograd_pauses_here", default=0)


class no_grad(ContextDecorator):
    """Context manager and decorator: inside, operations compute numbers and record nothing.

    Each thread, and each asyncio task, has its own.

    >>> w = Value(3.0)
    >>> with no_grad():
    ...     y = w * w
    >>> y.operands
    ()
    """

    def __enter__(self) -> "no_grad":
        _pause(+1)
        return self

    def __exit__(self, *exception: object) -> None:
        _pause(-1)


class enable_grad(ContextDecorator):
    """Context manager and decorator: inside, operations record, even within `no_grad`.

    >>> w = Value(3.0)
    >>> with no_grad(), enable_grad():
    ...     y = w * w
    >>> len(y.operands)
    2
    """

    def __init__(self) -> None:
        self._outer: list[int] = []

    def __enter__(self) -> "enable_grad":
        self._outer.append(_pauses_here.get())
        _pauses_here.set(0)
        return self

    def __exit__(self, *exception: object) -> None:
        _pauses_here.set(self._outer.pop())


def _pause(change: int) -> None:
    global _pauses
    with _pauses_lock:
        _pauses += change
    _pauses_here.set(_pauses_here.get() + change)


def maker_here() -> "Maker":
    """What makes nodes here and now."""
    return _maker_here.get()


def is_grad_enabled() -> bool:
    """Whether operations record, here and now: False inside `no_grad`."""
    return not _pauses_here.get()


class making:
    """Context manager: inside, recorded operations get their nodes from `maker`, in this thread or task.

    The maker takes what `new_node` takes: the number, the primitive, and the slots _x, _y, _dx and _dy.  It decides for
    itself what `no_grad` means, and is called inside it too.  If it has an attribute `keeps_frozen`, frozen Values are
    operands like others.
    """

    def __init__(self, maker: "Maker") -> None:
        self._maker = maker

    def __enter__(self) -> None:
        global _pauses
        with _pauses_lock:
            _pauses += 1
        self._token = _maker_here.set(self._maker)

    def __exit__(self, *exception: object) -> None:
        global _pauses
        _maker_here.reset(self._token)
        with _pauses_lock:
            _pauses -= 1


nesting: ContextVar[int] = ContextVar("autograd_nesting", default=0)
"""How many reverse-mode transforms are at work, here and now."""


# ---------------------------------------------------------------- recording one operation
#
# `record` does it for any primitive and any operands.  The closures made by `_unary` and `_binary`
# are its fast paths for one row, with the arity unrolled and the node filled in place: a third of
# the time, measured on W2 of benchmarks/.  Whatever is out of the ordinary they hand to `record`.


def record(primitive: Primitive, operands: Sequence[Operand]) -> "Value":
    """Apply a primitive to operands, at least one of them a Value, and record it as a new Value."""
    if _frozen_before and not getattr(_maker_here.get(), "keeps_frozen", False):
        operands = [x._number if isinstance(x, Frozen) else x for x in operands]
        if not any(isinstance(x, Value) for x in operands):
            return _record_frozen(primitive, operands)
    try:
        numbers = [operand._number for operand in operands]
        constants = False
    except AttributeError:
        operands = [
            x if x.__class__ is float or isinstance(x, Value) else as_number(x, f"{primitive.name}: operand {i}")
            for i, x in enumerate(operands, 1)
        ]
        numbers = [operand._number if isinstance(operand, Value) else operand for operand in operands]
        constants = True
    arity = primitive.arity
    outside = False
    if _pauses and _pauses_here.get():
        return make_node(primitive.evaluate(numbers), primitive, *layout(arity, operands, (None, None)))
    try:
        data = primitive.value(numbers) if arity is None else primitive.value(*numbers)
    except ARITHMETIC_ERRORS as error:
        data = primitive.evaluate(numbers)
        outside = not isinstance(error, OverflowError)
    slopes: list[Any] = numeric_partials(primitive, data, numbers)
    if constants:
        slopes = [d if isinstance(x, Value) else None for x, d in zip(operands, slopes, strict=True)]
    node = make_node(data, primitive, *layout(arity, operands, slopes))
    if outside:
        _warn_outside_domain(primitive, operands, data)
    return node


def _record_frozen(primitive: Primitive, operands: Sequence[Operand]) -> "Value":
    """What a primitive gives for frozen operands and constants: a frozen leaf, for there is nothing to record."""
    numbers = [as_number(x, f"{primitive.name}: operand {i}") for i, x in enumerate(operands, 1)]
    try:
        data = primitive.value(numbers) if primitive.arity is None else primitive.value(*numbers)
    except ARITHMETIC_ERRORS as error:
        data = primitive.evaluate(numbers)
        if not isinstance(error, OverflowError):
            _warn_outside_domain(primitive, numbers, data)
    return Value(data).requires_grad_(False)


def make_node(data: float, primitive: Primitive, x: Any, y: Any, dx: float | None, dy: Any) -> "Value":
    """A node as it is made here and now: a leaf inside `no_grad`, and whatever a maker makes of it."""
    return _maker_here.get()(data, primitive, x, y, dx, dy) if _pauses else new_node(data, primitive, x, y, dx, dy)


def new_node(data: float, primitive: Primitive | None, x: Any, y: Any, dx: float | None, dy: Any) -> "Value":
    """A node with these slots."""
    node = _new(Value)
    node._number = data
    node.grad = 0.0
    node.label = ""
    node.primitive = primitive
    node._uses = 0
    node._x = x
    node._y = y
    node._dx = dx
    node._dy = dy
    return node


def _node_or_leaf(data: float, primitive: Primitive | None, x: Any, y: Any, dx: float | None, dy: Any) -> "Value":
    if _pauses_here.get():
        return new_node(data, None, None, None, None, None)
    return new_node(data, primitive, x, y, dx, dy)


Maker = Callable[[float, Primitive, Any, Any, float | None, Any], "Value"]
_maker_here: ContextVar[Maker] = ContextVar("autograd_maker_here", default=_node_or_leaf)


def independent(number: float) -> "Value":
    """A fresh leaf that a transform differentiates by, marked so that its sweep can tell it from other leaves."""
    return new_node(number, None, VARIABLE, None, None, None)


def _unary(primitive: Primitive) -> Callable[["Value"], "Value"]:
    value = primitive.value
    (partial,) = _numeric_partials(primitive)

    def record_unary(x: "Value") -> "Value":
        a = x._number
        try:
            z = value(a)
            dx = partial(z, a)
        except ARITHMETIC_ERRORS:
            return record(primitive, (x,))
        if _pauses:
            return _maker_here.get()(z, primitive, x, None, dx, None)
        node = _new(Value)
        node._number = z
        node.grad = 0.0
        node.label = ""
        node.primitive = primitive
        node._uses = 0
        node._x = x
        node._y = None
        node._dx = dx
        node._dy = None
        return node

    return record_unary


BinaryRecorders = tuple[Callable[["Value", Operand], Any], Callable[["Value", Operand], Any]]


def _binary(primitive: Primitive) -> BinaryRecorders:
    """The closures for value ∘ other and for number ∘ value."""
    value = primitive.value
    x_partial, y_partial = _numeric_partials(primitive)

    def record_binary(x: "Value", y: Operand) -> Any:
        kind = y.__class__
        a = x._number
        try:
            if kind is Value:
                b = y._number
                z = value(a, b)
                dx = x_partial(z, a, b)
                dy = y_partial(z, a, b)
            elif kind is float or kind is int:
                y = float(y)
                z = value(a, y)
                dx = x_partial(z, a, y)
                dy = None
            else:
                return _record_other(primitive, (x, y), y)
        except ARITHMETIC_ERRORS:
            return record(primitive, (x, y))
        if _pauses:
            return _maker_here.get()(z, primitive, x, y, dx, dy)
        node = _new(Value)
        node._number = z
        node.grad = 0.0
        node.label = ""
        node.primitive = primitive
        node._uses = 0
        node._x = x
        node._y = y
        node._dx = dx
        node._dy = dy
        return node

    def record_reflected(y: "Value", x: Operand) -> Any:
        kind = x.__class__
        if kind is not float and kind is not int:
            return _record_other(primitive, (x, y), x)
        b = y._number
        try:
            x = float(x)
            z = value(x, b)
            dy = y_partial(z, x, b)
        except ARITHMETIC_ERRORS:
            return record(primitive, (x, y))
        return make_node(z, primitive, x, y, None, dy)

    return record_binary, record_reflected


def _binary_linear(primitive: Primitive) -> BinaryRecorders:
    """`_binary` for a row whose partials are constants, a quarter faster: nothing to call, nothing to raise."""
    value = primitive.value
    record_any, record_reflected = _binary(primitive)
    slopes: Any = primitive.partials  # two floats
    x_slope, y_slope = slopes

    def record_binary(x: "Value", y: Operand) -> Any:
        kind = y.__class__
        if kind is Value:
            z = value(x._number, y._number)
            dy = y_slope
        elif kind is float:
            z = value(x._number, y)
            dy = None
        else:
            return record_any(x, y)
        if _pauses:
            return _maker_here.get()(z, primitive, x, y, x_slope, dy)
        node = _new(Value)
        node._number = z
        node.grad = 0.0
        node.label = ""
        node.primitive = primitive
        node._uses = 0
        node._x = x
        node._y = y
        node._dx = x_slope
        node._dy = dy
        return node

    return record_binary, record_reflected


def _numeric_partials(primitive: Primitive) -> list[Callable[..., float]]:
    """The partials of a row as functions of (result, *numbers)."""

    def numeric(partial: Any) -> Callable[..., float]:
        if isinstance(partial, float):
            return lambda *_: partial
        if isinstance(partial, Primitive):
            value = partial.value
            return lambda _result, *xs: value(*xs)
        return partial  # type: ignore[no-any-return]

    return [numeric(partial) for partial in primitive.partials]  # type: ignore[union-attr]


def _record_other(primitive: Primitive, operands: tuple[Operand, Operand], other: Operand) -> Any:
    """Record, or leave an array or a stranger to its own operators, or refuse what cannot be a number."""
    if _is_foreign(other) and not isinstance(other, _NEVER_NUMBERS):
        return NotImplemented
    return primitive(*operands) if hasattr(other, "dtype") else record(primitive, operands)


_NEVER_NUMBERS = (str, bytes, bytearray, complex, list, tuple, dict, set, type(None))


def _is_foreign(other: object) -> bool:
    return not hasattr(other, "__float__") or getattr(other, "ndim", 0) != 0


def numeric_partials(primitive: Primitive, data: float, numbers: Sequence[float]) -> list[float]:
    """The local partials at numbers, by IEEE 754.

    Where Python's arithmetic raises, the same formulas are run on Values, which do not.
    """
    try:
        return partials_of(primitive, data, numbers)
    except ARITHMETIC_ERRORS:
        pass
    with no_grad():
        z, xs = Value(data), [Value(number) for number in numbers]
        found = partials_of(primitive, z, xs)
    return [d._number if isinstance(d, Value) else float(d) for d in found]


def _warn_outside_domain(primitive: Primitive, operands: Sequence[Operand], data: float) -> None:
    shown = ", ".join(
        f"{x.data!r} ({x.label})" if isinstance(x, Value) and x.label else f"{getattr(x, 'data', x)!r}"
        for x in operands
    )
    domain = primitive.domain or "finite numbers"
    warnings.warn(
        f"{primitive.name}({shown}) is outside its domain, {domain}: the result is {data}",
        DomainWarning,
        stacklevel=callers_frame()[0] - 1,
    )


def callers_frame() -> tuple[int, FrameType]:
    """The innermost frame that is not in this library, and how many frames it is above this one, itself counted."""
    depth, frame = 1, sys._getframe()
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith(("autograd.", "nn.")):
        depth, frame = depth + 1, frame.f_back
    return depth, frame


def linear(inputs: Sequence[Operand], weights: Sequence[Sequence[Operand]], biases: Sequence[Operand]) -> list[Any]:
    """A layer's pre-activations s_k = ⟨w_k, x⟩ + b_k: what `affine` gives for each row of weights and its bias.

    The numbers of the inputs are read once for all rows.  Raises ValueError for lengths that do not fit.
    Source: seeds, "Multi-layer perceptron", step ①.

    >>> linear([1.0, 2.0], [[3.0, 4.0], [5.0, 6.0]], [0.5, 0.0])
    [11.5, 17.0]
    """
    if len(weights) != len(biases):
        raise ValueError(f"linear: {len(weights)} rows of weights, but {len(biases)} biases")
    affine, nodes = primitives.affine, []
    if _frozen_before and any(isinstance(x, Frozen) for row in (inputs, biases, *weights) for x in row):
        return [affine(row, inputs, bias) for row, bias in zip(weights, biases, strict=True)]
    if not all([x.__class__ is float or isinstance(x, Value) for x in inputs]):  # noqa: C419  # twice as fast as a generator
        return [affine(row, inputs, bias) for row, bias in zip(weights, biases, strict=True)]
    xs = [x if x.__class__ is float else x._number for x in inputs]
    constant = [x.__class__ is float for x in inputs]
    constants = any(constant)
    below = interior(inputs)
    try:
        for row, bias in zip(weights, biases, strict=True):
            ws = [w._number for w in row]
            if len(ws) != len(xs):
                raise ValueError(f"linear: {len(ws)} weights in a row, but {len(xs)} inputs")
            by_inputs = [None if is_constant else w for is_constant, w in zip(constant, ws)] if constants else ws
            operands = (*row, *inputs, bias)
            node = _new(Value)
            node._number = affine_value(ws, xs, bias._number)
            node.grad = 0.0
            node.label = ""
            node.primitive = affine
            node._uses = 0
            node._x = operands
            node._y = affine_partials(by_inputs, xs)
            node._dx = None
            node._dy = interior(operands) if any(map(_primitive_of, row)) or bias.primitive is not None else below
            nodes.append(node)
    except AttributeError:  # constants among the parameters
        return [affine(row, inputs, bias) for row, bias in zip(weights, biases, strict=True)]
    return [make_node(node._number, affine, node._x, node._y, None, node._dy) for node in nodes] if _pauses else nodes


# ---------------------------------------------------------------- the node


class Value(Node):
    """A number that remembers how it was made.

    Args:
        data: The number.
        _children, _op: For operations written in the lecture's style: the operands and a symbol of a
            node whose `_backward` you then assign.  Prefer `@primitive`.
        label: A name for pictures and messages.

    Raises TypeError, naming what was given, for anything but one real number.

    >>> a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    >>> L = a * b + 10.0
    >>> L.backward()
    >>> a
    Value(data=2.0, grad=-3.0, label='a')
    """

    __slots__ = ()
    _level = 0  # dual numbers, which may hold Values, are on levels above

    def detach(self) -> "Value":
        """A new leaf with the same number, the same label and no history."""
        return Value(self._number, label=self.label)

    # ------------------------------------------------------------ freezing

    @property
    def requires_grad(self) -> bool:
        """Whether operations on this Value are recorded: True until a leaf is frozen by assigning False."""
        return True

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
        global _frozen_before
        leaf: Any = self  # its class changes
        if self.primitive is not None:
            raise ValueError(f"requires_grad_: only a leaf can be frozen, not the result of {self.primitive.name}")
        if requires_grad and isinstance(self, Frozen):
            leaf.__class__ = Value
            leaf.grad = 0.0
        elif not requires_grad and not isinstance(self, Frozen):
            if type(self) is not Value:
                raise TypeError(f"requires_grad_: only a plain Value can be frozen, not a {type(self).__name__}")
            _frozen_before = True
            leaf.__class__ = Frozen
            leaf.grad = 0.0
        return self

    # ------------------------------------------------------------ differentiating

    def backward(self, gradient: float = 1.0) -> None:
        """Reverse sweep: add ∂self/∂leaf · gradient to the `grad` of every leaf below.

        Intermediate nodes get the adjoint of this sweep alone, so a second call is right too.
        Cost: one visit of every node and edge, whatever the number of leaves.
        Source: seeds, "Reverse-Mode Automatic Differentiation".

        >>> x = Value(3.0)
        >>> y = x * x * x
        >>> y.backward()
        >>> x.grad
        27.0
        """
        seed = as_number(gradient, "backward: gradient")
        if self.primitive is None:
            self.grad = seed if self.grad is None else self.grad + seed
            return
        backpropagate(self, seed)

    def zero_grad(self) -> None:
        """Set the `grad` of this node and of everything below it to 0."""
        for node in topological_order(self):
            node.grad = 0.0

    def _apply_primitive(self, primitive: Primitive, operands: Sequence[Operand]) -> "Value":
        return record(primitive, operands)

    # ------------------------------------------------------------ operators

    __add__, __radd__ = _binary_linear(primitives.add)
    __sub__, __rsub__ = _binary_linear(primitives.sub)
    __mul__, __rmul__ = _binary(primitives.mul)
    __truediv__, __rtruediv__ = _binary(primitives.div)
    __floordiv__, __rfloordiv__ = _binary(primitives.floor_divide)
    __mod__, __rmod__ = _binary(primitives.remainder)
    __pow__, __rpow__ = _binary(primitives.pow)
    __neg__ = _unary(primitives.neg)
    __abs__ = _unary(primitives.abs)

    # `==` and `hash` stay those of the object: a node is itself, whatever its number.

    def __lt__(self, other: Operand) -> Any:
        return NotImplemented if _is_foreign(other) else self._number < _comparable(other)

    def __le__(self, other: Operand) -> Any:
        return NotImplemented if _is_foreign(other) else self._number <= _comparable(other)

    def __gt__(self, other: Operand) -> Any:
        return NotImplemented if _is_foreign(other) else self._number > _comparable(other)

    def __ge__(self, other: Operand) -> Any:
        return NotImplemented if _is_foreign(other) else self._number >= _comparable(other)

    def __bool__(self) -> bool:
        return self._number != 0.0

    def __float__(self) -> float:
        if _pauses and _pauses_here.get():
            return self._number
        if self._x is VARIABLE or (self.primitive is not None and nesting.get()):
            raise TypeError(
                f"while something is being differentiated, {self!r} was to be converted to a plain number, whose "
                "derivative would be lost; use autograd.sin instead of math.sin, an array of dtype object instead of "
                "one of floats, and v.item() if the number alone is meant, as in math.isnan(v.item())"
            )
        if self.primitive is not None:
            _warn_detached()
        return self._number


class Frozen(Value):
    """A leaf that operations take for a constant: see `Value.requires_grad_`.

    A class of its own, so that recording need not ask each operand: the fast paths above hand on what is not a
    plain Value, and all operators here go to `record`.
    """

    __slots__ = ()

    @property
    def requires_grad(self) -> bool:
        """False."""
        return False

    @requires_grad.setter
    def requires_grad(self, flag: bool) -> None:
        self.requires_grad_(flag)

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore_frozen, (self._number, self.label)

    def backward(self, gradient: float = 1.0) -> None:  # noqa: ARG002
        """Refused with a RuntimeError: there is nothing to differentiate by."""
        raise RuntimeError(
            "backward: this Value is frozen, or was computed from frozen Values and numbers only, so nothing was "
            "recorded; requires_grad_(True) on what shall be trained, before the forward pass"
        )


def _restore_frozen(number: float, label: str) -> Value:
    return Value(number, label=label).requires_grad_(False)


_frozen_before = False  # until a Value is frozen for the first time, `record` and `linear` need not look for one


def _comparable(other: Any) -> Any:
    if isinstance(other, Value):
        return other._number
    return other if isinstance(other, Real) else as_number(other, "comparison: operand 2")  # Python's is exact


_detached_before = False


def _warn_detached() -> None:
    """Once a process: `float(v)` or `math.sin(v)` leaves the graph without a word."""
    global _detached_before
    if not _detached_before:
        _detached_before = True
        warnings.warn(
            "a recorded Value was converted to a plain number, so what follows is not differentiated; "
            "say v.item() if that is meant, or use autograd.sin(v) instead of math.sin(v)",
            stacklevel=3,
        )


# ---------------------------------------------------------------- methods from the table


def _variadic(function: Callable[..., Any]) -> Callable[..., Any]:
    def method(self: Value, *operands: Operand, **options: Any) -> Any:
        return function(self, *operands, **options)

    return method


def _add_methods() -> None:
    """Every row is a method of Value, under its name and NumPy's spellings: `v.exp()`, and so `np.exp(v)`."""
    for row in primitives.TABLE.values():
        if row.arity == 1:
            method: Any = _unary(row)
            row.recorders[Value] = method
        else:
            method = _variadic(row)
        method.__name__, method.__qualname__ = row.name, f"Value.{row.name}"  # for the messages of wrong calls
        for name in (row.name, *row.aliases):
            setattr(Value, name, method)
            if row.arity == 1:
                setattr(Frozen, name, _variadic(row))
    for symbol, row in {**primitives.OPERATORS, "neg": primitives.neg, "abs": primitives.abs}.items():
        setattr(Frozen, f"__{symbol}__", lambda x, *y, row=row: _record_other(row, (x, *y), y[0] if y else x))
        setattr(Frozen, f"__r{symbol}__", lambda y, x, row=row: _record_other(row, (x, y), x))
    Value.gelu = _variadic(primitives.gelu)  # type: ignore[attr-defined]


_add_methods()


# Recorded nodes are never part of a reference cycle, yet with its default of a collection every 700 objects
# Python's cycle collector takes as long as the recording itself.  The threshold is raised above the size of
# a usual training step, after which reference counting has freed the graph.  A program's own setting is kept.
if gc.get_threshold()[0] in (700, 2000):  # the defaults of CPython up to 3.12, and from 3.13
    gc.set_threshold(250_000, *gc.get_threshold()[1:])
