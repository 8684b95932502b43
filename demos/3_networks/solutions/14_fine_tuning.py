# %% [markdown]
# # Fine-tuning: solutions

# %%
from random import Random

from nn import (
    MLP,
    Adam,
    Layer,
    Sequential,
    binary_cross_entropy_with_logits,
    cross_entropy,
    fit,
    load_digits,
    train_validation_test_split,
)

train, spare, test = train_validation_test_split(load_digits(scaled=True), 0.1, 0.2, seed=0, stratify=True)
trained = MLP(64, [32, 32, 10], initializer="kaiming_uniform", rng=Random(0))
fit(trained, train, cross_entropy, Adam(trained.parameters(), lr=5e-3), epochs=15, compile=True)


def attempt(answer, learnt, frozen, samples=20, draws=3):
    """The share of test images that a network answers right after so many samples."""
    right = 0
    for draw in range(draws):
        model = MLP(64, [32, 32, 10], initializer="kaiming_uniform", rng=Random(1))
        if learnt:
            model.load_state_dict(trained.state_dict())
        trunk = Sequential(*model.layers[:-1]).requires_grad_(not frozen)
        model = Sequential(trunk, Layer(32, 1, activation="identity", initializer="kaiming_uniform", rng=Random(2)))
        few = [spare[i] for i in Random(draw).sample(range(len(spare)), samples)]
        data = [x for x, _ in few], [float(answer(x, y)) for x, y in few]
        optimizer = Adam([p for p in model.parameters() if p.requires_grad], lr=0.01)
        fit(model, data, binary_cross_entropy_with_logits, optimizer, epochs=60, batch_size=20, compile=True)
        right += sum((model(x).data > 0.0) == answer(x, y) for x, y in test)
    return right / draws / len(test)


# %% [markdown]
# 1. *A random trunk.* Random features are worth something, learnt ones more.


# %%
def loop(_x, y):
    """Whether the digit has a closed loop."""
    return y in (0, 6, 8, 9)


print(f"frozen trunk: learnt {attempt(loop, True, True):.1%}, random {attempt(loop, False, True):.1%}")

# %% [markdown]
# 2. *Another question.* What the trunk has learnt to ignore, its head cannot find again.


# %%
def left(x, _y):
    """Whether the left half is brighter than the right one."""
    return sum(sum(x[8 * row : 8 * row + 4]) - sum(x[8 * row + 4 : 8 * row + 8]) for row in range(8)) > 0.0


print(f"left or right: frozen trunk {attempt(left, True, True):.1%}, from scratch {attempt(left, False, False):.1%}")
