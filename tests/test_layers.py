"""Layers on samples and batches, activations, freezing, dropout, summaries."""

import math
from random import Random

import numpy as np
import pandas as pd
import pytest

import autograd
from autograd import Value, gradcheck, no_grad, topological_order
from nn import (
    ELU,
    GELU,
    MLP,
    SGD,
    Dropout,
    Identity,
    Layer,
    LeakyReLU,
    Linear,
    LogSigmoid,
    LogSoftmax,
    Module,
    Neuron,
    Polynomial,
    Power,
    PReLU,
    ReLU,
    Sequential,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Tanh,
    TemperatureScaling,
    get_activation,
    get_initializer,
    mse_loss,
)
from nn.models.initializers import INITIALIZERS

X = [[0.5, -1.0, 2.0], [1.5, 0.25, -0.5], [0.0, 3.0, 1.0], [-2.0, 0.0, 0.75]]


def numbers(nested):
    return [numbers(x) for x in nested] if isinstance(nested, list) else getattr(nested, "data", nested)


def models():
    return {
        "neuron": Neuron(3, activation="tanh", rng=Random(1)),
        "layer": Layer(3, 4, activation="sigmoid", rng=Random(2)),
        "one output": Layer(3, 1, rng=Random(2)),
        "softmax": Layer(3, 4, activation="softmax", rng=Random(2)),
        "mlp": MLP(3, [5, 1, 2], activation=["relu", "prelu"], output_activation="softmax", rng=Random(3)),
        "one wide": MLP(3, [1, 1], rng=Random(3)),
        "sequential": Sequential(Linear(3, 1, rng=Random(4)), Tanh(), Linear(1, 3, rng=Random(5)), Softmax()),
    }


@pytest.mark.parametrize("name", models())
@pytest.mark.parametrize("kind", [list, np.array, pd.DataFrame, tuple])
def test_a_batch_gives_the_list_of_what_its_samples_give(name, kind):
    model = models()[name]
    assert numbers(model(kind(X))) == [numbers(model(x)) for x in X]


@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "relu"])
def test_a_layer_is_the_vectorised_form_of_the_notes(activation):
    """H = φ(XW + b) (n × Q), on plain NumPy, and on NumPy arrays of Values with their gradients."""
    layer = Layer(3, 5, activation=activation, rng=Random(0))
    W, b = np.array(layer.weight).T, np.array(layer.bias)
    assert W.shape == (3, 5)
    phi = np.vectorize(getattr(autograd, activation), otypes=[object])
    H = layer(X)
    expected = np.vectorize(Value.item)(phi(X @ W + b))
    np.testing.assert_allclose(numbers(H), expected, rtol=1e-15)  # another order of sums
    sum(h * h for row in H for h in row).backward()
    gradients = [p.grad for p in layer.parameters()]
    layer.zero_grad()
    (phi(np.array(X) @ W + b) ** 2).sum().backward()
    assert [p.grad for p in layer.parameters()] == pytest.approx(gradients, rel=1e-13)


def test_inputs_may_be_values_and_get_gradients():
    model = MLP(2, [3, 1], activation="tanh", rng=Random(0))
    assert gradcheck(lambda x: model(x), [[0.3, -0.7]])


def test_wrong_samples_are_refused_with_both_sizes():
    for wrong in ([1.0], [[1.0, 2.0, 3.0], [1.0]], np.ones((2, 2)), np.ones((1, 2, 3))):
        with pytest.raises((ValueError, TypeError), match=r"Layer: expected 3 inputs, got|Layer.*number|affine|linear"):
            Layer(3, 2)(wrong)
    assert Layer(3, 2)(np.ones((0, 3))) == []
    for text in ("abc", {"a": 1}, None):
        with pytest.raises(TypeError, match="Layer: expected a sequence of numbers"):
            Layer(3, 2)(text)


# ---------------------------------------------------------------- activations

FORMULAS = {
    "Identity": (Identity(), lambda s: s),
    "ReLU": (ReLU(), lambda s: max(0.0, s)),
    "LeakyReLU": (LeakyReLU(0.2), lambda s: s if s >= 0 else 0.2 * s),
    "PReLU": (PReLU(), lambda s: s if s >= 0 else 0.25 * s),
    "ELU": (ELU(1.5), lambda s: s if s >= 0 else 1.5 * (math.exp(s) - 1)),
    "Softplus": (Softplus(), lambda s: math.log(1 + math.exp(s))),
    "Sigmoid": (Sigmoid(3.0), lambda s: 1 / (1 + math.exp(-3 * s))),
    "trainable Sigmoid": (Sigmoid(3.0, trainable=True), lambda s: 1 / (1 + math.exp(-3 * s))),
    "LogSigmoid": (LogSigmoid(), lambda s: -math.log(1 + math.exp(-s))),
    "Tanh": (Tanh(), math.tanh),
    "SiLU": (SiLU(), lambda s: s / (1 + math.exp(-s))),
    "GELU": (GELU(), lambda s: s * 0.5 * (1 + math.erf(s / math.sqrt(2)))),
    "GELU tanh": (
        GELU("tanh"),
        lambda s: 0.5 * s * (1 + math.tanh(math.sqrt(2 / math.pi) * (s + 0.044715 * s**3))),
    ),
    "Power": (Power(3), lambda s: s**3),
    "Polynomial": (Polynomial([1.0, -2.0, 0.5]), lambda s: 1 - 2 * s + 0.5 * s * s),
}


@pytest.mark.parametrize("name", FORMULAS)
def test_activation_modules_equal_their_formulas(name):
    module, formula = FORMULAS[name]
    points = [-2.5, -0.3, 0.4, 3.0]
    assert [v.data for v in module([Value(s) for s in points])] == pytest.approx(
        [formula(s) for s in points], rel=1e-14
    )
    assert numbers(module([points, points])) == [numbers(module(points))] * 2
    assert gradcheck(module, [[0.4, -0.3]])


def test_prelu_trains_a_slope_for_each_neuron():
    layer = Layer(2, 3, activation="prelu", rng=Random(0))
    slopes = [name for name, _ in layer.named_parameters() if name.endswith("slope")]
    assert slopes == [f"neurons.{k}.activation.slope" for k in range(3)]
    slope = PReLU(init=0.1)
    slope([-2.0, 5.0, -1.0])[0].backward()
    assert slope.slope.grad == -2.0  # ∂/∂a of a·s
    shared = Layer(2, 3, activation=PReLU(), rng=Random(0))
    assert len(shared.parameters()) == 3 * 3 + 1


def test_the_slope_of_a_sigmoid_may_be_trained():
    sigmoid = Sigmoid(2.0, trainable=True)
    y = sigmoid(0.5)
    y.backward()
    assert sigmoid.slope.grad == pytest.approx(0.5 * y.data * (1 - y.data), rel=1e-15)
    assert Sigmoid(1e9)([-1.0, 1.0]) == [0.0, 1.0]  # the indicator of s ≥ 0


def test_softmax_is_on_the_simplex_and_flattens_with_temperature():
    logits = [1.0, 2.0, 3.0]
    assert math.fsum(Softmax()(logits)) == pytest.approx(1.0, abs=1e-15)
    assert Softmax(temperature=1e9)(logits) == pytest.approx([1 / 3] * 3)
    assert Softmax(temperature=1e-3)(logits) == [0.0, 0.0, 1.0]
    assert LogSoftmax()([logits, [1000.0, 0.0, -1000.0]])[1] == [0.0, -1000.0, -2000.0]
    np.testing.assert_allclose(np.exp(LogSoftmax()(logits)), Softmax()(logits), rtol=1e-15)


@pytest.mark.parametrize("wrong", [True, "0.1", None, [0.1], Value(0.1), 1j, math.nan, math.inf, 10**400])
def test_a_setting_of_an_activation_that_is_no_finite_number_is_refused(wrong):
    """LeakyReLU(True) is meant in place, and trained slopes are PReLU's."""
    for name, make in {
        "LeakyReLU: negative_slope": LeakyReLU,
        "PReLU: init": lambda x: PReLU(init=x),
        "ELU: alpha": ELU,
        "Sigmoid: slope": Sigmoid,
        "Power: exponent": Power,
        "Polynomial: coefficient 1": lambda x: Polynomial([0.0, x]),
        "Softmax: temperature": lambda x: Softmax(temperature=x),
    }.items():
        with pytest.raises((TypeError, ValueError), match=f"^{name} must be"):
            make(wrong)


def test_wrong_activations_are_refused():
    for make, message in [
        (lambda: get_activation("rleu"), "not 'rleu'"),
        (lambda: get_activation(3), "not 3"),
        (lambda: Polynomial([1.0]), "2 coefficients"),
        (lambda: LeakyReLU(math.nan), "finite"),
        (lambda: Softmax(temperature=0.0), "above 0"),
        (lambda: GELU("sigmoid"), "approximate"),
        (lambda: MLP(2, [3, 1], activation=["relu", "tanh"]), "1 hidden layer, but 2 activations"),
        (lambda: Dropout(1.0), "Dropout: p must be below 1"),
        (lambda: Dropout(-0.1), "Dropout: p"),
    ]:
        with pytest.raises(ValueError, match=message):
            make()
    with pytest.raises(TypeError, match="layer 1 must be a Module or a function"):
        Sequential(ReLU(), ReLU)


# ---------------------------------------------------------------- initialisers


@pytest.mark.parametrize("name", INITIALIZERS)
def test_initialisers_are_seeded_and_have_their_moments(name):
    draw, fan_in, fan_out = get_initializer(name), 30, 20
    sample = [draw(fan_in, fan_out, rng) for rng in [Random(7)] for _ in range(20_000)]
    rng = Random(7)
    assert sample[:5] == [draw(fan_in, fan_out, rng) for _ in range(5)]
    variance = {
        "uniform": 1 / 3, "zeros": 0.0, "xavier_uniform": 2 / 50, "xavier_normal": 2 / 50,
        "kaiming_uniform": 2 / 30, "kaiming_normal": 2 / 30, "torch_uniform": 1 / 90,
    }[name]  # fmt: skip
    assert np.mean(sample) == pytest.approx(0.0, abs=5 * math.sqrt(variance / 20_000))
    assert np.var(sample) == pytest.approx(variance, rel=0.05)  # 5 standard errors of a variance of 20,000


# ---------------------------------------------------------------- freezing, dropout, modules in modules


def test_frozen_layers_get_no_gradient_no_update_and_no_graph():
    model = MLP(2, [4, 3, 1], activation="tanh", rng=Random(0))
    model.layers[0].requires_grad_(False)
    before = model.state_dict()
    loss = mse_loss(model([[1.0, 2.0]]), [0.3])
    frozen = set(model.layers[0].parameters())
    assert not frozen & set(topological_order(loss))
    assert sum(node.primitive is not None for node in topological_order(model.layers[0]([1.0, 2.0])[0])) == 0
    optimizer = SGD(model.parameters(), lr=0.1, momentum=0.9)
    loss.backward()
    optimizer.step()
    after = model.state_dict()
    assert {name for name in after if after[name] == before[name]} == {n for n in after if n.startswith("layers.0")}
    assert all(p.grad == 0.0 for p in frozen)
    model.requires_grad_(True)
    model([1.0, 2.0]).backward()
    assert all(p.grad != 0.0 for p in model.parameters())


def test_a_frozen_model_gives_numbers_without_a_graph():
    output = MLP(2, [4, 1], rng=Random(0)).requires_grad_(False)([1.0, 2.0])
    assert output.operands == ()
    with pytest.raises(RuntimeError, match="frozen"):
        output.backward()


def test_dropout_keeps_the_expectation_in_training_and_everything_in_use():
    dropout = Dropout(0.25, rng=Random(0))
    out = dropout([1.0] * 20_000)
    assert set(out) == {0.0, 1 / 0.75}
    assert np.mean(out) == pytest.approx(1.0, abs=5 * math.sqrt(1 / 3 / 20_000))
    assert Dropout(0.25, rng=Random(0))([1.0] * 50) == out[:50]
    model = MLP(2, [16, 1], dropout=0.5, rng=Random(0))
    assert model.training
    assert len({model([1.0, 1.0]).data for _ in range(5)}) > 1
    assert len({model.eval()([1.0, 1.0]).data for _ in range(5)}) == 1
    assert not any(module.training for module in model.modules())
    assert all(module.training for module in model.train().modules())


def test_modules_within_modules_are_found_once():
    class Twice(Module):
        def __init__(self):
            self.inner = Linear(2, 2, rng=Random(0))
            self.again = {"same": [self.inner]}
            self.parent = self

        def forward(self, x):
            return self.inner(self.inner(x))

    model = Twice()
    assert len(model.parameters()) == 6
    assert [name for name, _ in model.named_modules()] == ["", "inner", "inner.neurons.0", "inner.neurons.1"]
    seen = []
    model.apply(seen.append)
    assert seen[-1] is model
    inner = model.inner
    assert seen == [*inner.neurons, inner, model]


def test_parameters_are_found_in_sequences_dicts_and_arrays_of_any_depth_and_refused_in_sets():
    class Holder(Module):
        def __init__(self, held):
            self.held = held

    for held, names in [
        ([[Value(1.0)], (Value(2.0),)], ["0.0", "1.0"]),
        ({"a": {1: [Value(1.0)]}}, ["a.1.0"]),
        (np.array([[Value(1.0), 2.0], [3.0, Value(4.0)]]), ["0.0", "1.1"]),
        ([np.array([Value(1.0)])], ["0.0"]),
        (np.array([Linear(1, 1, bias=False), None]), ["0.neurons.0.w.0"]),
        (np.array([1.0, 2.0]), []),
        ({1, "a"}, []),
    ]:
        assert [name for name, _ in Holder(held).named_parameters()] == [f"held.{name}" for name in names]
    weights = np.array([[Value(float(i + j)) for i in range(20)] for j in range(30)])
    model = Holder([weights, weights[::2], weights.T])  # views of the same Values
    assert [parameter.data for parameter in model.parameters()] == [i + j for j in range(30) for i in range(20)]
    for held in ({Value(1.0)}, frozenset([Linear(1, 1)]), [{"a": {Value(1.0)}}]):
        for ask in (Module.parameters, Module.state_dict, Module.modules):
            with pytest.raises(
                TypeError, match=r"^held.* is a (frozen)?set of parameters, which has no order; write a list$"
            ):
                ask(Holder(held))
        assert "Holder" in repr(Holder(held))


def test_apply_goes_from_the_inner_to_the_outer_in_the_order_of_assignment():
    """PyTorch's order, so that a function that draws weights draws them alike."""
    model = Sequential(Linear(2, 1), Sequential(Tanh(), Linear(1, 1)), Tanh())
    seen = []
    model.apply(lambda module: seen.append(type(module).__name__))
    layers = [name for name in seen if name != "Neuron"]  # which PyTorch has not
    assert layers == ["Linear", "Tanh", "Linear", "Sequential", "Tanh", "Sequential"]


def test_what_defines_no_forward_cannot_be_called():
    with pytest.raises(TypeError, match=r"Empty defines no forward\(self, x\)"):
        type("Empty", (Module,), {})()(1.0)


def test_sequential_is_composition():
    model = Sequential(Linear(2, 3, rng=Random(0)), Tanh(), Linear(3, 2, bias=False, rng=Random(1)))
    assert numbers(model([1.0, 2.0])) == numbers(model[2](model[1](model[0]([1.0, 2.0]))))
    assert [len(model), len(model.parameters()), len(list(model))] == [3, 15, 3]
    assert isinstance(model[:2], Sequential)
    assert len(model[:2].parameters()) == 9


def test_without_a_nonlinearity_two_layers_collapse_into_one():
    """A = W₂W₁ and c = W₂b₁ + b₂: seeds, "5.2 Composition and Hidden Layers"."""
    first, second = Linear(3, 4, rng=Random(0)), Linear(4, 2, rng=Random(1))
    with no_grad():
        A = np.float64(numbers(second.weight)) @ np.float64(numbers(first.weight))
        c = np.float64(numbers(second.weight)) @ numbers(first.bias) + numbers(second.bias)
        np.testing.assert_allclose(numbers(Sequential(first, second)(X)), np.array(X) @ A.T + c, rtol=1e-14)


def test_powers_of_numbers_follow_ieee_754():
    assert math.isnan(Power(0.5)(-1.0))
    assert (Power(-1)(0.0), Power(2)(1e200)) == (math.inf, math.inf)
    assert Power(3)([2.0, -1.0]) == [8.0, -1.0]


def test_a_single_output_is_bare_whatever_the_activation():
    for activation in ("relu", "softmax", "log_softmax"):
        assert isinstance(Layer(2, 1, activation=activation)([1.0, 2.0]), Value)


def test_the_rows_of_a_summary_add_up():
    class Scaled(Module):
        def __init__(self):
            self.scale, self.shifts = Value(1.0), [Value(0.0), Value(0.0)]
            self.scale.requires_grad_(False)
            self.parts = [TemperatureScaling(MLP(2, [2, 1]))]

    summary = Scaled().summary()
    assert [(row.name, row.layer, row.shape, row.parameters, row.frozen) for row in summary.rows] == [
        ("scale", "", "", 1, 1),
        ("shifts", "", "", 2, 0),
        ("parts.0.temperature", "", "", 1, 1),
        ("parts.0.model.layers.0", "Layer, relu", "2 → 2", 6, 0),
        ("parts.0.model.layers.1", "Layer, identity", "2 → 1", 3, 0),
    ]
    assert (summary.parameters, summary.frozen) == (13, 2)


def test_summary_counts_layers_and_frozen_parameters():
    model = Sequential(MLP(2, [3, 1], rng=Random(0)), Dropout(0.5), Softplus())
    model[0].layers[0].requires_grad_(False)
    summary = model.summary()
    assert [(row.layer, row.shape, row.parameters, row.frozen) for row in summary.rows] == [
        ("Layer, relu", "2 → 3", 9, 9),
        ("Layer, identity", "3 → 1", 4, 0),
        ("Dropout(p=0.5)", "", 0, 0),
        ("Softplus()", "", 0, 0),
    ]
    assert (summary.parameters, summary.frozen) == (13, 9)
    assert "9 (9 frozen)" in str(summary)
    assert "13 (9 frozen)" in repr(summary)


def test_a_sequence_of_layers_grows():
    model = Sequential()
    assert model.append(Linear(2, 3)) is model.append(ReLU()).append(Linear(3, 1))
    assert [type(layer) for layer in model] == [Linear, ReLU, Linear]
    assert len(model) == len(model.layers) == 3
    assert len(model.parameters()) == 13
    whole = Sequential(*model)
    assert whole([0.5, -0.25]).data == model([0.5, -0.25]).data
    part = model[:1]
    part.append(ReLU())  # leaves the model alone
    assert (len(part), len(model)) == (2, 3)
    for wrong in (ReLU, 3, None, [ReLU()]):
        with pytest.raises(TypeError, match="Sequential: layer 3 must be a Module or a function, not"):
            model.append(wrong)
    assert len(model) == 3
