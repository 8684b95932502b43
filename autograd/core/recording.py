"""Recording: what an operation on Values makes, here and now.

`record` does it for any primitive and any operands.  `record_unary` and `record_binary` make functions that do it for
one row of one or two operands, with the node filled in place: a third of the time, measured on W2 of benchmarks/.
Operators, methods and calls of rows all go through these; whatever is out of the ordinary they hand to `record`.
Where the compiled core was built, its operators take the place of the fast ones, and hand on to `record` as well.
"""

import gc
import math
import operator
import warnings
from collections.abc import Callable, Sequence
from typing import Any

from autograd.accelerator import compiled
from autograd.arguments import counted, in_order
from autograd.core.graph import callers_frame, look_for_nan, numeric_partials, shown_operands
from autograd.core.mode import DEFAULT, Mode, current, entry_here, unusual
from autograd.core.sweep import propagate
from autograd.core.value import (
    NEVER_NUMBERS,
    UNRECORDED,
    Frozen,
    Operand,
    Value,
    comparable,
    fill_by_hand,
    interior,
    is_foreign,
    node,
    unknown_argument,
    unrecorded,
)
from autograd.table import primitives
from autograd.table.primitive import ARITHMETIC_ERRORS, DomainWarning, Primitive, as_number
from autograd.table.primitives import affine_partials, affine_value

_new = object.__new__
_ALL_VALUES = {Value}


# ---------------------------------------------------------------- any operation


def record(primitive: Primitive, operands: Sequence[Operand]) -> Value:
    """Apply a primitive to operands, at least one of them a Value, and record it as a new Value."""
    mode = current() if unusual else DEFAULT
    if {*map(type, operands)} == _ALL_VALUES:
        numbers = [x._number for x in operands]
        is_constant = None
    else:
        operands = [_operand(primitive, i, x, mode) for i, x in enumerate(operands, 1)]
        is_constant = [x.__class__ is float for x in operands]
        numbers = [x if constant else x._number for x, constant in zip(operands, is_constant, strict=True)]
    data = primitive.evaluate(numbers)
    if mode.make is None and not mode.records:
        return unrecorded(data)
    if is_constant is not None and all(is_constant):  # all are frozen or numbers: there is nothing to record
        made: Value = node(Frozen, data)
    else:
        made = _made(mode, primitive, data, operands, numbers, is_constant)
    if data - data != 0.0 and (mode.records or mode.traces):
        warn_of_result(primitive, operands, numbers, data)
    return made


def _operand(primitive: Primitive, position: int, x: Operand, mode: Mode) -> Any:
    """A Value, or the number of a constant; a frozen Value is one, unless its number is an example only."""
    if isinstance(x, Frozen) and not mode.traces:
        return x._number
    return x if isinstance(x, Value) else as_number(x, f"{primitive.name}: operand {position}")


def _made(
    mode: Mode,
    primitive: Primitive,
    data: float,
    operands: Sequence[Operand],
    numbers: Sequence[float],
    is_constant: Sequence[bool] | None = None,
) -> Value:
    """The node of an operation in this mode; partials are not evaluated where nobody will look at them."""
    if not (mode.records or mode.traces):
        return unrecorded(data) if mode.make is None else mode.make(data, primitive, operands, None)
    slopes = numeric_partials(primitive, data, numbers, is_constant)
    if mode.make is not None:
        return mode.make(data, primitive, operands, slopes)  # type: ignore[no-any-return]
    return node(Value, data, primitive, operands, slopes)


def make(data: float, primitive: Primitive, operands: Sequence[Operand], partials: Sequence[Any] | None) -> Value:
    """The node of an operation as it is made where the mode has no maker of its own: a leaf inside `no_grad`."""
    return node(Value, data, primitive, operands, partials) if current().records else unrecorded(data)


def make_here(data: float, primitive: Primitive, operands: Sequence[Operand], partials: Sequence[Any] | None) -> Value:
    """The node of an operation as it is made here and now."""
    return (current().make or make)(data, primitive, operands, partials)


# ---------------------------------------------------------------- one row of one or two operands, fast


def _unusually(
    primitive: Primitive, z: float, x: Any, y: Any, a: float, b: float, is_constant: Sequence[bool] | None = None
) -> Value:
    """What a fast path makes of a value in a mode that is not usual; y is None beside one operand."""
    entry = entry_here.get()
    if entry is not None and entry.pauses:
        made = _new(Value)
        made._number = z
        made._grad = 0.0
        made.label = ""
        made.primitive = None
        made._uses = UNRECORDED
        return made
    if y is None:
        return _made(current(), primitive, z, (x,), (a,))
    return _made(current(), primitive, z, (x, y), (a, b), is_constant)


def record_unary(primitive: Primitive) -> Callable[[Value], Value]:
    """The function that applies a row of one operand to a Value."""
    value = primitive.value
    ((slope, partial),) = _numeric_partials(primitive)

    def apply(x: Value) -> Value:
        a = x._number
        try:
            z = value(a)
            if unusual:
                return _unusually(primitive, z, x, None, a, 0.0)
            dx = slope if partial is None else partial(z, a)
        except ARITHMETIC_ERRORS:
            return record(primitive, (x,))
        made = _new(Value)
        made._number = z
        made._grad = 0.0
        made.label = ""
        made.primitive = primitive
        made._uses = 0
        made._x = x
        made._y = None
        made._dx = dx
        made._dy = None
        return made

    return apply


BinaryRecorders = tuple[Callable[[Value, Operand], Any], Callable[[Value, Operand], Any]]


def record_binary(primitive: Primitive) -> BinaryRecorders:
    """The functions that apply a row of two operands to (value, other) and, called with (value, number), to the two the
    other way round.
    """
    value = primitive.value
    (x_slope, x_partial), (y_slope, y_partial) = _numeric_partials(primitive)

    def apply(x: Value, y: Operand) -> Any:
        kind = y.__class__
        a = x._number
        try:
            if kind is Value:
                b = y._number
                z = value(a, b)
                if z - z != 0.0:  # inf or nan
                    return record(primitive, (x, y))
                if unusual:
                    return _unusually(primitive, z, x, y, a, b)
                dy = y_slope if y_partial is None else y_partial(z, a, b)
            else:
                if kind is not float:
                    if kind is Frozen and not unusual:
                        y = y._number
                    elif kind is int or issubclass(kind, float):  # np.float64 is one
                        y = float(y)
                    else:
                        return _record_other(primitive, (x, y), y)
                b = y
                z = value(a, b)
                if z - z != 0.0:
                    return record(primitive, (x, y))
                if unusual:
                    return _unusually(primitive, z, x, y, a, b, (False, True))
                dy = None
            dx = x_slope if x_partial is None else x_partial(z, a, b)
        except ARITHMETIC_ERRORS:
            return record(primitive, (x, y))
        made = _new(Value)
        made._number = z
        made._grad = 0.0
        made.label = ""
        made.primitive = primitive
        made._uses = 0
        made._x = x
        made._y = y
        made._dx = dx
        made._dy = dy
        return made

    def apply_reflected(y: Value, x: Operand) -> Any:
        kind = x.__class__
        if kind is not float and kind is not int and not issubclass(kind, float):
            return _record_other(primitive, (x, y), x)
        b = y._number
        try:
            x = float(x)
            z = value(x, b)
            if z - z != 0.0:
                return record(primitive, (x, y))
            if unusual:
                return _unusually(primitive, z, x, y, x, b, (True, False))
            dy = y_slope if y_partial is None else y_partial(z, x, b)
        except ARITHMETIC_ERRORS:
            return record(primitive, (x, y))
        return node(Value, z, primitive, (x, y), (None, dy))

    return apply, apply_reflected


def _numeric_partials(primitive: Primitive) -> list[tuple[float | None, Callable[..., float] | None]]:
    """The partials of a row: each a constant, or a function of (result, *numbers)."""
    found: list[Any] = []
    for partial in primitive.partials:  # type: ignore[union-attr]
        if isinstance(partial, Primitive):
            found.append((None, lambda _result, *xs, value=partial.value: value(*xs)))
        else:
            found.append((None, partial) if callable(partial) else (partial, None))
    return found


def _record_other(primitive: Primitive, operands: tuple[Operand, Operand], other: Operand) -> Any:
    """Record, or leave an array or a stranger to its own operators, or refuse what cannot be a number."""
    if is_foreign(other) and not isinstance(other, NEVER_NUMBERS):
        return NotImplemented
    return primitive.apply(*operands) if hasattr(other, "dtype") else record(primitive, operands)


def warn_of_result(primitive: Primitive, operands: Sequence[Any], numbers: Sequence[float], data: float) -> None:
    """Emit a DomainWarning if a result that is not finite is an overflow, or its operands are outside the domain."""
    if not current().warns:
        return
    overflows = math.isinf(data)
    try:
        _ = primitive.value(numbers) if primitive.arity is None else primitive.value(*numbers)
        if not all(map(math.isfinite, numbers)):
            return
    except ARITHMETIC_ERRORS as error:
        overflows = isinstance(error, OverflowError)
    what = "overflows" if overflows else f"is outside its domain, {primitive.domain or 'finite numbers'}"
    instead = f"; use {primitive.instead}" if overflows and primitive.instead else ""
    warnings.warn(
        f"{primitive.name}({shown_operands(operands)}) {what}: the result is {data}{instead}",
        DomainWarning,
        stacklevel=callers_frame()[0] - 1,
    )


def linear(inputs: Sequence[Operand], weights: Sequence[Sequence[Operand]], biases: Sequence[Operand]) -> list[Any]:
    """A layer's pre-activations s_k = ⟨w_k, x⟩ + b_k: what `affine` gives for each row of weights and its bias.

    The numbers of the inputs are read once for all rows.  Raises ValueError for lengths that do not fit.
    Source: seeds, "Multi-layer perceptron", step ①.

    >>> linear([1.0, 2.0], [[3.0, 4.0], [5.0, 6.0]], [0.5, 0.0])
    [11.5, 17.0]
    """
    for given, role in ((inputs, "inputs"), (weights, "weights"), (biases, "biases")):
        in_order(given, f"linear: {role}")
    if len(weights) != len(biases):
        raise ValueError(f"linear: {counted(len(weights), 'row')} of weights, but {counted(len(biases), 'bias')}")
    affine, nodes = primitives.affine, []
    mode = current() if unusual else DEFAULT
    if mode.traces or not {*map(type, inputs)} <= {Value, float, Frozen}:
        return [affine(row, inputs, bias) for row, bias in zip(weights, biases, strict=True)]
    inputs = [x._number if x.__class__ is Frozen else x for x in inputs]
    is_constant = [x.__class__ is float for x in inputs]
    xs = [x if constant else x._number for x, constant in zip(inputs, is_constant)]
    size, no_weights, constants = len(xs), [None] * len(xs), sum(is_constant)
    below = interior(inputs)
    for row, bias in zip(weights, biases, strict=True):
        if len(row) != size:
            raise ValueError(f"linear: {counted(len(row), 'weight')} in a row, but {counted(size, 'input')}")
        kinds = [bias.__class__, *map(type, row)]
        is_frozen = kinds.count(Frozen) == size + 1
        if not is_frozen and kinds.count(Value) != size + 1:
            nodes.append(affine(row, inputs, bias))  # numbers, or trainable and frozen ones in one row
            continue
        ws = [w._number for w in row]
        data = affine_value(ws, xs, bias._number)
        if data - data != 0.0:
            nodes.append(affine(row, inputs, bias))  # which warns of it
            continue
        if is_frozen and constants == size:
            nodes.append(node(Frozen, data))
            continue
        by_inputs = ws if not constants else [None if constant else w for constant, w in zip(is_constant, ws)]
        operands = (*ws, *inputs, bias._number) if is_frozen else (*row, *inputs, bias)
        partials = (*no_weights, *by_inputs, None) if is_frozen else affine_partials(by_inputs, xs)
        if unusual or compiled is not None:
            nodes.append(make_here(data, affine, operands, partials if mode.records else None))
            continue
        made = _new(Value)
        made._number = data
        made._grad = 0.0
        made.label = ""
        made.primitive = affine
        made._uses = 0
        made._x = operands
        made._y = partials
        made._dx = None
        leaves = is_frozen or (bias.primitive is None and not any(map(_primitive_of, row)))
        made._dy = below if leaves else interior(operands)
        nodes.append(made)
    return nodes


_primitive_of = operator.attrgetter("primitive")


# ---------------------------------------------------------------- conversion to a number


def _float(self: Value) -> float:
    mode = current()
    if not mode.records:
        return self._number
    differentiated = any(self is x for variables in mode.variables for x in variables)
    if differentiated or (mode.variables and self.primitive is not None):
        raise derivative_lost(self)
    if not isinstance(self, Frozen) and self._uses != UNRECORDED:
        _warn_detached()
    return self._number


def derivative_lost(quantity: Any) -> TypeError:
    """The error of a conversion to a plain number that a derivative would not survive."""
    return TypeError(
        f"while something is being differentiated, {quantity!r} was to be converted to a plain number, whose "
        "derivative would be lost; use autograd.sin and autograd.cos instead of math.sin and math.cos, an array of "
        "dtype object instead of one of floats, and v.item() if the number alone is meant, as in math.isnan(v.item())"
    )


_detached_before = False


def _warn_detached() -> None:
    """Once a process: `float(v)` or `math.sin(v)` leaves the graph without a word."""
    global _detached_before
    if not _detached_before:
        _detached_before = True
        warnings.warn(
            "a Value was converted to a plain number, so what follows is not differentiated; "
            "say v.item() if that is meant, or use autograd.sin(v) instead of math.sin(v)",
            stacklevel=3,
        )


# ---------------------------------------------------------------- operators and methods from the table


def _calling(function: Callable[..., Any], name: str) -> Callable[..., Any]:
    def method(self: Value, *operands: Operand, **options: Any) -> Any:
        return function(self, *operands, **options)

    method.__name__, method.__qualname__ = name, f"Value.{name}"  # for the messages of wrong calls
    return method


def _takes_operands(row: Primitive) -> bool:
    """Whether a row is called with its operands one by one, and not with sequences: as a method it makes sense."""
    if row.pack is None:
        return True
    for count in (1, 2, 3):
        try:
            row.pack(*[1.0] * count)
        except TypeError:
            continue
        return True
    return False


def _apply_primitive(_self: Value, primitive: Primitive, operands: Sequence[Operand]) -> Value:
    return record(primitive, operands)


def _decide() -> int:
    """What the compiled core does with an operation here and now.

    0 to record it, 1 for a leaf, 2 to ask `record`, 3 for a leaf of a first run, 4 for a node of a trace; with 8 added
    it holds once only.
    """
    mode = current()
    if mode.witness is not None and not mode.records:
        compiled.witness(*mode.witness)
        return 3
    answer = 2 if mode.make is not None or mode.traces else 0 if mode.records else 1
    trace = getattr(mode.make, "trace", None)
    if trace is not None and mode.traces and mode.records and mode.watch is None:
        compiled.trace(*trace)
        answer = 4
    entry = entry_here.get()
    while entry is not None:
        if entry.frame is not None:
            return answer + 8
        entry = entry.outer
    return answer


def _hang_on() -> None:
    """Every operator and every row is a method of Value, under its name and NumPy's spellings: so `np.exp(v)` works."""
    for row in filter(_takes_operands, primitives.TABLE.values()):
        method = vars(Value).get(row.name)  # the compiled core has made its own
        if method is None:
            method = record_unary(row) if row.arity == 1 else _calling(row, row.name)
            method.__name__, method.__qualname__ = row.name, f"Value.{row.name}"
        if compiled is None and row.arity == 1:
            row.recorders[Value] = method
            setattr(Frozen, row.name, _calling(row, row.name))
        for name in (row.name, *row.aliases):
            setattr(Value, name, method)
    for function in primitives.COMPOSED:
        setattr(Value, function.__name__, _calling(function, function.__name__))
    Value.__float__ = _float  # type: ignore[attr-defined]
    setattr(Value, "_apply_primitive", _apply_primitive)  # noqa: B010
    if compiled is not None:
        compiled.install(
            table=primitives.TABLE, Frozen=Frozen, record=record, other=_record_other,
            comparable=lambda other: NotImplemented if is_foreign(other) else comparable(other),
            as_number=as_number, look_for_nan=look_for_nan,
            by_hand=fill_by_hand, unknown_argument=unknown_argument, propagate=propagate,
            linear=linear, decide=_decide,
        )  # fmt: skip
        return
    for name in ("neg", "abs"):
        setattr(Value, f"__{name}__", getattr(Value, name))
        setattr(Frozen, f"__{name}__", getattr(Frozen, name))
    for symbol, row in primitives.OPERATORS.items():
        apply, reflected = record_binary(row)
        row.recorders[Value] = apply
        setattr(Value, f"__{symbol}__", apply)
        setattr(Value, f"__r{symbol}__", reflected)

        def frozen(x: Value, y: Operand, row: Primitive = row, reflected: Any = reflected) -> Any:
            return reflected(y, x._number) if y.__class__ is Value and not unusual else _record_other(row, (x, y), y)

        def frozen_reflected(y: Value, x: Operand, row: Primitive = row, apply: Any = apply) -> Any:
            # Python asks a subclass first, so this is what value ∘ frozen calls
            return apply(x, y._number) if x.__class__ is Value and not unusual else _record_other(row, (x, y), x)

        setattr(Frozen, f"__{symbol}__", frozen)
        setattr(Frozen, f"__r{symbol}__", frozen_reflected)
    for row in primitives.TABLE.values():
        if row.arity == 2 and Value not in row.recorders and row.pack is None:
            row.recorders[Value] = record_binary(row)[0]


_hang_on()
if compiled is not None:
    linear = compiled.linear


# Recorded nodes are never part of a reference cycle, yet with its default of a collection every 700 objects
# Python's cycle collector takes as long as the recording itself.  The threshold is raised above the size of
# a usual training step, after which reference counting has freed the graph.  A program's own setting is kept.
# The nodes of the compiled core are outside of the collector.
if compiled is None and gc.get_threshold()[0] in (700, 2000):  # the defaults of CPython up to 3.12, and from 3.13
    gc.set_threshold(250_000, *gc.get_threshold()[1:])
