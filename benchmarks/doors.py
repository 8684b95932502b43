"""What a call of a jitted function costs beside its machine code: lists, dicts, vectors, captured Values, Hessians.

    taskset -c 1 .venv/bin/python benchmarks/doors.py
    AUTOGRAD_PURE=1 taskset -c 1 .venv/bin/python benchmarks/doors.py

The machine code alone is called in a loop of machine code.  JAX and CasADi (its C, by gcc) do the same job, if they are
installed: as their users call them, JAX with the numbers as they come, CasADi in arrays that it was given before.
"""

import math
import sys
import time
from functools import partial
from itertools import pairwise

import measuring
import numpy as np

sys.path.insert(0, __file__.rsplit("/", 2)[0])

from autograd import Value, erf, exp, grad, hessian, jit, log, sin, sqrt, value_and_grad, vmap
from autograd import sum as total
from autograd.native.llvm.backend import Module
from autograd.native.llvm.signature import POINT

REPEATS = 3 if measuring.QUICK else 15

_LOOP = """
define dso_local void @many(ptr %f, i64 %n, ptr %U, ptr %R) {
entry:
  br label %head
head:
  %i = phi i64 [0, %entry], [%next, %head]
  call void %f(ptr %U, ptr %R)
  %next = add i64 %i, 1
  %more = icmp slt i64 %next, %n
  br i1 %more, label %head, label %done
done:
  ret void
}
"""


def rosenbrock(x):
    return total([100.0 * (q - p**2) ** 2 + (1.0 - p) ** 2 for p, q in pairwise(x)])


def price(S, K, r, s, T):
    def cdf(x):
        return 0.5 + 0.5 * erf(x * math.sqrt(0.5))

    vs = s * sqrt(T)
    d1 = (log(S / K) + (r + 0.5 * s * s) * T) / vs
    return S * cdf(d1) - K * exp(-r * T) * cdf(d1 - vs)


def powell(v):
    return total(
        [
            (v[i] + 10 * v[i + 1]) ** 2 + 5 * (v[i + 2] - v[i + 3]) ** 2 + (v[i + 1] - 2 * v[i + 2]) ** 4
            + 10 * (v[i] - v[i + 3]) ** 4
            for i in range(0, len(v), 4)
        ]
    )  # fmt: skip


def once(function, windows=10, seconds=0.002):
    """Seconds a call: the least of some windows of as many calls as fill that time."""
    calls, found = 1, []
    while len(found) < windows:
        start = time.perf_counter()
        for _ in range(calls):
            function()
        passed = time.perf_counter() - start
        if passed < seconds / 2 and not found:
            calls *= 2
        else:
            found.append(passed / calls)
    return min(found)


def alone(f):
    """The function that runs the machine code of the program of f that was used last, and how often it does."""
    import ctypes

    point, n = f._program((), {}).point, 200
    pointers = [ctypes.c_void_p, ctypes.c_int64, ctypes.c_void_p, ctypes.c_void_p]
    many = Module(_LOOP, ["many"]).function("many", ctypes.CFUNCTYPE(None, *pointers))
    numbers = point.code.address, n, point.slots.ctypes.data, point.strips.ctypes.data
    assert len(POINT.arguments) == 2
    return lambda: many(*numbers), n


def against_its_code(job, f, *args, **kwargs):
    """Print the call and its machine code alone; the ratio of the two is below 1."""
    f(*args, **kwargs)
    f(*args, **kwargs)
    run, n = alone(f)
    pairs = [(once(run) / n, once(lambda: f(*args, **kwargs))) for _ in range(REPEATS)]
    measuring.report(job, "its code", pairs)


def against_plain(job, plain, f, *args):
    """Print the call beside that of the same arithmetic with plain arguments."""
    compared(job, "plain", plain, lambda: f(*args))


def compared(job, peer, theirs, ours):
    theirs()
    ours()
    measuring.report(job, peer, [(once(theirs), once(ours)) for _ in range(REPEATS)])


def wave(x, y):
    """Of numbers, or of each element of arrays."""
    return sin(x) * y + 2.0 * x


def arrays_against(peer, theirs, slopes, elements, samples):
    """Elements and samples of arrays that are short: most of the time they are on their way."""
    for n in (10, 1000):
        x = np.linspace(0.0, 1.0, n)
        compared(f"{n} elements", peer, partial(theirs, x, x), partial(elements, x, x))
        compared(f"{n} slopes", peer, partial(slopes, x, x), partial(samples, x, x))


def arrays_against_jax(elements, samples):
    """The same, of NumPy's arrays in and out."""
    import jax

    jnp = jax.numpy
    theirs = jax.jit(lambda x, y: jnp.sin(x) * y + 2.0 * x)
    slopes = jax.jit(jax.vmap(jax.grad(lambda x, y: jnp.sin(x) * y + 2.0 * x)))
    both = [lambda x, y, f=f: np.asarray(f(x, y)) for f in (theirs, slopes)]
    arrays_against("JAX", *both, elements, samples)


def with_jax(jobs):
    import jax

    jax.config.update("jax_enable_x64", True)
    jnp = jax.numpy
    x, v, xs = jobs["vector"], jobs["powell"], jobs["list"]
    plain_ours, doubled_ours, slope_ours, second_ours = (jobs[name] for name in ("plain", "doubled", "slope", "second"))

    def smooth(x):
        return jnp.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)

    def four(v):
        a, b, c, d = v.reshape(-1, 4).T
        return jnp.sum((a + 10 * b) ** 2 + 5 * (c - d) ** 2 + (b - 2 * c) ** 4 + 10 * (a - d) ** 4)

    plain, doubled = jax.jit(lambda x, y: x * y + 1.0), jax.jit(lambda xs: [2.0 * x for x in xs])
    slope, second = jax.jit(jax.value_and_grad(smooth)), jax.jit(jax.hessian(four))
    compared("two numbers", "JAX", lambda: float(plain(2.0, 3.0)), lambda: plain_ours(2.0, 3.0))
    compared("a list of 100", "JAX", lambda: [float(y) for y in doubled(xs)], lambda: doubled_ours(xs))
    compared("value and gradient, 1000", "JAX", lambda: np.asarray(slope(x)[1]), lambda: slope_ours(x))
    compared("Hessian of Powell, 24", "JAX", lambda: np.asarray(second(v)), lambda: second_ours(v))
    arrays_against_jax(*jobs["arrays"])


def with_casadi(jobs):
    import casadi

    flags = {"jit": True, "compiler": "shell", "jit_options": {"flags": ["-O3", "-march=native"]}}
    v = casadi.SX.sym("v", 24)
    y = 0
    for i in range(0, 24, 4):
        a, b, c, d = v[i], v[i + 1], v[i + 2], v[i + 3]
        y = y + (a + 10 * b) ** 2 + 5 * (c - d) ** 2 + (b - 2 * c) ** 4 + 10 * (a - d) ** 4
    f = casadi.Function("h", [v], [casadi.densify(casadi.hessian(y, v)[0])], flags)
    buffer, go = f.buffer()
    numbers, results = jobs["powell"].copy(), np.zeros((24, 24))
    buffer.set_arg(0, memoryview(numbers))
    buffer.set_res(0, memoryview(results))
    go()
    assert np.allclose(results, jobs["second"](numbers))
    out, second, given = np.zeros((24, 24)), jobs["second"], jobs["powell"]

    def in_place():
        numbers[:] = given
        go()

    compared("Hessian of Powell, 24", "CasADi C", in_place, lambda: second(given))
    compared("the same, out=", "CasADi C", in_place, lambda: second(given, out=out))
    compared("and no numbers set", "CasADi C", lambda: go(), lambda: second(given, out=out))


def with_scipy(jobs):
    from scipy.optimize import minimize

    slope, calls = jobs["slope"], [0]
    x = np.full(1000, 1.2)

    def counted(v):
        calls[0] += 1
        return slope(v)

    minimize(counted, x, jac=True, method="L-BFGS-B")
    n = calls[0]
    prepared = slope(x)

    def constant(_):
        return prepared

    def seconds(function):
        start = time.perf_counter()
        for _ in range(n):
            function(x)
        return (time.perf_counter() - start) / n

    run, many = alone(slope)
    ours, empty, code = (
        min(seconds(slope) for _ in range(9)),
        min(seconds(constant) for _ in range(9)),
        once(run) / many,
    )
    print(
        f"scipy.optimize.minimize, 1000: {n} calls of {ours * 1e6:.2f} µs; machine code {code * 1e6:.2f} µs, ", end=""
    )
    print(f"a function that does nothing {empty * 1e6:.2f} µs: {(ours - empty - code) * 1e6:.2f} µs over the code")


def main():
    w = Value(3.0)
    xs, x, v = [0.01 * i for i in range(100)], 1.0 + 1e-3 * np.arange(1000.0), np.array([3.0, -1.0, 0.0, 1.0] * 6)
    plain, captured = jit(lambda x, y: x * y + 1.0), jit(lambda x: x * w + 1.0)
    from_dict, of_dict = jit(lambda d: d["a"] * d["b"] + 1.0), jit(lambda d: {"s": d["a"] * d["b"] + 1.0})
    doubled, lines = jit(lambda xs: [2.0 * x for x in xs]), jit(lambda x: np.array([2.0 * v for v in x]))
    many = jit(lambda *xs: sin(xs[0]) + xs[-1])
    slope, second = jit(value_and_grad(rosenbrock), wait=True), jit(hessian(powell), wait=True)
    sparse = jit(hessian(rosenbrock, sparse=True), wait=True)
    against_plain("one captured Value", lambda: plain(2.0, 3.0), captured, 2.0)
    two = {"a": 2.0, "b": 3.0}
    against_plain("a dict in", lambda: plain(2.0, 3.0), from_dict, two)
    against_plain("a dict in and out", lambda: plain(2.0, 3.0), of_dict, two)
    compared("a dict in and out", "in Python", lambda: {"s": plain(two["a"], two["b"])}, lambda: of_dict(two))
    option = 100.0, 95.0, 0.03, 0.2, 0.5
    greeks = jit(value_and_grad(price, argnums=(0, 1, 2, 3, 4)))
    named = jit(value_and_grad(lambda d: price(**d)))
    greeks(*option)
    of_names = dict(zip("SKrsT", option))
    against_plain("option and greeks, dicts", lambda: greeks(*option), named, of_names)
    against_its_code("two numbers", plain, 2.0, 3.0)
    against_its_code("a list of 100", doubled, xs)
    against_its_code("a vector of 1000", lines, x)
    against_its_code("the same, out=", lines, x, out=np.zeros(1000))
    against_its_code("300 arguments", many, *[0.5] * 300)
    against_its_code("value and gradient, 1000", slope, x)
    against_its_code("sparse Hessian, 1000", sparse, x)
    jobs = {"vector": x, "powell": v, "list": xs, "plain": plain, "doubled": doubled, "slope": slope, "second": second}
    jobs["arrays"] = jit(wave), jit(vmap(grad(wave)))
    arrays_against("NumPy", lambda x, y: np.sin(x) * y + 2.0 * x, lambda x, y: np.cos(x) * y + 2.0, *jobs["arrays"])
    second(v)
    against_its_code("Hessian of Powell, 24", second, v)
    for peer, run in (("SciPy", with_scipy), ("JAX", with_jax), ("CasADi", with_casadi)):
        try:
            run(jobs)
        except ImportError as error:
            measuring.missing(peer, error)


if __name__ == "__main__":
    try:
        main()
    finally:
        measuring.write_rows()
