"""From what was recorded to a program of loops."""

from collections.abc import Sequence
from typing import Any

from autograd.core.value import Value
from autograd.native.recording.graph import take_down
from autograd.native.rolling.instructions import Instructions
from autograd.native.rolling.layout import Layout
from autograd.native.rolling.nests import Nests, References
from autograd.native.rolling.program import Program
from autograd.native.rolling.repeats import LEAST_SAVED, emitted, repeats
from autograd.native.rolling.sums import Sequenced, gathered


def noted(
    outputs: Sequence[Any], inputs: Sequence[Value], parameters: Sequence[Value], order: Sequence[Value] | None = None
) -> Sequenced:
    """What was recorded as instructions."""
    instructions = Instructions()
    leaves = {x: instructions.leaf() for x in (*inputs, *parameters)}
    roots = take_down(instructions, outputs, leaves, order=order)
    return gathered(instructions, roots, len(leaves))


def rolled(sequenced: Sequenced, inputs: int, least: int = LEAST_SAVED) -> Program:
    """The program of instructions, of which the first leaves are the inputs."""
    references = References(sequenced)
    tree = repeats(references.tokens(), sequenced.leaves, len(sequenced.operations), least)
    program = Layout(Nests(references, tree), inputs).program
    program.counts = {"instructions": len(sequenced.operations) - sequenced.leaves, "written": emitted(tree)}
    return program
