"""Derivatives by differences: from values alone, to hold others to.

A difference quotient has two errors: truncation, which grows with the step, and rounding, which grows as it shrinks.

    (f(x + h) - f(x - h)) / 2h = f'(x) + f'''(x)·h²/6 + … ± ε·|f(x)|/h

Sources: seeds, "6.1.2 Numerical and Symbolic Differentiation"; Ridders, "Accurate computation of F'(x) and
F'(x)F''(x)", Advances in Engineering Software 4 (1982); Squire and Trapp, "Using complex variables to estimate
derivatives of real functions", SIAM Review 40 (1998).
"""

import math
import sys
from collections.abc import Callable
from typing import Any, Literal

from autograd.core.tree import flatten
from autograd.table.primitive import ARITHMETIC_ERRORS, as_number

Method = Literal["auto", "central", "richardson", "complex"]
Vector = list[float]
Curve = Callable[[float], Vector]  # of one input, the others fixed

EPSILON = sys.float_info.epsilon
_ROWS = 10  # of the extrapolation: steps of 1/8 to 1/4096 of the scale, halved each time
_MOST_ROWS = 20  # for a function that changes faster: down to 10⁻⁷ of the scale
_CONVERGED = 1e-5  # relative error
_COMPLEX_STEP = 1e-20  # of |x|: its square is below the rounding of any f, and nothing cancels
_SMALLEST_STEP = 1e-290


def numerical_gradient(
    f: Callable[[Any], Any], x: Any, method: Method = "auto", step: float | None = None, *, with_error: bool = False
) -> Any:
    """The gradient of a function of one number, or of a structure of numbers, from its values alone.

    Args:
        f: Takes what x is, and returns one number.
        x: The point: a number, or nested lists, tuples, dicts or arrays of numbers, as which the gradient comes back.
        method:
            "central": (f(x + h) - f(x - h)) / 2h, exact to about ε^⅔ ≈ 4·10⁻¹¹.
            "richardson": the limit of central differences with steps h, h/2, h/4, …, by Ridders' tableau; exact to
            about 10⁻¹², and it knows its error.  "auto" means this.
            "complex": Im f(x + ih) / h, exact to rounding, for an f that takes complex numbers and is analytic.
        step: h; by default ∛ε · max(|x|, 1) for central, where both errors are about equal; the first h for
            richardson, by default max(|x|, 1) / 8, and also |x| / 8 if that gives the smaller error; 10⁻²⁰·|x| for
            complex.
        with_error: Return (gradient, error), the error an estimate (for complex, that of rounding).

    Raises ValueError for an unknown method or a step that is not positive, TypeError if f does not take or does not
    return what the method needs.  Where f is not defined at the points around x the result is nan, its error inf.

    >>> f"{numerical_gradient(lambda x: x**3, 2.0):.9f}"
    '12.000000000'
    >>> numerical_gradient(lambda v: v[0] * v[1], [2.0, 3.0], method="complex")
    [3.0, 2.0]
    """
    if method not in ("auto", "central", "richardson", "complex"):
        raise ValueError(f"numerical_gradient: method must be auto, central, richardson or complex, not {method!r}")
    if step is not None and not 0.0 < as_number(step, "numerical_gradient: step") < math.inf:
        raise ValueError(f"numerical_gradient: step must be a positive number, not {step!r}")
    leaves, rebuild = flatten(x, "numerical_gradient: x")
    numbers = [as_number(leaf, "numerical_gradient: x") for leaf in leaves]

    def along(i: int) -> Callable[[Any], Any]:
        def curve(moved: Any) -> Any:
            kind: Any = moved.__class__
            point = rebuild(moved if i == j else kind(number) for j, number in enumerate(numbers))
            return f(point.astype(complex) if kind is complex and hasattr(point, "astype") else point)

        return curve

    estimates = [_derivative(along(i), number, method, step) for i, number in enumerate(numbers)]
    gradient, errors = (
        rebuild(column) for column in ([value for value, _ in estimates], [error for _, error in estimates])
    )
    return (gradient, errors) if with_error else gradient


def _derivative(f: Callable[[Any], Any], x: float, method: Method, step: float | None) -> tuple[float, float]:
    if method == "complex":
        return _complex_step(f, x, step or max(_COMPLEX_STEP * abs(x), _SMALLEST_STEP) if x else _COMPLEX_STEP)

    def curve(moved: float) -> Vector:
        try:
            return [_result(f(moved))]
        except ARITHMETIC_ERRORS:
            return [math.nan]

    values, errors = _central(curve, x, step) if method == "central" else richardson(curve, x, step)
    return values[0], errors[0]


def _result(value: Any) -> float:
    if isinstance(value, complex):
        raise TypeError(f"numerical_gradient: f must return one real number, not {value!r}")
    return as_number(value.data if hasattr(value, "_apply_primitive") else value, "numerical_gradient: the result of f")


def _complex_step(f: Callable[[Any], Any], x: float, step: float) -> tuple[float, float]:
    try:
        value = f(complex(x, step))
    except (TypeError, AttributeError, *ARITHMETIC_ERRORS) as error:
        raise TypeError(
            f"numerical_gradient: method 'complex' needs an f that takes complex numbers (cmath, not math), and this "
            f"one says {type(error).__name__}: {error}; use method='richardson'"
        ) from error
    if not isinstance(value, complex):
        raise TypeError(
            f"numerical_gradient: method 'complex' needs an f that returns a complex number, and this one returns "
            f"{value!r}: it drops the imaginary part, as abs does; use method='richardson'"
        )
    slope = float(value.imag) / step
    return slope, 4.0 * EPSILON * abs(slope)


def _slopes(f: Curve, x: float, step: float) -> tuple[Vector, Vector]:
    """Central differences, and the error of rounding in each."""
    high, low = x + step, x - step  # the steps as they are after rounding
    above, below = f(high), f(low)
    width = high - low
    slopes = [(b - a) / width for a, b in zip(below, above, strict=True)]
    return slopes, [EPSILON * (abs(a) + abs(b)) / width for a, b in zip(below, above, strict=True)]


def _central(f: Curve, x: float, step: float | None) -> tuple[Vector, Vector]:
    step = step or math.cbrt(EPSILON) * max(abs(x), 1.0)
    fine, rounding = _slopes(f, x, step)
    coarse, _ = _slopes(f, x, 2.0 * step)  # truncation is a third of what doubling the step changes
    return fine, [_finite(abs(a - b) / 3.0 + r) for a, b, r in zip(fine, coarse, rounding, strict=True)]


def _finite(error: float) -> float:
    return error if math.isfinite(error) else math.inf


def richardson(f: Curve, x: float, step: float | None = None) -> tuple[Vector, Vector]:
    """The derivatives of the results of a curve at x, and their errors: the best entries of Ridders' tableau."""
    steps = [step] if step else [max(abs(x), 1.0) / 8.0]
    if not step and 0.0 < abs(x) < 1.0:
        steps.append(abs(x) / 8.0)  # for a function that changes on the scale of x itself, as √x and 1/x near 0
    tableaux = [_ridders(f, x, first) for first in steps]
    best = [min(entries, key=lambda entry: entry[1]) for entries in zip(*tableaux, strict=True)]
    return [value for value, _ in best], [error for _, error in best]


def _ridders(f: Curve, x: float, step: float) -> list[tuple[float, float]]:
    """The best entry of one tableau for each result, and its error.

    A[i][0] has the step h/2ⁱ, and A[i][k] = A[i][k-1] + (A[i][k-1] - A[i-1][k-1]) / (4ᵏ - 1).  An entry that a later
    row contradicts agreed with its neighbours by chance, as where the steps are periods of the function.
    """
    best: list[tuple[float, float]] = []
    above: list[Vector] = []  # the row before, for each result
    converged = False
    for i in range(_MOST_ROWS):
        if i >= _ROWS and converged:
            break
        slopes, rounding = _slopes(f, x, step)
        step /= 2.0
        best = best or [(math.nan, math.inf)] * len(slopes)
        rows, converged = [], True
        for j, (slope, rounded) in enumerate(zip(slopes, rounding, strict=True)):
            row = [slope]
            for k, previous in enumerate(above[j] if above else [], 1):
                row.append(row[-1] + (row[-1] - previous) / (4.0**k - 1.0))
                error = _finite(max(abs(row[-1] - row[-2]), abs(row[-1] - previous)) + rounded)
                if error < best[j][1]:
                    best[j] = row[-1], error
            known, finest = best[j][0], row[-1]
            difference = abs(finest - known)
            contradicts = difference > max(abs(finest), abs(known)) / 2.0 + 100.0 * rounded
            steady = len(row) > 2 and max(abs(finest - row[-2]), abs(finest - above[j][-1])) < 1e-3 * difference
            if contradicts and steady:  # and not mere noise
                best[j] = finest, difference
            converged &= not contradicts and best[j][1] <= _CONVERGED * abs(best[j][0]) + 1e3 * rounded
            rows.append(row)
        above = rows
    return best
