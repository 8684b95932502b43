"""A program of loops as text to be read."""

from collections.abc import Iterator, Sequence

from autograd.arguments import counted
from autograd.native.rolling.instructions import DOT
from autograd.native.rolling.program import Block, Carried, Loop, Place, Program, Result, Source, Step

_VARIABLES = "ijklmnpq"  # of the loops, the outermost first


def listing(program: Program) -> str:
    """The loops and instructions of a program.

    #3 is what instruction 3 gives in this pass, [#3 before] what it gave in the pass before; x[…] are inputs and
    results that are kept, c[…] parameters and constants; t[…] is a place that a table tells.

    >>> step = Step("mul", (2.0, Place("strips", 0, (1,))), Place("strips", 4, (1,)))
    >>> loop = Loop(4, (Block((step,)),), parallel=True)
    >>> print(listing(Program(4, 0, strips=8, slots=0, constants={}, tables=[], body=[loop])))
    4 passes at once, i:
        #1 = mul(2.0, x[i])  -> x[4 + i]
    """
    return "\n".join(_lines(program.body, ""))


def _lines(items: Sequence[Block | Loop], loops: str) -> Iterator[str]:
    indent = "    " * len(loops)
    for item in items:
        if isinstance(item, Loop):
            k = _VARIABLES[len(loops)]
            how = "at once" if item.parallel else "one after the other"
            yield f"{indent}{counted(item.passes, 'pass')} {how}, {k}:"
            yield from _lines(item.body, loops + k)
            continue
        for number, step in enumerate(item.steps, 1):
            target = f"  -> {_place(step.target, loops)}" if step.target is not None else ""
            yield f"{indent}#{number} = {_operation(step, loops)}{target}"


def _operation(step: Step, loops: str) -> str:
    if not step.pieces:
        return f"{step.operation}({', '.join(_source(x, loops) for x in step.sources)})"
    terms = " · " if step.operation == DOT else ""
    pieces = [f"{piece.count} of {terms.join(_source(x, loops + 's') for x in piece.factors)}" for piece in step.pieces]
    return f"{step.operation}({', '.join(pieces)})"


def _source(x: Source, loops: str) -> str:
    if isinstance(x, Result):
        return f"#{x.index + 1}"
    if isinstance(x, Carried):
        return f"[#{x.index + 1} before, at first {_source(x.initial, loops[:-1])}]"
    return _place(x, loops) if isinstance(x, Place) else repr(x)


def _place(place: Place, loops: str) -> str:
    index = str(place.start) if place.start else ""
    for k, stride in zip(loops, place.strides, strict=False):
        if stride:
            term = k if abs(stride) == 1 else f"{abs(stride)}·{k}"
            sign = "-" if stride < 0 else "+"
            index = f"{index} {sign} {term}" if index else term if stride > 0 else f"-{term}"
    if place.table is not None:
        told = ", ".join(k for k, stride in zip(loops, place.table_strides, strict=False) if stride)
        index = f"{index} + t[{told}]" if index else f"t[{told}]"
    return f"{'x' if place.memory == 'strips' else 'c'}[{index or '0'}]"
