# %% [markdown]
# # Why a topological order: solutions

# %%
from autograd import Value, topological_order

# %% [markdown]
# 1. Depth first; a node is appended after its operands, and `seen` keeps it from being visited twice.


# %%
def operands_of(node):
    """Those that are Values, and no constants."""
    return [x for x in node.operands if isinstance(x, Value)]


def recursive_order(node, seen, order):
    """Operands first."""
    if node not in seen:
        seen.add(node)
        for operand in operands_of(node):
            recursive_order(operand, seen, order)
        order.append(node)
    return order


x = Value(2.0)
y = (x * x + x).sin() * x
mine = recursive_order(y, set(), [])
places = {node: i for i, node in enumerate(mine)}
print("operands come first:", all(places[o] < places[node] for node in mine for o in operands_of(node)))
print("the same nodes as the engine's:", set(mine) == set(topological_order(y)))

# %% [markdown]
# 2. It does not: each node of the chain is one call deeper. A stack of one's own in the place of Python's has no such
#    limit: a node is put back on it, marked, below its operands, and appended when it comes up again.

# %%
chain = x
for _ in range(100_000):
    chain = chain + 1.0
try:
    recursive_order(chain, set(), [])
except RecursionError as error:
    print("recursion:", type(error).__name__)


def order_with_a_stack(root):
    """Operands first, however deep."""
    seen, order, stack = set(), [], [(root, False)]
    while stack:
        node, operands_are_done = stack.pop()
        if operands_are_done:
            order.append(node)
        elif node not in seen:
            seen.add(node)
            stack.append((node, True))
            stack.extend((operand, False) for operand in operands_of(node))
    return order


print(f"with a stack: {len(order_with_a_stack(chain))} nodes in order, the engine's {len(topological_order(chain))}")
