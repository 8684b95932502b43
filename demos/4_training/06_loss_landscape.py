# %% [markdown]
# # Looking round in the landscape of the loss
# The loss of a network is a function of all its parameters; a picture shows two directions of them.
#
# What to see: the surroundings of a trained network, the way that training took, the ridge between two networks that
# are equally good, and why there are so many of these.
#
# Notes: 003 · 5.2.1 Approximation Properties of MLPs ("there can exist many local minima").

# %%
from math import factorial
from pathlib import Path
from random import Random

import matplotlib.pyplot as plt
import numpy as np

from autograd import no_grad
from nn import MLP, Adam, binary_cross_entropy_with_logits, fit, make_moons, plots
from nn.plots.axes import colour

OUT = Path("out")
OUT.mkdir(exist_ok=True)
data = make_moons(60, noise=0.15, seed=0)


def trained(seed, watch=()):
    """A 2-6-1 network and the parameters after each epoch."""
    model = MLP(2, [6, 1], activation="tanh", initializer="xavier_uniform", rng=Random(seed))
    path = [model.state_dict()]
    optimizer = Adam(model.parameters(), lr=0.05)
    callbacks = [*watch, lambda run: path.append(run.model.state_dict())]
    fit(model, data, binary_cross_entropy_with_logits, optimizer, epochs=120, batch_size=60, callbacks=callbacks,
        compile=True)  # fmt: skip
    return model, path


def loss_of(model):
    """The loss of the model as it is."""
    with no_grad():
        return binary_cross_entropy_with_logits(model(data.inputs), data.targets).data


model, path = trained(0)
print(f"{len(model.parameters())} parameters, loss {loss_of(model):.4f}")

# %% [markdown]
# ## Two random directions, and two that training knows
# On the left directions are drawn at random; the surroundings look like one smooth bowl.  On the right they are
# those in which training moved most: the two main directions of its path, which is drawn as well.

# %%
names = list(path[0])
points = np.array([[state[name] for name in names] for state in path]) - [path[-1][name] for name in names]
_, strengths, axes_of_path = np.linalg.svd(points, full_matrices=False)
share = float((strengths[:2] ** 2).sum() / (strengths**2).sum())
u, v = (dict(zip(names, direction.tolist())) for direction in axes_of_path[:2])
print(f"two directions of {len(names)} hold {share:.1%} of the path")
figure, axes = plt.subplots(1, 2, figsize=(12.5, 4.8), layout="constrained")
plots.loss_landscape(model, lambda: loss_of(model), radius=1.0, seed=0, grid=25, ax=axes[0])
axes[0].set_title("random directions: L(θ + a·u + b·v)")
radius = 1.15 * float(abs(points @ axes_of_path[:2].T).max())
plots.loss_landscape(model, lambda: loss_of(model), directions=[u, v], radius=radius, grid=25, ax=axes[1])
along, across = (points @ axes_of_path[:2].T).T
axes[1].plot(along, across, color=colour(1), marker=".", markersize=3, label="training")
axes[1].legend()
axes[1].set_title("main directions of training")
figure.savefig(OUT / "loss_landscape.png", dpi=110)

# %% [markdown]
# ## Equally good
# Exchange two hidden units with all their weights, or turn the sign of all the weights of one (tanh is odd): the
# function stays the same, the parameters are others.  So every minimum is there 6! · 2⁶ times.

# %%
twin = MLP(2, [6, 1], activation="tanh")
twin.load_state_dict(model.state_dict())
hidden, output = twin.layers[0].neurons, twin.layers[1].neurons[0]
hidden[0], hidden[1] = hidden[1], hidden[0]
output.w[0], output.w[1] = output.w[1], output.w[0]
for weight in (*hidden[2].parameters(), output.w[2]):
    weight.data = -weight.data
copies = factorial(6) * 2**6
print(f"loss of the twin minus loss of the network: {loss_of(twin) - loss_of(model):.1e}; {copies:,} such copies")

# %% [markdown]
# ## The ridge between two minima
# From the network straight to its twin, and to one trained from another seed: (1 − t)θ₁ + tθ₂.

# %%
other, _ = trained(1)
figure, axis = plt.subplots(figsize=(6.6, 4), layout="constrained")
start = model.state_dict()
ts, walker, peaks = [i / 50 for i in range(51)], MLP(2, [6, 1], activation="tanh"), {}
for i, (name, end) in enumerate((("its twin", twin.state_dict()), ("another seed", other.state_dict()))):
    losses = []
    for t in ts:
        walker.load_state_dict({key: (1.0 - t) * start[key] + t * end[key] for key in start})
        losses.append(loss_of(walker))
    peaks[name] = max(losses)
    axis.plot(ts, losses, color=colour(i), linestyle=("-", "--")[i], label=f"to {name}")
    print(f"on the way to {name}: loss {losses[0]:.4f} … {peaks[name]:.4f} … {losses[-1]:.4f}")
axis.set(xlabel="t", ylabel="loss", title="Straight from one minimum to another")
axis.legend()
figure.savefig(OUT / "loss_landscape_ridge.png", dpi=110)

# %% [markdown]
# ## Exercises
# 1. Is the minimum sharp or wide?  Compare the largest eigenvalue of the Hessian of the loss in all 25 parameters
#    with the smallest.
# 2. Rescale a network of ReLUs, the weights before a unit times 10, those behind it divided by 10.  Does the function
#    change, does the sharpness?
