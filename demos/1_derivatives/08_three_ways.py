# %% [markdown]
# # Numerical, symbolic, automatic
# Three ways to a derivative: by a difference, by rules on formulas, and by rules on numbers as they are computed.
# What to see: a difference has an error that no step can remove, the V; a written-out formula swells; automatic
# differentiation is as exact as the function, and costs a few times as much as the function.
#
# Notes: 003 · 6.1.2 Numerical and Symbolic Differentiation.

# %%
import math
from pathlib import Path

import matplotlib.pyplot as plt

from autograd import COLOURS, Value, cos, derivative, derivative_expression, gradient, program, sin, topological_order
from nn import plots

plt.rc("axes", prop_cycle=plt.cycler(color=COLOURS["series"]))

# %% [markdown]
# **Numerical.** (f(x + h) - f(x)) / h is wrong by about h·f″/2 because h is not 0 (truncation), and by about 10⁻¹⁶/h
# because numbers have 16 digits (rounding). Smaller steps help against the one and hurt the other. The difference from
# both sides, (f(x + h) - f(x - h)) / 2h, has the truncation error h²·f‴/6, and a deeper V.

# %%
f, x = (lambda x: x * sin(x)), 1.0
exact = sin(x) + x * cos(x)
steps = [10.0 ** (-k / 4) for k in range(61)]
forward = [abs((f(x + h) - f(x)) / h - exact) for h in steps]
central = [abs((f(x + h) - f(x - h)) / (2 * h) - exact) for h in steps]
automatic = abs(derivative(f)(x) - exact)
for name, errors in (("forward", forward), ("central", central)):
    print(f"{name}: best at h = {steps[errors.index(min(errors))]:.0e}, error {min(errors):.0e}")
print(f"both at h = {steps[-1]:.0e}: error {forward[-1]:.0e} and {central[-1]:.0e}")
print(f"automatic: error {automatic:.0e}, and there is no h")

# %% [markdown]
# **Symbolic.** The notes' example, f(x) = a·sin(x) + b·x·sin(x). Its derivative as a formula is easy to read:

# %%
a, b, t = Value(2.0, label="a"), Value(3.0, label="b"), Value(0.5, label="x")
y = a * sin(t) + b * t * sin(t)
print(f"f' = {derivative_expression(y, t)}")

# %% [markdown]
# But sin(x) would be computed twice. **Automatic** differentiation works on the steps of the computation, where it is
# computed once, stored, and used again:

# %%
print(program(y, inputs=[t]))
value_only, both = (len(program(y, inputs=[t], mode=mode).instructions) for mode in ("value", "reverse"))
print(f"{value_only} operations for the value, {both} for value and derivative")

# %% [markdown]
# How much that matters shows in a function that is applied again and again, x ← 4x(1 - x). Counted are the operations
# of the derivative, once as steps that are shared, once as a formula written out in full, without shared parts.


# %%
def operations(depth):
    """The number of steps of d/dx of the depth-fold function, and of operations of its formula written out."""
    x = Value(0.3, label="x")
    y = x
    for _ in range(depth):
        y = 4.0 * y * (1.0 - y)
    slope = gradient(y, x, create_graph=True)
    order = topological_order(slope)
    written_out = {}
    for node in order:
        operands = [operand for operand in node.operands if isinstance(operand, Value)]
        written_out[node] = bool(operands) + sum(written_out[operand] for operand in operands)
    return sum(bool(node.operands) for node in order), written_out[slope]


depths = range(1, 13)
shared, formulas = zip(*map(operations, depths))
print("depth            ", *(f"{depth:>6}" for depth in depths[1::2]))
print("steps, shared    ", *(f"{count:>6}" for count in shared[1::2]))
print("formula, in full ", *(f"{count:>6}" for count in formulas[1::2]))

# %%
figure, (left, right) = plt.subplots(1, 2, figsize=(11.5, 4.4), layout="constrained")
plots.finite_differences(f, x, ax=left)
left.axhline(math.ulp(exact) / 2, color="C2", linestyle=":", label="automatic: rounding only")
left.set_title(f"x·sin x at 1: the derivative is {exact:.6g}")
left.legend(loc="upper center")
right.semilogy(depths, formulas, "C1s-", label="formula written out")
right.semilogy(depths, shared, "C0o-", label="steps, each stored once")
right.set(title="The derivative of x ← 4x(1 − x), applied again and again")
right.set(xlabel="how often it is applied", ylabel="operations in the derivative")
right.grid(alpha=0.3)
right.legend()
Path("out").mkdir(exist_ok=True)
figure.savefig(Path("out") / "three_ways.png", dpi=110)
print("the V and the swelling are drawn in", Path("out") / "three_ways.png")

# %% [markdown]
# ## Exercises
# 1. Where does the V have its bottom? Set truncation h·|f″|/2 equal to rounding 10⁻¹⁶·|f|/h, solve for h, and compare.
# 2. `numerical_gradient(…, method="complex")` takes a step along the imaginary axis, Im f(x + ih)/h. Why does it have
#    no V? Try h = 10⁻³⁰ for x³.
