"""What a Value is called: its label, what the lecture calls it, or a number, and everywhere the same."""

import random
import re
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd import Value, explain, expression, program, scene, to_svg, topological_order
from autograd.formulas.latex import latex_name
from autograd.formulas.naming import Parameters, graph_names, indexed, own_names
from autograd.formulas.notation import identifier
from autograd.render.pages.graph import graph_data
from nn import MLP, Layer, Linear, Module, PReLU, ReLU, Sequential


def network(sizes=(3, 3, 2), **options):
    model = MLP(sizes[0], sizes[1:], rng=random.Random(0), **{"activation": "sigmoid", **options})
    outputs = model([Value(0.5 * i - 0.7, label=f"x{i}") for i in range(1, sizes[0] + 1)])
    total = sum(y * y for y in outputs) if isinstance(outputs, list) else outputs * outputs
    total.label = "E"
    total.backward()
    return model, total


def names_in(root, model=None):
    return graph_names(topological_order(root), Parameters(model))


# ---------------------------------------------------------------- what the lecture calls them


def test_the_first_index_is_where_a_weight_comes_from_and_the_second_its_unit():
    """Seeds, Lecture 3: y₁ⁱⁿ = z₁ W₁₁ + z₂ W₂₁ + z₃ W₃₁."""
    model, E = network()
    names = names_in(E, model)
    for number, layer in enumerate(model.layers, 1):
        for k, (row, bias) in enumerate(zip(layer.weight, layer.bias, strict=True), 1):
            assert names[bias] == indexed("b", k, layer=number)
            assert [names[w] for w in row] == [indexed("W", j, k, layer=number) for j in range(1, len(row) + 1)]
    assert names[model.layers[1].neurons[0].w[2]] == "W⁽²⁾₃₁"
    assert indexed("W", 1, 12, layer=1) != indexed("W", 11, 2, layer=1)


def test_what_a_layer_computes_is_named_where_the_model_is_applied_once():
    model, E = network()
    names = names_in(E, model)
    assert [names[x] for x in topological_order(E) if names[x][0] in "sh"] == [
        "s⁽¹⁾₁", "h⁽¹⁾₁", "s⁽¹⁾₂", "h⁽¹⁾₂", "s⁽¹⁾₃", "h⁽¹⁾₃", "s⁽²⁾₁", "s⁽²⁾₂",
    ]  # fmt: skip
    batch = model([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    total = sum(y for sample in batch for y in sample)
    assert not any(name[0] in "sh" for name in names_in(total, model).values())


def test_the_square_of_a_linear_output_is_not_its_activation():
    model, E = network((2, 1))
    assert [name for name in names_in(E, model).values() if name[0] in "shE"] == ["s⁽¹⁾₁", "E"]


def test_layers_are_numbered_as_their_frames_are_whatever_stands_between():
    model = Sequential(Linear(2, 2, rng=random.Random(0)), PReLU(), Linear(2, 1, rng=random.Random(1)))
    y = model([1.0, 2.0])
    shown = scene(y, model=model)
    titles = {cluster.path: cluster.title for cluster in shown.clusters}
    assert titles["layers.0"] == "layer 1: 2 → 2, Linear"
    assert titles["layers.2"] == "layer 2: 2 → 1, Linear"
    assert "PReLU" in titles["layers.1"]
    boxes = {box.path: box for box in shown.boxes if box.path}
    assert (boxes["layers.2.neurons.0.w.1"].name, boxes["layers.2.neurons.0.w.1"].short) == ("W⁽²⁾₂₁", "W₂₁")
    assert (boxes["layers.1.slope"].name, boxes["layers.1.slope"].short) == ("layers.1.slope", "slope")


def test_a_frame_that_does_not_say_the_layer_leaves_the_name_whole():
    class Net(Module):
        def __init__(self):
            self.hidden, self.scale = Layer(1, 2, rng=random.Random(0)), [Value(0.5), Value(2.0)]

        def forward(self, x):
            return sum(a * h for a, h in zip(self.scale, self.hidden(x), strict=True))

    net = Net()
    boxes = {box.path: box for box in scene(net([1.0]), model=net).boxes if box.path}
    assert (boxes["hidden.neurons.1.w.0"].name, boxes["hidden.neurons.1.w.0"].short) == ("W⁽¹⁾₁₂", "")
    assert boxes["scale.1"].name == "scale₂"


def test_every_parameter_has_a_name_of_its_own():
    model = Sequential(Linear(12, 11, rng=random.Random(0)), PReLU(), MLP(11, [12, 2], activation="prelu"), ReLU())
    parameters = Parameters(model)
    assert parameters.names.keys() == set(model.parameters())
    for written in (str, identifier, latex_name):
        assert len(set(map(written, parameters.names.values()))) == len(parameters.names)


# ---------------------------------------------------------------- one name everywhere


@pytest.mark.parametrize("sizes", [(3, 3, 2), (2, 2, 1), (1, 1)])
def test_picture_page_explanation_program_and_formula_have_the_same_names(sizes):
    model, E = network(sizes)
    order = topological_order(E)
    names, own = names_in(E, model), own_names(order, Parameters(model))
    svg = ET.fromstring(to_svg(E, model=model))
    titles = {title.text.split("\n")[0] for title in svg.iter("{http://www.w3.org/2000/svg}title") if title.text}
    page = {box["name"] for box in graph_data(E, most=1000, model=model)["boxes"]}
    source, formula = str(program(E, model=model)), str(E.latex(model=model))
    for node in order:
        name = names[node]
        assert f"∂E/∂{name} = " in str(explain(E, wrt=node, model=model)).splitlines()[0]
        assert re.search(rf"\b{identifier(name)}\b", source)
        if node in own:
            assert any(title.startswith(f"{name} ") for title in titles)
            assert name in page or name.startswith("x")
            assert node is E or latex_name(name) in formula


def test_a_page_and_the_speech_of_a_picture_tell_weights_apart():
    model, E = network((2, 2, 1))
    described = ET.fromstring(to_svg(E, model=model)).find("{http://www.w3.org/2000/svg}desc").text
    for name in Parameters(model).names.values():
        assert f" {name} = " in described


# ---------------------------------------------------------------- labels


LABELS = [
    "", " ", "x1", "x₁", "x_1", "v1", "v2", "v₁", "W⁽¹⁾₁₁", "b⁽¹⁾₁", "s⁽¹⁾₁", "h⁽¹⁾₁", "layers.0.neurons.0.w.0", "y",
]  # fmt: skip


@given(st.lists(st.sampled_from(LABELS), min_size=14, max_size=14))
def test_a_label_is_never_changed_and_no_other_name_looks_like_it(labels):
    model, E = network((2, 1, 1))
    order = topological_order(E)
    for node, label in zip(order, labels, strict=False):
        node.label = label
    names = names_in(E, model)
    labelled = {node for node in order if node.label.strip()}
    assert all(names[node] == node.label for node in labelled)

    def looks(name):
        return identifier(name).replace("x_1", "x1")

    invented = [looks(names[node]) for node in order if node not in labelled]
    assert len(set(invented)) == len(invented)
    assert not set(invented) & {looks(node.label) for node in labelled}
    for node, box in ((box.node, box) for box in scene(E, model=model).boxes if box.node in labelled):
        assert (box.name, box.short) == (node.label, "")


def test_a_program_takes_labels_first_and_results_by_their_label():
    x1, free = Value(2.0, label="x₁"), Value(3.0)
    y = (x1 * free).exp()
    y.label = "the result"
    assert str(program(y, mode="value")).splitlines()[3:] == [
        "def f(x1, x2):", "    # forward", "    v1 = x1 * x2", "    the_result = exp(v1)", "    return (the_result,)",
    ]  # fmt: skip


def test_what_is_not_in_the_graph_borrows_no_name():
    model, E = network((2, 2, 1))
    other = MLP(2, [1], rng=random.Random(1))
    stranger = other.layers[0].neurons[0].w[0]
    for wrt in (stranger, Value(2.0), Value(2.0, label="x1")):
        said = str(explain(E, wrt=wrt, model=model))
        assert said == f"∂E/∂{wrt!r} = 0: no path leads from {wrt!r} to E"
    made = program(E, [*model.parameters(), Value(7.0)], model=model)
    names = [x.name for x in made.inputs]
    assert len(set(names)) == len(names)
    assert names[-1] not in {identifier(name) for name in names_in(E, model).values()}


def test_a_model_without_parameters_is_refused_by_name():
    x = Value(1.0, label="x")
    for role, call in (
        ("explain", lambda: explain(x * x, model=3)),
        ("program", lambda: program(x * x, model=3)),
        ("latex", lambda: (x * x).latex(model=3)),
        ("expression", lambda: expression(x * x, model=3)),
    ):
        with pytest.raises(TypeError, match=rf"{role}: model must have named_parameters\(\), as an nn.Module, not int"):
            call()


# ---------------------------------------------------------------- the chain rule by δ


def test_an_explanation_goes_from_one_delta_to_the_next_and_tells_each_once():
    """Seeds, Lecture 3: ∂E/∂W⁽¹⁾₂₁ = δ⁽¹⁾₁ x₂, δ⁽¹⁾₁ = (δ⁽²⁾₁ W⁽²⁾₁₁ + δ⁽²⁾₂ W⁽²⁾₁₂) φ′(z₁ⁱⁿ)."""
    model, E = network()
    w = model.layers[0].neurons[0].w[1]
    found = explain(E, wrt=w, model=model)
    (path,) = found.paths
    assert (path.nodes, path.delta) == (("W⁽¹⁾₂₁", "s⁽¹⁾₁"), "δ⁽¹⁾₁")
    assert found.total == pytest.approx(w.grad, rel=1e-15)
    assert found.deltas[0].delta == "δ⁽¹⁾₁"
    assert {part.delta for part in found.deltas[1:]} == {"δ⁽²⁾₁", "δ⁽²⁾₂"}
    lines = str(found).splitlines()
    assert len(lines) == len(set(lines))
    assert sum(line.startswith("δ⁽²⁾₁ = ∂E/∂s⁽²⁾₁") for line in lines) == 1
    for part in (found, *found.deltas):
        assert sum(path.product for path in part.paths) == pytest.approx(part.total, rel=1e-12)
    assert r"\delta^{(1)}_{1} = \frac{\partial E}{\partial s^{(1)}_{1}} &= " in found.latex()


def test_no_delta_is_left_out_of_a_deep_network():
    model, E = network((2, 2, 2, 2, 2, 1), activation="tanh")
    found = explain(E, wrt=model.layers[0].neurons[1].w[0], model=model)
    assert [part.delta for part in found.deltas if part.delta[2] == "⁵"] == ["δ⁽⁵⁾₁"]
    assert {part.delta for part in found.deltas} == {"δ⁽¹⁾₂", *(f"δ⁽{n}⁾{k}" for n in "²³⁴" for k in "₁₂"), "δ⁽⁵⁾₁"}
    assert "…" not in str(found)


def test_the_adjoint_of_a_weighted_sum_is_called_delta():
    model, E = network()
    s = next(node for node, name in names_in(E, model).items() if name == "s⁽²⁾₁")
    assert "so it receives 1 times δ⁽²⁾₁: " in str(explain(s, model=model)).splitlines()[-1]
    assert r"\bar{b^{(2)}_{1}} &\mathrel{+}= \delta^{(2)}_{1} \cdot" in explain(s, model=model).latex()
