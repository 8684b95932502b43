# %% [markdown]
# # Two moons
# A 2-16-16-1 network, hinge loss and an L2 penalty, trained by gradient descent on all 100 points: micrograd's demo.
# Run it and look into `out/`: the decision boundary, the loss, and the computation graph of one point.

# %%
import random
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from rich.progress import track
from sklearn.datasets import make_moons

from autograd import Value, draw
from nn import MLP, SGD, hinge_loss, plots

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
# What it learnt, and how:

# %%
figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.2), layout="constrained")
plots.decision_boundary(model, (points, targets), ax=left).set_title(f"Accuracy {accuracies[-1]:.0%}")
plots.loss_curves({"loss": losses, "accuracy": accuracies}, ax=right).set_title("Hinge loss + penalty")
figure.savefig(OUT / "moons.png", dpi=130)
print("the plot is in", OUT / "moons.png")

# %% [markdown]
# The graph of the score of one point, each neuron's parameters folded into its box. Where a ReLU is off (data 0), no
# gradient passes: the sum before it has grad 0.

# %%
x1, x2 = Value(points[0, 0], label="x1"), Value(points[0, 1], label="x2")
score = model([x1, x2])
score.label = "score"
model.zero_grad()
score.backward()
print("the graph is in", draw(score, OUT / "moons_graph.svg", fold_leaves=0, partials=False))
