# %% [markdown]
# # Logistic regression and its boundary
# A linear score, squeezed by a sigmoid, is a probability; where it is ½ runs a straight boundary.
# What to see: along the boundary nothing changes, across it runs a sigmoid, whose steepness is ‖w‖.
#
# Notes: 003 · 4.3.1 Binary Classification; 000 · Linear models (f logistic).

# %%
import math
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from autograd import COLOURS, log, sigmoid
from nn import Linear, LogisticRegression, SoftmaxRegression, make_blobs, plots

plt.rc("axes", prop_cycle=plt.cycler(color=COLOURS["series"]))

data = make_blobs(120, centers=[(-1.2, -0.6), (1.2, 0.8)], cluster_std=1.0, seed=2)
X, y = np.array(data.inputs), np.array(data.targets)
model = LogisticRegression(C=10.0).fit(X, y)
w, b = model.coef_[0], float(model.intercept_[0])
print(f"p(1 | x) = σ({w[0]:.4f}·x1 + {w[1]:.4f}·x2 + {b:.4f}), right {model.score(X, y):.1%}")

# %% [markdown]
# The boundary is wᵀx + b = 0. Its normal is w; a point at the signed distance d from it has the score ‖w‖·d, so the
# probability is σ(‖w‖·d), whatever its place along the boundary.

# %%
size = float(np.linalg.norm(w))
normal, foot = w / size, -b * w / size**2
along = np.array([-normal[1], normal[0]])
probability = lambda point: sigmoid(float(w @ point + b))
print(f"‖w‖ = {size:.4f}; on the boundary p = {probability(foot):.4f}")
for d in (-1.0, 0.5, 1.0):
    places = [probability(foot + d * normal + s * along) for s in (-2.0, 0.0, 2.0)]
    print(f"  distance {d:4}: p = {[round(p, 6) for p in places]}, σ(‖w‖·d) = {sigmoid(size * d):.6f}")
width = 2.0 * math.log(9.0) / size
print(f"from p = 0.1 to p = 0.9 it is {width:.3f} wide, 2·log 9/‖w‖")

# %% [markdown]
# The score is the logarithm of the odds, wᵀx + b = log(p/(1 - p)) = σ⁻¹(p): each unit of x1 multiplies the odds by exp
# w1.

# %%
point = np.array([0.5, -0.3])
p = probability(point)
q = probability(np.add(point, [1.0, 0.0]))
odds_factor = (q / (1.0 - q)) / (p / (1.0 - p))
print(f"score {float(w @ point + b):.6f}, log odds {log(p / (1.0 - p)):.6f}; one unit of x1: odds × {odds_factor:.4f}")

# %% [markdown]
# A softmax of two outputs says the same: only the difference of its two rows of weights matters.

# %%
two = SoftmaxRegression(C=math.inf, max_iter=500).fit(X, y)
one = LogisticRegression(C=math.inf, max_iter=500).fit(X, y)
apart = float(abs(two.predict_proba(X) - one.predict_proba(X)).max())
print(f"without a penalty, probabilities by one sigmoid and by two softmax outputs differ by at most {apart:.0e}")

# %%
layer = Linear(2, 1)
layer.neurons[0].w[0].data, layer.neurons[0].w[1].data, layer.neurons[0].b.data = float(w[0]), float(w[1]), b
figure, (left, right) = plt.subplots(1, 2, figsize=(12, 4.8), layout="compressed")
plots.decision_boundary(layer, data, ax=left)
ends = np.array([foot - 2.6 * normal, foot + 2.6 * normal])
left.plot(*ends.T, color="black", linestyle="--", linewidth=1.2, label="along the normal")
left.annotate("", foot + normal, foot, arrowprops={"arrowstyle": "-|>", "color": "black", "lw": 2.5})
left.annotate("w/‖w‖", foot + normal, xytext=(6, -22), textcoords="offset points", fontsize=12,
              bbox={"boxstyle": "round", "facecolor": "white", "alpha": 0.8})  # fmt: skip
left.set(title="The boundary wᵀx + b = 0", aspect="equal")
left.legend(loc="upper left", fontsize="small")
distances = (X @ w + b) / size
ds = np.linspace(-4.0, 4.0, 201)
right.plot(ds, [sigmoid(size * float(d)) for d in ds], color="black", linewidth=2, label="σ(‖w‖·d)")
for label, marker in ((0, "o"), (1, "s")):
    right.plot(distances[y == label], y[y == label] + (0.03 if label else -0.03), marker, color=f"C{label}", alpha=0.6,
               markersize=5, linestyle="none", label=f"class {label}")  # fmt: skip
right.axvspan(-width / 2, width / 2, color="C8", alpha=0.2, label="p from 0.1 to 0.9")
right.axvline(0.0, color="black", linewidth=0.8)
right.set(title="Across the boundary", xlabel="distance d from the boundary", ylabel="p(1 | x)")
right.grid(alpha=0.3)
right.legend(loc="center left", fontsize="small")
Path("out").mkdir(exist_ok=True)
figure.savefig(Path("out") / "logistic_regression.png", dpi=110)
print("boundary and sigmoid are drawn in", Path("out") / "logistic_regression.png")

# %% [markdown]
# ## Exercises
# 1. `C` is the inverse strength of the penalty. Fit with C = 0.01, 1 and 100: what happens to ‖w‖, to the boundary, and
#    to how sure the model is?
# 2. Two classes that do not overlap have no best w. Fit the centres at a distance of 10 without a penalty, and with C =
#    1.
