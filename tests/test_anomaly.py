"""detect_anomaly says where the first nan or infinity comes from, and changes nothing else."""

import asyncio
import inspect
import math
import sys
import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd
from autograd import (
    Value,
    compile,
    derivative,
    grad,
    gradient,
    hessian,
    jit,
    jvp,
    linear,
    linearize,
    log,
    native_step,
    no_grad,
    sqrt,
    topological_order,
    vjp,
)
from autograd.checks.anomaly import AnomalyError, detect_anomaly
from autograd.core import mode
from autograd.transforms.checkpoints.checkpointing import checkpoint, checkpoint_sequential


def line():
    return inspect.currentframe().f_back.f_lineno


# ---------------------------------------------------------------- in recording


def test_the_first_result_that_is_not_finite_is_named_with_operands_labels_and_line():
    x, y = Value(0.0, label="x"), Value(-2.0, label="y")
    with detect_anomaly():
        z = x * y
        with pytest.raises(AnomalyError) as caught:
            z = y / z
        at = line() - 1
    assert str(caught.value) == (
        f"div(y=-2.0, -0.0) = inf: the result is inf; recorded at {__file__}:{at}\n    z = y / z"
    )
    assert caught.value.primitive is autograd.primitives.div
    assert caught.value.operands[0] is y
    assert (caught.value.filename, caught.value.line) == (__file__, at)
    assert isinstance(caught.value, ArithmeticError)


@pytest.mark.parametrize(
    ("name", "f"),
    [
        ("log", lambda x: x.log()),
        ("log", lambda x: autograd.log(x)),
        ("mul", lambda x: x * math.inf),
        ("div", lambda x: 1.0 / x),
        ("sub", lambda x: x - math.inf),
        ("exp", lambda x: (x + 1e4).exp()),
        ("pow", lambda x: x**-1),
        ("logsumexp", lambda x: autograd.logsumexp([x, math.nan])),
        ("affine", lambda x: linear([x], [[Value(math.inf)]], [x])[0]),
        ("where", lambda x: autograd.where(1.0, math.nan, x)),
    ],
)
def test_every_way_of_recording_is_checked(name, f):
    x = Value(0.0, label="x")
    with detect_anomaly(), pytest.raises(AnomalyError, match=rf"^{name}\(.*x=0\.0|^{name}\(.*recorded at .*{__file__}"):
        f(x)
    assert x.operands == ()


def test_an_operand_that_was_not_finite_before_is_said():
    x = Value(math.inf, label="x")
    with detect_anomaly(), pytest.raises(AnomalyError, match=r"sub\(x=inf, x=inf\) = nan.*not finite before: x=inf"):
        x - x


def test_numbers_and_what_is_not_recorded_are_not_checked():
    x = Value(0.0)
    with detect_anomaly():
        assert autograd.log(0.0) == -math.inf
        with no_grad():
            assert (x + 1.0).operands == ()
            assert math.isnan((x * math.nan).data)
    with no_grad(), detect_anomaly():
        assert math.isnan((x * math.nan).data)


# ---------------------------------------------------------------- in the backward pass


def test_the_first_adjoint_that_is_not_finite_names_the_operation_and_the_line_that_recorded_it():
    x = Value(0.0, label="x")
    with detect_anomaly():
        at = line() + 1
        root = (x * 3.0).sqrt()
        root.label = "root"
        y = root * 2.0 + 1.0
        with pytest.raises(AnomalyError) as caught:
            y.backward()
    assert str(caught.value) == (
        "sqrt(0.0) = 0.0 (root): the adjoint of operand 1 is inf, adjoint 2.0 times partial inf; "
        f"recorded at {__file__}:{at}\n    root = (x * 3.0).sqrt()"
    )
    assert caught.value.line == at
    assert x.grad == 0.0


def test_an_adjoint_that_overflows_in_the_sum_is_found():
    x = Value(1e-10)
    with detect_anomaly():
        h = x * 1.0
        y = h * 1e308 + h * 1e308
        with pytest.raises(
            AnomalyError, match=r"mul\(1e-10, 1e\+308\).*is inf, adjoint 1\.0 times partial 1e\+308 plus 1e"
        ):
            y.backward()


def test_the_sweep_of_a_graph_recorded_before_says_so():
    y = Value(0.0).sqrt()
    with (
        detect_anomaly(),
        pytest.raises(AnomalyError, match=r"recorded before detect_anomaly.*enter it before") as caught,
    ):
        y.backward()
    assert caught.value.filename is None
    with detect_anomaly(), pytest.raises(AnomalyError, match="the gradient given to backward"):
        Value(2.0).exp().backward(math.nan)


def test_the_graph_is_usable_after_an_anomaly():
    x = Value(0.0)
    h = x + 0.0
    y = h.sqrt() + h * 3.0
    with detect_anomaly(), pytest.raises(AnomalyError):
        y.backward()
    x.grad = 0.0
    (h * 3.0).backward()
    assert x.grad == 3.0
    assert all(node._uses == 0 for node in topological_order(y))


def test_the_transforms_are_checked():
    with detect_anomaly(), pytest.raises(AnomalyError, match="sqrt"):
        grad(lambda x: autograd.sqrt(x * 0.0))(1.0)


def test_the_inside_of_a_segment_is_named():
    x, w = Value(0.0, label="x"), Value(1.0)
    with detect_anomaly():
        for run in (
            checkpoint(lambda h: h.sqrt() * w),
            lambda h: checkpoint_sequential([lambda h: h.sqrt()] * 3, h, 1),
        ):
            with pytest.raises(AnomalyError, match=rf"sqrt\(.*partial inf; recorded at .*{__file__}"):
                run(x).backward()
        with pytest.raises(AnomalyError, match=r"checkpoint\(<lambda>\)\(x=0\.0.*the result is nan"):
            checkpoint(lambda h: h * math.nan + w)(x)


def test_a_closure_in_the_lectures_style_is_named():
    with detect_anomaly():
        a = Value(2.0, label="a")
        out = Value(4.0, (a,), "twice")

        def _backward():
            a.grad += math.nan * out.grad

        out._backward = _backward
        with pytest.raises(AnomalyError, match=r"twice\(a=2\.0\) = 4\.0: the adjoint of its operand a=2\.0 is nan"):
            out.backward()


# ---------------------------------------------------------------- what it leaves alone


@given(st.lists(st.floats(0.1, 2.0), min_size=4, max_size=4))
def test_gradients_are_those_of_outside(numbers):
    def run():
        xs = [Value(x) for x in numbers]
        h = linear(xs, [xs, xs[::-1]], [0.5, xs[0]])
        hidden = checkpoint(lambda a, b: (a * b, a.tanh()))(*h)
        y = (
            autograd.logsumexp([*hidden, xs[1] * xs[2], 2.0]).tanh()
            - 1.0 / xs[3]
            + autograd.where(0.0, xs[0].log(), xs[1])
        )
        y.backward()
        y.backward(0.5)
        return [y.data, *(x.grad for x in xs)]

    outside = run()
    with detect_anomaly():
        inside = run()
    assert inside == outside


def everything_restored():
    return not mode.unusual and mode.current() is mode.DEFAULT


def test_everything_is_restored_also_after_errors_and_when_nested():
    x = Value(0.0)
    with pytest.raises(AnomalyError), detect_anomaly():
        x * math.nan
    with pytest.raises(KeyError), detect_anomaly():
        raise KeyError
    with detect_anomaly():
        with detect_anomaly(), pytest.raises(AnomalyError):
            x * math.nan
        with pytest.raises(AnomalyError):
            x * math.nan
    assert everything_restored()
    assert math.isnan((x * math.nan).data)


def test_it_decorates_also_recursive_functions():
    @detect_anomaly()
    def f(x, depth):
        return f(x, depth - 1) if depth else x * math.nan

    with pytest.raises(AnomalyError):
        f(Value(1.0), 3)
    assert everything_restored()


def test_other_threads_and_tasks_are_not_affected():
    x = Value(0.0)
    results = []

    def other():
        results.append((x * math.nan).operands[0] is x)
        x.sqrt().backward()

    with detect_anomaly():
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    assert results == [True]
    assert x.grad == math.inf

    async def tasks():
        inside = asyncio.Event()

        async def checking():
            with detect_anomaly():
                inside.set()
                await asyncio.sleep(0)
                with pytest.raises(AnomalyError):
                    x * math.nan

        async def plain():
            await inside.wait()
            return math.isnan((x * math.nan).data)

        return (await asyncio.gather(checking(), plain()))[1]

    assert asyncio.run(tasks())
    assert everything_restored()


def test_the_record_of_lines_does_not_keep_nodes_alive():
    with detect_anomaly():
        x = Value(1.0)
        before = sys.getrefcount(x)
        for _ in range(10):
            x * 2.0
        assert sys.getrefcount(x) == before


# ---------------------------------------------------------------- in every sweep, forward mode and machine code


def root_squared(x):
    return sqrt(x) ** 2


WAYS = {
    "grad": lambda x: grad(root_squared)(x),
    "vjp": lambda x: vjp(root_squared, x)[1](1.0),
    "jvp": lambda x: jvp(root_squared, (x,), (1.0,)),
    "derivative": lambda x: derivative(root_squared)(x),
    "linearize": lambda x: linearize(root_squared, x)[1](1.0),
    "hessian": lambda x: hessian(root_squared)(x),
    "gradient": lambda x: (lambda v: gradient(root_squared(v), v))(Value(x)),
    "recorded": lambda x: (lambda v: gradient(root_squared(v), v, create_graph=True))(Value(x)),
    "jit": jit(grad(root_squared)),
    "jit of forward": jit(derivative(root_squared)),
    "jit of arrays": lambda x: jit(grad(root_squared))(np.array([4.0, x])),
    "a value by forward mode": lambda x: jvp(lambda v: v / x, (1.0,), (1.0,)),
}


@pytest.mark.filterwarnings("ignore::autograd.DomainWarning")
@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_whatever_differentiates_raises(way):
    way(4.0)
    with detect_anomaly():
        way(4.0)
        with pytest.raises(AnomalyError, match=rf"^(sqrt|div|mul)\(.*(inf|nan).*recorded at {__file__}:"):
            way(0.0)
    way(0.0)


@pytest.mark.parametrize("backend", ["llvm", "numpy"])
def test_a_compiled_loss_is_run_again_by_the_engine(backend):
    x, w = Value(1.0, label="x"), Value(2.0, label="w")
    losses = [compile(sqrt(x * w) ** 2, [x], [w], backend=backend), compile(log(x * w), [x], [w], backend=backend)]
    values = compile([x / w, x * w], [x], [w], reduction=None, backend=backend)
    with detect_anomaly():
        for loss, name in zip(losses, ("sqrt", "log"), strict=True):
            assert math.isfinite(loss.value_and_grad([[1.0], [3.0]])[0])
            with pytest.raises(AnomalyError, match=rf"^{name}\("):
                loss.value_and_grad([[1.0], [0.0]])
        values([[1.0]])
        with pytest.raises(AnomalyError, match=r"^div\(1.0, 0.0\)"):
            values([[1.0]], [0.0])
    assert losses[1]([[0.0]]) == -math.inf


def test_a_native_step_raises_where_nothing_was_moved():
    x, w = Value(1.0), Value(2.0)
    step = native_step(
        compile(log(x * w), [x], [w]), [(lambda _settings, p, g, state: (p - g, state), {}, 0, 0, 1)], [[]], "llvm"
    )
    with detect_anomaly(), pytest.raises(AnomalyError, match=r"^log\("):
        step(np.array([[0.0]]))
