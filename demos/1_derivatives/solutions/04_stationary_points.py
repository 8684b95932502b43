# %% [markdown]
# # Minimum, saddle, plateau: solutions

# %%
import numpy as np

from autograd import grad, hessian

valley = lambda v: 0.25 * v[0] ** 4 - 0.5 * v[0] ** 2 + 0.5 * v[1] ** 2

# %% [markdown]
# 1. In the saddle. Newton's method looks for a place where the gradient is 0, and near the saddle the nearest such
#    place is the saddle: with a negative curvature the step leads uphill.

# %%
point = np.array([0.2, 1.0])
for _ in range(6):
    point = point - np.linalg.solve(hessian(valley)(point.tolist()), grad(valley)(point.tolist()))
print(f"Newton's method ends at ({point[0]:.6f}, {point[1]:.6f}), where f = {valley(point.tolist()):.4f}")
print(f"the minimum, f = {valley([1.0, 0.0])}, was not far")

# %% [markdown]
# 2. Along a direction of curvature λ a step multiplies the distance to the minimum by 1 - ηλ. For λ = 2 this is -0.8
#    for η = 0.9, and -1.2 for η = 1.1: beyond η = 2/λ = 1 the distance grows.

# %%
for eta in (0.9, 1.1):
    x = [1.001, 0.1]
    distances = []
    for _ in range(4):
        x = [a - eta * s for a, s in zip(x, grad(valley)(x))]
        distances.append(abs(x[0] - 1.0))
    print(f"η = {eta}: distance to x = 1 after each step: {[round(d, 6) for d in distances]}")
