# %% [markdown]
# # Cross-entropy's gradient is ŷ - y: solutions

# %%
import numpy as np

from autograd import dot, grad, jacobian, sigmoid, softmax
from nn import binary_cross_entropy_with_logits, half_squared_loss

# %% [markdown]
# 1. ∂l/∂z = ŷ - y, and ∂z/∂w = x. Least squares has the same form, with ŷ = wᵀx.

# %%
w, x = [0.5, -1.0], [2.0, 1.0]
for name, loss, predict in (
    ("logistic", binary_cross_entropy_with_logits, sigmoid),
    ("least squares", half_squared_loss, lambda z: z),
):
    by_engine = grad(lambda w, loss=loss: loss(dot(w, x), 1.0))(w)
    by_hand = [(predict(dot(w, x)) - 1.0) * number for number in x]
    print(f"{name}: {np.round(by_engine, 6)}, (ŷ - y)·x = {np.round(by_hand, 6)}")

# %% [markdown]
# 2. (1, 1, …, 1): adding the same number to all logits. (diag(ŷ) - ŷŷᵀ)·1 = ŷ - ŷ·1 = 0.

# %%
J = np.array(jacobian(softmax)([1.0, 2.0, 0.5, -1.0]))
print(f"J·(1, 1, 1, 1) = {np.abs(J @ np.ones(4)).max():.0e}, rank {np.linalg.matrix_rank(J)} of 4")
