"""What is exported: recorded Values, or a model that is recorded for it."""

import math
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from autograd.arguments import brief, counted
from autograd.core.graph import depending_on, topological_order
from autograd.core.mode import changed
from autograd.core.value import Frozen, Value
from autograd.native.lowered import lowered
from autograd.native.planning.plan import Plan
from autograd.native.recording.derivative import batch_gradient
from autograd.native.recording.tracing import at_least, traced, tracing
from autograd.table import primitives

SEED = 20240229
"""Of the samples that an export is checked on: the same each time."""


@dataclass(frozen=True, eq=False)
class Subject:
    """Outputs, the leaves that are their inputs, and the leaves that go along as parameters."""

    outputs: list[Any]
    inputs: list[Value]
    parameters: list[Value]
    single: bool
    """Whether there is one output, which stands bare."""

    def plan(self, with_parameters: bool = True, pieces: bool = True) -> Plan:
        """What computes the outputs; without parameters their numbers are constants of it."""
        along = self.parameters if with_parameters else ()
        return lowered(self.outputs, self.inputs, along, pieces=pieces).plan

    def gradient_plan(self, with_parameters: bool = True) -> Plan:
        """What computes the outputs, and after them the derivative by each input.

        Of several outputs it is that of Σₖ ȳₖ yₖ, and the ȳₖ are inputs after the others.
        """
        seeds = [] if self.single else [traced(1.0) for _ in self.outputs]
        with tracing():
            total = primitives.dot(self.outputs, seeds) if seeds else self.outputs[0]
        found = batch_gradient(total, (), self.inputs).gradients
        along = self.parameters if with_parameters else ()
        return lowered([*self.outputs, *found], [*self.inputs, *seeds], along).plan

    def numbers(self) -> list[float]:
        """The numbers of the parameters."""
        return [p._number for p in self.parameters]

    def note(self) -> str:
        """What comes in and goes out, in words."""
        outputs = counted(len(self.outputs), "output")
        return (
            f"{counted(len(self.inputs), 'input')} on the last axis of x, {outputs}{'' if self.single else ' there'}."
        )

    def samples(self, count: int) -> list[list[float]]:
        """Inputs to check an export on: normally distributed about the numbers that were recorded.

        An input that is held to be equal to whole numbers, as by an Embedding, is one of these in every other sample.
        """
        draw = random.Random(SEED)  # noqa: S311  # not for secrets
        centres = [x._number if math.isfinite(x._number) else 0.0 for x in self.inputs]
        found = [[draw.gauss(centre, max(1.0, abs(centre))) for centre in centres] for _ in range(count)]
        for i, numbers in self._whole_numbers().items():
            for sample in found[::2]:
                sample[i] = draw.choice(numbers)
        return found

    def _whole_numbers(self) -> dict[int, list[float]]:
        """By the position of an input the whole numbers that it is held to be equal to, x ≥ k and x ≤ k."""
        position = {x: i for i, x in enumerate(self.inputs)}
        order = topological_order(*[y for y in self.outputs if isinstance(y, Value)], above=set(self.inputs))
        pairs = {node.operands for node in order if node.primitive is at_least}
        known: dict[int, list[float]] = {}
        for x, k in pairs:
            if x in position and isinstance(k, float) and k.is_integer() and (k, x) in pairs:
                known.setdefault(position[x], []).append(k)
        return {i: sorted(known[i]) for i in sorted(known)}


def subject_of(what: Any, inputs: Any, parameters: Iterable[Value] | None, door: str) -> Subject:
    """What a door was given.

    Args:
        what: A Value or a sequence of them; or a model or function, which is called with a sample of traced numbers.
        inputs: The leaves; for a model how many numbers a sample has, or its shape, such as (9, 27); None if its
            first layer says so.
        parameters: The leaves that go along; of a model its own.
        door: The function that was called, for errors.

    Raises TypeError or ValueError for what does not fit.
    """
    if callable(what) and not isinstance(what, Value):
        return _of_model(what, inputs, parameters, door)
    single = isinstance(what, Value)
    outputs = [what] if single else _flat(what)
    if not any(isinstance(y, Value) for y in outputs):
        raise TypeError(f"{door}: give Values, or a model to record, not {brief(what)}")
    if inputs is None:
        raise TypeError(f"{door}: say which leaves are the inputs, as in {door}(y, [x]); all others are constants")
    leaves = _leaves(inputs, f"{door}: inputs")
    along = _leaves(_listed(parameters), f"{door}: parameters")
    along = [p for p in along if p.requires_grad]  # as of a model
    for i, x in enumerate(leaves):
        if isinstance(x, Frozen):
            raise ValueError(
                f"{door}: inputs: number {i} is frozen, so that what was recorded has its number as a constant; say "
                "requires_grad_(True), and record it again"
            )
    if set(leaves) & set(along):
        raise ValueError(f"{door}: a Value is among the inputs and among the parameters")
    found, fresh = _traced_anew(outputs, leaves)
    return Subject(found, fresh, along, single)


def _traced_anew(outputs: Sequence[Any], leaves: Sequence[Value]) -> tuple[list[Any], list[Value]]:
    """Outputs and leaves recorded once more, of traced numbers.

    So partial derivatives that choose by `where` choose when they are computed.
    """
    at: dict[Any, Any] = {x: traced(x._number) for x in leaves}
    order = topological_order(*[y for y in outputs if isinstance(y, Value)], above=set(leaves))
    with tracing(), changed(warns=False):
        for node in order:
            if node.primitive is not None and any(x in at for x in node.operands):
                at[node] = node._apply_primitive(node.primitive, [at.get(x, x) for x in node.operands])
    return [at.get(y, y) for y in outputs], [at[x] for x in leaves]


def named(name: Any, door: str) -> str:
    """What an export is called; TypeError for what is no text."""
    if not isinstance(name, str):
        raise TypeError(f"{door}: name must be text, not {brief(name)}")
    return name


def _of_model(model: Any, inputs: Any, parameters: Iterable[Value] | None, door: str) -> Subject:
    shape = _shape(model, inputs, door)
    leaves = [traced(0.5) for _ in range(math.prod(shape))]
    try:
        with _in_use(model), tracing():
            found = model(_nested(iter(leaves), shape))
    except (IndexError, TypeError, ValueError) as error:
        error.add_note(
            f"{door}: it was called with a sample of shape {shape}; where it takes another, say so, as in "
            f"{door}(model, inputs=(9, 27))"
        )
        raise
    outputs = _flat(found)
    if not any(isinstance(y, Value) for y in outputs):
        hint = "; a list of the values of a dict is taken" if isinstance(found, Mapping) else ""
        raise TypeError(f"{door}: a model gives Values that depend on its inputs, and this gave {brief(found)}{hint}")
    outputs = [y if isinstance(y, Value) else float(y) for y in outputs]
    own = model.parameters() if parameters is None and hasattr(model, "parameters") else _listed(parameters)
    own = _leaves(own, f"{door}: parameters")
    along = [p for p in own if p.requires_grad]
    used = set(depending_on(along, *[y for y in outputs if isinstance(y, Value)])) if along else set()
    return Subject(outputs, leaves, [p for p in along if p in used], not _is_nested(found))


def _shape(model: Any, inputs: Any, door: str) -> tuple[int, ...]:
    if inputs is None:
        modules = model.modules() if hasattr(model, "modules") else []
        told = [module.describe() for module in modules if hasattr(module, "describe")]
        first = next((each for each in told if each.sizes), None)
        inputs = None if first is None or first.kind == "Embedding" else first.sizes[0]  # which takes any count of them
        if inputs is None:
            raise TypeError(f"{door}: say how many numbers a sample has, as in {door}(model, inputs=4)")
    shape = tuple(inputs) if isinstance(inputs, list | tuple) else (inputs,)
    if not shape or not all(isinstance(n, int) and not isinstance(n, bool) and n > 0 for n in shape):
        raise TypeError(
            f"{door}: of a model, inputs is how many numbers a sample has, or its shape, such as (9, 27), "
            f"not {brief(inputs)}"
        )
    return shape


@contextmanager
def _in_use(model: Any) -> Iterator[None]:
    """The modules of a model as they are used, not as they are trained: a dropout passes everything on."""
    modules = model.modules() if hasattr(model, "modules") else []
    before = [module.training for module in modules]
    for module in modules:
        module.training = False
    try:
        yield
    finally:
        for module, training in zip(modules, before, strict=True):
            module.training = training


def _nested(numbers: Iterator[Any], shape: Sequence[int]) -> Any:
    if len(shape) == 1:
        return [next(numbers) for _ in range(shape[0])]
    return [_nested(numbers, shape[1:]) for _ in range(shape[0])]


def _is_nested(items: Any) -> bool:
    """Whether it is a list, a tuple or an array of NumPy, which may have Values as its elements."""
    return isinstance(items, list | tuple) or hasattr(items, "tolist")


def _flat(items: Any) -> list[Any]:
    items = items.tolist() if hasattr(items, "tolist") else items
    if not isinstance(items, list | tuple):
        return [items]
    return [x for item in items for x in _flat(item)]


def _listed(values: Any) -> Any:
    """What is there to go through, an iterator too, as a list; nothing for None."""
    if values is None:
        return []
    return values if isinstance(values, Value) or not isinstance(values, Iterable) else list(values)


def _leaves(values: Any, name: str) -> list[Value]:
    found = _flat(values)
    for i, x in enumerate(found):
        if not isinstance(x, Value):
            raise TypeError(f"{name} must be leaves, Values that were not computed; number {i} is {brief(x)}")
        if x.primitive is not None:
            raise TypeError(f"{name} must be leaves, number {i} is the result of {x.primitive.name}: {brief(x)}")
    if len(set(found)) < len(found):
        raise ValueError(f"{name}: {counted(len(found), 'Value')}, and one of them is there twice")
    return found
