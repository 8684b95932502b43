"""Instructions under the loops that were found: which instance refers to which, as arrays over the passes."""

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd.accelerator import compiled
from autograd.native.recording.graph import Ref
from autograd.native.rolling.instructions import DOT, SUM
from autograd.native.rolling.repeats import Repeat, Run, Tree
from autograd.native.rolling.sums import Sequenced

NEAR = 8  # instructions back that a token tells; what lies further back is told by none
LONGEST_WRITTEN = 12
"""Terms of a sum that is written out; a longer one is a loop of its own."""
ZERO = ~0
"""The reference of the constant 0.0."""
TOLD = 3  # operands of an instruction that it tells of


class References:
    """The operands of instructions as arrays: instruction i has `flat[first[i]]` … `flat[first[i + 1] - 1]`.

    A reference is an instruction, or ~k for `constants[k]`.
    """

    def __init__(self, program: Sequenced) -> None:
        self.program = program
        arrays: Callable[..., _Arrays] = _as_arrays if compiled is None else compiled.as_arrays
        self.names, codes, first, flat, self.constants = arrays(program.operations, program.operands)
        self.codes, self.first, self.flat = (np.frombuffer(x, np.int64) for x in (codes, first, flat))

    def tokens(self) -> Any:
        """A number for each instruction: equal where operations, counts of operands, and operands that lie near, are.

        Of a long sum the count is told to a factor of 2 only: those of a triangle, each a term longer than
        the one before, are alike.
        """
        count = len(self.codes)
        arity = np.diff(self.first)
        of = np.repeat(np.arange(count), arity)
        position = np.arange(len(self.flat)) - self.first[of]
        distance = of - self.flat
        near = np.where((self.flat >= 0) & (distance <= NEAR) & (position < TOLD), distance, 0)
        of_sum, of_dot = (self.codes == self.names.get(x, -1) for x in (SUM, DOT))
        is_sum = of_sum | of_dot
        near[is_sum[of]] = 0
        told = np.bincount(of, near * (NEAR + 1) ** np.minimum(position, TOLD), minlength=count).astype(np.int64)
        longest = int(arity.max(initial=0))
        written = LONGEST_WRITTEN * (1 + of_dot)
        sizes = np.where(is_sum & (arity > written), longest + np.frexp(arity)[1], arity)
        exact = (self.codes * (longest + 64) + sizes) * (NEAR + 1) ** TOLD + told
        return np.unique(exact, return_inverse=True)[1].astype(np.int64)


_Arrays = tuple[dict[str, int], Any, Any, Any, list[float]]


def _as_arrays(operations: list[str], operands: list[tuple[Ref, ...]]) -> _Arrays:
    """The operations numbered, their numbers, where the operands of each begin, the operands, and the constants."""
    constants = [0.0]
    known = {struct.pack("<d", 0.0): 0}

    def constant(x: float) -> int:
        bits = struct.pack("<d", x)
        if bits not in known:
            known[bits] = len(constants)
            constants.append(x)
        return ~known[bits]

    flat = np.array([x if type(x) is int else constant(x) for xs in operands for x in xs], dtype=np.int64)
    first = np.concatenate(([0], np.cumsum([len(xs) for xs in operands]))).astype(np.int64)
    names = {x: code for code, x in enumerate(dict.fromkeys(operations))}
    return names, np.array([names[x] for x in operations], dtype=np.int64), first, flat, constants


@dataclass(frozen=True, eq=False)
class Nest:
    """The loops around a row of positions, the outermost first.  A position is the first of its instances."""

    loops: tuple[Repeat, ...]

    @property
    def shape(self) -> tuple[int, ...]:
        """Their passes."""
        return tuple(loop.passes for loop in self.loops)

    def instances(self, position: int) -> Any:
        """The instructions that a position stands for, an array over the passes."""
        return _spread(position, self.loops)

    @property
    def starts(self) -> Any:
        """The first instruction of the innermost loop, for all passes of the loops around it."""
        return _spread(self.loops[-1].start, self.loops[:-1])


def _spread(first: int, loops: Sequence[Repeat]) -> Any:
    found = np.array(first)
    for loop in loops:
        found = found[..., None] + loop.period * np.arange(loop.passes)
    return found


class Nests:
    """All positions of a tree with the loops around them."""

    def __init__(self, references: References, tree: Tree) -> None:
        self.references, self.tree = references, tree
        self.leaves = references.program.leaves
        self.nest_of: dict[int, Nest] = {}
        self.position_of = np.arange(len(references.codes))
        """What each instruction is an instance of."""
        self._note(tree, Nest(()))
        self._instances: dict[int, Any] = {}

    def _note(self, items: Sequence[Run | Repeat], nest: Nest) -> None:
        for item in items:
            if isinstance(item, Repeat):
                self._note(item.body, Nest((*nest.loops, item)))
                continue
            for position in range(item.start, item.stop):
                self.nest_of[position] = nest
                if nest.loops:
                    self.position_of[nest.instances(position)] = position

    def operation(self, position: int) -> str:
        """Of an instruction."""
        return self.references.program.operations[position]

    def instances(self, position: int) -> Any:
        """The instructions that a position stands for."""
        found = self._instances.get(position)
        if found is None:
            found = self._instances[position] = self.nest_of[position].instances(position)
        return found

    def arity(self, position: int) -> int:
        """How many operands an instruction has."""
        first = self.references.first
        return int(first[position + 1] - first[position])

    def operands(self, position: int, number: int) -> Any:
        """Operand `number` of each instance."""
        references = self.references
        return references.flat[references.first[self.instances(position)] + number]

    def factors(self, position: int) -> list[Any]:
        """The terms of a sum, or both factors of those of a dot, of each instance along a last axis.

        Instances that have fewer terms than others are filled up with zeros.
        """
        references, instances = self.references, self.instances(position)
        first = references.first[instances][..., None]
        size = (references.first[instances + 1] - references.first[instances])[..., None]
        if self.operation(position) == DOT:
            size = size >> 1
        terms = np.arange(int(size.max()))
        starts = [first, first + size] if self.operation(position) == DOT else [first]
        there = terms < size
        return [np.where(there, references.flat[np.where(there, start + terms, 0)], ZERO) for start in starts]

    def terms(self, position: int) -> int:
        """The terms of a sum, of the longest instance; 0 for other operations."""
        operation = self.operation(position)
        return self.factors(position)[0].shape[-1] if operation in (SUM, DOT) else 0

    def is_long(self, position: int) -> bool:
        """Whether it is a sum that is a loop itself: of many terms, or not of the same number in all passes."""
        if self.operation(position) not in (SUM, DOT):
            return False
        first, instances = self.references.first, self.instances(position)
        sizes = first[instances + 1] - first[instances]
        return self.terms(position) > LONGEST_WRITTEN or bool((sizes != sizes.flat[0]).any())
