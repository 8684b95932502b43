from autograd import softmax


def softmax_jacobian(z):
    """∂softmax(z)ₖ/∂zⱼ as a list of rows, row k for the result k.

    >>> softmax_jacobian([0.0, 0.0])
    [[0.25, -0.25], [-0.25, 0.25]]
    """
    y = softmax(z)
    return [[p * (k == j) - p * q for j, q in enumerate(y)] for k, p in enumerate(y)]
