# %% [markdown]
# # A neuron by hand: solutions

# %%
from itertools import product

from autograd import derivative, no_grad, sigmoid
from nn import Neuron

# %% [markdown]
# 1. *And, or.* The sum must pass 0 between one and two ones for "and", between none and one for "or": the bias
#    decides.

# %%
for name, bias in (("and", -15.0), ("or", -5.0)):
    neuron = Neuron(2, activation="sigmoid")
    neuron.load_state_dict({"w.0": 10.0, "w.1": 10.0, "b": bias})
    with no_grad():
        table = {inputs: round(neuron(list(inputs)).data, 3) for inputs in product((0.0, 1.0), repeat=2)}
    print(f"{name:>3}: w = (10, 10), b = {bias:g}: {table}")

# %% [markdown]
# 2. *Where the sigmoid is steepest.* φ″ changes its sign at 0, from + to −, so φ′ is largest there: ¼.  A chain of
#    ten sigmoids passes on at most 4⁻¹⁰.

# %%
first, second = derivative(sigmoid), derivative(sigmoid, 2)
print(f"φ″(−0.1) = {second(-0.1):.4f}, φ″(0) = {second(0.0):.4f}, φ″(0.1) = {second(0.1):.4f}; φ′(0) = {first(0.0)}")
