# %% [markdown]
# # A Jacobian, column by column and row by row: solutions

# %%
import numpy as np

from autograd import exp, jacobian, sin


def f(x):
    """Two results of three numbers."""
    return [x[0] * x[1] + sin(x[2]), exp(x[0]) - x[2] * x[1]]


def g(y):
    """Product and sum."""
    return [y[0] * y[1], y[0] + y[1]]


# %% [markdown]
# 1. The loss: a million runs forward, one sweep in reverse. The curve: one run forward, a million sweeps in reverse.
#    Training has losses, so it goes in reverse.

# %%
for name, inputs, results in (("loss", 1_000_000, 1), ("curve", 1, 1_000_000)):
    print(f"{name}: {inputs} runs forward, {results} sweeps in reverse")

# %% [markdown]
# 2. The Jacobian of the outer function is taken where it is entered, at f(x).

# %%
x = [0.5, 2.0, -1.0]
product = np.array(jacobian(g)(f(x))) @ np.array(jacobian(f)(x))
whole = np.array(jacobian(lambda x: g(f(x)))(x))
print(f"Jg(f(x))·Jf(x) =\n{product.round(6)}\nJ of g∘f =\n{whole.round(6)}\nequal: {np.allclose(product, whole)}")
