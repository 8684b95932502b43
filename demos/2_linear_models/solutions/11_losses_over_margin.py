# %% [markdown]
# # Losses over the margin: solutions

# %%
from autograd import derivative, relu
from nn import binary_cross_entropy_with_logits

# %% [markdown]
# 1. The kink at m = 1: the slope is -2·max(0, 1 - m), which is 0 there from both sides. Far wrong samples pull harder
#    than with the hinge, as with the squared loss.

# %%
squared_hinge = lambda m: relu(1.0 - m) ** 2
for m in (-1.0, 0.99, 1.0, 1.01, 3.0):
    print(f"m = {m:5}: loss {squared_hinge(m):.4f}, slope {derivative(squared_hinge)(m):.4f}")

# %% [markdown]
# 2. log(1 + e⁻ᵐ): for m → ∞ it is about e⁻ᵐ; for m → -∞ it is -m + log(1 + eᵐ), about -m.

# %%
for m in (-40.0, -10.0, 10.0, 40.0):
    print(f"m = {m:5}: {binary_cross_entropy_with_logits(m, 1.0):.6g}")
