# %% [markdown]
# # A penalty on the weights: solutions

# %%
from random import Random

from nn import MLP, SGD, Adam, AdamW, Dataset, Linear, evaluate, fit, k_fold, l2_penalty, make_line, mse_loss

# %% [markdown]
# 1. *Penalty or weight decay.* SGD adds λw to the gradient, which is the gradient of λ/2·w².  Adam divides the
#    gradient by its size, the part of the penalty too; AdamW takes the share of the weight afterwards, undivided.

# %%
data = make_line(40, weights=[2.0, -1.0], noise=0.5, seed=1)


def trained(optimizer, penalty=0.0, **options):
    """The weights after 20 epochs."""
    model = Linear(2, 1, rng=Random(0))
    fit(model, data, mse_loss, optimizer(model.parameters(), lr=0.05, **options), epochs=20,
        regularizer=(lambda model: l2_penalty(model, penalty)) if penalty else None)  # fmt: skip
    return [round(p.data, 9) for p in model.parameters()]


print("SGD, weight_decay ", trained(SGD, weight_decay=0.5))
print("SGD, penalty      ", trained(SGD, 0.5))
print("AdamW             ", trained(AdamW, weight_decay=0.5))
print("Adam, penalty     ", trained(Adam, 0.5))

# %% [markdown]
# 2. *α by cross-validation.* Each sample is held out once; the mean of the errors on the held-out ones decides.


# %%
def wide(_fan_in, _fan_out, rng):
    """N(0, 2²): steep units at first."""
    return rng.gauss(0.0, 2.0)


rng = Random(6)
xs = [-0.92 + 1.84 * i / 19 for i in range(20)]
samples = Dataset([[x] for x in xs], [x * x + rng.gauss(0.0, 0.25) for x in xs])
for alpha in (0.0, 0.001, 0.01, 0.1, 0.3):
    errors = []
    for train, held_out in k_fold(samples, 5, seed=0):
        model = MLP(1, [30, 1], activation="tanh", initializer=wide, rng=Random(1))
        fit(model, train, mse_loss, Adam(model.parameters(), lr=0.02), epochs=1000, batch_size=16, compile=True,
            regularizer=lambda model, alpha=alpha: l2_penalty(model, alpha))  # fmt: skip
        errors.append(evaluate(model, held_out, mse_loss)["loss"])
    print(f"α = {alpha:g}: error on held-out samples {sum(errors) / 5:.4f}")
