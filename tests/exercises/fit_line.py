def fit_line(xs, ys):
    """(slope, intercept) of the line through the points (x, y) that has the least mean squared error.

    >>> fit_line([0.0, 1.0, 2.0], [1.0, 3.0, 5.0])
    (2.0, 1.0)
    """
    mean_x, mean_y = sum(xs) / len(xs), sum(ys) / len(ys)
    rise = sum((x - mean_x) * (y - mean_y) for x, y in zip(xs, ys))
    slope = rise / sum((x - mean_x) ** 2 for x in xs)
    return slope, mean_y - slope * mean_x
