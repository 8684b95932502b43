# %% [markdown]
# # Matrix calculus and its two layouts
# Some books write the derivatives of y by x as a matrix with a row for each y, others with a column.
# What to see: the numbers are the same, one matrix is the other transposed, and in one layout the chain rule reads from
# the left and in the other from the right.
#
# Notes: 001 · An Aside on Matrix Calculus.

# %%
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import LinearSegmentedColormap

from autograd import COLOURS, dot, grad, jacobian, tanh

A = np.array([[1.0, -2.0, 0.5], [3.0, 0.0, -1.0]])
x = [0.5, -1.0, 2.0]
times_A = lambda x: [dot(row.tolist(), x) for row in A]

# %% [markdown]
# The engine's `jacobian` has a row for each result: the numerator layout, ∂(Ax)/∂x = A. The denominator layout has a
# row for each input: ∂(Ax)/∂x = Aᵀ.

# %%
numerator = np.array(jacobian(times_A)(x))
denominator = numerator.T
print(f"numerator layout, {numerator.shape[0]} × {numerator.shape[1]}:\n{numerator}")
print(f"denominator layout, {denominator.shape[0]} × {denominator.shape[1]}:\n{denominator}")
print("∂Ax/∂x is A in the one, Aᵀ in the other:", np.array_equal(numerator, A) and np.array_equal(denominator, A.T))

# %% [markdown]
# For one result the numerator layout gives a row, the denominator layout a column, the gradient ∇f as vectors are
# written. Two identities of the notes, held against the engine: the product rule ∂uᵀv/∂x = uᵀ ∂v/∂x + vᵀ ∂u/∂x, and
# with it ∂xᵀBx/∂x = xᵀ(B + Bᵀ).

# %%
u, v = lambda x: [tanh(x[0]), x[1] * x[2]], times_A
by_engine = np.array(grad(lambda x: dot(u(x), v(x)))(x))
by_rule = np.array(u(x)) @ jacobian(v)(x) + np.array(v(x)) @ jacobian(u)(x)
print(f"∂uᵀv/∂x   by the engine {by_engine.round(4)}, by the rule {by_rule.round(4)}")

B = A.T @ A + np.array([[0.0, 1.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]])  # not symmetric
quadratic = lambda x: dot(x, [dot(row.tolist(), x) for row in B])
form_by_engine, form_by_rule = np.array(grad(quadratic)(x)), np.array(x) @ (B + B.T)
print(f"∂xᵀBx/∂x  by the engine {form_by_engine.round(4)}, by the rule {form_by_rule.round(4)}")

# %% [markdown]
# The chain rule for g(u(x)): in the numerator layout ∂g/∂u · ∂u/∂x, the outer function on the left; in the denominator
# layout everything is transposed, so the order turns round: ∂u/∂x · ∂g/∂u.

# %%
g = lambda s: [tanh(s[0]) * s[1], s[0] + s[1], s[1] ** 2]
outer, inner = np.array(jacobian(g)(times_A(x))), numerator
whole = np.array(jacobian(lambda x: g(times_A(x)))(x))
chain = [np.allclose(outer @ inner, whole), np.allclose(inner.T @ outer.T, whole.T)]
print("the chain rule holds in both layouts, each in its own order:", chain)

# %%
signs = LinearSegmentedColormap.from_list("signs", COLOURS["diverging"])
figure, panels = plt.subplots(1, 3, figsize=(10.5, 3.4), layout="constrained", width_ratios=[3, 3, 2])
for panel, (matrix, title, columns, rows) in zip(
    panels,
    [
        (A, "A", ["1", "2", "3"], ["1", "2"]),
        (numerator, "∂Ax/∂x, numerator layout: A", ["∂x1", "∂x2", "∂x3"], ["∂y1", "∂y2"]),
        (denominator, "denominator layout: Aᵀ", ["∂y1", "∂y2"], ["∂x1", "∂x2", "∂x3"]),
    ],
):
    panel.imshow(matrix, cmap=signs, vmin=-5, vmax=5)
    for (i, j), number in np.ndenumerate(matrix):
        panel.text(j, i, f"{number:g}".replace("-", "−"), ha="center", va="center", fontsize=13)
    panel.set_title(title, fontsize=11)
    panel.set_xticks(range(matrix.shape[1]), columns)
    panel.set_yticks(range(matrix.shape[0]), rows)
    panel.tick_params(length=0)
Path("out").mkdir(exist_ok=True)
figure.savefig(Path("out") / "matrix_calculus.png", dpi=110)
print("the matrices are drawn in", Path("out") / "matrix_calculus.png")

# %% [markdown]
# ## Exercises
# 1. Which are the shapes of ∂y/∂x in both layouts for a layer with 784 inputs and 10 results?
# 2. Find ∂‖Ax - t‖²/∂x by hand in the numerator layout, and check it with the engine for t = (1, 1).
