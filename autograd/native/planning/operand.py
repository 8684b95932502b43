"""What lowerings compute with in back ends that write text: an operand whose operators make new operands."""

from collections.abc import Callable
from typing import Any

Operator = Callable[["Operand", Any], Any]


def _arithmetic(name: str) -> tuple[Operator, Operator]:
    """An operator, and the same with its operands as written the other way round."""
    return lambda x, y: x.code.arithmetic(name, x, y), lambda x, y: x.code.arithmetic(name, y, x)


def _comparison(name: str) -> Operator:
    return lambda x, y: x.code.compare(name, x, y)


class Operand:
    """Base of LLVM's registers and C's expressions: `code` is told what to write.

    `code.arithmetic` takes add, sub, mul or div and two operands, of which one may be a number; `code.compare` lt, le,
    gt or ge; `code.negated` one operand.
    """

    __slots__ = ("code",)

    def __init__(self, code: Any) -> None:
        self.code = code

    __add__, __radd__ = _arithmetic("add")
    __sub__, __rsub__ = _arithmetic("sub")
    __mul__, __rmul__ = _arithmetic("mul")
    __truediv__, __rtruediv__ = _arithmetic("div")
    __lt__, __le__, __gt__, __ge__ = map(_comparison, ("lt", "le", "gt", "ge"))

    def __neg__(self) -> Any:
        return self.code.negated(self)

    def __abs__(self) -> Any:
        return self.code.abs(self)

    def __bool__(self) -> bool:
        raise TypeError("what is computed later is neither true nor false: a lowering chooses by `where`")
