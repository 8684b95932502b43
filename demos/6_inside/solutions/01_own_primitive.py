# %% [markdown]
# # A primitive of your own: solutions

# %%
import math

from autograd import GradcheckError, Value, gradcheck, primitive

# %% [markdown]
# 1. *The length.* At (0, 0) there is a tip and no derivative: 0/0.  A rule has to be chosen and stated; here it stays
#    nan.


# %%
@primitive(partials=(lambda r, x, _y: x / r, lambda r, _x, y: y / r))
def length(x, y):
    """√(x² + y²)."""
    return math.hypot(x, y)


x, y = Value(3.0), Value(4.0)
length(x, y).backward()
print("∂/∂x, ∂/∂y at (3, 4):", x.grad, y.grad, "  gradcheck:", gradcheck(length, [3.0, 4.0]))

# %% [markdown]
# 2. *Straight through.* The derivative is wrong on purpose, and `gradcheck` says so.  Training works all the same:
#    the weight settles where its rounding is the target.


# %%
@primitive(partials=(1.0,))
def straight_round(x):
    """x rounded; its derivative is taken for 1."""
    return float(round(x))


weight = Value(0.2)
for _ in range(50):
    loss = (straight_round(weight) - 3.0) ** 2
    weight.grad = 0.0
    loss.backward()
    weight.data -= 0.05 * weight.grad
print(f"weight {weight.data:.3f}, rounded {straight_round(weight.data):g}")
try:
    gradcheck(straight_round, [0.2])
except GradcheckError as error:
    print(error)
