"""The mean loss and the metrics of an epoch, or of other data."""

import math
from collections.abc import Callable, Mapping
from typing import Any

from autograd import Value
from nn.fitting.history import Mean
from nn.inputs.optional import require
from nn.inputs.sequences import is_sequence, plain_numbers
from nn.judging import metrics
from nn.judging.decisions import number_of

Metrics = Mapping[str, Callable[[Any, Any], Any]]


class Scores:
    """The mean of the losses of batches, and metrics of all their targets and outputs together.

    A metric is called once: the mean of a metric over batches is in general not that of all samples (r2_score,
    f1_score).  It gets plain numbers.  Raises ValueError for a metric of a name that the loss or validation takes.

    >>> from nn.judging.metrics import r2_score
    >>> scores = Scores({"r2": r2_score})
    >>> scores.add(0.5, [1.0, 2.0], [1.0, 3.0])
    >>> scores.add(0.0, [Value(2.0)], [2.0])
    >>> scores.result() == {"loss": 1 / 3, "r2": 0.5}
    True
    """

    def __init__(self, metrics: Metrics) -> None:
        if not isinstance(metrics, Mapping):
            raise TypeError(f"metrics must be a dict such as {{'accuracy': accuracy}}, not {type(metrics).__name__}")
        for name in metrics:
            if name == "loss" or name.startswith("validation_"):
                raise ValueError(f"metrics: {name!r} is the name of another record; give the metric another name")
        self.metrics = metrics
        self.losses = Mean()
        self.outputs: list[Any] = []  # of each sample; or of each batch, an array
        self.targets: list[Any] = []

    def add(self, loss: Any, outputs: Any, targets: Any) -> None:
        """Add a batch: its mean loss, its outputs, its targets."""
        self.losses.add(as_value(loss).data, len(targets))
        if not self.metrics:
            return
        if hasattr(outputs, "dtype"):  # those of compiled models
            self.outputs.append(outputs)
            self.targets += targets
            return
        numbers = plain_numbers(outputs)
        if not isinstance(numbers, list) or len(numbers) != len(targets):
            raise ValueError("metrics: the model must give one output for each sample")
        self.outputs += numbers
        self.targets += targets

    def check_finite(self, name: str) -> None:
        """Raise FloatingPointError if the mean loss, of this name, is nan or inf."""
        loss = self.losses.result()
        if not math.isfinite(loss):
            raise FloatingPointError(f"{name} is {loss}")

    def result(self) -> dict[str, float]:
        """The mean loss, and the metrics by name."""
        found = {"loss": self.losses.result()}
        if not self.metrics:
            return found
        outputs: Any = self.outputs
        if hasattr(outputs[0], "dtype"):
            outputs = require("numpy", "compiled training").concatenate(outputs)
            if any(getattr(metric, "__module__", "") != metrics.__name__ for metric in self.metrics.values()):
                outputs = outputs.tolist()  # ours read arrays too, and faster
        for name, metric in self.metrics.items():
            found[name] = number_of(f"metrics: {name!r}", metric(self.targets, outputs))
        return found


def as_value(loss: Any) -> Value:
    """The loss of a batch as a Value, also if nothing trained is in it; TypeError for what is not one number."""
    if is_sequence(loss):
        raise TypeError(f"the loss of a batch must be one number, not {len(loss)}: use reduction='mean' or 'sum'")
    return loss if isinstance(loss, Value) else Value(loss)
