"""Sweeps with adjoints or tangents in a dictionary: what the compiled core does of them is what Python does.

On random programs at special values: on numbers, recorded, recorded within a trace, and what depends on inputs.
"""

import math
import warnings
from random import Random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import nn
from autograd import Value, add, div, grad, gradient, sin
from autograd.accelerator import compiled
from autograd.core import graph
from autograd.native.recording.tracing import traced, tracing
from tests.test_law import POINTS, function_of, programs

pytestmark = pytest.mark.skipif(compiled is None, reason="the compiled core is not built, or AUTOGRAD_PURE=1")
two_points = st.tuples(st.sampled_from(POINTS), st.sampled_from(POINTS))


def told(order):
    """Nodes in order: the operation of each, its number to the last bit, and which nodes and numbers it is made of."""
    at = {node: i for i, node in enumerate(order)}
    return [
        (
            node.primitive and node.primitive.name,
            graph.example_number(node).hex(),
            [at.get(x, "outside") if isinstance(x, Value) else x.hex() for x in node.operands],
        )
        for node in order
    ]


def on_numbers(f, point):
    """The adjoints of all nodes."""
    x, y = map(Value, point)
    root = f(x, y)
    order: list[Value] = graph.topological_order(root)
    adjoints = {root: 1.0}
    graph.reverse_sweep(order, adjoints)
    depending = graph.depending_on([x], root)
    return [adjoints.get(node, math.pi).hex() for node in order], [order.index(node) for node in depending]


def tangents_of(f, point):
    """The tangents of all nodes, in two directions."""
    x, y = map(Value, point)
    order: list[Value] = graph.topological_order(f(x, y))
    found = []
    for seeds in ({x: 1.0, y: -0.5}, {y: math.inf}):
        graph.forward_sweep(order, seeds)
        found += [seeds.get(node, math.pi).hex() for node in order]
    return found


def recorded(f, point):
    """The graph of a gradient, and that of its gradient."""
    x, y = map(Value, point)
    first = gradient(f(x, y), (x, y), create_graph=True)
    second = gradient(first[0] + first[1], (x, y), create_graph=True)
    return told(graph.topological_order(*first, *second))


def traces(f, point):
    """All that is recorded for machine code of a value, a gradient and a Hessian, in order."""
    made = []
    with tracing(into=made):
        inputs = [traced(number) for number in point]
        grad(lambda x, y: add(*grad(f, (0, 1))(x, y)), (0, 1))(*inputs)
    return told([*inputs, *made])


def outcome(what, f, point):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            found = what(f, point)
        except Exception as error:
            found = type(error).__name__, str(error)
    return found, [str(x.message) for x in caught]


@pytest.mark.parametrize("what", [on_numbers, tangents_of, recorded, traces])
@settings(max_examples=150)
@given(programs(), two_points)
@example([(div, [0, 1])], (0.0, 0.0))
@example([(add, [0, 0]), (div, [2, 2]), (sin, [3])], (800.0, 1.0))
def test_the_core_sweeps_as_python_does(what, steps, point):
    f = function_of(steps)
    fast = outcome(what, f, point)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(graph, "compiled", None)
        assert outcome(what, f, point) == fast


def test_the_core_takes_tangents_through_layers_as_python_does(monkeypatch):
    model = nn.MLP(3, [4, 2], activation="tanh", output_activation="softmax", rng=Random(0))
    inputs = [Value(0.5), Value(0.0), Value(-2.0)]
    order = graph.topological_order(*model(inputs))
    found = []
    for core in (compiled, None):
        monkeypatch.setattr(graph, "compiled", core)
        tangents = dict.fromkeys((*inputs, *model.parameters()), 1.0)
        graph.forward_sweep(order, tangents)
        found.append([tangents[node].hex() for node in order])
    assert found[0] == found[1]


def test_what_changed_after_it_was_recorded_is_told():
    x = Value(2.0)
    y = sin(x) * x
    x.data = 3.0
    with pytest.raises(RuntimeError, match="changed after it was recorded"):
        gradient(y, x, create_graph=True)
