# %% [markdown]
# # Numerical, symbolic, automatic: solutions

# %%
import math

from autograd import derivative, numerical_gradient, sin

# %% [markdown]
# 1. h² = 2·10⁻¹⁶·|f|/|f″|, so h is about 10⁻⁸ for numbers of ordinary size: with a difference half of the digits go.

# %%
f = lambda x: x * sin(x)
h = math.sqrt(2 * 1.1e-16 * abs(f(1.0)) / abs(derivative(f, 2)(1.0)))
print(f"the bottom of the V is expected at h = {h:.0e}")
print(f"there the error is {abs((f(1.0 + h) - f(1.0)) / h - derivative(f)(1.0)):.0e}")

# %% [markdown]
# 2. f(x + ih) = f(x) + ih·f′(x) - h²·f″(x)/2 - …: the derivative stands alone in the imaginary part, so nothing is
#    subtracted and nothing is rounded away. h may be as small as one likes.

# %%
for h in (1e-5, 1e-30):
    print(f"h = {h:.0e}: d/dx x³ at 2 = {numerical_gradient(lambda x: x**3, 2.0, method='complex', step=h)!r}")
