# %% [markdown]
# # One hidden layer is enough: steps that add up
# A network with one hidden layer comes as near to any continuous curve as you ask, if it is wide enough.
#
# What to see: one sigmoid is a soft step, two are a bump, and n steps are a staircase along the curve, whose
# weights are written down without any training. Twice as many units, half the error.
#
# Notes: 003 · 5.2.1 Approximation Properties of MLPs.

# %%
import math
from itertools import pairwise
from pathlib import Path

import matplotlib.pyplot as plt

from autograd import no_grad
from nn import MLP, Adam, fit, mse_loss
from nn.plots.axes import colour

OUT = Path("out")
OUT.mkdir(exist_ok=True)


def g(x):
    """The curve to come near to, on [0, 1]."""
    return math.sin(7.0 * x) * (1.0 - x) + 0.4 * x


grid = [i / 400 for i in range(401)]


def outputs(model):
    """What the model says on the grid."""
    with no_grad():
        return [y.data for y in model([[x] for x in grid])]


# %% [markdown]
# ## A step, a bump, a staircase
# σ(a(x − c)) with a large a is a step at c.  A step up at c and a step down at d make a bump between them.  For a
# staircase, unit i steps at cᵢ and its output weight is the height of its stair.

# %%


def network(centres, heights, steepness, bias=0.0):
    """y = bias + Σ heightᵢ σ(steepness (x − centreᵢ)): an MLP with these weights."""
    model = MLP(1, [len(centres), 1], activation="sigmoid")
    state = {"layers.1.neurons.0.b": bias}
    for i, (centre, height) in enumerate(zip(centres, heights)):
        state[f"layers.0.neurons.{i}.w.0"] = steepness
        state[f"layers.0.neurons.{i}.b"] = -steepness * centre
        state[f"layers.1.neurons.0.w.{i}"] = height
    model.load_state_dict(state)
    return model


def staircase(n, steepness=8.0):
    """n + 1 stairs of equal width, each as high as g in its middle."""
    middles = [g((i + 0.5) / (n + 1)) for i in range(n + 1)]
    edges = [(i + 1) / (n + 1) for i in range(n)]
    heights = [after - before for before, after in pairwise(middles)]
    return network(edges, heights, steepness * n, bias=middles[0])


errors = {}
for n in (5, 10, 20, 40, 80):
    errors[n] = max(abs(y - g(x)) for x, y in zip(grid, outputs(staircase(n))))
    print(f"{n:3} units: the largest error is {errors[n]:.4f}")

# %%
figure, axes = plt.subplots(1, 3, figsize=(13, 3.8), layout="constrained")
bump = network([0.4, 0.6], [1.0, -1.0], 80.0)
for i, (model, name) in enumerate(((network([0.4], [1.0], 80.0), "one unit: a step"), (bump, "two units: a bump"))):
    axes[0].plot(grid, outputs(model), color=colour(i), linestyle=("--", "-")[i], label=name)
axes[0].set_title("A step, a bump")
for axis, n in zip(axes[1:], (10, 40)):
    axis.plot(grid, [g(x) for x in grid], color=colour(0), linewidth=3, alpha=0.5, label="g")
    axis.plot(grid, outputs(staircase(n)), color=colour(1), label=f"{n} units")
    axis.set_title(f"{n} units: error at most {errors[n]:.3f}")
for axis in axes:
    axis.set_xlabel("x")
    axis.legend()
figure.savefig(OUT / "bumps.png", dpi=110)

# %% [markdown]
# ## Trained, it needs fewer
# The theorem says that weights exist, not that gradient descent finds them.  Here it does, from the staircase of ten
# units on: free to choose their places, steepness and heights, they come nearer than eighty stairs of equal width.

# %%
trained = staircase(10, steepness=2.0)
data = [[x] for x in grid], [g(x) for x in grid]
fit(trained, data, mse_loss, Adam(trained.parameters(), lr=0.02), epochs=400, batch_size=100, compile=True)
best = max(abs(y - g(x)) for x, y in zip(grid, outputs(trained)))
print(f"10 units, trained: the largest error is {best:.4f}")

# %% [markdown]
# ## Exercises
# 1. With ReLUs in the place of steps the network is a polygon through points of g.  Set its weights by hand: the
#    output weight of unit i is by how much the slope changes at cᵢ.  How does the error fall as n doubles?
# 2. The steepness 8n is a choice.  Try 2n and 100n with 40 units: what is lost with the one, and what is not won
#    with the other?  How large is the gradient by the hidden weights in each case?
