# %% [markdown]
# # Calibration: solutions

# %%
from random import Random

from autograd import no_grad, softmax
from nn import (
    MLP,
    Adam,
    Dataset,
    cross_entropy,
    expected_calibration_error,
    fit,
    fit_temperature,
    load_digits,
    train_validation_test_split,
)

rng, digits = Random(0), load_digits(scaled=True)
noisy = Dataset([[pixel + rng.gauss(0.0, 0.3) for pixel in image] for image in digits.inputs], digits.targets)
train, validation, test = train_validation_test_split(noisy, 400 / 1797, 997 / 1797, seed=0, stratify=True)
model = MLP(64, [32, 10], initializer="kaiming_uniform", rng=Random(0))
fit(model, train, cross_entropy, Adam(model.parameters(), lr=0.01), epochs=25, compile=True)
with no_grad():
    logits = {part: [[z.data for z in row] for row in model(part.inputs)] for part in (train, validation, test)}

# %% [markdown]
# 1. *On the training samples.* There the network is right always, so the smaller τ, the likelier the samples: there
#    is no best one.

# %%
try:
    print(fit_temperature(logits[train], train.targets))
except ValueError as error:
    print(error)

# %% [markdown]
# 2. *Bins.* In bins of a few samples the share of right ones is 0 or 1 by chance, and every chance counts as an
#    error: with many bins the ECE grows, however good the model.

# %%
temperature = fit_temperature(logits[validation], validation.targets)
rows = [softmax([z / temperature for z in row]) for row in logits[test]]
for bins in (5, 10, 20, 50, 200):
    print(f"{bins:3} bins: ECE {expected_calibration_error(rows, test.targets, n_bins=bins):.1%}")
