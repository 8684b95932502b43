# %% [markdown]
# # A neuron by hand
# A neuron does two things: ① it weighs its inputs and adds a bias, s = ⟨w, x⟩ + b, ② it bends the sum, h = φ(s).
#
# What to see: both done with plain numbers, then the chain rule by hand, and then the same from the recorded graph,
# to the last digit.
#
# Notes: 002 · Multi-layer perceptron, ① and ②; 003 · 5.4 Activation Functions (the neuron as a threshold).

# %%
import math
from pathlib import Path
from random import Random

import matplotlib.pyplot as plt

from autograd import Value, draw, explain
from nn import Neuron, Sigmoid, plots

OUT = Path("out")
OUT.mkdir(exist_ok=True)

x, w, b = [1.0, -2.0, 0.5], [0.4, -0.1, 1.0], -0.2

# %% [markdown]
# ## Forward, by hand

# %%
s = sum(wj * xj for wj, xj in zip(w, x)) + b
h = math.tanh(s)
print(f"① s = 0.4·1 + (−0.1)·(−2) + 1·0.5 − 0.2 = {s:.4f}")
print(f"② h = tanh(s) = {h:.4f}")

# %% [markdown]
# ## Backward, by hand
# h depends on wⱼ through s only, so the chain rule has two factors: ∂h/∂wⱼ = φ′(s) · xⱼ.  For tanh, φ′(s) = 1 − h².
# An input that is 0 gives its weight no gradient; a sum far from 0, where tanh is flat, gives none to any of them.

# %%
slope = 1.0 - h * h
by_hand = [slope * xj for xj in x]
print(f"φ′(s) = 1 − h² = {slope:.4f}")
print("∂h/∂w by hand =", [round(g, 4) for g in by_hand], f"  ∂h/∂b = {slope:.4f}")

# %% [markdown]
# ## The same neuron as a module
# `Neuron` records two nodes of the graph, one for each step, however many inputs it has.

# %%
neuron = Neuron(3, activation="tanh", rng=Random(0))
neuron.load_state_dict({"w.0": w[0], "w.1": w[1], "w.2": w[2], "b": b})
output = neuron([Value(xj, label=f"x{j}") for j, xj in enumerate(x, 1)])
output.label = "h"
output.backward()
by_graph = [p.grad for p in neuron.w]
print("∂h/∂w by graph =", [round(g, 4) for g in by_graph], f"  ∂h/∂b = {neuron.b.grad:.4f}")
print(explain(output, wrt=neuron.w[1], model=neuron))
print("the picture is in", draw(output, OUT / "neuron.svg", model=neuron))
print("and with its × and + in", draw(output, OUT / "neuron_expanded.svg", model=neuron, expand=True))

# %% [markdown]
# ## A neuron as a threshold
# The first neurons switched: on where s ≥ 0, off elsewhere.  That step has slope 0 everywhere, and gradient descent
# cannot move it.  σ(a·s) is the same switch made soft; as a grows it comes as near to the step as one likes.

# %%
figure, axes = plt.subplots(1, 3, figsize=(11, 3.6), sharey=True, layout="constrained")
slopes = {}
for axis, a in zip(axes, (1.0, 4.0, 16.0)):
    soft = Sigmoid(a)
    plots.function(lambda z, soft=soft: soft(z), -3.0, 3.0, ax=axis)
    point = Value(0.0)
    soft(point).backward()
    slopes[a] = point.grad
    axis.set(xlabel="s", title=f"σ({a:g}·s), slope {point.grad:g} at 0")
    axis.get_legend().remove()
axes[0].legend(axes[0].get_lines(), ["h", "h′"], loc="upper left")
axes[0].set_ylim(-0.2, 4.2)
figure.savefig(OUT / "neuron.png", dpi=110)
print("slope of σ(a·s) at 0:", slopes, "  and at s = 1 for a = 16:", f"{16 * math.exp(-16):.1e}")

# %% [markdown]
# ## Exercises
# 1. Choose weights and a bias by hand so that a neuron of two inputs, each 0 or 1, is above ½ for "and" only, with
#    the sigmoid.  Can another choice give "or"?
# 2. At which s does φ′ of the sigmoid have its largest value, and what is it?  Find it with `derivative` twice: φ′ is
#    largest where φ″ = 0.
