# %% [markdown]
# # A convolutional network: solutions

# %%
from random import Random

import numpy as np

from autograd import Value, affine, jacobian, tanh

rng = Random(0)
kernel = [rng.gauss(0.0, 1.0) for _ in range(9)]
image = [rng.uniform(0.0, 1.0) for _ in range(64)]


def patches(image):
    """The 36 patches of 3 × 3 of an image of 8 × 8."""
    return [[image[8 * (i + k) + j + m] for k in range(3) for m in range(3)] for i in range(6) for j in range(6)]


# %% [markdown]
# 1. *As a matrix.* The Jacobian of the sums by the pixels is that matrix.

# %%
W = np.array(jacobian(lambda image: [affine(kernel, patch, 0.0) for patch in patches(image)])(image))
print(W.shape, f"{np.count_nonzero(W)} of {W.size} are not 0, {len(set(W[W != 0.0]))} different numbers")

# %% [markdown]
# 2. *Shared weights.* A weight that is used at 36 places is a leaf with 36 arrows, and `grad` adds up what comes back
#    along each.

# %%
shared = [Value(w) for w in kernel]
sum(tanh(affine(shared, patch, 0.0)) for patch in patches(image)).backward()
own = [[Value(w) for w in kernel] for _ in range(36)]
sum(tanh(affine(weights, patch, 0.0)) for weights, patch in zip(own, patches(image))).backward()
added = [sum(weights[i].grad for weights in own) for i in range(9)]
print("shared:", np.round([w.grad for w in shared], 6))
print("added: ", np.round(added, 6))
