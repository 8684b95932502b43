from autograd import grad  # grad(f) is the function f′


def newton_step(f, x):
    """Where one step of Newton's method leads from x, on the way to a stationary point of f."""
    return x - grad(f)(x) / grad(grad(f))(x)
