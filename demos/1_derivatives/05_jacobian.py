# %% [markdown]
# # A Jacobian, column by column and row by row
# A function of three numbers with two results has 2 × 3 derivatives: its Jacobian.
# What to see: forward mode fills it by columns, reverse mode by rows, and both give the same matrix.
#
# Notes: 000 · Automatic differentiation (FW-AD, RV-AD); 003 · 2.2.2 Jacobians.

# %%
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import LinearSegmentedColormap

from autograd import COLOURS, exp, jacobian, jvp, sin, vjp


def f(x):
    """Two results of three numbers."""
    return [x[0] * x[1] + sin(x[2]), exp(x[0]) - x[2] * x[1]]


x = [0.5, 2.0, -1.0]

# %% [markdown]
# Forward: a tangent v goes in beside the numbers and J·v comes out, the Jacobian-vector product. With v = (0, 1, 0)
# this is the second column: how every result answers to the second input. Three inputs, three runs.

# %%
columns = []
for j in range(3):
    v = [float(i == j) for i in range(3)]
    value, column = jvp(f, (x,), (v,))
    columns.append(column)
    print(f"J·{v} = {[round(number, 4) for number in column]}")

# %% [markdown]
# Reverse: a cotangent w goes in at the results and wᵀ·J comes out, the vector-Jacobian product. With w = (0, 1) this is
# the second row: the gradient of the second result. f runs once, then two sweeps.

# %%
value, pull_back = vjp(f, x)
rows = []
for i in range(2):
    w = [float(i == k) for k in range(2)]
    (row,) = pull_back(w)
    rows.append(row)
    print(f"{w}ᵀ·J = {[round(number, 4) for number in row]}")

# %%
J = np.array(jacobian(f)(x))
same = bool(np.allclose(np.transpose(columns), J, rtol=1e-15) and np.allclose(rows, J, rtol=1e-15))
print(f"J =\n{J.round(4)}\nthe columns side by side and the rows on top of each other are the same matrix: {same}")

# %% [markdown]
# (2.2.2 has rows and columns the other way round in words; its matrix is the one above.)
#
# Any direction will do, not just an axis: J·v is the directional derivative of all results at once, and it costs one
# run whatever the number of inputs.

# %%
v = [1.0, -1.0, 2.0]
by_one_run = jvp(f, (x,), (v,))[1]
print(f"J·{v} by one run: {[round(number, 4) for number in by_one_run]}; by the matrix: {(J @ v).round(4).tolist()}")

# %%
signs = LinearSegmentedColormap.from_list("signs", COLOURS["diverging"])
figure, panels = plt.subplots(2, 3, figsize=(10.5, 4.6), layout="constrained")
for panel, (title, shown) in zip(
    panels.flat,
    [
        *((f"forward, run {j + 1} of 3", [(i, k) for i in range(2) for k in range(j + 1)]) for j in range(3)),
        *((f"reverse, sweep {i + 1} of 2", [(k, j) for k in range(i + 1) for j in range(3)]) for i in range(2)),
    ],
):
    matrix = np.full((2, 3), np.nan)
    for i, j in shown:
        matrix[i, j] = J[i, j]
        panel.text(j, i, f"{J[i, j]:.2f}".replace("-", "−"), ha="center", va="center", fontsize=12)
    panel.imshow(matrix, cmap=signs, vmin=-4, vmax=4)
    panel.set(title=title, xticks=range(3), yticks=range(2))
    panel.set_xticklabels(["∂x1", "∂x2", "∂x3"])
    panel.set_yticklabels(["∂f1", "∂f2"])
    panel.set_xticks([0.5, 1.5], minor=True)
    panel.set_yticks([0.5], minor=True)
    panel.grid(which="minor", color="black", linewidth=0.6)
    panel.tick_params(which="both", length=0)
panels[1, 2].axis("off")
panels[1, 2].text(0.0, 0.5, "n inputs, m results:\nforward n runs,\nreverse m sweeps", fontsize=12, va="center")
Path("out").mkdir(exist_ok=True)
figure.savefig(Path("out") / "jacobian.png", dpi=110)
print("the matrix as it fills is in", Path("out") / "jacobian.png")

# %% [markdown]
# ## Exercises
# 1. A loss has one result and a million inputs. How many runs does forward mode need for its gradient, and how many
#    sweeps does reverse mode need? And for a curve, one input and a million points?
# 2. The Jacobian of x ↦ g(f(x)) is the product of two matrices. Take g(y) = (y1·y2, y1 + y2) and check it.
