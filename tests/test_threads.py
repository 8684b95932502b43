"""Nothing dies: threads × first calls × interrupts × forks, and nothing that is no more is kept."""

import contextlib
import copy
import gc
import math
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
import weakref
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from autograd import Value, checkpoint, compile, grad, is_grad_enabled, jit, sin, value_and_grad
from autograd.accelerator import compiled
from autograd.native.doors.jit import MOST_PROGRAMS
from autograd.native.kernels import MOST_THREADS

DATA = np.random.default_rng(0).random((20_000, 1))


def loss(**options):
    x, w = Value(1.0), Value(2.0)
    return compile((x * w).tanh() ** 2, [x], [w], **options)


@pytest.mark.exhaustive
@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks here")
def test_nothing_dies_in_threads_times_first_calls_times_interrupts_times_forks():
    seconds = os.environ.get("AUTOGRAD_SOAK_SECONDS", "60")  # 600 is what a release is tried with
    script = Path(__file__).with_name("soak.py")
    run = subprocess.run([sys.executable, script, seconds], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.fixture
def tiny_switch_interval():
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("tiny_switch_interval")
def test_first_calls_by_many_threads_are_recorded_once():
    for k in range(5):
        recorded = []

        def function(x, k=k, recorded=recorded):
            recorded.append(k)
            return (x * (k + 1.5)).sin() + k

        f, points = jit(function), [0.1 * i for i in range(100)]
        with ThreadPoolExecutor(8) as pool:
            assert list(pool.map(f, points)) == pytest.approx([math.sin(x * (k + 1.5)) + k for x in points])
        assert len(recorded) == len(f._entries) == 1


@pytest.mark.skipif(compiled is None, reason="doors are of the compiled core")
def test_a_door_outlives_its_function():
    f = jit(lambda x: x.sin() * 3.0)
    f(1.0)
    (door,) = f.open_doors
    del f
    gc.collect()
    other = jit(lambda x: x.cos())
    other(1.0)  # LLVM drops what is retired when it works next
    other.open_door(door)
    assert other(0.5) == pytest.approx(3.0 * math.sin(0.5))


def test_jitted_functions_call_each_other_and_themselves():
    @jit
    def inner(x):
        return x * 2.0

    @jit
    def outer(xs):
        return inner(xs[0]) + (outer(xs[1:]) if len(xs) > 1 else 0.0)

    assert outer([1.0, 2.0, 3.0]) == 12.0


def test_an_interrupt_while_a_function_is_recorded_leaves_nothing_half_changed():
    interrupts = [KeyboardInterrupt]

    def function(x):
        y = x * x
        if interrupts:
            raise interrupts.pop()
        return y.sin()

    f = jit(value_and_grad(function))
    with pytest.raises(KeyboardInterrupt):
        f(2.0)
    assert not f._entries
    assert not f._first_calls
    assert is_grad_enabled()
    assert Value(1.0) < (Value(1.0) + 1.0)  # it is no traced one
    assert f(2.0) == pytest.approx((math.sin(4.0), 4.0 * math.cos(4.0)))


@pytest.mark.parametrize("where", ["_share", "_wait"])
def test_an_interrupted_call_of_several_threads_changes_no_later_one(where):
    f = loss(threads=2)
    expected = f.value_and_grad(DATA)
    threads = f.kernel._threads

    def interrupt(*_):
        raise KeyboardInterrupt

    proper = getattr(threads, where)
    for _ in range(20):
        setattr(threads, where, interrupt)
        with pytest.raises(KeyboardInterrupt):
            f.value_and_grad(DATA + 1.0)
        setattr(threads, where, proper)
        found = f.value_and_grad(DATA)
        assert (found[0], *found[1]) == (expected[0], *expected[1])


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # the moment may be that of a finalizer
@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="there are no timers here")
def test_ctrl_c_at_any_moment_leaves_the_next_calls_right():
    came = []

    def interrupt(*_):
        came.append(1)
        raise KeyboardInterrupt  # which is lost where it meets a finalizer

    shared = loss(threads=2)
    expected = shared.value_and_grad(DATA)[0]
    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        for i in range(60):
            f = jit(lambda x, i=i: (x * (i + 0.5)).sin())
            call = [lambda f=f: f(1.0), lambda: shared.value_and_grad(DATA)][i % 2]
            with contextlib.suppress(KeyboardInterrupt):
                came.clear()
                signal.setitimer(signal.ITIMER_REAL, 1e-4 * (i + 1))
                call()
                while not came:
                    time.sleep(1e-5)  # in Python 3.13 nothing catches what comes at the jump of an empty loop
            assert f(1.0) == pytest.approx(math.sin(i + 0.5))
            assert shared.value_and_grad(DATA)[0] == expected
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks here")
def test_a_fork_amid_a_first_call_of_another_thread_can_make_its_own():
    recording, go_on = threading.Event(), threading.Event()

    def function(x):
        if threading.current_thread() is not threading.main_thread():
            recording.set()
            go_on.wait(60)
        return x * 3.0

    f, batches = jit(function), loss(threads=2)
    expected = batches.value_and_grad(DATA)[0]
    other = threading.Thread(target=f, args=(1.0,))
    other.start()
    assert recording.wait(60)
    child = os.fork()
    if child == 0:
        signal.alarm(60)  # rather than hang
        try:
            os._exit(not (f(2.0) == 6.0 and batches.value_and_grad(DATA)[0] == expected))
        finally:
            os._exit(2)
    go_on.set()
    other.join()
    assert os.waitpid(child, 0)[1] == 0
    assert f(2.0) == 6.0


def test_llvm_can_be_asked_amid_its_own_work():
    from autograd.native.llvm.backend import apart

    assert apart(lambda: apart(lambda: 1) + 1) == 2
    with pytest.raises(ZeroDivisionError):
        apart(lambda: 1 // 0)
    assert jit(sin)(0.0) == 0.0


# ---------------------------------------------------------------- what is kept


class Scaled:
    """With a method that is jitted, and one that is not."""

    def __init__(self, w):
        self.w = Value(w)

    @jit
    def method(self, x):
        return self.w * x

    def plain(self, x):
        return self.w * x


def test_programs_go_with_the_instances_and_functions_they_are_for():
    apply = jit(lambda function, x: function(x))
    kept = Scaled(3.0)
    for k in range(5):
        instance = Scaled(float(k))
        gone = weakref.ref(instance)
        assert instance.method(2.0) == 2.0 * k
        assert apply(instance.plain, 2.0) == 2.0 * k
        assert apply(lambda x, k=k: x + k, 2.0) == 2.0 + k
        del instance
        gc.collect()
        assert gone() is None
        assert kept.method(2.0) == apply(kept.plain, 2.0) == 6.0
    assert len(apply._entries) == len(Scaled.__dict__["method"]._entries) == 1


def test_programs_of_fresh_texts_are_bounded_and_those_in_use_stay():
    recorded = []

    @jit
    def f(text, x):
        recorded.append(text)
        return x * len(text)

    for k in range(MOST_PROGRAMS + 10):
        assert f(f"text {k}", 2.0) == 2.0 * len(f"text {k}")
        assert f("often", 2.0) == 10.0
    assert len(f._entries) == MOST_PROGRAMS
    assert recorded.count("often") == 1


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda f: pickle.loads(pickle.dumps(f))])
@pytest.mark.parametrize("options", [{}, {"threads": 2}, {"backend": "numpy"}, {"backend": "interpreter"}])
def test_a_compiled_graph_is_copied_and_pickled_by_its_recipe(again, options):
    f = loss(**options)
    g = again(f)
    few = DATA[:50]
    assert g.value_and_grad(few)[0] == f.value_and_grad(few)[0]
    assert g.stats().backend == f.stats().backend
    assert (g.parameters[0] is f.parameters[0]) == (again is copy.copy)
    x, y = Value(1.0), Value(2.0)
    several = again(compile([x * y, x + y], [x, y], reduction=None))
    np.testing.assert_array_equal(several([[3.0, 4.0]]), [[12.0, 7.0]])
    more = again(compile(x * y, [x], [y], reduction="sum", also=[x]))
    more.value_and_grad([[3.0], [4.0]])
    assert more.also() == [7.0]


def test_threads_are_bounded():
    for door in (lambda n: jit(sin, threads=n), lambda n: loss(threads=n)):
        with pytest.raises(ValueError, match=f"threads must be at most {MOST_THREADS}, not 1000000000"):
            door(10**9)


def test_jit_goes_through_a_checkpoint_whatever_it_uses_from_outside():
    w = Value(3.0)

    def function(x):
        return checkpoint(lambda h: (h * w).sin() * h)(x)

    f, g = jit(function), jit(grad(function))
    for number in (3.0, 0.5):
        w.data = number
        assert f(2.0) == pytest.approx(function(Value(2.0)).data)
        assert g(2.0) == pytest.approx(grad(function)(2.0))


def test_a_recorded_checkpoint_is_compiled_with_what_it_uses_from_outside():
    x, w, b = Value(2.0), Value(3.0), Value(0.5)

    def function(h):
        y = (h * w).sin() * h
        return y, y * b

    plain, checkpointed = function(x), checkpoint(function)(x)
    options = {"inputs": [x], "parameters": [w, b]}
    for several in (False, True):
        outputs = [sum(y) if several else y[1] for y in (plain, checkpointed)]
        expected, found = (compile(y, **options).value_and_grad([[2.0], [0.7]]) for y in outputs)
        assert found[0] == pytest.approx(expected[0], rel=1e-14)
        np.testing.assert_allclose(found[1], expected[1], rtol=1e-14)


def test_machine_code_in_a_cycle_is_retired_by_the_collector_not_dropped():
    backend = pytest.importorskip("autograd.native.llvm.backend")
    f = jit(lambda x: x.sin() * 7.25)
    f(1.0)
    (entry,) = f._entries.values()
    entry.around = entry
    parts = entry.point.code.module._parts
    del f, entry
    assert not any(parts is each for each in backend._retired)
    gc.collect()
    assert any(parts is each for each in backend._retired)
    assert id(parts) not in backend._held
