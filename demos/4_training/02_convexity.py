# %% [markdown]
# # Convex or not, and where the walk ends
# Gradient descent comes to rest where the slope is 0. When is that the lowest point there is?
#
# What to see: one function in which the start decides where the walk ends; chords that tell what is convex and what
# is not; and that the loss of a linear model is convex, that of a network not.
#
# Notes: 003 · 2.3.1 Convergence of Gradient Descent (convexity), 5.2.1 Approximation Properties of MLPs (local
# minima).

# %%
from pathlib import Path
from random import Random

import matplotlib.pyplot as plt

from autograd import grad, no_grad
from nn import MLP, Linear, binary_cross_entropy_with_logits, make_moons, plots
from nn.plots.axes import colour

OUT = Path("out")
OUT.mkdir(exist_ok=True)


def f(v):
    """Two valleys of different depth, and a pass between them."""
    x, y = v
    return (x * x - 1.0) ** 2 + 0.3 * x + 0.5 * (y - 0.4 * x) ** 2


# %% [markdown]
# ## Where the walk ends
# Gradient descent on f from 200 starts.  It comes to rest in one of two valleys, and only one of them is the lowest
# point; nothing that it sees on its way tells which.

# %%
rng = Random(0)
ends = []
for _ in range(200):
    v = [rng.uniform(-2.0, 2.0), rng.uniform(-2.0, 2.0)]
    start = list(v)
    for _ in range(150):
        v = [p - 0.05 * g for p, g in zip(v, grad(f)(v))]
    ends.append((start, v))
left = [end for _, end in ends if end[0] < 0.0]
right = [end for _, end in ends if end[0] > 0.0]
print(f"{len(left)} end at ({left[0][0]:.4f}, {left[0][1]:.4f}), f = {f(left[0]):.4f}")
print(f"{len(right)} end at ({right[0][0]:.4f}, {right[0][1]:.4f}), f = {f(right[0]):.4f}")
figure, (axis, cut_axis) = plt.subplots(1, 2, figsize=(12.5, 4.8), layout="constrained")
plots.contours(f, (-2.0, 2.0), (-2.0, 2.0), ax=axis)
for i, side in ((2, -1.0), (1, 1.0)):
    starts = [start for start, end in ends if end[0] * side > 0.0]
    valley = "left" if side < 0.0 else "right"
    axis.plot(*zip(*starts), "os"[i - 1], color=colour(i), markersize=3.5, label=f"starts that end {valley}")
axis.legend(loc="upper right")
axis.set_title("f: the start decides")

# %% [markdown]
# ## Convex or not
# A function is convex if it lies below each of its chords: f(αx₁ + (1 − α)x₂) ≤ αf(x₁) + (1 − α)f(x₂).  Then every
# stationary point is the lowest.  Here is a chord that f rises above, and 2,000 random ones for f, for a bowl and
# for a saddle.


# %%
def bowl(v):
    """A convex function."""
    return v[0] ** 2 + 2.0 * v[1] ** 2 + v[0] * v[1]


def saddle(v):
    """Up one way, down the other."""
    return v[0] ** 2 - v[1] ** 2


def chords_cut(g, size=2, spread=2.0, count=2000):
    """Of so many random chords, how many g rises above."""
    rng, cut = Random(1), 0
    for _ in range(count):
        p, q = ([rng.uniform(-spread, spread) for _ in range(size)] for _ in range(2))
        a = rng.random()
        cut += g([a * s + (1.0 - a) * t for s, t in zip(p, q)]) > a * g(p) + (1.0 - a) * g(q) + 1e-12
    return cut


cut = {"bowl": chords_cut(bowl), "saddle": chords_cut(saddle), "f": chords_cut(f)}
print("chords cut, of 2,000:", cut)
one, other = left[0], right[0]
ts = [k / 100 for k in range(101)]
along = [f([(1.0 - t) * p + t * q for p, q in zip(one, other)]) for t in ts]
cut_axis.plot(ts, along, color=colour(0), label="f from one valley to the other")
cut_axis.plot(ts, [(1.0 - t) * f(one) + t * f(other) for t in ts], color=colour(1), linestyle="--", label="the chord")
cut_axis.set(xlabel="α", ylabel="f", title="A chord that is cut: f is not convex")
cut_axis.legend()
figure.savefig(OUT / "convexity.png", dpi=110)

# %% [markdown]
# ## Losses
# The cross-entropy of a linear model is convex in its parameters: no chord is cut.  A hidden layer ends that.

# %%
data, chords = make_moons(30, noise=0.1, seed=0), {}
for name, model in (("linear model", Linear(2, 1)), ("2-3-1 network", MLP(2, [3, 1], activation="tanh"))):
    names = list(model.state_dict())

    def loss(theta, model=model, names=names):
        """The loss with these parameters."""
        model.load_state_dict(dict(zip(names, theta)))
        with no_grad():
            return binary_cross_entropy_with_logits(model(data.inputs), data.targets).data

    chords[name] = chords_cut(loss, size=len(names), spread=4.0, count=300)
    print(f"cross-entropy of the {name}: {chords[name]} of 300 chords are cut")

# %% [markdown]
# ## Exercises
# 1. Find the third stationary point of f, between the valleys, and its eigenvalues.  (On the line y = 0.4x the slope
#    is that of a cubic.)
# 2. Where a function is convex its Hessian has no negative eigenvalue.  In which part of the square from −2 to 2 is f
#    convex?  What is the condition on x?
