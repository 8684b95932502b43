# %% [markdown]
# # Batch against stochastic gradient descent: solutions

# %%
import math

from nn import SGD, DataLoader, Linear, StepLR, fit, least_squares, make_line, mse_loss

data = make_line(128, weights=[2.0], bias=-1.0, noise=0.6, seed=3)
best = least_squares([[x, 1.0] for (x,) in data.inputs], data.targets)

# %% [markdown]
# 1. *Smaller and smaller steps.* The walk jitters around the minimum by an amount that goes with η.

# %%
for name in ("the same", "halved every three epochs"):
    distances = []
    for seed in range(10):
        model = Linear(1, 1, initializer="zeros")
        optimizer = SGD(model.parameters(), lr=0.15)
        schedule = StepLR(optimizer, 3, 0.5) if name != "the same" else None
        fit(model, data, mse_loss, optimizer, epochs=15, batch_size=4, seed=seed, schedule=schedule)
        distances.append(math.dist([p.data for p in model.parameters()], best))
    print(f"η {name}: distance to the minimum {sum(distances) / 10:.4f}, mean of ten seeds")

# %% [markdown]
# 2. *n/r.* n/r is the number of batches in an epoch, rounded up if they do not divide.  How many epochs there are is
#    another choice, and a free one.

# %%
print(len(DataLoader(([[0.0]] * 130, [0.0] * 130), batch_size=32)), "batches: 4 of 32 samples and one of 2")
