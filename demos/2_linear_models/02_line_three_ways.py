# %% [markdown]
# # One line, three ways
# A line through 40 noisy points: by a formula, by gradient descent, and as the likeliest line.
# What to see: all three are the same line; descent needs a step that is not too long, and a rule for when to stop.
#
# Notes: 004 · Lecture 3 (line fitting, how far to walk, when to stop); 003 · 4.1.3 The Least-Squares Model, 4.1.4.

# %%
import math
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from autograd import COLOURS, Value, exp
from nn import LBFGS, gaussian_nll_loss, least_squares, least_squares_gd, make_line, mse_loss, plots, residual_variance

plt.rc("axes", prop_cycle=plt.cycler(color=COLOURS["series"]))

data = make_line(40, weights=[2.0], bias=1.0, noise=0.4, seed=1)
xs, ys = [x for (x,) in data.inputs], data.targets
X = np.column_stack([xs, np.ones(len(xs))])  # the bias as the weight of a 1

# %% [markdown]
# **By a formula.** Where ∇‖Xw - y‖² = 0, XᵀXw = Xᵀy: the closed form.

# %%
closed = least_squares(X, ys)
print(f"closed form:      slope {closed[0]:.6f}, intercept {closed[1]:.6f}")

# %% [markdown]
# **By walking downhill**, w ← w + η·Xᵀ(y - Xw), until a step moves w by almost nothing, ‖wₜ₊₁ - wₜ‖² < ε.

# %%
losses = []
walked = least_squares_gd(X, ys, callback=losses.append)
print(f"gradient descent: slope {walked[0]:.6f}, intercept {walked[1]:.6f}, after {len(losses)} steps")

# %% [markdown]
# **By likelihood.** If each y is a line's value and Gaussian noise of variance σ², the line under which these points
# are likeliest is the same again, and σ² comes with it: the mean squared residual. (v = log σ², so that σ² stays
# positive.)

# %%
slope, intercept, v = parameters = [Value(0.0), Value(0.0), Value(0.0)]
optimizer = LBFGS(parameters, max_iter=100, tolerance_grad=1e-10, tolerance_change=0.0, line_search_fn="strong_wolfe")


def closure():
    """-log p(y | x) of all points, a mean."""
    optimizer.zero_grad()
    loss = gaussian_nll_loss([slope * x + intercept for x in xs], ys, [exp(v)] * len(xs))
    loss.backward()
    return loss


optimizer.step(closure)
variance = residual_variance(ys, X @ closed)
print(f"likelihood:       slope {slope.data:.6f}, intercept {intercept.data:.6f}, σ² {math.exp(v.data):.6f}")
print(f"the mean squared residual of the closed form is {variance:.6f}")


# %% [markdown]
# **How far to walk?** The loss is a bowl; along its steepest axis the curvature is λ, and a step of η multiplies the
# distance to the bottom by 1 - ηλ. Below η = 2/λ it shrinks, above it grows.


# %%
def walk(eta, steps=25):
    """The points (slope, intercept) of gradient descent on the mean squared error."""
    w = [Value(-1.0), Value(3.0)]
    path = [[p.data for p in w]]
    for _ in range(steps):
        loss = mse_loss([w[0] * x + w[1] for x in xs], ys)
        for p in w:
            p.grad = 0.0
        loss.backward()
        for p in w:
            p.data -= eta * p.grad
        path.append([p.data for p in w])
    return path


limit = 2.0 / max(np.linalg.eigvalsh(2.0 * X.T @ X / len(xs)))
print(f"steps converge below η = {limit:.4f}")
walks = {"too big": walk(1.02 * limit, 8), "too small": walk(0.02), "right": walk(0.6)}
distances = {name: math.dist(path[-1], closed) for name, path in walks.items()}
for name, distance in distances.items():
    print(f"{name:>9}: after {len(walks[name]) - 1} steps {distance:.4f} from the best line")
print(f"they started {math.dist([-1.0, 3.0], closed):.4f} from it")

# %%
figure, (left, right) = plt.subplots(1, 2, figsize=(12, 4.6), layout="constrained")
left.plot(xs, ys, "o", color="C0", alpha=0.7, label="40 points")
ends = np.array([-1.0, 1.0])
for width, dashes, (name, w) in zip(
    (7, 4, 1.5),
    ("-", "-", "--"),
    (("closed form", closed), ("gradient descent", walked), ("likelihood", [slope.data, intercept.data])),
):
    colour = {"closed form": "C5", "gradient descent": "C1", "likelihood": "black"}[name]
    left.plot(ends, w[0] * ends + w[1], dashes, color=colour, linewidth=width, label=name)
left.set(title="Three ways, one line", xlabel="x", ylabel="y")
left.legend()
plots.contours(lambda w: mse_loss([w[0] * x + w[1] for x in xs], ys), (-2.2, 5.0), (-1.8, 3.8), ax=right)
for (name, path), colour in zip(walks.items(), ("C3", "C1", "C2")):
    right.plot(*zip(*path), ".-", color=colour, label=f"η {name}")
right.plot(*closed, "*", color="white", markeredgecolor="black", markersize=15, label="closed form")
right.set(title="Gradient descent on the mean squared error", xlabel="slope", ylabel="intercept")
right.legend(fontsize="small", framealpha=1.0)
Path("out").mkdir(exist_ok=True)
figure.savefig(Path("out") / "line_three_ways.png", dpi=110)
print("lines and walks are drawn in", Path("out") / "line_three_ways.png")

# %% [markdown]
# ## Exercises
# 1. When to stop? With ε = 10⁻⁴ and 10⁻⁸ in place of the default, how many steps are made, and how far is the line from
#    the best? Why can ‖Δw‖² < ε be fulfilled far from the minimum?
# 2. Shift all x by 3. How many steps does descent need now, and why?
