# %% [markdown]
# # The third-order tensor: solutions

# %%
import numpy as np

from autograd import grad, jacobian, relu
from nn import cross_entropy

# %% [markdown]
# 1. *The slope of ReLU.* σ(z)/σ(z) is 1 where the unit is on and 0/0, which is nan, where it is off.  The engine has
#    a rule of its own: 0 there.

# %%
z = np.array([2.0, -1.0])
on = np.maximum(z, 0.0)
with np.errstate(invalid="ignore"):
    print("σ(z) ⊘ σ(z) =", on / on)
print("the engine:\n", np.array(jacobian(lambda z: [relu(zi) for zi in z])(list(z))))

# %% [markdown]
# 2. *By the input and by the bias.* ∂z/∂w₀ is the unit matrix, so ∇w₀ = ∇z.

# %%
h = np.array([0.5, -1.0])
W = np.array([[0.1, 0.2, -0.3], [0.4, -0.5, 0.6]])
w0 = np.array([0.0, 0.1, 0.2])
dz = np.array(grad(lambda z: cross_entropy([z], [0]))(list(W.T @ h + w0)))
dh = np.array(grad(lambda h: cross_entropy([list(W.T @ np.array(h) + w0)], [0]))(list(h)))
print("∂z/∂h = Wᵀ:", np.array_equal(jacobian(lambda h: W.T @ h + w0)(h), W.T))
print("∇h by the graph", dh.round(6), " ∇z Wᵀ =", (dz @ W.T).round(6))
print("∂z/∂w₀ =\n", np.array(jacobian(lambda w0: W.T @ h + w0)(w0)))
