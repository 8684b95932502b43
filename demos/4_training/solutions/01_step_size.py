# %% [markdown]
# # How far to walk: solutions

# %%
import numpy as np

from autograd import grad, hessian
from nn import least_squares, make_line, mse_loss

data = make_line(30, weights=[1.5], bias=0.5, noise=0.3, seed=0)


def steps_needed(eta, scale=1.0):
    """How many steps until E is within 1e-6 of its minimum, and the eigenvalues of its Hessian."""
    xs = [scale * x for (x,) in data.inputs]

    def error(theta):
        return mse_loss([theta[0] * x + theta[1] for x in xs], data.targets)

    best = [float(p) for p in least_squares([[x, 1.0] for x in xs], data.targets)]
    curvatures = np.linalg.eigvalsh(hessian(error)(best))
    theta, count, slope = [0.0, 0.0], 0, grad(error)
    eta = eta(curvatures)
    while error(theta) - error(best) > 1e-6 and count < 2000:
        theta, count = [p - eta * g for p, g in zip(theta, slope(theta))], count + 1
    return count, curvatures


# %% [markdown]
# 1. *The best for both.* |1 − ηλ₁| = |1 − ηλ₂| gives η = 2/(λ₁ + λ₂): both directions shrink by the same factor (κ −
#    1)/(κ + 1), κ = λ₂/λ₁.

# %%
for name, eta in (
    ("1/λ₂", lambda c: 1.0 / c[1]),
    ("2/(λ₁ + λ₂)", lambda c: 2.0 / c.sum()),
    ("1.9/λ₂", lambda c: 1.9 / c[1]),
):
    print(f"η = {name}: {steps_needed(eta)[0]} steps")

# %% [markdown]
# 2. *Other units.* One eigenvalue grows 10,000-fold, so η must be as much smaller, and the other direction hardly
#    moves.  That is why inputs are standardised before training.

# %%
for scale in (1.0, 100.0):
    count, curvatures = steps_needed(lambda c: 2.0 / c.sum(), scale)
    print(
        f"x times {scale:g}: eigenvalues {curvatures.round(3)}, {count} steps" + (" and more" if count == 2000 else "")
    )
