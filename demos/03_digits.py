# %% [markdown]
# # Handwritten digits
# scikit-learn's 1,797 real digits, 8×8 pixels each, and a 64-32-10 network with cross-entropy and Adam.

# %%
from pathlib import Path
from random import Random

import matplotlib.pyplot as plt
from rich.progress import Progress
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from autograd import no_grad
from nn import MLP, Adam, cross_entropy, minibatches

EPOCHS = 12

digits = load_digits()
pixels = (digits.data / 16.0).tolist()
train_x, test_x, train_y, test_y = train_test_split(
    pixels, digits.target.tolist(), test_size=0.2, random_state=0, stratify=digits.target
)
model = MLP(64, [32, 10], initializer="kaiming_uniform", rng=Random(0))
optimizer = Adam(model.parameters(), lr=5e-3)


def predict(sample):
    """The class with the largest logit."""
    logits = model(sample)
    return max(range(10), key=lambda k: logits[k].data)


# %%
losses = []
with Progress() as progress:
    task = progress.add_task("training", total=EPOCHS * len(train_x))
    for epoch in range(EPOCHS):
        for batch_x, batch_y in minibatches(train_x, train_y, batch_size=32, seed=epoch):
            loss = cross_entropy([model(sample) for sample in batch_x], batch_y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.data)
            progress.advance(task, len(batch_x))
        progress.console.print(f"epoch {epoch + 1:2}  loss of the last batch {losses[-1]:.4f}")

# %%
with no_grad():
    predicted = [predict(sample) for sample in test_x]
right = sum(p == t for p, t in zip(predicted, test_y))
print(f"held-out accuracy: {right} of {len(test_y)}, {right / len(test_y):.1%}")

# %%
wrong = [i for i, (p, t) in enumerate(zip(predicted, test_y)) if p != t][:8]
figure, axes = plt.subplots(1, max(len(wrong), 1), figsize=(10, 1.9), layout="constrained", squeeze=False)
for axis, i in zip(axes[0], wrong):
    axis.imshow([test_x[i][row * 8 : row * 8 + 8] for row in range(8)], cmap="gray_r")
    axis.set(title=f"{test_y[i]}, taken for {predicted[i]}", xticks=[], yticks=[])
    axis.title.set_fontsize(8)
Path("out").mkdir(exist_ok=True)
figure.savefig("out/03_digits_mistakes.png", dpi=130)
print("its mistakes are in out/03_digits_mistakes.png")
