"""Many samples through a door: what they give is what they give at length, and what does not fit goes at length."""

import gc
import threading
from collections import OrderedDict

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from autograd import Value, cos, detect_anomaly, exp, grad, jit, sin, tanh, value_and_grad, vmap, where
from autograd.accelerator import compiled
from tests.test_doors import Pair, goes_through, kinds

needs_doors = pytest.mark.skipif(compiled is None, reason="doors are of the compiled core")
WEIGHT = Value(1.5)


@pytest.fixture(autouse=True)
def weight():
    WEIGHT.data = 1.5


def leaves_of(thing):
    if isinstance(thing, dict):
        return [x for part in thing.values() for x in leaves_of(part)]
    return [x for part in thing for x in leaves_of(part)] if isinstance(thing, list | tuple) else [thing]


def same(a, b):
    """The same structure of arrays with the same bits."""
    return kinds(a) == kinds(b) and all(
        np.asarray(x).tobytes() == np.asarray(y).tobytes() for x, y in zip(leaves_of(a), leaves_of(b), strict=True)
    )


@st.composite
def laid_out(draw, shape):
    """An array of a shape whose numbers lie in memory in one way or another."""
    rng = np.random.default_rng(draw(st.integers(0, 999)))
    whole = rng.normal(size=tuple(2 * n for n in shape))
    array = whole[tuple(slice(None, None, 2) for _ in shape)]
    way = draw(st.sampled_from(["in a row", "spread", "Fortran", "backwards", "integers", "single", "unaligned"]))
    if way == "in a row":
        return np.ascontiguousarray(array)
    if way == "Fortran":
        return np.asfortranarray(array)
    if way == "backwards":
        return np.ascontiguousarray(array)[::-1]
    if way == "unaligned":
        raw = np.zeros(8 * array.size + 4, dtype=np.uint8)[4:].view(np.float64).reshape(array.shape)
        raw[...] = array
        return raw
    return {"spread": array, "integers": (10 * array).astype(int), "single": array.astype(np.float32)}[way]


def elementwise(x, parts, options):
    y, scale = parts
    z = where(x > 0.0, sin(x) * y, x - scale * WEIGHT)
    return {"z": z, "both": [z * 2.0, (x, exp(-x * x) + options["bias"])], "constant": 3.0}


@given(st.data())
@settings(max_examples=80)
def test_elements_through_a_door_are_those_at_length(data):
    shape = data.draw(st.sampled_from([(1,), (7,), (4, 3), (2, 3, 5), (1025,)]))
    f = jit(elementwise)
    for _ in range(2):
        x, y = data.draw(laid_out(shape)), data.draw(laid_out(shape))
        scale = data.draw(st.sampled_from([0.5, 2, np.float64(0.25)]))
        bias = data.draw(laid_out(shape)) if data.draw(st.booleans()) else 0.125
        WEIGHT.data = data.draw(st.sampled_from([1.5, -2.0]))
        expected = f.call_at_length(x, (y, scale), options={"bias": bias})
        assert same(f(x, (y, scale), options={"bias": bias}), expected)


def results_around(leaf):
    """Structures of results, those without a number among them."""
    return st.recursive(
        st.sampled_from([leaf, leaf, None, "text", True]),
        lambda inner: st.one_of(
            st.lists(inner, max_size=3),
            st.lists(inner, max_size=3).map(tuple),
            st.tuples(inner, inner).map(lambda two: Pair(*two)),
            st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
            st.dictionaries(st.sampled_from("ab"), inner, max_size=2).map(OrderedDict),
        ),
        max_leaves=6,
    )


@given(results_around("a number"))
@example(([], "a number"))
@example([None, "text"])
@settings(max_examples=80)
def test_results_of_any_structure_are_those_of_the_function(shape):
    """Over elements and over samples; what holds no number too."""

    def f(x):
        return map_structure(lambda leaf: x * 2.0 + WEIGHT if leaf == "a number" else leaf, shape)

    x = np.arange(3.0)
    expected = map_structure(lambda leaf: x * 2.0 + WEIGHT.data if leaf == "a number" else leaf, shape)
    for compiled_ in (jit(f), jit(vmap(f))):
        for _ in range(2):
            found = compiled_(x)
            assert kinds(found) == kinds(expected)
            assert all(map(np.array_equal, leaves_of(found), leaves_of(expected)))


def map_structure(function, thing):
    if isinstance(thing, dict):
        return type(thing)((key, map_structure(function, part)) for key, part in thing.items())
    if isinstance(thing, list | tuple):
        return getattr(thing, "_make", type(thing))([map_structure(function, part) for part in thing])
    return function(thing)


def of_sample(w, x, b):
    hidden = [tanh(sum(p * q for p, q in zip(row, x, strict=True)) + b) for row in w["hidden"]]
    return sum(h * o for h, o in zip(hidden, w["out"], strict=True)) * WEIGHT, x[0]


@given(st.data())
@settings(max_examples=80)
def test_samples_through_a_door_are_those_at_length(data):
    n, d = data.draw(st.sampled_from([1, 2, 5, 130])), data.draw(st.integers(1, 4))
    w = {"hidden": data.draw(laid_out((2, d))), "out": [0.5, data.draw(st.sampled_from([1, -0.25]))]}
    loss = lambda w, x, b: of_sample(w, x, b)[0] ** 2
    what = data.draw(st.sampled_from([of_sample, grad(loss), value_and_grad(loss, (0, 1, 2))]))
    f = jit(vmap(what, in_axes=(None, 0, 0)))
    for _ in range(2):
        x, b = data.draw(laid_out((n, d))), data.draw(laid_out((n,)))
        WEIGHT.data = data.draw(st.sampled_from([1.5, -2.0]))
        expected = f.call_at_length(w, x, b)
        assert same(f(w, x, b), expected)


@needs_doors
def test_the_second_call_goes_through():
    x = np.linspace(0.0, 1.0, 6)
    f, g = jit(lambda x, y: sin(x) * y), jit(vmap(grad(lambda x, y: sin(x) * y), in_axes=(0, None)))
    for call, args in ((f, (x, x)), (f, (x, 2.0)), (f, (x.reshape(2, 3), 0.5)), (g, (x, 2.0)), (g, (x[::2], 3))):
        call(*args)
        assert goes_through(call, *args)
    assert goes_through(f, np.ones((2, 2)), np.ones((2, 2)))  # any shape, as long as all have it
    assert not goes_through(f, x, x[:3])
    assert not goes_through(f, np.ones(0), np.ones(0))
    for other in (x.astype(np.float32), np.arange(6), x > 0.5, x[::-1], np.arange(6)[::-1]):  # they are converted
        assert goes_through(f, x, other)
    assert not goes_through(f, x, x.astype(complex))
    assert not goes_through(f, np.ones(10**6), np.ones(10**6))  # long enough for other threads to be let in
    with detect_anomaly():
        np.testing.assert_allclose(f(x, x), np.sin(x) * x)


def test_what_does_not_fit_goes_at_length():
    x = np.linspace(0.0, 1.0, 6)
    f = jit(lambda x, y: sin(x) * y)
    f(x, x)
    np.testing.assert_allclose(f(x.reshape(2, 3), np.ones(3)), np.sin(x.reshape(2, 3)))
    assert f(np.ones(0), np.ones(0)).shape == (0,)
    np.testing.assert_allclose(f(np.ones(10**5), np.ones(10**5)), np.sin(np.ones(10**5)))
    assert type(f(0.5, 2.0)) is float
    with pytest.raises(ValueError, match="broadcast"):
        f(x, np.ones(5))
    g = jit(vmap(lambda x, y: x * y))
    g(x, x)
    with pytest.raises(ValueError, match="disagree"):
        g(x, x[:3])


def test_axes_other_than_the_first_go_at_length():
    x = np.arange(6.0).reshape(2, 3)
    for in_axes, out_axes in ((1, 0), (0, 1), (-1, -1)):
        plain = vmap(lambda v: 2.0 * v, in_axes=in_axes, out_axes=out_axes)
        f = jit(plain)
        for _ in range(2):
            assert f(x).tolist() == plain(x).tolist()


def test_results_are_fresh_and_out_is_written_to():
    x = np.linspace(0.0, 1.0, 6)
    f = jit(lambda x: cos(x))
    first, second = f(x), f(x)
    kept = f(x)
    second[:] = 7.0
    f(2.0 * x)
    np.testing.assert_allclose(kept, np.cos(x))
    np.testing.assert_allclose(first, np.cos(x))
    out = np.zeros(6)
    assert f(x, out=out) is out
    np.testing.assert_allclose(out, np.cos(x))


def test_threads_find_right_results():
    f = jit(lambda x, y: sin(x) * y + exp(-x))
    wrong = []

    def work(seed):
        rng = np.random.default_rng(seed)
        for _ in range(300):
            x = rng.normal(size=rng.choice([3, 100, 20_000]))
            if not np.allclose(f(x, x), np.sin(x) * x + np.exp(-x), rtol=1e-13):
                wrong.append(seed)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_several_threads_of_machine_code():
    f = jit(lambda x: sin(x) * x, threads=2)
    for n in (5, 50_000):
        x = np.linspace(-2.0, 2.0, n)
        for _ in range(2):
            np.testing.assert_allclose(f(x), np.sin(x) * x, rtol=1e-13)


@needs_doors
def test_a_door_of_nonsense_is_refused():
    given = {
        "arguments": [(10, 1, None)], "positional": 1, "names": (), "results": [(10, 1, None)], "outputs": [0],
        "captured": (), "slots": np.zeros(1), "rows": np.zeros(1), "first_constant": 1, "address": 0, "keeper": None,
        "strips": np.zeros(1), "most": 10,
    }  # fmt: skip
    compiled.Door(**given)
    for change in (
        {"results": [(0, 1, None)]}, {"results": [(7, 1, tuple), (10, 1, None)]}, {"strips": 3},
        {"arguments": [(9, 2, (1, 3))]}, {"arguments": [(9, 1, ())]}, {"arguments": [(9, 1, [1])]},
    ):  # fmt: skip
        with pytest.raises((TypeError, ValueError)):
            compiled.Door(**(given | change))
    assert gc.isenabled()


def test_the_program_of_any_of_its_doors_is_shown():
    x = np.linspace(0.0, 1.0, 6)
    f = jit(lambda x, y: sin(x) * y)
    for args in ((x, 2.0), (x, x), (2.0, x), (x, 3.0), (x, x)):
        f(*args)
        assert f.stats().nodes == 4
    assert compiled is None or len(f.open_doors) == 3


@needs_doors
def test_all_doors_are_shut_with_their_program():
    x = np.linspace(0.0, 1.0, 6)
    f = jit(lambda g, x, y: g(x) * y)

    def twice(x):
        return 2.0 * x

    f(twice, x, 2.0)
    f(twice, x, x)
    assert len(f.open_doors) == 2
    del twice
    gc.collect()
    assert not f.open_doors


@needs_doors
def test_a_program_keeps_no_doors_but_those_that_are_open():
    x = np.linspace(0.0, 1.0, 6)
    f = jit(lambda *xs: sin(xs[0]) + xs[1] * xs[2] + xs[3] * xs[4] * xs[5])
    for k in range(1, 50):
        f(*[x if k >> i & 1 else 0.5 for i in range(6)])
    (entry,) = (entry for entry in f._entries.values() if entry.doors)
    assert len(entry.doors) <= 33
