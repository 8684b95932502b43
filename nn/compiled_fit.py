"""The epochs of `fit(…, compile=True)`."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import autograd
from autograd import Value
from nn.compiled_training import TrainingStep
from nn.data import DataLoader, Dataset
from nn.history import Mean
from nn.layers import Dropout
from nn.losses import cross_entropy
from nn.module import Module
from nn.optional import require
from nn.preprocessing import one_hot
from nn.sequences import is_sequence


class CompiledEpochs:
    """Epochs of compiled steps: the model and the loss of one sample are recorded, and run over batches.

    Raises ValueError for a model with Dropout, whose masks would be recorded once and for all.
    """

    def __init__(
        self,
        model: Module,
        loss: Callable[[Any, Any], Any],
        optimizer: Any,
        batches: DataLoader,
        regularizer: Callable[[Module], Any] | None,
    ) -> None:
        if any(isinstance(module, Dropout) and module.p for module in model.modules()):
            raise ValueError("fit: Dropout cannot be compiled: its mask would be the same at every step")
        self.model, self.loss, self.batches = model, loss, batches
        self.numpy = require("numpy", "fit(compile=True)")
        first_inputs, first_target = batches.dataset[0]
        inputs = [Value(x) for x in first_inputs]
        outputs = model(inputs)
        self.classes = len(outputs) if loss is cross_entropy and not is_sequence(first_target) else 0
        targets = [Value(t) for t in self._encoded([first_target])[0]]
        target = targets if is_sequence(first_target) or self.classes else targets[0]
        plain = loss([outputs], [target])
        total = plain if regularizer is None else plain + regularizer(model)
        self.step = TrainingStep(total, [*inputs, *targets], optimizer, also=[plain])
        self.predict = autograd.compile(outputs, inputs, self.step.parameters, reduction=None)
        self.data = self._matrix(batches.dataset)

    def run(self, metrics: Mapping[str, Any], advance: Callable[[], None]) -> dict[str, float]:
        """One epoch, and its means.  Raises FloatingPointError, and moves nothing, where the loss is not finite."""
        mean = Mean()
        dataset, order, size = (
            self.batches.dataset,
            self.numpy.array(self.batches.next_order()),
            self.batches.batch_size,
        )
        try:
            for start in range(0, len(order), size):
                rows = order[start : start + size]
                batch = self.data[rows]
                if metrics:
                    outputs = self._outputs(batch)
                    targets = [dataset.targets[i] for i in rows]
                    for name, metric in metrics.items():
                        mean.add(name, metric(targets, outputs), len(rows))
                self.step(batch)
                mean.add("loss", self.step.also[0], len(rows))
                advance()
        finally:
            self.step.write_back()
        found = mean.result()
        return {"loss": found.pop("loss"), **found}

    def evaluate(self, data: DataLoader, metrics: Mapping[str, Any]) -> dict[str, float]:
        """The means on other data."""
        dataset = data.dataset
        outputs = self._outputs(self.numpy.array(dataset.inputs, dtype=float))
        found = {"loss": float(self.loss(outputs, dataset.targets))}
        return found | {name: float(metric(dataset.targets, outputs)) for name, metric in metrics.items()}

    def _outputs(self, batch: Any) -> list[Any]:
        columns = len(self.predict.inputs)
        return self.predict(batch[:, :columns], parameters=self.step.theta).tolist()  # type: ignore[no-any-return]

    def _encoded(self, targets: Sequence[Any]) -> list[list[float]]:
        """A row of numbers for each target: classes of a cross-entropy as one-hot vectors."""
        if self.classes:
            return one_hot(targets, self.classes)
        return [list(t) if is_sequence(t) else [t] for t in targets]

    def _matrix(self, dataset: Dataset) -> Any:
        """Inputs and targets side by side."""
        return self.numpy.hstack([
            self.numpy.array(dataset.inputs, dtype=float), self.numpy.array(self._encoded(dataset.targets), dtype=float)
        ])  # fmt: skip
