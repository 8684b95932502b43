"""Doors: what goes through one is what the call at length gives, and what does not fit goes at length."""

import contextlib
import gc
import math
import os
import sys
import threading
import weakref
from collections import OrderedDict, namedtuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd import Value, detect_anomaly, enable_grad, jit, no_grad, sin, value_and_grad
from autograd.accelerator import compiled
from autograd.core.tree import filler, take_apart
from autograd.native.doors.jit import MOST_PROGRAMS

EXAMPLES = int(os.environ.get("DOOR_EXAMPLES", "80"))
needs_doors = pytest.mark.skipif(compiled is None, reason="doors are of the compiled core")
Pair = namedtuple("Pair", "first second")


class Subclass(np.ndarray):
    """An array that may mean something else."""


def goes_through(f, *args, **kwargs):
    """Whether a call goes through a door; None where there may be none."""
    found = f.knock(*args, **kwargs) is not NotImplemented
    return found or (None if compiled is None else False)


WEIGHT = Value(1.5)


@pytest.fixture(autouse=True)
def weight():
    WEIGHT.data = 1.5


def numbers_of(thing, like=None):
    """All numbers of a structure, those of its arrays one by one; what is an array tells `like`."""
    like = thing if like is None else like
    if isinstance(like, np.ndarray):
        return thing.ravel().tolist()
    if isinstance(like, dict):
        return [x for key, part in like.items() for x in numbers_of(thing[key], part)]
    if isinstance(like, list | tuple):
        return [x for each, part in zip(thing, like, strict=True) for x in numbers_of(each, part)]
    return [] if like is None or callable(like) or isinstance(like, str | bytes | bool) else [thing]


def kinds(thing):
    """A structure with the kinds of its leaves in their places."""
    leaves = []
    structure = take_apart(thing, leaves, whole=True)
    told = [(x.dtype, x.shape) if getattr(x, "ndim", 0) else type(x) for x in leaves]
    return structure, told


def same(a, b):
    """Whether two results are the same, their kinds included."""
    return kinds(a) == kinds(b) and numbers_of(a) == pytest.approx(numbers_of(b), rel=1e-12, nan_ok=True)


# ---------------------------------------------------------------- the law, over structures

floats = st.floats(-4.0, 4.0, allow_nan=False).map(lambda x: round(x, 3))
leaves = st.one_of(
    floats, floats, st.integers(-5, 5), floats.map(np.float64), st.sampled_from(["text", b"bytes", None, True, False])
)


@st.composite
def arrays(draw):
    shape = tuple(draw(st.lists(st.integers(0, 3), min_size=1, max_size=3)))
    base = np.round(np.random.default_rng(draw(st.integers(0, 99))).normal(size=shape), 3)
    how = draw(
        st.sampled_from(["whole", "whole", "every other", "transposed", "read-only", "float32", "swapped", "int"])
    )
    if how == "every other":
        wide = np.repeat(base, 2, axis=-1)
        return wide[..., ::2]
    if how == "transposed":
        return base.T
    if how == "read-only":
        base.flags.writeable = False
    dtype = {"float32": np.float32, "swapped": ">f8", "int": np.int64}.get(how)
    return base if dtype is None else base.astype(dtype)


def structures(leaf):
    return st.recursive(
        leaf,
        lambda inner: st.one_of(
            st.lists(inner, max_size=4),
            st.lists(inner, max_size=4).map(tuple),
            st.lists(floats, max_size=6),
            st.dictionaries(st.sampled_from(["a", "b", "c", 1, 2]), inner, max_size=3),
            st.tuples(inner, inner).map(lambda two: Pair(*two)),
            st.dictionaries(st.sampled_from("ab"), inner, max_size=2).map(OrderedDict),
        ),
        max_leaves=8,
    )


def changed(thing, by):
    """The same structure with other numbers."""
    found = []
    structure = take_apart(thing, found, whole=True)
    return filler(structure)(iter([x * 0.5 + by for x in found]))


def combined(xs):
    """Something of every number, in structures of all kinds."""
    total = sum([(i + 1.0) * x for i, x in enumerate(xs)]) * WEIGHT + 0.25
    shown = "kept", 7, None, Pair(total, 3.5)
    return {"total": sin(total), "each": [x * 2.0 for x in xs], "shown": shown, 5: [x * 0.5 for x in xs[:1]]}


def in_arrays(xs):
    """Results that are arrays."""
    return np.array([x * 3.0 + WEIGHT for x in xs]), np.array([[x, 1.0] for x in xs]), np.arange(3), [1, 2]


def of_all(function, *args, **kwargs):
    """The function of all numbers in such arguments."""
    return lambda *a, **b: function(numbers_of([a, b], [args, kwargs]))


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.data())
def test_what_goes_through_a_door_is_what_the_function_gives(data):
    """Twice at the same numbers, then at others, and into arrays that are there."""
    thing = structures(st.one_of(leaves, arrays()))
    args = tuple(data.draw(st.lists(thing, max_size=3)))
    kwargs = data.draw(st.dictionaries(st.sampled_from(["first", "second"]), thing, max_size=2))
    makes_arrays = data.draw(st.booleans())
    function = of_all(in_arrays if makes_arrays else combined, *args, **kwargs)
    f = jit(function)
    for by in (0.0, 0.0, 1.25, -0.5):
        WEIGHT.data = 1.5 + by
        a, b = (args, kwargs) if by == 0.0 else (changed(args, by), changed(kwargs, by))
        expected = plain(function(*a, **b))
        found = f(*a, **b)
        assert same(found, expected), (found, expected)
        if f.open_doors:
            through = f.knock(*a, **b)
            assert through is NotImplemented or same(through, expected)
    if makes_arrays and numbers_of([args, kwargs]):
        out = (np.empty(len(expected[0])), np.empty((len(expected[1]) * 2, 2))[::2], None, None)
        again = f(*a, **b, out=out)
        assert again[0] is out[0]
        assert again[1] is out[1]
        assert same(again, expected)


def plain(result):
    """A result of Values as one of floats."""
    found = []
    structure = take_apart(result, found, whole=True)
    numbers = [x.data if isinstance(x, Value) else x for x in found]
    for i, x in enumerate(numbers):
        if getattr(getattr(x, "dtype", None), "kind", "") == "O":
            numbers[i] = np.array([getattr(y, "data", y) for y in x.ravel()], dtype=float).reshape(x.shape)
        elif isinstance(x, np.floating):
            numbers[i] = float(x)
    return filler(structure)(iter(numbers))


@pytest.mark.parametrize(
    "args",
    [
        (1.0, 2.0), ([1.0, 2.0, 3.0],), ((1.0, [2.0, (3.0,)]), {"w": 1.0, "b": [2.0]}), (np.ones(4),), (1, 2.5),
        (np.ones((2, 3)), 1.0), (np.ones(6)[::2],), ("text", 1.0, None, True), (Pair(1.0, 2.0),), (max, 1.0),
        tuple(map(float, range(300))), (np.float64(2.0), [np.float64(1.0), 3]),
    ],
    ids=repr,
)  # fmt: skip
def test_the_second_call_goes_through_a_door(args):
    f = jit(of_all(combined, *args))
    first = f(*args)
    assert goes_through(f, *args) is not False
    assert same(f(*args), first)
    assert same(first, plain(of_all(combined, *args)(*args)))


def test_numbers_go_through_a_door_of_both_cores():
    f = jit(lambda x, y: [x * y, x])
    f(1.0, 2.0)
    for args in ((3.0, 4.0), (3, 4.0), (-3, 4), (math.inf, -0.0), (np.float64(3.0), 1)):
        assert same(f.knock(*args), [float(args[0] * args[1]), float(args[0])])
    structures = ([1.0, 2.0],), ((1.0, [2.0, 3]), 4.0), ({"a": 1.0, "b": [2.0], 3: (4.0,)},), (np.ones((2, 3)), [5.0])
    for args in structures:
        g = jit(of_all(combined, *args))
        assert same(g(*args), g.knock(*args)), args
        for others in [(), (*args, 1.0), (1.0, *args), ([],), ({},), (None,), *structures]:
            assert others is args or g.knock(*others) is NotImplemented
    for args in ((True, 1.0), (10**400, 1.0), ("a", 1.0), (1.0,), (1.0, 2.0, 3.0), (1.0, Value(2.0)), (1.0, [2.0])):
        assert f.knock(*args) is NotImplemented
    assert f.knock(x=1.0, y=2.0) is NotImplemented


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.lists(st.one_of(st.integers(0, 3), st.sampled_from([0.5, -0.0, math.inf])), max_size=6))
def test_results_stand_in_any_order_with_constants_among_them(picks):
    numbers = 1.0, -0.0, 2.5, math.nan
    f = jit(lambda *xs: [xs[x] if isinstance(x, int) else x for x in picks])
    expected = [numbers[x] if isinstance(x, int) else x for x in picks]
    for _ in range(3):
        assert same(f(*numbers), expected)
        assert same(f.call_at_length(*numbers), expected)


def test_what_does_not_fit_goes_at_length():
    class List(list):
        pass

    f = jit(lambda x, y=0.0: sum(numbers_of(x)) * 2.0 + y)
    assert f([1.0, 2.0]) == 6.0
    for other in ([1.0], [1.0, 2.0, 3.0], (1.0, 2.0), [1.0, "a"], [1.0, None], [True, 2.0], List([1.0, 2.0]), 1.0,
                  [1.0, np.asarray(2.0)], {0: 1.0, 1: 2.0}, [1.0, Value(2.0)], np.ones(2), [1.0, 10**400]):  # fmt: skip
        assert not goes_through(f, other)
    for args, kwargs in (([[1.0, 2.0], 1.0], {}), ([[1.0, 2.0]], {"y": 1.0}), ([], {}), ([[1.0, 2.0]], {"out": None})):
        assert bool(goes_through(f, *args, **kwargs)) == ("out" in kwargs and compiled is not None)
    with pytest.raises(TypeError, match="must fit a float"):
        f([1.0, 10**400])
    recorded = f([1.0, Value(2.0)])
    assert isinstance(recorded, Value)
    assert f((1.0, 2)) == f(List([1.0, 2.0])) == 6.0


def test_arrays_of_other_kinds_go_at_length():
    f = jit(lambda x: sum(list(x)) * 2.0)
    f(np.ones(4))
    aligned = np.zeros(33, dtype=np.uint8)[1:].view(np.float64)
    aligned[:] = [1.0, 2.0, 3.0, 4.0]
    for fits in (np.arange(4.0), np.arange(8.0)[::2], np.arange(4.0)[::-1], np.broadcast_to(3.0, 4), aligned):
        assert goes_through(f, fits) is not False
        assert f(fits) == sum(fits) * 2.0
    record = np.zeros(4, dtype=[("a", "u1"), ("b", "f8")])
    record["b"] = [1.0, 2.0, 3.0, 4.0]
    assert goes_through(f, record["b"]) is not False  # a view with a stride of 9 bytes
    assert f(record["b"]) == 20.0
    kinds = (np.float32, np.int64, np.uint8, bool, ">f8", np.longdouble)
    for other in (
        np.ones(5),
        np.ones((2, 2)),
        np.ones((4, 1)),
        np.ones(4).view(Subclass),
        *(np.ones(4, dtype=k) for k in kinds),
    ):
        assert not goes_through(f, other)
    for other in (np.ones(4, dtype=k) for k in kinds):
        assert f(other) == 8.0
    for wrong in (np.ones(4, dtype=complex), np.zeros(4, dtype="M8[s]"), np.array(["a"] * 4), np.zeros(4, "S3")):
        assert not goes_through(f, wrong)
        with pytest.raises(TypeError, match="must hold real numbers"):
            f(wrong)


def test_results_are_fresh():
    f = jit(lambda x: {"constants": [1, 2, [3]], "array": np.arange(2), "made": np.array([x, x]), "list": [x]})
    for _ in range(3):
        found = f(2.0)
        assert kinds(found)[0] == kinds(f(2.0))[0]
        assert found["constants"] == [1, 2, [3]]
        assert found["array"].tolist() == [0, 1]
        found["constants"][2].append(4)
        found["constants"].append(4)
        found["array"][:] = found["made"][:] = 9
        found["list"].clear()
        found["new"] = 0


@pytest.mark.exhaustive
def test_many_structures_in_turn():
    f = jit(lambda *xs: sum(numbers_of(list(xs))) * 2.0)
    for _ in range(3):
        for n in range(1, MOST_PROGRAMS + 10):
            assert f(*[0.5] * n) == n
    assert len(f._entries) == MOST_PROGRAMS
    if compiled is not None:
        assert len(f.open_doors) == 32
        for n in (MOST_PROGRAMS, MOST_PROGRAMS + 5):  # one that was used goes to the front
            assert f(*[0.5] * n) == n
            assert f.knock(*[0.5] * n) == n


def test_programs_are_dropped_whatever_their_keys_do_meanwhile():
    """A key with a hash in Python lets other threads run, which may add programs and drop some; here it does itself."""

    class Key:
        asked = True  # so that it does nothing
        made = 0

        def __init__(self, number):
            self.number = number

        def __eq__(self, other):
            return isinstance(other, Key) and self.number == other.number

        def __hash__(self):
            if not Key.asked:
                Key.asked, Key.made = True, Key.made + 1
                f(1.0, Key(2000 + Key.made))
                Key.asked = False
            return hash(self.number)

    f = jit(lambda x, key: x * key.number, static_argnums=1, backend="interpreter")
    for i in range(MOST_PROGRAMS):
        f(1.0, Key(i))
    Key.asked = False
    try:
        assert [f(2.0, Key(1000 + i)) for i in range(5)] == [2.0 * (1000 + i) for i in range(5)]
    finally:
        Key.asked = True
    assert Key.made > 5
    assert len(f._entries) <= MOST_PROGRAMS


def test_a_door_is_shut_with_its_program():
    class Model:
        def __call__(self, x):
            return x * 3.0

    f, model = jit(lambda model, x: model(x)), Model()
    gone = weakref.ref(model)
    assert f(model, 2.0) == f(model, 2.0) == 6.0
    assert compiled is None or len(f.open_doors) == 1
    del model
    gc.collect()
    assert gone() is None
    assert f._entries == {}
    assert list(f.open_doors) == []


def test_methods_go_through_doors_of_their_instance():
    class Model:
        def __init__(self, w):
            self.w = Value(w)

        @jit
        def scaled(self, x):
            return self.w * x

    a, b = Model(2.0), Model(3.0)
    assert [a.scaled(1.0), b.scaled(1.0)] == [2.0, 3.0]
    a.w.data = 5.0
    assert [a.scaled(2.0), b.scaled(2.0)] == [10.0, 6.0]
    assert compiled is None or len(Model.scaled.open_doors) == 2


# ---------------------------------------------------------------- modes, errors, abuse


def test_modes_change_nothing():
    f = jit(lambda x: x * WEIGHT)
    f(2.0)
    with no_grad():
        assert f(2.0) == 3.0
    with enable_grad():
        assert f(2.0) == 3.0
    with detect_anomaly():
        assert jit(lambda x: x * 1.5)(2.0) == 3.0
        assert f(2.0).data == 3.0  # as recorded by the function itself
    WEIGHT.data = 2.0
    assert f(2.0) == 4.0


def test_out_says_what_does_not_fit():
    f = jit(value_and_grad(lambda x: sum(v * v for v in x)))
    x = np.arange(3.0)
    for _ in range(2):  # the first records
        g = np.zeros(3)
        value, found = f(x, out=(None, g))
        assert value == 5.0
        assert found is g
        assert g.tolist() == [0.0, 2.0, 4.0]
        assert f(x, out=None)[1].tolist() == [0.0, 2.0, 4.0]
    read_only = np.zeros(3)
    read_only.flags.writeable = False
    for out, error, words in (
        ((None, np.zeros(4)), ValueError, r"out\[1\] has shape \(4,\), and the result has \(3,\)"),
        ((None, np.zeros(3, dtype=np.float32)), TypeError, r"out\[1\] must be .* of float64, not an array of float32"),
        ((None, [0.0] * 3), TypeError, r"out\[1\] must be a NumPy array of float64, not list"),
        ((None, read_only), ValueError, r"out\[1\] is read-only"),
        (g, TypeError, "out must be a tuple of 2 items, as the result is"),
        ((None,), TypeError, "out must be a tuple of 2 items, as the result is"),
        ((g, g), TypeError, r"out\[0\] must be None, since the result there is no array of floats"),
    ):
        with pytest.raises(error, match=words):
            f(x, out=out)
    assert read_only.tolist() == [0.0] * 3


def test_out_of_dicts_of_elements_and_of_functions_with_an_out_of_their_own():
    f = jit(lambda x: {"a": np.array([x[0], x[1]]), "b": 1.0})
    for _ in range(2):
        a = np.zeros(4)[::2]
        found = f([1.0, 2.0], out={"a": a, "b": None})
        assert found["a"] is a
        assert a.tolist() == [1.0, 2.0]
    with pytest.raises(TypeError, match=r"out must be a dict with the keys \['a', 'b'\]"):
        f([1.0, 2.0], out={"a": a})
    elementwise, x = jit(lambda x: x * 2.0), np.arange(3.0)
    assert elementwise(x, out=x) is x
    assert x.tolist() == [0.0, 2.0, 4.0]
    assert jit(lambda x, out: x * out)(2.0, out=3.0) == 6.0
    with pytest.raises(TypeError, match="out must be None, since the result there"):
        jit(lambda x: x * 2.0)(1.0, out=x)


def test_finalizers_that_call_the_same_function_while_its_results_are_made():
    """The cycle collector runs while lists are made, and with it whatever calls the function again."""
    f = jit(lambda x: [[x * (i + 1.0)] for i in range(40)])
    f(1.0)
    within = []

    class Caller:
        def __del__(self):
            within.append(f(3.0))

    before = gc.get_threshold()
    gc.set_threshold(5)
    try:
        for k in range(300):
            caller = Caller()
            caller.me = caller
            del caller
            assert f(float(k)) == [[k * (i + 1.0)] for i in range(40)]
    finally:
        gc.set_threshold(*before)
        gc.collect()
    assert len(within) == 300
    assert all(found == [[3.0 * (i + 1.0)] for i in range(40)] for found in within)


@pytest.mark.parametrize("backend", ["llvm", "numpy", "interpreter"])
def test_who_comes_again_amid_a_call_at_length_has_memory_of_its_own(backend):
    f = jit(lambda x: np.sin(x) * WEIGHT, backend=backend)
    for x in (2.0, np.array([1.0, 2.0])):
        f(x)
        entry = [*f._entries.values()][-1]
        again = [x + 1.0]
        point, kernel = entry._point, entry.kernel
        part = kernel if isinstance(x, np.ndarray) else point
        found = []

        def amid(*args, part=part, kernel=kernel, again=again, found=found):
            if again:
                found.append(f.call_at_length(again.pop()))
            return part.run(*args) if part is kernel else part.at(*args)

        if part is point:
            entry._point = Amid(point, amid)
        else:
            entry.kernel = Amid(kernel, amid)
        assert np.allclose(f.call_at_length(x), np.sin(x) * 1.5)
        assert np.allclose(found[0], np.sin(x + 1.0) * 1.5)
        entry._point, entry.kernel = point, kernel


class Amid:
    """A part of a program, during which something else is called."""

    def __init__(self, part, call):
        self.__dict__.update(part.__dict__)
        self.run = self.at = call


def test_threads_and_forks_find_right_results():
    f = jit(lambda x, y: {"s": [x[i] * y[i] for i in range(20)]})
    wrong = []
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)

    def work(k):
        x, y = [float(k)] * 20, np.arange(20.0)
        expected = {"s": [k * float(i) for i in range(20)]}
        for _ in range(200):
            if f(x, y) != expected:
                wrong.append(k)
            x.append(0.0)  # another structure, which another thread may be reading
            with contextlib.suppress(IndexError):
                f(x, y)
            x.pop()

    try:
        threads = [threading.Thread(target=work, args=(k,)) for k in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(before)
    assert wrong == []
    if hasattr(os, "fork"):
        child = os.fork()
        if child == 0:
            os._exit(0 if f([2.0] * 20, np.arange(20.0))["s"][3] == 6.0 else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


@pytest.mark.parametrize("function", [lambda x, _: x[0] * x[1], lambda x, _: x * 2.0], ids=["whole", "by elements"])
@pytest.mark.parametrize("when", range(1, 15))
def test_another_call_may_come_whenever_a_program_is_looked_for(when, function):
    """As one of another thread does: whatever it has found out, the first goes on to the right result."""
    looks, found = [], []

    class Key:
        def __hash__(self):
            looks.append(self)
            if len(looks) == when:
                found.append(f(x, self))
            return 1

    f, x, key = jit(function, static_argnums=1), np.array([2.0, 3.0]), Key()
    found += [f(x, key) for _ in range(3)]
    assert all(np.array_equal(each, function(x, key)) for each in found)


def test_memory_returns():
    f = jit(lambda x, y, d: (np.array(x), [v * y[0] for v in x], {"a": d["k"], "c": [1, 2]}, Pair(y[1], "text"), 12345))
    args = [1.0, 2.0, 3.0], np.arange(2.0), {"k": 3.0}
    out = np.zeros(3)
    tried = [1.0, 2.0, 3.0, 4.0], np.arange(2.0), {"k": "nothing"}
    counted = [*args, out, np.ndarray, *tried, "k", Pair, np.empty]

    def calls(n):
        for _ in range(n):
            f(*args)
            f(*args, out=(out, None, None, None, None))
            if compiled is not None:
                f.knock(*tried), f.knock(args[0], np.arange(2), args[2]), f.knock(args[0], args[1], 3.0)

    f(*args)
    calls(100)
    gc.collect()
    before, blocks = [sys.getrefcount(x) for x in counted], sys.getallocatedblocks()
    calls(100_000 if compiled is not None else 200)
    gc.collect()
    assert [sys.getrefcount(x) for x in counted] == before
    assert abs(sys.getallocatedblocks() - blocks) < 200


@needs_doors
def test_a_door_of_nonsense_is_refused():
    rows = np.zeros(4)
    good = {
        "arguments": [(0, 1, None)], "positional": 1, "names": (), "results": [(0, 1, None)], "outputs": [0],
        "captured": (), "slots": np.zeros(1), "rows": rows, "first_constant": 4, "address": 0, "keeper": None,
    }  # fmt: skip
    compiled.Door(**good)
    sequence = (2, 2, list)
    for change in (
        {"arguments": []}, {"arguments": [(0, 1, None)] * 2}, {"arguments": [sequence, (0, 1, None)]},
        {"arguments": [(99, 1, None)]}, {"arguments": [(-1, 1, None)]}, {"arguments": [(2, -1, list)]},
        {"arguments": [(2, 0, dict)]}, {"arguments": [(3, 1, "a")]}, {"arguments": [(6, 0, 3)]}, {"arguments": [3]},
        {"arguments": [(1, 5, list)]}, {"outputs": [4]}, {"outputs": [-1]}, {"outputs": []}, {"outputs": ["a"]},
        {"captured": (3.0,)}, {"captured": (WEIGHT, WEIGHT)}, {"rows": b"12345678"}, {"results": []}, {"names": ("a",)},
        {"slots": None},
    ):  # fmt: skip
        with pytest.raises((ValueError, TypeError, SystemError, BufferError)):
            compiled.Door(**{**good, **change})
    assert rows.tolist() == [0.0] * 4
    with pytest.raises(TypeError, match="open: takes a Door, not float"):
        jit(sin).open_door(3.0)


@needs_doors
def test_machine_code_is_changed_between_calls():
    f, g = jit(lambda x: x * 2.0), jit(lambda x: x * 5.0)
    assert (f(1.0), g(1.0)) == (2.0, 5.0)
    point = next(iter(g._entries.values())).point
    f.open_doors[0].use(point.code.address, point.code.module)
    del g, point
    gc.collect()
    assert f(2.0) == 10.0


# ---------------------------------------------------------------- looking inside


def test_the_program_of_the_last_call_is_shown():
    f = jit(value_and_grad(lambda x, w=WEIGHT: x[0] * sin(x[1]) * w + x[1]))
    with pytest.raises(ValueError, match="has run no machine code; give example arguments"):
        f.stats()
    f([2.0, 3.0])
    for text in (f.source(), f.c_source(), f.llvm_ir(), f.assembly()):
        assert "sin" in text
    assert f.stats().backend == "llvm"
    assert f.stats().nodes >= f.stats().nodes_after > 5
    assert f.stats().compile_seconds > 0.0
    assert f.stats().workspace_bytes > 0
    assert "void mine" in f.c_source([2.0, 3.0], name="mine")


def test_which_program_is_shown_follows_the_calls():
    f = jit(lambda *xs: {n: x * 2.0 for n, x in enumerate(numbers_of(list(xs)))})
    sizes = {}
    for n in (1, 2, 3):
        f(*[1.0] * n)
        sizes[n] = f.stats().nodes
        assert f.source().count("* 2.0") == n
    assert len(set(sizes.values())) == 3
    for n in (2, 3, 1, 1, 2):
        f(*[1.0] * n)
        assert f.stats().nodes == sizes[n]
        assert f.stats(*[1.0] * 3).nodes == sizes[3]
    named = jit(lambda x, y=0.5: x * y)
    for _ in range(2):
        assert (named(1.0), named.source().count("return")) == (0.5, 1)
        assert "x * y" not in named.source()
        assert (named(1.0, y=2.0), named.source().count("x * y")) == (2.0, 1)
    elementwise = jit(lambda x: x * 2.0)
    elementwise(np.ones(3))
    over_arrays = elementwise.llvm_ir()
    elementwise(1.0)
    elementwise(2.0)
    assert elementwise.llvm_ir() != over_arrays
    assert elementwise.llvm_ir(np.ones(3)) == over_arrays


def test_the_source_computes_the_same():
    f = jit(value_and_grad(lambda x, y: x["a"] * sin(y) + WEIGHT * x["b"][0]))
    value, slopes = f({"a": 2.0, "b": [3.0]}, 0.5)
    names = {}
    exec(f.source(), names)  # WEIGHT is an argument after the others
    assert names["f"](2.0, 3.0, 0.5, WEIGHT.data) == pytest.approx((value, slopes["a"], slopes["b"][0]))
    assert "def f(x_a, x_b_0, y, " in f.source()
    assert "def f(u, v_0, v_1, w)" in jit(lambda u, v, w: u * v[0] * v[1] * w).source(1.0, (2.0, 3.0), w=4.0)


@pytest.mark.parametrize("backend", ["numpy", "interpreter"])
def test_what_is_no_machine_code_says_so(backend):
    f = jit(sin, backend=backend)
    assert f(0.0) == 0.0
    assert f.stats().backend == backend
    assert "sin" in f.source()
    with pytest.raises(TypeError, match=f"the back end is '{backend}', which makes no machine code"):
        f.llvm_ir()
