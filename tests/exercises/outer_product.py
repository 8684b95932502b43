def weight_gradient(h, dz):
    """∂l/∂W of a layer z = Wᵀh + w₀, as a list of rows, one for each number of h.

    h: the N inputs of the layer.  dz: the c numbers ∂l/∂z.  W is N × c.
    """
    return [[a * b for b in dz] for a in h]
