from autograd import sigmoid


def sigmoid_slope(s):
    """The derivative of σ at the number s.

    >>> sigmoid_slope(0.0)
    0.25
    """
    return sigmoid(s) * (1.0 - sigmoid(s))
