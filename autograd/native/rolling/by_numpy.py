"""A program of loops carried out by NumPy: a parallel loop is an operation on arrays a step."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd.native.numpy_backend import NumpyMachine
from autograd.native.rolling.instructions import computed, is_mask
from autograd.native.rolling.program import COPY, Block, Carried, Loop, Piece, Place, Program, Result, Step


def run(program: Program, slots: Any, strips: Any) -> None:
    """Compute the strips of a program, whose first are the inputs, from these and the slots."""
    with np.errstate(all="ignore"):
        _Run(program, slots, strips).items(program.body, ())


class _Run:
    def __init__(self, program: Program, slots: Any, strips: Any) -> None:
        self.machine: Any = NumpyMachine()
        self.memory = {"slots": slots, "strips": strips}
        self.tables = program.tables

    def items(self, items: Sequence[Block | Loop], passes: tuple[Any, ...]) -> None:
        """Blocks and loops in order, in these passes of the loops around; the innermost may be an array of all."""
        for item in items:
            if isinstance(item, Block):
                self._block(item, passes, None)
            elif item.parallel:
                self.items(item.body, (*passes, np.arange(item.passes)))
            elif len(item.body) == 1 and isinstance(item.body[0], Block):
                before: list[Any] | None = None
                for k in range(item.passes):
                    before = self._block(item.body[0], (*passes, k), before)
            else:
                for k in range(item.passes):
                    self.items(item.body, (*passes, k))

    def _block(self, block: Block, passes: tuple[Any, ...], before: list[Any] | None) -> list[Any]:
        results: list[Any] = []
        for step in block.steps:
            sources = [self._source(step, k, passes, results, before) for k in range(len(step.sources))]
            if step.pieces:
                found = sum(self._piece(piece, passes) for piece in step.pieces)
            else:
                found = sources[0] if step.operation == COPY else computed(self.machine, step.operation, sources)
            results.append(found)
            if step.target is not None:
                self.memory["strips"][self._index(step.target, passes)] = found
        return results

    def _source(self, step: Step, number: int, passes: tuple[Any, ...], results: list[Any], before: Any) -> Any:
        source = step.sources[number]
        if isinstance(source, Result):
            return results[source.index]
        if isinstance(source, Carried):
            if before is not None:
                return before[source.index]
            source = source.initial
            passes = passes[:-1]
        if not isinstance(source, Place):
            return source
        found = self.memory[source.memory][self._index(source, passes)]
        return found != 0.0 if is_mask(step.operation, number) else found

    def _piece(self, piece: Piece, passes: tuple[Any, ...]) -> Any:
        passes = (*[x[:, None] if isinstance(x, np.ndarray) else x for x in passes], np.arange(piece.count))
        product: Any = 1.0
        for factor in piece.factors:
            number: Any = factor
            if isinstance(factor, Place):
                number = self.memory[factor.memory][self._index(factor, passes)]
            product = product * number
        return np.sum(product, axis=-1) if np.ndim(product) else product * piece.count

    def _index(self, place: Place, passes: tuple[Any, ...]) -> Any:
        found: Any = place.start
        for stride, k in zip(place.strides, passes, strict=False):
            found = found + stride * k
        if place.table is None:
            return found
        at: Any = place.table
        for stride, k in zip(place.table_strides, passes, strict=False):
            at = at + stride * k
        return found + self.tables[at]
