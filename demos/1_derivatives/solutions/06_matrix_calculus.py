# %% [markdown]
# # Matrix calculus and its two layouts: solutions

# %%
import numpy as np

from autograd import dot, grad

# %% [markdown]
# 1. Numerator layout: a row for each result, 10 × 784. Denominator layout: 784 × 10.

# %%
inputs, results = 784, 10
print(f"numerator layout {results} × {inputs}, denominator layout {inputs} × {results}")

# %% [markdown]
# 2. With r = Ax - t it is rᵀr, so the product rule gives 2·rᵀ·∂r/∂x = 2(Ax - t)ᵀA, a row.

# %%
A = np.array([[1.0, -2.0, 0.5], [3.0, 0.0, -1.0]])
x, t = [0.5, -1.0, 2.0], [1.0, 1.0]


def distance(x):
    """‖Ax - t‖²."""
    r = [dot(row.tolist(), x) - target for row, target in zip(A, t)]
    return dot(r, r)


print(f"by hand {2 * (A @ x - t) @ A}, by the engine {grad(distance)(x)}")
