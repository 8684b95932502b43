# %% [markdown]
# # Slope, tangent, Taylor: solutions

# %%
import math

from autograd import derivative, sin

# %% [markdown]
# 1. f(x + h) - f(x) - f′(x)·h = (x + h)² - x² - 2xh = h²: the terms with -1.5 cancel, and a parabola has no third
#    derivative, so nothing comes after h².

# %%
f = lambda x: x**2 - 1.5 * x
for x in (-3.0, 0.5, 10.0):
    errors = [f(x + h) - f(x) - derivative(f)(x) * h for h in (1.0, 0.5, 0.25)]
    print(f"x = {x:5}: errors at h = 1, ½, ¼: {errors}")

# %% [markdown]
# 2. The error of the tangent is sin″(x)·h²/2 + sin‴(x)·h³/6 + …. At 0 the second derivative, -sin 0, is 0.

# %%
for name, x in (("π/2", math.pi / 2), ("0", 0.0)):
    error = lambda h, x=x: abs(sin(x + h) - sin(x) - derivative(sin)(x) * h)
    power = math.log10(error(0.1) / error(0.01))
    print(f"at {name}: sin″ = {abs(derivative(sin, 2)(x)):.0f} in size, error ∝ h^{power:.2f}")
