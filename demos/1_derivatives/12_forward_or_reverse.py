# %% [markdown]
# # Forward or reverse?
# A Jacobian of m results by n inputs costs n runs forward, or one run and m sweeps back.
# What to see: with many inputs reverse mode wins, with many results forward mode, and they cross where n = m.
#
# Notes: 000 · Automatic differentiation (dim x ≪ dim y, dim x ≫ dim y); 003 · 6.2, 6.3.

# %%
import time
from pathlib import Path
from random import Random

import matplotlib.pyplot as plt

from autograd import COLOURS, Value, dot, jacfwd, jacrev, jvp, tanh, topological_order

plt.rc("axes", prop_cycle=plt.cycler(color=COLOURS["series"]))

TOGETHER, HIDDEN = 64, 16  # n + m, and the width of what lies between


def network(n, m):
    """n inputs, 16 hidden units, m results, with fixed weights."""
    rng = Random(0)
    first = [[rng.gauss(0.0, 0.3) for _ in range(n)] for _ in range(HIDDEN)]
    second = [[rng.gauss(0.0, 0.3) for _ in range(HIDDEN)] for _ in range(m)]

    def f(x):
        hidden = [tanh(dot(row, x)) for row in first]
        return [dot(row, hidden) for row in second]

    return f


# %% [markdown]
# The work is counted on the recorded graph: a unit for each node, which is computed, and one for each arrow, along
# which a tangent or an adjoint is multiplied by a partial derivative and added. Forward: n runs, each through all nodes
# and arrows. Reverse: the nodes once, then m sweeps along the arrows. n + m stays 64, so the graph has nearly the same
# size all the time.


# %%
def work(n, m):
    """The units for the Jacobian forward, and in reverse."""
    outputs = network(n, m)([Value(0.1) for _ in range(n)])
    order = topological_order(*outputs)
    nodes = sum(bool(node.operands) for node in order)
    arrows = sum(isinstance(operand, Value) for node in order for operand in node.operands)
    return n * (nodes + arrows), nodes + m * arrows


def by_runs(f):
    """The columns of the Jacobian of f, a run on dual numbers each."""

    def columns(x):
        return [jvp(f, (x,), ([float(i == j) for j in range(len(x))],))[1] for i in range(len(x))]

    return columns


def seconds(transform, n, m):
    """The better of two runs."""
    f, x, best = network(n, m), [0.1] * n, float("inf")
    for _ in range(2):
        start = time.perf_counter()
        transform(f)(x)
        best = min(best, time.perf_counter() - start)
    return best


inputs = [1, 4, 8, 16, 24, 32, 40, 48, 56, 60, 63]
forward, reverse = zip(*(work(n, TOGETHER - n) for n in inputs))
for n, ahead, back in zip(inputs, forward, reverse):
    print(f"{n:2} inputs, {TOGETHER - n:2} results: forward {ahead:6} units, reverse {back:6}")
crossing = next(n for n in range(1, TOGETHER) if work(n, TOGETHER - n)[0] > work(n, TOGETHER - n)[1])
print(f"forward mode is cheaper below {crossing} inputs, which is n = m but for the one run of reverse mode")

# %% [markdown]
# The clock agrees about the directions, but need not about the crossing: `jvp` takes Python through the function each
# time, on dual numbers, and keeps nothing. `jacfwd` records it once and sweeps the graph forward n times, as `jacrev`
# sweeps it back m times; the compiled core, if there is one, does both, backwards some four times as fast.

# %%
WAYS = {"n runs of jvp": by_runs, "jacfwd: 1 run, n sweeps": jacfwd, "jacrev: 1 run, m sweeps": jacrev}
timed = [[seconds(way, n, TOGETHER - n) for way in WAYS.values()] for n in inputs]
loss, start = network(63, 1), time.perf_counter()
for _ in range(100):
    loss([Value(0.1) for _ in range(63)])
recorded = (time.perf_counter() - start) / 100
ahead, _, back = timed[-1]
print("measured here, for one result of 63 inputs, in times that it takes to record the function:")
print(f"its gradient in reverse {back / recorded:.1f}, by runs forward {ahead / recorded:.0f}")

# %%
figure, (left, right) = plt.subplots(1, 2, figsize=(11.5, 4.2), layout="constrained")
left.plot(inputs, forward, "C0o-", label="forward: n runs")
left.plot(inputs, reverse, "C1s-", label="reverse: 1 run, m sweeps")
left.set(title="Work for the Jacobian, n + m = 64", ylabel="nodes and arrows visited", ylim=(0, None))
for name, style, times in zip(WAYS, ("C0o-", "C0o:", "C1s-"), zip(*timed), strict=True):
    right.plot(inputs, [1e3 * each for each in times], style, label=name)
right.set(title="Time, measured on this machine", ylabel="milliseconds", yscale="log")
for axes in (left, right):
    axes.axvline(TOGETHER / 2, color="black", linewidth=0.8, linestyle=":", label="n = m")
    axes.set_xlabel("inputs n (results m = 64 − n)")
    axes.grid(alpha=0.3)
    axes.legend(loc="upper center" if axes is left else (0.38, 0.47))
Path("out").mkdir(exist_ok=True)
figure.savefig(Path("out") / "forward_or_reverse.png", dpi=110)
print("both are drawn in", Path("out") / "forward_or_reverse.png")

# %% [markdown]
# ## Exercises
# 1. A network has 1,000,000 weights and one loss. By what factor is reverse mode cheaper, if a node has as many arrows
#    as it has weights?
# 2. H·v, a Hessian times a vector, needs neither a column nor a row of H. Which mode goes inside, which outside, in
#    `hvp`? Compare with `hessian` for n = 20.
