# %% [markdown]
# # Downhill: directions, stationary points, convexity
# Which directions lead down, where does gradient descent come to rest, and when is that the lowest point there is?
# You will see the slope in every direction, a minimum, a saddle and a plateau told apart by the eigenvalues of the
# Hessian, and one function in which the start decides where the walk ends.
#
# Notes: 003 · 2.3 (descent directions), 2.3.1 (stationary points, convexity).

# %%
import math
from pathlib import Path
from random import Random

import matplotlib.pyplot as plt
import numpy as np

from autograd import directional_derivative, grad, hessian
from nn import plots
from nn.plots.axes import colour

OUT = Path("out")
OUT.mkdir(exist_ok=True)


def f(v):
    """Two valleys of different depth, and a pass between them."""
    x, y = v
    return (x * x - 1.0) ** 2 + 0.3 * x + 0.5 * (y - 0.4 * x) ** 2


# %% [markdown]
# ## The slope in every direction
# D_p f = ∇f · p = ‖∇f‖ cos α for a direction p of length 1 at the angle α to the gradient.  Half of all directions
# lead down; the steepest is −∇f.

# %%
point = [0.6, 1.2]
slope = grad(f)(point)
steepest = math.degrees(math.atan2(-slope[1], -slope[0])) % 360.0
angles = [3.0 * k for k in range(121)]
slopes = [directional_derivative(f, point, [math.cos(math.radians(a)), math.sin(math.radians(a))]) for a in angles]
lowest = angles[slopes.index(min(slopes))]
print(f"∇f = ({slope[0]:.4f}, {slope[1]:.4f}), ‖∇f‖ = {math.hypot(*slope):.4f}; smallest slope {min(slopes):.4f}")
print(f"−∇f points to {steepest:.1f}°, the smallest slope of those tried is at {lowest:.0f}°")

# %% [markdown]
# ## Stationary points
# Where ∇f = 0 the Hessian says what it is: all eigenvalues positive, a minimum; of both signs, a saddle; 0, flat to
# second order, a plateau or an edge.

# %%
cases = {
    "minimum": (lambda v: v[0] ** 2 + 2 * v[1] ** 2 + v[0] * v[1], [0.0, 0.0]),
    "saddle": (lambda v: v[0] ** 2 - v[1] ** 2, [0.0, 0.0]),
    "plateau": (lambda v: v[0] ** 4 + v[1] ** 4, [0.0, 0.0]),
}
figure, axes = plt.subplots(2, 2, figsize=(10.5, 8.4), layout="constrained")
eigenvalues = {}
for axis, (name, (g, at)) in zip(axes.flat, cases.items()):
    eigenvalues[name] = np.linalg.eigvalsh(hessian(g)(at)).tolist()
    numbers = ", ".join(f"{value:.3g}" for value in eigenvalues[name])
    print(f"{name:>8}: ∇ = {grad(g)(at)}, eigenvalues {numbers}")
    plots.contours(g, (-1.5, 1.5), (-1.5, 1.5), ax=axis).set_title(f"{name}: eigenvalues {numbers}")

# %% [markdown]
# ## Where the walk ends
# Gradient descent on f from 200 starts.  It comes to rest in one of two valleys, and only one of them is the lowest
# point; nothing that it sees on its way tells which.

# %%
rng = Random(0)
ends = []
for _ in range(200):
    v = [rng.uniform(-2.0, 2.0), rng.uniform(-2.0, 2.0)]
    start = list(v)
    for _ in range(150):
        v = [p - 0.05 * g for p, g in zip(v, grad(f)(v))]
    ends.append((start, v))
left = [end for _, end in ends if end[0] < 0.0]
right = [end for _, end in ends if end[0] > 0.0]
print(f"{len(left)} end at ({left[0][0]:.4f}, {left[0][1]:.4f}), f = {f(left[0]):.4f}")
print(f"{len(right)} end at ({right[0][0]:.4f}, {right[0][1]:.4f}), f = {f(right[0]):.4f}")
axis = plots.contours(f, (-2.0, 2.0), (-2.0, 2.0), ax=axes[1, 1])
for i, side in ((2, -1.0), (1, 1.0)):
    starts = [start for start, end in ends if end[0] * side > 0.0]
    valley = "left" if side < 0.0 else "right"
    axis.plot(*zip(*starts), "os"[i - 1], color=colour(i), markersize=3.5, label=f"starts that end {valley}")
axis.legend(loc="upper right")
axis.set_title("f: the start decides")
figure.savefig(OUT / "convexity.png", dpi=110)

# %% [markdown]
# ## Convex or not
# A function is convex if it lies below each of its chords: f(αx₁ + (1 − α)x₂) ≤ αf(x₁) + (1 − α)f(x₂).  Then every
# stationary point is the lowest.  Tried on 2,000 chords:


# %%
def chords_cut(g):
    """Of 2,000 random chords, how many the function rises above."""
    rng, cut = Random(1), 0
    for _ in range(2000):
        p, q = ([rng.uniform(-2.0, 2.0), rng.uniform(-2.0, 2.0)] for _ in range(2))
        a = rng.random()
        cut += g([a * s + (1.0 - a) * t for s, t in zip(p, q)]) > a * g(p) + (1.0 - a) * g(q) + 1e-12
    return cut


cut = {"minimum": chords_cut(cases["minimum"][0]), "saddle": chords_cut(cases["saddle"][0]), "f": chords_cut(f)}
print("chords cut:", cut)

# %% [markdown]
# ## Slopes over the angle

# %%
figure, axis = plt.subplots(figsize=(6.8, 4), layout="constrained")
axis.plot(angles, slopes, color=colour(0))
axis.fill_between(angles, slopes, 0.0, where=np.array(slopes) <= 0.0, color=colour(2), alpha=0.3, label="descent")
axis.axvline(steepest, color=colour(1), linestyle="--", label=f"−∇f, at {steepest:.0f}°")
axis.axhline(0.0, color="grey", linewidth=0.6)
axis.set(xlabel="direction in degrees", ylabel="directional derivative", title=f"Slopes of f at {tuple(point)}")
axis.set_xticks(range(0, 361, 60))
axis.legend()
figure.savefig(OUT / "convexity_directions.png", dpi=110)

# %% [markdown]
# ## Exercises
# 1. Find the third stationary point of f, between the valleys, and its eigenvalues.  (On the line y = 0.4x the slope
#    is that of a cubic.)
# 2. Is the loss of logistic regression convex in its weights?  And that of a network with a hidden layer?  Try
#    chords.
