"""Where results are kept, and what each operand of a loop is: a number, a result, what is carried, or a place.

The results of a position lie side by side, the passes of the innermost loop next to each other, with spare numbers at
either end of each loop.  What the first passes use in the place of results that are not there, as the number that a
recurrence begins with, is copied into these before the loop, so that all passes read alike.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np

from autograd.native.planning.places import MOST_WORK
from autograd.native.rolling.fission import Group, groups_of
from autograd.native.rolling.instructions import MASKS
from autograd.native.rolling.nests import Nests
from autograd.native.rolling.program import COPY, Block, Carried, Loop, Piece, Place, Program, Result, Source, Step
from autograd.native.rolling.repeats import Repeat, Run

SPARE = 2  # numbers at either end of the innermost loop; around others one pass
MOST_COPIED = 0.34  # of what an operand refers to may be copied into spare places


@dataclass(eq=False)
class _Frame:
    """A block in the making: its positions, and whether it is alone in its loop, so that results may be carried."""

    alone: bool
    positions: list[int] = field(default_factory=list)


@dataclass(eq=False)
class _Written:
    """A loop in the making, of the nest that begins with the loop `outermost`."""

    passes: int
    items: "list[_Frame | _Written]"
    parallel: bool
    outermost: Repeat


@dataclass(frozen=True, eq=False)
class _Initial:
    """What is to be `Carried`, before it has a place."""

    index: int
    references: Any


class Layout:
    """Makes the program of instructions under loops.

    Args:
        nests: What was found.
        inputs: How many of the leaves are inputs; the others are parameters.
    """

    def __init__(self, nests: Nests, inputs: int) -> None:
        self.nests, self.inputs = nests, inputs
        self.frame_of: dict[int, _Frame] = {}
        self.index_of: dict[int, int] = {}
        self.kept: set[int] = set()
        """The positions whose results go to a place."""
        items = self._planned(nests.tree, ())
        self.sources = {position: self._sources(position) for position in self.frame_of}
        outputs = nests.references.program.outputs
        self.kept.update(int(nests.position_of[x]) for x in outputs if isinstance(x, int) and x >= nests.leaves)
        self.places = Places(nests, inputs, sorted(self.kept))
        body = self._items(items)
        found = [x if isinstance(x, float) else self.places.strip(x) for x in outputs]
        places = self.places
        self.program = Program(
            inputs=inputs,
            parameters=nests.leaves - inputs,
            strips=places.strips,
            slots=places.slots,
            constants=places.constants,
            tables=np.concatenate(places.tables) if places.tables else np.zeros(0, dtype=np.int64),
            body=[*places.copied_slots(), *body],
            strip_outputs=found,
        )

    # ------------------------------------------------------------ what is written

    def _planned(self, items: Sequence[Run | Repeat], loops: tuple[Repeat, ...]) -> list[Any]:
        found: list[Any] = []
        for item in items:
            if isinstance(item, Run):
                found += self._chunks(range(item.start, item.stop), alone=False)
            elif all(isinstance(x, Run) for x in item.body):
                for group in groups_of(
                    self.nests, (*loops, item), [i for x in item.body for i in range(x.start, x.stop)]
                ):
                    found += self._loops(group, (*loops, item))
            else:
                nest = (*loops, item)
                found.append(_Written(item.passes, self._planned(item.body, nest), False, nest[0]))
        return found

    def _loops(self, group: Group, loops: tuple[Repeat, ...]) -> list[_Written]:
        frames = self._chunks(group.positions, alone=True)
        if group.parallel:
            return [_Written(loops[-1].passes, [frame], True, loops[0]) for frame in frames]
        for frame in frames:
            frame.alone = len(frames) == 1
        return [_Written(loops[-1].passes, [*frames], False, loops[0])]

    def _chunks(self, positions: Sequence[int], alone: bool) -> list[_Frame]:
        """Blocks that LLVM compiles in a time that grows with their number and not with its square; long sums apart."""
        found: list[_Frame] = []
        work = MOST_WORK + 1
        for position in positions:
            is_long = self.nests.is_long(position)
            if work > MOST_WORK or is_long:
                found.append(_Frame(alone))
                work = 0
            self.frame_of[position] = found[-1]
            self.index_of[position] = len(found[-1].positions)
            found[-1].positions.append(position)
            work += MOST_WORK + 1 if is_long else self.nests.arity(position)
        return found

    # ------------------------------------------------------------ what operands are

    def _sources(self, position: int) -> list[Any]:
        """For each operand a float, a Result, an _Initial, or what is in memory: a reference, or one for each pass."""
        nests = self.nests
        if nests.is_long(position):
            for factor in nests.factors(position):
                self._keep(factor)
            return []
        if nests.nest_of[position].loops:
            return [self._source(position, nests.operands(position, k)) for k in range(nests.arity(position))]
        found: list[Any] = []
        for x in nests.references.program.operands[position]:
            if isinstance(x, int) and x >= nests.leaves and self.frame_of.get(x) is self.frame_of[position]:
                found.append(Result(self.index_of[x]))
            else:
                found.append(x)
                if isinstance(x, int) and x >= nests.leaves:
                    self.kept.add(int(nests.position_of[x]))
        return found

    def _source(self, position: int, used: Any) -> Any:
        nests, frame = self.nests, self.frame_of[position]
        last = int(used.flat[-1])
        if last < 0:
            if (used == last).all():
                return nests.references.constants[~last]
        elif last >= nests.leaves:
            other = int(nests.position_of[last])
            if self.frame_of.get(other) is frame:
                instances = nests.instances(other)
                if (used == instances).all():
                    return Result(self.index_of[other])
                known = (used[..., 0] < nests.nest_of[position].starts).all()  # before the loop begins
                if (
                    frame.alone
                    and known
                    and (used[..., 1:] == instances[..., :-1]).all()
                    and nests.operation(other) not in MASKS
                ):
                    self._keep(used[..., 0])
                    return _Initial(self.index_of[other], used[..., 0])
        self._keep(used)
        return used

    def _keep(self, used: Any) -> None:
        results = used[used >= self.nests.leaves]
        self.kept.update(np.unique(self.nests.position_of[results]).tolist())

    # ------------------------------------------------------------ the program

    def _items(self, items: Sequence[Any], outermost: Repeat | None = None) -> list[Any]:
        found: list[Any] = []
        for item in items:
            if isinstance(item, _Frame):
                found.append(Block(tuple([self._step(position, outermost) for position in item.positions])))
                continue
            loop = Loop(item.passes, tuple(self._items(item.items, item.outermost)), item.parallel)
            if outermost is None:
                found += self.places.copies()
            found.append(loop)
        return found

    def _step(self, position: int, outermost: Repeat | None) -> Step:
        nests = self.nests
        sources: list[Source] = []
        for x in self.sources[position]:
            if isinstance(x, int):
                sources.append(self.places.single(x))
            elif isinstance(x, _Initial):
                sources.append(Carried(x.index, self.places.of(x.references, outermost)))
            else:
                sources.append(self.places.of(x, outermost) if isinstance(x, np.ndarray) else x)
        target = self.places.target(position) if position in self.kept else None
        return Step(nests.operation(position), tuple(sources), target, self._pieces(position, outermost))

    def _pieces(self, position: int, outermost: Repeat | None) -> tuple[Piece, ...]:
        """A long sum cut where the distance between the places of terms changes, unless it does so too often."""
        if not self.nests.is_long(position):
            return ()
        factors = self.nests.factors(position)
        terms = factors[0].shape[-1]
        cuts = sorted({0, terms, *(cut for factor in factors for cut in self.places.cuts(factor))})
        if len(cuts) - 1 > max(2, terms >> 2):
            cuts = [0, terms]
        return tuple(
            Piece(stop - start, tuple([self.places.of(factor[..., start:stop], outermost) for factor in factors]))
            for start, stop in pairwise(cuts)
        )


class Places:
    """The memory of one program in the making.

    Args:
        nests: Its instructions.
        inputs: How many of the leaves are inputs.
        kept: The positions whose results are kept.
    """

    def __init__(self, nests: Nests, inputs: int, kept: Sequence[int]) -> None:
        self.nests, self.inputs = nests, inputs
        self.strips, self.slots = inputs, nests.leaves - inputs
        self.constants: dict[int, float] = {}
        self.tables: list[Any] = []
        self._table_size = 0
        self._known_tables: dict[tuple[bytes, Any], int] = {}
        self._constant_rows: dict[bytes, int] = {}
        self._slot_copies: dict[int, int] = {}  # from slot to strip
        self._spare: dict[int, int] = {}  # from a spare strip to the reference it stands for
        self._pending: list[tuple[int, int]] = []
        self._arrays: dict[int, tuple[int, tuple[int, ...]]] = {}
        self._cell = np.full(len(nests.position_of), -1)
        self._cell[:inputs] = np.arange(inputs)
        for position in kept:
            self._allocate(position)
        self._spare_cells = np.ones(self.strips, dtype=bool)
        self._spare_cells[self._cell[self._cell >= 0]] = False
        self._owned = self.strips

    def _allocate(self, position: int) -> None:
        """An array of strips for the results of a position."""
        shape = self.nests.nest_of[position].shape
        spares = [SPARE if axis == len(shape) - 1 else 1 for axis in range(len(shape))]
        strides, size = [0] * len(shape), 1
        for axis in reversed(range(len(shape))):
            strides[axis] = size
            size *= shape[axis] + 2 * spares[axis]
        first = self.strips + sum(spare * stride for spare, stride in zip(spares, strides, strict=True))
        self._arrays[position] = first, tuple(strides)
        self.strips += size
        cells = np.array(first)
        for passes, stride in zip(shape, strides, strict=True):
            cells = cells[..., None] + stride * np.arange(passes)
        self._cell[self.nests.instances(position)] = cells

    def target(self, position: int) -> Place:
        """Where the results of a position go."""
        first, strides = self._arrays[position]
        return Place("strips", first, strides)

    def strip(self, reference: int) -> int:
        """The strip of a result or an input, or of a copy of a parameter."""
        if self.inputs <= reference < self.nests.leaves:
            return self._slot_copy(reference - self.inputs)
        return int(self._cell[reference])

    def _slot(self, reference: int) -> int:
        """The slot of a parameter or a constant."""
        if reference >= 0:
            return reference - self.inputs
        return self._constant_row(np.array([reference]))

    def _constant_row(self, references: Any) -> int:
        """The first of consecutive slots with these constants."""
        key = references.tobytes()
        if key not in self._constant_rows:
            self._constant_rows[key] = self.slots
            numbers = self.nests.references.constants
            self.constants.update((self.slots + k, numbers[~x]) for k, x in enumerate(references.ravel().tolist()))
            self.slots += references.size
        return self._constant_rows[key]

    def _slot_copy(self, slot: int) -> int:
        if slot not in self._slot_copies:
            self._slot_copies[slot] = self.strips
            self.strips += 1
        return self._slot_copies[slot]

    def _in_slots(self, references: Any) -> Any:
        return (references < 0) | ((references >= self.inputs) & (references < self.nests.leaves))

    # ------------------------------------------------------------ places of references

    def single(self, reference: int) -> Place:
        """The place of a result, an input or a parameter."""
        if self.inputs <= reference < self.nests.leaves:
            return Place("slots", reference - self.inputs)
        return Place("strips", int(self._cell[reference]))

    def of(self, references: Any, outermost: Repeat | None) -> Place | float:
        """The place of references over the passes of the loops around; a number if all are the same constant.

        What has to be copied for it before the outermost of the loops is told by `copies`.
        """
        flat = references.ravel()
        first = int(flat[0])
        if first < 0 and (flat == first).all():
            return self.nests.references.constants[~first]
        in_slots = self._in_slots(references)
        if in_slots.all():
            if (references < 0).all():
                row = self._constant_row(references) + np.arange(references.size).reshape(references.shape)
                return self._place("slots", row)
            return self._place("slots", np.vectorize(self._slot, otypes=[np.int64])(references))
        cells = np.where(in_slots, -1, self._cell[np.maximum(references, 0)])
        found = self._with_spares(references, cells, in_slots, outermost) if outermost is not None else None
        if found is not None:
            return found
        if in_slots.any():
            cells[in_slots] = [self._slot_copy(self._slot(int(x))) for x in references[in_slots]]
        return self._place("strips", cells)

    def _with_spares(self, references: Any, cells: Any, in_slots: Any, outermost: Repeat) -> Place | None:
        """A regular place, if what does not fit can be copied to where it would be."""
        if cells.ndim == 0 or cells.size < 3:
            return None
        middle = tuple([min(SPARE, n - 1) for n in cells.shape])
        if in_slots[middle]:
            return None
        strides = [0] * cells.ndim
        for axis, passes in enumerate(cells.shape):
            if passes > 1:
                other = list(middle)
                other[axis] += 1 if middle[axis] + 1 < passes else -1
                if in_slots[tuple(other)]:
                    return None
                strides[axis] = int((cells[tuple(other)] - cells[middle]) * (other[axis] - middle[axis]))
        wanted = np.array(cells[middle] - sum(s * m for s, m in zip(strides, middle, strict=True)))
        start = int(wanted)
        for passes, stride in zip(cells.shape, strides, strict=True):
            wanted = wanted[..., None] + stride * np.arange(passes)
        wrong = (wanted != cells) | in_slots
        count = int(np.count_nonzero(wrong))
        if count:
            targets, moved = wanted[wrong], references[wrong]
            if count > max(2, MOST_COPIED * cells.size) or (moved >= outermost.start).any():
                return None
            if (targets < 0).any() or (targets >= self._owned).any() or not self._spare_cells[targets].all():
                return None
            new: dict[int, int] = {}
            for cell, reference in zip(targets.tolist(), moved.tolist(), strict=True):
                if self._spare.get(cell, reference) != reference or new.setdefault(cell, reference) != reference:
                    return None
            self._spare.update(new)
            self._pending += new.items()
        return Place("strips", start, tuple(strides))

    def _place(self, memory: str, cells: Any) -> Place:
        """Cells as start and strides, by a table along the loops where they are not regular."""
        strides: list[int | None] = []
        for axis in range(cells.ndim):
            steps = np.diff(cells, axis=axis)
            regular = not steps.size or (steps == steps.flat[0]).all()
            strides.append((int(steps.flat[0]) if steps.size else 0) if regular else None)
        rest = cells[tuple([slice(None) if stride is None else 0 for stride in strides])]
        plain = tuple([stride or 0 for stride in strides])
        if rest.ndim == 0:
            return Place(memory, int(rest), plain)
        table_strides, size = [0] * cells.ndim, 1
        for axis in reversed(range(cells.ndim)):
            if strides[axis] is None:
                table_strides[axis] = size
                size *= cells.shape[axis]
        start = int(rest.min())
        key = (rest - start).tobytes(), rest.shape
        if key not in self._known_tables:
            self._known_tables[key] = self._table_size
            self.tables.append((rest - start).ravel())
            self._table_size += size
        return Place(memory, start, plain, self._known_tables[key], tuple(table_strides))

    def cuts(self, references: Any) -> list[int]:
        """Where, along the last axis, the distance between places changes."""
        constant = (references < 0).reshape(-1, references.shape[-1])
        in_slots = self._in_slots(references)
        cells = np.where(in_slots, references, self._cell[np.maximum(references, 0)]).reshape(constant.shape)
        steps = np.diff(cells, axis=1)
        kinds = constant + 2 * in_slots.reshape(constant.shape)
        regular = (steps == steps[:1]).all(axis=0) & (kinds[:, 1:] == kinds[:, :-1]).all(axis=0)
        all_constant = constant.all(axis=0)
        found, start = [], 0
        for k in range(1, len(all_constant)):
            fits = regular[k - 1] and (k == start + 1 or steps[0, k - 1] == steps[0, start])
            if not fits and not (all_constant[k] and all_constant[k - 1]):
                found.append(k)
                start = k
        return found

    # ------------------------------------------------------------ what is copied

    def copies(self) -> list[Any]:
        """Loops and blocks that copy what regular places since the last call rely on."""
        pending, self._pending = sorted(dict(self._pending).items()), []
        found: list[Any] = []
        at = 0
        while at < len(pending):
            stop = at + 1
            kind = self._copied(pending[at][1])[0]
            while (
                stop < len(pending)
                and pending[stop][0] == pending[at][0] + stop - at
                and self._copied(pending[stop][1])[0] == kind
            ):
                stop += 1
            cells = np.array([self._copied(x)[1] for _, x in pending[at:stop]])
            source: Place | float = self._place(kind, cells)
            step = Step(COPY, (source,), Place("strips", pending[at][0], (1,)))
            found.append(Loop(stop - at, (Block((step,)),), parallel=True))
            at = stop
        return found

    def _copied(self, reference: int) -> tuple[str, int]:
        if self._in_slots(np.array(reference)):
            return "slots", self._slot(reference)
        return "strips", int(self._cell[reference])

    def copied_slots(self) -> list[Any]:
        """What is copied from slots to strips at the very beginning."""
        steps = [
            Step(COPY, (Place("slots", slot),), Place("strips", strip)) for slot, strip in self._slot_copies.items()
        ]
        return [Block(tuple(steps[i : i + MOST_WORK])) for i in range(0, len(steps), MOST_WORK)]
