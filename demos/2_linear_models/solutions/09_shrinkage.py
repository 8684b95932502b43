# %% [markdown]
# # A prior is a penalty: solutions

# %%
from autograd import Value
from nn import SGD, l1_penalty

# %% [markdown]
# 1. L2: w - a + αw = 0, so w = a/(1 + α), never 0. L1: w = a - α for a > α, and 0 for |a| ≤ α, because there the slope
#    of the loss at 0, -a, is weaker than the kink.

# %%
a = 1.0
for alpha in (0.25, 0.5, 1.0, 2.0):
    print(f"α = {alpha}: L2 {a / (1 + alpha):.3f}, L1 {max(a - alpha, 0.0):.3f}")

# %% [markdown]
# 2. The subgradient of |w| is ±1 on both sides of 0, so a step of η jumps over 0, and back again.

# %%
w = Value(1.0)
optimizer = SGD([w], lr=0.11)
places = []
for _ in range(40):
    loss = 0.5 * (w - 0.3) ** 2 + l1_penalty([w], 0.5)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    places.append(w.data)
print("the best w is 0; the last six steps were at", [round(p, 4) for p in places[-6:]])
