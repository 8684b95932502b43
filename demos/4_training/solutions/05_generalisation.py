# %% [markdown]
# # The gap: solutions

# %%
import math
from random import Random


def samples(n, seed):
    """y = sin(2.5x) + noise, x uniform in [−1, 1]."""
    rng = Random(seed)
    xs = [rng.uniform(-1.0, 1.0) for _ in range(n)]
    return xs, [math.sin(2.5 * x) + rng.gauss(0.0, 0.2) for x in xs]


# %% [markdown]
# 1. *Three parts.* On a third part, the test set, that is used once, after everything is chosen.  How flattering a
#    choice is: here are 50 models that all guess 0, and are told apart by noise alone.

# %%
rng = Random(0)
scores = [sum(rng.gauss(0.0, 0.2) ** 2 for _ in range(20)) / 20 for _ in range(50)]
print(f"validation loss of the best of 50 equal models {min(scores):.4f}; its true risk is {0.2**2:.4f}")

# %% [markdown]
# 2. *By heart.* Its empirical risk is 0, and its expected risk comes to twice the variance of the noise: that of the
#    sample that it repeats, and that of the new one.

# %%
us, vs = samples(2000, 99)
for n in (15, 100, 1000):
    xs, ys = samples(n, 1)
    errors = [(v - ys[min(range(n), key=lambda i, u=u: abs(xs[i] - u))]) ** 2 for u, v in zip(us, vs)]
    print(f"{n:4} samples: empirical risk 0, expected risk {sum(errors) / len(errors):.4f}")
