# %% [markdown]
# # From Value to a cluster
# One network for the digits goes all the way: trained on Values, compiled, trained on two processes, and handed on to
# whatever is installed here, held to the engine at each step.
#
# What to see: the same losses on Values, in machine code and on two processes; the same classes everywhere; what each
# way takes; a table.
#
# Notes: 004 · 5.3 Stochastic Optimization (a batch is a sum over samples, and sums can be shared).

# %%
import importlib.util
import json
import time
from pathlib import Path
from random import Random

import numpy as np

from autograd import to_c, to_javascript_function, to_jax, to_numpy, to_onnx, to_torch_function
from nn import MLP, Adam, cross_entropy, distributed, fit, load, load_digits, save

OUT = Path("out")
OUT.mkdir(exist_ok=True)


def seconds(f, *arguments):
    """How long a call takes, and its result."""
    start = time.perf_counter()
    result = f(*arguments)
    return time.perf_counter() - start, result


def is_there(package):
    """Whether a package is installed."""
    return importlib.util.find_spec(package) is not None


digits = load_digits(scaled=True)
train, test = digits[:1400], digits[1400:]


def network():
    """The same 64-16-10 network each time."""
    return MLP(64, [16, 10], activation="tanh", initializer="xavier_uniform", rng=Random(0))


# %% [markdown]
# ## The same steps on Values and in machine code

# %%
few = train[:640]
losses = {}
for way, options in {"Values": {}, "machine code": {"compile": True}}.items():
    model = network()
    optimizer = Adam(model.parameters(), lr=0.01)
    took, history = seconds(lambda: fit(model, few, cross_entropy, optimizer, 15, batch_size=32, **options))  # noqa: B023
    losses[way] = history["loss"]
    print(f"{way:>13}: {took:6.2f} s, loss", history["loss"][-1])
apart = max(abs(a - b) for a, b in zip(losses["Values"], losses["machine code"]))

# %% [markdown]
# ## All of it on one process, and on two
# `nn.distributed.fit` is `fit(…, compile=True)` for as many processes as `python -m nn.distributed` starts. Several
# need JAX; without it there is one.

# %%
SCRIPT = """
import json, sys
from random import Random
from nn import MLP, Adam, cross_entropy, distributed, load_digits, save

train = load_digits(scaled=True)[:1400]
model = MLP(64, [16, 10], activation="tanh", initializer="xavier_uniform", rng=Random(0))
history = distributed.fit(model, train, cross_entropy, Adam(model.parameters(), lr=0.01), 60, batch_size=128)
if distributed.start().first:
    save(model, sys.argv[1], history=history)
"""
(OUT / "train_digits.py").write_text(SCRIPT)
curves, durations = {}, {}
for processes in (1, 2) if is_there("jax") else (1,):
    file = OUT / f"digits_{processes}.json"
    took, status = seconds(distributed.launch, [str(OUT / "train_digits.py"), str(file)], processes)
    curves[processes] = json.loads(file.read_text())["content"]["states"]["history"]["records"]["loss"]
    durations[processes] = took
    print(f"{processes} of them: {took:.1f} s with Python and JAX beginning, loss {curves[processes][-1]:.12f}")
curve_apart = max(abs(a - b) / a for a, b in zip(curves[1], curves[max(curves)]))
print(f"the curves of 1 and {max(curves)} differ by {curve_apart:.0e}, relatively")
model = load(OUT / "digits_1.json").eval()

# %% [markdown]
# The digits are far too few for two processes; “Where it stops paying”, `docs/explanation/scale.md`, says why.
#
# ## Handed on
# Each export is held to the engine on 1,000 random samples when it is written; here it also tells the digits of the
# test set, which nobody was trained on.

# %%
X, targets = np.array(test.inputs), np.array(test.targets)
engine_takes, outputs = seconds(lambda: [[y.data for y in model(x)] for x in test.inputs])
classes = np.array(outputs).argmax(axis=1)
accuracy = float((classes == targets).mean())
rows = [("the engine, on Values", 0.0, engine_takes / len(X), len(X))]


def compare(name, function):
    """Add a line: how far it is, what a sample takes, for how many digits it tells the same class."""
    function(X)  # some compile at the first call
    took, found = seconds(function, X)
    found = np.asarray(found, dtype=float)
    difference = np.abs(found - outputs).max() / np.abs(outputs).max()
    rows.append((name, float(difference), took / len(X), int((found.argmax(axis=1) == classes).sum())))


compare("NumPy", to_numpy(model))
if is_there("jax"):
    import jax

    jax.config.update("jax_enable_x64", True)
    compare("JAX, jit", jax.jit(to_jax(model).function))
if is_there("torch"):
    compare("PyTorch", to_torch_function(model))
if is_there("onnxruntime"):
    import onnxruntime

    to_onnx(model, name="digits").save(OUT)
    session = onnxruntime.InferenceSession(OUT / "digits.onnx")
    compare("ONNX, float", lambda X: session.run(None, {session.get_inputs()[0].name: np.float32(X)})[0])
files = {"C, float": to_c(model, name="digits", bits=32), "JavaScript": to_javascript_function(model, name="digits")}
for name, exported in files.items():
    exported.save(OUT)
    checked = "was not run here" if exported.difference is None else f"differs by {exported.difference:.0e}"
    print(f"{name}: {', '.join(exported.files)}; {checked}")

# %%
print(f"\n{'':<24}{'differs by':>12}{'a sample':>12}{'same class':>12}")
for name, difference, took, same in rows:
    print(f"{name:<24}{difference:>12.0e}{took * 1e6:>9.1f} µs{same:>8} of {len(X)}")
print(f"\n{accuracy:.1%} of {len(X)} digits are told right")

# %% [markdown]
# ## And back
# What was saved is the model again, to the last bit; `nn.from_torch`, `from_sklearn` and `from_onnx` read networks that
# were trained elsewhere, to look inside.

# %%
save(model, OUT / "digits.json")
again = load(OUT / "digits.json")
same_bits = all(a.data == b.data for a, b in zip(model.parameters(), again.parameters()))
print("the same bits:", same_bits)

# %% [markdown]
# ## Exercises
# 1. A step on N processes takes k·P·B/N for the kernel and a for adding up.  With k = 0.1 ns, P = 1,210 parameters, a
#    batch of B = 512 and a = 0.4 ms: how much longer do two processes take than one?  From which batch on are they
#    faster?
# 2. Export z = tanh(w·x) with its slope by x to NumPy, and hold the slope to differences of the exported function.
