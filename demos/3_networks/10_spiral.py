# %% [markdown]
# # A spiral of three classes
# Three arms wound round each other: no lines part them.
#
# What to see: what a linear model makes of them, what two hidden layers make of them, and how three logits become
# three probabilities.
#
# Notes: 001 · Output Layer, Output Encoding; 002 · Top layer (soft max); 003 · 4.2.2 The Logistic Regression Model.

# %%
from pathlib import Path
from random import Random

import matplotlib.pyplot as plt

from autograd import no_grad, softmax
from nn import (
    MLP,
    Adam,
    accuracy,
    cross_entropy,
    evaluate,
    fit,
    make_spirals,
    one_hot,
    plots,
    train_validation_test_split,
)

OUT = Path("out")
OUT.mkdir(exist_ok=True)

data = make_spirals(450, n_arms=3, noise=0.03, seed=0)
train, validation, test = train_validation_test_split(data, 1 / 9, 2 / 9, seed=0)
print(f"{len(train)} samples to learn from, {len(validation)} to watch, {len(test)} to judge")

# %% [markdown]
# ## Three classes, three outputs
# Class k is told to the loss as its number, or as its one-hot vector: cross-entropy is the same.

# %%
classes = train.targets[:4]
logits = [[1.0, 2.0, 0.0]] * 4
print("classes", classes, "one-hot", one_hot(classes, 3))
by_class, by_vector = cross_entropy(logits, classes), cross_entropy(logits, one_hot(classes, 3))
print(f"cross-entropy by class {by_class:.6f}, by one-hot vector {by_vector:.6f}")

# %% [markdown]
# ## A line between each two, and a network
# `MLP(2, [3])` has no hidden layer: it is the logistic regression of three classes.

# %%
results = {}
deep = MLP(2, [24, 24, 3], activation="tanh", initializer="xavier_uniform", rng=Random(0))
models = {"no hidden layer": MLP(2, [3], rng=Random(0)), "two hidden layers": deep}
for name, model in models.items():
    history = fit(model, train, cross_entropy, Adam(model.parameters(), lr=0.02), epochs=150, batch_size=50,
                  validation=validation, metrics={"accuracy": accuracy}, compile=True)  # fmt: skip
    results[name] = evaluate(model, test, cross_entropy, {"accuracy": accuracy})["accuracy"]
    print(f"{name}: {len(model.parameters())} parameters, held-out accuracy {results[name]:.0%}")

# %%
figure, axes = plt.subplots(1, 3, figsize=(14, 4.2), layout="constrained")
for axis, (name, model) in zip(axes, models.items()):
    plots.decision_boundary(model, train, ax=axis).set_title(f"{name}: {results[name]:.0%} right")
plots.loss_curves(history, ax=axes[2]).set_title("two hidden layers")
figure.savefig(OUT / "spiral.png", dpi=110)

# %% [markdown]
# ## From logits to probabilities
# In the middle, where the arms meet, the network is in doubt; further out it is sure.

# %%
with no_grad():
    for x in ([0.0, 0.0], [0.1, 0.0], train.inputs[0]):
        probabilities = [p.data for p in softmax(deep(x))]
        print(
            "x =",
            [round(xi, 2) for xi in x],
            " p =",
            [round(p, 3) for p in probabilities],
            f" Σp = {sum(probabilities):.3f}",
        )

# %% [markdown]
# ## Exercises
# 1. Instead of a hidden layer, give the linear model the radius r, sin and cos of its angle turned by 2πr: the
#    features that unwind the spiral.  How well does it do?
# 2. Wind the arms twice as far (`turns=2`).  What does the network above reach now, and what helps?
