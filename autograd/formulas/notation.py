"""How names, numbers and applied rows are written, in Python; LaTeX is in `autograd.formulas.latex`.

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
LONGEST = 9
"""How many characters a number in a picture may have."""
"""Combining marks: v̄ for an adjoint, v̇ for a tangent.  Both are valid inside a Python identifier."""


class Spelled(NamedTuple):
    """A piece of text and how tightly it binds."""

    text: str
    precedence: int = ATOM

    def within(self, precedence: int) -> str:
        """The text, in parentheses unless it binds at least as tightly."""
        return self.text if self.precedence >= precedence else f"({self.text})"


# ---------------------------------------------------------------- names


def visible(text: str) -> str:
    r"""Text that a terminal, a page and XML take as it is, on one line.

    Control characters become their pictures (␀, ␛ …); half characters, the separators of lines and what turns the
    direction of all that follows become the replacement mark.
    Source: Unicode Technical Report 36, bidirectional text spoofing.

    >>> visible("a\x1b[31mb\n")
    'a␛[31mb␊'
    """
    return text if text.isprintable() else _HIDDEN.sub(_picture_of, text)


_HIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")


def _picture_of(found: re.Match[str]) -> str:
    code = ord(found[0])
    return chr(0x2400 + code) if code < 0x20 else "␡" if code == 0x7F else "\ufffd"


def clipped(text: str, most: int) -> str:
    """At most so many characters of a text, an ellipsis for those left out.

    >>> clipped("a" * 100, 5), clipped("abcde", 5)
    ('aaaa…', 'abcde')
    """
    return text if len(text) <= most else text[: most - 1] + "…"


def identifier(text: str) -> str:
    """A text as Python takes it for a name: underscores for what cannot stand in one.

    >>> identifier("two words"), identifier("2x"), identifier("")
    ('two_words', '_2x', '_')
    """
    name = "".join(c if f"_{c}".isidentifier() else "_" for c in unicodedata.normalize("NFKC", text))
    return name if name.isidentifier() else f"_{name}"


_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_SUPERSCRIPTS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


def subscripted(number: int | str) -> str:
    """The digits of a number as an index.

    >>> "v" + subscripted(12)
    'v₁₂'
    """
    return str(number).translate(_SUBSCRIPTS)


def superscripted(number: int | str) -> str:
    """The digits of a number, and its sign, as an exponent.

    >>> "10" + superscripted(-7)
    '10⁻⁷'
    """
    return str(number).translate(_SUPERSCRIPTS)


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

        return Spelled(re.sub(r"#(\d)", operand, visible(row.text)), row.precedence)
    shape = public_arguments(row, len(operands))
    if shape is None:  # a row of the user's own whose `pack` cannot be inverted
        return Spelled(f"{call or visible(row.name)}.evaluate(({', '.join(x.text for x in operands)},))")
    arguments = ", ".join(
        f"[{', '.join(operands[i].text for i in part)}]" if isinstance(part, range) else operands[part].text
        for part in shape
    )
    return Spelled((f"{call}(#*)" if call else visible(row.text)).replace("#*", arguments))


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


def short(number: float) -> str:
    """Four significant digits, or as many as nine characters hold: any number fits where another stood.

    >>> short(-1234.56), short(-0.0), short(-1.2345e-5)
    ('−1235', '0', '−1.23e−05')
    """
    texts = (f"{number + 0.0:.{digits}g}" for digits in (4, 3, 2, 1))  # + 0.0: no negative zero
    return next(text for text in texts if len(text) <= LONGEST).replace("-", "−")


def short_number(number: float) -> str:
    """All digits of a float, without the `.0` of a whole one.

    >>> short_number(2.0), short_number(0.1)
    ('2', '0.1')
    """
    return repr(number).removesuffix(".0")


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
