"""Random programs: every back end gives what the interpreter gives, values and gradients, sample by sample.

A program is a directed acyclic graph over the rows of the table, with shared nodes, constants, layers written in
several ways and penalties on parameters.  The interpreter records it afresh for each sample and calls `backward`.
"""

import functools
import math
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd import TABLE, Value, reverse_sweep, topological_order
from autograd.native.c.backend import c_compiler
from autograd.native.doors.compiled import compile

pytestmark = pytest.mark.filterwarnings("ignore::autograd.DomainWarning")

SIZES = [1, 7, 8, 9, 100, 300]  # a vector less one, a vector, a vector and one, several blocks
CONSTANTS = [2.0, 0.5, -1.0, 1.0, 0.0, 3.0]
VARIADIC = sorted(name for name, row in TABLE.items() if row.arity is None)
UNARY, BINARY = (sorted(name for name, row in TABLE.items() if row.arity == n) for n in (1, 2))
GROWING = {"exp", "exp2", "expm1", "sinh", "cosh", "mul", "pow", "tan", "div", "cbrt", "hypot", "sum", "dot", "affine"}
ACTIVATIONS = ["relu", "tanh", "sigmoid", "leaky_relu", "silu", "identity", "exp_minus_square"]


@dataclass(frozen=True)
class Step:
    """A row on earlier nodes; a negative index is that of a constant."""

    row: str
    operands: tuple[int, ...]
    tamed: bool  # whether operands are brought into the domain, and a result that grows is made small


@dataclass(frozen=True)
class Layer:
    """A layer on earlier nodes with parameters of its own; all of its outputs are new nodes."""

    inputs: tuple[int, ...]
    outputs: int
    style: str
    weights: str
    activation: str


@dataclass(frozen=True)
class Program:
    """Steps on the inputs and parameters, and what is left of them."""

    inputs: int
    parameters: int
    steps: tuple[Step | Layer, ...]
    penalty: str | None
    size: int
    wild: bool  # whether data may be infinite, nan, huge or subnormal
    seed: int

    @property
    def count(self) -> int:
        """The parameters, those of the layers included."""
        layers = [step for step in self.steps if isinstance(step, Layer) and step.weights in ("own", "exp")]
        return self.parameters + sum(layer.outputs * (len(layer.inputs) + 1) for layer in layers)


@st.composite
def programs(draw):
    """A program of some ten steps."""
    inputs, parameters = draw(st.integers(1, 4)), draw(st.integers(0, 4))
    nodes = inputs + parameters
    steps = []
    for _ in range(draw(st.integers(1, 10))):
        node = st.integers(-len(CONSTANTS), nodes - 1)
        if draw(st.integers(0, 3)) == 3:
            step = Layer(
                tuple(draw(st.lists(st.integers(0, nodes - 1), min_size=1, max_size=6, unique=draw(st.booleans())))),
                draw(st.integers(1, 6)),
                draw(st.sampled_from(["affine", "dot", "chain", "sum"])),
                draw(st.sampled_from(["own", "exp", "shared", "constant"])),
                draw(st.sampled_from(ACTIVATIONS)),
            )
            nodes += step.outputs
        else:
            name = draw(st.sampled_from(draw(st.sampled_from([UNARY, BINARY, VARIADIC]))))
            count = TABLE[name].arity or (3 if name == "where" else draw(st.integers(1, 5)))
            count += {"dot": count, "affine": count + 1}.get(name, 0)
            step = Step(name, tuple(draw(node) for _ in range(count)), draw(st.integers(0, 7)) > 0)
            nodes += 1
        steps.append(step)
    return Program(
        inputs,
        parameters,
        tuple(steps),
        draw(st.sampled_from([None, "sum", "dot", "chain"])),
        draw(st.sampled_from(SIZES)),
        draw(st.integers(0, 4)) == 4,
        draw(st.integers(0, 1000)),
    )


# ---------------------------------------------------------------- running a program


def apply(name, *operands):
    """A row on operands laid out flat."""
    some = next((x for x in operands if isinstance(x, Value)), None)
    return TABLE[name].evaluate(list(operands)) if some is None else some._apply_primitive(TABLE[name], operands)


def _tame(name, xs):
    """Operands within the domain of a row, or almost."""
    if name in ("sqrt", "log", "log2", "log10"):
        return [x * x + 0.125 for x in xs]
    if name in ("asin", "acos", "atanh"):
        return [apply("sin", x) * 0.9 for x in xs]
    if name == "acosh":
        return [x * x + 1.5 for x in xs]
    if name == "log1p":
        return [apply("abs", x) for x in xs]
    if name == "pow":
        return [xs[0] * xs[0] + 0.25, xs[1]]
    if name in ("div", "remainder", "floor_divide", "atan2", "direction", "hypot"):
        return [xs[0], xs[1] * xs[1] + 0.375]
    return xs


def _neuron(layer, xs, weights, bias):
    if layer.style == "affine":
        return apply("affine", *weights, *xs, bias)
    if layer.style == "dot":
        return apply("dot", *weights, *xs) + bias
    if layer.style == "sum":
        return apply("sum", *(w * x for w, x in zip(weights, xs, strict=True)), bias)
    total = bias
    for w, x in zip(weights, xs, strict=True):
        total = total + x * w
    return total


def record(program, inputs, parameters):
    """The nodes of a program and its loss."""
    nodes = [*inputs, *parameters[: program.parameters]]
    fresh = iter(parameters[program.parameters :])
    for number, step in enumerate(program.steps):
        xs = [nodes[i] if i >= 0 else CONSTANTS[i] for i in (step.operands if isinstance(step, Step) else step.inputs)]
        if isinstance(step, Layer):
            for neuron in range(step.outputs):
                if step.weights in ("own", "exp"):
                    *weights, bias = [next(fresh) for _ in range(len(xs) + 1)]
                    weights = [apply("exp", w) for w in weights] if step.weights == "exp" else weights
                elif step.weights == "shared" and program.parameters:
                    weights = [parameters[(neuron + i) % program.parameters] for i in range(len(xs))]
                    bias = parameters[neuron % program.parameters]
                else:
                    weights = [math.sin(1.0 + number + 7 * neuron + i) for i in range(len(xs))]
                    bias = 0.25 * neuron
                slope = (0.1,) if step.activation == "leaky_relu" else ()
                nodes.append(apply(step.activation, _neuron(step, xs, weights, bias), *slope))
            continue
        result = apply(step.row, *(_tame(step.row, xs) if step.tamed else xs))
        nodes.append(apply("atan", result) if step.tamed and step.row in GROWING else result)
    made = nodes[len(inputs) + program.parameters :]
    loss = apply("sum", *made[-6:])
    if program.penalty and parameters:
        loss = loss + 0.01 * _penalty(program.penalty, parameters)
    return made, loss


def _penalty(style, parameters):
    if style == "dot":
        return apply("dot", *parameters, *parameters)
    squares = [p**2.0 for p in parameters]
    if style == "sum":
        return apply("sum", *squares)
    total = 0.0
    for square in squares:
        total = total + square
    return total


def data_of(program):
    """Samples and parameters; whole numbers among them, as there are ties and kinks at these."""
    rng = np.random.default_rng(program.seed)
    data = rng.uniform(-2.0, 2.0, (program.size, program.inputs))
    special = [0.0, 1.0, -1.0, 0.5, 2.0]
    if program.wild:
        special += [math.inf, -math.inf, math.nan, 1e300, -1e200, 5e-324, -1e-310, -0.0]
    mask = rng.uniform(size=data.shape) < 0.1
    data[mask] = rng.choice(special, size=int(mask.sum()))
    return data, rng.uniform(-1.0, 1.0, program.count)


# ---------------------------------------------------------------- how far rounding may lead


class Bounds:
    """For each node how far it may be off, if every operation is off by 8 units in the last place of its terms.

    An operation is evaluated where its operands may be, too: so jumps, poles and the edges of domains are seen.
    """

    def __init__(self, roots, leaves):
        self.error = dict.fromkeys(leaves, 0.0)
        self.terms = {}
        for node in topological_order(*roots):
            if node.primitive is None:
                self.error[node] = 0.0
            elif node not in self.error:
                self.error[node] = self._error(node)

    def _error(self, node):
        numbers = [x.data if isinstance(x, Value) else x for x in node.operands]
        errors = [self.error[x] if isinstance(x, Value) else 0.0 for x in node.operands]
        if math.inf in errors:
            return math.inf
        total = 8 * 2.0**-52 * self._size(node, numbers) + 8 * 2.0**-1074 if math.isfinite(node.data) else 0.0
        for i, error in enumerate(errors):
            moved = [[*numbers[:i], numbers[i] + 2 * move, *numbers[i + 1 :]] for move in (error, -error) if error]
            total += max((_distance(node.primitive.evaluate(xs), node.data) for xs in moved), default=0.0)
        # a number that has lost half of its digits says nothing
        return total if total <= 1e-8 * max(abs(node.data), 1.0) or not math.isfinite(node.data) else math.inf

    def _size(self, node, numbers):
        """|z|, or the sum of the magnitudes of what it is the sum of, however it is bracketed."""
        name, half = node.primitive.name, len(numbers) // 2
        terms = [self.terms.get(x, abs(x.data)) if isinstance(x, Value) else abs(x) for x in node.operands]
        size = abs(node.data)
        if name in ("add", "sub", "sum", "neg"):
            size = self.terms[node] = math.fsum(terms)
        elif name in ("dot", "affine"):
            size = sum(abs(w * x) for w, x in zip(numbers[:half], numbers[half:], strict=False)) + abs(numbers[-1])
            self.terms[node] = size
        elif name in ("mean", "logsumexp", "logaddexp", "log_softmax", "remainder", "floor_divide"):
            size += math.fsum(terms) + 1.0
        return size


def _distance(x, y):
    """|x - y|: 0 for two infinities of one sign or two nans, infinite for a nan and a number."""
    if x == y or (x != x and y != y):
        return 0.0
    return abs(x - y) if x == x and y == y else math.inf


def bounds(program, sample, numbers):
    """How far each node, the loss and the gradient of one sample may be off."""
    inputs, parameters = [Value(x) for x in sample], [Value(x) for x in numbers]
    made, loss = record(program, inputs, parameters)
    adjoints = {loss: 1.0}
    reverse_sweep(topological_order(loss), adjoints, record=True)
    gradient = [adjoints.get(p, 0.0) for p in parameters]
    made = [x for x in made if isinstance(x, Value)]
    error = Bounds([x for x in (*made, loss, *adjoints.values()) if isinstance(x, Value)], [*inputs, *parameters]).error
    # an infinite adjoint is nan after a partial of 0 in the interpreter, and stops there in what is recorded
    if not all(math.isfinite(node.data) for node in error):
        return [error[x] for x in made], error[loss], [math.inf] * len(parameters)
    return [error[x] for x in made], error[loss], [error.get(x, 0.0) for x in gradient]


# ---------------------------------------------------------------- comparing


def same(found, expected, size, bound):
    """Equal to 1e-12 of the size; where that fails, within what rounding may do; nan is nan and infinity infinity.

    The bound is asked for only then: it costs a hundred times what the comparison does.
    """
    right = (found == expected) | (np.isnan(found) & np.isnan(expected))
    right |= np.isfinite(expected) & (np.abs(found - expected) <= 1e-12 * size)
    if not right.all():
        limit = np.broadcast_to(bound(), np.shape(expected))
        right |= (np.abs(found - expected) <= limit) | (limit == np.inf)
    assert right.all(), (found[~right], expected[~right])


def by_back_end(backend, threads=1):
    """A function that compiles outputs and runs them: to numbers, or with a reduction to a loss and its gradient."""

    def run(outputs, inputs, parameters, reduction, data):
        compiled = compile(outputs, inputs, parameters, reduction=reduction, backend=backend, threads=threads)
        return compiled(data) if reduction is None else compiled.value_and_grad(data)

    return run


BACK_ENDS = [by_back_end("llvm"), by_back_end("llvm", 2), by_back_end("numpy")]


@np.errstate(all="ignore")  # of sums of infinities, in what is compared with
def agrees(program, back_ends=BACK_ENDS):
    """Run a program by the interpreter and by every back end, and compare."""
    data, numbers = data_of(program)
    inputs, parameters = [Value(x) for x in data[0]], [Value(x) for x in numbers]
    made, loss = record(program, inputs, parameters)
    made = [x for x in made if isinstance(x, Value)]
    if not isinstance(loss, Value):
        return  # constants only
    values, losses, gradients = map(np.array, zip(*(interpreted(program, x, numbers) for x in data), strict=True))
    limits = functools.cache(lambda: [bounds(program, sample, numbers) for sample in data])
    for run in back_ends:
        found = run(made, inputs, parameters, None, data)
        same(found, values, np.abs(values), lambda: np.array([limit[0] for limit in limits()]))
        for reduction, weight in (("mean", 1.0 / len(data)), ("sum", 1.0)):
            found = run(loss, inputs, parameters, reduction, data)
            for got, each, k in zip(found, (losses, gradients), (1, 2), strict=True):
                bound = functools.partial(lambda k, w: w * np.sum([limit[k] for limit in limits()], axis=0), k, weight)
                same(np.array(got), weight * each.sum(axis=0), weight * np.abs(each).sum(axis=0), bound)


def interpreted(program, sample, numbers):
    """What a sample gives by the interpreter: the nodes, the loss, the gradient."""
    parameters = [Value(x) for x in numbers]
    made, loss = record(program, [Value(x) for x in sample], parameters)
    loss.backward()
    return [x.data for x in made if isinstance(x, Value)], loss.data, [p.grad for p in parameters]


@settings(max_examples=50)
@given(programs())
def test_every_back_end_agrees_with_the_interpreter(program):
    agrees(program)


@pytest.mark.slow
@pytest.mark.exhaustive
@settings(max_examples=1000)
@given(programs())
def test_every_back_end_agrees_with_the_interpreter_on_a_thousand_programs(program):
    agrees(program)


@pytest.mark.slow
@pytest.mark.exhaustive
@settings(max_examples=60)  # a call of the C compiler takes some tenths of a second
@given(programs())
def test_the_slow_back_ends_agree_with_backward(program):
    try:
        c_compiler()
    except RuntimeError:
        pytest.skip("there is no C compiler")
    agrees(program, [by_back_end("c"), by_back_end("interpreter")])
