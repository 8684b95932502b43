def central_difference(f, x, h):
    """The slope of f around x, from its values at two points, each h away from x."""
    return (f(x + h) - f(x - h)) / (2.0 * h)
