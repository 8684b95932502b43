"""Straight-line programs, and the passes that shorten them.

Called on numbers, a `Program` calls its rows one by one: slow, and what any compiled form of it has to agree with.
`autograd.program` makes one from a recorded graph.
"""

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from autograd.arguments import counted
from autograd.formulas import listing
from autograd.formulas.instructions import Alias, Constant, Instruction, Instructions, Operand, Variable


@dataclass(frozen=True, slots=True, repr=False)
class Program(Instructions):
    """A single-assignment program: inputs, instructions in the order of their execution, outputs.

    Printed, it is Python source; called on numbers, it gives its outputs.

    Raises TypeError for the wrong number of arguments, or for one that is not a number.
    Source: seeds, "Automatic Differentiation: Problem Statement" and "Reverse-Mode Automatic Differentiation".

    >>> from autograd.formulas.program import program
    >>> x, y = Value(2.0, label="x"), Value(5.0, label="y")
    >>> program(x * y + x)(3.0, 5.0)  # the value, ∂/∂x, ∂/∂y
    (18.0, 6.0, 3.0)
    """

    def function(self) -> Callable[..., tuple[Any, ...]]:
        """The printed source as a Python function: of numbers, faster than the program; of Values, recorded."""
        return listing.compiled(self)

    def __str__(self) -> str:
        return listing.source(self)

    def __repr__(self) -> str:
        names = ", ".join(x.name for x in self.inputs)
        shown = names if len(names) <= 60 else counted(len(self.inputs), "input")
        sizes = f"{counted(len(self.outputs), 'output')}, {counted(len(self.instructions), 'instruction')}"
        return f"<program ({shown}) → {sizes}>"


# ---------------------------------------------------------------- passes: each from a program to an equal one


def fold_constants(program: Program) -> Program:
    """Every instruction whose operands are all numbers becomes its number.

    >>> from autograd.formulas.program import program
    >>> x, y = Value(3.0, label="x"), Value(4.0, label="y")
    >>> folded = fold_constants(program(x * (y * 2.0), inputs=[x], mode="value", optimize=False))
    >>> [line.primitive.name for line in folded.instructions]
    ['mul']
    """
    known = {constant.target: constant.number for constant in program.constants}
    constants, instructions = list(program.constants), []
    literals: dict[int, Operand] = {}
    for line in program.instructions:
        numbers = [known.get(x.index) if isinstance(x, Variable) else x for x in line.operands]
        constant = [number for number in numbers if number is not None]
        if len(constant) < len(numbers):
            instructions.append(line)
            continue
        known[line.target] = number = line.primitive.evaluate(constant)
        if line.name:
            constants.append(Constant(line.target, line.name, number, line.section))
        else:
            literals[line.target] = number
    return _replaced(
        dataclasses.replace(program, constants=tuple(constants), instructions=tuple(instructions)), literals
    )


def share_common_subexpressions(program: Program) -> Program:
    """The same row of the same operands is computed once; x + y and y + x count as different.

    >>> from autograd.formulas.program import program
    >>> x = Value(3.0, label="x")
    >>> shared = share_common_subexpressions(program(x.sin() * x.sin(), mode="value", optimize=False))
    >>> [line.primitive.name for line in shared.instructions]
    ['sin', 'mul']
    """
    numbers = {constant.target: constant.number for constant in program.constants}
    first: dict[Any, Instruction] = {}
    same: dict[int, Operand] = {}
    instructions, aliases = [], []
    for line in program.instructions:
        operands = tuple(_resolve(x, same) for x in line.operands)
        key = (line.primitive, *(_digits(x, numbers) for x in operands))
        known = first.setdefault(key, line)
        if known is line:
            instructions.append(dataclasses.replace(line, operands=operands))
            continue
        same[line.target] = Variable(known.target)
        if line.name:
            aliases.append(Alias(line.name, Variable(known.target), line.section))
    shared = dataclasses.replace(program, instructions=tuple(instructions), aliases=(*program.aliases, *aliases))
    return _replaced(shared, same)


def _digits(operand: Operand, constants: Mapping[int, float]) -> int | str:
    """What an operand is known by; a number by its digits, because 0.0 == -0.0 and yet their quotients differ."""
    if isinstance(operand, Variable):
        return repr(constants[operand.index]) if operand.index in constants else operand.index
    return repr(operand)


def remove_dead_code(program: Program) -> Program:
    """Without the instructions that no output needs; constants and names cost nothing and stay.

    >>> from autograd.formulas.program import program
    >>> x, w = Value(3.0, label="x"), Value(4.0, label="w")
    >>> live = remove_dead_code(program(w * x, inputs=[w], optimize=False))
    >>> [(line.name, line.primitive.name) for line in live.instructions]
    [('v1', 'mul'), ('w̄', 'mul')]
    """
    live = {output.operand.index for output in program.outputs if isinstance(output.operand, Variable)}
    kept = []
    for line in reversed(program.instructions):
        if line.target in live:
            kept.append(line)
            live.update(x.index for x in line.operands if isinstance(x, Variable))
    live.update(x.target for x in program.inputs)
    live.update(x.target for x in program.constants)
    aliases = (x for x in program.aliases if not isinstance(x.operand, Variable) or x.operand.index in live)
    return dataclasses.replace(program, instructions=tuple(reversed(kept)), aliases=tuple(aliases))


def _replaced(program: Program, substitutes: Mapping[int, Operand]) -> Program:
    """Every reference to a variable of `substitutes` replaced, in instructions, aliases and outputs."""
    if not substitutes:
        return program
    return dataclasses.replace(
        program,
        instructions=tuple(
            dataclasses.replace(line, operands=tuple(_resolve(x, substitutes) for x in line.operands))
            for line in program.instructions
        ),
        aliases=tuple(dataclasses.replace(x, operand=_resolve(x.operand, substitutes)) for x in program.aliases),
        outputs=tuple(dataclasses.replace(x, operand=_resolve(x.operand, substitutes)) for x in program.outputs),
    )


def _resolve(operand: Operand, substitutes: Mapping[int, Operand]) -> Operand:
    return substitutes.get(operand.index, operand) if isinstance(operand, Variable) else operand
