"""Checkpointing: the same derivatives from less memory, in as few runs as theory allows."""

import copy
import functools
import gc
import itertools
import math
import pickle
import random
import weakref

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd
from autograd import Value, grad, gradient, hessian, jacobian, jvp, no_grad, reverse_sweep, topological_order
from autograd.transforms.checkpoints.checkpointing import checkpoint, checkpoint_sequential
from autograd.transforms.checkpoints.revolve import revolve_advances, revolve_schedule

# ---------------------------------------------------------------- checkpoint


def grads(y, *leaves):
    for leaf in leaves:
        leaf.grad = 0.0
    y.backward()
    return [leaf.grad for leaf in leaves]


def both(f, *numbers, outside=()):
    """The gradients with and without checkpoint, of inputs and of outside leaves."""
    found = []
    for function in (f, checkpoint(f)):
        inputs = [Value(x) for x in numbers]
        found.append(grads(function(*inputs), *inputs, *outside))
    return found


def test_the_gradient_is_that_of_the_plain_sweep():
    w = Value(0.7)
    plain, checkpointed = both(lambda x, y: (x * w).sin() * y + x * x / w, 1.3, -0.4, outside=[w])
    assert checkpointed == pytest.approx(plain, rel=1e-15)
    assert 0.0 not in plain


@given(st.integers(0, 10**6), st.integers(1, 4))
def test_random_programs_with_several_segments_have_the_gradients_of_the_plain_sweep(seed, width):
    def run(wrap):
        rng = random.Random(seed)
        leaves = [Value(rng.uniform(0.5, 1.5)) for _ in range(width)]
        weights = [Value(rng.uniform(0.5, 1.5)) for _ in range(2)]
        pool = list(leaves)  # of nodes, some of which a segment uses without being given them
        state = list(leaves)
        for _ in range(4):
            outside = [*rng.sample(pool, 1), rng.choice(weights)]
            a, b = rng.randrange(width), rng.randrange(width)
            kind = rng.randrange(3)

            def segment(xs, outside=outside, a=a, b=b, kind=kind):
                product = xs[a] * outside[0] + xs[b].tanh()
                mixed = autograd.logsumexp([product, *xs, outside[1]]) if kind else product.sin()
                return [mixed * x if i % 2 else mixed - x for i, x in enumerate(xs)] if kind < 2 else [*xs[1:], mixed]

            state = wrap(segment)(state)
            pool += state
        root = autograd.sum(state)
        return [*grads(root, *leaves, *weights), root.data]

    assert run(checkpoint) == pytest.approx(run(lambda f: f), rel=1e-12, abs=1e-14)


def test_only_inputs_are_stored():
    x, w = Value(1.0), Value(2.0)

    def deep(h):
        for _ in range(1000):
            h = (h * w).sin()
        return h

    y = checkpoint(deep)(x)
    assert set(topological_order(y)) == {x, w, y}


def test_nodes_of_the_outer_graph_used_from_outside_get_their_adjoint_in_order():
    x = Value(1.2)
    outer = x * x
    y = checkpoint(lambda h: h * outer * x)(x) + outer.sin()
    z = y * outer  # further users of `outer`, so that its adjoint is complete only at the end
    assert grads(z, x) == pytest.approx([grad(lambda x: (x * x * x * x + (x * x).sin()) * x * x)(1.2)])
    assert outer._uses == 0


def test_an_outer_node_returned_as_it_is_gets_the_adjoint():
    x = Value(1.2)
    outer = x * x
    y, z = checkpoint(lambda h: (outer, h))(x)
    assert grads(y * z, x) == pytest.approx([3 * 1.2**2])


def test_an_input_may_come_twice_and_from_outside_too():
    x = Value(1.5)
    y = checkpoint(lambda a, b: a * b * x)(x, x)
    assert grads(y, x) == pytest.approx([3 * 1.5**2])
    assert gradient(gradient(y, x, create_graph=True), x) == pytest.approx(6 * 1.5)


def test_several_results_take_one_more_run():
    runs = []
    x = Value(0.5)

    def f(a):
        runs.append(1)
        return {"sum": a + 1.0, "all": [a.sin(), (a * a, 3.0)], "none": None}

    out = checkpoint(f)(x)
    assert out["all"][1][1] == 3.0
    assert out["none"] is None
    y = out["sum"] * out["all"][0] + out["all"][1][0]
    assert len(runs) == 1
    assert grads(y, x) == pytest.approx([math.sin(0.5) + 1.5 * math.cos(0.5) + 1.0])
    assert len(runs) == 2


def test_results_that_are_not_below_the_root_of_this_sweep_do_not_count():
    x = Value(0.5)
    y, z = checkpoint(lambda a: (a * a, a.exp()))(x)
    assert grads(y * z, x) == pytest.approx([(0.25 + 1.0) * math.exp(0.5)])
    assert grads(y, x) == pytest.approx([1.0])
    assert grads(z, x) == pytest.approx([math.exp(0.5)])
    assert grads(y, x) == pytest.approx([1.0])


def test_leaves_accumulate_and_a_grad_of_none_is_accepted():
    x, w = Value(2.0), Value(3.0)
    x.grad = None
    y = checkpoint(lambda a: a * w)(x)
    y.backward()
    y.backward(gradient=2.0)
    assert (x.grad, w.grad) == (9.0, 6.0)


def test_segments_nest_three_deep():
    w = Value(0.9)
    inner = checkpoint(lambda h: (h * w).sin())
    middle = checkpoint(lambda h: inner(h) * inner(h * 2.0))
    outer = checkpoint(lambda h: middle(middle(h)) + inner(h))
    x = Value(0.4)
    y = outer(x)

    def plain(x, w):
        def i(h):
            return (h * w).sin()

        def m(h):
            return i(h) * i(h * 2.0)

        return m(m(x)) + i(x)

    assert grads(y, x, w) == pytest.approx(list(grad(plain, (0, 1))(0.4, 0.9)))
    assert gradient(gradient(y, w, create_graph=True), x) == pytest.approx(
        hessian(lambda v: plain(*v))([0.4, 0.9])[0][1]
    )


def test_ten_thousand_segments_in_a_row_take_no_stack():
    a = Value(0.999)
    step = checkpoint(lambda h: h * a)
    x = h = Value(1.0)
    for _ in range(10_000):
        h = step(h)
    assert grads(h, x, a) == pytest.approx([0.999**10_000, 10_000 * 0.999**9_999])


def test_a_segment_that_no_adjoint_reaches_does_not_run_again():
    runs = []

    def f(a):
        runs.append(1)
        return a.log()

    x = Value(2.0)
    assert grads(autograd.where(0.0, checkpoint(f)(x), x), x) == [1.0]
    assert len(runs) == 1
    zero = Value(0.0)
    with pytest.warns(autograd.DomainWarning, match="0.0 · inf"):  # one of 0 does
        assert math.isnan(grads(checkpoint(autograd.sqrt)(zero) * 0.0, zero)[0])


def test_functions_of_numbers_and_of_nothing_recorded_pass():
    assert checkpoint(lambda a: a * 2.0)(3.0) == 6.0
    assert checkpoint(lambda n, flag: [n] * 2 if flag else None)(2, flag="yes") == [2.0, 2.0]
    assert checkpoint(lambda: Value(3.0))().operands == ()
    with no_grad():
        assert checkpoint(lambda a: a * 2.0)(Value(3.0)).operands == ()


def test_backward_inside_no_grad_records_the_segment():
    x = Value(2.0)
    y = checkpoint(lambda a: a * a)(x)
    with no_grad():
        y.backward()
    assert x.grad == 4.0


def twice(h, x):
    """h·x in the lecture's style."""
    out = Value(h.data * x.data, (h, x), "twice")

    def _backward():
        h.grad += x.data * out.grad
        x.grad += h.data * out.grad

    out._backward = _backward
    return out


def test_operations_in_the_lectures_style_are_right_or_refused():
    x, w = Value(2.0), Value(3.0)
    assert grads(checkpoint(lambda h: twice(twice(h, w), w) * 2.0)(x), x, w) == [18.0, 24.0]
    outer = x * 5.0
    for f in (lambda h: twice(h, outer), lambda h: twice(twice(h, outer), w) * 2.0):
        with pytest.raises(RuntimeError, match=r"'twice'.*only its _backward closure.*write it with @primitive"):
            (checkpoint(f)(x) * outer).backward()
    assert outer._uses == 0


# ---------------------------------------------------------------- other sweeps and orders


def curve(f):
    return lambda v: f(v[0] * v[1], v[1]) * v[0] + autograd.sin(v[1])


def plain_part(p, q):
    return autograd.tanh(p) * q + autograd.exp(p / q)


@pytest.mark.parametrize("transform", [grad, hessian, jacobian, lambda f: grad(lambda v: grad(f)(v)[0])])
def test_transforms_see_through_a_segment(transform):
    plain, checkpointed = curve(plain_part), curve(checkpoint(plain_part))
    point = [0.6, 1.1]
    for row, expected in zip(transform(checkpointed)(point), transform(plain)(point), strict=True):
        assert row == pytest.approx(expected, rel=1e-12)
    assert jvp(checkpointed, (point,), ([1.0, 2.0],))[1] == pytest.approx(jvp(plain, (point,), ([1.0, 2.0],))[1])


def test_recorded_and_numeric_sweeps_reach_inputs_and_outside_leaves():
    x, w = Value(0.6), Value(1.1)
    y, z = checkpoint(lambda p: (p.tanh() * w, (p / w).exp()))(x)
    root = y * z
    adjoints = {root: 1.0}
    reverse_sweep(topological_order(root), adjoints)
    expected = grads(root, x, w)
    assert [adjoints[x], adjoints[w]] == pytest.approx(expected, rel=1e-13)
    by_x, by_w = gradient(root, [x, w], create_graph=True)
    assert [by_x.data, by_w.data] == pytest.approx(expected, rel=1e-13)
    second = hessian(lambda v: v[0].tanh() * v[1] * (v[0] / v[1]).exp())([0.6, 1.1])
    assert [gradient(by_x, x), gradient(by_x, w)] == pytest.approx(second[0], rel=1e-12)
    assert [gradient(by_w, x), gradient(by_w, w)] == pytest.approx(second[1], rel=1e-12)
    tangents = {x: 1.0}
    autograd.forward_sweep(topological_order(root), tangents)
    assert tangents[root] == pytest.approx(expected[0])


def test_a_transform_inside_a_segment_is_differentiated():
    x = Value(0.8)
    y = checkpoint(lambda h: grad(lambda q: q**3 * h)(h))(x)  # 3 h³
    assert y.data == pytest.approx(3 * 0.8**3)
    assert grads(y, x) == pytest.approx([9 * 0.8**2])


def test_numeric_sweeps_over_several_results_take_one_run():
    runs = []
    x = Value(0.5)

    def f(a):
        runs.append(1)
        return a.sin(), a.cos(), a.exp()

    root = autograd.sum(checkpoint(f)(x))
    for total in (2, 3):
        reverse_sweep(topological_order(root), {root: 1.0})
        assert len(runs) == total


# ---------------------------------------------------------------- what goes wrong is said


def test_changed_data_of_an_input_or_of_an_outside_leaf_is_refused():
    for changed in ("x", "w"):
        leaves = {"x": Value(2.0, label="x"), "w": Value(3.0, label="w")}
        y = checkpoint(lambda a, leaves=leaves: a * leaves["w"])(leaves["x"])
        leaves[changed].data = 5.0
        with pytest.raises(
            RuntimeError, match=rf"checkpoint\(<lambda>\).*label='{changed}'.*is now 5.0; call backward"
        ):
            y.backward()
        leaves[changed].data = 2.0 if changed == "x" else 3.0
        assert grads(y, *leaves.values()) == [3.0, 2.0]


def test_another_result_of_the_second_run_is_refused():
    counter = itertools.count(1)
    x = Value(2.0)
    y = checkpoint(lambda a: a * float(next(counter)))(x)
    with pytest.raises(RuntimeError, match=r"gave 2.0 when it ran first and 4.0 now; its function must"):
        y.backward()


def test_nan_results_are_equal_to_themselves():
    x = Value(-1.0)
    y = checkpoint(lambda a: a * math.nan)(x)
    y.backward()
    assert math.isnan(x.grad)


def test_an_error_in_the_second_run_leaves_the_graph_usable():
    fail = []

    def f(a):
        if fail:
            raise KeyError("no")
        return a * a, a.exp()

    x = Value(1.0)
    h = x * 1.0
    y, z = checkpoint(f)(h)
    root = y + z * 2.0
    fail.append(1)
    with pytest.raises(KeyError):
        root.backward()
    fail.clear()
    assert grads(root, x) == pytest.approx([2.0 + 2.0 * math.e])
    assert grads(y, x) == [2.0]


def test_what_is_no_function_or_no_number_is_refused():
    with pytest.raises(TypeError, match="takes a function of Values, not 3"):
        checkpoint(3)
    with pytest.raises(TypeError, match=r"checkpoint\(<lambda>\): the result"):
        checkpoint(lambda a: "text")(Value(1.0))


def test_copies_are_right_or_refused():
    x, w = Value(2.0), Value(3.0)
    y, z = checkpoint(lambda a: (a * w, a + w))(x)
    assert grads(copy.copy(y), x, w) == [3.0, 2.0]
    with pytest.raises(RuntimeError, match=r"was copied.*copy the leaves"):
        copy.deepcopy(y * z).backward()
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(y)


@pytest.mark.parametrize("swept", [False, True])
def test_a_segment_and_the_graph_below_are_freed_with_its_result(swept):
    gc.collect()
    gc.disable()
    try:
        x = Value(2.0)
        h = x * 1.0
        y, z = checkpoint(lambda a: (a * a, a.exp()))(h)
        out = checkpoint_sequential([lambda a: a * 1.1] * 20, h * 1.0, 2)
        root = y + z + out
        if swept:
            root.backward()
            reverse_sweep(topological_order(root), {root: 1.0})
        alive = [weakref.ref(node) for node in topological_order(root) if node is not x]
        alive += [weakref.ref(node.primitive.segment) for node in (y, out)]
        del h, y, z, out, root
        assert [ref() for ref in alive] == [None] * len(alive)
    finally:
        gc.enable()


# ---------------------------------------------------------------- revolve


@functools.cache
def fewest(steps, snapshots):
    """The least number of advances, by dynamic programming over all schedules that store one state at a time."""
    if steps == 1:
        return 0
    if snapshots == 1:
        return steps * (steps - 1) // 2
    return min(
        first + fewest(first, snapshots) + fewest(steps - first, snapshots - 1 or 1) for first in range(1, steps)
    )


def execute(steps, snapshots):
    """Play a schedule, check that each action is possible, and count the advances."""
    at, stored, most, advances, runs = 0, set(), 0, 0, [0] * steps
    left = steps
    for name, step, stop in revolve_schedule(steps, snapshots):
        if name == "store":
            assert at == step
            stored.add(step)
        elif name == "release":
            stored.remove(step)
        elif name == "restore":
            assert step in stored
            at = step
        elif name == "advance":
            assert at == step < stop < left
            for i in range(step, stop):
                runs[i] += 1
            advances += stop - step
            at = stop
        else:
            assert name == "reverse"
            assert at == step == left - 1 == stop - 1
            left, at = step, None
        most = max(most, len(stored))
    assert left == 0
    assert not stored
    assert most <= snapshots
    return advances


@pytest.mark.parametrize("snapshots", range(1, 9))
def test_the_schedule_is_optimal(snapshots):
    for steps in range(1, 61):
        assert execute(steps, snapshots) == fewest(steps, snapshots) == revolve_advances(steps, snapshots)


def test_the_schedule_of_many_steps_meets_the_formula():
    assert execute(10_000, 5) == revolve_advances(10_000, 5) == 14 * 10_000 - math.comb(19, 6)
    assert execute(10_000, 10_000) == 9_999


@pytest.mark.parametrize(("steps", "snapshots"), [(0, 1), (1, 0), (2.0, 1), (3, True), (-1, 2)])
def test_a_schedule_of_nothing_is_refused_at_once(steps, snapshots):
    with pytest.raises(ValueError, match="must be a whole number of at least 1"):
        revolve_schedule(steps, snapshots)


@pytest.mark.parametrize(("steps", "budget"), [(1, 1), (2, 1), (7, 1), (7, 3), (30, 4), (60, 8), (200, 3)])
def test_the_functions_are_called_as_often_as_the_formula_says(steps, budget):
    calls = [0]

    def step(state):
        calls[0] += 1
        return [state[0] * a + state[1], state[0].sin()]

    a = Value(0.9)
    x, y = Value(0.3), Value(0.2)
    out = checkpoint_sequential([step] * steps, [x, y], budget)
    assert calls[0] <= steps
    (out[0] * out[1]).backward()
    assert calls[0] == steps + revolve_advances(steps, budget)
    found = [x.grad, y.grad, a.grad]
    state = [x, y]
    for _ in range(steps):
        state = step(state)
    assert found == pytest.approx(grads(state[0] * state[1], x, y, a), rel=1e-12)


def test_a_second_backward_and_one_result_alone_are_right():
    x = Value(0.3)
    out = checkpoint_sequential([lambda s: (s[0].sin() + s[1], s[0] * s[1])] * 9, (x, Value(0.5)), 2)
    first = grads(out[0] * out[1], x)
    assert grads(out[0] * out[1], x) == first
    alone = grads(out[1], x)
    state = (x, Value(0.5))
    for _ in range(9):
        state = (state[0].sin() + state[1], state[0] * state[1])
    assert first == pytest.approx(grads(state[0] * state[1], x), rel=1e-12)
    assert alone == pytest.approx(grads(state[1], x), rel=1e-12)


def test_ten_thousand_steps_take_no_stack_and_little_memory():
    a = Value(0.9)
    alive = weakref.WeakSet()
    most = [0]

    def step(h):
        result = (h * a + 0.1).sin()
        alive.add(result)
        most[0] = max(most[0], len(alive))
        return result

    x = Value(0.3)
    checkpoint_sequential([step] * 10_000, x, memory_budget=5).backward()
    found = [x.grad, a.grad]
    assert most[0] <= 5
    h = x
    for _ in range(10_000):
        h = (h * a + 0.1).sin()
    assert found == pytest.approx(grads(h, x, a), rel=1e-10, abs=1e-300)


def test_values_from_outside_count_in_a_sequence_also_when_recorded():
    x = Value(0.4)
    outer = x * 2.0

    def run(sequential):
        steps = [lambda h: h * outer, lambda h: h + outer.sin(), lambda h: (h * x).tanh(), lambda h: h * outer]
        return checkpoint_sequential(steps, x, 2) if sequential else functools.reduce(lambda h, f: f(h), steps, x)

    assert grads(run(True) * outer, x) == pytest.approx(grads(run(False) * outer, x), rel=1e-13)
    second = [gradient(gradient(run(s), x, create_graph=True), x) for s in (True, False)]
    assert second[0] == pytest.approx(second[1], rel=1e-12)


def test_steps_may_be_checkpointed_and_constants_may_be_in_the_state():
    w = Value(0.8)
    step = checkpoint(lambda s: [s[0] * w + s[1], s[1] + 1])
    x = Value(0.3)
    out = checkpoint_sequential([step] * 6, [x, 2], 2)
    assert out[1] == 8.0
    found = grads(out[0], x, w)
    state = [x, 2.0]
    for _ in range(6):
        state = [state[0] * w + state[1], state[1] + 1]
    assert found == pytest.approx(grads(state[0], x, w))


def test_a_sequence_checks_its_arguments_and_its_second_run():
    x = Value(1.0)
    with pytest.raises(TypeError, match=r"functions\[1\] must be a function of a state, not 3"):
        checkpoint_sequential([abs, 3], x, 1)
    with pytest.raises(ValueError, match="memory_budget"):
        checkpoint_sequential([abs], x, 0)
    assert checkpoint_sequential([], x, 1) is x
    counter = itertools.count(1)
    y = checkpoint_sequential([lambda h: h * float(next(counter))] * 4, x, 1)
    with pytest.raises(RuntimeError, match=r"at functions\[2\]; its function must"):
        y.backward()


def test_sequences_of_dual_numbers_and_without_recording_run_plainly():
    steps = [lambda h: h * h] * 3
    assert jvp(lambda x: checkpoint_sequential(steps, x, 2), (1.1,), (1.0,))[1] == pytest.approx(8 * 1.1**7)
    assert grad(lambda x: checkpoint_sequential(steps, x, 2))(1.1) == pytest.approx(8 * 1.1**7)
    with no_grad():
        assert checkpoint_sequential(steps, Value(1.1), 2).operands == ()
    _, tangent = jvp(lambda x: checkpoint(lambda h: h * x)(Value(2.0)), (3.0,), (1.0,))  # x comes from outside
    assert tangent.data == 2.0
