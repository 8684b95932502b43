"""An operation as it is calculated on paper: e = a · b = 2 · (−3)."""

import math
import re
from collections.abc import Sequence
from typing import Any

from autograd.formulas.notation import ATOM, PRODUCT, SUM, Spelled, python_application, subscripted, superscripted
from autograd.table.primitive import Primitive
from autograd.table.primitives import TABLE

MANY = 13
"""An operation on more operands than this is not written out, but for a sum: nobody reads a hundred of them."""
TERMS = 8
"""Of a sum of more terms than this the first three and the last are written."""
DIGITS = 4
"""How many digits of a number are shown."""
EXACT = 7
"""The same for a constant: it has no box where all of them can be seen."""


class _Term:
    """What expansions of rows compute with when they are to be read: a sum of terms."""

    def __init__(self, *terms: Spelled) -> None:
        self.terms = terms

    @property
    def spelled(self) -> Spelled:
        if len(self.terms) == 1:
            return self.terms[0]
        texts = [self.terms[0].text, *(term.within(PRODUCT) for term in self.terms[1:])]
        return Spelled(" + ".join(texts if len(texts) <= TERMS else [*texts[:3], "…", texts[-1]]), SUM)

    def __add__(self, other: "_Term") -> "_Term":
        return _Term(*self.terms, *other.terms)

    def __mul__(self, other: "_Term") -> "_Term":
        return _Term(Spelled(f"{self.spelled.within(PRODUCT)} · {other.spelled.within(PRODUCT + 1)}", PRODUCT))

    def __truediv__(self, number: float) -> "_Term":
        return _Term(Spelled(f"{self.spelled.within(PRODUCT)} / {spelled_number(number).text}", PRODUCT))


def formula(row: Primitive, operands: Sequence[Spelled]) -> str:
    """A row applied to operands, with · and − for * and -; empty if there are too many.

    >>> from autograd import TABLE
    >>> formula(TABLE["mul"], [Spelled("a"), spelled_number(-3.0)])
    'a · (−3)'
    >>> formula(TABLE["dot"], [Spelled(name) for name in ("w1", "w2", "x1", "x2")])
    'w1 · x1 + w2 · x2'
    """
    if row.expansion is not None and operands:
        written: Any = row.expansion([_Term(operand) for operand in operands])
        return written.spelled.text if isinstance(written, _Term) else str(written)
    if len(operands) > MANY:
        return ""
    # the operands go in last: a label may contain what is replaced here
    stand_ins = [Spelled(chr(0xE000 + i), operand.precedence) for i, operand in enumerate(operands)]
    text = python_application(row, stand_ins).text
    for python, paper in ((" ** ", "^"), (" * ", " · "), ("-", "−")):
        text = text.replace(python, paper)
    return "".join(operands[ord(c) - 0xE000].text if 0 <= ord(c) - 0xE000 < len(operands) else c for c in text)


MARK = re.compile("\uf8f0([0-9]+)\uf8f1")
"""The place of an operand in a template."""


def template(row: Primitive, count: int) -> str:
    """The formula of a row with a mark for each operand: its number, and when it is in parentheses.

    They are: p, if it is negative or a power of ten; s, if it is negative; a, never.  Empty if there are too many.

    >>> from autograd import TABLE
    >>> [template(TABLE[name], 2).translate({0xF8F0: "<", 0xF8F1: ">"}) for name in ("sub", "mul", "atan2")]
    ['<0a> − <1s>', '<0s> · <1p>', 'atan2(<0a>, <1a>)']
    """
    marks = [f"\uf8f0{i}\uf8f1" for i in range(count)]
    texts = [formula(row, [Spelled(mark, binds) for mark in marks]) for binds in (ATOM, PRODUCT, SUM)]
    opened = [[len(before) - len(before.rstrip("(")) for before in MARK.split(text)[:-1:2]] for text in texts]
    kinds = iter(["p" if power > plain else "s" if signed > plain else "a" for plain, power, signed in zip(*opened)])
    return MARK.sub(lambda found: f"\uf8f0{found[1]}{next(kinds)}\uf8f1", texts[0])


def digits_needed(row: Primitive, numbers: Sequence[float], result: float) -> int:
    """How many digits of the operands tell a reader the result: four, or more where so few would tell another.

    0 if not even all of them do: the numbers were changed after the recording.

    >>> from autograd import TABLE
    >>> digits_needed(TABLE["mul"], [1 / 3, 3.0], 1.0), digits_needed(TABLE["sub"], [1234567.0, 1234566.0], 1.0)
    (4, 7)
    """
    if TABLE.get(row.name) is not row:
        return DIGITS  # it may take long, or fail
    for digits in (DIGITS, 7, 10, 17):
        found = row.evaluate([_rounded(number, digits) for number in numbers])
        if found == result or math.isclose(found, result, rel_tol=2e-3) or (found != found and result != result):
            return digits
    return 0


def is_rounded(number: float, digits: int = DIGITS) -> bool:
    """Whether this many digits leave something out that is more than the noise of floats.

    >>> is_rounded(1 / 3), is_rounded(0.1 + 0.2)
    (True, False)
    """
    return math.isfinite(number) and not math.isclose(_rounded(number, digits), number, rel_tol=1e-12)


def _rounded(number: float, digits: int) -> float:
    return float(f"{number:.{digits}g}")


def spelled_name(label: str) -> Spelled:
    """A label as it is written: a letter with a number has an index; `typeset` of page.js does the same.

    >>> spelled_name("x1").text, spelled_name("w_12").text, spelled_name("score2").text
    ('x₁', 'w₁₂', 'score2')
    """
    match = re.fullmatch(r"([^\W\d_][\u0300-\u036f]*)_?([0-9₀-₉][0-9₀-₉,]*)(⁽[⁰¹²³⁴-⁹]+⁾)?", label)
    return Spelled(match[1] + subscripted(match[2]) + (match[3] or "") if match else label)


def spelled_number(number: float, digits: int = DIGITS) -> Spelled:
    """A number rounded to this many digits; `short` of page.js does the same.

    A negative number needs parentheses inside a product and after a plus.

    >>> spelled_number(-0.125), spelled_number(1e-7).text, spelled_number(float("inf")).text
    (Spelled(text='−0.125', precedence=1), '1·10⁻⁷', '∞')
    """
    precedence = ATOM
    if not math.isfinite(number):
        text = "nan" if number != number else "∞" if number > 0.0 else "−∞"
    elif number == 0.0 or 1e-3 <= abs(number) < 1e6:
        text = repr(_rounded(number, digits) + 0.0).removesuffix(".0")  # + 0.0: no negative zero
    else:
        mantissa, exponent = f"{number:.{digits - 1}e}".split("e")
        text = f"{float(mantissa)!r}".removesuffix(".0") + "·10" + superscripted(int(exponent))
        precedence = PRODUCT
    text = text.replace("-", "−")
    return Spelled(text, SUM if text.startswith("−") else precedence)
