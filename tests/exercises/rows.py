from autograd import vjp  # vjp(f, x) is a pair: f(x), and a function that gives (vᵀJ,) for a v


def jacobian_by_rows(f, x):
    """The Jacobian of f at the list x, a list of rows: row i has the derivatives of f(x)[i]."""
    y, pullback = vjp(f, x)
    rows = []
    for k in range(len(y)):
        weights = [0.0] * len(y)
        weights[k] = 1.0
        rows.append(pullback(weights)[0])
    return rows
