# %% [markdown]
# # Handwritten digits
# scikit-learn's 1,797 real digits, 8×8 pixels each scaled to [0, 1], and a 64-32-10 network, trained with
# cross-entropy and Adam by `fit`, which goes back to the weights that did best on validation data.
#
# What to see: which digits it takes for which, and what its hidden units look for.
#
# Notes: 001 · Neural Network Training, Output Encoding; 003 · 2.1.1 Vector Operations (template matching).

# %%
from pathlib import Path
from random import Random

import matplotlib.pyplot as plt

from autograd import no_grad
from nn import (
    MLP,
    Adam,
    CosineAnnealingLR,
    EarlyStopping,
    accuracy,
    cross_entropy,
    evaluate,
    fit,
    load_digits,
    plots,
    save,
    train_validation_test_split,
)
from nn.plots.axes import of_signs, rows_of

OUT = Path("out")
OUT.mkdir(exist_ok=True)
EPOCHS = 25

train, validation, test = train_validation_test_split(load_digits(scaled=True), 0.1, 0.2, seed=0, stratify=True)
model = MLP(64, [32, 10], initializer="kaiming_uniform", rng=Random(0))
print(model.summary())

# %%
optimizer = Adam(model.parameters(), lr=8e-3)
history = fit(
    model,
    train,
    cross_entropy,
    optimizer,
    EPOCHS,
    validation=validation,
    metrics={"accuracy": accuracy},
    schedule=CosineAnnealingLR(optimizer, EPOCHS),
    callbacks=[EarlyStopping(patience=10)],
    compile=True,
)
print(history)
history.plot().figure.savefig(OUT / "digits_history.png", dpi=110)
save(model, OUT / "digits.json")

# %% [markdown]
# ## Judged on digits it has never seen

# %%
held_out = evaluate(model, test, cross_entropy, {"accuracy": accuracy})["accuracy"]
print(f"held-out accuracy: {held_out:.1%}")
with no_grad():
    logits = [[score.data for score in scores] for scores in model(test.inputs)]
plots.confusion_matrix(test.targets, logits).figure.savefig(OUT / "digits_confusion.png", dpi=110)

# %%
predicted = [scores.index(max(scores)) for scores in logits]
wrong = [i for i, (p, t) in enumerate(zip(predicted, test.targets)) if p != t][:8]
figure, axes = plt.subplots(1, max(len(wrong), 1), figsize=(10, 1.9), layout="constrained", squeeze=False)
for axis, i in zip(axes[0], wrong):
    axis.imshow(list(rows_of(test.inputs[i], 8)), cmap="gray_r")
    axis.set(title=f"{test.targets[i]}, taken for {predicted[i]}", xticks=[], yticks=[])
    axis.title.set_fontsize(8)
figure.savefig(OUT / "digits_mistakes.png", dpi=130)

# %% [markdown]
# ## Templates
# The sum of a hidden unit, ⟨w, x⟩ + b, is largest for the image that looks like its weights: blue pixels should be
# dark, orange ones light.

# %%
figure, axes = plt.subplots(2, 8, figsize=(10, 2.9), layout="constrained")
for axis, neuron in zip(axes.flat, model.layers[0].neurons):
    weights = [w.data for w in neuron.w]
    limit = max(map(abs, weights))
    axis.imshow(list(rows_of(weights, 8)), cmap=of_signs(), vmin=-limit, vmax=limit)
    axis.set(xticks=[], yticks=[])
figure.suptitle("the weights of 16 of the 32 hidden units")
figure.savefig(OUT / "digits_templates.png", dpi=110)
print("the history, the trained model, its confusion matrix, mistakes and templates are in", OUT)

# %% [markdown]
# ## Exercises
# 1. Leave the hidden layer out, `MLP(64, [10])`.  How much of the accuracy is due to it?
# 2. Shift every test image by one pixel to the right.  What is the accuracy now, and why does the network not know
#    that it is the same digit?
