"""Regularisers: their values and gradients, the priors they come from, scikit-learn's optima, what they refuse."""

import math
import random

import numpy as np
import pytest
from sklearn.linear_model import ElasticNet, Lasso, Ridge

import autograd
from autograd import Value, gradcheck, program, topological_order
from nn.models.activations import Polynomial
from nn.models.layers import MLP, Layer, Linear, Neuron, Sequential
from nn.models.module import Module
from nn.objectives.losses import half_squared_loss
from nn.objectives.regularizers import elastic_net_penalty, frobenius_penalty, l1_norm, l1_penalty, l2_penalty

PENALTIES = [l1_penalty, l2_penalty, elastic_net_penalty, frobenius_penalty]


def model():
    return MLP(2, [3, 1], activation="tanh", rng=random.Random(0))


def with_biases(network, number=0.7):
    for name, parameter in network.named_parameters():
        if name.endswith(".b"):
            parameter.data = number
    return network


def data_of(network, biases=True):
    return np.array([p.data for name, p in network.named_parameters() if biases or not name.endswith(".b")])


# ---------------------------------------------------------------- formulas


def test_penalties_by_their_formulas():
    network = with_biases(model())
    for biases in (True, False):
        w = data_of(network, biases)
        l1, l2 = np.abs(w).sum(), 0.5 * (w**2).sum()
        # 1e-14: NumPy's sums of 13 numbers are not correctly rounded
        assert l1_penalty(network, 0.1, biases).data == pytest.approx(0.1 * l1, rel=1e-14)
        assert l2_penalty(network, 0.1, biases).data == pytest.approx(0.1 * l2, rel=1e-14)
        elastic = elastic_net_penalty(network, 0.1, 0.3, biases).data
        assert elastic == pytest.approx(0.1 * (0.3 * l1 + 0.7 * l2), rel=1e-14)


def test_the_frobenius_penalty_adds_the_norms_of_the_layers_weight_matrices():
    network = with_biases(model())
    norms = [np.linalg.norm([[w.data for w in row] for row in layer.weight]) for layer in network.layers]
    assert frobenius_penalty(network, 2.0).data == pytest.approx(sum(n * n for n in norms), rel=1e-14)
    assert frobenius_penalty(network, 2.0, squared=False).data == pytest.approx(2.0 * sum(norms), rel=1e-14)


def test_coefficients_of_activations_are_no_weights():
    model = Sequential(Linear(1, 1), Polynomial([0.0, 100.0], trainable=True), Linear(1, 1))
    weights = [w.data for layer in (model[0], model[2]) for w in layer.weight[0]]
    assert frobenius_penalty(model, 2.0).data == pytest.approx(sum(w * w for w in weights), rel=1e-14)


def test_gradient_of_the_frobenius_penalty_is_the_weight():
    """The notes' ∂R/∂W = W, and so their update W ← W - η (∇l + α W); biases are left alone."""
    network = with_biases(model())
    frobenius_penalty(network, 0.5).backward()
    for name, p in network.named_parameters():
        assert p.grad == (0.0 if name.endswith(".b") else 0.5 * p.data)


def test_gradient_of_the_norm_has_length_one():
    """∂‖W‖_F/∂W = W / ‖W‖_F; 1e-15 is the rounding of the quotient."""
    w = [Value(3.0), Value(-4.0)]
    frobenius_penalty(w, 1.0, squared=False).backward()
    assert [v.grad for v in w] == pytest.approx([0.6, -0.8], rel=1e-15)


def test_subgradients_at_zero_are_zero():
    for penalty in (l1_penalty, lambda w, a: frobenius_penalty(w, a, squared=False)):
        for numbers in ([0.0, 0.0], [0.0, 2.0], [1e-200, 0.0]):
            w = [Value(number) for number in numbers]
            (penalty(w, 1.0) + w[0]).backward()
            assert w[1].grad == (0.0 if numbers[1] == 0.0 else 1.0)


@pytest.mark.parametrize("penalty", PENALTIES)
def test_derivatives_to_second_order_are_those_of_finite_differences(penalty):
    assert gradcheck(lambda *w: penalty(w, 0.3), (0.5, -1.5, 2.0))
    assert gradcheck(lambda *w: frobenius_penalty(w, 0.3, squared=False), (0.5, -1.5, 2.0))


def test_the_hessian_of_the_ridge_penalty_is_its_strength():
    assert autograd.hessian(lambda w: l2_penalty(w, 0.25))([3.0, 4.0]) == [[0.25, 0.0], [0.0, 0.25]]


def test_a_penalty_is_few_nodes():
    """However many parameters: a network's drawing and its sweep stay small."""
    network = model()
    for penalty, count in ((l1_penalty, 2), (l2_penalty, 2), (elastic_net_penalty, 5), (frobenius_penalty, 2)):
        nodes = [node for node in topological_order(penalty(network, 0.1)) if node.primitive]
        assert len(nodes) == count, penalty


def test_the_l1_norm_is_a_primitive_like_those_of_the_table():
    w = [Value(0.5, label="a"), Value(-2.0, label="b")]
    assert l1_norm([0.5, -2.0]) == l1_norm(w).data == 2.5
    assert l1_norm([]) == 0.0
    assert l1_norm([1e308, 1e308]) == math.inf
    assert math.isnan(l1_norm([math.nan, 1.0]))
    namespace = {}
    exec(str(program(l1_norm(w))), namespace)
    assert namespace["f"](1.0, -3.0) == (4.0, 1.0, -1.0)  # other signs than those recorded
    assert autograd.jvp(lambda x: l1_norm(x), ([0.5, -2.0],), ([1.0, 1.0],)) == (2.5, 0.0)


# ---------------------------------------------------------------- priors


def test_penalties_are_minus_the_log_of_their_priors():
    """Up to a constant: so differences between two parameter vectors are compared."""
    b, sigma = 0.3, 1.7

    def laplace(w):
        return math.exp(-abs(w) / b) / (2 * b)

    def normal(w):
        return math.exp(-0.5 * (w / sigma) ** 2) / (sigma * math.sqrt(2 * math.pi))

    one, two = [0.5, -1.0, 0.0], [1.0, 0.25, -2.0]
    for penalty, prior, strength in ((l1_penalty, laplace, 1 / b), (l2_penalty, normal, 1 / sigma**2)):
        added = penalty([Value(w) for w in two], strength).data - penalty([Value(w) for w in one], strength).data
        minus_log = [-sum(math.log(prior(w)) for w in theta) for theta in (one, two)]
        assert added == pytest.approx(minus_log[1] - minus_log[0], rel=1e-13)
    ratio = (1 / b) / (1 / b + 1 / sigma**2)
    both = elastic_net_penalty([Value(w) for w in two], 1 / b + 1 / sigma**2, ratio).data
    parts = l1_penalty([Value(w) for w in two], 1 / b).data + l2_penalty([Value(w) for w in two], 1 / sigma**2).data
    assert both == pytest.approx(parts, rel=1e-14)


# ---------------------------------------------------------------- scikit-learn


def slopes_at(weights, X, y, reduction, penalty):
    """The gradient of a linear model's half squared loss alone, and with the penalty."""
    gradients = []
    for extra in (lambda w: 0.0, penalty):
        w = [Value(float(number)) for number in weights]
        loss = half_squared_loss([autograd.dot(w, row) for row in X.tolist()], y, reduction) + extra(w)
        loss.backward()
        gradients.append(np.array([v.grad for v in w]))
    return gradients


@pytest.fixture(scope="module")
def regression():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(30, 5))
    return X, X @ [1.0, -2.0, 0.0, 0.0, 0.5] + 0.1 * rng.normal(size=30)


def test_ridge_has_its_minimum_where_ours_is(regression):
    """‖y - Xw‖² + α‖w‖² is twice our sum of half squared losses and l2_penalty; 1e-12 is Cholesky's rounding."""
    X, y = regression
    weights = Ridge(alpha=3.0, fit_intercept=False).fit(X, y).coef_
    loss, both = slopes_at(weights, X, y, "sum", lambda w: l2_penalty(w, 3.0))
    assert np.abs(loss).max() > 1.0
    assert both == pytest.approx(np.zeros(5), abs=1e-12)


@pytest.mark.parametrize(
    ("estimator", "penalty"),
    [
        (Lasso(alpha=0.3), lambda w: l1_penalty(w, 0.3)),
        (ElasticNet(alpha=0.3, l1_ratio=0.7), lambda w: elastic_net_penalty(w, 0.3, l1_ratio=0.7)),
    ],
    ids=["lasso", "elastic net"],
)
def test_lasso_and_elastic_net_have_their_minimum_where_ours_is(regression, estimator, penalty):
    """Slope 0 where w ≠ 0; a slope of the loss within the kink's where w = 0.  1e-9: their duality gap is 1e-14."""
    X, y = regression
    weights = estimator.set_params(fit_intercept=False, tol=1e-14, max_iter=100_000).fit(X, y).coef_
    loss, both = slopes_at(weights, X, y, "mean", penalty)
    zero = weights == 0.0
    assert 0 < zero.sum() < 5
    assert both[~zero] == pytest.approx(np.zeros((~zero).sum()), abs=1e-9)
    assert (np.abs(loss[zero]) <= 0.3 * getattr(estimator, "l1_ratio", 1.0)).all()


# ---------------------------------------------------------------- what counts


def test_biases_are_told_by_the_attribute_that_holds_them():
    class Mixed(Module):
        def __init__(self):
            self.w, self.b = [Value(1.0)], Value(10.0)
            self.inner = {"bias": [Value(100.0), Value(100.0)], "biases": Value(1000.0), "b2": Value(2.0)}

    assert l1_penalty(Mixed(), 1.0, biases=False).data == 3.0
    assert l1_penalty(Mixed(), 1.0).data == 1213.0
    assert frobenius_penalty(Mixed(), 2.0).data == 1.0


def test_weights_are_grouped_into_the_matrices_of_layers():
    class Custom(Module):
        def __init__(self):
            self.table = [[Value(3.0)], [Value(4.0)]]
            self.heads = [Neuron(1), Neuron(1)]
            self.scale = Value(100.0)  # in no list: no matrix

    custom = Custom()
    for head in custom.heads:
        head.w[0].data = 2.0
    assert frobenius_penalty(custom, 1.0, squared=False).data == 5.0 + 2.0 + 2.0
    layers = Sequential(Linear(2, 3), Layer(3, 2, activation="prelu"))
    norms = [np.linalg.norm([[w.data for w in row] for row in layer.weight]) for layer in layers]
    assert frobenius_penalty(layers, 1.0, squared=False).data == pytest.approx(sum(norms), rel=1e-14)
    layer = Layer(2, 2, rng=random.Random(0))
    norm = np.linalg.norm([w.data for row in layer.weight for w in row])
    assert frobenius_penalty(layer, 1.0, squared=False).data == pytest.approx(norm, rel=1e-15)


def test_a_shared_parameter_counts_once():
    class Tied(Module):
        def __init__(self):
            self.one = [Value(2.0)]
            self.two = self.one

    assert l2_penalty(Tied(), 1.0).data == 2.0


@pytest.mark.parametrize("penalty", PENALTIES)
def test_frozen_parameters_count_but_get_no_gradient(penalty):
    network = model()
    before = penalty(network, 0.1).data
    network.layers[0].requires_grad_(False)
    after = penalty(network, 0.1)
    after.backward()
    assert after.data == before
    assert all(p.grad == 0.0 for p in network.layers[0].parameters())
    assert all(w.grad != 0.0 for w in network.layers[1].weight[0])


@pytest.mark.parametrize("penalty", PENALTIES)
def test_strength_zero_is_no_penalty(penalty):
    assert penalty(model(), 0.0).data == 0.0


def test_iterators_of_values_are_read():
    assert l1_penalty((Value(w) for w in (1.0, -2.0)), 1.0).data == 3.0
    assert l2_penalty(model().parameters(), 0.1).data == l2_penalty(model(), 0.1).data


# ---------------------------------------------------------------- refusals


@pytest.mark.parametrize("penalty", PENALTIES)
def test_bad_settings_and_parameters_are_refused(penalty):
    name, w = penalty.__name__, [Value(1.0)]
    for strength in (-0.1, math.nan, math.inf):
        with pytest.raises(ValueError, match=f"{name}: strength must be at least 0 and finite, not {strength}"):
            penalty(w, strength)
    with pytest.raises(ValueError, match=f"{name}: there are no parameters"):
        penalty([], 1.0)
    with pytest.raises(TypeError, match=f"{name}: parameter 1 must be a Value, not float 2.0"):
        penalty([Value(1.0), 2.0], 1.0)
    with pytest.raises(TypeError, match=f"{name}: parameters must be a Module or a sequence of Values, not Value"):
        penalty(w[0], 1.0)
    with pytest.raises(ValueError, match=f"{name}: Module has no"):
        penalty(Module(), 1.0)


def test_what_cannot_be_told_is_refused():
    for penalty in (l1_penalty, l2_penalty, elastic_net_penalty):
        with pytest.raises(ValueError, match="biases=False needs the Module, since plain Values have no names"):
            penalty([Value(1.0)], 1.0, biases=False)
    for ratio in (-0.1, 1.1, math.nan):
        with pytest.raises(ValueError, match="elastic_net_penalty: l1_ratio must be from 0 to 1, not"):
            elastic_net_penalty([Value(1.0)], 1.0, ratio)
    with pytest.raises(TypeError, match="elastic_net_penalty: l1_ratio must be a number, not str 'half'"):
        elastic_net_penalty([Value(1.0)], 1.0, "half")
    only_bias = Module()
    only_bias.b = Value(1.0)
    with pytest.raises(ValueError, match="Module has no parameters that are not biases"):
        l2_penalty(only_bias, 1.0, biases=False)
    with pytest.raises(ValueError, match="no weight matrix"):
        frobenius_penalty(only_bias, 1.0)
