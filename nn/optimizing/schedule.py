"""The base of the schedules: settings, the learning rates of an optimiser, saving and loading."""

import copy
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from nn.inputs.checks import Check, called, checked_names, counted, number, whole_number
from nn.optimizing.optimizer import Optimizer


class Schedule:
    """What all schedules share: an optimiser, settings that are attributes, saving and loading."""

    settings: ClassVar[Mapping[str, Check]] = {}
    """The check of each setting."""
    progress: ClassVar[Mapping[str, Check]] = {}
    """The same of each attribute that steps change."""
    last_epoch: int

    def __init__(self, optimizer: Optimizer, settings: Mapping[str, Any]) -> None:
        if not isinstance(optimizer, Optimizer):
            raise TypeError(f"{self._name}: optimizer must be an optimiser, not {type(optimizer).__name__}")
        self.optimizer = optimizer
        for name, value in checked_settings(self._name, self.settings, settings).items():
            setattr(self, name, value)

    @property
    def _name(self) -> str:
        return type(self).__name__

    def __repr__(self) -> str:
        return called(self._name, **{name: getattr(self, name) for name in (*self.settings, "last_epoch")})

    def get_last_lr(self) -> list[float]:
        """The learning rates of the groups as last set here."""
        return list(self._last_lr)

    def _assign(self, rates: Sequence[float]) -> None:
        groups = self.optimizer.param_groups
        if len(rates) != len(groups):
            made = counted(len(rates), "group")
            raise ValueError(f"{self._name}: made for {made}, but the optimiser has {len(groups)} now; make it anew")
        checked = [number(f"{self._name}: the learning rate", rate) for rate in rates]
        for group, rate in zip(groups, checked):
            group["lr"] = rate
        self._last_lr = checked

    # ------------------------------------------------------------ saving and loading

    def state_dict(self) -> dict[str, Any]:
        """Where the schedule is, its settings, and the learning rates of the optimiser, as JSON can hold it."""
        lr = [group["lr"] for group in self.optimizer.param_groups]
        kept = {name: copy.copy(getattr(self, name)) for name in (*self.settings, *self.progress)}
        return {"scheduler": self._name, "lr": lr, **kept}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Continue from a `state_dict`, the learning rates of the optimiser included, before or after loading its own.

        Raises ValueError or TypeError, naming the difference, for the state of another schedule, of other numbers of
        groups, or with a setting out of range; then nothing is changed.
        """
        self._set_state(self._checked_state(state_dict))

    def _checked_state(self, state: Mapping[str, Any], more: Sequence[str] = ()) -> dict[str, Any]:
        where = f"{self._name}.load_state_dict"
        checks = {"lr": self._rates_of_groups, **self.settings, **self.progress}
        checked_names(where, state, ("scheduler", *checks, *more))
        if state["scheduler"] != self._name:
            raise ValueError(f"{where}: this is the state of {state['scheduler']!r}")
        return checked_settings(where, checks, state)

    def _rates_of_groups(self, name: str, value: Any) -> list[float]:
        rates, size = rates_of(name, value), len(self.optimizer.param_groups)
        if len(rates) != size:
            raise ValueError(f"{name} must be a list of {size}, one a group, not {value!r:.60}")
        return rates

    def _set_state(self, state: dict[str, Any]) -> None:
        for name in (*self.settings, *self.progress):
            setattr(self, name, state[name])
        self._assign(state["lr"])


def checked_settings(where: str, checks: Mapping[str, Check], given: Mapping[str, Any]) -> dict[str, Any]:
    """Each value as its check returns it."""
    return {name: check(f"{where}: {name}", given[name]) for name, check in checks.items()}


def rates_of(name: str, value: Any) -> list[float]:
    """The value as a list of learning rates."""
    if not isinstance(value, list | tuple):
        raise TypeError(f"{name} must be a list of learning rates, not {value!r}")
    return [number(name, rate) for rate in value]


def count(name: str, value: Any) -> int:
    """The value as an int of at least 0."""
    return whole_number(name, value, 0)
