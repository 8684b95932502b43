"""What formulas compute with: the operations that every machine has, and the machine of Python's floats.

A formula on a `Machine` has choices in the place of branches: both sides are computed.  So the same formula runs on
registers of LLVM, on expressions of C, on arrays, and on floats, where it gives the values of the rows.
"""

import math
import operator
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from autograd.table import numerics as n

Operand = Any  # a number, or what the machine makes of one; it has + - * / and comparisons, which give masks
Mask = Any


class Machine(Protocol):
    """What a back end offers beside operators."""

    def where(self, mask: Mask, x: Operand, y: Operand) -> Operand:
        """x where the mask is true, y elsewhere."""

    def both(self, a: Mask, b: Mask) -> Mask:
        """Where both masks are true."""

    def either(self, a: Mask, b: Mask) -> Mask:
        """Where one of the masks is true."""

    def equal(self, x: Operand, y: Operand) -> Mask:
        """Where x = y; nan is equal to nothing."""

    def abs(self, x: Operand) -> Operand:
        """|x|."""

    def sqrt(self, x: Operand) -> Operand:
        """√x, correctly rounded."""

    def floor(self, x: Operand) -> Operand:
        """⌊x⌋."""

    def copysign(self, x: Operand, y: Operand) -> Operand:
        """|x| with the sign of y."""

    def call(self, name: str, *operands: Operand) -> Operand:
        """A function of libm, or of the vector library."""

    def fused(self, x: Operand, y: Operand, z: Operand) -> Operand:
        """x·y + z, rounded once where the machine can."""

    def in_order(self, operands: Sequence[Operand]) -> list[Operand]:
        """Operands in an order that does not depend on how they were given, so that equal sums are found equal."""
        ...


Lowering = Callable[..., Operand]
"""A function of (machine, *operands)."""


class Floats:
    """The machine of Python's floats.

    Both sides of a choice are computed, so nothing may raise: an overflow gives infinity.  A formula must not divide by
    what may be 0, which a float refuses.
    """

    where = staticmethod(lambda mask, x, y: x if mask else y)
    both = staticmethod(operator.and_)
    either = staticmethod(operator.or_)
    equal = staticmethod(operator.eq)
    abs = staticmethod(abs)
    copysign = staticmethod(math.copysign)
    in_order: Any = staticmethod(list)
    sqrt = staticmethod(lambda x: math.sqrt(x) if x >= 0.0 else math.nan)
    floor = staticmethod(lambda x: float(math.floor(x)) if math.isfinite(x) else x)
    fused = staticmethod(lambda x, y, z: x * y + z)

    @staticmethod
    def call(name: str, *operands: float) -> float:
        """A function of `math`, and by IEEE 754 where that raises."""
        try:
            return _MATH[name](*operands)  # type: ignore[no-any-return]
        except (OverflowError, ValueError) as error:
            outside: Any = _OUTSIDE.get(name)
            if outside is not None:
                return outside(*operands)  # type: ignore[no-any-return]
            return math.inf if isinstance(error, OverflowError) else math.nan


_MATH = vars(math)
_OUTSIDE = {"pow": n.power_outside, "log": n.pole(0.0)}
FLOATS: Any = Floats()  # Any: what is made of built-in functions has no names for its parameters
