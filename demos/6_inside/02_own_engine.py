# %% [markdown]
# # An engine of your own in 60 lines
# Everything that backpropagation needs fits on a page.
#
# What to see: it built, one method an operation, held against this library on random expressions; and then the three
# things that the page leaves out.
#
# Notes: 003 · 6.1.1 Automatic Differentiation: Problem Statement, 6.3 Reverse-Mode Automatic Differentiation.

# %%
import math
import random
import time

import autograd

# %% [markdown]
# ## The engine
# A node holds its number, what it was made of, and with each operand the local partial derivative.  `backward` goes
# through the graph from the end: the adjoint of a node is complete when all that use it have been visited.


# %%
class Node:
    """A number that remembers how it was made."""

    def __init__(self, data, made_of=()):
        self.data, self.made_of, self.grad = data, made_of, 0.0

    def __add__(self, other):
        other = as_node(other)
        return Node(self.data + other.data, ((self, 1.0), (other, 1.0)))

    def __mul__(self, other):
        other = as_node(other)
        return Node(self.data * other.data, ((self, other.data), (other, self.data)))

    def __pow__(self, k):
        return Node(self.data**k, ((self, k * self.data ** (k - 1)),))

    def __neg__(self):
        return self * -1.0

    def __sub__(self, other):
        return self + -as_node(other)

    def __truediv__(self, other):
        return self * as_node(other) ** -1

    def tanh(self):
        """tanh; its partial is 1 − y²."""
        y = math.tanh(self.data)
        return Node(y, ((self, 1.0 - y * y),))

    def exp(self):
        """eˣ, which is its own partial."""
        y = math.exp(self.data)
        return Node(y, ((self, y),))

    __radd__, __rmul__ = __add__, __mul__

    def backward(self):
        """Give every node its adjoint, ∂self/∂node."""
        order, seen, stack = [], set(), [(self, False)]
        while stack:  # depth first, without recursion: a node after all it was made of
            node, finished = stack.pop()
            if finished:
                order.append(node)
            elif node not in seen:
                seen.add(node)
                stack.append((node, True))
                stack.extend((operand, False) for operand, _ in node.made_of)
        self.grad = 1.0
        for node in reversed(order):
            for operand, partial in node.made_of:
                operand.grad += node.grad * partial


def as_node(x):
    """A number as a node."""
    return x if isinstance(x, Node) else Node(x)


# %% [markdown]
# ## Held against this one
# The same random program on both: twenty operations on three leaves.


# %%
def random_result(leaves, rng):
    """Twenty random operations on what is there so far."""
    known = list(leaves)
    for _ in range(20):
        x, y = rng.choice(known), rng.choice(known)
        known.append(rng.choice([x + y, x * y, x - y, x.tanh(), (x * 0.1).exp(), x / (y * y + 2.0)]).tanh())
    return known[-1]


worst = 0.0
for seed in range(300):
    numbers = [random.Random(seed).uniform(-2.0, 2.0) for _ in range(3)]
    mine, theirs = [Node(x) for x in numbers], [autograd.Value(x) for x in numbers]
    y, z = random_result(mine, random.Random(seed)), random_result(theirs, random.Random(seed))
    y.backward()
    z.backward()
    worst = max(worst, abs(y.data - z.data), *(abs(a.grad - b.grad) for a, b in zip(mine, theirs)))
print(f"300 random programs: value and gradients differ by {worst:.0e} at most")

# %% [markdown]
# ## It learns
# A 2-4-1 network for exclusive or, in plain loops.

# %%
rng = random.Random(2)
W = [[Node(rng.uniform(-1, 1)) for _ in range(3)] for _ in range(4)]
v = [Node(rng.uniform(-1, 1)) for _ in range(5)]
parameters = [*v, *(w for row in W for w in row)]
for _ in range(400):
    loss = Node(0.0)
    for a, b in ((0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0)):
        hidden = [(row[0] * a + row[1] * b + row[2]).tanh() for row in W]
        output = sum((vi * h for vi, h in zip(v, hidden)), v[4])
        loss += (output - float(a != b)) ** 2
    for p in parameters:
        p.grad = 0.0
    loss.backward()
    for p in parameters:
        p.data -= 0.1 * p.grad
print(f"exclusive or: loss {loss.data:.1e} after 400 steps")

# %% [markdown]
# ## What the page leaves out
# 1. A second `backward()` is wrong: nodes in between keep what the first one gave them.  x³ at 3 has the slope 27,
#    and after two sweeps a leaf should hold 54.

# %%
twice = {}
for kind in (Node, autograd.Value):
    x = kind(3.0)
    y = x * x * x
    y.backward()
    y.backward()
    twice[kind.__name__] = x.grad
print("after two sweeps of x³ at 3:", twice)

# %% [markdown]
# 2. Its partials are numbers, so they have no derivatives: no Hessian.  In the library a partial is written in
#    operations that can be recorded.
# 3. Speed.

# %%
print("a second derivative of x³ at 3:", autograd.derivative(lambda x: x * x * x, 2)(3.0))
seconds = {}
for kind in (Node, autograd.Value):
    start = time.perf_counter()
    x = y = kind(0.5)
    for _ in range(20_000):
        y = y * 0.999 + x
    y.backward()
    seconds[kind.__name__] = time.perf_counter() - start
core = autograd.engine_info().core
print(", ".join(f"{name}: {t / 40_000 * 1e6:.2f} µs an operation" for name, t in seconds.items()), f"({core} core)")

# %% [markdown]
# ## Exercises
# 1. Mend the second `backward()` of `Node`: which numbers must be set to 0 before the sweep, and which must not?
# 2. Add forward mode: give each node a tangent that is computed along with its number, and compare with `jvp`.
