"""The course of a training: the weights, and the output of the model all over the plane, epoch by epoch."""

import io
import json
import math
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from autograd import Value
from nn.data.loading import as_dataset
from nn.fitting.callbacks import Callback, Run
from nn.fitting.history import History
from nn.inputs.checks import MOST, counted, whole_number
from nn.inputs.optional import require
from nn.judging.plane import Reading, plane, surface
from nn.models.module import Module
from nn.plots.axes import colour, few, ink
from nn.plots.judgements import draw_boundary
from nn.plots.trainings import loss_curves

DRAWN = 1000
"""Of more samples than this an even choice is drawn."""
FRAMES = 40
"""Of a film; at 0.2 seconds each it takes eight."""
_CONNECTIONS = 700  # beyond, a drawing of the network would be a grey block: it is shown as heat maps
_UNITS = 40  # in a layer


class Snapshots(Callback):
    """Callback of `fit` that keeps the weights through the epochs, for `autograd.to_html(snapshots, "training.html")`
    and `autograd.animate(snapshots, "training.gif")`.

    Args:
        every: Keep the weights once in this many epochs; those before the first and after the last are always kept.
        data: The samples, as for `fit`.  If they have two features, the page draws them, and behind them what the model
            says: its output is computed on a grid at each epoch kept.
        grid: How many points that grid has along each side; their square is what an epoch kept costs in forward passes.
        most: Beyond this many epochs kept, every second one is dropped and `every` doubled.

    In a loop of your own call `take(model, loss=…)` after each epoch, and once before the first, without numbers.
    Raises ValueError for counts below 1.

    >>> from nn.models.layers import MLP
    >>> snapshots = Snapshots()
    >>> model = MLP(2, [1], initializer="zeros")
    >>> snapshots.take(model)
    >>> snapshots.take(model, loss=0.5)
    >>> snapshots
    Snapshots(every=1, grid=30, most=120: 1 of 1 epoch kept, the last with loss 0.5)
    """

    def __init__(self, every: int = 1, data: Any = None, *, grid: int = 30, most: int = 120) -> None:
        self.every = whole_number("Snapshots: every", every)
        self.grid, self.most = (
            whole_number("Snapshots: grid", grid, 2, math.isqrt(MOST)),
            whole_number("Snapshots: most", most, 2),
        )
        self.dataset = None if data is None else as_dataset(getattr(data, "dataset", data))
        self.planar = self.dataset is not None and len(self.dataset.inputs[0]) == 2
        self._begin()

    def _begin(self) -> None:
        self.epochs: list[int] = []
        """The epochs kept; 0 is before the first."""
        self.changed_after = False
        """Whether the last weights kept are not those that their epoch ended with: `fit` stopped within the next epoch,
        or went back to better ones."""
        self.states: list[dict[str, float]] = []
        """The `state_dict` of the model after each of them."""
        self.surfaces: list[list[Any]] = []
        """The outputs on the grid, row by row from the bottom; a number each, or a list of them."""
        self._history = History()  # of every epoch, kept or not
        self._state: dict[str, float] = {}  # after the latest epoch
        self._layers: list[dict[str, Any]] = []

    @property
    def records(self) -> dict[str, list[float]]:
        """The losses and metrics of every epoch, kept or not."""
        return self._history.records

    # ------------------------------------------------------------ taking

    def started(self, run: Run) -> None:
        """Forget the training before, and keep the weights as they are."""
        self._begin()
        self.take(run.model)

    def epoch_ended(self, run: Run) -> None:
        """Take the numbers of the epoch and, if it is its turn, the weights."""
        self.take(run.model, **{name: numbers[-1] for name, numbers in run.history.records.items()})

    def ended(self, run: Run) -> None:
        """Keep the weights that the training ends with too: those of its last epoch, or what became of them."""
        state = run.model.state_dict()
        if self.states[-1] != state:
            self.changed_after = state != self._state
            self._keep(run.model)

    def take(self, model: Module, **numbers: float) -> None:
        """Take the losses and metrics of an epoch, by name, and keep the weights if it is its turn.

        Without numbers, keep the weights now: how the training begins.
        """
        if numbers:
            self._history.append(numbers)
        self._state = model.state_dict()
        if not numbers or self._history.epochs % self.every == 0:
            self._keep(model)

    def _keep(self, model: Module) -> None:
        if len(self.epochs) >= self.most:
            self.every *= 2
            for kept in (self.epochs, self.states, self.surfaces):
                del kept[1::2]
        self.epochs.append(self._history.epochs)
        self.states.append(model.state_dict())
        if not self._layers:
            self._layers = list(_layers(model))
        if self.planar:
            assert self.dataset is not None
            self.surfaces.append(surface(model, plane(self.dataset), self.grid))

    # ------------------------------------------------------------ showing

    def page_data(self) -> dict[str, Any]:
        """What `autograd.to_html` writes into the page: plain numbers, lists, dicts and text.

        Raises ValueError if nothing was taken yet.
        """
        self._check_taken()
        names = list(self.states[-1])
        index = {name: i for i, name in enumerate(names)}
        return {
            "kind": "training",
            "epochs": self.epochs,
            "changed_after": self.changed_after,
            "records": {name: [_written(x) for x in numbers] for name, numbers in self.records.items()},
            "names": names,
            "states": [[_written(state[name]) for name in names] for state in self.states],
            "drawn": all(
                len(layer["biases"]) <= _UNITS and len(layer["weights"][0]) <= _UNITS for layer in self._layers
            )
            and sum(len(layer["biases"]) * len(layer["weights"][0]) for layer in self._layers) <= _CONNECTIONS,
            "layers": [
                {
                    "title": layer["title"],
                    "weights": [[index[name] for name in row] for row in layer["weights"]],
                    "biases": [index.get(name, -1) for name in layer["biases"]],
                }
                for layer in self._layers
            ],
            "boundary": self._boundary() if self.planar else None,
        }

    def animation_frames(self, kind: str = "png") -> Iterator[bytes]:
        """What `autograd.animate` makes a film of: a picture, "png" or "svg", for each epoch kept, by matplotlib.

        Of many epochs FRAMES are shown.  The decision boundary, or for models of other inputs how the parameters are
        distributed, beside the losses.
        """
        self._check_taken()
        matplotlib = require("matplotlib", "animate: a training")
        figure = require("matplotlib.figure", "animate: a training").Figure(figsize=(10, 4.4), layout="constrained")
        still = {"svg.fonttype": "none", "svg.hashsalt": "film"}  # what does not move has the same names
        last = len(self.epochs) - 1
        chosen = [round(i * last / (FRAMES - 1)) for i in range(FRAMES)] if last >= FRAMES else range(last + 1)
        numbers = [number for state in self.states for number in state.values() if math.isfinite(number)]
        reading = Reading.of(self.surfaces, self.dataset) if self.planar and self.dataset else None
        left, right = figure.subplots(1, 2)
        loss_curves(self, right)
        beside = figure.axes[1:]
        cursors = [panel.axvline(0, color=ink(), linewidth=1.2) for panel in beside]
        for legend in filter(None, (panel.get_legend() for panel in beside)):
            legend.set_loc("upper right" if legend.axes is right else "lower right")  # the best place would change
        for i in chosen:
            left.clear()
            if reading and self.dataset:
                shown = draw_boundary(left, self.dataset, self.surfaces[i], reading, i, levels=12)
                if shown is not None and i == 0:
                    figure.colorbar(shown, ax=left, ticks=few(6))
            else:
                left.hist(list(self.states[i].values()), bins=30, range=(min(numbers), max(numbers)), color=colour(0))
                left.set(xlabel="value of a parameter", ylabel="count")
            left.set_title(f"epoch {self.epochs[i]}")
            for cursor in cursors:
                cursor.set_xdata([self.epochs[i]] * 2)
            stream = io.BytesIO()
            with matplotlib.rc_context(still):
                figure.savefig(stream, format=kind, dpi=100, metadata={"Date": None} if kind == "svg" else None)
            yield stream.getvalue()
            figure.set_layout_engine("none")  # from now on everything stays where it is

    def _check_taken(self) -> None:
        if not self.epochs:
            raise ValueError(
                "Snapshots: nothing was taken yet; pass them to fit(…, callbacks=[snapshots]), or call take(model)"
            )

    def _boundary(self) -> dict[str, Any]:
        assert self.dataset is not None
        reading = Reading.of(self.surfaces, self.dataset)
        step = max(1, math.ceil(len(self.dataset) / DRAWN))
        return {
            "plane": plane(self.dataset),
            "grid": self.grid,
            "values": [[_written(float(f"{value:.4g}")) for value in values] for values in reading.values],
            "leads": [list(map(_lead, surface)) for surface in self.surfaces] if reading.kind == "classes" else [],
            "kind": reading.kind,
            "outputs": reading.outputs,
            "threshold": reading.threshold,
            "classes": [f"{label:g}" for label in reading.classes],
            "features": self.dataset.feature_names or ["x1", "x2"],
            "points": [[*x, mark] for x, mark in list(zip(self.dataset.inputs, reading.marks, strict=True))[::step]],
        }

    def __repr__(self) -> str:
        last = self._history.latest()
        kept = len({epoch for epoch in self.epochs if epoch})  # 0 is before the first
        made_with = f"every={self.every}, grid={self.grid}, most={self.most}"
        told = f"{kept} of {counted(self._history.epochs, 'epoch')} kept{', the last with ' if last else ''}{last}"
        return f"Snapshots({made_with}: {told})"


def _layers(model: Module) -> Iterator[dict[str, Any]]:
    """The names of the weights and biases, layer by layer, if the model is a chain of layers."""
    names = {parameter: name for name, parameter in model.named_parameters()}
    found = []
    for path, module in model.named_modules():
        weight, bias = getattr(module, "weight", None), getattr(module, "bias", None)
        if isinstance(weight, list) and isinstance(bias, list) and all(isinstance(row, list) for row in weight):
            found.append((path, module.describe(), weight, bias))
    sizes = [(len(weight[0]), len(weight)) for _, _, weight, _ in found]
    fits = all(before[1] == after[0] for before, after in pairwise(sizes))
    covered = {w for _, _, weight, bias in found for w in (*bias, *(w for row in weight for w in row))}
    if fits and set(names) <= covered:
        for path, description, weight, bias in found:
            yield {
                "title": f"{path}: {description}" if path else str(description),
                "weights": [[names[w] for w in row] for row in weight],
                "biases": [names.get(b, "") if isinstance(b, Value) else "" for b in bias],
            }


def _lead(output: Sequence[float]) -> float | str:
    """How far the likeliest of several classes is ahead of the next."""
    *_, second, first = sorted(output)
    return _written(float(f"{first - second:.3g}"))


def _written(number: float) -> float | str:
    """A number for JSON, which knows no nan and no infinity: as JavaScript calls them."""
    return number if math.isfinite(number) else json.dumps(number)
