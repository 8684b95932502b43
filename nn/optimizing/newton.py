"""Newton's method, which computes the curvature."""

import sys
from typing import Any, ClassVar

from autograd import Value, gradient
from nn.inputs.checks import flag, number
from nn.inputs.optional import require
from nn.inputs.spellings import local_names
from nn.optimizing.line_search import ARMIJO, Point
from nn.optimizing.optimizer import Closure, Parameters, all_or_nothing, loss_of
from nn.optimizing.whole_step import OneGroup, Vector, along, as_float, inner, largest, place


class Newton(OneGroup):
    """Newton's method: θ ← θ - t·(H + δ·I)⁻¹·∇f, H being the Hessian, from the recorded graph of the loss.

    Args:
        parameters: What to move; groups are refused.
        lr: t, or the largest t that the line search tries.
        damping: δ at least; where H + δ·I is not positive definite, δ is raised until it is.
        line_search: Halve t until the loss falls by a share of what the slope promises (Armijo), or stay.

    The closure of `step` only records the loss and returns it; `grad` is neither read nor written.  A step takes one
    sweep a parameter, and NumPy.  Raises FloatingPointError, with nothing moved, for a loss or a derivative that is nan
    or inf.  Source: Nocedal and Wright, Numerical Optimization (2006), algorithms 3.1 to 3.3; Levenberg (1944) for the
    damping.

    >>> x, y = Value(3.0), Value(-1.0)
    >>> optimizer = Newton([x, y])
    >>> loss = optimizer.step(lambda: (x - 1) ** 2 + (x + 2 * y) ** 2)  # a quadratic takes one step
    >>> x.data, y.data
    (1.0, -0.5)
    """

    settings: ClassVar = {"lr": number, "damping": number, "line_search": flag}

    @local_names
    def __init__(self, parameters: Parameters, lr: float = 1.0, damping: float = 0.0, line_search: bool = True) -> None:
        super().__init__(parameters, {"lr": lr, "damping": damping, "line_search": line_search})

    def step(self, closure: Closure | None = None) -> Any:
        """One step; the closure records the loss and returns it.  Returns the loss before the step."""
        if closure is None:
            raise TypeError("Newton.step: a closure is needed, that returns the recorded loss")
        settings = self._checked(self.param_groups[0])
        parameters = [parameter for parameter in self.parameters if parameter.requires_grad]
        loss = loss_of(closure)
        if not isinstance(loss, Value):
            raise TypeError(f"Newton.step: the closure must return the loss as a Value, not {type(loss).__name__}")
        if not parameters:
            return loss
        g, hessian = _derivatives(loss, parameters)
        self._check_finite(loss=[loss.data], gradient=g, Hessian=[x for row in hessian for x in row])
        direction = _descent(g, hessian, settings["damping"])
        xs = [parameter.data for parameter in parameters]
        with all_or_nothing(parameters, xs):
            t = settings["lr"]
            if settings["line_search"]:
                t = _armijo(closure, parameters, xs, Point(t, loss.data, g, inner(g, direction)), direction)
            moved = along(xs, t, direction)
            self._check_finite(step=moved)
            place(parameters, xs, t, direction)
        return loss


def _derivatives(loss: Value, parameters: list[Value]) -> tuple[Vector, list[Vector]]:
    """Gradient and Hessian of a recorded loss: a sweep that is recorded, and one through its record a parameter."""
    slopes = gradient(loss, parameters, create_graph=True)
    rows = [gradient(s, parameters) if isinstance(s, Value) else [0.0] * len(parameters) for s in slopes]
    return [as_float(s) for s in slopes], rows


def _descent(g: Vector, hessian: list[Vector], damping: float) -> Vector:
    """-(H + δ·I)⁻¹·g with the first δ ≥ damping in a geometric series that makes the matrix positive definite."""
    numpy = require("numpy", "Newton's method")
    matrix = numpy.array(hessian, dtype=float).reshape(len(g), len(g))
    first = max(1e-8 * largest(matrix.flat), sys.float_info.min)
    while not _is_positive_definite(numpy, damped := matrix + damping * numpy.eye(len(g))):
        damping = max(10.0 * damping, first)
    return numpy.linalg.solve(damped, [-x for x in g]).tolist()  # type: ignore[no-any-return]  # a list of floats


def _is_positive_definite(numpy: Any, matrix: Any) -> bool:
    """Whether Cholesky's factor exists, and its pivots are more than what rounding leaves of a 0."""
    try:
        factor = numpy.linalg.cholesky(matrix)
    except numpy.linalg.LinAlgError:
        return False
    rounding = len(matrix) * sys.float_info.epsilon
    return bool((factor.diagonal() ** 2 > rounding * matrix.diagonal()).all())


def _armijo(closure: Closure, parameters: list[Value], xs: Vector, first: Point, direction: Vector) -> float:
    """The first t among first.t, half of it … that brings c₁ of the decrease promised; 0 if none does.

    Source: Nocedal and Wright, algorithm 3.1.
    """
    rounding = 1e-14 * abs(first.loss)  # near the minimum the decrease drowns in the rounding of the loss
    t = first.t
    for _ in range(60):  # then t·d is below the rounding of a parameter of its size
        place(parameters, xs, t, direction)
        loss = as_float(closure())  # recorded, for a closure may call backward()
        if loss <= first.loss + ARMIJO * t * first.slope + rounding:
            return t
        t /= 2.0
    return 0.0
