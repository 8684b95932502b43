"""Eager speed against micrograd, in one process, taking turns.

    .venv/bin/python -m pip install --group bench
    .venv/bin/python benchmarks/eager.py

Three workloads: `moons`, a training step of micrograd's demo (2-16-16-1, 100 points); `operations`, 100,000 random
elementary operations, recorded, differentiated and freed; `chain`, a million times x·a + b, in a process of its own.
A ratio is micrograd's time over ours, the median of the pairs, with the smallest and the largest.
"""

import gc
import math
import random
import subprocess
import sys
import time

sys.path.insert(0, __file__.rsplit("/", 2)[0])

import measuring

BINARY = {"+": lambda a, b: a + b, "-": lambda a, b: a - b, "*": lambda a, b: a * b, "/": lambda a, b: a / b}
UNARY = {"tanh": math.tanh, "exp": math.exp, "log": math.log, "relu": lambda a: max(a, 0.0)}
MIX = {"+": 20, "*": 17, "-": 10, "/": 8, "+c": 7, "*c": 8, "**": 8, "relu": 8, "tanh": 6, "exp": 4, "log": 4}


def micrograd_with_more_functions():
    """Micrograd's Value, with exp, log and tanh in its own style."""
    from micrograd.engine import Value

    def add(name, value, slope):
        def method(self):
            out = Value(value(self.data), (self,), name)

            def _backward():
                self.grad += slope(self.data, out.data) * out.grad

            out._backward = _backward
            return out

        setattr(Value, name, method)

    add("tanh", math.tanh, lambda x, y: 1 - y * y)
    add("exp", math.exp, lambda x, y: y)
    add("log", math.log, lambda x, y: 1 / x)
    return Value


def random_program(width, depth, seed=7):
    """Leaves, and a function of Values: `depth` layers of `width` operations that keep numbers between 1/4 and 2."""
    rng = random.Random(seed)
    leaves = [rng.uniform(0.5, 1.5) for _ in range(width)]
    source, numbers = [], leaves
    for layer in range(depth):
        expressions, results = [], []
        for i, a in enumerate(numbers):
            while True:
                op, j = rng.choices(list(MIX), MIX.values())[0], rng.randrange(width)
                try:
                    if op in BINARY:
                        result, text = BINARY[op](a, numbers[j]), f"v{i}{op}v{j}"
                    elif op in UNARY:
                        result, text = UNARY[op](a), f"v{i}.{op}()"
                    else:
                        c = rng.choice((2, 3)) if op == "**" else round(rng.uniform(0.5, 1.5), 3)
                        result = {"+c": a + c, "*c": a * c, "**": a**c}[op]
                        text = f"v{i}{op.rstrip('c')}{c}"
                except ValueError:
                    continue
                if 0.25 < abs(result) < 2.0:
                    break
            expressions.append(text)
            results.append(result)
        numbers = results
        names = ",".join(f"v{i}" for i in range(width))
        source.append(f"def layer{layer}(p):\n ({names},)=p\n return [{','.join(expressions)}]\n")
    namespace = {}
    exec("".join(source), namespace)

    def program(nodes):
        for layer in range(depth):
            nodes = namespace[f"layer{layer}"](nodes)
        while len(nodes) > 1:
            nodes = [a + b for a, b in zip(nodes[::2], nodes[1::2])] + nodes[len(nodes) & ~1 :]
        return nodes[0]

    return leaves, program


def operations(value, width=5000, depth=20):
    """A function that records, differentiates and frees once, and returns seconds an operation."""
    leaves, program = random_program(width, depth)
    sys.setrecursionlimit(20_000)  # for micrograd's backward

    def run():
        start = time.perf_counter()
        nodes = [value(x) for x in leaves]
        root = program(nodes)
        root.backward()
        del nodes, root
        return (time.perf_counter() - start) / (width * depth)

    return run


def moons(value, mlp):
    """A function that does one training step and returns its seconds."""
    import numpy as np
    from sklearn.datasets import make_moons

    np.random.seed(1337)
    random.seed(1337)
    points, classes = make_moons(n_samples=100, noise=0.1)
    points, targets = points.tolist(), (2 * classes - 1).tolist()
    model = mlp(2, [16, 16, 1])
    parameters = model.parameters()

    def run():
        start = time.perf_counter()
        scores = [model([value(x) for x in point]) for point in points]
        losses = [(1 + -y * score).relu() for y, score in zip(targets, scores)]
        total = sum(losses) * (1.0 / len(losses)) + 1e-4 * sum(p * p for p in parameters)
        for p in parameters:
            p.grad = 0.0
        total.backward()
        for p in parameters:
            p.data -= 0.05 * p.grad
        return time.perf_counter() - start

    return run


CHAIN = """
import resource, sys, time
sys.path.insert(0, {path!r})
import {module} as engine
start = time.perf_counter()
x = y = engine.Value(1.0)
for _ in range(1_000_000):
    y = y * 1.0000001 + 1e-9
built = time.perf_counter()
y.backward()
swept = time.perf_counter()
assert abs(x.grad - 1.0000001**1_000_000) < 1e-6
del x, y
freed = time.perf_counter()
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(f"build {{built - start:.2f}} s, backward {{swept - built:.2f}} s, free {{freed - swept:.2f}} s, "
      f"in all {{freed - start:.2f}} s, peak {{peak:.0f}} MiB")
"""


def ratio(name, reference, ours, pairs=3 if measuring.QUICK else 9):
    """Report two functions that return seconds, called in turn, without the cycle collector and with it."""
    for collector in ("off", "on"):
        (gc.disable if collector == "off" else gc.enable)()
        reference(), ours()
        rows = []
        for _ in range(pairs):
            gc.collect()
            a = reference()
            gc.collect()
            rows.append((a, ours()))
        measuring.report(f"{name}, collector {collector}", "micrograd", rows)


def main():
    import autograd
    import nn

    if not measuring.QUICK:
        print("chain     ", end=" ", flush=True)  # first: a child's peak memory starts at its parent's
        path = __file__.rsplit("/", 2)[0]
        subprocess.run([sys.executable, "-W", "ignore", "-c", CHAIN.format(path=path, module="autograd")], check=True)

    try:
        import micrograd.nn
    except ImportError as error:
        measuring.missing("micrograd", error)
        return
    other = micrograd_with_more_functions()
    # Python's default threshold while micrograd runs would be ours: each side gets the collector it would have alone
    ratio("moons", collected(moons(other, micrograd.nn.MLP), 700), collected(moons(autograd.Value, nn.MLP), 250_000))
    for width in (50,) if measuring.QUICK else (500, 5000):
        reference = collected(operations(other, width), 700)
        ratio(f"ops {20 * width // 1000}k", reference, collected(operations(autograd.Value, width), 250_000))


def collected(function, threshold):
    """The function under the collector's threshold that its engine has when it is imported alone."""

    def run():
        gc.set_threshold(threshold, 10, 10)
        return function()

    return run


if __name__ == "__main__":
    try:
        main()
    finally:
        measuring.write_rows()
