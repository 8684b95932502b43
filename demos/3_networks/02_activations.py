# %% [markdown]
# # Activations, and units that die
# The function φ between two layers is chosen by its slope as much as by its value: what comes back through a unit is
# multiplied by φ′(s).
#
# What to see: a gallery of φ and φ′; a layer of ReLUs some of which die in one careless step; and a unit that learns
# its own φ.
#
# Notes: 001 · Activation Functions; 003 · 5.4 Activation Functions.

# %%
from pathlib import Path
from random import Random

import matplotlib.pyplot as plt
import numpy as np

import autograd
from autograd import no_grad
from nn import MLP, SGD, LeakyReLU, PReLU, dead_units, fit, make_moons, mse_loss, plots

OUT = Path("out")
OUT.mkdir(exist_ok=True)

# %% [markdown]
# ## The gallery
# Solid φ, dashed φ′.  sigmoid and tanh are flat far from 0, so little comes back; ReLU passes everything or nothing;
# leaky ReLU, ELU and softplus are ways out.

# %%
names = ["sigmoid", "tanh", "relu", "leaky_relu", "elu", "softplus", "silu", "gelu"]
plots.activation_gallery(names).figure.savefig(OUT / "activations.png", dpi=110)
for name in ("sigmoid", "tanh", "relu", "leaky_relu", "softplus"):
    row = [autograd.derivative(getattr(autograd, name))(s) for s in (-4.0, -1.0, 1.0, 4.0)]
    print(f"{name:>10}: φ′(−4), φ′(−1), φ′(1), φ′(4) =", [round(slope, 4) for slope in row])

# %% [markdown]
# ## Off for some samples, dead for all
# A ReLU that is off for a sample learns nothing from it.  That is no harm: for other samples it is on.  One that is
# off for every sample has gradient 0 for good.  One step with too large a learning rate is enough: it throws a unit
# so far down that no sample brings its sum above 0 again, and no careful step afterwards can lift it.

# %%
data = make_moons(80, noise=0.1, seed=0)


def trained(activation, first):
    """A network of 16 hidden units after one step with this learning rate, and 100 careful ones."""
    model = MLP(2, [16, 1], activation=activation, rng=Random(1))
    optimizer = SGD(model.parameters(), lr=first)
    for _ in range(101):
        loss = mse_loss(model(data.inputs), data.targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        optimizer.lr = 0.02
    return model


careful, careless, leaky = trained("relu", 0.02), trained("relu", 3.0), trained(LeakyReLU(0.01), 3.0)
dead = [len(dead_units(model, data)) for model in (careful, careless)]
learning = sum(neuron.b.grad != 0.0 for neuron in leaky.layers[0].neurons)
print(f"dead units of 16: {dead[0]} after a first step with η = 0.02, {dead[1]} after one with η = 3")
print(f"with leaky ReLUs and η = 3, {learning} of 16 units still have a gradient")


def on(model):
    """Whether the ReLU of each hidden unit is on, a row for each sample."""
    layer = model.layers[0]
    with no_grad():
        sums = np.array(data.inputs) @ np.array([[w.data for w in row] for row in layer.weight]).T
    return sums + np.array([b.data for b in layer.bias]) > 0.0


figure, axes = plt.subplots(2, 1, figsize=(8, 5.4), sharex=True, layout="constrained")
for axis, model, eta in zip(axes, (careful, careless), ("0.02", "3")):
    axis.imshow(on(model).T, aspect="auto", cmap="Greys", vmin=0, vmax=1.6, interpolation="nearest")
    off = sum(~on(model).any(axis=0))
    axis.set(ylabel="hidden unit", yticks=range(0, 16, 5))
    axis.set_title(f"first step η = {eta}: {off} of 16 units are off for all samples")
axes[1].set_xlabel("sample (dark: the unit is on)")
figure.savefig(OUT / "activations_dead.png", dpi=110)

# %% [markdown]
# ## A slope that is learnt
# PReLU has its slope below 0 as a parameter.  Asked for |x|, it finds −1: then PReLU(x) is |x| itself.

# %%
phi = PReLU(init=0.25)
xs = [[x / 10.0] for x in range(-20, 21)]
history = fit(phi, (xs, [abs(x) for (x,) in xs]), lambda output, y: mse_loss([o[0] for o in output], y),
              SGD(phi.parameters(), lr=0.3), epochs=60, batch_size=41)  # fmt: skip
learnt = phi.parameters()[0].data
print(f"the slope of PReLU: 0.25 at first, {learnt:.4f} in the end; loss {history['loss'][-1]:.1e}")

# %% [markdown]
# ## Exercises
# 1. "Can you show this?", ask the notes: the Jacobian of an elementwise σ is the diagonal matrix diag(σ(s)(1 −
#    σ(s))). Compute it with `jacobian` at s = (−1, 0, 2) and compare.  Why are there zeros beside the diagonal?
# 2. Let the first step be ever larger, η = 1, 2, 3, 6: how many units die?  Then try Adam instead of SGD, with 0.1.
