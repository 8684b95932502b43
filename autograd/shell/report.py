"""What the command line finds, and prints for people: by rich if it is there, else as plain text."""

import importlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field

from autograd.core.value import Value
from autograd.formulas.safe_expression import SafeExpression


@dataclass
class Result:
    """What a formula gives at some numbers."""

    formula: SafeExpression
    inputs: dict[str, Value]
    output: Value
    hessian: list[list[float]] | None = None
    texts: dict[str, str] = field(default_factory=dict)
    """What was asked for besides the table: explanation, program, latex."""
    warnings: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        """What the result is called: y, or a letter that is free."""
        return self.output.label


def print_report(result: Result) -> None:
    """Print the value, a table of gradients, the Hessian if there is one, and the texts that were asked for."""
    names, y = list(result.inputs), result.name
    head = f"{y} = " if y not in names else ""
    say(f"{head}{result.formula.text} = {result.output.data!r}")
    if names:
        rows = [[name, _shown(x.data), _shown(x.grad)] for name, x in result.inputs.items()]
        _show_table(["name", "value", f"∂{y}/∂name"], rows)
    if result.hessian and names:
        _show_table([f"∂²{y}", *names], [[n, *map(_shown, row)] for n, row in zip(names, result.hessian, strict=True)])
    for text in result.texts.values():
        say(f"\n{text}")


def _shown(number: float) -> str:
    return f"{number:.10g}"


def say(text: str) -> None:
    """Print a line, unless there is nowhere to print it: a program may be started without an output."""
    if sys.stdout is not None:
        sys.stdout.write(text + "\n")


def _show_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    try:
        rich_table, rich_console = importlib.import_module("rich.table"), importlib.import_module("rich.console")
        box = importlib.import_module("rich.box")
    except ImportError:
        say(f"\n{plain_table(head, rows)}")
        return
    table = rich_table.Table(box=box.ROUNDED)
    for i, name in enumerate(head):
        table.add_column(name, justify="right" if i else "left", style="" if i else "bold", no_wrap=True)
    for row in rows:
        table.add_row(*row)
    console = rich_console.Console()
    if not console.is_terminal:  # into a file nothing is cut
        console.width = 10_000
    console.print(table, markup=False)


def plain_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """The table as text: the first column to the left, the numbers to the right.

    >>> print(plain_table(["name", "value"], [["w", "-3"], ["x", "2.5"]]))
    name  value
    w        -3
    x       2.5
    """
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    lines = []
    for row in (head, *rows):
        first, *others = (
            cell.ljust(w) if i == 0 else cell.rjust(w) for i, (cell, w) in enumerate(zip(row, widths, strict=True))
        )
        lines.append("  ".join([first, *others]).rstrip())
    return "\n".join(lines)
