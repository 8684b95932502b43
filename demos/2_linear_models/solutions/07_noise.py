# %% [markdown]
# # From noise to a loss: solutions

# %%
import math

from autograd import Value
from nn import LBFGS, gaussian_nll_loss, l1_loss, make_line

data = make_line(30, weights=[2.0], bias=0.0, noise=0.5, seed=3)
xs, ys = [x for (x,) in data.inputs], data.targets

# %% [markdown]
# 1. -log p = |y - ŷ|/b + log 2b: the absolute error, `l1_loss`. Its mean over the points, less log 2b, times b:

# %%
b = 0.4
for theta in (1.0, 2.0, 3.0):
    nll = sum(abs(theta * x - y) / b + math.log(2 * b) for x, y in zip(xs, ys)) / len(xs)
    print(f"θ = {theta}: {b * (nll - math.log(2 * b)):.6f}, l1_loss {l1_loss([theta * x for x in xs], ys):.6f}")

# %% [markdown]
# 2. θ moves to what the points with x > 0 say: each counts by 1/σ².


# %%
def fitted(variances):
    """The likeliest θ for these variances."""
    theta = Value(0.0)
    optimizer = LBFGS([theta], max_iter=50, line_search_fn="strong_wolfe")

    def closure():
        optimizer.zero_grad()
        loss = gaussian_nll_loss([theta * x for x in xs], ys, variances)
        loss.backward()
        return loss

    optimizer.step(closure)
    return theta.data


sure = [0.01 if x > 0.0 else 1.0 for x in xs]
right = [(x, y) for x, y in zip(xs, ys) if x > 0.0]
print(f"one variance for all: θ = {fitted([0.25] * 30):.4f}")
print(f"sure of x > 0:        θ = {fitted(sure):.4f}")
print(f"x > 0 alone:          θ = {sum(x * y for x, y in right) / sum(x * x for x, _ in right):.4f}")
