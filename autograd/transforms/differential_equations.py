"""Differential equations, in recorded steps."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

from autograd.arguments import brief, shown
from autograd.core.tree import flatten, flatten_like
from autograd.transforms.checkpoints.checkpointing import checkpoint as checkpointed


def odeint(
    f: Callable[..., Any], y0: Any, t: Sequence[Any], *args: Any, steps: int = 1, checkpoint: bool = False
) -> list[Any]:
    """The solution of dy/dt = f(y, t, *args), y(t₀) = y0, at each of the times t: the classical Runge-Kutta method.

        y ← y + h/6 (k₁ + 2k₂ + 2k₃ + k₄),   k₁ = f(y, t), k₂ = f(y + h/2 k₁, t + h/2), k₃ = …, k₄ = f(y + h k₃, t + h)

    Args:
        f: The derivative of y, in the structure of y.
        y0: The state at the first time: a number, or nested lists, tuples, dicts or arrays of them.
        t: The times, the first of them t₀; they may go backward.
        args: What f takes beside y and t.
        steps: Of equal length from each time to the next.
        checkpoint: Keep the states at the times only, and run from each to the next again in the backward sweep.

    Returns a list with the state at each time.  Its derivatives by y0, args, t and what f uses from outside are those
    of the recorded steps, exact for what is computed (discretise, then optimise).  The error is of order h⁴.

    >>> from autograd import exp
    >>> y = odeint(lambda y, t, k: -k * y, 1.0, [0.0, 1.0], 0.5, steps=20)[-1]
    >>> abs(y - exp(-0.5)) < 1e-8
    True
    """
    if not callable(f):
        raise TypeError(f"odeint: the first argument must be a function of (y, t), not {shown(f)}")
    if isinstance(steps, bool) or not isinstance(steps, int) or steps < 1:
        raise ValueError(f"odeint: steps must be a whole number of at least 1, not {brief(steps)}")
    times, _ = flatten(t, "odeint: t")
    if not times or hasattr(t, "_apply_primitive") or not hasattr(t, "__len__"):
        raise ValueError(f"odeint: t must be a sequence of times, the first that of y0, not {shown(t)}")
    state, rebuild = flatten(y0, "odeint: y0")

    def slope(ys: Sequence[Any], now: Any) -> list[Any]:
        return flatten_like(f(rebuild(ys), now, *args), y0, "odeint: the result of the function")

    def advance(ys: Sequence[Any], begin: Any, end: Any) -> list[Any]:
        h = (end - begin) / steps
        for i in range(steps):
            now = begin + i * h
            k1 = slope(ys, now)
            k2 = slope([y + 0.5 * h * k for y, k in zip(ys, k1, strict=True)], now + 0.5 * h)
            k3 = slope([y + 0.5 * h * k for y, k in zip(ys, k2, strict=True)], now + 0.5 * h)
            k4 = slope([y + h * k for y, k in zip(ys, k3, strict=True)], now + h)
            ys = [y + h / 6.0 * (a + 2.0 * (b + c) + d) for y, a, b, c, d in zip(ys, k1, k2, k3, k4, strict=True)]
        return list(ys)

    between = checkpointed(advance) if checkpoint else advance
    states = [list(state)]
    for begin, end in pairwise(times):
        states.append(between(states[-1], begin, end))
    return [rebuild(ys) for ys in states]
