from autograd import jvp  # jvp(f, (x,), (v,)) is a pair: f(x), and J·v


def jacobian_by_columns(f, x):
    """The Jacobian of f at the list x, a list of rows: row i has the derivatives of f(x)[i]."""
    columns = []
    for i in range(len(x)):
        direction = [0.0] * len(x)
        direction[i] = 1.0
        columns.append(jvp(f, (x,), (direction,))[1])
    return [list(row) for row in zip(*columns)]
