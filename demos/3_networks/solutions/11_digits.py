# %% [markdown]
# # Handwritten digits: solutions

# %%
from random import Random

from nn import MLP, Adam, Dataset, accuracy, cross_entropy, evaluate, fit, load_digits, train_validation_test_split

train, _, test = train_validation_test_split(load_digits(scaled=True), 0.1, 0.2, seed=0, stratify=True)


def trained(sizes):
    """A trained network."""
    model = MLP(64, sizes, initializer="kaiming_uniform", rng=Random(0))
    fit(model, train, cross_entropy, Adam(model.parameters(), lr=5e-3), epochs=25, compile=True)
    return model


def score(model, data):
    """Its accuracy."""
    return evaluate(model, data, cross_entropy, {"accuracy": accuracy})["accuracy"]


# %% [markdown]
# 1. *Without the hidden layer.* A template for each class is not much worse: the digits are centred, and of one size.

# %%
network, linear = trained([32, 10]), trained([10])
print(f"64-32-10: {score(network, test):.1%}, 64-10: {score(linear, test):.1%}")

# %% [markdown]
# 2. *One pixel to the right.* Each weight belongs to one pixel, and nothing says that neighbours are neighbours.
#    Convolutions do.

# %%
shifted = [[pixel for row in range(8) for pixel in (0.0, *x[8 * row : 8 * row + 7])] for x in test.inputs]
print(f"shifted by a pixel: {score(network, Dataset(shifted, test.targets)):.1%}")
