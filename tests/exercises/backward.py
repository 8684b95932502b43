from autograd import topological_order  # all nodes below a Value and itself, each after its operands


def adjoints(y):
    """A dict from each node in the graph of the Value y to ∂y/∂node, a number.

    A node has `node.operands`, what it was computed from, and `node.partials`, as many numbers: the derivative of
    the node by each of its operands.
    """
    found = dict.fromkeys(topological_order(y), 0.0)
    found[y] = 1.0
    for node in reversed(topological_order(y)):
        for operand, partial in zip(node.operands, node.partials):
            found[operand] += found[node] * partial
    return found
