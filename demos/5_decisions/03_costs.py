# %% [markdown]
# # Decisions that cost
# To miss an illness is worse than to worry somebody who is well.
#
# What to see: how a cost matrix turns probabilities into decisions, where the threshold of ½ moves to, what it saves,
# and what calibration has to do with it.
#
# Notes: 003 · 4.3.3 Calibration and Classification, and the cost matrix of its figure 3.

# %%
from pathlib import Path
from random import Random

import matplotlib.pyplot as plt

from autograd import no_grad, sigmoid
from nn import (
    Adam,
    Dataset,
    Linear,
    Standardizer,
    binary_cross_entropy_with_logits,
    decide,
    expected_costs,
    fit,
    load_breast_cancer,
    train_validation_test_split,
)
from nn.plots.axes import colour

OUT = Path("out")
OUT.mkdir(exist_ok=True)

# %% [markdown]
# ## A model of tumours
# 569 tumours, two of their features: the mean texture and the mean smoothness.  Class 1 is malignant.  (The data call
# benign 1; here it is turned round.)

# %%
cancer = load_breast_cancer()
rows = Dataset([[x[1], x[4]] for x in cancer.inputs], [1.0 - y for y in cancer.targets])
train, _, test = train_validation_test_split(rows, 0.01, 0.5, seed=0)
scale = Standardizer().fit(train.inputs)
model = Linear(2, 1, rng=Random(0))
fit(model, (scale.transform(train.inputs), train.targets), binary_cross_entropy_with_logits,
    Adam(model.parameters(), lr=0.05), epochs=60, compile=True)  # fmt: skip
with no_grad():
    malignant = [sigmoid(s).data for s in model(scale.transform(test.inputs))]
probabilities = [[1.0 - p, p] for p in malignant]

# %% [markdown]
# ## The cost matrix
# A row for each decision, a column for each truth: to call a malignant tumour benign costs 10, a false alarm 1.  The
# decision is the row with the least expected cost Σⱼ Cᵢⱼ pⱼ.

# %%
costs = [[0.0, 10.0], [1.0, 0.0]]
for p in ([0.95, 0.05], [0.9, 0.1], [0.6, 0.4]):
    found = expected_costs(p, costs)
    print(f"p = {p}: expected cost of 'benign' {found[0]:.2f}, of 'malignant' {found[1]:.2f} → {decide(p, costs)}")
threshold = 1.0 / (1.0 + 10.0)
print(f"'malignant' as soon as 10p > 1 − p, that is p > 1/11 = {threshold:.4f}")


# %% [markdown]
# ## What it saves


# %%
def cost_of(decisions):
    """The mean cost, the malignant tumours missed, the false alarms."""
    pairs = list(zip(decisions, map(int, test.targets)))
    return sum(costs[d][y] for d, y in pairs) / len(pairs), pairs.count((0, 1)), pairs.count((1, 0))


by_half, by_cost = cost_of([int(p > 0.5) for p in malignant]), cost_of(decide(probabilities, costs))
for name, (cost, missed, alarms) in (("p > ½", by_half), ("least expected cost", by_cost)):
    print(f"{name:>19}: mean cost {cost:.3f}, {missed} malignant missed, {alarms} false alarms")

# %%
thresholds = [k / 200 for k in range(1, 200)]
curve = [cost_of([int(p > t) for p in malignant]) for t in thresholds]
figure, axes = plt.subplots(1, 2, figsize=(11, 4), layout="constrained")
axes[0].plot(thresholds, [cost for cost, _, _ in curve], color=colour(0))
axes[0].axvline(threshold, color=colour(1), linestyle="--", label="1/11, by the expected cost")
axes[0].axvline(0.5, color=colour(2), linestyle=":", label="½")
axes[0].set(xlabel="threshold", ylabel="mean cost", title="The threshold decides what it costs")
axes[0].legend()
axes[1].plot(thresholds, [missed for _, missed, _ in curve], color=colour(1), label="malignant, called benign")
axes[1].plot(thresholds, [alarms for _, _, alarms in curve], color=colour(0), linestyle="--", label="false alarms")
axes[1].set(xlabel="threshold", ylabel="tumours", title=f"{len(test)} tumours")
axes[1].legend()
figure.savefig(OUT / "costs.png", dpi=110)

# %% [markdown]
# ## Only if the probabilities are true
# Expected costs believe the model.  Make it three times as sure of itself, which changes no prediction at ½, and the
# decisions get dearer.

# %%
sure = []
for p in malignant:
    odds = (p / (1.0 - p)) ** 3
    sure.append([1.0 / (1.0 + odds), odds / (1.0 + odds)])
overconfident = cost_of(decide(sure, costs))
print(f"three times as sure: mean cost {overconfident[0]:.3f}, {overconfident[1]} malignant missed")

# %% [markdown]
# ## Exercises
# 1. A third decision: a biopsy costs 0.5, whatever comes out.  Add the row, and say for which p it is chosen.
# 2. Costs for three classes: make a 3 × 3 matrix in which no decision is ever right for p = (⅓, ⅓, ⅓) but the middle
#    one, and check it with `expected_costs`.
