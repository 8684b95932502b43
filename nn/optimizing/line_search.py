"""Searching along a direction: the cubic step, the strong Wolfe and the Armijo condition."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

ARMIJO = 1e-4
"""c₁ of the Wolfe conditions: the share of the promised decrease that a step must bring."""
FLATTENING = 0.9
"""c₂ of the Wolfe conditions: what may be left of the slope after a step."""


class Point(NamedTuple):
    """A point of a line search: the step t, and there the loss, the gradient, and the slope of the loss along t."""

    t: float
    loss: float
    gradient: list[float]
    slope: float


def cubic_minimum(a: Point, b: Point, low: float, high: float) -> float:
    """The step in [low, high] where the cubic with the losses and slopes of a and b is least; the middle if nowhere.

    Source: Nocedal and Wright, Numerical Optimization (2006), equation 3.59.

    >>> cubic_minimum(Point(0.0, 1.0, [], -2.0), Point(2.0, 1.0, [], 2.0), 0.0, 2.0)  # of (t - 1)²
    1.0
    """
    if b.t < a.t:
        a, b = b, a
    if a.t < b.t and math.isfinite(a.loss + b.loss + a.slope + b.slope):
        d1 = a.slope + b.slope - 3.0 * (a.loss - b.loss) / (a.t - b.t)
        discriminant = d1 * d1 - a.slope * b.slope
        if discriminant >= 0.0:
            d2 = math.sqrt(discriminant)
            divisor = b.slope - a.slope + 2.0 * d2
            if divisor != 0.0:
                return min(max(b.t - (b.t - a.t) * ((b.slope + d2 - d1) / divisor), low), high)
    return (low + high) / 2.0


@dataclass
class StrongWolfe:
    """Search for a step t with f(t) ≤ f(0) + c₁·t·f'(0) and |f'(t)| ≤ c₂·|f'(0)|.

    Args:
        at: The function that gives the point at a step.
        start: The point at t = 0, where the slope is negative.
        narrowest: The width of a bracket that is not worth narrowing.
        most: After how many evaluations to give up.

    Source: Nocedal and Wright, Numerical Optimization (2006), algorithms 3.5 and 3.6.  What keeps the interpolation
    away from the ends is that of Schmidt's minFunc, which is PyTorch's, so both take the same steps.
    """

    at: Callable[[float], Point]
    start: Point
    narrowest: float
    most: int
    evaluations: int = 0

    def search(self, t: float) -> Point:
        """A point that meets both conditions, or the lowest one found; t is tried first."""
        bracket = self._bracket(t)
        return bracket[0] if len(bracket) == 1 else self._narrowed(bracket)

    def _evaluate(self, t: float) -> Point:
        self.evaluations += 1
        return self.at(t)

    def _too_high(self, point: Point) -> bool:
        return point.loss > self.start.loss + ARMIJO * point.t * self.start.slope

    def _flat(self, point: Point) -> bool:
        return abs(point.slope) <= -FLATTENING * self.start.slope

    def _bracket(self, t: float) -> list[Point]:
        """Lengthen the step until it is good, or until a good one must lie between the last two (algorithm 3.5)."""
        before, point = self.start, self._evaluate(t)
        while self.evaluations <= self.most:
            risen = self.evaluations > 2 and point.loss >= before.loss
            if not self._too_high(point) and not risen and self._flat(point):
                return [point]
            if self._too_high(point) or risen or point.slope >= 0.0:
                return [before, point]
            t = cubic_minimum(before, point, point.t + 0.01 * (point.t - before.t), 10.0 * point.t)
            before, point = point, self._evaluate(t)
        return [self.start, point]

    def _narrowed(self, bracket: list[Point]) -> Point:
        """Narrow the bracket until a good step is found (algorithm 3.6, zoom)."""
        low = _lower(bracket)
        stuck = False
        while self.evaluations <= self.most and abs(bracket[1].t - bracket[0].t) >= self.narrowest:
            t, stuck = _between(bracket, stuck)
            point = self._evaluate(t)
            if self._too_high(point) or point.loss >= bracket[low].loss:
                bracket[1 - low] = point
                low = _lower(bracket)
            elif self._flat(point):
                return point
            else:
                if point.slope * (bracket[1 - low].t - bracket[low].t) >= 0.0:
                    bracket[1 - low] = bracket[low]
                bracket[low] = point
        return bracket[low]


def _lower(bracket: list[Point]) -> int:
    return 0 if bracket[0].loss <= bracket[1].loss else 1


def _between(bracket: list[Point], stuck: bool) -> tuple[float, bool]:
    """The next step to try, and whether it is close to an end; twice in a row it must not be."""
    left, right = sorted(point.t for point in bracket)
    t = cubic_minimum(bracket[0], bracket[1], left, right)
    margin = 0.1 * (right - left)
    if min(right - t, t - left) >= margin:
        return t, False
    if not stuck and left < t < right:
        return t, True
    return (right - margin if right - t < t - left else left + margin), False
