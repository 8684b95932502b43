"""`jit`: functions of numbers, recorded at the first call and then run as machine code."""

import contextlib
import functools
import math
import os
import sys
import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from autograd.arguments import brief, called, numpy_array
from autograd.core.graph import topological_order
from autograd.core.mode import changed, current, unusual
from autograd.core.tree import NUMBER, Static, Structure, filler, take_apart, watched
from autograd.core.value import Value
from autograd.native.builtin import Shape
from autograd.native.kernels import (
    Arrays,
    AtPoint,
    Kernel,
    Point,
    Sample,
    c_point,
    checked,
    kernel_of,
    llvm_is_there,
    lock_of,
    new_slots,
)
from autograd.native.lowered import lowered
from autograd.native.recording.tracing import Lane, Traced, traced, tracing, uncollected
from autograd.native.rolling.listing import listing
from autograd.native.rolling.program import Program
from autograd.native.rolling.rolled import rolled
from autograd.table.primitive import as_number
from autograd.transforms.batching import Mapped, columns

MOST_KEPT = 1 << 26  # bytes of results that are kept to be used again
MOST_PROGRAMS = 128  # of one function; the one that was used longest ago goes
MOST_ARGUMENTS = 100  # of a function that Python calls without ctypes; LLVM's time grows with the square of it
_references: Callable[[Any], float] = getattr(sys, "getrefcount", lambda _: math.nan)  # CPython counts them


class Jitted:
    """A function with machine code for every structure of arguments it was called with; see `jit`."""

    def __init__(self, function: Callable[..., Any], backend: str = "llvm", threads: int = 1) -> None:
        if not callable(function):
            raise TypeError(f"jit: takes a function, not {function!r}")
        checked(backend, threads)
        functools.update_wrapper(self, function)
        self._function, self._backend, self._threads = function, backend, threads
        self._entries: OrderedDict[Any, _Entry] = OrderedDict()
        here = weakref.ref(self)
        self._forget = lambda gone: _forget(here(), gone)
        self._first_calls: dict[Any, Any] = {}  # the locks of those that are being recorded
        self._fast: Callable[..., Any] = _not_yet

    def __repr__(self) -> str:
        name = getattr(self._function, "__qualname__", brief(self._function))
        return called("jit", name, backend=self._backend, threads=self._threads)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """The result, of floats for numbers, of arrays for arrays, recorded for Values."""
        if unusual and current().watch is not None:
            return self._watched(args, kwargs)
        if not kwargs:
            result = self._fast(*args)
            if result is not NotImplemented:
                return result
        leaves: list[Any] = []
        structure = take_apart((args, kwargs), leaves, whole=True, weak=True)
        if any(hasattr(leaf, "_apply_primitive") or _holds_objects(leaf) for leaf in leaves):
            args = tuple([x.value if isinstance(x, Static) else x for x in args])
            return self._function(*args, **kwargs)  # inside a transform, or recorded by the caller
        if any(getattr(leaf, "ndim", 0) for leaf in leaves):
            if isinstance(self._function, Mapped):
                return self._over_samples(self._function, args, kwargs)
            return self._over_arrays(structure, leaves)
        entry = self.entry(structure, leaves)
        if entry.point.fast is not None:
            self._fast = entry.point.fast
        return entry.at_point([as_number(leaf, "jit: an argument") for leaf in leaves])

    def loops(self, *args: Any, **kwargs: Any) -> str:
        """What is run for arguments that are numbers, or lists, tuples and dicts of them: the loops that were found.

        Of a gradient the loops are those of the function, and of the way back.

        >>> def f(x, steps=100):
        ...     for _ in range(steps):
        ...         x = 3.5 * x * (1.0 - x)
        ...     return x
        >>> print(jit(f).loops(0.4))
        100 passes one after the other, i:
            #1 = mul(3.5, [#3 before, at first x[0]])
            #2 = sub(1.0, [#3 before, at first x[0]])
            #3 = mul(#1, #2)  -> x[3 + i]

        Raises TypeError for arrays, whose elements are numbers of a vector, and for a row that cannot be compiled.
        """
        leaves: list[Any] = []
        structure = take_apart((args, kwargs), leaves, whole=True, weak=True)
        return self.entry(structure, [as_number(leaf, "loops: an argument") for leaf in leaves]).loops()

    def _over_samples(self, mapped: Mapped, args: Any, kwargs: Any) -> Any:
        """`vmap`: the program for one sample, run over all."""
        structure, leaves, n = mapped.batch(args, kwargs)
        found = [*columns(leaves, n)]
        opened, rows = (
            _opened(structure, iter([shape for shape, _ in found])),
            [x for _, several in found for x in several],
        )
        entry = self.entry(opened, [float(row[0]) for row in rows], of=mapped.function)
        results: list[Any] = []
        of_results = take_apart(entry.rebuild(iter(entry.over_columns(rows))), results, whole=True)
        return filler(of_results)(iter([mapped.placed(np.moveaxis(x, -1, 0)) for x in results]))

    def _mapped(self, in_axes: Any, out_axes: int) -> "Jitted":
        """vmap(jit(f)) is jit(vmap(f))."""
        return Jitted(Mapped(self._function, in_axes, out_axes), self._backend, self._threads)

    def _over_arrays(self, structure: Structure, leaves: list[Any]) -> Any:
        """For all elements at once, where the function asks for nothing else of arrays; else for arrays of Values."""
        leaves = [numpy_array(leaf, "jit: an argument") if getattr(leaf, "ndim", 0) else leaf for leaf in leaves]
        for leaf in leaves:
            if getattr(leaf, "ndim", 0) and leaf.dtype.kind not in "biuf":
                raise TypeError(f"jit: an array must hold real numbers, not dtype {leaf.dtype}")
        by_elements = "elements", structure
        if self._entries.get(by_elements) is not _WHOLE_ARRAYS:
            try:
                entry = self.entry(structure, leaves, Lane)
            except (TypeError, AttributeError):
                pass
            else:
                return entry.over_arrays(leaves)
        opened = _opened(structure, iter([getattr(leaf, "shape", ()) for leaf in leaves]))
        elements = [x for leaf in leaves for x in np.ravel(leaf).astype(float).tolist()]
        entry = self.entry(opened, elements)
        if by_elements not in self._entries:
            self._entries[watched(by_elements, self._forget)] = _WHOLE_ARRAYS
        return entry.at_point(elements)

    def _watched(self, args: Any, kwargs: Any) -> Any:
        """Inside `detect_anomaly`: as the function itself, and over arrays so for each element that is not finite."""
        leaves: list[Any] = []
        structure = take_apart((args, kwargs), leaves, whole=True, weak=True)
        if not any(getattr(leaf, "ndim", 0) for leaf in leaves):
            return self._function(*args, **kwargs)
        with changed(watch=None, make=None):
            result = self(*args, **kwargs)
        if self._entries.get(("elements", structure)) is _WHOLE_ARRAYS:
            return self._function(*args, **kwargs)
        found: list[Any] = []
        take_apart(result, found, whole=True)
        bad = np.logical_or.reduce([~np.isfinite(x) for x in np.broadcast_arrays(*found)])
        columns = np.broadcast_arrays(*leaves, bad)[:-1]
        for at in np.argwhere(bad):
            point = iter([float(column[tuple(at)]) for column in columns])
            args, kwargs = filler(structure)(point)
            self._function(*args, **kwargs)
        return result

    def entry(
        self, structure: Structure, leaves: Sequence[Any], kind: type[Traced] = Traced, of: Any = None
    ) -> "_Entry":
        """The program for this structure of arguments, recorded if it is the first with it."""
        key = ("elements", structure) if kind is Lane else structure  # numbers have the structure of arrays
        found = self._entries.get(key)
        if found is not None:
            if 2 * len(self._entries) > MOST_PROGRAMS:  # so that those in use are the last to go
                with contextlib.suppress(KeyError):  # another thread may have dropped it
                    self._entries.move_to_end(key)
        else:
            examples = [_example(leaf) for leaf in leaves]
            call = os.getpid(), key  # in a fork the others that hold locks are gone
            try:
                # A function may call itself, hence re-entrant; per structure, so that those that call each other end.
                with self._first_calls.setdefault(call, threading.RLock()):
                    found = self._entries.get(key)
                    if found is None:
                        found = _Entry(of or self._function, structure, examples, kind, self._backend, self._threads)
                        self._entries[watched(key, self._forget)] = found
                        while len(self._entries) > MOST_PROGRAMS:
                            self._entries.popitem(last=False)
            finally:
                self._first_calls.pop(call, None)
        return found

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        """A method: the instance is the first argument."""
        return self if instance is None else functools.partial(self, Static(instance))

    def __reduce__(self) -> Any:
        """Pickled by name if it stands under its own, as after @jit; else its function is."""
        found: Any = sys.modules.get(getattr(self._function, "__module__", ""))
        path = getattr(self._function, "__qualname__", "")
        for name in path.split("."):
            found = getattr(found, name, None)
        if found is self:
            return path
        return Jitted, (self._function, self._backend, self._threads)


def _forget(owner: Jitted | None, gone: Any) -> None:
    """Drop the programs for something that is no more."""
    entries = {} if owner is None else owner._entries
    for structure in list(entries):
        if _holds(structure, gone):
            entries.pop(structure, None)


def _holds(structure: Structure, gone: Any) -> bool:
    return structure is gone or (isinstance(structure, tuple) and any(_holds(part, gone) for part in structure))


def _example(leaf: Any) -> float:
    """A number that the function is recorded with."""
    if getattr(leaf, "ndim", 0) == 0:
        return as_number(leaf, "jit: an argument")
    return float(leaf.flat[0]) if leaf.size else 1.0


def _holds_objects(leaf: Any) -> bool:
    return getattr(getattr(leaf, "dtype", None), "kind", "") == "O"


def jit(function: Callable[..., Any], *, backend: str = "llvm", threads: int = 1) -> Jitted:
    """The same function as machine code, recorded at its first call with each structure of arguments.

    Arguments and results are numbers, NumPy arrays, and lists, tuples and dicts of them.  What a function does to each
    element of its arrays, as sin(x) * y does, is compiled once, and all results have the shape to which its arrays
    broadcast.  Where it asks for more, an element, a sum, a product of matrices, each element is an argument of its
    own.  Transforms go inside, jit(value_and_grad(f)), or outside, where the function itself is run.  The numbers of
    Values it uses from outside are read anew at each call; other things (None, text, True and False) belong to the
    structure.  The last 128 structures are kept, those with functions and instances as long as these are.

    A function that branches on the number of an argument is refused with a TypeError that says what to use instead.
    Numbers follow IEEE 754, without warnings.

    >>> from autograd import sin, value_and_grad
    >>> f = jit(value_and_grad(lambda x, y: x * sin(y), argnums=(0, 1)))
    >>> f(2.0, 0.0)
    (0.0, (0.0, 2.0))
    >>> jit(lambda x, y: x * y)(np.array([1.0, 2.0]), 3.0)
    array([3., 6.])
    >>> jit(value_and_grad(lambda x: x[0] * x[1]))(np.array([2.0, 3.0]))
    (6.0, array([3., 2.]))
    """
    return Jitted(function, backend, threads)


_WHOLE_ARRAYS: Any = object()
"""In the place of a program: the function asks for arrays as such."""


def _opened(structure: Structure, shapes: Iterator[tuple[int, ...]]) -> Structure:
    """The structure with arrays, whose shapes are told leaf by leaf, as structures of their elements."""
    if structure == NUMBER:
        shape = next(shapes)
        return ("array", shape, math.prod(shape)) if shape else NUMBER
    if structure[0] in ("static", "weak"):
        return structure
    *facts, parts = structure
    parts = [NUMBER] * parts if isinstance(parts, int) else parts
    found = tuple([_opened(part, shapes) for part in parts])
    return *facts, len(found) if structure[0] == "sequence" and found.count(NUMBER) == len(found) else found


def _not_yet(*_: Any) -> Any:
    return NotImplemented


class _Entry:
    """One recorded program: run at a point, or over arrays."""

    def __init__(
        self,
        function: Callable[..., Any],
        structure: Structure,
        examples: Sequence[float],
        kind: type[Traced],
        backend: str,
        threads: int,
    ) -> None:
        self.inputs = [traced(x, kind) for x in examples]
        self.name = getattr(function, "__name__", "jit")
        made: list[Value] = []
        with tracing(kind, made), uncollected():
            args, kwargs = filler(structure)(iter(self.inputs))
            result = function(*args, **kwargs)
        outputs: list[Any] = []
        structure_of_result = take_apart(result, outputs, whole=True)
        if kind is not Lane:
            structure_of_result = _opened(structure_of_result, iter([getattr(x, "shape", ()) for x in outputs]))
            outputs = [x for leaf in outputs for x in (leaf.ravel().tolist() if getattr(leaf, "ndim", 0) else [leaf])]
        self.rebuild = filler(structure_of_result)
        self.outputs = [x if isinstance(x, Value) else as_number(x, "jit: the result") for x in outputs]
        self.captured = _captured([x for x in self.outputs if isinstance(x, Value)], self.inputs)
        plain = structure == take_apart(((0.0,) * len(examples), {}), [])
        callable_at_once = plain and not self.captured and len(examples) <= MOST_ARGUMENTS
        self.shape = _shape(structure_of_result) if callable_at_once else None
        self.backend, self.threads = backend, threads
        self._made: list[Value] = [] if kind is Lane else made
        self._point: AtPoint | None = None
        self.slots: Any = None
        self.kernel: Kernel | None = None
        self._lock = lock_of(self)  # the machine code has one memory
        self._found: Any = None

    @property
    def point(self) -> AtPoint:
        """The function at one point, compiled when it is asked for: arrays have a kernel of their own."""
        with self._lock:
            if self._point is None:
                self._point = self._new_point()
                self._made = []
            return self._point

    def _new_point(self) -> AtPoint:
        if llvm_is_there(self.backend):
            return Point(self._rolled(), self.name, self.shape)
        if self.backend == "c":
            return c_point(self._rolled())
        if self.backend != "interpreter":
            with contextlib.suppress(TypeError):  # a row that only NumPy can call, element by element
                return Arrays(self._rolled())
        return Sample(self._new_kernel())

    def loops(self) -> str:
        """See `Jitted.loops`."""
        program = getattr(self.point, "plan", None)
        return listing(program if isinstance(program, Program) else self._rolled())

    def _rolled(self) -> Program:
        return rolled(self.outputs, self.inputs, self.captured, self._made)

    def at_point(self, numbers: Sequence[float]) -> Any:
        """The result for one number a leaf."""
        point = self.point
        with self._lock:
            found = point([x.data for x in self.captured], numbers)
        return self.rebuild(iter(found))

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
        with self._lock:
            if self.kernel is None:
                self.kernel = self._new_kernel()
                self.slots = new_slots(self.kernel.plan)
            self.slots[: len(self.captured)] = [x.data for x in self.captured]
            found = self._new_results(len(columns[0]))
            self.kernel.run(columns, 1.0, self.slots, found)
        return found

    def _new_kernel(self) -> Kernel:
        found = lowered(self.outputs, self.inputs, self.captured)
        return kernel_of(found.plan, found.recorded, self.backend, self.threads)

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


def _captured(outputs: Sequence[Value], inputs: Sequence[Value]) -> list[Value]:
    """The Values from outside that outputs are made of: leaves, and nodes, which keep what they recorded."""
    order, mine = topological_order(*outputs), {*inputs}
    if all(x.primitive is None for x in order if not isinstance(x, Traced)):  # nothing was recorded outside
        return [x for x in order if not isinstance(x, Traced) and x not in mine]
    for x in order:
        if isinstance(x, Traced) or not mine.isdisjoint(x.operands):
            mine.add(x)
    used = {x for node in mine for x in node.operands if isinstance(x, Value)}.union(outputs)
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


def _shape(structure: Structure) -> Shape | None:
    """The shape of a result made of numbers, tuples and lists only, else None."""
    count = 0

    def shape(part: Any) -> Any:
        nonlocal count
        if part == NUMBER:
            count += 1
            return count - 1
        kind, make, *others = part
        if kind != "sequence" or make not in (list, tuple):
            raise LookupError
        (parts,) = others
        return (make.__name__, *map(shape, [NUMBER] * parts if isinstance(parts, int) else parts))

    try:
        return shape(structure)  # type: ignore[no-any-return]
    except LookupError:
        return None
