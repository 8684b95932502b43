# %% [markdown]
# # Forward or reverse?: solutions

# %%
from itertools import pairwise

import numpy as np

from autograd import grad, hessian, hvp, jvp, tanh

# %% [markdown]
# 1. With a nodes-and-arrows count of w each, w ≫ 1: forward w runs of about w arrows, reverse one run and one sweep of
#    about w. The factor is about the number of weights divided by two.

# %%
weights, nodes = 1_000_000, 1_000
forward, reverse = weights * (nodes + weights), nodes + weights
print(f"forward {forward:.1e} units, reverse {reverse:.1e}: a factor of {forward / reverse:,.0f}")
print("(to be fair: forward mode in blocks of k directions at once saves the nodes, not the arrows)")

# %% [markdown]
# 2. The gradient by reverse mode, for it has n results from one number, and around it forward mode, for one direction:
#    two runs and a sweep in the place of n sweeps.

# %%
f = lambda x: sum(tanh(a * b) for a, b in pairwise(x))
x = [0.1 * i for i in range(20)]
v = [1.0 if i % 2 else -1.0 for i in range(20)]
through_the_gradient = jvp(grad(f), (x,), (v,))[1]
print("hvp is jvp of grad:", np.allclose(hvp(f, (x,), (v,)), through_the_gradient))
print("the same as the matrix times v:", np.allclose(np.array(hessian(f)(x)) @ v, through_the_gradient))
