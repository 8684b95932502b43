# %% [markdown]
# # Conditioning, pseudoinverse, ridge: solutions

# %%
import numpy as np

from nn import least_squares, ridge

rng = np.random.default_rng(1)

# %% [markdown]
# 1. Along the flat directions a small change of the response moves the weights far. The ridge holds them there.

# %%
alike = rng.normal(size=(60, 1)) + 0.1 * rng.normal(size=(60, 6))
response = alike @ [1.0, 1.0, 1.0, 0.0, 0.0, 0.0]
changed = response + 0.01 * rng.normal(size=60)
for name, solve in (("least squares", least_squares), ("ridge, λ = 10", lambda X, y: ridge(X, y, 10.0))):
    print(f"{name}: the weights move by {np.linalg.norm(solve(alike, changed) - solve(alike, response)):.5f}")

# %% [markdown]
# 2. It tends to the shortest solution; with the singular values sᵢ of X, ridge divides by sᵢ + λ/sᵢ where the
#    pseudoinverse divides by sᵢ, or leaves out an sᵢ of 0.

# %%
column = rng.normal(size=(60, 1))
dependent = np.hstack([column, 2.0 * column])
target = dependent @ [1.0, 1.0]
for alpha in (1.0, 1e-3, 1e-6):
    print(f"λ = {alpha:.0e}: {ridge(dependent, target, alpha)}")
print(f"pseudoinverse: {np.linalg.pinv(dependent) @ target}")
