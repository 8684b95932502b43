# %% [markdown]
# # Slope, tangent, Taylor
# Near a point a smooth function looks like a straight line, and its slope is the derivative.
# What to see: the tangent touches, and its error falls with h²; each further Taylor term wins another power of h.
#
# Notes: 003 · 2.2.2 Jacobians (Taylor's theorem and the code example), 2.2.1.

# %%
import math
from pathlib import Path

import matplotlib.pyplot as plt

from autograd import COLOURS, exp, linearize, sin, taylor
from nn import plots

plt.rc("axes", prop_cycle=plt.cycler(color=COLOURS["series"]))

# %% [markdown]
# The code of the notes, with the engine's derivative in the place of the one that was found by hand. `linearize` gives
# the value and the function v ↦ f′(x)·v.

# %%
f = lambda x: x**2 - 1.5 * x
x = 0.5
value, slope_times = linearize(f, x)
f_linearized = lambda t: value + slope_times(t - x)

print(f"f({x}) = {value}, f′({x}) = {slope_times(1.0)}, by hand 2·{x} - 1.5 = {2 * x - 1.5}")
print(f"{f(x + 0.01):.4f}")  # the notes print -0.5049
print(f"{f_linearized(x + 0.01):.4f}")  # and -0.5050

# %% [markdown]
# How wrong is the tangent at a distance h? For g(x) = exp(sin x) at 0.5 the Taylor polynomials of degree 1, 2 and 3
# take more and more derivatives into account: g(x) + g′(x)·h + g″(x)·h²/2 + ….

# %%
g = lambda x: exp(sin(x))
coefficients = taylor(g, x, 3)
print("g⁽ᵏ⁾(x)/k! for k = 0 … 3:", [round(c, 4) for c in coefficients])

hs = [10.0 ** (-k / 8) for k in range(6, 23)]
errors = {}
for degree in (1, 2, 3):
    kept = coefficients[: degree + 1]
    errors[degree] = [abs(g(x + h) - sum(c * h**k for k, c in enumerate(kept))) for h in hs]

powers = {}
for degree, error in errors.items():
    powers[degree] = math.log10(error[-9] / error[-1])  # of the last decade of h
    print(f"degree {degree}: at h = {hs[-1]:.1e} error {error[-1]:.1e}; ten times h, 10^{powers[degree]:.2f} the error")

# %%
figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.4), layout="constrained")
plots.function(g, -1.5, 3.5, at=[0.5], ax=left).set_ylabel("f(x) = exp(sin x)")
for degree, error in errors.items():
    right.loglog(hs, error, marker=".", label=f"degree {degree}: error ∝ h{'²³⁴'[degree - 1]}")
right.set(title="The error of Taylor polynomials of exp(sin x) at 0.5", xlabel="distance h from the point")
right.set_ylabel("|function − polynomial|")
right.grid(alpha=0.3)
right.legend()
Path("out").mkdir(exist_ok=True)
figure.savefig(Path("out") / "tangent.png", dpi=110)
print("the tangent and the errors are drawn in", Path("out") / "tangent.png")

# %% [markdown]
# ## Exercises
# 1. For the notes' f = x² - 1.5x the tangent's error is exactly h², whatever x is. Show it by numbers, and say why.
# 2. At π/2 the error of the tangent of sin falls with h² too, but at 0 with h³. Measure both. Which derivative is 0?
