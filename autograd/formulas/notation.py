"""How names, numbers and applied rows are written, in Python and in LaTeX.

What an operation looks like is a fact of its row (`text`, `latex`, `precedence`); what is here is grammar: where
parentheses go, which names are free, and how a label becomes one.
"""

import keyword
import math
import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, TypeVar

from autograd.core.value import Value
from autograd.table.grouping import products, products_and_bias
from autograd.table.primitive import Primitive
from autograd.table.primitives import TABLE

AnyNode = TypeVar("AnyNode", bound=Value)

SUM, PRODUCT, SIGN, POWER, ATOM = range(1, 6)  # the precedences of rows

BAR, DOT = "\u0304", "\u0307"
"""Combining marks: v̄ for an adjoint, v̇ for a tangent.  Both are valid inside a Python identifier."""


class Spelled(NamedTuple):
    """A piece of text and how tightly it binds."""

    text: str
    precedence: int = ATOM

    def within(self, precedence: int) -> str:
        """The text, in parentheses unless it binds at least as tightly."""
        return self.text if self.precedence >= precedence else f"({self.text})"


# ---------------------------------------------------------------- names


class Names:
    """Hands out Python identifiers, each once, and none that is a keyword or a row of the table.

    >>> names = Names()
    >>> names.unique("x"), names.unique("x"), names.unique("lambda"), names.unique("sin")
    ('x', 'x_', 'lambda_', 'sin_')
    """

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = {*keyword.kwlist, *TABLE, "float", *taken}

    def unique(self, wish: str) -> str:
        """The wish, normalised as Python normalises identifiers, with as many underscores as it takes."""
        name = unicodedata.normalize("NFKC", wish)
        while name in self._taken:
            name += "_"
        self._taken.add(name)
        return name


def marked(name: str, mark: str) -> str:
    """The name with a mark over its first letter: the nearest identifier to v̄₁ is v̄1.

    >>> marked("v1", BAR), marked("x", DOT), marked("v1", BAR).isidentifier()
    ('v̄1', 'ẋ', True)
    """
    first = next((i for i, character in enumerate(name) if character.isalpha()), 0) + 1
    return unicodedata.normalize("NFKC", name[:first] + mark + name[first:])


def by_level(order: Sequence[AnyNode]) -> list[AnyNode]:
    """The nodes layer by layer, as a lecture numbers them: fewer operations above the leaves first.

    Source: seeds, "Automatic Differentiation: Problem Statement", where the trace is a sequence of layers.
    """
    level: dict[AnyNode, int] = {}
    for node in order:
        level[node] = 1 + max((level[x] for x in node.operands if x.__class__ is not float), default=-1)
    return sorted(order, key=level.__getitem__)


def trace_names(order: Iterable[AnyNode], inputs: Sequence[AnyNode], names: Names) -> dict[AnyNode, str]:
    """A name for every node: inputs by label or x1, x2, …; the other labelled leaves by label; results v1, v2, ….

    Source: seeds, "Automatic Differentiation: Problem Statement", the evaluation trace.
    """
    found = {x: names.unique(x.label if x.label.isidentifier() else f"x{i}") for i, x in enumerate(inputs, 1)}
    results = 0
    for node in order:
        if node.primitive is not None:
            results += 1
            found[node] = names.unique(f"v{results}")
        elif node not in found and node.label.isidentifier():
            found[node] = names.unique(node.label)
    return found


# ---------------------------------------------------------------- Python


def python_number(number: float) -> Spelled:
    """A float as Python reads it back, bit for bit.

    >>> python_number(-0.1).text, python_number(float("inf")).text
    ('-0.1', "float('inf')")
    """
    text = repr(number) if math.isfinite(number) else f"float('{abs(number)}')"
    if math.isfinite(number) or number != number or number > 0.0:
        return Spelled(text, SIGN if text.startswith("-") else ATOM)
    return Spelled(f"-{text}", SIGN)


def python_application(row: Primitive, operands: Sequence[Spelled], *, call: str = "") -> Spelled:
    """A row applied to operands as Python source; with `call` a call of that name, whatever its `text`.

    >>> python_application(TABLE["mul"], [Spelled("a + b", SUM), Spelled("c")]).text
    '(a + b) * c'
    >>> python_application(TABLE["dot"], [Spelled("a"), Spelled("b")]).text
    'dot([a], [b])'
    """
    if row.precedence < ATOM and not call:
        # a - (b - c) needs its parentheses, and so do (-x) ** y and -(-x): only the left of + - * / may tie
        def operand(match: re.Match[str]) -> str:
            i = int(match[1]) - 1
            return operands[i].within(row.precedence + (i > 0 or row.precedence >= SIGN))

        return Spelled(re.sub(r"#(\d)", operand, row.text), row.precedence)
    shape = public_arguments(row, len(operands))
    if shape is None:  # a row of the user's own whose `pack` cannot be inverted
        return Spelled(f"{call or row.name}.evaluate(({', '.join(x.text for x in operands)},))")
    arguments = ", ".join(
        f"[{', '.join(operands[i].text for i in part)}]" if isinstance(part, range) else operands[part].text
        for part in shape
    )
    return Spelled((f"{call}(#*)" if call else row.text).replace("#*", arguments))


def public_arguments(row: Primitive, count: int) -> tuple[Any, ...] | None:
    """The arguments of a call that `pack` turns into operands 0 … count-1: indices, and ranges for sequences.

    Found by asking `pack`, so that no row says it twice; None if no usual shape fits.

    >>> public_arguments(TABLE["affine"], 5)
    (range(0, 2), range(2, 4), 4)
    """
    flat = tuple(range(count))
    if row.pack is None:
        return flat
    groupings = products(range(count)), products_and_bias(range(count))
    for shape in (flat, (range(count),), *((weights, inputs, *bias) for weights, inputs, bias in groupings)):
        try:
            packed: Any = tuple(row.pack(*shape))
        except (TypeError, ValueError, AttributeError):
            continue
        if packed == flat:
            return shape
    return None


# ---------------------------------------------------------------- LaTeX


def latex_number(number: float) -> Spelled:
    r"""A number as it is written: 2, 0.5, 10^{-7} for 1e-07.

    >>> latex_number(2.0).text, latex_number(-2.5e-7).text
    ('2', '-2.5 \\cdot 10^{-7}')
    """
    if not math.isfinite(number):
        text = {"inf": r"\infty", "-inf": r"-\infty"}.get(str(number), r"\mathrm{nan}")
        return Spelled(text, SIGN if text[0] == "-" else ATOM)
    mantissa, _, exponent = short_number(number).partition("e")
    if exponent:
        return Spelled(rf"{mantissa} \cdot 10^{{{int(exponent)}}}", PRODUCT)
    return Spelled(mantissa, SIGN if mantissa[0] == "-" else ATOM)


def short_number(number: float) -> str:
    """All digits of a float, without the `.0` of a whole one.

    >>> short_number(2.0), short_number(0.1)
    ('2', '0.1')
    """
    return repr(number).removesuffix(".0")


def aligned(lines: Iterable[str]) -> str:
    """Lines of LaTeX, one under the other at their &."""
    return "\\begin{aligned}\n" + " \\\\\n".join(lines) + "\n\\end{aligned}"


def rounded_latex(number: float) -> Spelled:
    """A number in LaTeX, of six digits."""
    return latex_number(float(f"{number:.6g}"))


class Open(Spelled):
    """LaTeX of which a factor behind it would be read as a part, as behind sin x."""

    __slots__ = ()


DOTS = Spelled(r"\cdots")
"""What stands for operands that are left out."""

_GREEK = re.compile(
    "alpha|beta|gamma|delta|epsilon|zeta|eta|theta|iota|kappa|lambda|mu|nu|xi|pi|rho|sigma|tau|upsilon|phi|chi|psi|"
    "omega|Gamma|Delta|Theta|Lambda|Xi|Pi|Sigma|Upsilon|Phi|Psi|Omega"
)
_ESCAPES = {"\\": r"\backslash ", "^": r"\hat{\ }", "~": r"\sim "} | {c: "\\" + c for c in "{}$&#%_"}


def latex_name(label: str) -> str:
    r"""A label in LaTeX, whatever is in it.

    >>> latex_name("w12"), latex_name("alpha"), latex_name("learning_rate")
    ('w_{12}', '\\alpha', '\\mathrm{learning\\_rate}')
    """
    match = re.fullmatch(r"([A-Za-z]+)_?(\d*)", label, flags=re.ASCII)
    if match and (len(match[1]) == 1 or _GREEK.fullmatch(match[1])):
        base = match[1] if len(match[1]) == 1 else f"\\{match[1]}"
        return f"{base}_{{{match[2]}}}" if match[2] else base
    shown = (character if character.isprintable() else "?" for character in label)
    return rf"\mathrm{{{''.join(_ESCAPES.get(character, character) for character in shown)}}}"


def latex_application(row: Primitive, operands: Sequence[Spelled]) -> Spelled:
    r"""A row applied to operands in LaTeX, with parentheses where its template does not enclose an operand.

    >>> latex_application(TABLE["log"], [Spelled("a + b", SUM)]).text
    '\\ln \\left(a + b\\right)'
    >>> latex_application(TABLE["sqrt"], [Spelled("a + b", SUM)]).text
    '\\sqrt{a + b}'
    """
    if row is TABLE["logsumexp"]:  # no template tells how each of its operands is written
        terms = [x.text if x is DOTS else f"e^{{{x.text}}}" for x in operands]
        return Spelled(rf"\ln\left({' + '.join(terms)}\right)", POWER)
    template, precedence = row.latex, _latex_precedence(row)
    kind = Spelled

    def operand(match: re.Match[str]) -> str:
        nonlocal kind
        if match[1] == "*":
            return ", ".join(x.text for x in operands)
        i = int(match[1]) - 1
        if i >= len(operands):
            return match[0]
        x, before, after = operands[i], template[: match.start()], template[match.end() :]
        if re.search(r"(\{|\\left[(|]|, )$", before) and re.match(r"(\}(?!\^)|\\right[)|]|, )", after):
            return x.text
        written = _enclosed(x, _needed(precedence, i), sign=not before, follows=bool(after) and precedence != SUM)
        if not after and written == x.text:
            kind = Open if row.precedence == ATOM and before else type(x)
        return written

    text = re.sub(r"#(\d|\*)", operand, template)
    return kind(text, precedence)


def _needed(precedence: int, i: int) -> int:
    """How tightly operand i of a row has to bind to go without parentheses."""
    if precedence in (SUM, PRODUCT):
        return precedence + (i > 0)  # a - (b - c) needs its parentheses
    return {_REMAINDER: POWER, SIGN: PRODUCT}.get(precedence, ATOM)


def _enclosed(spelled: Spelled, precedence: int, *, sign: bool = False, follows: bool = False) -> str:
    """The text, in parentheses if it binds less tightly.

    So too if it begins with a sign where none may stand, or is open to a factor that follows.
    """
    misread = (not sign and spelled.text.startswith("-")) or (follows and isinstance(spelled, Open))
    return rf"\left({spelled.text}\right)" if misread or spelled.precedence < precedence else spelled.text


def latex_product(factors: Sequence[Spelled]) -> Spelled:
    r"""Factors side by side, with a dot between them.

    >>> latex_product([Spelled("2"), Spelled("a + b", SUM)]).text
    '2 \\cdot \\left(a + b\\right)'
    """
    if len(factors) == 1:
        return factors[0]
    first, *middle, last = factors
    pieces = [
        _enclosed(first, PRODUCT, sign=True, follows=True),
        *(_enclosed(factor, POWER, follows=True) for factor in middle),
        _enclosed(last, POWER),
    ]
    kind = type(last) if pieces[-1] == last.text else Spelled
    return kind(r" \cdot ".join(pieces), PRODUCT)


def latex_power(base: Spelled, exponent: str) -> Spelled:
    r"""A base with an exponent.

    >>> latex_power(Spelled("e^{x}", POWER), "2").text
    '\\left(e^{x}\\right)^{2}'
    """
    return Spelled(f"{_enclosed(base, ATOM)}^{{{exponent}}}", POWER)


_REMAINDER = 0
"""Nobody knows how tightly x mod y binds."""


def _latex_precedence(row: Primitive) -> int:
    outside = row.latex
    innermost = re.compile(r"\{[^{}]*\}|\\left(?:(?!\\left|\\right).)*\\right")
    while innermost.search(outside):  # what stands in braces or brackets does not bind to its neighbours
        outside = innermost.sub("", outside)
    if row.precedence < ATOM and "#" in outside:
        return _REMAINDER if row.precedence == PRODUCT and row is not TABLE["mul"] else row.precedence
    return SUM if re.search(r" [+-] ", outside) else POWER


def joined(terms: Sequence[tuple[float, Spelled]]) -> Spelled:
    """A sum of terms, each with a number that has its sign: it goes before the term instead of a plus.

    >>> joined([(1.0, Spelled("a")), (-2.0, Spelled("2*b", PRODUCT))]).text
    'a - 2*b'
    """
    (coefficient, first), *others = terms
    text = f"-{first.within(PRODUCT)}" if coefficient < 0.0 else first.within(SUM)
    if not others:
        return type(first)(text, min(SIGN, first.precedence)) if coefficient < 0.0 else first
    pieces = [f" - {term.within(PRODUCT)}" if sign < 0.0 else f" + {term.within(SUM)}" for sign, term in others]
    return Spelled(text + "".join(pieces), SUM)
