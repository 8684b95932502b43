# %% [markdown]
# # Backpropagation in vectors: solutions

# %%
import numpy as np

from autograd import Value, sigmoid
from nn import binary_cross_entropy_with_logits

# %% [markdown]
# 1. *diag or ⊙.* Multiplying by a diagonal matrix as a matrix costs d·d more; nobody builds it.

# %%
rng = np.random.default_rng(0)
d, c = 50, 80
dh, slope, W = rng.normal(size=d), rng.uniform(size=d), rng.normal(size=(d, c))
print("equal:", np.allclose(dh @ np.diag(slope) @ W, (dh * slope) @ W, rtol=1e-12, atol=1e-12))
print(f"with diag {d * d + d * c} multiplications, with ⊙ {d + d * c}")

# %% [markdown]
# 2. *Bernoulli.*

# %%
for y in (0.0, 1.0):
    for s in (-3.0, -1.0, 0.0, 1.0, 3.0):
        logit = Value(s)
        binary_cross_entropy_with_logits([logit], [y]).backward()
        print(f"y = {y:g}, s = {s:+g}: dL/ds = {logit.grad:+.6f}, −(y − p) = {-(y - sigmoid(s)):+.6f}")
