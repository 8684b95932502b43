"""The sweep behind `Value.backward()`: adjoints in the slots of the nodes that `grad` reads.

Kahn's algorithm: count how often each node is used below the root, then propagate a node's adjoint when its
last user has been.  Both lists grow while they are read, first in first out, which visits nodes about in the
reverse order of their making: on a graph larger than the cache that is faster than depth first, and it takes
no set of visited nodes.

Here and in the fast paths of `recording`, and nowhere else, speed goes before brevity: with the slots of a node
unrolled (see `Value.__slots__`) the two loops take a third of the time of loops over `operands` and `partials`.
`autograd.core.graph.reverse_sweep` is the same sweep in ten lines; the tests hold them equal.  Where the compiled core
was built, its twins of `backpropagate` and `leaf_gradients` take their place.
"""

from collections.abc import Sequence
from typing import Any

from autograd.accelerator import compiled
from autograd.core import mode
from autograd.core.graph import look_for_nan, reachable
from autograd.core.value import UNRECORDED, Value, nothing_recorded
from autograd.table.primitive import as_number


def backward(self: Value, gradient: float = 1.0, **others: Any) -> None:
    """Reverse sweep: add ∂self/∂leaf · gradient to the `grad` of every leaf below.

    Intermediate nodes get the adjoint of this sweep alone, so a second call is right too.
    Cost: one visit of every node and edge, whatever the number of leaves.
    Source: seeds, "Reverse-Mode Automatic Differentiation".

    >>> x = Value(3.0)
    >>> y = x * x * x
    >>> y.backward()
    >>> x.grad
    27.0

    Raises RuntimeError for what was computed inside `no_grad`.
    """
    if others:
        raise TypeError(
            "backward() takes one argument, gradient; a graph stays, so there is no retain_graph, and "
            "gradient(y, inputs, create_graph=True) records derivatives"
        )
    seed = as_number(gradient, "backward: gradient")
    if self.primitive is None and self._uses != UNRECORDED:
        self.grad = seed if self.grad is None else self.grad + seed
    else:
        propagate(self, seed)


def propagate(root: Value, seed: float) -> None:
    """The sweep from a root as it is done here and now."""
    if root.primitive is None:
        raise nothing_recorded("backward")
    watch = mode.current().watch if mode.unusual else None
    (backpropagate if watch is None else watch.sweep)(root, seed)


def zero_grad(self: Value) -> None:
    """Set the `grad` of this node and of everything below it to 0."""
    for node in reachable(self):
        node.grad = 0.0


def backpropagate(root: Value, seed: float) -> None:
    """Add the adjoints of the leaves below root to their `grad`, and set that of the nodes in between."""
    zero = 0.0  # this very object in `grad`: nothing has arrived yet, so the first adjoint need not be added
    try:
        _count_uses(root, zero)
        root._grad = seed
        is_doubtful = _propagate(root, zero)
    except BaseException:  # KeyboardInterrupt, or a `_backward` closure
        _forget_uses(root)
        raise
    if is_doubtful:
        look_for_nan(root, seed)


def gradients(root: Value, variables: Sequence[Value]) -> list[float]:
    """∂root/∂variable for leaves, by the sweep of here and now; every `grad` of a leaf is left as it was."""
    watch = mode.current().watch if mode.unusual else None
    if watch is None or root.primitive is None:
        return leaf_gradients(root, variables)
    before = [(x, x.grad) for x in reachable(root) if x.primitive is None]
    before += [(x, x.grad) for x in variables]
    try:
        for leaf, _ in before:
            leaf.grad = 0.0
        watch.sweep(root, 1.0)
        return [x.grad for x in variables]
    finally:
        for leaf, grad in before:
            leaf.grad = grad


def leaf_gradients(root: Value, variables: Sequence[Value]) -> list[float]:
    """∂root/∂variable for leaves: as fast as `backpropagate`, and every `grad` of a leaf is left as it was."""
    if root.primitive is None:
        return [float(x is root) for x in variables]
    zero = 0.0  # in `grad`, marks the leaves that have been met
    before = [(x, x._grad) for x in variables]
    for x in variables:
        x._grad = zero
    try:
        _set_aside(_count_uses(root, zero), zero, before)
        root._grad = 1.0
        if _propagate(root, zero):
            look_for_nan(root, 1.0)
        return [x._grad + 0.0 for x in variables]  # of -0.0 0.0, as `backward` adds to the grad
    except BaseException:
        _forget_uses(root)
        raise
    finally:
        for leaf, grad in before:
            leaf._grad = grad


def _set_aside(found: Sequence[Value], zero: float, before: list[tuple[Value, float]]) -> None:
    """Note the `grad` of the leaves among the operands of these nodes, and set it to zero."""
    for node in found:
        for x in node._sources:
            if x.__class__ is not float and x.primitive is None and x._grad is not zero:
                before.append((x, x._grad))
                x._grad = zero


def _forget_uses(root: Value) -> None:
    for node in reachable(root):
        if node.primitive is not None:
            node._uses = 0


def _count_uses(root: Value, zero: float) -> list[Value]:
    """Set `_uses` of every interior node below root to the number of edges into it, and its `grad` to zero."""
    found = [root]
    find = found.append
    for node in found:
        dy = node._dy
        if node._dx is not None:
            x = node._x
            if x.primitive is not None:
                if not x._uses:
                    x._grad = zero
                    find(x)
                x._uses += 1
            elif x._grad is None:  # as PyTorch users clear it
                x._grad = zero
            if dy is None:
                continue
        elif dy.__class__ is tuple:
            for x in dy:
                if not x._uses:
                    x._grad = zero
                    find(x)
                x._uses += 1
            continue
        x = node._y
        if x.primitive is not None:
            if not x._uses:
                x._grad = zero
                find(x)
            x._uses += 1
        elif x._grad is None:
            x._grad = zero
    return found


def _propagate(root: Value, zero: float) -> bool:
    """Add adjoint · partial to the `grad` of every operand, each node after its last user; whether a nan may have come.

    A node whose `grad` is `zero` itself was reached by no adjoint, and hands on none; nor does a closed gate.
    """
    ready: list[Any] = [root]
    release = ready.append
    doubtful = False
    for node in ready:
        adjoint = node._grad
        arrived = adjoint is not zero
        dx, dy = node._dx, node._dy
        if dx is not None:
            x = node._x
            if arrived and (dx or not node.primitive.gate):
                known = x._grad
                x._grad = known + adjoint * dx if known is not zero else adjoint if dx == 1.0 else adjoint * dx
            if x.primitive is not None:
                x._uses = uses = x._uses - 1
                if not uses:
                    release(x)
            elif x._grad != x._grad:
                doubtful = True
            if dy is None:
                continue
        elif dy.__class__ is tuple:
            partials = node._y
            if partials is None:
                if arrived:
                    node.primitive.pass_on(node)
            elif arrived:
                gate = node.primitive.gate
                for x, dx in zip(node._x, partials):
                    if dx or (dx is not None and not gate):
                        known = x._grad
                        x._grad = adjoint * dx if known is zero or known is None else known + adjoint * dx
                    elif dx is not None and x._grad is None:
                        x._grad = zero
                if adjoint - adjoint or node._number - node._number or not node.primitive.parts:
                    doubtful = doubtful or any(x.__class__ is not float and x._grad != x._grad for x in node._x)
            else:
                for x in node._x:
                    if x.__class__ is not float and x._grad is None:
                        x._grad = zero
            for x in dy:
                x._uses = uses = x._uses - 1
                if not uses:
                    release(x)
            continue
        x = node._y
        if arrived and (dy or not node.primitive.gate):
            known = x._grad
            x._grad = known + adjoint * dy if known is not zero else adjoint if dy == 1.0 else adjoint * dy
        if x.primitive is not None:
            x._uses = uses = x._uses - 1
            if not uses:
                release(x)
        elif x._grad != x._grad:
            doubtful = True
    return doubtful


if compiled is not None:
    backpropagate, leaf_gradients = compiled.backpropagate, compiled.gradients

Value.zero_grad = zero_grad  # type: ignore[attr-defined]
if compiled is None:
    Value.backward = backward  # type: ignore[method-assign]
