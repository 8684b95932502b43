# %% [markdown]
# # A spiral of three classes: solutions

# %%
import math
from random import Random

from nn import MLP, Adam, Dataset, accuracy, cross_entropy, evaluate, fit, make_spirals, random_split


def accuracy_of(model, data, epochs=150):
    """Held-out accuracy after training."""
    train, test = random_split(data, [2 / 3, 1 / 3], seed=0)
    fit(model, train, cross_entropy, Adam(model.parameters(), lr=0.02), epochs=epochs, batch_size=50, compile=True)
    return evaluate(model, test, cross_entropy, {"accuracy": accuracy})["accuracy"]


# %% [markdown]
# 1. *Features that unwind the spiral.* Turned back by 2πr, each arm is a ray, and lines part three rays.  What took a
#    hidden layer is in the features now.

# %%
spirals = make_spirals(450, n_arms=3, noise=0.03, seed=0)
unwound = []
for x, y in spirals.inputs:
    r, angle = math.hypot(x, y), math.atan2(y, x)
    unwound.append([r, math.cos(angle - 2 * math.pi * r), math.sin(angle - 2 * math.pi * r)])
data = Dataset(unwound, spirals.targets)
print(f"linear, on unwound features: {accuracy_of(MLP(3, [3], rng=Random(0)), data):.0%}")

# %% [markdown]
# 2. *Twice as far.* The arms are nearer to each other, so the boundary must bend more: inputs on a larger scale, more
#    units, or more epochs.

# %%
far = make_spirals(450, n_arms=3, noise=0.03, seed=0, turns=2.0)
larger = Dataset([[4.0 * x for x in row] for row in far.inputs], far.targets)
options = {"activation": "tanh", "initializer": "xavier_uniform"}
print(f"as before: {accuracy_of(MLP(2, [24, 24, 3], **options, rng=Random(0)), far):.0%}")
print(f"inputs times 4: {accuracy_of(MLP(2, [24, 24, 3], **options, rng=Random(0)), larger):.0%}")
print(f"and three times the epochs: {accuracy_of(MLP(2, [24, 24, 3], **options, rng=Random(0)), larger, 450):.0%}")
