# %% [markdown]
# # Handwritten digits
# scikit-learn's 1,797 real digits, 8×8 pixels each scaled to [0, 1], and a 64-32-10 network,
# trained with cross-entropy and Adam by `fit`, which goes back to the weights that did best on validation data.

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
)
print(history)
history.plot().figure.savefig(OUT / "digits_history.png", dpi=110)
save(model, OUT / "digits.json")

# %%
print(f"held-out accuracy: {evaluate(model, test, cross_entropy, {'accuracy': accuracy})['accuracy']:.1%}")
with no_grad():
    logits = [[score.data for score in scores] for scores in model(test.inputs)]
plots.confusion_matrix(test.targets, logits).figure.savefig(OUT / "digits_confusion.png", dpi=110)

# %%
predicted = [scores.index(max(scores)) for scores in logits]
wrong = [i for i, (p, t) in enumerate(zip(predicted, test.targets)) if p != t][:8]
figure, axes = plt.subplots(1, max(len(wrong), 1), figsize=(10, 1.9), layout="constrained", squeeze=False)
for axis, i in zip(axes[0], wrong):
    axis.imshow([test.inputs[i][row * 8 : row * 8 + 8] for row in range(8)], cmap="gray_r")
    axis.set(title=f"{test.targets[i]}, taken for {predicted[i]}", xticks=[], yticks=[])
    axis.title.set_fontsize(8)
figure.savefig(OUT / "digits_mistakes.png", dpi=130)
print("the history, the trained model, its confusion matrix and mistakes are in", OUT)
