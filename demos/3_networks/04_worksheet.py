# %% [markdown]
# # Backpropagation by hand: the 3-3-2 network
# Three inputs, one hidden layer of three units, two outputs: small enough to compute every δ with a pencil.
#
# What to see: the δ's three times, by the rules of the lecture in plain numbers, on the worksheet of the library, and
# in the recorded graph. They agree to the last digits.
#
# Notes: 004 · Non-linear regression via neural networks, with its names: z the hidden layer, y the output, t the
# target.

# %%
from pathlib import Path
from random import Random

import numpy as np

from autograd import Value, deltas, draw, explain
from nn import MLP, half_squared_loss

OUT = Path("out")
OUT.mkdir(exist_ok=True)

model = MLP(3, [3, 2], activation="sigmoid", output_activation="sigmoid", rng=Random(4))
x, t = [1.0, 0.5, -1.0], [0.0, 1.0]
print(model.summary())

# %% [markdown]
# ## Forward
# zⁱⁿ = W⁽¹⁾x + b⁽¹⁾ and z = φ(zⁱⁿ); yⁱⁿ = W⁽²⁾z + b⁽²⁾ and y = φ(yⁱⁿ).  In the lecture Wⱼₖ leads from unit j to unit
# k, so a sum over j goes down a column of W.

# %%
W1, W2 = (np.array([[w.data for w in row] for row in layer.weight]).T for layer in model.layers)
b1, b2 = (np.array([b.data for b in layer.bias]) for layer in model.layers)


def sigmoid(s):
    """1 / (1 + e⁻ˢ) of each number."""
    return 1.0 / (1.0 + np.exp(-s))


z = sigmoid(np.array(x) @ W1 + b1)
y = sigmoid(z @ W2 + b2)
error = 0.5 * sum((tk - yk) ** 2 for tk, yk in zip(t, y))
print("z =", z.round(4), " y =", y.round(4), f" E = {error:.6f}")

# %% [markdown]
# ## Backward, by the rules of the lecture
# * last layer: δ⁽²⁾ₖ = (yₖ − tₖ) φ′(yₖⁱⁿ)
# * below it: δ⁽¹⁾ₖ = (δ⁽²⁾₁ W⁽²⁾ₖ₁ + δ⁽²⁾₂ W⁽²⁾ₖ₂) φ′(zₖⁱⁿ): E knows z only through both outputs
# * both: ∂E/∂Wⱼₖ = δₖ · (what comes in from j), ∂E/∂bₖ = δₖ
#
# For the sigmoid φ′ = φ (1 − φ), so nothing new has to be computed.

# %%
delta2 = [(y[k] - t[k]) * y[k] * (1.0 - y[k]) for k in range(2)]
delta1 = [(delta2[0] * W2[k, 0] + delta2[1] * W2[k, 1]) * z[k] * (1.0 - z[k]) for k in range(3)]
by_hand = {"W2_31": delta2[0] * z[2], "W2_12": delta2[1] * z[0], "W1_21": delta1[0] * x[1], "b1_2": delta1[1]}
print("δ⁽²⁾ =", np.round(delta2, 6), " δ⁽¹⁾ =", np.round(delta1, 6))
print("the four derivatives of the lecture by hand:", {name: round(float(g), 6) for name, g in by_hand.items()})

# %% [markdown]
# ## The same from the graph, as a worksheet

# %%
inputs = [Value(number, label=f"x{j}") for j, number in enumerate(x, 1)]
outputs = model(inputs)
for k, output in enumerate(outputs, 1):
    output.label = f"y{k}"
E = half_squared_loss([outputs], [t])
E.label = "E"
E.backward()
sheet = deltas(E, model)
print(sheet)

# %%
first, last = (layer.neurons for layer in model.layers)
by_graph = {"W2_31": last[0].w[2], "W2_12": last[1].w[0], "W1_21": first[0].w[1], "b1_2": first[1].b}
apart = max(abs(by_hand[name] - leaf.grad) for name, leaf in by_graph.items())
apart = max(apart, *(abs(a - b) for a, b in zip([*delta1, *delta2], [*sheet[1].delta, *sheet[2].delta])))
print(f"by hand, by worksheet and by graph differ by {apart:.0e} at most")

# %% [markdown]
# Why is ∂E/∂W⁽¹⁾₂₁ a sum of two terms?  Two paths lead from it to E, one through each output.

# %%
print(explain(E, wrt=first[0].w[1], model=model))
print("the network is in", draw(E, OUT / "worksheet.svg", model=model))
print("its worksheet for a page of LaTeX begins:", sheet.latex()[:60], "…")

# %% [markdown]
# ## Exercises
# 1. Take a step θ ← θ − η ∇E by hand, with η = 1, and compute E again.  By how much did it fall, and by how much
#    should it for a small step, −η‖∇E‖²?
# 2. "Multi-layer neural network … left as an exercise."  Write δ⁽ˡ⁾ₖ for any number of layers as one loop from the
#    last layer to the first, and hold it against `deltas` for `MLP(3, [4, 3, 2])`.
