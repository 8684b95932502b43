# %% [markdown]
# # An engine of your own: solutions

# %%
import math

from autograd import jvp, tanh

# %% [markdown]
# 1. *Twice.* A node that was made of others is set to 0 before the sweep; a leaf, made of nothing, adds up.


# %%
class Node:
    """A number that remembers how it was made, and its tangent."""

    def __init__(self, data, made_of=(), tangent=0.0):
        self.data, self.made_of, self.grad = data, made_of, 0.0
        self.tangent = tangent or sum(partial * operand.tangent for operand, partial in made_of)

    def __mul__(self, other):
        return Node(self.data * other.data, ((self, other.data), (other, self.data)))

    def __add__(self, other):
        return Node(self.data + other.data, ((self, 1.0), (other, 1.0)))

    def tanh(self):
        """tanh; its partial is 1 − y²."""
        y = math.tanh(self.data)
        return Node(y, ((self, 1.0 - y * y),))

    def backward(self):
        """Add ∂self/∂leaf to every leaf, and set that of the nodes in between."""
        order, seen, stack = [], set(), [(self, False)]
        while stack:
            node, finished = stack.pop()
            if finished:
                order.append(node)
            elif node not in seen:
                seen.add(node)
                stack.append((node, True))
                stack.extend((operand, False) for operand, _ in node.made_of)
        for node in order:
            if node.made_of:
                node.grad = 0.0
        self.grad = 1.0
        for node in reversed(order):
            for operand, partial in node.made_of:
                operand.grad += node.grad * partial


x = Node(3.0)
y = x * x * x
y.backward()
y.backward()
print("after two sweeps of x³ at 3:", x.grad)

# %% [markdown]
# 2. *Tangents.* Σ partial · tangent of the operand, as soon as a node is made: forward mode needs no order and no
#    memory.

# %%
a, b = Node(0.5, tangent=1.0), Node(-0.3)
found = (a * b + a * a).tanh()
value, tangent = jvp(lambda a, b: tanh(a * b + a * a), (0.5, -0.3), (1.0, 0.0))
print(f"tangent {found.tangent:.12f}, by jvp {tangent:.12f}")
