def one_hot(classes, n):
    """For each class, counted from 0, a list of n numbers: 1 at its place, 0 elsewhere.

    >>> one_hot([0, 2], 3)
    [[1, 0, 0], [0, 0, 1]]
    """
    return [[1 if j == k else 0 for j in range(n)] for k in classes]
