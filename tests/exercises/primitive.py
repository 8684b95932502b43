import math

from autograd import primitive


@primitive(partials=(lambda y, x: -2.0 * x * y,))  # the derivative, from the result y and the operand x
def bump(x):
    """exp(-x²) of one number."""
    return math.exp(-x * x)
