# %% [markdown]
# # First weights, and gradients that vanish
# Before a deep network learns anything, its first weights decide whether anything can come back to its first layers.
#
# What to see: one network of ten layers begun in four ways: what goes forward, what comes back, and what that does to
# training.
#
# Notes: 003 · 5.4 Activation Functions; 002 · Backward process, ∂L/∂hₗ₋₁ from ∂L/∂hₗ.

# %%
import math
from pathlib import Path
from random import Random

import matplotlib.pyplot as plt

from autograd import no_grad
from nn import MLP, SGD, binary_cross_entropy_with_logits, fit, make_circles, plots
from nn.plots.axes import colour

OUT = Path("out")
OUT.mkdir(exist_ok=True)
data = make_circles(120, noise=0.05, factor=0.4, seed=0)
loss = binary_cross_entropy_with_logits

# %% [markdown]
# ## One step back is one multiplication
# ∂L/∂hₗ₋₁ is ∂L/∂hₗ times W and the slopes.  Ten layers multiply ten times: with factors below 1 the gradient
# vanishes, above 1 it explodes.  Xavier's rule for tanh and Kaiming's for ReLU draw weights so that the factor is
# about 1.

# %%


def small(_fan_in, _fan_out, rng):
    """N(0, 0.05²), whatever the size of the layer."""
    return rng.gauss(0.0, 0.05)


begun = {
    "sigmoid, xavier": {"activation": "sigmoid", "initializer": "xavier_normal"},
    "tanh, N(0, 0.05²)": {"activation": "tanh", "initializer": small},
    "tanh, xavier": {"activation": "tanh", "initializer": "xavier_normal"},
    "relu, kaiming": {"activation": "relu", "initializer": "kaiming_normal"},
}
models = {name: MLP(2, [16] * 9 + [1], **options, rng=Random(3)) for name, options in begun.items()}


def spreads(model):
    """The standard deviation of what each hidden layer gives, over units and samples."""
    found, batch = [], data.inputs
    with no_grad():
        for layer in model.layers[:-1]:
            batch = [[h.data for h in layer(x)] for x in batch]
            flat = [h for row in batch for h in row]
            mean = math.fsum(flat) / len(flat)
            found.append(math.sqrt(math.fsum((h - mean) ** 2 for h in flat) / len(flat)))
    return found


forward, first, last = {}, {}, {}
for name, model in models.items():
    forward[name] = spreads(model)
    loss(model(data.inputs), data.targets).backward()
    first[name], last[name] = (math.hypot(*(p.grad for p in model.layers[i].parameters())) for i in (0, 8))
    print(f"{name:>18}: spread {forward[name][0]:.1e} in layer 1, {forward[name][-1]:.1e} in layer 9;"
          f"  ‖∇‖ {first[name]:.1e} in layer 1, {last[name]:.1e} in layer 9")  # fmt: skip

# %%
figure, axes = plt.subplots(2, 2, figsize=(12, 8), sharex=True, layout="constrained")
for axis, (name, model) in zip(axes.flat, models.items()):
    plots.gradient_norms(model, ax=axis).set_title(name)
axes[0, 0].set_xlim(1e-15, 1e3)
for axis in axes[0]:
    axis.set_xlabel("")
figure.savefig(OUT / "initialisation_gradients.png", dpi=110)

# %% [markdown]
# ## What it does to training
# All four are trained alike.  Where hardly anything comes back, hardly anything is learnt.

# %%
figure, axes = plt.subplots(1, 2, figsize=(11, 4), layout="constrained")
final = {}
for i, (name, model) in enumerate(models.items()):
    style = {"color": colour(i), "linestyle": ("-", "--", "-", "-.")[i], "label": name}
    axes[0].semilogy(range(1, 10), forward[name], marker="o", **style)
    history = fit(model, data, loss, SGD(model.parameters(), lr=0.1), epochs=150, batch_size=20, compile=True)
    axes[1].plot(range(1, 151), history["loss"], **style)
    final[name] = history["loss"][-1]
axes[0].set(xlabel="hidden layer", ylabel="standard deviation", title="what goes forward, before training")
axes[1].set(xlabel="epoch", ylabel="loss", title="training")
axes[0].legend()
figure.savefig(OUT / "initialisation.png", dpi=110)
print({name: round(value, 4) for name, value in final.items()}, f"  guessing: {math.log(2.0):.4f}")

# %% [markdown]
# ## Exercises
# 1. Begin with `initializer="zeros"`, and with all weights 0.5.  After training, how do the units of a layer differ?
# 2. Xavier's rule draws from N(0, 2 / (fan_in + fan_out)).  Show why: for which standard deviation of the weights
#    does a sum of 16 products with numbers of spread 1 have spread 1?
