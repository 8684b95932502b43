def topological_sort(root, operands):
    """The names of all nodes below the root, and its own: each once, and after all of its operands.

    operands: a dict from the name of a node to the list of names of what it is computed from.

    >>> topological_sort("y", {"y": ["s", "x"], "s": ["x"], "x": []})
    ['x', 's', 'y']
    """
    order, seen = [], set()

    def walk(node):
        if node in seen:
            return
        seen.add(node)
        for operand in operands[node]:
            walk(operand)
        order.append(node)

    walk(root)
    return order
