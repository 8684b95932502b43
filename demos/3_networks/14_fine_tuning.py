# %% [markdown]
# # Fine-tuning: a frozen trunk, a new head
# A network that tells ten digits apart has learnt what strokes and loops are.
#
# What to see: that knowledge used for a new question, "is there a closed loop in it, as in 0, 6, 8, 9?", of which
# only a few answers are there: the hidden layers stay as they are, a new last layer is trained.
#
# Notes: 003 · 3.1.1 Variants of Supervised Learning (pre-trained models, fine-tuning).

# %%
from pathlib import Path
from random import Random

import matplotlib.pyplot as plt

from autograd import no_grad
from nn import (
    MLP,
    Adam,
    Dataset,
    Layer,
    Sequential,
    accuracy,
    binary_cross_entropy_with_logits,
    cross_entropy,
    evaluate,
    fit,
    load_digits,
    train_validation_test_split,
)
from nn.plots.axes import colour

OUT = Path("out")
OUT.mkdir(exist_ok=True)

# %% [markdown]
# ## The old task: which digit is it?

# %%
train, spare, test = train_validation_test_split(load_digits(scaled=True), 0.1, 0.2, seed=0, stratify=True)
trained = MLP(64, [32, 32, 10], initializer="kaiming_uniform", rng=Random(0))
fit(trained, train, cross_entropy, Adam(trained.parameters(), lr=5e-3), epochs=15, compile=True)
print(f"ten digits: {evaluate(trained, test, cross_entropy, {'accuracy': accuracy})['accuracy']:.1%} held-out accuracy")

# %% [markdown]
# ## The new task, three ways
# `requires_grad_(False)` makes parameters constants: no gradient is computed for them, no optimiser moves them.


# %%
def with_loops(data):
    """The same images, with the answers to the new question."""
    return Dataset(data.inputs, [float(y in (0, 6, 8, 9)) for y in data.targets])


new, judge = with_loops(spare), with_loops(test)


def begun(kind):
    """A network for the new task."""
    model = MLP(64, [32, 32, 10], initializer="kaiming_uniform", rng=Random(1))
    if kind != "from scratch":
        model.load_state_dict(trained.state_dict())
    trunk = Sequential(*model.layers[:-1])
    if kind == "frozen trunk, new head":
        trunk.requires_grad_(False)
    return Sequential(trunk, Layer(32, 1, activation="identity", initializer="kaiming_uniform", rng=Random(2)))


def attempt(kind, samples, draw):
    """Train on a few of the new samples; the model, and the share of the test images that it gets right."""
    model, chosen = begun(kind), Random(draw).sample(range(len(new)), samples)
    few = [new.inputs[i] for i in chosen], [new.targets[i] for i in chosen]
    trainable = [p for p in model.parameters() if p.requires_grad]
    fit(model, few, binary_cross_entropy_with_logits, Adam(trainable, lr=0.01), epochs=60, batch_size=20, compile=True)
    with no_grad():
        right = sum((output.data > 0.0) == (answer > 0.5) for output, answer in zip(model(judge.inputs), judge.targets))
    return model, right / len(judge)


kinds, sizes, found = ("from scratch", "frozen trunk, new head", "all fine-tuned"), (10, 20, 80), {}
for kind in kinds:
    found[kind] = [sum(attempt(kind, n, draw)[1] for draw in range(2)) / 2 for n in sizes]
    trainable = sum(p.requires_grad for p in begun(kind).parameters())
    scores = ", ".join(f"{score:.1%}" for score in found[kind])
    print(f"{kind:>22}: {trainable:5} parameters trained; right after 10, 20, 80 samples: {scores}")

# %%
figure, axis = plt.subplots(figsize=(7, 4.2), layout="constrained")
for i, kind in enumerate(kinds):
    axis.plot(sizes, found[kind], marker="o", color=colour(i), linestyle=("--", "-", "-.")[i], label=kind)
axis.set(xlabel="samples of the new task", ylabel="held-out accuracy", title="Is there a closed loop?")
axis.set_xscale("log", base=2)
axis.set_xticks(sizes, labels=sizes)
axis.legend()
figure.savefig(OUT / "fine_tuning.png", dpi=110)

# %% [markdown]
# The trunk is untouched, to the last bit:

# %%
frozen, _ = attempt("frozen trunk, new head", 10, 0)
untouched = [p.data for p in frozen[0].parameters()] == [p.data for lay in trained.layers[:2] for p in lay.parameters()]
print("the frozen trunk is the old one:", untouched)

# %% [markdown]
# ## Exercises
# 1. How much of it is due to what the trunk has learnt, and how much to any trunk?  Freeze a random one.
# 2. Ask a question that has nothing to do with strokes: "is the image brighter on the left than on the right?"  Does
#    the frozen trunk still help?
