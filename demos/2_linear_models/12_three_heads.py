# %% [markdown]
# # Three tasks, three heads
# The last layer and the loss go together: a number, a yes or no, one of several classes.
# What to see: one table; one-hot vectors, because classes have no order; and the same gradient ŷ - y under all three.
#
# Notes: 001 · Output Layer, Output Encoding (one-hot); 003 · 4.1.1, 4.2 Linear Models for Classification.

# %%
from itertools import permutations
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from rich.console import Console
from rich.table import Table

from autograd import COLOURS, gradient, sigmoid, softmax
from nn import (
    MLP,
    LinearRegression,
    LogisticRegression,
    SoftmaxRegression,
    binary_cross_entropy_with_logits,
    cross_entropy,
    half_squared_loss,
    least_squares,
    load_breast_cancer,
    load_diabetes,
    load_iris,
    one_hot,
)

plt.rc("axes", prop_cycle=plt.cycler(color=COLOURS["series"]))

# %% [markdown]
# A network without its last activation gives numbers z. What they mean is decided by the head, ŷ = g(z), and by the
# loss. Its gradient by z is in all three cases the prediction less the truth.

# %%
x = [0.5, -1.0]
heads = {
    "a number": (1, lambda z: z, half_squared_loss, 0.7, [0.7]),
    "yes or no": (1, lambda z: [sigmoid(z[0])], binary_cross_entropy_with_logits, 1.0, [1.0]),
    "one of three": (3, softmax, cross_entropy, 2, one_hot(2, 3)),
}
differences = {}
for task, (outputs, head, loss, target, y) in heads.items():
    z = MLP(2, [4, outputs], activation="tanh", initializer="xavier_uniform")(x)
    z = z if outputs > 1 else [z]
    value = loss(z if outputs > 1 else z[0], target)
    by_z = gradient(value, z)
    residual = [float(p.data) - t for p, t in zip(head(z), y)]
    differences[task] = max(abs(a - b) for a, b in zip(by_z, residual))
    print(f"{task:>12}: ∂loss/∂z = {[round(g, 4) for g in by_z]}, ŷ - y = {[round(r, 4) for r in residual]}")

# %% [markdown]
# Linear models with each head, on a data set of each kind:

# %%
tasks = [
    ("a number", "progress of diabetes", load_diabetes(), LinearRegression(), "identity", "½(y - ŷ)²", "R²"),
    ("yes or no", "benign tumour?", load_breast_cancer(), LogisticRegression(), "sigmoid", "binary CE", "accuracy"),
    ("one of m", "species of iris", load_iris(), SoftmaxRegression(), "softmax", "CE", "accuracy"),
]
table = Table(title="One model, Wx + b, and three heads")
for column in ("the answer is", "data", "outputs", "g(z)", "loss", "score"):
    table.add_column(column)
scores = {}
for task, name, data, model, g, loss, kind in tasks:
    inputs = np.array(data.inputs)
    inputs = (inputs - inputs.mean(axis=0)) / inputs.std(axis=0)
    scores[task] = model.fit(inputs, data.targets).score(inputs, data.targets)
    outputs = 3 if g == "softmax" else 1
    table.add_row(task, name, str(outputs), g, loss, f"{kind} {scores[task]:.3f}")
Console(width=100).print(table)

# %% [markdown]
# Why not let a regression answer 0, 1 or 2 and round? Then class 1 lies *between* 0 and 2, and who counts the classes
# otherwise gets another model. As one-hot vectors all classes are equally far from each other, √2, and the order plays
# no part.

# %%
iris = load_iris()
X = np.column_stack([np.array(iris.inputs)[:, :2], np.ones(150)])  # sepals alone, or it would be too easy
y = np.array(iris.targets)
by_number, by_one_hot = {}, {}
for order in permutations(range(3)):
    numbers = np.array(order)[y]
    rounded = np.clip(np.round(X @ least_squares(X, numbers)), 0, 2)
    by_number[order] = float(np.mean(rounded == numbers))
    vectors = X @ least_squares(X, one_hot(numbers.tolist(), 3))
    by_one_hot[order] = float(np.mean(vectors.argmax(axis=1) == numbers))
    print(f"species counted as {order}: by number {by_number[order]:.1%}, by one-hot {by_one_hot[order]:.1%}")
print(f"distance of two one-hot vectors: {np.linalg.norm(np.subtract(*one_hot([0, 2], 3))):.4f}")

# %%
figure, axes = plt.subplots(figsize=(8, 4), layout="constrained")
places = np.arange(6)
axes.bar(places - 0.2, [100 * s for s in by_number.values()], 0.38, label="regression on the number of the class")
axes.bar(places + 0.2, [100 * s for s in by_one_hot.values()], 0.38, label="regression on one-hot vectors", hatch="//")
axes.set_xticks(places, [" ".join(map(str, order)) for order in by_number])
axes.set(xlabel="how setosa, versicolor, virginica are counted", ylabel="right, %", ylim=(0, 110))
axes.set_title("The order of the classes should not matter")
axes.legend(loc="upper center", ncols=2)
Path("out").mkdir(exist_ok=True)
figure.savefig(Path("out") / "three_heads.png", dpi=110)
print("the six countings are drawn in", Path("out") / "three_heads.png")

# %% [markdown]
# ## Exercises
# 1. Which head and which loss would you take for: the age of a person, whether a mail is spam, which of 26 letters, and
#    which of ten labels, of which several may be right at once?
# 2. A sigmoid is a softmax of two numbers, one of which is fixed at 0. Show it for z = 1.3, losses too.
