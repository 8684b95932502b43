"""What machine code of single programs costs: powers, long sums, the second process, the first call.

    .venv/bin/python benchmarks/lowering.py

Each line is a ratio of two times that were measured in turn: the other way first, then ours.
"""

import ctypes
import math
import os
import random
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, __file__.rsplit("/", 2)[0])

import measuring
import numpy as np

import autograd
from autograd import value_and_grad
from autograd.native.llvm.backend import Module, host
from autograd.native.llvm.rolled import rolled_text
from autograd.native.recording.tracing import traced, tracing
from autograd.native.rolling.rolled import Draft, recorded_order
from autograd.table import primitives

AGAIN = """
define dso_local void @again(ptr %U, ptr %R, i64 %times) {
entry:
  br label %body
body:
  %i = phi i64 [0, %entry], [%next, %body]
  call void @point(ptr %U, ptr %R)
  %next = add i64 %i, 1
  %more = icmp slt i64 %next, %times
  br i1 %more, label %body, label %end
end:
  ret void
}
"""


class Kernel:
    """A function of a list of numbers as machine code, called many times without Python in between."""

    def __init__(self, function, point, optimise=True):
        leaves, made = [traced(x) for x in point], []
        with tracing(into=made):
            found = function(leaves)
        flat = []
        for part in found if isinstance(found, (list, tuple)) else [found]:
            flat += part if isinstance(part, (list, tuple)) else [part]
        program = Draft(flat, leaves, [], recorded_order(flat, leaves, made)).program()
        text = rolled_text(program, host().width, host().vector_function)
        start = time.perf_counter()
        self.module = Module(text + AGAIN, ["again"], optimise=optimise)
        self.compile_seconds = time.perf_counter() - start
        self.slots, self.strips, self.program = program.new_slots(), program.new_strips(), program
        self.strips[: len(point)] = point
        self.run = self.module.function(
            "again", ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64)
        )

    def seconds(self, times):
        """Of one run, of so many."""
        start = time.perf_counter()
        self.run(self.slots.ctypes.data, self.strips.ctypes.data, times)
        return (time.perf_counter() - start) / times

    def outputs(self):
        """The numbers that one run gives."""
        self.run(self.slots.ctypes.data, self.strips.ctypes.data, 1)
        return [self.strips[x] for x in self.program.strip_outputs]


def compare(job, peer, theirs, ours, target=0.02):
    """Report two kernels that take turns."""
    np.testing.assert_allclose(ours.outputs(), theirs.outputs(), rtol=1e-11)
    pairs, target = (3, 0.001) if measuring.QUICK else (25, target)
    times = [max(1, int(target / kernel.seconds(10))) for kernel in (theirs, ours)]
    measuring.report(job, peer, [(theirs.seconds(times[0]), ours.seconds(times[1])) for _ in range(pairs)], 1e6, "µs")


# ---------------------------------------------------------------- powers


def pairs(v, n=20):
    """Σ 1/√(distance²) over all pairs of n points."""
    points = [v[3 * i : 3 * i + 3] for i in range(n)]
    return autograd.sum(
        [(sum([(a - b) ** 2 for a, b in zip(p, q)]) + 0.05) ** -0.5 for i, p in enumerate(points) for q in points[:i]]
    )


def powers():
    rng = random.Random(1)
    point = [rng.uniform(0.0, 3.0) for _ in range(60)]
    ours = Kernel(value_and_grad(pairs), point)
    row = primitives.pow
    known = row.lowering
    row.lowering = lambda m, x, y: x * x if y == 2.0 else m.call("pow", x, y)
    try:
        theirs = Kernel(value_and_grad(pairs), point)
    finally:
        row.lowering = known
    compare("190 pairs, gradient", "libm's pow", theirs, ours)


# ---------------------------------------------------------------- many operands


def many():
    """The first call of jit, recording and compiling; JAX's where it is installed."""
    try:
        import jax
    except ImportError as error:
        measuring.missing("JAX", error)
        return
    jax.config.update("jax_enable_x64", True)
    point = [math.sin(k) for k in range(50 if measuring.QUICK else 200)]

    def first(jit, function, argument):
        start = time.perf_counter()
        jit(function)(argument)
        return time.perf_counter() - start

    def along(transforms, f):
        return lambda v: transforms.jvp(transforms.grad(f), (v,), (v,))[1]

    for job, of in (
        ("logsumexp", lambda _, f: f),
        ("its gradient", lambda m, f: m.grad(f)),
        ("its Hessian · v", along),
    ):
        f, g = of(autograd, autograd.logsumexp), of(jax, lambda v: jax.nn.logsumexp(jax.numpy.stack(v)))
        pairs = [
            (first(jax.jit, lambda v, g=g: g(v), point), first(autograd.jit, lambda v, f=f: f(v), point))
            for _ in range(1 if measuring.QUICK else 3)
        ]
        measuring.report(f"{job}, first call", "JAX", pairs, 1e3, "ms")


# ---------------------------------------------------------------- the second process

CHAIN = """
import random, sys, time
from autograd import jit
steps = int(sys.argv[1])
def chain(*xs):
    nodes, draw = [*xs], random.Random(1).randrange
    for _ in range(steps):
        a, b, kind = nodes[-1], nodes[-1 - draw(4)], draw(3)
        nodes.append(a * b + 0.5 if kind == 0 else 0.5 * (a - b) if kind == 1 else (a + b).tanh())
    return nodes[-1]
jit(lambda x: 2.0 * x)(1.0)  # LLVM starts up
f, start = jit(chain, wait=True), time.perf_counter()
f(0.0, 0.1, 0.2, 0.3)
print(time.perf_counter() - start, f.stats().compile_seconds)
"""


def second_process():
    """The same program in a process that is the first, and in one that finds what that kept."""
    found = []
    for _ in range(1 if measuring.QUICK else 5):
        with tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, "-c", CHAIN, "300" if measuring.QUICK else "5000"]
            environment = {**os.environ, "AUTOGRAD_CACHE": folder, "PYTHONPATH": sys.path[0]}
            runs = [
                subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.split()
                for _ in range(2)
            ]
        found.append([[float(seconds) for seconds in run] for run in runs])
    measuring.report("5,000 operations", "1st process", [(a[1], b[1]) for a, b in found], 1e3, "ms")
    measuring.report("and their recording", "1st process", [(a[0], b[0]) for a, b in found], 1e3, "ms")


# ---------------------------------------------------------------- the first call


def chain(v):
    """Thousands of operations, one after the other."""
    x, y = v
    for k in range(100 if measuring.QUICK else 2000):
        x, y = y, autograd.sin(x * y) + 0.1 * x + 0.001 * k
    return x


def first_call():
    """A long program at once against waiting for LLVM, and how much slower it then is until it is replaced."""
    point = [0.5, 0.25]

    def seconds(wait):
        start = time.perf_counter()
        autograd.jit(value_and_grad(chain), wait=wait)(point)
        return time.perf_counter() - start

    pairs = [(seconds(True), seconds(False)) for _ in range(1 if measuring.QUICK else 3)]
    measuring.report("a chain, first call", "wait=True", pairs, 1e3, "ms")
    at_once, optimised = (Kernel(value_and_grad(chain), point, optimise) for optimise in (False, True))
    measuring.report("its LLVM", "wait=True", [(optimised.compile_seconds, at_once.compile_seconds)], 1e3, "ms")
    assert at_once.outputs() == optimised.outputs()
    compare("its calls", "at once", at_once, optimised)


def main():
    powers()
    many()
    second_process()
    first_call()
    measuring.write_rows()


if __name__ == "__main__":
    main()
