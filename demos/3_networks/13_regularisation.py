# %% [markdown]
# # A penalty on the weights
# Training minimises loss + α R(θ): the penalty R asks for small weights, α says how much.
#
# What to see: the weights of a model over α, with a penalty that shrinks all of them and one that sets useless ones
# to 0; and a network that is kept from bending after every sample.
#
# Notes: 001 · Neural Network Training, Regularization; 003 · 4.1.6 Regularizing the Least-Squares Solution.

# %%
from pathlib import Path
from random import Random

import matplotlib.pyplot as plt

from nn import (
    MLP,
    Adam,
    Linear,
    evaluate,
    fit,
    frobenius_penalty,
    l1_penalty,
    l2_penalty,
    make_line,
    mse_loss,
)
from nn.plots.axes import colour

OUT = Path("out")
OUT.mkdir(exist_ok=True)

# %% [markdown]
# ## The gradient of the penalty
# R = ½‖W‖² has ∂R/∂W = W, so a step is W ← W − η(∇L + αW): each weight loses a share of itself.  L1, |w|, takes the
# same amount from each, however small, until it is 0.

# %%
layer = Linear(2, 2, rng=Random(0))
frobenius_penalty(layer, 1.0).backward()
w = layer.weight[0][0]
print(f"w = {w.data:.6f}, ∂(½‖W‖²)/∂w = {w.grad:.6f}")

# %% [markdown]
# ## Weights over α
# y = 2x₁ − x₂ + noise, and six more features that mean nothing.

# %%
data = make_line(40, weights=[2.0, -1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], bias=0.0, noise=0.8, seed=1)
alphas = [0.0, 0.01, 0.03, 0.1, 0.2, 0.4, 0.8, 1.6]


def weights(penalty, alpha):
    """The weights that minimise the loss and α times the penalty."""
    model = Linear(8, 1, initializer="zeros")
    optimizer = Adam(model.parameters(), lr=0.01)
    fit(model, data, mse_loss, optimizer, epochs=600, batch_size=40, compile=True,
        regularizer=lambda model: penalty(model.weight[0], alpha))  # fmt: skip
    return [w.data for w in model.weight[0]]


paths = {"L2": [weights(l2_penalty, alpha) for alpha in alphas], "L1": [weights(l1_penalty, alpha) for alpha in alphas]}
figure, axes = plt.subplots(1, 2, figsize=(11, 4), sharey=True, layout="constrained")
for axis, (name, path) in zip(axes, paths.items()):
    for j in range(8):
        label = ("w₁, truly 2", "w₂, truly −1", "six that are truly 0")[min(j, 2)] if j < 3 else None
        axis.plot(
            range(len(alphas)), [w[j] for w in path], marker="o", markersize=4, color=colour(min(j, 2)), label=label
        )
    axis.set(title=f"{name} penalty", xlabel="α", xticks=range(len(alphas)), xticklabels=alphas)
    axis.axhline(0.0, color="grey", linewidth=0.6)
axes[0].set_ylabel("weight")
axes[0].legend()
figure.savefig(OUT / "regularisation_paths.png", dpi=110)
zeros = {name: sum(abs(w) < 0.01 for w in path[alphas.index(0.4)]) for name, path in paths.items()}
print("weights below 0.01 at α = 0.4:", zeros)

# %% [markdown]
# ## A network that may bend less
# 30 hidden units and 12 noisy samples of a parabola: without a penalty the network runs after the noise.

# %%
rng = Random(6)
noisy = [[x / 6.0 - 0.92] for x in range(12)], [(x / 6.0 - 0.92) ** 2 + rng.gauss(0.0, 0.25) for x in range(12)]
clean = [[x / 50.0 - 1.0] for x in range(101)], [(x / 50.0 - 1.0) ** 2 for x in range(101)]


def wide(_fan_in, _fan_out, rng):
    """N(0, 2²): steep units at first."""
    return rng.gauss(0.0, 2.0)


figure, axes = plt.subplots(1, 3, figsize=(13, 3.8), sharey=True, layout="constrained")
errors = {}
for axis, alpha in zip(axes, (0.0, 0.01, 0.3)):
    model = MLP(1, [30, 1], activation="tanh", initializer=wide, rng=Random(1))
    fit(model, noisy, mse_loss, Adam(model.parameters(), lr=0.02), epochs=1500, batch_size=12, compile=True,
        regularizer=lambda model, alpha=alpha: l2_penalty(model, alpha))  # fmt: skip
    errors[alpha] = [evaluate(model, samples, mse_loss)["loss"] for samples in (noisy, clean)]
    axis.plot([x for (x,) in clean[0]], clean[1], color=colour(2), linestyle="--", label="the parabola")
    axis.plot([x for (x,) in clean[0]], [y.data for y in model(clean[0])], color=colour(0), label="the network")
    axis.plot([x for (x,) in noisy[0]], noisy[1], "o", color=colour(1), label="samples")
    seen, true = errors[alpha]
    axis.set(
        title=f"α = {alpha:g}: error {seen:.3f} on samples,\n{true:.3f} on the curve", xlabel="x", ylim=(-0.6, 1.5)
    )
axes[0].legend(loc="upper center")
figure.savefig(OUT / "regularisation.png", dpi=110)
for alpha, (seen, true) in errors.items():
    print(f"α = {alpha:g}: error on the samples {seen:.4f}, on the curve itself {true:.4f}")

# %% [markdown]
# ## Exercises
# 1. `weight_decay` of `SGD` takes η·λ·w from each weight instead.  Show that it makes the same steps as
#    `l2_penalty(model, λ)`, and that with `Adam` it does not if it is done after the step, as in `AdamW`.
# 2. The best α is not known beforehand.  Choose it among 0, 0.001, 0.01, 0.1, 0.3 by `k_fold`, from 20 samples.
