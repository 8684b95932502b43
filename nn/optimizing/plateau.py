"""The schedule that looks at how training goes."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from autograd import Value
from nn.inputs.checks import Check, fraction, number
from nn.optimizing.optimizer import Optimizer
from nn.optimizing.schedule import Schedule, count, rates_of


def one_of(*choices: str) -> Check:
    """A check that the value is one of the choices."""

    def check(name: str, value: Any) -> str:
        if value not in choices:
            raise ValueError(f"{name} must be one of {', '.join(choices)}, not {value!r}")
        return str(value)

    return check


def number_or_none(name: str, value: Any) -> float | None:
    """The value as a float, or None."""
    return None if value is None else number(name, value, -math.inf, math.inf)


class ReduceLROnPlateau(Schedule):
    """Down when a metric stops improving: η ← max(η·factor, min_lr) after more than `patience` steps without.

    Args:
        optimizer: Whose learning rates to set.
        mode: "min" if less is better, "max" if more is.
        factor: Of the reduction, in [0, 1).
        patience: How many steps without an improvement are tolerated.
        threshold: By how much the metric must pass the best so far: a share of it, or the difference itself …
        threshold_mode: … in mode "rel", or in mode "abs".
        cooldown: Steps after a reduction that are not counted.
        min_lr: The lowest rate, or a list of one a group.
        eps: A change that is not larger is left out.

    >>> from nn.optimizing.optimizers import SGD
    >>> optimizer = SGD([Value(0.0)], lr=1.0)
    >>> schedule = ReduceLROnPlateau(optimizer, factor=0.5, patience=1)
    >>> for loss in (3.0, 2.0, 2.0, 2.0):
    ...     schedule.step(loss)
    >>> optimizer.lr
    0.5
    """

    settings: ClassVar = {
        "mode": one_of("min", "max"),
        "factor": fraction,
        "patience": count,
        "threshold": number,
        "threshold_mode": one_of("rel", "abs"),
        "cooldown": count,
        "min_lr": rates_of,
        "eps": number,
    }
    progress: ClassVar = {
        "last_epoch": count,
        "best": number_or_none,
        "num_bad_epochs": count,
        "cooldown_counter": count,
    }
    mode: str
    factor: float
    patience: int
    threshold: float
    threshold_mode: str
    cooldown: int
    min_lr: list[float]
    eps: float
    best: float | None

    def __init__(
        self,
        optimizer: Optimizer,
        mode: str = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: str = "rel",
        cooldown: int = 0,
        min_lr: float | Sequence[float] = 0.0,
        eps: float = 1e-8,
    ) -> None:
        groups = len(optimizer.param_groups) if isinstance(optimizer, Optimizer) else 1
        settings = {"mode": mode, "factor": factor, "patience": patience, "threshold": threshold, "eps": eps}
        more = {"threshold_mode": threshold_mode, "cooldown": cooldown}
        each = min_lr if isinstance(min_lr, list | tuple) else [min_lr] * groups
        super().__init__(optimizer, {**settings, **more, "min_lr": each})
        self._rates_of_groups("ReduceLROnPlateau: min_lr", self.min_lr)
        self.last_epoch = self.num_bad_epochs = self.cooldown_counter = 0
        self.best = None
        self._last_lr = [group["lr"] for group in optimizer.param_groups]

    @property
    def in_cooldown(self) -> bool:
        """Whether a reduction is so recent that steps without improvement are not counted."""
        return self.cooldown_counter > 0

    def step(self, metrics: Any) -> None:
        """Take in the metric of this step, a number or a Value; ValueError for nan, and then nothing is changed."""
        found = metrics.data if isinstance(metrics, Value) else metrics
        metric = number("ReduceLROnPlateau.step: metrics", found, -math.inf, math.inf)
        improved = self._improved(metric)
        bad = 0 if improved or self.in_cooldown else self.num_bad_epochs + 1
        reduced = bad > self.patience
        self._assign(self._reduced() if reduced else [group["lr"] for group in self.optimizer.param_groups])
        self.last_epoch += 1
        if improved:
            self.best = metric
        self.num_bad_epochs = 0 if reduced else bad
        self.cooldown_counter = self.cooldown if reduced else max(self.cooldown_counter - 1, 0)

    def _improved(self, metric: float) -> bool:
        if self.best is None:
            return metric != (math.inf if self.mode == "min" else -math.inf)
        margin = self.threshold * (self.best if self.threshold_mode == "rel" else 1.0)
        return metric < self.best - margin if self.mode == "min" else metric > self.best + margin

    def _reduced(self) -> list[float]:
        rates = []
        for group, lowest in zip(self.optimizer.param_groups, self.min_lr):
            reduced = max(group["lr"] * self.factor, lowest)
            rates.append(reduced if group["lr"] - reduced > self.eps else group["lr"])
        return rates

    def _checked_state(self, state: Mapping[str, Any], more: Sequence[str] = ()) -> dict[str, Any]:
        checked = super()._checked_state(state, more)
        self._rates_of_groups("ReduceLROnPlateau: min_lr", checked["min_lr"])
        return checked
