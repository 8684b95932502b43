# %% [markdown]
# # Memory for time: solutions

# %%
from autograd import revolve_advances

# %% [markdown]
# 1. With s segments there are s states between them, and n/s inside of the one that is run again. s + n/s is least
#    where its derivative 1 - n/s² is 0: s = √n.

# %%
n = 10_000
for segments in (10, 50, 100, 200, 1000):
    print(f"{segments:5} segments: {segments + n // segments} states")

# %% [markdown]
# 2. With c states and at most r such runs of each step, revolve manages (c + r over c) steps. For r = 2 these are
#    (c + 1)(c + 2)/2, which is 10,000 for c = 140 nearly.

# %%
states = next(c for c in range(1, n) if revolve_advances(n, c) <= 2 * n)
print(f"{states} states: {revolve_advances(n, states):,} runs; one state less: {revolve_advances(n, states - 1):,}")
print(f"(c + 1)(c + 2)/2 = {(states + 1) * (states + 2) // 2:,}")
