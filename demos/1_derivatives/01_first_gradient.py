# %% [markdown]
# # A first gradient
# One neuron with two inputs: every number on the way is kept, and `backward()` gives every leaf its derivative.
# What to see: one call gives five derivatives, and a finite difference agrees with each as far as it can.
#
# Notes: 003 · 2.2.1 Gradients and Directional Derivatives; 002 · steps ① and ② of a unit.

# %%
from pathlib import Path

from autograd import Value, draw, numerical_gradient, tanh

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
# A derivative says how much y changes when one number is moved a little and the others stay. A finite difference
# does just that: it moves each number by a small h and looks. It says the same, with fewer digits, and needs two runs
# of the neuron for every number.


# %%
def neuron(v):
    """tanh(x1·w1 + x2·w2 + b) of the five numbers."""
    return tanh(v[0] * v[2] + v[1] * v[3] + v[4])


leaves = [x1, x2, w1, w2, b]
differences = numerical_gradient(neuron, [leaf.data for leaf in leaves], method="central")
worst = max(abs(leaf.grad - difference) for leaf, difference in zip(leaves, differences))
print(f"by finite differences ∂y/∂x1 = {differences[0]:.6f}, by backpropagation {x1.grad:.6f}")
print(f"the five differ by at most {worst:.0e}")

# %% [markdown]
# The picture has a box for each number, with its derivative, and a partial derivative at each arrow.

# %%
print("the graph is in", draw(y, Path("out") / "first_gradient.svg"))

# %% [markdown]
# ## Exercises
# 1. ∂y/∂w2 is 0. Why, and which one number must be changed so that it is not?
# 2. Make b larger until the neuron is saturated, at 12 say. What becomes of all five derivatives, and why?
