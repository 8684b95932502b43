"""Expressions of C: what lowerings work with, and how a stretch of them is printed.

Equal expressions are one object.  An expression that is used once stands where it is used; one that is used more often,
or that would make a line too long, becomes a constant of its own: `const double t3 = exp(-fabs(t2));`.
"""

import math
from collections.abc import Sequence
from functools import partialmethod
from typing import Any, NamedTuple

from autograd.native.planning.operand import Operand

WIDEST = 84  # characters of an expression in one line

CHOICE, EITHER, BOTH, EQUALITY, RELATION, SUM, PRODUCT, SIGN, PRIMARY = range(9)
"""How tightly the operators of C bind."""


class Form(NamedTuple):
    """How an expression is written, how tightly it binds, and how tightly each operand must."""

    text: str
    binds: int
    operands: tuple[int, ...]
    is_mask: bool = False


ADD = Form("{} + {}", SUM, (SUM, PRODUCT))
SUBTRACT = Form("{} - {}", SUM, (SUM, PRODUCT))
MULTIPLY = Form("{} * {}", PRODUCT, (PRODUCT, SIGN))
DIVIDE = Form("{} / {}", PRODUCT, (PRODUCT, SIGN))
NEGATE = Form("-{}", SIGN, (PRIMARY,))
LESS, LESS_EQUAL, GREATER, GREATER_EQUAL = (
    Form(f"{{}} {relation} {{}}", RELATION, (SUM, SUM), is_mask=True) for relation in ("<", "<=", ">", ">=")
)
ARITHMETIC = {"add": ADD, "sub": SUBTRACT, "mul": MULTIPLY, "div": DIVIDE}
RELATIONS = {"lt": LESS, "le": LESS_EQUAL, "gt": GREATER, "ge": GREATER_EQUAL}
EQUAL = Form("{} == {}", EQUALITY, (SUM, SUM), is_mask=True)
NOT_NAN = Form("!isnan({})", SIGN, (CHOICE,), is_mask=True)
NOT = Form("!{}", SIGN, (PRIMARY,), is_mask=True)
AND = Form("{} && {}", BOTH, (BOTH, EQUALITY), is_mask=True)
OR = Form("{} || {}", EITHER, (EQUALITY, EQUALITY), is_mask=True)  # compilers want && inside || in parentheses
WHERE = Form("{} ? {} : {}", CHOICE, (EITHER, EITHER, EITHER))


def literal(number: float) -> str:
    """A number as C, with as many digits as tell it from every other.

    >>> literal(0.1), literal(-1e300), literal(-math.inf)
    ('0.1', '-1e+300', '-INFINITY')
    """
    if math.isnan(number):
        return "NAN"
    return repr(float(number)).replace("inf", "INFINITY")


class Expression(Operand):
    """An expression of C."""

    __slots__ = ("form", "index", "name", "operands", "outside")

    def __init__(
        self, code: "CCode", form: Form, operands: tuple[Any, ...], index: int, name: str | None, outside: bool
    ) -> None:
        super().__init__(code)
        self.form, self.operands, self.index = form, operands, index
        self.name, self.outside = name, outside


class CCode:
    r"""A stretch of C without loops, and the machine of its lowerings; a mask of constants is a Python bool.

    >>> code = CCode()
    >>> x = code.load("data[0]", "x")
    >>> code.store("result[0]", code.where(x > 0.0, x, 0.0) + code.call("log1p", code.call("exp", -code.abs(x))))
    >>> print(*code.lines()[1], sep="\n")
    const double x = data[0];
    result[0] = (x > 0.0 ? x : 0.0) + log1p(exp(-fabs(x)));
    """

    expression: type[Expression] = Expression
    literal = staticmethod(literal)
    number, mask = "const double", "const int"
    """How a constant of either kind is declared."""
    equality, not_nan = EQUAL, NOT_NAN
    negation, conjunction, disjunction, choice = NOT, AND, OR, WHERE

    def __init__(self) -> None:
        self._items: list[Expression | tuple[str, Any]] = []
        self._known: dict[Any, Expression] = {}

    # ------------------------------------------------------------ expressions

    def arithmetic(self, operation: str, x: Any, y: Any) -> Expression:
        """x ∘ y."""
        return self.node(ARITHMETIC[operation], x, y)

    def compare(self, relation: str, x: Any, y: Any) -> Expression:
        """The mask of a relation."""
        return self.node(RELATIONS[relation], x, y)

    def negated(self, x: Expression) -> Expression:
        """-x."""
        return self.node(NEGATE, x)

    def node(self, form: Form, *operands: Any, name: str | None = None, outside: bool = False) -> Expression:
        """The expression of this form: the one there is already."""
        # 0.0 and -0.0 are equal and yet not the same, so numbers are known by their digits
        key = (form, *(x.index if isinstance(x, Expression) else repr(x) for x in operands))
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self.expression(self, form, operands, len(self._items), name, outside)
            self._items.append(known)
        return known

    def load(self, text: str, name: str | None = None, *, outside: bool = False) -> Expression:
        """Memory, under a name if one is given; `outside` of the loop over samples if it is the same for all."""
        return self.node(Form(text, PRIMARY, ()), name=name, outside=outside)

    def store(self, text: str, x: Any) -> None:
        """Into memory."""
        self._items.append((text, x))

    # ------------------------------------------------------------ the machine

    def where(self, mask: Any, x: Any, y: Any) -> Any:
        """x where the mask is true, y elsewhere."""
        if isinstance(mask, bool):
            return x if mask else y
        return self.node(self.choice, mask, x, y)

    def both(self, a: Any, b: Any) -> Any:
        """Where both masks are true."""
        for known, other in ((a, b), (b, a)):
            if isinstance(known, bool):
                return other if known else False
        return self.node(self.conjunction, a, b)

    def either(self, a: Any, b: Any) -> Any:
        """Where one of the masks is true."""
        for known, other in ((a, b), (b, a)):
            if isinstance(known, bool):
                return True if known else other
        return self.node(self.disjunction, a, b)

    def equal(self, x: Any, y: Any) -> Any:
        """Where x = y."""
        if not isinstance(x, Expression) and not isinstance(y, Expression):
            return bool(x == y)
        if isinstance(x, Expression) and x.form is self.choice and (*x.operands[1:], y) == (1.0, 0.0, 0.0):
            return self.node(self.negation, x.operands[0])  # how a lowering says that a mask is false
        if y != y:
            return False
        return self.node(self.not_nan, x) if x is y else self.node(self.equality, x, y)

    def call(self, name: str, *operands: Any) -> Expression:
        """A function of libm."""
        return self.node(self.form_of(name, len(operands)), *operands)

    def form_of(self, name: str, operands: int) -> Form:
        """A call of a function of libm: C99 has all that lowerings call."""
        return Form(f"{name}({', '.join(['{}'] * operands)})", PRIMARY, (CHOICE,) * operands)

    abs: Any = partialmethod(call, "fabs")
    sqrt: Any = partialmethod(call, "sqrt")
    floor: Any = partialmethod(call, "floor")
    copysign: Any = partialmethod(call, "copysign")

    def fused(self, x: Any, y: Any, z: Any) -> Any:
        """x·y + z, rounded twice as in Python: `fma` of libm is slow on processors without it."""
        return z + x * y

    def in_order(self, operands: Sequence[Any]) -> list[Any]:
        """Constants first, then expressions in the order they were made."""
        return sorted(operands, key=lambda x: x.index if isinstance(x, Expression) else -1)

    # ------------------------------------------------------------ text

    def lines(self) -> tuple[list[str], list[str]]:
        """The statements: those to stand outside of the loop over samples, and those inside."""
        printer = _Printer(self)
        for item in self._items:
            if isinstance(item, tuple):
                place, x = item
                printer.inside.append(self.assignment(place, printer.text(x, CHOICE)))
            elif printer.uses[item.index]:
                printer.take(item)
        return printer.outside, printer.inside

    def declaration(self, name: str, text: str, is_mask: bool) -> str:
        """The statement that gives an expression a name."""
        return f"{self.mask if is_mask else self.number} {name} = {text};"

    def assignment(self, place: str, text: str) -> str:
        """The statement that stores an expression."""
        return f"{place} = {text};"

    def uses(self) -> list[int]:
        """How often what is made by each item is used by something that is stored in the end."""
        uses = [0] * len(self._items)
        for i in range(len(self._items) - 1, -1, -1):
            item = self._items[i]
            if isinstance(item, tuple) or uses[i]:
                for x in item[1:] if isinstance(item, tuple) else item.operands:
                    if isinstance(x, Expression):
                        uses[x.index] += 1
        return uses


class _Printer:
    """Statements so far, and how every expression can be written after them."""

    def __init__(self, code: CCode) -> None:
        self.code, self.uses = code, code.uses()
        self.outside: list[str] = []
        self.inside: list[str] = []
        self.known: dict[int, tuple[str, int]] = {}
        self.constants = 0

    def text(self, x: Any, binds: int) -> str:
        """An operand, in parentheses if it binds less tightly than it must."""
        if isinstance(x, Expression):
            text, own = self.known[x.index]
        else:
            text = self.code.literal(x)
            own = SIGN if text.startswith("-") else PRIMARY
        return text if own >= binds else f"({text})"

    def take(self, x: Expression) -> None:
        """Note how x is written; make it a constant if that is used more than once."""
        text = self._written(x)
        while len(text) > WIDEST:
            inline = [y for y in x.operands if isinstance(y, Expression) and self.known[y.index][1] != PRIMARY]
            inline += [y for y in x.operands if isinstance(y, Expression) and "(" in self.known[y.index][0]]
            if not inline:
                break
            self._name(max(inline, key=lambda y: len(self.known[y.index][0])))
            text = self._written(x)
        self.known[x.index] = text, x.form.binds
        is_load = not x.operands
        if x.name is not None or (self.uses[x.index] > 1 and not (is_load and x.outside)):
            self._name(x)

    def _written(self, x: Expression) -> str:
        return x.form.text.format(*map(self.text, x.operands, x.form.operands))

    def _name(self, x: Expression) -> None:
        self.constants += x.name is None
        name = x.name or f"{'m' if x.form.is_mask else 't'}{self.constants}"
        lines = self.outside if x.outside and x.name else self.inside
        lines.append(self.code.declaration(name, self.known[x.index][0], x.form.is_mask))
        self.known[x.index] = name, PRIMARY
