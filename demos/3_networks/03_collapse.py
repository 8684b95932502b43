# %% [markdown]
# # Two linear layers are one
# A line of a line is a line: however many linear layers are stacked, one does as much.  You will see the two matrices
# multiplied into one, by numbers; then the smallest task that one linear layer cannot do, and a φ between two layers
# that can.
#
# Notes: 003 · 5.1, 5.2; 000, H = φ(XW + b) and its shapes.

# %%
from pathlib import Path
from random import Random

import matplotlib.pyplot as plt
import numpy as np

from autograd import no_grad
from nn import MLP, Adam, Linear, Sequential, fit, least_squares, make_xor, mse_loss, plots

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
# ## What one linear layer cannot do
# Exclusive or: 1 where just one of the inputs is 1.  The best linear model by least squares says ½ everywhere.

# %%
xor = make_xor()
weights = least_squares([[*x, 1.0] for x in xor.inputs], xor.targets)
print("the best line for xor has the weights", np.array(weights).round(12) + 0.0)

# %% [markdown]
# ## A bend in between
# With φ = tanh between them the layers no longer collapse, and two hidden units are enough.  They move the four
# points to where a line can part them: on the right the same samples, as the hidden layer sees them.

# %%
line = MLP(2, [2, 1], activation="identity", rng=Random(1))
bent = MLP(2, [2, 1], activation="tanh", rng=Random(1))
for model in (line, bent):
    history = fit(model, xor, mse_loss, Adam(model.parameters(), lr=0.05), epochs=300, batch_size=4)
    with no_grad():
        print([round(model(x).data, 3) for x in xor.inputs], f"loss {history['loss'][-1]:.1e}")
print(bent.summary())
losses = [mse_loss(model(xor.inputs), xor.targets).data for model in (line, bent)]

# %%
figure, axes = plt.subplots(1, 3, figsize=(13, 4), layout="constrained")
for axis, model, name in zip(axes, (line, bent), ("two linear layers", "tanh in between")):
    classifier = Sequential(model, lambda y: y - 0.5)
    plots.decision_boundary(classifier, xor, ax=axis).set_title(name)
with no_grad():
    hidden = [[h.data for h in bent.layers[0](x)] for x in xor.inputs]
top = Sequential(bent.layers[1], lambda y: y - 0.5)
plots.decision_boundary(top, (hidden, xor.targets), ax=axes[2]).set(title="the same, seen by the last layer")
axes[2].set(xlabel="h₁", ylabel="h₂")
figure.savefig(OUT / "collapse.png", dpi=110)

# %% [markdown]
# ## Exercises
# 1. Three linear layers collapse too.  Write A and c for W₃(W₂(W₁x + b₁) + b₂) + b₃, and check them.
# 2. A fully connected layer from c inputs to c′ units has a matrix and a bias vector.  The notes count (c′ + 1)·c
#    parameters; count those of `Linear(3, 5)` and say which count is right.
