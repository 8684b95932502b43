# %% [markdown]
# # The gap between what is seen and what is not
# The loss on the training samples is an estimate of the loss on all possible samples, and a flattering one: the model
# was chosen to make it small.
#
# What to see: the gap between the two opens while a network is trained, a training that is stopped before it does,
# and the gap close with the number of samples.
#
# Notes: 003 · 3.2.1 Expected Risk and Overfitting.

# %%
import math
from pathlib import Path
from random import Random

import matplotlib.pyplot as plt

from nn import MLP, Adam, Dataset, EarlyStopping, evaluate, fit, mse_loss
from nn.plots.axes import colour

OUT = Path("out")
OUT.mkdir(exist_ok=True)
NOISE = 0.3


def samples(n, seed):
    """y = sin(2.5x) + noise, x uniform in [−1, 1]."""
    rng = Random(seed)
    xs = [rng.uniform(-1.0, 1.0) for _ in range(n)]
    return Dataset([[x] for x in xs], [math.sin(2.5 * x) + rng.gauss(0.0, NOISE) for x in xs])


def wide(_fan_in, _fan_out, rng):
    """N(0, 2²): steep units, which can bend much."""
    return rng.gauss(0.0, 2.0)


everything = samples(2000, 1000)  # stands for all possible samples
validation = samples(60, 8)


def trained(train, *callbacks, epochs=1500):
    """A network of 40 hidden units, and the history of its training."""
    model = MLP(1, [40, 1], activation="tanh", initializer=wide, rng=Random(0))
    history = fit(model, train, mse_loss, Adam(model.parameters(), lr=0.03), epochs=epochs, batch_size=len(train),
                  validation=validation, callbacks=callbacks, compile=True)  # fmt: skip
    return model, history


def risks(model, train):
    """The loss on the training samples and on all: empirical and expected risk."""
    return [evaluate(model, data, mse_loss)["loss"] for data in (train, everything)]


# %% [markdown]
# ## Over the epochs
# 121 parameters and 15 samples.  The training loss falls and falls; the loss on samples that are held out falls, has
# its least value, and rises again: from there on the network learns the noise.

# %%
few = samples(15, 1)
long, history = trained(few)
best_epoch = history["validation_loss"].index(min(history["validation_loss"])) + 1
print(f"validation loss: {history['validation_loss'][best_epoch - 1]:.4f} after {best_epoch} epochs,"
      f" {history['validation_loss'][-1]:.4f} after 1500")  # fmt: skip

# %% [markdown]
# ## Early stopping
# `EarlyStopping` waits for a while whether it gets better again, and goes back to the weights that did best.

# %%
stopped, short = trained(few, EarlyStopping(patience=150))
print(short.stopped)
gaps = {}
for name, model in (("1500 epochs", long), ("stopped early", stopped)):
    empirical, expected = risks(model, few)
    gaps[name] = expected - empirical
    print(f"{name:>13}: empirical risk {empirical:.4f}, expected risk {expected:.4f}, gap {gaps[name]:.4f}")
print(f"variance of the noise: {NOISE**2:.4f}; no expected risk can be lower, but for the luck of the 2,000 samples")

# %% [markdown]
# ## Over the number of samples
# The same network, with more and more samples: they leave no room for the noise of each.

# %%
counts, over_count = (15, 30, 60, 120, 240, 480), {}
for n in counts:
    train = samples(n, 1)
    over_count[n] = risks(trained(train, epochs=800)[0], train)
    print(f"{n:3} samples: empirical risk {over_count[n][0]:.4f}, expected risk {over_count[n][1]:.4f}")

# %%
figure, axes = plt.subplots(1, 3, figsize=(14, 4), layout="constrained")
grid = [-1.0 + i / 100 for i in range(201)]
axes[0].plot(grid, [math.sin(2.5 * x) for x in grid], color="grey", linestyle=":", label="without noise")
for i, (name, model) in enumerate((("stopped early", stopped), ("1500 epochs", long))):
    axes[0].plot(grid, [y.data for y in model([[x] for x in grid])], color=colour(i), label=name)
axes[0].plot([x for (x,) in few.inputs], few.targets, "o", color=colour(2), label="15 samples")
axes[0].set(xlabel="x", ylabel="y", title="What was learnt", ylim=(-2, 2))
axes[1].semilogy(history["loss"], color=colour(0), label="15 training samples")
axes[1].semilogy(history["validation_loss"], color=colour(1), linestyle="--", label="60 held out")
axes[1].axvline(best_epoch, color=colour(2), linestyle=":", label=f"best, epoch {best_epoch}")
axes[1].set(xlabel="epoch", ylabel="loss", title="Over the epochs", ylim=(0.01, 10))
seen, unseen = zip(*over_count.values())
axes[2].semilogx(counts, unseen, "o-", color=colour(1), label="expected risk")
axes[2].semilogx(counts, seen, "s--", color=colour(0), label="empirical risk")
axes[2].fill_between(counts, seen, unseen, color=colour(1), alpha=0.15, label="gap")
axes[2].axhline(NOISE**2, color="grey", linestyle=":", label="variance of the noise")
axes[2].set(xlabel="samples", ylabel="mean squared error", title="Over the samples")
axes[2].set_xticks(counts, labels=counts)
axes[2].minorticks_off()
for axis in axes:
    axis.legend(fontsize="small")
figure.savefig(OUT / "generalisation.png", dpi=110)

# %% [markdown]
# ## Exercises
# 1. The validation loss of the chosen epoch is itself flattering: it was chosen for being small.  How would you
#    measure the risk of the stopped network honestly?
# 2. A model that learns by heart: the answer for x is the target of the nearest sample.  What are its empirical and
#    its expected risk with 15, 100 and 1000 samples?
