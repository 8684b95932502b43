"""What straight-line programs are made of, and how they are run.

Every variable is assigned once, and before it is used.  Nothing about an operation is said here: an instruction
points at its row.
"""

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from autograd.arguments import counted
from autograd.table.primitive import Primitive, as_number


class Section(enum.StrEnum):
    """What a line is for."""

    FORWARD = "forward"
    TANGENT = "tangent"
    ADJOINT = "adjoint"


@dataclass(frozen=True, slots=True)
class Variable:
    """A reference to what an input, a constant or an instruction has defined."""

    index: int


Operand = Variable | float
"""What an instruction is applied to: a variable, or a number."""


@dataclass(frozen=True, slots=True)
class Input:
    """An argument of the program, with the number it had when the graph was recorded."""

    target: int
    name: str
    number: float
    section: Section = Section.FORWARD


@dataclass(frozen=True, slots=True)
class Constant:
    """A variable that is a number whatever the inputs are."""

    target: int
    name: str
    number: float
    section: Section


@dataclass(frozen=True, slots=True)
class Instruction:
    """target ← primitive(operands).  Without a name it is a step inside a formula."""

    target: int
    primitive: Primitive
    operands: tuple[Operand, ...]
    section: Section
    name: str = ""


@dataclass(frozen=True, slots=True)
class Alias:
    """Another name for what is defined already: v̄₁ is v̄₄ where the partial is 1."""

    name: str
    operand: Operand
    section: Section


@dataclass(frozen=True, slots=True)
class Output:
    """What the program returns: the value first, then the adjoints of the inputs, or the tangent."""

    name: str
    operand: Operand


@dataclass(frozen=True, slots=True, repr=False)
class Instructions:
    """Inputs, constants, instructions in the order of their execution, and outputs; called on numbers, the outputs."""

    inputs: tuple[Input, ...]
    constants: tuple[Constant, ...]
    instructions: tuple[Instruction, ...]
    outputs: tuple[Output, ...]
    aliases: tuple[Alias, ...] = ()

    @property
    def size(self) -> int:
        """One more than the largest index of a variable."""
        return 1 + max((line.target for line in self.definitions), default=-1)

    @property
    def definitions(self) -> "tuple[Input | Constant | Instruction, ...]":
        """Everything that defines a variable, in the order of definition."""
        return (*self.inputs, *self.constants, *self.instructions)

    @property
    def recorded(self) -> tuple[float, ...]:
        """The numbers the inputs had when the graph was recorded."""
        return tuple(x.number for x in self.inputs)

    def __call__(self, *numbers: Any) -> tuple[float, ...]:
        """The outputs at these inputs, each row called in turn, total by IEEE 754 as the rows are."""
        environment = self.environment(numbers)
        return tuple(_number(output.operand, environment) for output in self.outputs)

    def trace(self, *numbers: Any) -> dict[str, float]:
        """The number of everything that has a name, at these inputs.

        >>> from autograd.formulas.program import program
        >>> x = Value(3.0, label="x")
        >>> program(x * x).trace(3.0)["v1"]
        9.0
        """
        environment = self.environment(numbers)
        named = {line.name: environment[line.target] for line in self.definitions if line.name}
        return named | {alias.name: _number(alias.operand, environment) for alias in self.aliases}

    def environment(self, numbers: Sequence[Any]) -> dict[int, float]:
        """The number of every variable, by its index."""
        if len(numbers) != len(self.inputs):
            names = ", ".join(x.name for x in self.inputs)
            raise TypeError(f"program: takes {counted(len(self.inputs), 'number')} ({names}), got {len(numbers)}")
        found = {
            x.target: as_number(number, f"program: input {x.name}")
            for x, number in zip(self.inputs, numbers, strict=True)
        }
        found.update((constant.target, constant.number) for constant in self.constants)
        for line in self.instructions:
            found[line.target] = line.primitive.evaluate([_number(x, found) for x in line.operands])
        return found


def _number(operand: Operand, environment: Mapping[int, float]) -> float:
    return environment[operand.index] if isinstance(operand, Variable) else operand
