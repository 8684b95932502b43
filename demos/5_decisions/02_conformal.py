# %% [markdown]
# # Conformal prediction: sets that hold the truth
# Instead of one class, say all that are likely enough: so many that the true one is among them nine times in ten.
#
# What to see: how the threshold follows from samples set aside, that the promise is kept whatever the model, and what
# a bad model pays for it.
#
# Notes: 003 · 4.3.4 Estimating the Calibration Error (conformal prediction).

# %%
from pathlib import Path
from random import Random

import matplotlib.pyplot as plt

from autograd import no_grad, softmax
from nn import (
    MLP,
    Adam,
    conformal_threshold,
    coverage,
    cross_entropy,
    fit,
    make_blobs,
    mean_set_size,
    plots,
    prediction_set,
    random_split,
)
from nn.plots.axes import colour

OUT = Path("out")
OUT.mkdir(exist_ok=True)
ALPHA = 0.1  # the share of sets that may miss the truth

centres = [[-1.5, 0.0], [1.5, 0.0], [0.0, 2.0], [0.0, -1.5]]
data = make_blobs(2200, centers=centres, cluster_std=0.9, seed=0)
train, calibration, test = random_split(data, [200, 500, 1500], seed=0)


def probabilities(model, samples):
    """softmax of the logits of each sample."""
    with no_grad():
        return [[p.data for p in softmax(row)] for row in model(samples.inputs)]


# %% [markdown]
# ## The threshold
# γ is the ⌊α(n + 1)⌋-th smallest of the probabilities that the true classes of n samples set aside were given.  The
# set of x is every class above γ.

# %%
model = MLP(2, [16, 4], activation="tanh", initializer="xavier_uniform", rng=Random(0))
fit(model, train, cross_entropy, Adam(model.parameters(), lr=0.02), epochs=40, compile=True)
held = probabilities(model, calibration)
of_truth = sorted(row[y] for row, y in zip(held, calibration.targets))
by_hand = of_truth[int(ALPHA * (len(calibration) + 1)) - 1]
threshold = conformal_threshold(held, calibration.targets, alpha=ALPHA)
print(f"γ by hand {by_hand:.4f}, by the function {threshold:.4f}")

# %%
found = probabilities(model, test)
sets = prediction_set(found, threshold)
covered, size = coverage(sets, test.targets), mean_set_size(sets)
for x, row, chosen in list(zip(test.inputs, found, sets))[:4]:
    print(f"x = ({x[0]:+.2f}, {x[1]:+.2f}): p = {[round(p, 2) for p in row]}, set {chosen}")
print(f"asked for 90%: {covered:.1%} of the sets hold the truth, with {size:.2f} classes on average")

# %% [markdown]
# ## Whatever the model
# A network without training, one with little and one with enough: each keeps the promise, to within the luck of the
# draw of 500 samples, a percent or two; the sets tell how good it is.

# %%
table = {}
for epochs in (0, 3, 40):
    worse = MLP(2, [16, 4], activation="tanh", initializer="xavier_uniform", rng=Random(0))
    if epochs:
        fit(worse, train, cross_entropy, Adam(worse.parameters(), lr=0.02), epochs=epochs, compile=True)
    gamma = conformal_threshold(probabilities(worse, calibration), calibration.targets, alpha=ALPHA)
    chosen = prediction_set(probabilities(worse, test), gamma)
    table[epochs] = coverage(chosen, test.targets), mean_set_size(chosen)
    print(f"{epochs:2} epochs: coverage {table[epochs][0]:.1%}, {table[epochs][1]:.2f} classes on average")

# %%
figure, axes = plt.subplots(1, 2, figsize=(12, 4.6), layout="constrained")
plots.decision_boundary(model, calibration, ax=axes[0]).set_title("The classes, and the samples set aside")
sizes = [len(chosen) for chosen in sets]
for k in sorted(set(sizes)):
    points = [x for x, size_of in zip(test.inputs, sizes) if size_of == k]
    axes[1].plot(*zip(*points), "os^Dv"[k], color=colour(k), markersize=4, label=f"size {k}: {len(points)} samples")
axes[1].set(xlabel="x1", ylabel="x2", title=f"Size of the sets: {covered:.1%} hold the truth")
axes[1].legend()
figure.savefig(OUT / "conformal.png", dpi=110)

# %% [markdown]
# ## Exercises
# 1. How do coverage and size of the sets go with α?  Plot or print both for α = 0.01, 0.05, 0.1, 0.2, 0.4.
# 2. "90%" is an average over all samples.  Compute the coverage of each class alone, and mend it: a threshold for
#    each.
