# %% [markdown]
# # One best model, or the average of many
# MAP takes the single most plausible model. Bayes averages all of them, each with the weight of its posterior.
# What to see: near the data both say the same; far from them the single model is surer than it has a right to be.
#
# Notes: 003 · 3.3 Bayesian Learning (prior, posterior, average over models, MAP).

# %%
from pathlib import Path
from random import Random

import matplotlib.pyplot as plt
import numpy as np

from autograd import COLOURS, Value, sigmoid
from nn import LBFGS, binary_cross_entropy_with_logits, l2_penalty, plots

plt.rc("axes", prop_cycle=plt.cycler(color=COLOURS["series"]))

# %% [markdown]
# Six samples on a line, two classes, and the model p(1 | x) = σ(wx + b). With a Gaussian prior of variance 4² for w and
# b the posterior is p(S | w, b)·p(w, b), but for a factor, the evidence.

# %%
xs, classes = [-2.0, -1.2, -0.4, 0.3, 1.0, 1.6], [0.0, 0.0, 1.0, 0.0, 1.0, 1.0]
ALPHA = 1.0 / 4.0**2


def loss(w, b):
    """-log p(S | w, b) - log p(w, b), but for a constant."""
    likelihood = binary_cross_entropy_with_logits([w * x + b for x in xs], classes, reduction="sum")
    return likelihood + 0.5 * ALPHA * (w * w + b * b)


w, b = parameters = [Value(0.0), Value(0.0)]
optimizer = LBFGS(parameters, max_iter=50, line_search_fn="strong_wolfe")


def closure():
    """The loss with its gradients; the prior is the L2 penalty."""
    optimizer.zero_grad()
    total = binary_cross_entropy_with_logits([w * x + b for x in xs], classes, reduction="sum")
    total = total + l2_penalty(parameters, ALPHA)
    total.backward()
    return total


optimizer.step(closure)
best = (w.data, b.data)
print(f"MAP: w = {best[0]:.4f}, b = {best[1]:.4f}, loss {loss(*best):.4f}")

# %% [markdown]
# Two weights are few enough for the whole posterior: its value on a grid, divided by the sum. Each grid point is a
# model.

# %%
ws, bs = np.meshgrid(np.linspace(-3.0, 12.0, 61), np.linspace(-7.0, 7.0, 57))
models = list(zip(ws.ravel().tolist(), bs.ravel().tolist()))
weights = np.exp(-np.array([loss(*model) for model in models]))
weights = weights / weights.sum()
print(f"{len(models)} models; the most plausible one has {weights.max():.2%} of the posterior")


def average(x):
    """p(1 | x), averaged over the posterior."""
    return float(sum(p * sigmoid(w * x + b) for p, (w, b) in zip(weights, models) if p > 1e-7))


points = np.linspace(-6.0, 6.0, 49).tolist()
by_map = {x: sigmoid(best[0] * x + best[1]) for x in (*points, 0.6, 3.0, 5.0)}
by_average = {x: average(x) for x in by_map}
for x in (0.6, 3.0, 5.0):
    print(f"p(1 | x = {x}): MAP {by_map[x]:.4f}, average {by_average[x]:.4f}")

# %% [markdown]
# With many weights there is no grid. An ensemble stands for it: k models drawn from the posterior, averaged with equal
# weights. (In practice one trains k networks from different starts, and hopes that they are spread like the posterior.)

# %%
rng = Random(0)
ensemble = rng.choices(models, weights.tolist(), k=30)
by_ensemble = {x: sum(sigmoid(w * x + b) for w, b in ensemble) / len(ensemble) for x in by_map}
print(f"an ensemble of {len(ensemble)} at x = 3: {by_ensemble[3.0]:.4f}")

# %%
figure, (left, right) = plt.subplots(1, 2, figsize=(12, 4.6), layout="constrained")
plots.contours(lambda v: loss(v[0], v[1]), (-1.0, 10.0), (-6.0, 6.0), ax=left)
left.plot(*zip(*ensemble), "o", color="C1", markeredgecolor="black", markersize=5, label="ensemble of 30")
left.plot(*best, "*", color="white", markeredgecolor="black", markersize=15, label="MAP")
left.set(title="−log posterior", xlabel="w", ylabel="b")
left.legend()
for i, (w_i, b_i) in enumerate(ensemble):
    right.plot(
        points, [sigmoid(w_i * x + b_i) for x in points], color="C8", linewidth=0.5, label=None if i else "ensemble"
    )
right.plot(points, [by_map[x] for x in points], "C0", linewidth=2.5, label="MAP")
right.plot(points, [by_average[x] for x in points], "C1--", linewidth=2.5, label="posterior average")
right.plot(xs, classes, "ko", label="samples")
right.set(title="p(1 | x)", xlabel="x", ylabel="probability of class 1")
right.grid(alpha=0.3)
right.legend()
Path("out").mkdir(exist_ok=True)
figure.savefig(Path("out") / "posterior.png", dpi=110)
print("the posterior and its models are drawn in", Path("out") / "posterior.png")

# %% [markdown]
# ## Exercises
# 1. Take every sample ten times. What becomes of the posterior, and of the difference between MAP and average?
# 2. With a flat prior, α = 0, MAP is maximum likelihood. Take away the third and fourth sample, which overlap. Why is
#    there no likeliest model any more, and what does the prior do?
