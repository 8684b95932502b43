"""What happens to an operation here and now: blocks in threads, tasks, generators, and left in any order."""

import asyncio
import contextlib
import gc
import sys
import threading

import pytest

import autograd
from autograd import (
    TABLE,
    Value,
    detect_anomaly,
    enable_grad,
    grad,
    gradient,
    is_grad_enabled,
    jit,
    linear,
    no_grad,
    sin,
    value_and_grad,
)
from autograd.core import mode


def records():
    """Whether operations record, as they do it and as they are said to; both must agree."""
    does = bool((Value(1.0) * 2.0).operands)
    assert does == is_grad_enabled()
    return does


def in_thread(function):
    thread = threading.Thread(target=function)
    thread.start()
    thread.join()


@pytest.fixture(autouse=True)
def usual_again():
    yield
    gc.collect()
    assert mode.unusual == []
    assert records()


def test_one_object_in_two_threads_keeps_them_apart():
    both_inside, block, found = threading.Barrier(2), enable_grad(), {}

    def inside():
        with no_grad():
            with block:
                both_inside.wait()
                found["A in"] = records()
            both_inside.wait()
            found["A"] = records()

    def outside():
        with block:
            both_inside.wait()
            both_inside.wait()
            found["B in"] = records()
        found["B"] = records()

    threads = [threading.Thread(target=f) for f in (inside, outside)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {"A in": True, "A": False, "B in": True, "B": True}


@pytest.mark.parametrize("block", [no_grad, enable_grad, detect_anomaly])
def test_a_generator_suspended_in_a_thread_that_ended(block):
    def suspended():
        with block():
            yield

    steps = suspended()
    in_thread(steps.__next__)
    del steps
    gc.collect()
    assert records()
    with no_grad():
        assert not records()


def test_blocks_are_left_in_any_order():
    def suspended(block):
        with block():
            yield

    first, second = suspended(no_grad), suspended(enable_grad)
    next(first)
    assert not records()
    next(second)
    assert records()
    first.close()  # below the second, which is still open
    assert records()
    second.close()
    assert records()
    third, fourth = suspended(no_grad), suspended(no_grad)
    next(third)
    next(fourth)
    third.close()
    assert not records()
    fourth.close()
    assert records()


def test_a_decorated_generator_is_inside_at_each_step_and_its_caller_is_not():
    @no_grad()
    def steps():
        sent = yield records()
        try:
            yield sent, records()
        except KeyError:
            yield "thrown", records()
        return "end"

    run = steps()
    assert next(run) is False
    assert records()
    assert run.send("sent") == ("sent", False)
    assert run.throw(KeyError) == ("thrown", False)
    with pytest.raises(StopIteration) as stop:
        next(run)
    assert stop.value.value == "end"


def test_a_decorated_generator_is_closed_inside():
    found = []

    @no_grad()
    def steps():
        try:
            yield
        finally:
            found.append(records())

    run = steps()
    next(run)
    run.close()
    assert found == [False]


def test_decorated_coroutines_and_async_generators():
    @no_grad()
    async def later():
        await asyncio.sleep(0)
        return records()

    @no_grad()
    async def steps():
        sent = yield records()
        yield sent, records()

    async def main():
        run = steps()
        first = await anext(run), records()
        second = await run.asend("sent"), records()
        await run.aclose()
        return await later(), records(), first, second

    assert asyncio.run(main()) == (False, True, (False, True), (("sent", False), True))


def test_an_async_generator_left_early():
    async def steps():
        with no_grad():
            yield records()
            yield records()

    async def main():
        async for inside in steps():
            assert not inside
            assert records()  # the consumer is not inside
            break
        gc.collect()
        await asyncio.sleep(0)
        return records()

    assert asyncio.run(main())


def test_an_async_context_manager_is_inside_while_its_block_runs():
    @contextlib.asynccontextmanager
    async def inference():
        with no_grad():
            yield

    @contextlib.contextmanager
    def inference_now():
        with no_grad():
            yield

    async def main():
        async with inference():
            inside = records()
        with inference_now():
            inside_now = records()
        return inside, inside_now, records()

    assert asyncio.run(main()) == (False, False, True)


def test_tasks_have_modes_of_their_own():
    async def task(block):
        with block():
            await asyncio.sleep(0.001)
            return records()

    async def main():
        return await asyncio.gather(task(no_grad), task(enable_grad), task(no_grad))

    assert asyncio.run(main()) == [False, True, False]


def test_a_transform_is_no_unusual_mode():
    def f(x):
        assert not mode.unusual
        return sin(x)

    assert grad(f)(0.0) == 1.0


def test_no_grad_does_no_work_for_partials(monkeypatch):
    asked = []
    row = Value(1.0).exp().primitive
    twice = type(row)("twice", lambda x: 2.0 * x, (lambda z, x: asked.append(x) or 2.0,))
    with no_grad():
        assert twice(Value(3.0)).data == 6.0
    assert asked == []
    twice(Value(3.0))
    assert asked == [3.0]


def results_of_every_kind(x):
    """What every row, and every fast way to record, makes of a Value."""
    for row in TABLE.values():
        if row.arity:
            yield row.name, row.apply(*[x] * row.arity)
    for name in ("sum", "mean", "logsumexp"):
        yield name, getattr(autograd, name)([x, x, 1.0])
    yield "maximum", autograd.maximum(x, x, 1.0)
    yield "dot", autograd.dot([x, 2.0], [x, x])
    yield "affine", autograd.affine([x, x], [x, 2.0], x)
    yield "linear", linear([x, 1.0], [[x, x]], [x])[0]
    yield "softmax", autograd.softmax([x, 1.0])[0]
    yield from (("x * 2", x * 2.0), ("2 / x", 2.0 / x), ("x ** 2", x**2), ("-x", -x), ("overflow", x * 1e308 * 1e308))


@pytest.mark.filterwarnings("ignore::autograd.DomainWarning")
def test_what_no_grad_made_is_refused_as_a_root():
    x = Value(0.5)
    with no_grad():
        made = dict(results_of_every_kind(x))
    for name, y in made.items():
        for _ in range(2):  # a sweep that passes by changes nothing
            with pytest.raises(RuntimeError, match="backward: this Value was computed inside no_grad"):
                y.backward()
            with pytest.raises(RuntimeError, match="gradient: this Value was computed inside no_grad"):
                gradient(y, x)
            (x * y).backward()
        assert y.grad == 1.0, name
        y.detach().backward()
    assert all(y.operands for _, y in results_of_every_kind(x))


def test_a_result_of_no_grad_is_a_constant_to_a_transform():
    def f(x):
        with no_grad():
            return x * x

    assert grad(f)(3.0) == 0.0


# ---------------------------------------------------------------- interrupts


def interrupted(function, at, events):
    """Call the function with a KeyboardInterrupt at that many of these events; whether there were so many."""
    seen = 0

    def look(frame, event, _):
        nonlocal seen
        frame.f_trace_opcodes = "opcode" in events
        seen += event in events
        if seen == at:
            sys.settrace(None)
            raise KeyboardInterrupt
        return look

    before = sys.gettrace()
    sys._getframe().f_trace_opcodes = "opcode" in events  # which Python 3.12 asks for before the first of them
    sys.settrace(look)
    try:
        function()
    except KeyboardInterrupt:
        return True
    finally:
        sys.settrace(before)
    return False


def without_recording():
    with no_grad():
        return Value(2.0) * 3.0


@no_grad()
def inner():
    with enable_grad(), no_grad():
        return Value(2.0) * 3.0


@pytest.mark.parametrize(
    ("function", "events"),
    [
        (without_recording, ["opcode"]),
        (inner, ["opcode"]),
        (lambda: jit(lambda x: x * x)(2.0), ["call"]),
        (lambda: jit(value_and_grad(lambda x: x * x))(2.0), ["call"]),
        (lambda: grad(lambda x: x * x)(2.0), ["call"]),
    ],
)
@pytest.mark.filterwarnings("ignore:Exception ignored in:pytest.PytestUnraisableExceptionWarning")
def test_a_block_is_left_at_whatever_moment_an_interrupt_comes(function, events):
    """Also before the first line of `__exit__`, while the error, and so its frames, are still there."""
    function()
    at = 1
    while interrupted(function, at, events):
        assert mode.unusual == [], at
        assert mode.current() is mode.DEFAULT, at
        at += 1
    assert at > 3
