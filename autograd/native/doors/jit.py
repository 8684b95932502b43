"""`jit`: functions of numbers, recorded at the first call and then run as machine code."""

import contextlib
import functools
import os
import sys
import threading
import weakref
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from autograd.arguments import brief, called, numpy_array
from autograd.core.mode import changed, current, unusual
from autograd.core.tree import NUMBER, Static, Structure, exchanged, filler, take_apart, watched
from autograd.native.doors.door import Doors
from autograd.native.doors.entry import (
    BorrowedError,
    Entry,
    IntegersAsked,
    integers_asked,
    is_integer,
    opened,
    with_integers,
)
from autograd.native.doors.inspection import Stats, argument_names
from autograd.native.doors.out import takes_no_out, written
from autograd.native.doors.static import Names, Numbers, StaticArguments
from autograd.native.kernels import checked
from autograd.native.recording.tracing import Lane, Traced
from autograd.table.primitive import as_number
from autograd.transforms.batching import Mapped, are_integers, columns, part_of

MOST_PROGRAMS = 128  # of one function; the one that was used longest ago goes


class Jitted(Doors):
    """A function with machine code for every structure of arguments it was called with; see `jit`."""

    def __init__(
        self,
        function: Callable[..., Any],
        backend: str = "llvm",
        threads: int = 1,
        static_argnums: Numbers = None,
        static_argnames: Names = None,
        wait: bool = False,
    ) -> None:
        if not callable(function):
            raise TypeError(f"jit: takes a function, not {function!r}")
        checked(backend, threads)
        self.takes_out = takes_no_out(function)
        functools.update_wrapper(self, function)
        self._function, self._backend, self._threads, self._wait = function, backend, threads, wait
        self._static = StaticArguments(function, static_argnums, static_argnames)
        self._integers: dict[Structure, list[int]] = {}  # the leaves of a structure that the function asks for
        self._entries: dict[Any, Entry] = {}  # a copy of its items is made in one go, whatever their keys do meanwhile
        here = weakref.ref(self)
        self._forget = lambda gone: _forget(here(), gone)
        self._first_calls: dict[Any, Any] = {}  # the locks of those that are being recorded
        self._last: weakref.ref[Entry] | None = None  # the program that ran at length last

    def __repr__(self) -> str:
        name = getattr(self._function, "__qualname__", brief(self._function))
        names = ("static_argnums", "static_argnames")
        static = {name: given for name, given in zip(names, self._static.given, strict=True) if given is not None}
        return called("jit", name, backend=self._backend, threads=self._threads, **static)

    def call_at_length(self, *args: Any, **kwargs: Any) -> Any:
        """The result, of floats for numbers, of arrays for arrays, recorded for Values."""
        if unusual:
            if current().watch is not None:
                return self._watched(args, kwargs)
            result = self.knock(*args, **kwargs)
            if result is not NotImplemented:
                return result
        if self.takes_out and "out" in kwargs:
            return written(self(*args, **{name: x for name, x in kwargs.items() if name != "out"}), kwargs["out"])
        args, kwargs = self._static.marked(args, kwargs)
        structure, leaves = self._taken_apart(args, kwargs)
        if any(hasattr(leaf, "_apply_primitive") or _holds_objects(leaf) for leaf in leaves):
            return self._run_plainly(args, kwargs)  # inside a transform, or recorded by the caller
        run = self._run
        if isinstance(self._function, Mapped) and any(getattr(leaf, "ndim", 0) for leaf in leaves):
            structure, leaves, n = self._function.batch(args, kwargs)
            structure, leaves = self._with_known_integers(structure, leaves)
            run = functools.partial(self._over_samples, self._function, n)
        while True:
            try:
                return run(structure, leaves)
            except IntegersAsked as asked:
                places = asked.places
            except BorrowedError:
                return self._run_plainly(args, kwargs)
            self._integers[watched(structure, self._forget)] = places
            structure, leaves = with_integers(structure, leaves, places)

    def _taken_apart(self, args: Any, kwargs: Any) -> tuple[Structure, list[Any]]:
        """Structure and leaves of arguments, with those integers in the structure that are known to be asked for."""
        leaves: list[Any] = []
        return self._with_known_integers(take_apart((args, kwargs), leaves, whole=True, weak=True), leaves)

    def _with_known_integers(self, structure: Structure, leaves: list[Any]) -> tuple[Structure, list[Any]]:
        while len(self._integers) > MOST_PROGRAMS:
            self._integers.clear()  # they are found again
        places = self._integers.get(structure) if self._integers else None
        while places and any(is_integer(leaves[i]) for i in places):
            structure, leaves = with_integers(structure, leaves, places)
            places = self._integers.get(structure)
        return structure, leaves

    def _run_plainly(self, args: Any, kwargs: Any) -> Any:
        """The function itself."""
        args = [x.value if isinstance(x, Static) else x for x in args]
        return self._function(*args, **{name: x.value if isinstance(x, Static) else x for name, x in kwargs.items()})

    def _run(self, structure: Structure, leaves: list[Any]) -> Any:
        """The result by machine code for numbers, or for arrays."""
        if any(getattr(leaf, "ndim", 0) for leaf in leaves):
            return self._over_arrays(structure, leaves)
        entry = self.entry(structure, leaves)
        return self._at_point(entry, [as_number(leaf, "jit: an argument") for leaf in leaves])

    def _at_point(self, entry: Entry, numbers: Sequence[float]) -> Any:
        """The result at numbers; the next call with the same structure goes through the door, if there is one."""
        self._last = weakref.ref(entry)
        for door in entry.doors.values():
            self._open(door)
        return entry.at_point(numbers)

    def _open(self, door: Any) -> None:
        if door is not None:
            self.open_door(door)

    def _open_for_samples(self, entry: Entry, structure: Structure, parts: Iterable[Structure]) -> None:
        """Open the door for arguments of which each leaf is such a part."""
        leaves = iter(parts)
        self._open(entry.door_for(exchanged(structure, lambda _: next(leaves)), self.open_doors))

    def _over_samples(self, mapped: Mapped, n: int, structure: Structure, leaves: list[Any]) -> Any:
        """`vmap`: the program for one sample, run over all."""
        found = [*columns(leaves, n)]
        rows = [x for _, several in found for x in several]
        of_sample = opened(structure, iter([shape for shape, _ in found]))
        owners = [i for i, (_, several) in enumerate(found) for _ in several]
        examples = [int(leaves[i]) if is_integer(leaves[i]) else float(row[0]) for i, row in zip(owners, rows)]
        try:
            entry = self.entry(of_sample, examples, of=mapped.function)
        except IntegersAsked as asked:
            raise IntegersAsked([owners[place] for place in asked.places]) from None
        except Exception as error:
            whole = [int(x) if are_integers(leaves[i]) else x for i, x in zip(owners, examples)]
            for place in integers_asked(mapped.function, of_sample, whole):
                if type(examples[place]) is float:
                    name = [*argument_names(mapped.function, of_sample)][place]
                    raise TypeError(
                        f"jit: the function of one sample asks for the integer {name}, as an index, in range() or in "
                        "an if; it is mapped, so it differs from sample to sample, and one program serves them all; "
                        "what is the same for all samples takes in_axes=None, and belongs to the structure then; else "
                        "choose with where, or use vmap without jit"
                    ) from error
            raise
        self._last = weakref.ref(entry)
        if mapped.is_along_first_axes:
            self._open_for_samples(entry, structure, map(part_of, leaves))
        results: list[Any] = []
        of_results = take_apart(entry.rebuild(iter(entry.over_columns(rows))), results, whole=True)
        stacked = [np.moveaxis(x, -1, 0) if x.size else np.empty((n, *x.shape)) for x in results]
        return mapped.placed(of_results, stacked)

    def _mapped(self, in_axes: Any, out_axes: Any) -> "Jitted":
        """vmap(jit(f)) is jit(vmap(f))."""
        options = self._backend, self._threads, *self._static.given, self._wait
        return Jitted(Mapped(self._function, in_axes, out_axes), *options)

    def _over_arrays(self, structure: Structure, leaves: list[Any]) -> Any:
        """For all elements at once, where the function asks for nothing else of arrays; else for arrays of Values."""
        leaves = [numpy_array(leaf, "jit: an argument") if getattr(leaf, "ndim", 0) else leaf for leaf in leaves]
        for leaf in leaves:
            if getattr(leaf, "ndim", 0) and leaf.dtype.kind not in "biuf":
                raise TypeError(f"jit: an array must hold real numbers, not dtype {leaf.dtype}")
        by_elements = "elements", structure
        try:
            entry = self.entry(structure, leaves, Lane)
        except (TypeError, AttributeError, ValueError):  # or the arrays will raise it again
            entry = _WHOLE_ARRAYS
        if entry is not _WHOLE_ARRAYS:
            self._last = weakref.ref(entry)
            parts = [("elements",) if getattr(leaf, "ndim", 0) else NUMBER for leaf in leaves]
            self._open_for_samples(entry, structure, parts)
            return entry.over_arrays(leaves)
        elements = [x for leaf in leaves for x in _elements(leaf)]
        try:
            entry = self.entry(opened(structure, iter([getattr(leaf, "shape", ()) for leaf in leaves])), elements)
        except IntegersAsked as asked:
            owners = [i for i, leaf in enumerate(leaves) for _ in _elements(leaf)]
            raise IntegersAsked([owners[place] for place in asked.places]) from None
        if by_elements not in self._entries:
            self._entries[watched(by_elements, self._forget)] = _WHOLE_ARRAYS
        return self._at_point(entry, [as_number(x, "jit: an argument") for x in elements])

    def _watched(self, args: Any, kwargs: Any) -> Any:
        """Inside `detect_anomaly`: as the function itself, and over arrays so for each element that is not finite."""
        args, kwargs = self._static.marked(args, kwargs)
        structure, leaves = self._taken_apart(args, kwargs)
        if not any(getattr(leaf, "ndim", 0) for leaf in leaves):
            return self._run_plainly(args, kwargs)
        with changed(watch=None, make=None):
            result = self(*args, **kwargs)
        structure, leaves = self._taken_apart(args, kwargs)  # what it asks for is known now
        if self._entries.get(("elements", structure)) is _WHOLE_ARRAYS:
            return self._run_plainly(args, kwargs)
        found: list[Any] = []
        take_apart(result, found, whole=True)
        bad = np.logical_or.reduce([~np.isfinite(x) for x in np.broadcast_arrays(*found)])
        columns = np.broadcast_arrays(*leaves, bad)[:-1]
        for at in np.argwhere(bad):
            point = iter([float(column[tuple(at)]) for column in columns])
            args, kwargs = filler(structure)(point)
            self._function(*args, **kwargs)
        return result

    def entry(self, structure: Structure, leaves: Sequence[Any], kind: type[Traced] = Traced, of: Any = None) -> Entry:
        """The program for this structure of arguments, recorded if it is the first with it."""
        key = ("elements", structure) if kind is Lane else structure  # numbers have the structure of arrays
        found = self._entries.get(key)
        if found is not None:
            if 2 * len(self._entries) > MOST_PROGRAMS:  # so that those in use are the last to go
                with contextlib.suppress(KeyError):  # another thread may have dropped it
                    self._entries[watched(key, self._forget)] = self._entries.pop(key)
        else:
            examples = [_example(leaf) for leaf in leaves]
            call = os.getpid(), key  # in a fork the others that hold locks are gone
            try:
                # A function may call itself, hence re-entrant; per structure, so that those that call each other end.
                with self._first_calls.setdefault(call, threading.RLock()):
                    found = self._entries.get(key)
                    if found is None:
                        options = self._backend, self._threads, of is not None, self._wait
                        found = Entry(of or self._function, structure, examples, kind, *options)
                        self._entries[watched(key, self._forget)] = found
                        self._drop_the_oldest()
            finally:
                self._first_calls.pop(call, None)
        return found

    def _drop_the_oldest(self) -> None:
        """Programs beyond those that are kept: of those without an open door the one that was used longest ago."""
        while len(self._entries) > MOST_PROGRAMS:
            doors = {*self.open_doors}
            oldest = next(key for key, entry in [*self._entries.items()] if doors.isdisjoint(_doors_of(entry)))
            self._entries.pop(oldest, None)

    # ------------------------------------------------------------ looking inside

    def stats(self, *args: Any, **kwargs: Any) -> Stats:
        """Figures of the compilation, for arguments like these; without any for those of the last call.

        >>> f = jit(lambda x: x * x + 1.0)
        >>> f.stats(3.0).nodes_after
        3
        """
        return self._program(args, kwargs).stats()

    def source(self, *args: Any, **kwargs: Any) -> str:
        """The program as Python, for arguments like these; without any for those of the last call.

        >>> print(jit(lambda x, y: x * y + 1.0).source(2.0, 3.0))
        def f(x, y):
            # forward
            v1 = x * y
            v2 = v1 + 1.0
            return (v2,)
        """
        return self._program(args, kwargs).source()

    def c_source(self, *args: Any, name: str = "compiled", **kwargs: Any) -> str:
        """A C99 file that computes the same for arguments like these, whose functions are called `name`."""
        return self._program(args, kwargs).c_source(name)

    def loops(self, *args: Any, **kwargs: Any) -> str:
        """The loops that were found for arguments like these; without any for those of the last call.

        Of a gradient they are those of the function, and of the way back.

        >>> def f(x, steps):
        ...     for _ in range(steps):
        ...         x = 3.5 * x * (1.0 - x)
        ...     return x
        >>> print(jit(f, static_argnums=1).loops(0.4, 100))
        100 passes one after the other, i:
            #1 = mul(3.5, [#3 before, at first x[0]])
            #2 = sub(1.0, [#3 before, at first x[0]])
            #3 = mul(#1, #2)  -> x[3 + i]
        """
        return self._program(args, kwargs).loops()

    def llvm_ir(self, *args: Any, **kwargs: Any) -> str:
        """The text that LLVM compiled for arguments like these; without any for those of the last call."""
        return str(self._program(args, kwargs).module.text)

    def assembly(self, *args: Any, **kwargs: Any) -> str:
        """The machine code as text, for arguments like these; without any for those of the last call."""
        return str(self._program(args, kwargs).module.assembly())

    def _program(self, args: Any, kwargs: Any) -> Entry:
        """What runs with such arguments, after a call with them."""
        if args or kwargs:
            self._last, self.went_through = None, False
            self(*args, **kwargs)
        found = None if self._last is None else self._last()
        if self.went_through:
            last = self.open_doors[0]
            found = next((x for x in [*self._entries.values()] if last in _doors_of(x)), None)
        if found is None:
            raise ValueError(f"{self!r} has run no machine code; give example arguments, plain numbers or arrays")
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
        return Jitted, (self._function, self._backend, self._threads, *self._static.given, self._wait)


def _forget(owner: Jitted | None, gone: Any) -> None:
    """Drop the programs for something that is no more."""
    if owner is None:
        return
    for structure in list(owner._integers):
        if _holds(structure, gone):
            owner._integers.pop(structure, None)
    for structure in list(owner._entries):
        if _holds(structure, gone):
            for door in _doors_of(owner._entries.pop(structure, None)):
                owner.shut_door(door)


def _doors_of(entry: Any) -> list[Any]:
    """The doors of a program; none of what else stands among the programs."""
    return [*entry.doors.values()] if isinstance(entry, Entry) else []


def _holds(structure: Structure, gone: Any) -> bool:
    return structure is gone or (isinstance(structure, tuple) and any(_holds(part, gone) for part in structure))


def _elements(leaf: Any) -> list[Any]:
    """The numbers of an array, or a number."""
    return np.ravel(leaf).astype(float).tolist() if getattr(leaf, "ndim", 0) else [leaf]


def _example(leaf: Any) -> float:
    """A number that the function is recorded with, an integer as such."""
    if getattr(leaf, "ndim", 0) == 0:
        number = as_number(leaf, "jit: an argument")
        return int(leaf) if is_integer(leaf) else number
    return float(leaf.flat[0]) if leaf.size else 1.0


def _holds_objects(leaf: Any) -> bool:
    return getattr(getattr(leaf, "dtype", None), "kind", "") == "O"


def jit(
    function: Callable[..., Any],
    *,
    backend: str = "llvm",
    threads: int = 1,
    static_argnums: Numbers = None,
    static_argnames: Names = None,
    wait: bool = False,
) -> Jitted:
    """The same function as machine code, recorded at its first call with each structure of arguments.

    Arguments and results are numbers, NumPy arrays, and lists, tuples and dicts of them.  What a function does to each
    element of its arrays, as sin(x) * y does, is compiled once, and all results have the shape to which its arrays
    broadcast.  Where it asks for more, an element, a sum, a product of matrices, each element is an argument of its
    own.  Transforms go inside, jit(value_and_grad(f)), or outside, where the function itself is run.  The numbers of
    Values it uses from outside are read anew at each call; other things (None, text, True and False) belong to the
    structure.  The last 128 structures are kept, those with functions and instances as long as these are.

    A long program is there at once, as code that LLVM does not optimise; after 100 calls it is compiled again, on a
    thread of its own, and gives the same numbers to the last bit in less time.  With wait=True the first call waits.

    An integer that the function asks for, as an index, in range() or in an if, belongs to the structure too: there is a
    program for each.  What else is to belong to it, anything hashable, static_argnums and static_argnames tell, as in
    JAX.

    A call with out=, of a function that has no such argument, writes arrays of the result into arrays of float64, which
    stand where they stand in it; None stands for a fresh one.

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
    >>> jit(lambda x, n: x[n] ** 2)([3.0, 4.0], 1)
    16.0
    >>> slopes = np.zeros(2)
    >>> jit(value_and_grad(lambda x: x[0] * x[1]))(np.array([2.0, 3.0]), out=(None, slopes))
    (6.0, array([3., 2.]))
    >>> slopes
    array([3., 2.])
    """
    return Jitted(function, backend, threads, static_argnums, static_argnames, wait)


_WHOLE_ARRAYS: Any = object()
"""In the place of a program: the function asks for arrays as such."""
