"""Several operations as one box: a long sum, and what a loss does to its numbers.

Only what nobody named, and nothing else uses, is folded away.  Partials of what remains are sums over the paths inside
of products of the recorded ones, so the picture still multiplies up to the gradients.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from autograd.core.value import Value
from autograd.formulas.notation import short_number
from autograd.render.scenes.expansion import Step
from autograd.table import primitives
from autograd.table.grouping import products
from autograd.table.primitive import Primitive

LONG = 4
"""A sum of so many terms is one box."""

Dropped = dict[Value, tuple[int, ...]]
"""The operations that a box stands for, and of each the operands that its symbol tells, as the ½ of ½‖t − y‖²."""


def folded_steps(homes: Mapping[Step, str], *, losses: bool) -> list[Step]:
    """The steps, each with the path of its module, in order, with long sums and, if asked for, losses as one step.

    >>> from autograd.core.graph import topological_order
    >>> a, b, c, d = (Value(x) for x in (1.0, 2.0, 3.0, 4.0))
    >>> steps = [Step(node, node.primitive, node.operands, node.partials) for node in topological_order(a + b + c + d)]
    >>> [(step.symbol, len(step.operands)) for step in folded_steps(dict.fromkeys(steps, ""), losses=False)][-1]
    ('Σ', 4)
    """
    inside = _Inside(homes)
    gone: set[Value] = set()
    found: list[Step] = []
    for step in reversed([*homes]):
        if step.node in gone:
            continue
        symbol, members = _long_sum(step, inside)
        if not members and losses:
            symbol, members = _loss(step, inside)
        gone.update(members)
        found.append(_combined(step, symbol, members, inside) if members else step)
    return found[::-1]


class _Inside:
    """Which operands of a step are operations that may be folded into it."""

    def __init__(self, homes: Mapping[Step, str]) -> None:
        self.steps = {step.node: step for step in homes}
        self.layered = any(homes.values())
        self._homes = homes
        self._users = Counter(x for step in homes for x in {x for x in step.operands if isinstance(x, Value)})

    def step(self, operand: Any, user: Step, *rows: Primitive) -> Step | None:
        """The step of an operand, if it is one of these rows, has no name, one user, and the same home."""
        step = self.steps.get(operand) if isinstance(operand, Value) else None
        if step is None or step.primitive not in rows or step.node.label or self._users[step.node] > 1:
            return None
        return step if self._homes[step] == self._homes[user] else None


def _combined(step: Step, symbol: str, members: Dropped, inside: _Inside) -> Step:
    """One step for all: its operands are theirs, in reading order; one that is met twice is one."""
    operands: dict[Any, tuple[Any, float | None]] = {}
    waiting: list[tuple[Any, float | None]] = [(step.node, 1.0)]
    while waiting:
        x, share = waiting.pop()
        if x not in members:
            key, before = (x, operands.get(x, (x, 0.0))[1]) if isinstance(x, Value) else (len(operands), None)
            operands[key] = x, share if share is None or before is None else before + share
            continue
        member = inside.steps[x]
        below: dict[Any, tuple[Any, float | None]] = {}
        for position, (operand, partial) in enumerate(zip(member.operands, member.partials, strict=True)):
            if position not in members[x]:
                product = None if partial is None or share is None else share * partial
                key = operand if isinstance(operand, Value) else position
                both = below[key][1] if key in below else None
                below[key] = operand, product if both is None or product is None else both + product
        waiting.extend(reversed(below.values()))
    row = primitives.sum if symbol == primitives.sum.symbol else None
    shown, partials = zip(*operands.values(), strict=True)
    return replace(step, primitive=row, symbol=symbol, operands=shown, partials=partials)


# ---------------------------------------------------------------- what is folded


def _long_sum(step: Step, inside: _Inside) -> tuple[str, Dropped]:
    if step.primitive is not primitives.add:
        return "", {}
    members: Dropped = {step.node: _zeros(step)}
    waiting = [step]
    while waiting:
        user = waiting.pop()
        for x in user.operands:
            term = inside.step(x, user, primitives.add)
            if term is not None and term.node not in members:
                members[term.node] = _zeros(term)
                waiting.append(term)
    return (primitives.sum.symbol, members) if len(members) + 1 >= LONG else ("", {})


def _zeros(step: Step) -> tuple[int, ...]:
    """The 0 with which Python's `sum` begins."""
    return tuple(position for position, x in enumerate(step.operands) if not isinstance(x, Value) and x == 0.0)


def _loss(step: Step, inside: _Inside) -> tuple[str, Dropped]:
    # of a plain expression |a − b| is no loss
    shapes = (_squares, _distance, _margin, _surprise) if inside.layered else (_squares,)
    return next(filter(None, (shape(step, inside) for shape in shapes)), ("", {}))


Found = tuple[str, Dropped] | None


def _squares(step: Step, inside: _Inside) -> Found:
    """½‖t − y‖², divided by the number of samples or not, and ‖t − y‖² / n."""
    members: Dropped = {}
    share, half, inner = "", "", step
    if inner.primitive is primitives.div and isinstance(inner.operands[1], float):
        share = "" if inner.operands[1] == 1.0 else f" / {short_number(inner.operands[1])}"
        members[inner.node] = (1,)
        below = inside.step(inner.operands[0], inner, primitives.mul, primitives.dot, primitives.pow)
        if below is None:
            return None
        inner = below
    if inner.primitive is primitives.mul and 0.5 in inner.operands:
        place = inner.operands.index(0.5)
        half, members[inner.node] = "½", (place,)
        below = inside.step(inner.operands[1 - place], inner, primitives.dot, primitives.pow)
        if below is None:
            return None
        inner = below
    if not members or inner.primitive not in (primitives.dot, primitives.pow):
        return None
    square = inner.primitive is primitives.pow
    factors = (inner.operands[:1], inner.operands[:1]) if square else products(inner.operands)[:2]
    differences, others = map(list, factors)
    if (square and inner.operands[1] != 2.0) or differences != others:
        return None
    members[inner.node] = (1,) if square else ()
    for x in differences:
        difference = inside.step(x, inner, primitives.sub)
        if difference is None:
            return None
        members[difference.node] = ()
    return f"{half}‖t − y‖²{share}", members


def _distance(step: Step, inside: _Inside) -> Found:
    """|t − y|."""
    if step.primitive is not primitives.abs:
        return None
    difference = inside.step(step.operands[0], step, primitives.sub)
    return None if difference is None else ("|t − y|", {step.node: (), difference.node: ()})


def _margin(step: Step, inside: _Inside) -> Found:
    """The hinge max(0, 1 − t·y)."""
    if step.primitive is not primitives.relu:
        return None
    gap = inside.step(step.operands[0], step, primitives.sub)
    if gap is None or gap.operands[0] != 1.0:
        return None
    product = inside.step(gap.operands[1], gap, primitives.mul)
    return None if product is None else ("max(0, 1 − t·y)", {step.node: (), gap.node: (0,), product.node: ()})


def _surprise(step: Step, inside: _Inside) -> Found:
    """The cross-entropy −log softmax."""
    if step.primitive is not primitives.neg:
        return None
    logarithm = inside.step(step.operands[0], step, primitives.log_softmax_first)
    return None if logarithm is None else ("−log softmax", {step.node: (), logarithm.node: ()})
