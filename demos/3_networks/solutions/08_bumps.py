# %% [markdown]
# # One hidden layer is enough: solutions

# %%
import math
from itertools import pairwise

from autograd import no_grad
from nn import MLP, mse_loss


def g(x):
    """The curve to come near to, on [0, 1]."""
    return math.sin(7.0 * x) * (1.0 - x) + 0.4 * x


def network(activation, weights, biases, heights, bias):
    """The network with these weights."""
    model = MLP(1, [len(weights), 1], activation=activation)
    state = {"layers.1.neurons.0.b": bias}
    for i, (w, b, height) in enumerate(zip(weights, biases, heights)):
        state |= {f"layers.0.neurons.{i}.w.0": w, f"layers.0.neurons.{i}.b": b, f"layers.1.neurons.0.w.{i}": height}
    model.load_state_dict(state)
    return model


def error(model):
    """Its largest error."""
    with no_grad():
        return max(abs(model([i / 1000]).data - g(i / 1000)) for i in range(1001))


# %% [markdown]
# 1. *A polygon of ReLUs.* A corner at each cᵢ = i/n.  The error is that of linear interpolation, (1/n)²·|g″|/8: a
#    quarter as n doubles.

# %%
for n in (5, 10, 20, 40, 80):
    corners = [i / n for i in range(n)]
    slopes = [n * (g((i + 1) / n) - g(i / n)) for i in range(n)]
    changes = [after - before for before, after in pairwise([0.0, *slopes])]
    polygon = network("relu", [1.0] * n, [-c for c in corners], changes, g(0.0))
    print(f"{n:3} ReLUs: {error(polygon):.5f}")

# %% [markdown]
# 2. *The steepness.* Steps that are too soft run into each other and round off what is bent.  Steeper than needed
#    wins nothing, the stairs are as high as before; and a unit that is flat for almost every x learns from almost
#    none.

# %%
n = 40
middles = [g((i + 0.5) / (n + 1)) for i in range(n + 1)]
heights = [after - before for before, after in pairwise(middles)]
for a in (0.5 * n, 2.0 * n, 4.0 * n, 8.0 * n, 100.0 * n):
    biases = [-a * (i + 1) / (n + 1) for i in range(n)]
    stairs = network("sigmoid", [a] * n, biases, heights, middles[0])
    xs = [[i / 100] for i in range(101)]
    mse_loss(stairs(xs), [g(x) for (x,) in xs]).backward()
    length = math.hypot(*(neuron.w[0].grad for neuron in stairs.layers[0].neurons))
    print(f"steepness {a:6g}: error {error(stairs):.4f}, gradient by the hidden weights {length:.1e}")
