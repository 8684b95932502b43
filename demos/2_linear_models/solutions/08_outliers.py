# %% [markdown]
# # Three losses and one outlier: solutions

# %%
from statistics import mean, median

from autograd import derivative
from nn import huber_loss, l1_loss, mse_loss

# %% [markdown]
# 1. Σ(c - yᵢ) = 0 gives the mean; Σ sign(c - yᵢ) = 0 as many above as below: the median.

# %%
ys = [1.0, 2.0, 3.0, 4.0, 100.0]
for name, loss in (("squared", mse_loss), ("absolute", l1_loss)):
    slope = derivative(lambda c, loss=loss: loss([c] * 5, ys))
    print(f"{name}: slope at the mean {slope(mean(ys)):.2f}, at the median {slope(median(ys)):.2f}")

# %% [markdown]
# 2. δ → ∞: everything is near, ½r², half the squared error. δ → 0: everything is far, δ(|r| - ½δ), so divided by δ the
#    absolute error.

# %%
r = 1.7
print(f"δ = 1e6:  {huber_loss(r, 0.0, delta=1e6):.6f}, ½r² = {0.5 * r * r:.6f}")
print(f"δ = 1e-6, divided by δ: {huber_loss(r, 0.0, delta=1e-6) / 1e-6:.6f}, |r| = {abs(r)}")
