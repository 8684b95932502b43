"""What an export is held to: the engine's own numbers and derivatives, on a thousand random samples."""

import ctypes
import math
from collections.abc import Sequence
from typing import Any

from autograd.core.graph import depending_on, reverse_sweep
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
        numbers = [Value(x) for x in subject.numbers()]
        self.outputs: list[list[float]] = []
        self.gradients: list[list[float]] = []
        for sample in self.samples:
            inputs = [Value(x) for x in sample]
            found = oracle.recorded_anew(inputs, numbers)
            self.outputs.append([y.data if isinstance(y, Value) else float(y) for y in found])
            if not derivatives:
                continue
            roots = [y for y in found if isinstance(y, Value)]
            adjoints: dict[Any, Any] = {}
            for root in roots:
                adjoints[root] = adjoints.get(root, 0.0) + 1.0
            reverse_sweep(depending_on(inputs, *roots), adjoints)
            self.gradients.append([adjoints.get(x, 0.0) for x in inputs])

    def of_values(self, found: Sequence[Sequence[float]]) -> float:
        """The largest difference of outputs."""
        return difference(found, self.outputs)

    def of_gradients(self, found: Sequence[Sequence[float]]) -> float:
        """The largest difference of derivatives, where the outputs are finite."""
        finite = [all(map(math.isfinite, ys)) for ys in self.outputs]
        chosen = [pair for pair, there in zip(zip(found, self.gradients, strict=True), finite, strict=True) if there]
        return difference(*zip(*chosen)) if chosen else 0.0


def narrowed(x: float) -> float:
    """The nearest number of 32 bits.

    >>> narrowed(0.1), narrowed(1e300)
    (0.10000000149011612, inf)
    """
    return ctypes.c_float(x).value


def difference(found: Sequence[Sequence[float]], expected: Sequence[Sequence[float]]) -> float:
    """The largest |found - expected| / max(1, |expected|), where both are nan or one infinity it is 0.

    >>> difference([[1.0, 300.0]], [[1.5, 200.0]])
    0.5
    """
    pairs = ((float(x), float(y)) for xs, ys in zip(found, expected, strict=True) for x, y in zip(xs, ys, strict=True))
    return max((_apart(x, y) for x, y in pairs), default=0.0)


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


def held_to(tolerance: float, apart: float, door: str) -> float:
    """The difference, if it is within the tolerance.

    Raises VerificationError if it is not.
    """
    if not apart <= tolerance:
        raise VerificationError(
            f"{door}: on {SAMPLES:,} random samples it differs from the engine by up to {apart:.1e}, relative "
            f"to numbers above 1, and {tolerance:g} is allowed; where that is due to rounding, as beside a "
            "jump, say tolerance="
        )
    return apart
