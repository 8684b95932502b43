"""Training steps as machine code: the loss recorded for one sample, and the rule of an optimiser, over a batch."""

import copy
import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from math import isfinite
from operator import itemgetter
from types import TracebackType
from typing import Any, NamedTuple, Self

import autograd
from autograd import Value
from nn.inputs.checks import called
from nn.inputs.optional import require
from nn.optimizing.optimizer import FirstOrderOptimizer


class _Set(NamedTuple):
    """Parameters of a group that were moved equally often, so that one rule moves them."""

    group: int
    chosen: list[int]
    """Their positions in the group."""
    steps: int
    """How often they were moved before."""
    fixed: tuple[Any, ...]
    """The settings that the recorded rule holds as numbers."""


class TrainingStep:
    """θ ← θ - η·∇L for a batch in one native call, with the rule of an optimiser.

    The parameters live in one array, `theta`, while it is at work; `write_back()` gives the Values their numbers and
    the gradient of the last batch, and the optimiser its state.  As a context manager it does so at the end.

    Args:
        loss: The loss of one sample, recorded.
        inputs: The leaves that a sample has numbers for, in the order of the columns of the data.
        optimizer: `SGD`, `Adam`, …; learning rates may be changed between steps.  A rule of your own must be made of
            operators and functions of `autograd`: TypeError if it asks for a number, as by `if` or `math.sqrt`.
        also: Other numbers of a sample whose means are wanted; after a step `also` has them.
        backend, threads: As of `autograd.compile`; beside a class such as `JaxKernel` the rule is machine code.
        reduce: Where several processes share each batch: a function that adds an array up over all of them, in place;
            then a call takes this process's share of a batch, and how many samples the batch has in all.
        max_norm: What the norm of a gradient may be, as of `clip_grad_norm_`; a longer one is scaled down.

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
        backend: Any = "llvm",
        threads: int = 1,
        reduce: Callable[[Any], None] | None = None,
        max_norm: float | None = None,
    ) -> None:
        if not isinstance(optimizer, FirstOrderOptimizer):
            raise TypeError(
                f"TrainingStep: the optimizer must move each parameter by its own gradient, as SGD and Adam do, "
                f"not {type(optimizer).__name__}"
            )
        require("numpy", "TrainingStep")
        self.optimizer = optimizer
        self._backend, self._reduce, self._max_norm = backend, reduce, max_norm
        self._compile = functools.partial(
            autograd.compile, loss, list(inputs), also=list(also), backend=backend, threads=threads
        )
        self._fixed = itemgetter(*(name for name in optimizer.settings if name != "lr"))
        self._numbers: list[int] | None = None
        self.read()

    def __repr__(self) -> str:
        return called("TrainingStep", repr(self.compiled), repr(self.optimizer))

    def read(self) -> None:
        """Take the parameters' numbers and the optimiser's state from where they are kept."""
        groups, state = self.optimizer.param_groups, self.optimizer.state_dict()["state"]
        parameters = self.optimizer.parameters
        # By group and number of steps, which a rule must know: each parameter's position in the group and number.
        alike: dict[tuple[int, int], list[tuple[int, int]]] = {}
        places = [(k, i) for k, group in enumerate(groups) for i in range(len(group["params"]))]
        for number, (k, i) in enumerate(places):
            if parameters[number].requires_grad:
                alike.setdefault((k, state[str(number)]["step"]), []).append((i, number))
        numbers = [number for some in alike.values() for _, number in some]
        if numbers != self._numbers:
            self._numbers = numbers
            self.parameters = [parameters[number] for number in numbers]
            self.compiled = self._compile(self.parameters)
        self.compiled.set_parameters([p.data for p in self.parameters])
        names = list(self.optimizer.buffers)
        updates, states, first = [], [], 0
        self._sets: list[_Set] = []
        self._made = 0
        for (k, steps), some in alike.items():
            settings = {"lr": groups[k]["lr"], "t": float(steps + 1)}
            updates.append((recorded_rule(self.optimizer, groups[k]), settings, len(names), first, len(some)))
            states.append([[state[str(number)][name] for _, number in some] for name in names])
            first += len(some)
            self._sets.append(_Set(k, [i for i, _ in some], steps, self._fixed(groups[k])))
        backend = self._backend if isinstance(self._backend, str) else "llvm"
        self._step = autograd.native_step(self.compiled, updates, states, backend, self._reduce, self._max_norm)
        self._step.gradient[:] = [p.grad or 0.0 for p in self.parameters]

    def __call__(self, data: Any, of: int | None = None) -> float:
        """One step on a batch, or on this share of a batch of so many samples; the loss before it."""
        step, groups, made = self._step, self.optimizer.param_groups, self._made + 1
        for (k, _, steps, fixed), settings in zip(self._sets, step.settings):
            group = groups[k]
            if self._fixed(group) != fixed:
                self.write_back()
                self.read()
                return self(data, of)
            settings[0], settings[1] = group["lr"], steps + made
        loss: float = step(data, of)
        if not isfinite(loss):
            if not isfinite(step.number):
                raise FloatingPointError(f"the loss is {step.number}")
            self._refuse("the gradient", step.gradient.tolist(), "nothing was moved")
        self._made = made
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
        """Give the Values their numbers and the gradient of the last batch, and the optimiser its state.

        Raises FloatingPointError, and gives nothing, if a number is not finite.
        """
        found = self.theta.tolist()
        self._refuse("the number", found, "the Values keep what they had")
        for parameter, number, slope in zip(self.parameters, found, self._step.gradient.tolist(), strict=True):
            parameter.data = number
            if isfinite(slope):  # not that of a batch that was refused
                parameter.grad = slope
        for (k, chosen, steps, _), state in zip(self._sets, self._step.states, strict=True):
            self.optimizer.take_state(k, chosen, steps + self._made, tuple(column.tolist() for column in state))

    def _refuse(self, what: str, numbers: Any, then: str) -> None:
        """Raise FloatingPointError for the first number of a parameter that is not finite, if there is one."""
        for i, parameter, number in zip(self._numbers or (), self.parameters, numbers):
            if not isfinite(number):
                raise FloatingPointError(f"{what} of parameter {i}, {parameter!r}, is {number!r}; {then}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.write_back()


def recorded_rule(optimizer: FirstOrderOptimizer, group: Mapping[str, Any]) -> Any:
    """The rule of an optimiser for one parameter of a group, on Values: what `autograd.native_step` records."""
    traced: Any = copy.copy(optimizer)
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
