"""Training steps as machine code: the loss recorded for one sample, and the rule of an optimiser, over a batch."""

import copy
from collections.abc import Iterable, Mapping, Sequence
from math import isfinite
from operator import itemgetter
from types import TracebackType
from typing import Any, Self

import autograd
from autograd import Value
from nn.optimizer import FirstOrderOptimizer
from nn.optional import require


class TrainingStep:
    """θ ← θ - η·∇L for a batch in one native call, with the rule of an optimiser.

    The parameters live in one array, `theta`, while it is at work; `write_back()` gives them back to their Values, and
    the optimiser its state.  As a context manager it does so at the end.

    Args:
        loss: The loss of one sample, recorded.
        inputs: The leaves that a sample has numbers for, in the order of the columns of the data.
        optimizer: `SGD`, `Adam`, …; learning rates may be changed between steps.
        also: Other numbers of a sample whose means are wanted; after a step `also` has them.
        backend, threads: As of `autograd.compile`.

    Calling it with data, n × inputs, makes a step and returns the mean loss before it.  Raises FloatingPointError, and
    moves nothing, if that or its gradient is not finite.

    >>> from nn import SGD
    >>> x, t, w = Value(1.0), Value(2.0), Value(3.0)
    >>> with TrainingStep((w * x - t) ** 2, [x, t], SGD([w], lr=0.25)) as step:
    ...     losses = [step([[1.0, 2.0]]) for _ in range(3)]
    >>> losses, w.data
    ([1.0, 0.25, 0.0625], 2.125)
    """

    def __init__(
        self,
        loss: Value,
        inputs: Iterable[Value],
        optimizer: FirstOrderOptimizer,
        *,
        also: Sequence[Value] = (),
        backend: str = "llvm",
        threads: int = 1,
    ) -> None:
        if not isinstance(optimizer, FirstOrderOptimizer):
            raise TypeError(
                f"TrainingStep: the optimizer must move each parameter by its own gradient, as SGD and Adam do, "
                f"not {type(optimizer).__name__}"
            )
        require("numpy", "TrainingStep")
        self.optimizer = optimizer
        self._backend = backend
        self._chosen = [
            [i for i, p in enumerate(group["params"]) if p.requires_grad] for group in optimizer.param_groups
        ]
        self.parameters = [p for p in optimizer.parameters if p.requires_grad]
        self.compiled = autograd.compile(loss, inputs, self.parameters, also=also, backend=backend, threads=threads)
        self._sizes = [len(chosen) for chosen in self._chosen]
        self._fixed = itemgetter(*(name for name in optimizer.settings if name != "lr"))
        self._settings: list[tuple[Any, ...]] = []
        self._numbers = [i for i, p in enumerate(optimizer.parameters) if p.requires_grad]
        self.read()

    def read(self) -> None:
        """Take the parameters' numbers and the optimiser's state from where they are kept."""
        self.compiled.set_parameters([p.data for p in self.parameters])
        state = self.optimizer.state_dict()["state"]
        rows = [state[str(i)] for i in self._numbers]
        steps = {row["step"] for row in rows}
        if len(steps) > 1:
            raise ValueError("TrainingStep: parameters were moved differently often; start with a fresh optimiser")
        self.steps = steps.pop() if steps else 0
        names = list(self.optimizer.buffers)
        updates, states, first = [], [], 0
        for group, size in zip(self.optimizer.param_groups, self._sizes, strict=True):
            settings = {"lr": group["lr"], "t": float(self.steps + 1)}
            rule = self._rule(group)
            updates.append((rule, settings, len(names), first, size))
            states.append([[row[name] for row in rows[first : first + size]] for name in names])
            first += size
        self._step = autograd.native_step(self.compiled, updates, states, self._backend)
        # those that the recorded rule holds as numbers
        self._settings = [self._fixed(group) for group in self.optimizer.param_groups]

    def _rule(self, group: Mapping[str, Any]) -> Any:
        """The optimiser's rule for one parameter, on Values."""
        traced: Any = copy.copy(self.optimizer)
        traced.sqrt, traced.larger = autograd.sqrt, autograd.maximum

        def rule(given: Mapping[str, Value], x: Value, g: Any, state: Sequence[Value]) -> tuple[Any, list[Any]]:
            settings = {**group, "lr": given["lr"]}
            xs: Any = [x]
            gs: Any = [-g if group["maximize"] else g]
            if group["weight_decay"]:
                xs, gs = traced.decayed(settings, xs, gs)
            t: Any = given["t"]
            columns: Any = tuple([s] for s in state)
            moved, new = traced.rule(settings, t, xs, gs, columns)
            return moved[0], [column[0] for column in new]

        return rule

    def __call__(self, data: Any) -> float:
        """One step on a batch; the loss before it."""
        step, t = self._step, self.steps + 1
        for group, fixed, settings in zip(self.optimizer.param_groups, self._settings, step.settings):
            if self._fixed(group) != fixed:
                self.write_back()
                self.read()
                return self(data)
            settings[0], settings[1] = group["lr"], t
        loss: float = step(data)
        if not isfinite(loss):
            if not isfinite(step.number):
                raise FloatingPointError(f"the loss is {step.number}")
            self._refuse("the gradient", step.gradient.tolist(), "nothing was moved")
        self.steps = t
        return loss

    @property
    def also(self) -> list[float]:
        """The means of the other numbers over the last batch."""
        return self.compiled.also()

    @property
    def theta(self) -> Any:
        """The parameters as an array, without the frozen ones; the machine code's own memory."""
        return self._step.theta

    def write_back(self) -> None:
        """Give the Values their numbers, and the optimiser its state.

        Raises FloatingPointError, and gives nothing, if a number is not finite.
        """
        found = self.theta.tolist()
        self._refuse("the number", found, "the Values keep what they had")
        for parameter, number in zip(self.parameters, found, strict=True):
            parameter.data = number
        for k, (chosen, state) in enumerate(zip(self._chosen, self._step.states, strict=True)):
            self.optimizer.take_state(k, chosen, self.steps, tuple(column.tolist() for column in state))

    def _refuse(self, what: str, numbers: Any, then: str) -> None:
        """Raise FloatingPointError for the first number of a parameter that is not finite, if there is one."""
        for i, parameter, number in zip(self._numbers, self.parameters, numbers):
            if not isfinite(number):
                raise FloatingPointError(f"{what} of parameter {i}, {parameter!r}, is {number!r}; {then}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.write_back()
