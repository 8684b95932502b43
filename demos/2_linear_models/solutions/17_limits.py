# %% [markdown]
# # What a linear model cannot do: solutions

# %%
from random import Random

from nn import MLP, Adam, binary_cross_entropy_with_logits, fit, make_xor

data = make_xor()

# %% [markdown]
# 1. x1 + x2 - 2·x1·x2 is 0, 1, 1, 0; so the score x1 + x2 - 2·x1·x2 - ½ has the right sign. The feature is chosen by
#    hand; a hidden layer finds its own.

# %%
for (a, b), t in data:
    score = a + b - 2 * a * b - 0.5
    print(f"x = ({a}, {b}): score {score:4}, class {t}, right {(score > 0) == bool(t)}")

# %% [markdown]
# 2. W₂(W₁x + b₁) + b₂ = (W₂W₁)x + (W₂b₁ + b₂) is one linear model again, however wide the middle is.

# %%
for width in (2, 200):
    network = MLP(2, [width, 1], activation="identity", initializer="xavier_uniform", rng=Random(0))
    optimizer = Adam(network.parameters(), lr=0.02)
    history = fit(network, data, binary_cross_entropy_with_logits, optimizer, epochs=150, batch_size=4)
    print(f"{width} units without activation: loss {history['loss'][-1]:.4f} (log 2 = 0.6931)")
