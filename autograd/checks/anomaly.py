"""Finding where a nan or an infinity comes from: in recording, or in the backward pass.

`detect_anomaly` notes where each operation was recorded, and checks each result and each adjoint.  It takes the place
of what makes nodes and of what propagates adjoints, both only in its own thread or task, so that the usual ways of
both know nothing of it and cost the same.
"""

import linecache
import math
from collections.abc import Iterator, MutableMapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

from autograd.core.graph import callers_frame, reachable
from autograd.core.mode import changed, current
from autograd.core.recording import make
from autograd.core.value import Value
from autograd.table.primitive import OwnSweep, Primitive

Place = tuple[str, int]
"""File name and line number."""


class AnomalyError(ArithmeticError):
    """The first nan or infinity inside `detect_anomaly`.

    `primitive` is the operation it comes from, `operands` what that was applied to, `filename` and `line` where it
    was recorded; None and 0 if that was before `detect_anomaly`.
    """

    def __init__(self, message: str, primitive: Primitive | None, operands: Sequence[Any], place: Place | None) -> None:
        super().__init__(message)
        self.primitive = primitive
        self.operands = tuple(operands)
        self.filename: str | None = place[0] if place else None
        self.line = place[1] if place else 0


@contextmanager
def detect_anomaly() -> Iterator[None]:
    """Context manager and decorator: inside, the first nan or infinity is an error that says where it comes from.

    AnomalyError is raised for a recorded result, and in `backward()` and `grad` for an adjoint, that is not finite.
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
    places: MutableMapping[Value, Place] = WeakKeyDictionary()
    outer = current().make or make

    def make_checked(data: float, primitive: Primitive, operands: Any, partials: Any) -> Value:
        node: Value = outer(data, primitive, operands, partials)
        if node.primitive is not None:  # recorded
            _, frame = callers_frame()
            places[node] = place = frame.f_code.co_filename, frame.f_lineno
            if not math.isfinite(data):
                _raise(node, place, f"the result is {data!r}")
        return node

    with changed(make=make_checked, sweep=partial(_sweep_checked, places)):
        yield


def _sweep_checked(places: MutableMapping[Value, Place], root: Value, seed: float) -> None:
    """The sweep of `backpropagate`, with a look at every adjoint."""
    order, arrived = reachable(root), {root}
    for node in order:
        if node.primitive is not None or node.grad is None:  # as PyTorch users clear it
            node.grad = 0.0
    root.grad = seed
    if not math.isfinite(seed):
        _raise(root, places.get(root), f"its adjoint, the gradient given to backward(), is {seed!r}")
    for node in order:
        if isinstance(node.primitive, OwnSweep):
            if node in arrived:
                _run_closure(places, node, node.primitive)
                arrived.update(x for x in node._sources if x.__class__ is not float)
        elif node in arrived and node.primitive is not None:
            for i, (x, slope) in enumerate(zip(node.operands, node.partials, strict=True), 1):
                if slope is not None and (slope or not node.primitive.gate):  # no constant, no closed gate
                    arrived.add(x)
                    known = x.grad
                    x.grad += node.grad * slope
                    if not math.isfinite(x.grad):
                        what = f"adjoint {node.grad!r} times partial {slope!r}"
                        what += f" plus {known!r}" if known else ""
                        _raise(node, places.get(node), f"the adjoint of operand {i} is {x.grad!r}, {what}")


def _run_closure(places: MutableMapping[Value, Place], node: Value, row: OwnSweep) -> None:
    """Let a node that propagates in its own way do so: a checkpointed segment, or one in the lecture's style."""
    finite = [x for x in node.operands if math.isfinite(x.grad or 0.0)]
    row.pass_on(node)
    for x in finite:
        if not math.isfinite(x.grad or 0.0):
            _raise(node, places.get(node), f"the adjoint of its operand {_shown(x)} is {x.grad!r}")


def _raise(node: Value, place: Place | None, what: str) -> None:
    primitive = node.primitive
    name = "a leaf" if primitive is None else primitive.name
    operands = ", ".join(map(_shown, node.operands))
    label = f" ({node.label})" if node.label else ""
    already = [_shown(x) for x in node.operands if not math.isfinite(x if x.__class__ is float else x.data)]
    hint = f"; an operand was not finite before: {', '.join(already)}" if already else ""
    if place is None:
        where = "recorded before detect_anomaly(); enter it before the forward pass to see the line"
    else:
        code = linecache.getline(*place).strip()
        where = f"recorded at {place[0]}:{place[1]}" + (f"\n    {code}" if code else "")
    raise AnomalyError(
        f"{name}({operands}) = {node.data!r}{label}: {what}{hint}; {where}", primitive, node.operands, place
    )


def _shown(x: Any) -> str:
    """An operand: label=number."""
    return repr(x) if x.__class__ is float else f"{x.label}={x.data!r}" if x.label else repr(x.data)
