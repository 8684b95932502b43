# %% [markdown]
# # One line, three ways: solutions

# %%
import numpy as np

from nn import least_squares, least_squares_gd, make_line

data = make_line(40, weights=[2.0], bias=1.0, noise=0.4, seed=1)
X, ys = np.column_stack([data.inputs, np.ones(40)]), data.targets
best = least_squares(X, ys)

# %% [markdown]
# 1. The rule looks at the length of a step, η·‖∇L‖, not at the distance. With a tiny η, or on a flat slope, a step is
#    short wherever one is.

# %%
for epsilon in (1e-4, 1e-8, 1e-20):
    losses = []
    w = least_squares_gd(X, ys, epsilon=epsilon, callback=losses.append)
    print(f"ε = {epsilon:.0e}: {len(losses):3} steps, {np.linalg.norm(w - best):.1e} from the best")
losses = []
w = least_squares_gd(X, ys, learning_rate=1e-6, epsilon=1e-8, callback=losses.append)
print(f"with η = 10⁻⁶: {len(losses)} steps, {np.linalg.norm(w - best):.2f} from the best")

# %% [markdown]
# 2. With all x near 3 the columns x and 1 are nearly parallel: slope and intercept can hardly be told apart, one axis
#    of the bowl is very flat, and a step that suits the steep axis is tiny along the flat one.

# %%
shifted = np.add(X, [3.0, 0.0])
for name, matrix in (("x", X), ("x + 3", shifted)):
    losses = []
    least_squares_gd(matrix, ys, epsilon=1e-12, callback=losses.append)
    print(f"{name:>6}: condition number of XᵀX {np.linalg.cond(matrix) ** 2:8.1f}, {len(losses)} steps")
