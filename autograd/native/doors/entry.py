"""One recorded program of a jitted function: for one structure of arguments, run at a point or over arrays."""

import contextlib
import functools
import math
import sys
import time
from _thread import get_ident
from collections.abc import Callable, Container, Iterator, Sequence
from typing import Any

import numpy as np

from autograd.core.graph import as_recorded, topological_order
from autograd.core.mode import current
from autograd.core.tree import NUMBER, Structure, counted_parts, exchanged, filler, take_apart
from autograd.core.value import Value
from autograd.formulas.program import program_of
from autograd.native.c.source import c_source
from autograd.native.doors.door import door_of, door_of_samples
from autograd.native.doors.inspection import Stats, argument_names, loops_in, no_machine_code
from autograd.native.kernels import (
    Arrays,
    AtPoint,
    Kernel,
    Sample,
    c_point,
    kept_point,
    kernel_of,
    llvm_is_there,
    lock_of,
    new_slots,
)
from autograd.native.lowered import Lowered, lowered
from autograd.native.planning.plan import Plan
from autograd.native.recording.tracing import Lane, Traced, Whole, traced, tracing, uncollected
from autograd.native.rolling.listing import listing
from autograd.native.rolling.program import Program, count_of_loops
from autograd.native.rolling.rolled import Draft, recorded_order
from autograd.native.rolling.rows import Rows
from autograd.table.primitive import as_number, unwrapped
from autograd.transforms.dual import Jet

MOST_KEPT = 1 << 26  # bytes of results that are kept to be used again
_references: Callable[[Any], float] = getattr(sys, "getrefcount", lambda _: math.nan)  # CPython counts them


class IntegersAsked(Exception):  # noqa: N818  # nothing is wrong
    """The function asks for integers: those among its inputs with these numbers."""

    def __init__(self, places: list[int]) -> None:
        super().__init__(places)
        self.places = places


class BorrowedError(Exception):
    """The function is made of numbers of a transform, or of a recording, that is under way outside of it."""


class Entry:
    """A function, recorded for one structure of its arguments.

    Args:
        function: What to record.
        structure: That of (args, kwargs); of arrays their elements, but for a `Lane`.
        examples: A number a leaf; an integer where there is one.
        kind: What stands for a number; with `Lane` each stands for all elements of an array.
        backend, threads, wait: As for `jit`.
        batched: Whether it is run over columns, where a constant is a column too.

    Raises `IntegersAsked` where an integer must belong to the structure, `BorrowedError` where the function is to be
    run as it is, and TypeError for what an earlier recording has left behind.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        structure: Structure,
        examples: Sequence[float],
        kind: type[Traced],
        backend: str,
        threads: int,
        batched: bool,
        wait: bool,
    ) -> None:
        self.inputs = [traced(float(x), Whole if isinstance(x, int) else kind) for x in examples]
        for x, name in zip(self.inputs, argument_names(function, structure), strict=True):
            x.label = name
        made: list[Value] = []
        with tracing(kind, made), uncollected():
            args, kwargs = filler(structure)(iter(self.inputs))
            try:
                result = function(*args, **kwargs)
            except Exception:
                self._look_for_integers()
                raise
            self._look_for_integers()  # it may have caught what refuses them
        leaves: list[Any] = []
        of_result = take_apart(result, leaves, whole=True)
        outputs: list[Any] = leaves
        if kind is not Lane:
            outputs = []
            of_result = _of_numbers(of_result, iter(leaves), outputs, keeps_integers=not batched)
        self.rebuild = filler(of_result)
        outputs = [unwrapped(x) for x in outputs]
        order = topological_order(*[x for x in outputs if isinstance(x, Value)])
        _refuse_borrowed(outputs, order, self.inputs)
        self.outputs = [x if isinstance(x, Value) else as_number(x, "jit: the result") for x in outputs]
        self.captured = _captured(self.outputs, order, self.inputs, made)
        self.compile_seconds = 0.0
        self.backend, self.threads, self._wait = backend, threads, wait
        self._lock = lock_of(self)  # the machine code has one memory
        self._worker = 0  # the thread that works with it
        self._found: Any = None
        self._order: list[Value] | None = None
        self._point: AtPoint | None = None
        self.kernel: Kernel | None = None
        self.slots: Any = None
        self.doors: dict[Structure, Any] = {}
        """The short ways in, by the structure of arguments; None where there is none."""
        if kind is Lane or batched:
            self._of_many = exchanged(of_result, _elements if kind is Lane else _samples)
            self._over_columns()
        else:
            self._order = recorded_order(self.outputs, [*self.inputs, *self.captured], made)
            self._at_point()
            self.doors[structure] = door_of(structure, of_result, self)

    @functools.cached_property
    def lowered(self) -> Lowered:
        """The plan for batches, and what it was made of."""
        return lowered(self.outputs, self.inputs, self.captured)

    @property
    def plan(self) -> Plan:
        """The plan for batches."""
        return self.lowered.plan

    @property
    def point(self) -> AtPoint:
        """The function at one point."""
        if self._point is not None:
            return self._point
        with self._lock:
            return self._at_point()

    def _at_point(self) -> AtPoint:
        if self._point is None:
            start = time.perf_counter()
            self._point = self._new_point()
            self.compile_seconds = time.perf_counter() - start
        return self._point

    def _new_point(self) -> AtPoint:
        if llvm_is_there(self.backend):
            return kept_point(self._draft, self._wait)
        if self.backend == "c":
            return c_point(self._rolled())
        if self.backend != "interpreter":
            with contextlib.suppress(TypeError):  # a row that only NumPy can call, element by element
                return Arrays(self._rolled())
        return Sample(kernel_of(self.plan, self.lowered.recorded, self.backend))

    def _draft(self) -> Draft:
        return Draft(self.outputs, self.inputs, self.captured, self._order)

    def _rolled(self) -> Program:
        """The program of loops."""
        found = None if self._point is None else self._point.plan
        return found if isinstance(found, Program) else self._draft().program()

    def _over_columns(self) -> Kernel:
        if self.kernel is None:
            self.kernel = self._new_kernel()
            self.slots = new_slots(self.plan)
        return self.kernel

    def _look_for_integers(self) -> None:
        asked = [i for i, x in enumerate(self.inputs) if getattr(x, "asked", False)]
        if asked:
            raise IntegersAsked(asked)

    def at_point(self, numbers: Sequence[float]) -> Any:
        """The result for one number a leaf.

        Who comes again from inside, as a finalizer may, takes memory of its own.
        """
        captured = [x.data for x in self.captured] if self.captured else ()
        if self._worker == get_ident():
            return self.rebuild(iter(self._point_apart().at(captured, numbers)))
        with self._lock:
            self._worker = get_ident()
            try:
                found = (self._point or self._at_point()).at(captured, numbers)
            finally:
                self._worker = 0
        return self.rebuild(iter(found))

    def _point_apart(self) -> AtPoint:
        return self._point.apart() if isinstance(self._point, Rows) else self._new_point()

    def over_arrays(self, leaves: Sequence[Any]) -> Any:
        """The result for arrays, broadcast against each other."""
        arrays = [np.asarray(leaf) for leaf in leaves]
        shape = arrays[0].shape
        if any(array.shape != shape for array in arrays):
            shape = np.broadcast_shapes(*(array.shape for array in arrays))
        found = self.over_columns([_as_column(array, shape) for array in arrays])
        return self.rebuild(iter(list(found.reshape(len(found), *shape))))

    def over_columns(self, columns: list[Any]) -> Any:
        """A row for each result, for a column of as many numbers for each input."""
        if self._worker == get_ident():
            found, kernel = np.empty((len(self.outputs), len(columns[0]))), self._new_kernel()
            self._fill(found, kernel, new_slots(self.plan), columns)
            return found
        with self._lock:
            self._worker = get_ident()
            try:
                kernel = self._over_columns()
                found = self._new_results(len(columns[0]))
                self._fill(found, kernel, self.slots, columns)
            finally:
                self._worker = 0
        return found

    def door_for(self, arguments: Structure, others: Sequence[Any]) -> Any:
        """The short way in for many samples; None where there is none.

        Args:
            arguments: As `door_of_samples` takes them.
            others: The doors that are open: a new one is kept beside those among them.
        """
        if arguments not in self.doors:
            kept = {known: door for known, door in self.doors.items() if door in others}
            self.doors = {**kept, arguments: door_of_samples(arguments, self._of_many, self)}
        return self.doors[arguments]

    def _new_kernel(self) -> Kernel:
        return kernel_of(self.plan, self.lowered.recorded, self.backend, self.threads)

    def _fill(self, found: Any, kernel: Kernel, slots: Any, columns: list[Any]) -> None:
        slots[: len(self.captured)] = [x.data for x in self.captured]
        kernel.run(columns, 1.0, slots, found)

    def _new_results(self, n: int) -> Any:
        """Memory for results: that of the last ones if nothing refers to them any more.

        The pages of fresh memory would take a tenth of the time of a function like the price of an option.
        """
        shape = len(self.outputs), n
        if self._found is None or self._found.shape != shape or _references(self._found) != _ALONE:
            found = np.empty(shape)
            self._found = found if found.nbytes <= MOST_KEPT else None
            return found
        return self._found

    # ------------------------------------------------------------ looking inside

    def stats(self) -> Stats:
        """Figures of the compilation."""
        over_columns, point = self.kernel, self._point
        arrays = [*getattr(over_columns, "strips", []), self.slots]
        arrays += [] if point is None else [point.slots, point.strips]
        code = None if point is None else point.code
        kept = code is not None and code.module.from_store
        return Stats(
            nodes=self.lowered.nodes,
            nodes_after=self.lowered.nodes_after,
            loops=count_of_loops(self._rolled().body) if isinstance(point, Rows) else loops_in(self.plan),
            workspace_bytes=sum(array.nbytes for array in arrays if array is not None),
            compile_seconds=self.compile_seconds + (0.0 if over_columns is None else over_columns.compile_seconds),
            from_cache=over_columns.from_cache if over_columns is not None else kept,
            backend=point.backend if over_columns is None and point is not None else self._over_columns().name,
        )

    def loops(self) -> str:
        """The loops that were found."""
        return listing(self._rolled())

    def source(self) -> str:
        """The program as Python."""
        return str(program_of(self.outputs, [*self.inputs, *self.captured]))

    def c_source(self, name: str) -> str:
        """A C99 file that computes the same."""
        inputs, captured = [x.label for x in self.inputs], [x.label for x in self.captured]
        return c_source(self.plan, name, input_labels=inputs, parameter_labels=captured)

    @property
    def module(self) -> Any:
        """The machine code that the last call has used."""
        code = getattr(self.kernel, "code", None)
        code = self.point.code if code is None else code
        if code is None:
            raise no_machine_code(self.point.backend)
        return code.module


def _elements(_: Structure) -> Structure:
    return ("elements",)


def _samples(structure: Structure) -> Structure:
    return "samples", () if structure == NUMBER else structure[1]


def opened(structure: Structure, shapes: Iterator[tuple[int, ...]]) -> Structure:
    """The structure with arrays, whose shapes are told leaf by leaf, as structures of their elements."""

    def part_of(_: Structure) -> Structure:
        shape = next(shapes)
        return ("array", shape, math.prod(shape)) if shape else NUMBER

    return exchanged(structure, part_of)


def with_integers(structure: Structure, leaves: Sequence[Any], places: Container[int]) -> tuple[Structure, list[Any]]:
    """The structure with the integers among the leaves with these numbers in it, and the leaves that are left."""
    numbered, left = enumerate(leaves), []

    def part_of(structure: Structure) -> Structure:
        i, leaf = next(numbered)
        if i in places and is_integer(leaf):
            return "fixed", int(leaf), int
        left.append(leaf)
        return structure

    return exchanged(structure, part_of), left


def is_integer(leaf: Any) -> bool:
    """Whether a leaf is an integer of Python or NumPy."""
    return isinstance(leaf, int | np.integer)


def _of_numbers(structure: Structure, leaves: Iterator[Any], outputs: list[Any], *, keeps_integers: bool) -> Structure:
    """Append the numbers of a result, those of its arrays one by one; return its structure.

    Integers are no results of machine code: they, and arrays of them, are what they are, as part of the structure.
    """
    if structure == NUMBER:
        leaf = next(leaves)
        if not getattr(leaf, "ndim", 0):
            if keeps_integers and leaf.__class__ is int:
                return "static", leaf
            outputs.append(leaf)
            return NUMBER
        if keeps_integers and leaf.dtype.kind in "biu":
            return "copied", leaf.copy()
        outputs += leaf.ravel().tolist()
        return "array", leaf.shape, leaf.size
    if structure[0] == "static":
        return structure
    *facts, parts = structure
    parts = [NUMBER] * parts if isinstance(parts, int) else parts
    found = tuple([_of_numbers(part, leaves, outputs, keeps_integers=keeps_integers) for part in parts])
    if found and structure[0] == "sequence" and all(part[0] == "static" for part in found):
        make, values = structure[1], [part[1] for part in found]
        return ("copied", values) if make is list else ("static", getattr(make, "_make", make)(values))
    return *facts, counted_parts(structure, found)


def integers_asked(function: Callable[..., Any], structure: Structure, examples: Sequence[float]) -> list[int]:
    """Which of the integers among the examples a function asks for, by their numbers."""
    try:
        Entry(function, structure, examples, Traced, "interpreter", 1, batched=True, wait=False)
    except IntegersAsked as asked:
        return asked.places
    except Exception:  # it is the function's, and known
        return []
    return []


def _refuse_borrowed(outputs: Sequence[Any], order: Sequence[Value], inputs: Sequence[Value]) -> None:
    """Raise for results that a program of these inputs would not be right for, at another call or in a derivative."""
    mode, mine = current(), {*inputs}
    if any(x.primitive is None and isinstance(x, Traced) and x not in mine for x in order):
        if mode.traces:
            raise BorrowedError
        raise TypeError(
            "jit: the function uses a number that another recording has left behind, in an attribute, a list or a "
            "global variable: it is that of an example; hand it on as a result, and take it as an argument"
        )
    variables = {x for several in mode.variables for x in several}
    if not variables.isdisjoint(order) or any(isinstance(x, Jet) for x in outputs):
        raise BorrowedError


def _captured(outputs: Sequence[Any], order: list[Value], inputs: Sequence[Value], made: list[Value]) -> list[Value]:
    """The Values from outside that outputs are made of: leaves, and nodes, which keep what they recorded."""
    mine = {*inputs}
    before = [x for x in (as_recorded(order, made) or (order, []))[0] if not isinstance(x, Traced)]
    if all(x.primitive is None for x in before):  # nothing was recorded outside
        return [x for x in before if x not in mine]
    for x in order:
        if isinstance(x, Traced) or not mine.isdisjoint(x.operands):
            mine.add(x)
    used = {x for node in mine for x in node.operands if isinstance(x, Value)}
    used.update(x for x in outputs if isinstance(x, Value))
    return [x for x in order if x in used and x not in mine]


class _Holder:
    def __init__(self) -> None:
        self.held = np.empty(0)


_holder = _Holder()
_ALONE = _references(_holder.held)
"""What is counted for an attribute that nothing else refers to."""


def _as_column(array: Any, shape: tuple[int, ...]) -> Any:
    """The numbers of an array that is broadcast, one after the other; a single number is not copied out."""
    numbers = array.astype(np.float64, copy=False)
    if any(stride % numbers.itemsize for stride in numbers.strides):  # a field of records
        numbers = numbers.copy()
    if array.shape == shape:
        return numbers.reshape(-1)
    return np.broadcast_to(numbers, (math.prod(shape),) if array.ndim == 0 else shape).reshape(-1)
