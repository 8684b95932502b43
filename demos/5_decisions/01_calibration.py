# %% [markdown]
# # Calibration: how sure, and how right?
# A 64-32-10 network that has learnt some 400 noisy digits by heart is surer of itself than it is right.
#
# What to see: that on a reliability diagram, measured by one number, the expected calibration error, and mended by
# another, the temperature.
#
# Notes: 003 · 4.3.3 Calibration and Classification, 4.3.4 Estimating the Calibration Error.

# %%
from pathlib import Path
from random import Random

import matplotlib.pyplot as plt

from autograd import no_grad, softmax
from nn import (
    MLP,
    Adam,
    Dataset,
    brier_score,
    calibration_bins,
    cross_entropy,
    expected_calibration_error,
    fit,
    fit_temperature,
    load_digits,
    plots,
    train_validation_test_split,
)
from nn.plots.axes import colour

OUT = Path("out")
OUT.mkdir(exist_ok=True)
NOISE = 0.3  # of pixels between 0 and 1, so that there is something to be wrong about

rng, digits = Random(0), load_digits(scaled=True)
noisy = Dataset([[pixel + rng.gauss(0.0, NOISE) for pixel in image] for image in digits.inputs], digits.targets)
train, validation, test = train_validation_test_split(noisy, 400 / 1797, 997 / 1797, seed=0, stratify=True)
print(f"{len(train)} samples to learn from, {len(validation)} to calibrate with, {len(test)} to judge by")

# %%
model = MLP(64, [32, 10], initializer="kaiming_uniform", rng=Random(0))
optimizer = Adam(model.parameters(), lr=0.01)
history = fit(model, train, cross_entropy, optimizer, epochs=25, compile=True)
print(f"loss in training: {history['loss'][-1]:.4f}")


def logits_of(data):
    """The logits of each sample."""
    with no_grad():
        return [[z.data for z in row] for row in model(data.inputs)]


def probabilities(logits, temperature=1.0):
    """softmax(z/τ) of each sample."""
    return [softmax([z / temperature for z in row]) for row in logits]


# %% [markdown]
# ## Confidence in bins
# The samples are sorted into bins by how sure the network is, and in each bin it is counted how often it is right.
# The ECE is the mean of |accuracy − confidence| over the bins, each weighed by its samples.

# %%
test_logits = logits_of(test)
before = probabilities(test_logits)
bins = calibration_bins(before, test.targets)
by_hand = sum(b.size / len(test) * abs(b.accuracy - b.confidence) for b in bins)
for b in bins[-4:]:
    print(f"{b.size:4} samples of confidence {b.confidence:.1%}: {b.accuracy:.1%} are right")
print(f"ECE by the formula {by_hand:.4f}, by the function {expected_calibration_error(before, test.targets):.4f}")

# %% [markdown]
# ## One number mends it
# softmax(z/τ) with the τ that makes samples most likely that the network was not trained on.  The largest logit
# stays the largest, so no prediction changes: only how sure of it the network is.

# %%
temperature = fit_temperature(logits_of(validation), validation.targets)
after = probabilities(test_logits, temperature)
right = sum(row.index(max(row)) == y for row, y in zip(test_logits, test.targets)) / len(test)
print(f"temperature {temperature:.3f}; held-out accuracy {right:.1%}, before and after")
errors = {}
for name, rows in (("before", before), ("after", after)):
    confidence = sum(map(max, rows)) / len(rows)
    errors[name] = expected_calibration_error(rows, test.targets)
    brier = brier_score(rows, test.targets)
    print(f"{name:>6}: mean confidence {confidence:.1%}, ECE {errors[name]:.1%}, Brier score {brier:.3f}")

# %%
figure, axes = plt.subplots(1, 3, figsize=(14, 4.4), layout="constrained")
for axis, name, rows in zip(axes, ("τ = 1", f"τ = {temperature:.2f}"), (before, after)):
    plots.reliability_diagram(rows, test.targets, ax=axis)
    axis.set_title(f"{name}: {axis.get_title()}")
taus = [0.5 * 1.06**k for k in range(45)]
eces = [expected_calibration_error(probabilities(test_logits, tau), test.targets) for tau in taus]
axes[2].plot(taus, eces, color=colour(0), label="ECE on the test samples")
axes[2].axvline(temperature, color=colour(1), linestyle="--", label="τ, fitted on others")
axes[2].set(xlabel="temperature τ", ylabel="ECE", title="Too sure, calibrated, too modest")
axes[2].legend()
figure.savefig(OUT / "calibration.png", dpi=110)

# %% [markdown]
# ## Exercises
# 1. Fit the temperature on the training samples instead.  What comes out, and why is it of no use?
# 2. The ECE depends on the number of bins.  Compute it with 5, 10, 20, 50 and 200 bins.
