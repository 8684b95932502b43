"""Random expressions and random graph shapes: all ways to a derivative agree, and with finite differences."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd
from autograd import Value, forward_sweep, reverse_sweep, topological_order

UNARY = ["exp", "sin", "cos", "tanh", "sigmoid", "softplus", "relu", "atan", "asinh", "erf", "gelu", "silu", "abs"]
BINARY = [
    "add",
    "sub",
    "mul",
    "hypot",
    "logaddexp",
    "maximum",
]  # not atan2: undefined at the origin, which shrinking finds
VARIADIC = ["sum", "mean", "logsumexp", "maximum"]


@st.composite
def programs(draw):
    """Numbers for the leaves, and a list of steps (name, indices of earlier nodes)."""
    leaves = draw(st.lists(st.floats(-2, 2).filter(lambda x: abs(x) > 1e-3), min_size=1, max_size=4))
    steps = []
    for i in range(draw(st.integers(1, 12))):
        available = st.integers(0, len(leaves) + i - 1)
        kind = draw(st.sampled_from([UNARY, BINARY, VARIADIC]))
        name = draw(st.sampled_from(kind))
        count = {id(UNARY): 1, id(BINARY): 2}.get(id(kind)) or draw(st.integers(1, 4))
        steps.append((name, kind is VARIADIC and name != "maximum", [draw(available) for _ in range(count)]))
    return leaves, steps


def run(leaves, steps):
    """The last node of a program, on Values or on numbers."""
    nodes = list(leaves)
    for name, as_sequence, indices in steps:
        operands = [nodes[i] for i in indices]
        function = getattr(autograd.primitives, name)
        result = function(operands) if as_sequence else function(*operands)
        nodes.append(autograd.atan(result) if name in ("mul", "exp") else result)  # what grows is kept small
    return nodes[-1]


@settings(max_examples=300)
@given(programs())
def test_backward_reverse_and_forward_sweeps_agree(program):
    numbers, steps = program
    leaves = [Value(x) for x in numbers]
    root = run(leaves, steps)
    root.backward()
    order = topological_order(root)
    adjoints = {root: 1.0}
    reverse_sweep(order, adjoints)
    recorded = {root: 1.0}
    reverse_sweep(order, recorded, record=True)
    for leaf in leaves:
        tangents = {leaf: 1.0}
        forward_sweep(order, tangents)
        expected = pytest.approx(leaf.grad, rel=1e-9, abs=1e-12)
        assert adjoints.get(leaf, 0.0) == expected
        assert tangents.get(root, 0.0) == expected
        gradient = recorded.get(leaf, 0.0)
        assert (gradient.data if isinstance(gradient, Value) else gradient) == expected


@settings(max_examples=150)
@given(programs())
def test_gradient_is_the_limit_of_differences(program):
    numbers, steps = program
    smooth = [(name if name not in ("relu", "abs", "maximum") else "sin", s, ix) for name, s, ix in steps]
    smooth = [(n, s, ix[:1] if n == "sin" else ix) for n, s, ix in smooth]
    leaves = [Value(x) for x in numbers]
    root = run(leaves, smooth)
    root.backward()
    for i, leaf in enumerate(leaves):
        h = 1e-5
        up, down = ([x + (j == i) * sign * h for j, x in enumerate(numbers)] for sign in (1, -1))
        difference = (run(up, smooth) - run(down, smooth)) / (2 * h)
        size = max(1.0, max(abs(node.data) for node in topological_order(root)))
        # error of the difference: h² times a third derivative, and the rounding of the largest number over h
        assert leaf.grad == pytest.approx(difference, rel=1e-4, abs=1e-4 + 1e-10 * size)


@settings(max_examples=100)
@given(st.integers(1, 40), st.randoms(use_true_random=False))
def test_topological_order_has_every_node_once_after_its_operands(size, rng):
    nodes = [Value(1.0)]
    for _ in range(size):
        nodes.append(autograd.mean(rng.choices(nodes, k=rng.randint(1, 3))))
    order = topological_order(nodes[-1])
    position = {node: i for i, node in enumerate(order)}
    assert len(position) == len(order)
    for node in order:
        assert all(position[x] < position[node] for x in node.operands)
    nodes[-1].backward()
    assert nodes[0].grad == pytest.approx(1.0)
