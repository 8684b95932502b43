"""What machine code looks like from outside: the names of its functions, and what they take in which order."""

import ctypes
from dataclasses import dataclass
from typing import Any

BEFORE, SAMPLES, AFTER = 1, 2, 4
"""The phases of a batch, to be added up."""

_TYPES: dict[str, Any] = {"i64": ctypes.c_int64, "double": ctypes.c_double, "ptr": ctypes.c_void_p}
Function = Any  # what ctypes makes of an address


@dataclass(frozen=True)
class Signature:
    """A function of machine code that returns nothing.

    Args:
        name: Of the function.
        arguments: Types and names of what it takes, as LLVM's text has them.
    """

    name: str
    arguments: tuple[tuple[str, str], ...]

    def parameters(self) -> str:
        """The arguments of the definition.

        >>> POINT.parameters()
        'ptr %U, ptr %R'
        """
        return ", ".join(f"{kind} %{name}" for kind, name in self.arguments)

    def call(self, function: str, **given: object) -> str:
        """The text of a call.

        >>> POINT.call("@point", R="%memory", U="%slots")
        'call void @point(ptr %slots, ptr %memory)'
        """
        return f"call void {function}({', '.join(f'{kind} {given[name]}' for kind, name in self.arguments)})"

    def prototype(self) -> Any:
        """What makes of an address a function for Python to call with the arguments in order."""
        return ctypes.CFUNCTYPE(None, *(_TYPES[kind] for kind, _ in self.arguments))

    def index(self, name: str) -> int:
        """Which argument is called so."""
        return [each for _, each in self.arguments].index(name)


KERNEL = Signature(
    "kernel",
    (
        ("i64", "phases"),
        ("ptr", "X"),  # where the inputs begin: number k of sample s is X[k][s · S[k]]
        ("ptr", "S"),  # their strides, in numbers
        ("i64", "n"),  # samples
        ("double", "weight"),  # of each sample in the sums
        ("ptr", "U"),  # the slots
        ("ptr", "R"),  # the strips of a block
        ("ptr", "O"),  # where the outputs begin
        ("ptr", "P"),  # their strides
    ),
)
"""A batch."""
POINT = Signature("point", (("ptr", "U"), ("ptr", "R")))
"""All steps on one sample, whose inputs are in the strips already."""
