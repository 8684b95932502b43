"""What the command line finds, and prints for people."""

import io
import sys
from dataclasses import dataclass, field

from autograd.core.value import Value
from autograd.formulas.safe_expression import SafeExpression
from autograd.formulas.tables import table


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
        say(table([["name", "value", f"∂{y}/∂name"], *rows]))
    if result.hessian and names:
        numbers = [[name, *map(_shown, row)] for name, row in zip(names, result.hessian, strict=True)]
        say(table([[f"∂²{y}", *names], *numbers]))
    for text in result.texts.values():
        say(f"\n{text}")


def _shown(number: float) -> str:
    return f"{number:.10g}"


def say(text: str) -> None:
    """Print a line, unless there is nowhere to print it: a program may be started without an output."""
    if sys.stdout is not None:
        sys.stdout.write(text + "\n")


def printable_streams() -> None:
    """Let a terminal without ∂ get a question mark, not a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
