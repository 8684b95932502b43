"""Gradient checkpointing: store little in the forward pass, and run parts of it again in the backward pass.

A segment is one call of a checkpointed function.  Its first run records nothing, and its results are nodes whose
operands are the inputs of the segment: the Values among its arguments, and those that it uses from outside, such as
the parameters of a model.  When a sweep reaches the results, the segment runs again, now recorded, and is swept.

`checkpoint` makes one segment of a function.  `checkpoint_sequential` divides a long sequence of steps so that the
steps run again as rarely as a given number of stored states allows: the schedule of `revolve`.

Sources: seeds, "6.3 Reverse-Mode Automatic Differentiation", figure E6.1; Griewank and Walther, "Algorithm 799:
revolve", ACM Transactions on Mathematical Software 26 (2000); Griewank and Walther, "Evaluating Derivatives" (2008),
chapter 12.
"""

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import wraps
from typing import Any

from autograd.core.mode import current, enable_grad, is_grad_enabled, no_grad
from autograd.core.tree import Rebuild, flatten
from autograd.core.value import Value
from autograd.spellings import local_names
from autograd.transforms.checkpoints.revolve import revolve_schedule
from autograd.transforms.checkpoints.segment import Segment, pull_back
from autograd.transforms.checkpoints.witness import State, Witness

Step = Callable[[Any], Any]
Recorded = tuple[int, State, list[Any], list[Any]]
"""A step, the state before it, fresh leaves with its numbers, and what the step gave for them, recorded."""


@local_names
def checkpoint(function: Callable[..., Any]) -> Callable[..., Any]:
    """The same function, which keeps only its inputs for the backward pass and runs again there.

    It takes and returns Values, also in lists, tuples, dicts and arrays; what else is among its arguments is passed on.
    Values that it uses from outside get their gradient too.  Derivatives of any order and all transforms are right;
    `backward()` runs it once more whatever the number of results, a recorded sweep once a result.

    The function must give the same each time, and keep no Value from one call to the next.  In the backward pass a
    RuntimeError says so if the data of an input has changed, or if the second run gives another result.
    Raises TypeError if the function cannot be called or returns what is no structure of numbers.

    Memory: the inputs.  Time: one more run.  Source: seeds, "6.3 Reverse-Mode Automatic Differentiation".

    >>> from autograd import topological_order
    >>> x, w = Value(2.0), Value(3.0)
    >>> y = checkpoint(lambda h: (h * w).sin() * h)(x)
    >>> len(topological_order(y))  # y, x and w: what is between them is not stored
    3
    >>> y.backward()
    >>> f"{w.grad:.6f}"
    '3.840681'
    """
    if not callable(function):
        raise TypeError(f"checkpoint: takes a function of Values, not {function!r}; write checkpoint(f)(x)")

    @wraps(function, updated=())
    def checkpointed(*args: Any, **kwargs: Any) -> Any:
        if not is_grad_enabled() or current().traces:  # machine code stores no graph
            return function(*args, **kwargs)
        inputs: list[Any] = []
        fill = _take_out((args, kwargs), inputs)

        def call(leaves: Iterable[Any]) -> Any:
            filled_args, filled_kwargs = fill(iter(leaves))
            return function(*filled_args, **filled_kwargs)

        if all(isinstance(x, Value) for x in inputs):
            segment = Segment(f"checkpoint({_name(function)})", inputs, call)
            if segment.record():
                return segment.publish()
        return function(*args, **kwargs)  # dual numbers, which leave no graph and need no checkpoint

    return checkpointed


def checkpoint_sequential(functions: Iterable[Step], x: Any, memory_budget: int) -> Any:
    """The last of the functions of … of the first of x, stored as `memory_budget` states at most.

    Args:
        functions: Steps from state to state.
        x: The first state: a Value, or a list, tuple or dict of Values and numbers.
        memory_budget: How many states are stored at a time, the first one, x, among them.

    For l steps and c states the functions are called l + t(l, c) times, the backward pass included: each step once
    recorded, and t times in all without recording, which is the least possible (see `revolve_schedule`).
    A second backward pass calls them as often again.  Requirements and errors as for `checkpoint`; ValueError if
    memory_budget is no whole number of at least 1.  Recorded sweeps, and transforms but `grad`, store all steps.

    Source: Griewank and Walther, ACM TOMS 26 (2000).

    >>> x, a = Value(1.0), Value(0.5)
    >>> y = checkpoint_sequential([lambda h: (h * a).sin()] * 1000, x, memory_budget=4)
    >>> y.backward()
    >>> a.grad != 0.0
    True
    """
    steps = tuple(functions)
    for i, step in enumerate(steps):
        if not callable(step):
            raise TypeError(f"checkpoint_sequential: functions[{i}] must be a function of a state, not {step!r}")
    revolve_schedule(max(len(steps), 1), memory_budget)  # its errors belong here, not in the backward pass
    leaves, rebuild = flatten(x, "checkpoint_sequential: x")
    if (
        steps
        and is_grad_enabled()
        and not current().traces
        and all(leaf.__class__ is float or isinstance(leaf, Value) for leaf in leaves)
    ):
        segment = _Sequence(steps, memory_budget, leaves, rebuild)
        if segment.record():
            return segment.publish()
    return _compose(steps, x)


def _compose(steps: Sequence[Step], state: Any) -> Any:
    for step in steps:
        state = step(state)
    return state


def _name(function: Any) -> str:
    return getattr(function, "__name__", type(function).__name__)


def _take_out(tree: Any, found: list[Any]) -> Callable[[Iterator[Any]], Any]:
    """Append the Values of nested lists, tuples, dicts and arrays; the function returned puts others in their places.

    Unlike `flatten` it lets pass whatever is no number: a function has other arguments too.  Lists, dicts and arrays
    are made anew for each run, which may write into them.
    """
    if hasattr(tree, "_apply_primitive"):
        found.append(tree)
        return next
    if type(tree) in (list, tuple):
        parts = [_take_out(child, found) for child in tree]
        return lambda source: type(tree)([part(source) for part in parts])
    if type(tree) is dict:
        named = {key: _take_out(child, found) for key, child in tree.items()}
        return lambda source: {key: part(source) for key, part in named.items()}
    if (numpy := sys.modules.get("numpy")) is None or type(tree) is not numpy.ndarray:
        return lambda _: tree
    kept, items = (
        tree.copy(),
        [_take_out(item, found) for item in tree.ravel().tolist()] if tree.dtype == object else [],
    )

    def array(source: Iterator[Any]) -> Any:
        made = kept.copy()
        for i, item in enumerate(items):
            made.flat[i] = item(source)
        return made

    return array


class _Sequence(Segment):
    """A segment of steps, which runs again by the schedule of `revolve`.

    Its first run is the beginning of the schedule, up to the last step, which is recorded already.
    """

    def __init__(self, steps: Sequence[Step], budget: int, leaves: Sequence[Any], rebuild: Rebuild) -> None:
        self.steps = steps
        self.budget = budget
        self.start = State(leaves, rebuild)
        self.begun: tuple[Iterator[tuple[int, State]], Recorded] | None = None
        super().__init__("checkpoint_sequential", [x for x in leaves if x.__class__ is not float])

    def run(self, inputs: Iterable[Any]) -> Any:
        """All steps, for sweeps that record."""
        start, source = self.start, iter(inputs)
        leaves = [next(source) if live else x for x, live in zip(start.numbers, start.is_value, strict=True)]
        return _compose(self.steps, start.rebuild(leaves))

    def _first_run(self, witness: Witness) -> State:
        leaves = self.start.leaves(witness.leaf)
        states = _follow(self.steps, self.budget, leaves, self.start.rebuild, witness)
        del leaves
        with witness.mode():
            step, before = next(states)
        inputs = before.leaves(witness.leaf)
        with witness.mode(keep=True):
            outputs, rebuild = self._run_step(step, before, inputs)
        self.begun = states, (step, before, inputs, outputs)
        return witness.result(outputs, rebuild)

    def _run_step(self, step: int, before: State, inputs: Sequence[Any]) -> tuple[list[Any], Rebuild]:
        with enable_grad():
            result = self.steps[step](before.rebuild(inputs))
        return flatten(result, f"{self.name}: the result of functions[{step}]")

    def _recorded_steps(self) -> Iterator[Recorded]:
        begun, self.begun = self.begun, None  # of use once: a second sweep begins the schedule anew
        if begun is None:
            states = _follow(self.steps, self.budget, self.start.leaves(), self.start.rebuild)
        else:
            states, recorded = begun
            yield recorded
        for step, before in states:
            inputs = before.leaves()
            outputs, _ = self._run_step(step, before, inputs)
            yield step, before, inputs, outputs

    def pull(self, weights: dict[int, float]) -> None:
        """Add Σ weight · ∂result/∂operand to the `grad` of every operand, step by step."""
        self.check_operands()
        after = self.end.numbers
        for step, before, inputs, outputs in self._recorded_steps():
            self.check_same(outputs, after, f" at functions[{step}]")
            adjoints = pull_back(outputs, weights, inputs, self.outsiders())
            weights = {i: adjoint for i, adjoint in enumerate(adjoints) if adjoint is not None}
            if not weights:
                return
            after = before.numbers
        self.hand_on(self.inputs, [weights.get(i) for i, live in enumerate(self.start.is_value) if live])


def _follow(
    steps: Sequence[Step], budget: int, leaves: list[Any], rebuild: Rebuild, witness: Witness | None = None
) -> Iterator[tuple[int, State]]:
    """Follow the schedule from the first state: each step to be swept, with the state before it.

    A function apart from the segment, which holds it while it is suspended: no cycle of references.
    """
    snapshots: dict[int, State] = {}
    for action, step, stop in revolve_schedule(len(steps), budget):
        if action == "store":
            snapshots[step] = State(leaves, rebuild)
        elif action == "restore":
            leaves, rebuild = snapshots[step].leaves(), snapshots[step].rebuild
        elif action == "release":
            del snapshots[step]
        elif action == "advance":
            state = rebuild(leaves)
            with no_grad():
                for i in range(step, stop):
                    state = steps[i](state)
                    if witness is not None:
                        witness.forget_temporaries()
            leaves, rebuild = flatten(state, f"checkpoint_sequential: the result of functions[{stop - 1}]")
            del state
        else:
            yield step, State(leaves, rebuild)
            witness = None
