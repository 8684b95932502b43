"""Callbacks, which a training calls at each epoch, and the rules for stopping it."""

import inspect
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from nn.fitting.history import History
from nn.inputs.checks import called, flag, number, whole_number


@dataclass
class Run:
    """A training in progress: what callbacks look at."""

    model: Any
    optimizer: Any
    history: History
    others: dict[str, Any] = field(default_factory=dict)
    """What else has a state, by name: the loader, and the schedule if there is one."""
    writes: bool = True
    """Whether this process writes files; one of several does."""
    stop_reason: str = field(default="", init=False)

    def stop(self, reason: str) -> None:
        """Make this epoch the last one."""
        self.stop_reason = reason


class Callback:
    """Base of the callbacks, called at each epoch; a plain function of the `Run` serves too.

    It shows what it was made with, as far as that is kept in attributes of the same names.

    >>> class Printer(Callback):
    ...     def epoch_ended(self, run):
    ...         print(f"epoch {run.history.epochs}")
    >>> from nn import SGD, Linear, fit, half_squared_loss
    >>> model = Linear(1, 1)
    >>> optimizer = SGD(model.parameters(), lr=0.5)
    >>> history = fit(model, ([[1.0]], [[1.0]]), half_squared_loss, optimizer, epochs=2, callbacks=[Printer()])
    epoch 1
    epoch 2
    """

    def __repr__(self) -> str:
        made_with = inspect.signature(type(self)).parameters
        return called(type(self).__name__, **{name: getattr(self, name) for name in made_with if name in vars(self)})

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
        patience: How many epochs without a new best are tolerated.
        min_delta: By how much a new best must be better.
        restore_best: Whether the model ends with the weights of its best epoch.
        maximize: Whether larger is better (accuracies).

    >>> EarlyStopping(patience=30)
    EarlyStopping(monitor='validation_loss', patience=30, min_delta=0.0, restore_best=True, maximize=False)
    """

    def __init__(
        self,
        monitor: str = "validation_loss",
        patience: int = 5,
        min_delta: float = 0.0,
        restore_best: bool = True,
        maximize: bool = False,
    ) -> None:
        self.monitor = monitor
        self.restore_best = flag("EarlyStopping: restore_best", restore_best)
        self.patience = whole_number("EarlyStopping: patience", patience, 0)
        self.min_delta = number("EarlyStopping: min_delta", min_delta)
        self.maximize = flag("EarlyStopping: maximize", maximize)
        self.started(None)

    def started(self, run: Run | None) -> None:  # noqa: ARG002
        """Forget what was best."""
        self.best, self.best_epoch, self.best_state = math.inf, 0, None

    def epoch_ended(self, run: Run) -> None:
        """Compare with the best epoch so far."""
        found = run.history[self.monitor][-1] * (-1.0 if self.maximize else 1.0)
        if found < self.best - self.min_delta:
            self.best, self.best_epoch = found, run.history.epochs
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

    >>> from nn import SGD, Linear, fit, half_squared_loss
    >>> model = Linear(1, 1, initializer="zeros")
    >>> optimizer = SGD(model.parameters(), lr=0.25)
    >>> history = fit(model, ([[1.0]], [[1.0]]), half_squared_loss, optimizer, callbacks=[StopWhenStill(1e-3)])
    >>> history.stopped
    'the parameters moved by ‖Δw‖² = 0.000488 < 0.001'
    """

    def __init__(self, tolerance: float = 1e-8) -> None:
        self.tolerance = number("StopWhenStill: tolerance", tolerance)

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
    """Stop when the gradient of the last batch is small: ‖∇L‖ < ε over the optimiser's parameters, a stationary point.

    Source: seeds, "2.3.1 Convergence of Gradient Descent".

    >>> from nn import SGD, Linear, fit, half_squared_loss
    >>> model = Linear(1, 1, initializer="zeros")
    >>> optimizer = SGD(model.parameters(), lr=0.25)
    >>> history = fit(model, ([[1.0]], [[1.0]]), half_squared_loss, optimizer, callbacks=[StopAtSmallGradient(0.1)])
    >>> history.stopped
    'the gradient is small: ‖∇L‖ = 0.0884 < 0.1'
    """

    def __init__(self, tolerance: float = 1e-6) -> None:
        self.tolerance = number("StopAtSmallGradient: tolerance", tolerance)

    def epoch_ended(self, run: Run) -> None:
        """Measure the gradient."""
        norm = math.hypot(*(parameter.grad or 0.0 for parameter in run.optimizer.parameters))
        if norm < self.tolerance:
            run.stop(f"the gradient is small: ‖∇L‖ = {norm:.3g} < {self.tolerance:g}")


class _Function(Callback):
    """A plain function as a callback."""

    def __init__(self, function: Callable[[Run], object]) -> None:
        self.epoch_ended = function  # type: ignore[assignment,method-assign]


def as_callback(callback: Any) -> Callback:
    """A Callback as it is, a plain function as one."""
    if isinstance(callback, Callback):
        return callback
    if not callable(callback) or isinstance(callback, type):
        raise TypeError(f"fit: a callback must be a Callback or a function of the Run, not {callback!r}")
    return _Function(callback)
