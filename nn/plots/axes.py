"""Axes to draw on, and the colours to draw with."""

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import autograd
from autograd import no_grad
from nn.inputs.optional import require
from nn.inputs.sequences import plain_numbers


def axes(ax: Any, purpose: str, width: float = 5.6, height: float = 3.8) -> Any:
    """The axes given, or those of a new figure; ModuleNotFoundError, for this purpose, where matplotlib is missing."""
    pyplot = require("matplotlib.pyplot", purpose)
    return pyplot.subplots(figsize=(width, height), layout="constrained")[1] if ax is None else ax


def panels(ax: Any, rows: int, columns: int) -> list[Any]:
    """So many axes in the place of one, row by row; the first is that one."""
    spec = ax.get_subplotspec()
    if spec is None:  # placed by hand
        place = ax.get_position()
        spec = ax.figure.add_gridspec(1, 1, left=place.x0, right=place.x1, bottom=place.y0, top=place.y1)[0]
    grid = spec.subgridspec(rows, columns)
    ax.set_subplotspec(grid[0])
    return [ax, *(ax.figure.add_subplot(grid[i]) for i in range(1, rows * columns))]


def colour(i: int) -> str:
    """The i-th colour of lines and classes."""
    series = autograd.COLOURS["series"]
    return str(series[i % len(series)])


def colour_of_class(i: int, classes: int) -> str:
    """The colour of the i-th class: of two the second is blue, as what is high is everywhere, and the first orange."""
    return colour(1 - i if classes == 2 else i)


def blend(*colours: Any) -> Any:
    """The colour map of matplotlib through these."""
    return require("matplotlib.colors", "a plot").LinearSegmentedColormap.from_list("autograd", colours)


def of_signs() -> Any:
    """The colour map from negative numbers over 0 to positive ones."""
    return blend(*autograd.COLOURS["diverging"])


def of_sizes() -> Any:
    """The colour map of numbers without a sign: the half of the positive ones."""
    return blend(*autograd.COLOURS["diverging"][-3:])


def ink() -> Any:
    """The colour of text, and of lines that no legend names."""
    return require("matplotlib", "a plot").rcParams["text.color"]


def numbers(f: Callable[[Any], Any], points: Sequence[Any]) -> list[float]:
    """f at each point; nothing is recorded."""
    with no_grad():
        return [float(plain_numbers(f(point))) for point in points]


def quantiles(values: Sequence[float], count: int) -> list[float]:
    """At most so many levels with equally many of the finite values between them, for contours of any function.

    >>> quantiles([3.0, 1.0, 2.0, 5.0, 4.0], 3)
    [1.0, 3.0, 5.0]
    """
    ordered = sorted(filter(math.isfinite, values)) or [0.0]
    levels = sorted({ordered[round(i * (len(ordered) - 1) / (count - 1))] for i in range(count)})
    return levels if len(levels) > 1 else [levels[0], levels[0] + (abs(levels[0]) or 1.0)]


def few(most: int, **options: Any) -> Any:
    """A locator of matplotlib: at most so many ticks, at round numbers."""
    return require("matplotlib.ticker", "a plot").MaxNLocator(most, **options)


def rows_of(values: Sequence[float], width: int) -> Iterator[Sequence[float]]:
    """A flat grid, row by row."""
    return (values[i : i + width] for i in range(0, len(values), width))
