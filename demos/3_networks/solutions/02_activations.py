# %% [markdown]
# # Activations, and units that die: solutions

# %%
from random import Random

import numpy as np

from autograd import jacobian, sigmoid
from nn import MLP, SGD, Adam, dead_units, make_moons, mse_loss

# %% [markdown]
# 1. *The Jacobian of an elementwise function.* Output i depends on input i alone, so everything beside the diagonal
#    is 0.

# %%
s = [-1.0, 0.0, 2.0]
J = np.array(jacobian(lambda s: [sigmoid(z) for z in s])(s))
diagonal = np.diag([sigmoid(z) * (1.0 - sigmoid(z)) for z in s])
print(J.round(4), "\nequal:", np.allclose(J, diagonal, rtol=1e-14))

# %% [markdown]
# 2. *The first step.* The larger it is, the more units it throws out of reach.  A step of Adam moves each parameter
#    by about η at most, however large the gradient.

# %%
data = make_moons(80, noise=0.1, seed=0)
for kind, rates in ((SGD, (1.0, 2.0, 3.0, 6.0)), (Adam, (0.1,))):
    for lr in rates:
        model = MLP(2, [16, 1], rng=Random(1))
        optimizer = kind(model.parameters(), lr=lr)
        mse_loss(model(data.inputs), data.targets).backward()
        optimizer.step()
        print(f"{kind.__name__}, η = {lr}: {len(dead_units(model, data))} of 16 units are dead after one step")
