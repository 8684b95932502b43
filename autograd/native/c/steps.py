"""The steps of a plan as functions of C: plain loops, the innermost over the samples of a block."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from autograd.native.c.code import CCode, Expression, literal
from autograd.native.planning.plan import Loop, OuterSum, Place, Product, Slot, SlotDot, Strip, StripSum

SHARED = {
    "add_scaled": """\
/* y <- y + factor x */
static void NAME_add_scaled(double *restrict y, double factor, const double *restrict x, size_t count)
{
    for (size_t s = 0; s < count; s++) {
        y[s] += factor * x[s];
    }
}
""",
    "dot": """\
/* The sum of x times y, as eight running sums: no term waits for the one before it. */
static double NAME_dot(const double *restrict x, const double *restrict y, size_t count)
{
    double sums[8] = {0.0}, total = 0.0;
    size_t s = 0;
    for (; s + 8 <= count; s += 8) {
        for (size_t k = 0; k < 8; k++) {
            sums[k] += x[s + k] * y[s + k];
        }
    }
    for (; s < count; s++) {
        total += x[s] * y[s];
    }
    for (size_t k = 0; k < 8; k++) {
        total += sums[k];
    }
    return total;
}
""",
    "sum": """\
static double NAME_sum(const double *x, size_t count)
{
    double total = 0.0;
    for (size_t s = 0; s < count; s++) {
        total += x[s];
    }
    return total;
}
""",
}
"""Functions that steps call, each written if any does."""

_OVER_SAMPLES = "for (size_t s = 0; s < count; s++)"


@dataclass
class Steps:
    """Writes steps for a file whose functions begin with `name`.

    Args:
        name: What all names of the file begin with.
        strips: The names of strips that have one.
        slots: The names of slots that have one.
    """

    name: str
    strips: Mapping[int, str] = field(default_factory=dict)
    slots: Mapping[int, str] = field(default_factory=dict)
    functions: list[str] = field(default_factory=list)
    """The text so far."""

    def add(self, step: Any, of_samples: bool) -> list[str]:
        """Write a step of samples, or of single numbers; the statement that calls it."""
        comment, lines = self._body(step, of_samples)
        if not lines:
            return []
        body = "\n".join(f"    {line}" for line in lines)
        constant = "" if re.search(r"^ *slots\[[^]]*\] \+?= ", body, re.MULTILINE) else "const "
        declarations = {
            "slots": f"{constant}double *{'restrict ' if of_samples else ''}slots",
            "strips": f"double (*restrict strips)[{self.name.upper()}_BLOCK]",
            "count": "size_t count",
        }
        used = [word for word in declarations if re.search(rf"\b{word}\b", body)]
        function = f"{self.name}_step{len(self.functions) + 1}"
        parameters = ", ".join(declarations[word] for word in used)
        self.functions.append(f"/* {comment} */\nstatic void {function}({parameters})\n{{\n{body}\n}}\n")
        return [f"{function}({', '.join(used)});"]

    def shared(self) -> list[str]:
        """The functions that the steps so far share."""
        text = "".join(self.functions)
        return [text_of.replace("NAME", self.name) for key, text_of in SHARED.items() if f"{self.name}_{key}(" in text]

    def _body(self, step: Any, of_samples: bool) -> tuple[str, list[str]]:
        if isinstance(step, Loop):
            return self._loop(step, of_samples)
        if isinstance(step, Product):
            return self._product(step)
        if isinstance(step, OuterSum):
            return self._outer_sum(step)
        if isinstance(step, StripSum):
            return self._strip_sum(step)
        return self._slot_dot(step)

    # ------------------------------------------------------------ elementwise work

    def _loop(self, loop: Loop, of_samples: bool) -> tuple[str, list[str]]:
        code = CCode()
        results: list[Any] = []
        for operation in loop.operations:
            results.append(operation.computed(code, results, lambda x: self._load(code, x, loop, of_samples)))
            if operation.target is not None:
                code.store(_text_of(operation.target, loop), results[-1])
        outside, inside = code.lines()
        lines = [*outside, *braces(_OVER_SAMPLES, inside)] if of_samples and inside else [*outside, *inside]
        if loop.passes > 1:
            lines = braces(f"for (size_t u = 0; u < {loop.passes}; u++)", lines)
        return _named(loop), lines

    def _load(self, code: CCode, place: Place, loop: Loop, of_samples: bool) -> Expression:
        names = self.strips if isinstance(place, Strip) else self.slots
        fixed = loop.passes == 1 or place.stride == 0
        name = names.get(place.start) if fixed else None
        return code.load(_text_of(place, loop), name, outside=of_samples and isinstance(place, Slot))

    # ------------------------------------------------------------ layers

    def _product(self, step: Product) -> tuple[str, list[str]]:
        bias = f"slots[{index(step.bias.start, i=step.bias.stride)}]"
        weight = f"slots[{index(step.weights.start, i=step.weights.stride, j=step.by_input)}]"
        source = f"strips[{index(step.source, j=1)}]"
        lines = [
            f"double *y = strips[{index(step.target, i=1)}];",
            *braces(_OVER_SAMPLES, [f"y[s] = {bias};"]),
            *braces(f"for (size_t j = 0; j < {step.inputs}; j++)", [
                f"{self.name}_add_scaled(y, {weight}, {source}, count);",
            ]),
        ]  # fmt: skip
        comment = (
            f"a layer: {_range(step.target, step.outputs)} from {step.outputs} x {step.inputs} weights and "
            f"{_range(step.source, step.inputs)}"
        )
        return comment, braces(f"for (size_t i = 0; i < {step.outputs}; i++)", lines)

    def _outer_sum(self, step: OuterSum) -> tuple[str, list[str]]:
        slot = f"slots[{index(step.sums.start, i=step.sums.stride, j=step.by_right)}]"
        left, right = f"strips[{index(step.left, i=1)}]", f"strips[{index(step.right, j=1)}]"
        lines = braces(f"for (size_t j = 0; j < {step.rights}; j++)", [
            f"{slot} += {self.name}_dot({left}, {right}, count);",
        ])  # fmt: skip
        comment = (
            f"{step.lefts} x {step.rights} sums over the samples: {_range(step.left, step.lefts)} times "
            f"{_range(step.right, step.rights)}"
        )
        return comment, braces(f"for (size_t i = 0; i < {step.lefts}; i++)", lines)

    def _strip_sum(self, step: StripSum) -> tuple[str, list[str]]:
        slot, strip = f"slots[{index(step.sums.start, i=step.sums.stride)}]", f"strips[{index(step.start, i=1)}]"
        lines = braces(f"for (size_t i = 0; i < {step.count}; i++)", [f"{slot} += {self.name}_sum({strip}, count);"])
        return f"sums over the samples: {_range(step.start, step.count)}", lines

    @staticmethod
    def _slot_dot(step: SlotDot) -> tuple[str, list[str]]:
        factors = [f"slots[{index(x.start, i=x.stride)}]" for x in (step.left, step.right) if x is not None]
        lines = [
            "double total = 0.0;",
            *braces(f"for (size_t i = 0; i < {step.count}; i++)", [f"total += {' * '.join(factors)};"]),
            f"slots[{step.target}] = total;",
        ]
        return f"a sum of {step.count} {'products' if step.right is not None else 'numbers'}", lines


def _named(loop: Loop) -> str:
    """The operations of a loop, for its comment."""
    names = list(dict.fromkeys(operation.row.name for operation in loop.operations))
    shown = ", ".join(name if name.isidentifier() and name.isascii() else "..." for name in names[:8])
    return shown + (", ..." if len(names) > 8 else "") + (f"; {loop.passes} times" if loop.passes > 1 else "")


def _range(start: int, count: int) -> str:
    return f"strips {start} to {start + count - 1}" if count > 1 else f"strip {start}"


def _text_of(place: Place, loop: Loop) -> str:
    at = index(place.start, u=place.stride if loop.passes > 1 else 0)
    return f"strips[{at}][s]" if isinstance(place, Strip) else f"slots[{at}]"


def index(start: int, **strides: int) -> str:
    """An index as C: the start, and variables times their strides.

    >>> index(7), index(0, i=64, j=1), index(9, u=-1)
    ('7', '64 * i + j', '9 - u')
    """
    text = str(start) if start else ""
    for variable, stride in strides.items():
        term = variable if abs(stride) == 1 else f"{abs(stride)} * {variable}"
        if stride:
            text += f" {'-' if stride < 0 else '+'} {term}" if text else term
    return text or "0"


def braces(head: str, lines: Iterable[str]) -> list[str]:
    """A statement with a body."""
    return [f"{head} {{", *(f"    {line}" for line in lines), "}"]


def progressions(numbers: Sequence[int]) -> list[tuple[int, int, int]]:
    """Whole numbers as stretches (first, stride, how many) of equal distances, the longest from the left.

    >>> progressions([3, 4, 5, 9, 7])
    [(3, 1, 3), (9, -2, 2)]
    """
    found: list[tuple[int, int, int]] = []
    for number in numbers:
        if found:
            first, stride, count = found[-1]
            if count == 1 or number == first + count * stride:
                found[-1] = first, number - first if count == 1 else stride, count + 1
                continue
        found.append((number, 0, 1))
    return found


def table(numbers: Sequence[str], slot: int) -> list[str]:
    """Numbers that go into consecutive slots."""
    lines = [", ".join(numbers[i : i + 4]) + "," for i in range(0, len(numbers), 4)]
    copy = braces(f"for (size_t i = 0; i < {len(numbers)}; i++)", [f"slots[{index(slot, i=1)}] = numbers[i];"])
    table = ["static const double numbers[] = {", *(f"    {line}" for line in lines), "};"]
    return ["{", *(f"    {line}" for line in [*table, *copy]), "}"]


def copies(into: str, memory: str, refs: Sequence[Any], after: str = "") -> list[str]:
    """Copy strips or slots, and constants, to consecutive places; those at equal distances in a loop.

    `into` is an array, or the text of an index so far.
    """
    open_index = into if into.endswith(" ") else f"{into}["
    lines: list[str] = []
    at = 0
    while at < len(refs):
        stop = at
        while stop < len(refs) and isinstance(refs[stop], int):
            stop += 1
        for first, stride, count in progressions(refs[at:stop]):
            if count == 1:
                lines.append(f"{open_index}{at}] = {memory}[{first}]{after};")
            else:
                body = f"{open_index}{index(at, k=1)}] = {memory}[{index(first, k=stride)}]{after};"
                lines += braces(f"for (size_t k = 0; k < {count}; k++)", [body])
            at += count
        if at < len(refs):
            lines.append(f"{open_index}{at}] = {literal(refs[at])};")
            at += 1
    return lines or [f"(void){memory};", f"(void){into};"]
