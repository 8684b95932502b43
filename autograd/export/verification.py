"""What an export is held to: the engine's own numbers and derivatives, on a thousand random samples."""

import ctypes
import math
from collections.abc import Sequence
from typing import Any

from autograd.arguments import brief
from autograd.core.graph import depending_on, reverse_sweep, topological_order
from autograd.core.mode import changed
from autograd.core.value import Value
from autograd.export.subject import Subject
from autograd.native.interpreter import Interpreter, Recorded

SAMPLES = 1000


class Reference:
    """The engine's outputs, and its derivatives of their sum, for random samples.

    Args:
        subject: What is exported.
        derivatives: Whether those are asked for too.
        narrow: Whether their numbers are those that 32 bits can hold.
    """

    def __init__(
        self, subject: Subject, count: int | None = None, narrow: bool = False, derivatives: bool = True
    ) -> None:
        self.samples = subject.samples(SAMPLES if count is None else count)
        if narrow:
            self.samples = [[narrowed(x) for x in sample] for sample in self.samples]
        oracle = Interpreter(subject.plan(), Recorded(subject.outputs, subject.inputs, subject.parameters))
        self._oracle, self._numbers = oracle, [Value(x) for x in subject.numbers()]
        self.outputs: list[list[float]] = []
        self.gradients: list[list[float]] = []
        for sample in self.samples:
            inputs = [Value(x) for x in sample]
            found = oracle.recorded_anew(inputs, self._numbers)
            self.outputs.append([y.data if isinstance(y, Value) else float(y) for y in found])
            if not derivatives:
                continue
            adjoints = _adjoints(inputs, found)
            self.gradients.append([adjoints.get(x, 0.0) for x in inputs])

    def of_values(self, found: Sequence[Sequence[float]]) -> float:
        """The largest difference of outputs."""
        return largest(found, self.outputs)[0]

    def of_gradients(self, found: Sequence[Sequence[float]]) -> float:
        """The largest difference of derivatives, where the outputs are finite."""
        return self._largest_gradient(found)[0]

    def _largest_gradient(self, found: Sequence[Sequence[float]]) -> tuple[float, int, int]:
        rows = [k for k, ys in enumerate(self.outputs) if all(map(math.isfinite, ys))]
        apart, row, number = largest([found[k] for k in rows], [self.gradients[k] for k in rows])
        return apart, rows[row] if rows else 0, number

    def condition(self, outputs: Sequence[Sequence[float]], gradients: Sequence[Sequence[float]]) -> float:
        """How much the engine's own numbers magnify rounding, at the output or derivative that differs most.

        κ = Σ |v · ∂y/∂v| / max(1, |y|), over y and all numbers v on the way to it: where each of them is rounded to
        within a part of u, y moves by κ·u at most, but for terms in u².
        Source: Bauer, "Computational graphs and rounding error" (1974).
        """
        of_value, of_gradient = largest(outputs, self.outputs), self._largest_gradient(gradients)
        is_derivative = of_gradient[0] > of_value[0]
        _, sample, number = of_gradient if is_derivative else of_value
        inputs = [Value(x) for x in self.samples[sample]]
        found = self._oracle.recorded_anew(inputs, self._numbers)
        with changed(records=True, warns=False):
            if is_derivative:
                y = _adjoints(inputs, found, record=True).get(inputs[number], 0.0)
            else:
                y = found[number]
            if not isinstance(y, Value):
                return 1.0
            order, adjoints = topological_order(y), {y: 1.0}
            reverse_sweep(order, adjoints)
        return math.fsum(abs(v.data * adjoints.get(v, 0.0)) for v in order) / max(1.0, abs(y.data))


def _adjoints(inputs: Sequence[Value], outputs: Sequence[Any], record: bool = False) -> dict[Any, Any]:
    """The adjoints, by the sum of the outputs, of all that depends on the inputs."""
    roots = [y for y in outputs if isinstance(y, Value)]
    adjoints: dict[Any, Any] = {}
    for root in roots:
        adjoints[root] = adjoints.get(root, 0.0) + 1.0
    reverse_sweep(depending_on(inputs, *roots), adjoints, record=record)
    return adjoints


def narrowed(x: float) -> float:
    """The nearest number of 32 bits.

    >>> narrowed(0.1), narrowed(1e300)
    (0.10000000149011612, inf)
    """
    return ctypes.c_float(x).value


def largest(found: Sequence[Sequence[float]], expected: Sequence[Sequence[float]]) -> tuple[float, int, int]:
    """The largest |found - expected| / max(1, |expected|), and where it is: sample and number.

    Where both are nan or one infinity it is 0.

    >>> largest([[1.0, 300.0], [2.0, 2.0]], [[1.5, 200.0], [2.0, 2.0]])
    (0.5, 0, 1)
    """
    lines = enumerate(zip(found, expected, strict=True))
    each = ((_apart(float(x), float(y)), k, i) for k, (xs, ys) in lines for i, (x, y) in enumerate(zip(xs, ys)))
    return max(each, key=lambda one: one[0], default=(0.0, 0, 0))


def _apart(found: float, expected: float) -> float:
    if found == expected or (found != found and expected != expected):
        return 0.0
    apart = abs(found - expected) / max(1.0, abs(expected))
    return apart if math.isfinite(apart) else math.inf


class VerificationError(ArithmeticError):
    """An export that does not compute what the engine computes.

    >>> raise VerificationError("to_numpy: …")
    Traceback (most recent call last):
        ...
    autograd.export.verification.VerificationError: to_numpy: …
    """


def held_to(tolerance: float, apart: float, door: str, condition: float | None = None, unit: float = 0.0) -> float:
    """The difference, if it is within the tolerance.

    Raises VerificationError if it is not, which says what rounding to the unit alone may lead to by the condition;
    TypeError for a tolerance that is no number.
    """
    if not isinstance(tolerance, int | float) or tolerance != tolerance:
        raise TypeError(f"{door}: tolerance must be a number, such as 1e-6, not {brief(tolerance)}")
    if not apart <= tolerance:
        alone = "" if condition is None else f" (rounding alone may make it {condition * unit:.1e} there)"
        raise VerificationError(
            f"{door}: on {SAMPLES:,} random samples it differs from the engine by up to {apart:.1e}, relative "
            f"to numbers above 1{alone}, and {tolerance:g} is allowed; where that is due to rounding, as beside a "
            "jump, say tolerance="
        )
    return apart
