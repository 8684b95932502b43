# %% [markdown]
# # Overfitting: solutions

# %%
import math
from random import Random

import numpy as np

from nn import PolynomialBasis, least_squares, ridge


def draw(n, seed):
    """n points of the curve with noise."""
    rng = Random(seed)
    xs = [rng.uniform(-1.0, 1.0) for _ in range(n)]
    return xs, np.array([math.sin(3.0 * x) + rng.gauss(0.0, 0.3) for x in xs])


features = lambda xs, degree: np.array(PolynomialBasis(degree, include_bias=True)([[x] for x in xs]))
new_xs, new_ys = draw(1000, seed=12345)

# %% [markdown]
# 1. With as many weights as points the curve goes through all of them: an empirical risk of 0. Between them it swings
#    out, and the expected risk is huge: it has learnt the points by heart.

# %%
xs, ys = draw(15, seed=0)
w = least_squares(features(xs, 14), ys)
print(f"degree 14: empirical {np.mean((features(xs, 14) @ w - ys) ** 2):.1e}", end=", ")
print(f"expected {np.mean((features(new_xs, 14) @ w - new_ys) ** 2):.1e}")

# %% [markdown]
# 2. The penalty keeps the weights small, and small weights cannot make large swings. The empirical risk rises a little,
#    the expected risk falls much.

# %%
found = {"least squares": [], "ridge, λ = 0.001": []}
for seed in range(40):
    xs, ys = draw(15, seed)
    phi, new = features(xs, 9), features(new_xs, 9)
    for pairs, w in zip(found.values(), (least_squares(phi, ys), ridge(phi, ys, alpha=1e-3))):
        pairs.append([np.mean((phi @ w - ys) ** 2), np.mean((new @ w - new_ys) ** 2)])
for name, pairs in found.items():
    empirical, expected = np.median(pairs, axis=0)
    print(f"{name}: empirical {empirical:.3f}, expected {expected:.3f}, gap {expected - empirical:.3f}")
