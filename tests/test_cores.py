"""The plain and the compiled core are one engine at two speeds: the same bits, warnings, errors, and the same rules."""

import gc
import json
import math
import os
import pickle
import random
import subprocess
import sys
import weakref
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

import autograd
from autograd import TABLE, Value, topological_order
from autograd.accelerator import compiled

ROOT = Path(autograd.__file__).parent.parent
needs_compiled = pytest.mark.skipif(compiled is None, reason="the compiled core is not built, or AUTOGRAD_PURE=1")

# Prints what random programs over the whole table give: numbers, partials, adjoints as hexadecimal, warnings, errors.
PROGRAMS = """
import json, math, random, warnings
import numpy as np
import autograd
from autograd import TABLE, Value, linear, no_grad

def shown(x):
    if isinstance(x, Value):
        return [x.data.hex(), x._op, [None if d is None else float(d).hex() for d in x.partials], x.requires_grad]
    return float(x).hex() if isinstance(x, float) else repr(x)

def operand(rng, values):
    kind = rng.randrange(10)
    number = rng.choice([rng.uniform(-3, 3), rng.uniform(0, 2), float(rng.randrange(-3, 4)), 0.0, -0.0, 1e-310, 1e300])
    if kind < 6:
        return rng.choice(values)
    return [number, int(rng.randrange(-3, 4)), np.float64(number), Value(number).requires_grad_(False)][kind - 6]

def program(seed):
    rng = random.Random(seed)
    leaves = [Value(rng.uniform(-2, 2)) for _ in range(4)]
    values, out = list(leaves), []
    rows = list(TABLE.values())
    for _ in range(12):
        row = rng.choice(rows)
        xs = [operand(rng, values) for _ in range(row.arity or rng.choice([1, 2, 3, 5]))]
        try:
            if row.name in ("sum", "prod", "mean", "logsumexp", "softmax", "log_softmax"):
                y = row(xs)
            elif row.name == "dot":
                y = row(xs, xs[::-1])
            elif row.name == "affine":
                y = row(xs, xs[::-1], operand(rng, values))
            elif row.name == "where":
                y = row(xs[0], xs[-1], values[0])
            else:
                y = row(*xs)
        except Exception as error:
            out.append([row.name, type(error).__name__, str(error)])
            continue
        out.append([row.name, shown(y)])
        if isinstance(y, Value) and y.primitive is not None and math.isfinite(y.data) and abs(y.data) < 1e6:
            values.append(y)
    layer = linear(values[:3], [[operand(rng, values) for _ in range(3)] for _ in range(2)], [operand(rng, values)] * 2)
    out += [shown(y) for y in layer]
    root = sum(v * v for v in values) * 2 + (values[-1] - 1) / 3 - 2 ** values[0] + values[1] ** 2 + values[0] % 2
    with no_grad():
        out.append(shown(root * values[0]))
    root.backward()
    out += [x.grad.hex() for x in (*values, root)]
    out += [x.hex() for x in autograd.core.sweep.gradients(root, leaves)]
    return out

with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    found = [program(seed) for seed in range(400)]
print(json.dumps([found, [str(w.message) for w in caught]]))
"""


def run(code, **environment):
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT,
        env=os.environ | environment,
    ).stdout  # fmt: skip


@needs_compiled
def test_both_cores_give_the_same_bits():
    plain, fast = (json.loads(run(PROGRAMS, AUTOGRAD_PURE=pure)) for pure in ("1", ""))
    for seed, (a, b) in enumerate(zip(plain[0], fast[0], strict=True)):
        assert a == b, f"program {seed}"
    assert plain[1] == fast[1]
    assert len(plain[1]) > 100


NUMBERS = [0.0, -0.0, 1.0, -1.0, 0.5, -2.5, 3.0, 1e-320, 1e300, -1e300, math.inf, -math.inf, math.nan]
SEQUENCES = {"dot": 2, "affine": 2, **dict.fromkeys(("sum", "prod", "mean", "logsumexp", "softmax", "log_softmax"), 1)}


def arguments(row, numbers):
    """What a row is called with that these are the operands of."""
    parts = SEQUENCES.get(row.name, 0)
    size = len(numbers) // max(parts, 1)
    return [*(numbers[i * size : (i + 1) * size] for i in range(parts)), *numbers[parts * size :]]


@pytest.mark.parametrize("row", TABLE.values(), ids=lambda row: row.name)
def test_a_row_of_numbers_alone_is_to_the_last_bit_what_python_makes_of_it(row):
    rng = random.Random(0)
    count = row.arity or (5 if row.name == "affine" else 3 if row.name == "where" else 4)
    kinds = [float, np.float64, lambda x: int(x) if abs(x) < 2.0**60 else x]
    for _ in range(200):
        numbers = [rng.choice(NUMBERS) for _ in range(count)]
        for kind in kinds:
            given = arguments(row, [kind(x) for x in numbers])
            found, expected = row(*given), row.apply(*given)
            assert type(found) is float
            assert found.hex() == expected.hex(), given
        for dtype in (float, object, ">f8"):
            given = [np.array(x).astype(dtype) if isinstance(x, list) else x for x in arguments(row, numbers)]
            assert row(*given).hex() == row.apply(*given).hex()


def test_a_sum_of_negative_zeros_is_zero_as_of_fsum():
    x = Value(-0.0)
    for made in (autograd.sum([x, -0.0]), autograd.mean([x, x]), autograd.dot([x, -0.0], [1.0, 2.0])):
        assert math.copysign(1.0, made.data) == math.copysign(1.0, math.fsum([-0.0])) == 1.0


@needs_compiled
@pytest.mark.parametrize("scale", [1.0, 1e-8, 1e150, 1e-160, 1e300, 1e-300])
def test_hypot_has_the_bits_of_pythons(scale):
    rng = random.Random(0)
    for _ in range(5000):
        x, y = rng.uniform(-2, 2) * scale, rng.uniform(-2, 2) * scale * rng.choice([1.0, 1e-3, 1e-9, 1e-20])
        assert autograd.hypot(Value(x), y).data == math.hypot(x, y)


# ---------------------------------------------------------------- what holds in both


@pytest.mark.parametrize(
    "make",
    [
        lambda x, y: x * y,
        lambda x, y: x * 2.0,
        lambda x, y: 2.0 - x,
        lambda x, y: x.tanh(),
        lambda x, y: autograd.sum([x, y, 3.0]),
        lambda x, y: autograd.affine([x, 2.0], [y, x], 1.0),
        lambda x, y: Value(6.0, (x, y), "by hand"),
        lambda x, y: autograd.checkpoint(lambda a: a.sin() * y)(x),
    ],
)
def test_a_node_tells_how_it_was_made(make):
    x, y = Value(2.0), Value(3.0)
    z = make(x, y)
    assert len(z.operands) == len(z.partials)
    assert {o for o in z.operands if isinstance(o, Value)} <= {x, y}
    for operand, partial in zip(z.operands, z.partials, strict=True):
        assert (partial is None) == (operand.__class__ is float or z._op == "by hand")
    assert z._prev >= {o for o in z.operands if isinstance(o, Value)}
    assert z.primitive.symbol == z._op


def test_grad_may_be_none():
    x, y = Value(2.0), Value(3.0)
    x.grad = y.grad = None
    (x * y + autograd.sum([x, y])).backward()
    assert (x.grad, y.grad) == (4.0, 3.0)
    x.grad = None
    x.backward()
    assert x.grad == 1.0


def test_weak_references_end_with_their_node():
    x = Value(2.0)
    y = x * x
    reference, gone = weakref.ref(y), []
    weakref.finalize(y, gone.append, True)
    assert reference() is y
    del y
    assert reference() is None
    assert gone == [True]


class Tagged(Value):
    """With attributes of its own, in plain Python too."""

    def __init__(self, number, tag=""):
        super().__init__(number)
        self.tag = tag


class Slotted(Value):
    """With a slot of its own: larger than the blocks of the arena."""

    __slots__ = ("tag",)


def test_subclasses_have_attributes_and_take_part():
    x, y = Tagged(2.0, tag="t"), Slotted(3.0)
    y.tag = "s"
    z = x * y + x
    assert type(z) is Value
    z.backward()
    assert (x.grad, y.grad, x.tag, y.tag) == (4.0, 2.0, "t", "s")
    again = pickle.loads(pickle.dumps(x))
    assert (type(again), again.tag, again.data, again.grad) == (Tagged, "t", 2.0, 4.0)


def test_cycles_are_collected():
    def in_cycles():
        x = Tagged(1.0)
        x.me = x
        y = Value(2.0, (x,), "by hand")
        y._backward = lambda: y.grad
        return weakref.ref(x), weakref.ref(y)

    references = in_cycles()
    gc.collect()
    assert [reference() for reference in references] == [None, None]


def test_a_closure_may_change_the_graph_that_is_swept():
    x = Value(2.0)
    h = Value(4.0, (x,), "square")
    top = h * 3.0

    def rewired():
        x.grad += 4.0 * h.grad
        h._backward = lambda: None

    h._backward = rewired
    top.backward()
    assert x.grad == 12.0
    top.backward()
    assert x.grad == 12.0


def test_threads_have_graphs_of_their_own():
    found = []

    def work(seed):
        rng = random.Random(seed)
        for _ in range(50):
            leaves = [Value(rng.uniform(0.1, 1.0)) for _ in range(30)]
            y = leaves[0]
            for x in leaves[1:]:
                y = y * x + x.tanh()
            y.backward()
            found.append(len(topological_order(y)) == 30 + 29 * 3)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert found == [True] * 200


def test_a_numpy_scalar_on_the_left_leaves_the_operation_to_the_value():
    x = Value(3.0)
    y = np.float64(2.0) * x
    assert type(y) is Value
    assert y.operands == (2.0, x)
    assert type(np.float64(2.0) - x) is Value
    array = np.array([1.0, 2.0]) * x
    assert array.shape == (2,)
    assert isinstance(array[1], Value)


@needs_compiled
def test_attributes_of_ones_own_on_any_node():
    p = Value(1.0)
    assert not gc.is_tracked(p)
    p.m = 0.0
    assert p.__dict__ == {"m": 0.0}
    assert (p * 2.0).operands[0].m == 0.0
    p.history = p
    reference = weakref.ref(p)
    del p
    gc.collect()
    assert reference() is None


@needs_compiled
def test_nodes_are_outside_of_the_cycle_collector():
    x = Value(1.0)
    assert not any(gc.is_tracked(node) for node in (x, x * x, x.exp(), autograd.sum([x, x]), Value(1.0)))


@needs_compiled
def test_memory_returns_when_graphs_are_dropped():
    code = """
import os
from autograd import Value
def resident():
    with open("/proc/self/statm") as f:
        return int(f.read().split()[1]) * os.sysconf("SC_PAGESIZE")
def graphs(n):
    x, y = Value(0.5), Value(2.0)
    for i in range(n):
        z = (x * y + 1.0).tanh()
        if i % 2:
            z.backward()
graphs(1000)
before = resident()
graphs(300_000)
y = [Value(1.0) * 2.0 for _ in range(1_000_000)]
peak = resident()
del y
graphs(1000)
print(before, peak, resident())
"""
    if not Path("/proc/self/statm").exists():
        pytest.skip("reads /proc, which this system does not have")
    before, peak, after = map(int, run(code).split())
    assert peak > before + 200e6
    assert after < before + 0.1 * (peak - before)
