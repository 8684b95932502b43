"""What the first run of a segment leaves behind: its result in numbers, and the Values it used from outside."""

import gc
import math
import weakref
from collections.abc import Callable, Sequence
from typing import Any

from autograd.accelerator import compiled
from autograd.core.mode import changed, current
from autograd.core.recording import make
from autograd.core.tree import Rebuild
from autograd.core.value import ByHand, Value, node
from autograd.table.primitive import Primitive


class DualNumbers(Exception):  # noqa: N818  # a signal, never seen outside
    """Forward mode is on: it leaves no graph, and needs no checkpoint."""


class State:
    """A structure of Values and numbers as it is stored: numbers only."""

    def __init__(self, leaves: Sequence[Any], rebuild: Rebuild) -> None:
        self.is_value = [x.__class__ is not float for x in leaves]
        if not all(isinstance(x, Value) for x in leaves if x.__class__ is not float):
            raise DualNumbers
        self.numbers = [number_of(x) for x in leaves]
        self.rebuild = rebuild

    def leaves(self, make: Callable[[float], Value] = Value) -> list[Any]:
        """Fresh leaves with its numbers."""
        return [make(x) if live else x for x, live in zip(self.numbers, self.is_value, strict=True)]


class Witness:
    """Makes the nodes of a first run, and notes the Values it uses that it has not made.

    What a run without recording makes are numbers that say so: nodes without operands, whose row is that of the run, or
    leaves with the number of the run, which the compiled core makes and notes by itself.  What was noted and is gone
    afterwards was made by the run after all, by a constructor or a transform.
    """

    def __init__(self) -> None:
        self.row = Primitive("first run", lambda _: math.nan, lambda _z, _xs: ()) if compiled is None else None
        self.run: int = 0 if compiled is None else compiled.new_run()
        self.noted: dict[Value, None] = {}
        self.older: dict[int, weakref.ref[Value]] = {}
        self.cyclic = False
        self.recorded: set[Value] = set()  # what a recorded step makes: it lives on, and is no outsider

    def leaf(self, number: float, label: str = "") -> Value:
        """A leaf that counts as made by this run."""
        leaf: Value = node(Value, number, self.row) if compiled is None else compiled.run_leaf(number, self.run)
        leaf.label = label
        return leaf

    def is_mine(self, x: Value) -> bool:
        """Whether a Value was made by this run."""
        return x.primitive is self.row if compiled is None else compiled.is_of_run(x, self.run)

    def mode(self, *, keep: bool = False, **changes: Any) -> changed:
        """A block in which this witness looks on; with keep, of a run that is recorded."""
        return changed(make=self._maker(keep), witness=(self.noted, self.run), **changes)

    def _maker(self, keep: bool) -> Callable[..., Value]:
        """A closure, for speed: most of the time that checkpointing adds is the first run."""
        row, noted, recorded, outer = self.row, self.noted, self.recorded, current().make or make
        leaf, is_mine = self.leaf, self.is_mine

        def make_noting(data: float, primitive: Primitive, operands: Any, partials: Any) -> Value:
            for x in operands:
                if x.__class__ is not float and not (is_mine(x) if row is None else x.primitive is row):
                    noted[x] = None
            if partials is None and not current().records:
                return leaf(data) if row is None else node(Value, data, row)
            made: Value = outer(data, primitive, operands, partials)
            if keep:
                recorded.add(made)
            return made

        return make_noting

    def forget_temporaries(self) -> None:
        """To be called when a step is over, so that what it made can go."""
        pending = [x for x in self.noted if x not in self.recorded]
        self.noted.clear()
        for x in pending:
            known = self.older.get(id(x))
            if known is None or known() is not x:
                self.older[id(x)] = weakref.ref(x)
                if isinstance(x.primitive, ByHand):  # made without the maker, which has not seen its operands
                    self.cyclic = True
                    pending += [o for o in x.operands if o.__class__ is not float and not self.is_mine(o)]

    def result(self, leaves: list[Any], rebuild: Rebuild) -> State:
        """What the run returned: numbers, so that nothing else of it lives on."""
        self.noted.update((x, None) for x in leaves if isinstance(x, Value) and not self.is_mine(x))
        return State(leaves, rebuild)

    def outsiders(self) -> list[Value]:
        """The Values used that are still there."""
        self.forget_temporaries()
        self.recorded.clear()
        if self.cyclic:  # a node in the lecture's style is part of a cycle, with its closure, and outlives the run
            gc.collect()
        return [x for reference in self.older.values() if (x := reference()) is not None]


def number_of(x: Any) -> float:
    """The number of a Value or a constant."""
    number: float = x if x.__class__ is float else x._number
    return number
