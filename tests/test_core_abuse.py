"""The core under programs that no one would write: collections at every step, changes in the middle, odd subclasses.

Run under gcc's sanitizers too (`make sanitize`), where a wrong reference count of the compiled core shows.
"""

import copy
import gc
import math
import pickle
import random
import weakref
from concurrent.futures import ThreadPoolExecutor

import pytest

import autograd
from autograd import Value, checkpoint, linear, no_grad, topological_order
from autograd.core.sweep import gradients


class Tagged(Value):
    """With a dictionary in plain Python too."""


class Mortal(Value):
    """Takes note of its end, and makes a Value while it comes."""

    ends = 0

    def __del__(self):
        Mortal.ends += 1
        (self * 2.0).backward()


class Larger(Value):
    """Has a slot of its own, so that it is not of the arena."""

    __slots__ = ("note",)


@pytest.fixture
def eager_collector():
    threshold = gc.get_threshold()
    gc.set_threshold(5, 2, 2)
    yield
    gc.set_threshold(*threshold)


def by_hand(x):
    y = Value(x.data**2, (x,), "square")

    def backward():
        x.grad += 2.0 * x.data * y.grad

    y._backward = backward
    return y


OPERATIONS = [
    lambda a, b: a * b,
    lambda a, b: a - 2.0,
    lambda a, b: 3 / (b * b + 1.0),
    lambda a, b: (a + b).tanh(),
    lambda a, b: autograd.sum([a, b, 1.0, a]),
    lambda a, b: autograd.maximum(a, b, 0.1),
    lambda a, b: autograd.logsumexp([a, b]),
    lambda a, b: autograd.softmax([a, b, 0.5])[1],
    lambda a, b: linear([a, 1.0], [[b, a], [Value(0.5), b]], [a, Value(0.1)])[1],
    lambda a, b: autograd.hypot(a, 0.3) + autograd.where(b, a, 1.0),
    lambda a, b: by_hand(a * 0.5),
    lambda a, b: checkpoint(lambda h: (h * b).sin())(a),
    lambda a, b: copy.copy(a) * 1.5,
    lambda a, b: a.relu() + abs(b),
]


@pytest.mark.parametrize(
    "seed", [seed if seed < 4 else pytest.param(seed, marks=pytest.mark.exhaustive) for seed in range(40)]
)
def test_random_programs_under_an_eager_collector(seed, eager_collector):
    rng = random.Random(seed)
    leaves = [kind(rng.uniform(-1.0, 1.0)) for kind in (Value, Tagged, Larger, Value)]
    values, references = list(leaves), []
    for _ in range(60):
        values.append(rng.choice(OPERATIONS)(rng.choice(values), rng.choice(values)))
        if not math.isfinite(values[-1].data) or abs(values[-1].data) > 1e3:
            values[-1] = values[-1].tanh() if math.isfinite(values[-1].data) else leaves[0] * 1.0
        action = rng.randrange(8)
        if action == 0:
            del values[rng.randrange(4, len(values) + 1) :]
        elif action == 1:
            references.append(weakref.ref(rng.choice(values)))
        elif action == 2:
            rng.choice(values).label = f"v{len(values)}"
        elif action == 3:
            leaves[1].__dict__["last"] = values[-1]
        elif action == 4:
            gc.collect()
        elif action == 5:
            with no_grad():
                values[-1] * values[0]
    root = sum(values) * 0.5
    root.backward()
    found = [x.grad for x in leaves]
    assert all(node._uses == 0 for node in topological_order(root))
    assert gradients(root, leaves) == pytest.approx(found, rel=1e-12)
    assert [x.grad for x in leaves] == found  # which `gradients` leaves as they were
    leaves[1].__dict__.clear()
    del root, values
    gc.collect()
    assert [x.data for x in leaves] == [r() is None or r().data for r in map(weakref.ref, leaves)]


def test_values_that_make_values_when_they_end(eager_collector):
    Mortal.ends = 0
    for _ in range(200):
        x = Mortal(0.5)
        y = (x * x + x).tanh()
        y.backward()
        del x, y
    gc.collect()
    assert Mortal.ends >= 200


@pytest.mark.parametrize("make", [lambda x: x * 1.0001, lambda x: linear([x], [[Value(1.0)]], [0.0])[0], by_hand])
def test_deep_graphs_die_without_recursion(make):
    y = x = Value(0.001)
    for _ in range(50_000):
        y = make(y)
    reference = weakref.ref(y.operands[0])
    del y
    gc.collect()
    assert reference() is None
    assert x.data == 0.001


def test_a_closure_that_frees_and_sweeps_the_graph_it_is_in():
    x = Value(2.0)
    h = by_hand(x)
    own = h._backward

    def rude():
        (Value(1.0) * x).backward()
        h._backward = own
        gc.collect()
        own()

    h._backward = rude
    (h * 3.0 + h).backward()
    assert x.grad == 1.0 + 4.0 * 4.0


def test_many_threads_make_and_drop_graphs():
    shared = Value(0.5)

    def work(seed):
        rng = random.Random(seed)
        for _ in range(200):
            y = shared * rng.random()
            for _ in range(20):
                y = rng.choice(OPERATIONS[:10])(y, shared)
                if not abs(y.data) < 1e3:
                    y = shared * 1.0
            assert len(gradients(y, [shared])) == 1

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))  # which raises what a thread does


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_pickles_and_copies_of_every_kind_of_node(protocol):
    x = Value(0.5, label="x")
    operations = OPERATIONS[:10] + OPERATIONS[13:]  # without those that hold functions, and the copy of x itself
    root = sum(operation(x, x * 0.7) for operation in operations)
    for again in (pickle.loads(pickle.dumps(root, protocol)), copy.deepcopy(root)):
        (leaf,) = [node for node in topological_order(again) if node.label == "x"]
        again.backward()
        assert leaf.grad == pytest.approx(gradients(root, [x])[0], rel=1e-12)
        assert leaf is not x


@pytest.mark.parametrize(
    "misuse",
    [
        lambda x: Value(),
        lambda x: Value(1.0, 2.0, 3.0, 4.0, 5.0),
        lambda x: Value("1"),
        lambda x: Value(1.0, label="x", other=1),
        lambda x: x.backward("1"),
        lambda x: x.backward(1.0, 2.0),
        lambda x: x.backward(wrong=1.0),
        lambda x: setattr(x, "data", "1"),
        lambda x: setattr(x, "operands", ()),
        lambda x: delattr(x, "data"),
        lambda x: x + "1",
        lambda x: x * None,
        lambda x: autograd.mul(x),
        lambda x: autograd.mul(x, x, x),
        lambda x: autograd.exp(),
        lambda x: autograd.sum(x),
        lambda x: autograd.dot([x], [x, x]),
        lambda x: linear([x], [[x, x]], [x]),
        lambda x: linear([x], [[x]], []),
        lambda x: linear(x, [[x]], [x]),
        lambda x: x < "1",
        lambda x: x.__class__.__new__(int),
    ],
)
def test_misuse_is_refused_and_changes_nothing(misuse):
    x = Value(2.0, label="x")
    with pytest.raises((TypeError, ValueError, AttributeError)):
        misuse(x)
    assert (x.data, x.grad, x.label, x.primitive, x.operands) == (2.0, 0.0, "x", None, ())
