# %% [markdown]
# # The same graph at native speed
# `jit` records a function once and runs it as machine code, with its derivatives; `TrainingStep` and
# `fit(…, compile=True)` do so with the training of a model; `c_source` hands the trained model on as a C file.

# %%
import math
import time
from pathlib import Path
from random import Random

import numpy as np

import autograd
from autograd import Value, erfc, exp, jit, log, sqrt, value_and_grad
from nn import MLP, Adam, accuracy, cross_entropy, fit, load_digits, train_validation_test_split

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
print(f"held-out accuracy {accuracy(test.targets, logits(test.inputs).tolist()):.1%}")
print(logits.stats())

# %% [markdown]
# ## The trained network as a C file without dependencies

# %%
(OUT / "digits.c").write_text(logits.c_source("digits", parameters=True))
print("gcc -std=c99 -O2 -DDIGITS_MAIN out/digits.c -lm reads 64 numbers a line and prints ten logits")
