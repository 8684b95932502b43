"""A program of loops as a C99 function of its two memories: `void NAME(const double *slots, double *strips)`."""

from collections.abc import Sequence
from typing import Any

from autograd.native.c.code import CCode, literal
from autograd.native.c.steps import braces, index
from autograd.native.rolling.instructions import MASKS, computed, is_mask
from autograd.native.rolling.program import COPY, Block, Carried, Loop, Place, Program, Result, Step

_VARIABLES = "ijklmnpq"  # of the loops, the outermost first
_APART = """\
/* GCC 12 may find too little of what such a function changes, and leave out calls of it; and with AVX-512 it takes
   wrong terms of a short sum through a table for the lanes of one vector. */
#if defined(__GNUC__) && !defined(__clang__)
#define APART __attribute__((noipa, optimize("no-tree-slp-vectorize")))
#else
#define APART
#endif"""


def rolled_source(program: Program, name: str) -> str:
    """The text of a file with this function; it needs libm and nothing else.

    >>> from autograd.native.rolling.program import Place
    >>> double = Step("mul", (2.0, Place("strips", 0, (1,))), Place("strips", 4, (1,)))
    >>> loop = Loop(4, (Block((double,)),), parallel=True)
    >>> program = Program(inputs=4, parameters=0, strips=8, slots=0, constants={}, tables=[], body=[loop])
    >>> "strips[4 + i] = 2.0 * strips[i];" in rolled_source(program, "twice")
    True
    """
    return _Source(program, name).text()


class _Source:
    def __init__(self, program: Program, name: str) -> None:
        self.program, self.name = program, name
        self.functions: list[str] = []

    def text(self) -> str:
        """All of it: a function for each item, so that the compiler's time grows with their number only."""
        lines = [line for item in self.program.body for line in self._called(item)]
        numbers = [str(x) for x in self.program.tables]
        table = [", ".join(numbers[i : i + 16]) + "," for i in range(0, len(numbers), 16)]
        head = ["#include <math.h>", "", _APART, ""]
        if table:
            head += ["static const int tables[] = {", *(f"    {line}" for line in table), "};", ""]
        main = [f"void {self.name}(const double *slots, double *strips)", *_body(["(void)slots;", *lines])]
        return "\n".join([*head, *self.functions, *main, ""])

    def _called(self, item: Block | Loop) -> list[str]:
        name = f"{self.name}_{len(self.functions)}"
        lines = self._item(item, ())
        signature = f"APART static void {name}(const double *restrict slots, double *restrict strips)"
        self.functions.append("\n".join([signature, *_body(["(void)slots;", *lines]), ""]))
        return [f"{name}(slots, strips);"]

    def _item(self, item: Block | Loop, passes: tuple[str, ...]) -> list[str]:
        if isinstance(item, Block):
            return self._block(item, passes, {})
        k = _VARIABLES[len(passes)]
        head = f"for (int {k} = 0; {k} < {item.passes}; {k}++)"
        inside = (*passes, k)
        if len(item.body) != 1 or not isinstance(item.body[0], Block):  # each in braces, as each has names of its own
            return braces(head, [line for x in item.body for line in braces("", self._item(x, inside))])
        block = item.body[0]
        sources = dict.fromkeys(x for step in block.steps for x in step.sources if isinstance(x, Carried))
        carried = {x: f"carried{n}" for n, x in enumerate(sources)}
        before = [f"double {name} = {self._outside(x.initial, passes)};" for x, name in carried.items()]
        loop = braces(head, self._block(block, inside, carried))
        return [*before, *(["#pragma GCC ivdep"] if item.parallel else []), *loop]

    def _outside(self, initial: Place | float, passes: tuple[str, ...]) -> str:
        return _text_of(initial, passes) if isinstance(initial, Place) else literal(initial)

    def _block(self, block: Block, passes: tuple[str, ...], carried: dict[Carried, str]) -> list[str]:
        code = CCode()
        results: list[Any] = []
        lines: list[str] = []
        for step in block.steps:
            if step.pieces:  # it is alone in its block
                lines += self._long_sum("total", step, passes)
                found: Any = code.load("total")
            else:
                found = self._computed(code, step, results, passes, carried)
            results.append(found)
            if step.target is not None:
                kept = code.where(found, 1.0, 0.0) if step.operation in MASKS else found
                code.store(_text_of(step.target, passes), kept)
        for x, name in carried.items():
            code.store(f"double new_{name}", results[x.index])
        inside = [line for part in code.lines() for line in part]
        return [*lines, *inside, *(f"{name} = new_{name};" for name in carried.values())]

    @staticmethod
    def _computed(
        code: CCode, step: Step, results: Sequence[Any], passes: tuple[str, ...], carried: dict[Carried, str]
    ) -> Any:
        sources: list[Any] = []
        for number, source in enumerate(step.sources):
            if isinstance(source, Result):
                sources.append(results[source.index])
            elif isinstance(source, Carried):
                sources.append(code.load(carried[source]))
            elif isinstance(source, Place):
                read = code.load(_text_of(source, passes))
                sources.append(code.equal(read, 1.0) if is_mask(step.operation, number) else read)
            else:
                sources.append(source)
        return sources[0] if step.operation == COPY else computed(code, step.operation, sources)

    @staticmethod
    def _long_sum(name: str, step: Step, passes: tuple[str, ...]) -> list[str]:
        """As eight running sums, so that no term waits for the one before it."""
        lines = [f"double {name} = 0.0;"]
        for piece in step.pieces:
            factors = [_text_of(x, (*passes, "t")) if isinstance(x, Place) else literal(x) for x in piece.factors]
            whole = piece.count // 8 * 8
            if whole:
                several = [
                    _text_of(x, (*passes, "(t + r)")) if isinstance(x, Place) else literal(x) for x in piece.factors
                ]
                inner = braces("for (int r = 0; r < 8; r++)", [f"sums[r] += {' * '.join(several)};"])
                lines += braces("", [
                    "double sums[8] = {0.0};",
                    *braces(f"for (int t = 0; t < {whole}; t += 8)", inner),
                    *braces("for (int r = 0; r < 8; r++)", [f"{name} += sums[r];"]),
                ])  # fmt: skip
            if whole < piece.count:
                head = f"for (int t = {whole}; t < {piece.count}; t++)"
                lines += braces(head, [f"{name} += {' * '.join(factors)};"])
        return lines


def _body(lines: Sequence[str]) -> list[str]:
    return ["{", *(f"    {line}" for line in lines), "}"]


def _text_of(place: Place, passes: Sequence[str]) -> str:
    at = index(place.start, **dict(zip(passes, place.strides, strict=False)))
    if place.table is not None:
        table = index(place.table, **dict(zip(passes, place.table_strides, strict=False)))
        at = f"tables[{table}]" if at == "0" else f"{at} + tables[{table}]"
    return f"{place.memory}[{at}]"
