# %% [markdown]
# # A second backward, and zero_grad: solutions

# %%
from autograd import Value, gradient

# %% [markdown]
# 1. v̄ is 3 after the first sweep and would be 6 after the second, which would send 6·2x = 36 to x, and not 18. With
#    the 9 of the direct way x would get 45 more: 27 + 45 = 72 in the place of 54.

# %%
x_grad, v_grad = 0.0, 0.0
for sweep in (1, 2):
    v_grad += 3.0  # ∂y/∂v = x, added to what was left there
    x_grad += 9.0 + v_grad * 6.0  # ∂y/∂x directly = v, and through v = x²
    print(f"sweep {sweep}: v.grad = {v_grad}, x.grad = {x_grad}")
print("right would be", 2 * 27.0)

# %% [markdown]
# 2. The gradient is a number that is returned, so there is nothing to set back.

# %%
w = Value(0.0)
for _ in range(60):
    loss = 0.5 * (w - 1.0) ** 2
    w.data -= 0.1 * gradient(loss, w)
print(f"w = {w.data:.4f} after 60 steps, and w.grad is still {w.grad}")
