# %% [markdown]
# # What a linear model cannot do
# Exclusive or has four points, and no line parts them. One hidden layer moves the points so that a line does.
# What to see: the best linear model is right in three of four; the hidden units place the points anew, and there a line
# is enough.
#
# Notes: 003 · 5.1 The Limitations of Linear Models.

# %%
from pathlib import Path
from random import Random

import matplotlib.pyplot as plt
import numpy as np

from autograd import COLOURS
from nn import MLP, Adam, Linear, binary_cross_entropy_with_logits, fit, make_xor, plots

plt.rc("axes", prop_cycle=plt.cycler(color=COLOURS["series"]))

# %% [markdown]
# The notes' bank: a score w1·income + w2·age + b changes by w1·income when the income doubles, whoever the client is.
# "An income of 1500 is low, except if the age is below 30" cannot be said in this way: it needs the two together.
#
# XOR is that in its smallest form: the answer is 1 if exactly one of two things is true.

# %%
data = make_xor()
linear = Linear(2, 1, rng=Random(0))
optimizer = Adam(linear.parameters(), lr=0.1)
history = fit(linear, data, binary_cross_entropy_with_logits, optimizer, epochs=300, batch_size=4)
best_line = history["loss"][-1]
print(f"linear model: loss {best_line:.4f}, that of p = ½ for all, log 2 = {np.log(2.0):.4f}")
print("its weights:", [round(p.data, 4) + 0.0 for p in linear.parameters()])

# %% [markdown]
# Is there no better line, or was it not found? All lines of a fine grid of directions and places are tried:

# %%
points, labels = np.array(data.inputs), np.array(data.targets)
most = 0
for angle in np.linspace(0.0, 2 * np.pi, 181):
    scores = points @ [np.cos(angle), np.sin(angle)]
    for place in np.linspace(-1.5, 1.5, 61):
        most = max(most, int(((scores > place) == labels).sum()))
print(f"of {181 * 61} lines none has more than {most} of 4 right")

# %% [markdown]
# Two hidden units, h = tanh(Wx + b), and a linear model of h.

# %%
network = MLP(2, [2, 1], activation="tanh", initializer="xavier_uniform", rng=Random(3))
optimizer = Adam(network.parameters(), lr=0.1)
history = fit(network, data, binary_cross_entropy_with_logits, optimizer, epochs=300, batch_size=4)
hidden = network.layers[0](data.inputs)
moved = [[float(unit.data) for unit in sample] for sample in hidden]
right = sum((network(x).data > 0.0) == bool(t) for x, t in data)
print(f"with a hidden layer: loss {history['loss'][-1]:.4f}, {right} of 4 right")
for x, h, t in zip(data.inputs, moved, data.targets):
    print(f"  x = {x} → h = ({h[0]:6.3f}, {h[1]:6.3f}), class {t}")

# %%
figure, panels = plt.subplots(1, 3, figsize=(13.5, 4.2), layout="constrained")
for p, value in zip(linear.parameters(), (1.0, 1.0, -0.5)):  # a line that is as good as any
    p.data = value
plots.decision_boundary(linear, data, ax=panels[0])
panels[0].set_title(f"x1 + x2 = ½, as good as any line: {most} of 4")
plots.decision_boundary(network, data, ax=panels[1])
panels[1].set_title(f"Two hidden units: {right} of 4")
plots.decision_boundary(network.layers[1], (moved, data.targets), ax=panels[2])
panels[2].set(title="The same, seen by the output layer", xlabel="h1", ylabel="h2")
for panel in panels:
    panel.legend(loc="center right", fontsize="small")
Path("out").mkdir(exist_ok=True)
figure.savefig(Path("out") / "limits.png", dpi=110)
print("the three planes are drawn in", Path("out") / "limits.png")

# %% [markdown]
# ## Exercises
# 1. A linear model with the feature x1·x2 beside x1 and x2 can do XOR. Which weights, by hand?
# 2. Leave out the activation (`activation="identity"`). Why do 2 or 200 hidden units not help?
