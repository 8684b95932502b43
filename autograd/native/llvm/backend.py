"""A plan as machine code, made by LLVM in this process."""

import _thread
import atexit
import contextlib
import functools
import os
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar, cast

import llvmlite
import llvmlite.binding as llvm
import numpy as np

from autograd.native.llvm.kernel import kernel_text
from autograd.native.llvm.signature import KERNEL, Function
from autograd.native.llvm.store import Store, default_folder
from autograd.native.planning.plan import Plan

WORKSPACE = 1 << 18  # bytes of strips that a block should need at most: what the second cache holds
LONGEST_BLOCK = 64  # samples: the strips of a layer of some dozen neurons then stay in the first cache

T = TypeVar("T")
_working = threading.RLock()
"""Held while LLVM works: it does so for one thread at a time, and no process is forked meanwhile."""
_workers: list[int] = []
"""The thread that holds it for `apart`."""
_ended: list[bool] = []
"""Not empty once Python ends."""
_held: dict[int, list[Any]] = {}
"""Objects of LLVM that are in use."""
_retired: list[Any] = []
"""Objects of LLVM that nothing uses any more; the next that works drops them."""


def apart(work: Callable[[], T]) -> T:
    """The result of `work` for LLVM, done on a thread of its own.

    Signals reach the main thread only, so Ctrl-C stops the caller, who waits, and never what holds locks.  The thread
    is a bare one: those of `threading` take locks of Python while they start, which an interrupt may leave taken.
    """
    if _thread.get_ident() in _workers:  # a finalizer that the cycle collector runs amid the work
        return work()
    found: list[tuple[T | None, BaseException | None]] = []
    done = _thread.allocate_lock()
    done.acquire()

    def run() -> None:
        with _working:
            _workers.append(_thread.get_ident())
            try:
                _retired.clear()
                found.append((work(), None))
            except BaseException as error:  # it is the caller's
                found.append((None, error))
            finally:
                _workers.pop()
                done.release()

    try:
        _thread.start_new_thread(run, ())
    except RuntimeError:  # there are no more threads, as while Python ends
        run()
    done.acquire()
    result, error = found.pop()
    if error is not None:
        raise error
    return cast(T, result)


def behind(work: Callable[[], Any]) -> None:
    """Do work for LLVM on a thread of its own that nobody waits for; if it fails, or Python ends, it is not done."""

    def run() -> None:
        with _working:
            if _ended:
                return
            _workers.append(_thread.get_ident())
            try:
                with contextlib.suppress(Exception):
                    work()
            finally:
                _workers.pop()

    with contextlib.suppress(RuntimeError):  # there are no more threads
        _thread.start_new_thread(run, ())


def _finish() -> None:
    _ended.append(True)
    with _working:  # Python does not end amid LLVM's work
        pass


atexit.register(_finish)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_working.acquire, after_in_parent=_working.release, after_in_child=_working.release)


class Host:
    """What this machine's processor and libraries offer."""

    def __init__(self) -> None:
        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
        self.triple = triple = llvm.get_default_triple()
        features = llvm.get_host_cpu_features()
        self.width = 8 if features.get("avx512f") else 4 if features.get("avx") else 2
        self.registers = 32 if self.width == 8 or triple.startswith("aarch64") else 16
        self.features = features.flatten()
        self.target = llvm.Target.from_default_triple()
        self.vector_prefix = {
            ("x86_64", 8): "_ZGVeN8", ("x86_64", 4): "_ZGVdN4", ("x86_64", 2): "_ZGVbN2", ("aarch64", 2): "_ZGVnN2",
        }.get((triple.split("-")[0], self.width))  # fmt: skip
        try:
            llvm.load_library_permanently("libmvec.so.1")
        except RuntimeError:  # not Linux with glibc
            self.vector_prefix = None

    def machine(self, optimise: bool = True) -> Any:
        """A new target machine."""
        return self.target.create_target_machine(
            cpu=llvm.get_host_cpu_name(),
            features=self.features,
            opt=1 if optimise else 0,
            codemodel="jitdefault",
            jit=True,
        )

    @functools.cached_property
    def told(self) -> str:
        """What machine code depends on beside its text: on this library it does not."""
        versions = llvmlite.__version__, *llvm.llvm_version_info
        return repr((versions, self.triple, llvm.get_host_cpu_name(), self.features))

    @functools.cache  # noqa: B019  # there is one Host
    def vector_function(self, name: str) -> str | None:
        """The name of the vector form of a function of libm, None if there is none."""
        if self.vector_prefix is None:
            return None
        symbol = f"{self.vector_prefix}v{'v' * (name in ('pow', 'atan2', 'hypot'))}_{name}"
        return symbol if apart(lambda: llvm.address_of_symbol(symbol)) else None


@functools.cache
def host() -> Host:
    """The machine that this runs on."""
    return apart(Host)


class Module:
    """Text that was made machine code; it is there as long as this object is, or a function of it.

    Args:
        text: LLVM's, or what makes it once somebody wants to see it, if the machine code is known.
        functions: The names of those that can be asked for.
        optimise: Whether LLVM may take its time; machine code that is known was optimised.
        known: The machine code, if it is there.
        keep: Called with optimised machine code that was made.
    """

    def __init__(
        self,
        text: str | Callable[[], str],
        functions: Sequence[str],
        optimise: bool = True,
        known: bytes | None = None,
        keep: Callable[[bytes], Any] | None = None,
    ) -> None:
        self._text = text
        here = host()
        self.from_store = known is not None
        self.is_optimised = optimise or self.from_store

        # Held from outside until this is finalized: dropped on the way, where an interrupt or the cycle collector comes
        # by, they would take llvmlite's lock, which an interrupt leaves taken, and a fork inherits.
        self._parts: list[Any] = []
        _held[id(self._parts)] = self._parts

        def make() -> tuple[bytes, dict[str, int]]:
            machine = here.machine(optimise)
            self._parts.append(machine)
            # No passes: the text has no common subexpressions and is tiled and vectorised as it stands.  LLVM's own
            # would take several times as long as making the machine code, and gain nothing that was measured.
            code = known or machine.emit_object(llvm.parse_assembly(self.text))
            engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine)
            self._parts.append(engine)
            engine.add_object_file(llvm.ObjectFileRef.from_data(code))
            engine.finalize_object()
            return code, {name: int(engine.get_function_address(name)) for name in functions}

        code, self.addresses = apart(make)
        if keep is not None and known is None and optimise:
            keep(code)

    def __del__(self, held: dict[int, Any] = _held, retired: list[Any] = _retired) -> None:
        parts = getattr(self, "_parts", None)
        retired.append(parts)
        held.pop(id(parts), None)

    @property
    def text(self) -> str:
        """LLVM's text."""
        return self._text if isinstance(self._text, str) else self._text()

    def function(self, name: str, prototype: Any) -> Function:
        """A function for Python to call, which keeps the machine code."""
        function = prototype(self.addresses[name])
        function.module = self
        return function

    def assembly(self) -> str:
        """The machine code as text."""
        return apart(lambda: str(self._parts[0].emit_assembly(llvm.parse_assembly(self.text))))


class LLVMKernel:
    """A plan as a function of addresses; see `autograd.native.kernels` for what calls it."""

    def __init__(self, plan: Plan) -> None:
        start = time.perf_counter()
        self.block = _block_size(plan.strips, host().width)
        text = kernel_text(plan, host().width, self.block, host().registers, host().vector_function)
        store, key = Store(default_folder()), f"{host().told}\n{text}"
        self.module = Module(text, [KERNEL.name], known=store.get(key), keep=functools.partial(store.put, key))
        self.from_store = self.module.from_store
        self.address = self.module.addresses[KERNEL.name]
        self.call = self.module.function(KERNEL.name, KERNEL.prototype())
        self.compile_seconds = time.perf_counter() - start

    def new_strips(self, plan: Plan) -> Any:
        """Memory for the strips of one block."""
        return np.zeros(plan.strips * self.block)


def _block_size(strips: int, width: int) -> int:
    """Samples in a block: as many as leave the strips in the cache, and whole tiles of vectors."""
    tile = 4 * width
    return max(tile, min(LONGEST_BLOCK, WORKSPACE // (8 * max(strips, 1)) // tile * tile))
