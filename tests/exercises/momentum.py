def descend(slope, x, rate, memory, steps):
    """Where gradient descent with momentum comes to from x: gₜ = -η·f′(xₜ₋₁) + λ·gₜ₋₁ and xₜ = xₜ₋₁ + gₜ, g₀ = 0.

    slope: the function f′.  rate: η.  memory: λ.  steps: how many.
    """
    g = 0.0
    for _ in range(steps):
        g = -rate * slope(x) + memory * g
        x = x + g
    return x
