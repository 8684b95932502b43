# %% [markdown]
# # A transformer with one layer: solutions
# Attention alone, one head, in ten lines.

# %%
import math
from random import Random

import numpy as np

from autograd import dot, jacobian, softmax

rng = Random(0)
SIZE = 4
Q, K, V = (np.array([[rng.gauss(0.0, 1.0) for _ in range(SIZE)] for _ in range(SIZE)]) for _ in range(3))


def attention(xs):
    """What each place is told: the values before it and its own, weighed by softmax(⟨query, key⟩ / √d)."""
    queries, keys, values = (list(xs @ W) for W in (Q, K, V))
    told = []
    for t, query in enumerate(queries):
        weights = softmax([dot(list(query), list(key)) / math.sqrt(SIZE) for key in keys[: t + 1]])
        told.append([dot(weights, list(column)) for column in zip(*values[: t + 1])])
    return np.array(told)


xs = np.array([[rng.gauss(0.0, 1.0) for _ in range(SIZE)] for _ in range(5)])

# %% [markdown]
# 1. *Order.* The last place sums over all before it, and a sum has no order.  With a vector added that belongs to the
#    place, it has.

# %%
places = np.array([[rng.gauss(0.0, 1.0) for _ in range(SIZE)] for _ in range(5)])
swapped = xs[[0, 2, 1, 3, 4]]
for name, offset in (("without places", 0.0 * places), ("with places", places)):
    difference = abs(attention(xs + offset)[-1] - attention(swapped + offset)[-1]).max()
    print(f"{name}: swapping characters 2 and 3 moves what place 5 is told by {difference:.1e}")

# %% [markdown]
# 2. *No place looks ahead.* ∂(told at t) / ∂(character at u): the largest number of each block.  Above the diagonal
#    all are exactly 0.

# %%
J = np.array(jacobian(attention)(xs))  # place t, number, place u, number
print(np.abs(J).max(axis=(1, 3)).round(3))
