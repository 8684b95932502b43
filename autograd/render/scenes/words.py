"""Text in pictures: numbers, what is said on pointing at a box, and how DOT takes any text there is."""

import re

from autograd.formulas.notation import clipped, visible
from autograd.render.scenes.parts import Box

SHOWN, TOLD = 60, 1000
"""How many characters of a name there is room for in a box, and on pointing at it; `dot` reads no text of 16,384."""


def equation(box: Box, most: int = TOLD, *, framed: bool = False) -> str:
    """The name of a box and its operation, of which either may be missing, each cut to so many characters.

    Args:
        box: The box.
        most: How many characters of either are told.
        framed: Whether what is said by the frames around the box is left out.

    >>> equation(Box("n2", "result", "y", "tanh", 0.5, 1.0, ""))
    'y = tanh'
    """
    name = box.short if framed and box.short else box.name
    return " = ".join(clipped(part, most) for part in (name, box.operation) if part)


def tooltip(box: Box) -> str:
    """What is shown on pointing at a box: everything, with all digits."""
    lines = [f"{equation(box) or 'unnamed'} ({box.kind})"]
    if box.path and box.path != box.name:
        lines.append(clipped(box.path, TOLD))
    numbers = (("data", box.data), ("grad", box.grad))
    lines.extend(f"{what} = {number!r}" for what, number in numbers if number is not None)
    return "\n".join([*lines, *box.notes])


# ---------------------------------------------------------------- DOT


def escaped(text: str) -> str:
    """A line of text inside a record label: nothing in it is DOT, and nothing in it is left out."""
    text = re.sub(r'[\\"{}|<>]', r"\\\g<0>", visible(text).replace("&", "&amp;"))
    return re.sub(r"^ | $|(?<= ) | (?= )", r"\\ ", text)  # the spaces that DOT would drop


def quoted(text: str) -> str:
    """Text as a DOT string, without the escapes and entities that DOT reads in it."""
    return '"' + visible(text).replace("&", "&amp;").replace("\\", "\\\\").replace('"', '\\"') + '"'
