# %% [markdown]
# # From noise to a loss
# A loss is minus the logarithm of a likelihood: what noise one believes in decides what loss one minimises.
# What to see: Gaussian noise gives the mean squared error and a coin the binary cross-entropy, curve on curve; the best
# line does not depend on σ², and the best σ² is the mean squared residual.
#
# Notes: 000 · Training (Gaussian likelihood, classification loss); 003 · 4.1.2, 4.1.4 (σ²).

# %%
import math
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from autograd import COLOURS, grad, log, sigmoid
from nn import (
    binary_cross_entropy,
    gaussian_nll_loss,
    gaussian_variance,
    least_squares,
    make_line,
    mse_loss,
    plots,
)

plt.rc("axes", prop_cycle=plt.cycler(color=COLOURS["series"]))

data = make_line(30, weights=[2.0], bias=0.0, noise=0.5, seed=3)
xs, ys = [x for (x,) in data.inputs], data.targets

# %% [markdown]
# A line through the origin, ŷ = θx, and Gaussian noise: -log p(y | x, θ, σ²) = Σ(θxᵢ - yᵢ)²/2σ² + (n/2)·log 2πσ². For a
# fixed σ² it is the mean squared error, stretched and shifted: subtract the constant, divide by n/2σ², and the curves
# fall on each other.

# %%
sigma2 = 0.25
predict = lambda theta: [theta * x for x in xs]
nll = lambda theta, var: gaussian_nll_loss(predict(theta), ys, var, full=True)  # a mean over the points
mse = lambda theta: mse_loss(predict(theta), ys)
constant = 0.5 * math.log(2 * math.pi * sigma2)
thetas = np.linspace(0.0, 4.0, 41).tolist()
from_likelihood = [2 * sigma2 * (nll(theta, sigma2) - constant) for theta in thetas]
gaussian_gap = max(abs(a - mse(theta)) for a, theta in zip(from_likelihood, thetas))
print(f"Gaussian likelihood against the mean squared error: they differ by at most {gaussian_gap:.0e}")

# %% [markdown]
# A coin whose probability is p = σ(θx), and classes t: -log p(t) = -Σ t·log p + (1 - t)·log(1 - p), the binary
# cross-entropy.

# %%
classes = [float(y > 0.0) for y in ys]
bernoulli = lambda theta: -sum(log(sigmoid(theta * x) if t else 1.0 - sigmoid(theta * x)) for x, t in zip(xs, classes))
bce = lambda theta: binary_cross_entropy([sigmoid(theta * x) for x in xs], classes, reduction="sum")
from_coin = [bernoulli(theta) for theta in thetas]
bernoulli_gap = max(abs(a - bce(theta)) for a, theta in zip(from_coin, thetas))
print(f"Bernoulli likelihood against the cross-entropy: they differ by at most {bernoulli_gap:.0e}")

# %% [markdown]
# Now σ² may vary too. Over θ and σ² the loss is a landscape with one valley; whatever σ² is, its floor lies at the
# least-squares θ, and along that floor the lowest place is the mean squared residual.

# %%
best_theta = float(least_squares([[x] for x in xs], ys)[0])
best_var = gaussian_variance(predict(best_theta), ys)
slope = grad(nll, argnums=(0, 1))(best_theta, best_var)
print(f"θ* = {best_theta:.6f}, σ*² = {best_var:.6f}, slopes there: ({slope[0]:.0e}, {slope[1]:.0e})")
for var in (0.1, 0.5, 2.0):
    print(f"  σ² = {var}: the slope by θ at θ* is {grad(nll)(best_theta, var):.0e}")

# %%
figure, (left, middle, right) = plt.subplots(1, 3, figsize=(14, 4.2), layout="constrained")
for panel, one, two, names in (
    (left, from_likelihood, [mse(theta) for theta in thetas], ("2σ²·(−log N − constant)", "mean squared error")),
    (middle, from_coin, [bce(theta) for theta in thetas], ("−log Bernoulli", "binary cross-entropy")),
):
    panel.plot(thetas, one, "C0-", linewidth=6, alpha=0.4, label=names[0])
    panel.plot(thetas, two, "C1--", linewidth=2, label=names[1])
    panel.set(xlabel="θ", ylabel="loss")
    panel.legend()
left.set_title("Gaussian noise")
middle.set_title("A coin")
plots.contours(lambda v: nll(v[0], v[1]), (0.0, 4.0), (0.08, 1.2), ax=right)
right.axvline(best_theta, color="black", linestyle=":", linewidth=1)
right.plot(best_theta, best_var, "*", color="C1", markeredgecolor="black", markersize=15, label="θ*, σ*²")
right.set(title="−log likelihood, a mean, over both", xlabel="θ", ylabel="σ²")
right.legend()
Path("out").mkdir(exist_ok=True)
figure.savefig(Path("out") / "noise.png", dpi=110)
print("curves and landscape are drawn in", Path("out") / "noise.png")

# %% [markdown]
# ## Exercises
# 1. Which loss belongs to Laplace noise, p(y) = exp(-|y - ŷ|/b)/2b? Hold its curve against `l1_loss`.
# 2. With a variance for each point, the points that are surer count more. Give `gaussian_nll_loss` var 0.01 for x > 0
#    and 1 elsewhere, and find θ again.
