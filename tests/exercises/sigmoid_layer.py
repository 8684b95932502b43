from autograd import sigmoid


def layer_jacobian(z):
    """∂hₖ/∂zⱼ of h = [σ(z₁), σ(z₂), …] as a list of rows, row k for the result k."""
    return [[sigmoid(s) * (1.0 - sigmoid(s)) * (k == j) for j in range(len(z))] for k, s in enumerate(z)]
