"""Compiled code where users abuse it: special first points, names twice, odd memory, threads, forks, frozen Values."""

import copy
import functools
import math
import os
import pickle
import re
import sys
import threading
import time
from random import Random

import numpy as np
import pytest

from autograd import (
    Value,
    atan2,
    cbrt,
    compile,
    derivative,
    dot,
    example_number,
    exp,
    floor,
    grad,
    gradient,
    hessian,
    jacfwd,
    jit,
    jvp,
    log,
    no_grad,
    primitive,
    relu,
    sin,
    sqrt,
    step,
    taylor,
    traced,
    tracing,
    value_and_grad,
    vjp,
    where,
)
from nn import MLP, SGD, TrainingStep, cross_entropy

BACKENDS = ["llvm", "numpy", "interpreter"]


def second(f):
    return grad(grad(f))


CURVES = {
    "x·√x": lambda x, y: x * sqrt(x),
    "y·ln x": lambda x, y: y * log(x),
    "x·ln x where x > 0": lambda x, y: where(step(x), x * log(x), 0.0) * y,
    "x·∛x": lambda x, y: x * cbrt(x),
    "√x·x": lambda x, y: x**0.5 * x,
    "e^(-1/x²)": lambda x, y: exp(-1.0 / x**2),
    "x^y": lambda x, y: x**y,
    "atan2": lambda x, y: atan2(x, y) / y,
    "relu": lambda x, y: sqrt(relu(x) * y),
}


@pytest.mark.filterwarnings("ignore::autograd.DomainWarning")
@pytest.mark.parametrize("derive", [grad, jacfwd, second, hessian])
@pytest.mark.parametrize("name", CURVES)
def test_a_special_first_point_does_not_stay_in_the_program(name, derive):
    f = derive(CURVES[name])
    for first in ((0.0, 0.0), (math.inf, 1.0), (-1.0, 2.0)):
        compiled = jit(f)
        compiled(*first)
        assert compiled(2.0, 3.0) == pytest.approx(f(2.0, 3.0), rel=1e-12)
    x = np.linspace(0.0, 4.0, 5)
    by_ieee = [math.nan, *(1.5 * np.sqrt(x[1:]))]  # 0 · inf at 0
    np.testing.assert_allclose(jit(grad(lambda x: x * sqrt(x)))(x), by_ieee, rtol=1e-15)


def scaled_by(k):
    @primitive(partials=(lambda y, x: k,))
    def scaled(x):
        return x * k

    return scaled


@pytest.mark.parametrize("backend", BACKENDS)
def test_primitives_of_one_name_are_different_programs(backend):
    rows = [scaled_by(2.0), scaled_by(3.0)]
    assert [jit(row, backend=backend)(np.array([1.0, 10.0])).tolist() for row in rows] == [[2.0, 20.0], [3.0, 30.0]]
    x = Value(1.0)
    assert [compile(row(x), [x], reduction=None, backend=backend)([[1.0]])[0] for row in rows] == [2.0, 3.0]

    @primitive(partials=(lambda y, x: 1.0,))
    def tanh(x):
        return x / (1.0 + x * x)

    assert jit(tanh, backend=backend)(np.array([0.5]))[0] == 0.4


@pytest.mark.parametrize("backend", BACKENDS)
def test_fields_of_packed_records_are_read_rightly(backend):
    records = np.zeros(5, dtype=[("a", "<f8"), ("b", "<i4"), ("x", "<f8", (3,))])
    records["a"], records["x"] = np.arange(5.0), np.arange(15.0).reshape(5, 3)
    np.testing.assert_array_equal(jit(lambda x: x * 2.0, backend=backend)(records["a"]), 2.0 * records["a"])
    xs, w = [Value(1.0) for _ in range(3)], Value(1.0)
    run = compile(dot([1.0, 2.0, 3.0], xs), xs, reduction=None, backend=backend)
    np.testing.assert_array_equal(run(records["x"]), records["x"] @ [1.0, 2.0, 3.0])
    training_step = TrainingStep(w * dot([1.0, 2.0, 3.0], xs), xs, SGD([w], lr=0.0), backend=backend)
    assert training_step(records["x"]) == pytest.approx((records["x"] @ [1.0, 2.0, 3.0]).mean())


def run_all(*targets):
    threads = [threading.Thread(target=target) for target in targets]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_one_compiled_graph_may_be_used_by_several_threads():
    x, w = Value(1.0), Value(2.0)
    run = compile((w * x).tanh() ** 2, [x], [w])
    data = [np.full((20_000, 1), number) for number in (0.3, 0.9)]
    expected = [run.value_and_grad(batch)[0] for batch in data]
    found = [[], []]

    def work(i):
        found[i] += [run.value_and_grad(data[i])[0] for _ in range(50)]

    run_all(lambda: work(0), lambda: work(1))
    assert [set(numbers) for numbers in found] == [{number} for number in expected]


def test_floats_and_other_numbers_may_be_given_by_several_threads():
    f = jit(lambda x, y: (x + y, x - y, x * y))
    f(1.0, 2.0)
    found = [set(), set()]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        run_all(
            lambda: found[0].update(f(3, 4) for _ in range(5000)),
            lambda: found[1].update(f(1.0, 2.0) for _ in range(20_000)),
        )
    finally:
        sys.setswitchinterval(interval)
    assert found == [{(7.0, -1.0, 12.0)}, {(3.0, -1.0, 2.0)}]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")  # Python 3.12 on forks beside threads
def test_a_fork_while_another_thread_is_inside_does_not_hang():
    f, x = jit(lambda x: sin(x) * x), np.ones(3_000_000)
    f(x)
    stop = threading.Event()

    def keep_busy():
        while not stop.is_set():
            f(x)

    thread = threading.Thread(target=keep_busy)
    thread.start()
    try:
        time.sleep(0.05)
        child = os.fork()
        if child == 0:
            os._exit(0 if f(np.ones(4)).shape == (4,) else 1)
        until = time.monotonic() + 60.0
        status = (0, 0)
        while status[0] == 0 and time.monotonic() < until:
            status = os.waitpid(child, os.WNOHANG)
            time.sleep(0.01)
        if status[0] == 0:
            os.kill(child, 9)
    finally:
        stop.set()
        thread.join()
    assert status == (child, 0)


# ---------------------------------------------------------------- what is constant and what is not


@pytest.mark.parametrize("backend", BACKENDS)
def test_frozen_values_are_read_anew_by_jit_and_refused_by_compile(backend):
    w = Value(2.0).requires_grad_(False)
    f = jit(lambda x: w * w * x, backend=backend)
    assert f(1.0) == 4.0
    w.data = 3.0
    assert f(1.0) == 9.0
    np.testing.assert_array_equal(f(np.array([1.0, 2.0])), [9.0, 18.0])
    assert jit(grad(lambda x: w * x * x), backend=backend)(2.0) == 12.0
    x = Value(2.0)
    with pytest.raises(ValueError, match=r"number 0 of the parameters is frozen.*requires_grad_\(True\)"):
        compile(x * w, [x], [w], backend=backend)


@pytest.mark.parametrize("backend", BACKENDS)
def test_stopping_a_gradient_works_inside_jit(backend):
    def f(x):
        with no_grad():
            s = x * x
        return s * x + x.detach()

    for derive in (grad, jacfwd):
        compiled = jit(derive(f), backend=backend)
        assert [compiled(1.0), compiled(3.0)] == [1.0, 9.0]
    assert jit(f, backend=backend)(3.0) == 30.0


# ---------------------------------------------------------------- long sums


def longest_function(text):
    return max(len(body.splitlines()) for body in re.split(r"^define ", text, flags=re.MULTILINE))


@pytest.mark.exhaustive
def test_no_function_of_the_machine_code_grows_with_the_program():
    def program_text(n):
        xs, ys = [[Value(0.5) for _ in range(n)] for _ in range(2)]
        run = compile([dot(xs, ys), sum(x * y * (x + 1.0) for x, y in zip(xs, ys))], [*xs, *ys], reduction=None)
        data = np.random.default_rng(0).normal(size=(20, 2 * n))
        x, y = data[:, :n], data[:, n:]
        expected = np.stack([(x * y).sum(1), (x * y * (x + 1.0)).sum(1)], axis=1)
        np.testing.assert_allclose(run(data), expected, rtol=1e-11, atol=1e-11)
        return run.llvm_ir()

    assert longest_function(program_text(2000)) <= 1.1 * longest_function(program_text(400))

    def chain(x):
        y = x
        for _ in range(1500):
            y = sin(y) * 1.01 + x
        return y

    assert jit(grad(chain))(0.3) == pytest.approx(grad(chain)(0.3), rel=1e-10)


@pytest.mark.parametrize("n", [1, 2, 3, 8, 65, 66])
@pytest.mark.parametrize("m", [1, 3, 4, 5])
def test_layers_at_one_point_stay_in_their_memory(n, m):
    rng = np.random.default_rng(n + m)
    w = [[Value(x) for x in row] for row in rng.normal(size=(m, n))]
    f = jit(lambda v: [dot(row, v) + 1.0 for row in w])
    for _ in range(3):
        x = rng.normal(size=n)
        expected = [sum(weight.data * number for weight, number in zip(row, x)) + 1.0 for row in w]
        assert f(x.tolist()) == pytest.approx(expected, rel=1e-12)
    (entry,) = f._entries.values()
    point = entry.point
    guarded = np.full(len(point.strips) + 8, 777.0)
    point.work_in(point.slots, guarded[: len(point.strips)])
    assert [*point.at([weight.data for weight in entry.captured], x.tolist())] == f(x.tolist())
    assert guarded[len(point.strips) :].tolist() == [777.0] * 8


def test_forward_mode_of_a_network_at_one_point():
    model = MLP(2, [4, 2], activation="tanh", rng=Random(0))

    def loss(v):
        return cross_entropy(model(v), 1)

    point = [0.3, -0.2]
    np.testing.assert_allclose(jit(hessian(loss))(point), hessian(loss)(point), rtol=1e-12)
    slope = jvp(loss, (point,), ([1.0, 0.0],))[1].data
    assert jit(lambda v: jvp(loss, (v,), ([1.0, 0.0],))[1])(point) == pytest.approx(slope, rel=1e-12)


@pytest.mark.filterwarnings("ignore::autograd.DomainWarning")
@pytest.mark.parametrize("backend", BACKENDS)
def test_forward_over_forward_and_gates_that_are_shut(backend):
    f = derivative(lambda z: exp(z) * z, 3)
    assert jit(f, backend=backend)(0.5) == pytest.approx(f(0.5), rel=1e-13)
    assert jit(lambda x: taylor(lambda z: sin(z) / z, x, 3), backend=backend)(0.7) == pytest.approx(
        taylor(lambda z: sin(z) / z, 0.7, 3), rel=1e-12
    )
    for derive in (derivative, grad):
        chosen = jit(derive(lambda x: where(step(x), sqrt(x), 0.0)), backend=backend)
        shut = jit(derive(lambda x: sqrt(relu(x))), backend=backend)
        assert [chosen(-1.0), shut(-1.0), chosen(4.0), shut(4.0)] == [0.0, 0.0, 0.25, 0.25]


# ---------------------------------------------------------------- no inputs, no samples


@pytest.mark.parametrize("backend", BACKENDS)
def test_without_inputs_every_sample_is_the_same(backend):
    w = Value(2.0)
    run = compile([w * 2.0, w], [], [w], reduction=None, backend=backend)
    assert run(np.zeros((3, 0))).tolist() == [[4.0, 2.0]] * 3
    value, gradient = compile(w * w, [], [w], backend=backend).value_and_grad(np.zeros((3, 0)))
    assert (value, gradient.tolist()) == (4.0, [4.0])
    training_step = TrainingStep(w * w, [], SGD([w], lr=0.25), backend=backend)
    assert [training_step(np.zeros((3, 0))) for _ in range(2)] == [4.0, 1.0]
    x = Value(1.0)
    with pytest.raises(ValueError, match="there are no samples"):
        TrainingStep(w * x, [x], SGD([w], lr=0.1), backend=backend)(np.zeros((0, 1)))


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("wrong", [None, "x", [[None, 1.0]], [[1.0]], object()], ids=repr)
def test_a_training_step_on_what_is_no_batch_moves_nothing_first_or_later(backend, wrong):
    x, t, w = Value(1.0), Value(2.0), Value(3.0)
    training_step = TrainingStep((w * x - t) ** 2, [x, t], SGD([w], lr=0.1, weight_decay=0.5), backend=backend)
    converted, array = [[1.0, 2.0]], np.array([[1.0, 2.0]])  # a copy is kept of the first, the second as it is
    for batch in (None, converted, array):
        if batch is not None:
            training_step(batch)
        before = training_step.theta.tolist()
        with pytest.raises((TypeError, ValueError), match="compiled: data"):
            training_step(wrong)
        assert training_step.theta.tolist() == before


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_quotient_that_is_rounded_to_a_whole_number_is_divided_itself(backend):
    assert jit(lambda x, y: (floor(x / y), 1.0 / y, 2.0 / y), backend=backend)(49.0, 49.0)[0] == 1.0


# ---------------------------------------------------------------- as a Python object


@jit
def squared(x):
    return x * x


class Scaler:
    """With a method that is compiled."""

    factor = 3.0

    @jit
    def scaled(self, x):
        return self.factor * x


def test_transforms_of_arrays_go_through_a_jitted_function():
    np.testing.assert_array_equal(grad(jit(lambda x: x[0] * x[1]))(np.array([2.0, 3.0])), [3.0, 2.0])
    value, tangent = jvp(jit(lambda x: x * 2.0), (np.array([1.0, 2.0]),), (np.ones(2),))
    np.testing.assert_array_equal([*value, *tangent], [2.0, 4.0, 2.0, 2.0])
    value, pullback = vjp(jit(lambda x: x * 2.0), np.array([1.0, 2.0]))
    np.testing.assert_array_equal([*value, *pullback(np.ones(2))[0]], [2.0, 4.0, 2.0, 2.0])


def test_a_jitted_function_is_pickled_copied_and_bound():
    squared(2.0)
    assert pickle.loads(pickle.dumps(squared)) is squared
    g = jit(lambda x: x + 1.0)
    g(1.0)
    assert copy.deepcopy(g)(2.0) == 3.0
    assert Scaler().scaled(2.0) == 6.0
    assert grad(Scaler().scaled)(2.0) == 3.0
    assert copy.deepcopy(jit(functools.partial(max, 2.0))).__wrapped__(1.0) == 2.0
    assert pickle.loads(pickle.dumps(jit(sin)))(0.0) == 0.0


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: jit(sin)({1.0}), TypeError, r"jit: an argument must be one real number, not set \{1.0\}"),
        (lambda: jit(sin)(object()), TypeError, "jit: an argument must be one real number, not object"),
        (lambda: jit(sin)(np.array(["a"])), TypeError, "must hold real numbers, not dtype <U1"),
        (lambda: jit(sin, threads=0), ValueError, "threads must be a whole number of at least 1, not 0"),
        (lambda: jit(sin, threads=2, backend="numpy"), ValueError, "backend 'numpy' has one thread"),
        (lambda: jit(sin, backend="gpu"), ValueError, "backend must be one of llvm, .*, not 'gpu'"),
    ],
)
def test_bad_input_is_refused_with_advice(call, error, message):
    with pytest.raises(error, match=message):
        call()


# ---------------------------------------------------------------- numbers while a function is recorded


def huber(prediction, target, delta=1.0):
    """A loss of a user, which checks what it is given."""
    if not math.isfinite(example_number(prediction)):
        raise ValueError("the prediction is not finite")
    r = prediction - target
    return where(step(abs(r) - delta), delta * (abs(r) - 0.5 * delta), 0.5 * r * r)


def test_a_loss_of_ones_own_may_check_numbers_while_it_is_recorded():
    compiled = jit(value_and_grad(huber))
    for prediction in (0.5, -7.0):
        assert compiled(prediction, 1.0) == value_and_grad(huber)(prediction, 1.0)
    for transform in (grad, lambda f: lambda x, t: jvp(lambda v: f(v, t), (x,), (1.0,))[1]):
        assert jit(transform(huber))(-7.0, 1.0) == -1.0
    with pytest.raises(ValueError, match="not finite"):
        jit(huber)(math.inf, 1.0)


@pytest.mark.parametrize("number", [lambda v: v.data, lambda v: v.item(), float, bool, round, lambda v: f"{v:.2f}"])
def test_a_number_is_refused_to_whoever_asks_and_told_by_the_named_door(number):
    with tracing():
        y = traced(2.0) * 3.0
        for value in (y, jvp(lambda x: x * y, (2.0,), (1.0,))[1]):
            with pytest.raises(TypeError, match=r"asks for the number of a value.*example_number"):
                number(value)
    assert example_number(y) == 6.0
    assert example_number(Value(2.0)) == example_number(np.float64(2.0)) == 2.0
    with pytest.raises(TypeError, match="example_number: operand must be one real number"):
        example_number("2")


def test_backward_is_refused_while_a_function_is_recorded():
    def f(x):
        y = x * x
        y.backward()
        return y * x.grad

    with pytest.raises(TypeError, match=r"backward\(\) stores numbers.*use grad\(f\)"):
        jit(f)(2.0)
    by_hand = jit(lambda x: x * x * gradient(x * x, x, create_graph=True))
    assert [by_hand(x) for x in (2.0, 5.0)] == [16.0, 250.0]


def test_an_example_outside_a_domain_is_recorded_all_the_same():
    def f(x):
        x.label = "x"
        return log(x) * 0.0 + x

    compiled = jit(f)
    assert math.isnan(compiled(-1.0))
    assert compiled(2.0) == 2.0


@pytest.mark.parametrize(
    "f",
    [
        lambda x: grad(lambda w: w * x)(3.0),
        lambda x: grad(lambda w: w * w)(3.0) * x,
        lambda x: hessian(lambda v: v[0] ** 3.0 * x)([2.0])[0][0],
        lambda x: jvp(lambda w: w * w * x, (3.0,), (1.0,))[1],
    ],
)
def test_transforms_by_something_else_see_the_arguments_anew(f):
    compiled = jit(f)
    for x in (2.0, 5.0):
        assert compiled(x) == pytest.approx(f(x), rel=1e-15)


@primitive(
    partials=(lambda _z, _x, y: 1.0 / y, lambda z, _x, y: -z / y), outside=lambda x, y: x * math.copysign(math.inf, y)
)
def quotient_of_ones_own(x, y):
    """x / y, infinite at y = 0."""
    return x / y


@pytest.mark.filterwarnings("ignore::autograd.DomainWarning")
@pytest.mark.parametrize("divide", [lambda x, y: x / y, quotient_of_ones_own])
@pytest.mark.parametrize("zero", [0.0, -0.0])
@pytest.mark.parametrize(
    "transform",
    [
        grad,
        lambda f: grad(lambda x: f(f(x) * 0.0 + x)),
        lambda f: grad(grad(f)),
        lambda f: lambda x: jvp(f, (x,), (1.0,))[1],
    ],
)
def test_a_derivative_by_a_constant_of_0_is_infinite_in_machine_code_too(divide, zero, transform):
    """The partial 1/y at a number of 0 is an error of Python's, after which it is recorded."""
    uncompiled = transform(lambda x: divide(x, zero))
    compiled = jit(uncompiled)
    for number in (2.0, -5.0):
        np.testing.assert_equal(compiled(number), uncompiled(number))
