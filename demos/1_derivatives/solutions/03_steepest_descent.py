# %% [markdown]
# # Which way is down?: solutions

# %%
import math

from autograd import grad, sin

f = lambda v: 0.3 * v[0] ** 2 + 0.6 * v[1] ** 2 + 0.4 * sin(v[0] + v[1])
point = [1.5, 1.0]
gradient = grad(f)(point)
direction = [-g / math.hypot(*gradient) for g in gradient]
step = lambda eta, d: [p + eta * c for p, c in zip(point, d)]

# %% [markdown]
# 1. The slope is only true at the point itself: f falls, turns, and is as high as at first after a while.

# %%
eta = next(k / 100 for k in range(1, 1000) if f(step(k / 100, direction)) > f(point))
print(f"f = {f(point):.4f} at the point; steps of length {eta:.2f} and more lead up")

# %% [markdown]
# 2. The slope at 80° to the steepest way is cos 80° of it, so the way is 1/cos 80° times as long.

# %%
turn = math.radians(80)
turned = [
    direction[0] * math.cos(turn) - direction[1] * math.sin(turn),
    direction[0] * math.sin(turn) + direction[1] * math.cos(turn),
]
won = f(point) - f(step(1e-5, direction))
won_turned = f(point) - f(step(1e-5, turned))
print(f"a short step wins {won / won_turned:.2f} times as much straight down; 1/cos 80° = {1 / math.cos(turn):.2f}")
