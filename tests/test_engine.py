"""Values: operators, recording, the rules of backward, copying, refusals."""

import copy
import gc
import math
import pickle
import subprocess
import sys
import threading
import warnings
import weakref
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

import autograd
from autograd import DomainWarning, Value, linear, no_grad, primitive, topological_order
from autograd.core import mode, recording


def grads(root, *leaves):
    root.backward()
    return [leaf.grad for leaf in leaves]


# ---------------------------------------------------------------- operators


@pytest.mark.parametrize(
    "other", [2, 2.0, True, Fraction(1, 2), Decimal("0.5"), np.float64(2), np.float32(2), np.int64(2)]
)
def test_numbers_of_every_kind_on_either_side(other):
    number = float(other)
    for left, right, true in [
        (Value(3.0) + other, other + Value(3.0), 3.0 + number),
        (Value(3.0) * other, other * Value(3.0), 3.0 * number),
    ]:
        assert isinstance(left, Value)
        assert left.data == right.data == true
    assert (Value(3.0) - other).data == 3.0 - number
    assert (other - Value(3.0)).data == number - 3.0
    assert (Value(3.0) / other).data == 3.0 / number
    assert (other / Value(3.0)).data == number / 3.0
    assert (Value(3.0) ** other).data == 3.0**number
    assert (other ** Value(3.0)).data == number**3.0
    assert (Value(3.0) % other).data == 3.0 % number
    assert (Value(3.0) // other).data == 3.0 // number
    assert (other % Value(3.0)).data == number % 3.0
    assert (other // Value(3.0)).data == number // 3.0


def test_reflected_operators_record_operands_as_written():
    x = Value(4.0)
    y = 1.0 - x
    assert y.operands == (1.0, x)
    assert y.partials == (None, -1.0)
    assert grads(2.0**x, x) == [16.0 * math.log(2.0)]


def test_in_place_forms_make_new_nodes():
    a = b = Value(2.0)
    a += 1.0
    a *= b
    a -= 1
    a /= 2
    a **= 2
    assert b.data == 2.0
    assert a.data == 6.25
    assert grads(a, b) == [2 * 2.5 * 5 / 2]


def test_unary_operators():
    x = Value(-2.0)
    assert (-x).data == 2.0
    assert abs(x).data == 2.0
    assert +x is x


def test_the_same_operand_twice_is_two_edges():
    a = Value(3.0)
    square = a * a
    assert square.operands == (a, a)
    assert grads(square, a) == [6.0]


def test_comparisons_look_at_data_and_equality_at_identity():
    a, b = Value(1.0), Value(1.0)
    assert a <= b
    assert a >= 1
    assert not a < b
    assert a < 2
    assert a < 2
    assert a != b
    assert a == a
    assert len({a, b}) == 2
    assert bool(Value(0.0)) is False
    with pytest.raises(TypeError):
        _ = a < "1"
    with pytest.raises(TypeError):
        _ = a < None


def test_every_refusal_says_what_was_given():
    for bad in (
        "1",
        b"1",
        None,
        1j,
        [1.0],
        (1.0,),
        {},
        np.array([1.0]),
        Decimal("sNaN"),
        10**400,
        object(),
        Value(1.0),
    ):
        with pytest.raises(TypeError, match=f"Value: data must .*{type(bad).__name__}"):
            Value(bad)
        if isinstance(bad, Value | np.ndarray) or type(bad) is object:
            continue
        for operation in (lambda b: Value(1.0) * b, lambda b: b * Value(1.0), lambda b: Value(1.0) + b):
            with pytest.raises(
                TypeError, match=rf"(mul|add): operand [12] must .*{type(bad).__name__}|can only concatenate"
            ):
                operation(bad)
        with pytest.raises(TypeError, match="exp: operand 1 must"):
            autograd.exp(bad)
    with pytest.raises(TypeError, match="unsupported operand"):
        Value(1.0) * object()
    with pytest.raises(TypeError, match=r"hypot takes 2 operand\(s\), got 1"):
        autograd.hypot(Value(1.0))


def test_data_takes_only_numbers():
    x = Value(1.0)
    x.data = 3
    assert x.data == 3.0
    assert type(x.data) is float
    for bad in ("a", None, np.ones(2), Value(1.0)):
        with pytest.raises(TypeError, match="data of Value"):
            x.data = bad
    assert x.data == 3.0


def test_attributes_of_ones_own_belong_on_a_subclass():
    class Weight(Value):
        pass

    w = Weight(2.0)
    w.colour = "red"
    y = w * 3.0 + 1.0 / w
    assert grads(y, w) == [3.0 - 0.25]
    assert (Value(1.0) + w).data == 3.0
    assert copy.deepcopy(w).colour == "red"


# ---------------------------------------------------------------- numpy


def test_numpy_arrays_on_either_side_are_elementwise():
    v = Value(2.0)
    for result in (v * np.array([1.0, 2.0]), np.array([1.0, 2.0]) * v):
        assert result.dtype == object
        assert [x.data for x in result] == [2.0, 4.0]
    assert [x.data for x in v - np.array([1.0, 2.0])] == [1.0, 0.0]


def test_object_arrays_multiply_as_matrices():
    X = np.array([[1.0, 2.0], [3.0, 4.0]])
    W = np.array([[Value(1.0), Value(2.0)], [Value(3.0), Value(4.0)]])
    H = X @ W
    assert [[x.data for x in row] for row in H] == (X @ np.array([[1.0, 2.0], [3.0, 4.0]])).tolist()
    H.sum().backward()
    assert W[0, 0].grad == 4.0


def test_ufuncs_call_the_methods():
    v = Value(0.5)
    names = (
        "exp exp2 expm1 log log1p log2 log10 sqrt cbrt sin cos tan arcsin arccos arctan "
        "sinh cosh tanh arcsinh arctanh fabs"
    )
    for name in names.split():
        if not hasattr(Value, name):
            continue
        result = getattr(np, name)(v)
        assert isinstance(result, Value)
        assert result.data == pytest.approx(getattr(np, name)(0.5), rel=1e-15)
    assert np.arctan2(v, Value(2.0)).data == math.atan2(0.5, 2.0)
    assert np.power(v, 2).data == 0.25
    assert np.std(np.array([v, Value(1.5)])).data == 0.5


# ---------------------------------------------------------------- backward


def test_leaves_accumulate_and_intermediate_nodes_are_reset():
    x = Value(2.0)
    h = x * x
    y = h * 3.0
    y.backward()
    y.backward()
    assert x.grad == 24.0
    assert h.grad == 3.0
    (x * 1.0).backward()
    assert x.grad == 25.0


def test_backward_of_a_leaf_adds_the_seed():
    x = Value(2.0)
    x.backward()
    x.backward(gradient=3.0)
    assert x.grad == 4.0


def test_a_seed_scales_the_gradient():
    x = Value(2.0)
    (x * x).backward(gradient=0.5)
    assert x.grad == 2.0
    with pytest.raises(TypeError, match="backward: gradient"):
        (x * x).backward(gradient="1")


def test_a_grad_of_none_counts_as_zero():
    x, y = Value(2.0), Value(3.0)
    x.grad = y.grad = None
    assert grads(x * y + autograd.sum([x, y]), x, y) == [4.0, 3.0]


def test_changing_data_after_recording_changes_no_recorded_gradient():
    x, y = Value(2.0), Value(5.0)
    z = x * y
    x.data, y.data = 100.0, 200.0
    assert grads(z, x, y) == [5.0, 2.0]


def test_recording_a_derivative_after_data_changed_is_refused():
    x = Value(2.0)
    z = x * x
    x.data = 3.0
    with pytest.raises(RuntimeError, match=r"mul: the data .* changed after it was recorded"):
        autograd.reverse_sweep(topological_order(z), {z: 1.0}, record=True)


def test_diamonds_and_shared_nodes():
    a = Value(2.0)
    b = a + 1.0
    c = b * b + b
    d = c * b + c
    assert grads(d, a) == [3 * 9 + 4 * 3 + 1]


def test_zero_grad_clears_the_graph_below():
    x = Value(2.0)
    y = (x * x).exp()
    y.backward()
    y.zero_grad()
    assert x.grad == y.grad == y.operands[0].grad == 0.0


def test_zero_times_infinity_is_nan_and_says_where():
    x = Value(0.0, label="x")
    message = r"^sqrt\(0.0 \(x\)\): the derivative through it is nan, because 0.0 · inf arises; use hypot"
    for product in (x.sqrt() * 0.0 + x, 0.0 * x.sqrt(), x.sqrt() ** 2):
        with pytest.warns(DomainWarning, match=message):
            (found,) = grads(product, x)
        assert math.isnan(found)
        with pytest.warns(DomainWarning, match=message):
            assert math.isnan(autograd.gradient(product, x))


CLOSED = {  # each with the gradient at -1
    "where": (lambda x: autograd.where(autograd.step(x), x.log(), x), 1.0),
    "relu": (lambda x: autograd.sqrt(x.relu()) + x, 1.0),
    "maximum": (lambda x: autograd.log(autograd.maximum(x, 0.0)) + x, 1.0),
    "minimum": (lambda x: autograd.minimum(x, 5.0 + x.sqrt().floor()) + x, math.nan),
    "floor": (lambda x: autograd.sqrt(autograd.floor(x)) + x, 1.0),
    "a gate above a gate": (lambda x: autograd.where(0.0, autograd.where(1.0, x.log(), x), 2.0 * x), 2.0),
}


@pytest.mark.filterwarnings("ignore::autograd.DomainWarning")
@pytest.mark.parametrize("name", CLOSED)
def test_what_a_gate_keeps_out_never_arrives(name):
    function, expected = CLOSED[name]
    found = [grads(function(x := Value(-1.0)), x)[0]]
    found.append(autograd.grad(function)(-1.0))
    found.append(autograd.jvp(function, (-1.0,), (1.0,))[1])
    found.append(autograd.gradient(function(x), x, create_graph=True))
    found += [autograd.jit(autograd.grad(function), backend=b)(-1.0) for b in ("llvm", "numpy", "interpreter")]
    numbers = [getattr(slope, "data", slope) for slope in found]
    assert numbers == pytest.approx([expected] * 7, nan_ok=True)


def test_fast_sweep_equals_the_readable_one():
    x = [Value(0.3 + i / 10) for i in range(5)]
    h = linear(x, [x, x[::-1]], [1.0, x[0]])
    root = autograd.logsumexp([*h, x[1] * x[2], 2.0, x[3] ** 2]).tanh() - 1.0 / x[4]
    adjoints = {root: 1.0}
    autograd.reverse_sweep(topological_order(root), adjoints)
    root.backward()
    for node in topological_order(root):
        assert node.grad == pytest.approx(adjoints[node], rel=1e-14)


def test_an_interrupted_sweep_leaves_the_graph_usable():
    x = Value(2.0)
    h = Value(4.0, (x,), "square")
    y = h * h + h + x.exp()

    def interrupted():
        raise KeyboardInterrupt

    def square():
        x.grad += 2.0 * x.data * h.grad

    h._backward = interrupted
    with pytest.raises(KeyboardInterrupt):
        y.backward()
    assert all(node._uses == 0 for node in topological_order(y))
    x.zero_grad()
    h._backward = square
    assert grads(y, x) == [pytest.approx(2 * 4 * 4 + 4 + math.exp(2.0), rel=1e-15)]


# ---------------------------------------------------------------- depth, memory


@pytest.mark.parametrize("nodes", [200_000, pytest.param(1_000_000, marks=pytest.mark.exhaustive)])
def test_a_chain_of_a_million_nodes_lives_and_dies(nodes):
    code = f"""
import copy, pickle, resource
from autograd import Value
x = y = Value(1.0)
for _ in range({nodes}):
    y = y + 1e-6
y.backward()
assert x.grad == 1.0
twin = copy.deepcopy(y)
assert twin is not y and twin.data == y.data
twin.backward()
twin = None
z = y
for _ in range(20_000):
    z = z * 1.0
assert pickle.loads(pickle.dumps(z)).data == z.data
del x, y, z
"""
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], check=True)


def test_nodes_are_freed_without_the_cycle_collector():
    gc.collect()
    gc.disable()
    try:
        x = Value(2.0)
        y = autograd.sum([x * x, x.exp(), linear([x], [[x]], [x])[0]])
        y.backward()
        seen = [weakref.ref(node) for node in topological_order(y) if node is not x]
        del y
        assert all(reference() is None for reference in seen)
        assert gc.collect() == 0
    finally:
        gc.enable()


# ---------------------------------------------------------------- no_grad, detach, float


def test_no_grad_is_of_one_thread():
    x = Value(2.0)
    inside, result = threading.Event(), []

    def other():
        inside.wait(5)
        result.append((x * x).operands)

    thread = threading.Thread(target=other)
    thread.start()
    with no_grad():
        inside.set()
        thread.join()
        assert (x * x).operands == ()
        assert linear([x], [[x]], [x])[0].operands == ()
        assert (2.0 - x).operands == x.exp().operands == autograd.sum([x, x]).operands == ()
        assert not autograd.is_grad_enabled()
    assert result == [(x, x)]
    assert (x * x).operands == (x, x)
    assert not mode.unusual


def test_no_grad_decorates_nests_and_survives_errors():
    x = Value(2.0)

    @no_grad()
    def f():
        with no_grad():
            pass
        return x * x

    assert f().operands == ()
    with pytest.raises(KeyError), no_grad():
        raise KeyError
    assert autograd.is_grad_enabled()


def test_detach_and_item():
    x = Value(2.0, label="x")
    y = (x * x).detach()
    assert y.operands == ()
    assert y.item() == y.data == 4.0
    assert x.detach().label == "x"


@pytest.mark.parametrize("y", [Value(6.0), Value(2.0) * 3.0], ids=["leaf", "node"])
def test_float_of_a_value_that_records_warns_once(monkeypatch, y):
    monkeypatch.setattr(recording, "_detached_before", False)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert float(Value(2.0).requires_grad_(False)) == 2.0
        with autograd.no_grad():
            unrecorded = y + 1.0
            assert float(y) == 6.0
        assert float(unrecorded) == 7.0
    with pytest.warns(UserWarning, match="not differentiated"):
        assert math.sqrt(y) == math.sqrt(6.0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert float(y) == 6.0
        assert int(y) == 6


# ---------------------------------------------------------------- showing


def test_repr_and_format():
    x = Value(2.5, label="x")
    assert repr(x) == "Value(data=2.5, grad=0.0, label='x')"
    assert f"{x:.3f}" == "2.500"
    assert f"{x}" == str(x) == repr(x)
    assert "\n" not in repr(Value(1.0) * 2)
    assert dict(item[:2] for item in x.__rich_repr__())["data"] == 2.5


# ---------------------------------------------------------------- copying


def test_deepcopy_keeps_sharing_and_is_independent():
    a = Value(2.0, label="a")
    y = a * a + autograd.sum([a, a * 3.0])
    a2, y2 = copy.deepcopy([a, y])
    y2.backward()
    assert a.grad == 0.0
    assert a2.grad == 4.0 + 1.0 + 3.0
    assert a2.label == "a"


def test_pickle_keeps_leaves_shared():
    a = Value(2.0, label="a")
    y = (a * a + autograd.logsumexp([a, 1.0])).tanh()
    a2, y2 = pickle.loads(pickle.dumps([a, y]))
    assert y2.data == y.data
    y.backward()
    y2.backward()
    assert a2.grad == a.grad


def test_copy_is_another_node_of_the_same_operands():
    a = Value(2.0)
    y = copy.copy(a * a)
    y.backward()
    assert a.grad == 4.0


# ---------------------------------------------------------------- micrograd's names


def test_operations_in_the_style_of_the_lecture():
    def tanh(x):
        t = math.tanh(x.data)
        out = Value(t, (x,), "tanh")

        def _backward():
            x.grad += (1 - t**2) * out.grad

        out._backward = _backward
        return out

    x = Value(0.7)
    y = tanh(x * 2.0) * 3.0
    assert y.operands[0]._op == "tanh"
    assert grads(y, x)[0] == pytest.approx(6.0 / math.cosh(1.4) ** 2, rel=1e-15)
    y.backward()
    assert x.grad == pytest.approx(12.0 / math.cosh(1.4) ** 2, rel=1e-15)
    with pytest.raises(TypeError, match="has only its _backward closure"):
        autograd.reverse_sweep(topological_order(y), {y: 1.0}, record=True)


def test_children_op_and_prev():
    a, b = Value(2.0), Value(3.0)
    y = a * b
    assert y._prev == {a, b}
    assert y._op == "×"
    assert Value(1.0)._prev == set()
    assert Value(1.0)._op == ""
    assert sorted(v.data for v in (a + 5.0)._prev) == [2.0, 5.0]
    y.grad = 2.0
    y._backward()
    assert (a.grad, b.grad) == (6.0, 4.0)
    custom = Value(5.0, (a, b), "+", "sum")
    assert (custom.label, custom._op, custom._prev) == ("sum", "+", {a, b})
    with pytest.raises(TypeError, match="_backward must be a function"):
        y._backward = 3


def test_assigning_a_closure_overrides_a_recorded_operation():
    a = Value(2.0)
    y = a * 3.0

    def double():
        a.grad += 100.0 * y.grad

    y._backward = double
    assert grads(y, a) == [100.0]


# ---------------------------------------------------------------- primitives of one's own


def test_a_primitive_of_ones_own_works_everywhere():
    @primitive(partials=(lambda z, x, y: 2.0 * x * y, lambda z, x, y: x * x))
    def x_squared_y(x, y):
        return x * x * y

    x, y = Value(3.0), Value(2.0)
    assert x_squared_y(3.0, 2.0) == 18.0
    z = x_squared_y(x, y)
    assert grads(z, x, y) == [12.0, 9.0]
    adjoints = {z: 1.0}
    autograd.reverse_sweep(topological_order(z), adjoints, record=True)
    x.grad = 0.0
    adjoints[x].backward()
    assert x.grad == 4.0
    assert x_squared_y(x, 2.0).partials == (12.0, None)


def test_domain_warning_points_at_the_users_line():
    with pytest.warns(
        DomainWarning, match=r"log\(-1.0 \(p\)\) is outside its domain, x > 0: the result is nan"
    ) as record:
        Value(-1.0, label="p").log()
    assert record[0].filename == __file__
    with pytest.warns(DomainWarning) as record:
        autograd.log(Value(-1.0))
    assert record[0].filename == __file__


def test_linear_is_affine_for_every_row():
    w = [[Value(1.0), Value(2.0)], [Value(3.0), Value(4.0)]]
    b = [Value(0.5), Value(-0.5)]
    x = [Value(1.5), 2.5]
    for row, bias, fast in zip(w, b, linear(x, w, b), strict=True):
        slow = autograd.affine(row, x, bias)
        assert (fast.data, fast.operands, fast.partials) == (slow.data, slow.operands, slow.partials)
    assert linear([1, 2], [[3, 4]], [5]) == [16.0]
    with pytest.raises(ValueError, match="2 weights in a row, but 1 input"):
        linear([1.0], w, b)
    with pytest.raises(ValueError, match="2 rows of weights, but 1 bias"):
        linear(x, w, b[:1])
    with pytest.raises(ValueError, match="2 weights, but 1 input"):
        autograd.affine([1.0, 2.0], [1.0])
    with pytest.raises(ValueError, match="got 1 and 2"):
        autograd.dot([1.0], [1.0, 2.0])
    with pytest.raises(ValueError, match="at least one operand"):
        autograd.mean([])


# ---------------------------------------------------------------- freezing

FROZEN_OPERATIONS = [
    lambda w, x: w * x,
    lambda w, x: x * w,
    lambda w, x: w - x,
    lambda w, x: x / w,
    lambda w, x: x**w,
    lambda w, x: -w + x.exp(),
    lambda w, x: w.log() * x.sin(),
    lambda w, x: autograd.affine([w, x], [x, w], w),
    lambda w, x: linear([x, 2.0], [[w, x], [w, w]], [w, w])[0],
    lambda w, x: w.maximum(x) + autograd.logsumexp([w, x]),
    lambda w, x: (np.array([w, x]) @ np.array([x, w])) + np.exp(w),
    lambda w, x: autograd.checkpoint(lambda h: (h * w).sin())(x),
]


@pytest.mark.parametrize("f", FROZEN_OPERATIONS)
def test_a_frozen_value_is_a_constant(f):
    w, x = Value(3.0), Value(2.0)
    y = f(w, x)
    y.backward()
    slope = x.grad
    w.grad = x.grad = 0.0
    assert w.requires_grad_(False) is w
    z = f(w, x)
    z.backward()
    assert z.data == y.data
    assert x.grad == pytest.approx(slope, rel=1e-15)
    assert w.grad == 0.0
    assert w not in topological_order(z)
    w.requires_grad = True
    f(w, x).backward()
    assert w.grad != 0.0


def test_what_is_computed_from_frozen_values_is_frozen():
    w = Value(3.0).requires_grad_(False)
    for y in (w * 2, 2 - w, w.exp(), -w, abs(w), autograd.affine([w], [2.0], w), linear([1.0], [[w]], [w])[0]):
        assert (y.operands, y.requires_grad) == ((), False)
        with pytest.raises(RuntimeError, match=r"frozen.*requires_grad_\(True\)"):
            y.backward()
    with pytest.warns(DomainWarning, match=r"log\(-3.0\)"):
        assert math.isnan((-w).log().data)
    with pytest.raises(TypeError, match="operand 2"):
        w + "1"


def test_only_plain_leaves_can_be_frozen():
    class Named(Value):
        pass

    with pytest.raises(ValueError, match="only a leaf can be frozen, not the result of mul"):
        (Value(1.0) * 2.0).requires_grad_(False)
    with pytest.raises(TypeError, match="not a Named"):
        Named(1.0).requires_grad_(False)
    assert Value(1.0).requires_grad_(True).requires_grad


def test_transforms_take_frozen_values_for_constants():
    w = Value(3.0).requires_grad_(False)
    assert autograd.grad(lambda x: x * x * w)(2.0) == 12.0
    assert autograd.jvp(lambda x: x * w, (2.0,), (1.0,)) == (6.0, 3.0)
    assert autograd.hessian(lambda x: x[0] ** 2 * w)([2.0]) == [[6.0]]


def test_frozen_values_stay_frozen_when_copied_and_pickled():
    w = Value(3.0, label="w").requires_grad_(False)
    code = f"import pickle, sys; w = pickle.loads({pickle.dumps(w)!r}); print(w.requires_grad, (w + 1.0).operands)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "False ()\n"
    assert not copy.deepcopy(w).requires_grad
    assert not copy.copy(w).requires_grad
    assert copy.deepcopy(w).label == "w"
