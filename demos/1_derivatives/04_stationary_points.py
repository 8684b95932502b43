# %% [markdown]
# # Minimum, saddle, plateau
# Where the gradient is 0 the tangent is level, and only the second derivatives tell what the place is like.
# What to see: the signs of the Hessian's eigenvalues name the place; gradient descent may end in a saddle, and starves
# on a plateau.
#
# Notes: 003 · 2.3.1 Convergence of Gradient Descent.

# %%
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from autograd import COLOURS, exp, grad, hessian
from nn import plots

plt.rc("axes", prop_cycle=plt.cycler(color=COLOURS["series"]))

valley = lambda v: 0.25 * v[0] ** 4 - 0.5 * v[0] ** 2 + 0.5 * v[1] ** 2
crater = lambda v: 1.0 - exp(-0.5 * (v[0] ** 2 + v[1] ** 2))

# %% [markdown]
# The eigenvalues of the Hessian are the curvatures along the principal directions. All positive: a minimum. Of both
# signs: a saddle. All nearly 0: a plateau, where the gradient is nearly 0 too.

# %%
eigenvalues = {}
for name, f, point in (
    ("minimum", valley, [1.0, 0.0]),
    ("saddle", valley, [0.0, 0.0]),
    ("plateau", crater, [3.0, 2.0]),
):
    eigenvalues[name] = np.linalg.eigvalsh(hessian(f)(point)).tolist()
    slope, curvatures = np.linalg.norm(grad(f)(point)), ", ".join(f"{e:.4f}" for e in eigenvalues[name])
    print(f"{name:>8} at {point}: ‖∇f‖ = {slope:.4f}, eigenvalues {curvatures}")

# %% [markdown]
# A convex function has no negative curvature anywhere. How much of this square is convex?

# %%
square = [[u, v] for u in np.linspace(-1.8, 1.8, 37).tolist() for v in np.linspace(-1.5, 1.5, 7).tolist()]
convex = sum(min(np.linalg.eigvalsh(hessian(valley)(point))) >= 0.0 for point in square) / len(square)
print(f"the valley's curvatures are both positive at {convex:.0%} of the points of a grid: it is not convex")


# %% [markdown]
# Gradient descent: x ← x - η∇f(x) until ‖∇f‖ < 10⁻⁶. From (0, 1) it walks straight into the saddle, and stays: the
# gradient has no part that leads away from the ridge. A start that is off the ridge by a thousandth is enough.


# %%
def descend(f, point, eta=0.2, most=400):
    """The points of gradient descent."""
    path = [point]
    while len(path) <= most and np.linalg.norm(slope := grad(f)(path[-1])) > 1e-6:
        path.append([x - eta * s for x, s in zip(path[-1], slope)])
    return path


paths = {start: descend(valley, list(start)) for start in [(-1.6, 1.2), (1e-3, 1.0), (0.0, 1.0)]}
for start, path in paths.items():
    print(f"from {start}: {len(path) - 1} steps to ({path[-1][0]:.4f}, {path[-1][1]:.4f})")
slow, fast = descend(crater, [3.0, 2.0]), descend(crater, [1.0, 0.7])
lost = sum(crater(point) > 0.9 for point in slow)
print(f"from the plateau {len(slow) - 1} steps reach the bottom, the first tenth of the way takes {lost} of them")
print(f"from (1, 0.7) all of it takes {len(fast) - 1} steps")

# %%
figure, (left, right) = plt.subplots(1, 2, figsize=(12, 4.6), layout="constrained")
plots.contours(valley, (-1.9, 1.9), (-1.4, 1.4), ax=left)
for i, (start, path) in enumerate(paths.items(), 1):
    left.plot(*zip(*path), color=f"C{i}", marker=".", label=f"from ({start[0]:g}, {start[1]:g})".replace("-", "−"))
    left.plot(*path[-1], "*", color=f"C{i}", markeredgecolor="black", markersize=14)
left.set(title="A saddle between two minima")
left.legend(loc="upper right", fontsize="small", framealpha=1.0)
plots.contours(crater, (-4.2, 4.2), (-3.2, 3.2), ax=right)
for i, (path, name) in enumerate([(slow, "on the plateau"), (fast, "in the crater")], 1):
    right.plot(*zip(*path), color=f"C{i}", marker=".", label=f"{name}: {len(path) - 1} steps")
    right.plot(*path[-1], "*", color=f"C{i}", markeredgecolor="black", markersize=14)
right.set(title="A plateau around a crater")
right.legend(loc="upper left", fontsize="small", framealpha=1.0)
Path("out").mkdir(exist_ok=True)
figure.savefig(Path("out") / "stationary_points.png", dpi=110)
print("the paths are drawn in", Path("out") / "stationary_points.png")

# %% [markdown]
# ## Exercises
# 1. Newton's method, x ← x - H⁻¹∇f, needs curvatures as well as slopes. Start it at (0.2, 1.0). Where does it end?
# 2. How large may the steps be? At the minimum (1, 0) the larger curvature is 2. Try η = 0.9 and η = 1.1 from
#    (1.001, 0.1).
