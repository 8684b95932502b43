# %% [markdown]
# # One graph, four systems: solutions

# %%
from autograd import Value, log, program, sin, where

# %% [markdown]
# 1. The directional derivative, ∂y/∂x1 + ∂y/∂x2.

# %%
x1, x2 = Value(2.0, label="x1"), Value(5.0, label="x2")
y = log(x1) + x1 * x2 - sin(x2)
forward = program(y, mode="forward", tangents=[1.0, 1.0])
print(forward)
_, by_x1, by_x2 = program(y)(2.0, 5.0)
print(f"ẏ = {forward(2.0, 5.0)[1]:.6f}, the sum of both partial derivatives is {by_x1 + by_x2:.6f}")

# %% [markdown]
# 2. With `where` the condition is recorded, if it is an operation: `(x > 0.0)` is computed by Python, at once. So the
#    condition must be made of operations too: `x.step()` is 1 for positive x and 0 for negative x.

# %%
x = Value(3.0, label="x")
with_where = program(where(x.step(), x, -x))
with_if = program((x if x > 0.0 else -x) * 1.0)
print("recorded at 3, run at -3: value and slope by where", with_where(-3.0), "by if", with_if(-3.0))
