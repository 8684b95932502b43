"""jit, compile and training steps: what they compute, refuse and show."""

import _thread
import gc
import math
import os
import shutil
import subprocess
import sys
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from random import Random

import numpy as np
import pytest

import autograd
from autograd import Value, exp, grad, hessian, jit, log, maximum, sin, sqrt, step, value_and_grad, where
from nn import (
    LBFGS,
    MLP,
    SGD,
    Adagrad,
    Adam,
    AdamW,
    Dropout,
    Linear,
    RMSprop,
    Sequential,
    Tanh,
    TrainingStep,
    accuracy,
    cross_entropy,
    fit,
    hinge_loss,
    l2_penalty,
    load_digits,
    make_moons,
    mean_squared_error,
    mse_loss,
)

needs_compiler = pytest.mark.skipif(shutil.which("cc") is None and shutil.which("gcc") is None, reason="no C compiler")

# ---------------------------------------------------------------- jit


def black_scholes(S, K, r, s, T):
    """The price of a call, with the normal distribution as erfc."""
    cdf = lambda x: 0.5 * autograd.erfc(-x / math.sqrt(2.0))
    spread = s * autograd.sqrt(T)
    d1 = (log(S / K) + (r + 0.5 * s * s) * T) / spread
    return S * cdf(d1) - K * exp(-r * T) * cdf(d1 - spread)


def flat(result):
    return [x for part in result for x in flat(part)] if isinstance(result, tuple | list) else [result]


POINT = (100.0, 95.0, 0.03, 0.2, 1.5)


@pytest.mark.parametrize("backend", ["llvm", "numpy", "interpreter", pytest.param("c", marks=needs_compiler)])
def test_jit_composes_with_transforms(backend):
    for transform in (lambda f: f, grad, value_and_grad, lambda f: value_and_grad(f, argnums=(0, 1, 2, 3, 4))):
        expected, found = transform(black_scholes)(*POINT), jit(transform(black_scholes), backend=backend)(*POINT)
        assert flat(found) == pytest.approx(flat(expected), rel=1e-13)
    f = lambda x: x[0] ** 2 * sin(x[1]) + exp(x[0] * x[1])
    np.testing.assert_allclose(jit(hessian(f), backend=backend)([0.5, 0.3]), hessian(f)([0.5, 0.3]), rtol=1e-13)
    np.testing.assert_allclose(grad(jit(f, backend=backend))([0.5, 0.3]), grad(f)([0.5, 0.3]), rtol=1e-15)


def test_jit_records_once_for_each_structure():
    calls = []

    @jit
    def f(x, scale=1.0, *, square=False):
        calls.append(1)
        return {"y": [v * scale for v in x], "n": None if not square else x[0] * x[0]}

    assert f([1.0, 2.0]) == {"y": [1.0, 2.0], "n": None}
    assert f([3.0, 4], 2.0) == {"y": [6.0, 8.0], "n": None}
    assert f([5.0, 6.0]) == {"y": [5.0, 6.0], "n": None}
    assert f([3.0], square=True) == {"y": [3.0], "n": 9.0}
    assert len(calls) == 3
    assert f.__name__ == "f"


def test_jit_broadcasts_like_a_ufunc():
    f = jit(value_and_grad(lambda x, y: x * sin(y)))
    x, y = np.linspace(-1.0, 1.0, 7)[:, None], np.arange(300.0).reshape(1, 300)
    value, slope = f(x, y)
    np.testing.assert_allclose(value, x * np.sin(y), rtol=0, atol=1e-15)
    np.testing.assert_allclose(slope, np.broadcast_to(np.sin(y), (7, 300)), rtol=0, atol=1e-15)
    assert f(x[:, 0], 2)[0].shape == (7,)
    assert f(np.zeros((0, 3)), 1.0)[0].shape == (0, 3)
    np.testing.assert_allclose(f(np.arange(5), np.float32(0.5))[0], np.arange(5) * math.sin(0.5), rtol=1e-15)
    assert f(np.float64(2.0), 1) == f(2.0, 1.0)
    with pytest.raises(ValueError, match="shape"):
        f(np.zeros(3), np.zeros(4))
    with pytest.raises(TypeError, match="dtype complex128"):
        f(np.zeros(3, dtype=complex), 1.0)
    with pytest.raises(TypeError, match=r"jit: an argument.*"):
        f(1j, 1.0)


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_threads_change_nothing(threads):
    x = np.linspace(0.1, 5.0, 1001)
    one, many = jit(lambda x: log(x) * x), jit(lambda x: log(x) * x, threads=threads)
    np.testing.assert_array_equal(one(x), many(x))


def test_threads_add_in_one_order():
    w, x = Value(0.3), Value(0.0)
    x_all = np.random.default_rng(0).normal(size=(5003, 1))
    runs = [autograd.compile(sin(w * x) * w, [x], [w], threads=3) for _ in range(2)]
    results = {str(run.value_and_grad(x_all)) for run in runs for _ in range(20)}
    assert len(results) == 1
    slope = np.mean(np.sin(0.3 * x_all) + 0.3 * x_all * np.cos(0.3 * x_all))
    assert runs[0].value_and_grad(x_all)[1][0] == pytest.approx(slope, rel=1e-12)


def test_threads_end_with_the_function():
    def comes_to_be(count):  # a thread is counted once it runs
        until = time.monotonic() + 30.0
        while _thread._count() != count and time.monotonic() < until:
            time.sleep(0.001)
        return _thread._count() == count

    gc.collect()
    f = jit(lambda x: x * x, threads=3)
    before = _thread._count()
    f(np.arange(1000.0))
    assert comes_to_be(before + 2)
    del f
    gc.collect()
    assert comes_to_be(before)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")  # Python 3.12 on forks beside threads
def test_threads_work_after_a_fork():
    f, x = jit(lambda x: x * x, threads=2), np.arange(5000.0)
    f(x)
    child = os.fork()
    if child == 0:
        os._exit(0 if all((f(x) == x * x).all() for _ in range(10)) else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_strided_arrays_are_read_in_place():
    x = np.arange(1.0, 61.0).reshape(6, 10)
    f = jit(lambda x, y: x * 2.0 + y)
    np.testing.assert_array_equal(f(x[::2, ::3], x[1::2, ::-3]), x[::2, ::3] * 2 + x[1::2, ::-3])


BRANCHES = [
    lambda x: x if x > 0 else -x,
    lambda x: x or -x,
    lambda x: max(x, 0.0),
    lambda x: math.sin(x),
    lambda x: [1.0, 2.0][int(x)] * x,
    lambda x: x * float(x),
    grad(lambda x: x * x if x > 0 else -x),
    hessian(lambda x: x * x if x > 0 else -x),
]


@pytest.mark.parametrize("f", BRANCHES)
def test_branches_on_a_traced_value_are_refused_with_advice(f):
    with pytest.raises(TypeError, match=r"same branch for ever; use where\(x > 0, a, b\)"):
        jit(f)(1.0)


def test_what_the_advice_says_works():
    f = jit(value_and_grad(lambda x: where(step(x), x * x, -x) + maximum(x, 1.0)))
    assert f(3.0) == (12.0, 7.0)
    assert f(-3.0) == (4.0, -1.0)


def test_values_from_outside_are_read_anew():
    w = Value(2.0)
    f = jit(lambda x: w * x)
    assert f(3.0) == 6.0
    w.data = 5.0
    assert f(3.0) == 15.0
    assert f(np.array([1.0, 2.0])).tolist() == [5.0, 10.0]
    f(Value(3.0)).backward()  # recorded, as without jit
    assert w.grad == 3.0
    model = MLP(2, [3, 1], rng=Random(0))
    compiled = jit(lambda a, b: model([a, b]))
    assert compiled(0.5, -1.0) == pytest.approx(model([0.5, -1.0]).data, rel=1e-15)


def test_results_of_every_shape():
    f = jit(lambda x, y: (x, [y, (x * y, 2.0)], 3))
    assert f(2.0, 3.0) == (2.0, [3.0, (6.0, 2.0)], 3.0)
    assert f(2.0, 3.0) == (2.0, [3.0, (6.0, 2.0)], 3.0)  # by the fast way
    assert f(2, 3) == (2.0, [3.0, (6.0, 2.0)], 3.0)
    assert jit(lambda: 1.5)() == 1.5
    assert jit(lambda x: 7.0)(1.0) == 7.0
    with pytest.raises(TypeError, match="missing"):
        f(1.0)
    with pytest.raises(TypeError, match="jit: takes a function"):
        jit(3.0)


def test_special_numbers_follow_ieee_754_without_warnings():
    f = jit(lambda x: [log(x), 1.0 / x, autograd.sqrt(x), exp(1000.0 * x)])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert f(0.0)[:2] == [-math.inf, math.inf]
        assert math.isnan(f(-1.0)[0])
        assert f(1.0)[3] == math.inf
        assert all(map(math.isnan, f(math.nan)))
        assert np.isnan(f(np.array([-1.0, 4.0]))[2]).tolist() == [True, False]


def test_the_branch_not_taken_gives_no_gradient():
    f = lambda x: where(step(x), log(x), 0.0) * 2.0
    w, x = Value(0.5), Value(1.0)
    compiled = autograd.compile(where(step(x), log(x * w), 0.0), [x], [w])
    assert compiled.value_and_grad([[0.0], [2.0]])[1].tolist() == [1.0]
    assert jit(f)(0.0) == 0.0


# ---------------------------------------------------------------- compile


def moons_loss(seed=0):
    model = MLP(2, [6, 5, 1], activation="tanh", rng=Random(seed))
    x, t = [Value(0.3), Value(-0.2)], Value(1.0)
    return model, [*x, t], hinge_loss([model(x)], [t]) + l2_penalty(model, 0.01)


def moons(n):
    data = make_moons(max(n, 2), noise=0.1, seed=1)[:n]
    targets = [2.0 * y - 1.0 for y in data.targets]
    return data.inputs, targets, np.column_stack([data.inputs, targets])


def by_hand(model, X, y, reduction="mean"):
    model.zero_grad()
    loss = hinge_loss(model(X), y, reduction) + l2_penalty(model, 0.01) * (len(y) if reduction == "sum" else 1)
    loss.backward()
    return loss.data, [p.grad for p in model.parameters()]


@pytest.mark.parametrize("backend", ["llvm", "numpy", "interpreter", pytest.param("c", marks=needs_compiler)])
@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize("n", [1, 7, 8, 64, 65, 300])
def test_a_compiled_loss_is_the_recorded_one(backend, reduction, n):
    model, inputs, loss = moons_loss()
    X, y, data = moons(n)
    f = autograd.compile(loss, inputs, model.parameters(), reduction=reduction, backend=backend)
    value, gradient = f.value_and_grad(data)
    expected, expected_gradient = by_hand(model, X, y, reduction)
    assert value == pytest.approx(expected, rel=1e-13)
    assert f(data) == value
    np.testing.assert_allclose(gradient, expected_gradient, rtol=1e-12, atol=1e-14 * n)
    for p in model.parameters():
        p.data *= 0.5
    assert f(data) == pytest.approx(by_hand(model, X, y, reduction)[0], rel=1e-13)  # the Values are read anew
    theta = np.zeros(len(model.parameters()))
    assert f(data, theta) == pytest.approx(1.0 if reduction == "mean" else n)


def test_outputs_of_each_sample():
    model = MLP(2, [4, 3], rng=Random(0))
    x = [Value(0.1), Value(0.2)]
    X = np.random.default_rng(0).normal(size=(50, 2))
    expected = [[v.data for v in row] for row in model(X.tolist())]
    f = autograd.compile(model(x), x, model.parameters(), reduction=None)
    np.testing.assert_allclose(f(X), expected, rtol=1e-13)
    np.testing.assert_allclose(f(X[3]), expected[3], rtol=1e-13)
    assert f(np.zeros((0, 2))).shape == (0, 3)
    one = autograd.compile(model(x)[0], x, model.parameters(), reduction=None)
    assert one(X).shape == (50,)
    w = Value(3.0)
    assert autograd.compile([w * w, x[0], x[0] * 0.0 + 1.0], x, [w], reduction=None)([[5.0, 6.0]]).tolist() == [
        [9, 5, 1]
    ]


def test_layers_are_found_however_they_are_written():
    loops = set()
    for make in (
        lambda w, x: [autograd.relu(autograd.affine(w[k], x, 0.5)) for k in range(8)],
        lambda w, x: [autograd.relu(sum((a * b for a, b in zip(w[k], x)), 0.5)) for k in range(8)],
        lambda w, x: list(np.vectorize(autograd.relu, otypes=[object])(np.array(w) @ np.array(x) + 0.5)),
    ):
        w = [[Value(Random(8 * k + j).gauss(0, 1)) for j in range(8)] for k in range(8)]
        x = [Value(0.1 * (j + 1)) for j in range(8)]
        f = autograd.compile(autograd.sum(make(w, x)), x, [p for row in w for p in row])
        loops.add(f.stats().loops)
        kinds = [type(s).__name__ for s in f.plan.samples]
        assert kinds.count("Product") == 1
        assert kinds.count("OuterSum") == 1
    assert len(loops) == 1


def test_wrong_data_is_refused_with_both_shapes():
    model, inputs, loss = moons_loss()
    f = autograd.compile(loss, inputs, model.parameters())
    for wrong, error, message in [
        (np.zeros((4, 2)), ValueError, r"shape \(4, 2\).*\(n, 3\)"),
        (np.zeros((2, 2, 3)), ValueError, r"shape \(2, 2, 3\)"),
        (np.zeros((4, 3), dtype=complex), TypeError, "dtype complex128"),
        (np.array([["a", "b", "c"]]), TypeError, "dtype <U1"),
        (np.zeros((0, 3)), ValueError, "no samples"),
    ]:
        with pytest.raises(error, match=message):
            f.value_and_grad(wrong)
    with pytest.raises(ValueError, match=r"parameters have shape \(2,\)"):
        f(np.zeros((1, 3)), [1.0, 2.0])
    x = Value(1.0)
    for call, error, message in [
        (lambda: autograd.compile(x * 2, [x], [x]), ValueError, "among the inputs and among the parameters"),
        (lambda: autograd.compile(x * 2, [x, x]), ValueError, "twice among the inputs"),
        (lambda: autograd.compile(x * 2, [x * 1.0]), ValueError, "must be leaves, number 0 is the result of mul"),
        (lambda: autograd.compile(3.0, [x], reduction=None), TypeError, "float"),
        (lambda: autograd.compile([x], [x]), ValueError, "for several say reduction=None"),
        (lambda: autograd.compile(x * 2, [x], reduction="max"), ValueError, "reduction must be"),
        (lambda: autograd.compile(x * 2, [x], backend="gpu"), ValueError, "backend must be one of llvm"),
        (lambda: autograd.compile(x * 2, [x], threads=0), ValueError, "threads"),
        (
            lambda: autograd.compile(x * 2, [x], reduction=None).value_and_grad([[1.0]]),
            TypeError,
            "without a reduction",
        ),
    ]:
        with pytest.raises(error, match=message):
            call()


def test_a_primitive_of_ones_own_is_compiled_if_it_is_made_of_operators():
    cube = autograd.primitive(partials=(lambda y, x: 3 * x * x,))(lambda x: x * x * x)
    assert jit(grad(cube))(2.0) == 12.0
    sine = autograd.primitive(partials=(lambda y, x: autograd.cos(x),))(lambda x: math.sin(x))
    with pytest.raises(TypeError, match="cannot be compiled: its value is not made of"):
        jit(sine)(2.0)
    with pytest.raises(TypeError, match=r"@primitive\(…, lowering=…\)"):
        jit(sine)(2.0)


@pytest.mark.parametrize("backend", ["llvm", "numpy", "c"])
def test_a_primitive_of_ones_own_may_say_how_a_machine_computes_it(backend):
    partials = (lambda y, x: autograd.cos(x),)
    named = autograd.primitive(partials=partials, lowering="sin")(lambda x: math.sin(x))
    written = autograd.primitive(partials=partials, lowering=lambda m, x: m.call("sin", m.abs(x)))(
        lambda x: math.sin(abs(x))
    )
    assert jit(named, backend=backend)(-2.0) == pytest.approx(math.sin(-2.0), rel=1e-15)
    assert jit(written, backend=backend)(-2.0) == pytest.approx(math.sin(2.0), rel=1e-15)
    assert jit(grad(named), backend=backend)(2.0) == pytest.approx(math.cos(2.0), rel=1e-15)


def test_looking_inside():
    model, inputs, loss = moons_loss()
    f = autograd.compile(loss, inputs, model.parameters())
    stats = f.stats()
    assert stats.nodes >= stats.nodes_after > 100
    assert stats.loops >= 8
    assert stats.workspace_bytes > 8 * len(model.parameters())
    assert stats.backend == "llvm"
    assert "def f(" in f.source()
    assert "adjoint" in f.source()
    assert "define" in f.llvm_ir()
    assert "ret" in f.assembly()
    assert "#include <math.h>" in f.c_source()
    again = autograd.compile(loss, inputs, model.parameters())
    assert again.stats().from_cache
    assert again.stats().compile_seconds == 0.0
    plain = autograd.compile(loss, inputs, model.parameters(), backend="numpy")
    with pytest.raises(TypeError, match="'numpy', which makes no machine code"):
        plain.llvm_ir()


def test_without_llvmlite_numpy_computes_and_a_warning_says_what_to_install():
    code = (
        "import sys, warnings; sys.modules['llvmlite'] = None\n"
        "import autograd\n"
        "with warnings.catch_warnings(record=True) as caught:\n"
        "    warnings.simplefilter('always')\n"
        "    f = autograd.jit(lambda x: x * x)\n"
        "    print(f(3.0), [str(w.message) for w in caught])"
    )
    found = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.startswith("9.0 ['machine code needs llvmlite, which is missing")
    assert "pip install llvmlite" in found.stdout


# ---------------------------------------------------------------- training

OPTIMIZERS = {
    "sgd": lambda p: SGD(p, lr=0.05),
    "momentum": lambda p: SGD(p, lr=0.05, momentum=0.9, weight_decay=0.01),
    "nesterov": lambda p: SGD(p, lr=0.05, momentum=0.8, nesterov=True, maximize=True),
    "adam": lambda p: Adam(p, lr=0.02, weight_decay=0.01),
    "amsgrad": lambda p: Adam(p, lr=0.02, amsgrad=True),
    "adamw": lambda p: AdamW(p, lr=0.02),
    "rmsprop": lambda p: RMSprop(p, lr=0.01, momentum=0.5, centered=True),
    "adagrad": lambda p: Adagrad(p, lr=0.1, lr_decay=0.01),
    "groups": lambda p: SGD([{"params": p[:10], "lr": 0.01}, {"params": p[10:], "momentum": 0.5}], lr=0.1),
}


@pytest.mark.parametrize("backend", ["llvm", "numpy", "interpreter", pytest.param("c", marks=needs_compiler)])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_compiled_steps_are_the_optimizers_own(name, backend):
    model, inputs, loss = moons_loss()
    other, *_ = moons_loss()
    X, y, data = moons(30)
    optimizer, reference = OPTIMIZERS[name](model.parameters()), OPTIMIZERS[name](other.parameters())
    losses, expected = [], []
    with TrainingStep(loss, inputs, optimizer, backend=backend) as training_step:
        for k in range(12):
            for o in (optimizer, reference):
                o.param_groups[0]["lr"] *= 0.9
            if k == 6 and "momentum" in name:
                optimizer.param_groups[0]["momentum"] = reference.param_groups[0]["momentum"] = 0.5
            losses.append(training_step(data))
            expected.append(by_hand(other, X, y)[0])
            reference.step()
    assert losses == pytest.approx(expected, rel=1e-10)
    np.testing.assert_allclose([p.data for p in model.parameters()], [p.data for p in other.parameters()], rtol=1e-9)
    ours, theirs = (o.state_dict()["state"] for o in (optimizer, reference))
    for i in theirs:
        assert ours[i] == pytest.approx(theirs[i], rel=1e-7, abs=1e-12)


def test_frozen_parameters_are_constants_of_a_compiled_step():
    model, inputs, _ = moons_loss()
    model.layers[0].requires_grad_(False)
    x, t = inputs[:2], inputs[2]
    before = model.layers[0].state_dict()
    with TrainingStep(mse_loss([model(x)], [t]), inputs, SGD(model.parameters(), lr=0.1)) as training_step:
        losses = [training_step(moons(20)[2]) for _ in range(20)]
        assert len(training_step.theta) == len(model.parameters()) - len(model.layers[0].parameters())
    assert losses[-1] < losses[0]
    assert model.layers[0].state_dict() == before


def test_a_loss_that_is_not_finite_moves_nothing():
    x, w = Value(1.0), Value(2.0)
    training_step = TrainingStep(log(w * x), [x], SGD([w], lr=0.1))
    with pytest.raises(FloatingPointError, match="the loss is nan"):
        training_step([[-1.0]])
    training_step.write_back()
    assert w.data == 2.0
    training_step([[1.0]])
    training_step.write_back()
    assert w.data == pytest.approx(1.95)
    with pytest.raises(TypeError, match="not LBFGS"):
        TrainingStep(log(w * x), [x], LBFGS([w]))


@pytest.mark.parametrize("backend", ["llvm", "numpy"])
@pytest.mark.parametrize("place", [0, 7, 16, 20])
def test_a_gradient_that_is_not_finite_moves_nothing(place, backend):
    x, ws = Value(1.0), [Value(0.0 if i == place else 1.0) for i in range(21)]
    optimizer = Adam(ws, lr=0.1)
    training_step = TrainingStep(sum(sqrt(w * x) for w in ws), [x], optimizer, backend=backend)
    with pytest.raises(FloatingPointError, match=rf"the gradient of parameter {place}, .* is inf; nothing was moved"):
        training_step([[1.0]])
    before = optimizer.state_dict()
    training_step.write_back()
    assert [w.data for w in ws] == [float(i != place) for i in range(21)]
    assert optimizer.state_dict() == before


def test_numbers_that_overflow_are_not_written_back():
    x, w = Value(1.0), Value(-3.0)
    training_step = TrainingStep(-(w * x), [x], SGD([w], lr=1.7e308))
    training_step([[1.0]])
    training_step([[1.0]])
    with pytest.raises(FloatingPointError, match=r"the number of parameter 0, .* is inf; the Values keep"):
        training_step.write_back()
    assert w.data == -3.0


@pytest.mark.parametrize("task", ["classes", "numbers"])
def test_fit_compiled_is_fit(task):
    data = make_moons(60, noise=0.1, seed=0)
    loss = cross_entropy if task == "classes" else mse_loss
    histories, models = [], []
    for compiled in (False, True):
        model = MLP(2, [6, 2 if task == "classes" else 1], activation="tanh", rng=Random(3))
        metrics = {"accuracy": accuracy} if task == "classes" else None
        optimizer = Adam(model.parameters(), lr=0.02)
        histories.append(
            fit(
                model, data, loss, optimizer, 5, batch_size=16, seed=2, validation=data, metrics=metrics,
                regularizer=lambda m: l2_penalty(m, 1e-3), compile=compiled,
            )
        )  # fmt: skip
        models.append(model)
    for name in histories[0].records:
        assert histories[1][name] == pytest.approx(histories[0][name], rel=1e-9)
    a, b = ([p.data for p in model.parameters()] for model in models)
    np.testing.assert_allclose(a, b, rtol=1e-9)


@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize("clip", [None, 0.05])
def test_dropout_and_clipping_are_compiled_as_they_are(shared, clip):
    """The same draws in the same order, whoever makes them; gradients of which some are too long."""
    data, parts = make_moons(23, noise=0.1, seed=0), []
    for compile in (False, True):
        first, second = Random(3), Random(4)
        drop = [Dropout(0.3, rng=first), Dropout(0.5, rng=first if shared else second)]
        rng = Random(1)
        model = Sequential(
            Linear(2, 5, rng=rng), Tanh(), drop[0], Linear(5, 4, rng=rng), Tanh(), drop[1], Linear(4, 1, rng=rng)
        )
        history = fit(
            model, data, mse_loss, Adam(model.parameters(), lr=0.02), 5, batch_size=4, compile=compile,
            clip_grad_norm=clip, validation=data, metrics={"error": mean_squared_error},
        )  # fmt: skip
        assert not model.training
        parts.append((history.records, [p.data for p in model.parameters()], [p.grad for p in model.parameters()]))
    (records, *eager), (compiled_records, *compiled) = parts
    for name, numbers in records.items():
        np.testing.assert_allclose(compiled_records[name], numbers, rtol=1e-9)
    np.testing.assert_allclose(compiled, eager, rtol=1e-7, atol=1e-10)


def test_a_gradient_is_clipped_whatever_its_size():
    w = Value(1.0)
    for scale in (1e-200, 1.0, 1e200):
        x = Value(1.0)
        with TrainingStep(w * x, [x], SGD([w], lr=1.0), max_norm=0.5) as step:
            step([[scale]])
            assert step.theta[0] == pytest.approx(1.0 - min(scale, 0.5), rel=1e-5)
        w.data = 1.0


def test_digits_compiled_reach_the_same_accuracy():
    data = load_digits(scaled=True)
    train, test = data[:1400], data[1400:]
    model = MLP(64, [32, 10], initializer="kaiming_uniform", rng=Random(0))
    fit(model, train, cross_entropy, Adam(model.parameters(), lr=5e-3), epochs=30, compile=True)
    x = [Value(0.0) for _ in range(64)]
    logits = autograd.compile(model(x), x, model.parameters(), reduction=None)(test.inputs)
    assert accuracy(test.targets, logits.tolist()) > 0.9  # other writers than those of the training part


def test_results_are_not_overwritten_while_anything_refers_to_them():
    f = jit(lambda x: (x * sin(x), x + 1.0))
    x = np.arange(100.0)
    part = f(x)[0][1:]
    f(x + 1.0)
    np.testing.assert_allclose(part, (x * np.sin(x))[1:], rtol=1e-15)


def test_a_function_may_be_called_from_several_threads():
    f = jit(lambda x, y: x * sin(y) + y)
    f(1.0, 2.0)

    def largest_error(k):
        y = np.full(1000, 0.5 + k)
        return max(float(np.abs(f(k, y) - (k * np.sin(y) + y)).max()) for _ in range(100))

    with ThreadPoolExecutor(4) as pool:
        assert max(pool.map(largest_error, range(4))) < 1e-14
