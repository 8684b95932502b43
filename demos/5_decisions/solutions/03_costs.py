# %% [markdown]
# # Decisions that cost: solutions

# %%
from nn import decide, expected_costs

# %% [markdown]
# 1. *A biopsy.* "benign" costs 10p, "malignant" 1 − p, the biopsy 0.5: it is least for 0.05 < p < 0.5.

# %%
costs = [[0.0, 10.0], [1.0, 0.0], [0.5, 0.5]]
names = ["benign", "malignant", "biopsy"]
last = None
for k in range(1001):
    p = k / 1000
    choice = names[decide([1.0 - p, p], costs)]
    if choice != last:
        print(f"from p = {p:.3f} on: {choice}")
    last = choice

# %% [markdown]
# 2. *The middle one.* Costs by distance, squared: a mistake by two classes costs four times as much as one by one.

# %%
costs = [[float((i - j) ** 2) for j in range(3)] for i in range(3)]
even = [1 / 3, 1 / 3, 1 / 3]
print("expected costs:", [round(c, 3) for c in expected_costs(even, costs)], "decision:", decide(even, costs))
