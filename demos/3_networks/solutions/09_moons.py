# %% [markdown]
# # Two moons: solutions

# %%
from random import Random

from autograd import no_grad
from nn import MLP, SGD, Adam, fit, hinge_loss, l2_penalty, make_moons

moons = make_moons(100, noise=0.1, seed=0)
data = moons.inputs, [2 * y - 1 for y in moons.targets]


def trained(sizes, lr, kind=SGD, epochs=100):
    """The loss and the accuracy after so many steps on all points."""
    model = MLP(2, sizes, rng=Random(2))
    history = fit(model, data, hinge_loss, kind(model.parameters(), lr=lr), epochs=epochs, batch_size=100,
                  regularizer=lambda model: l2_penalty(model, 1e-4), compile=True)  # fmt: skip
    with no_grad():
        right = sum((model(x) > 0) == (t > 0) for x, t in zip(*data))
    return history["loss"][-1], right


# %% [markdown]
# 1. *The learning rate.* Long steps are quick and restless, short ones are slow.

# %%
for lr in (1.0, 0.1):
    loss, right = trained([16, 16, 1], lr)
    print(f"η = {lr} all the time: loss {loss:.4f}, {right} of 100 points right")

# %% [markdown]
# 2. *How small.* One ReLU bends the line once.  The moons want three bends or more, and some luck with the first
#    weights.

# %%
for n in (1, 2, 3, 4, 8, 16):
    print(f"2-{n}-1: {trained([n, 1], 0.05, Adam, 400)[1]} of 100 points right")
