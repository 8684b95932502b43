"""The memory of a program at one point: numbers go straight into it, and results come straight out."""

import copy
import operator
import struct
from collections.abc import Callable, Sequence
from typing import Any

from autograd.native.rolling.program import Memory


class Rows:
    """A program at one point, in memory of its own; see `autograd.native.kernels.AtPoint`.

    To ask an array for its address, or to set a slice of it, would take longer than a short program.

    Args:
        program: What to compute.
        by_address: Whether what carries it out, `_run`, takes the addresses of slots and strips, or themselves.
    """

    backend: str
    code: Any = None
    """The machine code; None where there is none."""
    _run: Callable[..., Any]

    def __init__(self, program: Memory, by_address: bool) -> None:
        self.plan = program
        self._by_address = by_address
        self._enter = struct.Struct(f"{program.inputs}d").pack_into
        self._outputs = _reader(program.strip_outputs)
        self._set = struct.Struct(f"{program.parameters}d").pack_into
        self.work_in(program.new_slots(), program.new_strips())

    def work_in(self, slots: Any, strips: Any) -> None:
        """Use these slots and strips from now on."""
        self.slots, self.strips = slots, strips
        self._slots, self._strips = memoryview(slots), memoryview(strips)  # whose numbers are floats of Python
        self._places = (slots.ctypes.data, strips.ctypes.data) if self._by_address else (slots, strips)

    def apart(self) -> "Rows":
        """The same with memory of its own."""
        other = copy.copy(self)
        other.work_in(self.slots.copy(), self.strips.copy())
        return other

    def at(self, parameters: Sequence[float], numbers: Sequence[float]) -> Sequence[float]:
        """The outputs for these parameters and inputs."""
        if parameters:
            self._set(self._slots, 0, *parameters)
        self._enter(self._strips, 0, *numbers)
        self._run(*self._places)
        return self._outputs(self._strips)


def _reader(places: Sequence[int | float]) -> Callable[[Any], Sequence[float]]:
    """What reads the numbers of these places, and gives those that are no places themselves."""
    if not all(isinstance(x, int) for x in places):
        return lambda strips: [strips[x] if x.__class__ is int else x for x in places]
    first = int(places[0]) if places else 0
    if [*places] == [*range(first, first + len(places))]:
        return struct.Struct(f"{8 * first}x{len(places)}d").unpack_from
    return operator.itemgetter(*places)
