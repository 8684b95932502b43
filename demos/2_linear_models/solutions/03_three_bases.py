# %% [markdown]
# # One curve, three bases: solutions

# %%
import math
from random import Random

import numpy as np

from autograd import Value
from nn import Adam, GaussianBasis, Linear, LinearRegression, Sequential, fit, mse_loss

rng = Random(0)
xs = sorted(rng.uniform(-1.0, 1.0) for _ in range(40))
ys = [math.sin(3.0 * x) + 0.4 * x + rng.gauss(0.0, 0.15) for x in xs]
X = [[x] for x in xs]

# %% [markdown]
# 1. Between the centres all features are nearly 0, so the prediction falls back to the bias b.

# %%
basis = GaussianBasis.spread_over(X, 6, width=0.04)
model = LinearRegression().fit(basis(X), ys)
between = (basis.centres[3][0] + basis.centres[4][0]) / 2
print(f"largest feature at {between:.2f}, between two centres: {max(basis(between)):.4f}")
print(f"prediction there {model.predict(basis([[between]]))[0]:.3f}, the bias {model.intercept_:.3f}")

# %% [markdown]
# 2. Where the bells stand and how wide they are. Σ wⱼφⱼ(x; cⱼ, s) is not linear in cⱼ and s: this is a small network
#    with one hidden layer, it has no closed form, and its training may end in a local minimum.

# %%
centres = [[Value(c)] for c in (-1.0, -0.3, 0.3, 1.0)]
width = Value(0.6)
network = Sequential(GaussianBasis(centres, width), Linear(4, 1, rng=Random(0)))
history = fit(network, (X, ys), mse_loss, Adam(network.parameters(), lr=0.03), epochs=150, batch_size=40)
print(f"four bells that may move: mean squared error {history['loss'][-1]:.4f}")
print("centres", [round(c[0].data, 2) for c in centres], "width", round(width.data, 2))
fixed = GaussianBasis([[-1.0], [-0.3], [0.3], [1.0]], 0.6)
residual = LinearRegression().fit(fixed(X), ys).predict(fixed(X)) - np.array(ys)
print(f"the same four, fixed: {np.mean(residual**2):.4f}")
