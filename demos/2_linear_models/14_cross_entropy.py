# %% [markdown]
# # Cross-entropy's gradient is ŷ - y
# Softmax and cross-entropy are made for each other: all that is complicated in their derivatives cancels.
# What to see: softmax's Jacobian is diag(ŷ) - ŷŷᵀ, number by number; times -y/ŷ it is ŷ - y; that trains three regions,
# whose probabilities mix as colours.
#
# Notes: 001 · Output Gradient, softmax Jacobian; 003 · 4.2.2 The Logistic Regression Model.

# %%
from pathlib import Path
from random import Random

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import LinearSegmentedColormap, to_rgb

from autograd import COLOURS, grad, jacobian, log, no_grad, softmax
from nn import SGD, Linear, accuracy, cross_entropy, evaluate, fit, make_blobs, one_hot, plots

plt.rc("axes", prop_cycle=plt.cycler(color=COLOURS["series"]))

# %% [markdown]
# Raise one logit a little: its own share grows with ŷₖ(1 - ŷₖ), every other falls by ŷₖŷⱼ, for the sum stays 1.

# %%
z, y = [1.0, 2.0, 0.5, -1.0], one_hot(1, 4)
probabilities = softmax(z)
J = np.array(jacobian(softmax)(z))
formula = np.diag(probabilities) - np.outer(probabilities, probabilities)
print(f"ŷ = {np.round(probabilities, 4)}")
print(f"Jacobian by the engine:\n{J.round(4)}\ndiag(ŷ) - ŷŷᵀ:\n{formula.round(4)}")
print(f"they differ by at most {abs(J - formula).max():.0e}; each row adds up to {abs(J.sum(axis=1)).max():.0e}")

# %% [markdown]
# The chain of the notes: ∂l/∂ŷ = -y/ŷ, a row, times ∂ŷ/∂z.

# %%
by_probabilities = np.array(grad(lambda p: -sum(t * log(q) for t, q in zip(y, p)))(probabilities))
chain = by_probabilities @ J
direct = np.array(grad(lambda z: cross_entropy(z, 1))(z))
print(f"∂l/∂ŷ = {by_probabilities.round(4)}")
print(f"∂l/∂z by the chain        {chain.round(4)}")
print(f"∂l/∂z of cross_entropy    {direct.round(4)}")
print(f"ŷ - y                     {np.subtract(probabilities, y).round(4)}")

# %% [markdown]
# With a very wrong ŷ the first factor is enormous and the second nearly 0; only their product is harmless. So
# `cross_entropy` takes logits, and never computes the two apart.

# %%
wrong = [800.0, 0.0, 0.0, 0.0]
print(f"logits {wrong}, truth class 1: ŷ = {softmax(wrong)}")
gradient_when_wrong = grad(lambda z: cross_entropy(z, 1))(wrong)
print(f"loss {cross_entropy(wrong, 1)}, gradient {gradient_when_wrong}")

# %% [markdown]
# Logistic regression with several classes, ŷ = softmax(Wx + b): each step moves the row wₖ by -η(ŷₖ - yₖ)x.

# %%
data = make_blobs(150, cluster_std=0.9, seed=0)
model = Linear(2, 3, rng=Random(0))
history = fit(model, data, cross_entropy, SGD(model.parameters(), lr=0.5), epochs=60, batch_size=150)
share = evaluate(model, data, cross_entropy, {"accuracy": accuracy})["accuracy"]
print(f"loss {history['loss'][0]:.3f} → {history['loss'][-1]:.3f}, right {share:.1%}")

# %%
signs = LinearSegmentedColormap.from_list("signs", COLOURS["diverging"])
figure, ((left, middle), (right, mixed)) = plt.subplots(2, 2, figsize=(10, 8.4), layout="constrained")
for panel, matrix, title in ((left, J, "Jacobian of softmax"), (middle, formula, "diag(ŷ) − ŷŷᵀ")):
    panel.imshow(matrix, cmap=signs, vmin=-0.35, vmax=0.35)
    for (i, j), number in np.ndenumerate(matrix):
        ink = "white" if abs(number) > 0.2 else "black"
        panel.text(j, i, f"{number:.3f}".replace("-", "−"), ha="center", va="center", fontsize=11, color=ink)
    panel.set_title(title)
    panel.set_xticks(range(4), [f"∂z{j + 1}" for j in range(4)])
    panel.set_yticks(range(4), [f"∂ŷ{i + 1}" for i in range(4)])
    panel.tick_params(length=0)
plots.decision_boundary(model, data, ax=right)
right.set_title(f"The likeliest class after 60 steps: {share:.0%} right")
(low1, high1), (low2, high2) = right.get_xlim(), right.get_ylim()
plane = [[float(u), float(v)] for v in np.linspace(low2, high2, 80) for u in np.linspace(low1, high1, 80)]
with no_grad():
    shares = np.array([softmax([float(s.data) for s in model(point)]) for point in plane])
colours = shares @ [to_rgb(colour) for colour in COLOURS["series"][:3]]
mixed.imshow(colours.reshape(80, 80, 3), origin="lower", extent=(low1, high1, low2, high2), aspect="auto")
mixed.set(title="Its probabilities, as mixtures of colours", xlabel="x1", ylabel="x2")
Path("out").mkdir(exist_ok=True)
figure.savefig(Path("out") / "cross_entropy.png", dpi=110)
print("matrices and regions are drawn in", Path("out") / "cross_entropy.png")

# %% [markdown]
# ## Exercises
# 1. For two classes and ŷ = σ(z): show that the gradient by w is (ŷ - y)·x, and compare it with that of least squares.
# 2. Softmax's Jacobian has no inverse. Which direction of z changes no probability at all?
