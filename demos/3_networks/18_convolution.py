# %% [markdown]
# # A convolutional network, in scalars
# A dense layer does not know that pixels have neighbours. A convolution looks at small patches, with the same few
# weights at each place.
#
# What to see: one written in ten lines, eight kernels of 3 × 3: with a sixth of the parameters the network is nearly
# as good as a dense one, and better on digits that are shifted.
#
# Notes: 003 · 2.1.1 Vector Operations (template matching), 5.2 Composition and Hidden Layers; beyond the notes:
# weights that are shared.

# %%
from functools import reduce
from pathlib import Path
from random import Random

import matplotlib.pyplot as plt

from autograd import Value, affine, maximum, no_grad, relu
from nn import (
    MLP,
    Adam,
    Dataset,
    Layer,
    Module,
    accuracy,
    cross_entropy,
    evaluate,
    fit,
    load_digits,
    train_validation_test_split,
)
from nn.plots.axes import of_signs, rows_of

OUT = Path("out")
OUT.mkdir(exist_ok=True)


# %% [markdown]
# ## The model
# At each of 6 × 6 places a patch of 3 × 3 pixels is matched with each kernel, s = ⟨kernel, patch⟩ + b: a template,
# moved over the image.  Of each 3 × 3 places only the largest answer is kept, so that a shift by a pixel matters
# less.


# %%
class Convolution(Module):
    """`kernels` templates of 3 × 3 on an image of 8 × 8, ReLU, then the maximum over 3 × 3: kernels × 2 × 2 numbers."""

    def __init__(self, kernels, rng):
        self.kernels = [[Value(rng.gauss(0.0, 0.4)) for _ in range(9)] for _ in range(kernels)]
        self.biases = [Value(0.0) for _ in range(kernels)]

    def maps(self, image):
        """The 6 × 6 answers of each kernel."""
        patches = [[image[8 * (i + k) + j + m] for k in range(3) for m in range(3)] for i in range(6) for j in range(6)]
        return [[relu(affine(kernel, patch, b)) for patch in patches] for kernel, b in zip(self.kernels, self.biases)]

    def forward(self, image):
        """The largest answers of each kernel."""
        return [
            reduce(maximum, [m[6 * (i + k) + j + n] for k in range(3) for n in range(3)])
            for m in self.maps(image)
            for i in (0, 3)
            for j in (0, 3)
        ]


class ConvolutionalNetwork(Module):
    """Convolution, and a dense layer for the ten classes; for a sample or a batch."""

    def __init__(self, rng):
        self.convolution = Convolution(8, rng)
        self.head = Layer(32, 10, activation="identity", initializer="kaiming_uniform", rng=rng)

    def forward(self, images):
        """Ten logits for an image, or for each of a batch."""
        if not isinstance(images[0], list):
            return self.head(self.convolution(images))
        return [self.head(self.convolution(image)) for image in images]


# %% [markdown]
# ## Training, beside a dense network

# %%
train, validation, test = train_validation_test_split(load_digits(scaled=True), 0.1, 0.2, seed=0, stratify=True)
shifted = Dataset([[v for row in rows_of(x, 8) for v in (0.0, *row[:7])] for x in test.inputs], test.targets)
models = {"convolutional": ConvolutionalNetwork(Random(0)),
          "dense, 64-32-10": MLP(64, [32, 10], initializer="kaiming_uniform", rng=Random(0))}  # fmt: skip
scores = {}
for name, model in models.items():
    fit(model, train, cross_entropy, Adam(model.parameters(), lr=0.01), epochs=60, compile=True)
    scores[name] = [
        evaluate(model, data, cross_entropy, {"accuracy": accuracy})["accuracy"] for data in (test, shifted)
    ]
    print(f"{name:>15}: {len(model.parameters()):4} parameters, held-out accuracy {scores[name][0]:.1%},"
          f" shifted by a pixel {scores[name][1]:.1%}")  # fmt: skip
sizes = [len(model.parameters()) for model in models.values()]

# %% [markdown]
# ## What the kernels look for
# The gradient of a kernel is the sum over all the places where it was used: one weight, 36 paths.

# %%
network = models["convolutional"]
image = test.inputs[0]
with no_grad():
    maps = [[v.data for v in m] for m in network.convolution.maps(image)]
figure, axes = plt.subplots(2, 9, figsize=(13, 3.4), layout="constrained")
axes[0, 0].imshow(list(rows_of(image, 8)), cmap="gray_r")
axes[0, 0].set_title(f"a {test.targets[0]}")
axes[1, 0].axis("off")
for k, (kernel, m) in enumerate(zip(network.convolution.kernels, maps)):
    weights = [w.data for w in kernel]
    limit = max(map(abs, weights))
    axes[0, k + 1].imshow(list(rows_of(weights, 3)), cmap=of_signs(), vmin=-limit, vmax=limit)
    axes[0, k + 1].set_title(f"kernel {k + 1}")
    axes[1, k + 1].imshow(list(rows_of(m, 6)), cmap="gray_r", vmin=0.0)
    axes[1, k + 1].set_title("its answers")
for axis in axes.flat:
    axis.set(xticks=[], yticks=[])
figure.savefig(OUT / "convolution.png", dpi=110)

# %% [markdown]
# ## Exercises
# 1. A convolution is a dense layer most of whose weights are 0 and the others shared.  Write one kernel as a 36 × 64
#    matrix: how many of its numbers are not 0, and how many different ones are there?
# 2. Show that the gradient of a shared weight is the sum over its places: give each place a kernel of its own with
#    the same numbers, and add up.
