# %% [markdown]
# # Three losses and one outlier
# The squared error listens most to the point that is farthest off; the absolute error and Huber's do not.
# What to see: one point is moved up step by step; the squared line follows it, the other two let it go.
#
# Notes: 003 · 4.1.2 Regression Losses: The Squared Loss and Variants.

# %%
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from autograd import COLOURS, Value, derivative
from nn import Adam, ExponentialLR, huber_loss, l1_loss, make_line, mse_loss

plt.rc("axes", prop_cycle=plt.cycler(color=COLOURS["series"]))

losses = {"squared": mse_loss, "absolute": l1_loss, "Huber": huber_loss}

# %% [markdown]
# How hard does a residual r pull at the line? As hard as the slope of its loss: 2r, ever harder; or ±1, whatever r is;
# or Huber's, r near 0 and ±1 beyond. At r = 0 the absolute value has a kink, and any number from -1 to 1 is a
# subgradient; the engine takes 0.

# %%
slopes = {name: derivative(lambda r, loss=loss: loss(r, 0.0)) for name, loss in losses.items()}
print("residual        ", *(f"{r:6}" for r in (-5.0, -0.5, 0.0, 0.5, 5.0)))
for name, slope in slopes.items():
    print(f"{name:>8}: slope ", *(f"{slope(r):6.1f}" for r in (-5.0, -0.5, 0.0, 0.5, 5.0)))

# %% [markdown]
# Twenty points on a line of slope 1, and one at the right end that is moved up. Each line is found by Adam, with
# smaller and smaller steps, because near its minimum the absolute error goes on pulling at full strength.

# %%
data = make_line(20, weights=[1.0], bias=0.0, noise=0.2, seed=4)
xs, ys = [x for (x,) in data.inputs], data.targets
X_OUT, truth = 0.9, 0.9


def line(loss, height, start):
    """Slope and intercept of the best line, with the outlier at this height."""
    slope, intercept = parameters = [Value(p) for p in start]
    optimizer = Adam(parameters, lr=0.1)
    schedule = ExponentialLR(optimizer, gamma=0.985)
    for _ in range(400):
        predictions = [slope * x + intercept for x in [*xs, X_OUT]]
        total = loss(predictions, [*ys, height])
        optimizer.zero_grad()
        total.backward()
        optimizer.step()
        schedule.step()
    return [slope.data, intercept.data]


heights = [truth + lift for lift in (0.0, 0.5, 1.0, 2.0, 4.0, 7.0, 10.0)]
lines = {name: [line(loss, height, [1.0, 0.0]) for height in heights] for name, loss in losses.items()}
print("height of the outlier ", *(f"{height:6.1f}" for height in heights))
for name, found in lines.items():
    print(f"{name:>8}, slope       ", *(f"{slope:6.3f}" for slope, _ in found))

# %%
figure, (left, middle, right) = plt.subplots(1, 3, figsize=(13.5, 4.2), layout="constrained")
rs = np.linspace(-3.0, 3.0, 241)
for i, (name, loss) in enumerate(losses.items()):
    style = ("-", "--", ":")[i]
    left.plot(rs, [loss(float(r), 0.0) for r in rs], style, linewidth=2, label=name)
    left.plot(rs, [slopes[name](float(r)) for r in rs], style, color=f"C{i}", linewidth=1, alpha=0.6)
    slope, intercept = lines[name][-2]
    middle.plot([-1.0, 1.0], [intercept - slope, intercept + slope], style, linewidth=2, label=name)
    right.plot(heights, [slope for slope, _ in lines[name]], style, marker="o", linewidth=2, label=name)
left.set(title="Losses (thick) and their slopes (thin)", xlabel="residual r", ylim=(-3, 6))
middle.plot(xs, ys, "ko", markersize=4)
middle.plot(X_OUT, heights[-2], "X", color="C3", markersize=11, label="outlier")
middle.set(title=f"The outlier at {heights[-2]:.1f}", xlabel="x", ylabel="y", ylim=(-2.5, 9), xticks=[-1, 0, 1])
right.axhline(1.0, color="black", linewidth=0.8, label="true slope")
right.set(title="The slope of the line as the outlier moves", xlabel="height of the outlier", ylabel="slope")
for panel in (left, middle, right):
    panel.grid(alpha=0.3)
    panel.legend(fontsize="small", loc="upper center" if panel is left else "upper left")
Path("out").mkdir(exist_ok=True)
figure.savefig(Path("out") / "outliers.png", dpi=110)
print("losses and lines are drawn in", Path("out") / "outliers.png")

# %% [markdown]
# ## Exercises
# 1. The best constant for the squared error is the mean, for the absolute error the median. Show it for 1, 2, 3, 4,
#    100.
# 2. `huber_loss(…, delta=δ)`: towards which losses does it tend for δ → ∞ and, divided by δ, for δ → 0?
