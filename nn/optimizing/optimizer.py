"""The bases of the optimisers: parameters in groups with settings, steps, saving and loading.

`Optimizer` holds the parameters in groups, each with its settings.  `FirstOrderOptimizer` moves them; a subclass states
its settings, the numbers that it keeps of each parameter, and its rule, on lists with one number a parameter.  A rule
of operators and functions of `autograd` can be compiled too; one with `if`, `max` or `math.sqrt` is refused there.

>>> from autograd import sign
>>> class SignDescent(FirstOrderOptimizer):
...     def __init__(self, parameters, lr=1e-3):
...         super().__init__(parameters, {"lr": lr})
...     def rule(self, settings, t, xs, gs, state):
...         return [x - settings["lr"] * sign(g) for x, g in zip(xs, gs)], state
>>> x = Value(1.0)
>>> optimizer = SignDescent([x], lr=0.25)
>>> (x * x).backward()
>>> optimizer.step()
>>> x.data
0.75
"""

import math
import numbers
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar, TypeVar

from autograd import Value, arguments, enable_grad
from nn.inputs.checks import Check, checked_names, flag, number, whole_number

Settings = dict[str, Any]
Parameters = Iterable[Value] | Iterable[Settings]
Closure = Callable[[], Any]
Item = TypeVar("Item")
Numbers = list[float]  # one a parameter
State = tuple[Numbers, ...]  # what a rule keeps: a list for each of its buffers


class Optimizer:
    """Base of the optimisers: parameters in groups with settings, and saving and loading.

    Args:
        parameters: Values; or groups, dicts of "params" and of settings that differ from the defaults.
        defaults: The settings by name.

    `param_groups` is the list of groups.  Raises ValueError for no parameters, for one given twice and for one that is
    no leaf, TypeError for what is not a Value, and for a setting out of range or of an unknown name; so does `step`
    for a setting that was assigned since, before anything is moved.

    >>> from nn import SGD
    >>> w = Value(3.0)
    >>> optimizer = SGD([w], lr=0.1)
    >>> (w * w).backward()
    >>> optimizer.step()
    >>> w.data
    2.4
    """

    settings: ClassVar[Mapping[str, Check]] = {"lr": number}
    """The check of each setting."""

    def __init__(self, parameters: Parameters, defaults: Settings) -> None:
        self.defaults = self._checked(defaults)
        self.param_groups: list[Settings] = []
        for group in self._groups_of(parameters):
            self.add_param_group(group)
        if not self.parameters:
            raise ValueError(f"{self._name}: there are no parameters")

    @property
    def _name(self) -> str:
        return type(self).__name__

    def __repr__(self) -> str:
        one = len(self.param_groups) == 1
        shown = [
            arguments.called(
                self._name if one else "",
                arguments.counted(len(group["params"]), "parameter"),
                **{name: group[name] for name in self.settings},
            )
            for group in self.param_groups[:4]
        ]
        more = [f"… {arguments.counted(len(self.param_groups) - 4, 'more group')}"] * (len(self.param_groups) > 4)
        return shown[0] if one else arguments.called(self._name, *shown, *more)

    @property
    def parameters(self) -> list[Value]:
        """The parameters of all groups, in the order of the numbers that `state_dict` and messages give them."""
        return [parameter for group in self.param_groups for parameter in group["params"]]

    @property
    def lr(self) -> float:
        """The learning rate, of the first group; assigning sets that of all groups."""
        return self.param_groups[0]["lr"]  # type: ignore[no-any-return]  # checked to be a float

    @lr.setter
    def lr(self, lr: float) -> None:
        checked = number(f"{self._name}: lr", lr)
        for group in self.param_groups:
            group["lr"] = checked

    def _groups_of(self, parameters: Any) -> list[Any]:
        if isinstance(parameters, Value | Mapping | set | frozenset) or not isinstance(parameters, Iterable):
            raise TypeError(
                f"{self._name}: parameters must be a sequence of Values such as model.parameters(), or of dicts, "
                f"not {type(parameters).__name__}"
            )
        items = list(parameters)
        return items if items and all(isinstance(item, dict) for item in items) else [{"params": items}]

    def _checked(self, given: Mapping[str, Any]) -> Settings:
        """The settings of a group, "params" aside, all of them there and in range."""
        checks = self.settings
        checked_names(f"{self._name}: settings", given, checks, optional=("params", "initial_lr"))
        checked = {name: check(f"{self._name}: {name}", given[name]) for name, check in checks.items()}
        if "initial_lr" in given:  # put there by a schedule
            checked["initial_lr"] = number(f"{self._name}: initial_lr", given["initial_lr"])
        return checked

    def add_param_group(self, param_group: Settings) -> None:
        """Add a group, a dict of "params" and of the settings that differ from the defaults; errors as of the class.

        >>> from nn import SGD
        >>> optimizer = SGD([Value(1.0)], lr=0.1)
        >>> optimizer.add_param_group({"params": [Value(2.0)], "lr": 0.01})
        >>> [group["lr"] for group in optimizer.param_groups]
        [0.1, 0.01]
        """
        if not isinstance(param_group, dict) or "params" not in param_group:
            raise TypeError(f'{self._name}: a group must be a dict with "params", not {param_group!r:.60}')
        params = param_group["params"]
        added = [params] if isinstance(params, Value) else list(arguments.in_order(params, f"{self._name}: params"))
        known = set(self.parameters)
        for i, parameter in enumerate(added, start=len(known)):
            if not isinstance(parameter, Value):
                raise TypeError(f"{self._name}: parameters must be Values, not {type(parameter).__name__}")
            if parameter.primitive is not None:
                raise ValueError(
                    f"{self._name}: parameter {i} is the result of {parameter.primitive.name}, and only leaves can be "
                    "moved; detach() makes one"
                )
            if parameter in known:
                raise ValueError(f"{self._name}: parameter {i} is there twice: {parameter!r}")
            known.add(parameter)
        self.param_groups.append({"params": added, **self._checked({**self.defaults, **param_group})})

    def zero_grad(self, set_to_none: bool = False) -> None:
        """Set the `grad` of every parameter to 0; or to None, and `step` passes it over until backward() reaches it."""
        grad: Any = None if flag(f"{self._name}.zero_grad: set_to_none", set_to_none) else 0.0
        for parameter in self.parameters:
            parameter.grad = grad

    def step(self, closure: Closure | None = None) -> Any:  # noqa: ARG002  # for subclasses
        """Move the parameters; a closure, which returns the loss, is called first and its loss returned."""
        raise TypeError(f"{self._name} does not define step()")

    def _warn_without_gradients(self, loss: Any) -> None:
        """Of a first step that teaches nothing: no backward() yet, or one on a loss of other parameters.

        A loss that a closure returned and that backward() was called on may have gradients of 0.
        """
        trained = [parameter for parameter in self.parameters if parameter.requires_grad]
        if trained and not getattr(loss, "grad", None) and not any(parameter.grad for parameter in trained):
            warnings.warn(
                f"{self._name}.step: the gradient of every parameter is 0 or None; has backward() been called, on a "
                "loss that depends on them, since zero_grad()?",
                RuntimeWarning,
                stacklevel=3,
            )

    # ------------------------------------------------------------ saving and loading

    def state_dict(self) -> Settings:
        """All that a resumed training needs besides the parameters, as JSON can hold it: dicts, lists, numbers, text.

        As PyTorch's: {"state": numbers kept of each parameter by its number, "param_groups": settings, and the numbers
        of the parameters}, and the class as "optimizer".
        """
        groups, first = [], 0
        for group in self.param_groups:
            numbered = list(range(first, first + len(group["params"])))
            first += len(numbered)
            kept = {key: list(value) if isinstance(value, tuple) else value for key, value in group.items()}
            groups.append({**kept, "params": numbered})
        return {"optimizer": self._name, "state": self._saved_state(), "param_groups": groups}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Continue from a `state_dict`: bit for bit, once the parameters have their numbers back too.

        Raises ValueError or TypeError, naming the difference, for the state of another optimiser, of other numbers of
        parameters, or with settings or numbers out of range; then nothing is changed.
        """
        where = f"{self._name}.load_state_dict"
        checked_names(where, state_dict, ("optimizer", "state", "param_groups"))
        if state_dict["optimizer"] != self._name:
            raise ValueError(f"{where}: this is the state of {state_dict['optimizer']!r}")
        groups = state_dict["param_groups"]
        if not isinstance(groups, list):
            raise TypeError(f"{where}: param_groups must be a list of dicts, not {type(groups).__name__}")
        for group in groups:
            checked_names(f"{where}: a group", group, ("params", *self.settings), optional=("initial_lr",))
        sizes, found = ([len(group["params"]) for group in some] for some in (self.param_groups, groups))
        if found != sizes:
            raise ValueError(f"{where}: the groups have {sizes} parameters, but those of the state {found}")
        loaded = [{"params": old["params"], **self._checked(new)} for old, new in zip(self.param_groups, groups)]
        state = self._checked_state(where, state_dict["state"])
        self.param_groups[:] = loaded
        self._set_state(state)

    def _saved_state(self) -> Settings:
        return {}

    def _checked_state(self, where: str, state: Mapping[str, Any]) -> Any:
        checked_names(where, state, ())

    def _set_state(self, state: Any) -> None:
        """Take over what `_checked_state` returned."""


def loss_of(closure: Closure) -> Any:
    """The loss of a closure, run with recording on."""
    if not callable(closure):
        raise TypeError(f"step: closure must be a function without arguments that returns the loss, not {closure!r}")
    with enable_grad():
        return closure()


@contextmanager
def all_or_nothing(parameters: Sequence[Value], before: Numbers) -> Iterator[None]:
    """Give the parameters back the numbers they had before if what is inside fails or is interrupted (Ctrl-C)."""
    try:
        yield
    except BaseException:
        for parameter, x in zip(parameters, before, strict=True):
            parameter.data = x
        raise


class FirstOrderOptimizer(Optimizer):
    """Base of the optimisers that move each parameter by its own gradient.

    A parameter that is frozen (`requires_grad` is False) or whose `grad` is None is left alone: no weight decay, no
    momentum.  All new numbers are computed before the first is assigned.
    """

    settings: ClassVar[Mapping[str, Check]] = {"lr": number, "weight_decay": number, "maximize": flag}
    buffers: ClassVar[Mapping[str, float]] = {}
    """The numbers that the rule keeps of each parameter: PyTorch's name of each, and its first value."""
    sqrt: Callable[[Any], Any] = staticmethod(math.sqrt)
    larger: Callable[[Any, Any], Any] = staticmethod(max)
    """What a rule takes for √ and max, so that it can be recorded with those of `autograd` and compiled."""

    def __init__(self, parameters: Parameters, defaults: Settings) -> None:
        self._steps: list[list[int]] = []  # by group and parameter: how often it was moved
        self._states: list[State] = []  # by group
        super().__init__(parameters, {"weight_decay": 0.0, "maximize": False, **defaults})

    def add_param_group(self, param_group: Settings) -> None:
        """As of `Optimizer`."""
        super().add_param_group(param_group)
        group = self.param_groups[-1]
        size = len(group["params"])
        self._steps.append([0] * size)
        self._states.append(tuple([first] * size for first in self.first_state(group)))

    def first_state(self, settings: Settings) -> Iterable[float]:  # noqa: ARG002  # for subclasses
        """The first value of each buffer."""
        return self.buffers.values()

    def rule(self, settings: Settings, t: int, xs: Numbers, gs: Numbers, state: State) -> tuple[Numbers, State]:  # noqa: ARG002
        """The new numbers and the new state of parameters at their t-th step, counted from 1.

        Args:
            settings: Of the group.
            t: The number of the step.
            xs: The numbers of the parameters.
            gs: Their gradients.
            state: The buffers, each a list as long.
        """
        raise TypeError(f"{self._name} does not define rule()")

    def decayed(self, settings: Settings, xs: Numbers, gs: Numbers) -> tuple[Numbers, Numbers]:
        """Weight decay: numbers and gradients as the rule is to see them, λ·x added to the gradients."""
        decay = settings["weight_decay"]
        return xs, [g + decay * x for x, g in zip(xs, gs)]

    def step(self, closure: Closure | None = None) -> Any:
        """Move every parameter by its gradient; a closure, which returns the loss, is called first, its loss returned.

        Raises FloatingPointError, naming the parameter, if a gradient or a new number is nan or inf, and then moves
        nothing.  (PyTorch would spoil the weights.)
        """
        loss = None if closure is None else loss_of(closure)
        if not any(map(any, self._steps)):
            self._warn_without_gradients(loss)
        parameters: list[Value] = []
        before: Numbers = []
        after: Numbers = []
        steps, states = list(self._steps), list(self._states)
        for k, group in enumerate(self.param_groups):
            settings = self._checked(group)
            if len(group["params"]) != len(steps[k]):
                raise ValueError(f"{self._name}.step: group {k} has grown; add parameters by add_param_group()")
            for chosen in _alike(group["params"], steps[k]):
                some = _pick(group["params"], chosen)
                t = steps[k][chosen[0]] + 1
                xs = [parameter.data for parameter in some]
                moved, state = self._moved(settings, t, some, xs, tuple(_pick(b, chosen) for b in states[k]))
                parameters += some
                before += xs
                after += moved
                states[k] = tuple(_put(b, chosen, new) for b, new in zip(states[k], state))
                steps[k] = _put(steps[k], chosen, [t] * len(chosen))
        with all_or_nothing(parameters, before):
            for parameter, x in zip(parameters, after):
                parameter.data = x
        self._steps, self._states = steps, states
        return loss

    def _moved(
        self, settings: Settings, t: int, parameters: list[Value], xs: Numbers, state: State
    ) -> tuple[Numbers, State]:
        """The rule with all that is common to all rules."""
        gs = self._finite("the gradient", parameters, [parameter.grad for parameter in parameters])
        if settings["maximize"]:
            gs = [-g for g in gs]
        if settings["weight_decay"]:
            xs, gs = self.decayed(settings, xs, gs)
        try:
            moved, state = self.rule(settings, t, xs, gs, state)
        except (ZeroDivisionError, OverflowError) as error:
            raise FloatingPointError(f"{self._name}.step: {error}; nothing was moved.  Is eps 0?") from None
        return self._finite("the new number", parameters, moved), state

    def _finite(self, what: str, parameters: list[Value], found: Numbers) -> Numbers:
        try:
            total = sum(found)  # not finite if any is not, and five times as fast as asking each
        except TypeError:
            total = math.nan
        if total.__class__ is float and math.isfinite(total):
            return found
        for parameter, x in zip(parameters, found):
            if not isinstance(x, numbers.Real) or not math.isfinite(x):
                i = self.parameters.index(parameter)
                raise FloatingPointError(
                    f"{self._name}.step: {what} of parameter {i}, {parameter!r}, is {x!r}; nothing was moved"
                )
        return [float(x) for x in found]  # NumPy's float32 would drag all that follows down to its precision

    # ------------------------------------------------------------ saving and loading

    def _saved_state(self) -> Settings:
        rows = [
            (t, row)
            for steps, state in zip(self._steps, self._states)
            for t, row in zip(steps, zip(*state) if state else [()] * len(steps))
        ]
        return {str(i): {"step": t, **dict(zip(self.buffers, row))} for i, (t, row) in enumerate(rows)}

    def _checked_state(self, where: str, state: Mapping[str, Any]) -> tuple[list[list[int]], list[State]]:
        checked_names(f"{where}: state", state, [str(i) for i in range(len(self.parameters))])
        for i, row in state.items():
            checked_names(f"{where}: state of parameter {i}", row, ("step", *self.buffers))
        steps, states, numbered = [], [], iter(range(len(self.parameters)))
        for group in self.param_groups:
            rows = [state[str(next(numbered))] for _ in group["params"]]
            steps.append([whole_number(f"{where}: step", row["step"], 0) for row in rows])
            states.append(
                tuple(
                    [number(f"{where}: {name}", row[name], -math.inf, math.inf) for row in rows]
                    for name in self.buffers
                )
            )
        return steps, states

    def _set_state(self, state: tuple[list[list[int]], list[State]]) -> None:
        self._steps, self._states = state

    def take_state(self, group: int, chosen: Sequence[int], t: int, state: State) -> None:
        """Take what the rule keeps of some parameters of a group that other code has moved, t times in all."""
        self._steps[group] = _put(self._steps[group], chosen, [t] * len(chosen))
        self._states[group] = tuple(_put(b, chosen, new) for b, new in zip(self._states[group], state, strict=True))


def _alike(parameters: list[Value], steps: list[int]) -> Iterable[Sequence[int]]:
    """The positions of the parameters to move, in sets of those that were moved equally often: all but always one."""
    # A plain Value is never frozen: not asking it saves a fifth of a step of SGD.
    moving = [i for i, p in enumerate(parameters) if p.grad is not None and (p.__class__ is Value or p.requires_grad)]
    if moving and steps.count(steps[0]) == len(steps):
        return [moving]
    by_steps: dict[int, list[int]] = {}
    for i in moving:
        by_steps.setdefault(steps[i], []).append(i)
    return by_steps.values()


def _pick(items: list[Item], chosen: Sequence[int]) -> list[Item]:
    return items if len(chosen) == len(items) else [items[i] for i in chosen]


def _put(items: list[Item], chosen: Sequence[int], new: list[Item]) -> list[Item]:
    """A copy of the items with new ones in the chosen places."""
    if len(chosen) == len(items):
        return new
    items = items.copy()
    for i, item in zip(chosen, new, strict=True):
        items[i] = item
    return items
