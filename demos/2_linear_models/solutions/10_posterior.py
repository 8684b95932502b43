# %% [markdown]
# # One best model, or the average of many: solutions

# %%
import numpy as np

from autograd import sigmoid
from nn import binary_cross_entropy_with_logits

xs, classes = [-2.0, -1.2, -0.4, 0.3, 1.0, 1.6], [0.0, 0.0, 1.0, 0.0, 1.0, 1.0]
grid = [(float(w), float(b)) for w in np.linspace(-3.0, 12.0, 61) for b in np.linspace(-7.0, 7.0, 57)]


def loss(w, b, xs, classes, alpha):
    """-log p(S | w, b) - log p(w, b), but for a constant."""
    return binary_cross_entropy_with_logits([w * x + b for x in xs], classes, reduction="sum") + 0.5 * alpha * (
        w * w + b * b
    )


# %% [markdown]
# 1. The posterior becomes narrow: fewer models are plausible, and their average is nearly the best one.

# %%
for times in (1, 10):
    losses = np.array([times * loss(w, b, xs, classes, 0.0) + 0.5 / 16 * (w * w + b * b) for w, b in grid])
    weights = np.exp(losses.min() - losses)
    weights = weights / weights.sum()
    w, b = grid[int(weights.argmax())]
    average = sum(p * sigmoid(w_i * 3.0 + b_i) for p, (w_i, b_i) in zip(weights.tolist(), grid))
    print(f"each sample {times} times: the best has {weights.max():.2%} of the posterior")
    print(f"  p(1 | 3) by the best {sigmoid(3 * w + b):.3f}, by the average {average:.3f}")

# %% [markdown]
# 2. The samples are parted now. The steeper the sigmoid between them, the likelier: w grows for ever. The prior says
#    that such weights are implausible, and holds them.

# %%
parted, labels = [-2.0, -1.2, 1.0, 1.6], [0.0, 0.0, 1.0, 1.0]
for w in (1.0, 10.0, 100.0):
    without, with_prior = (loss(w, 0.0, parted, labels, alpha) for alpha in (0.0, 1 / 16))
    print(f"w = {w:5}: without a prior {without:.1e}, with it {with_prior:.3f}")
