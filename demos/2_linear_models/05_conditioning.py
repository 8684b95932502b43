# %% [markdown]
# # Conditioning, pseudoinverse, ridge
# How hard a least-squares problem is depends on how differently long its directions are: on the condition number.
# What to see: steps of descent grow with the condition number; where columns depend on each other, many weights are
# equally good; a ridge picks small ones, more and more so as λ grows.
#
# Notes: 003 · 4.1.4 (pseudoinverse), 4.1.5 Some Computational Considerations, 4.1.6 Regularizing the Least-Squares
# Solution.

# %%
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from autograd import COLOURS
from nn import Standardizer, least_squares, least_squares_gd, ridge

plt.rc("axes", prop_cycle=plt.cycler(color=COLOURS["series"]))

rng = np.random.default_rng(0)
base = rng.normal(size=(20, 2))
base = np.linalg.qr(base)[0] * np.sqrt(20)  # two columns at right angles, of one length: condition number 1
noise = 0.1 * rng.normal(size=60)

# %% [markdown]
# The second feature in another unit, its numbers s times as large: the curvatures of the loss are as 1 to s², and the
# condition number of XᵀX is κ = 1/s². A step must suit the steepest direction, η = 1/λ₁, and along the flattest one it
# then gains only a part 1/κ.

# %%
steps, kappas = [], []
for scale in (1.0, 0.5, 0.2, 0.1, 0.05):
    X = base * [1.0, scale]
    y = X @ [1.0, 1.0 / scale] + noise[:20]
    losses = []
    w = least_squares_gd(X, y, epsilon=1e-12, callback=losses.append)
    kappas.append(float(np.linalg.cond(X.T @ X)))
    steps.append(len(losses))
    print(
        f"κ = {kappas[-1]:7.1f}: {steps[-1]:5} steps, {np.linalg.norm(w - least_squares(X, y)):.0e} from the solution"
    )
scaled = np.array(Standardizer().fit(X.tolist()).transform(X.tolist()))
print(f"the last X, each column with mean 0 and deviation 1: κ = {np.linalg.cond(scaled.T @ scaled):.3f}")

# %% [markdown]
# If one column is twice another, XᵀX has no inverse: a change of the weights by (2, -1) changes no prediction. The
# pseudoinverse X⁺ gives, of all best weights, the shortest.

# %%
column = rng.normal(size=(60, 1))
dependent = np.hstack([column, 2.0 * column])
target = dependent @ [1.0, 1.0] + noise
print(f"the rank of XᵀX is {np.linalg.matrix_rank(dependent.T @ dependent)}, not 2")
shortest = np.linalg.pinv(dependent) @ target
print("pseudoinverse:", shortest.round(4), " least_squares:", least_squares(dependent, target).round(4))
for shift in (-1.0, 0.0, 1.0):
    other = shortest + shift * np.array([2.0, -1.0])
    error = np.mean((dependent @ other - target) ** 2)
    print(f"  weights {other.round(3)}: error {error:.6f}, length {np.linalg.norm(other):.3f}")

# %% [markdown]
# Ridge: (XᵀX + λI)⁻¹Xᵀy. The larger λ, the smaller the weights; for λ → 0 it is the shortest solution. Here six
# features that resemble each other: least squares gives large weights of both signs, which nearly cancel.

# %%
common = rng.normal(size=(60, 1))
alike = common + 0.05 * rng.normal(size=(60, 6))
response = alike @ [1.0, 1.0, 1.0, 0.0, 0.0, 0.0] + 0.5 * rng.normal(size=60)
lambdas = 10.0 ** np.arange(-3.0, 4.01, 0.25)
path = np.array([ridge(alike, response, alpha) for alpha in lambdas])
by_lstsq = least_squares(alike, response)
print("least squares ", by_lstsq.round(2))
print("ridge, λ = 10 ", ridge(alike, response, 10.0).round(2))
lengths = np.linalg.norm(path, axis=1)
shorter = bool((np.diff(lengths) < 0).all())
print(f"‖w‖ falls from {lengths[0]:.3f} to {lengths[-1]:.3f} along the path, at every step: {shorter}")
gram = alike.T @ alike
print(f"κ of XᵀX is {np.linalg.cond(gram):.0f}, of XᵀX + 10·I {np.linalg.cond(gram + 10.0 * np.eye(6)):.0f}")

# %%
figure, (left, right) = plt.subplots(1, 2, figsize=(11.5, 4.4), layout="constrained")
left.loglog(kappas, steps, "o-", label="measured")
left.loglog(kappas[2:], [steps[2] * kappa / kappas[2] for kappa in kappas[2:]], "k:", label="in proportion to κ")
left.set(title="Steps of gradient descent", xlabel="condition number κ of XᵀX", ylabel="steps until ‖Δw‖² < 10⁻¹²")
left.grid(alpha=0.3)
left.legend()
for j in range(6):
    right.semilogx(lambdas, path[:, j], label=f"w{j + 1}, true {1 if j < 3 else 0}")
right.axhline(0.0, color="black", linewidth=0.8)
right.set(title="Ridge path of six similar features", xlabel="λ", ylabel="weight")
right.legend(fontsize="small", ncols=2)
right.grid(alpha=0.3)
Path("out").mkdir(exist_ok=True)
figure.savefig(Path("out") / "conditioning.png", dpi=110)
print("steps and path are drawn in", Path("out") / "conditioning.png")

# %% [markdown]
# ## Exercises
# 1. Change the response by noise of size 0.01. By how much do the weights of least squares change, and those of ridge?
# 2. X⁺ = lim (XᵀX + λI)⁻¹Xᵀ for λ → 0. Watch it: ridge of the dependent columns for λ = 1, 10⁻³, 10⁻⁶.
