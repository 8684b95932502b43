# %% [markdown]
# # The gap between what is seen and what is not
# The loss on the training samples is an estimate of the loss on all possible samples, and a flattering one: the model
# was chosen to make it small.  You will see the gap grow with the freedom of the model, shrink with the number of
# samples, and a training that is stopped before it opens.
#
# Notes: 003 · 3.2.1, "Expected Risk and Overfitting".

# %%
import math
from pathlib import Path
from random import Random

import matplotlib.pyplot as plt

from nn import (
    MLP,
    Adam,
    Dataset,
    EarlyStopping,
    PolynomialBasis,
    evaluate,
    fit,
    least_squares,
    mean_squared_error,
    mse_loss,
    plots,
)
from nn.plots.axes import colour

OUT = Path("out")
OUT.mkdir(exist_ok=True)
NOISE = 0.2


def samples(n, seed, noise=NOISE):
    """y = sin(2.5x) + noise, x uniform in [−1, 1]."""
    rng = Random(seed)
    xs = [rng.uniform(-1.0, 1.0) for _ in range(n)]
    return xs, [math.sin(2.5 * x) + rng.gauss(0.0, noise) for x in xs]


everything = samples(4000, 1000)  # stands for all possible samples

# %% [markdown]
# ## Over the degree
# Polynomials of degree 1, 2, … fitted to 15 samples by least squares; the median of 40 such fits.  No model can have
# an expected risk below the variance of the noise, 0.04.


# %%
def risks(degree, n, draws=40):
    """The median empirical and expected risk of a polynomial fitted to n samples."""
    basis = PolynomialBasis(degree)
    found = [[], []]
    for seed in range(draws):
        xs, ys = samples(n, seed)
        weights = least_squares([[1.0, *basis(x)] for x in xs], ys)
        for into, (us, vs) in zip(found, ((xs, ys), everything)):
            predicted = [sum(w * p for w, p in zip(weights, [1.0, *basis(u)])) for u in us[:400]]
            into.append(mean_squared_error(vs[:400], predicted))
    return [sorted(values)[draws // 2] for values in found]


degrees = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
over_degree = {degree: risks(degree, 15) for degree in degrees}
for degree in (1, 3, 5, 9):
    seen, unseen = over_degree[degree]
    print(f"degree {degree}: on the samples {seen:.4f}, on all {unseen:.4f}, gap {unseen - seen:.4f}")

# %% [markdown]
# ## Over the number of samples
# The same polynomial of degree 9, with more and more samples.

# %%
counts = [15, 20, 30, 50, 100, 200, 400]
over_count = {n: risks(9, n) for n in counts}
for n in (15, 50, 400):
    seen, unseen = over_count[n]
    print(f"{n:3} samples: on the samples {seen:.4f}, on all {unseen:.4f}, gap {unseen - seen:.4f}")

# %%
figure, axes = plt.subplots(1, 2, figsize=(11, 4), layout="constrained", sharey=True)
for axis, found, name in ((axes[0], over_degree, "degree"), (axes[1], over_count, "samples")):
    xs = list(found)
    seen, unseen = zip(*found.values())
    axis.semilogy(xs, unseen, "o-", color=colour(1), label="expected risk")
    axis.semilogy(xs, seen, "s--", color=colour(0), label="empirical risk")
    axis.fill_between(xs, seen, unseen, color=colour(1), alpha=0.15, label="gap")
    axis.axhline(NOISE**2, color="grey", linewidth=0.8, linestyle=":", label="variance of the noise")
    axis.set(xlabel=name, title=f"Over the {'degree, 15 samples' if name == 'degree' else 'samples, degree 9'}")
axes[1].set_xscale("log")
axes[1].set_xticks(counts, labels=counts)
axes[1].minorticks_off()
axes[0].set(ylabel="mean squared error")
axes[0].set_xticks(degrees)
axes[0].legend(loc="upper left")
figure.savefig(OUT / "generalisation.png", dpi=110)

# %% [markdown]
# ## Early stopping
# A network of 40 hidden units on 15 samples with more noise.  The validation loss falls, has its least value, and
# rises again, while the training loss goes on falling.  `EarlyStopping` waits for a while and goes back to the
# weights that did best.

# %%
train, validation, fresh = (
    Dataset([[x] for x in xs], ys) for xs, ys in (samples(n, seed, 0.3) for n, seed in ((15, 1), (60, 8), (4000, 9)))
)


def trained(*callbacks):
    """A network and the history of its training."""
    model = MLP(1, [40, 1], activation="tanh", initializer=lambda *size: size[2].gauss(0.0, 2.0), rng=Random(0))
    optimizer = Adam(model.parameters(), lr=0.03)
    history = fit(model, train, mse_loss, optimizer, epochs=1500, batch_size=15, validation=validation,
                  callbacks=callbacks, compile=True)  # fmt: skip
    return model, history


long, history = trained()
stopped, short = trained(EarlyStopping(patience=150))
risk = {name: evaluate(model, fresh, mse_loss)["loss"] for name, model in (("long", long), ("stopped", stopped))}
print(short.stopped)
print(f"expected risk after 1500 epochs {risk['long']:.4f}, stopped early {risk['stopped']:.4f}")
axis = plots.loss_curves({"loss": history["loss"], "validation_loss": history["validation_loss"]})
best_epoch = history["validation_loss"].index(min(history["validation_loss"])) + 1
axis.axvline(best_epoch, color=colour(2), linestyle=":", label=f"best, epoch {best_epoch}")
axis.set_title("40 hidden units, 15 samples")
axis.legend()
axis.figure.savefig(OUT / "generalisation_early_stopping.png", dpi=110)

# %% [markdown]
# ## Exercises
# 1. The validation loss of the chosen epoch is itself flattering: it was chosen for being small.  How would you
#    measure the risk of the stopped network honestly?
# 2. A model that learns by heart: the answer for x is the target of the nearest sample.  What are its empirical and
#    its expected risk with 15, 100 and 1000 samples?
