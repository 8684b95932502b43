"""Checking derivatives: reverse mode, forward mode and differences have to agree.

For tests of this library, and of your own primitives and functions.
"""

import math
import warnings
from collections.abc import Callable, Iterable, Sequence
from itertools import combinations
from typing import Any

from autograd.arguments import brief
from autograd.checks.differences import EPSILON, Curve, Vector, richardson
from autograd.core.graph import forward_sweep, reverse_sweep, topological_order
from autograd.core.mode import enable_grad, no_grad
from autograd.core.sweep import gradients
from autograd.core.tree import flatten
from autograd.core.value import Value
from autograd.spellings import local_names
from autograd.table.primitive import ARITHMETIC_ERRORS, DomainWarning, as_number


class GradcheckError(AssertionError):
    """Two ways to the same derivative disagree; the message says which, where, and by how much.

    >>> from autograd import primitive
    >>> wrong = primitive(partials=(lambda y, x: x,))(lambda x: x * x)
    >>> try:
    ...     gradcheck(wrong, [3.0])
    ... except GradcheckError:
    ...     print("the partial is not that of x²")
    the partial is not that of x²
    """


@local_names
def gradcheck(
    f: Callable[..., Any], inputs: Sequence[Any], order: int = 2, rtol: float = 1e-6, atol: float = 1e-8
) -> bool:
    """Whether reverse mode, forward mode and differences agree on the derivatives of f: True, or GradcheckError.

    Args:
        f: Takes Values, or structures of them, and returns one number or a structure of them; constants are allowed.
        inputs: Its arguments: numbers, Values (their labels appear in errors), or structures of them.  For a function
            of one list write `[[1.0, 2.0]]`.
        order: 2 holds the second derivatives by reverse over reverse and by forward over reverse mode to differences of
            the first ones; 1 leaves them out.
        rtol, atol: |a - b| ≤ atol + rtol·max(|a|, |b|), and for a difference four times its own error more.

    Choose a point where f is smooth: at a kink, as of relu at 0, a difference is right for neither side.
    Raises ValueError if order is not 1 or 2.  Source: the checks of HIPS autograd and `torch.autograd.gradcheck`.

    >>> gradcheck(lambda x, y: (x * y).sin() / y, [1.0, 2.0])
    True
    """
    if order not in (1, 2):
        raise ValueError(f"gradcheck: order must be 1 or 2, not {brief(order)}")
    tolerances = as_number(rtol, "gradcheck: rtol"), as_number(atol, "gradcheck: atol")
    return _Check(f, inputs, *tolerances).run(order)


class _Check:
    """One call of gradcheck."""

    def __init__(self, f: Callable[..., Any], inputs: Sequence[Any], rtol: float, atol: float) -> None:
        if not isinstance(inputs, list | tuple):
            inputs = [inputs]
        leaves, self.rebuild = flatten(list(inputs), "gradcheck: inputs")
        self.f, self.rtol, self.atol = f, rtol, atol
        self.point = [x if x.__class__ is float else x.data for x in leaves]
        self.labels = ["" if x.__class__ is float else getattr(x, "label", "") for x in leaves]

    def run(self, order: int) -> bool:
        """Compare everything."""
        xs, ys = self.record(self.point)
        size = len(xs)
        reverse = self.gradients(xs, ys)
        forward = self.tangents(xs, ys)
        for k in range(size):
            slopes, errors = richardson(self.along(k, self.values, len(ys)), self.point[k])
            for j in range(len(ys)):
                found = {"reverse mode": reverse[j * size + k], "forward mode": forward[k][j]}
                self.compare(f"∂{self.output(j, ys)}/∂{self.input(k)}", found, slopes[j], errors[j], k)
        if order == 1:
            return True
        gradients = [self.recorded_gradient(xs, y) for y in ys]
        flat = [g for gradient in gradients for g in gradient]
        twice_reverse = self.gradients(xs, flat)
        forward_over_reverse = self.tangents(xs, flat)
        for k in range(size):
            slopes, errors = richardson(self.along(k, self.first, len(flat)), self.point[k])
            for j in range(len(flat)):
                what = f"∂²{self.output(j // size, ys)}/∂{self.input(j % size)}∂{self.input(k)}"
                found = {
                    "reverse over reverse mode": twice_reverse[j * size + k],
                    "forward over reverse mode": forward_over_reverse[k][j],
                }
                self.compare(what, found, slopes[j], errors[j], k)
        return True

    # ------------------------------------------------------------ the ways to a derivative

    def record(self, point: Sequence[float]) -> tuple[list[Value], list[Any]]:
        """Fresh inputs with these numbers, and the results of f for them."""
        xs = [Value(number) for number in point]
        for x, label in zip(xs, self.labels, strict=True):
            x.label = label
        with enable_grad():
            ys, _ = flatten(self.f(*self.rebuild(xs)), "gradcheck: the result of f")
        return xs, ys

    def values(self, point: Sequence[float]) -> Vector:
        """The results as numbers."""
        with no_grad():
            ys, _ = flatten(self.f(*self.rebuild(map(Value, point))), "gradcheck: the result of f")
        return [_number(y) for y in ys]

    def first(self, point: Sequence[float]) -> Vector:
        """All first derivatives, by reverse mode."""
        return self.gradients(*self.record(point))

    def along(self, k: int, function: Callable[[Sequence[float]], Vector], size: int) -> Curve:
        """The function, which has so many results, with all inputs but one at the point; nan where it is undefined."""

        def curve(moved: float) -> Vector:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DomainWarning)
                try:
                    return function([*self.point[:k], moved, *self.point[k + 1 :]])
                except ARITHMETIC_ERRORS:
                    return [math.nan] * size

        return curve

    def gradients(self, xs: Sequence[Value], ys: Iterable[Any]) -> Vector:
        """For each result its derivative by each input, by the sweep of `backward()`; no other leaf is touched."""
        found = []
        for y in ys:
            for x in xs:
                x.grad = 0.0
            found += gradients(y, xs) if isinstance(y, Value) else [0.0] * len(xs)
        return found

    def tangents(self, xs: Sequence[Value], ys: Sequence[Any]) -> list[Vector]:
        """For each input the derivative of each result, by the forward sweep."""
        order = topological_order(*[y for y in ys if isinstance(y, Value)])
        found = []
        for x in xs:
            tangents: dict[Any, Any] = {x: 1.0}
            forward_sweep(order, tangents)
            found.append([tangents.get(y, 0.0) if isinstance(y, Value) else 0.0 for y in ys])
        return found

    def recorded_gradient(self, xs: Sequence[Value], y: Any) -> list[Any]:
        """The derivatives of one result as recorded Values, or constants."""
        if not isinstance(y, Value):
            return [0.0] * len(xs)
        adjoints: dict[Any, Any] = {y: 1.0}
        with enable_grad():
            reverse_sweep(topological_order(y), adjoints, record=True)
        return [adjoints.get(x, 0.0) for x in xs]

    # ------------------------------------------------------------ the verdict

    def compare(self, what: str, found: dict[str, float], slope: float, error: float, k: int) -> None:
        """Raise GradcheckError unless all agree."""
        numbers = {**found, "differences": slope}
        names = list(numbers)
        errors = dict.fromkeys(found, 0.0) | {"differences": error}
        unreliable = not error <= 1e-3 * max(1.0, abs(slope))
        wrong = []
        for a, b in combinations(names, 2):
            tolerance = self.tolerance(numbers[a], numbers[b], errors[b])
            if not (numbers[a] == numbers[b] or abs(numbers[a] - numbers[b]) <= tolerance < math.inf):
                wrong.append(f"{a} and {b} disagree by more than {tolerance:.1g}")
        if wrong or unreliable:
            shown = ", ".join(f"by {name} {number!r}" for name, number in numbers.items())
            verdict = "; ".join(wrong) or "the differences are too rough to tell"
            raise GradcheckError(f"gradcheck: {what} is {shown} (± {error:.1g}): {verdict}{self.advice(k, unreliable)}")

    def tolerance(self, a: float, b: float, error: float) -> float:
        """How far apart two numbers may be."""
        return self.atol + self.rtol * max(abs(a), abs(b)) + 4.0 * error

    def advice(self, k: int, unreliable: bool) -> str:
        """What may be the matter with the point."""
        x, curve = self.point[k], self.along(k, self.values, 1)
        step = math.sqrt(EPSILON) * max(abs(x), 1.0)
        here, left, right = curve(x), curve(x - step), curve(x + step)
        if any(not math.isfinite(number) for number in (*here, *left, *right)):
            return f"; f is not finite at {x!r} ± {step:.1g}: choose a point inside its domain"
        bends = [abs(r - 2.0 * h + w) / step for w, h, r in zip(left, here, right, strict=True)]
        if any(bend > 1e-3 * max(1.0, *map(abs, here)) for bend in bends):
            return f"; f seems to have a kink or jump at {x!r}: choose a point beside it"
        return "; f may be rough or near the border of its domain: choose another point" if unreliable else ""

    def input(self, k: int) -> str:
        """The name of an input: its label, or its index."""
        return self.labels[k] or f"input[{k}]"

    @staticmethod
    def output(j: int, ys: Sequence[Any]) -> str:
        """The name of a result."""
        return "f" if len(ys) == 1 else f"f[{j}]"


def _number(x: Any) -> float:
    number: float = x if x.__class__ is float else x.data
    return number
