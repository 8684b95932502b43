"""Plots of functions: derivatives, tangents, contours, activations, and how wrong differences are."""

import math
import textwrap
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from autograd import derivative
from nn.inputs.checks import counted
from nn.inputs.optional import require
from nn.inputs.sequences import plain_numbers
from nn.judging.plane import steps
from nn.models.activations import ACTIVATIONS, MODULES, described, get_activation
from nn.plots.axes import axes, colour, ink, numbers, of_sizes, panels, quantiles, rows_of

Function = Callable[[Any], Any]

_OF_ONE_NUMBER = (*ACTIVATIONS, *(name for name in MODULES if "softmax" not in name))
_POINTS = 401  # of a line
_GRID = 81  # points along each side of a plane
_TANGENT = 0.2  # of the width, to each side of its point


def function(f: Function, low: float, high: float, at: Iterable[float] = (), ax: Any = None) -> Any:
    """Draw f and its derivative f′ from low to high, and its tangents at some points; return the axes.

    f takes one number and is made of the engine's operations, which give f′ and the slopes f′(x₀) of the tangents
    y = f(x₀) + f′(x₀)·(x - x₀).

    >>> import autograd
    >>> ax = function(autograd.sin, 0.0, 6.0, at=[0.0])
    >>> float(ax.get_lines()[1].get_ydata()[0])  # cos(0)
    1.0
    """
    ax = axes(ax, "plots.function")
    xs, slope = steps(low, high, _POINTS), derivative(f)
    ax.hlines(0.0, low, high, color=ink(), linewidth=0.6)
    for i, (g, name) in enumerate([(f, "f"), (slope, "f′")]):
        ax.plot(xs, numbers(g, xs), color=colour(i), linestyle=("-", "--")[i], linewidth=2, label=name)
    reach = _TANGENT * (high - low)
    for i, x in enumerate(at, 2):
        (y,), (steepness,) = numbers(f, [x]), numbers(slope, [x])
        ends = [x - reach, x, x + reach]
        ax.plot(
            ends, [y + steepness * (end - x) for end in ends], color=colour(i), marker="o", markevery=[1],
            linewidth=1.6, label=f"tangent at {x:.4g}, slope {steepness:.4g}".replace("-", "−"),
        )  # fmt: skip
    ax.set(xlabel="x", xlim=(low, high))
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)  # above: inside it would hide tangents
    return ax


def contours(
    f: Function,
    x: tuple[float, float],
    y: tuple[float, float],
    path: Iterable[Sequence[Any]] = (),
    levels: int = 16,
    ax: Any = None,
) -> Any:
    """Draw the level lines of f([x, y]) over a rectangle, and the path that an optimiser took; return the axes.

    Args:
        f: Takes a list of two numbers.
        x, y: From where to where.
        path: The points (x, y) one after the other, numbers or Values.
        levels: How many lines, with equal shares of the plane between them.
        ax: Where to draw.

    >>> ax = contours(lambda v: v[0] ** 2 + 4 * v[1] ** 2, (-2, 2), (-1, 1), path=[(2.0, 1.0), (1.0, 0.0)])
    >>> ax.get_lines()[0].get_xydata().tolist()
    [[2.0, 1.0], [1.0, 0.0]]
    """
    ax = axes(ax, "plots.contours", 5.2, 4.2)
    columns, rows = steps(*x, _GRID), steps(*y, _GRID)
    levelled(ax, columns, rows, numbers(f, [[u, v] for v in rows for u in columns]), levels)
    points = [plain_numbers(point) for point in path]
    if points:
        us, vs = zip(*points, strict=True)
        ax.plot(us, vs, color=colour(1), marker=".", linewidth=1.5, label=f"path, {counted(len(points) - 1, 'step')}")
        ax.plot(us[:1], vs[:1], "o", color=colour(1), markerfacecolor="white", markersize=8, label="start")
        ax.plot(us[-1:], vs[-1:], "*", color=colour(1), markeredgecolor="black", markersize=13, label="end")
        ax.legend()
    ax.set(xlabel="x", ylabel="y", xlim=x, ylim=y)
    return ax


def levelled(ax: Any, columns: Sequence[float], rows: Sequence[float], values: Sequence[float], levels: int) -> None:
    """Draw a grid of values by its level lines, and a bar that says what the colours mean."""
    grid = list(rows_of(values, len(columns)))
    lines = quantiles(values, levels + 1)
    ranks = require("matplotlib.colors", "a plot").BoundaryNorm(lines, 256)  # as many colours for a flat part
    filled = ax.contourf(columns, rows, grid, levels=lines, cmap=of_sizes().reversed(), norm=ranks)
    ax.contour(columns, rows, grid, levels=lines, colors="black", linewidths=0.4, alpha=0.5)
    shown = lines[:: max(1, (len(lines) - 1) // 4)]
    ax.figure.colorbar(filled, ax=ax, ticks=shown, format=lambda value, _: f"{value:.3g}")


def finite_differences(f: Function, x: float, ax: Any = None) -> Any:
    """Draw the error of difference quotients at x over their step h, both logarithmic; return the axes.

    Forward, (f(x + h) - f(x)) / h, and central, (f(x + h) - f(x - h)) / 2h, against the derivative of the engine,
    which has no step.  From the right the error falls as h and h², the truncation; to the left it grows as ε/h, the
    rounding.  An error of 0 has no place on the scale and is left out.
    Source: seeds, "6.1.2 Numerical and Symbolic Differentiation".

    >>> import autograd
    >>> [line.get_label() for line in finite_differences(autograd.exp, 1.0).get_lines()]
    ['forward difference', 'central difference']
    """
    ax = axes(ax, "plots.finite_differences")
    (exact,) = numbers(derivative(f), [x])
    hs = [10.0 ** (exponent / 8.0) for exponent in range(-8 * 15, 1)]
    (here,), above, below = numbers(f, [x]), numbers(f, [x + h for h in hs]), numbers(f, [x - h for h in hs])
    quotients = {
        "forward difference": [(up - here) / h for up, h in zip(above, hs)],
        "central difference": [(up - down) / (2.0 * h) for up, down, h in zip(above, below, hs)],
    }
    for i, (name, estimates) in enumerate(quotients.items()):
        errors = [abs(estimate - exact) or math.nan for estimate in estimates]
        ax.loglog(hs, errors, color=colour(i), linestyle=("-", "--")[i], label=name)
    ax.set(xlabel="step h", ylabel="|difference − derivative|", title=f"derivative at {x:.4g}: {exact:.6g}")
    ax.grid(alpha=0.3)
    ax.legend()
    return ax


def activation_gallery(
    activations: Iterable[Any] = _OF_ONE_NUMBER,
    low: float = -4.0,
    high: float = 4.0,
    ax: Any = None,
) -> Any:
    """Draw activations φ and their derivatives φ′, a panel each; return the axes, those of the first.

    Activations as for layers: names, functions, Modules of one number.

    >>> ax = activation_gallery(["relu", "tanh"])
    >>> [panel.get_title() for panel in ax.figure.axes]
    ['relu', 'tanh']
    """
    found = [get_activation(activation) for activation in activations]
    columns = min(4, math.ceil(math.sqrt(len(found))))
    rows = math.ceil(len(found) / columns)
    ax = axes(ax, "plots.activation_gallery", 2.3 * columns, 1.9 * rows)
    xs = steps(low, high, _POINTS)
    shown = panels(ax, rows, columns)
    for panel, phi in zip(shown, found):
        panel.hlines(0.0, low, high, color=ink(), linewidth=0.6)
        for i, (g, name) in enumerate([(phi, "φ"), (derivative(phi), "φ′")]):
            panel.plot(xs, numbers(g, xs), color=colour(i), linestyle=("-", "--")[i], linewidth=1.8, label=name)
        panel.set_title(textwrap.fill(str(described(phi)), 24), fontsize="medium")
        panel.set_xlim(low, high)
    for panel in shown[len(found) :]:
        panel.remove()
    ax.legend(loc="upper left", fontsize="small")
    return ax
