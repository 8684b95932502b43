"""An operation as it is calculated on paper: e = a · b = 2 · (−3)."""

import re
from collections.abc import Sequence
from typing import Any

from autograd.notation import PRODUCT, SUM, Spelled, python_application
from autograd.primitive import Primitive
from autograd.render.expansion import EXPANSIONS

MANY = 13
"""An operation on more operands than this is not written out: nobody reads a sum of a hundred products."""


class _Term:
    """What the formulas of `autograd.render.expansion` compute with when they are to be read."""

    def __init__(self, spelled: Spelled) -> None:
        self.spelled = spelled

    def __add__(self, other: "_Term") -> "_Term":
        return _Term(Spelled(f"{self.spelled.text} + {other.spelled.within(PRODUCT)}", SUM))

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
    if len(operands) > MANY:
        return ""
    if row in EXPANSIONS and operands:
        written: Any = EXPANSIONS[row]([_Term(operand) for operand in operands])
        return written.spelled.text if isinstance(written, _Term) else str(written)
    # the operands go in last: a label may contain what is replaced here
    stand_ins = [Spelled(chr(0xE000 + i), operand.precedence) for i, operand in enumerate(operands)]
    text = python_application(row, stand_ins).text
    for python, paper in ((" ** ", "^"), (" * ", " · "), ("-", "−")):
        text = text.replace(python, paper)
    return "".join(operands[ord(c) - 0xE000].text if 0 <= ord(c) - 0xE000 < len(operands) else c for c in text)


_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def subscripted(number: int | str) -> str:
    """The digits of a number as an index.

    >>> "v" + subscripted(12)
    'v₁₂'
    """
    return str(number).translate(_SUBSCRIPTS)


def spelled_name(label: str) -> Spelled:
    """A label as it is written: a letter with a number has an index; `typeset` of page.js does the same.

    >>> spelled_name("x1").text, spelled_name("w_12").text, spelled_name("score2").text
    ('x₁', 'w₁₂', 'score2')
    """
    match = re.fullmatch(r"([^\W\d_])_?([0-9]+)", label)
    return Spelled(match[1] + subscripted(match[2]) if match else label)


def spelled_number(number: float) -> Spelled:
    """Four significant digits; a negative number needs parentheses inside a product and after a plus.

    >>> spelled_number(-0.125), spelled_number(1e-7).text
    (Spelled(text='−0.125', precedence=1), '1e−07')
    """
    text = f"{number + 0.0:.4g}"  # + 0.0: no negative zero
    return Spelled(text.replace("-", "−"), SUM) if text.startswith("-") else Spelled(text.replace("-", "−"))
