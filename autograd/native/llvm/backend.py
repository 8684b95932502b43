"""A plan as machine code, made by LLVM in this process."""

import functools
import time
from collections.abc import Mapping
from typing import Any

import llvmlite.binding as llvm
import numpy as np

from autograd.native.llvm.kernel import kernel_text
from autograd.native.llvm.signature import KERNEL
from autograd.native.planning.plan import Plan

WORKSPACE = 1 << 18  # bytes of strips that a block should need at most: what the second cache holds
LONGEST_BLOCK = 64  # samples: the strips of a layer of some dozen neurons then stay in the first cache


class Host:
    """What this machine's processor and libraries offer."""

    def __init__(self) -> None:
        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
        triple = llvm.get_default_triple()
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

    def machine(self) -> Any:
        """A new target machine."""
        return self.target.create_target_machine(
            cpu=llvm.get_host_cpu_name(), features=self.features, opt=1, codemodel="jitdefault", jit=True
        )

    @functools.cache  # noqa: B019  # there is one Host
    def vector_function(self, name: str) -> str | None:
        """The name of the vector form of a function of libm, None if there is none."""
        if self.vector_prefix is None:
            return None
        symbol = f"{self.vector_prefix}v{'v' * (name in ('pow', 'atan2', 'hypot'))}_{name}"
        return symbol if llvm.address_of_symbol(symbol) else None


@functools.cache
def host() -> Host:
    """The machine that this runs on."""
    return Host()


class Module:
    """Text that was made machine code; it is there as long as this object is."""

    def __init__(self, text: str, symbols: Mapping[str, int] | None = None) -> None:
        self.text = text
        for name, address in (symbols or {}).items():
            llvm.add_symbol(name, address)
        self.machine = host().machine()
        # No passes: the text has no common subexpressions and is tiled and vectorised as it stands.  LLVM's own would
        # take several times as long as making the machine code, and gain nothing that was measured.
        self._engine = llvm.create_mcjit_compiler(llvm.parse_assembly(text), self.machine)
        self._engine.finalize_object()

    def address(self, function: str) -> int:
        """Where a function is."""
        return int(self._engine.get_function_address(function))

    def assembly(self) -> str:
        """The machine code as text."""
        return str(self.machine.emit_assembly(llvm.parse_assembly(self.text)))


class LLVMKernel:
    """A plan as a function of addresses; see `autograd.native.kernels` for what calls it."""

    def __init__(self, plan: Plan) -> None:
        start = time.perf_counter()
        self.block = _block_size(plan.strips, host().width)
        self.module = Module(kernel_text(plan, host().width, self.block, host().registers, host().vector_function))
        self.address = self.module.address(KERNEL.name)
        self.call = KERNEL.at(self.address)
        self.compile_seconds = time.perf_counter() - start

    def new_strips(self, plan: Plan) -> Any:
        """Memory for the strips of one block."""
        return np.zeros(plan.strips * self.block)


def _block_size(strips: int, width: int) -> int:
    """Samples in a block: as many as leave the strips in the cache, and whole tiles of vectors."""
    tile = 4 * width
    return max(tile, min(LONGEST_BLOCK, WORKSPACE // (8 * max(strips, 1)) // tile * tile))
