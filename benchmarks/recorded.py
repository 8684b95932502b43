"""Recorded programs with loops against JAX with `scan`: the first call, compiling included, and the machine code alone.

    python benchmarks/recorded.py            pinned to one core
    python benchmarks/recorded.py smoother heat

Ours are plain Python loops and recursions; JAX's are written with `scan`, or call what it has for the whole, as for the
transform of `fourier` and the factors of `process`.  The first call of either is that of a fresh function, in
one process.  The code alone is a call less that of a function that does next to nothing.  Results agree to 1e-9.

Peers: pip install jax (a CPU build).
"""

import math
import os
import random
import sys
import time

if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, set(sorted(os.sched_getaffinity(0))[-1:]))
os.environ["AUTOGRAD_CACHE"] = ""  # a first call is one that finds no machine code
os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false")
sys.path.insert(0, __file__.rsplit("/", 2)[0])

import measuring
import numpy as np

from autograd import exp, jit, log, sigmoid, sqrt, tanh, value_and_grad

QUICK = measuring.QUICK
STEPS = 200 if QUICK else 10_000


# ---------------------------------------------------------------- plain loops


def recurrence(v):
    """Van der Pol's oscillator by symplectic Euler: a long chain, three inputs."""
    mu, x, y = v
    h, total = 0.001, 0.0
    for _ in range(STEPS):
        y = y + h * (mu * (1.0 - x * x) * y - x)
        x = x + h * y
        total = total + x * x
    return total / STEPS


_random = random.Random(11)
SERIES = [math.sin(0.1 * i) + _random.gauss(0, 0.3) for i in range(800)]


def smoother(v):
    """Likelihood of an exponentially weighted level and variance over 800 observations: a chain with data."""
    a, b, level = sigmoid(v[0]), sigmoid(v[1]), v[2]
    variance, total = 1.0, 0.0
    for y in SERIES:
        e = y - level
        total = total + log(variance) + e * e / variance
        level = level + a * e
        variance = variance * b + (1.0 - b) * e * e + 1e-3
    return 0.5 * total


def ode(v):
    """A neural ordinary differential equation, 2-16-2, 40 steps of Runge and Kutta."""
    w1, b1 = [v[2 * i : 2 * i + 2] for i in range(16)], v[32:48]
    w2, b2 = [v[48 + 16 * i : 64 + 16 * i] for i in range(2)], v[80:82]

    def f(y):
        h = [tanh(w[0] * y[0] + w[1] * y[1] + b) for w, b in zip(w1, b1, strict=True)]
        return [sum((a * c for a, c in zip(w, h, strict=True)), b) for w, b in zip(w2, b2, strict=True)]

    y, step, loss = [1.0, 0.5], 0.05, 0.0
    for t in range(40):
        k1 = f(y)
        k2 = f([a + 0.5 * step * k for a, k in zip(y, k1, strict=True)])
        k3 = f([a + 0.5 * step * k for a, k in zip(y, k2, strict=True)])
        k4 = f([a + step * k for a, k in zip(y, k3, strict=True)])
        y = [a + step / 6 * (p + 2 * q + 2 * r + s) for a, p, q, r, s in zip(y, k1, k2, k3, k4, strict=True)]
        loss = loss + (y[0] - math.cos(t * step)) ** 2 + (y[1] - math.sin(t * step)) ** 2
    return loss


HIDDEN, GRU_STEPS = 6, 16


def gru(v):
    """A gated recurrent unit over 16 steps with a linear read-out."""
    row = HIDDEN + 2
    gates = [[v[(g * HIDDEN + k) * row : (g * HIDDEN + k + 1) * row] for k in range(HIDDEN)] for g in range(3)]
    out, bias = v[3 * HIDDEN * row : -1], v[-1]
    h, loss = [0.0] * HIDDEN, 0.0

    def before(w, x, state):
        return w[0] * x + sum((a * b for a, b in zip(w[1:-1], state, strict=True)), w[-1])

    for t in range(GRU_STEPS):
        x = math.sin(0.4 * t)
        z, r = ([sigmoid(before(w, x, h)) for w in gate] for gate in gates[:2])
        n = [tanh(before(w, x, [a * b for a, b in zip(r, h, strict=True)])) for w in gates[2]]
        h = [(1.0 - a) * b + a * c for a, b, c in zip(z, h, n, strict=True)]
        loss = loss + (sum((a * b for a, b in zip(out, h, strict=True)), bias) - math.sin(0.4 * (t + 1))) ** 2
    return loss


def heat(v):
    """Heat with a sink in 32 cells, 50 steps."""
    u, n = list(v), len(v)
    for _ in range(50):
        u = [
            u[i] + 0.2 * ((u[i - 1] if i else 0.0) - 2 * u[i] + (u[i + 1] if i < n - 1 else 0.0)) - 0.01 * u[i] ** 3
            for i in range(n)
        ]
    return sum((a - math.sin(0.2 * i)) ** 2 for i, a in enumerate(u))


ATOMS = 24


def cluster(v):
    """Energy of 24 atoms, 276 pairs."""
    terms = []
    for i in range(ATOMS):
        for j in range(i):
            d2 = sum(((v[3 * i + k] - v[3 * j + k]) * (v[3 * i + k] - v[3 * j + k]) for k in range(3)), 0.05)
            s6 = d2**-3.0
            terms.append(s6 * s6 - s6 + 0.1 * d2**-0.5)
    return sum(terms)


def powers(v):
    """Horner's rule and exponentials over 2,000 points: independent terms."""
    a, b, c = v
    return sum(exp(-a * t) * (b + c * t) ** 2 for t in (0.001 * k for k in range(2000))) * 0.001


WAVES = 64 if QUICK else 256


def fourier(v):
    """The logarithms of a power spectrum of 256 numbers, by the recursion of Cooley and Tukey."""

    def go(x):
        n = len(x)
        if n == 1:
            return [(x[0], 0.0)]
        found = [None] * n
        for k, ((a, b), (c, d)) in enumerate(zip(go(x[::2]), go(x[1::2]), strict=True)):
            cos, sin = math.cos(2.0 * math.pi * k / n), -math.sin(2.0 * math.pi * k / n)
            p, q = c * cos - d * sin, c * sin + d * cos
            found[k], found[k + n // 2] = (a + p, b + q), (a - p, b - q)
        return found

    return sum(log(a * a + b * b + 1e-3) for a, b in go(v))


PLACES = [0.37 * i + 0.1 * math.sin(5 * i) for i in range(30)]


def process(v):
    """Likelihood of a Gaussian process at 30 places, by Cholesky's factors, a number at a time."""
    length, height, noise = (exp(x) for x in v)
    factor, residuals, total = [], [], 0.0
    for i, a in enumerate(PLACES):
        row = []
        for j, b in enumerate(PLACES[:i]):
            t = height * exp(-((a - b) ** 2) / (2.0 * length))
            row.append((t - sum(x * y for x, y in zip(row, factor[j], strict=False))) / factor[j][j])
        row.append(sqrt(height + noise - sum(x * x for x in row)))
        residuals.append((math.sin(a) - sum(x * y for x, y in zip(row, residuals, strict=False))) / row[i])
        total = total + 0.5 * residuals[i] ** 2 + log(row[i])
        factor.append(row)
    return total


_random = random.Random(7)
POINTS = {
    "recurrence": [1.5, 1.0, 0.0],
    "smoother": [0.0, 2.0, 0.1],
    "ode": [_random.gauss(0, 0.5) for _ in range(82)],
    "gru": [_random.gauss(0, 0.4) for _ in range(3 * HIDDEN * (HIDDEN + 2) + HIDDEN + 1)],
    "heat": [math.cos(0.3 * i) for i in range(32)],
    "cluster": [_random.uniform(0, 3.0) for _ in range(3 * ATOMS)],
    "powers": [0.7, 1.0, 0.5],
    "fourier": [math.sin(0.3 * i) + 0.01 * i for i in range(WAVES)],
    "process": [0.1, 0.2, -2.0],
}
OURS = {f.__name__: f for f in (recurrence, smoother, ode, gru, heat, cluster, powers, fourier, process)}


# ---------------------------------------------------------------- the same in JAX


def in_jax():
    """The same functions of an array, with the loops as `scan`."""
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    scan = jax.lax.scan

    def recurrence(v):
        def step(state, _):
            x, y, total = state
            y = y + 0.001 * (v[0] * (1.0 - x * x) * y - x)
            x = x + 0.001 * y
            return (x, y, total + x * x), None

        (_, _, total), _ = scan(step, (v[1], v[2], 0.0), None, length=STEPS)
        return total / STEPS

    def smoother(v):
        a, b = jax.nn.sigmoid(v[0]), jax.nn.sigmoid(v[1])

        def step(state, y):
            level, variance, total = state
            e = y - level
            total = total + jnp.log(variance) + e * e / variance
            return (level + a * e, variance * b + (1.0 - b) * e * e + 1e-3, total), None

        (_, _, total), _ = scan(step, (v[2], 1.0, 0.0), jnp.array(SERIES))
        return 0.5 * total

    def ode(v):
        w1, b1, w2, b2 = v[:32].reshape(16, 2), v[32:48], v[48:80].reshape(2, 16), v[80:82]
        s = 0.05

        def f(y):
            return w2 @ jnp.tanh(w1 @ y + b1) + b2

        def step(state, t):
            y, loss = state
            k1 = f(y)
            k2 = f(y + 0.5 * s * k1)
            k3 = f(y + 0.5 * s * k2)
            k4 = f(y + s * k3)
            y = y + s / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
            return (y, loss + (y[0] - jnp.cos(t * s)) ** 2 + (y[1] - jnp.sin(t * s)) ** 2), None

        (_, loss), _ = scan(step, (jnp.array([1.0, 0.5]), 0.0), jnp.arange(40.0))
        return loss

    def gru(v):
        row = HIDDEN + 2
        gates = v[: 3 * HIDDEN * row].reshape(3, HIDDEN, row)
        out, bias = v[3 * HIDDEN * row : -1], v[-1]

        def before(w, x, state):
            return w[:, 0] * x + w[:, 1:-1] @ state + w[:, -1]

        def step(state, t):
            h, loss = state
            x = jnp.sin(0.4 * t)
            z, r = (jax.nn.sigmoid(before(w, x, h)) for w in (gates[0], gates[1]))
            n = jnp.tanh(before(gates[2], x, r * h))
            h = (1.0 - z) * h + z * n
            return (h, loss + (out @ h + bias - jnp.sin(0.4 * (t + 1))) ** 2), None

        (_, loss), _ = scan(step, (jnp.zeros(HIDDEN), 0.0), jnp.arange(float(GRU_STEPS)))
        return loss

    def heat(v):
        def step(u, _):
            left = jnp.concatenate([jnp.zeros(1), u[:-1]])
            right = jnp.concatenate([u[1:], jnp.zeros(1)])
            return u + 0.2 * (left - 2 * u + right) - 0.01 * u**3, None

        u, _ = scan(step, v, None, length=50)
        return jnp.sum((u - jnp.sin(0.2 * jnp.arange(32))) ** 2)

    rows, columns = np.tril_indices(ATOMS, -1)

    def cluster(v):
        atoms = v.reshape(ATOMS, 3)
        d2 = jnp.sum((atoms[rows] - atoms[columns]) ** 2, axis=1) + 0.05
        s6 = d2**-3.0
        return jnp.sum(s6 * s6 - s6 + 0.1 * d2**-0.5)

    def powers(v):
        t = 0.001 * jnp.arange(2000)
        return jnp.sum(jnp.exp(-v[0] * t) * (v[1] + v[2] * t) ** 2) * 0.001

    def fourier(v):
        spectrum = jnp.fft.fft(v)
        return jnp.sum(jnp.log(spectrum.real**2 + spectrum.imag**2 + 1e-3))

    places = jnp.array(PLACES)

    def process(v):
        length, height, noise = jnp.exp(v)
        distances = places[:, None] - places
        factor = jnp.linalg.cholesky(height * jnp.exp(-(distances**2) / (2.0 * length)) + noise * jnp.eye(len(PLACES)))
        residuals = jax.scipy.linalg.solve_triangular(factor, jnp.sin(places), lower=True)
        return 0.5 * jnp.sum(residuals**2) + jnp.sum(jnp.log(jnp.diagonal(factor)))

    found = {f.__name__: f for f in (recurrence, smoother, ode, gru, heat, cluster, powers, fourier, process)}
    return {name: (lambda f=f: jax.jit(jax.value_and_grad(f))) for name, f in found.items()}, jax, jnp


# ---------------------------------------------------------------- measuring


def best(f, repetitions):
    """The least seconds of a call."""
    found = math.inf
    for _ in range(repetitions):
        start = time.perf_counter()
        f()
        found = min(found, time.perf_counter() - start)
    return found


def code_alone(jitted):
    """Seconds of the machine code of a jitted function of one structure."""
    (entry,) = jitted._entries.values()
    point = entry.point
    return best(lambda: point._run(point.slots.ctypes.data, point.strips.ctypes.data), 5 if QUICK else 2000)


def fresh(f, wait=False):
    """A jitted function of its own."""
    return jit(value_and_grad(lambda v: f(v)), wait=wait)


def main():
    names = [x for x in sys.argv[1:] if x in OURS] or list(OURS)
    rounds = 1 if QUICK else 3
    try:
        theirs, jax, jnp = in_jax()
    except ModuleNotFoundError as error:
        theirs, jax, jnp = {}, None, None
        measuring.missing("JAX", error)
    if jax is not None:  # what the first call of all takes longer
        jax.jit(lambda x: x + 1.0)(jnp.ones(3)).block_until_ready()
        nothing = jax.jit(lambda x: (x[0], x))
    double = jit(lambda x: 2.0 * x)
    double(1.0)
    for name in names:
        point, f = POINTS[name], OURS[name]
        ours_first, theirs_first = [], []
        for _ in range(rounds):
            ours = fresh(f)
            start = time.perf_counter()
            value, gradient = ours(list(point))
            ours_first.append(time.perf_counter() - start)
            if jax is not None:
                jax.clear_caches()
                xs, peer = jnp.array(point), theirs[name]()
                start = time.perf_counter()
                expected, slopes = jax.block_until_ready(peer(xs))
                theirs_first.append(time.perf_counter() - start)
                scale = float(np.abs(slopes).max())
                assert math.isclose(value, float(expected), rel_tol=1e-9), (name, value, float(expected))
                assert float(np.abs(np.array(gradient) - slopes).max()) <= 1e-9 * scale, name
        final = fresh(f, wait=True)  # optimised, as after a hundred calls
        final(list(point))
        kernel = code_alone(final) - code_alone(double)
        if jax is None:
            print(f"{name:24} first call {min(ours_first):8.3f} s   code alone {kernel * 1e6:10.3f} µs")
            continue
        measuring.report(f"{name}: first call", "JAX", [(min(theirs_first), min(ours_first))], 1e3, "ms")
        jax.block_until_ready(nothing(xs))
        empty = best(lambda xs=xs: jax.block_until_ready(nothing(xs)), 50 if QUICK else 500)
        call = best(lambda xs=xs, peer=peer: jax.block_until_ready(peer(xs)), 5 if QUICK else 300)
        measuring.report(f"{name}: code alone", "JAX", [(call - empty, kernel)])


if __name__ == "__main__":
    main()
    measuring.write_rows()
