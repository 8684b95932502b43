# %% [markdown]
# # Momentum and adaptive steps: solutions

# %%
from autograd import Value
from nn import SGD, Adam, RMSprop

# %% [markdown]
# 1. *A slope that stays the same.* −η∇f (1 + λ + λ² + …) = −η∇f / (1 − λ): with λ = 0.9 ten times as long as without
#    momentum.

# %%
x = Value(0.0)
optimizer = SGD([x], lr=0.1, momentum=0.9)
for step in range(1, 61):
    before = x.data
    x.grad = 1.0
    optimizer.step()
    if step in (1, 2, 3, 10, 60):
        print(f"step {step:2}: {x.data - before:.4f}")

# %% [markdown]
# 2. *The valley turned.* Gradient descent and momentum do not notice.  A step size for each coordinate is of no use
#    where no coordinate lies along the valley.


# %%
def value_after(optimizer, turned, **options):
    """f after 60 steps."""
    v = [Value(-2.0), Value(0.6)]
    if turned:  # the same point, seen from axes turned by 45°
        v = [Value((-2.0 + 0.6) / 2**0.5), Value((-2.0 - 0.6) / 2**0.5)]
    method = optimizer(v, **options)
    for _ in range(60):
        along, across = ((v[0] + v[1]) / 2**0.5, (v[0] - v[1]) / 2**0.5) if turned else v
        f = 0.5 * (along**2 + 50.0 * across**2)
        method.zero_grad()
        f.backward()
        method.step()
    return f.data


for name, kind, options in (
    ("gradient descent", SGD, {"lr": 0.036}),
    ("momentum", SGD, {"lr": 0.036, "momentum": 0.8}),
    ("RMSprop", RMSprop, {"lr": 0.05}),
    ("Adam", Adam, {"lr": 0.2}),
):
    straight, turned = (value_after(kind, at, **options) for at in (False, True))
    print(f"{name:>16}: straight {straight:.1e}, turned {turned:.1e}")
