"""A plan for one sample in languages of braces: a table of constants, which may be read-only, and scratch memory."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np

from autograd.export.verification import narrowed
from autograd.native.c.code import CCode, Expression, Form
from autograd.native.c.code import literal as literal_of_double
from autograd.native.c.steps import braces, index, progressions
from autograd.native.javascript.code import JavaScriptCode
from autograd.native.kernels import new_slots
from autograd.native.numpy_backend import NumpyKernel
from autograd.native.planning.plan import Loop, Place, Plan, Product, Slot, Strip


def narrow_literal(number: float) -> str:
    """A number as a float of C, with as many digits as tell it from every other.

    >>> narrow_literal(0.1), narrow_literal(1e300), narrow_literal(-2.0)
    ('0.1f', 'INFINITY', '-2.0f')
    """
    narrow = narrowed(number)
    if not math.isfinite(narrow):
        return literal_of_double(narrow)
    texts = (f"{narrow:.{digits}g}" for digits in range(6, 10))
    shortest = next(text for text in texts if narrowed(float(text)) == narrow)
    return f"{float(shortest)!r}f"


class NarrowCode(CCode):
    """A stretch of C in floats of 32 bits, and the machine of its lowerings."""

    literal = staticmethod(narrow_literal)
    number = "const float"

    def form_of(self, name: str, operands: int) -> Form:
        """A function of libm of floats."""
        return super().form_of(f"{name}f", operands)


@dataclass(frozen=True)
class Dialect:
    """What a language of braces calls things."""

    code: type[CCode]
    loop: str
    """The head of a loop, with {0} for its variable and {1} for its end."""
    variable: str
    """How a number that changes is declared."""

    def times(self, variable: str, count: int, lines: Sequence[str]) -> list[str]:
        """Statements so many times."""
        return braces(self.loop.format(variable, count), lines)

    def copied(self, into: str, memory: str, places: Sequence[int | float]) -> list[str]:
        """Copy strips, and constants, to an array: those at equal distances in a loop."""
        lines: list[str] = []
        for is_place, group in groupby(enumerate(places), lambda item: isinstance(item[1], int)):
            items = list(group)
            at = items[0][0]
            if not is_place:
                lines += [f"{into}[{k}] = {self.code.literal(x)};" for k, x in items]
                continue
            for first, stride, count in progressions([int(x) for _, x in items]):
                body = f"{into}[{index(at, k=1)}] = {memory}[{index(first, k=stride)}];"
                lines += self.times("k", count, [body]) if count > 1 else [f"{into}[{at}] = {memory}[{first}];"]
                at += count
        return lines


DOUBLE, FLOAT, JAVASCRIPT = (
    Dialect(CCode, "for (size_t {0} = 0; {0} < {1}; {0}++)", "double"),
    Dialect(NarrowCode, "for (size_t {0} = 0; {0} < {1}; {0}++)", "float"),
    Dialect(JavaScriptCode, "for (let {0} = 0; {0} < {1}; {0}++)", "let"),
)


class Body:
    """The statements of a plan for one sample, whose strips are `w[…]`.

    Args:
        plan: What is computed.
        dialect: The language.
        numbers: What the table of all slots is called.
        shift: By how much slots that are no parameters are farther in it than in the plan.
    """

    def __init__(self, plan: Plan, dialect: Dialect, numbers: str, shift: int) -> None:
        self.plan, self.dialect, self.numbers, self.shift = plan, dialect, numbers, shift

    def lines(self) -> list[str]:
        """The statements."""
        return [line for step in self.plan.samples for line in self._step(step)]

    def _slot(self, place: Slot, **strides: int) -> str:
        shift = self.shift if place.start >= self.plan.parameters else 0
        return f"{self.numbers}[{index(place.start + shift, **strides)}]"

    def _step(self, step: Any) -> list[str]:
        match step:
            case Product():
                return self._product(step)
            case Loop():
                return self._loop(step)
        raise TypeError(f"no step of samples that are not summed: {step}")

    def _product(self, step: Product) -> list[str]:
        bias = self._slot(step.bias, i=step.bias.stride)
        weight = self._slot(step.weights, i=step.weights.stride, j=step.by_input)
        lines = [
            f"{self.dialect.variable} sum = {bias};",
            *self.dialect.times("j", step.inputs, [f"sum += {weight} * w[{index(step.source, j=1)}];"]),
            f"w[{index(step.target, i=1)}] = sum;",
        ]
        return self.dialect.times("i", step.outputs, lines)

    def _loop(self, loop: Loop) -> list[str]:
        code = self.dialect.code()
        results: list[Any] = []
        for operation in loop.operations:
            results.append(operation.computed(code, results, lambda x: self._load(code, x, loop)))
            if operation.target is not None:
                code.store(self._text(operation.target, loop), results[-1])
        lines = code.lines()[1]
        if loop.passes > 1:
            return self.dialect.times("u", loop.passes, lines)
        return ["{", *(f"    {line}" for line in lines), "}"]

    def _load(self, code: CCode, place: Place, loop: Loop) -> Expression:
        return code.load(self._text(place, loop))

    def _text(self, place: Place, loop: Loop) -> str:
        stride = place.stride if loop.passes > 1 else 0
        if isinstance(place, Strip):
            return f"w[{index(place.start, u=stride)}]"
        return self._slot(place, u=stride)


def crosses(plan: Plan) -> bool:
    """Whether a step takes parameters and other slots in one run, so that they cannot be kept apart."""
    for step in plan.samples:
        runs: list[tuple[int, int]] = []
        if isinstance(step, Product):
            last = step.weights.start + (step.outputs - 1) * step.weights.stride + (step.inputs - 1) * step.by_input
            runs = [
                (step.weights.start, last),
                (step.bias.start, step.bias.start + (step.outputs - 1) * step.bias.stride),
            ]
        elif isinstance(step, Loop):
            slots = [x for op in step.operations for x in op.sources if isinstance(x, Slot)]
            runs = [(x.start, x.start + (step.passes - 1) * x.stride) for x in slots]
        if any((a < plan.parameters) != (b < plan.parameters) for a, b in runs):
            return True
    return False


class Pair:
    """The values and the gradient of a subject, on one table of numbers.

    Args:
        values, sweep: Their plans, with the same parameters.
        parameters: The numbers of these.
        dialect: The language.
        numbers: What the table is called.
    """

    def __init__(self, values: Plan, sweep: Plan, parameters: Sequence[float], dialect: Dialect, numbers: str) -> None:
        own, others = (_slots(plan, parameters) for plan in (values, sweep))
        count = values.parameters
        if crosses(sweep):  # then its table stands whole behind the other
            self.table, shift = [*own, *others], len(own)
            sweep.parameters = 0
        else:
            self.table, shift = [*own, *others[count:]], len(own) - count
        self.values, self.sweep = Body(values, dialect, numbers, 0), Body(sweep, dialect, numbers, shift)
        self.workspace = max(values.strips, sweep.strips, 1)


def _slots(plan: Plan, parameters: Sequence[float]) -> list[float]:
    """The numbers of all slots, those that are computed from the parameters included."""
    slots = new_slots(plan)
    slots[: len(parameters)] = parameters
    NumpyKernel(plan).run(np.empty((plan.inputs, 0)), 1.0, slots, np.empty((len(plan.strip_outputs), 0)))
    return [float(x) for x in slots]
