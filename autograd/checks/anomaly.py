"""Finding where a nan or an infinity comes from: in recording, or in the backward pass.

`detect_anomaly` notes where each operation was recorded, and checks each result, adjoint and tangent.  It takes the
place of what makes nodes and of what propagates adjoints, both only in its own thread or task, so that the usual ways
of both know nothing of it and cost the same.
"""

import linecache
import math
from collections.abc import Iterator, MutableMapping, Sequence
from contextlib import contextmanager
from typing import Any
from weakref import WeakKeyDictionary

from autograd.core.graph import callers_frame, example_number, reachable
from autograd.core.mode import changed, current
from autograd.core.recording import make
from autograd.core.value import Value
from autograd.spellings import local_names
from autograd.table.primitive import OwnSweep, Primitive

Place = tuple[str, int]
"""File name and line number."""


class AnomalyError(ArithmeticError):
    """The first nan or infinity inside `detect_anomaly`.

    `primitive` is the operation it comes from, `operands` what that was applied to, `filename` and `line` where it
    was recorded; None and 0 if that was before `detect_anomaly`.

    >>> try:
    ...     with detect_anomaly():
    ...         Value(-1.0).log()
    ... except AnomalyError as error:
    ...     print(error.primitive, error.operands)
    <primitive log> (Value(data=-1.0, grad=0.0),)
    """

    def __init__(self, message: str, primitive: Primitive | None, operands: Sequence[Any], place: Place | None) -> None:
        super().__init__(message)
        self.primitive = primitive
        self.operands = tuple(operands)
        self.filename: str | None = place[0] if place else None
        self.line = place[1] if place else 0


@local_names
@contextmanager
def detect_anomaly() -> Iterator[None]:
    """Context manager and decorator: inside, the first nan or infinity is an error that says where it comes from.

    AnomalyError is raised for a result, an adjoint or a tangent that is not finite: of what is recorded, of every
    sweep, of forward mode, and of compiled functions, which are run without machine code to find the place.
    It names the primitive, its operands with numbers and labels, and the line of your own code that recorded it; the
    latter for what was recorded inside.  Other threads and tasks are not affected; `grad` is what it is outside.

    Inside, everything takes some six times as long; outside it costs nothing.  As `torch.autograd.detect_anomaly`.

    >>> x = Value(0.0, label="x")
    >>> with detect_anomaly():
    ...     y = x.sqrt()  # 0.0, but with an infinite derivative
    ...     y.backward()  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    autograd.checks.anomaly.AnomalyError: sqrt(x=0.0) = 0.0: ...
    """
    watch = Watch()
    with changed(make=watch.make, watch=watch):
        yield


class Watch:
    """Looks at every number that is made in the block."""

    def __init__(self) -> None:
        self._places: MutableMapping[Value, Place] = WeakKeyDictionary()
        self._outer = current().make or make

    def make(self, data: float, primitive: Primitive, operands: Any, partials: Any) -> Value:
        """The node of an operation; its line is noted."""
        node: Value = self._outer(data, primitive, operands, partials)
        if node.primitive is not None:  # recorded
            self._places[node] = _callers_place()
            self.look(data, "the result", primitive, operands, node)
        return node

    def look(
        self, quantity: Any, what: str, row: Primitive, xs: Sequence[Any], node: Value | None = None, why: str = ""
    ) -> None:
        """Raise if this quantity, what an operation or a sweep through it has made, is not finite."""
        number = example_number(quantity)
        if math.isfinite(number):
            return
        place = _callers_place() if node is None else self._places.get(node)
        if place is None:
            where = "recorded before detect_anomaly(); enter it before the forward pass to see the line"
        else:
            code = linecache.getline(*place).strip()
            where = f"recorded at {place[0]}:{place[1]}" + (f"\n    {code}" if code else "")
        already = [_shown(x) for x in xs if not math.isfinite(example_number(x))]
        hint = f"; an operand was not finite before: {', '.join(already)}" if already else ""
        label = f" ({node.label})" if node is not None and node.label else ""
        result = "" if node is None else f" = {node.data!r}"
        shown = f"{row.name}({', '.join(map(_shown, xs))}){result}{label}"
        raise AnomalyError(f"{shown}: {what} is {number!r}{why}{hint}; {where}", row, xs, place)

    def sweep(self, root: Value, seed: float) -> None:
        """The sweep of `backpropagate`, with a look at every adjoint."""
        order, arrived = reachable(root), {root}
        for node in order:
            if node.primitive is not None or node.grad is None:  # as PyTorch users clear it
                node.grad = 0.0
        root.grad = seed
        self._look_at_adjoint(root, seed, "its adjoint, the gradient given to backward(),")
        for node in order:
            row = node.primitive
            if row is None or node not in arrived:
                continue
            if isinstance(row, OwnSweep):  # a checkpointed segment, or a node in the lecture's style
                before = [x for x in node.operands if math.isfinite(x.grad or 0.0)]
                row.pass_on(node)
                arrived.update(x for x in node._sources if x.__class__ is not float)
                for x in before:
                    self._look_at_adjoint(node, x.grad or 0.0, f"the adjoint of its operand {_shown(x)}")
                continue
            for i, (x, slope) in enumerate(zip(node.operands, node.partials, strict=True), 1):
                if slope is not None and (slope or not row.gate):  # no constant, no closed gate
                    arrived.add(x)
                    known = x.grad
                    x.grad += node.grad * slope
                    why = f", adjoint {node.grad!r} times partial {slope!r}" + (f" plus {known!r}" if known else "")
                    self._look_at_adjoint(node, x.grad, f"the adjoint of operand {i}", why)

    def _look_at_adjoint(self, node: Value, adjoint: float, what: str, why: str = "") -> None:
        if not math.isfinite(adjoint):
            assert node.primitive is not None
            self.look(adjoint, what, node.primitive, node.operands, node, why)


def _callers_place() -> Place:
    _, frame = callers_frame()
    return frame.f_code.co_filename, frame.f_lineno


def _shown(x: Any) -> str:
    """An operand: label=number."""
    label = getattr(x, "label", "")
    return f"{label}={example_number(x)!r}" if label else repr(example_number(x))
