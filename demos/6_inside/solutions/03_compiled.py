# %% [markdown]
# # The same graph at native speed: solutions

# %%
import math

from autograd import erfc, exp, grad, jit, log, sqrt, step, value_and_grad, where

# %% [markdown]
# 1. *No ifs.* The recording would hold for one side of the `if` only, so it is refused.  `where` records both sides,
#    and step(x) is 1 where x > 0.


# %%
def signed_square(x):
    """|x|·x, with an if."""
    return x * x if x > 0 else -x * x


try:
    print(jit(signed_square)(-2.0))
except Exception as error:
    print(f"{type(error).__name__}: {error!s:.160} …")
mended = jit(grad(lambda x: where(step(x), x * x, -x * x)))
print("with where, the slopes at −2 and 3:", mended(-2.0), mended(3.0))


# %% [markdown]
# 2. *Implied volatility.*


# %%
def price(s, S=100.0, K=95.0, r=0.03, T=1.5):
    """A call by Black and Scholes as a function of its volatility."""
    d1 = (log(S / K) + (r + 0.5 * s * s) * T) / (s * sqrt(T))
    d2 = d1 - s * sqrt(T)
    return S * 0.5 * erfc(-d1 / math.sqrt(2.0)) - K * exp(-r * T) * 0.5 * erfc(-d2 / math.sqrt(2.0))


with_slope, s = jit(value_and_grad(price)), 0.3
for i in range(5):
    found, vega = with_slope(s)
    print(f"step {i}: s = {s:.10f}, price {found:.10f}")
    s -= (found - 12.0) / vega
