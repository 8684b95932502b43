"""How names, numbers and applied rows are written in LaTeX: where parentheses go, and what has to be escaped."""

import math
import re
import unicodedata
from collections.abc import Iterable, Sequence

from autograd.formulas.notation import ATOM, POWER, PRODUCT, SIGN, SUM, Spelled, short_number
from autograd.table.primitive import Primitive, latex_words
from autograd.table.primitives import TABLE


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


_ACCENTS = {"\u0302": "hat", "\u0303": "tilde", "\u0304": "bar", "\u0307": "dot", "\u0308": "ddot"}
_NAME = re.compile(
    "(?P<base>[A-Za-z]+|[^\\W\\d_])(?P<accent>[\u0302-\u0304\u0307\u0308]?)(?P<layer>⁽[⁰¹²³⁴-⁹]+⁾)?"
    "_?(?P<index>[0-9₀-₉][0-9₀-₉,]*)?(?P<which>⁽[⁰¹²³⁴-⁹]+⁾)?"
)


def latex_name(label: str) -> str:
    r"""A label in LaTeX, whatever is in it.

    >>> latex_name("w12"), latex_name("alpha"), latex_name("learning_rate")
    ('w_{12}', '\\alpha', '\\mathrm{learning\\_rate}')
    >>> latex_name("W⁽¹⁾₁₂"), latex_name("δ⁽²⁾₁"), latex_name("ŷ")
    ('W^{(1)}_{12}', '\\delta^{(2)}_{1}', '\\hat{y}')
    """
    match = _NAME.fullmatch(unicodedata.normalize("NFD", label))
    base = _latex_letter(match["base"]) if match else ""
    if match is None or not base:
        return rf"\mathrm{{{latex_words(label)}}}"
    if match["accent"]:
        base = rf"\{_ACCENTS[match['accent']]}{{{base}}}"
    above, index = (
        unicodedata.normalize("NFKC", part or "") for part in (match["layer"] or match["which"], match["index"])
    )
    return base + (f"^{{{above}}}" if above else "") + (f"_{{{index}}}" if index else "")


def _latex_letter(word: str) -> str:
    """A Latin or Greek letter, or the name of a Greek one, as a symbol; empty for another word."""
    if len(word) == 1 and word.isascii():
        return word
    if len(word) == 1:
        script, size, _, *name = [*unicodedata.name(word, "").split(), "", "", ""][:4]
        word = (name[0].lower() if size == "SMALL" else name[0].title()) if script == "GREEK" else ""
        word = {"lamda": "lambda", "Lamda": "Lambda"}.get(word, word)
    return f"\\{word}" if _GREEK.fullmatch(word) else ""


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
