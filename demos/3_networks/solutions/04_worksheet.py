# %% [markdown]
# # Backpropagation by hand: solutions

# %%
from random import Random

import numpy as np

from autograd import deltas
from nn import MLP, half_squared_loss

# %% [markdown]
# 1. *A step downhill.* The slope promises −η‖∇E‖²; over a whole step the slope itself changes, so E falls by a little
#    less.

# %%
model = MLP(3, [3, 2], activation="sigmoid", output_activation="sigmoid", rng=Random(4))
x, t = [1.0, 0.5, -1.0], [0.0, 1.0]
E = half_squared_loss([model(x)], [t])
E.backward()
promised = sum(p.grad**2 for p in model.parameters())
for eta in (1.0, 0.1, 0.01):
    before = model.state_dict()
    for p in model.parameters():
        p.data -= eta * p.grad
    fell = E.data - half_squared_loss([model(x)], [t]).data
    print(f"η = {eta:g}: E fell by {fell:.6f}, promised {eta * promised:.6f}, ratio {fell / (eta * promised):.4f}")
    model.load_state_dict(before)

# %% [markdown]
# 2. *Any number of layers.* δ⁽ˡ⁾ = (W⁽ˡ⁺¹⁾ δ⁽ˡ⁺¹⁾) ⊙ φ′(s⁽ˡ⁾), W with a row for each unit j of layer l.  The last
#    layer of this network is linear, φ′ = 1; for tanh φ′ = 1 − h².

# %%
model = MLP(3, [4, 3, 2], activation="tanh", rng=Random(5))
W = [np.array([[w.data for w in row] for row in layer.weight]).T for layer in model.layers]
h = [np.array(x)]
for i, layer in enumerate(model.layers):
    s = h[-1] @ W[i] + np.array([b.data for b in layer.bias])
    h.append(np.tanh(s) if i < 2 else s)
delta = h[-1] - np.array(t)
found = {3: delta}
for i in (2, 1):
    delta = (W[i] @ delta) * (1.0 - h[i] ** 2)
    found[i] = delta
sheet = deltas(half_squared_loss([model(x)], [t]), model)
for i in (3, 2, 1):
    print(f"layer {i}: by the loop {found[i].round(6)}, on the worksheet {np.round(sheet[i].delta, 6)}")
