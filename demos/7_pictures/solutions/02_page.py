# %% [markdown]
# # Stepping through backpropagation: solutions

# %%
from pathlib import Path
from random import Random

from autograd import Value, deltas, to_html
from nn import MLP, half_squared_loss

OUT = Path("out")

# %% [markdown]
# 1. *Predicted.* The adjoint of a hidden neuron's sum is the adjoint of y, times the weight in between, times 1 − h².

# %%
model = MLP(2, [2, 1], activation="tanh", rng=Random(3))
for x1 in (1.0, 3.0):
    h = [neuron([x1, -2.0]).data for neuron in model.layers[0].neurons]
    y = model([x1, -2.0]).data
    adjoints = [2.0 * (y - 1.0) * w.data * (1.0 - hk * hk) for w, hk in zip(model.layers[1].neurons[0].w, h)]
    print(f"x1 = {x1:g}: y = {y:.4f}, adjoints of the sums {[round(a, 4) for a in adjoints]}")

# %% [markdown]
# 2. *The 3-3-2 network.* The δ's stand in the boxes of the sums; `deltas` gives the same numbers.

# %%
model = MLP(3, [3, 2], activation="sigmoid", output_activation="sigmoid", rng=Random(4))
outputs = model([Value(1.0, label="x1"), Value(0.5, label="x2"), Value(-1.0, label="x3")])
E = half_squared_loss([outputs], [[0.0, 1.0]])
E.label = "E"
E.backward()
sheet = deltas(E, model)
print("the page is in", to_html(E, OUT / "page_3_3_2.html", model=model, title="The 3-3-2 network"))
print("δ⁽²⁾ =", [round(d, 6) for d in sheet[2].delta])
print("δ⁽¹⁾ =", [round(d, 6) for d in sheet[1].delta])
