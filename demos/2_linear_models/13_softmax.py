# %% [markdown]
# # Softmax, the simplex and the temperature
# Three probabilities that add up to 1 are a point of a triangle; softmax brings any three numbers there.
# What to see: a low temperature drives the point into a corner, a high one to the middle; the order stays.
#
# Notes: 003 · 4.2.1 The Probability Simplex and the Softmax Function (the figure with the temperatures).

# %%
import math
from pathlib import Path

import matplotlib.pyplot as plt

from autograd import COLOURS, exp, softmax
from nn import Softmax

plt.rc("axes", prop_cycle=plt.cycler(color=COLOURS["series"]))

# %% [markdown]
# The three steps of the notes: exponentiate, add up, divide.

# %%
logits = [2.0, 1.0, -1.0]
h = [exp(x) for x in logits]
Z = sum(h)
by_hand = [number / Z for number in h]
print(
    f"h = {[round(x, 4) for x in h]}, Z = {Z:.4f}, softmax = {[round(p, 4) for p in by_hand]}, sum {sum(by_hand):.1f}"
)
print("the engine's:", [round(p, 4) for p in softmax(logits)])
shifted = softmax([x + 100.0 for x in logits])
print(f"adding 100 to all logits changes the result by {max(abs(a - b) for a, b in zip(shifted, by_hand)):.0e}")

# %% [markdown]
# softmax(x/τ): for τ → 0 the largest takes all, for τ → ∞ each gets 1/3. The notes' figure has other numbers, and
# temperatures 1, 10 and 100; larger logits are told apart at larger temperatures.

# %%
temperatures = [0.1, 0.3, 0.5, 1.0, 2.0, 5.0, 20.0]
points = {tau: Softmax(temperature=tau)(logits) for tau in temperatures}
for tau, p in points.items():
    print(f"τ = {tau:4}: {', '.join(f'{x:.4f}' for x in p)}")
order_kept = all(p[0] > p[1] > p[2] for p in points.values())
print("the order of the three stays the same:", order_kept)
large = [120.0, 60.0, -40.0, 20.0, 80.0]
bars = {tau: Softmax(temperature=tau)(large) for tau in (1.0, 10.0, 100.0)}

# %%
corners = [(0.0, 0.0), (1.0, 0.0), (0.5, math.sqrt(0.75))]
place = lambda p: tuple(sum(share * corner[axis] for share, corner in zip(p, corners)) for axis in (0, 1))
figure = plt.figure(figsize=(12, 4.6), layout="constrained")
grid = figure.add_gridspec(2, 4)
triangle = figure.add_subplot(grid[:, :2])
triangle.fill(*zip(*corners), facecolor="none", edgecolor="black", linewidth=1.2)
for others in ([1.2, 0.0, -0.5], [0.3, 1.0, 0.2], [-0.2, 0.1, 1.5]):
    curve = [place(Softmax(temperature=10.0 ** (k / 20))(others)) for k in range(-30, 41)]
    triangle.plot(*zip(*curve), color="C8", linewidth=1, alpha=0.6)
curve = [place(Softmax(temperature=10.0 ** (k / 20))(logits)) for k in range(-30, 41)]
triangle.plot(*zip(*curve), color="C0", linewidth=2, label="softmax(x/τ) of x = (2, 1, −1)")
for tau in (0.5, 1.0, 2.0, 5.0):
    u, v = place(points[tau])
    triangle.plot(u, v, "o", color="C1")
    triangle.annotate(
        f"τ = {tau:g}", (u, v), xytext=(10, -14 if tau < 1.0 else -2), textcoords="offset points", fontsize=9
    )
for corner, name, offset in zip(corners, ("class 1", "class 2", "class 3"), ((-50, -4), (8, -4), (8, -4))):
    triangle.annotate(name, corner, xytext=offset, textcoords="offset points")
triangle.plot(*place([1 / 3] * 3), "k+", markersize=10, label="(⅓, ⅓, ⅓)")
triangle.set(title="The simplex, seen from the front", aspect="equal", ylim=(-0.12, 1.05), xlim=(-0.16, 1.16))
triangle.axis("off")
triangle.legend(loc="upper left", fontsize="small")
for k, (title, heights) in enumerate([("the logits x", large), *((f"τ = {tau:g}", p) for tau, p in bars.items())]):
    panel = figure.add_subplot(grid[k // 2, 2 + k % 2])
    panel.bar(range(1, 6), heights, color=f"C{0 if k else 8}")
    panel.axhline(0.0, color="black", linewidth=0.6)
    panel.set(title=title, xticks=range(1, 6))
    if k:
        panel.set_ylim(0, 1)
Path("out").mkdir(exist_ok=True)
figure.savefig(Path("out") / "softmax.png", dpi=110)
print("triangle and bars are drawn in", Path("out") / "softmax.png")

# %% [markdown]
# ## Exercises
# 1. The limits: compute softmax(x/τ) for τ = 10⁻³ and 10⁶, and for two equal largest logits, (1, 1, 0), with τ = 10⁻³.
# 2. At which τ has class 1 a probability of exactly 0.9? Find it by halving, or with Newton's method and `derivative`.
