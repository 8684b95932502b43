# %% [markdown]
# # Why a topological order
# Backpropagation visits each node once, after all that use it. Why not simply walk down every path?
# What to see: the paths double at every diamond; the order makes 181 visits of 2⁶⁰ paths; a wrong order gives wrong
# gradients.
#
# Notes: 003 · 6.3 Reverse-Mode Automatic Differentiation ("computed recursively starting from the last term").

# %%
from collections import deque
from pathlib import Path

import matplotlib.pyplot as plt

from autograd import COLOURS, Value, draw, explain, topological_order

plt.rc("axes", prop_cycle=plt.cycler(color=COLOURS["series"]))


def diamonds(n):
    """x, and n times a fork and a join, (v + 1) + (v - 1), which doubles it."""
    x = Value(1.0, label="x")
    y = x
    for _ in range(n):
        y = (y + 1.0) + (y - 1.0)
    return x, y


def edges(node):
    """The operands of a node, and the partial derivatives by them."""
    return [(x, partial) for x, partial in zip(node.operands, node.partials) if isinstance(x, Value)]


# %% [markdown]
# With three diamonds the chain rule has 2³ paths to sum over:

# %%
x, y = diamonds(3)
print(explain(y, wrt=x))

# %% [markdown]
# The obvious program follows them all. It is right, and it makes 2ⁿ⁺² - 3 calls.


# %%
def walk(node, adjoint, leaf):
    """The part of the derivative that comes down from this node, and the number of calls."""
    total, calls = (adjoint if node is leaf else 0.0), 1
    for operand, partial in edges(node):
        below, more = walk(operand, adjoint * partial, leaf)
        total, calls = total + below, calls + more
    return total, calls


sizes, calls = range(1, 15), []
for n in sizes:
    x, y = diamonds(n)
    slope, count = walk(y, 1.0, x)
    calls.append(count)
    assert slope == 2.0**n
    assert count == 2 ** (n + 2) - 3
print(f"{sizes[-1]} diamonds: {calls[-1]} calls, for {len(topological_order(y))} nodes")

# %% [markdown]
# In a topological order every node comes after its operands. Walked from the end, each adjoint is complete, the sum
# over all uses, before it is passed on: once is enough. Sixty diamonds have 2⁶⁰ paths, and it makes no difference.

# %%
x, y = diamonds(60)
y.backward()
print(f"60 diamonds: {len(topological_order(y))} visits, ∂y/∂x = {x.grad:.0f} = 2⁶⁰: {x.grad == 2.0**60}")
print(f"the recursion, at a million calls a second, would take {2**62 / 1e6 / 3600 / 24 / 365:,.0f} years")


# %% [markdown]
# Each node once, but in which order? Breadth first from the end looks reasonable, and is wrong: here it passes on what
# has come to v before the path through w has arrived.


# %%
def sweep(order):
    """Adjoints by node, passed on once from each node in the order given."""
    adjoints = dict.fromkeys(order, 0.0)
    adjoints[order[0]] = 1.0
    for node in order:
        for operand, partial in edges(node):
            adjoints[operand] += adjoints[node] * partial
    return adjoints


def breadth_first(root):
    """Nodes by their least distance from the end."""
    order, queue = [], deque([root])
    while queue:
        node = queue.popleft()
        if node not in order:
            order.append(node)
            queue.extend(operand for operand, _ in edges(node))
    return order


u = Value(2.0, label="u")
v = u * u
w = v * v
z = v + w * w  # v is used at once, and again two steps further down
v.label, w.label, z.label = "v", "w", "z"
wrong = sweep(breadth_first(z))[u]
right = sweep(topological_order(z)[::-1])[u]
z.backward()
print(f"∂z/∂u: breadth first {wrong:g}, topological {right:g}, backward() {u.grad:g}")

# %%
figure, axes = plt.subplots(figsize=(7, 4.2), layout="constrained")
axes.semilogy(sizes, calls, "C1s-", label="recursion over all paths")
axes.semilogy(sizes, [3 * n + 1 for n in sizes], "C0o-", label="topological order")
axes.set(title="Visits to differentiate n diamonds", xlabel="diamonds n", ylabel="visits of nodes")
axes.grid(alpha=0.3)
axes.legend()
Path("out").mkdir(exist_ok=True)
figure.savefig(Path("out") / "topological_order.png", dpi=110)
print("the visits are drawn in", Path("out") / "topological_order.png")
print("z is drawn in", draw(z, Path("out") / "topological_order.svg"))

# %% [markdown]
# ## Exercises
# 1. Write the topological order yourself: depth first, a node is appended when all its operands have been.
# 2. Python's recursion stops at about 1000 calls in each other. Does your order manage a chain of 100,000 additions?
#    What can be done?
