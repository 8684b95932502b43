"""One law: every transform and every back end gives what the plain function gives, special values included.

Programs, points with 0, inf and nan among them, reverse and recorded sweeps, forward mode, `jit` on each back end.
`LAW_EXAMPLES=9000 python -m pytest tests/test_law.py -k "everywhere or forward"` makes over 100,000 comparisons.
"""

import itertools
import math
import os
import warnings

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from autograd import (
    DomainWarning,
    Value,
    abs,
    atan2,
    cbrt,
    checkpoint,
    compile,
    cos,
    derivative,
    div,
    exp,
    floor,
    grad,
    gradient,
    hessian,
    hypot,
    jit,
    jvp,
    log,
    log1p,
    logsumexp,
    maximum,
    minimum,
    mul,
    pow,
    primitive,
    relu,
    sigmoid,
    sin,
    softmax,
    softplus,
    sqrt,
    step,
    sub,
    sum,
    tanh,
    value_and_grad,
    vjp,
    where,
)  # fmt: skip
from autograd.native.lowered import lowered
from autograd.native.recording.tracing import traced, tracing

EXAMPLES = int(os.environ.get("LAW_EXAMPLES", "60"))
BACKENDS = ("llvm", "numpy", "interpreter")
UNARY = (sqrt, log, exp, log1p, relu, step, abs, floor, tanh, sigmoid, softplus, sin, cos, cbrt)
BINARY = (mul, sub, div, pow, maximum, minimum, hypot, atan2)
POINTS = (0.0, 1.0, -1.0, 2.5, -0.5, 800.0, -800.0, math.inf, -math.inf, math.nan)


@st.composite
def programs(draw):
    """A function of two numbers, as a list of steps (row, indices of earlier results)."""
    steps = []
    for i in range(draw(st.integers(1, 6))):
        earlier = st.integers(0, i + 1)
        kind = draw(st.sampled_from(("unary", "binary", "where", "sum")))
        count = {"unary": 1, "binary": 2, "where": 3, "sum": 2}[kind]
        rows = {"unary": UNARY, "binary": BINARY, "where": (where,), "sum": (sum,)}[kind]
        steps.append((draw(st.sampled_from(rows)), [draw(earlier) for _ in range(count)]))
    return steps


def function_of(steps):
    def f(x, y):
        found = [x, y]
        for row, at in steps:
            operands = [found[i] for i in at]
            found.append(row(operands) if row is sum else row(*operands))
        return found[-1] + 0.0 * x if found[-1] is y else found[-1]

    return f


def numbers(found):
    return [
        x.data if isinstance(x, Value) else float(x) for x in (found if isinstance(found, (list, tuple)) else [found])
    ]


def same(a, b, tolerance=1e-9):
    """Beside the last digits: what cancels to 0 one way may leave a rounding of its terms another way."""
    return (a != a and b != b) or a == b or math.isclose(a, b, rel_tol=tolerance, abs_tol=1e-14)


def observed(f, point):
    """∂f by every way of reverse mode, by its name.

    Not among the points: a denominator whose reciprocal overflows, which machine code shares between quotients, and
    -0.0, of which a sum in Python is 0.0.
    """
    x, y = map(Value, point)
    ways = {"grad": grad(f, (0, 1))(*point)}
    root = f(x, y)
    root.backward()
    ways["backward"] = (x.grad, y.grad)
    ways["gradient"] = gradient(root, (x, y))
    ways["recorded"] = gradient(root, (x, y), create_graph=True)
    ways["vjp"] = vjp(f, *point)[1](1.0)
    if all(map(math.isfinite, point)):  # what machine code counts on where a gate is closed
        for backend in BACKENDS:
            ways[backend] = jit(grad(f, (0, 1)), backend=backend)(*point)
    return {name: numbers(found) for name, found in ways.items()}


@settings(max_examples=EXAMPLES, deadline=None)
@given(programs(), st.tuples(st.sampled_from(POINTS), st.sampled_from(POINTS)))
@example([(sqrt, [0]), (mul, [2, 2])], (0.0, 1.0))
@example([(maximum, [0, 1]), (sqrt, [2])], (-1.0, 0.0))
@example([(step, [0]), (log, [0]), (where, [2, 3, 1])], (-1.0, 2.0))
@example([(sqrt, [0]), (mul, [0, 2]), (mul, [0, 3]), (where, [0, 0, 4])], (-1.0, 0.0))
@example([(sqrt, [0]), (maximum, [0, 2]), (where, [0, 0, 3])], (-1.0, 0.0))
def test_reverse_mode_is_the_same_everywhere(steps, point):
    f = function_of(steps)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DomainWarning)
        ways = observed(f, point)
        values = [jit(f, backend=backend)(*point) for backend in BACKENDS]
        plain = numbers(f(*map(Value, point)))[0]
    for value in values:
        assert same(value, plain)
    for name, found in ways.items():
        assert all(map(same, found, ways["grad"])), (name, ways)


@settings(max_examples=EXAMPLES, deadline=None)
@given(programs(), st.tuples(st.sampled_from(POINTS), st.sampled_from(POINTS)))
@example([(sqrt, [0]), (relu, [1]), (maximum, [2, 3])], (-1.0, 0.0))
def test_forward_mode_agrees_wherever_both_are_finite(steps, point):
    """Sums of infinities meet in another order there: inf here may be nan there, but two finite numbers are one."""
    f = function_of(steps)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DomainWarning)
        reverse = numbers(grad(f, (0, 1))(*point))
        pushes = [lambda x, y, unit=unit: jvp(f, (x, y), unit)[1] for unit in ((1.0, 0.0), (0.0, 1.0))]
        forward = [numbers(push(*point))[0] for push in pushes]
        if all(map(math.isfinite, point)):
            for backend in BACKENDS:
                for push, plain in zip(pushes, forward, strict=True):
                    found = numbers(jit(push, backend=backend)(*point))[0]
                    assert same(found, plain) or abs_difference(found, plain) < 1e-9, backend
    for a, b in zip(reverse, forward, strict=True):
        assert not (math.isfinite(a) and math.isfinite(b)) or same(a, b, 1e-6) or abs_difference(a, b) < 1e-9


def abs_difference(a, b):
    return math.fabs(a - b)


@pytest.mark.parametrize("row", [row for row in (*UNARY, *BINARY) if not row.gate], ids=lambda row: row.name)
def test_what_has_no_gates_is_plain_products_in_machine_code(row):
    def f(x, y):
        first = row(*(x, y)[: row.arity])
        return row(*(first, y)[: row.arity]) * first

    for derivatives in (grad(f, (0, 1)), lambda x, y: hessian(lambda v: f(*v))([x, y])):
        leaves = [traced(0.5), traced(0.25)]
        with tracing():
            found = derivatives(*leaves)
        plan = lowered([z for part in found for z in (part if isinstance(part, list) else [part])], leaves).plan
        rows = {operation.row.name for step in plan.samples for operation in step.operations}
        assert not rows & {"gated_product", "where", "where_positive"}


def test_softmax_of_what_overflows_is_right_on_all_back_ends():
    for backend in BACKENDS:
        assert jit(grad(lambda x: logsumexp([x, 0.0])), backend=backend)(800.0) == 1.0


# ---------------------------------------------------------------- rows of one's own, and nodes made by hand


RESULTS = {
    "float": float, "int": int, "bool": lambda x: x > 1.0, "np.float64": lambda x: __import__("numpy").float64(x),
    "0-d": lambda x: __import__("numpy").asarray(x), "Fraction": lambda x: __import__("fractions").Fraction(x),
}  # fmt: skip


@pytest.mark.parametrize("kind", RESULTS)
def test_numbers_of_any_kind_are_floats_at_the_door_of_a_row(kind):
    convert = RESULTS[kind]

    @primitive(partials=(lambda z, x, y: convert(2.0), 1))
    def line(x, y):
        return convert(2.0 * x + y)

    found = grad(lambda x, y: line(x, y) * x, (0, 1))(3.0, 4.0)
    value, slope = float(convert(10.0)), float(convert(2.0))
    assert found == (value + 3.0 * slope, 3.0)
    x, y = Value(3.0), Value(4.0)
    root = line(x, y) * x
    root.backward()
    assert (x.grad, y.grad) == found
    assert jvp(lambda x: line(x, 4.0) * x, (3.0,), (1.0,))[1] == found[0]
    assert derivative(derivative(lambda x: line(x, 4.0) * x))(3.0) == 2.0 * slope


def test_what_is_no_number_is_refused_with_the_name_of_the_row():
    @primitive(partials=(lambda z, x: 2 * x,))
    def pair(x):
        return x, x

    with pytest.raises(TypeError, match=r"^pair: the result must be one real number, not tuple"):
        pair(Value(2.0))
    with pytest.raises(TypeError, match=r"partials must be a tuple"):
        primitive(partials=2.0)(lambda x: x)


def test_a_partial_that_asks_for_a_plain_number_is_refused_where_it_is_recorded():
    @primitive(partials=(lambda y, x: math.cos(x),))
    def sine(x):
        return math.sin(x)

    assert grad(sine)(1.0) == math.cos(1.0)
    x = Value(1.0)
    for second in (grad(grad(sine)), derivative(sine, 2), lambda _: gradient(sine(x), x, create_graph=True)):
        with pytest.raises(TypeError, match=r"use autograd\.sin and autograd\.cos"):
            second(1.0)


def test_local_derivatives_in_third_place_are_taken_for_what_they_are():
    a, b = Value(2.0), Value(5.0)
    z = Value(10.0, (a, b), [5.0, 2.0])
    z.backward()
    assert (a.grad, b.grad, z._children, z._local_grads) == (5.0, 2.0, (a, b), (5.0, 2.0))
    with pytest.raises(ValueError, match="2 operands, but 1 local derivative;"):
        Value(1.0, (a, b), (1.0,))
    with pytest.raises(TypeError, match="label='a'"):
        Value(1.0, "a")
    with pytest.raises(TypeError, match="no argument 'lable': did you mean label"):
        Value(1.0, lable="a")


def test_a_closure_hands_on_in_every_reverse_transform():
    def square(u):
        y = Value(u.item() ** 2, (u, u, 1.0), "sq")

        def backward():
            u.grad += 2 * u.item() * y.grad

        y._backward = backward
        return y * 3

    x = Value(2.0)
    x.grad = 7.0
    assert (gradient(square(x), x), grad(square)(2.0), vjp(square, 2.0)[1](1.0), x.grad) == (12.0, 12.0, (12.0,), 7.0)
    with pytest.raises(TypeError, match="@primitive"):
        derivative(square)(2.0)


@pytest.mark.parametrize("f", [lambda x: x**3, sin, tanh, abs, lambda x: hypot(x, 1.0) + x, lambda x: exp(-x * x)])
def test_recording_across_any_change_of_data_is_refused(f):
    x = Value(1.0)
    y = f(x)
    x.data = -1.0
    with pytest.raises(RuntimeError, match="changed after it was recorded"):
        gradient(y, x, create_graph=True)


# ---------------------------------------------------------------- what machine code does not know


@primitive(partials=(lambda z, x, _y: math.erf(x) * z if x > 0.0 else 1.0 / (x - 1.0), 2.0))
def opaque(x, y):
    return math.gamma(x) * 2.0 + 2.0 * y  # its partials are made up: any will do


@primitive(partials=lambda _z, xs: [math.exp(x) for x in xs])
def opaque_of_many(xs):
    return math.fsum(map(math.exp, xs))


def through_opaque(x, y):
    return opaque(x, y * y) * opaque_of_many(x, sin(y), x * y)


@pytest.mark.parametrize("backend", ["interpreter", "numpy"])
def test_opaque_functions_are_called_by_the_back_ends_that_can(backend):
    slope = grad(through_opaque, (0, 1))
    points = [(0.5, 1.5), (3.0, -2.0), (-0.5, 0.0), (0.0, 1.0), (-1.0, 2.0), (1.0, math.nan)]  # 0 and -1 are poles
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DomainWarning)
        expected = [(through_opaque(*p), *slope(*p)) for p in points]
    value, derivatives = jit(through_opaque, backend=backend), jit(slope, backend=backend)
    for point, right in zip(points, expected, strict=True):
        assert all(map(same, (value(*point), *derivatives(*point)), right))
    columns = [np.array(column) for column in zip(*points, strict=True)]
    found = zip(value(*columns), *derivatives(*columns), strict=True)
    assert all(all(map(same, *pair)) for pair in zip(found, expected, strict=True))
    x, w = Value(0.7), Value(1.2)
    loss, (by_w,) = compile(through_opaque(x, w), [x], [w], backend=backend).value_and_grad([[0.5], [0.5]])
    assert same(loss, through_opaque(0.5, 1.2))
    assert same(by_w, slope(0.5, 1.2)[1])


@pytest.mark.parametrize("backend", ["llvm", "c"])
def test_machine_code_of_an_opaque_function_is_refused_with_what_to_use(backend):
    for f in (through_opaque, grad(through_opaque)):
        with pytest.raises(TypeError, match=r"opaque\S* cannot be compiled.*backend='numpy'"):
            jit(f, backend=backend)(0.5, 1.5)


def test_an_opaque_partial_is_not_differentiated_again():
    for f, point in ((grad(grad(through_opaque)), (0.5, 1.5)), (hessian(lambda v: through_opaque(*v)), ([0.5, 1.5],))):
        with pytest.raises(TypeError, match=r"opaque\S*: its partials ask for plain numbers.*once only"):
            jit(f, backend="numpy")(*point)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("create_graph", [False, True])
def test_gradient_of_what_is_recorded_for_machine_code(backend, create_graph):
    w = Value(1.5)

    def f(x):
        x = x if isinstance(x, Value) else Value(x)
        return gradient(sin(x * w) * x, [x, w], create_graph=create_graph)

    g = jit(f, backend=backend)
    for x in (0.5, -2.0):
        assert all(map(same, g(x), numbers(f(x))))
        w.data += 1.0


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_captured_node_keeps_what_it_recorded(backend):
    w, u = Value(3.0), Value(0.5)
    again = checkpoint(lambda v: v * w)(u)  # would be run again by a sweep, and refuses other numbers
    nodes = [w * 2.0, softmax([w, u])[0], again, opaque(w, 2.0), sum([w, u, w * u])]
    ways = [
        *(lambda x, v=v: x * v + v for v in nodes),
        *(lambda x, v=v: v for v in nodes),
        *(lambda x, v=v: grad(lambda y: sin(y * v) * (w * v))(x) for v in nodes if v is not again),
    ]
    jitted = [jit(f, backend=backend) for f in ways]
    for change in (None, -1.5):
        if change is not None:
            w.data = u.data = change
        for f, g in zip(ways, jitted, strict=True):
            assert same(g(0.25), numbers(f(0.25))[0])


# ---------------------------------------------------------------- comparisons


CHOICES = {
    "x > y": lambda x, y: x > y,
    "x >= 1": lambda x, _: x >= 1.0,
    "1 > y": lambda _, y: y < 1.0,
    "x <= y": lambda x, y: x <= y,
    "and": lambda x, y: (x > 0.0) & (y < x),
    "or": lambda x, y: (x > 0.0) | (y < x),
    "xor": lambda x, y: (x > 0.0) ^ (y <= x),
    "with a bool": lambda x, y: True & (x > y) | False,
    "and not": lambda x, y: (x > y) & ~(y > 0.0),
}


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("choice", CHOICES)
@pytest.mark.filterwarnings("ignore::autograd.DomainWarning", "ignore:Bitwise inversion:DeprecationWarning")
def test_comparisons_choose_the_same_in_machine_code(choice, backend):
    f = lambda x, y: where(CHOICES[choice](x, y), x * y + 1.0, sin(x) - y)
    compiled, slopes = jit(f, backend=backend), jit(grad(f, (0, 1)), backend=backend)
    second = jit(derivative(lambda x: f(x, 0.5), 2), backend=backend)
    for x in POINTS:
        for y in POINTS:
            assert same(compiled(x, y), numbers(f(Value(x), Value(y)))[0]), (x, y)
            if all(map(math.isfinite, (x, y))):
                assert all(map(same, slopes(x, y), grad(f, (0, 1))(x, y))), (x, y)
                assert same(second(x), derivative(lambda x: f(x, 0.5), 2)(x)), x


def test_what_a_truth_value_is_not_for_is_refused():
    for f in (lambda x: x if x > 0.0 else -x, lambda x: 0.0 < x < 1.0, lambda x: max(x, 2.0), lambda x: not x > 0.0):
        with pytest.raises(TypeError, match="asks for the number of a value"):
            jit(f)(1.0)
    with pytest.raises(TypeError, match="unsupported operand"):
        jit(lambda x: (x > 0.0) & x)(1.0)
    with pytest.raises(TypeError, match="asks for the number of a value"):
        jit(lambda x: ~x)(1.0)


# ---------------------------------------------------------------- arrays


V, M = np.array([0.5, 1.5, 2.0]), np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.5]])
OVER_ARRAYS = {
    "each element": (lambda x: np.sin(x) * 2.0 + x, V),
    "NumPy's functions": (lambda x: np.exp(x) / np.maximum(x, 1.0) - np.abs(-x), V),
    "broadcast": (lambda x, y: x * y, V, M),
    "with a number": (lambda x, k: x * k + k, M, 3.0),
    "a comparison": (lambda x: where(x[0] > 1.0, x[1], x[2]), V),
    "an element": (lambda x: x[0] * x[1] + sin(x[2]), V),
    "a slice": (lambda x: x[1:] * x[:-1], V),
    "a loop": (lambda x: [y * y for y in x], V),
    "a sum": (lambda x: sum(x * x), V),
    "NumPy's sum": (lambda x: np.sum(x**2), V),
    "a mean over rows": (lambda x: x.mean(axis=1), M),
    "a product of matrices": (lambda w, x: w @ x, M, V),
    "the transpose": (lambda w: w.T * 2.0, M),
    "its length": (lambda x: x * len(x), V),
    "softmax": (lambda x: softmax(list(x)), V),
    "in a dict": (lambda d: {"s": sum(d["x"]), "x": d["x"] * d["k"]}, {"x": V, "k": 2.0}),
    "whole numbers": (lambda x: x[0] * x[1], np.array([2, 3])),
    "a gradient": (grad(lambda x: x[0] * x[1] * sin(x[2])), V),
    "a value and a gradient": (grad(lambda x: logsumexp(x), has_aux=False), V),
    "a Hessian": (hessian(lambda x: x[0] ** 2 * x[1] + x[2] ** 3), V),
    "the gradient by a matrix": (grad(lambda w, x: sum((w @ x) ** 2)), M, V),
}


def flat(found):
    """The leaves, in order, and where arrays stand."""
    if isinstance(found, dict):
        return [x for key in found for x in flat(found[key])]
    if isinstance(found, list | tuple):
        return [x for part in found for x in flat(part)]
    shape = getattr(found, "shape", ())
    return [shape, *np.asarray(found, dtype=float).ravel().tolist()]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("what", OVER_ARRAYS)
def test_arrays_are_to_machine_code_what_they_are_to_the_function(what, backend):
    f, *arguments = OVER_ARRAYS[what]
    compiled, plain = jit(f, backend=backend), f(*arguments)
    for _ in range(2):  # recorded, and found again
        a, b = flat(compiled(*arguments)), flat(plain)
        assert len(a) == len(b)
        assert all(x == y if isinstance(y, tuple) else same(x, y) for x, y in zip(a, b)), (a, b)


def test_arrays_of_other_shapes_and_numbers_are_other_programs():
    f = jit(lambda x: sum(x * x))
    assert [f(np.arange(n) * 1.0) for n in (2, 3, 4, 3)] == [1.0, 5.0, 14.0, 5.0]


@pytest.mark.parametrize("first", [0, 1])
def test_numbers_and_arrays_have_programs_of_their_own(first):
    f = jit(lambda x: np.sum(x * 2.0))
    for _ in range(2):
        for argument, right in [(3.0, 6.0), (V, 8.0)][:: 1 - 2 * first]:
            assert f(argument) == right


def test_what_neither_takes_is_refused():
    with pytest.raises(TypeError, match="asks for the number of a value"):
        jit(lambda x: x if x[0] > 0.0 else -x)(V)
    with pytest.raises(TypeError, match="array must hold real numbers"):
        jit(lambda x: x[0])(np.array(["a"]))
    with pytest.raises(IndexError):
        jit(lambda x: x[5])(V)


def test_what_minimises_takes_compiled_functions():
    optimize = pytest.importorskip("scipy.optimize")
    f = lambda x: sum([100.0 * (q - p * p) ** 2 + (1.0 - p) ** 2 for p, q in itertools.pairwise(x)])
    found = optimize.minimize(jit(value_and_grad(f)), np.zeros(6), jac=True)
    assert found.x == pytest.approx(np.ones(6), abs=1e-5)
