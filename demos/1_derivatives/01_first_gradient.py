# %% [markdown]
# # A first gradient
# One neuron with two inputs: every number on the way is kept, and `backward()` gives every leaf its derivative.

# %%
from pathlib import Path

from autograd import Value, draw

x1, x2 = Value(2.0, label="x1"), Value(0.0, label="x2")
w1, w2 = Value(-3.0, label="w1"), Value(1.0, label="w2")
b = Value(6.88, label="b")

s = x1 * w1 + x2 * w2 + b
s.label = "s"
y = s.tanh()
y.label = "y"
y.backward()

# %%
print(f"y = tanh(x1·w1 + x2·w2 + b) = {y.data:.4f}")
for leaf in (x1, x2, w1, w2, b):
    print(f"  {leaf.label:>2} = {leaf.data:6.2f}    ∂y/∂{leaf.label} = {leaf.grad:7.4f}")

# %% [markdown]
# A finite difference says the same, with fewer digits:

# %%
h = 1e-6
shifted = ((2.0 + h) * -3.0 + 0.0 * 1.0 + 6.88, (2.0 - h) * -3.0 + 0.0 * 1.0 + 6.88)
difference = (Value(shifted[0]).tanh().data - Value(shifted[1]).tanh().data) / (2 * h)
print(f"by finite differences ∂y/∂x1 = {difference:.6f}, by backpropagation {x1.grad:.6f}")

# %%
print("the graph is in", draw(y, Path("out") / "first_gradient.svg"))
