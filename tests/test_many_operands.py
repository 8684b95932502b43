"""Rows of very many operands as machine code: the numbers of the engine, in pieces that LLVM takes in little time."""

import functools
import math
import random
import warnings

import numpy as np
import pytest

import autograd
from autograd import DomainWarning, Value, compile, grad, jit, jvp, log_softmax, logsumexp, maximum, minimum, softmax
from autograd.native.lowered import lowered
from autograd.native.planning.order import LONGEST_COPIED
from autograd.native.planning.plan import Loop
from autograd.native.recording.graph import LONGEST_SUM
from autograd.native.recording.shares import MOST_TOGETHER
from autograd.native.recording.tracing import traced, tracing
from tests.test_law import same

SIZE = MOST_TOGETHER + 4
ROWS = {
    "logsumexp": logsumexp,
    "a share": lambda v: softmax(v)[1],
    "shares": lambda v: autograd.dot(softmax(v), [math.sin(k) for k in range(len(v))]),
    "log shares": lambda v: log_softmax(v)[0] * log_softmax(v)[2] + log_softmax(v)[3],
    "with constants": lambda v: logsumexp([0.25, *v, 0.25, -0.0, 0.0, v[0] * v[1]]),
    "the same twice": lambda v: softmax([*v, *v])[2] + logsumexp([*v, v[0], v[0]]),
    "in turn": lambda v: logsumexp(softmax(v)) + logsumexp(v[::-1]),
    "maximum": lambda v: maximum(*v),
    "minimum": lambda v: minimum(*v) * maximum(*v),
    "mean": lambda v: autograd.mean(v) ** 2,
    "sum": lambda v: autograd.sum(v) * v[0],
}
_r = random.Random(5)
POINTS = {
    "ordinary": [_r.gauss(0.0, 1.0) for _ in range(SIZE)],
    "far apart": [300.0 * _r.gauss(0.0, 1.0) for _ in range(SIZE)],
    "one share close to 1": [40.0, *[_r.gauss(0.0, 1.0) for _ in range(SIZE - 1)]],
    "all equal": [0.5] * SIZE,
    "two largest": [2.0, 1.0, 2.0, *[0.0] * (SIZE - 3)],
    "far from 0": [800.0 + _r.gauss(0.0, 1.0) for _ in range(SIZE)],
}
SPECIAL = {
    "inf": [math.inf, *POINTS["ordinary"][1:]],
    "two of inf": [math.inf, 1.0, math.inf, *POINTS["ordinary"][3:]],
    "-inf": [1.0, -math.inf, *POINTS["ordinary"][2:]],
    "all -inf": [-math.inf] * SIZE,
    "nan": [*POINTS["ordinary"][:-1], math.nan],
}
BACKENDS = ("llvm", "numpy", "interpreter")


def value(f):
    """The function itself."""
    return f


def along(f):
    """The derivative of the gradient in a direction."""
    return lambda v: jvp(grad(f), (v,), ([math.cos(k) for k in range(len(v))],))[1]


def flat(found):
    """Numbers of a number or a list."""
    return [float(x) for x in (found if isinstance(found, list) else [found])]


@functools.cache
def eager(row, of, name):
    """What the engine gives, which takes operations by the cube of the number of operands for second derivatives."""
    return flat(of(ROWS[row])({**POINTS, **SPECIAL}[name]))


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("row", ROWS)
def test_a_row_of_many_operands_is_the_same_in_machine_code(row, backend):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DomainWarning)
        for of in (value, grad, along) if backend == "llvm" else (value, grad):
            compiled = jit(of(ROWS[row]), backend=backend)
            for name, point in POINTS.items():
                for found, right in zip(flat(compiled(point)), eager(row, of, name), strict=True):
                    assert same(found, right), (name, found, right)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("row", [row for row in ROWS if row != "in turn"])
def test_so_are_its_special_values(row, backend):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DomainWarning)
        compiled, slopes = jit(ROWS[row], backend=backend), jit(grad(ROWS[row]), backend=backend)
        for name, point in SPECIAL.items():
            assert same(compiled(point), *eager(row, value, name)), name
            if row not in ("with constants", "the same twice"):
                assert all(map(same, slopes(point), eager(row, grad, name))), name


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("row", ROWS)
def test_a_loss_of_such_a_row_is_the_same_compiled(row, backend):
    """By parameters alone, and by what they make of the samples."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DomainWarning)
        ps, x = [Value(0.5 - 0.01 * k) for k in range(SIZE)], Value(1.0)
        for numbers, batch in ((ps, np.empty((1, 0))), ([p * x for p in ps], np.ones((2, 1)))):
            made = compile(ROWS[row](numbers), [x][: batch.shape[1]], ps, backend=backend)
            for name, point in POINTS.items():
                found, slopes = made.value_and_grad(batch, point)
                assert same(found, *eager(row, value, name)), name
                assert all(map(same, slopes, eager(row, grad, name))), name
            for name, point in SPECIAL.items() if row != "in turn" else ():
                assert same(made.value_and_grad(batch, point)[0], *eager(row, value, name)), name


@pytest.mark.parametrize("row", ROWS)
def test_a_gradient_by_parameters_takes_operations_by_their_number(row):
    counts = []
    for size in (50, 200):
        ps, x = [Value(math.sin(k)) for k in range(size)], Value(0.5)
        counts.append(compile(ROWS[row]([p * x for p in ps]), [x], ps, backend="numpy").nodes)
    assert counts[1] < 5 * counts[0] + 100


def test_the_digits_of_a_share_close_to_1_stay():
    point = [40.0, *[0.0] * (SIZE - 1)]
    rest = (SIZE - 1) * math.exp(-40.0)
    assert jit(lambda v: log_softmax(v)[0])(point) == pytest.approx(-rest, rel=1e-12)
    for shares in (softmax, log_softmax):
        assert jit(grad(lambda v, shares=shares: shares(v)[0]))(point)[0] == pytest.approx(rest, rel=1e-12)


@pytest.mark.parametrize("row", ROWS)
def test_second_derivatives_take_operations_by_the_number_of_operands(row):
    """Of 200 less than 5 times those of 50: their square would be 16 times, their cube 64."""
    counts = []
    for size in (50, 200):
        leaves = [traced(math.sin(k)) for k in range(size)]
        with tracing():
            found = along(ROWS[row])(leaves)
        counts.append(lowered(found, leaves).nodes)
    assert counts[1] < 5 * counts[0] + 100


@pytest.mark.parametrize("in_samples", [True, False])
@pytest.mark.parametrize("row", [row for row in ROWS if row != "in turn"])
def test_no_operation_has_very_many_operands(row, in_samples):
    size = 3 * LONGEST_SUM
    xs = [Value(math.sin(k)) for k in range(size)]
    loss = ROWS[row]([x * math.cos(k) for k, x in enumerate(xs)])
    made = compile(loss, xs, reduction=None) if in_samples else compile(loss, [], xs, reduction="sum")
    loops = [step for step in (*made.plan.before, *made.plan.samples, *made.plan.after) if isinstance(step, Loop)]
    assert max(len(op.sources) for loop in loops for op in loop.operations) <= 2 * max(LONGEST_SUM, LONGEST_COPIED) + 1
    numbers = [math.sin(k) for k in range(size)]
    right = ROWS[row]([x * math.cos(k) for k, x in enumerate(numbers)])
    found = made(np.array([numbers]))[0] if in_samples else made.value_and_grad(np.empty((1, 0)))[0]
    assert found == pytest.approx(right, rel=1e-11)


def test_samples_written_out_in_a_loss_are_summed_in_loops():
    w, b = Value(0.5), Value(0.1)
    points = [(math.sin(k), math.cos(0.7 * k)) for k in range(300)]
    loss = autograd.sum([(w * x + b - y) ** 2 for x, y in points])
    made = compile(loss, [], [w, b], reduction="sum")
    value, slopes = made.value_and_grad(np.empty((1, 0)))
    loss.backward()
    assert value == pytest.approx(loss.data, rel=1e-12)
    assert slopes == pytest.approx([w.grad, b.grad], rel=1e-10)
    loops = [step for step in (*made.plan.before, *made.plan.after) if isinstance(step, Loop)]
    assert max(len(op.sources) for loop in loops for op in loop.operations) < 2 * LONGEST_COPIED
