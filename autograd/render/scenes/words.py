"""Text in pictures: numbers, what is said on pointing at a box, and how DOT takes any text there is."""

from autograd.render.scenes.parts import Box


def short(number: float) -> str:
    """Four significant digits, for a picture.

    >>> short(-1234.56), short(-0.0)
    ('−1235', '0')
    """
    return f"{number + 0.0:.4g}".replace("-", "−")  # + 0.0: no negative zero


def counted(count: int, noun: str) -> str:
    """A number of things.

    >>> counted(1, "node"), counted(4160, "box")
    ('1 node', '4,160 boxes')
    """
    return f"{count:,} {noun}{'' if count == 1 else 'es' if noun.endswith('x') else 's'}"


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


def equation(box: Box) -> str:
    """The name of a box and its operation, of which either may be missing.

    >>> equation(Box("n2", "result", "y", "tanh", 0.5, 1.0, ""))
    'y = tanh'
    """
    return " = ".join(part for part in (box.name, box.operation) if part)


def tooltip(box: Box) -> str:
    """What is shown on pointing at a box: everything, with all digits."""
    lines = [f"{equation(box) or 'unnamed'} ({box.kind})"]
    if box.path and box.path != box.name:
        lines.append(box.path)
    numbers = (("data", box.data), ("grad", box.grad))
    lines.extend(f"{what} = {number!r}" for what, number in numbers if number is not None)
    return "\n".join([*lines, *box.notes])


# ---------------------------------------------------------------- DOT


def escaped(text: str) -> str:
    """Text inside a record label: nothing in it is DOT, and nothing in it is left out."""
    text = "".join("\\" + c if c in '\\"{}|<> ' else c for c in text.replace("&", "&amp;"))
    return "\\n".join(visible(line) for line in text.split("\n"))


def quoted(text: str) -> str:
    """Text as a DOT string, without the escapes and entities that DOT reads in it."""
    return '"' + visible(text).replace("&", "&amp;").replace("\\", "\\\\").replace('"', '\\"') + '"'


def visible(text: str) -> str:
    r"""Control characters, which XML forbids, as their pictures (␀, ␛ …); half characters as the replacement mark.

    >>> visible("a\x1bb")
    'a␛b'
    """
    return "".join(
        chr(0x2400 + ord(c))
        if ord(c) < 0x20
        else "\ufffd"
        if "\ud800" <= c <= "\udfff" or c in "\x7f\ufffe\uffff"
        else c
        for c in text
    )
