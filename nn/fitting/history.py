"""What happened in a training."""

import math
from collections.abc import Mapping
from typing import Any

import autograd
from nn.inputs.optional import require

_FEW = 50  # epochs that are marked one by one


class History:
    """What happened in each epoch: lists of numbers by name, `"loss"` first, and why training stopped.

    >>> history = History()
    >>> history.append({"loss": 2.0, "validation_loss": 2.5})
    >>> history.append({"loss": 1.0, "validation_loss": 2.25})
    >>> history["validation_loss"]
    [2.5, 2.25]
    >>> history
    History(2 epochs: loss 1, validation_loss 2.25)
    """

    def __init__(self) -> None:
        self.records: dict[str, list[float]] = {}
        self.stopped = ""
        """Why training ended before its last epoch; empty if it did not."""

    @property
    def epochs(self) -> int:
        """How many epochs were completed."""
        return max((len(numbers) for numbers in self.records.values()), default=0)

    def __getitem__(self, name: str) -> list[float]:
        if name not in self.records:
            raise KeyError(f"the history has no {name!r}, only {', '.join(self.records) or 'no epoch at all'}")
        return self.records[name]

    def __contains__(self, name: str) -> bool:
        return name in self.records

    def counted(self) -> str:
        """The number of epochs in words."""
        return f"{self.epochs} epoch{'' if self.epochs == 1 else 's'}"

    def latest(self) -> str:
        """The numbers of the last epoch in words."""
        return ", ".join(f"{name} {numbers[-1]:.4g}" for name, numbers in self.records.items())

    def append(self, numbers: Mapping[str, float]) -> None:
        """Add one epoch; a name that was missing in earlier epochs is nan there."""
        before = self.epochs
        for name in {**self.records, **numbers}:
            self.records.setdefault(name, [math.nan] * before).append(float(numbers.get(name, math.nan)))

    def plot(self, ax: Any = None) -> Any:
        """Draw every record over the epochs, on `ax` or new axes of matplotlib, and return the axes.

        Losses share the axis on the left; anything else (accuracies …) has one on the right.
        """
        if ax is None:
            _, ax = require("matplotlib.pyplot", "History.plot").subplots(layout="constrained")
        left = [name for name in self.records if name.endswith("loss")]
        right = [name for name in self.records if not name.endswith("loss")]
        other = ax.twinx() if left and right else ax
        colours = autograd.COLOURS["series"]
        marker = "." if self.epochs <= _FEW else ""
        for i, name in enumerate([*left, *right]):
            axes, style = (ax, "-") if name in left else (other, "--")
            epochs = range(1, len(self.records[name]) + 1)
            axes.plot(
                epochs,
                self.records[name],
                marker + style,
                color=colours[i % len(colours)],
                label=name.replace("_", " "),
            )
        metrics = ", ".join(name.replace("_", " ") for name in right)
        other.set_ylabel(metrics)
        ax.set(xlabel="epoch", ylabel="loss" if left else metrics)
        ax.xaxis.set_major_locator(
            require("matplotlib.ticker", "History.plot").MaxNLocator(integer=True, min_n_ticks=1)
        )
        if self.records:
            # on the axes that are drawn last; "best" would not see the lines of the others
            lines = [line for axes in dict.fromkeys((ax, other)) for line in axes.get_lines()]
            other.legend(handles=lines, loc="best" if other is ax else "center right", framealpha=1.0)
        return ax

    def __repr__(self) -> str:
        last = self.latest()
        stopped = f"; stopped: {self.stopped}" if self.stopped else ""
        return f"History({self.counted()}{': ' if last else ''}{last}{stopped})"

    def state_dict(self) -> dict[str, Any]:
        """The records, for `save`."""
        return {"records": {name: list(numbers) for name, numbers in self.records.items()}, "stopped": self.stopped}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over the records of a `state_dict`."""
        records = {str(name): [float(x) for x in numbers] for name, numbers in state["records"].items()}
        self.records, self.stopped = records, str(state["stopped"])


class Mean:
    """The mean of the means of batches, weighted with their sizes."""

    def __init__(self) -> None:
        self.sum, self.size = 0.0, 0

    def add(self, number: float, size: int) -> None:
        """Add the mean of a batch of this size."""
        self.sum += number * size
        self.size += size

    def result(self) -> float:
        """The mean of all."""
        return self.sum / self.size
