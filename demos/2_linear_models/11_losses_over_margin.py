# %% [markdown]
# # Losses over the margin
# For classes y = ±1 and a score ŷ the margin yŷ says how right the score is: positive is right.
# What to see: the 0/1 loss has slope 0 nearly everywhere, so descent learns nothing from it; hinge and logistic loss
# have slopes; the squared loss punishes being too right.
#
# Notes: 003 · 3.2 Loss Functions (0/1, margin, hinge, differentiability); 001 · squared loss, cross-entropy.

# %%
import math
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from autograd import COLOURS, Value, derivative
from nn import SGD, binary_cross_entropy_with_logits, hinge_loss, margin, mse_loss, zero_one_loss

plt.rc("axes", prop_cycle=plt.cycler(color=COLOURS["series"]))

# %% [markdown]
# With y = 1 the margin is the score itself, so each loss of (ŷ, 1) is a function of the margin. `zero_one_loss` counts,
# and is no operation of the engine; as one it is the step function, and its slope is 0.

# %%
losses = {
    "hinge": lambda m: hinge_loss(m, 1),
    "logistic": lambda m: binary_cross_entropy_with_logits(m, 1.0),
    "squared": lambda m: mse_loss(m, 1.0),
    "minus the margin": lambda m: -margin(m, 1),
}
zero_one = lambda m: zero_one_loss([1], [m], threshold=0)
at = [-2.0, -0.5, 0.5, 2.0, 4.0]
print(f"{'margin':>16}", *(f"{m:13}" for m in at))
print(f"{'0/1':>16}", *(f"{zero_one(m):5.2f} slope 0.0" for m in at))
for name, loss in losses.items():
    print(f"{name:>16}", *(f"{loss(m):5.2f} slope {derivative(loss)(m):4.1f}" for m in at))

# %% [markdown]
# Hinge: nothing to learn from a sample whose margin is above 1. Logistic: a little from every sample, ever less.
# Squared: a sample with margin 4 is pushed *back*, though it is classified right. Minus the margin: its slope never
# ends, so the loss has no minimum.

# %%
pushed_back = derivative(losses["squared"])(4.0)
print(f"slope at margin 4: squared {pushed_back}, logistic {derivative(losses['logistic'])(4.0):.4f}")
logistic_bits = lambda m: losses["logistic"](m) / math.log(2.0)
grid = [m / 10 for m in range(-40, 41)]
above = all(losses["hinge"](m) >= zero_one(m) and logistic_bits(m) >= zero_one(m) for m in grid)
print("hinge, and logistic in bits (divided by log 2), are never below the 0/1 loss:", above)


# %% [markdown]
# What that does to a training: one weight, two samples of each class, and one more far out on its right side. The
# squared loss moves the boundary towards the far sample, until a near one is wrong.


# %%
def boundary(loss):
    """Where wx + b = 0 after 2,000 steps of descent."""
    xs, ys = [-1.2, -0.8, 0.8, 1.2, 40.0], [-1, -1, 1, 1, 1]
    w, b = Value(0.1), Value(0.0)
    optimizer = SGD([w, b], lr=0.0025)
    for _ in range(2000):
        total = sum(loss(y * (w * x + b)) for x, y in zip(xs, ys)) / len(xs)
        optimizer.zero_grad()
        total.backward()
        optimizer.step()
    return round(-b.data / w.data, 9) + 0.0


boundaries = {name: boundary(losses[name]) for name in ("hinge", "logistic", "squared")}
print(
    "the classes lie left of -0.8 and right of 0.8; the boundary is at", {n: round(x, 3) for n, x in boundaries.items()}
)

# %%
figure, (left, right) = plt.subplots(1, 2, figsize=(12, 4.6), layout="constrained")
ms = np.linspace(-2.5, 3.5, 601)
left.plot(ms, [zero_one(m) for m in ms.tolist()], "k", linewidth=2, label="0/1")
right.axhline(0.0, color="black", linewidth=2, label="0/1 (none at 0)")
for i, (name, loss) in enumerate(losses.items()):
    style = ("-", "--", ":", "-.")[i]
    left.plot(ms, [loss(m) for m in ms.tolist()], style, linewidth=2, label=name)
    right.plot(ms, [derivative(loss)(m) for m in ms.tolist()], style, linewidth=2, label=name)
left.set(title="Losses", ylim=(-2.5, 4.5), ylabel="loss")
right.set(title="Their slopes: what descent learns", ylim=(-3.5, 3.5), ylabel="∂loss/∂margin")
for panel in (left, right):
    panel.set_xlabel("margin yŷ (wrong to the left of 0)")
    panel.axvline(0.0, color="black", linewidth=0.6)
    panel.grid(alpha=0.3)
    panel.legend(fontsize="small", loc="lower left" if panel is left else "upper left")
Path("out").mkdir(exist_ok=True)
figure.savefig(Path("out") / "losses_over_margin.png", dpi=110)
print("losses and slopes are drawn in", Path("out") / "losses_over_margin.png")

# %% [markdown]
# ## Exercises
# 1. Draw the squared hinge, max(0, 1 - m)². Which kink of the hinge does it smooth, and what is its slope at m = 1?
# 2. The logistic loss for large |m|: show that it tends to 0 on the right and to -m on the left.
