"""Tables of text in a frame, as terminals show them."""

import unicodedata
from collections.abc import Sequence

from autograd.formulas.notation import visible


def table(rows: Sequence[Sequence[str]], *, left: int = 1, total: bool = False) -> str:
    """Rows of cells in a frame, the first row being the head.

    Args:
        rows: Of the same length.
        left: How many columns stand at the left; the others, of numbers, stand at the right.
        total: Whether the last row has a line above it.

    >>> print(table([["name", "value"], ["w", "-3"], ["x", "2.5"]]))
    ╭──────┬───────╮
    │ name │ value │
    ├──────┼───────┤
    │ w    │    -3 │
    │ x    │   2.5 │
    ╰──────┴───────╯
    """
    shown = [[visible(cell) for cell in row] for row in rows]
    widths = [max(map(width_of, column)) for column in zip(*shown, strict=True)]
    bars = ["─" * (width + 2) for width in widths]
    lines = []
    for row in shown:
        gaps = [" " * (width - width_of(cell)) for cell, width in zip(row, widths, strict=True)]
        cells = [cell + gap if i < left else gap + cell for i, (cell, gap) in enumerate(zip(row, gaps, strict=True))]
        lines.append(f"│ {' │ '.join(cells)} │")
    rule = f"├{'┼'.join(bars)}┤"
    end = [rule, lines.pop()] if total else []
    return "\n".join([f"╭{'┬'.join(bars)}╮", lines[0], rule, *lines[1:], *end, f"╰{'┴'.join(bars)}╯"])


def width_of(text: str) -> int:
    r"""How many columns of a terminal a text takes: two for a wide character, none for an accent.

    >>> width_of("ŷ"), width_of("v\u0304"), width_of("漢字")
    (1, 1, 4)
    """
    if text.isascii():
        return len(text)
    hidden = ("Mn", "Me", "Cf")
    return sum(
        0 if unicodedata.category(c) in hidden else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text
    )
