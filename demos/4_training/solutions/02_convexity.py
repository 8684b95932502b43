# %% [markdown]
# # Convex or not: solutions

# %%
import numpy as np

from autograd import grad, hessian


def f(v):
    """Two valleys of different depth, and a pass between them."""
    x, y = v
    return (x * x - 1.0) ** 2 + 0.3 * x + 0.5 * (y - 0.4 * x) ** 2


# %% [markdown]
# 1. *The pass.* With y = 0.4x the last term and its slopes are 0, and what is left is 4x³ − 4x + 0.3 = 0.

# %%
for x in sorted(np.roots([4.0, 0.0, -4.0, 0.3]).real):
    point = [float(x), 0.4 * float(x)]
    slope, eigenvalues = grad(f)(point), np.linalg.eigvalsh(hessian(f)(point))
    kind = "minimum" if min(eigenvalues) > 0.0 else "saddle"
    print(f"({point[0]:+.4f}, {point[1]:+.4f}): ‖∇f‖ = {np.linalg.norm(slope):.0e}, {eigenvalues.round(3)}, a {kind}")

# %% [markdown]
# 2. *Where f is convex.* The second term is the square of something linear, which bends upwards but along y = 0.4x,
#    and there the first term decides: it bends downwards where 12x² − 4 < 0.  So f is convex just where x² ≥ ⅓.

# %%
sides = [-2.0 + 0.1 * i for i in range(41)]
convex = [x for x in sides if np.linalg.eigvalsh(hessian(f)([x, 0.0]))[0] >= 0.0]
print("convex at x =", [round(x, 1) for x in convex if abs(x) < 1.0], f"and further out; 1/√3 = {3**-0.5:.3f}")
share = sum(np.linalg.eigvalsh(hessian(f)([x, y]))[0] >= 0.0 for x in sides for y in sides) / 41**2
print(f"convex in {share:.0%} of the square")
