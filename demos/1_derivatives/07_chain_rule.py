# %% [markdown]
# # The chain rule, written out
# A recorded graph is a program. Reverse mode writes a second, dual program below it; both can be read, and run.
# What to see: the evaluation trace v1, v2, …, the tangents v̇ beside it, the adjoints v̄ from the last line to the
# first.
#
# Notes: 003 · 6.1.1 Problem Statement (evaluation trace), 6.2 forward mode, 6.3 reverse mode (dual program, adjoints).

# %%
from pathlib import Path

from autograd import Value, derivative_expression, draw, explain, expression, log, program, sin

x1, x2 = Value(2.0, label="x1"), Value(5.0, label="x2")
y = log(x1) + x1 * x2 - sin(x2)
y.label = "y"

# %% [markdown]
# The evaluation trace, then the adjoints v̄ᵢ = ∂y/∂vᵢ. It is the example of Baydin et al., "Automatic Differentiation
# in Machine Learning: a Survey" (2018), tables 2 and 3.

# %%
print(program(y))
print("y, ∂y/∂x1, ∂y/∂x2 =", program(y)(2.0, 5.0))

# %% [markdown]
# Forward mode in the direction of x1: tangents v̇ᵢ = ∂vᵢ/∂x1 beside the trace. It needs nothing from later lines, so
# each number can be forgotten as soon as it was used; the adjoints need all of them, which is the price of reverse
# mode.

# %%
print(program(y, mode="forward", tangents=[1.0, 0.0]))
by_x1 = program(y, mode="forward", tangents=[1.0, 0.0])(2.0, 5.0)[1]
by_x2 = program(y, mode="forward", tangents=[0.0, 1.0])(2.0, 5.0)[1]
print(f"forward, one run each: ∂y/∂x1 = {by_x1:.6f}, ∂y/∂x2 = {by_x2:.6f}")

# %% [markdown]
# The derivative as a formula. No rule of differentiation was typed for it: it is what the sweep has recorded.

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
y.backward()  # so that the picture has adjoints too
print("the graph is in", draw(y, Path("out") / "chain_rule.svg"))

# %% [markdown]
# ## Exercises
# 1. Compute the adjoints of y = x1·x2 + exp(x1·x2) by hand, line by line, and compare them with the program.
# 2. How many paths lead from x to y = (x + x²)·(x + x³)? Say it before you ask `explain`.
