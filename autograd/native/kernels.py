"""The back ends behind one interface: something that runs a plan on a batch."""

import functools
import importlib
import os
import threading
import warnings
import weakref
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np

from autograd.arguments import brief
from autograd.native.interpreter import Interpreter, Recorded
from autograd.native.llvm.rolled import rolled_text
from autograd.native.llvm.signature import AFTER, BEFORE, POINT, SAMPLES
from autograd.native.llvm.store import SOURCES, Store, default_folder
from autograd.native.numpy_backend import NumpyKernel
from autograd.native.planning.plan import Plan
from autograd.native.rolling.by_numpy import run
from autograd.native.rolling.instructions import takes_long
from autograd.native.rolling.program import Memory, Program
from autograd.native.rolling.rolled import Draft
from autograd.native.rolling.rows import Rows

BACKENDS = ("llvm", "numpy", "c", "interpreter")
MOST_THREADS = 256  # each has memory of its own


class Kernel(Protocol):
    """Runs a plan."""

    name: str
    plan: Plan
    compile_seconds: float
    from_cache: bool

    def run(self, data: Any, weight: float, slots: Any, outputs: Any) -> None:
        """One batch.

        Args:
            data: The inputs, inputs × n float64 numbers with any strides, or a list of arrays of n numbers.
            weight: Of each sample in the sums.
            slots: What the plan computes once a batch; the parameters are its first.
            outputs: An array of outputs × n numbers for what each sample has, filled in.
        """
        ...


Backend = str | Callable[[Plan, Recorded], Kernel]
"""One of BACKENDS, or what makes a kernel."""


def new_slots(plan: Plan) -> Any:
    """The slots of a plan, an array with the constants in place."""
    slots = np.zeros(plan.slots)
    for slot, number in plan.constants.items():
        slots[slot] = number
    return slots


def kernel_of(plan: Plan, recorded: Recorded, backend: Backend, threads: int = 1) -> Kernel:
    """The kernel of a plan; one of a plan that was compiled before is made of the same machine code."""
    if callable(backend):
        if threads != 1:
            raise ValueError(f"a back end of its own has one thread, not {brief(threads)}")
        return backend(plan, recorded)
    checked(backend, threads)
    if backend == "interpreter":
        return Interpreter(plan, recorded)
    if backend == "c":
        from autograd.native.c.backend import CKernel  # it looks for a compiler

        return CKernel(plan)
    if not llvm_is_there(backend):
        return NumpyKernel(plan)
    return NativeKernel(plan, threads)


def checked(backend: str, threads: int) -> None:
    """Raise ValueError for a back end that is not there, or that cannot run this many threads."""
    if backend not in BACKENDS:
        raise ValueError(f"backend must be one of {', '.join(BACKENDS)}, not {backend!r}")
    if isinstance(threads, bool) or not isinstance(threads, int) or threads < 1:
        raise ValueError(f"threads must be a whole number of at least 1, not {brief(threads)}")
    if threads > MOST_THREADS:
        raise ValueError(
            f"threads must be at most {MOST_THREADS}, not {brief(threads)}; as many as there are cores are enough"
        )
    if threads > 1 and backend != "llvm":
        raise ValueError(f"backend {backend!r} has one thread; 'llvm' shares the samples among several")


def llvm_is_there(backend: str) -> bool:
    """Whether LLVM was asked for and is installed; a RuntimeWarning says so if it was and is not."""
    if backend != "llvm":
        return False
    try:
        importlib.import_module("llvmlite.binding")
    except ModuleNotFoundError:
        warnings.warn(
            "machine code needs llvmlite, which is missing, so NumPy computes instead, several times slower: "
            "pip install llvmlite",
            RuntimeWarning,
            stacklevel=4,
        )
        return False
    return True


@functools.lru_cache(maxsize=64)  # each keeps about a megabyte
def _machine_code(_key: str, holder: "_PlanHolder") -> Any:
    from autograd.native.llvm.backend import LLVMKernel  # it needs llvmlite

    return LLVMKernel(holder.plan)


class _PlanHolder:
    """A plan beside its key: all holders are equal, so that the key alone decides."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _PlanHolder)

    def __hash__(self) -> int:
        return 0


class NativeKernel:
    """Machine code with the memory it works in, over several threads if asked."""

    name = "llvm"

    def __init__(self, plan: Plan, threads: int = 1) -> None:
        self.plan = plan
        before = _machine_code.cache_info().hits
        self.code = _machine_code(plan.key(), _PlanHolder(plan))
        known = _machine_code.cache_info().hits > before
        self.from_cache = known or self.code.from_store
        self.compile_seconds = 0.0 if known else self.code.compile_seconds
        self.threads = threads
        self.strips = [self.code.new_strips(plan) for _ in range(threads)]
        self._threads: Any = None
        if threads > 1:
            from autograd.native.llvm.threads import Threads  # it needs llvmlite

            self._threads = Threads(plan, self.code, self.strips)
        self._input_numbers, self._output_numbers = np.arange(plan.inputs), np.arange(len(plan.strip_outputs))
        self._strides = np.ones(plan.inputs + len(plan.strip_outputs), dtype=np.int64)
        self._pointers = np.zeros_like(self._strides)
        # To ask an array for its address takes half a microsecond.
        self._places = self._pointers.ctypes.data, self._strides.ctypes.data
        self._strips_at = self.strips[0].ctypes.data
        self._slots, self._slots_at = None, 0
        self._outputs_place: tuple[int, ...] = ()

    def run(self, data: Any, weight: float, slots: Any, outputs: Any) -> None:
        """See `Kernel`."""
        inputs = self.plan.inputs
        pointers, strides = self._pointers, self._strides
        if slots is not self._slots:
            self._slots_at = slots.ctypes.data
            self._slots = slots
        if isinstance(data, list):
            pointers[:inputs] = [column.ctypes.data for column in data]
            strides[:inputs] = [column.strides[0] >> 3 for column in data]
            n = len(data[0])
        else:
            n = data.shape[1]
            if inputs:
                pointers[:inputs] = data.ctypes.data + data.strides[0] * self._input_numbers
                strides[:inputs] = data.strides[1] >> 3
        if len(self._output_numbers):
            place = outputs.ctypes.data, *outputs.strides
            if place != self._outputs_place:
                pointers[inputs:] = place[0] + place[1] * self._output_numbers
                strides[inputs:] = place[2] >> 3
                self._outputs_place = place  # last: an interrupt leaves what is so
        if self._threads is None or n <= self.code.block:
            self._phases(BEFORE | SAMPLES | AFTER, n, weight)
            return
        self._phases(BEFORE, 0, weight)
        self._threads.run(pointers, strides, n, weight, slots, (data, outputs))
        self._phases(AFTER, 0, weight)

    def _phases(self, phases: int, n: int, weight: float) -> None:
        pointers, strides = self._places
        outputs = 8 * self.plan.inputs
        self.code.call(
            phases, pointers, strides, n, weight, self._slots_at, self._strips_at, pointers + outputs, strides + outputs
        )


_locked: "weakref.WeakSet[Any]" = weakref.WeakSet()


def lock_of(owner: Any) -> Any:
    """A lock for `owner._lock`; a process that is forked while it is held gets a new one."""
    _locked.add(owner)
    return threading.Lock()


def _unlock() -> None:
    for owner in _locked:
        owner._lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_unlock)


class AtPoint(Protocol):
    """A function at one point."""

    backend: str
    slots: Any
    strips: Any
    code: Any
    """The machine code, `Tiers`; None where there is none."""

    @property
    def plan(self) -> Plan | Memory:
        """What it carries out."""
        ...

    def at(self, parameters: Sequence[float], numbers: Sequence[float]) -> Sequence[float]:
        """The outputs for these parameters and inputs."""
        ...


def c_point(program: Program) -> AtPoint:
    """A program of loops at one point by compiled C."""
    from autograd.native.c.backend import CPoint  # it looks for a compiler

    return CPoint(program)


class Sample:
    """A plan at one sample by a kernel for batches: the interpreter, and rows that only NumPy can call."""

    code: Any = None

    def __init__(self, kernel: Kernel) -> None:
        self._kernel, self.backend = kernel, kernel.name
        self.plan: Plan | Memory = kernel.plan
        self.slots, self.strips = new_slots(kernel.plan), np.zeros(0)

    def at(self, parameters: Sequence[float], numbers: Sequence[float]) -> Sequence[float]:
        """The outputs for these parameters and inputs."""
        self.slots[: len(parameters)] = parameters
        outputs = np.empty((len(self.plan.strip_outputs), 1))
        self._kernel.run(np.array(numbers, dtype=np.float64).reshape(len(numbers), 1), 1.0, self.slots, outputs)
        return [float(x) for x in outputs[:, 0]]


class Arrays(Rows):
    """A program of loops at one point by NumPy."""

    backend = "numpy"

    def __init__(self, program: Program) -> None:
        super().__init__(program, by_address=False)
        self._run = functools.partial(run, program)


class Point(Rows):
    """A program of loops at one point by machine code."""

    backend = "llvm"

    def __init__(self, program: Memory, code: Any) -> None:
        super().__init__(program, by_address=True)
        self.code = code
        code.on_replacement(self._take_over)
        self._take_over()

    def _take_over(self) -> None:
        """Run the machine code that there is now, and count the calls of what may be replaced."""
        code, run = self.code, self.code.function(POINT.prototype())

        def counted(slots: int, strips: int) -> None:
            run(slots, strips)
            code.called()

        self._run = run if code.is_final else counted


def llvm_point(program: Program, wait: bool = False, keep: Callable[[bytes], Any] | None = None) -> Point:
    """A program of loops at one point by machine code that is made now.

    Args:
        program: What to compute.
        wait: Whether to optimise the machine code of a long program before the first call.
        keep: See `autograd.native.llvm.backend.Module`.
    """
    from autograd.native.llvm.tiers import Tiers  # it needs llvmlite

    return Point(program, Tiers(_text_of(program), POINT.name, wait, keep=keep))


def kept_point(make: Callable[[], Draft], wait: bool = False) -> Point:
    """The same of a draft: with the machine code that an earlier process made of the same instructions, if it is kept.

    With it the memory is kept, so that nothing else is to be made of the instructions, but for who wants to see it.
    """
    from autograd.native.llvm.backend import host
    from autograd.native.llvm.tiers import Tiers  # it needs llvmlite

    draft, store = make(), Store(default_folder() if SOURCES else None)
    key = ""
    if store.folder is not None:
        functions = [host().vector_function(x) for x in sorted({*draft.noted.operations}) if takes_long(x)]
        key = "\n".join([host().told, SOURCES, repr(functions), draft.digest()])
    kept = Memory.unpacked(store.get(key) or b"")
    if kept is None:
        program = draft.program()
        return llvm_point(program, wait, lambda code: store.put(key, program.packed() + code))
    memory, code = kept
    return Point(memory, Tiers(lambda: _text_of(make().program()), POINT.name, known=code))


def _text_of(program: Program) -> str:
    from autograd.native.llvm.backend import host  # it needs llvmlite

    return rolled_text(program, host().width, host().vector_function)
