"""Plots of trainings: losses and metrics, the loss around a model, its weights and gradients."""

import math
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from autograd import Value
from nn.inputs.checks import check_keys, counted
from nn.judging.plane import steps
from nn.models.module import Module
from nn.plots.axes import axes, colour, few, ink, numbers, panels
from nn.plots.functions import levelled

_FEW = 50  # epochs that are marked one by one
_LOGARITHMIC = 30.0  # a loss that falls by more than this factor
_VALIDATION = "validation_"


def loss_curves(history: Any, ax: Any = None) -> Any:
    """Draw losses over the epochs, and below them, in a panel of their own, metrics; return the axes of the first.

    history is a `History`, or a dict of a list of numbers for each name.  What a name that begins with "validation_"
    says is dashed, in a colour of its own.  Losses that fall by a factor of more than 30 have a logarithmic scale;
    metrics from 0 to 1 one from 0 to 1.

    >>> ax = loss_curves({"loss": [2.0, 1.0], "validation_loss": [2.5, 1.5], "accuracy": [0.5, 0.75]})
    >>> [panel.get_ylabel() for panel in ax.figure.axes]
    ['loss', 'accuracy']
    """
    records: Mapping[str, Sequence[float]] = getattr(history, "records", history)
    losses = {name: series for name, series in records.items() if name.endswith("loss")}
    metrics = {name: series for name, series in records.items() if name not in losses}
    groups = [group for group in (losses, metrics) if group]
    ax = axes(ax, "plots.loss_curves", height=3.4 if len(groups) < 2 else 5.2)
    shown = panels(ax, max(1, len(groups)), 1)
    for panel, group in zip(shown, groups):
        _curves(panel, group)
        panel.set_ylabel("loss" if group is losses else ", ".join(dict.fromkeys(map(_bare, group))))
        panel.set_xlim(ax.get_xlim())
        panel.xaxis.set_major_locator(few(9, integer=True, min_n_ticks=1))
        panel.tick_params(labelbottom=panel is shown[-1])
    shown[-1].set_xlabel("epoch")
    return ax


def _bare(name: str) -> str:
    return name.removeprefix(_VALIDATION).replace("_", " ")


def _curves(panel: Any, group: Mapping[str, Sequence[float]]) -> None:
    kinds = list(dict.fromkeys(map(_bare, group)))
    for name, series in group.items():
        validation = name.startswith(_VALIDATION)
        marker = "." if len(series) <= _FEW else ""
        panel.plot(
            range(1, len(series) + 1), series, marker + ("--" if validation else "-"), linewidth=1.8,
            color=colour(2 * kinds.index(_bare(name)) + validation), label=name.replace("_", " "),
        )  # fmt: skip
    found = [number for series in group.values() for number in series if math.isfinite(number)]
    if "loss" in next(iter(group)):
        if found and 0.0 < _LOGARITHMIC * min(found) < max(found):
            panel.set_yscale("log")
    elif all(0.0 <= number <= 1.0 for number in found):
        panel.set_ylim(-0.03, 1.03)
    panel.grid(alpha=0.3)
    panel.legend()


# ---------------------------------------------------------------- the loss around a model


def loss_landscape(
    model: Module,
    loss: Callable[[], Any],
    directions: Sequence[Mapping[str, float]] | None = None,
    radius: float = 1.0,
    grid: int = 31,
    seed: int = 0,
    ax: Any = None,
) -> Any:
    """Draw L(θ + a·u + b·v) for a and b from -radius to radius, θ the parameters as they are; return the axes.

    Args:
        model: Its parameters are moved, and moved back.
        loss: Takes nothing and returns the loss of the model as it is; nothing is recorded.
        directions: u and v, dicts like a `state_dict`.  By default random ones, in which each row of weights, and each
            bias, has the norm that it has in the model: so what a scaling of the weights hides is not mistaken for
            flatness.
        radius: How far to go.
        grid: How many points along each side; their square is how often the loss is computed.
        seed: Of the random directions.
        ax: Where to draw.

    Raises KeyError if a direction has other names than the parameters.
    Source: Li et al., "Visualizing the Loss Landscape of Neural Nets", arXiv:1712.09913.

    >>> from nn import MLP, mse_loss
    >>> model = MLP(1, [1])
    >>> loss_landscape(model, lambda: mse_loss([model([1.0])], [2.0]), grid=5).get_xlabel()
    'a, along u'
    """
    parameters = dict(model.named_parameters())
    chosen = directions if directions is not None else list(_random_directions(parameters, random.Random(seed)))
    if len(chosen) != 2:
        raise ValueError(f"loss_landscape: directions must be two, u and v, not {len(chosen)}")
    for direction in chosen:
        check_keys("loss_landscape", direction, parameters)
    ax = axes(ax, "plots.loss_landscape", 5.2, 4.2)
    u, v = chosen
    before = model.state_dict()

    def moved(place: tuple[float, float]) -> Any:
        for name, parameter in parameters.items():
            parameter.data = before[name] + place[0] * u[name] + place[1] * v[name]
        return loss()

    along = steps(-radius, radius, grid)
    try:
        values = numbers(moved, [(a, b) for b in along for a in along])
    finally:
        model.load_state_dict(before)
    levelled(ax, along, along, values, 16)
    ax.plot([0.0], [0.0], "*", color=colour(1), markeredgecolor="black", markersize=13, label="the model")
    ax.xaxis.set_major_locator(few(5))
    ax.set(xlabel="a, along u", ylabel="b, along v", title="L(θ + a·u + b·v)")
    ax.legend()
    return ax


def _random_directions(parameters: Mapping[str, Value], rng: random.Random) -> Iterator[dict[str, float]]:
    rows: dict[str, list[str]] = {}
    for name in parameters:
        rows.setdefault(name.rstrip("0123456789"), []).append(name)
    for _ in range(2):
        direction = {name: rng.gauss(0.0, 1.0) for name in parameters}
        for row in rows.values():
            wanted = math.hypot(*(parameters[name].data for name in row))
            scale = wanted / math.hypot(*(direction[name] for name in row))
            direction.update({name: scale * direction[name] for name in row})
        yield direction


# ---------------------------------------------------------------- layers


def weight_histograms(model: Module, bins: int = 24, ax: Any = None) -> Any:
    """Draw how the parameters of each layer are distributed, a panel each, over one range; return the first axes.

    Layers are the lines of `model.summary()`.

    >>> from nn import MLP
    >>> ax = weight_histograms(MLP(2, [8, 1]))
    >>> [panel.get_title() for panel in ax.figure.axes]
    ['layers.0: 24 parameters', 'layers.1: 9 parameters']
    """
    layers = _layers("weight_histograms", model)
    ax = axes(ax, "plots.weight_histograms", 5.6, 1.5 * len(layers) + 0.7)
    every = [p.data for parameters in layers.values() for p in parameters if math.isfinite(p.data)]
    span = (min(every, default=0.0), max(every, default=1.0))
    shown = panels(ax, len(layers), 1)
    for panel, (name, parameters) in zip(shown, layers.items()):
        panel.hist([p.data for p in parameters], bins=bins, range=span, color=colour(0))
        panel.axvline(0.0, color=ink(), linewidth=0.6)
        panel.set_title(f"{name}: {counted(len(parameters), 'parameter')}", fontsize="medium")
        panel.set_ylabel("count")
        panel.yaxis.set_major_locator(few(3, integer=True))
        if panel is not shown[-1]:
            panel.tick_params(labelbottom=False)
    shown[-1].set_xlabel("value")
    return ax


def gradient_norms(model: Module, ax: Any = None) -> Any:
    """Draw ‖∂L/∂θ‖₂ of the parameters θ of each layer, on a logarithmic scale; return the axes.

    Call it after `backward()`.  A layer without any gradient has no bar.  Layers as for `weight_histograms`.
    Raises ValueError if no parameter has a gradient.

    >>> from nn import MLP
    >>> model = MLP(2, [8, 1], activation="tanh")
    >>> model([1.0, 2.0]).backward()
    >>> [label.get_text() for label in gradient_norms(model).get_yticklabels()]
    ['layers.0', 'layers.1']
    """
    layers = _layers("gradient_norms", model)
    norms = [math.hypot(*(p.grad for p in parameters)) for parameters in layers.values()]
    if not any(norms):
        raise ValueError("gradient_norms: no parameter has a gradient; call backward() on the loss first")
    ax = axes(ax, "plots.gradient_norms", 5.6, 0.45 * len(layers) + 1.1)
    bars = ax.barh(range(len(layers)), [norm or math.nan for norm in norms], color=colour(0))
    ax.bar_label(bars, [f"{norm:.3g}" if norm else "0" for norm in norms], padding=4)
    ax.set_xscale("log")
    ax.set_yticks(range(len(layers)), labels=list(layers))
    ax.invert_yaxis()
    ax.margins(x=0.15)
    ax.set_xlabel("norm of the gradient")
    return ax


def _layers(purpose: str, model: Module) -> dict[str, list[Value]]:
    named = list(model.named_parameters())
    if not named:
        raise ValueError(f"{purpose}: the model has no parameters")
    found = {
        row.name or row.layer: [p for name, p in named if not row.name or f"{name}.".startswith(f"{row.name}.")]
        for row in model.summary().rows
    }
    return {name: parameters for name, parameters in found.items() if parameters}
