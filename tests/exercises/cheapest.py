def cheapest(costs, probabilities):
    """The decision i, counted from 0, of the least expected cost.

    costs: rows; costs[i][j] is what decision i costs if class j is the true one.

    >>> cheapest([[0, 10], [1, 0]], [0.875, 0.125])
    1
    """
    expected = [sum(cost * p for cost, p in zip(row, probabilities)) for row in costs]
    return min(range(len(costs)), key=lambda i: expected[i])
