"""The back end "c": a plan as a C file, compiled by the system's compiler and loaded."""

import ctypes
import functools
import os
import shlex
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from autograd.native.c.rolled import rolled_source
from autograd.native.c.source import block_size, c_source
from autograd.native.planning.plan import Plan
from autograd.native.rolling.program import Program
from autograd.native.rolling.rows import Rows

COMPILERS = ("cc", "gcc", "clang")
FLAGS = ("-std=c99", "-O3", "-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math", "-fPIC", "-shared")
"""Nothing that changes a number: nobody looks at `errno` and the flags of traps, so roots and choices vectorise."""
NATIVE = ("-march=native",)  # tried first: nobody else will run the file
_NAME = "kernel"


def c_compiler() -> tuple[str, ...]:
    """The command of the system's C compiler: that of the environment variable CC, or cc, gcc or clang.

    Raises RuntimeError if there is none.
    """
    chosen = shlex.split(os.environ.get("CC", ""))
    for command in [chosen] if chosen else [[name] for name in COMPILERS]:
        found = shutil.which(command[0])
        if found is not None:
            return (found, *command[1:])
    missing = f"CC={shlex.join(chosen)}, and no such program" if chosen else f"none of {', '.join(COMPILERS)}"
    raise RuntimeError(
        f"backend 'c' needs a C compiler: {missing} is on PATH.  Install one (apt install gcc, xcode-select "
        "--install), set CC, or compile with backend 'llvm' or 'numpy'"
    )


@functools.lru_cache(maxsize=64)
def loaded(source: str, compiler: tuple[str, ...]) -> ctypes.CDLL:
    """C that was compiled and loaded; its files are gone already.

    Raises RuntimeError if the compiler fails.
    """
    with tempfile.TemporaryDirectory(prefix="autograd-", ignore_cleanup_errors=True) as directory:
        file, library = Path(directory, "kernel.c"), Path(directory, "kernel.so")
        file.write_text(source, encoding="utf-8")
        for flags in ((*FLAGS, *NATIVE), FLAGS):  # not every compiler knows every processor
            command = [*compiler, *flags, str(file), "-o", str(library), "-lm"]
            done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  # the user's compiler
            if done.returncode == 0:
                return ctypes.CDLL(str(library))
        raise RuntimeError(f"the C compiler failed: {shlex.join(command)}\n{done.stderr[:2000]}")


class Library:
    """The kernel of a plan."""

    def __init__(self, source: str, compiler: tuple[str, ...]) -> None:
        pointer = ctypes.c_void_p
        self.run = loaded(source, compiler)[_NAME]
        self.run.restype = None
        self.run.argtypes = (ctypes.c_size_t, pointer, ctypes.c_double, pointer, pointer, pointer)


@functools.lru_cache(maxsize=64)
def _library(source: str, compiler: tuple[str, ...]) -> Library:
    return Library(source, compiler)


class CKernel:
    """A plan by compiled C; see `autograd.native.kernels.Kernel`.

    Raises RuntimeError if there is no C compiler, or if it fails.
    """

    name = "c"

    def __init__(self, plan: Plan) -> None:
        start = time.perf_counter()
        self.plan = plan
        self.source = c_source(plan, _NAME)
        before = _library.cache_info().hits
        self.library = _library(self.source, c_compiler())
        self.from_cache = _library.cache_info().hits > before
        self.strips = [np.empty(max(plan.strips, 1) * block_size(plan))]
        self.compile_seconds = 0.0 if self.from_cache else time.perf_counter() - start

    def run(self, data: Any, weight: float, slots: Any, outputs: Any) -> None:
        """One batch."""
        samples = np.stack(data, axis=1) if isinstance(data, list) else np.ascontiguousarray(data.T)
        found = np.empty((len(samples), len(self.plan.strip_outputs)))
        (strips,) = self.strips
        self.library.run(
            len(samples), samples.ctypes.data, weight, slots.ctypes.data, found.ctypes.data, strips.ctypes.data
        )
        if outputs is not None:
            outputs[:] = found.T


class CPoint(Rows):
    """A program of loops at one point by compiled C; see `autograd.native.kernels.Point`.

    Raises RuntimeError if there is no C compiler, or if it fails.
    """

    backend = "c"

    def __init__(self, program: Program) -> None:
        super().__init__(program, by_address=True)
        self.source = rolled_source(program, _NAME)
        self._run = run = loaded(self.source, c_compiler())[_NAME]
        run.restype, run.argtypes = None, (ctypes.c_void_p, ctypes.c_void_p)
