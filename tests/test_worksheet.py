"""`deltas`: the worksheet of Lecture 3, by numbers, in text, in LaTeX, and drawn."""

import random
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd
from autograd import Value, deltas, to_svg
from nn import MLP, Linear, Sequential, cross_entropy, half_squared_loss, l2_penalty

PHI = {
    "sigmoid": (lambda s: 1 / (1 + np.exp(-s)), lambda s: np.exp(-s) / (1 + np.exp(-s)) ** 2),
    "tanh": (np.tanh, lambda s: 1 / np.cosh(s) ** 2),
    "relu": (lambda s: s * (s > 0), lambda s: 1.0 * (s > 0)),
    "identity": (lambda s: s, lambda s: 1.0 + 0.0 * s),
}


def network(sizes=(3, 3, 2), phi="sigmoid", seed=0):
    model = MLP(sizes[0], sizes[1:], activation=phi, output_activation=phi, rng=random.Random(seed))
    rng = random.Random(seed + 1)
    for layer in model.layers:
        for bias in layer.bias:
            bias.data = rng.uniform(-0.5, 0.5)
    x = [Value(rng.uniform(-1.0, 1.0), label=f"x{j}") for j in range(1, sizes[0] + 1)]
    t = [Value(rng.uniform(-1.0, 1.0), label=f"t{k}") for k in range(1, sizes[-1] + 1)]
    outputs = model(x)
    y = outputs if isinstance(outputs, list) else [outputs]
    for k, output in enumerate(y, 1):
        output.label = f"y{k}"
    E = 0.5 * autograd.sum([(tk - yk) ** 2 for tk, yk in zip(t, y, strict=True)])
    E.label = "E"
    return model, x, t, E


def by_hand(model, phi, x, t):
    """The formulas of the lecture, in its order: W_jk from unit j to unit k, δ from the last layer to the first."""
    function, derivative = PHI[phi]
    W = [np.array([[w.data for w in row] for row in layer.weight]).T for layer in model.layers]
    b = [np.array([x.data for x in layer.bias]) for layer in model.layers]
    h, s = [np.array([v.data for v in x])], []
    for Wl, bl in zip(W, b, strict=True):
        s.append(Wl.T @ h[-1] + bl)
        h.append(function(s[-1]))
    delta = (h[-1] - [v.data for v in t]) * derivative(s[-1])
    for number in range(len(W), 0, -1):
        yield number, delta, np.outer(h[number - 1], delta), W[number - 1]
        if number > 1:
            delta = (W[number - 1] @ delta) * derivative(s[number - 2])


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(1, 5), min_size=2, max_size=5), st.sampled_from(list(PHI)), st.integers(0, 100))
def test_the_numbers_are_those_of_the_formulas_for_any_number_of_layers(sizes, phi, seed):
    model, x, t, E = network(sizes, phi, seed)
    sheet = deltas(E, model)
    assert len(sheet) == len(sizes) - 1
    close = {"rtol": 1e-11, "atol": 1e-14}
    for number, delta, gradient, W in by_hand(model, phi, x, t):
        layer = sheet[number]
        np.testing.assert_allclose(layer.delta, delta, **close)
        np.testing.assert_allclose(layer.weight_gradient, gradient, **close)
        np.testing.assert_allclose(layer.bias_gradient, delta, **close)
        np.testing.assert_allclose(layer.slope, PHI[phi][1](np.array(layer.s)), **close)
        assert W.tolist() == layer.W
        assert not layer.elsewhere
    assert all(p.grad == 0.0 for p in model.parameters())


def test_the_worksheet_of_the_3_3_2_network_is_that_of_the_lecture():
    model, _, _, E = network()
    lines = str(deltas(E, model)).splitlines()
    sides = [line.split(" = ") for line in lines]
    written = {side[0]: side[1] for side in sides if side[0].startswith("δ")}
    assert written == {
        "δ⁽²⁾₁": "(y1 − t1) · φ′(s⁽²⁾₁)",
        "δ⁽²⁾₂": "(y2 − t2) · φ′(s⁽²⁾₂)",
        "δ⁽¹⁾₁": "(δ⁽²⁾₁ · W⁽²⁾₁₁ + δ⁽²⁾₂ · W⁽²⁾₁₂) · φ′(s⁽¹⁾₁)",
        "δ⁽¹⁾₂": "(δ⁽²⁾₁ · W⁽²⁾₂₁ + δ⁽²⁾₂ · W⁽²⁾₂₂) · φ′(s⁽¹⁾₂)",
        "δ⁽¹⁾₃": "(δ⁽²⁾₁ · W⁽²⁾₃₁ + δ⁽²⁾₂ · W⁽²⁾₃₂) · φ′(s⁽¹⁾₃)",
    }
    cells = [[cell.strip() for cell in line.strip("│").split("│")] for line in lines if line.startswith("│ ")]
    table = {row[0]: row[2] for row in cells if row[0] != "w"}
    subscript = dict(zip("123", "₁₂₃", strict=True))
    for layer, inputs, units in ((1, 3, 3), (2, 3, 2)):
        above = f"⁽{'⁰¹²'[layer]}⁾"
        for k in range(1, units + 1):
            assert table[f"b{above}{subscript[str(k)]}"] == f"δ{above}{subscript[str(k)]}"
            for j in range(1, inputs + 1):
                source = f"x{j}" if layer == 1 else f"h⁽¹⁾{subscript[str(j)]}"
                product = f"δ{above}{subscript[str(k)]} · {source}"
                assert table[f"W{above}{subscript[str(j)]}{subscript[str(k)]}"] == product
    assert len(table) == 12 + 8
    assert "∂E/∂W⁽²⁾ = h⁽¹⁾ δ⁽²⁾ᵀ = " in str(deltas(E, model))
    assert "∂E/∂W⁽¹⁾ = x δ⁽¹⁾ᵀ = " in str(deltas(E, model))


def test_what_is_printed_as_numbers_makes_the_number_behind():
    model, _, _, E = network(seed=5)
    for line in str(deltas(E, model)).splitlines():
        if line.startswith("δ"):
            _, _, numbers, result = line.split(" = ")
            found = eval(numbers.replace("−", "-").replace("·", "*"))
            assert found == pytest.approx(float(result.replace("−", "-")), rel=5e-3, abs=1e-5)


def test_the_latex_has_the_same_matrices():
    model, _, _, E = network()
    tex = deltas(E, model).latex()
    assert r"\left(y_{1} - t_{1}\right) \cdot {\varphi^{(2)}}'\left(s^{(2)}_{1}\right)" in tex
    assert r"\frac{\partial E}{\partial W^{(2)}} &= h^{(1)} \, {\delta^{(2)}}^\top = \begin{pmatrix}" in tex
    assert r"\delta^{(2)}_{1} \cdot h^{(1)}_{3} & \delta^{(2)}_{2} \cdot h^{(1)}_{3} \end{pmatrix}" in tex
    assert r"\delta^{(1)}_{1} \cdot x_{1} & \delta^{(1)}_{2} \cdot x_{1} & \delta^{(1)}_{3} \cdot x_{1}" in tex
    assert tex.count("{") == tex.count("}")
    assert tex.count(r"\begin{pmatrix}") == tex.count(r"\end{pmatrix}") == 2 * (2 + 2 + 1)
    assert deltas(E, model)._repr_latex_().startswith(r"$\displaystyle \begin{aligned}")


def test_the_picture_calls_the_gradients_of_the_sums_delta():
    model, _, _, E = network()
    before = [element.text for element in ET.fromstring(to_svg(E, model=model)).iter() if element.text]
    assert not any(text.startswith("δ") for text in before)
    E.backward()
    sheet = deltas(E, model)
    shown = [element.text for element in ET.fromstring(to_svg(E, model=model)).iter() if element.text]
    found = sorted(text for text in shown if re.match("δ[₁₂₃] ", text))
    wanted = [f"δ{'₁₂₃'[k]} {delta:.4g}" for layer in sheet for k, delta in enumerate(layer.delta)]
    assert found == sorted(text.replace("-", "−") for text in wanted)
    assert "grad, δ: ∂E/∂box" in shown
    (E * 2.0).backward()  # the gradients in the picture of E are now of another number
    assert not any(re.match("δ[₁₂₃] ", element.text or "") for element in ET.fromstring(to_svg(E, model=model)).iter())


# ---------------------------------------------------------------- other losses


def test_the_gradient_of_a_batch_is_the_sum_over_its_samples():
    model, *_ = network((2, 4, 2), "tanh")
    X, T = [[0.5, -1.0], [1.0, 0.25], [-0.75, 2.0]], [[0.0, 1.0], [1.0, 0.0], [0.5, 0.5]]
    E = half_squared_loss(model(X), T)
    E.backward()
    for layer, own in zip(deltas(E, model), model.layers, strict=True):
        assert np.shape(layer.delta) == (3, len(own.weight))
        np.testing.assert_allclose(layer.weight_gradient, np.transpose(layer.h) @ layer.delta, rtol=1e-12)
        np.testing.assert_allclose(layer.weight_gradient, np.transpose([[w.grad for w in row] for row in own.weight]))
        np.testing.assert_allclose(layer.bias_gradient, np.sum(layer.delta, axis=0), rtol=1e-12)
        assert not layer.elsewhere
        assert f"H⁽{'⁰¹'[layer.number - 1]}⁾ᵀ Δ" in str(layer)


def test_a_penalty_is_said_to_be_more_than_the_product():
    model, _, _, E = network()
    E = E + l2_penalty(model, 0.1)
    E.backward()
    layer = deltas(E, model)[2]
    assert layer.elsewhere
    assert "δ⁽²⁾ᵀ + what W⁽²⁾ does elsewhere = " in str(layer)
    assert layer.weight_gradient[2][0] == model.layers[1].neurons[0].w[2].grad
    assert r"+ \cdots = " in deltas(E, model).latex()


def test_softmax_and_layers_without_biases_and_labels_of_ones_own():
    model = Sequential(Linear(2, 3, bias=False, rng=random.Random(0)), Linear(3, 2, rng=random.Random(1)))
    model[0].weight[1][0].label = "mine"
    model[1].bias[0].label = "offset"
    E = cross_entropy([model([1.0, 2.0])], [1])
    sheet = deltas(E, model)
    assert "│ mine " in str(sheet[1])
    assert "│ offset " in str(sheet[2])
    assert "b⁽¹⁾" not in str(sheet[1])
    classifier = MLP(2, [3, 2], output_activation="softmax", rng=random.Random(0))
    E = -classifier([1.0, 2.0])[0].log()
    E.backward()
    last = deltas(E, classifier)[2]
    assert last.delta == pytest.approx([b.grad for b in classifier.layers[1].bias], rel=1e-12)
    assert all(slope != slope for slope in last.slope)


def test_a_large_layer_is_written_with_dots():
    model, _, _, E = network((30, 40, 2))
    text = str(deltas(E, model))
    assert text.count("\n") < 60
    assert max(map(len, text.splitlines())) < 200
    assert "…" in text


def test_units_that_nothing_depends_on_have_no_delta():
    model, *_ = network((2, 3, 2))
    y, _ = model([0.5, -1.0])
    sheet = deltas(y * y, model)
    assert sheet[2].delta[1] == 0.0
    assert [row[1] for row in sheet[2].weight_gradient] == [0.0] * 3
    assert "δ⁽²⁾₂ = 0" in str(sheet)


# ---------------------------------------------------------------- refusals


def test_what_cannot_have_a_worksheet_is_refused_with_the_reason():
    model, _, _, E = network()
    with pytest.raises(TypeError, match=r"deltas: loss must be a Value, not float .*do not take its \.data"):
        deltas(E.data, model)
    for other in (None, 3):
        with pytest.raises(TypeError, match=r"deltas: model must have named_parameters\(\)"):
            deltas(E, other)
    with pytest.raises(ValueError, match="no layer of the model is in the graph of the loss"):
        deltas(E, MLP(3, [3, 2]))
    with pytest.raises(KeyError, match="there is no layer 3; those in the graph of the loss are 1, 2"):
        deltas(E, model)[3]
