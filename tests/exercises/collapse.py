def collapse(W1, b1, W2, b2):
    """(A, c) with W2·(W1·x + b1) + b2 = A·x + c for every x; matrices are lists of rows."""
    A = [[sum(w * row[j] for w, row in zip(weights, W1)) for j in range(len(W1[0]))] for weights in W2]
    c = [sum(w * bias for w, bias in zip(weights, b1)) + b for weights, b in zip(W2, b2)]
    return A, c
