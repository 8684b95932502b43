"""Long programs are there at once and replaced when they are called often: the same numbers, at no bad moment."""

import gc
import os
import pickle
import subprocess
import sys
import threading
import time
import weakref

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd import exp, grad, jit, logsumexp, sin, value_and_grad
from autograd.native.kernels import llvm_point
from autograd.native.llvm import tiers
from autograd.native.llvm.backend import Module, host
from autograd.native.llvm.rolled import rolled_text
from autograd.native.llvm.signature import POINT
from autograd.native.llvm.tiers import Tiers
from autograd.native.recording.tracing import traced, tracing
from autograd.native.rolling.rolled import Draft, recorded_order
from tests.test_law import EXAMPLES, POINTS, function_of, programs
from tests.test_structure import ROOT


@pytest.fixture
def all_long(monkeypatch):
    """Every program is long, and replaced after ten calls."""
    monkeypatch.setattr(tiers, "SHORT", 0)
    monkeypatch.setattr(tiers, "MANY_CALLS", 10)


def f(x, y):
    return sin(x * y) * exp(-x) + logsumexp([x, y, x * y]) ** 1.5


def program_of(function, point):
    leaves, made = [traced(x) for x in point], []
    with tracing(into=made):
        found = function(*leaves)
    outputs = [*found] if isinstance(found, (tuple, list)) else [found]
    return Draft(outputs, leaves, [], recorded_order(outputs, leaves, made)).program()


def text_of(program):
    return rolled_text(program, host().width, host().vector_function)


def point_of(function, point, wait=False):
    return llvm_point(program_of(function, point), wait)


def until(happens, seconds=60.0):
    end = time.monotonic() + seconds
    while not happens():
        assert time.monotonic() < end
        time.sleep(0.001)


def called_until_replaced(point, numbers):
    """What all calls gave."""
    found = set()
    for _ in range(12):
        found.add(repr(point.at([], numbers)))
    until(lambda: point.code.is_final)
    return found | {repr(point.at([], numbers))}


@pytest.mark.usefixtures("all_long")
def test_a_long_program_is_replaced_after_many_calls_and_gives_the_same():
    point = point_of(f, (0.5, 1.5))
    assert not point.code.is_final
    for _ in range(9):
        point.at([], (0.5, 1.5))
    time.sleep(0.05)
    assert not point.code.is_final
    assert called_until_replaced(point, (0.5, 1.5)) == {repr(point_of(f, (0.5, 1.5), wait=True).at([], (0.5, 1.5)))}


def test_a_short_program_is_optimised_at_once_and_a_long_one_if_asked(monkeypatch):
    assert point_of(f, (0.5, 1.5)).code.is_final
    monkeypatch.setattr(tiers, "SHORT", 0)
    assert point_of(f, (0.5, 1.5), wait=True).code.is_final
    assert not point_of(f, (0.5, 1.5)).code.is_final


@pytest.mark.usefixtures("all_long")
@settings(max_examples=EXAMPLES, deadline=None)
@given(programs(), st.lists(st.tuples(st.sampled_from(POINTS), st.sampled_from(POINTS)), min_size=1, max_size=5))
def test_all_tiers_give_the_same_to_the_last_bit(steps, points):
    program = program_of(value_and_grad_of(function_of(steps)), (0.5, 0.25))
    text = text_of(program)
    fast, slow = (llvm_point(program, wait) for wait in (True, False))
    assert fast.code.is_final
    assert text == slow.code._text
    for numbers in points:
        assert repr(fast.at([], numbers)) == repr(slow.at([], numbers))


def value_and_grad_of(function):
    def both(x, y):
        value, slopes = value_and_grad(function, (0, 1))(x, y)
        return [value, *slopes]

    return both


@pytest.mark.usefixtures("all_long")
def test_doors_count_their_calls_and_follow_the_machine_code():
    g = jit(f)
    right = jit(f, wait=True)(0.5, 1.5)
    assert g(0.5, 1.5) == right
    entry = next(iter(g._entries.values()))
    assert [*g.open_doors] == [*entry.doors.values()]
    first = entry.point.code.module
    for _ in range(8):
        assert g(0.5, 1.5) == right
    time.sleep(0.05)
    assert not entry.point.code.is_final
    for _ in range(3):
        assert g(0.5, 1.5) == right
    until(lambda: entry.point.code.is_final)
    assert entry.point.code.module is not first
    references = sys.getrefcount(first)
    assert g(0.5, 1.5) == right
    assert sys.getrefcount(first) == references == 2  # nothing has it any more


@pytest.mark.usefixtures("all_long")
def test_doors_and_machine_code_do_not_keep_each_other():
    g = jit(f)
    for _ in range(12):
        g(0.5, 1.5)
    entry = next(iter(g._entries.values()))
    until(lambda entry=entry: entry.point.code.is_final)
    gone = weakref.ref(entry), weakref.ref(entry.point.code)
    del g, entry
    gc.collect()
    assert [reference() for reference in gone] == [None, None]


@pytest.mark.usefixtures("all_long")
def test_threads_that_call_see_one_program_or_the_other():
    g, right = jit(grad(f, (0, 1))), jit(grad(f, (0, 1)), wait=True)
    wrong = []

    def work(k):
        expected = right(0.1 * k, 1.0)
        wrong.extend(found for found in (g(0.1 * k, 1.0) for _ in range(300)) if found != expected)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


@pytest.mark.usefixtures("all_long")
def test_who_asked_is_told_of_a_replacement_and_may_keep_what_there_was():
    program = program_of(f, (0.5, 1.5))
    code = Tiers(text_of(program), POINT.name)
    addresses, before = [], code.module
    code.on_replacement(lambda: addresses.append(code.address))
    old, run = code.address, code.function(POINT.prototype())
    for _ in range(10):
        code.called()
    until(lambda: addresses)
    assert addresses == [code.address]
    assert code.address != old == before.addresses[POINT.name]
    del before
    gc.collect()
    point = llvm_point(program)
    point.strips[:2] = 0.5, 1.5
    run(point.slots.ctypes.data, point.strips.ctypes.data)  # the machine code lives as long as the function
    (strip,) = program.strip_outputs
    assert point.strips[strip] == jit(f)(0.5, 1.5)


@pytest.mark.usefixtures("all_long")
def test_an_error_on_the_other_thread_leaves_the_program_as_it_is(monkeypatch, capfd):
    point = point_of(f, (0.5, 1.5))
    right, asked = point.at([], (0.5, 1.5)), threading.Event()

    def broken(*_args, **_options):
        asked.set()
        raise MemoryError

    monkeypatch.setattr(tiers, "Module", broken)
    for _ in range(20):
        assert point.at([], (0.5, 1.5)) == right
    assert asked.wait(60.0)
    monkeypatch.setattr(tiers, "Module", Module)
    for _ in range(20):
        assert point.at([], (0.5, 1.5)) == right
    assert not point.code.is_final
    assert capfd.readouterr() == ("", "")


@pytest.mark.usefixtures("all_long")
@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded")
def test_a_fork_compiles_for_itself():
    point = point_of(f, (0.5, 1.5))
    right = point.at([], (0.5, 1.5))
    point.code._calls_left, point.code._process = 0, os.getpid()  # as if the thread were at work
    child = os.fork()
    if child == 0:
        status = 1
        try:
            for _ in range(12):
                assert point.at([], (0.5, 1.5)) == right
            until(lambda: point.code.is_final)
            status = int(point.at([], (0.5, 1.5)) != right)
        finally:
            os._exit(status)
    assert os.waitpid(child, 0)[1] == 0
    assert not point.code.is_final


@pytest.mark.parametrize("calls", [1, 101, 150])
def test_python_ends_whatever_is_compiled_behind(calls):
    text = f"""
from random import Random
from autograd import jit, sin
rng = Random(0)
def f(x, y):
    for k in range(4000):  # of which no loop can be made
        x, y = rng.choice([(y, sin(x * y)), (x * 0.5 + y, x), (x - y, x * y), (y / (1.0 + x * x), x)])
    return x
g = jit(f)
right = g(0.1, 0.2)
assert not next(iter(g._entries.values())).point.code.is_final
for _ in range({calls}):
    assert g(0.1, 0.2) == right
"""
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, cwd=ROOT, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")


def test_what_waits_still_does_when_it_comes_back_from_a_pickle():
    assert pickle.loads(pickle.dumps(jit(sin, wait=True)))._wait is True
    assert pickle.loads(pickle.dumps(jit(sin)))._wait is False
