"""Plots of what a model says: decision boundaries, confusion matrices, reliability diagrams."""

import math
from collections.abc import Sequence
from typing import Any

from nn.data.loading import Dataset, as_dataset
from nn.judging import metrics
from nn.judging.calibration import bins_of, mean_gap
from nn.judging.plane import Reading, plane, steps, surface
from nn.models.module import Module
from nn.plots.axes import axes, blend, colour, colour_of_class, few, ink, of_signs, of_sizes, rows_of

MARKERS = "osD^vPX"
_FULL = 0.85  # of the plane lies at distances from the threshold that have not the full colour


def decision_boundary(model: Module, data: Any, grid: int = 80, ax: Any = None) -> Any:
    """Draw what the model says all over the plane, and the samples, each class with a mark of its own; return the axes.

    Of two classes the line is where the model turns from one to the other: where its output is 0, or 0.5 if all
    outputs are probabilities, or where its two outputs are equal.  Of several classes the likeliest one is shown, of
    targets that are no classes the (first) output.  Nothing is recorded, and Dropout is off.

    Args:
        model: Of two inputs.
        data: The samples, as for `fit`.
        grid: How many points the model is asked at along each side.
        ax: Where to draw.

    Raises ValueError for samples that have not two features.

    >>> from nn import MLP, make_moons
    >>> ax = decision_boundary(MLP(2, [4, 1]), make_moons(20, seed=0), grid=10)
    >>> ax.get_xlabel(), [mark.get_label() for mark in ax.collections if mark.get_label()[0] != "_"]
    ('x1', ['class 0', 'class 1'])
    """
    dataset = as_dataset(getattr(data, "dataset", data))
    if len(dataset.inputs[0]) != 2:
        raise ValueError(f"decision_boundary: samples must have 2 features, these have {len(dataset.inputs[0])}")
    ax = axes(ax, "plots.decision_boundary", 5.2, 4.2)
    outputs = surface(model, plane(dataset), grid)
    numbers = draw_boundary(ax, dataset, outputs, Reading.of([outputs], dataset), 0)
    if numbers is not None:
        ax.figure.colorbar(numbers, ax=ax, ticks=few(6))
    return ax


def draw_boundary(
    ax: Any, dataset: Dataset, outputs: Sequence[Any], reading: Reading, which: int, levels: int = 22
) -> Any:
    """Draw one surface of those read, in colours that are the same for all of them, and the samples.

    Returns what a colour bar is to be about; None if there are classes, which a legend names.
    """
    spans = plane(dataset)
    grid = math.isqrt(len(outputs))
    columns, rows = (steps(low, high, grid) for low, high in spans)
    paper, filled = ax.get_facecolor(), None
    if reading.kind == "classes":
        for i in range(reading.outputs):
            lead = [output[i] - max(other for j, other in enumerate(output) if j != i) for output in outputs]
            leads = list(rows_of(lead, grid))
            if max(lead) > 0.0:
                ax.contourf(
                    columns,
                    rows,
                    leads,
                    levels=[0.0, math.inf],
                    colors=[colour_of_class(i, reading.outputs)],
                    alpha=0.4,
                )
                _line(ax, columns, rows, leads, 0.0, 0.8)
    else:
        values = list(rows_of(reading.values[which], grid))
        low, middle, high = _range(reading)
        map_of_values = blend(colour_of_class(0, 2), paper, colour_of_class(1, 2)) if reading.classes else of_signs()
        style: dict[str, Any] = {
            "cmap": map_of_values,
            "alpha": 0.75,
            "extend": "both" if reading.classes else "neither",
        }
        filled = ax.contourf(columns, rows, values, levels=steps(low, high, levels), **style)
        if reading.classes:
            _line(ax, columns, rows, values, middle, 2.0)
        else:
            style = {"c": reading.marks, "cmap": map_of_values, "vmin": low, "vmax": high, "edgecolors": ink()}
            ax.scatter(*zip(*dataset.inputs), **style)
    for i, label in enumerate(reading.classes):
        members = [x for x, mark in zip(dataset.inputs, reading.marks, strict=True) if mark == i]
        if members:
            style = {"color": colour_of_class(i, len(reading.classes)), "marker": MARKERS[i % len(MARKERS)], "s": 26}
            ax.scatter(
                *zip(*members), **style, edgecolors=[paper], linewidths=0.7, label=f"class {label:g}".replace("-", "−")
            )
    if reading.classes:
        ax.legend()
    names = dataset.feature_names or ["x1", "x2"]
    ax.set(xlabel=names[0], ylabel=names[1], xlim=spans[0], ylim=spans[1])
    return None if reading.classes else filled


def _line(ax: Any, columns: Any, rows: Any, values: list[Sequence[float]], level: float, width: float) -> None:
    """Where values cross a level, if they do: of an empty line matplotlib warns."""
    if min(map(min, values)) < level < max(map(max, values)):
        ax.contour(columns, rows, values, levels=[level], colors=[ink()], linewidths=width)


def _range(reading: Reading) -> tuple[float, float, float]:
    """From which value to which the colours go, and where they meet."""
    finite = sorted(value for values in reading.values for value in values if math.isfinite(value)) or [0.0]
    if not reading.classes:
        low, high = finite[0], finite[-1] if finite[-1] > finite[0] else finite[0] + 1.0
        if low < 0.0 < high:  # so that the colours tell the sign
            low, high = min(low, -high), max(high, -low)
        return low, (low + high) / 2.0, high
    distances = sorted(abs(value - reading.threshold) for value in finite)
    full = distances[int(_FULL * (len(distances) - 1))] or 1.0
    return reading.threshold - full, reading.threshold, reading.threshold + full


def confusion_matrix(target: Any, predicted: Any, names: Sequence[str] | None = None, ax: Any = None) -> Any:
    """Draw how many samples of each class, a row each, were predicted as each class; return the axes.

    target and predicted as for `nn.confusion_matrix`, whose counts are drawn; names are those of the classes.

    >>> ax = confusion_matrix([0, 0, 1], [0, 1, 1], names=["cat", "dog"])
    >>> [text.get_text() for text in ax.texts], ax.get_title()
    (['1', '1', '0', '1'], '2 of 3 right, 66.7%')
    """
    counts = metrics.confusion_matrix(target, predicted, None if names is None else len(names))
    size = len(counts)
    side = max(3.2, 0.42 * size + 1.0)
    ax = axes(ax, "plots.confusion_matrix", side, side)
    most = max(map(max, counts))
    ax.imshow(counts, cmap=of_sizes(), vmin=0)
    for i, row in enumerate(counts):
        for j, count in enumerate(row):
            shade = "white" if count > 0.55 * most else "black"
            ax.text(j, i, str(count), ha="center", va="center", color=shade, alpha=1.0 if count else 0.45)
    labels = [str(i) for i in range(size)] if names is None else list(names)
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_ticks(range(size), labels=labels)
    right, total = sum(counts[i][i] for i in range(size)), sum(map(sum, counts))
    ax.set(xlabel="predicted class", ylabel="true class", title=f"{right} of {total} right, {right / total:.1%}")
    return ax


def reliability_diagram(probabilities: Any, target: Any, n_bins: int = 10, ax: Any = None) -> Any:
    """Draw the accuracy of each bin over its confidence, with what is missing to the diagonal; return the axes.

    Arguments, bins and errors as for `calibration_bins`.  Bars that end below the diagonal are those of an
    over-confident model.  Source: Guo et al., arXiv:1706.04599, figure 1.

    >>> reliability_diagram([0.75, 0.75, 0.75, 0.75], [1, 1, 1, 0]).get_title()
    'ECE 0.0%'
    """
    bins = bins_of("reliability_diagram", probabilities, target, n_bins)
    ax = axes(ax, "plots.reliability_diagram", 4.2, 4.2)
    places: dict[str, Any] = {
        "x": [bin.lower for bin in bins],
        "width": [bin.upper - bin.lower for bin in bins],
        "align": "edge",
    }
    accuracies = [bin.accuracy for bin in bins]
    ax.bar(**places, height=accuracies, color=colour(0), edgecolor=ax.get_facecolor(), label="accuracy")
    ax.bar(
        **places, height=[bin.confidence - bin.accuracy for bin in bins], bottom=accuracies,
        facecolor="none", edgecolor=colour(1), hatch="//", linewidth=0.8, label="gap to the confidence",
    )  # fmt: skip
    ax.plot([0, 1], [0, 1], color=ink(), linestyle="--", linewidth=1)
    ax.set(xlim=(0, 1), ylim=(0, 1), xlabel="confidence", ylabel="accuracy", aspect="equal")
    ax.set_title(f"ECE {mean_gap(bins):.1%}")
    ax.legend(loc="upper left")
    return ax
