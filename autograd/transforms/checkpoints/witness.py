"""What the first run of a segment leaves behind: its result in numbers, and the Values it used from outside."""

import gc
import itertools
import weakref
from collections.abc import Callable, Sequence
from typing import Any

from autograd.core.tree import Rebuild
from autograd.core.value import Maker, Value, is_grad_enabled, maker_here, new_node
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


_marks = itertools.count(-1, -1)


class Witness:
    """Makes the nodes of a first run, and notes the Values it uses that it has not made.

    The nodes of a run without recording are leaves, and `_uses` of a leaf is of no use: it holds the mark of the run.
    What was noted and is gone afterwards was made by the run after all, by a constructor or a transform.
    """

    def __init__(self) -> None:
        self.mark = next(_marks)
        self.noted: dict[Value, None] = {}
        self.older: dict[int, weakref.ref[Value]] = {}
        self.cyclic = False
        self.recorded: set[Value] = set()  # what a recorded step makes: it lives on, and is no outsider

    def leaf(self, number: float, label: str = "") -> Value:
        """A leaf that counts as made by this run."""
        leaf = Value(number, label=label)
        leaf._uses = self.mark
        return leaf

    def maker(self, *, keep: bool = False) -> Maker:
        """What `making` asks for; with keep, of a run that is recorded.

        A closure, for speed: most of the time that checkpointing adds is the first run.
        """
        mark, noted, recorded, outer = self.mark, self.noted, self.recorded, maker_here()

        def make(data: float, primitive: Primitive, x: Any, y: Any, dx: float | None, dy: Any) -> Value:
            if x.__class__ is tuple:
                for operand in x:
                    if operand.__class__ is not float and operand._uses != mark:
                        noted[operand] = None
            else:
                if x.__class__ is not float and x._uses != mark:
                    noted[x] = None
                if y is not None and y.__class__ is not float and y._uses != mark:
                    noted[y] = None
            if is_grad_enabled():
                node = outer(data, primitive, x, y, dx, dy)
                if keep:
                    recorded.add(node)
            else:
                node = new_node(data, None, None, None, None, None)
                node._uses = mark
            return node

        return make

    def forget_temporaries(self) -> None:
        """To be called when a step is over, so that what it made can go."""
        pending = [x for x in self.noted if x not in self.recorded]
        self.noted.clear()
        for x in pending:
            known = self.older.get(id(x))
            if known is None or known() is not x:
                self.older[id(x)] = weakref.ref(x)
                if callable(x._y):  # in the lecture's style: made without the maker, which has not seen its operands
                    self.cyclic = True
                    pending += [child for child in x._x if child.__class__ is not float and child._uses != self.mark]

    def result(self, leaves: list[Any], rebuild: Rebuild) -> State:
        """What the run returned: numbers, so that nothing else of it lives on."""
        self.noted.update((x, None) for x in leaves if isinstance(x, Value) and x._uses != self.mark)
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
