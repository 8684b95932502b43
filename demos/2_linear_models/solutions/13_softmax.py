# %% [markdown]
# # Softmax, the simplex and the temperature: solutions

# %%
from autograd import derivative, softmax
from nn import Softmax

logits = [2.0, 1.0, -1.0]

# %% [markdown]
# 1. The corner of the largest; the middle; and if two are largest, the middle of the edge between them: the limit is
#    not quite an argmax, it shares.

# %%
for tau, x in ((1e-3, logits), (1e6, logits), (1e-3, [1.0, 1.0, 0.0])):
    print(f"τ = {tau:g}, x = {x}: {[round(p, 6) for p in Softmax(temperature=tau)(x)]}")

# %% [markdown]
# 2. Newton's method on p(τ) - 0.9, with the engine's derivative of p by τ.

# %%
p = lambda tau: softmax([x / tau for x in logits])[0] - 0.9
tau = 0.5
for _ in range(6):
    tau -= p(tau) / derivative(p)(tau)
print(f"τ = {tau:.6f}: class 1 has {Softmax(temperature=tau)(logits)[0]:.6f}")
