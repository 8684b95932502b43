# %% [markdown]
# # A first gradient: solutions

# %%
from autograd import grad, tanh


def neuron(v):
    """tanh(x1·w1 + x2·w2 + b) of the five numbers."""
    return tanh(v[0] * v[2] + v[1] * v[3] + v[4])


# %% [markdown]
# 1. ∂y/∂w2 = (1 - y²)·x2, and x2 = 0: a weight does not matter while its input is 0. Change x2.

# %%
print(f"x2 = 0: ∂y/∂w2 = {grad(neuron)([2.0, 0.0, -3.0, 1.0, 6.88])[3]:.4f}")
print(f"x2 = 1: ∂y/∂w2 = {grad(neuron)([2.0, 1.0, -3.0, 1.0, 6.88])[3]:.4f}")

# %% [markdown]
# 2. All five have the factor 1 - y². With b = 12 the sum s is 6, y is nearly 1, and the factor nearly 0: the neuron is
#    saturated, and learns hardly anything from this input.

# %%
for b in (6.88, 8.0, 12.0):
    v = [2.0, 0.0, -3.0, 1.0, b]
    y = neuron(v)
    print(f"b = {b:5.2f}: y = {y:.6f}, 1 - y² = {1 - y * y:.6f}, gradient {[round(g, 6) for g in grad(neuron)(v)]}")
