# %% [markdown]
# # One curve, three bases
# A linear model of features of x, Σ wⱼφⱼ(x), is linear in its weights, and draws curves.
# What to see: powers, bells and waves fit the same points; below each fit are the weighted functions that it is the sum
# of.
#
# Notes: 000 · Linear models (f linear, φ nonlinear: basis functions).

# %%
import math
from pathlib import Path
from random import Random

import matplotlib.pyplot as plt
import numpy as np

from autograd import COLOURS
from nn import FourierBasis, GaussianBasis, LinearRegression, PolynomialBasis

plt.rc("axes", prop_cycle=plt.cycler(color=COLOURS["series"]))

rng = Random(0)
xs = sorted(rng.uniform(-1.0, 1.0) for _ in range(40))
truth = lambda x: math.sin(3.0 * x) + 0.4 * x
ys = [truth(x) + rng.gauss(0.0, 0.15) for x in xs]

# %% [markdown]
# Each basis turns a number x into a list of features. What is fitted is a linear model, by the closed form, so there is
# one best set of weights and no local minimum.

# %%
bases = {
    "powers": PolynomialBasis(5),
    "bells": GaussianBasis.spread_over([[x] for x in xs], 6),
    "waves": FourierBasis(3, period=4.0),
}
models, errors = {}, {}
for name, basis in bases.items():
    models[name] = LinearRegression().fit(basis([[x] for x in xs]), ys)
    predictions = models[name].predict(basis([[x] for x in xs]))
    errors[name] = float(np.mean((predictions - np.array(ys)) ** 2))
    print(f"{name}: {basis!r}, {len(models[name].coef_)} features, mean squared error {errors[name]:.4f}")
print(f"a straight line: {float(np.mean((np.polyval(np.polyfit(xs, ys, 1), xs) - np.array(ys)) ** 2)):.4f}")
print("the noise has variance 0.0225")
print("the features of 0.5:", {name: [round(f, 3) for f in basis(0.5)] for name, basis in bases.items()})

# %% [markdown]
# A polynomial's terms are everywhere at work, and large terms cancel each other; a bell is at work near its centre
# only; a wave repeats itself outside of the data. Outside they part ways, for nothing there was fitted.

# %%
beyond = {name: float(models[name].predict(basis([[1.6]]))[0]) for name, basis in bases.items()}
print(
    f"at x = 1.6, outside of the data: { ({name: round(y, 2) for name, y in beyond.items()}) }, truth {truth(1.6):.2f}"
)

# %%
grid = np.linspace(-1.3, 1.3, 261)
figure, panels = plt.subplots(2, 3, figsize=(12, 6), layout="constrained", sharex=True, sharey="row")
for (name, basis), upper, lower in zip(bases.items(), *panels):
    features = np.array(basis([[float(x)] for x in grid]))
    model = models[name]
    upper.plot(xs, ys, "o", color="C0", alpha=0.6, markersize=4, label="points")
    upper.plot(grid, [truth(x) for x in grid], ":", color="black", label="truth")
    upper.plot(grid, model.predict(features), color="C1", linewidth=2, label="Σ wⱼφⱼ(x) + b")
    upper.set_title(f"{name}, error {errors[name]:.4f}")
    for j, weight in enumerate(model.coef_):
        lower.plot(grid, weight * features[:, j], color=COLOURS["series"][j])
    lower.set_xlabel("x")
    for panel in (upper, lower):
        panel.axvspan(-1.0, 1.0, color="black", alpha=0.05)
        panel.grid(alpha=0.3)
panels[0, 0].legend(loc="upper left", fontsize="small")
panels[0, 0].set(ylabel="y", ylim=(-2.2, 2.2))
panels[1, 0].set(ylabel="wⱼφⱼ(x)", ylim=(-6, 6))
figure.suptitle("Above the fit, below the functions that add up to it; data lie in the grey band")
Path("out").mkdir(exist_ok=True)
figure.savefig(Path("out") / "three_bases.png", dpi=110)
print("fits and functions are drawn in", Path("out") / "three_bases.png")

# %% [markdown]
# ## Exercises
# 1. Make the bells ten times narrower, `GaussianBasis.spread_over(…, 6, width=0.04)`. What happens between the centres?
# 2. The centres and the width of a GaussianBasis may be Values. What can be trained then that is fixed here, and is the
#    model still linear in its parameters?
