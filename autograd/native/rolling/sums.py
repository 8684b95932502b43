"""Sums of any number of terms as one instruction each, and what only results use at the end.

A sum that a program adds up term by term has as many shapes as it has terms; gathered, it is one instruction, and a
loop of its own where it is long.  Quotients by one denominator share its reciprocal, as in `recording.graph.gathered`.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from autograd.accelerator import compiled
from autograd.native.recording.graph import Ref
from autograd.native.rolling.instructions import DOT, LEAF, SUM, Instructions
from autograd.table import primitives
from autograd.table.grouping import products

FEWEST_TERMS = 6
"""Of a sum that is gathered."""

_LEFT_OUT, _COPIED, _SUM, _QUOTIENT = range(4)  # what is done with an instruction
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

    operations: Sequence[str]
    operands: Sequence[tuple[Ref, ...]]
    leaves: int
    outputs: Sequence[Ref]


def gathered(noted: Instructions, outputs: Sequence[Ref], leaves: int) -> Sequenced:
    """What outputs need, with sums as single instructions, each where its last term is known."""
    gatherer = _Gatherer(noted, _uses(noted, outputs), outputs)
    gatherer.write()
    at = gatherer.at
    assert gatherer.operations[:leaves] == [LEAF] * leaves
    found = [at[x] if isinstance(x, int) else x for x in outputs]
    return _sunk(gatherer.operations, gatherer.operands, leaves, found)


def _uses(noted: Instructions, outputs: Sequence[Ref]) -> list[int]:
    """How often each instruction is used by what outputs need."""
    uses = [0] * len(noted)
    for x in outputs:
        if isinstance(x, int):
            uses[x] += 1
    if compiled is not None:
        return list(compiled.uses_below(noted.operands, uses))
    for i in range(len(noted) - 1, -1, -1):
        if uses[i]:
            for x in noted.operands[i]:
                if type(x) is int:
                    uses[x] += 1
    return uses


class _Gatherer:
    """Writes the new instructions."""

    def __init__(self, noted: Instructions, uses: Sequence[int], outputs: Sequence[Ref]) -> None:
        self.noted, self.uses = noted, uses
        self.operations: list[str] = []
        self.operands: list[tuple[Ref, ...]] = []
        self.at: list[Ref] = [0.0] * len(noted)
        kept = {x for x in outputs if isinstance(x, int)}
        self.inside = [False] * len(noted)
        """What is a term, or a part of one, of one sum only."""
        self._reciprocals: dict[str, Ref] = {}  # by the text of a denominator: 1.0 is not the reference 1
        self._divided_by: Counter[str] = Counter()
        self._exact = noted.jumped | noted.as_written
        terms = self._terms(kept)
        self._long = [count >= FEWEST_TERMS for count in terms]
        operations, operands = noted.operations, noted.operands
        for i in reversed([i for i, count in enumerate(terms) if count]):
            if not (self.inside[i] or self._long[i]):
                continue
            for x in operands[i]:
                if type(x) is int and uses[x] == 1 and x not in kept and operations[i] != DOT:
                    self.inside[x] = terms[x] > 0 or operations[x] == "mul"

    def _terms(self, kept: set[int]) -> list[int]:
        """How many terms each sum of rows has, those of the sums that only it uses included; 0 for what is no sum."""
        uses, written, exact = self.uses, self.noted.as_written, self._exact
        operands, terms, added = self.noted.operands, [0] * len(self.noted), {*_ADDED}
        for i, operation in enumerate(self.noted.operations):
            if operation in added:
                if uses[i] and i not in written:
                    count = 0
                    for x in operands[i]:
                        single = type(x) is int and terms[x] and uses[x] == 1 and x not in kept
                        count += terms[x] if single else 1  # type: ignore[index]
                    terms[i] = len(products(operands[i]).weights) if operation == DOT else count
            elif operation == "div" and uses[i] and i not in exact:
                self._divided_by[repr(operands[i][1])] += 1
        return terms

    def write(self) -> None:
        """All that is needed, in order."""
        how = self._ways()
        old_operations, old_operands = self.noted.operations, self.noted.operands
        i = 0
        while i < len(how):
            if compiled is not None:  # in a tenth of the time
                i = compiled.copy_down(how, i, self.at, old_operations, old_operands, self.operations, self.operands)
                if i == len(how):
                    return
            if how[i] == _SUM:
                self.at[i] = self._sum(i)
            elif how[i] == _QUOTIENT:
                self.at[i] = self._quotient(*old_operands[i])
            elif how[i] == _COPIED:
                self.at[i] = self._new(old_operations[i], [self._ref(x) for x in old_operands[i]])
            i += 1

    def _ways(self) -> bytearray:
        """What is done with each instruction."""
        uses, inside, long = self.uses, self.inside, self._long
        how = bytearray(
            [(_SUM if long[i] else _COPIED) if uses[i] and not inside[i] else _LEFT_OUT for i in range(len(uses))]
        )
        for i, operation in enumerate(self.noted.operations):
            if operation == LEAF:
                how[i] = _COPIED
            elif operation == "div" and how[i] == _COPIED and self._shares(i):
                how[i] = _QUOTIENT
        return how

    def _shares(self, i: int) -> bool:
        """Whether a quotient has the denominator of another one, and may be off by a rounding."""
        return i not in self._exact and self._divided_by[repr(self.noted.operands[i][1])] > 1

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


def _sunk(operations: list[str], operands: list[tuple[Ref, ...]], leaves: int, outputs: list[Ref]) -> Sequenced:
    """Put sums that only results use to the end: they would make the last of a row of equal steps another one."""
    count = len(operations)
    early, asked = [False] * count, [False] * count
    for x in outputs:
        if isinstance(x, int):
            asked[x] = True
    late = [False] * count
    for i in range(count - 1, leaves - 1, -1):
        is_sum = operations[i] in (SUM, DOT)
        late[i] = asked[i] and not early[i] and (is_sum or operations[i] in _LINEAR)
        for x in operands[i]:
            if type(x) is int:
                if late[i] and not is_sum:
                    asked[x] = True
                else:
                    early[x] = True
    if not any(late):
        return Sequenced(operations, operands, leaves, outputs)
    first = late.index(True)  # nothing before it moves
    order = [i for i in range(first, count) if not late[i]] + [i for i in range(first, count) if late[i]]
    at = list(range(count))
    for k, i in enumerate(order, first):
        at[i] = k
    return Sequenced(
        operations[:first] + [operations[i] for i in order],
        operands[:first] + [tuple([at[x] if type(x) is int else x for x in operands[i]]) for i in order],
        leaves,
        [at[x] if isinstance(x, int) else x for x in outputs],
    )
