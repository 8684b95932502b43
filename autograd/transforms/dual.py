"""Forward mode without a graph: numbers that carry their derivative along.

A `Dual` is primal + tangent·ε with ε² = 0.  An operation on it reads the same row of the table as the recorder
does, and keeps nothing else: memory does not grow with the length of the computation.

Each call of `jvp` has an ε of its own, told apart by its level.  Without that, the ε of an inner derivative would
be taken for that of an outer one (perturbation confusion): d/dx [x · d/dy (x + y)] at 1 would be 2 and not 1.
A primal or a tangent may be a Dual of a lower level, or a Value: so forward and reverse mode nest in any order.
"""

import itertools
from collections.abc import Callable, Sequence
from typing import Any, Self

from autograd.core.graph import innermost, numeric_partials, product, recorded_partials, total
from autograd.core.mode import current, unusual
from autograd.core.recording import derivative_lost, warn_of_result
from autograd.table import primitives
from autograd.table.primitive import ARITHMETIC_ERRORS, Primitive, RealNumber, as_number, evaluate_partial

_levels = itertools.count(1)


def next_level() -> int:
    """A level above all that are in use: for one `jvp`."""
    return next(_levels)


class Jet(RealNumber):
    """A number that carries derivatives along, on a level of its own."""

    __slots__ = ("_level", "primal")

    primal: Any
    _level: int

    @property
    def coefficients(self) -> list[Any]:
        """Those of 1, ε, ε², …: the primal, its derivative, half its second one, …"""
        raise NotImplementedError

    def like(self, coefficients: Sequence[Any]) -> Self:
        """A number with these coefficients on the level of this one."""
        raise NotImplementedError

    def _carried(self, primitive: Primitive, result: Any, operands: Sequence[Any], primals: Sequence[Any]) -> Self:
        """The result of an operation, whose primal is known, with its derivatives."""
        raise NotImplementedError

    @property
    def data(self) -> float:
        """The number below all levels."""
        number: float = self.primal if self.primal.__class__ is float else self.primal.data
        return number

    @property
    def _tells(self) -> bool:
        """Whether what it comes to is the user's, and no partial, which may be infinite."""
        return True

    def _is_mine(self, x: Any) -> bool:
        """Whether another quantity is on this level."""
        return x.__class__ is self.__class__ and x._level == self._level

    def _apply_primitive(self, primitive: Primitive, operands: Sequence[Any]) -> Self:
        if primitive.arity is None and (own := getattr(innermost(self), "_written_out", None)) is not None:
            written_out = own(primitive, operands)
            if written_out is not None:
                return written_out  # type: ignore[no-any-return]
        primals = [
            x.primal if self._is_mine(x) else _operand(primitive, position, x) for position, x in enumerate(operands, 1)
        ]
        result = _apply(primitive, primals)
        mode = current()
        if mode.watch is not None:
            mode.watch.look(result, "the result", primitive, primals)
        elif result.__class__ is float and result - result != 0.0 and mode.records and self._tells:
            warn_of_result(primitive, primals, primals, result)
        if mode.records:
            return self._carried(primitive, result, operands, primals)
        return self.like([result])

    def detach(self) -> Self:
        """The same number without its derivatives, on any level."""
        primal = self.primal
        return self.like([primal if primal.__class__ is float else primal.detach()])

    def __lt__(self, other: Any) -> Any:
        return self.primal < _compared(other)

    def __le__(self, other: Any) -> Any:
        return self.primal <= _compared(other)

    def __gt__(self, other: Any) -> Any:
        return self.primal > _compared(other)

    def __ge__(self, other: Any) -> Any:
        return self.primal >= _compared(other)

    def __bool__(self) -> bool:
        return bool(self.primal)

    def __float__(self) -> float:
        if current().records:
            raise derivative_lost(self)
        return self.data


class Dual(Jet):
    """primal + tangent·ε, on the level of its ε.

    >>> x = Dual(3.0, 1.0, next_level())
    >>> (x * x).tangent
    6.0
    """

    __slots__ = ("arrived",)

    def __init__(self, primal: Any, tangent: Any, level: int) -> None:
        self.primal = primal
        self.arrived = None if tangent.__class__ is float and tangent == 0.0 else tangent
        """The tangent, or None where nothing arrives: a 0 that no infinite partial makes a nan."""
        self._level = level

    @property
    def tangent(self) -> Any:
        """The derivative that is carried along."""
        return 0.0 if self.arrived is None else self.arrived

    @property
    def coefficients(self) -> list[Any]:
        """The primal and the tangent."""
        return [self.primal, self.tangent]

    def like(self, coefficients: Sequence[Any]) -> "Dual":
        """A number with these coefficients on the level of this one."""
        return Dual(coefficients[0], coefficients[1] if len(coefficients) > 1 else 0.0, self._level)

    def __repr__(self) -> str:
        return f"Dual({self.primal!r}, {self.tangent!r})"

    def _apply_primitive(self, primitive: Primitive, operands: Sequence[Any]) -> "Dual":
        quickly = None if unusual or primitive.arity is None else self._of_numbers(primitive, operands)
        return super()._apply_primitive(primitive, operands) if quickly is None else quickly

    def _of_numbers(self, primitive: Primitive, operands: Sequence[Any]) -> "Dual | None":
        """The result in a third of the time, where all of it is finite and made of numbers; else None."""
        numbers, tangents = [], []
        for x in operands:
            dual = x.__class__ is Dual and x._level == self._level
            numbers.append(x.primal if dual else x)
            tangents.append(x.arrived if dual else None)
        if any([x.__class__ is not float and x.__class__ is not int for x in numbers]):  # noqa: C419  # a list is faster
            return None
        try:
            numbers = [float(x) for x in numbers]
            result, tangent = primitive.value(*numbers), None
            for arrived, partial in zip(tangents, primitive.partials):  # type: ignore[arg-type]
                if arrived is None:
                    continue
                slope = evaluate_partial(partial, result, numbers)
                if slope != 0.0 or not primitive.gate:
                    tangent = arrived * slope if tangent is None else tangent + arrived * slope
            if result.__class__ is not float or result - result != 0.0:
                return None
        except ARITHMETIC_ERRORS:
            return None
        if tangent is not None and (tangent.__class__ is not float or tangent - tangent != 0.0):
            return None
        made = Dual(result, 0.0, self._level)
        made.arrived = tangent
        return made

    def _carried(self, primitive: Primitive, result: Any, operands: Sequence[Any], primals: Sequence[Any]) -> "Dual":
        made = Dual(result, 0.0, self._level)
        mine = [self._is_mine(x) and x.arrived is not None for x in operands]
        if any(mine):
            watch = current().watch
            for x, partial in zip(operands, _partials(primitive, result, primals, mine), strict=True):
                contribution = None if partial is None else product(x.arrived, partial, primitive, primals)
                if contribution is not None:
                    made.arrived = total(made.arrived, contribution, primitive, primals)
                    if watch is not None:
                        watch.look(made.arrived, "its tangent", primitive, primals)
        return made


def _compared(other: Any) -> Any:
    """What a primal is compared with; a Value that is being traced refuses."""
    if isinstance(other, Jet):
        return other.primal
    return other if hasattr(other, "_apply_primitive") else as_number(other, "comparison: operand 2")


def _operand(primitive: Primitive, position: int, x: Any) -> Any:
    """An operand of a lower level, or a constant."""
    if getattr(x, "requires_grad", True) is False:  # a frozen Value
        return x.data
    return x if hasattr(x, "_apply_primitive") else as_number(x, f"{primitive.name}: operand {position}")


def _apply(primitive: Primitive, operands: Sequence[Any]) -> Any:
    """A row on operands that are laid out flat."""
    recording = [x for x in operands if x.__class__ is not float]
    if not recording:
        return primitive.evaluate(operands)
    return max(recording, key=lambda x: x._level)._apply_primitive(primitive, operands)


def _partials(primitive: Primitive, result: Any, primals: Sequence[Any], mine: Sequence[bool]) -> list[Any]:
    """The partials by the operands that carry a tangent; None for the others."""
    if all(x.__class__ is float for x in primals):
        return numeric_partials(primitive, result, primals, [not own for own in mine])
    return recorded_partials(primitive, result, primals, [not own for own in mine])


def _add_operators() -> None:
    """Operators and methods as those of Value, from the same table."""

    def forward(row: Callable[..., Any]) -> Callable[..., Any]:
        return lambda self, *operands, **options: row(self, *operands, **options)

    def operator(row: Primitive, reflected: bool) -> Callable[[Any, Any], Any]:
        def apply(self: Jet, other: Any) -> Any:
            if not hasattr(other, "_apply_primitive") and getattr(other, "ndim", 0) != 0:
                return NotImplemented  # an array's own operator works element by element
            return row(other, self) if reflected else row(self, other)

        return apply

    for symbol, row in primitives.OPERATORS.items():
        setattr(Jet, f"__{symbol}__", operator(row, reflected=False))
        setattr(Jet, f"__r{symbol}__", operator(row, reflected=True))
    methods: dict[str, Callable[..., Any]] = {"__neg__": primitives.neg, "__abs__": primitives.abs}
    for row in primitives.TABLE.values():
        methods |= dict.fromkeys((row.name, *row.aliases), row)
    for name, function in {**methods, **{each.__name__: each for each in primitives.COMPOSED}}.items():
        setattr(Jet, name, forward(function))


_add_operators()
