# %% [markdown]
# # A second backward, and zero_grad
# Gradients of leaves add up until somebody sets them to 0. That is meant so, and a common cause of mistakes in
# training.
# What to see: two sweeps give twice the gradient; a training without `zero_grad` swings for ever.
#
# Notes: 003 · 6.3 Reverse-Mode Automatic Differentiation, 2.3.2 (momentum); 001 · Training Steps.

# %%
from pathlib import Path

import matplotlib.pyplot as plt

from autograd import COLOURS, Value
from nn import SGD

plt.rc("axes", prop_cycle=plt.cycler(color=COLOURS["series"]))

# %% [markdown]
# x³ at 3, whose derivative is 3x² = 27. A leaf adds what every sweep brings; a node in between, here v = x², is set
# anew by each sweep, or the second sweep would send on the first one's adjoint once more.

# %%
x = Value(3.0, label="x")
v = x * x
y = v * x
after = []
for sweep in (1, 2):
    y.backward()
    after.append((x.grad, v.grad))
    print(f"after sweep {sweep}: ∂y/∂x = {x.grad}, ∂y/∂v = {v.grad}")

# %% [markdown]
# Adding up is useful: the gradient of a sum of losses is the sum of the gradients, so the samples of a batch may come
# one at a time, each with a graph of its own, and no more than one graph is in memory.

# %%
data = [(1.0, 2.0), (2.0, 3.0), (3.0, 7.0)]
w = Value(0.5, label="w")
sum((w * t - target) ** 2 for t, target in data).backward()
at_once, w.grad = w.grad, 0.0
for t, target in data:
    ((w * t - target) ** 2).backward()
print(f"∂/∂w of the sum of the losses {at_once}, one sample at a time {w.grad}")


# %% [markdown]
# But each *step* needs the gradient of where the weights are now, so between steps it must be set to 0. Whoever forgets
# walks along the sum of all gradients so far. That is momentum with a friction of 0: like a pendulum, it comes to the
# minimum at full speed.


# %%
def train(zero):
    """The distance from the best weight at each of 60 steps on ½(w - 1)²."""
    w = Value(0.0)
    optimizer = SGD([w], lr=0.1)
    distances = []
    for _ in range(60):
        distances.append(w.data - 1.0)
        loss = 0.5 * (w - 1.0) ** 2
        if zero:
            optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return distances


with_zero, without = train(zero=True), train(zero=False)
late = max(map(abs, without[40:]))
print(f"the last 20 steps: with zero_grad within {max(map(abs, with_zero[40:])):.3f} of the best, without {late:.3f}")

# %% [markdown]
# The notes' momentum, g ← λg - η∇L and w ← w + g, with λ = 1, for which ∇L = w - 1:

# %%
g, w, pendulum = 0.0, 0.0, []
for _ in range(60):
    pendulum.append(w - 1.0)
    g = 1.0 * g - 0.1 * (w - 1.0)
    w = w + g
print("to forget zero_grad is momentum with λ = 1:", max(abs(a - b) for a, b in zip(without, pendulum)) < 1e-12)

# %%
figure, axes = plt.subplots(figsize=(8, 4.2), layout="constrained")
axes.axhline(0.0, color="black", linewidth=0.8)
axes.plot(with_zero, "C0o-", markersize=4, label="zero_grad before each backward")
axes.plot(without, "C1s--", markersize=4, label="zero_grad forgotten")
axes.set(title="Gradient descent on ½(w − 1)², η = 0.1", xlabel="step", ylabel="w − 1")
axes.grid(alpha=0.3)
axes.legend(loc="upper right")
axes.set_ylim(-1.2, 1.6)
Path("out").mkdir(exist_ok=True)
figure.savefig(Path("out") / "second_backward.png", dpi=110)
print("both trainings are drawn in", Path("out") / "second_backward.png")

# %% [markdown]
# ## Exercises
# 1. Suppose the nodes in between added up as well. What would x.grad be after two sweeps of x³ at 3?
# 2. `gradient(y, x)` returns a derivative without touching any `grad`. Use it to write the training loop without
#    `zero_grad`.
