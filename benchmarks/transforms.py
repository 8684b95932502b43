"""What a transform adds to recording and sweeping by hand: `grad` of a sum of 10,000 squares.

    .venv/bin/python benchmarks/transforms.py

A ratio is the time of `grad(f)(xs)` over that of making the Values, recording, and `backward()`; the median of 31
pairs taken in turn.
"""

import gc
import statistics
import sys
import time

sys.path.insert(0, __file__.rsplit("/", 2)[0])

from autograd import Value, grad

POINT = [0.001 * i for i in range(10_000)]


def f(xs):
    return sum(x * x for x in xs)


def by_hand():
    leaves = [Value(x) for x in POINT]
    f(leaves).backward()
    return [leaf.grad for leaf in leaves]


def seconds(function):
    gc.collect()
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


gradient = grad(f)
assert by_hand() == gradient(POINT)
ratios = [1 / (seconds(by_hand) / seconds(lambda: gradient(POINT))) for _ in range(31)]
print(f"grad of a 10,000-term sum, over recording and backward by hand: {statistics.median(ratios):.2f}")
