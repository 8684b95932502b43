# %% [markdown]
# # Memory for time
# A recurrence of 10,000 steps, x ← sin(x·a + b), has 30,000 nodes, and the plain sweep stores them all. Checkpointing
# stores few states and runs the steps between them again: in √n segments, or by the optimal schedule of *revolve*
# (Griewank and Walther, ACM TOMS 26, 2000).
# What to see: little more than a hundredth of the nodes for twice the steps, or a third of that for three and a half
# times the steps.
#
# Notes: 003 · 6.3 Reverse-Mode Automatic Differentiation (gradient checkpointing).

# %%
import gc
import math
import sys
import time
from pathlib import Path

import matplotlib.pyplot as plt
from rich.console import Console
from rich.table import Table

from autograd import COLOURS, Value, checkpoint, checkpoint_sequential, engine_info, live_values, revolve_advances

STEPS = 10_000
SEGMENT = math.isqrt(STEPS)
a, b = Value(1.0, label="a"), Value(0.0, label="b")  # here adjoints neither vanish nor explode


def step(x):
    """One step of the recurrence."""
    return (x * a + b).sin()


def segment(x, function):
    """√n steps."""
    for _ in range(SEGMENT):
        x = function(x)
    return x


# %% [markdown]
# Each strategy takes a step and the first state, and returns the last state:


# %%
def plain(function, x):
    """Every step recorded."""
    for _ in range(STEPS):
        x = function(x)
    return x


def square_root(function, x):
    """√n checkpointed segments of √n steps."""
    run = checkpoint(lambda x: segment(x, function))
    for _ in range(STEPS // SEGMENT):
        x = run(x)
    return x


def revolve(budget):
    """The optimal schedule for so many stored states."""
    return lambda function, x: checkpoint_sequential([function] * STEPS, x, budget)


# %% [markdown]
# To count the live nodes at their peak, a first run looks for the step at which there is most, and a second run counts
# the Values there; where counting them is slow, in plain Python, the first run looks at memory blocks. *revolve* stores
# its states as numbers, which are no nodes: they are added, one each. Time is measured apart from that.


# %%
def sweep(strategy, function=step, before_backward=lambda: None):
    """The gradient by a and b."""
    a.grad = b.grad = 0.0
    y = strategy(function, Value(0.1))
    before_backward()
    y.backward()
    return a.grad, b.grad


size_now = live_values if engine_info().core == "compiled" else sys.getallocatedblocks


def watch(strategy, look):
    """Call look(moment) after each step and before the backward pass; return the number of steps run."""
    moment = 0

    def watched(x):
        nonlocal moment
        moment += 1
        y = step(x)
        look(moment)
        return y

    sweep(strategy, watched, lambda: look(0))
    return moment


def peak_nodes(strategy):
    """The number of live nodes at the peak, and of steps run."""
    blocks, at = 0, 0

    def find(moment):
        nonlocal blocks, at
        if size_now() > blocks:
            blocks, at = size_now(), moment

    found = []
    gc.collect()
    outside = live_values()
    watch(strategy, find)
    runs = watch(strategy, lambda moment: found.append(live_values()) if moment == at else None)
    return max(found) - outside, runs


strategies = {"plain": plain, f"√n = {SEGMENT} segments": square_root}
budgets = [5, 20, 100]
strategies |= {f"revolve, {budget} states": revolve(budget) for budget in budgets}

# %%
expected_runs = [STEPS, 2 * STEPS, *(STEPS + revolve_advances(STEPS, budget) for budget in budgets)]
stored_states = [0, 0, *budgets]
gradient = sweep(plain)
rows = {}
for (name, strategy), expected, stored in zip(strategies.items(), expected_runs, stored_states, strict=True):
    start = time.perf_counter()
    found = sweep(strategy)
    seconds = time.perf_counter() - start
    assert all(math.isclose(x, y, rel_tol=1e-9) for x, y in zip(found, gradient, strict=True))
    nodes, runs = peak_nodes(strategy)
    assert runs == expected, (name, runs, expected)
    rows[name] = (nodes + stored, runs, seconds)

nodes_plain, _, seconds_plain = rows["plain"]
table = Table(title=f"{STEPS:,} steps of x ← sin(x·a + b): the same gradient from less memory")
for column in ("strategy", "nodes and states", "of plain", "steps run", "time", "of plain"):
    table.add_column(column, justify="left" if column == "strategy" else "right")
for name, (nodes, runs, time_taken) in rows.items():
    table.add_row(
        name, f"{nodes:,}", f"{nodes / nodes_plain:.2%}", f"{runs:,}", f"{time_taken * 1e3:.1f} ms",
        f"{time_taken / seconds_plain:.2f}x",
    )  # fmt: skip
Console(width=100).print(table)
print("revolve runs exactly l + t(l, c) steps, the least possible, for every number of states c")

# %%
plt.rc("axes", prop_cycle=plt.cycler(color=COLOURS["series"]))
figure, axes = plt.subplots(figsize=(7.5, 4.5), layout="constrained")
curve = [rows[f"revolve, {budget} states"] for budget in budgets]
axes.plot([x[0] for x in curve], [x[1] / STEPS for x in curve], "o-", label="revolve, by stored states")
for budget, (nodes, runs, _) in zip(budgets, curve, strict=True):
    axes.annotate(str(budget), (nodes, runs / STEPS), xytext=(4, 5), textcoords="offset points", fontsize=9)
for name, marker in (("plain", "s"), (f"√n = {SEGMENT} segments", "D")):
    axes.plot(rows[name][0], rows[name][1] / STEPS, marker, label=name, markersize=8)
axes.set(xscale="log", xlabel="live nodes and stored states at the peak", ylabel="runs of each step", ylim=(0, 13.5))
axes.set_title("Gradient checkpointing: memory for time")
axes.grid(alpha=0.3)
axes.legend()
Path("out").mkdir(exist_ok=True)
figure.savefig(Path("out") / "memory_for_time.png", dpi=110)
print("the trade-off is drawn in", Path("out") / "memory_for_time.png")

# %% [markdown]
# ## Exercises
# 1. Why are √n segments the best choice of equal segments? Write the number of states kept as a function of their
#    number.
# 2. `revolve_advances(l, c)` is the number of steps that are run without recording. From how many states on are these
#    two for each step or less, for 10,000 steps?
