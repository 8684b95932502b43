# %% [markdown]
# # First weights: solutions

# %%
import math
from random import Random

from nn import MLP, SGD, binary_cross_entropy_with_logits, fit, make_circles

# %% [markdown]
# 1. *All alike.* Units with the same weights get the same gradient, so they stay one unit for ever.  From zeros not
#    even that: the output does not depend on the first layer, so only the last bias moves.

# %%
data = make_circles(120, noise=0.05, factor=0.4, seed=0)
for name, start in (("zeros", "zeros"), ("all 0.5", lambda *_: 0.5), ("random", "xavier_normal")):
    model = MLP(2, [4, 1], activation="tanh", initializer=start, rng=Random(0))
    fit(model, data, binary_cross_entropy_with_logits, SGD(model.parameters(), lr=0.1), epochs=50, compile=True)
    different = len({tuple(round(w.data, 12) for w in neuron.w) for neuron in model.layers[0].neurons})
    print(f"{name}: {different} different units of 4")

# %% [markdown]
# 2. *Why 1/√16.* The variance of a sum of 16 independent products is 16·σ²·1, so σ = 1/√16 = ¼; for 16 inputs and 16
#    outputs that is Xavier's √(2/32).

# %%
rng = Random(0)
for sigma in (0.05, 0.25, 1.0):
    sums = [sum(rng.gauss(0.0, sigma) * rng.gauss(0.0, 1.0) for _ in range(16)) for _ in range(4000)]
    print(f"σ = {sigma}: spread of the sum {math.sqrt(sum(s * s for s in sums) / 4000):.3f}")
print("Xavier's σ:", math.sqrt(2.0 / 32.0))
