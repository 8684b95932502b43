# %% [markdown]
# # One graph, four systems
# CasADi, JAX and PyTorch keep the same graph as this engine; they differ in when it is made and who reads it.
# What to see: one expression as a formula (CasADi), as a list of typed steps (JAX), as nodes that know their
# predecessors (PyTorch) and as a program with its dual (here). None of the three need be installed.
#
# Notes: 003 · 6.1.1 Problem Statement (primitives, evaluation trace), 6.3 (dual program).

# %%
from pathlib import Path

from autograd import Value, draw, expression, grad, jit, log, program, sin, step, topological_order, where

x1, x2 = Value(2.0, label="x1"), Value(5.0, label="x2")
y = log(x1) + x1 * x2 - sin(x2)
y.label = "y"

# %% [markdown]
# **CasADi** has symbols and no numbers: `x = SX.sym("x")`, and every operation builds an expression. It is
# differentiated as an expression, then evaluated as often as one likes; or printed as C. The graph is *the formula*:

# %%
formula = str(expression(y))
print("y =", formula)

# %% [markdown]
# **JAX** runs the Python function once with stand-ins for the numbers, which know only their shape and type, and writes
# down each primitive: a *jaxpr*, one line an operation. Transformations (`grad`, `vmap`, `jit`) turn such a list into
# another. The trace without derivatives is the same list here:

# %%
trace = program(y, mode="value")
for line in str(trace).splitlines()[5:]:
    print(line)

# %% [markdown]
# **PyTorch** computes with real numbers at once and attaches to each result a node that knows its operands:
# `y.grad_fn.next_functions`. The graph is made anew by each run, so it follows whatever branch Python took. Walked from
# the end, our Values tell the same:

# %%
for node in reversed(topological_order(y)):
    if node.operands:
        below = ", ".join(str(x.label or x.primitive.name) for x in node.operands)
        print(f"{node.primitive.name:>4}  ← {below}")

# %% [markdown]
# **Here**, as in PyTorch, numbers are computed at once and what was done is recorded; but the record can be read as a
# formula and as a list too, and the sweep back is written into the same record, so it prints as a program:

# %%
both = program(y)
print(both)
print("(y, ∂y/∂x1, ∂y/∂x2) at other numbers:", both(3.0, 1.0))

# %% [markdown]
# The difference that matters in practice is `if`. What records a run follows the branch of that run. What traces
# once must not see the number, or the list would be right for one side only; so JAX refuses `if x > 0` on a traced x
# and asks for `where`, in which both branches are in the graph. `jit` here refuses for the same reason.


# %%
def by_if(x):
    """|x| by a branch of Python."""
    return x if x > 0.0 else -x


runs = {number: [len(topological_order(by_if(Value(number)))), grad(by_if)(number)] for number in (3.0, -3.0)}
for number, (nodes, slope) in runs.items():
    print(f"recorded at {number:4}: {nodes} node{'s' * (nodes > 1)}, slope {slope}")
try:
    jit(by_if)(3.0)
except TypeError as error:
    refusal = str(error)
    print("jit:", refusal.partition(" (")[0])
by_where = lambda x: where(step(x), x, -x)  # both sides are operands, and so is the condition
fast = jit(by_where, backend="numpy")  # needs no compiler
print(f"by where: {fast(3.0)} at 3, {fast(-3.0)} at -3, slope at -3: {grad(by_where)(-3.0)}")

# %%
y.backward()
print("the graph is in", draw(y, Path("out") / "graphs_elsewhere.svg"))

# %% [markdown]
# | | the graph is | made | numbers | `if` on a number |
# |---|---|---|---|---|
# | CasADi | expressions of symbols | before any number | put in later | `if_else` |
# | JAX | a list of primitives (jaxpr) | by one run on stand-ins | put in later | `where`, `cond` |
# | PyTorch | nodes with predecessors | by every run | computed at once | follows Python |
# | here | Values with operands | by each run, or once (`jit`) | computed at once | follows Python, or `where` (`jit`) |
#
# ## Exercises
# 1. Print the *forward* program in the direction (1, 1). Which number comes out, in terms of the two partial
#    derivatives?
# 2. Write |x| with `where` as a function and check that the program recorded at 3 is right at -3 as well. Is that true
#    for the one with `if`?
