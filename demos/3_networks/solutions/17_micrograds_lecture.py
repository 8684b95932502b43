# %% [markdown]
# # Micrograd's lecture: solutions

# %%
import random

from autograd import Value
from nn import MLP, dead_units

# %% [markdown]
# 1. *On paper.* ∂/∂a = 1/c² = 1/9, ∂/∂b = −1/9, ∂/∂c = −2(a − b)/c³ = −6/27 = −2/9.

# %%
a, b, c = Value(2.0), Value(-1.0), Value(3.0)
((a - b) / c**2).backward()
print([a.grad * 9, b.grad * 9, c.grad * 9], "ninths")

# %% [markdown]
# 2. *Dead units.* Where a whole layer is dead, the output is one constant, and nothing before it learns any more.

# %%
xs = [[2.0, 3.0, -1.0], [3.0, -1.0, 0.5], [0.5, 1.0, 1.0], [1.0, 1.0, -1.0]]
ys = [1.0, -1.0, -1.0, 1.0]
for seed in range(10):
    random.seed(seed)
    n = MLP(3, [4, 4, 1])
    at_first = len(dead_units(n, (xs, ys)))
    for _ in range(100):
        loss = sum((n(x) - y) ** 2 for x, y in zip(xs, ys))
        n.zero_grad()
        loss.backward()
        for p in n.parameters():
            p.data -= 0.05 * p.grad
    dead = dead_units(n, (xs, ys))
    by_layer = [sum(name.startswith(f"layers.{i}") for name in dead) for i in (0, 1)]
    print(f"seed {seed}: dead at first {at_first}, at last {by_layer[0]} and {by_layer[1]} of 4, loss {loss.data:.3f}")
