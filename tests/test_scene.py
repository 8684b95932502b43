"""The scene: what boxes, edges and clusters a picture has, before it is laid out."""

import math
import random
import sys
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd
from autograd import TABLE, Value, no_grad, topological_order
from autograd.render.scenes.expansion import steps_of
from autograd.render.scenes.parts import NOT_FINITE, OFF, SATURATED, VANISHING, ZERO
from autograd.render.scenes.scene import scene
from nn import MLP, Layer, LeakyReLU, Linear, Module, ReLU, Sequential


def by_name(found):
    return {box.name or box.operation or box.id: box for box in found.boxes}


def network(*, nouts=(2, 1), seed=4, **options):
    model = MLP(2, list(nouts), rng=random.Random(seed), **options)
    y = model([Value(1.0, label="x1"), Value(-2.0, label="x2")])
    y.label = "y"
    return model, y


# ---------------------------------------------------------------- boxes and edges


def test_boxes_stand_in_topological_order_with_their_constants():
    a = Value(2.0, label="a")
    L = (a * a + 10.0).tanh()
    L.label = "L"
    found = scene(L)
    assert [(box.id, box.kind, box.operation) for box in found.boxes] == [
        ("n0", "input", ""), ("n1", "operation", "×"), ("n2c1", "constant", ""), ("n2", "operation", "+"),
        ("n3", "result", "tanh"),
    ]  # fmt: skip
    assert [(e.source, e.target, e.position, e.partial) for e in found.edges[:4]] == [
        ("n0", "n1", 0, 2.0), ("n0", "n1", 1, 2.0), ("n1", "n2", 0, 1.0), ("n2c1", "n2", 1, None),
    ]  # fmt: skip
    assert found.boxes[-1].node is L
    assert all(box.members == 1 and not box.cluster for box in found.boxes)
    assert not found.summary


def test_a_leaf_alone_is_an_input():
    (box,) = scene(Value(3.0, label="x")).boxes
    assert (box.kind, box.name, box.data) == ("input", "x", 3.0)


def test_a_whole_exponent_is_written_into_the_symbol():
    x = Value(2.0)
    assert scene(x**2).boxes[-1].operation == "x²"
    assert scene(x**-13).boxes[-1].operation == "x⁻¹³"
    assert [box.kind for box in scene(x**2).boxes] == ["input", "result"]
    assert [box.operation for box in scene(x**0.5).boxes] == ["", "", "^"]
    assert [box.operation for box in scene(2.0**x).boxes] == ["", "", "^"]


def test_leaves_fold_into_their_only_user():
    _, y = network()
    boxes = scene(y, fold_leaves=2).boxes
    assert [box.notes for box in boxes if box.operation == "Σwᵢxᵢ+b"] == [("folded: 3 leaves",)] * 3
    assert len(boxes) == 2 + 5


def test_backward_that_has_not_run_is_told():
    _, y = network()
    assert not scene(y).swept
    y.backward()
    assert scene(y).swept
    y.zero_grad()
    assert not scene(y).swept
    loss = (y - 1.0) ** 2
    loss.backward()
    assert scene(y).swept  # below the root of the sweep
    dead = -y * y
    (dead.relu() + y).backward()
    assert dead.grad == 0.0
    assert scene(dead).swept  # y has a gradient


def test_gradients_of_leaves_are_not_taken_for_a_sweep():
    x = Value(2.0)
    (x * 3.0).backward()
    assert not scene(x * 5.0).swept


def test_numbers_changed_after_the_recording_are_told():
    w, x = Value(2.0, label="w"), Value(3.0, label="x")
    y = (w * x).tanh() + autograd.affine([w, w], [x, 1.0], 0.5)
    assert not scene(y).stale
    w.data = 4.0
    assert scene(y).stale
    assert scene(y, expand=True).stale
    assert not scene(y, summarize="depth").stale
    w.data = 2.0
    assert not scene(y).stale
    y.operands[0].data = 0.5
    assert scene(y).stale


@pytest.mark.filterwarnings("ignore::autograd.DomainWarning")
def test_nan_and_what_cannot_be_evaluated_again_are_not_stale():
    x = Value(-1.0, label="x")
    twice = autograd.primitive(partials=(2.0,))(lambda x: random.random() * x)
    closure = Value(7.0, (x,), "mine")
    checkpointed = autograd.checkpoint(lambda x: (x * x, x + 1.0))(x)
    assert not scene(x.log() + twice(x) + closure + checkpointed[0] * checkpointed[1]).stale


def test_a_cleared_gradient_is_none():
    x = Value(2.0)
    x.grad = None
    assert scene(x * 3.0).boxes[0].grad is None


# ---------------------------------------------------------------- notes


def test_notes_tell_what_stops_a_gradient():
    x = Value(-1.0, label="x")
    y = x.relu() + Value(40.0).sigmoid() + Value(0.1).tanh() + Value(9.0).tanh()
    y.backward()
    notes = [(box.operation, box.notes) for box in scene(y).boxes if box.operation not in ("", "+")]
    assert notes == [("ReLU", (OFF,)), ("σ", (SATURATED,)), ("tanh", ()), ("tanh", (SATURATED,))]
    assert by_name(scene(y))["x"].notes == (ZERO,)


def test_a_gradient_a_million_times_smaller_than_the_largest_has_vanished():
    x, w = Value(1.0, label="x"), Value(1.0, label="w")
    y = 1e-5 * x + 1e-7 * w
    assert by_name(scene(y))["w"].notes == ()  # no gradient yet
    y.backward()
    assert by_name(scene(y))["x"].notes == ()
    assert by_name(scene(y))["w"].notes == (VANISHING,)


@pytest.mark.filterwarnings("ignore::autograd.DomainWarning")
def test_what_is_not_finite_is_marked():
    x = Value(0.0, label="x")
    y = x.log()
    y.backward()
    assert [box.notes for box in scene(y).boxes] == [(NOT_FINITE,), (NOT_FINITE,)]


# ---------------------------------------------------------------- modules


def test_parameters_are_named_and_nodes_are_in_their_modules():
    model, y = network()
    target = Value(1.0, label="t")
    loss = (y - target) ** 2 + 0.1 * sum(p * p for p in model.parameters())
    found = scene(loss, model=model)
    homes = {box.id: box.cluster for box in found.boxes if box.operation in ("Σwᵢxᵢ+b", "ReLU")}
    assert sorted(homes.values()) == [
        "layers.0.neurons.0", "layers.0.neurons.0", "layers.0.neurons.1", "layers.0.neurons.1", "layers.1.neurons.0",
    ]  # fmt: skip
    assert all(not box.cluster for box in found.boxes if box.operation in ("−", "×", "+", "x²") or box.kind == "input")
    assert {box.path: box.name for box in found.boxes if box.kind == "parameter"} == {
        "layers.0.neurons.0.w.0": "W⁽¹⁾₁₁", "layers.0.neurons.0.w.1": "W⁽¹⁾₂₁", "layers.0.neurons.0.b": "b⁽¹⁾₁",
        "layers.0.neurons.1.w.0": "W⁽¹⁾₁₂", "layers.0.neurons.1.w.1": "W⁽¹⁾₂₂", "layers.0.neurons.1.b": "b⁽¹⁾₂",
        "layers.1.neurons.0.w.0": "W⁽²⁾₁₁", "layers.1.neurons.0.w.1": "W⁽²⁾₂₁", "layers.1.neurons.0.b": "b⁽²⁾₁",
    }  # fmt: skip
    assert [(cluster.path, cluster.title, cluster.parent) for cluster in found.clusters] == [
        ("layers.0", "layer 1: 2 → 2, relu", ""),
        ("layers.0.neurons.0", "neuron 1", "layers.0"),
        ("layers.0.neurons.1", "neuron 2", "layers.0"),
        ("layers.1", "layer 2: 2 → 1, linear", ""),
        ("layers.1.neurons.0", "neuron 1", "layers.1"),
    ]


def test_the_activation_of_the_output_belongs_to_it_and_the_loss_does_not():
    model, y = network(output_activation="sigmoid")
    found = scene(-y.log(), model=model)
    assert [(box.operation, box.cluster) for box in found.boxes[-3:]] == [
        ("σ", "layers.1.neurons.0"), ("log", ""), ("neg", ""),
    ]  # fmt: skip
    classifier = MLP(2, [3, 2], output_activation="softmax", rng=random.Random(0))
    (first, _) = classifier([1.0, 2.0])
    assert scene(first, model=classifier).boxes[-1].cluster == "layers.1"


def test_a_neuron_of_multiplications_and_additions_is_one_cluster():
    class Net(Module):
        def __init__(self):
            self.w, self.hidden = [Value(0.5), Value(0.25)], Layer(1, 2, rng=random.Random(0))
            self.head = Linear(2, 1, rng=random.Random(1))

        def forward(self, x):
            h = sum((w * x for w, x in zip(self.w, x)), Value(0.0))
            return self.head(self.hidden([h]))

    model = Net()
    found = scene(model([1.0, 2.0]), model=model)
    assert {cluster.title for cluster in found.clusters} >= {"hidden: 1 → 2, relu", "head: 2 → 1, Linear"}
    assert {box.path: box.cluster for box in found.boxes}["w.0"] == ""

    class Bare:  # only named_parameters(), as a model of another library
        def __init__(self):
            self.rows = [[Value(1.0), Value(2.0)], [Value(3.0), Value(4.0)]]

        def named_parameters(self):
            return ((f"cells.{i}.w.{j}", w) for i, row in enumerate(self.rows) for j, w in enumerate(row))

    bare = Bare()
    hidden = [(row[0] * 2.0 + row[1] * 3.0).tanh() for row in bare.rows[:1]]
    y = bare.rows[1][0] * hidden[0] + bare.rows[1][1] * 1.0
    found = scene(y * 7.0, model=bare)
    assert [cluster.title for cluster in found.clusters] == ["cell 1", "cell 2"]
    tanh = next(box for box in found.boxes if box.operation == "tanh")
    assert tanh.cluster == "cells.0"
    assert [box.cluster for box in found.boxes if box.kind == "result"] == [""]


def test_modules_with_own_activations_and_containers():
    model = Sequential(Linear(2, 2, rng=random.Random(0)), ReLU(), Linear(2, 1, rng=random.Random(1)))
    found = scene(model([1.0, 2.0]), model=model)
    assert {cluster.path for cluster in found.clusters if not cluster.parent} == {"layers.0", "layers.2"}
    assert {box.cluster for box in found.boxes if box.operation == "ReLU"} == {
        "layers.0.neurons.0", "layers.0.neurons.1",
    }  # fmt: skip


def test_what_describes_itself_by_the_same_attributes_is_framed_as_a_layer():
    class Cell:
        def __init__(self):
            self.w = Value(0.5)

        def describe(self):
            return SimpleNamespace(
                kind="Cell", settings=None, shape="1 → 1", activation=SimpleNamespace(kind="tanh", settings=None)
            )

        def named_modules(self):
            return [("", self), ("cell", self)]

        def named_parameters(self):
            return [("cell.w", self.w)]

    cell = Cell()
    found = scene((cell.w * 2.0).tanh(), model=cell)
    assert [cluster.title for cluster in found.clusters] == ["cell: 1 → 1, Cell, tanh"]
    assert found.boxes[-1].cluster == "cell"


@pytest.mark.parametrize("activation", ["leaky_relu", LeakyReLU(0.1)])
def test_an_activation_with_settings_belongs_to_its_layer(activation):
    model = MLP(2, [1], output_activation=activation, rng=random.Random(0))
    found = scene(model([1.0, 2.0]), model=model)
    assert found.boxes[-1].cluster == "layers.0.neurons.0"
    title = "leaky_relu" if isinstance(activation, str) else "LeakyReLU(negative_slope=0.1)"
    assert found.clusters[0].title == f"layer 1: 2 → 1, {title}"


def test_clusters_stand_in_the_order_of_their_numbers():
    model = MLP(1, [11, 1], rng=random.Random(0))
    titles = [cluster.title for cluster in scene(model([1.0]), model=model).clusters]
    assert titles[1:12] == [f"neuron {i}" for i in range(1, 12)]


# ---------------------------------------------------------------- expansion


def expanded(root):
    return [step for node in topological_order(root) for step in steps_of(node, True)]


numbers = st.lists(st.floats(-10, 10), min_size=1, max_size=5)


@pytest.mark.parametrize("row", [row for row in TABLE.values() if row.expansion], ids=lambda row: row.name)
@given(xs=numbers, seed=st.floats(-3, 3))
def test_an_expansion_has_the_numbers_partials_and_adjoints_of_the_chain_rule(row, xs, seed):
    leaves = [Value(x) for x in xs]
    if row.name in ("affine", "dot"):
        others = [Value(0.5 * x + 1.0) for x in xs]
        z = row(leaves, others, 2.0) if row.name == "affine" else row(leaves, others)
    else:
        z = row(leaves)
    z.backward(seed)
    steps = expanded(z)
    assert steps[-1].node is z
    assert all(step.primitive is None or step.primitive.expansion is None or len(xs) == 1 for step in steps)
    received = dict.fromkeys([step.node for step in steps], 0.0)
    received[z] = seed
    for step in reversed(steps):  # what every box shows as its adjoint is what its arrows bring
        assert math.isclose(received[step.node], step.node.grad, rel_tol=1e-12, abs_tol=1e-300)
        for operand, partial in zip(step.operands, step.partials):
            if isinstance(operand, Value):
                received[operand] += step.node.grad * partial
    for step in steps:
        if step.primitive is not None and len(xs) > 1:
            operands = [x.data if isinstance(x, Value) else x for x in step.operands]
            scale = sum(map(abs, xs)) ** 2 + 10.0  # fsum rounds once, a chain of additions after each
            assert math.isclose(step.primitive.value(*operands), step.node.data, rel_tol=1e-12, abs_tol=1e-15 * scale)


def test_an_expansion_shows_what_was_recorded_also_after_a_step_of_the_optimiser():
    w, x = Value(2.0, label="w"), Value(3.0, label="x")
    y = autograd.affine([w, w], [x, 1.0], 0.0)
    y.backward()
    w.data = 100.0
    products = [step.node.data for step in expanded(y) if step.primitive is not None and step.primitive.name == "mul"]
    assert products[0] == 6.0


def test_expanding_within_no_grad_works_and_changes_nothing():
    model, y = network()
    y.backward()
    grads = [p.grad for p in model.parameters()]
    with no_grad():
        found = scene(y, model=model, expand=True)
    assert {box.operation for box in found.boxes if box.operation} == {"×", "+", "ReLU"}
    assert [p.grad for p in model.parameters()] == grads
    assert found.boxes[-1].node is y
    assert found.boxes[-1].name == "y"
    assert {box.cluster for box in found.boxes if box.operation == "×"} == {
        "layers.0.neurons.0", "layers.0.neurons.1", "layers.1.neurons.0",
    }  # fmt: skip


# ---------------------------------------------------------------- summaries


def moons_loss(samples=40):
    model = MLP(2, [16, 16, 1], rng=random.Random(0))
    numbers = random.Random(1)
    scores = [model([numbers.random(), numbers.random()]) for _ in range(samples)]
    penalty = 1e-4 * sum(p * p for p in model.parameters())
    return model, sum((1.0 - score).relu() for score in scores) + penalty


def test_more_than_200_nodes_are_summarised_by_module():
    model, loss = moons_loss()
    loss.backward()
    found = scene(loss, model=model)
    assert found.summary == f"{len(topological_order(loss)):,} nodes are more than 200: summarised by module"
    groups = [box for box in found.boxes if box.kind == "group"]
    assert [box.name for box in groups[:3]] == [
        "layer 1: 2 → 16, relu", "layer 2: 16 → 16, relu", "layer 3: 16 → 1, linear",
    ]  # fmt: skip
    assert sum(box.members for box in found.boxes) == len(topological_order(loss))
    assert "272 parameters" in groups[1].notes
    assert any(note.startswith("max |grad| ") for note in groups[1].notes)
    assert found.boxes[-1].node is loss
    order = {box.id: i for i, box in enumerate(found.boxes)}
    assert all(order[edge.source] < order[edge.target] for edge in found.edges)
    between = {(edge.source, edge.target): edge.multiplicity for edge in found.edges}
    assert between["g:layers.0", "g:layers.1"] == 40 * 16 * 16


def test_the_inputs_of_one_sample_stay_boxes_of_their_own():
    model = MLP(2, [20, 20, 1], rng=random.Random(0))
    y = model([Value(1.0, label="x1"), Value(2.0, label="x2")])
    found = scene(y, model=model)
    assert [box.name for box in found.boxes if box.kind == "input"] == ["x1", "x2"]
    assert [box.kind for box in found.boxes].count("group") == 3


def test_a_wrapper_around_the_whole_model_is_no_summary():
    class Wrapper(Module):
        def __init__(self, inner):
            self.inner = inner

    model, loss = moons_loss()
    assert {"g:inner.layers.0", "g:inner.layers.2"} <= {box.id for box in scene(loss, model=Wrapper(model)).boxes}


def test_a_graph_without_a_model_is_summarised_by_depth():
    x = Value(1.0, label="x")
    y = x
    for i in range(1000):
        y = y + 1.0 if i % 2 else y * 1.01
    found = scene(y)
    assert found.summary == "1,001 nodes are more than 200: summarised by depth"
    assert len(found.boxes) == 22
    assert found.boxes[0].name == "x"
    assert found.boxes[1].name == "levels 1–50"
    assert found.boxes[1].notes == ("50 nodes", "25 ×", "25 +")
    assert sum(box.members for box in found.boxes) == 1001


def test_summaries_can_be_forced_and_forbidden():
    model, y = network()
    assert scene(y, summarize="depth").summary == "16 nodes: summarised by depth"
    assert [box.id for box in scene(y, model=model, summarize="module").boxes if box.kind == "group"] == [
        "g:layers.0", "g:layers.1",
    ]  # fmt: skip
    assert [(e.source, e.target) for e in scene(y, model=model, summarize="module").edges][-1] == ("g:layers.1", "n4")
    assert scene(y, most=5).summary
    model, loss = moons_loss()
    assert len(scene(loss, summarize=False).boxes) > 1000
    assert not scene(loss, model=model, most=10**6).summary
    small = autograd.dot([Value(float(i)) for i in range(60)], [Value(1.0)] * 60)
    assert not scene(small).summary
    assert scene(small, expand=True, most=100).summary


def test_modules_made_from_each_other_in_turn_are_summarised_too():
    class Loop(Module):
        def __init__(self):
            self.f, self.g = Linear(1, 1, rng=random.Random(0)), Linear(1, 1, rng=random.Random(1))

    model, h = Loop(), Value(1.0, label="h")
    for _ in range(120):
        h = model.g(model.f(h))
    found = scene(h, model=model)
    assert {box.id for box in found.boxes if box.kind == "group"} == {"g:f", "g:g"}


def test_bad_input_is_named():
    x = Value(1.0)
    with pytest.raises(TypeError, match=r"scene: root must be a Value, not list"):
        scene([x])
    with pytest.raises(TypeError, match=r"scene: model must have named_parameters\(\), as an nn.Module, not int"):
        scene(x, model=3)
    with pytest.raises(ValueError, match=r'summarize must be "module", "depth", False or None, not \'width\''):
        scene(x, summarize="width")
    with pytest.raises(ValueError, match=r'summarize="module" needs the model'):
        scene(x, summarize="module")
    with pytest.raises(ValueError, match=r"scene: most must be a whole number of at least 0, not -1"):
        scene(x, most=-1)


# ---------------------------------------------------------------- cost


def calls(function, *arguments, **options):
    """How many functions are called on the way, those of C included."""
    count = 0

    def tell(_frame, event, _):
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(tell)
    try:
        function(*arguments, **options)
    finally:
        sys.setprofile(None)
    return count


def random_graph(size):
    numbers = random.Random(0)
    nodes = [Value(numbers.random()) for _ in range(50)]
    while len(nodes) < size:
        nodes.append((nodes[-1] * nodes[numbers.randrange(len(nodes))] + 0.1).tanh())
    return nodes[-1]


def test_a_scene_costs_in_proportion_to_its_nodes():
    small, large = (calls(scene, random_graph(50 + size), summarize=False) for size in (200, 800))
    assert large < 4.5 * small


@pytest.mark.exhaustive
def test_a_summary_of_100_000_nodes_costs_in_proportion_to_them():
    graphs = [random_graph(50 + size) for size in (8_350, 33_400)]
    assert len(topological_order(graphs[1])) > 100_000
    small, large = map(calls, [scene, scene], graphs)
    assert large < 4.5 * small
    losses = [moons_loss(samples=samples) for samples in (370, 1480)]
    small, large = (calls(scene, loss, model=model) for model, loss in losses)
    assert large < 4.5 * small
