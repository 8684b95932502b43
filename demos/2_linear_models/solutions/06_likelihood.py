# %% [markdown]
# # Likelihood: of a coin, of a line: solutions

# %%
from autograd import derivative, log

# %% [markdown]
# 1. log L = k log θ + (n - k) log(1 - θ); its slope k/θ - (n - k)/(1 - θ) is 0 for k(1 - θ) = (n - k)θ, so θ = k/n.

# %%
log_likelihood = lambda theta: 3.0 * log(theta) + 5.0 * log(1.0 - theta)
for theta in (0.3, 3 / 8, 0.45):
    print(f"θ = {theta:.3f}: slope of log L {derivative(log_likelihood)(theta):7.3f}")

# %% [markdown]
# 2. That it always falls heads: θ = 1/1. With one head and one tail more it is 2/3, and after a hundred tosses the two
#    hardly matter.

# %%
for heads, tosses in ((1, 1), (70, 100)):
    print(f"{heads} of {tosses}: likeliest {heads / tosses:.3f}, with the two added {(heads + 1) / (tosses + 2):.3f}")
