"""What the back ends of a function at one point carry out: loops over few instructions, found again.

There are two memories.  *Slots* hold what a caller sets: the parameters, then the constants that do not stand in the
instructions.  *Strips* hold numbers that are made: first the inputs, then results, those of a loop side by side.
"""

import struct
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
class Memory:
    """What who calls a program must know: the memory it works in, and where its results are.

    >>> memory = Memory(2, 0, strips=4, slots=1, constants={0: -0.0}, strip_outputs=[3, 0.5])
    >>> Memory.unpacked(memory.packed() + b"and more")
    (Memory(inputs=2, parameters=0, strips=4, slots=1, constants={0: -0.0}, strip_outputs=[3, 0.5]), b'and more')
    """

    inputs: int
    """Strips 0 … inputs - 1."""
    parameters: int
    """Slots 0 … parameters - 1."""
    strips: int
    slots: int
    constants: dict[int, float]
    """The slots that have a number from the start."""
    strip_outputs: Sequence[int | float] = ()
    """The strips that are results; a float where a result is a constant."""

    def new_slots(self) -> Any:
        """Memory for the slots, with the constants in place."""
        slots = np.zeros(self.slots)
        for slot, number in self.constants.items():
            slots[slot] = number
        return slots

    def new_strips(self) -> Any:
        """Memory for the strips."""
        return np.zeros(max(self.strips, 1))

    def packed(self) -> bytes:
        """All of it as bytes."""
        rows = [x if isinstance(x, int) else -1 for x in self.strip_outputs]
        numbers = [*self.constants.values(), *(x for x in self.strip_outputs if not isinstance(x, int))]
        counts = len(self.constants), len(rows), len(numbers)
        whole = (self.inputs, self.parameters, self.strips, self.slots, *counts, *self.constants, *rows)
        return struct.pack(f"<{len(whole)}q{len(numbers)}d", *whole, *numbers)

    @staticmethod
    def unpacked(content: bytes) -> "tuple[Memory, bytes] | None":
        """What `packed` gave, and the bytes that follow; None for anything else."""
        try:
            inputs, parameters, strips, slots, constants, rows, numbers = struct.unpack_from("<7q", content)
            fields = struct.Struct(f"<7q{constants + rows}q{numbers}d")
            found = fields.unpack_from(content)[7:]
        except struct.error:
            return None
        of_constants, of_results = found[:constants], found[constants : constants + rows]
        given = iter(found[constants + rows :])
        memory = Memory(inputs, parameters, strips, slots, {slot: next(given) for slot in of_constants})
        memory.strip_outputs = [next(given) if x < 0 else x for x in of_results]
        fits = all(0 <= x < slots for x in of_constants) and all(x < strips for x in of_results)
        return (memory, content[fields.size :]) if fits and max(inputs, 0) <= strips else None


@dataclass(eq=False)
class Program(Memory):
    """A function of numbers at one point."""

    tables: Any = field(kw_only=True)
    """An array of whole numbers: parts of places."""
    body: Sequence[Block | Loop] = field(kw_only=True)
    counts: dict[str, int] = field(default_factory=dict, kw_only=True)
    """What was found: instructions, and how many of them are written."""


def count_of_loops(body: Sequence[Block | Loop]) -> int:
    """How many loops there are, those within others included."""
    return sum(1 + count_of_loops(item.body) for item in body if isinstance(item, Loop))
