# %% [markdown]
# # Downhill: solutions

# %%
from random import Random

import numpy as np

from autograd import grad, hessian, no_grad
from nn import MLP, Linear, binary_cross_entropy_with_logits, make_moons


def f(v):
    """Two valleys of different depth, and a pass between them."""
    x, y = v
    return (x * x - 1.0) ** 2 + 0.3 * x + 0.5 * (y - 0.4 * x) ** 2


# %% [markdown]
# ## 1. The pass
# With y = 0.4x the last term and its slopes are 0, and what is left is 4x³ − 4x + 0.3 = 0.

# %%
for x in sorted(np.roots([4.0, 0.0, -4.0, 0.3]).real):
    point = [float(x), 0.4 * float(x)]
    slope, eigenvalues = grad(f)(point), np.linalg.eigvalsh(hessian(f)(point))
    kind = "minimum" if min(eigenvalues) > 0.0 else "saddle"
    print(f"({point[0]:+.4f}, {point[1]:+.4f}): ‖∇f‖ = {np.linalg.norm(slope):.0e}, {eigenvalues.round(3)}, a {kind}")

# %% [markdown]
# ## 2. Chords of losses
# Logistic regression is convex: no chord is cut.  Of a network some are.

# %%
data = make_moons(40, noise=0.1, seed=0)
for name, model in (("logistic regression", Linear(2, 1)), ("2-4-1 network", MLP(2, [4, 1], activation="tanh"))):
    rng, cut, parameters = Random(0), 0, model.parameters()

    def loss(theta, model=model, parameters=parameters):
        """The loss with these parameters."""
        for p, number in zip(parameters, theta):
            p.data = number
        with no_grad():
            return binary_cross_entropy_with_logits(model(data.inputs), data.targets).data

    for _ in range(300):
        one, other = ([rng.gauss(0.0, 2.0) for _ in parameters] for _ in range(2))
        middle = [0.5 * (p + q) for p, q in zip(one, other)]
        cut += loss(middle) > 0.5 * (loss(one) + loss(other)) + 1e-12
    print(f"{name}: {cut} of 300 chords are cut in their middle")
