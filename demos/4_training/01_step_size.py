# %% [markdown]
# # How far to walk, and when to stop
# Gradient descent is one line, θ ← θ − η∇E(θ), and two questions: how large is η, and when is it enough?
#
# What to see: a line fitted with a step that is too small, one that is right and one that is too big; the number from
# which on it is too big; and two rules for stopping.
#
# Notes: 004 · Lecture 3, "① how far to walk? ② when to stop?"; 000 · Training; 003 · 2.3 Numerical Optimization and
# Gradient Descent.

# %%
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from autograd import hessian, value_and_grad
from nn import SGD, Linear, StopAtSmallGradient, StopWhenStill, fit, least_squares, make_line, mse_loss, plots
from nn.plots.axes import colour

OUT = Path("out")
OUT.mkdir(exist_ok=True)

data = make_line(30, weights=[1.5], bias=0.5, noise=0.3, seed=0)
xs = [x for (x,) in data.inputs]


def error(theta):
    """E(w, b), the mean squared error of the line w·x + b."""
    w, b = theta
    return mse_loss([w * x + b for x in xs], data.targets)


best = [float(p) for p in least_squares([[x, 1.0] for x in xs], data.targets)]
print(f"closed form: w = {best[0]:.4f}, b = {best[1]:.4f}, E = {error(best):.6f}")

# %% [markdown]
# ## Too small, right, too big
# Along a direction in which E bends with λ (an eigenvalue of its Hessian) a step multiplies the distance to the
# minimum by 1 − ηλ.  It shrinks as long as η < 2/λ; so the largest λ says how large η may be.

# %%
curvatures = np.linalg.eigvalsh(hessian(error)(best)).tolist()
limit = 2.0 / max(curvatures)
print(f"the Hessian has the eigenvalues {curvatures[0]:.4f} and {curvatures[1]:.4f}: η must be below {limit:.4f}")


def descend(eta, steps=25):
    """The points of gradient descent from (−1, 2)."""
    theta = [-1.0, 2.0]
    path = [theta]
    for _ in range(steps):
        _, slope = value_and_grad(error)(theta)
        theta = [p - eta * g for p, g in zip(theta, slope)]
        path.append(theta)
    return path


rates = {"too small": 0.01 * limit, "right": 0.35 * limit, "too big": 1.02 * limit}
paths = {name: descend(eta) for name, eta in rates.items()}
figure, axes = plt.subplots(1, 3, figsize=(14, 4.2), layout="constrained")
for axis, (name, path) in zip(axes, paths.items()):
    plots.contours(error, (-2.0, 4.5), (-2.0, 3.0), path=path, ax=axis)
    axis.set(xlabel="w", ylabel="b", title=f"{name}: η = {rates[name]:.3f}, E = {error(path[-1]):.4f}")
    print(f"{name:>9}: η = {rates[name]:.4f}, E after 25 steps {error(path[-1]):.6f}")
figure.savefig(OUT / "step_size_paths.png", dpi=110)

# %% [markdown]
# ## Every step size
# E after 25 steps over η.  To the left the walk is too short; to the right of the line it runs away.

# %%
etas = [limit * 10.0 ** (k / 12.0) for k in range(-30, 3)]
left = [error(descend(eta)[-1]) - error(best) for eta in etas]
figure, axis = plt.subplots(figsize=(6.4, 4), layout="constrained")
axis.loglog(etas, left, marker=".", color=colour(0))
axis.axvline(limit, color=colour(1), linestyle="--", label=f"2/λ = {limit:.3f}")
axis.set(xlabel="step size η", ylabel="E − E* after 25 steps", title="The step size decides")
axis.legend()
figure.savefig(OUT / "step_size.png", dpi=110)

# %% [markdown]
# ## When to stop
# When θ hardly moves, ‖θᵗ⁺¹ − θᵗ‖² < ε, or when the gradient is small.  Both are callbacks of `fit`.  A small step
# size moves little: the first rule then stops early, far from the minimum, the second does not.

# %%
stopped = {}
for eta in (0.3 * limit, 0.001 * limit):
    for rule in (StopWhenStill(1e-8), StopAtSmallGradient(1e-3)):
        model = Linear(1, 1, initializer="zeros")
        optimizer = SGD(model.parameters(), lr=eta)
        history = fit(model, data, mse_loss, optimizer, epochs=20_000, batch_size=30, callbacks=[rule], compile=True)
        key = type(rule).__name__, round(eta / limit, 3)
        stopped[key] = history.epochs, history["loss"][-1] - error(best)
        print(f"η = {eta:.5f}, {key[0]:>19}: {history.epochs:5} steps, E − E* = {stopped[key][1]:.1e}")

# %% [markdown]
# ## Exercises
# 1. With η = 1/λ the error along that direction is gone after one step.  Why is one η not enough for two directions,
#    and which η is best for both together?  (It makes |1 − ηλ₁| and |1 − ηλ₂| equal.)
# 2. Measure one input in other units, x → 100x.  What becomes of the eigenvalues, of the largest η, and of the number
#    of steps?
