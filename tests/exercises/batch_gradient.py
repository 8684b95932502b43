def batch_gradient(H, dZ):
    """∂E/∂W of a layer for N samples, where E is the mean of their losses: a list of rows as of one sample.

    H: N rows, the inputs of the layer.  dZ: N rows, each the ∂lᵢ/∂z of its own sample.
    """
    count = len(H)
    return [
        [sum(H[i][j] * dZ[i][k] for i in range(count)) / count for k in range(len(dZ[0]))] for j in range(len(H[0]))
    ]
