"""The plan of a graph: layers are found again however they were written, and odd graphs are graphs too."""

import gc
import itertools
import random
import tracemalloc

import numpy as np
import pytest

import autograd
from autograd import Value, primitive
from autograd.native.doors.compiled import compile
from autograd.native.planning.places import MOST_WORK
from autograd.native.planning.plan import Loop, OuterSum, Product
from autograd.native.recording.derivative import batch_gradient
from nn import MLP

BACK_ENDS = ["llvm", "numpy"]
each_back_end = pytest.mark.parametrize("backend", BACK_ENDS)
SIZES = [2, 16, 16, 1]


# ---------------------------------------------------------------- one network, written in three ways


def _values(count, seed=0):
    return [Value(x) for x in np.random.default_rng(seed).uniform(-1, 1, count)]


def module():
    random.seed(1)
    model = MLP(2, SIZES[1:])
    x = _values(2, 7)
    return x, model(x), model.parameters()


def neuron_by_neuron():
    """As in micrograd: the sum of w·x, one neuron after the other."""
    x = _values(2, 7)
    signals, parameters = x, []
    for size in SIZES[1:]:
        found = []
        for _ in range(size):
            *weights, bias = _values(len(signals) + 1, len(parameters))
            parameters += [*weights, bias]
            signal = sum((w * s for w, s in zip(weights, signals, strict=True)), bias)
            found.append(signal.relu() if size > 1 else signal)
        signals = found
    return x, signals[0], parameters


def arrays():
    """As object arrays of NumPy: h @ W + b."""
    x = _values(2, 7)
    signals, parameters = np.array(x, dtype=object), []
    for inputs, outputs in itertools.pairwise(SIZES):
        weights = np.array(_values(inputs * outputs, len(parameters)), dtype=object).reshape(inputs, outputs)
        bias = np.array(_values(outputs, 100 + len(parameters)), dtype=object)
        parameters += [*weights.ravel(), *bias]
        signals = signals @ weights + bias
        if outputs > 1:
            signals = np.array([signal.relu() for signal in signals], dtype=object)
    return x, signals[0], parameters


def hinge_loss(score, target, parameters):
    return (1.0 - target * score).relu() + 1e-4 * autograd.sum([p * p for p in parameters])


def products(plan):
    return [(step.outputs, step.inputs) for step in plan.samples if isinstance(step, Product)]


def outer_sums(plan):
    return {frozenset((step.lefts, step.rights)) for step in plan.samples if isinstance(step, OuterSum)}


def by_backward(loss, inputs, parameters, data):
    """The mean loss and gradient by the interpreter: `loss` records it for inputs."""
    total, gradient = 0.0, np.zeros(len(parameters))
    for sample in data:
        for x, number in zip(inputs, sample, strict=True):
            x.data = number
        for p in parameters:
            p.grad = 0.0
        value = loss()
        value.backward()
        total += value.data
        gradient += [p.grad for p in parameters]
    return total / len(data), gradient / len(data)


@pytest.mark.parametrize("written", [module, neuron_by_neuron, arrays])
def test_the_layers_of_a_network_are_found_however_it_was_written(written):
    x, score, parameters = written()
    target = Value(1.0)
    f = compile(hinge_loss(score, target, parameters), [*x, target], parameters)
    # three layers forward; back through the last, whose transposed product has one input, and through the second
    assert products(f.plan) == [(16, 2), (16, 16), (1, 16), (16, 16)]
    assert outer_sums(f.plan) == {frozenset((16, 2)), frozenset((16,)), frozenset((16, 1))}
    loops = [step for step in f.plan.samples if isinstance(step, Loop)]
    assert {loop.passes for loop in loops} == {1, 16}
    assert sum(len(loop.operations) for loop in loops) < 30  # nothing of a layer is written out node by node


def test_the_three_ways_give_the_same_plan_up_to_the_order_of_parameters():
    counts = set()
    for written in (module, neuron_by_neuron, arrays):
        x, score, parameters = written()
        target = Value(1.0)
        plan = compile(hinge_loss(score, target, parameters), [*x, target], parameters).plan
        counts.add((plan.strips, plan.slots, len(plan.before), len(plan.samples), len(plan.after)))
    assert len(counts) == 1


# ---------------------------------------------------------------- layers of another kind


def layer(weights, biases, inputs):
    return [autograd.affine(row, inputs, bias) for row, bias in zip(weights, biases, strict=True)]


def check(loss, inputs, parameters, backend, size=11):
    """Compiled equals interpreted; the compiled function."""
    f = compile(loss(), inputs, parameters, backend=backend)
    data = np.random.default_rng(3).uniform(-1, 1, (size, len(inputs)))
    value, gradient = f.value_and_grad(data)
    true_value, true_gradient = by_backward(loss, inputs, parameters, data)
    assert value == pytest.approx(true_value, rel=1e-13, abs=1e-15)  # a sum of some dozen terms of size one
    np.testing.assert_allclose(gradient, true_gradient, rtol=1e-12, atol=1e-14)
    return f


@each_back_end
def test_a_frozen_layer_has_products_but_no_outer_sum(backend):
    frozen = np.random.default_rng(1).uniform(-1, 1, (8, 4))
    x, w = _values(4, 2), _values(8, 3)

    def loss():
        hidden = [h.tanh() for h in layer(frozen.tolist(), [0.1 * i for i in range(8)], x)]
        return autograd.dot(w, hidden) ** 2.0

    f = check(loss, x, w, backend)
    assert (8, 4) in products(f.plan)
    assert frozenset((8, 4)) not in outer_sums(f.plan)


@each_back_end
def test_weights_that_are_functions_of_parameters_make_a_layer(backend):
    x, w = _values(4, 2), _values(36, 3)

    def loss():
        positive = [[autograd.exp(p) for p in w[4 * i : 4 * i + 4]] for i in range(8)]
        return autograd.sum([h.sigmoid() for h in layer(positive, [0.0] * 8, x)]) * w[32]

    f = check(loss, x, w, backend)
    assert (8, 4) in products(f.plan)
    assert frozenset((8, 4)) in outer_sums(f.plan)


@each_back_end
def test_parameters_shared_by_two_layers_get_the_sum_of_both_gradients(backend):
    x, w = _values(4, 2), _values(16, 3)

    def loss():
        matrix = [w[4 * i : 4 * i + 4] for i in range(4)]
        hidden = [h.tanh() for h in layer(matrix, [0.0] * 4, x)]
        return autograd.sum([h.tanh() for h in layer(matrix, w[:4], hidden)])

    f = check(loss, x, w, backend)
    assert products(f.plan)[:2] == [(4, 4), (4, 4)]


@each_back_end
def test_a_parameter_may_be_used_many_times_in_a_sample(backend):
    x, w = _values(2, 2), _values(1, 3)
    check(lambda: sum((w[0] * w[0] * x[0] * i + w[0] / (1 + x[1] ** 2) for i in range(7)), w[0]), x, w, backend)


# ---------------------------------------------------------------- odd graphs


@each_back_end
def test_an_input_may_be_unused(backend):
    x, w = _values(3, 2), _values(2, 3)
    check(lambda: (w[0] * x[1] - 0.5) ** 2.0, x, w, backend)


@each_back_end
@pytest.mark.parametrize("size", [1, 7, 8, 64, 100])
def test_an_output_may_be_an_input_a_parameter_a_constant_or_the_same_twice(backend, size):
    x, y, w = Value(1.0), Value(2.0), Value(3.0)
    product = x * y
    f = compile([x, product, w, w * w, Value(5.0), y, product, x + 0.0], [x, y], [w], reduction=None, backend=backend)
    data = np.arange(2.0 * size).reshape(size, 2)
    a, b = data.T
    for batch in (data, np.asfortranarray(data)):
        expected = np.stack([a, a * b, 0 * a + 3.0, 0 * a + 9.0, 0 * a + 5.0, b, a * b, a], axis=1)
        np.testing.assert_array_equal(f(batch), expected)


@each_back_end
def test_there_may_be_no_parameters_and_no_inputs(backend):
    x, w = Value(1.5), Value(2.0)
    value, gradient = compile(x * x, [x], backend=backend).value_and_grad([[1.0], [3.0]])
    assert (value, len(gradient)) == (5.0, 0)
    value, gradient = compile(w**3.0, [x], [w], backend=backend).value_and_grad([[1.0], [3.0]])
    assert (value, list(gradient)) == (8.0, [12.0])


@each_back_end
def test_a_loss_may_be_a_leaf(backend):
    x, w = Value(1.5), Value(2.0)
    value, gradient = compile(w, [x], [w], backend=backend).value_and_grad([[1.0], [3.0]])
    assert (value, list(gradient)) == (2.0, [1.0])
    value, gradient = compile(x, [x], [w], backend=backend).value_and_grad([[1.0], [3.0]])
    assert (value, list(gradient)) == (2.0, [0.0])


@each_back_end
def test_an_adjoint_of_zero_stops_where_a_partial_is_infinite(backend):
    """As in the interpreter: the square root of 0 behind a choice that was not taken."""
    w = Value(1.0)
    x = Value(0.5)

    def loss(x):
        return autograd.where((x * w).step(), autograd.sqrt(autograd.relu(x * w)), 0.0) + autograd.log(1.0 + w * w)

    f = compile(loss(x), [x], [w], backend=backend)
    value, gradient = f.value_and_grad([[-1.0], [0.0], [-2.0]])
    assert value == pytest.approx(np.log(2.0), rel=1e-15)
    assert gradient == pytest.approx([1.0], rel=1e-15)


@each_back_end
@pytest.mark.parametrize("size", [1, 7, 9])
def test_an_infinite_loss_is_infinite_whatever_the_size_of_the_batch(backend, size):
    x, w = Value(1.0), Value(2.0)
    value, gradient = compile(w * autograd.exp(x), [x], [w], backend=backend).value_and_grad([[800.0]] * size)
    assert (value, list(gradient)) == (np.inf, [np.inf])


@each_back_end
@pytest.mark.filterwarnings("ignore::autograd.DomainWarning")
def test_division_by_a_constant_zero_is_recorded_and_compiled(backend):
    x, w = Value(1.0), Value(2.0)
    value, gradient = compile(w * x / 0.0, [x], [w], backend=backend).value_and_grad([[3.0]])
    assert (value, list(gradient)) == (np.inf, [np.inf])


# ---------------------------------------------------------------- size, and compiling again


def straight_line(count):
    rng = random.Random(0)
    x = _values(4, 5)
    nodes = list(x)
    while len(nodes) < count:
        a, b = rng.choice(nodes[-60:]), rng.choice(nodes[-60:])
        nodes.append(rng.choice([lambda a, b: a * b, lambda a, b: 0.5 * (a - b), lambda a, b: (a + b).tanh()])(a, b))
    return x, autograd.sum(nodes[-60:])


@pytest.mark.parametrize("count", [2_000, pytest.param(20_000, marks=pytest.mark.slow)])
def test_a_long_straight_line_graph_is_split_and_right(count):
    x, output = straight_line(count)
    f = compile(output, x, reduction=None)
    work = [sum(len(operation.sources) for operation in step.operations) for step in f.plan.samples]
    assert len(work) > count // MOST_WORK
    assert max(work) <= MOST_WORK + 60  # one more operation than fits, and the sum at the end has sixty operands
    found = f(np.array([[v.data for v in x]] * 3))
    np.testing.assert_allclose(found, output.data, rtol=1e-12)


def test_the_same_graph_compiled_twice_comes_from_the_cache():
    def compiled():
        x, w = Value(1.0), Value(2.0)
        return compile((w * x - 0.7719).tanh(), [x], [w])

    first, second = compiled(), compiled()
    assert (second.stats().from_cache, second.stats().compile_seconds) == (True, 0.0)
    assert first.value_and_grad([[3.0]])[0] == second.value_and_grad([[3.0]])[0]


@each_back_end
def test_another_row_of_the_same_name_is_another_program(backend):
    """Redefining a primitive in a notebook must not run the old one."""
    results = []
    for factor in (2.0, 3.0):

        @primitive(partials=(lambda y, x, factor=factor: factor,))
        def scaled(x, factor=factor):
            return factor * x

        x, w = Value(1.0), Value(1.0)
        results.append(compile(scaled(w * x), [x], [w], backend=backend).value_and_grad([[1.0]])[0])
    assert results == [2.0, 3.0]


@each_back_end
def test_neighbours_become_loops(backend):
    """Rosenbrock's function: differences of neighbours, constants that equal the number of a node, no inputs."""
    numbers = np.random.default_rng(4).uniform(-1.5, 1.5, 100)
    xs = [Value(x) for x in numbers]
    loss = Value(0.0)
    for a, b in itertools.pairwise(xs):
        loss = loss + 100.0 * (b - a * a) ** 2 + (1.0 - a) ** 2
    compiled = compile(loss, [], xs, reduction="sum", backend=backend)
    value, gradient = compiled.value_and_grad(np.empty((1, 0)), numbers)
    loss.backward()
    assert value == pytest.approx(loss.data, rel=1e-13)
    np.testing.assert_allclose(gradient, [x.grad for x in xs], rtol=1e-11)
    operations = [step for step in (*compiled.plan.before, *compiled.plan.after) if isinstance(step, Loop)]
    assert sum(len(step.operations) for step in operations if step.passes == 1) < 10


def test_the_cycle_collector_rests_while_a_graph_is_compiled():
    """It would look through all that is recorded so far, again and again: three quarters of the time of a large one."""
    model, x = MLP(60, [20, 5]), _values(60)
    loss = autograd.sum(model(x))
    compile(x[0] * x[1], x)  # what is imported at first
    gc.collect()
    begun = []
    looked = lambda phase, _: begun.append(phase)
    threshold = gc.get_threshold()
    gc.set_threshold(100, 10, 10)
    gc.callbacks.append(looked)
    try:
        compile(loss, x, model.parameters())
    finally:
        gc.callbacks.remove(looked)
        gc.set_threshold(*threshold)
    assert gc.isenabled()
    assert begun.count("start") < 100  # 20 in what does not grow with the graph; without the rest 300


def test_the_memory_of_a_gradient_is_in_proportion_to_the_operands():
    """A term of each of the 1,000 weights refers to all the operands; that they are 2,000 must be kept once."""
    weights, x = _values(1000), _values(1000)
    loss = autograd.sin(autograd.affine(weights, x))
    batch_gradient(autograd.sin(x[0] * weights[0]), x[:1], weights[:1])
    tracemalloc.start()
    found = batch_gradient(loss, x, weights)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(found.gradients) == 1000
    assert peak < 4e6  # 0.9 MB; 33 MB with a tuple for each term
