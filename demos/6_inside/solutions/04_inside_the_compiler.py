# %% [markdown]
# # Inside the compiler: solutions

# %%
from collections import Counter

import autograd
from autograd import Value, sin

# %% [markdown]
# 1. *Computed once.* The program of the graph has two names for one number; the plan computes one sin.

# %%
x, y = Value(0.5), Value(2.0)
twice = autograd.compile(sin(x * y) + sin(x * y) ** 2, [x, y], reduction=None)
print(f"recorded {twice.stats().nodes} nodes, {twice.stats().nodes_after} are left")
print(twice.source())
rows = [operation.row.name for loop in twice.plan.samples for operation in loop.operations]
print("the plan:", rows)

# %% [markdown]
# 2. *A loop that is no network.* Each step waits for the one before, so there is nothing to do at once but the
#    samples of a batch: the steps stay one after the other, cut into pieces that a compiler digests quickly.

# %%
a, start = Value(2.0), Value(1.0)
x = start
for _ in range(100):
    x = x - 0.1 * (x**3 - a)
solver = autograd.compile(x, [start, a], reduction=None)
print(f"x = {solver([[1.0, 2.0]])[0]:.10f}, the cube root of 2 is {2.0 ** (1 / 3):.10f}")
print(solver.stats().nodes_after, "nodes in", Counter(type(step).__name__ for step in solver.plan.samples))
for step in solver.plan.samples[:3]:
    print(type(step).__name__, getattr(step, "passes", ""), [o.row.name for o in getattr(step, "operations", [])][:8])
