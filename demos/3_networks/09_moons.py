# %% [markdown]
# # Two moons
# A 2-16-16-1 network, hinge loss and an L2 penalty, trained by gradient descent on all 100 points: the demo of
# micrograd, number for number.
#
# What to see: the three training steps as a loop, the boundary as it bends round the moons, and the graph of a single
# point.
#
# Notes: 001 · Training Steps ① ② ③; 003 · 3.2 Loss Functions (hinge loss).

# %%
import random
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
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
print(model.summary())

# %% [markdown]
# ## The loop
# ① Forward: the scores of all points, and the loss.  ② Backward: its derivative by each of the 337 parameters.
# ③ Update: a step against it, shorter and shorter.

# %%
optimizer = SGD(model.parameters(), lr=1.0)
losses, accuracies, pictures = [], [], {}
for step in range(STEPS):
    scores = [model(point) for point in points.tolist()]  # ①
    loss = hinge_loss(scores, targets) + 1e-4 * sum(p * p for p in model.parameters())
    optimizer.zero_grad()
    loss.backward()  # ②
    if step in (0, 10):
        pictures[step] = model.state_dict()
    optimizer.lr = 1.0 - 0.9 * step / STEPS
    optimizer.step()  # ③
    losses.append(loss.data)
    accuracies.append(float(np.mean([(score > 0) == (target > 0) for score, target in zip(scores, targets)])))
    if step % 10 == 0 or step == STEPS - 1:
        print(f"step {step:3}  loss {losses[-1]:.4f}  accuracy {accuracies[-1]:.0%}")
pictures[STEPS] = model.state_dict()

# %% [markdown]
# ## What it learnt, and how

# %%
figure, axes = plt.subplots(2, 2, figsize=(11, 7.6), layout="constrained")
for axis, (step, state) in zip(axes.flat, pictures.items()):
    model.load_state_dict(state)
    plots.decision_boundary(model, (points, targets), ax=axis).set_title(f"after {step} steps")
    axis.get_legend().set_loc("upper right")
plots.loss_curves({"loss": losses, "accuracy": accuracies}, ax=axes[1, 1]).set_title("hinge loss + penalty")
figure.axes[-1].set_xlabel("step")
figure.savefig(OUT / "moons.png", dpi=110)

# %% [markdown]
# ## The graph of one point
# Each neuron's parameters are folded into its box.  Where a ReLU is off (data 0), no gradient passes: the sum before
# it has grad 0.

# %%
x1, x2 = Value(points[0, 0], label="x1"), Value(points[0, 1], label="x2")
score = model([x1, x2])
score.label = "score"
model.zero_grad()
score.backward()
print("the graph is in", draw(score, OUT / "moons_graph.svg", fold_leaves=0, partials=False))

# %% [markdown]
# ## Exercises
# 1. Train with the learning rate 1.0 all the time, and with 0.1 all the time.  What is the loss after 100 steps?
# 2. How small may the network be?  Train 2-n-1 networks with n = 1, 2, 3, 4, 8.  From which n on are all points
#    right?
