"""Expressions of JavaScript: those of C, but for the names of functions and the words for what is no number."""

import math
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from autograd.native.c.code import CHOICE, EQUALITY, PRODUCT, SIGN, SUM, CCode, Form

_WORDS = (
    "acos acosh asin asinh atan atan2 atanh cbrt ceil cos cosh exp expm1 fabs floor hypot log log10 log1p log2 sin "
    "sinh sqrt tan tanh trunc"
)
OF_MATH = frozenset(_WORDS.split())
"""Functions of libm that `Math` has, by the same name but for fabs."""

EQUAL = Form("{} === {}", EQUALITY, (SUM, SUM), is_mask=True)
NOT_NAN = Form("!Number.isNaN({})", SIGN, (CHOICE,), is_mask=True)
REMAINDER = Form("{} % {}", PRODUCT, (PRODUCT, SIGN))


def literal(number: float) -> str:
    """A number as JavaScript, with as many digits as tell it from every other.

    >>> literal(0.1), literal(-1e300), literal(-math.inf)
    ('0.1', '-1e+300', '-Infinity')
    """
    return "NaN" if math.isnan(number) else repr(float(number)).replace("inf", "Infinity")


class JavaScriptCode(CCode):
    r"""A stretch of JavaScript without loops, and the machine of its lowerings.

    >>> code = JavaScriptCode()
    >>> x = code.load("data[0]", "x")
    >>> code.store("result[0]", code.where(x > 0.0, x, 0.0) + code.call("log1p", code.call("exp", -code.abs(x))))
    >>> print(*code.lines()[1], sep="\n")
    const x = data[0];
    result[0] = (x > 0.0 ? x : 0.0) + Math.log1p(Math.exp(-Math.abs(x)));
    """

    literal = staticmethod(literal)
    number = mask = "const"

    equality, not_nan = EQUAL, NOT_NAN

    def form_of(self, name: str, operands: int) -> Form:
        """A function of libm: of `Math`, or of the runtime.

        Raises TypeError for one that neither has.
        """
        if name == "fmod":  # which is what % is in JavaScript
            return REMAINDER
        if name in OF_MATH:
            return super().form_of("Math.abs" if name == "fabs" else f"Math.{name}", operands)
        if name in runtime():
            return super().form_of(name, operands)
        raise TypeError(
            f"{name}: JavaScript has no such function; use a lowering of functions it has: "
            f"{', '.join(sorted({*OF_MATH, *runtime(), 'fmod'}))}"
        )


@cache
def runtime() -> dict[str, str]:
    """What C's library has and JavaScript has not, or has otherwise: functions by their names."""
    text = (Path(__file__).parent / "runtime.js").read_text(encoding="utf-8")
    parts = [part.strip() for part in text.split("\n\n")]
    return {found[1]: part for part in parts if (found := re.search(r"^function (\w+)", part, re.MULTILINE))}


def functions_used(texts: Sequence[str]) -> list[str]:
    """The functions of the runtime that texts call, and those that these call."""
    used: list[str] = []
    waiting = "\n".join(texts)
    for name, text in reversed(runtime().items()):  # each calls those above it only
        if f"{name}(" in waiting.replace(f"Math.{name}(", ""):
            used.insert(0, text)
            waiting += text
    return used
