# %% [markdown]
# # Two moons
# A 2-16-16-1 network, hinge loss and an L2 penalty, trained by gradient descent on all 100 points: micrograd's demo.
# Run it and look into `out/`: the decision boundary, the loss, and the computation graph of one point.

# %%
import random
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from rich.progress import track
from sklearn.datasets import make_moons

from autograd import COLOURS, Value, draw, no_grad
from nn import MLP, SGD, hinge_loss

OUT = Path("out")
OUT.mkdir(exist_ok=True)
STEPS = 100

np.random.seed(1337)
random.seed(1337)
points, classes = make_moons(n_samples=100, noise=0.1)
targets = (2 * classes - 1).tolist()  # -1 or 1

model = MLP(2, [16, 16, 1])
print(f"{model!r:.60}…\n{len(model.parameters())} parameters")

# %%
optimizer = SGD(model.parameters(), lr=1.0)
losses, accuracies = [], []
for step in track(range(STEPS), description="training"):
    scores = [model(point) for point in points.tolist()]
    penalty = 1e-4 * sum(p * p for p in model.parameters())
    loss = hinge_loss(scores, targets) + penalty
    optimizer.zero_grad()
    loss.backward()
    optimizer.lr = 1.0 - 0.9 * step / STEPS
    optimizer.step()
    losses.append(loss.data)
    accuracies.append(np.mean([(score > 0) == (target > 0) for score, target in zip(scores, targets)]))
    if step % 10 == 0 or step == STEPS - 1:
        print(f"step {step:3}  loss {losses[-1]:.4f}  accuracy {accuracies[-1]:.0%}")

# %% [markdown]
# What it learnt, drawn without recording a graph:

# %%
grid_x, grid_y = np.meshgrid(np.linspace(-1.7, 2.7, 80), np.linspace(-1.2, 1.7, 60))
with no_grad():
    surface = [model(point).data for point in zip(grid_x.ravel().tolist(), grid_y.ravel().tolist())]
surface = np.reshape(surface, grid_x.shape)

cmap = LinearSegmentedColormap.from_list("signs", COLOURS["diverging"])  # orange is negative, blue positive
figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.2), layout="constrained")
left.contourf(grid_x, grid_y, np.clip(surface, -3, 3), levels=21, cmap=cmap, alpha=0.7)
left.contour(grid_x, grid_y, surface, levels=[0.0], colors="black")
left.scatter(*points.T, c=classes, cmap=cmap, edgecolors="black", s=28)
left.set(title=f"Decision boundary, accuracy {accuracies[-1]:.0%}", xlabel="x1", ylabel="x2")
right.semilogy(losses, color=COLOURS["series"][0])
right.set(title="Loss", xlabel="step", ylabel="hinge loss + penalty")
right.grid(alpha=0.3)
figure.savefig(OUT / "02_moons.png", dpi=130)
print("the plot is in", OUT / "02_moons.png")

# %% [markdown]
# The graph of the score of one point, each neuron's parameters folded into its box. Where a ReLU is off (data 0), no
# gradient passes: the sum before it has grad 0.

# %%
x1, x2 = Value(points[0, 0], label="x1"), Value(points[0, 1], label="x2")
score = model([x1, x2])
score.label = "score"
model.zero_grad()
score.backward()
print("the graph is in", draw(score, OUT / "02_moons_graph.svg", fold_leaves=0, partials=False))
