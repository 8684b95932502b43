"""logsumexp, softmax and log_softmax of many numbers, recorded for machine code as what they have in common.

A share among n numbers has n partials, and each of these is made of n shares: a row a share is n² operands in a
gradient and n³ in a second derivative.  Here all shares of the same numbers are made of the same nodes:

    xₜ = the first of the largest numbers      rⱼ = exp(xⱼ - xₜ), but rₜ = 0      r = Σ rⱼ
    logsumexp = xₜ + log(1 + r)      softmaxⱼ = (1 if j = t else rⱼ) / (1 + r)      log_softmaxⱼ = xⱼ - xₜ - log(1 + r)

What of j = t does not depend on xₜ is kept from it by gates, so nothing cancels in derivatives either: that of a share
close to 1 is what the others add up to.
"""

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

from autograd.table import primitives
from autograd.table.primitive import Primitive

MOST_TOGETHER = 16  # numbers up to which a share is an operation of its own: of these a layer of a network is made
_LONGEST = 64  # numbers that are looked through in one operation


def _row(name: str, partials: Any, lowering: Any, rule: str, **facts: Any) -> Primitive:
    return Primitive(name, None, partials, rule=rule, lowering=lowering, module=__name__, **facts)


def _first(m: Any, top: Any, first: Any, otherwise: Any, *xs: Any) -> Any:
    for k in reversed(range(len(xs))):
        otherwise = m.where(m.equal(xs[k], top), first + float(k), otherwise)
    return otherwise


_first_of = _row(
    "first_of", lambda _z, xs: [0.0] * len(xs), _first, "(top, i, j, x₀, x₁ …): i + the first k with xₖ = top, else j",
    gate=True, jumps=True,
)  # fmt: skip
_same = _row("same", (0.0, 0.0), lambda m, x, y: m.where(m.equal(x, y), 1.0, 0.0), "[x = y]", jumps=True, bounded=True)
chosen = _row(
    "chosen",
    lambda _z, xs: [0.0, 0.0, *(_same(xs[1], float(k)) for k in range(len(xs) - 2))],
    lambda _m, number, *_: number,
    "(number, k, x₀, x₁ …): xₖ, whose number is known",
    gate=True,
    bounded=True,
)
_beside = _row(
    "beside",
    lambda z, _xs: [0.0, 0.0, z, -z],
    lambda m, k, j, x, top: m.where(m.equal(k, j), 0.0, m.call("exp", x - top)),
    "(k, j, x, top): exp(x - top), 0 where k = j",
)
_below = _row(
    "below",
    lambda _z, xs: [0.0, 0.0, (apart := 1.0 - _same(xs[0], xs[1])), -apart],
    lambda m, _k, _j, x, top: m.where(m.equal(x, top), 0.0, x - top),
    "(k, j, x, top): x - top, 0 for the top itself; its derivative is 0 where k = j",
    gate=True,
)
_with_top = _row(
    "with_top",
    lambda _z, xs: [0.0, 0.0, 1.0 - _same(xs[0], xs[1])],
    lambda m, k, j, r: m.where(m.equal(k, j), 1.0, r),
    "(k, j, r): r, 1 where k = j",
    gate=True,
)
_total = _row("total", (0.0, 1.0), lambda _m, top, r: (1.0 + r) + (top - top), "1 + r, nan where top is not finite")
_log_total = _row(
    "log_total",
    (0.0, lambda _z, top, r: 1.0 / _total(top, r)),
    lambda m, _top, r: m.call("log1p", r),
    "log(1 + r); its derivative is nan where top is not finite",
)
_added = _row(
    "added",
    (1.0, 1.0),
    lambda m, top, log: m.where(m.abs(top) < math.inf, top + log, top),
    "top + log, top if infinite",
)


class Shares:
    """What the shares of the same numbers have in common.

    Args:
        xs: The numbers.
    """

    def __init__(self, xs: Sequence[Any]) -> None:
        top = primitives.maximum(*xs)
        first: Any = -1.0
        for start in reversed(range(0, len(xs), _LONGEST)):
            first = _first_of(top, float(start), first, *xs[start : start + _LONGEST])
        self.first, self.top = first, chosen(top, first, *xs)
        self.position = {_told(x): float(k) for k, x in reversed(list(enumerate(xs)))}
        self.terms = [_beside(first, float(k), x, self.top) for k, x in enumerate(xs)]
        self.rest = primitives.sum(self.terms)

    def of(self, row: Primitive, x: Any) -> Any:
        """What a row gives whose first operand is x."""
        log_total = _log_total(self.top, self.rest)
        if row is primitives.logsumexp:
            return _added(self.top, log_total)
        k = self.position[_told(x)]
        if row is primitives.softmax_first:
            return _with_top(self.first, k, self.terms[int(k)]) / _total(self.top, self.rest)
        return _below(self.first, k, x, self.top) - log_total


def _told(x: Any) -> Any:
    """What tells a number from others in a dictionary: a Value that is recorded refuses to be compared with a float."""
    return repr(x) if x.__class__ is float else x


def are_many(row: Primitive | None, xs: Sequence[Any]) -> bool:
    """Whether a row on these is written out."""
    return len(xs) > MOST_TOGETHER and row in (
        primitives.logsumexp,
        primitives.softmax_first,
        primitives.log_softmax_first,
    )


def written_out(known: dict[Any, Shares], row: Primitive, xs: Sequence[Any]) -> Any:
    """A row of many numbers as what it is made of; None for another, or one of few.

    Args:
        known: What the numbers that were met have in common, added to.
        row: What is recorded.
        xs: Its operands.
    """
    if not are_many(row, xs):
        return None
    told = [*map(_told, xs)]
    key: Any = frozenset(told)  # the shares have their operands in different orders
    if len(key) < len(xs):
        key = frozenset(Counter(told).items())
    found = known.get(key)
    if found is None:
        found = known[key] = Shares(xs)
    return found.of(row, xs[0])
