# %% [markdown]
# # Calibration
# A 64-32-10 network that has learnt 400 noisy digits by heart is surer of itself than it is right.  One number, the
# temperature, mends that; then its probabilities can be used: for prediction sets that hold the truth nine times in
# ten, and for decisions that weigh what a mistake costs.

# %%
from pathlib import Path
from random import Random

import matplotlib.pyplot as plt
import numpy as np
from rich.progress import Progress
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from autograd import no_grad, softmax
from nn import MLP, Adam, cross_entropy, minibatches, plots
from nn.judging.calibration import brier_score, expected_calibration_error, fit_temperature
from nn.judging.decisions import conformal_threshold, coverage, decide, mean_set_size, prediction_set

EPOCHS = 25
NOISE = 0.3  # of pixels between 0 and 1, so that there is something to be wrong about

digits = load_digits()
pixels = digits.data / 16.0
noisy = pixels + np.random.default_rng(0).normal(0.0, NOISE, pixels.shape)
train_x, rest_x, train_y, rest_y = train_test_split(
    noisy.tolist(), digits.target.tolist(), train_size=400, random_state=0, stratify=digits.target
)
validation_x, test_x, validation_y, test_y = train_test_split(
    rest_x, rest_y, train_size=400, random_state=0, stratify=rest_y
)

# %%
model = MLP(64, [32, 10], initializer="kaiming_uniform", rng=Random(0))
optimizer = Adam(model.parameters(), lr=0.01)
with Progress() as progress:
    task = progress.add_task("training", total=EPOCHS)
    for epoch in range(EPOCHS):
        for batch_x, batch_y in minibatches(train_x, train_y, batch_size=32, seed=epoch):
            loss = cross_entropy([model(sample) for sample in batch_x], batch_y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        progress.advance(task)
print(f"loss of the last batch in training: {loss.data:.4f}")

# %% [markdown]
# The temperature τ is fitted on samples that the network was not trained on, and judged on yet others.  It changes no
# prediction, only how sure of it the network is.

# %%
with no_grad():
    validation_logits = [[z.data for z in model(sample)] for sample in validation_x]
    test_logits = [[z.data for z in model(sample)] for sample in test_x]
temperature = fit_temperature(validation_logits, validation_y)


def probabilities(logits, temperature):
    """Softmax(z/τ) of every sample."""
    return [softmax([z / temperature for z in row]) for row in logits]


before, after = probabilities(test_logits, 1.0), probabilities(test_logits, temperature)
right = sum(row.index(max(row)) == y for row, y in zip(test_logits, test_y))
print(f"held-out accuracy: {right} of {len(test_y)}, {right / len(test_y):.1%}")
print(f"temperature: {temperature:.3f}")
for name, rows in (("before", before), ("after", after)):
    confidence = sum(map(max, rows)) / len(rows)
    error = expected_calibration_error(rows, test_y)
    print(f"{name:>6}: mean confidence {confidence:.1%}, ECE {error:.1%}, Brier score {brier_score(rows, test_y):.3f}")

# %%
figure, axes = plt.subplots(1, 2, figsize=(9, 4.6), layout="constrained")
for axis, name, rows in zip(axes, ("τ = 1", f"τ = {temperature:.2f}"), (before, after)):
    plots.reliability_diagram(rows, test_y, ax=axis)
    axis.set_title(f"{name}: {axis.get_title()}")
Path("out").mkdir(exist_ok=True)
figure.savefig("out/calibration.png", dpi=130)
print("the reliability diagrams are in out/calibration.png")

# %% [markdown]
# Conformal prediction: sets of classes that hold the true one in at least 90% of cases, whatever the model.

# %%
threshold = conformal_threshold(probabilities(validation_logits, temperature), validation_y, alpha=0.1)
sets = prediction_set(after, threshold)
print(
    f"prediction sets, all classes above {threshold:.3f}: coverage {coverage(sets, test_y):.1%} (asked for 90%), "
    f"{mean_set_size(sets):.2f} classes on average"
)

# %% [markdown]
# Costs: a wrong digit costs 1, and asking somebody to read it 0.2; that is decision 10, a row of the cost matrix.

# %%
ASK = 10
costs = [[float(decision != truth) for truth in range(10)] for decision in range(10)] + [[0.2] * 10]
for name, rows in (("before", before), ("after", after)):
    decisions = decide(rows, costs)
    paid = sum(costs[decision][y] for decision, y in zip(decisions, test_y)) / len(test_y)
    print(f"{name:>6}: asks for {decisions.count(ASK) / len(decisions):.0%} of the digits, mean cost {paid:.3f}")
print(f" never: mean cost {1.0 - right / len(test_y):.3f}")
