# %% [markdown]
# # A prior is a penalty: L1 and L2
# Maximum a posteriori asks for weights that explain the data and are plausible beforehand: loss + α·R(θ).
# What to see: a Gaussian prior is the L2 penalty, it makes all weights smaller and none 0; a Laplace prior is the L1
# penalty, it makes weights 0, one after the other.
#
# Notes: 001 · Loss functions with regularizer, Regularization (L1, L2, Frobenius); 003 · 3.3 Bayesian Learning (MAP).

# %%
import math
from pathlib import Path
from random import Random

import matplotlib.pyplot as plt
import numpy as np

from autograd import COLOURS, Value
from nn import SGD, Linear, fit, frobenius_penalty, half_squared_loss, l1_penalty, l2_penalty, ridge

plt.rc("axes", prop_cycle=plt.cycler(color=COLOURS["series"]))

# %% [markdown]
# -log p(θ) is the penalty, but for a constant. Gaussian, p ∝ exp(-w²/2s²): ½w²/s², so α = 1/s². Laplace,
# p ∝ exp(-|w|/b): |w|/b, so α = 1/b. The Frobenius norm is the L2 norm of all entries of a matrix, ∂½‖W‖²/∂W = W.

# %%
log_gauss = lambda w, s: -0.5 * (w / s) ** 2 - math.log(s * math.sqrt(2 * math.pi))
log_laplace = lambda w, b: -abs(w) / b - math.log(2 * b)
w, w0 = Value(1.5), Value(0.5)
gauss = log_gauss(0.5, 0.8) - log_gauss(1.5, 0.8)
by_l2 = l2_penalty([w], 1 / 0.8**2).data - l2_penalty([w0], 1 / 0.8**2).data
laplace = log_laplace(0.5, 0.8) - log_laplace(1.5, 0.8)
by_l1 = l1_penalty([w], 1 / 0.8).data - l1_penalty([w0], 1 / 0.8).data
print(f"from w = 0.5 to 1.5, -log prior grows: Gaussian {gauss:.6f}, L2 penalty {by_l2:.6f}")
print(f"                                        Laplace {laplace:.6f}, L1 penalty {by_l1:.6f}")
layer = Linear(2, 1, rng=Random(0))
frobenius_penalty(layer.parameters(), 1.0).backward()
frobenius_is_w = all(p.grad == p.data for p in layer.parameters())
print(f"the gradient of the Frobenius penalty is the matrix itself: {frobenius_is_w}")

# %% [markdown]
# Data: eight features, of which three matter.

# %%
rng = np.random.default_rng(0)
X = rng.normal(size=(50, 8))
true = np.array([2.0, -1.5, 0.8, 0.0, 0.0, 0.0, 0.0, 0.0])
y = X @ true + rng.normal(size=50)
n = len(y)

# %% [markdown]
# **L2** has a closed form, ridge. **L1** has none. Descent with the penalty's subgradient comes near 0 and swings
# around it; so the L1 part of a step is made exactly instead: after w ← w - η∇(loss), move every weight by ηα towards
# 0, and stop there (the proximal step, "soft threshold").


# %%
def lasso(alpha, steps=200):
    """The minimum of (1/2n)·‖Xw - y‖² + α·Σ|w| by proximal gradient steps."""
    eta = n / np.linalg.norm(X, 2) ** 2
    w = np.zeros(8)
    for _ in range(steps):
        w = w - eta * X.T @ (X @ w - y) / n
        w = np.sign(w) * np.maximum(np.abs(w) - eta * alpha, 0.0)
    return w


alphas = 10.0 ** np.linspace(-2.5, 1.0, 36)
l1_path = np.array([lasso(alpha) for alpha in alphas])
l2_path = np.array([ridge(X, y, alpha * n) for alpha in alphas])  # the minimum of (1/2n)‖Xw - y‖² + ½α‖w‖²
zeros = (l1_path == 0.0).sum(axis=1)
shown = int(np.argmin(abs(alphas - 0.3)))
print(f"at α = {alphas[shown]:.2f}:")
print("  true", true)
print("  L1  ", l1_path[shown].round(2) + 0.0)
print("  L2  ", l2_path[shown].round(2))
print(f"weights that are exactly 0 over α: L1 {zeros[::5].tolist()}, L2 {(l2_path == 0.0).sum(axis=1)[::5].tolist()}")

# %% [markdown]
# In a training the penalty is added to the loss, `fit(…, regularizer=…)`. For L2 it ends where the closed form is.

# %%
alpha = 0.3
model = Linear(8, 1, bias=False, rng=Random(0))
fit(
    model,
    (X.tolist(), y.tolist()),
    lambda outputs, targets: half_squared_loss(outputs, targets, reduction="mean"),
    SGD(model.parameters(), lr=0.3),
    epochs=60,
    batch_size=n,
    regularizer=lambda model: l2_penalty(model, alpha),
)
trained = np.array([p.data for p in model.parameters()])
apart = float(abs(trained - ridge(X, y, alpha * n)).max())
print(f"trained with the penalty, and by ridge: they differ by at most {apart:.0e}")

# %%
figure, panels = plt.subplots(1, 2, figsize=(12, 4.4), layout="constrained", sharey=True)
for panel, path, title in zip(panels, (l1_path, l2_path), ("L1, Laplace prior", "L2, Gaussian prior")):
    for j in range(8):
        label = (
            f"w{j + 1}, true {true[j]:g}".replace("-", "−") if j < 3 else "the other five, true 0" if j == 3 else None
        )
        panel.semilogx(alphas, path[:, j], color=f"C{min(j, 8)}" if j < 3 else "C8", label=label)
    panel.axhline(0.0, color="black", linewidth=0.8)
    panel.set(title=title, xlabel="α, the strength of the prior")
    panel.grid(alpha=0.3)
panels[0].set_ylabel("weight")
panels[1].legend()
Path("out").mkdir(exist_ok=True)
figure.savefig(Path("out") / "shrinkage.png", dpi=110)
print("both paths are drawn in", Path("out") / "shrinkage.png")

# %% [markdown]
# ## Exercises
# 1. For one weight and a loss ½(w - a)², find the minimum with α|w| and with ½αw² by hand. From which α on is it 0?
# 2. Why does a training with `l1_penalty` hardly ever give a weight of exactly 0? Train one and look.
