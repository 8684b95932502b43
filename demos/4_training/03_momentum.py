# %% [markdown]
# # Momentum and adaptive steps: a race
# In a long narrow valley the gradient points across it, and plain gradient descent zigzags.
#
# What to see: what momentum does about it, what methods with a step size for each parameter do, and a race of five
# over two landscapes.
#
# Notes: 003 · 2.3.2 Accelerating Gradient Descent.

# %%
from pathlib import Path

import matplotlib.pyplot as plt

from autograd import Value
from nn import SGD, Adam, RMSprop, plots
from nn.plots.axes import colour

OUT = Path("out")
OUT.mkdir(exist_ok=True)


def valley(v):
    """A quadratic that bends 50 times as much across as along."""
    return 0.5 * (v[0] ** 2 + 50.0 * v[1] ** 2)


def banana(v):
    """Rosenbrock's bent valley; its minimum is (1, 1)."""
    return (1.0 - v[0]) ** 2 + 20.0 * (v[1] - v[0] ** 2) ** 2


def run(f, start, steps, optimizer, **options):
    """The points that an optimiser visits, and f there."""
    theta = [Value(number) for number in start]
    method = optimizer(theta, **options)
    path, values = [list(start)], [f(start)]
    for _ in range(steps):
        method.zero_grad()
        f(theta).backward()
        method.step()
        path.append([p.data for p in theta])
        values.append(f(path[-1]))
    return path, values


# %% [markdown]
# ## Momentum, by hand
# gₜ = −η∇f(xₜ₋₁) + λgₜ₋₁ and xₜ = xₜ₋₁ + gₜ: steps across the valley cancel, steps along it add up.

# %%
x, g = [-2.0, 0.6], [0.0, 0.0]
for _ in range(40):
    slope = [x[0], 50.0 * x[1]]
    g = [-0.02 * s + 0.8 * gi for s, gi in zip(slope, g)]
    x = [xi + gi for xi, gi in zip(x, g)]
path, _ = run(valley, [-2.0, 0.6], 40, SGD, lr=0.02, momentum=0.8)
apart = max(abs(p - q) for p, q in zip(path[-1], x))
print(f"40 steps by the formula of the notes and by SGD(momentum=0.8) differ by {apart:.0e}")

# %% [markdown]
# ## The race
# Each with the step size that suits it.

# %%
racers = {
    "gradient descent": (SGD, {"lr": 0.036}, {"lr": 0.004}),
    "momentum": (SGD, {"lr": 0.036, "momentum": 0.8}, {"lr": 0.004, "momentum": 0.9}),
    "Nesterov": (
        SGD,
        {"lr": 0.02, "momentum": 0.8, "nesterov": True},
        {"lr": 0.004, "momentum": 0.9, "nesterov": True},
    ),
    "RMSprop": (RMSprop, {"lr": 0.05}, {"lr": 0.02}),
    "Adam": (Adam, {"lr": 0.2}, {"lr": 0.1}),
}
landscapes = {"valley": (valley, [-2.0, 0.6], 60), "banana": (banana, [-1.0, 1.5], 300)}
paths, values = {}, {}
for k, (name, (f, start, steps)) in enumerate(landscapes.items()):
    for racer, (method, *options) in racers.items():
        paths[name, racer], values[name, racer] = run(f, start, steps, method, **options[k])
    ranking = sorted(racers, key=lambda racer, name=name: values[name, racer][-1])
    print(f"{name}, after {steps} steps:", ", ".join(f"{racer} {values[name, racer][-1]:.1e}" for racer in ranking))

# %%
figure, axes = plt.subplots(2, 2, figsize=(12.5, 8.4), layout="constrained")
SHADES = (1, 2, 3, 4, 7)  # of the table of colours: none of them blue, as the valleys are
shown = ("gradient descent", "momentum", "Adam")
boxes = {"valley": ((-2.3, 0.8), (-0.8, 0.8)), "banana": ((-1.5, 1.6), (-0.5, 2.0))}
for row, (name, (f, _, steps)) in zip(axes, landscapes.items()):
    plots.contours(f, *boxes[name], ax=row[0])
    for racer in shown:
        i = list(racers).index(racer)
        row[0].plot(
            *zip(*paths[name, racer]), color=colour(SHADES[i]), marker=".", markersize=4, linewidth=1.2, label=racer
        )
    row[0].set_title(f"{name}: {steps} steps")
    row[0].legend(loc="upper right")
    for i, racer in enumerate(racers):
        style = ("-", "--", "-.", ":", "-")[i]
        row[1].semilogy(values[name, racer], color=colour(SHADES[i]), linestyle=style, label=racer)
    row[1].set(xlabel="step", ylabel="f", title=f"{name}: how low")
axes[0, 1].legend(loc="lower left")
figure.savefig(OUT / "momentum.png", dpi=110)

# %% [markdown]
# ## A step size for each parameter
# RMSprop and Adam divide each gradient by the root of the mean of its squares, so a direction that bends 50 times as
# much takes steps of the same size.  Adam's first step is η in each coordinate, whatever the gradient.

# %%
first = [b - a for a, b in zip(*paths["valley", "Adam"][:2])]
print("Adam's first step:", [round(s, 6) for s in first], " the gradient there:", [-2.0, 30.0])

# %% [markdown]
# ## Exercises
# 1. Write out two steps of momentum: gₜ = −η∇f(xₜ₋₁) − λη∇f(xₜ₋₂) + λ²gₜ₋₂.  For a slope that stays the same, how
#    long do the steps get?
# 2. Turn the valley by 45°: f(x, y) = ½((x + y)² / 2 + 50 (x − y)² / 2).  Who loses most, and why?
