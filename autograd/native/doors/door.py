"""Doors: the calls of machine code in which numbers go straight into its rows and come straight out.

`Doors` is the base class of `Jitted`: a call tries the doors that are open, the last used first, and goes on to
`call_at_length` where none fits.  Where the compiled core is (see autograd/accelerator/doors.h) a door takes what has
the structure it was made for, of floats, whole numbers and arrays of float64; where it is not, a door takes such
arguments by position.  What a call means only `call_at_length` says.
"""

import functools
import importlib
import math
import struct
import weakref
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd.accelerator import compiled
from autograd.core.mode import unusual
from autograd.core.tree import NUMBER, Static, Structure
from autograd.core.value import Value
from autograd.native.rolling.program import Memory

Part = tuple[int, int, Any]
A_NUMBER, NUMBERS, SEQUENCE, DICT, ARRAY, SAME, ALIVE, NAMED, COPIED, SAMPLES, ELEMENTS = range(11)
"""Kinds of parts, as in parts.h."""

_PLAIN = frozenset((float, int, np.float64))

_arrays_fit = compiled is None
"""Whether NumPy is of a version whose arrays go through doors."""

if TYPE_CHECKING or compiled is None:

    class Doors:
        """Doors that are tried by each call, here without the compiled core."""

        takes_out: bool
        """Whether the argument `out` is none of the function's."""
        went_through = False
        """Whether the last call went through a door."""
        open_doors: Sequence[Any] = ()
        """The doors, the last used first."""

        def __call__(self, *args: Any, **kwargs: Any) -> Any:
            """What the first door that fits gives, else what `call_at_length` does."""
            result = NotImplemented if unusual else self._through(args, kwargs)
            return self.call_at_length(*args, **kwargs) if result is NotImplemented else result

        def call_at_length(self, *args: Any, **kwargs: Any) -> Any:
            """What the call means."""
            raise NotImplementedError

        def knock(self, *args: Any, **kwargs: Any) -> Any:
            """What the first door that fits gives, whatever mode is on; NotImplemented where none does."""
            return self._through(args, kwargs)

        def _through(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
            for i, door in enumerate(() if kwargs else self.open_doors):
                result = door.go_through(args)
                if result is not NotImplemented:
                    if i:
                        self.open_door(door)
                    self.went_through = True
                    return result
            self.went_through = False
            return NotImplemented

        def open_door(self, door: Any) -> None:
            """Try this door first; of more than 32 the one that was used longest ago goes."""
            self.open_doors = [door, *(x for x in self.open_doors if x is not door)][:32]

        def shut_door(self, door: Any) -> bool:
            """Try this door no more; whether it was there."""
            before = self.open_doors
            self.open_doors = [x for x in before if x is not door]
            return len(self.open_doors) < len(before)

else:
    Doors = compiled.Doors
    _core = importlib.import_module("numpy._core" if np.lib.NumpyVersion(np.__version__) >= "2.0.0" else "numpy.core")
    _arrays_fit = compiled.introduce_numpy(
        np.ndarray, np.float64, np.dtype(np.float64), _core._multiarray_umath._ARRAY_API, Static
    )


class PlainDoor:
    """A door without the compiled core, for numbers, and for lists, tuples, dicts and arrays of them.

    Args:
        positional: How many arguments there are.
        parts: Of the arguments, one after the other.
        entry: The recorded program; it keeps this door, not the other way.
    """

    def __init__(self, positional: int, parts: Sequence[Part], entry: Any) -> None:
        self.positional, self.parts = positional, parts
        self.flat = all(kind == A_NUMBER for kind, _, _ in parts)
        self.entry = weakref.ref(entry)

    def go_through(self, args: tuple[Any, ...]) -> Any:
        """The result; NotImplemented for arguments that do not fit."""
        entry, numbers = self.entry(), args
        if entry is None or len(args) != self.positional:
            return NotImplemented
        if not self.flat:
            read: list[Any] = []
            parts = iter(self.parts)
            for x in args:
                if not _read(parts, x, read):
                    return NotImplemented
            numbers = tuple(read)
        if not _PLAIN.issuperset(map(type, numbers)):
            return NotImplemented
        try:
            return entry.at_point(numbers)
        except (OverflowError, struct.error):  # a whole number that is too large
            return NotImplemented


def _read(parts: Iterator[Part], x: Any, numbers: list[Any]) -> bool:
    """Append what should be numbers; whether the rest of an argument is as the next parts tell."""
    kind, size, told = next(parts)
    if kind == A_NUMBER:
        numbers.append(x)
        return True
    if kind == ARRAY:
        if type(x) is not np.ndarray or x.dtype != np.float64 or x.shape != told:
            return False
        numbers += x.ravel().tolist()
        return True
    if type(x) is not (dict if kind == DICT else told) or len(x) != size:
        return False
    if kind == NUMBERS:
        numbers += x
        return True
    if kind == DICT and not all(type(y) is type(key) and y == key for y, key in zip(x, told)):
        return False
    return all(_read(parts, y, numbers) for y in (x.values() if kind == DICT else x))


def door_of(arguments: Structure, results: Structure, entry: Any) -> Any:
    """The door of a recorded program, with memory of its own; None where there is none for such structures.

    Args:
        arguments: The structure of (args, kwargs).
        results: That of the result, without weak references.
        entry: The program, an `Entry`; the numbers of what it has captured are read anew at each call.
    """
    _, _, (args, kwargs) = arguments
    point, captured = entry.point, entry.captured
    positional, by_name = _children(args[-1]), _children(kwargs[-1])
    try:
        inside, outside = _parts_of([*positional, *by_name], results)
    except LookupError:
        return None
    if compiled is None:
        fits = not by_name and all(kind not in (SAME, ALIVE) for kind, _, _ in inside)
        return PlainDoor(len(positional), inside, entry) if fits else None
    code = point.code
    if code is None or not isinstance(point.plan, Memory) or any(type(x).data is not Value.data for x in captured):
        return None
    outputs = point.plan.strip_outputs
    first = max(point.plan.strips, 1)
    constants = np.array([x for x in outputs if not isinstance(x, int)])
    places = iter(range(first, first + len(constants)))  # after the rows
    rows = np.concatenate([np.zeros(first), constants])
    module = code.module  # before its address: whatever comes in its place is told of below
    door = compiled.Door(
        arguments=inside,
        positional=len(positional),
        names=kwargs[-2],
        results=outside,
        outputs=[x if isinstance(x, int) else next(places) for x in outputs],
        captured=tuple(captured),
        slots=point.plan.new_slots() if point.plan.slots else np.zeros(1),
        rows=rows,
        first_constant=first,
        address=code.address,
        keeper=module,
    )
    if not code.is_final or code.module is not module:
        _follow(door, code)
    return door


MOST_NUMBERS = 1 << 16
"""Of the results of many samples that go through a door: it holds Python's lock all the time, and makes memory anew."""


def door_of_samples(arguments: Structure, results: Structure, entry: Any) -> Any:
    """The door of a recorded program over many samples, in memory of its own; None where there is none.

    Args:
        arguments: The structure of (args, kwargs), whose leaves are ("samples", the shape of one) and ("elements",),
            and what is the same for all.
        results: That of the result, whose leaves are of the first two kinds.
        entry: The program, an `Entry`.
    """
    kernel, captured = entry.kernel, entry.captured
    code = getattr(kernel, "code", None)
    if compiled is None or not _arrays_fit or code is None or any(type(x).data is not Value.data for x in captured):
        return None
    _, _, (args, kwargs) = arguments
    positional, by_name = _children(args[-1]), _children(kwargs[-1])
    try:
        inside, outside = _parts_of([*positional, *by_name], results)
    except LookupError:
        return None
    if any(kind not in (SAMPLES, ELEMENTS, SEQUENCE, DICT, SAME) for kind, _, _ in outside):
        return None
    outputs = len(entry.outputs)
    most = MOST_NUMBERS // max(outputs, 1)
    return compiled.Door(
        arguments=inside,
        positional=len(positional),
        names=kwargs[-2],
        results=outside,
        outputs=[0] * outputs,
        captured=tuple(captured),
        slots=_copy(entry.slots),
        rows=np.zeros(max(len(entry.inputs), 1)),
        first_constant=1,
        address=code.address,
        keeper=code,
        strips=_copy(kernel.strips[0]),
        most=most if kernel.threads == 1 else min(most, code.block),
    )


def _copy(memory: Any) -> Any:
    return np.resize(memory, max(len(memory), 1))  # a door wants some


def _follow(door: Any, code: Any) -> None:
    """Let a door count its calls, and go to other machine code as soon as there is some."""

    def use() -> None:
        module, address = code.module, code.address
        if code.module is not module:  # it was replaced in between
            module, address = code.module, code.address
        door.use(address, module)

    code.on_replacement(use)
    use()  # it may have been replaced before that
    left = max(code.calls_left, 1)
    door.after(left, functools.partial(code.called, left))


def _children(parts: Any) -> Sequence[Structure]:
    return [NUMBER] * parts if isinstance(parts, int) else parts


def _parts_of(arguments: Sequence[Structure], results: Structure) -> tuple[list[Part], list[Part]]:
    """The parts of arguments and of results; LookupError as for `_argument`."""
    inside: list[Part] = []
    outside: list[Part] = []
    for argument in arguments:
        _argument(argument, inside)
    _result(results, outside)
    return inside, outside


def _argument(structure: Structure, found: list[Part]) -> None:
    """Append the parts of an argument, each before its own; raise LookupError for what is left to calls at length."""
    if structure == NUMBER:
        found.append((A_NUMBER, 1, None))
        return
    kind, *facts = structure
    if kind in ("static", "fixed"):
        found.append((SAME, 0, facts[0]))
    elif kind == "weak":
        if isinstance(facts[0], weakref.WeakMethod):  # of which there is a new one at each call
            raise LookupError
        found.append((ALIVE, 0, facts[0]))
    elif kind == "array" and _arrays_fit:
        found.append((ARRAY, facts[1], facts[0]))
    elif kind == "samples":
        found.append((SAMPLES, math.prod(facts[0]), (1, *facts[0])))
    elif kind == "elements":
        found.append((ELEMENTS, 1, None))
    elif kind == "sequence" and facts[0].__iter__ in (list.__iter__, tuple.__iter__):
        make, parts = facts
        found.append((NUMBERS, parts, make) if isinstance(parts, int) else (SEQUENCE, len(parts), make))
        for part in () if isinstance(parts, int) else parts:
            _argument(part, found)
    elif kind == "dict" and facts[0] is None:
        found.append((DICT, len(facts[2]), facts[2]))
        for part in facts[3]:
            _argument(part, found)
    else:
        raise LookupError


def _result(structure: Structure, found: list[Part]) -> None:
    """The same of a result."""
    if structure == NUMBER or structure[0] in ("static", "array", "samples", "elements"):
        _argument(structure, found)
        return
    kind, *facts = structure
    if kind == "copied":
        found.append((COPIED, 0, facts[0]))
    elif kind == "sequence":
        make, parts = facts
        if make in (list, tuple) and isinstance(parts, int):
            found.append((NUMBERS, parts, make))
            return
        children, named = _children(parts), getattr(make, "_make", None)
        found.append((NAMED if named else SEQUENCE, len(children), named or make))
        for part in children:
            _result(part, found)
    elif kind == "dict" and facts[0] is None:
        found.append((DICT, len(facts[2]), facts[2]))
        for part in facts[3]:
            _result(part, found)
    else:
        raise LookupError
