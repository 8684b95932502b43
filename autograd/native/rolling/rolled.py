"""From what was recorded to a program of loops."""

import hashlib
import marshal
from collections.abc import Sequence
from typing import Any

from autograd.core.graph import as_recorded, topological_order
from autograd.core.value import Value
from autograd.native.recording.graph import Ref, take_down
from autograd.native.recording.tracing import uncollected
from autograd.native.rolling.instructions import Instructions
from autograd.native.rolling.layout import Layout
from autograd.native.rolling.nests import Nests, References
from autograd.native.rolling.program import Program
from autograd.native.rolling.repeats import LEAST_SAVED, emitted, repeats
from autograd.native.rolling.sums import Sequenced, gathered


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


def program_of(instructions: Sequenced, inputs: int, least: int = LEAST_SAVED) -> Program:
    """The program of instructions, of which the first leaves are the inputs."""
    references = References(instructions)
    tree = repeats(references.tokens(), instructions.leaves, len(instructions.operations), least)
    program = Layout(Nests(references, tree), inputs).program
    program.counts = {"instructions": len(instructions.operations) - instructions.leaves, "written": emitted(tree)}
    return program


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
