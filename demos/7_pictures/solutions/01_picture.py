# %% [markdown]
# # A network in one picture: solutions

# %%
from pathlib import Path
from random import Random

from autograd import Value, draw, explain, topological_order
from nn import MLP

OUT = Path("out")

# %% [markdown]
# 1. *Two paths.* From x₂ through each hidden neuron: weight, slope of the ReLU, weight.

# %%
model = MLP(2, [2, 1], rng=Random(4))
x1, x2 = Value(1.0, label="x₁"), Value(-2.0, label="x₂")
prediction = model([x1, x2])
prediction.label = "ŷ"
prediction.backward()
print(explain(prediction, wrt=x2, model=model))
hidden, output = model.layers[0].neurons, model.layers[1].neurons[0]
by_hand = sum(h.w[1].data * float(h([1.0, -2.0]).data > 0.0) * w.data for h, w in zip(hidden, output.w))
print(f"by hand {by_hand:.6f}, grad of x₂ {x2.grad:.6f}")

# %% [markdown]
# 2. *Larger networks.* Above 200 nodes a graph is summed up by its modules: there is a box for each layer, and the
#    file becomes small again.

# %%
for width in (10, 20, 40, 200):
    model = MLP(2, [width, 1], rng=Random(0))
    y = model([Value(1.0), Value(-2.0)])
    file = draw(y, OUT / f"picture_{width}_units.svg", model=model)
    nodes = len(topological_order(y))
    print(f"{width:3} hidden units: {nodes:4} nodes, {file.stat().st_size:,} bytes in {file}")
