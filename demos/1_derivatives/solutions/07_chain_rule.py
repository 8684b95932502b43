# %% [markdown]
# # The chain rule, written out: solutions

# %%
from autograd import Value, exp, explain, program

# %% [markdown]
# 1. v1 = x1·x2, v2 = exp(v1), y = v1 + v2. Backwards: ȳ = 1; v̄2 = 1; v̄1 = 1 + v̄2·exp(v1), for v1 is used twice;
#    x̄1 = v̄1·x2, x̄2 = v̄1·x1.

# %%
x1, x2 = Value(0.5, label="x1"), Value(2.0, label="x2")
product = x1 * x2
y = product + exp(product)
y.label = "y"
print(program(y))
v1_bar = 1.0 + exp(1.0)
print(f"by hand x̄1 = {v1_bar * 2.0:.6f}, x̄2 = {v1_bar * 0.5:.6f}; by the program {program(y)(0.5, 2.0)[1:]}")

# %% [markdown]
# 2. In each factor x stands twice, directly and inside a power, and each power is one operation: two paths through each
#    factor, so 2 + 2 = 4. (With x·x·x in the place of x³ there would be more.)

# %%
x = Value(2.0, label="x")
print(explain((x + x**2) * (x + x**3), wrt=x))
