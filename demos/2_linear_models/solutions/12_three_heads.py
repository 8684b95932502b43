# %% [markdown]
# # Three tasks, three heads: solutions

# %%
from autograd import sigmoid, softmax
from nn import binary_cross_entropy_with_logits, cross_entropy

# %% [markdown]
# 1. As follows; several labels at once are as many questions of yes or no.

# %%
for task, head, loss in (
    ("age", "identity, 1 output", "half_squared_loss"),
    ("spam", "sigmoid, 1 output", "binary_cross_entropy_with_logits"),
    ("letter", "softmax, 26 outputs", "cross_entropy"),
    ("labels", "sigmoid, 10 outputs", "binary_cross_entropy_with_logits of each"),
):
    print(f"{task:>7}: {head}, {loss}")

# %% [markdown]
# 2. exp(z)/(exp(0) + exp(z)) = 1/(1 + exp(-z)).

# %%
z = 1.3
print(f"sigmoid {sigmoid(z):.12f}, softmax of (0, z) {softmax([0.0, z])[1]:.12f}")
print(f"losses {binary_cross_entropy_with_logits(z, 1.0):.12f} and {cross_entropy([0.0, z], 1):.12f}")
