# %% [markdown]
# # Logsumexp without overflow
# log Σ exp(pⱼ) is a harmless number; on the way to it stand exponentials that no computer can hold.
# What to see: the naive formula breaks above 709, and loses its digits below -730; subtracting the largest first is
# right everywhere.
#
# Notes: 003 · 4.3.2 The logsumexp Trick.

# %%
import math
import warnings
from pathlib import Path

import matplotlib.pyplot as plt

from autograd import COLOURS, DomainWarning, exp, grad, log, logsumexp
from nn import cross_entropy

plt.rc("axes", prop_cycle=plt.cycler(color=COLOURS["series"]))
warnings.simplefilter("ignore", DomainWarning)  # the naive formula is meant to overflow here

p = [0.0, 1.0, 2.0]


def naive(p):
    """As the formula stands."""
    return log(sum(exp(x) for x in p))


def stable(p):
    """logsumexp(p) = logsumexp(p - c) + c, with the largest as c: then the largest exponential is 1."""
    c = max(p)
    return naive([x - c for x in p]) + c


# %% [markdown]
# All logits are shifted by c. The true value is shifted by c too, and nothing else.

# %%
true = math.log(1.0 + math.e + math.e**2)
print(f"{'shift':>7} {'naive':>12} {'stable':>12} {'engine':>12} {'true':>12}")
for shift in (0.0, 100.0, 700.0, 710.0, 1000.0, -700.0, -740.0, -750.0):
    moved = [x + shift for x in p]
    print(f"{shift:7.0f} {naive(moved):12.4f} {stable(moved):12.4f} {logsumexp(moved):12.4f} {true + shift:12.4f}")


def lost(f, shift):
    """The error of f under this shift, at least 1e-17; infinite where it is no number."""
    error = abs(f([x + shift for x in p]) - (true + shift))
    return max(error, 1e-17) if math.isfinite(error) else math.inf


shifts = list(range(-800, 801, 4))
breaks = [shift for shift in shifts if lost(naive, shift) > 1e-9]
low, high = max(s for s in breaks if s < 0), min(s for s in breaks if s > 0)
worst = max(lost(stable, shift) for shift in shifts)
print(f"the naive formula is right between {low} and {high}; the stable one everywhere, to {worst:.0e}")

# %% [markdown]
# Derivatives suffer as well: the gradient of logsumexp is softmax. Behind an overflow the naive one is ∞/∞, not a
# number, and one nan in a gradient spoils all weights at the next step.

# %%
moved = [x + 1000.0 for x in p]
naive_gradient, right_gradient = grad(naive)(moved), grad(logsumexp)(moved)
print("gradient at a shift of 1000: naive", naive_gradient, " engine", [round(g, 4) for g in right_gradient])

# %% [markdown]
# Cross-entropy of logits is -pᵢ + logsumexp(p), so it is right for any logits:

# %%
for scale in (1.0, 1e3, 1e6):
    print(
        f"logits of size {scale:7.0e}: cross-entropy of the second class {cross_entropy([scale * x for x in p], 1):.6g}"
    )

# %%
figure, axes = plt.subplots(figsize=(9, 4.2), layout="constrained")
for i, (name, f) in enumerate((("naive: log Σ exp(pⱼ)", naive), ("stable: c + log Σ exp(pⱼ − c)", stable))):
    errors = [lost(f, shift) for shift in shifts]
    finite = [(s, e) for s, e in zip(shifts, errors) if e < math.inf]
    axes.semilogy(*zip(*finite), ("o", ".")[i], color=f"C{1 - i}", markersize=(7, 4)[i], label=name)
gone = [s for s in shifts if lost(naive, s) == math.inf]
axes.axvspan(min(s for s in gone if s > 0), 800, color="C1", alpha=0.2, label="naive: ∞ or −∞")
axes.axvspan(-800, max(s for s in gone if s < 0), color="C1", alpha=0.2)
axes.set(title="Error of logsumexp(0 + c, 1 + c, 2 + c)", xlabel="shift c", ylabel="|error|", xlim=(-800, 800))
axes.set_ylim(1e-18, 10)
axes.grid(alpha=0.3)
axes.legend(loc="upper center")
Path("out").mkdir(exist_ok=True)
figure.savefig(Path("out") / "logsumexp.png", dpi=110)
print("the errors are drawn in", Path("out") / "logsumexp.png")

# %% [markdown]
# ## Exercises
# 1. Why the largest as c, and not the mean? Find logits for which the mean overflows.
# 2. For two numbers, log(eᵃ + eᵇ) = max + log(1 + e⁻ᵈ), d = |a - b|. Why is `log1p(exp(-d))` better than
#    `log(1 + exp(-d))` for d = 40?
