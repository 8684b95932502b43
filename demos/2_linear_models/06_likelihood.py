# %% [markdown]
# # Likelihood: of a coin, of a line
# The likelihood of a model is the probability that it gives to the data. The best model is the one that expected them.
# What to see: seven heads of ten are likeliest for θ = 0.7; products of many probabilities vanish, sums of logarithms
# do not; the likeliest line is the least-squares line.
#
# Notes: 003 · 3.2.2 Selecting Valid Loss Functions, 3.2.3 Maximum Likelihood.

# %%
import math
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from autograd import COLOURS, Value, derivative, log
from nn import binary_cross_entropy, least_squares, make_line, nll_loss, residual_variance

plt.rc("axes", prop_cycle=plt.cycler(color=COLOURS["series"]))

# %% [markdown]
# The notes' example: three classes with probabilities 0.2, 0.5, 0.3, and the truth is the second. Its likelihood is
# 0.2⁰·0.5¹·0.3⁰, and minus its logarithm is the loss.

# %%
f, y = [0.2, 0.5, 0.3], [0, 1, 0]
likelihood = math.prod(p**t for p, t in zip(f, y))
loss = nll_loss([log(p) for p in f], 1)
print(f"p(y | f) = {likelihood}, loss {loss:.6f} = -log {math.exp(-loss):.1f}")

# %% [markdown]
# **A coin** that fell 7 times heads and 3 times tails: L(θ) = θ⁷(1 - θ)³. Where its slope is 0 it is largest; the
# engine knows the slope, and halving an interval finds the place.

# %%
coin = lambda theta: theta**7 * (1.0 - theta) ** 3
low, high = 0.01, 0.99
for _ in range(60):
    middle = (low + high) / 2
    low, high = (middle, high) if derivative(coin)(middle) > 0.0 else (low, middle)
print(f"the likeliest θ is {middle:.6f}, with L = {coin(middle):.6f}; a fair coin has {coin(0.5):.6f}")

heads = [1.0] * 7 + [0.0] * 3
theta = Value(0.5, label="θ")
cross_entropy = binary_cross_entropy([theta] * 10, heads, reduction="sum")
print(f"the sum of the cross-entropies at 0.5: {cross_entropy.data:.6f} = -log L: {-math.log(coin(0.5)):.6f}")

# %% [markdown]
# Of 2,000 tosses, the product of the probabilities is less than the smallest number there is. Its logarithm is a sum,
# and harmless.

# %%
product = math.prod([0.5] * 2000)
total = sum(math.log(p) for p in [0.5] * 2000)
print(f"2,000 tosses of a fair coin: product {product}, sum of logarithms {total:.2f}")

# %% [markdown]
# **A line.** Each point (x, y) has the density N(y | wx + b, σ²): large near the line, small far off. One outlier makes
# the product tiny, which is why the likeliest line bends towards it.

# %%
data = make_line(12, weights=[1.5], bias=0.5, noise=0.3, seed=5)
xs, ys = np.array(data.inputs)[:, 0], np.array(data.targets)
X = np.column_stack([xs, np.ones(12)])
best = least_squares(X, ys)
sigma2 = residual_variance(ys, X @ best)


def log_likelihood(w):
    """Of all points, for the line w and the best σ²."""
    return float(np.sum(-((ys - X @ w) ** 2) / (2 * sigma2) - 0.5 * math.log(2 * math.pi * sigma2)))


lines = {"least squares": best, "too flat": np.add(best, [-0.9, 0.0]), "too high": np.add(best, [0.0, 0.35])}
logs = {name: log_likelihood(w) for name, w in lines.items()}
for name, found in logs.items():
    print(f"{name:>13}: log-likelihood {found:8.3f}, likelihood {math.exp(found):.2e}")

# %%
figure, (left, right) = plt.subplots(1, 2, figsize=(11.5, 4.4), layout="constrained")
thetas = np.linspace(0.0, 1.0, 201)
left.plot(thetas, [1e3 * coin(t) for t in thetas], linewidth=2, label="7 heads, 3 tails")
left.plot(thetas, [1e3 * t**5 * (1 - t) ** 5 for t in thetas], "--", label="5 heads, 5 tails")
left.axvline(0.7, color="black", linewidth=0.8, linestyle=":", label="θ = 0.7")
left.set(title="Likelihood of a coin", xlabel="θ, the probability of heads", ylabel="1000·L(θ)", ylim=(0, None))
left.legend(loc="upper left")
w = best
for x, y in zip(xs, ys):
    heights = np.linspace(-3.0, 3.0, 121) * math.sqrt(sigma2) + x * w[0] + w[1]
    density = np.exp(-((heights - x * w[0] - w[1]) ** 2) / (2 * sigma2))
    right.fill_betweenx(heights, x, x + 0.12 * density, color="C0", alpha=0.2, linewidth=0)
    at_y = math.exp(-((y - x * w[0] - w[1]) ** 2) / (2 * sigma2))
    right.plot([x, x + 0.12 * at_y], [y, y], color="C1", linewidth=2.5)
right.plot(xs, ys, "ko", markersize=4, label="points")
ends = np.array([-1.0, 1.1])
right.plot(ends, w[0] * ends + w[1], color="C0", linewidth=2, label="the likeliest line")
right.plot([], [], color="C1", linewidth=2.5, label="density of a point")
right.set(title="Likelihood of a line: the product of the orange lengths", xlabel="x", ylabel="y")
right.legend(loc="upper left")
Path("out").mkdir(exist_ok=True)
figure.savefig(Path("out") / "likelihood.png", dpi=110)
print("coin and line are drawn in", Path("out") / "likelihood.png")

# %% [markdown]
# ## Exercises
# 1. Show that θ = k/n is the likeliest for k heads of n tosses: by hand, and with the engine for 3 of 8.
# 2. What does the coin say that was tossed once, heads? Add one head and one tail that never happened. (That is a
#    prior; see the demo on shrinkage.)
