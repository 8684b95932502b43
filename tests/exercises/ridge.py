def solve(A, b):
    """The x with A·x = b, for a 2 × 2 matrix (Cramer's rule). Use it as it is."""
    (p, q), (r, s) = A
    determinant = p * s - q * r
    return [(b[0] * s - q * b[1]) / determinant, (p * b[1] - b[0] * r) / determinant]


def ridge(X, y, strength):
    """The two weights w = (XᵀX + λI)⁻¹ Xᵀy, without an intercept.

    X: a list of n rows of two numbers.  y: n numbers.  strength: λ.
    """
    A = [[sum(row[i] * row[j] for row in X) + strength * (i == j) for j in range(2)] for i in range(2)]
    return solve(A, [sum(row[i] * target for row, target in zip(X, y)) for i in range(2)])
