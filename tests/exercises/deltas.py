from autograd import sigmoid


def deltas(x, t, W1, b1, W2, b2):
    """(δ⁽²⁾, δ⁽¹⁾): two lists, ∂E/∂yⁱⁿ and ∂E/∂zⁱⁿ, for E = ½ Σ (t - y)².

    z = σ(zⁱⁿ) with zⁱⁿₖ = Σⱼ xⱼ W1[j][k] + b1[k], and y = σ(yⁱⁿ) with yⁱⁿₖ = Σⱼ zⱼ W2[j][k] + b2[k].
    """
    z = [sigmoid(sum(x[j] * W1[j][k] for j in range(len(x))) + b1[k]) for k in range(len(b1))]
    y = [sigmoid(sum(z[j] * W2[j][k] for j in range(len(z))) + b2[k]) for k in range(len(b2))]
    delta2 = [(y[k] - t[k]) * y[k] * (1.0 - y[k]) for k in range(len(y))]
    by_z = [sum(delta2[m] * W2[k][m] for m in range(len(y))) for k in range(len(z))]
    return delta2, [by_z[k] * z[k] * (1.0 - z[k]) for k in range(len(z))]
