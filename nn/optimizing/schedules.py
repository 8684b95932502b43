"""Learning rate schedules: PyTorch's names, argument order and defaults.

A schedule is a function of the number of steps so far, and sets the learning rate of every group of its optimiser:

>>> from nn.optimizing.optimizers import SGD
>>> x = Value(3.0)
>>> optimizer = SGD([x], lr=1.0)
>>> schedule = LinearLR(optimizer, start_factor=1.0, end_factor=0.1, total_iters=100)  # micrograd's 1 - 0.9·k/100
>>> for k in range(3):
...     optimizer.zero_grad()
...     (x * x).backward()
...     optimizer.step()
...     schedule.step()
>>> schedule.get_last_lr()
[0.973]
>>> schedule.rates(100)
[0.1]

PyTorch multiplies the rate of the step before; here every rate is computed from the first one.  The numbers are the
same, without the accumulated rounding.  What others set is gone on from, so schedules of one optimiser that are all
stepped multiply each other, as PyTorch's do.
"""

import math
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from nn.inputs.checks import brief, called, counted, number, whole_number
from nn.optimizing.optimizer import Optimizer
from nn.optimizing.schedule import Schedule, count


class LRScheduler(Schedule):
    """Base of the schedules by the step: ηₖ = η₀·multiplier(k) after k steps; a subclass defines `multiplier`.

    Args:
        optimizer: Whose learning rates to set.
        last_epoch: k - 1 to start with; -1 for the beginning.
        settings: Of the subclass, by name.

    η₀ is the learning rate when the schedule was made; the first one's stays in the group as "initial_lr".  Call `step`
    after that of the optimiser.  It goes on from a learning rate that was assigned since the last step: η₀ becomes what
    leads to it.  So the multipliers of several schedules of one optimiser, each of them stepped, are multiplied, as in
    PyTorch.  Raises TypeError for what is no optimiser, and for a setting of the wrong type, ValueError for one out of
    range.
    """

    progress: ClassVar = {"last_epoch": count}
    last_epoch: int

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1, **settings: Any) -> None:
        super().__init__(optimizer, settings)
        self.last_epoch = whole_number(f"{self._name}: last_epoch", last_epoch, least=-1) + 1
        groups = optimizer.param_groups
        if last_epoch >= 0 and not all("initial_lr" in group for group in groups):
            raise ValueError(
                f'{self._name}: to start at last_epoch={last_epoch} the groups need the "initial_lr" that an earlier '
                "schedule left there; load the state of the optimiser first"
            )
        firsts: list[float] = [group["initial_lr" if "initial_lr" in group else "lr"] for group in groups]
        self.base_lrs: list[float] = []
        self._begin(firsts, firsts if last_epoch >= 0 else [group["lr"] for group in groups])
        self._assign(self.rates(self.last_epoch))
        for group, first in zip(groups, firsts):
            group["initial_lr"] = first

    def _begin(self, firsts: list[float], now: list[float]) -> None:  # noqa: ARG002  # for schedules made of others
        """Take η₀ for each group, of the first learning rates and those now, which others may have set."""
        self.base_lrs = now

    def _based_on(self, rate: float, base: float, k: int) -> float:
        """The η₀ of which this rate comes after k steps; the one that there is, `base`, where none is told by it."""
        if type(self).multiplier is LRScheduler.multiplier:
            return base  # of a subclass with rates of its own
        multiplier = self.multiplier(k)
        return rate / multiplier if multiplier else base

    def _follow(self) -> None:
        """Go on from learning rates that others have set since the last step."""
        now = [group["lr"] for group in self.optimizer.param_groups]
        if now != self._last_lr and len(now) == len(self._last_lr):  # of other groups the next rates are refused
            self._rebase(now, self._last_lr, self.last_epoch)

    def _rebase(self, now: list[float], mine: list[float], k: int) -> None:
        self.base_lrs = [
            base if rate == own else self._based_on(rate, base, k) for rate, own, base in zip(now, mine, self.base_lrs)
        ]

    def multiplier(self, k: int) -> float:
        """ηₖ / η₀."""
        raise TypeError(f"{self._name} does not define multiplier({k})")

    def rates(self, k: int) -> list[float]:
        """The learning rates of the groups after k steps, whatever the step now: to look ahead, or to plot.

        >>> from nn.optimizing.optimizers import SGD
        >>> schedule = StepLR(SGD([Value(0.0)], lr=1.0), step_size=2, gamma=0.5)
        >>> [schedule.rates(k) for k in range(5)]
        [[1.0], [1.0], [0.5], [0.5], [0.25]]
        """
        multiplier = self.multiplier(count(f"{self._name}: k", k))
        return [base * multiplier for base in self.base_lrs]

    def step(self) -> None:
        """Set the learning rates after one more step; ValueError, and nothing changed, for one that is no rate."""
        self._follow()
        self._assign(self.rates(self.last_epoch + 1))
        self.last_epoch += 1

    def state_dict(self) -> dict[str, Any]:
        """As of all schedules, with η₀ as "base_lrs"."""
        self._follow()
        return self._state()

    def _state(self) -> dict[str, Any]:
        return {**super().state_dict(), "base_lrs": list(self.base_lrs)}

    def _checked_state(self, state: Mapping[str, Any], more: Sequence[str] = ()) -> dict[str, Any]:
        checked = super()._checked_state(state, ("base_lrs", *more))
        return {**checked, "base_lrs": self._rates_of_groups(f"{self._name}: base_lrs", state["base_lrs"])}

    def _set_state(self, state: dict[str, Any]) -> None:
        super()._set_state(state)
        self.base_lrs = state["base_lrs"]


class LambdaLR(LRScheduler):
    """A function of your own: ηₖ = η₀·f(k).

    Args:
        optimizer: Whose learning rates to set.
        lr_lambda: f, or a list of one a group.
        last_epoch: As of `LRScheduler`.

    Always from the first η₀, whatever other schedules have set.  The functions are not part of `state_dict`.

    >>> from nn.optimizing.optimizers import SGD
    >>> LambdaLR(SGD([Value(0.0)], lr=1.0), lambda k: 1 / (1 + k)).rates(3)
    [0.25]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        lr_lambda: Callable[[int], float] | Sequence[Callable[[int], float]],
        last_epoch: int = -1,
    ) -> None:
        groups = len(optimizer.param_groups) if isinstance(optimizer, Optimizer) else 1
        self.lr_lambdas: list[Any] = list(lr_lambda) if isinstance(lr_lambda, list | tuple) else [lr_lambda] * groups
        if len(self.lr_lambdas) != groups or not all(map(callable, self.lr_lambdas)):
            raise ValueError(f"LambdaLR: lr_lambda must be a function, or a list of {groups}, not {lr_lambda!r}")
        super().__init__(optimizer, last_epoch)

    def __repr__(self) -> str:
        names = [getattr(f, "__qualname__", brief(f)) for f in self.lr_lambdas]
        return called(self._name, *names, last_epoch=self.last_epoch)

    def _begin(self, firsts: list[float], now: list[float]) -> None:  # noqa: ARG002  # whatever others have set
        self.base_lrs = firsts

    def _rebase(self, now: list[float], mine: list[float], k: int) -> None:
        pass

    def rates(self, k: int) -> list[float]:
        """As of `LRScheduler`."""
        where = f"{self._name}: lr_lambda({k})"
        factors = [number(where, f(k), -math.inf, math.inf) for f in self.lr_lambdas]
        return [base * factor for base, factor in zip(self.base_lrs, factors, strict=True)]


class StepLR(LRScheduler):
    """Down every few steps: ηₖ = η₀·γ^⌊k / step_size⌋.

    >>> from nn.optimizing.optimizers import SGD
    >>> StepLR(SGD([Value(0.0)], lr=1.0), step_size=30, gamma=0.5).rates(60)
    [0.25]
    """

    settings: ClassVar = {"step_size": whole_number, "gamma": number}
    step_size: int
    gamma: float

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1) -> None:
        super().__init__(optimizer, last_epoch, step_size=step_size, gamma=gamma)

    def multiplier(self, k: int) -> float:
        """γ^⌊k / step_size⌋."""
        return self.gamma ** (k // self.step_size)


def _milestones(name: str, value: Any) -> list[int]:
    if not isinstance(value, list | tuple):
        raise TypeError(f"{name} must be a list of whole numbers, not {value!r}")
    return sorted(whole_number(name, k, least=0) for k in value)


class MultiStepLR(LRScheduler):
    """Down at given steps: ηₖ = η₀·γ^(number of milestones up to k).

    >>> from nn.optimizing.optimizers import SGD
    >>> MultiStepLR(SGD([Value(0.0)], lr=1.0), milestones=[30, 80], gamma=0.5).rates(80)
    [0.25]
    """

    settings: ClassVar = {"milestones": _milestones, "gamma": number}
    milestones: list[int]
    gamma: float

    def __init__(
        self, optimizer: Optimizer, milestones: Sequence[int], gamma: float = 0.1, last_epoch: int = -1
    ) -> None:
        super().__init__(optimizer, last_epoch, milestones=milestones, gamma=gamma)

    def multiplier(self, k: int) -> float:
        """γ^(number of milestones up to k)."""
        return self.gamma ** bisect_right(self.milestones, k)


class ExponentialLR(LRScheduler):
    """Down by the same share each step: ηₖ = η₀·γᵏ.

    >>> from nn.optimizing.optimizers import SGD
    >>> ExponentialLR(SGD([Value(0.0)], lr=1.0), gamma=0.5).rates(3)
    [0.125]
    """

    settings: ClassVar = {"gamma": number}
    gamma: float

    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1) -> None:
        super().__init__(optimizer, last_epoch, gamma=gamma)

    def multiplier(self, k: int) -> float:
        """γᵏ."""
        return self.gamma**k


class LinearLR(LRScheduler):
    """Along a line: ηₖ = η₀·(a + (b - a)·min(k, n) / n); warm-up if it rises.

    Args:
        optimizer: Whose learning rates to set.
        start_factor: a; 0 is possible here.
        end_factor: b.
        total_iters: n.
        last_epoch: As of `LRScheduler`.

    >>> from nn.optimizing.optimizers import SGD
    >>> LinearLR(SGD([Value(0.0)], lr=1.0), start_factor=0.5, total_iters=4).rates(1)
    [0.625]
    """

    settings: ClassVar = {"start_factor": number, "end_factor": number, "total_iters": whole_number}
    start_factor: float
    end_factor: float
    total_iters: int

    def __init__(
        self,
        optimizer: Optimizer,
        start_factor: float = 1.0 / 3,
        end_factor: float = 1.0,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:
        factors = {"start_factor": start_factor, "end_factor": end_factor}
        super().__init__(optimizer, last_epoch, **factors, total_iters=total_iters)

    def multiplier(self, k: int) -> float:
        """Of the line: a + (b - a)·min(k, n) / n."""
        if k >= self.total_iters:
            return self.end_factor
        return self.start_factor + (self.end_factor - self.start_factor) * k / self.total_iters


class ConstantLR(LRScheduler):
    """Multiplied by a factor for the first few steps: ηₖ = η₀·(factor if k < total_iters else 1).

    >>> from nn.optimizing.optimizers import SGD
    >>> schedule = ConstantLR(SGD([Value(0.0)], lr=1.0), factor=0.5, total_iters=4)
    >>> schedule.rates(3), schedule.rates(4)
    ([0.5], [1.0])
    """

    settings: ClassVar = {"factor": number, "total_iters": whole_number}
    factor: float
    total_iters: int

    def __init__(
        self, optimizer: Optimizer, factor: float = 1.0 / 3, total_iters: int = 5, last_epoch: int = -1
    ) -> None:
        super().__init__(optimizer, last_epoch, factor=factor, total_iters=total_iters)

    def multiplier(self, k: int) -> float:
        """The factor before total_iters steps, 1 from then on."""
        return self.factor if k < self.total_iters else 1.0


class CosineAnnealingLR(LRScheduler):
    """Half a wave down, and up again beyond T_max: ηₖ = η_min + (η₀ - η_min)·(1 + cos(π·k / T_max)) / 2.

    Beside other schedules it rises, beyond T_max, to what they have left of η₀; PyTorch's rises from the first η₀ anew.
    Source: Loshchilov and Hutter, arXiv:1608.03983.

    >>> from nn.optimizing.optimizers import SGD
    >>> CosineAnnealingLR(SGD([Value(0.0)], lr=1.0), T_max=10, eta_min=0.5).rates(5)
    [0.75]
    """

    settings: ClassVar = {"T_max": whole_number, "eta_min": number}
    T_max: int
    eta_min: float

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0, last_epoch: int = -1) -> None:  # noqa: N803
        super().__init__(optimizer, last_epoch, T_max=T_max, eta_min=eta_min)

    def rates(self, k: int) -> list[float]:
        """As of `LRScheduler`."""
        height = self._height(count(f"{self._name}: k", k))
        return [self.eta_min + (base - self.eta_min) * height for base in self.base_lrs]

    def _height(self, k: int) -> float:
        return (1.0 + math.cos(math.pi * k / self.T_max)) / 2.0

    def _based_on(self, rate: float, base: float, k: int) -> float:
        height = self._height(k)
        return max(self.eta_min + (rate - self.eta_min) / height, 0.0) if height else base


class SequentialLR(LRScheduler):
    """Schedules one after the other: from each milestone on the next one, which counts its steps from there.

    Args:
        optimizer: Whose learning rates to set.
        schedulers: Schedules of this optimiser; they are asked for `rates` only, not stepped.
        milestones: The first step of each but the first, rising.
        last_epoch: As of `LRScheduler`.

    >>> from nn.optimizing.optimizers import SGD
    >>> optimizer = SGD([Value(0.0)], lr=1.0)
    >>> warm_up = LinearLR(optimizer, start_factor=0.2, total_iters=4)
    >>> schedule = SequentialLR(optimizer, [warm_up, CosineAnnealingLR(optimizer, T_max=10)], milestones=[4])
    >>> [round(schedule.rates(k)[0], 3) for k in (0, 2, 4, 9, 14)]
    [0.2, 0.6, 1.0, 0.5, 0.0]
    """

    def __init__(
        self, optimizer: Optimizer, schedulers: Sequence[LRScheduler], milestones: Sequence[int], last_epoch: int = -1
    ) -> None:
        self.schedulers, self.milestones = list(schedulers), _milestones("SequentialLR: milestones", milestones)
        if not self.schedulers:
            raise ValueError("SequentialLR: there are no schedules")
        for schedule in self.schedulers:
            if not isinstance(schedule, LRScheduler):
                raise TypeError(
                    f"SequentialLR: schedulers must be functions of the step, not {type(schedule).__name__}"
                )
            if schedule.optimizer is not optimizer:
                raise ValueError("SequentialLR: the schedules must be made for this optimiser")
        if len(self.milestones) != len(self.schedulers) - 1:
            given = counted(len(self.milestones), "milestone")
            raise ValueError(f"SequentialLR: {counted(len(self.schedulers), 'schedule')}, but {given}: give one fewer")
        super().__init__(optimizer, last_epoch)

    def __repr__(self) -> str:
        return called(self._name, *map(repr, self.schedulers), milestones=self.milestones, last_epoch=self.last_epoch)

    def rates(self, k: int) -> list[float]:
        """As of `LRScheduler`."""
        i = bisect_right(self.milestones, k)
        return self.schedulers[i].rates(k - self.milestones[i - 1] if i else k)

    def _begin(self, firsts: list[float], now: list[float]) -> None:  # noqa: ARG002  # which the parts have set
        self.base_lrs = firsts
        for schedule in self.schedulers:
            schedule._begin(firsts, firsts)

    def _rebase(self, now: list[float], mine: list[float], k: int) -> None:
        i = bisect_right(self.milestones, k)
        self.schedulers[i]._rebase(now, mine, k - self.milestones[i - 1] if i else k)

    def _state(self) -> dict[str, Any]:
        parts = [schedule._state() for schedule in self.schedulers]
        return {**super()._state(), "milestones": list(self.milestones), "schedulers": parts}

    def _checked_state(self, state: Mapping[str, Any], more: Sequence[str] = ()) -> dict[str, Any]:
        checked = super()._checked_state(state, ("milestones", "schedulers", *more))
        milestones, parts = _milestones("SequentialLR: milestones", state["milestones"]), state["schedulers"]
        if len(parts) != len(self.schedulers) or len(milestones) != len(self.milestones):
            raise ValueError(f"SequentialLR.load_state_dict: this is the state of {counted(len(parts), 'schedule')}")
        checked_parts = [s._checked_state(part) for s, part in zip(self.schedulers, parts)]
        return {**checked, "milestones": milestones, "schedulers": checked_parts}

    def _set_state(self, state: dict[str, Any]) -> None:
        for schedule, part in zip(self.schedulers, state["schedulers"]):
            schedule._set_state(part)
        self.milestones = state["milestones"]
        super()._set_state(state)
