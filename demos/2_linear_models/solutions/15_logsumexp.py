# %% [markdown]
# # Logsumexp without overflow: solutions

# %%
import warnings

from autograd import DomainWarning, exp, log, log1p, logaddexp, logsumexp

warnings.simplefilter("ignore", DomainWarning)

# %% [markdown]
# 1. With the largest as c every exponent is at most 0, so nothing can overflow, and one term is 1, so the sum is not 0.
#    The mean has neither property.

# %%
p = [0.0, 0.0, 3000.0]
c = sum(p) / len(p)
print(f"mean: {log(sum(exp(x - c) for x in p)) + c}, largest: {logsumexp(p)}")

# %% [markdown]
# 2. 1 + e⁻⁴⁰ is rounded to 1, whose logarithm is 0. log1p takes the small number itself.

# %%
d = 40.0
print(f"log(1 + exp(-d)) = {log(1.0 + exp(-d))}, log1p(exp(-d)) = {log1p(exp(-d)):.6e}")
print(f"the engine's logaddexp(-40, 0) = {logaddexp(-40.0, 0.0):.6e}")
