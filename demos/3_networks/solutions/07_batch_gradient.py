# %% [markdown]
# # The gradient of a batch: solutions

# %%
from random import Random

import numpy as np

from nn import MLP, l2_penalty, make_moons, mse_loss

data = make_moons(32, noise=0.1, seed=0)
model = MLP(2, [4, 1], activation="tanh", rng=Random(0))


def gradient(loss):
    """∇ of a recorded loss, as one vector."""
    model.zero_grad()
    loss.backward()
    return np.array([p.grad for p in model.parameters()])


# %% [markdown]
# 1. *The mean is never longer than the longest.* By the triangle inequality: ‖Σ gᵢ‖ / N ≤ Σ ‖gᵢ‖ / N ≤ max ‖gᵢ‖.

# %%
lengths = [np.linalg.norm(gradient(mse_loss(model([x]), [t]))) for x, t in zip(data.inputs, data.targets)]
batch = np.linalg.norm(gradient(mse_loss(model(data.inputs), data.targets)))
print(f"shortest {min(lengths):.3f}, longest {max(lengths):.3f}, of the batch {batch:.3f}")

# %% [markdown]
# 2. *The penalty.* The mean of N equal penalties is one penalty.  A sum of N losses and one penalty weighs the
#    penalty N times less.

# %%


def penalty():
    """0.01 times the sum of the squared parameters."""
    return l2_penalty(model, 0.01)


mean = gradient(mse_loss(model(data.inputs), data.targets) + penalty())
of_each = np.mean([gradient(mse_loss(model([x]), [t]) + penalty()) for x, t in zip(data.inputs, data.targets)], axis=0)
of_sum = gradient(mse_loss(model(data.inputs), data.targets, reduction="sum") + penalty()) / 32
print("in each sample = once in the mean:", np.allclose(mean, of_each, rtol=1e-12, atol=1e-15))
print("once in the sum = once in the mean:", np.allclose(mean, of_sum, rtol=1e-12, atol=1e-15))
