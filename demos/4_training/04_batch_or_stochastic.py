# %% [markdown]
# # Batch against stochastic gradient descent
# A step of batch gradient descent reads all the data; one of stochastic gradient descent reads a handful, and its
# direction is right on average only.
#
# What to see: both walks on one map, how a loader deals out an epoch, and by how much the noise falls with the size
# of the batch.
#
# Notes: 001 · Stochastic Gradient Descent, and its two pictures; 003 · 5.3 Stochastic Optimization, and its figure 4.

# %%
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from autograd import grad
from nn import SGD, DataLoader, Linear, fit, least_squares, make_line, mse_loss, plots
from nn.plots.axes import colour

OUT = Path("out")
OUT.mkdir(exist_ok=True)

N = 128
data = make_line(N, weights=[2.0], bias=-1.0, noise=0.6, seed=3)


def loss(theta, rows=data):
    """The mean squared error of w·x + b over some samples."""
    return mse_loss([theta[0] * x + theta[1] for (x,), _ in rows], [y for _, y in rows])


# %% [markdown]
# ## An epoch, dealt out
# The samples are shuffled and cut into batches; when all are used up, an epoch is over, and they are shuffled anew.

# %%
loader = DataLoader(([[float(i)] for i in range(12)], list(range(12))), batch_size=4, shuffle=True, seed=0)
epochs = [[targets for _, targets in loader] for _ in range(3)]
for number, batches in enumerate(epochs, 1):
    print(f"epoch {number}:", "  ".join(str(batch) for batch in batches))
complete = all(sorted(i for batch in batches for i in batch) == list(range(12)) for batches in epochs)
print("every sample once in every epoch:", complete)


# %% [markdown]
# ## Two walks
# Both read each sample twelve times and have the same step size.  Batch gradient descent makes 12 steps of it,
# stochastic gradient descent with batches of four 384.


# %%
def walk(batch_size):
    """Where a line goes in 12 epochs of training, after each step."""
    theta, path = [-1.5, 2.0], [[-1.5, 2.0]]
    batches = DataLoader(data, batch_size, shuffle=True, seed=1)
    for _ in range(12):
        for inputs, targets in batches:
            slope = grad(loss)(theta, list(zip(inputs, targets)))
            theta = [p - 0.15 * g for p, g in zip(theta, slope)]
            path.append(theta)
    return path


best = [float(p) for p in least_squares([[x, 1.0] for (x,) in data.inputs], data.targets)]
walks = {"batch gradient descent": walk(N), "stochastic, batches of 4": walk(4)}
figure, axes = plt.subplots(1, 2, figsize=(12.5, 4.8), layout="constrained")
for axis, (name, path) in zip(axes, walks.items()):
    plots.contours(loss, (-2.0, 3.5), (-2.2, 2.5), path=path, ax=axis)
    axis.plot(*best, "P", color="white", markeredgecolor="black", markersize=10, label="minimum")
    axis.set(xlabel="w", ylabel="b", title=f"{name}: loss {loss(path[-1]):.4f} after 12 epochs")
    axis.legend(loc="upper right")
    print(f"{name}: {len(path) - 1:3} steps, loss {loss(path[-1]):.4f}, the least is {loss(best):.4f}")
figure.savefig(OUT / "batch_or_stochastic.png", dpi=110)

# %% [markdown]
# ## Noise over batch size
# The gradient of r samples drawn at random is that of all samples plus noise, whose variance is that of one sample
# over r: four times the work, half the noise.

# %%
theta = [0.0, 0.0]
each = np.array([grad(loss)(theta, [row]) for row in data])
full = each.mean(axis=0)
rng, sizes, noise = np.random.default_rng(0), [1, 2, 4, 8, 16, 32, 64, 128], []
for r in sizes:
    drawn = each[rng.integers(0, N, (4000, r))].mean(axis=1)
    noise.append(float(np.sqrt(((drawn - full) ** 2).sum(axis=1).mean())))
expected = [float(np.sqrt(each.var(axis=0).sum() / r)) for r in sizes]
print(
    f"‖∇L‖ = {np.linalg.norm(full):.3f}; noise with 1, 4, 16, 64 samples:", [round(noise[k], 3) for k in (0, 2, 4, 6)]
)
figure, axis = plt.subplots(figsize=(6.4, 4), layout="constrained")
axis.loglog(sizes, noise, "o", color=colour(0), base=2, label="measured, 4,000 batches each")
axis.loglog(sizes, expected, "--", color=colour(1), base=2, label="σ / √r")
axis.set(
    xlabel="batch size r", ylabel="root mean square of ∇ of the batch − ∇ of all", title="The noise of the gradient"
)
axis.set_xticks(sizes, labels=sizes)
axis.set_yticks([0.25, 0.5, 1.0, 2.0, 4.0], labels=["0.25", "0.5", "1", "2", "4"])
axis.legend()
figure.savefig(OUT / "batch_or_stochastic_noise.png", dpi=110)

# %% [markdown]
# ## The same with `fit`
# `batch_size` is all that differs.

# %%
losses = {}
for size in (128, 32, 4):
    model = Linear(1, 1, initializer="zeros")
    history = fit(model, data, mse_loss, SGD(model.parameters(), lr=0.05), epochs=5, batch_size=size)
    losses[size] = loss([p.data for p in model.parameters()])
    print(f"batches of {size:3}: loss {losses[size]:.4f} after 5 epochs")

# %% [markdown]
# ## Exercises
# 1. With a step size that stays the same, stochastic gradient descent never comes to rest.  Halve η four times, every
#    three epochs, and compare the distance to the minimum.
# 2. The notes say that the number of epochs is n/b.  What is n/r, with r samples a batch, and what does `len(loader)`
#    give for n = 130 and r = 32?
