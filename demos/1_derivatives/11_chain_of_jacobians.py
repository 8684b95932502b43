# %% [markdown]
# # Four Jacobians and where to begin
# F = D∘C∘B∘A is four steps, its derivative a product of four matrices, and a product may be computed from either end.
# What to see: the result is the same, the work is not; from the end with fewer numbers it is less.
#
# Notes: 000 · Automatic differentiation (F = D∘C∘B∘A, forward and reverse accumulation); 003 · 6.3.

# %%
from itertools import pairwise
from pathlib import Path
from random import Random

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import LinearSegmentedColormap

from autograd import COLOURS, dot, jacobian, tanh

plt.rc("axes", prop_cycle=plt.cycler(color=COLOURS["series"]))

# %% [markdown]
# Four steps x ← tanh(Wx), of 10 inputs to 8, 6, 4 numbers and to one: the shape of a loss. Each has its own small
# Jacobian, taken at the numbers that come in.


# %%
def chain(sizes):
    """The Jacobians of steps between these sizes, each at what comes in."""
    rng = Random(0)
    x, jacobians = [0.1 * (i + 1) for i in range(sizes[0])], []
    for inputs, outputs in pairwise(sizes):
        weights = [[rng.gauss(0.0, 0.6) for _ in range(inputs)] for _ in range(outputs)]
        step = lambda x, weights=weights: [tanh(dot(row, x)) for row in weights]
        jacobians.append(np.array(jacobian(step)(x)))
        x = step(x)
    return jacobians


def multiply(first, *others):
    """The product from the left, and the number of multiplications: p·q·r for p × q times q × r."""
    product, count = first, 0
    for matrix in others:
        count += product.shape[0] * product.shape[1] * matrix.shape[1]
        product = product @ matrix
    return product, count


A, B, C, D = chain([10, 8, 6, 4, 1])
for name, matrix in zip("DCBA", (D, C, B, A)):
    print(f"{name}′ is {matrix.shape[0]} × {matrix.shape[1]}")

# %% [markdown]
# Reverse accumulation begins at the result, ((D′C′)B′)A′: a single row is carried through. Forward accumulation begins
# at the inputs, D′(C′(B′A′)): ten columns are carried, one for each input. (The product from the right is counted as
# the product of the transposed matrices from the left.)


# %%
def both_ways(A, B, C, D):
    """The same Jacobian from both ends, and the multiplications of each."""
    reverse, reverse_count = multiply(D, C, B, A)
    forward, forward_count = multiply(A.T, B.T, C.T, D.T)
    assert np.allclose(reverse, forward.T)
    return reverse, reverse_count, forward_count


J, reverse_loss, forward_loss = both_ways(A, B, C, D)
print(f"a loss, 10 → 8 → 6 → 4 → 1: reverse {reverse_loss} multiplications, forward {forward_loss}")
J_curve, reverse_curve, forward_curve = both_ways(*chain([1, 4, 6, 8, 10]))
print(f"a curve, 1 → 4 → 6 → 8 → 10: reverse {reverse_curve} multiplications, forward {forward_curve}")
J_square, reverse_square, forward_square = both_ways(*chain([5, 5, 5, 5, 5]))
print(f"as many as before, 5 → 5 → 5 → 5 → 5: reverse {reverse_square}, forward {forward_square}")

# %% [markdown]
# No matrix need ever be written down: reverse mode only ever needs a row times a Jacobian (a VJP), forward mode a
# Jacobian times a column (a JVP), and both are sums along the arrows of the graph.

# %%
signs = LinearSegmentedColormap.from_list("signs", COLOURS["diverging"])
figure, (*panels, bars) = plt.subplots(1, 5, figsize=(12, 3.6), layout="constrained", width_ratios=[4, 6, 8, 10, 14])
for panel, name, matrix in zip(panels, "DCBA", (D, C, B, A)):
    panel.imshow(matrix, cmap=signs, vmin=-1, vmax=1)
    panel.set_title(f"{name}′: {matrix.shape[0]} × {matrix.shape[1]}")
    panel.set(xticks=[], yticks=[], ylim=(7.5, -0.5))
    panel.spines[:].set_visible(False)
names = ["loss\n10 → 1", "square\n5 → 5", "curve\n1 → 10"]
for shift, counts, label in (
    (-0.2, (reverse_loss, reverse_square, reverse_curve), "reverse, from the left"),
    (0.2, (forward_loss, forward_square, forward_curve), "forward, from the right"),
):
    bars.bar_label(bars.bar([i + shift for i in range(3)], counts, width=0.36, label=label))
bars.set_xticks(range(3), names)
bars.set(title="Multiplications for D′C′B′A′", ylim=(0, 1050))
bars.legend(loc="upper center", fontsize="small")
Path("out").mkdir(exist_ok=True)
figure.savefig(Path("out") / "chain_of_jacobians.png", dpi=110)
print("the matrices and the counts are drawn in", Path("out") / "chain_of_jacobians.png")

# %% [markdown]
# ## Exercises
# 1. There are five ways to set the brackets of a product of four matrices. Count all five for the loss. Can any beat
#    both ends for the sizes 10 → 1 → 10 → 1 → 10?
# 2. Show by counting that for one result reverse mode costs the sum of the sizes of the Jacobians.
