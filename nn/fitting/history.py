"""What happened in a training."""

import math
from collections.abc import Mapping
from typing import Any

from nn.inputs.checks import counted
from nn.plots import loss_curves


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

    def latest(self) -> str:
        """The numbers of the last epoch in words."""
        return ", ".join(f"{name} {numbers[-1]:.4g}" for name, numbers in self.records.items())

    def append(self, numbers: Mapping[str, float]) -> None:
        """Add one epoch; a name that was missing in earlier epochs is nan there."""
        before = self.epochs
        for name in {**self.records, **numbers}:
            self.records.setdefault(name, [math.nan] * before).append(float(numbers.get(name, math.nan)))

    def plot(self, ax: Any = None) -> Any:
        """Draw the losses over the epochs, and metrics below them: `nn.plots.loss_curves`.

        >>> history = History()
        >>> history.append({"loss": 2.0, "accuracy": 0.5})
        >>> [panel.get_ylabel() for panel in history.plot().figure.axes]
        ['loss', 'accuracy']
        """
        return loss_curves(self, ax)

    def __repr__(self) -> str:
        last = self.latest()
        stopped = f"; stopped: {self.stopped}" if self.stopped else ""
        return f"History({counted(self.epochs, 'epoch')}{': ' if last else ''}{last}{stopped})"

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
