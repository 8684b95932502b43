# %% [markdown]
# # Micrograd's lecture, cell by cell
# Andrej Karpathy's lecture "The spelled-out intro to neural networks and backpropagation: building micrograd" builds
# a small engine and a small network. Its names are those of this library too; here are its cells, in short.
#
# What to see: at each cell the number to expect, and the two places where training may go wrong.
#
# Notes: 002 · Forward process, Backward process; 001 · Training Steps; 003 · 6 Automatic Differentiation.

# %%
import random
from pathlib import Path

import matplotlib.pyplot as plt

from autograd import Value, draw, exp
from nn import MLP
from nn.plots.axes import colour

OUT = Path("out")
OUT.mkdir(exist_ok=True)

# %% [markdown]
# ## Cell 1: the slope of a function
# f(x) = 3x² − 4x + 5 at x = 3.  By a small h: about 14, for f′(x) = 6x − 4.

# %%


def f(x):
    """3x² − 4x + 5."""
    return 3 * x**2 - 4 * x + 5


h = 1e-6
by_difference = (f(3.0 + h) - f(3.0)) / h
print(f"f(3) = {f(3.0)}, slope {by_difference:.4f}")

# %% [markdown]
# ## Cell 2: an expression, and backpropagation through it
# L = (a·b + c)·f.  Expect L = −8 and the gradients a: 6, b: −4, c: −2, e: −2, d: −2, f: 4.  In a notebook
# `draw_dot(L)` shows the graph, as in the lecture.

# %%
a, b, c = Value(2.0, label="a"), Value(-3.0, label="b"), Value(10.0, label="c")
e = a * b
e.label = "e"
d = e + c
d.label = "d"
factor = Value(-2.0, label="f")
L = d * factor
L.label = "L"
L.backward()
print(f"L = {L.data:g};", ", ".join(f"∂L/∂{v.label} = {v.grad:g}" for v in (a, b, c, e, d, factor)))
print("the graph is in", draw(L, OUT / "micrograds_lecture_expression.svg"))

# %% [markdown]
# ## Cell 3: one step uphill
# Move the leaves along their gradients, and L grows: −7.286.

# %%
for leaf in (a, b, c, factor):
    leaf.data += 0.01 * leaf.grad
stepped = ((a * b + c) * factor).data
print(f"L after a step of 0.01 along the gradient: {stepped:.4f}")

# %% [markdown]
# ## Cell 4: a neuron
# The bias is chosen so that the numbers come out nicely: o = 0.7071, x1: −1.5, w1: 1, x2: 0.5, w2: 0.

# %%
x1, x2 = Value(2.0, label="x1"), Value(0.0, label="x2")
w1, w2, bias = Value(-3.0, label="w1"), Value(1.0, label="w2"), Value(6.8813735870195432, label="b")
o = (x1 * w1 + x2 * w2 + bias).tanh()
o.label = "o"
o.backward()
print(f"o = {o.data:.4f};", ", ".join(f"∂o/∂{v.label} = {v.grad:.4f}" for v in (x1, w1, x2, w2)))
print("the graph is in", draw(o, OUT / "micrograds_lecture_neuron.svg"))

# %% [markdown]
# ## Cell 5: tanh made of exp
# (e²ˢ − 1) / (e²ˢ + 1) is another graph, with the same gradients.

# %%
leaves = (x1, w1, x2, w2)
before = [leaf.grad for leaf in leaves]
for leaf in leaves:
    leaf.grad = 0.0
s = x1 * w1 + x2 * w2 + bias
((exp(2 * s) - 1) / (exp(2 * s) + 1)).backward()
apart = max(abs(leaf.grad - g) for leaf, g in zip(leaves, before))
print(f"the same to {apart:.0e}")

# %% [markdown]
# ## Cell 6: a node that is used twice
# b = a + a has the slope 2, not 1: gradients add up.

# %%
twice = Value(3.0)
(twice + twice).backward()
print("∂(a + a)/∂a =", twice.grad)

# %% [markdown]
# ## Cell 7: a network and four samples
# The lecture's neurons end in tanh, all of them: here that is `activation="tanh", output_activation="tanh"`.  The
# `MLP(3, [4, 4, 1])` of the published micrograd, and of this library, has ReLUs and a linear output.

# %%
xs = [[2.0, 3.0, -1.0], [3.0, -1.0, 0.5], [0.5, 1.0, 1.0], [1.0, 1.0, -1.0]]
ys = [1.0, -1.0, -1.0, 1.0]  # desired targets


def train(seed, steps=100, lr=0.05, forget=False, **options):
    """The losses of the lecture's loop."""
    random.seed(seed)
    n, losses = MLP(3, [4, 4, 1], **options), []
    for _ in range(steps):
        ypred = [n(x) for x in xs]
        loss = sum((yout - ygt) ** 2 for ygt, yout in zip(ys, ypred))
        if not forget:
            for p in n.parameters():
                p.grad = 0.0
        loss.backward()
        for p in n.parameters():
            p.data += -lr * p.grad
        losses.append(loss.data)
    return losses


tanh = {"activation": "tanh", "output_activation": "tanh"}
SEEDS = range(10)
runs = {"tanh": [train(seed, **tanh) for seed in SEEDS], "ReLU": [train(seed) for seed in SEEDS]}
learnt = {name: sum(run[-1] < 0.1 for run in found) for name, found in runs.items()}
stuck = sum(run[-1] > 1.0 for run in runs["ReLU"])
for name, found in runs.items():
    print(f"{name}: loss after 100 steps from ten seeds:", " ".join(f"{run[-1]:.3f}" for run in found))
print(f"below 0.1: {learnt['tanh']} of 10 with tanh, {learnt['ReLU']} of 10 with ReLU; with ReLU above 1: {stuck}")

# %% [markdown]
# If your loop does not learn with ReLU, it is no mistake of yours: a step of 0.05 on a sum of squares is too long for
# an output without bounds.  Where the loss ends at 4, it has thrown the ReLUs off for all four samples, and what
# comes out is one constant: for two targets of 1 and two of −1 the best constant is 0, with the loss 4.  A smaller
# step helps nearly all of them.

# %%
careful = [train(seed, steps=1000, lr=0.005) for seed in SEEDS]
print("ReLU, 1000 steps of 0.005:", " ".join(f"{run[-1]:.3f}" for run in careful))

# %% [markdown]
# ## Cell 8: the bug of the lecture
# Without `p.grad = 0.0` the gradients of all steps add up, like a ball that rolls without friction.  From most seeds
# the loop gets there all the same, even faster, which hides the bug; from the others the sum throws it out again.

# %%
forgetful = [train(seed, forget=True, **tanh) for seed in SEEDS]
lucky = sum(run[-1] < 0.1 for run in forgetful)
print(
    f"gradients never set to 0: below 0.1 from {lucky} of 10 seeds, else",
    [run[-1] for run in forgetful if run[-1] > 0.1],
)
figure, axes = plt.subplots(1, 2, figsize=(11, 4), layout="constrained")
for i, (name, found) in enumerate(runs.items()):
    for run in found:
        label = name if run is found[0] else None
        axes[0].plot(run, color=colour(i), linestyle=("-", "--")[i], alpha=0.7, label=label)
axes[0].set(title="The lecture's loop from ten seeds", yscale="log", xlabel="step", ylabel="loss", ylim=(1e-3, 1e3))
axes[1].plot(runs["tanh"][0], color=colour(0), label="gradients set to 0 at each step")
axes[1].plot(forgetful[0], color=colour(1), linestyle="--", label="forgotten")
axes[1].set(title="tanh, seed 0", xlabel="step", ylabel="loss")
for axis in axes:
    axis.legend(loc="upper right" if axis is axes[0] else "center right")
figure.savefig(OUT / "micrograds_lecture.png", dpi=110)

# %% [markdown]
# ## Exercises
# 1. The lecture asks for `__sub__`, `__truediv__`, `__pow__` as exercises.  Write the gradient of (a − b) / c² by
#    each leaf on paper, and check it at a = 2, b = −1, c = 3.
# 2. Count the ReLU networks of cell 7 whose hidden units are dead for all four samples, with `dead_units`.
