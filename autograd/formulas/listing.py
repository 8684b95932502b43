"""A straight-line program as Python source, and that source as a function.

One line for each variable that has a name, in the notation of the lecture: v1, v2, … for the trace, v̄1 for an
adjoint, v̇1 for a tangent.  What has no name and is used once stands inside the line that uses it; that is the same
sequence of operations, so the source computes the same numbers, bit for bit.
"""

import collections
import keyword
import sys
import textwrap
from collections.abc import Callable, Collection, Iterator
from typing import Any

from autograd.formulas.instructions import Alias, Constant, Input, Instruction, Instructions, Operand, Section
from autograd.formulas.notation import Names, Spelled, identifier, python_application, python_number, visible
from autograd.table import primitives
from autograd.table.primitive import ARITHMETIC_ERRORS, Primitive

_WIDTH = 100
_INLINE = 60  # characters; longer formulas get a line and a name of their own


def source(program: Instructions) -> str:
    """Python source of a function of the inputs that returns the outputs.

    Infix `/`, `%` and `//` raise on a zero divisor where the rows follow IEEE 754; where the recorded numbers would,
    the row is called by name instead.

    >>> from autograd.formulas.program import program
    >>> x = Value(3.0, label="x")
    >>> print(source(program(x * x, mode="value")))
    def f(x):
        # forward
        v1 = x * x
        return (v1,)
    """
    return _Listing(program).text()


def compiled(program: Instructions) -> Callable[..., tuple[Any, ...]]:
    """The source, run: a Python function of the inputs.

    >>> from autograd.formulas.program import program
    >>> x = Value(3.0, label="x")
    >>> compiled(program(x * x))(4.0)
    (16.0, 8.0)
    """
    listing = _Listing(program)
    namespace: dict[str, Any] = {name: row for row, name in listing.functions.items()}
    exec(compile(listing.text(), "<program>", "exec"), namespace)  # noqa: S102  # text made above of rows and numbers
    return namespace[listing.name]  # type: ignore[no-any-return]


class _Listing:
    def __init__(self, program: Instructions) -> None:
        self.program = program
        self.names = Names([*(line.name for line in program.definitions), *(alias.name for alias in program.aliases)])
        self.functions = {row: self._function_name(row) for row in {x.primitive: 0 for x in program.instructions}}
        self.name = self.names.unique("f")
        self.spelled = {line.target: Spelled(line.name) for line in program.definitions if line.name}
        self.aliases: dict[int, list[Alias]] = {}
        for alias in program.aliases:
            if not isinstance(alias.operand, float | int):
                self.aliases.setdefault(alias.operand.index, []).append(alias)
        operands = [x for line in program.instructions for x in line.operands]
        operands += [x.operand for x in program.aliases] + [x.operand for x in program.outputs]
        self.uses = collections.Counter(x.index for x in operands if not isinstance(x, float | int))
        self.numbers = program.environment(program.recorded)
        self.steps = 0

    def text(self) -> str:
        """The whole source."""
        body = list(self._body())
        imports = list(self._imports())
        arguments = ", ".join(x.name for x in self.program.inputs)
        head = _wrapped(f"def {self.name}(", arguments, "):", "")
        return "\n".join([*imports, *(["", ""] if imports else []), *head, *body])

    def _body(self) -> Iterator[str]:
        program = self.program
        defined: set[int] = set()
        for section in dict.fromkeys(line.section for line in program.definitions):
            lines = [*self._old_names(section, defined)]
            for line in program.definitions:
                if line.section is section:
                    defined.add(line.target)
                    lines += self._line(line) + self._new_names(section, line.target)
            yield from [f"    # {section.value}", *lines] if lines else []
        returned = ", ".join(x.name or self._operand(x.operand).text for x in program.outputs)
        yield from _wrapped("    return (", returned, ",)" if len(program.outputs) == 1 else ")", "    ")

    def _old_names(self, section: Section, defined: Collection[int]) -> list[str]:
        """Further names of what earlier sections have defined, and of numbers."""
        return [
            f"    {alias.name} = {self._operand(alias.operand).text}"
            for alias in self.program.aliases
            if alias.section is section and (isinstance(alias.operand, float | int) or alias.operand.index in defined)
        ]

    def _new_names(self, section: Section, index: int) -> list[str]:
        aliases = (alias for alias in self.aliases.get(index, ()) if alias.section is section)
        return [f"    {alias.name} = {self.spelled[index].text}" for alias in aliases]

    def _line(self, line: "Input | Constant | Instruction") -> list[str]:
        """The line that defines a variable; none for an input, or for a step that fits into the line that uses it."""
        name, spelled = line.name, self._formula(line)
        if spelled is None:
            return []
        if not name and self.uses[line.target] == 1 and len(spelled.text) <= _INLINE:
            self.spelled[line.target] = spelled
            return []
        if not name:
            self.steps += 1
            name = self.names.unique(f"d{self.steps}")
        self.spelled[line.target] = Spelled(name)
        return [f"    {name} = {spelled.text}"]

    def _formula(self, line: "Input | Constant | Instruction") -> Spelled | None:
        match line:
            case Input():
                return None
            case Constant():
                return python_number(line.number)
            case Instruction():
                return self._application(line)

    def _application(self, line: Instruction) -> Spelled:
        row, operands = line.primitive, [self._operand(x) for x in line.operands]
        call = self.functions[row]
        infix = row is primitives.TABLE.get(row.name) and self._operator_agrees(line)
        return python_application(row, operands, call="" if infix else call)

    def _operator_agrees(self, line: Instruction) -> bool:
        """Whether Python's own operator, or the call the row's text says, computes what the row does."""
        if line.primitive is primitives.pow:  # ** makes complex numbers of (-8) ** (1/3), silently
            exponent = line.operands[1]
            if not isinstance(exponent, float | int) or not float(exponent).is_integer():
                return False
        numbers = [x if isinstance(x, float | int) else self.numbers[x.index] for x in line.operands]
        if line.primitive.arity == 2:
            try:
                line.primitive.value(*numbers)
            except ARITHMETIC_ERRORS:
                return False
        return True

    def _operand(self, operand: Operand) -> Spelled:
        return python_number(operand) if isinstance(operand, float | int) else self.spelled[operand.index]

    # ------------------------------------------------------------ where the functions come from

    def _function_name(self, row: Primitive) -> str:
        return row.name if primitives.TABLE.get(row.name) is row else self.names.unique(identifier(row.name))

    def _imports(self) -> Iterator[str]:
        wanted = []
        for row, name in self.functions.items():
            if primitives.TABLE.get(row.name) is row:
                infix = row.precedence < 5 and all(
                    self._operator_agrees(line) for line in self.program.instructions if line.primitive is row
                )
                wanted += [] if infix else [name]
            else:
                yield _import_of(row, name)
        if wanted:
            yield from _wrapped("from autograd import ", ", ".join(sorted(wanted)), "", "")


def _import_of(row: Primitive, name: str) -> str:
    for attribute, candidate in vars(sys.modules.get(row.module, object)).items():
        if candidate is row and all(map(_is_name, [*row.module.split("."), attribute])):
            return f"from {row.module} import {attribute}" + (f" as {name}" if attribute != name else "")
    return visible(f"# {name} is the primitive {row.name} of {row.module}")


def _is_name(word: str) -> bool:
    return word.isidentifier() and not keyword.iskeyword(word)


def _wrapped(head: str, items: str, tail: str, indent: str) -> list[str]:
    """One line, or with many items several in brackets."""
    if len(head + items + tail) <= _WIDTH:
        return [head + items + tail]
    if not head.endswith("("):
        head, tail = head + "(", ")" + tail
    tail = tail.removeprefix(",")
    inner = textwrap.wrap(
        items + ",", _WIDTH, initial_indent=indent + "    ", subsequent_indent=indent + "    ",
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip
    return [head, *inner, indent + tail]
