# %% [markdown]
# # Conformal prediction: solutions

# %%
from random import Random

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
    prediction_set,
    random_split,
)

data = make_blobs(2200, centers=[[-1.5, 0.0], [1.5, 0.0], [0.0, 2.0], [0.0, -1.5]], cluster_std=0.9, seed=0)
train, calibration, test = random_split(data, [200, 500, 1500], seed=0)
model = MLP(2, [16, 4], activation="tanh", initializer="xavier_uniform", rng=Random(0))
fit(model, train, cross_entropy, Adam(model.parameters(), lr=0.02), epochs=40, compile=True)
with no_grad():
    held, found = ([[p.data for p in softmax(row)] for row in model(part.inputs)] for part in (calibration, test))

# %% [markdown]
# 1. *Over α.*

# %%
for alpha in (0.01, 0.05, 0.1, 0.2, 0.4):
    sets = prediction_set(found, conformal_threshold(held, calibration.targets, alpha=alpha))
    print(f"α = {alpha}: coverage {coverage(sets, test.targets):.1%}, {mean_set_size(sets):.2f} classes")

# %% [markdown]
# 2. *Of each class.* A threshold for each class, from the samples of that class alone: class k is in the set if its
#    probability is above γₖ.

# %%
one = conformal_threshold(held, calibration.targets, alpha=0.1)
own = []
for k in range(4):
    members = [(row, y) for row, y in zip(held, calibration.targets) if y == k]
    own.append(conformal_threshold([row for row, _ in members], [y for _, y in members], alpha=0.1))
for k in range(4):
    of_class = [row[k] for row, y in zip(found, test.targets) if y == k]
    with_one, with_own = (sum(p > gamma for p in of_class) / len(of_class) for gamma in (one, own[k]))
    print(f"class {k}: coverage {with_one:.1%} with one threshold, {with_own:.1%} with its own, {own[k]:.3f}")
