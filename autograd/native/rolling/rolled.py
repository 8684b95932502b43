"""From what was recorded to a program of loops."""

import hashlib
import marshal
from collections.abc import Iterator, Sequence
from typing import Any

from autograd.core.graph import as_recorded, topological_order
from autograd.core.value import Value
from autograd.native.recording.graph import Ref, take_down
from autograd.native.recording.tracing import uncollected
from autograd.native.rolling.batches import by_kinds
from autograd.native.rolling.instructions import Instructions
from autograd.native.rolling.layout import Layout
from autograd.native.rolling.nests import Nests, References
from autograd.native.rolling.phrases import by_phrases
from autograd.native.rolling.program import Program
from autograd.native.rolling.repeats import LEAST_SAVED, Tree, emitted, repeats
from autograd.native.rolling.sums import Sequenced, gathered
from autograd.native.rolling.weight import weight

MUCH = 2048  # instructions written out: LLVM makes code of fewer in a twentieth of a second
MOST_LEFT = 0.5  # of them may be in another order, else that is not looked at further
GAIN, ENOUGH = 0.96, 0.8  # of what the recorded order takes another one must take; if so little, none else is tried


class Draft:
    """Recorded outputs as instructions, of which a program can be made.

    Args:
        outputs: Values or numbers.
        inputs, parameters: The leaves that have numbers of their own at each call.
        order: What outputs are made of, operands first; see `recorded_order`.

    Raises TypeError for a row that cannot be compiled.
    """

    def __init__(
        self,
        outputs: Sequence[Any],
        inputs: Sequence[Value],
        parameters: Sequence[Value],
        order: Sequence[Value] | None = None,
    ) -> None:
        leaves = [*inputs, *parameters]
        self.inputs, self.leaves = len(inputs), len(leaves)
        self.noted = Instructions()
        known: dict[Value, Ref] = {x: self.noted.leaf() for x in leaves}
        with uncollected():
            self.outputs = take_down(self.noted, outputs, known, order=order)

    def digest(self) -> str:
        """A text that is the same for the same instructions and results, in every process."""
        noted = self.noted
        marked = sorted(noted.jumped), sorted(noted.as_written)
        told = noted.operations, noted.operands, *marked, self.outputs, self.inputs, self.leaves
        # In later versions of its format it tells besides which objects are the same.
        return hashlib.sha256(marshal.dumps(told, 2)).hexdigest()

    def sequenced(self) -> Sequenced:
        """The instructions, with sums gathered."""
        return gathered(self.noted, self.outputs, self.leaves)

    def program(self) -> Program:
        """The program of loops."""
        with uncollected():
            return program_of(self.sequenced(), self.inputs)


def program_of(instructions: Sequenced, inputs: int, least: int = LEAST_SAVED, much: int = MUCH) -> Program:
    """The program of instructions.

    Args:
        instructions: What it computes.
        inputs: How many of the leaves, the first ones, are inputs.
        least: Instructions that a loop must save.
        much: Instructions left to be written, from which on other orders are tried.
    """
    references = References(instructions)
    tokens = references.tokens()
    tree = repeats(tokens, instructions.leaves, len(instructions.operations), least)
    if emitted(tree) > much:
        references, tree = _reordered(references, tokens, tree, least, much)
    program = Layout(Nests(references, tree), inputs).program
    program.counts = {"instructions": len(instructions.operations) - instructions.leaves, "written": emitted(tree)}
    return program


def _reordered(references: References, tokens: Any, tree: Tree, least: int, much: int) -> tuple[References, Tree]:
    """The instructions in the order that takes least, and their loops."""
    found, recorded = (references, tree), weight(references, tree)
    takes = GAIN * recorded
    for order, loops in _orders(references.program, tokens, tree, least):
        other = References(order)
        weighs = weight(other, loops)
        if weighs < takes:
            found, takes = (other, loops), weighs
            if takes < ENOUGH * recorded and emitted(loops) <= much:
                break
    return found


def _orders(program: Sequenced, tokens: Any, tree: Tree, least: int) -> Iterator[tuple[Sequenced, Tree]]:
    """Other orders with far fewer instructions to write, and their loops."""
    most = int(MOST_LEFT * emitted(tree))
    by_phrase = by_phrases(program, tokens, tree, most, least)
    if by_phrase is not None:
        yield by_phrase
    by_kind = by_kinds(program, most, least)
    if by_kind is not None:
        yield by_kind


def recorded_order(outputs: Sequence[Any], leaves: Sequence[Value], made: list[Value]) -> list[Value] | None:
    """What outputs are made of in the order in which it was made; None if not all of it is among what was recorded."""
    above = [x for x in leaves if x.primitive is not None]
    needed = topological_order(*[x for x in outputs if isinstance(x, Value)], above=above)
    found = as_recorded(needed, made)
    if found is None:
        return None
    known = set(leaves)
    before = [x for x in found[0] if x not in known]
    return None if any(x.primitive is not None for x in before) else before + found[1]
