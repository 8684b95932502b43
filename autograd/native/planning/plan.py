"""What a back end carries out: steps on strips of numbers, one number a sample, and on slots, one number a batch.

A plan has two memories.  *Strips* hold what is computed for each sample: strip r has a number for every sample of the
block that is being worked on.  *Slots* hold what there is one of: first the parameters, then the sums over the batch,
then constants and everything that is computed from these once a batch.

The layers of a network appear as single steps on many strips (`Product`, `OuterSum`), the elementwise work between them
as a `Loop` over consecutive strips, and everything else as a `Loop` that is run once.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from autograd.table.machine import Machine
from autograd.table.primitive import Primitive


@dataclass(frozen=True, slots=True)
class Strip:
    """Strip start + u · stride, in pass u of a loop."""

    start: int
    stride: int = 0


@dataclass(frozen=True, slots=True)
class Slot:
    """Slot start + u · stride, in pass u of a loop."""

    start: int
    stride: int = 0

    @property
    def pair(self) -> tuple[int, int]:
        """Start and stride."""
        return self.start, self.stride


@dataclass(frozen=True, slots=True)
class Result:
    """What operation `index` of the same loop gave in the same pass."""

    index: int


Place = Strip | Slot
Source = Strip | Slot | Result | float


@dataclass(frozen=True, slots=True)
class Operation:
    """A primitive on sources; its result goes to a place if anything outside the loop needs it."""

    row: Primitive
    sources: tuple[Source, ...]
    target: Place | None = None

    def computed(self, machine: Machine, results: Sequence[Any], read: Callable[[Place], Any]) -> Any:
        """What a machine makes of it: of numbers, of the results so far, and of what is read from places."""
        sources = [
            results[x.index] if isinstance(x, Result) else read(x) if isinstance(x, Strip | Slot) else x
            for x in self.sources
        ]
        return self.row.lowered(machine, *sources)


@dataclass(frozen=True, slots=True)
class Loop:
    """Operations for u = 0 … passes - 1; of samples if it reads or writes strips, else of single numbers."""

    passes: int
    operations: tuple[Operation, ...]


@dataclass(frozen=True, slots=True)
class Product:
    """A layer, strip target + i ← Σ_j W_ij · strip source + j + b_i, with W_ij in slot weights + i·by_i + j·by_j."""

    target: int
    outputs: int
    source: int
    inputs: int
    weights: Slot  # W_00; the stride is that of i
    by_input: int  # the stride of j
    bias: Slot


@dataclass(frozen=True, slots=True)
class OuterSum:
    """Slot sums + i·by_i + j·by_j += Σ over samples of strip left + i times strip right + j."""

    left: int
    lefts: int
    right: int
    rights: int
    sums: Slot  # of i = j = 0; the stride is that of i
    by_right: int  # the stride of j


@dataclass(frozen=True, slots=True)
class StripSum:
    """Slot sums + i·stride += Σ over samples of strip start + i."""

    start: int
    count: int
    sums: Slot


@dataclass(frozen=True, slots=True)
class SlotDot:
    """Slot target ← Σ_i slot left_i times slot right_i, or without right Σ_i slot left_i."""

    target: int
    left: Slot
    right: Slot | None
    count: int


BatchStep = Loop | SlotDot
SampleStep = Loop | Product | OuterSum | StripSum


@dataclass
class Plan:
    """Steps before the samples, for each block of samples, and after the samples."""

    inputs: int
    """Strips 0 … inputs - 1 are read from the data; with sums, the next one holds the weights of the samples."""
    strips: int
    slots: int
    parameters: int
    """Slots 0 … parameters - 1."""
    sums: Slot
    """The slots that are 0 before the samples; `count_of_sums` of them."""
    count_of_sums: int
    constants: dict[int, float] = field(default_factory=dict)
    before: list[BatchStep] = field(default_factory=list)
    samples: list[SampleStep] = field(default_factory=list)
    after: list[BatchStep] = field(default_factory=list)
    strip_outputs: Sequence[int | float] = ()
    """The strips that are results, one number a sample; a float where a result is a constant."""
    slot_outputs: Sequence[int | float] = ()
    """The slots that are results, one number a batch."""
    gradient: int = 0
    """The first of the slots of the derivatives by the parameters."""

    def key(self) -> str:
        """A text that is equal for plans that compute the same by the same steps, while they live."""
        loops = [step for step in (*self.before, *self.samples, *self.after) if isinstance(step, Loop)]
        rows = {operation.row for loop in loops for operation in loop.operations}
        told = sorted((row.name, id(row), id(row.lowering)) for row in rows)  # a name may be used again
        return f"{self!r} {told}"

    @property
    def weighted(self) -> bool:
        """Whether the samples have weights, because there is something to sum over them."""
        return self.count_of_sums > 0
