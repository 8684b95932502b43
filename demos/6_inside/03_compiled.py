# %% [markdown]
# # The same graph at native speed
# `jit` records a function once and runs it as machine code, with its derivatives; `fit(…, compile=True)` does so with
# the training of a model; `c_source` hands the trained model on as a C file.
#
# What to see: all three, and a race of the ways in which one graph can be run.
#
# Notes: 003 · 6.1.1 Automatic Differentiation: Problem Statement (the evaluation trace is a program).

# %%
import math
import time
from pathlib import Path
from random import Random

import matplotlib.pyplot as plt
import numpy as np

import autograd
from autograd import Value, erfc, exp, jit, log, sqrt, value_and_grad
from nn import MLP, Adam, accuracy, cross_entropy, fit, load_digits, one_hot, train_validation_test_split
from nn.plots.axes import colour

OUT = Path("out")
OUT.mkdir(exist_ok=True)


def seconds(f, *arguments, repetitions=1):
    """How long a call takes, and its result."""
    start = time.perf_counter()
    for _ in range(repetitions):
        result = f(*arguments)
    return (time.perf_counter() - start) / repetitions, result


# %% [markdown]
# ## The price of an option and its five greeks


# %%
def price(S, K, r, s, T):
    """A call by Black and Scholes, with the normal distribution Φ(x) = erfc(-x/√2) / 2."""
    spread = s * sqrt(T)
    d1 = (log(S / K) + (r + 0.5 * s * s) * T) / spread
    return S * normal(d1) - K * exp(-r * T) * normal(d1 - spread)


def normal(x):
    """Φ(x)."""
    return 0.5 * erfc(-x / math.sqrt(2.0))


greeks = value_and_grad(price, argnums=(0, 1, 2, 3, 4))
compiled = jit(greeks)
option = (100.0, 95.0, 0.03, 0.2, 1.5)
compiled(*option)  # records and compiles
slow, expected = seconds(greeks, *option, repetitions=200)
fast, found = seconds(compiled, *option, repetitions=200_000)
print("value", found[0], "greeks", [round(x, 6) for x in found[1]])
error = max(abs(a - b) for a, b in zip(found[1], expected[1]))
print(f"one option: {slow * 1e6:.0f} µs recorded and swept, {fast * 1e6:.2f} µs compiled; equal to {error:.1e}")

rng = np.random.default_rng(0)
market = [rng.uniform(low, high, 100_000) for low, high in ((80, 120), (80, 120), (0.01, 0.06), (0.1, 0.5), (0.25, 2))]
compiled(*market)
vector, _ = seconds(compiled, *market, repetitions=20)
print(f"100,000 options as arrays: {vector / 100_000 * 1e9:.1f} ns each")

# %% [markdown]
# ## Training a network on the digits

# %%
train, validation, test = train_validation_test_split(load_digits(scaled=True), 0.1, 0.2, seed=0, stratify=True)


def train_network(epochs, compile):
    """A trained network, and its history."""
    network = MLP(64, [32, 10], initializer="kaiming_uniform", rng=Random(0))
    optimizer = Adam(network.parameters(), lr=5e-3)
    return network, fit(network, train, cross_entropy, optimizer, epochs, compile=compile)


for compile, epochs in ((False, 1), (True, 40)):
    duration, (model, history) = seconds(train_network, epochs, compile)
    kind = "compiled" if compile else "recorded"
    print(f"{kind}: {epochs} epochs in {duration:.2f} s, loss {history['loss'][-1]:.4f}")

x = [Value(0.0) for _ in range(64)]
logits = autograd.compile(model(x), x, model.parameters(), reduction=None)
held_out = accuracy(test.targets, logits(test.inputs).tolist())
print(f"held-out accuracy {held_out:.1%}")
print(logits.stats())

# %% [markdown]
# ## A race
# The loss of a batch and its gradient, by the engine and by the back ends of `compile`.  All say the same.

# %%
batch = 64
rows = np.array([[*x, *one_hot([y], 10)[0]] for x, y in list(train)[:batch]])
leaves = [Value(number) for number in rows[0]]
recorded_loss = cross_entropy([model(leaves[:64])], [leaves[64:]])


def by_engine():
    """Record the loss of the batch, and sweep it."""
    model.zero_grad()
    loss = cross_entropy(model(rows[:, :64].tolist()), rows[:, 64:].tolist())
    loss.backward()
    return np.array([p.grad for p in model.parameters()])


core = autograd.engine_info().core
timed, gradients = {}, {}
timed[f"engine, {core} core"], gradients["engine"] = seconds(by_engine)
for backend in ("numpy", "llvm"):
    kernel = autograd.compile(recorded_loss, leaves, model.parameters(), backend=backend)
    kernel.value_and_grad(rows)
    timed[f"compile, {backend}"], (_, gradients[backend]) = seconds(kernel.value_and_grad, rows, repetitions=20)
apart = max(abs(gradients["engine"] - found).max() for found in gradients.values())
for name, duration in timed.items():
    print(f"{name:>21}: {duration / batch * 1e6:8.2f} µs a sample")
print(f"{len(gradients['engine']):,} derivatives, equal to {apart:.0e}")
figure, axis = plt.subplots(figsize=(7, 2.6), layout="constrained")
bars = axis.barh(list(timed), [duration / batch * 1e6 for duration in timed.values()], color=colour(0))
axis.bar_label(bars, fmt="%.3g", padding=4)
axis.set(xlabel="µs a sample, with the gradient", xscale="log", title="A 64-32-10 network")
axis.margins(x=0.15)
axis.invert_yaxis()
figure.savefig(OUT / "compiled.png", dpi=110)

# %% [markdown]
# ## The trained network as a C file without dependencies

# %%
(OUT / "digits.c").write_text(logits.c_source("digits", parameters=True))
print("gcc -std=c99 -O2 -DDIGITS_MAIN out/digits.c -lm reads 64 numbers a line and prints ten logits")

# %% [markdown]
# ## Exercises
# 1. A compiled function is recorded once.  What becomes of a Python `if` on one of its arguments?  Write |x|·x with
#    an `if`, ask `jit` for it, and mend it with `where`.
# 2. The implied volatility: for which s is the price of an option 12?  Solve it by Newton's method with the compiled
#    price and its derivative by s.
