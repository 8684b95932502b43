# %% [markdown]
# # Inside the compiler
# Between a recorded graph and machine code lie forms that can all be read.
#
# What to see: a small network on its way through them: the graph as a program of scalars, the plan in which its
# layers are found again as loops, LLVM's language, assembly; and C, for any machine.
#
# Notes: 003 · 6.1.1 Automatic Differentiation: Problem Statement (evaluation trace), 6.3 Reverse-Mode Automatic
# Differentiation (dual program).

# %%
import re
from collections import Counter
from pathlib import Path
from random import Random

import matplotlib.pyplot as plt

import autograd
from autograd import Value
from nn import MLP
from nn.plots.axes import colour

OUT = Path("out")
OUT.mkdir(exist_ok=True)


def compiled(sizes):
    """The squared error of a network of ReLUs, compiled with its gradient."""
    x, y = [Value(0.5, label="x1"), Value(-1.0, label="x2")], Value(1.0, label="y")
    model = MLP(2, sizes, rng=Random(0))
    return autograd.compile((model(x) - y) ** 2, [*x, y], model.parameters())


# %% [markdown]
# ## 1. The program
# One line a node, forward, then the adjoints from the last to the first.  The sweep that made the lower half ran on
# Values instead of numbers: that is how the compiler comes by derivatives without knowing any.

# %%
tiny = compiled([2, 1])
print(tiny.source())

# %% [markdown]
# ## 2. The plan
# A larger network is a long list of scalars.  The plan finds out again what is alike: a product of a matrix and a
# vector, a loop over units, an outer product, which is ∇W.  The network was written in plain Python loops; nobody
# said "matrix".

# %%
network = compiled([16, 16, 1])
stats = network.stats()
print(f"{stats.nodes} nodes, {stats.loops} loops, {stats.workspace_bytes:,} bytes of workspace")
for step in network.plan.samples:
    name = type(step).__name__
    if name == "Loop":
        rows = " ".join(operation.row.name for operation in step.operations)
        print(f"  Loop     {step.passes:2} times: {rows}")
    elif name == "Product":
        print(f"  Product  {step.outputs} × {step.inputs} matrix by a vector")
    elif name == "OuterSum":
        print(f"  OuterSum {step.lefts} × {step.rights}, summed over the samples: a ∇W")
    else:
        print(f"  {name} of {step.count}, over the samples: a ∇b")
kinds = Counter(type(step).__name__ for step in network.plan.samples)

# %% [markdown]
# ## Width costs loops nothing
# More units are not more code: the loops run longer.

# %%
widths, sizes = [4, 8, 16, 32, 64], {}
for width in widths:
    found = compiled([width, width, 1])
    sizes[width] = found.stats().nodes, len(found.plan.samples), len(found.llvm_ir().splitlines())
    print(f"{width:2} units a layer: {sizes[width][0]:6,} nodes, {sizes[width][1]} steps of the plan,"
          f" {sizes[width][2]:,} lines of LLVM")  # fmt: skip
figure, axis = plt.subplots(figsize=(6.6, 4), layout="constrained")
for i, name in enumerate(("nodes of the graph", "steps of the plan", "lines of LLVM")):
    style = {"color": colour(i), "linestyle": ("-", "--", "-.")[i], "marker": "os^"[i]}
    axis.loglog(widths, [sizes[width][i] for width in widths], label=name, **style)
axis.set(xlabel="units of each of the two hidden layers", ylabel="how many", title="A 2-n-n-1 network and its gradient")
axis.set_xticks(widths, labels=widths)
axis.minorticks_off()
axis.legend()
figure.savefig(OUT / "inside_the_compiler.png", dpi=110)

# %% [markdown]
# ## 3. LLVM's language
# Registers of several numbers: the samples of a batch go side by side, one in each lane.  A ReLU is a comparison and
# a choice, without a jump.

# %%
text = network.llvm_ir()
vectors = Counter(re.findall(r"<(\d+) x double>", text))
print("vectors of doubles, by length:", dict(vectors))
operations = Counter(re.findall(r"= (fmul|fadd|fsub|fdiv|fcmp|select|load|phi)\b", text))
print("operations:", dict(operations.most_common()))
print("\n".join(line for line in text.splitlines() if "fcmp" in line or "select" in line)[:400])

# %% [markdown]
# ## 4. Assembly
# What the processor runs: of this machine, so it looks different elsewhere.

# %%
assembly = network.assembly()
instructions = Counter(re.findall(r"^\s+([a-z][a-z0-9]+)\s", assembly, re.MULTILINE))
print("the instructions used most:", ", ".join(f"{name} {count}" for name, count in instructions.most_common(8)))

# %% [markdown]
# ## 5. C
# The same plan, printed for any compiler.

# %%
source = network.c_source("network", parameters=True)
(OUT / "inside_the_compiler.c").write_text(source)
print(f"{len(source.splitlines())} lines of C are in", OUT / "inside_the_compiler.c")
print("\n".join(source[source.index("for (") :].splitlines()[:12]))

# %% [markdown]
# ## 6. Loops of your own
# A function of numbers has no batch.  Its own loops are lost in the record, where each step stands alone; `jit` finds
# them again, those of the way back too.  What waits for the step before, a recurrence, goes one after the other; the
# rest at once, in vectors.


# %%
def logistic_map(r, x, steps):
    """x ← r·x·(1 - x), again and again."""
    for _ in range(steps):
        x = r * x * (1.0 - x)
    return x


longer = {}
for steps in (100, 1000):
    chaos = autograd.jit(autograd.value_and_grad(lambda r, steps=steps: logistic_map(r, 0.4, steps)))
    longer[steps] = chaos.loops(3.5)
    print(f"{steps} steps: {len(longer[steps].splitlines())} lines")
print(longer[1000])

# %% [markdown]
# ## Is it the same?
# Two back ends and the engine, on one sample.

# %%
model = MLP(2, [16, 16, 1], rng=Random(0))
x, y = [Value(0.5), Value(-1.0)], Value(1.0)
loss = (model(x) - y) ** 2
loss.backward()
by_engine = [p.grad for p in model.parameters()]
apart = {}
for backend in ("llvm", "numpy"):
    kernel = autograd.compile(loss, [*x, y], model.parameters(), backend=backend)
    value, found = kernel.value_and_grad([[0.5, -1.0, 1.0]])
    apart[backend] = max(abs(a - b) for a, b in zip(found, by_engine))
    print(f"{backend}: loss {value:.12f}, {loss.data:.12f} by the engine; gradients differ by {apart[backend]:.0e}")

# %% [markdown]
# ## Exercises
# 1. An expression that occurs twice is computed once.  Compile sin(x·y) + sin(x·y)² and count the operations of
#    the plan.
# 2. What does the loop finder make of a plain Python loop that is no network?  Compile one hundred steps of
#    x ← x − 0.1·(x³ − a), and look at the plan.
