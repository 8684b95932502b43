from autograd import exp, log  # of numbers and of Values


def stable_logsumexp(p):
    """log Σ exp(pᵢ) of a list of numbers, or of Values, however large or small they are.

    >>> stable_logsumexp([1000.0, 1000.0])
    1000.6931471805599
    """
    c = max(p)
    return c + log(sum(exp(x - c) for x in p))
