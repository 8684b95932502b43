# %% [markdown]
# # Which way is down?
# At a point of a landscape every direction has its own slope, the directional derivative ∇f·v.
# What to see: over the angle it is a cosine; half of all directions lead down, and -∇f leads down steepest.
#
# Notes: 003 · 2.2.1 Gradients and Directional Derivatives, 2.3 Numerical Optimization and Gradient Descent.

# %%
import math
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from autograd import COLOURS, directional_derivative, grad, sin
from nn import plots

plt.rc("axes", prop_cycle=plt.cycler(color=COLOURS["series"]))

f = lambda v: 0.3 * v[0] ** 2 + 0.6 * v[1] ** 2 + 0.4 * sin(v[0] + v[1])
point = [1.5, 1.0]
gradient = grad(f)(point)
size = math.hypot(*gradient)
print(f"at {point} the gradient is ({gradient[0]:.4f}, {gradient[1]:.4f}), of length {size:.4f}")

# %% [markdown]
# The slope in the direction v, of length 1, that stands at the angle α to the gradient: v is the gradient's direction
# turned by α. `directional_derivative` computes it forward, without the gradient; the notes say that it is ‖∇f‖·cos α.

# %%
along = math.atan2(gradient[1], gradient[0])
angles = [math.radians(degrees) for degrees in range(361)]
slopes = [directional_derivative(f, point, [math.cos(along + a), math.sin(along + a)]) for a in angles]

steepest = slopes.index(min(slopes))
down = sum(slope < -1e-12 for slope in slopes[:-1])
print(f"the steepest way down is at {steepest}° from the gradient: {min(slopes):.4f} = -‖∇f‖")
print(f"{down} of 360 directions lead down, those between 90° and 270°")
print(f"largest difference from ‖∇f‖·cos α: {max(abs(s - size * math.cos(a)) for s, a in zip(slopes, angles)):.0e}")

# %% [markdown]
# So a step against the gradient goes down, if it is short. At a right angle to the gradient the slope is 0: that is
# along the level line, which is why the arrows of the field stand at right angles on the level lines.

# %%
figure, (left, right) = plt.subplots(1, 2, figsize=(12, 4.8), layout="compressed")
plots.contours(f, (-3.0, 3.0), (-2.5, 2.5), ax=left)
columns, rows = np.linspace(-2.6, 2.6, 9), np.linspace(-2.1, 2.1, 8)
arrows = np.array([[grad(f)([float(u), float(v)]) for u in columns] for v in rows])
left.quiver(columns, rows, -arrows[..., 0], -arrows[..., 1], angles="xy", color="black", width=0.004, scale=28)
left.plot(*point, "o", color="C1", markeredgecolor="black", markersize=9, label="the point")
left.legend(loc="lower left")
left.set(title="Level lines of f, and −∇f", aspect="equal")

degrees = np.degrees(angles)
right.axhline(0.0, color="black", linewidth=0.8)
right.plot(degrees, slopes, linewidth=2, label="∇f·v")
right.fill_between(degrees, slopes, 0.0, where=np.array(slopes) < 0, color="C1", alpha=0.25, label="leads down")
right.plot(steepest, slopes[steepest], "v", color="C1", markersize=10, label=f"steepest, at {steepest}°")
right.set(title="The slope in every direction, at the point", xlabel="angle α between v and ∇f, degrees")
right.set(ylabel="directional derivative", xticks=range(0, 361, 45))
right.grid(alpha=0.3)
right.legend(loc="upper center")
Path("out").mkdir(exist_ok=True)
figure.savefig(Path("out") / "steepest_descent.png", dpi=110)
print("the field and the cosine are drawn in", Path("out") / "steepest_descent.png")

# %% [markdown]
# ## Exercises
# 1. Walk from the point with steps of length η against the gradient. From which η on does the first step lead up?
# 2. A direction at 80° to -∇f leads down as well. How much longer is the way it must go to win as much, for short
#    steps?
