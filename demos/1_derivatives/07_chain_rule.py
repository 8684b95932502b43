# %% [markdown]
# # The chain rule, written out
# A recorded graph is a program.  Reverse mode writes a second, dual program below it; both can be read, and run.

# %%
from autograd import Value, derivative_expression, explain, expression, log, program, sin

x1, x2 = Value(2.0, label="x1"), Value(5.0, label="x2")
y = log(x1) + x1 * x2 - sin(x2)
y.label = "y"

# %% [markdown]
# The evaluation trace v1, v2, …, then the adjoints v̄ᵢ = ∂y/∂vᵢ from the last to the first.  It is the example of
# Baydin et al., "Automatic Differentiation in Machine Learning: a Survey" (2018), tables 2 and 3.

# %%
print(program(y))
print("y, ∂y/∂x1, ∂y/∂x2 =", program(y)(2.0, 5.0))

# %% [markdown]
# Forward mode in the direction of x1: tangents v̇ᵢ = ∂vᵢ/∂x1 beside the trace.

# %%
print(program(y, mode="forward", tangents=[1.0, 0.0]))

# %% [markdown]
# The derivative as a formula.  No rule of differentiation was typed for it: it is what the sweep has recorded.

# %%
a, b, x = Value(2.0, label="a"), Value(3.0, label="b"), Value(0.5, label="x")
f = a * sin(x) + b * x * sin(x)
print(f"f  = {expression(f)}")
print(f"f' = {derivative_expression(f, x)}")
print(f"f'(0.5) = {derivative_expression(f, x).evaluate(x=0.5):.6f}")

# %% [markdown]
# And in words: along which paths does y depend on x2?

# %%
print(explain(y, wrt=x2))
print(explain(y))
