# %% [markdown]
# # The third-order tensor that nobody builds
# The derivative of a vector by a matrix is a tensor with three indices, and yet no program for networks has one.
#
# What to see: the tensor as numbers, most of them 0; contracted, it is the short formula that the notes leave as an
# exercise, ∇W = h ∇z, an outer product.
#
# Notes: 001 · Backpropagation Gradients, Output layer and Hidden layer.

# %%
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from autograd import grad, jacobian, sigmoid, softmax
from nn import cross_entropy
from nn.plots.axes import of_signs

OUT = Path("out")
OUT.mkdir(exist_ok=True)

# %% [markdown]
# ## First the matrices: ∂h/∂z
# Elementwise σ gives a diagonal matrix, diag(σ(1 − σ)).  In softmax every output depends on every logit, through
# the sum below: diag(ŷ) − ŷŷᵀ.  Its rows add up to 0, as the probabilities go on adding up to 1.

# %%
z = [1.0, 2.0, -0.5]
s, y = np.array([sigmoid(zi) for zi in z]), np.array(softmax(z))
by_graph = {"σ": np.array(jacobian(lambda z: [sigmoid(zi) for zi in z])(z)), "softmax": np.array(jacobian(softmax)(z))}
by_formula = {"σ": np.diag(s * (1.0 - s)), "softmax": np.diag(y) - np.outer(y, y)}
for name in by_graph:
    print(f"{name}:\n{by_graph[name].round(4)}\nformula − graph: {abs(by_formula[name] - by_graph[name]).max():.0e}")

# %% [markdown]
# ## The third-order tensor
# z = Wᵀh has c numbers, W has N × c: ∂z/∂W is c × N × c.  Slice k has h in column k and zeros elsewhere, as zₖ knows
# column k of W only.

# %%
h = np.array([0.5, -1.0, 2.0, 1.0])
W = np.array([[0.1, 0.2, -0.3], [0.4, -0.5, 0.6], [0.7, 0.1, 0.0], [-0.2, 0.3, 0.5]])
tensor = np.array(jacobian(lambda W: np.array(W).T @ h)(W))
print("∂z/∂W has the shape", tensor.shape, f"and {np.count_nonzero(tensor)} of {tensor.size} numbers are not 0")
print("slice 2, ∂z₂/∂W:\n", tensor[1])

# %% [markdown]
# Multiply it from the left with the row ∇z of a loss, ∇W = Σₖ ∇zₖ · (slice k): column k of the sum is ∇zₖ h.  That is
# the outer product h ∇z, with no tensor at all.  So a layer never needs more room than its W.

# %%
target = 2
dz = np.array(grad(lambda z: cross_entropy([z], [target]))(list(W.T @ h)))
contracted = sum(dz[k] * tensor[k] for k in range(3))
outer = np.outer(h, dz)
by_graph_W = np.array(grad(lambda W: cross_entropy([list(np.array(W).T @ h)], [target]))(W))
print("∇W, tensor contracted = outer product:", np.allclose(contracted, outer, rtol=1e-14, atol=0.0))
print("∇W, outer product = graph:", np.allclose(outer, by_graph_W, rtol=1e-12))
print("∇z = ŷ − y =", dz.round(4))

# %%
figure, axes = plt.subplots(1, 5, figsize=(12, 3.6), layout="constrained")
shown = [*(dz[k] * tensor[k] for k in range(3)), outer]
limit = 1.5 * max(abs(m).max() for m in shown)
titles = [*(f"∇z{k}·slice {k}" for k in (1, 2, 3)), "their sum = h ∇z"]
places = (axes[0], axes[1], axes[2], axes[4])
for axis, m, title in zip(places, shown, titles):
    axis.imshow(m, cmap=of_signs(), vmin=-limit, vmax=limit)
    axis.set(title=title, xticks=range(3), xticklabels=(1, 2, 3), yticks=range(4), yticklabels=(1, 2, 3, 4))
    axis.set(xlabel="unit k", ylabel="input j")
    for (row, column), number in np.ndenumerate(m):
        axis.text(column, row, f"{number:.2f}".replace("-0.00", "0.00"), ha="center", va="center", fontsize=8)
axes[3].axis("off")
axes[3].text(0.5, 0.5, "added up =", ha="center", va="center", fontsize=13)
figure.savefig(OUT / "outer_product.png", dpi=110)

# %% [markdown]
# ## Exercises
# 1. The notes write the slope of ReLU as diag(σ(z) ⊘ σ(z)), elementwise division.  Where does that go wrong in
#    numbers, and what does the engine do there?
# 2. Show the same for the input of the layer: ∂z/∂h = Wᵀ, so ∇h = ∇z Wᵀ.  And what is ∂z/∂w₀ for the bias?
