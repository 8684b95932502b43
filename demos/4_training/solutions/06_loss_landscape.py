# %% [markdown]
# # The landscape of the loss: solutions

# %%
from random import Random

import numpy as np

from autograd import Value, gradient
from nn import MLP, Adam, binary_cross_entropy_with_logits, fit, make_moons

data = make_moons(60, noise=0.15, seed=0)


def eigenvalues(model):
    """Of the Hessian of the loss in all parameters: the gradient recorded, and each of its numbers swept again."""
    parameters = model.parameters()
    loss = binary_cross_entropy_with_logits(model(data.inputs), data.targets)
    slopes = gradient(loss, parameters, create_graph=True)
    zeros = [0.0] * len(parameters)  # of a dead unit the slope is the number 0
    rows = [gradient(slope, parameters) if isinstance(slope, Value) else zeros for slope in slopes]
    return loss.data, np.linalg.eigvalsh(np.array(rows))


# %% [markdown]
# 1. *Sharp in a few directions.* Wide in most: the loss hardly changes along those.  One that is below 0 says that
#    training was not quite at an end.

# %%
model = MLP(2, [6, 1], activation="tanh", initializer="xavier_uniform", rng=Random(0))
fit(model, data, binary_cross_entropy_with_logits, Adam(model.parameters(), lr=0.05), epochs=120, batch_size=60,
    compile=True)  # fmt: skip
loss, found = eigenvalues(model)
print(f"loss {loss:.4f}, eigenvalues from {found[0]:.4f} to {found[-1]:.4f}; {sum(abs(found) < 0.01)} of 25 below 0.01")

# %% [markdown]
# 2. *Rescaled.* relu(10 s)/10 = relu(s), so the function is the same and the largest eigenvalue is not: sharpness
#    alone says nothing.

# %%
model = MLP(2, [6, 1], initializer="kaiming_uniform", rng=Random(0))
fit(model, data, binary_cross_entropy_with_logits, Adam(model.parameters(), lr=0.05), epochs=120, batch_size=60,
    compile=True)  # fmt: skip
before = eigenvalues(model)
for neuron in model.layers[0].neurons:
    for p in neuron.parameters():
        p.data *= 10.0
for weight in model.layers[1].neurons[0].w:
    weight.data /= 10.0
after = eigenvalues(model)
print(f"loss {before[0]:.6f} and {after[0]:.6f}, largest eigenvalue {before[1][-1]:.3f} and {after[1][-1]:.3f}")
