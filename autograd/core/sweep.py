"""The sweep behind `Value.backward()`: adjoints in the `grad` slots of the nodes.

Kahn's algorithm: count how often each node is used below the root, then propagate a node's adjoint when its
last user has been.  Both lists grow while they are read, first in first out, which visits nodes about in the
reverse order of their making: on a graph larger than the cache that is faster than depth first, and it takes
no set of visited nodes.

Here and in the recording closures of the engine, and nowhere else, speed goes before brevity: with the layouts
of operands unrolled (see the slots of `Node`) the two loops take a third of the time of loops over `operands`
and `partials`.  `autograd.core.graph.reverse_sweep` is the same sweep in ten lines; the tests hold them equal.
"""

from collections.abc import Callable, Sequence
from contextvars import ContextVar
from typing import TYPE_CHECKING

from autograd.core.graph import topological_order

if TYPE_CHECKING:
    from autograd.core.node import Node


propagation: ContextVar[Callable[["Node", float], None] | None] = ContextVar("autograd_propagation", default=None)
"""What propagates here and now instead of `_propagate`: the sweep of `detect_anomaly`, which looks at every adjoint."""


def backpropagate(root: "Node", seed: float) -> None:
    """Add the adjoints of the leaves below root to their `grad`, and set that of the nodes in between."""
    zero = 0.0  # this very object in `grad`: nothing has arrived yet, so the first adjoint need not be added
    try:
        _count_uses(root, zero)
        root.grad = seed
        (propagation.get() or _propagate)(root, zero)
    except BaseException:  # KeyboardInterrupt, or a `_backward` closure
        _forget_uses(root)
        raise


VARIABLE = object()
"""In the slot `_x`, unused in a leaf, of the leaves that a transform differentiates by."""


def gradients(root: "Node", variables: Sequence["Node"]) -> list[float]:
    """∂root/∂variable for leaves marked as VARIABLE: as fast as `backpropagate`, and no other leaf is touched."""
    if root.primitive is None:
        return [float(x is root) for x in variables]
    zero = 0.0
    for x in variables:
        x.grad = zero  # the function may have called backward() itself
    others = {}
    try:
        for node in _count_uses(root, zero):
            dy = node._dy
            if node._dx is not None:
                x = node._x
                if x.primitive is None and x._x is not VARIABLE:
                    others[x] = x.grad
                if dy is None:
                    continue
            if dy.__class__ is not tuple:
                x = node._y
                if x.primitive is None and x._x is not VARIABLE:
                    others[x] = x.grad
                continue
            for x in node._x:
                if x.__class__ is not float and x.primitive is None and x._x is not VARIABLE:
                    others[x] = x.grad
        root.grad = 1.0
        (propagation.get() or _propagate)(root, zero)
    except BaseException:
        _forget_uses(root)
        raise
    finally:
        for leaf, grad in others.items():
            leaf.grad = grad
    return [x.grad for x in variables]


def _forget_uses(root: "Node") -> None:
    for node in topological_order(root):
        node._uses = 0
        for x in node._dy if node._dy.__class__ is tuple else ():  # a segment's joint node is no operand of its outputs
            x._uses = 0


def _count_uses(root: "Node", zero: float) -> list["Node"]:
    """Set `_uses` of every interior node below root to the number of edges into it, and its `grad` to zero."""
    found = [root]
    find = found.append
    for node in found:
        dy = node._dy
        if node._dx is not None:
            x = node._x
            if x.primitive is not None:
                if not x._uses:
                    x.grad = zero
                    find(x)
                x._uses += 1
            elif x.grad is None:  # as PyTorch users clear it
                x.grad = zero
            if dy is None:
                continue
        elif dy.__class__ is tuple:
            for x in dy:
                if not x._uses:
                    x.grad = zero
                    find(x)
                x._uses += 1
            continue
        x = node._y
        if x.primitive is not None:
            if not x._uses:
                x.grad = zero
                find(x)
            x._uses += 1
        elif x.grad is None:
            x.grad = zero
    return found


def _propagate(root: "Node", zero: float) -> None:
    """Add adjoint · partial to the `grad` of every operand, each node after its last user."""
    ready = [root]
    release = ready.append
    for node in ready:
        adjoint = node.grad
        dx, dy = node._dx, node._dy
        if dx is not None:
            x = node._x
            if adjoint and dx:
                known = x.grad
                x.grad = known + adjoint * dx if known is not zero else adjoint if dx == 1.0 else adjoint * dx
            if x.primitive is not None:
                x._uses = uses = x._uses - 1
                if not uses:
                    release(x)
            if dy is None:
                continue
        elif dy.__class__ is tuple:
            partials = node._y
            if partials.__class__ is not tuple:
                if partials is None:
                    node.primitive.pass_on(node)  # type: ignore[union-attr]  # a checkpointed segment
                else:
                    partials()  # a closure in the lecture's style adds to its operands itself
            elif adjoint:
                for x, dx in zip(node._x, partials):
                    if dx:
                        x.grad = (x.grad or zero) + adjoint * dx
                    elif dx is not None and x.grad is None:
                        x.grad = zero
            else:
                for x in node._x:
                    if x.__class__ is not float and x.grad is None:
                        x.grad = zero
            for x in dy:
                x._uses = uses = x._uses - 1
                if not uses:
                    release(x)
            continue
        x = node._y
        if adjoint and dy:
            known = x.grad
            x.grad = known + adjoint * dy if known is not zero else adjoint if dy == 1.0 else adjoint * dy
        if x.primitive is not None:
            x._uses = uses = x._uses - 1
            if not uses:
                release(x)
