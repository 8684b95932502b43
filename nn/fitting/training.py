"""`fit`: the training loop."""

import math
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from autograd import arguments, no_grad
from nn.data.loading import DataLoader
from nn.fitting.callbacks import Callback, Run, as_callback
from nn.fitting.compiled_fit import CompiledEpochs
from nn.fitting.history import History
from nn.fitting.scores import Metrics, Scores, as_value
from nn.inputs.checks import flag, number, whole_number
from nn.inputs.optional import require
from nn.inputs.spellings import local_names
from nn.models.module import Module
from nn.optimizing.clipping import clip_grad_norm_
from nn.optimizing.plateau import ReduceLROnPlateau

Loss = Callable[[Any, Any], Any]
_ADVICE = "try a smaller learning rate, or clip_grad_norm"


@local_names
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
    compile: bool = False,
) -> History:
    """Train a model: in each epoch go once through the data in batches, θ ← θ - η·∇(loss + regularizer).

    Args:
        model: What is trained; it is left ready for use, `model.eval()`.
        data: A `DataLoader`, or a `Dataset`, a pair (X, y) or a sequence of pairs, which is shuffled anew each epoch.
        loss: Function of (outputs, targets) of a batch, as in `nn.objectives.losses`.
        optimizer: Of the parameters of the model, as in `nn.optimizing.optimizers`, or `LBFGS`, `Newton`.
        epochs: How many at most.
        validation: Data of the same kinds that is only looked at, after each epoch.
        metrics: Functions of (targets, outputs) by name, as in `nn.judging` and scikit-learn: `{"accuracy": accuracy}`;
            they get the numbers of a whole epoch, each output as it was at its step.
        batch_size, seed: Of the loader, if `data` is not one.
        regularizer: Function of the model that is added to the loss (not to what is recorded).
        schedule: Its `step()` is called after each epoch, with the loss if it is `ReduceLROnPlateau`.
        clip_grad_norm: The largest ‖∇‖ allowed, over the optimiser's parameters; longer gradients are scaled down.
        callbacks: Called at each epoch, such as `EarlyStopping`, `StopWhenStill`, `StopAtSmallGradient`.
        history: One to continue.
        progress: Whether to show a bar; by default if the output is a terminal and `rich` is there.
        compile: Run the steps as machine code, recorded for one sample: the same numbers but for rounding, tens of
            times as fast, and hundreds on the plain core.  For `SGD`, `Adam` and the like; needs llvmlite, and with
            NumPy alone is slower.  The loss must be the mean over the samples of one formula, and models and losses
            must not ask for numbers (if, max, .data): use where, maximum ….  What Dropouts draw is drawn anew for each
            sample.  The Values have their numbers and gradients at the end of each epoch, and what callbacks do to
            them counts.

    Raises TypeError for what is no optimiser, ValueError for one that has none of the model's parameters.
    Returns the history.  Ctrl-C ends training cleanly with the history so far, as does a loss that is not finite, of
    training or validation (with a RuntimeWarning); `history.stopped` says so.  A loss that is finite and yet ends many
    times as large as it began is warned of too.
    Source: seeds, "Neural Network Training" and "5.3 Stochastic Optimization".

    >>> from nn import MLP, SGD, mse_loss
    >>> from random import Random
    >>> X, y = [[0.0], [1.0], [2.0]], [1.0, 3.0, 5.0]
    >>> model = MLP(1, [1], initializer="zeros")
    >>> history = fit(model, (X, y), mse_loss, SGD(model.parameters(), lr=0.2), epochs=60)
    >>> f"{model([10.0]):.1f}"
    '21.0'
    """
    epochs = whole_number("fit: epochs", epochs, 0)
    check_optimizer(optimizer, model)
    batches = loader(data, batch_size, shuffle=True, seed=seed)
    check_limit(clip_grad_norm)
    epochs_of = CompiledEpochs if flag("fit: compile", compile) else _EagerEpochs
    epoch = epochs_of(model, loss, optimizer, batches, regularizer, clip_grad_norm)
    run = new_run(model, optimizer, batches, schedule, history)
    return run_epochs(epoch, run, epochs, validation, metrics, callbacks, progress)


def new_run(model: Module, optimizer: Any, batches: DataLoader, schedule: Any, history: History | None) -> Run:
    """A training of which nothing has happened yet."""
    others = {"loader": batches} | ({} if schedule is None else {"schedule": schedule})
    return Run(model, optimizer, History() if history is None else history, others)


def run_epochs(
    epoch: Any,
    run: Run,
    epochs: int,
    validation: Any,
    metrics: Metrics | None,
    callbacks: Sequence[Callback | Callable[[Run], object]],
    progress: bool | None,
) -> History:
    """The epochs of a training, however each of them is run; arguments as of `fit`."""
    model, batches, schedule = run.model, run.others["loader"], run.others.get("schedule")
    if validation is not None:
        validation = loader(validation, batches.batch_size)
    listeners = [as_callback(callback) for callback in arguments.in_order(callbacks, "fit: callbacks")]
    trouble = ""
    before = run.history.epochs
    for listener in listeners:
        listener.started(run)
    run.history.stopped = ""
    epochs = max(0, epochs - (run.history.epochs - before))  # a checkpoint has brought some
    try:
        with _progress_bar(progress, epochs, len(batches)) as advance:
            for _ in range(epochs):
                model.train()
                try:
                    record = _record(epoch, validation, metrics or {}, lambda: advance(None))
                except FloatingPointError as error:
                    run.stop(f"{error}, in epoch {run.history.epochs + 1}: {_ADVICE}")
                    trouble = f"stopped, {run.stop_reason}"
                    break
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
    losses = run.history["loss"][before:] if run.history.epochs > before else []
    if not run.stop_reason and _diverges(losses):
        trouble = f"the loss grew from {losses[0]:.3g} to {losses[-1]:.3g}, so training diverges: {_ADVICE}"
    if trouble:
        warnings.warn(f"fit: {trouble}", RuntimeWarning, stacklevel=4)
    return run.history


def loader(data: Any, batch_size: int, **options: Any) -> DataLoader:
    """A loader as it is, anything else in one."""
    return data if isinstance(data, DataLoader) else DataLoader(data, batch_size, **options)


def _record(epoch: Any, validation: Any, metrics: Metrics, advance: Callable[[], None]) -> dict[str, float]:
    """What the history keeps of one more epoch.  Raises FloatingPointError where a loss is not finite."""
    record: dict[str, float] = epoch.run(metrics, advance)
    if not math.isfinite(record["loss"]):  # each step's was, but not their mean, or not the last
        raise FloatingPointError(f"the loss is {record['loss']}")
    if validation is not None:
        record |= {f"validation_{name}": number for name, number in epoch.evaluate(validation, metrics).items()}
    return record


def _diverges(losses: Sequence[float]) -> bool:
    """Whether the last loss is the largest, and ten times the first; below 1e-6 it may be noise."""
    return len(losses) > 1 and losses[-1] == max(losses) > 10.0 * max(abs(losses[0]), 1e-6)


def check_optimizer(optimizer: Any, model: Module) -> None:
    """Raise TypeError for what is no optimiser, ValueError for one of another model."""
    if isinstance(optimizer, type) or not hasattr(optimizer, "step"):
        name = optimizer.__name__ if isinstance(optimizer, type) else "SGD"
        raise TypeError(f"fit: optimizer must be an optimiser, such as {name}(model.parameters()), not {optimizer!r}")
    theirs, own = getattr(optimizer, "parameters", None), model.parameters()
    if isinstance(theirs, list | tuple) and theirs and own and set(own).isdisjoint(theirs):
        raise ValueError("fit: the optimiser has the parameters of another model; give it those of this one")


def check_limit(clip_grad_norm: float | None) -> None:
    """Raise TypeError or ValueError for what is no limit of a norm."""
    if clip_grad_norm is not None and not number("fit: clip_grad_norm", clip_grad_norm, high=math.inf) > 0.0:
        raise ValueError(f"fit: clip_grad_norm must be above 0, not {clip_grad_norm!r}")


def evaluate(model: Module, data: Any, loss: Loss, metrics: Metrics | None = None) -> dict[str, float]:
    """The mean loss, and the metrics, of a model on data, nothing recorded, Dropout off.

    Arguments as for `fit`.

    >>> from nn import MLP, mse_loss
    >>> evaluate(MLP(1, [1], initializer="zeros"), ([[1.0], [2.0]], [1.0, 3.0]), mse_loss)
    {'loss': 5.0}
    """
    return _scores(model, data, loss, metrics or {}).result()


def _scores(model: Module, data: Any, loss: Loss, metrics: Metrics) -> Scores:
    scores = Scores(metrics)
    training = model.training
    model.eval()
    try:
        with no_grad():
            for inputs, targets in loader(data, 256):
                outputs = model(inputs)
                scores.add(loss(outputs, targets), outputs, targets)
    finally:
        model.train(training)
    return scores


class _EagerEpochs:
    """Epochs of steps that record, sweep and update."""

    def __init__(
        self,
        model: Module,
        loss: Loss,
        optimizer: Any,
        batches: DataLoader,
        regularizer: Callable[[Module], Any] | None,
        clip_grad_norm: float | None,
    ) -> None:
        self.model, self.loss, self.optimizer, self.batches = model, loss, optimizer, batches
        self.regularizer, self.clip_grad_norm = regularizer, clip_grad_norm

    def run(self, metrics: Metrics, advance: Callable[[], None]) -> dict[str, float]:
        """One epoch, and its scores.  Raises FloatingPointError, and moves nothing, where the loss is not finite."""
        scores = Scores(metrics)
        # Those too that the optimiser does not hold: their gradients must not add up.
        self.parameters = dict.fromkeys([*self.model.parameters(), *self.optimizer.parameters])
        for inputs, targets in self.batches:
            outputs, value = self._step(inputs, targets)
            scores.add(value, outputs, targets)
            advance()
        return scores.result()

    def evaluate(self, data: DataLoader, metrics: Metrics) -> dict[str, float]:
        """The scores on other data.  Raises FloatingPointError where the loss is not finite."""
        scores = _scores(self.model, data, self.loss, metrics)
        scores.check_finite("the validation loss")
        return scores.result()

    def _step(self, inputs: Any, targets: Any) -> list[Any]:
        """The outputs and the loss before the step."""
        first: list[Any] = []

        def closure() -> Any:
            outputs = self.model(inputs)
            value = as_value(self.loss(outputs, targets))
            objective = value if self.regularizer is None else value + self.regularizer(self.model)
            if not first:
                first.extend((outputs, value))
            if not math.isfinite(objective.data):
                raise FloatingPointError(f"the loss is {objective.data}")
            for parameter in self.parameters:
                parameter.grad = 0.0
            objective.backward()
            if self.clip_grad_norm is not None:
                clip_grad_norm_(self.optimizer.parameters, self.clip_grad_norm)
            return objective

        self.optimizer.step(closure)
        return first


def _advance_schedule(schedule: Any, record: dict[str, float]) -> None:
    if isinstance(schedule, ReduceLROnPlateau):
        schedule.step(record.get("validation_loss", record["loss"]))
    else:
        schedule.step()


@contextmanager
def _progress_bar(
    wanted: bool | None, epochs: int, batches: int
) -> Iterator[Callable[[dict[str, float] | None], None]]:
    """A function that advances the bar by a batch (None), or shows the record of an epoch."""
    rich = None
    if wanted or (wanted is None and sys.stdout.isatty()):
        try:
            rich = require("rich.progress", "the progress bar of fit")
        except ModuleNotFoundError:
            if wanted:
                raise
    if rich is None:
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
