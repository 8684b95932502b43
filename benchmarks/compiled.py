"""Machine code against JAX, PyTorch, CasADi and Dr.Jit: the same job, in one process, the two taking turns.

    python benchmarks/compiled.py            every peer that is installed; pinned to one core
    python benchmarks/compiled.py --threads  Dr.Jit and ours on two

Peers: pip install jax torch casadi drjit (CPU builds).  What a row says: the median of the ratios peer / ours over the
pairs, and the smallest and the largest; results agree to 1e-9.
"""

import math
import os
import random
import sys
import time
from itertools import pairwise

THREADS = 2 if "--threads" in sys.argv else 1
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, set(sorted(os.sched_getaffinity(0))[-THREADS:]))
os.environ.setdefault("JAX_PLATFORMS", "cpu")
if THREADS == 1:
    os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false")
    os.environ.setdefault("OMP_NUM_THREADS", "1")

sys.path.insert(0, __file__.rsplit("/", 2)[0])

import measuring
import numpy as np
from sklearn.datasets import load_digits, make_moons

import autograd
import nn
from autograd import Value, exp, jit, log, sqrt, step, value_and_grad, where
from nn import MLP, SGD, TrainingStep, cross_entropy

P, RS2PI = 0.2316419, 0.3989422804014327
C = (0.319381530, -0.356563782, 1.781477937, -1.821255978, 1.330274429)


def seconds(f, repetitions):
    start = time.perf_counter()
    for _ in range(repetitions):
        f()
    return (time.perf_counter() - start) / repetitions


def compare(job, peer, theirs, ours, unit=1e6, name="µs", pairs=15, target=0.05):
    """Report two functions that are called in turn, each as often as takes about the target."""
    if measuring.QUICK:
        pairs, target = 3, 0.002
    theirs(), ours()
    counts = [max(1, int(target / seconds(f, 3))) for f in (theirs, ours)]
    found = [(seconds(theirs, counts[0]), seconds(ours, counts[1])) for _ in range(pairs)]
    measuring.report(job, peer, found, unit, name)


def agree(ours, theirs):
    np.testing.assert_allclose(np.ravel(ours), np.ravel(theirs), rtol=1e-9, atol=1e-12)


# ---------------------------------------------------------------- the jobs


def moons():
    X, y = make_moons(n_samples=100, noise=0.1, random_state=1)
    return X, y * 2.0 - 1.0


def weights(sizes):
    rng = random.Random(0)
    return [
        (np.array([[rng.gauss(0, 1) / math.sqrt(a) for _ in range(a)] for _ in range(b)]), np.zeros(b))
        for a, b in pairwise(sizes)
    ]


def filled(model, layers):
    for layer, (w, b) in zip(model.layers, layers):
        for neuron, row, bias in zip(layer.neurons, w, b):
            for p, x in zip(neuron.w, row):
                p.data = float(x)
            neuron.b.data = float(bias)
    return model


def our_moons():
    X, y = moons()
    model = filled(MLP(2, [16, 16, 1]), weights([2, 16, 16, 1]))
    x, t = [Value(0.1), Value(0.2)], Value(1.0)
    start = time.perf_counter()
    loss = autograd.relu(1.0 - t * model(x)) + 1e-4 * autograd.dot(model.parameters(), model.parameters())
    compiled = TrainingStep(loss, [*x, t], SGD(model.parameters(), lr=0.01))
    print(f"compiled the moons step in {time.perf_counter() - start:.3f} s")
    data = np.column_stack([X, y])
    return compiled, lambda: compiled(data)


def our_digits():
    digits = load_digits()
    X, T = digits.data / 16.0, np.eye(10)[digits.target]
    model = filled(MLP(64, [32, 10]), weights([64, 32, 10]))
    x, t = [Value(float(v)) for v in X[0]], [Value(v) for v in T[0].tolist()]
    start = time.perf_counter()
    compiled = TrainingStep(cross_entropy(model(x), t), [*x, *t], SGD(model.parameters(), lr=0.1))
    print(f"compiled the digits step in {time.perf_counter() - start:.3f} s")
    data = np.hstack([X, T])

    def epoch():
        for i in range(0, len(data), 32):
            loss = compiled(data[i : i + 32])
        return loss

    return compiled, epoch


def price(S, K, r, s, T):
    def cdf(x):
        a = abs(x)
        k = 1.0 / (1.0 + P * a)
        w = RS2PI * exp(-0.5 * a * a) * (k * (C[0] + k * (C[1] + k * (C[2] + k * (C[3] + k * C[4])))))
        return where(step(-x), w, 1.0 - w)

    vs = s * sqrt(T)
    d1 = (log(S / K) + (r + 0.5 * s * s) * T) / vs
    return S * cdf(d1) - K * exp(-r * T) * cdf(d1 - vs)


def options():
    rng = np.random.default_rng(3)
    return [rng.uniform(*r, 100_000) for r in ((80, 120), (80, 120), (0.01, 0.06), (0.1, 0.5), (0.25, 2))]


# ---------------------------------------------------------------- the peers


def with_jax(our_step, our_epoch):
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)

    def trainer(loss, layers, lr):
        @jax.jit
        def run(p, x, t):
            v, g = jax.value_and_grad(loss)(p, x, t)
            return v, jax.tree.map(lambda a, b: a - lr * b, p, g)

        state = [jax.tree.map(jnp.asarray, layers)]

        def one(x, t):
            v, state[0] = run(state[0], x, t)
            return float(v)

        return one

    def network(p, x):
        for w, b in p[:-1]:
            x = jnp.maximum(x @ w.T + b, 0.0)
        return x @ p[-1][0].T + p[-1][1]

    def hinge(p, x, t):
        return jnp.mean(jnp.maximum(1 - t * network(p, x)[:, 0], 0.0)) + 1e-4 * sum(
            jnp.sum(q * q) for q in jax.tree.leaves(p)
        )

    def entropy(p, x, t):
        return -jnp.mean(jnp.sum(jax.nn.log_softmax(network(p, x)) * t, axis=1))

    X, y = map(jnp.asarray, moons())
    one = trainer(hinge, weights([2, 16, 16, 1]), 0.01)
    agree(our_step(), one(X, y))
    compare("moons step", "JAX jit", lambda: one(X, y), our_step)
    digits = load_digits()
    A, T = jnp.asarray(digits.data / 16.0), jnp.asarray(np.eye(10)[digits.target])
    batches = [(A[i : i + 32], T[i : i + 32]) for i in range(0, len(A), 32)]
    two = trainer(entropy, weights([64, 32, 10]), 0.1)
    agree(our_epoch(), [two(*batch) for batch in batches][-1])
    compare("digits epoch", "JAX jit", lambda: [two(*batch) for batch in batches], our_epoch)


def with_torch(our_step, our_epoch):
    import torch

    torch.set_num_threads(THREADS)
    torch.set_default_dtype(torch.float64)

    def trainer(sizes, loss, lr):
        layers = []
        for w, b in weights(sizes):
            layer = torch.nn.Linear(w.shape[1], w.shape[0])
            layer.load_state_dict({"weight": torch.tensor(w), "bias": torch.tensor(b)})
            layers += [layer, torch.nn.ReLU()]
        model = torch.nn.Sequential(*layers[:-1])
        optimizer = torch.optim.SGD(model.parameters(), lr=lr)

        def one(x, t):
            optimizer.zero_grad()
            value = loss(model, x, t)
            value.backward()
            optimizer.step()
            return value.item()

        return one

    def hinge(model, x, t):
        penalty = sum((p * p).sum() for p in model.parameters())
        return torch.relu(1 - t * model(x)[:, 0]).mean() + 1e-4 * penalty

    X, y = map(torch.tensor, moons())
    one = trainer([2, 16, 16, 1], hinge, 0.01)
    compare("moons step", "PyTorch", lambda: one(X, y), our_step)
    digits = load_digits()
    A, T = torch.tensor(digits.data / 16.0), torch.tensor(digits.target)
    batches = [(A[i : i + 32], T[i : i + 32]) for i in range(0, len(A), 32)]
    two = trainer([64, 32, 10], lambda m, x, t: torch.nn.functional.cross_entropy(m(x), t), 0.1)
    compare("digits epoch", "PyTorch", lambda: [two(*batch) for batch in batches], our_epoch)


def with_casadi(single):
    import casadi

    v = [casadi.SX.sym(c) for c in "SKrsT"]
    S, K, r, s, T = v

    def cdf(x):
        a = casadi.fabs(x)
        k = 1.0 / (1.0 + P * a)
        w = RS2PI * casadi.exp(-0.5 * a * a) * (k * (C[0] + k * (C[1] + k * (C[2] + k * (C[3] + k * C[4])))))
        return casadi.if_else(x >= 0, 1.0 - w, w)

    vs = s * casadi.sqrt(T)
    d1 = (casadi.log(S / K) + (r + 0.5 * s * s) * T) / vs
    value, z = S * cdf(d1) - K * casadi.exp(-r * T) * cdf(d1 - vs), casadi.vertcat(*v)
    flags = {"jit": True, "compiler": "shell", "jit_options": {"flags": ["-O3", "-march=native"]}}
    f = casadi.Function("price", [z], [casadi.vertcat(value, casadi.gradient(value, z))], flags)
    buffer, go = f.buffer()
    numbers, results = np.zeros(5), np.zeros(6)
    buffer.set_arg(0, memoryview(numbers))
    buffer.set_res(0, memoryview(results))
    rows = np.array(options())[:, :2000].T.copy()
    lists = rows.tolist()

    def theirs():
        for row in rows:
            numbers[:] = row
            go()
            results.tolist()

    def ours():
        for row in lists:
            single(*row)

    theirs()
    value, gradient = single(*lists[-1])
    agree([value, *gradient], results)
    compare("option and 5 greeks", "CasADi C", theirs, ours, unit=1e6 / 2000)


def with_drjit(arrays):
    import drjit
    from drjit.llvm.ad import Float64

    drjit.set_thread_count(THREADS if THREADS > 1 else 0)
    base = [Float64(np.ascontiguousarray(a)) for a in options()]
    drjit.eval(*base)

    def cdf(x):
        a = drjit.abs(x)
        k = 1.0 / (1.0 + P * a)
        w = RS2PI * drjit.exp(-0.5 * a * a) * (k * (C[0] + k * (C[1] + k * (C[2] + k * (C[3] + k * C[4])))))
        return drjit.select(x >= 0, 1.0 - w, w)

    def theirs():
        S, K, r, s, T = inputs = [Float64(b) for b in base]
        drjit.enable_grad(*inputs)
        vs = s * drjit.sqrt(T)
        d1 = (drjit.log(S / K) + (r + 0.5 * s * s) * T) / vs
        value = S * cdf(d1) - K * drjit.exp(-r * T) * cdf(d1 - vs)
        drjit.backward(value)
        gradient = [drjit.grad(x) for x in inputs]
        drjit.eval(value, *gradient)
        drjit.sync_thread()
        return drjit.detach(value), gradient

    ours = options()
    value, gradient = theirs()
    agree(np.stack([arrays(*ours)[0], *arrays(*ours)[1]]), np.stack([value.numpy(), *(g.numpy() for g in gradient)]))
    compare(f"100,000 options, {THREADS}", "Dr.Jit", theirs, lambda: arrays(*ours), unit=1e4, name="ns")


def by_fit():
    """An epoch of `fit` on the digits, recorded each time and compiled."""
    data = nn.load_digits(scaled=True)

    def epochs(count, **options):
        model = MLP(64, [32, 10], initializer="kaiming_uniform", rng=random.Random(0))
        start = time.perf_counter()
        nn.fit(model, data, cross_entropy, nn.Adam(model.parameters(), lr=8e-3), count, **options)
        return time.perf_counter() - start

    recorded = epochs(2) - epochs(1)
    one = min(epochs(1, compile=True) for _ in range(2))  # the second time the machine code is there already
    compiled = (epochs(41, compile=True) - one) / 40
    print(f"an epoch of fit on the digits: {recorded:.3f} s, compiled {compiled:.5f} s: {recorded / compiled:.0f}x")


def main():
    if THREADS == 1 and not measuring.QUICK:
        by_fit()
    _, our_step = our_moons()
    _, our_epoch = our_digits()
    greeks = value_and_grad(price, argnums=(0, 1, 2, 3, 4))
    single, arrays = jit(greeks), jit(greeks, threads=THREADS)
    if not measuring.QUICK:
        start = time.perf_counter()
        x = y = Value(1.0)
        for i in range(10_000):
            y = y * 1.0001 + 1e-4 * (i % 7)
        autograd.compile([y], [x], reduction=None)
        print(f"compiled a chain of 20,000 nodes in {time.perf_counter() - start:.3f} s")
    jobs = [
        ("JAX", with_jax, our_step, our_epoch),
        ("PyTorch", with_torch, our_step, our_epoch),
        ("CasADi", with_casadi, single),
    ]
    for peer, run, *ours in (jobs if THREADS == 1 else []) + [("Dr.Jit", with_drjit, arrays)]:
        try:
            run(*ours)
        except ImportError as error:
            measuring.missing(peer, error)


if __name__ == "__main__":
    try:
        main()
    finally:
        measuring.write_rows()
