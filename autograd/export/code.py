"""Expressions of Python on arrays: what lowerings work with where a library of arrays computes.

A row is written by the function that the library has for it, or else as a function of its own, printed from the
lowering of the row; where the library differentiates, that function has the row's own partial derivatives.
"""

import builtins
import keyword
import re
from collections.abc import Callable, Iterator, Sequence
from functools import partialmethod
from itertools import chain, count
from typing import Any

from autograd.export.targets import Target
from autograd.native.c.code import CHOICE, PRIMARY, PRODUCT, RELATION, SIGN, SUM, CCode, Expression, Form
from autograd.native.c.names import identifier
from autograd.table import primitives
from autograd.table.primitive import Partial, Primitive, evaluate_partial
from autograd.table.primitives import TABLE

OPERANDS = ("x", "y", "z")


class ArrayExpression(Expression):
    """An expression that rows take as an operand, so that partial derivatives can be printed."""

    __slots__ = ()

    _level = 0

    def _apply_primitive(self, row: Primitive, operands: Sequence[Any]) -> Any:
        return self.code.row(row, operands)


class ArrayCode(CCode):
    """A stretch of Python on arrays, and the machine of its lowerings.

    Args:
        target: The library.
        rows: The functions of rows that the whole text has so far.
    """

    expression = ArrayExpression
    negation = Form("~{}", SIGN, (PRIMARY,), is_mask=True)
    conjunction = Form("{} & {}", CHOICE, (SUM, SUM), is_mask=True)  # & binds more tightly than a comparison
    disjunction = Form("{} | {}", CHOICE, (SUM, SUM), is_mask=True)
    equality = Form("{} == {}", RELATION, (SUM, SUM), is_mask=True)

    def __init__(self, target: Target, rows: "Rows") -> None:
        super().__init__()
        self.target, self.rows = target, rows
        module = target.module
        self.not_nan = Form(f"~{module}.isnan({{}})", SIGN, (CHOICE,), is_mask=True)
        self.choice = Form(f"{module}.where({{}}, {{}}, {{}})", PRIMARY, (CHOICE, CHOICE, CHOICE))

    @staticmethod
    def literal(number: float) -> str:
        """A number as Python."""
        return repr(float(number)) if number - number == 0.0 else f'float("{number!r}")'

    def declaration(self, name: str, text: str, is_mask: bool) -> str:  # noqa: ARG002
        """The statement that gives an expression a name."""
        return f"{name} = {text}"

    def assignment(self, place: str, text: str) -> str:
        """The statement that gives a result back."""
        return f"{place} {text}"

    # ------------------------------------------------------------ the machine

    def form_of(self, name: str, operands: int) -> Form:
        """A function of libm by its name in the library."""
        if name == "fabs":
            return Form("abs({})", PRIMARY, (CHOICE,))
        if name == "pow":
            return Form("{} ** {}", SIGN, (PRIMARY, PRIMARY))
        return _call(self.rows.function(name), operands)

    def where(self, mask: Any, x: Any, y: Any) -> Any:
        """x where the mask is true, y elsewhere."""
        if not isinstance(x, Expression) and not isinstance(y, Expression) and not isinstance(mask, bool):
            x = self.number_of(x)
        return super().where(mask, x, y)

    def call(self, name: str, *operands: Any) -> Any:
        """A function of libm, of arrays where it takes no numbers."""
        several = len(operands) > 1 and name != "pow"
        return super().call(name, *(map(self.number_of, operands) if several else operands))

    copysign: Any = partialmethod(call, "copysign")

    def number_of(self, x: Any) -> Any:
        """A number as an array, for functions that take no others."""
        if isinstance(x, Expression) or not self.target.number:
            return x
        return self.load(self.target.number.format(self.literal(x)), outside=True)

    def used(self) -> Iterator[tuple[Expression, int]]:
        """The expressions that the result needs, operands first, each with how often it is used."""
        counts = self.uses()
        for item in self._items:
            if isinstance(item, Expression) and counts[item.index]:
                yield item, counts[item.index]

    # ------------------------------------------------------------ rows

    def row(self, row: Primitive, operands: Sequence[Any]) -> Any:
        """What a row gives: the library's function, one of its own, or its lowering, written out."""
        if row is primitives.pow and not isinstance(operands[1], Expression):
            y = operands[1]  # a square is a product; x·√x would have no derivative at 0, and 1/√x the sign of -0
            is_written_out = y in (-1.0, 0.5) or (y > 0.0 and y.is_integer())
            return row.lowered(self, *operands) if is_written_out else self.call("pow", *operands)
        if row.arity is None and self.rows.template(row) is not None:
            return self.of_stack(row, self.node(_call("stack", len(operands)), *operands), 0)
        template = self.rows.template(row)
        if template is not None:
            taken = [self.number_of(x) for x in operands] if "(" in template and len(operands) > 1 else operands
            tight = (CHOICE if "(" in template else PRODUCT,) * len(operands)
            return self.node(Form(template, PRIMARY if "(" in template else CHOICE, tight), *taken)
        if self.rows.has_own(row):
            return self.node(_call(self.rows.name_of(row), len(operands)), *operands)
        return row.lowered(self, *operands)

    def of_stack(self, row: Primitive, stack: Any, place: int) -> Any:
        """A row of many operands, of an array that has them on its last axis; a share is that of one place."""
        found = self.of_array(row, stack)
        return self.element(found, place) if row.share else found

    def of_array(self, row: Primitive, stack: Any) -> Any:
        """The library's function of an array."""
        return self.filled(self.rows.template(row) or "", stack)

    def filled(self, template: str, x: Any) -> Any:
        """A function or, which binds more tightly, a method of one operand."""
        return self.node(Form(template, PRIMARY, (PRIMARY if template.startswith("{}") else CHOICE,)), x)

    def element(self, array: Any, *index: int) -> Any:
        """One number of the last axis, or of both axes of a matrix."""
        places = ", ".join(map(str, index if len(index) > 1 else ("...", *index)))
        return self.node(Form(f"{{}}[{places}]", PRIMARY, (PRIMARY,)), array)


def _call(name: str, operands: int) -> Form:
    return Form(f"{name}({', '.join(['{}'] * operands)})", PRIMARY, (CHOICE,) * operands)


def _partial(partial: Partial) -> Callable[[ArrayCode, Sequence[Any]], Any]:
    return lambda _, xs: evaluate_partial(partial, xs[0], xs[1:])


class Rows:
    """The functions that a text defines for rows, and those of its library that it calls by another name.

    Args:
        target: The library.
        name: What the function that the text is for is called.
    """

    def __init__(self, target: Target, name: str = "") -> None:
        self.target = target
        self.taken = {*target.taken, *target.missing, *keyword.kwlist, *dir(builtins), name}
        self.names: dict[Primitive, str] = {}
        self.texts: list[str] = []
        self.helpers: dict[str, str] = {}
        """Functions that the library has not, by name."""

    def function(self, name: str) -> str:
        """What the library calls a function of libm."""
        if name in self.target.missing:
            self.helpers[name] = self.target.missing[name]
            return name
        return self.target.functions.get(name, f"{self.target.module}.{name}")

    def template(self, row: Primitive) -> str | None:
        """The function of a row that the library has, or that is written for it; None if there is none."""
        template = self.target.template(row)
        name = "" if template is None else template.partition("(")[0]
        if name in self.target.missing:
            self.helpers[name] = self.target.missing[name]
        return template

    def has_own(self, row: Primitive) -> bool:
        """Whether a row becomes a function of its own: it has partial derivatives, and is not of an infinite family."""
        if not isinstance(row.partials, tuple) or _FAMILIES.fullmatch(row.name):
            return False
        if TABLE.get(row.name) is not row or row.name in self.target.own_partials:
            return True
        if isinstance(row.lowering, str):
            return bool(self.target.rule) and row.lowering in self.target.missing
        return row.lowering is not None and row.name not in _WRITTEN_OUT

    def name_of(self, row: Primitive) -> str:
        """The name of the function of a row, which is written if it is the first time."""
        if row not in self.names:
            name = self.names[row] = self._free(row.name)
            self.texts.append(self._text(row, name))
        return self.names[row]

    def _free(self, text: str) -> str:
        """A text as a name of a function that means nothing else in all that is written."""
        plain = identifier(text, "row").removesuffix("_")  # what C's library has is free here
        found = chain([plain, f"{plain}_"], (f"{plain}_{k}" for k in count(2)))
        name = next(x for x in found if x not in self.taken and not _OF_TEXTS.fullmatch(x))
        self.taken.add(name)
        return name

    def _text(self, row: Primitive, name: str) -> str:
        count = row.arity or 0
        names = OPERANDS[:count] if count <= len(OPERANDS) else [f"x{i}" for i in range(1, count + 1)]
        comment = _in_docstring(f"{row.name}: {row.domain or 'everywhere'}")
        text = self._function(name, names, lambda code, xs: row.lowered(code, *xs), comment)
        if not self.target.rule:
            return text
        assert isinstance(row.partials, tuple)
        arguments = []
        for partial, x in zip(row.partials, names, strict=True):
            by = self._free(f"{name}_by_{x}")
            try:
                one = self._function(by, ("result", *names), _partial(partial), "")
            except TypeError as error:
                raise TypeError(
                    f"{row.name}: the partial derivative by {x} cannot be printed ({error}); write it in operations "
                    "that record, as autograd.sin, and where in the place of if"
                ) from error
            head, *lines = one.splitlines()
            if len(lines) == 1:
                arguments.append(
                    f"lambda {head.partition('(')[2].rpartition(')')[0]}: {lines[0].strip().removeprefix('return ')}"
                )
            else:
                text += "\n\n" + one
                arguments.append(by)
        return text + f"\n\n{name} = {self.target.rule}({name}, {', '.join(arguments)})\n"

    def _function(
        self, name: str, names: Sequence[str], formula: Callable[[ArrayCode, Sequence[Any]], Any], comment: str
    ) -> str:
        code = ArrayCode(self.target, self)
        code.store("return", formula(code, [code.load(x, outside=True) for x in names]))
        documented = [f'    """{comment}."""'] if comment else []
        return "\n".join(
            [f"def {name}({', '.join(names)}):", *documented, *(f"    {line}" for line in code.lines()[1]), ""]
        )


def _in_docstring(text: str) -> str:
    """A text on one line that can neither end a docstring nor escape a character of it."""
    return "".join(c if c.isprintable() and c not in '"\\' else "_" for c in " ".join(text.split()))


_OF_TEXTS = re.compile("[A-Za-z][0-9]*")
"""What texts call their arrays and what they compute."""
_FAMILIES = re.compile(r"power_derivative_.*|polygamma_([4-9]|\d\d+)")
"""Rows each of which has the next as its derivative: from there on the library differentiates the formula."""
_WRITTEN_OUT = frozenset({"pow", "sqrt", "floor"})
"""Rows whose lowering the libraries differentiate rightly as it stands."""
