"""One call of a checkpointed function: its first run, which stores little, and its second, which is swept.

The first run records nothing.  Its results are nodes whose operands are the inputs of the segment: the Values it was
given, and the Values that it uses from outside, such as the parameters of a model, which a `Witness` finds.  Such a
node has None where others have their partials.  A sweep that reaches it runs the segment again, now recorded.
"""

import math
import operator
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

from autograd.core.graph import reverse_sweep, topological_order
from autograd.core.mode import enable_grad, no_grad
from autograd.core.recording import make_here
from autograd.core.sweep import propagate
from autograd.core.tree import flatten
from autograd.core.value import ByHand, Value, node
from autograd.table.primitive import OwnSweep
from autograd.table.primitives import dot, identity
from autograd.transforms.checkpoints.witness import DualNumbers, State, Witness, number_of


class Segment:
    """One call of a checkpointed function: what it takes to run it again."""

    def __init__(self, name: str, inputs: Sequence[Value], call: Callable[[Iterable[Any]], Any] | None = None) -> None:
        self.name = name
        self.call = call
        self.inputs = tuple(inputs)
        self.operands: tuple[Value, ...] = ()  # the inputs, and what the function uses from outside
        self.numbers: tuple[float, ...] = ()
        self.end = State([], list)
        self.rows: dict[int, list[float]] = {}
        self.rows_at: tuple[float, ...] = ()
        self.weights: dict[int, float] = {}  # of the results that the sweep at work has reached

    def run(self, inputs: Iterable[Any]) -> Any:
        """The function at Values for the inputs."""
        assert self.call is not None
        return self.call(inputs)

    # ------------------------------------------------------------ the first run

    def record(self) -> bool:
        """Run for the first time.  False if dual numbers turn up: forward mode needs no checkpoints."""
        witness = Witness()
        numbers = [x._number for x in self.inputs]
        try:
            self.end = self._first_run(witness)
        except DualNumbers:
            return False
        self.operands = (*self.inputs, *witness.outsiders())
        self.numbers = (*numbers, *[x._number for x in self.outsiders()])
        return True

    def _first_run(self, witness: Witness) -> State:
        with witness.mode(records=False):
            result = self.run([witness.leaf(x._number, x.label) for x in self.inputs])
        return witness.result(*flatten(result, f"{self.name}: the result"))

    def publish(self) -> Any:
        """The results as nodes: one on the operands, several on a joint node, which runs the segment once for all."""
        end = self.end
        if not self.operands:
            return end.rebuild(end.leaves())
        sources = self.operands
        if sum(end.is_value) > 1:
            sources = (node(Value, 0.0, _Joint(self), self.operands, None),)
        return end.rebuild(
            make_here(x, _Output(self, i), sources, None) if live else x
            for i, (x, live) in enumerate(zip(end.numbers, end.is_value, strict=True))
        )

    # ------------------------------------------------------------ the second run

    def pull(self, weights: dict[int, float]) -> None:
        """Add Σ weight · ∂result/∂operand to the `grad` of every operand."""
        self.check_operands()
        inputs = [x.detach() for x in self.inputs]
        outputs = self._run_again(inputs)
        self.check_same(outputs, self.end.numbers)
        self.hand_on(self.inputs, pull_back(outputs, weights, inputs, self.outsiders()))

    @staticmethod
    def hand_on(operands: Iterable[Value], adjoints: Iterable[float | None]) -> None:
        """Add adjoints to the `grad` of operands; None where none arrived."""
        for x, adjoint in zip(operands, adjoints, strict=True):
            if adjoint is not None:
                x.grad = (x.grad or 0.0) + adjoint

    def outsiders(self) -> tuple[Value, ...]:
        """The operands that the function uses from outside."""
        return self.operands[len(self.inputs) :]

    def _run_again(self, inputs: Iterable[Any]) -> list[Any]:
        with enable_grad():
            leaves, _ = flatten(self.run(inputs), f"{self.name}: the result")
        return leaves

    def value(self, index: int, numbers: Sequence[float]) -> float:
        """One result at numbers for the operands."""
        size = len(self.inputs)
        self.check_outsiders(numbers[size:])
        with no_grad():
            leaves, _ = flatten(self.run([Value(x) for x in numbers[:size]]), f"{self.name}: the result")
        return number_of(leaves[index])

    def partials(self, index: int, result: Any, operands: Sequence[Any]) -> list[Any]:
        """The partials of one result: numbers at numbers, recorded at Values.

        At numbers one run serves all results: the rows not asked for yet are kept until they are.
        """
        size = len(self.inputs)
        if result.__class__ is not float:
            if any(x is not y for x, y in zip(operands[size:], self.outsiders(), strict=True)):
                raise RuntimeError(self.message("was copied, and its function still uses the originals", _COPY_FIRST))
            inputs = [identity(x) for x in operands[:size]]  # two inputs may be the same Value
            outputs = self._run_again(inputs)
            return [
                0.0 if d is None else d for d in _adjoints(outputs, {index: 1.0}, inputs, self.outsiders(), record=True)
            ]
        if index not in self.rows or self.rows_at != tuple(operands):
            self.check_outsiders(operands[size:])
            inputs = [Value(x) for x in operands[:size]]
            outputs = self._run_again(inputs)
            self.rows_at = tuple(operands)
            for i, live in enumerate(self.end.is_value):
                if live:
                    found = _adjoints(outputs, {i: 1.0}, inputs, self.outsiders(), record=False)
                    self.rows[i] = [0.0 if d is None else d for d in found]
        return self.rows.pop(index)

    # ------------------------------------------------------------ what may have gone wrong in between

    def message(self, what: str, fix: str) -> str:
        """The text of an error."""
        return f"{self.name}: the segment {what}; {fix}"

    def check_operands(self) -> None:
        """Raise RuntimeError if an operand has another number than in the first run."""
        for i, (x, then) in enumerate(zip(self.operands, self.numbers, strict=True)):
            if not _same(x._number, then):
                role = f"input {i + 1}" if i < len(self.inputs) else "a Value used from outside"
                raise RuntimeError(
                    self.message(
                        f"would run on other numbers than before: {role}, {x!r}, was {then!r} and is now {x._number!r}",
                        "call backward() before changing data, or record again",
                    )
                )

    def check_outsiders(self, numbers: Sequence[float]) -> None:
        """Raise RuntimeError if a run at these numbers is asked for, which its function would not use."""
        for x, number in zip(self.outsiders(), numbers, strict=True):
            if not _same(x._number, number):
                raise RuntimeError(
                    self.message(
                        f"cannot run at {number!r} for {x!r}, which its function takes from outside",
                        "make it an argument of the function",
                    )
                )

    def check_same(self, outputs: Sequence[Any], before: Sequence[float], where: str = "") -> None:
        """Raise RuntimeError if the outputs are not the numbers from before."""
        now = [number_of(x) for x in outputs]
        if len(now) != len(before) or not all(map(_same, now, before)):
            raise RuntimeError(
                self.message(
                    f"gave {_shown(before)} when it ran first and {_shown(now)} now{where}",
                    "its function must be a function of its arguments alone: draw random numbers outside and pass them",
                )
            )


_COPY_FIRST = "copy the leaves and record again"


class _Output(OwnSweep):
    """The row of a result of a segment."""

    __slots__ = ("index", "segment")

    def __init__(self, segment: Segment, index: int) -> None:
        # not methods of its own: a row that points at itself would keep the graph until the cycle collector comes
        super().__init__(segment.name, partial(segment.value, index), partial(segment.partials, index), symbol="⟳")
        self.segment = segment
        self.index = index

    def __reduce__(self) -> Any:
        raise TypeError(
            self.segment.message(
                "holds a function and cannot be pickled or sent elsewhere", "pickle the leaves instead"
            )
        )

    def operands_of(self, sources: tuple[Any, ...]) -> tuple[Any, ...]:
        """Those of the segment, also behind a joint node; those of a copy, which cannot be swept."""
        return self.segment.operands if sources and isinstance(sources[0].primitive, _Joint) else sources

    def written_out(self, operands: Sequence[Any]) -> Any:
        """The result, recorded at these for the inputs; what the function uses from outside is itself."""
        return self.segment._run_again(operands[: len(self.segment.inputs)])[self.index]

    def partials_at(self, node: Value) -> tuple[float, ...]:
        """The partials as numbers: what a tuple of them would hold, had they been stored."""
        self.segment.check_operands()
        return tuple(self.segment.partials(self.index, node._number, [x._number for x in node.operands]))

    def pass_on(self, node: Value) -> None:
        """Called by `backpropagate` when the adjoint of the node is complete, if one has arrived."""
        segment, adjoint, sources = self.segment, node.grad, node._sources
        joint = sources[0] if sources and isinstance(sources[0].primitive, _Joint) else None
        if joint is None and not all(map(operator.is_, sources, segment.operands)):
            raise RuntimeError(segment.message("was copied, and its function still uses the originals", _COPY_FIRST))
        if joint is None:
            segment.pull({self.index: adjoint})
        else:
            if not joint.grad:  # every sweep sets it to 0 when it begins: this is the first result of this sweep
                segment.weights.clear()
                joint.grad = 1.0
            segment.weights[self.index] = adjoint


class _Joint(_Output):
    """The row of the node below several results of a segment, met by `backpropagate` only."""

    __slots__ = ()

    def __init__(self, segment: Segment) -> None:
        super().__init__(segment, -1)

    def pass_on(self, node: Value) -> None:  # noqa: ARG002
        """Called when the adjoints of all results below the root are there."""
        self.segment.pull(self.segment.weights)


def pull_back(
    outputs: Sequence[Any], weights: dict[int, float], inputs: Sequence[Any], outsiders: Sequence[Value]
) -> list[float | None]:
    """The adjoints of the inputs of a recorded run, None where none arrives; those of the outsiders are added to their
    `grad`.

    Leaves get them from the fast sweep.  It would not stop at nodes of the graph outside: then the other sweep does.
    """
    if any(x.primitive is not None for x in outsiders):
        adjoints = _adjoints(outputs, weights, inputs, outsiders, record=False)
        Segment.hand_on(outsiders, adjoints[len(inputs) :])
        return adjoints[: len(inputs)]
    rooted = [i for i in weights if outputs[i].__class__ is not float]
    nodes = tuple([outputs[i] for i in rooted])
    root = node(Value, 0.0, dot, nodes, [weights[i] for i in rooted])
    for x in inputs:
        if x.__class__ is not float:
            x.grad = -0.0  # until something arrives
    propagate(root, 1.0)
    return [None if x.__class__ is float or repr(x.grad) == "-0.0" else x.grad for x in inputs]


def _adjoints(
    outputs: Sequence[Any],
    weights: dict[int, float],
    inputs: Sequence[Any],
    outsiders: Sequence[Value],
    *,
    record: bool,
) -> list[Any]:
    """Σ weight · ∂output/∂x for the inputs and the outsiders, None where none arrives, without touching a `grad`."""
    bounds = [x for x in (*inputs, *outsiders) if x.__class__ is not float]
    order = topological_order(*[x for x in outputs if x.__class__ is not float], above=bounds)
    for made in order:
        if isinstance(made.primitive, ByHand):
            raise RuntimeError(
                f"checkpoint: the operation {made._op!r}, made with Value(data, children, op), has only its _backward "
                "closure, which such a segment cannot use; write it with @primitive, or give the function as arguments "
                "what it uses from outside"
            )
    adjoints: dict[Any, Any] = {}
    direct: dict[Any, float] = {}  # of outputs that are bounds themselves
    known = set(bounds)
    for i, weight in weights.items():
        if outputs[i].__class__ is not float:
            seeds = direct if outputs[i] in known else adjoints
            seeds[outputs[i]] = seeds.get(outputs[i], 0.0) + weight
    # the bounds come last in order, so first in the sweep, when nothing has arrived that they could propagate
    reverse_sweep([*order, *bounds], adjoints, record=record)
    return [
        None if x.__class__ is float else adjoints[x] + direct.get(x, 0.0) if x in adjoints else direct.get(x)
        for x in (*inputs, *outsiders)
    ]


def _same(now: float, then: float) -> bool:
    return now == then or (math.isnan(now) and math.isnan(then))


def _shown(numbers: Sequence[float]) -> str:
    return repr(numbers[0]) if len(numbers) == 1 else f"{list(numbers)!r:.60}"


# ---------------------------------------------------------------- a sequence of steps
