"""Sums of any number of terms as one instruction each, and what only results use at the end.

A sum that a program adds up term by term has as many shapes as it has terms; gathered, it is one instruction, and a
loop of its own where it is long.  Quotients by one denominator share its reciprocal, as in `recording.graph.gathered`.
"""

import heapq
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from autograd.accelerator import compiled
from autograd.native.recording.graph import Ref
from autograd.native.rolling.instructions import DOT, LEAF, SUM, Instructions
from autograd.table import primitives
from autograd.table.grouping import products

FEWEST_TERMS = 6
"""Of a sum that is gathered."""

_LEFT_OUT, _TAKEN_OVER, _SUM, _QUOTIENT = range(4)
"""What is done with an instruction."""
_ADDED = ("add", "sub", "neg", SUM, DOT)
_LINEAR = ("add", "sub", "neg", "mul")


@dataclass(frozen=True, eq=False)
class Sequenced:
    """Instructions in order, leaves first, and the references of what is asked for.

    Args:
        operations, operands: As `Instructions` has them.
        leaves: How many there are.
        outputs: What is asked for.
    """

    operations: list[str]
    operands: list[tuple[Ref, ...]]
    leaves: int
    outputs: Sequence[Ref]


def gathered(noted: Instructions, outputs: Sequence[Ref], leaves: int) -> Sequenced:
    """What outputs need, with sums as single instructions, each where its last term is known."""
    gatherer = _Gatherer(noted, _uses(noted.operands, outputs), outputs)
    gatherer.write()
    at = gatherer.at
    assert gatherer.operations[:leaves] == [LEAF] * leaves
    found = [at[x] if isinstance(x, int) else x for x in outputs]
    return _sunk(gatherer.operations, gatherer.operands, leaves, found)


def _uses(operands: list[tuple[Ref, ...]], outputs: Sequence[Ref]) -> list[int]:
    """How often each instruction is used by what outputs need, and as one of them."""
    uses = [0] * len(operands)
    for x in outputs:
        if isinstance(x, int):
            uses[x] += 1
    if compiled is not None:
        return compiled.uses_below(operands, uses)  # type: ignore[no-any-return]
    for i in range(len(operands) - 1, -1, -1):
        if uses[i]:
            for x in operands[i]:
                if type(x) is int:
                    uses[x] += 1
    return uses


class _Gatherer:
    """Writes the new instructions."""

    def __init__(self, noted: Instructions, uses: list[int], outputs: Sequence[Ref]) -> None:
        self.noted, self.uses = noted, uses
        self.operations: list[str] = []
        self.operands: list[tuple[Ref, ...]] = []
        self.at: list[Ref] = [0.0] * len(noted)
        self._reciprocals: dict[str, Ref] = {}  # by the text of a denominator: 1.0 is not the reference 1
        kept = {x for x in outputs if isinstance(x, int)}
        find: Callable[..., tuple[bytearray, bytearray]] = _ways if compiled is None else compiled.ways_of
        self._how, self.inside = find(noted.operations, noted.operands, uses, kept, noted.as_written, FEWEST_TERMS)
        if "div" in noted.operations:
            self._share_denominators()

    def write(self) -> None:
        """All that is needed, in order."""
        how, old_operations, old_operands = self._how, self.noted.operations, self.noted.operands
        i = 0
        while i < len(how):
            if compiled is not None:  # in a tenth of the time
                old, new = (old_operations, old_operands), (self.operations, self.operands)
                i = compiled.gather(how, i, self.at, self.inside, *old, *new)
                if i == len(how):
                    return
            if how[i] == _SUM:
                self.at[i] = self._sum(i)
            elif how[i] == _QUOTIENT:
                self.at[i] = self._quotient(*old_operands[i])
            elif how[i] == _TAKEN_OVER:
                self.at[i] = self._new(old_operations[i], [self._ref(x) for x in old_operands[i]])
            i += 1

    def _share_denominators(self) -> None:
        """Mark quotients that have the denominator of another one, and may be off by a rounding."""
        exact, operands = self.noted.jumped | self.noted.as_written, self.noted.operands
        found = [i for i, x in enumerate(self.noted.operations) if x == "div" and self.uses[i] and i not in exact]
        divided_by = Counter(repr(operands[i][1]) for i in found)
        for i in found:
            if self._how[i] == _TAKEN_OVER and divided_by[repr(operands[i][1])] > 1:
                self._how[i] = _QUOTIENT

    def _new(self, operation: str, operands: Sequence[Ref]) -> int:
        self.operations.append(operation)
        self.operands.append(tuple(operands))
        return len(self.operations) - 1

    def _ref(self, x: Ref) -> Ref:
        return self.at[x] if isinstance(x, int) else x

    def _quotient(self, x: Ref, y: Ref) -> Ref:
        reciprocal = self._reciprocal(y)
        one = type(x) is float and x == 1.0
        return reciprocal if one else self._new("mul", (self._ref(x), reciprocal))

    def _reciprocal(self, denominator: Ref) -> Ref:
        found = self._reciprocals.get(repr(denominator))
        if found is None:
            if isinstance(denominator, int):
                found = self._new("div", (1.0, self._ref(denominator)))
            else:
                found = primitives.div.evaluate([1.0, denominator])
            self._reciprocals[repr(denominator)] = found
        return found

    def _sum(self, root: int) -> Ref:
        """Products and other terms apart, those added and those subtracted, each by when they are known."""
        pairs: dict[bool, list[tuple[Ref, Ref]]] = {False: [], True: []}
        terms: dict[bool, list[Ref]] = {False: [], True: []}
        constant = 0.0
        pending: list[tuple[Ref, bool]] = [(root, False)]
        operations, operands = self.noted.operations, self.noted.operands
        while pending:
            x, negative = pending.pop()
            if not isinstance(x, int):
                constant += -x if negative else x
            elif x != root and not self.inside[x]:
                terms[negative].append(self.at[x])
            elif operations[x] == DOT:
                left, right, _ = products([self._ref(y) for y in operands[x]])
                pairs[negative] += zip(left, right, strict=True)
            elif operations[x] == "mul":
                pairs[negative].append((self._ref(operands[x][0]), self._ref(operands[x][1])))
            elif operations[x] == "sub":
                pending += [(operands[x][1], not negative), (operands[x][0], negative)]
            else:
                flipped = negative != (operations[x] == "neg")
                pending += [(y, flipped) for y in reversed(operands[x])]
        found: Ref = constant
        for negative in (False, True):
            for part in (self._dot(pairs[negative]), self._plain(terms[negative])):
                if part is None:
                    continue
                if type(found) is float and found == 0.0:
                    found = self._new("neg", (part,)) if negative else part
                else:
                    found = self._new("sub" if negative else "add", (found, part))
        return found

    def _dot(self, pairs: list[tuple[Ref, Ref]]) -> Ref | None:
        if len(pairs) < 2:
            return self._new("mul", pairs[0]) if pairs else None
        pairs.sort(key=lambda pair: max(_when(pair[0]), _when(pair[1])))
        return self._new(DOT, [*(x for x, _ in pairs), *(y for _, y in pairs)])

    def _plain(self, terms: list[Ref]) -> Ref | None:
        terms.sort(key=_when)
        if len(terms) < 3:
            return self._new("add", terms) if len(terms) == 2 else terms[0] if terms else None
        return self._new(SUM, terms)


def _when(x: Ref) -> int:
    return x if isinstance(x, int) else -1


def _ways(
    operations: list[str],
    operands: list[tuple[Ref, ...]],
    uses: list[int],
    kept: set[int],
    written: set[int],
    fewest: int,
) -> tuple[bytearray, bytearray]:
    """What is done with each instruction, and which are terms, or parts of one, of one sum only."""
    count, added = len(operations), {*_ADDED}
    inside, terms = bytearray(count), [0] * count
    for i, operation in enumerate(operations):
        if operation in added and uses[i] and i not in written:
            for x in operands[i]:
                single = type(x) is int and terms[x] and uses[x] == 1 and x not in kept
                terms[i] += terms[x] if single else 1  # type: ignore[index]
            if operation == DOT:
                terms[i] = len(products(operands[i]).weights)
    for i in reversed([i for i, size in enumerate(terms) if size]):
        if (inside[i] or terms[i] >= fewest) and operations[i] != DOT:
            for x in operands[i]:
                if type(x) is int and uses[x] == 1 and x not in kept:
                    inside[x] = terms[x] > 0 or operations[x] == "mul"
    how = bytearray([_SUM if size >= fewest else _TAKEN_OVER for size in terms])
    for i, operation in enumerate(operations):
        if (not uses[i] or inside[i]) and operation != LEAF:
            how[i] = _LEFT_OUT
    return how, inside


def _sunk(operations: list[str], operands: list[tuple[Ref, ...]], leaves: int, outputs: list[Ref]) -> Sequenced:
    """Put sums that only results use to the end: they would make the last of a row of equal steps another one."""
    late = _used_by_results_only(operations, operands, leaves, outputs)
    if not late:
        return Sequenced(operations, operands, leaves, outputs)
    count, first = len(operations), min(late)  # nothing before it moves
    order = [i for i in range(first, count) if i not in late] + sorted(late)
    at = list(range(count))
    for k, i in enumerate(order, first):
        at[i] = k
    return Sequenced(
        operations[:first] + [operations[i] for i in order],
        operands[:first] + [tuple([at[x] if type(x) is int else x for x in operands[i]]) for i in order],
        leaves,
        [at[x] if isinstance(x, int) else x for x in outputs],
    )


def _used_by_results_only(
    operations: list[str], operands: list[tuple[Ref, ...]], leaves: int, outputs: list[Ref]
) -> set[int]:
    """The sums that are results or terms of such sums, and nothing else, and what linear they are made of."""
    uses, found = _uses(operands, outputs), set()
    by_results = Counter(x for x in outputs if isinstance(x, int))
    pending = [-x for x in by_results]
    heapq.heapify(pending)  # the last first: all that uses it is known then
    while pending:
        i = -heapq.heappop(pending)
        is_sum = operations[i] in (SUM, DOT)
        if i < leaves or uses[i] > by_results[i] or not (is_sum or operations[i] in _LINEAR):
            continue
        found.add(i)
        for x in operands[i] if not is_sum else ():
            if type(x) is int:
                if not by_results[x]:
                    heapq.heappush(pending, -x)
                by_results[x] += 1
    return found
