"""What the back ends of a function at one point carry out: loops over few instructions, found again.

There are two memories.  *Slots* hold what a caller sets: the parameters, then the constants that do not stand in the
instructions.  *Strips* hold numbers that are made: first the inputs, then results, those of a loop side by side.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

COPY = "copy"
"""The operation that gives its operand."""


@dataclass(frozen=True, slots=True)
class Place:
    """Number start + Σ strides·k, and of a table + its own Σ strides·k, for the passes k of the loops around.

    Args:
        memory: "slots" or "strips".
        start, strides: The part that is the same everywhere, and one stride for each loop, the outermost first.
        table: Where in the tables of the program the other part begins, if there is one.
        table_strides: The strides of that.
    """

    memory: str
    start: int
    strides: tuple[int, ...] = ()
    table: int | None = None
    table_strides: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Result:
    """What instruction `index` of the same block gave in the same pass."""

    index: int


@dataclass(frozen=True, slots=True)
class Carried:
    """What instruction `index` of the same block gave in the pass before, and at first what `initial` tells."""

    index: int
    initial: "Place | float"


Source = Place | Result | Carried | float


@dataclass(frozen=True, slots=True)
class Piece:
    """Σ over i < count of a product of factors, whose places have i for a last loop."""

    count: int
    factors: tuple["Place | float", ...]


@dataclass(frozen=True, slots=True)
class Step:
    """An operation on sources; or a sum, of pieces.  Its result goes to a place if anything outside the block needs it.

    A mask is kept as 1.0 or 0.0; `masks` tells which sources from outside are masks.
    """

    operation: str
    sources: tuple[Source, ...]
    target: Place | None = None
    pieces: tuple[Piece, ...] = ()


@dataclass(frozen=True, slots=True)
class Block:
    """Steps in order."""

    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Loop:
    """A body for k = 0 … passes - 1; the passes of a parallel one do not depend on each other."""

    passes: int
    body: "tuple[Block | Loop, ...]"
    parallel: bool = False


@dataclass(eq=False)
class Program:
    """A function of numbers at one point."""

    inputs: int
    """Strips 0 … inputs - 1."""
    parameters: int
    """Slots 0 … parameters - 1."""
    strips: int
    slots: int
    constants: dict[int, float]
    """The slots that have a number from the start."""
    tables: Any
    """An array of whole numbers: parts of places."""
    body: Sequence[Block | Loop]
    strip_outputs: Sequence[int | float] = ()
    """The strips that are results; a float where a result is a constant."""
    counts: dict[str, int] = field(default_factory=dict)
    """What was found: instructions, and how many of them are written."""

    def new_slots(self) -> Any:
        """Memory for the slots, with the constants in place."""
        slots = np.zeros(self.slots)
        for slot, number in self.constants.items():
            slots[slot] = number
        return slots

    def new_strips(self) -> Any:
        """Memory for the strips."""
        return np.zeros(max(self.strips, 1))


def count_of_loops(body: Sequence[Block | Loop]) -> int:
    """How many loops there are, those within others included."""
    return sum(1 + count_of_loops(item.body) for item in body if isinstance(item, Loop))
