# %% [markdown]
# # Newton's method: solutions

# %%
import numpy as np

from autograd import Value, grad, hessian
from nn import Newton

# %% [markdown]
# 1. *Drawn to the saddle.* The bare method goes to the saddle (0, 0).  By default `Newton` adds δ to the diagonal of
#    H until all eigenvalues are positive, and takes only steps that go down: it finds a minimum, at y = ±1.


# %%
def saddle(v):
    """A saddle at (0, 0) and minima at (0, ±1)."""
    return v[0] ** 2 - v[1] ** 2 + v[1] ** 4 / 2


bare = np.array([0.5, 0.1])
for _ in range(8):
    bare = bare - np.linalg.solve(np.array(hessian(saddle)(list(bare))), np.array(grad(saddle)(list(bare))))
print("the bare method ends at", bare.round(6) + 0.0)
v = [Value(0.5), Value(0.1)]
optimizer = Newton(v)
for _ in range(20):
    optimizer.step(lambda: saddle(v))
print("Newton ends at", [round(p.data, 6) + 0.0 for p in v])

# %% [markdown]
# 2. *One step.*

# %%
for condition in (10.0, 1e6):
    x, y = Value(3.0), Value(-2.0)
    Newton([x, y]).step(lambda x=x, y=y, k=condition: (x - 1) ** 2 + k * (x + 2 * y) ** 2)
    print(f"condition {condition:g}: after one step ({x.data:.9f}, {y.data:.9f}), the minimum is (1, -0.5)")
