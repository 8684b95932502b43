"""Values that are recorded for machine code: their numbers are examples, so nothing may depend on them."""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from numbers import Real
from typing import Any

from autograd.core.graph import innermost
from autograd.core.mode import changed, current
from autograd.core.value import Value, node
from autograd.table import primitives
from autograd.table.primitive import DomainWarning, Primitive

absorbing_product = Primitive(
    "absorbing_product",
    None,
    (lambda _z, _x, y: y, lambda _z, x, _y: x),
    symbol="×",
    rule="0 times anything is 0: an adjoint that is 0 goes no further",
    lowering=lambda m, x, y: m.where(m.equal(x, 0.0), 0.0, x * y),
    module=__name__,
)

detached = Primitive("detached", lambda x: x, (0.0,), rule="the number without its derivative", module=__name__)


class Traced(Value):
    """A Value of a function that is being recorded: it has a number, but nothing must depend on it."""

    __slots__ = ()

    def _refuse(self: Any, *_: Any) -> Any:
        raise TypeError(
            "recording for machine code: the function asks for the number of a value (if, <, == 1, max, float(), "
            ".data, math.sin …), and machine code would take the same branch for ever; use where(step(x), a, b), "
            "maximum, minimum, abs, sign, autograd.sin …, or leave this part uncompiled; a check of what the function "
            "is given may ask autograd.example_number"
        )

    __bool__ = __float__ = __int__ = __index__ = __trunc__ = __floor__ = __ceil__ = _refuse
    __round__ = _refuse  # type: ignore[assignment]
    __lt__ = __le__ = __gt__ = __ge__ = _refuse  # pyright: ignore[reportAssignmentType]  # it takes anything
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

    @staticmethod
    def _product(factor: Any, partial: Any, operands: Sequence[Any]) -> Any:
        """What sweeps multiply by: see `autograd.core.graph.product`."""
        by = innermost(partial)
        row = getattr(by, "primitive", None)
        if row is primitives.where and by is partial and all(x.__class__ is float for x in by.operands[1:]):
            condition, *chosen = by.operands  # 1 and 0, as the partials of `where` are: no product is needed
            if sorted(chosen) == [0.0, 1.0]:
                return primitives.where(condition, *(factor if x else 0.0 for x in chosen))
        if row is not None and row.gate:  # what a gate keeps out may be infinite or nan
            return absorbing_product(partial, factor)
        return careful_product(factor, partial, may_be_infinite(by, set(operands)))


def traced(number: float) -> Value:
    """A leaf of what is being recorded, with an example of its number; see `tracing`."""
    return node(Traced, number)


def _make(data: float, primitive: Primitive, operands: Sequence[Any], partials: Sequence[Any] | None) -> Value:
    made = node(Traced, data, primitive, operands, partials)
    # inside `no_grad` it is recorded even so, but no derivative goes through
    return made if current().records else node(Traced, data, detached, (made,), (0.0,))


@contextmanager
def tracing() -> Iterator[None]:
    """Context manager: inside, operations on `traced` Values are recorded for machine code, even within `no_grad`.

    What asks for their numbers (if, <, max, float(), .data) is refused with a TypeError; only `example_number` tells them.

    >>> x = traced(2.0)
    >>> with tracing():
    ...     y = x * x
    >>> y > 3.0
    Traceback (most recent call last):
        ...
    TypeError: recording for machine code: the function asks for the number of a value (if, <, == 1, max, float(), .data, math.sin …), and machine code would take the same branch for ever; use where(step(x), a, b), maximum, minimum, abs, sign, autograd.sin …, or leave this part uncompiled; a check of what the function is given may ask autograd.example_number
    """  # noqa: E501
    with warnings.catch_warnings(), changed(make=_make, traces=True, records=True):
        warnings.simplefilter("ignore", DomainWarning)  # of the examples; the machine code does not warn
        yield


# ---------------------------------------------------------------- products of sweeps


def careful_product(adjoint: Any, partial: Any, infinite: bool) -> Any:
    """adjoint · partial whatever their numbers will be; `infinite` says whether the partial may be so."""
    if partial.__class__ is float:
        return adjoint if partial == 1.0 else -adjoint if partial == -1.0 else adjoint * partial
    return absorbing_product(adjoint, partial) if infinite else adjoint * partial


def may_be_infinite(partial: Any, own: set[Any]) -> bool:
    """Whether a partial may be infinite or nan where the operands are finite, and turn an adjoint of 0 into nan.

    An operand itself counts as finite.
    """
    if partial.__class__ is float or partial in own:
        return False
    return partial.primitive is not None and not partial.primitive.bounded
