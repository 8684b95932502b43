# %% [markdown]
# # A network to play with: solutions

# %%
from functools import partial
from random import Random

from nn import (
    MLP,
    Adam,
    accuracy,
    binary_cross_entropy_with_logits,
    evaluate,
    fit,
    l1_penalty,
    l2_penalty,
    make_blobs,
    make_circles,
    make_moons,
    random_split,
)

loss = binary_cross_entropy_with_logits

# %% [markdown]
# 1. *The smallest network.* Blobs need no hidden unit, a circle three, which is a triangle round it; the moons a few.

# %%
data = {
    "blobs": make_blobs(200, centers=[[-2.0, 0.0], [2.0, 0.0]], seed=0),
    "circles": make_circles(200, noise=0.05, factor=0.4, seed=0),
    "moons": make_moons(200, noise=0.1, seed=0),
}
for name, samples in data.items():
    found = []
    for width in (0, 1, 2, 3, 4, 8):
        best = 0.0
        for seed in range(3):
            model = MLP(2, [width, 1] if width else [1], activation="tanh", rng=Random(seed))
            history = fit(model, samples, loss, Adam(model.parameters(), lr=0.05), epochs=150, batch_size=50,
                          metrics={"accuracy": partial(accuracy, threshold=0.0)}, compile=True)  # fmt: skip
            best = max(best, history["accuracy"][-1])
        found.append(f"{width}: {best:.1%}")
    print(f"{name:>7}, by hidden units:", ", ".join(found))

# %% [markdown]
# 2. *Penalties against noise.*

# %%
noisy = make_moons(240, noise=0.35, seed=1)
train, test = random_split(noisy, [40, 200], seed=0)
for name, penalty in (
    ("none", None),
    ("L2, 0.03", lambda model: l2_penalty(model, 0.03)),
    ("L1, 0.005", lambda model: l1_penalty(model, 0.005)),
):
    model = MLP(2, [16, 16, 1], activation="tanh", initializer="xavier_uniform", rng=Random(0))
    fit(model, train, loss, Adam(model.parameters(), lr=0.03), epochs=200, batch_size=40, regularizer=penalty,
        compile=True)  # fmt: skip
    seen, unseen = (evaluate(model, part, loss)["loss"] for part in (train, test))
    print(f"penalty {name:>9}: loss in training {seen:.3f}, in the test {unseen:.3f}")
