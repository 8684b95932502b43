"""The epochs of `fit(…, compile=True)`."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import autograd
from autograd import Value, no_grad, traced, tracing, where
from autograd import sum as total
from nn.data.loading import DataLoader, Dataset
from nn.fitting.compiled_training import TrainingStep
from nn.fitting.draws import Draws
from nn.fitting.history import Mean
from nn.fitting.scores import Metrics, Scores, as_value
from nn.inputs.checks import counted
from nn.inputs.optional import require
from nn.inputs.sequences import is_sequence
from nn.models.module import Module

LOOKED_AT = 8  # samples whose loss together is compared with the mean of their losses


class CompiledEpochs:
    """Epochs of compiled steps: the model and the loss of one sample are recorded, and run over batches.

    Between epochs the parameters may be changed, frozen and unfrozen.

    What Dropouts draw are inputs like others: new numbers for each sample of each step.
    Raises ValueError for wrong targets, and for a loss that is not the mean of one formula over the samples; TypeError
    for branches on numbers; RuntimeError if all parameters are frozen.
    """

    backend: Any = "llvm"
    """What computes outputs, losses and gradients, as of `autograd.compile`."""

    def __init__(
        self,
        model: Module,
        loss: Callable[[Any, Any], Any],
        optimizer: Any,
        batches: DataLoader,
        regularizer: Callable[[Module], Any] | None,
        max_norm: float | None = None,
    ) -> None:
        self.model, self.loss, self.optimizer, self.batches = model, loss, optimizer, batches
        self.regularizer, self.max_norm, self.draws = regularizer, max_norm, Draws(model)
        self.numpy = require("numpy", "fit(compile=True)")
        self.all_parameters = list(dict.fromkeys([*model.parameters(), *optimizer.parameters]))
        sample, _ = batches.dataset[0]
        targets = batches.dataset.targets
        with no_grad(), self.draws.nothing_dropped():
            output = model.train()(sample)
            everywhere = loss([output] * len(targets), targets)  # raises for wrong targets, as eager training
            expected = as_value(everywhere).data
        self.whole_numbers = all(type(t) is int for t in targets)
        self.classes: list[int] = []
        self._record()
        self.data = self._matrix(batches.dataset)
        self._check_loss(output, expected)

    def _record(self) -> None:
        """Record the model and the loss of one sample, and compile what moves the parameters."""
        if not any(p.requires_grad for p in self.all_parameters):
            raise RuntimeError(
                "fit: all parameters are frozen, so there is nothing to train; requires_grad_(True) on what to train"
            )
        sample, target = self.batches.dataset[0]
        inputs = [traced(x) for x in sample]
        leaf = traced if self.whole_numbers else Value  # what is asked of a Value's number, `_check_loss` finds
        targets = [leaf(t) for t in (target if is_sequence(target) else [target])]
        with tracing():
            with self.draws.recorded(lambda: traced(1.0)):
                outputs = in_use = self.model.train()(inputs)
            if self.draws:
                in_use = self.model.eval()(inputs)
                self.model.train()
            try:
                plain = self.loss([outputs], [targets if is_sequence(target) else targets[0]])
            except (TypeError, LookupError):
                if not self.whole_numbers:
                    raise
                # It asks for the number, as of a class: the losses of all of them, chosen by a one-hot target.
                self.classes = sorted(set(self.batches.dataset.targets))
                targets = [Value(float(c == target)) for c in self.classes]
                losses = [self.loss([outputs], [c]) for c in self.classes]
                plain = total([where(t, one, 0.0) for t, one in zip(targets, losses)])
            objective = plain if self.regularizer is None else plain + self.regularizer(self.model)
        draws, optimizer = self.draws.leaves, self.optimizer
        self.step = TrainingStep(
            objective,
            [*draws, *inputs, *targets],
            optimizer,
            also=[plain],
            backend=self.backend,
            reduce=self.reduction(),
            max_norm=self.max_norm,
        )
        trained = self.step.parameters
        each: Any = {"reduction": None, "backend": self.backend}
        self.predict = autograd.compile(in_use, inputs, trained, **each)
        self.dropping = autograd.compile(outputs, [*draws, *inputs], trained, **each) if draws else self.predict
        self.kinds = list(map(type, self.all_parameters))  # frozen ones are of another class
        moved = set(trained)
        self.constants = [p for p in self.all_parameters if p not in moved]
        self.numbers = [p.data for p in self.constants]

    def _check_loss(self, output: Any, expected: float) -> None:
        """Raise ValueError if the loss is not a mean over samples, or not the same formula for every target.

        What was recorded is run for all targets beside the inputs of the first sample, whose output is known.
        """
        rows = self._behind(1.0, self.data.copy())
        columns = len(self.dropping.inputs)
        rows[:, :columns] = rows[0, :columns]
        mean = Mean()
        for start in range(0, len(rows), self.batches.batch_size):
            batch = rows[start : start + self.batches.batch_size]
            self.step.compiled(batch)
            mean.add(self.step.also[0], len(batch))
        found = mean.result()
        if _equal(found, expected) or not math.isfinite(expected):
            self._check_samples()
            return
        with no_grad():
            each = [as_value(self.loss([output], [t])).data for t in self.batches.dataset.targets]
        mean_of_each = math.fsum(each) / len(each)
        if not _equal(mean_of_each, expected):
            raise ValueError(
                "fit(compile=True): the loss must be the mean over the samples of their losses, as by "
                f"reduction='mean' without weights of classes; that mean is {mean_of_each:.6g} here, and the loss "
                f"{expected:.6g}"
            )
        raise ValueError(
            "fit(compile=True): the loss must be one formula for all targets, and that recorded for the first target "
            f"gives {found:.6g} instead of {expected:.6g}; in place of if, == and .data on targets use "
            "where(step(t), a, b), maximum, abs …"
        )

    def _check_samples(self) -> None:
        """Raise ValueError if the loss of some samples together is not the mean of what was recorded of each."""
        inputs, targets = self.batches.dataset.inputs[:LOOKED_AT], self.batches.dataset.targets[:LOOKED_AT]
        with no_grad(), self.draws.nothing_dropped():
            expected = as_value(self.loss([self.model.train()(x) for x in inputs], targets)).data
        self.step.compiled(self._behind(1.0, self.data[:LOOKED_AT]))
        found = self.step.also[0]
        if not _equal(found, expected) and math.isfinite(expected):
            raise ValueError(
                "fit(compile=True): the loss must be the mean over the samples of their losses, each of one output and "
                f"one target alone; that mean is {found:.6g} for the first {counted(len(targets), 'sample')}, and "
                f"the loss {expected:.6g}"
            )

    def _take_changes(self) -> None:
        """Take over what others did to the parameters since the last epoch: their numbers, and which are frozen."""
        if list(map(type, self.all_parameters)) != self.kinds or [p.data for p in self.constants] != self.numbers:
            self._record()
        elif [p.data for p in self.step.parameters] != self.step.theta.tolist():
            self.step.read()
            if self.step.parameters != self.predict.parameters:  # an optimiser's state in which others are moved alike
                self._record()

    def run(self, metrics: Metrics, advance: Callable[[], None]) -> dict[str, float]:
        """One epoch, and its scores.  Raises FloatingPointError, and moves nothing, where the loss is not finite."""
        self._take_changes()
        scores = Scores(metrics)
        known, order, size = self.batches.dataset.targets, self.batches.next_order(), self.batches.batch_size
        order = self.numpy.array(order)
        try:
            for start in range(0, len(order), size):
                rows = order[start : start + size]
                batch = self.data[rows]
                if self.draws.leaves:
                    batch = self._behind(self.draws.numbers(len(batch)), batch)
                outputs = self.step_on(batch, bool(metrics))
                scores.add(self.step.also[0], outputs, [known[i] for i in rows] if metrics else rows)
                advance()
        finally:
            self.step.write_back()
        return scores.result()

    def reduction(self) -> Callable[[Any], None] | None:
        """What `TrainingStep` adds the sums of a batch up with, if several processes share it."""
        return None

    def step_on(self, batch: Any, wanted: bool) -> list[Any]:
        """One step on a batch; the outputs before it, if they are wanted."""
        outputs = self.outputs(batch) if wanted else []
        self.step(batch)
        return outputs

    def evaluate(self, data: DataLoader, metrics: Metrics) -> dict[str, float]:
        """The scores on other data.  Raises FloatingPointError where the loss is not finite."""
        scores = Scores(metrics)
        for inputs, targets in data:
            outputs = self.predict(self.numpy.array(inputs, dtype=float), parameters=self.step.theta)
            scores.add(self.loss(outputs, targets), outputs, targets)
        scores.check_finite("the validation loss")
        return scores.result()

    def outputs(self, batch: Any) -> Any:
        """The outputs for a batch with the parameters as they are now, as an array."""
        return self.dropping(batch[:, : len(self.dropping.inputs)], parameters=self.step.theta)

    def _behind(self, draws: Any, rows: Any) -> Any:
        """Inputs and targets behind what is drawn for them."""
        numbers = self.numpy.broadcast_to(draws, (len(rows), len(self.draws.leaves)))
        return self.numpy.hstack([numbers, rows])

    def _encoded(self, targets: Sequence[Any]) -> list[list[float]]:
        """A row of numbers for each target: numbers of classes as one-hot vectors."""
        if self.classes:
            return [[float(c == t) for c in self.classes] for t in targets]
        return [list(t) if is_sequence(t) else [t] for t in targets]

    def _matrix(self, dataset: Dataset) -> Any:
        """Inputs and targets side by side."""
        return self.numpy.hstack([
            self.numpy.array(dataset.inputs, dtype=float), self.numpy.array(self._encoded(dataset.targets), dtype=float)
        ])  # fmt: skip


def _equal(x: float, y: float) -> bool:
    """Whether they differ by rounding at most; far below 1 all count as equal, as the losses of a perfect fit."""
    return math.isclose(x, y, rel_tol=1e-6, abs_tol=1e-12)
