# %% [markdown]
# # Two linear layers are one: solutions

# %%
from random import Random

import numpy as np

from autograd import no_grad
from nn import Linear, Sequential

# %% [markdown]
# 1. *Three layers.* A = W₃W₂W₁ and c = W₃(W₂b₁ + b₂) + b₃.

# %%
three = Sequential(Linear(3, 4, rng=Random(0)), Linear(4, 4, rng=Random(1)), Linear(4, 2, rng=Random(2)))
(W1, b1), (W2, b2), (W3, b3) = (
    (np.array([[w.data for w in row] for row in layer.weight]), np.array([b.data for b in layer.bias]))
    for layer in three
)
A, c = W3 @ W2 @ W1, W3 @ (W2 @ b1 + b2) + b3
x = [0.3, -1.0, 2.0]
with no_grad():
    print("the layers", [y.data for y in three(x)], " the product", (A @ x + c).tolist())

# %% [markdown]
# 2. *Counting parameters.* W has c′·c numbers and b has c′, so c′·(c + 1) is right: the bias belongs to the outputs.

# %%
print(len(Linear(3, 5).parameters()), "parameters: 5·(3 + 1) =", 5 * (3 + 1), "and not (5 + 1)·3 =", (5 + 1) * 3)
