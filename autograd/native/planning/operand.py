"""What lowerings compute with in back ends that write text: an operand whose operators make new operands."""

from typing import Any


class Operand:
    """Base of LLVM's registers and C's expressions: `code` is told what to write.

    `code.arithmetic` takes add, sub, mul or div and two operands, of which one may be a number; `code.compare` lt, le,
    gt or ge; `code.negated` one operand.
    """

    __slots__ = ("code",)

    def __init__(self, code: Any) -> None:
        self.code = code

    def __add__(self, other: Any) -> Any:
        return self.code.arithmetic("add", self, other)

    def __radd__(self, other: Any) -> Any:
        return self.code.arithmetic("add", other, self)

    def __sub__(self, other: Any) -> Any:
        return self.code.arithmetic("sub", self, other)

    def __rsub__(self, other: Any) -> Any:
        return self.code.arithmetic("sub", other, self)

    def __mul__(self, other: Any) -> Any:
        return self.code.arithmetic("mul", self, other)

    def __rmul__(self, other: Any) -> Any:
        return self.code.arithmetic("mul", other, self)

    def __truediv__(self, other: Any) -> Any:
        return self.code.arithmetic("div", self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return self.code.arithmetic("div", other, self)

    def __neg__(self) -> Any:
        return self.code.negated(self)

    def __abs__(self) -> Any:
        return self.code.abs(self)

    def __lt__(self, other: Any) -> Any:
        return self.code.compare("lt", self, other)

    def __le__(self, other: Any) -> Any:
        return self.code.compare("le", self, other)

    def __gt__(self, other: Any) -> Any:
        return self.code.compare("gt", self, other)

    def __ge__(self, other: Any) -> Any:
        return self.code.compare("ge", self, other)

    def __bool__(self) -> bool:
        raise TypeError("what is computed later is neither true nor false: a lowering chooses by `where`")
