# %% [markdown]
# # Two linear layers are one
# A line of a line is a line: however many linear layers are stacked, one does as much.
#
# What to see: two matrices multiplied into one, by numbers; and a hundred networks before any training, straight
# without a φ between their layers and bent with one.
#
# Notes: 003 · 5.2 Composition and Hidden Layers; 000 · Multi-layer perceptron (MLP), shapes.

# %%
from pathlib import Path
from random import Random

import matplotlib.pyplot as plt
import numpy as np

from autograd import no_grad
from nn import MLP, Linear, Sequential
from nn.plots.axes import colour

OUT = Path("out")
OUT.mkdir(exist_ok=True)


def matrix(rows):
    """The numbers of rows of Values."""
    return np.array([[value.data for value in row] for row in rows])


# %% [markdown]
# ## The collapse, by numbers
# h = W₁x + b₁ and y = w₂ᵀh + b₂ give y = (w₂ᵀW₁) x + (w₂ᵀb₁ + b₂) = Ax + c.

# %%
two = Sequential(Linear(3, 5, rng=Random(0)), Linear(5, 1, rng=Random(1)))
W1, b1 = matrix(two[0].weight), matrix([two[0].bias])[0]
w2, b2 = matrix(two[1].weight), matrix([two[1].bias])[0]
A, c = w2 @ W1, w2 @ b1 + b2
one = Linear(3, 1)
one.load_state_dict({**{f"neurons.0.w.{j}": A[0, j] for j in range(3)}, "neurons.0.b": c[0]})

rng = Random(2)
inputs = [[rng.gauss(0.0, 1.0) for _ in range(3)] for _ in range(100)]
with no_grad():
    apart = max(abs(p.data - q.data) for p, q in zip(two(inputs), one(inputs)))
print("W₁ is", W1.shape, " w₂ᵀ is", w2.shape, " A = w₂ᵀW₁ is", A.shape, "=", A.round(4), " c =", c.round(4))
print(f"{len(two.parameters())} parameters or {len(one.parameters())}: over 100 inputs they differ by {apart:.0e}")

# %% [markdown]
# ## A bend in between
# With φ between them the layers no longer collapse.  A hundred networks 1-8-8-1, as they are drawn before any
# training: with φ = identity all are straight lines, with tanh or ReLU they are curves, and training may choose
# among them.


# %%
def bend(activation, seed):
    """How far a network of random weights is from the line through its ends, and its outputs."""
    rng = Random(seed)
    model = MLP(1, [8, 8, 1], activation=activation, initializer=wide, rng=rng)
    for layer in model.layers:
        for b in layer.bias:
            b.data = rng.gauss(0.0, 1.0)
    with no_grad():
        ys = [y.data for y in model([[x] for x in xs])]
    return max(abs(y - (ys[0] + (ys[-1] - ys[0]) * (x + 2.0) / 4.0)) for x, y in zip(xs, ys)), ys


def wide(fan_in, _fan_out, rng):
    """Weights of spread 2/√fan_in, so that tanh bends."""
    return rng.gauss(0.0, 2.0 / fan_in**0.5)


xs = [-2.0 + i / 20 for i in range(81)]
figure, axes = plt.subplots(1, 3, figsize=(13, 3.8), sharey=True, layout="constrained")
bends = {}
for axis, name in zip(axes, ("identity", "tanh", "relu")):
    found = [bend(name, seed) for seed in range(100)]
    bends[name] = sorted(far for far, _ in found)[50]
    for seed in range(8):
        axis.plot(xs, found[seed][1], color=colour(seed), linewidth=1.4)
    axis.set(title=f"φ = {name}: {bends[name]:.2f} from a line", xlabel="x", ylim=(-8, 8))
    print(f"φ = {name:>8}: the median network is {bends[name]:.1e} from a straight line")
axes[0].set_ylabel("output")
figure.savefig(OUT / "collapse.png", dpi=110)

# %% [markdown]
# ## Layers and their shapes
# Each layer is a matrix and a bias vector; for a batch X with a row for each sample, H = φ(XW + b), W = `weight`
# turned over.  The first sizes must fit, the widths in between are free: they are hyper-parameters.

# %%
model = MLP(3, [4, 3, 2], activation="tanh", rng=Random(0))
print(model.summary())
H, shapes = np.array([[0.5, -1.0, 2.0], [1.0, 0.0, -1.0]]), [(2, 3)]
for layer in model.layers:
    W, b = matrix(layer.weight).T, matrix([layer.bias])
    H = H @ W + b if layer is model.layers[-1] else np.tanh(H @ W + b)
    shapes.append(H.shape)
    print(f"W is {W.shape}, b is {b.shape}, H is {H.shape}")
with no_grad():
    same = np.allclose(H, matrix(model([[0.5, -1.0, 2.0], [1.0, 0.0, -1.0]])), rtol=1e-12)
print("the matrices give what the model gives:", same)

# %% [markdown]
# ## Exercises
# 1. Three linear layers collapse too.  Write A and c for W₃(W₂(W₁x + b₁) + b₂) + b₃, and check them.
# 2. A fully connected layer from c inputs to c′ units has a matrix and a bias vector.  The notes count (c′ + 1)·c
#    parameters; count those of `Linear(3, 5)` and say which count is right.
