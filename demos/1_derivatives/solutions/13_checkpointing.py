# %% [markdown]
# # Checkpointing: solutions

# %%
import math

from autograd import Value, checkpoint

w = Value(1.1)
runs = []


def block(i):
    """Ten steps."""

    def run(x):
        runs.append(i)
        for _ in range(10):
            x = (x * w).sin()
        return x

    return run


# %% [markdown]
# 1. Each of the three runs twice: 7 runs in the place of 4. Only what goes into each block is kept, and one block's
#    inside at a time.

# %%
y = Value(0.5)
for run in (checkpoint(block(1)), checkpoint(block(2)), checkpoint(block(3)), block(4)):
    y = run(y)
y.backward()
print(f"runs {runs}: {len(runs) / 4} times the forward work; ∂y/∂w = {w.grad:.12f}")

# %% [markdown]
# 2. √n states between the segments, and √n inside of the one that is run again: 2√n, and 2n steps.

# %%
for n in (100, 10_000, 1_000_000):
    print(f"n = {n:,}: {2 * math.isqrt(n):,} states in the place of {n:,}, {2 * n:,} steps run")
