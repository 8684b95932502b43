from autograd import dot, sigmoid


def logistic_gradient(w, b, X, y):
    """(∂E/∂w, a list, and ∂E/∂b), where E is the mean cross-entropy of σ(⟨w, x⟩ + b) over the samples.

    X: n rows, the samples.  y: n targets, 0 or 1.
    """
    errors = [sigmoid(dot(w, x) + b) - target for x, target in zip(X, y)]
    by_w = [sum(error * x[j] for error, x in zip(errors, X)) / len(X) for j in range(len(w))]
    return by_w, sum(errors) / len(X)
