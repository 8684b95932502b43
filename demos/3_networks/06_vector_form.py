# %% [markdown]
# # Backpropagation in vectors
# What a whole layer sends back fits on two lines: (1) ∂L/∂h of the layer below, (2) ∂L/∂W of its own weights.
#
# What to see: both computed with matrices, from the residuals at the top down to the first layer, and held against
# the graph; and that the same matrices may hold numbers or Values.
#
# Notes: 002 · Top layer, and formulas (1) and (2); 001 · Hidden layer.

# %%
from pathlib import Path
from random import Random

import matplotlib.pyplot as plt
import numpy as np

from autograd import Value, sigmoid, softmax
from nn import (
    MLP,
    Adam,
    binary_cross_entropy_with_logits,
    cross_entropy,
    fit,
    half_squared_loss,
    mse_loss,
    one_hot,
)
from nn.plots.axes import colour

OUT = Path("out")
OUT.mkdir(exist_ok=True)


def numbers(values):
    """The numbers of an array of Values."""
    return np.vectorize(lambda v: v.data, otypes=[float])(np.array(values, dtype=object))


# %% [markdown]
# ## The top layer: −e
# Three tasks, three heads: what the last activation and the loss are depends on what y is.  The derivative by the
# sums s below the head is the same in all three, ∂L/∂s = −(y − ŷ) = −e: what is missing is what comes back.
#
# | task | head | loss |
# |---|---|---|
# | regression | ŷ = s | ½‖y − ŷ‖² |
# | two classes | ŷ = σ(s) | −y log ŷ − (1 − y) log(1 − ŷ) |
# | several classes | ŷ = softmax(s) | −Σ yₖ log ŷₖ, y one-hot |

# %%
heads = {
    "regression": (lambda s: s, lambda s, y: half_squared_loss([s], [y]), [0.8, -0.4, 1.1], [1.0, 0.0, 0.5]),
    "two classes": (lambda s: [sigmoid(s[0])], binary_cross_entropy_with_logits, [0.8], [1.0]),
    "several classes": (softmax, lambda s, y: cross_entropy([s], [y]), [0.8, -0.4, 1.1], one_hot([0], 3)[0]),
}
top = {}
for task, (head, loss, numbers_below, y) in heads.items():
    s = [Value(number) for number in numbers_below]
    loss(s, y).backward()
    outputs, slopes = numbers(head(s)), [si.grad for si in s]
    top[task] = slopes, outputs - y
    print(f"{task:>15}: ŷ = {outputs.round(4)}, ŷ − y = {(outputs - y).round(4)}, ∂L/∂s = {np.round(slopes, 4)}")

# %% [markdown]
# Residuals as arrows: each sample pulls the curve to itself, with a force as long as its residual.

# %%
rng = Random(0)
xs = [-2.0 + 4.0 * i / 14 for i in range(15)]
ys = [np.sin(1.5 * x) + rng.gauss(0.0, 0.25) for x in xs]
model = MLP(1, [6, 1], activation="tanh", initializer="xavier_uniform", rng=Random(2))
figure, axes = plt.subplots(1, 2, figsize=(10, 3.8), sharey=True, layout="constrained")
lengths = []
for axis, epochs in zip(axes, (0, 150)):
    data = [[x] for x in xs], ys
    if epochs:
        fit(model, data, mse_loss, Adam(model.parameters(), lr=0.05), epochs=epochs, batch_size=15)
    outputs = model([[x] for x in xs])
    half_squared_loss(outputs, ys, reduction="sum").backward()
    pulls = [-output.grad for output in outputs]
    grid = np.linspace(-2.2, 2.2, 100)
    axis.plot(grid, numbers(model([[g] for g in grid])), color=colour(0), label="model s(x)")
    axis.quiver(xs, numbers(outputs), [0.0] * 15, pulls, angles="xy", scale_units="xy", scale=1.0, width=0.006,
                color=colour(1), label="−∂L/∂s = y − s")  # fmt: skip
    axis.plot(xs, ys, "o", color=colour(2), markersize=5, label="samples y")
    lengths.append(float(np.hypot.reduce(pulls)))
    axis.set(xlabel="x", title=f"after {epochs} epochs: ‖y − s‖ = {lengths[-1]:.2f}")
axes[0].set(ylabel="y", ylim=(-1.5, 2.1))
axes[0].legend(loc="upper left")
figure.savefig(OUT / "vector_form.png", dpi=110)

# %% [markdown]
# ## (1) and (2), from the top down
# With r′ the slopes of the units of layer l, written as a column:
#
# (1) ∂L/∂hₗ₋₁ᵀ = ∂L/∂hₗᵀ diag(r′) Wₗ     (2) ∂L/∂Wₗ = (r′ ⊙ ∂L/∂hₗ) hₗ₋₁ᵀ
#
# Both share r′ ⊙ ∂L/∂hₗ, which is the δ of the lecture.

# %%
model = MLP(4, [5, 3, 3], activation="tanh", rng=Random(1))
x, target = [0.5, -1.0, 2.0, 0.1], 2
W = [numbers(layer.weight) for layer in model.layers]
h = [np.array(x)]
for i, layer in enumerate(model.layers):
    sums = W[i] @ h[-1] + numbers(layer.bias)
    h.append(np.tanh(sums) if i < 2 else sums)
probabilities = np.exp(h[3]) / np.exp(h[3]).sum()

dh, by_hand = probabilities - np.array(one_hot([target], 3)[0]), {}
for i in (2, 1, 0):
    slope = 1.0 - h[i + 1] ** 2 if i < 2 else np.ones(3)
    by_hand[i] = np.outer(slope * dh, h[i])  # (2)
    dh = dh @ np.diag(slope) @ W[i]  # (1)

inputs = [Value(number) for number in x]
cross_entropy([model(inputs)], [target]).backward()
for i, layer in enumerate(model.layers):
    by_graph = np.array([[w.grad for w in row] for row in layer.weight])
    print(f"layer {i + 1}: ∂L/∂W is {by_hand[i].shape}, by hand − by graph {abs(by_hand[i] - by_graph).max():.0e}")
apart = abs(dh - np.array([v.grad for v in inputs])).max()
print(f"and at the bottom ∂L/∂x = {dh.round(4)}, off by {apart:.0e}")

# %% [markdown]
# ## Matrices of Values
# An array of NumPy may hold Values.  Then the formula of the notes, φ(Wh + b), is the program, and it is recorded.

# %%
weights = np.array([[Value(w) for w in row] for row in W[0]])
column = np.tanh(weights @ np.array(x))
loss = (column**2).sum()
loss.backward()
formula = 2.0 * h[1] * (1.0 - h[1] ** 2)  # the biases of this model are 0
print("∂L/∂W[0, :] =", np.array([w.grad for w in weights[0]]).round(5), "  formula:", (formula[0] * h[0]).round(5))

# %% [markdown]
# ## Exercises
# 1. Formula (1) may be written with ⊙ instead of diag: ∂L/∂hₗ₋₁ᵀ = (∂L/∂hₗᵀ ⊙ r′ᵀ) Wₗ.  Check it, and count the
#    multiplications of both for a layer of d units on c inputs.
# 2. For two classes the notes derive dL/ds = −(y − p) from the loss −(ys − log(1 + eˢ)).  Do it on paper, and check
#    it for y = 0 and 1, s = −3 … 3.
