# %% [markdown]
# # Newton's method and L-BFGS
# The gradient says which way is down, the Hessian how the way bends.
#
# What to see: Newton's method, which uses both, land in a minimum in a handful of steps, with twice as many right
# digits after each of the last; what its steps cost; and L-BFGS, which guesses the Hessian from the gradients it has
# seen.
#
# Notes: 003 · 2.3.1 Convergence of Gradient Descent, 4.1.5 Some Computational Considerations; 004 · Lecture 3,
# "Setting ∇E(θ) = 0 … solve".

# %%
import math
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from autograd import Value, gradient
from nn import LBFGS, SGD, Linear, Newton, binary_cross_entropy_with_logits, load_breast_cancer, plots
from nn.data.preprocessing import Standardizer
from nn.plots.axes import colour

OUT = Path("out")
OUT.mkdir(exist_ok=True)


def banana(v):
    """Rosenbrock's bent valley; its minimum is (1, 1)."""
    return (1.0 - v[0]) ** 2 + 20.0 * (v[1] - v[0] ** 2) ** 2


# %% [markdown]
# ## A step by hand
# Setting the slope of the quadratic approximation to 0 gives H·step = −∇f.

# %%
x = [Value(-1.0), Value(0.5)]
f = banana(x)
slope = gradient(f, x, create_graph=True)
hessian = np.array([[second.data for second in gradient(g, x, create_graph=True)] for g in slope])
step = np.linalg.solve(hessian, [-g.data for g in slope])
optimizer = Newton(x, line_search=False)
optimizer.step(lambda: banana(x))
apart = max(abs(p.data - q) for p, q in zip(x, np.array([-1.0, 0.5]) + step))
print(f"the step H⁻¹(−∇f) by hand is {step.round(6)}; that of Newton differs by {apart:.0e}")


# %% [markdown]
# ## Twice as many digits
# Near the minimum the error of a step is about the square of the one before.


# %%
def run(kind, steps, **options):
    """The points that an optimiser visits on the banana."""
    theta = [Value(-1.0), Value(0.5)]
    method, path = kind(theta, **options), [[-1.0, 0.5]]

    def closure():
        method.zero_grad()
        loss = banana(theta)
        loss.backward()
        return loss

    for _ in range(steps):
        method.step(closure)
        path.append([p.data for p in theta])
    return path


paths = {
    "gradient descent": run(SGD, 40, lr=0.004),
    "L-BFGS": run(LBFGS, 25, max_iter=1, max_eval=25, line_search_fn="strong_wolfe"),
    "Newton": run(Newton, 14),
}
distances = {name: [math.dist(point, (1.0, 1.0)) for point in path] for name, path in paths.items()}
print("Newton's distance to (1, 1):", " ".join(f"{d:.0e}" for d in distances["Newton"]))
figure, axes = plt.subplots(1, 2, figsize=(12.5, 4.6), layout="constrained")
plots.contours(banana, (-1.5, 1.7), (-0.5, 2.0), ax=axes[0])
for i, (name, path) in enumerate(paths.items(), 1):
    style = {"color": colour(i), "linestyle": ("-", "--", "-")[i - 1], "marker": "os^"[i - 1], "markersize": 4}
    axes[0].plot(*zip(*path), linewidth=1.4, label=f"{name}, {len(path) - 1} steps", **style)
    shown = [(k, d) for k, d in enumerate(distances[name]) if d > 0.0]
    axes[1].semilogy(*zip(*shown), label=name, **style)
axes[0].legend(loc="upper center")
axes[0].set_title("The banana")
axes[1].set(xlabel="step", ylabel="distance to the minimum", title="How near")
axes[1].legend()
figure.savefig(OUT / "newton.png", dpi=110)

# %% [markdown]
# ## Logistic regression, to the last digit
# 569 tumours, six of the features.  For n parameters a step of Newton takes n sweeps and solves n equations: fine for
# seven parameters, out of reach for a large network.  L-BFGS takes a few gradients.

# %%
cancer = load_breast_cancer()
columns = [row[:6] for row in cancer.inputs]
inputs = Standardizer().fit_transform(columns)
losses, needed = {}, {}
for name, kind, options, limit in (
    ("Newton", Newton, {}, 10),
    ("L-BFGS", LBFGS, {"max_iter": 1, "max_eval": 25, "line_search_fn": "strong_wolfe"}, 40),
    ("gradient descent", SGD, {"lr": 1.0}, 40),
):
    model = Linear(6, 1, initializer="zeros")
    method, losses[name] = kind(model.parameters(), **options), []

    def closure(model=model, method=method):
        """The loss with a small penalty, and its gradient."""
        method.zero_grad()
        loss = binary_cross_entropy_with_logits(model(inputs), cancer.targets)
        loss = loss + 0.005 * sum(p * p for p in model.parameters())
        loss.backward()
        return loss

    for _ in range(limit):
        losses[name].append(method.step(closure).data)
least = min(losses["Newton"])
for name, series in losses.items():
    needed[name] = next((k for k, loss in enumerate(series) if loss - least < 1e-6), None)
    print(f"{name:>16}: loss {series[-1]:.8f} after {len(series)} steps; within 1e-6 of the least after {needed[name]}")

# %% [markdown]
# ## Exercises
# 1. Newton's method looks for a point where the slope is 0.  Start it, without line search and damping, near the
#    saddle of x² − y² + y⁴/2, at (0.5, 0.1).  Where does it go, and what does `Newton` do by default?
# 2. On a quadratic one step is enough, whatever the conditioning.  Check it with condition numbers of 10 and 10⁶.
