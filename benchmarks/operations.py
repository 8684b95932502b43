"""Single operations, modes, frozen layers, Hessians and memory, on the core that is installed.

    .venv/bin/python benchmarks/operations.py                   # the compiled core, if there is one
    AUTOGRAD_PURE=1 .venv/bin/python benchmarks/operations.py   # the plain one
    .venv/bin/python -m pip install torch                       # once, for the line that compares with it

Nanoseconds an operation, with its destruction: the least of seven runs.  Ratios are of two functions that take turns.
"""

import os
import statistics
import sys
import time
import timeit
from itertools import pairwise

sys.path.insert(0, __file__.rsplit("/", 2)[0])

import numpy as np

import nn
from autograd import (
    Value,
    derivative,
    dot,
    engine_info,
    exp,
    grad,
    hessian,
    hvp,
    hypot,
    jacfwd,
    jacobian,
    jvp,
    mul,
    no_grad,
    sin,
    tanh,
    taylor,
)
from autograd.render.scenes.scene import scene

a, b, frozen, scalar = Value(2.0), Value(3.0), Value(5.0).requires_grad_(False), np.float64(2.0)
NAMES = {"a": a, "b": b, "frozen": frozen, "scalar": scalar, "mul": mul, "hypot": hypot, "Value": Value}
NAMES |= {"tanh": tanh, "dot": dot, "numbers": [0.5] * 5, "vector": np.full(5, 0.5)}
OPERATIONS = (
    "2.5*1.5", "a*b", "a*2.0", "a*scalar", "scalar*a", "a*frozen", "mul(a,b)", "hypot(a,b)", "a.tanh()", "Value(1.0)",
    "tanh(1.5)", "tanh(scalar)", "dot(numbers,numbers)", "dot([a]*5,vector)",
)  # fmt: skip


def nanoseconds(code, count=100_000):
    return min(timeit.repeat(code, globals=NAMES, number=count, repeat=7)) / count * 1e9


def ratio(name, numerator, denominator, pairs=15):
    """Print the median ratio of the times of two functions that take turns."""
    rows = []
    for _ in range(pairs):
        times = []
        for function in (numerator, denominator):
            start = time.perf_counter()
            function()
            times.append(time.perf_counter() - start)
        rows.append(times)
    ratios = [x / y for x, y in rows]
    print(f"{name:60} {statistics.median(ratios):6.2f}x [{min(ratios):.2f}..{max(ratios):.2f}]", flush=True)


def forward(count=3000):
    y = a
    for _ in range(count):
        y = (y * b + a).tanh() - 0.5 * y
    return y


def forward_without_recording():
    with no_grad():
        forward()


def rosenbrock(x):
    return sum(100.0 * (q - p**2) ** 2 + (1.0 - p) ** 2 for p, q in pairwise(x))


def coupled(x):
    for _ in range(20):
        x = [x[i].sin() * x[i - 1] + x[i] for i in range(len(x))]
    return x


def resident():
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGESIZE")


def graphs(count):
    for _ in range(count):
        z = (a * b + 1.0).tanh()
        z.backward()


def main():
    print(engine_info())
    for code in OPERATIONS:
        print(f"{code:60} {nanoseconds(code):6.0f} ns")
    print(f"{'mul(a,b) over a*b':60} {nanoseconds('mul(a,b)') / nanoseconds('a*b'):6.2f}x")
    ratio("forward inside no_grad over recorded", forward_without_recording, forward)
    x = [Value(0.1 * i) for i in range(16)]
    trainable, fixed = nn.Layer(16, 16), nn.Layer(16, 16).requires_grad_(False)
    ratio(
        "Layer(16, 16), frozen over trainable",
        lambda: [fixed(x) for _ in range(200)],
        lambda: [trainable(x) for _ in range(200)],
    )
    point = [0.1 * i for i in range(20)]
    slope, second = grad(rosenbrock), hessian(rosenbrock)
    print(
        f"{'hessian of the 20-variable Rosenbrock function':60} {nanoseconds(lambda: second(point), 20) / 1e6:6.2f} ms"
    )
    drawn = forward(500)
    many, along = [0.01 * i for i in range(1000)], [1.0] * 20
    for what, call in (
        ("its gradient", lambda: slope(point)),
        ("its Hessian times a vector", lambda: hvp(rosenbrock, (point,), (along,))),
        ("its derivative along a vector, by dual numbers", lambda: jvp(rosenbrock, (point,), (along,))),
        ("Jacobian of 20 steps of 20 numbers, backward", lambda: jacobian(coupled)(point)),
        ("the same forward", lambda: jacfwd(coupled)(point)),
        ("sparse Hessian of the 1,000-variable one", lambda: hessian(rosenbrock, sparse=True)(many)),
        ("the scene of a picture of 2,000 nodes", lambda: scene(drawn, summarize=False)),
        ("taylor(exp(sin x)), order 40", lambda: taylor(lambda x: exp(sin(x)), 0.7, 40)),
        ("derivative(exp(sin x)), order 12", lambda: derivative(lambda x: exp(sin(x)), 12)(0.7)),
    ):
        print(f"{what:60} {nanoseconds(call, 20) / 1e6:6.2f} ms")
    try:
        import torch
    except ImportError:
        pass
    else:
        torch.set_num_threads(1)
        there, direction = (torch.tensor(x, dtype=torch.float64) for x in (point, along))
        theirs = torch.autograd.functional
        ratio("the Hessian, PyTorch's over ours", lambda: theirs.hessian(rosenbrock, there), lambda: second(point))
        ratio(
            "the Jacobian, PyTorch's over ours",
            lambda: theirs.jacobian(lambda x: torch.stack(coupled(x)), there),
            lambda: jacobian(coupled)(point),
        )
        ratio(
            "the Hessian times a vector, PyTorch's over ours",
            lambda: theirs.hvp(rosenbrock, there, direction),
            lambda: hvp(rosenbrock, (point,), (along,)),
        )
    if os.path.exists("/proc/self/statm"):
        graphs(1000)
        before = resident()
        graphs(1_000_000)
        print(f"{'resident memory after a million graphs over after a thousand':60} {resident() / before:6.3f}x")


if __name__ == "__main__":
    main()
