from autograd import checkpoint  # checkpoint(f)(x) is f(x), but keeps only x, and runs f again in the backward pass


def run(step, x, n):
    """The Value x after n steps, step(step(…step(x)…)), with few numbers stored for the backward pass.

    n is a square number, as 100.
    """
    length = round(n**0.5)

    def segment(x):
        for _ in range(length):
            x = step(x)
        return x

    for _ in range(length):
        x = checkpoint(segment)(x)
    return x
