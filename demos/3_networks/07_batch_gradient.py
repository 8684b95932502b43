# %% [markdown]
# # The gradient of a batch
# The loss of a data set is the mean of the losses of its samples, so its gradient is the mean of their gradients.
#
# What to see: the sum done sample by sample, by one sweep over the whole batch, and by one product of matrices, the
# exercise that the notes leave.
#
# Notes: 001 · Backpropagation Gradients ("Recall that the total loss …"); 004 · Lecture 3, E(θ) = (1/N) Σ E⁽ⁱ⁾(θ).

# %%
from pathlib import Path
from random import Random

import matplotlib.pyplot as plt
import numpy as np

from nn import MLP, make_moons, mse_loss
from nn.plots.axes import colour

OUT = Path("out")
OUT.mkdir(exist_ok=True)

data = make_moons(32, noise=0.1, seed=0)
X, y = np.array(data.inputs), np.array(data.targets)
model = MLP(2, [4, 1], activation="tanh", rng=Random(0))
parameters = model.parameters()


def gradient(inputs, targets):
    """∇ of the loss of these samples, as one vector."""
    model.zero_grad()
    mse_loss(model(inputs), targets).backward()
    return np.array([p.grad for p in parameters])


# %% [markdown]
# ## Sample by sample, and all at once

# %%
each = np.array([gradient([x], [t]) for x, t in zip(data.inputs, data.targets)])
batch = gradient(data.inputs, data.targets)
print("mean of 32 gradients = gradient of the batch:", np.allclose(each.mean(axis=0), batch, rtol=1e-12, atol=1e-15))

# %% [markdown]
# Since leaves accumulate, `backward()` of each sample without `zero_grad()` in between adds the gradients up as well.
# That is how a batch is worked off that is too large to be recorded at once.

# %%
model.zero_grad()
for x, t in zip(data.inputs, data.targets):
    (mse_loss(model([x]), [t]) / len(data.inputs)).backward()
accumulated = np.array([p.grad for p in parameters])
print("accumulated over 32 calls of backward():", np.allclose(accumulated, batch, rtol=1e-12, atol=1e-15))

# %% [markdown]
# ## As matrices
# With a row for each sample, H = φ(XW + b), and Δ the derivatives by the sums, the whole batch is
# ∇W = Hᵀ Δ / N: the product adds the outer products hᵢ δᵢᵀ of all samples up.  No tensor, and no loop over samples.

# %%
first, last = model.layers
W1, b1 = np.array([[w.data for w in row] for row in first.weight]).T, np.array([b.data for b in first.bias])
W2, b2 = np.array([[w.data for w in row] for row in last.weight]).T, last.bias[0].data
H = np.tanh(X @ W1 + b1)  # 32 × 4
outputs = H @ W2 + b2  # 32 × 1
delta2 = 2.0 * (outputs - y[:, None])
delta1 = (delta2 @ W2.T) * (1.0 - H**2)
dW1, dW2, db1, db2 = X.T @ delta1 / 32, H.T @ delta2 / 32, delta1.mean(axis=0), delta2.mean(axis=0)
gradient(data.inputs, data.targets)
by_graph = np.array([[w.grad for w in row] for row in first.weight]).T
print("X", X.shape, " H", H.shape, " Δ⁽¹⁾", delta1.shape, " ∇W⁽¹⁾ = XᵀΔ⁽¹⁾/N", dW1.shape)
print("∇W⁽¹⁾ by matrices = by graph:", np.allclose(dW1, by_graph, rtol=1e-12, atol=1e-15))

# %% [markdown]
# ## What a sample wants, and what all want
# The gradients of single samples point to many sides and cancel in part, so their mean is shorter.  Here by two of
# the weights.

# %%
figure, axis = plt.subplots(figsize=(6, 5), layout="constrained")
axis.quiver([0.0] * 32, [0.0] * 32, each[:, 0], each[:, 1], angles="xy", scale_units="xy", scale=1, color=colour(0),
            width=0.004, alpha=0.6, label="of one sample")  # fmt: skip
axis.quiver(0, 0, batch[0], batch[1], angles="xy", scale_units="xy", scale=1, color=colour(1), width=0.012,
            label="of the batch: their mean")  # fmt: skip
limit = 1.1 * abs(each[:, :2]).max()
axis.set(xlabel="∂L/∂W₁₁", ylabel="∂L/∂W₂₁", title="32 gradients and their mean")
axis.set(xlim=(-limit, limit), ylim=(-limit, limit))
axis.legend()
figure.savefig(OUT / "batch_gradient.png", dpi=110)
lengths = np.linalg.norm(each, axis=1)
print(f"length of the gradients: of a sample {lengths.mean():.3f} on average, of the batch {np.linalg.norm(batch):.3f}")

# %% [markdown]
# ## Exercises
# 1. Is the gradient of the batch longest, shortest or in between, compared with those of its samples?  Why can it
#    never be longer than the longest?
# 2. Add an L2 penalty of 0.01 to the loss.  Is the penalty a matter of the sample or of the batch?  Show that adding
#    it to each sample's loss, or once to the mean, gives the same gradient, and once to the sum another one.
