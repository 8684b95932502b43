# %% [markdown]
# # The dot product looks for a template
# ⟨w, x⟩ is largest, among vectors x of one length, for the x that points where w points.
# What to see: ten mean digits as templates tell nearly nine digits of ten, without any training; a mask is a Hadamard
# product; a batch of matrix products is one call.
#
# Notes: 003 · 2.1 Linear Algebra (dot product, template matching, Hadamard, batched products).

# %%
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import LinearSegmentedColormap

from autograd import COLOURS, Value, dot, grad
from nn import load_digits

plt.rc("axes", prop_cycle=plt.cycler(color=COLOURS["series"]))

digits = load_digits(scaled=True)
images, classes = np.array(digits.inputs), np.array(digits.targets)
train, test = slice(0, 1000), slice(1000, None)

# %% [markdown]
# A template is the mean of the training images of a digit, scaled to length 1. The images are scaled to length 1 as
# well, so a score ⟨w, x⟩ is the cosine of the angle between template and image: 1 if they are the same.


# %%
def unit(vectors):
    """Scaled to length 1."""
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


templates = unit(np.array([images[train][classes[train] == digit].mean(axis=0) for digit in range(10)]))
scores = unit(images[test]) @ templates.T  # a matrix product: all dot products of rows with rows
right = float(np.mean(scores.argmax(axis=1) == classes[test]))
print(f"{right:.1%} of {len(scores)} digits are most like the template of their own kind")
print(f"a template's score with itself: {templates[3] @ templates[3]:.4f}")

# %% [markdown]
# Templates that can be adapted are weights: the derivative of a score by the weights is the image. To raise a score,
# add some of the image to the template. That is all that the learning of a linear model does.

# %%
x = unit(images[1000]).tolist()
by_w = grad(lambda w: dot(w, x))(templates[3].tolist())
print("∂⟨w, x⟩/∂w = x:", by_w == x)
w = np.array([Value(0.5, label="w1"), Value(-1.0, label="w2")])
score = np.array([[2.0, 1.0], [0.0, 3.0]]) @ w  # NumPy's matrix product, of Values
score[1].backward()
print("through a matrix product of NumPy:", [value.grad for value in w])

# %% [markdown]
# The Hadamard product multiplies entry by entry. With a matrix of zeros and ones it is a mask: this one hides the lower
# half of every image.

# %%
mask = np.repeat([1.0, 0.0], 32)
masked_scores = unit(images[test] * mask) @ unit(templates * mask).T
half_right = float(np.mean(masked_scores.argmax(axis=1) == classes[test]))
print(f"from the upper half alone: {half_right:.1%}")

# %% [markdown]
# Batched: Z ~ (n, a, c) with Zᵢ = Xᵢ·Yᵢ, a matrix product for each i.

# %%
X, Y = images[:6].reshape(6, 8, 8), images[6:12].reshape(6, 8, 8)
Z = X @ Y
print(f"X ~ {X.shape}, Y ~ {Y.shape}, Z ~ {Z.shape}; Z₂ = X₂·Y₂: {np.allclose(Z[2], X[2] @ Y[2])}")

# %%
sizes = LinearSegmentedColormap.from_list("sizes", COLOURS["diverging"][2:])
shown = 1000 + int(np.flatnonzero(classes[test] == 4)[0])
figure = plt.figure(figsize=(11, 4.6), layout="constrained")
grid = figure.add_gridspec(2, 11, height_ratios=[1, 2.2])
for digit in range(10):
    panel = figure.add_subplot(grid[0, digit + 1])
    panel.imshow(templates[digit].reshape(8, 8), cmap=sizes)
    panel.set(title=f"w of {digit}", xticks=[], yticks=[])
panel = figure.add_subplot(grid[0, 0])
panel.imshow(images[shown].reshape(8, 8), cmap=sizes)
panel.set(title="x", xticks=[], yticks=[])
bars = figure.add_subplot(grid[1, :])
score = scores[shown - 1000]
bars.bar(range(10), score, color=[COLOURS["series"][int(digit == score.argmax())] for digit in range(10)])
bars.set(
    xlabel="template w", ylabel="⟨w, x⟩", title="The scores of x, the largest in orange", xticks=range(10), ylim=(0, 1)
)
Path("out").mkdir(exist_ok=True)
figure.savefig(Path("out") / "dot_product.png", dpi=110)
print("templates and scores are drawn in", Path("out") / "dot_product.png")

# %% [markdown]
# ## Exercises
# 1. Leave out the scaling to length 1, of templates and of images. Which digit is answered too often, and why?
# 2. Which two templates are most alike? Is that the pair that is confused most often?
