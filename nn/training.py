"""`fit`: the training loop, its history, and the rules for stopping it."""

import math
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from autograd import no_grad
from nn.clipping import clip_grad_norm_
from nn.data import DataLoader
from nn.module import Module
from nn.optional import require
from nn.plateau import ReduceLROnPlateau

Loss = Callable[[Any, Any], Any]
Metrics = Mapping[str, Callable[[Any, Any], Any]]


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
        for i, name in enumerate([*left, *right]):
            axes, style = (ax, "-") if name in left else (other, "--")
            epochs = range(1, len(self.records[name]) + 1)
            axes.plot(epochs, self.records[name], style, color=f"C{i}", label=name.replace("_", " "))
        ax.set(xlabel="epoch", ylabel="loss" if left else "")
        if self.records:
            lines = [line for axes in dict.fromkeys((ax, other)) for line in axes.get_lines()]
            ax.legend(lines, [line.get_label() for line in lines], loc="best")
        return ax

    def __repr__(self) -> str:
        last = ", ".join(f"{name} {numbers[-1]:.4g}" for name, numbers in self.records.items())
        stopped = f"; stopped: {self.stopped}" if self.stopped else ""
        return f"History({self.epochs} epochs{': ' if last else ''}{last}{stopped})"

    def state_dict(self) -> dict[str, Any]:
        """The records, for `save`."""
        return {"records": {name: list(numbers) for name, numbers in self.records.items()}, "stopped": self.stopped}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over the records of a `state_dict`."""
        records = {str(name): [float(x) for x in numbers] for name, numbers in state["records"].items()}
        self.records, self.stopped = records, str(state["stopped"])


@dataclass
class Run:
    """A training that is going on: what callbacks look at."""

    model: Any
    optimizer: Any
    history: History
    stop_reason: str = field(default="", init=False)

    def stop(self, reason: str) -> None:
        """Let this epoch be the last."""
        self.stop_reason = reason


class Callback:
    """Base of what is told of each epoch; a plain function of the `Run` serves too."""

    def started(self, run: Run) -> None:
        """Training begins."""

    def epoch_ended(self, run: Run) -> None:
        """An epoch was added to `run.history`; `run.stop(reason)` makes it the last one."""

    def ended(self, run: Run) -> None:
        """Training is over, whatever the reason."""


class EarlyStopping(Callback):
    """Stop when a record has not become smaller for `patience` epochs, and go back to the best weights.

    Args:
        monitor: The record to look at.
        patience: How many epochs without a new best are borne.
        min_delta: By how much a new best must be better.
        restore_best: Whether the model ends with the weights of its best epoch.
        maximize: Whether larger is better (accuracies).
    """

    def __init__(
        self,
        monitor: str = "validation_loss",
        patience: int = 5,
        min_delta: float = 0.0,
        restore_best: bool = True,
        maximize: bool = False,
    ) -> None:
        if isinstance(patience, bool) or not isinstance(patience, int) or patience < 0:
            raise ValueError(f"EarlyStopping: patience must be a whole number of at least 0, not {patience!r}")
        self.monitor, self.patience, self.restore_best = monitor, patience, restore_best
        self.min_delta = _at_least_zero("EarlyStopping: min_delta", min_delta)
        self.maximize = maximize
        self.started(None)

    def started(self, run: Run | None) -> None:  # noqa: ARG002
        """Forget what was best."""
        self.best, self.best_epoch, self.best_state = math.inf, 0, None

    def epoch_ended(self, run: Run) -> None:
        """Compare with the best epoch so far."""
        number = run.history[self.monitor][-1] * (-1.0 if self.maximize else 1.0)
        if number < self.best - self.min_delta:
            self.best, self.best_epoch = number, run.history.epochs
            self.best_state = run.model.state_dict()
        elif run.history.epochs - self.best_epoch > self.patience:
            run.stop(f"{self.monitor} has not improved since epoch {self.best_epoch}")

    def ended(self, run: Run) -> None:
        """Go back to the best weights."""
        if self.restore_best and self.best_state is not None:
            run.model.load_state_dict(self.best_state)


class StopWhenStill(Callback):
    """Stop when the parameters hardly moved in an epoch: ‖w_{t+1} - w_t‖² < ε.

    Source: seeds, "4.1.4 Solving the Least-Squares Problem".
    """

    def __init__(self, tolerance: float = 1e-8) -> None:
        self.tolerance = _at_least_zero("StopWhenStill: tolerance", tolerance)

    def started(self, run: Run) -> None:
        """Remember where the parameters are."""
        self.before = [parameter.data for parameter in run.model.parameters()]

    def epoch_ended(self, run: Run) -> None:
        """Measure how far they moved."""
        now = [parameter.data for parameter in run.model.parameters()]
        moved = math.fsum((a - b) ** 2 for a, b in zip(now, self.before, strict=True))
        self.before = now
        if moved < self.tolerance:
            run.stop(f"the parameters moved by ‖Δw‖² = {moved:.3g} < {self.tolerance:g}")


class StopAtSmallGradient(Callback):
    """Stop when the gradient of the last batch is small: ‖∇L‖ < ε, a stationary point.

    Source: seeds, "2.3.1 Convergence of Gradient Descent".
    """

    def __init__(self, tolerance: float = 1e-6) -> None:
        self.tolerance = _at_least_zero("StopAtSmallGradient: tolerance", tolerance)

    def epoch_ended(self, run: Run) -> None:
        """Measure the gradient."""
        norm = math.hypot(*(parameter.grad or 0.0 for parameter in run.model.parameters()))
        if norm < self.tolerance:
            run.stop(f"the gradient is small: ‖∇L‖ = {norm:.3g} < {self.tolerance:g}")


def fit(
    model: Module,
    data: Any,
    loss: Loss,
    optimizer: Any,
    epochs: int = 10,
    *,
    validation: Any = None,
    metrics: Metrics | None = None,
    batch_size: int = 32,
    seed: int = 0,
    regularizer: Callable[[Module], Any] | None = None,
    schedule: Any = None,
    clip_grad_norm: float | None = None,
    callbacks: Sequence[Callback | Callable[[Run], object]] = (),
    history: History | None = None,
    progress: bool | None = None,
) -> History:
    """Train a model: in each epoch go once through the data in batches, θ ← θ - η·∇(loss + regularizer).

    Args:
        model: What is trained; it is left ready for use, `model.eval()`.
        data: A `DataLoader`, or a `Dataset`, a pair (X, y) or a sequence of pairs, which is shuffled anew each epoch.
        loss: Function of (outputs, targets) of a batch, as in `nn.losses`.
        optimizer: Of the parameters of the model, as in `nn.optimizers`, or `LBFGS`, `Newton`.
        epochs: How many at most.
        validation: Data of the same kinds that is only looked at, after each epoch.
        metrics: Functions of (targets, outputs) by name, as in `nn.metrics` and scikit-learn: `{"accuracy": accuracy}`.
        batch_size, seed: Of the loader made of what is none.
        regularizer: Function of the model that is added to the loss (not to what is recorded).
        schedule: Its `step()` is called after each epoch, with the loss if it is `ReduceLROnPlateau`.
        clip_grad_norm: The largest ‖∇‖ allowed; longer gradients are scaled down.
        callbacks: What is told of each epoch, such as `EarlyStopping`, `StopWhenStill`, `StopAtSmallGradient`.
        history: One to go on with.
        progress: Whether to show a bar; by default if the output is a terminal and `rich` is there.

    Returns the history.  Ctrl-C ends training cleanly with the history so far, as does a loss that is not finite
    (with a RuntimeWarning); `history.stopped` says so.
    Source: seeds, "Neural Network Training" and "5.3 Stochastic Optimization".

    >>> from nn import MLP, SGD, mse_loss
    >>> from random import Random
    >>> X, y = [[0.0], [1.0], [2.0]], [1.0, 3.0, 5.0]
    >>> model = MLP(1, [1], initializer="zeros")
    >>> history = fit(model, (X, y), mse_loss, SGD(model.parameters(), lr=0.2), epochs=60)
    >>> f"{model([10.0]):.1f}"
    '21.0'
    """
    if isinstance(epochs, bool) or not isinstance(epochs, int) or epochs < 0:
        raise ValueError(f"fit: epochs must be a whole number of at least 0, not {epochs!r}")
    if clip_grad_norm is not None and not clip_grad_norm > 0.0:
        raise ValueError(f"fit: clip_grad_norm must be above 0, not {clip_grad_norm!r}")
    batches = data if isinstance(data, DataLoader) else DataLoader(data, batch_size, shuffle=True, seed=seed)
    if validation is not None and not isinstance(validation, DataLoader):
        validation = DataLoader(validation, batch_size)
    listeners = [_as_callback(callback) for callback in callbacks]
    run = Run(model, optimizer, history if history is not None else History())
    run.history.stopped = ""
    for listener in listeners:
        listener.started(run)
    try:
        with _progress_bar(progress, epochs, len(batches)) as advance:
            for _ in range(epochs):
                model.train()
                record = _epoch(run, batches, loss, metrics or {}, regularizer, clip_grad_norm, advance)
                if record is None:
                    break
                if validation is not None:
                    found = evaluate(model, validation, loss, metrics)
                    record |= {f"validation_{name}": number for name, number in found.items()}
                run.history.append(record)
                advance(record)
                if schedule is not None:
                    _advance_schedule(schedule, record)
                for listener in listeners:
                    listener.epoch_ended(run)
                if run.stop_reason:
                    break
    except KeyboardInterrupt:
        run.stop("interrupted by Ctrl-C")
    finally:
        run.history.stopped = run.stop_reason
        for listener in listeners:
            listener.ended(run)
        model.eval()
    return run.history


def evaluate(model: Module, data: Any, loss: Loss, metrics: Metrics | None = None) -> dict[str, float]:
    """The mean loss and metrics of a model on data, nothing recorded, Dropout off.

    Arguments as for `fit`.

    >>> from nn import MLP, mse_loss
    >>> evaluate(MLP(1, [1], initializer="zeros"), ([[1.0], [2.0]], [1.0, 3.0]), mse_loss)
    {'loss': 5.0}
    """
    batches = data if isinstance(data, DataLoader) else DataLoader(data, batch_size=256)
    training = model.training
    model.eval()
    mean = _Mean()
    try:
        with no_grad():
            for inputs, targets in batches:
                outputs = model(inputs)
                mean.add("loss", loss(outputs, targets), len(inputs))
                for name, metric in (metrics or {}).items():
                    mean.add(name, metric(targets, outputs), len(inputs))
    finally:
        model.train(training)
    return mean.result()


def _epoch(
    run: Run,
    batches: DataLoader,
    loss: Loss,
    metrics: Metrics,
    regularizer: Callable[[Module], Any] | None,
    clip_grad_norm: float | None,
    advance: Callable[[dict[str, float] | None], None],
) -> dict[str, float] | None:
    """One epoch of steps, and its means; None if the loss was not finite."""
    model, optimizer = run.model, run.optimizer
    mean = _Mean()
    for inputs, targets in batches:
        first: list[Any] = []

        def closure(inputs: Any = inputs, targets: Any = targets, first: list[Any] = first) -> Any:
            outputs = model(inputs)
            value = loss(outputs, targets)
            objective = value if regularizer is None else value + regularizer(model)
            if not first:  # what is recorded is the loss before the step
                first.extend((outputs, value))
            if not math.isfinite(objective.data):
                raise FloatingPointError(f"the loss is {objective.data}")
            optimizer.zero_grad()
            objective.backward()
            if clip_grad_norm is not None:
                clip_grad_norm_(model.parameters(), clip_grad_norm)
            return objective

        try:
            optimizer.step(closure)
        except FloatingPointError as error:
            run.stop(f"{error}, in epoch {run.history.epochs + 1}: try a smaller learning rate, or clip_grad_norm")
            warnings.warn(f"fit: stopped, {run.stop_reason}", RuntimeWarning, stacklevel=3)
            return None
        outputs, value = first
        mean.add("loss", value, len(inputs))
        with no_grad():
            for name, metric in metrics.items():
                mean.add(name, metric(targets, outputs), len(inputs))
        advance(None)
    return mean.result()


class _Mean:
    """Means of batches, weighted with their sizes."""

    def __init__(self) -> None:
        self.sums: dict[str, float] = {}
        self.sizes: dict[str, int] = {}

    def add(self, name: str, number: Any, size: int) -> None:
        self.sums[name] = self.sums.get(name, 0.0) + getattr(number, "data", number) * size
        self.sizes[name] = self.sizes.get(name, 0) + size

    def result(self) -> dict[str, float]:
        return {name: total / self.sizes[name] for name, total in self.sums.items()}


class _Function(Callback):
    """A plain function as a callback."""

    def __init__(self, function: Callable[[Run], object]) -> None:
        self.epoch_ended = function  # type: ignore[assignment,method-assign]


def _as_callback(callback: Any) -> Callback:
    if isinstance(callback, Callback):
        return callback
    if not callable(callback) or isinstance(callback, type):
        raise TypeError(f"fit: a callback must be a Callback or a function of the Run, not {callback!r}")
    return _Function(callback)


def _advance_schedule(schedule: Any, record: dict[str, float]) -> None:
    if isinstance(schedule, ReduceLROnPlateau):
        schedule.step(record.get("validation_loss", record["loss"]))
    else:
        schedule.step()


def _at_least_zero(name: str, setting: float) -> float:
    if isinstance(setting, bool) or not isinstance(setting, int | float) or not 0.0 <= setting < math.inf:
        raise ValueError(f"{name} must be a number of at least 0, not {setting!r}")
    return float(setting)


@contextmanager
def _progress_bar(
    wanted: bool | None, epochs: int, batches: int
) -> Iterator[Callable[[dict[str, float] | None], None]]:
    """A function that advances the bar by a batch (None), or shows the record of an epoch."""
    if wanted is False or (wanted is None and not sys.stdout.isatty()):
        yield lambda _record: None
        return
    try:
        rich = require("rich.progress", "the progress bar of fit")
    except ModuleNotFoundError:
        if wanted:
            raise
        yield lambda _record: None
        return
    columns = (
        rich.TextColumn("epoch {task.fields[epoch]}/{task.fields[epochs]}"), rich.BarColumn(),
        rich.TimeRemainingColumn(), rich.TextColumn("{task.fields[numbers]}"),
    )  # fmt: skip
    with rich.Progress(*columns) as bar:
        task = bar.add_task("", total=epochs * batches, epoch=min(1, epochs), epochs=epochs, numbers="")
        done = 0

        def advance(record: dict[str, float] | None) -> None:
            nonlocal done
            if record is None:
                bar.advance(task)
            else:
                done += 1
                numbers = "  ".join(f"{name.replace('_', ' ')} {number:.4f}" for name, number in record.items())
                bar.update(task, epoch=min(done + 1, epochs), numbers=numbers)

        yield advance
