"""What the machine code of instructions under loops will take, roughly, before it is made: to choose among orders.

The figures are fitted to 11 programs in up to 7 orders each, on a processor with vectors of eight numbers.  Of what
an order takes in proportion to the recorded one, half are right within a twentieth, four out of five within a seventh.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd.native.rolling.instructions import DOT, SUM, takes_long
from autograd.native.rolling.nests import LONGEST_WRITTEN, References
from autograd.native.rolling.repeats import Repeat, Run, Tree, emitted

VECTOR = 8  # numbers
# Nanoseconds, of an operation on a number or a vector, …
NUMBER, NUMBER_LONG, OF_VECTOR, OF_VECTOR_LONG = 0.16, 3.0, 0.04, 0.4
# … to read a vector from memory as it lies, a number of one that lies regularly, and one that a table tells, …
READ, READ_APART, READ_BY_TABLE = 0.08, 0.06, 0.28
# … for a term of a sum, or of one in each pass at once, to enter a loop; and what it is worth to write one less.
TERM, TERM_TOGETHER, ENTERED, WRITTEN = 0.4, 0.1, 1.1, 0.05


def weight(references: References, tree: Tree) -> float:
    """Nanoseconds of a call, and something for each instruction that is written.

    >>> from autograd.native.rolling.sums import Sequenced
    >>> noted = References(Sequenced(["leaf", *["exp"] * 64], [(), *[(0,)] * 64], 1, [64]))
    >>> weight(noted, (Run(1, 65),)) > 10 * weight(noted, (Repeat(1, 1, 64, (Run(1, 2),)),))
    True
    """
    return _Weight(references, tree).of(tree) + WRITTEN * emitted(tree)


class _Weight:
    def __init__(self, references: References, tree: Tree) -> None:
        self.references = references
        self.is_long = np.array([takes_long(name) for name in references.names], dtype=bool)
        self.is_sum = np.array([name in (SUM, DOT) for name in references.names], dtype=bool)
        self.is_dot = np.array([name == DOT for name in references.names], dtype=bool)
        self.period_of = np.ones(len(references.codes), dtype=np.int64)
        """Of the innermost loop that an instruction is in."""
        self._note_periods(tree)

    def _note_periods(self, items: Sequence[Run | Repeat]) -> None:
        for item in items:
            if isinstance(item, Repeat):
                first = self.period_of[item.start : item.start + item.period]
                first[:] = item.period
                self._note_periods(item.body)
                self.period_of[item.start : item.stop] = np.tile(first, item.passes)

    def of(self, items: Sequence[Run | Repeat]) -> float:
        """Of items once."""
        found = 0.0
        for item in items:
            if isinstance(item, Run):
                found += self._numbers(item.start, item.stop)
            elif all(isinstance(x, Run) for x in item.body):
                found += self._innermost(item)
            else:
                found += ENTERED + item.passes * self.of(item.body)
        return found

    def _numbers(self, start: int, stop: int) -> float:
        """Of instructions one after the other."""
        codes = self.references.codes[start:stop]
        is_sum = self.is_sum[codes]
        long = int(np.count_nonzero(self.is_long[codes]))
        terms = np.diff(self.references.first[start : stop + 1])[is_sum] >> self.is_dot[codes[is_sum]]
        of_sums = TERM * int(terms.sum()) + ENTERED * int(np.count_nonzero(terms > LONGEST_WRITTEN))
        return NUMBER * (len(codes) - len(terms) - long) + NUMBER_LONG * long + of_sums

    def _innermost(self, loop: Repeat) -> float:
        """Of a loop: on vectors of passes if these do not use each other's results."""
        references, period, passes = self.references, loop.period, loop.passes
        codes = references.codes[loop.start : loop.start + period]
        is_sum = self.is_sum[codes]
        long = int(np.count_nonzero(self.is_long[codes]))
        quick = period - int(np.count_nonzero(is_sum)) - long
        first = references.first[loop.start : loop.stop + 1]
        pass_of = np.repeat(np.arange(passes * period), np.diff(first)) // period
        used = references.flat[first[0] : first[-1]]
        waits = bool(((used >= loop.start) & (used < loop.start + period * pass_of)).any())
        one_by_one, vectors = (passes, 0) if waits else (passes % VECTOR, passes // VECTOR)
        found = ENTERED + one_by_one * (NUMBER * quick + NUMBER_LONG * long)
        if vectors:
            beside, apart, tabled = self._reads(loop, ~is_sum)
            vector = OF_VECTOR * quick + OF_VECTOR_LONG * long
            found += vectors * (vector + READ * beside + VECTOR * (READ_APART * apart + READ_BY_TABLE * tabled))
        if is_sum.any():
            terms = np.diff(first).reshape(passes, period)[:, is_sum] >> self.is_dot[codes[is_sum]]
            together = vectors and (terms == terms[0]).all() and not any(self._reads(loop, is_sum)[1:])
            found += (TERM_TOGETHER if together else TERM) * int(terms.sum()) + ENTERED * terms.size
        return found

    def _reads(self, loop: Repeat, told: Any) -> tuple[int, int, int]:
        """What instructions read from outside of their pass: the passes side by side, apart, and by a table."""
        references, passes = self.references, loop.passes
        first = references.first[loop.start : loop.stop].reshape(passes, loop.period)[:, told]
        count = np.diff(references.first[loop.start : loop.start + loop.period + 1])[told]
        within = np.arange(int(count.sum())) - np.repeat(np.cumsum(count) - count, count)
        used = references.flat[np.repeat(first, count, axis=1) + within]
        used = used[:, used[-1] < loop.start + loop.period * (passes - 1)]
        constant = used < 0
        steps = np.diff(used, axis=0)
        regular = constant.all(axis=0) | ((steps == steps[:1]).all(axis=0) & ~constant.any(axis=0))
        distance = np.abs(steps[0])
        beside = regular & (constant[0] | (distance == 0) | (distance == self.period_of[np.maximum(used[0], 0)]))
        in_place, read = int(np.count_nonzero(beside)), int(np.count_nonzero(regular))
        return in_place, read - in_place, used.shape[1] - read
