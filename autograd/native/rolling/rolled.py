"""From what was recorded to a program of loops."""

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


def rolled(outputs: Sequence[Any], inputs: Sequence[Value], parameters: Sequence[Value], made: list[Value]) -> Program:
    """The program of recorded outputs; arguments as for `sequenced`."""
    with uncollected():
        return program_of(sequenced(outputs, inputs, parameters, made), len(inputs))


def sequenced(
    outputs: Sequence[Any], inputs: Sequence[Value], parameters: Sequence[Value], made: list[Value]
) -> Sequenced:
    """Recorded outputs as instructions.

    Args:
        outputs: Values or numbers.
        inputs, parameters: The leaves that have numbers of their own at each call.
        made: What was recorded, in recorded order.

    Raises TypeError for a row that cannot be compiled.
    """
    leaves = [*inputs, *parameters]
    instructions = Instructions()
    known: dict[Value, Ref] = {x: instructions.leaf() for x in leaves}
    roots = take_down(instructions, outputs, known, order=recorded_order(outputs, leaves, made))
    return gathered(instructions, roots, len(leaves))


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
