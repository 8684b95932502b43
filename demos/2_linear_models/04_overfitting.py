# %% [markdown]
# # Overfitting
# The error on the points that a model was fitted to says little about the error on others.
# What to see: over the degree of a polynomial the one falls for ever, the other turns and rises; more data close the
# gap.
#
# Notes: 003 · 3.2.1 Expected Risk and Overfitting.

# %%
import math
from pathlib import Path
from random import Random

import matplotlib.pyplot as plt
import numpy as np

from autograd import COLOURS
from nn import PolynomialBasis, least_squares

plt.rc("axes", prop_cycle=plt.cycler(color=COLOURS["series"]))

NOISE, REPEATS = 0.3, 40
truth = lambda x: math.sin(3.0 * x)


def draw(n, seed):
    """n points of the curve with noise."""
    rng = Random(seed)
    xs = [rng.uniform(-1.0, 1.0) for _ in range(n)]
    return xs, np.array([truth(x) + rng.gauss(0.0, NOISE) for x in xs])


def features(xs, degree):
    """1, x, x², …."""
    return np.array(PolynomialBasis(degree, include_bias=True)([[x] for x in xs]))


new_xs, new_ys = draw(1000, seed=12345)  # stands for all the points there are: the expected risk
new_features = {degree: features(new_xs, degree) for degree in range(1, 13)}


# %% [markdown]
# The empirical risk is the mean squared error on the n points of the fit, the expected risk that on new points; the
# difference is the generalization gap. Both are averaged, by the median, over 40 draws of data.


# %%
def risks(n, degree):
    """Empirical and expected risk."""
    found = []
    for seed in range(REPEATS):
        xs, ys = draw(n, seed)
        phi = features(xs, degree)
        w = least_squares(phi, ys)
        found.append([np.mean((phi @ w - ys) ** 2), np.mean((new_features[degree] @ w - new_ys) ** 2)])
    return np.median(found, axis=0).tolist()


degrees = range(1, 13)
by_degree = {degree: risks(15, degree) for degree in degrees}
print("15 points:  degree  empirical  expected       gap")
for degree, (empirical, expected) in by_degree.items():
    print(f"            {degree:6}  {empirical:9.3f}  {expected:8.3f}  {expected - empirical:8.3f}")
best = min(by_degree, key=lambda degree: by_degree[degree][1])
print(f"the best degree for new points is {best}; no model can get below the noise, {NOISE**2:.2f}")

# %%
sizes = [15, 20, 30, 50, 100, 200, 400]
by_size = {n: risks(n, 9) for n in sizes}
gaps = {n: expected - empirical for n, (empirical, expected) in by_size.items()}
print("degree 9, gap over n:", {n: round(gap, 3) for n, gap in gaps.items()})

# %%
figure, (left, middle, right) = plt.subplots(1, 3, figsize=(13, 4.2), layout="constrained")
xs, ys = draw(15, seed=2)
grid = np.linspace(-1.0, 1.0, 201)
left.plot(xs, ys, "o", color="black", label="15 points")
left.plot(grid, [truth(x) for x in grid], ":", color="black", label="truth")
for degree in (1, 3, 12):
    left.plot(grid, features(grid.tolist(), degree) @ least_squares(features(xs, degree), ys), label=f"degree {degree}")
left.set(title="Too stiff, right, too free", xlabel="x", ylabel="y", ylim=(-2.2, 2.2))
for panel, found, label in ((middle, by_degree, "degree, for 15 points"), (right, by_size, "points, for degree 9")):
    empirical, expected = zip(*found.values())
    panel.semilogy(list(found), expected, "C1s-", label="expected (new points)")
    panel.semilogy(list(found), empirical, "C0o-", label="empirical (points of the fit)")
    panel.fill_between(list(found), empirical, expected, color="C1", alpha=0.15, label="gap")
    panel.axhline(NOISE**2, color="black", linestyle=":", label="noise")
    panel.set(xlabel=label, ylabel="mean squared error")
    panel.grid(alpha=0.3)
middle.set_title("Risk over the degree")
right.set(title="Risk over the number of points", xscale="log")
right.set_xticks([15, 50, 100, 400], ["15", "50", "100", "400"])
right.minorticks_off()
left.legend(fontsize="small", loc="upper left")
middle.legend(fontsize="small")
right.legend(fontsize="small")
Path("out").mkdir(exist_ok=True)
figure.savefig(Path("out") / "overfitting.png", dpi=110)
print("risks are drawn in", Path("out") / "overfitting.png")

# %% [markdown]
# ## Exercises
# 1. A polynomial of degree 14 has 15 weights. What is its empirical risk on 15 points, and what is its expected risk?
# 2. Fit degree 9 to 15 points by `ridge` with λ = 10⁻³ in the place of least squares. What becomes of the gap?
