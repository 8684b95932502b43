"""The lecture notes: a table of all their topics and the test that shows each, and the worked examples themselves."""

import ast
import math
from itertools import pairwise
from pathlib import Path
from random import Random

import numpy as np
import pytest

import autograd
from autograd import (
    Value,
    directional_derivative,
    exp,
    grad,
    hessian,
    jacfwd,
    jacobian,
    jacrev,
    jvp,
    log,
    logsumexp,
    no_grad,
    program,
    relu,
    sigmoid,
    softmax,
    vjp,
)
from nn import MLP, SGD, Layer, Linear, ReLU, Sequential, Tanh
from nn.data.loading import DataLoader
from nn.data.preprocessing import one_hot
from nn.data.splits import random_split
from nn.fitting.training import evaluate, fit
from nn.judging.metrics import accuracy
from nn.objectives.losses import cross_entropy, half_squared_loss, mse_loss
from nn.objectives.regularizers import l2_penalty

HERE = "test_lecture_notes.py"

TOPICS = {
    # ------------------------------------------------ Neural networks (from linear models to automatic differentiation)
    "linear models y = f(Σ wᵢ φᵢ(x)): linear regression": (
        "test_linear_models.py",
        "test_least_squares_is_the_closed_form_of_the_notes",
    ),
    "linear models with basis functions": (HERE, "test_linear_regression_on_basis_functions"),
    "logistic regression": ("test_estimators.py", "test_logistic_regression_equals_scikit_learns_on_breast_cancer"),
    "multi-layer perceptron y = wᵀφ(x; θ)": ("test_nn.py", "test_a_layer_equals_its_neurons"),
    "vectorised form H = φ(XW + b)": ("test_layers.py", "test_a_layer_is_the_vectorised_form_of_the_notes"),
    "trainable parameters and hyper-parameters": (HERE, "test_parameters_of_a_network_are_counted_by_its_widths"),
    "Gaussian likelihood, -log p(y|x, θ, σ²)": ("test_losses.py", "test_the_gaussian_likelihood_is_the_density"),
    "mean squared loss": ("test_nn.py", "test_losses_by_their_formulas"),
    "loss of binary classification": (
        "test_losses.py",
        "test_gradient_of_binary_cross_entropy_is_probability_minus_target",
    ),
    "gradient descent θ ← θ - η∇L(θ)": (HERE, "test_gradient_descent_walks_against_the_gradient"),
    "Jacobian of a composition D ∘ C ∘ B ∘ A, chain rule": (HERE, "test_jacobians_of_a_composition_multiply"),
    "forward accumulation, for few inputs; JVP, one column at a time": (HERE, "test_jvps_are_columns_vjps_are_rows"),
    "reverse mode, for many inputs; VJP, one row at a time": (HERE, "test_jvps_are_columns_vjps_are_rows"),
    # ------------------------------------------------ NEURAL NETWORKS
    "universal approximator y = f(x; θ)": (HERE, "test_one_hidden_layer_approximates_a_continuous_function"),
    "hidden layers h = σ(Wᵀh + w₀)": ("test_layers.py", "test_a_layer_is_the_vectorised_form_of_the_notes"),
    "activation functions: sigmoid, ReLU": ("test_layers.py", "test_activation_modules_equal_their_formulas"),
    "output layer by task": (HERE, "test_output_layers_by_task"),
    "loss with regularizer l(D, θ) + αR(θ)": (HERE, "test_the_update_with_a_regularizer"),
    "squared loss ½(y - ŷ)ᵀ(y - ŷ) and its gradient ŷ - y": (HERE, "test_output_gradients"),
    "cross-entropy loss -yᵀ log ŷ and its gradient -y / ŷ": (HERE, "test_output_gradients"),
    "training steps: forward, backward, update": (HERE, "test_the_three_two_network_worked_by_hand"),
    "matrix calculus: numerator and denominator layout, ∂Ax/∂x, ∂uᵀv/∂x": (HERE, "test_matrix_calculus_identities"),
    "softmax's Jacobian diag(ŷ) - ŷŷᵀ": (HERE, "test_softmax_jacobian"),
    "∇_W l = h ∇_z l, ∇_h l = ∇_z l Wᵀ, ∇_b l = ∇_z l": (HERE, "test_gradients_of_a_layer_are_outer_products"),
    "derivatives of sigmoid and ReLU layers": (HERE, "test_derivatives_of_activations_are_diagonal"),
    "the total gradient is the mean over the samples": (HERE, "test_the_total_gradient_is_the_mean_over_samples"),
    "stochastic gradient descent, mini-batches, epochs": (HERE, "test_mini_batch_gradients_average_to_the_full_one"),
    "L1, L2 and Frobenius regularization, ∂R/∂W = W": (
        "test_regularizers.py",
        "test_gradient_of_the_frobenius_penalty_is_the_weight",
    ),
    "one-hot encoding of the output": ("test_data.py", "test_one_hot_vectors_are_those_of_pytorch"),
    # ------------------------------------------------ Multi-layer perceptron
    "① s = ⟨w, h⟩ + b, ② h = φ(s)": ("test_nn.py", "test_a_neuron_is_two_nodes"),
    "back propagation (1) ∂L/∂hₗ₋₁, (2) ∂L/∂wₗ": (HERE, "test_gradients_of_a_layer_are_outer_products"),
    "top layer: dL/ds = -(y - s) and -(y - p)": (HERE, "test_output_gradients"),
    "multi-class softmax P(y = c | s)": (HERE, "test_softmax_jacobian"),
    # ------------------------------------------------ ML notes, chapter 2: preliminaries
    "dot products and template matching": (HERE, "test_the_dot_product_of_unit_vectors_is_largest_for_equal_ones"),
    "matrix, Hadamard and batched products": (HERE, "test_products_of_arrays_of_values"),
    "gradients and directional derivatives": (HERE, "test_the_directional_derivative_is_the_gradient_times_v"),
    "Jacobians, Taylor's theorem, the linearised example": (HERE, "test_the_linearised_example"),
    "descent directions, steepest descent": (HERE, "test_steepest_descent_is_the_best_unit_direction"),
    "stationary points, convexity": (HERE, "test_a_convex_function_has_one_minimum_a_saddle_is_stationary"),
    "momentum": ("test_optimizers.py", "test_the_lecture_notes_momentum_is_pytorchs_for_a_constant_learning_rate"),
    # ------------------------------------------------ chapter 3: datasets and losses
    "a dataset of pairs": ("test_data.py", "test_a_dataset_of_pairs_is_that_of_inputs_and_targets"),
    "pre-trained models, fine-tuning": (HERE, "test_fine_tuning_changes_only_the_head"),
    "0/1 loss": ("test_metrics.py", "test_a_score_on_the_threshold_is_class_0_of_two_and_neither_of_plus_and_minus_1"),
    "margin and hinge loss": ("test_losses.py", "test_margin_is_the_product_with_the_class"),
    "empirical risk, expected risk, overfitting, test set": (HERE, "test_an_overfitted_model_has_a_generalization_gap"),
    "p(y | f(x)) = Π fᵢ(x)^yᵢ": (HERE, "test_the_probability_of_the_correct_output"),
    "maximum likelihood": (HERE, "test_maximum_likelihood_is_minimal_cross_entropy"),
    "Bayesian learning: posterior average, MAP and priors": (HERE, "test_map_is_maximum_likelihood_with_a_penalty"),
    # ------------------------------------------------ chapter 4: linear models
    "squared, absolute and Huber loss, subgradient": (
        "test_losses.py",
        "test_huber_loss_is_smooth_where_its_branches_meet",
    ),
    "least squares, the bias as a feature": (
        "test_linear_models.py",
        "test_least_squares_is_the_closed_form_of_the_notes",
    ),
    "closed form, pseudoinverse": (
        "test_linear_models.py",
        "test_least_squares_of_dependent_columns_is_the_shortest_solution",
    ),
    "least squares by gradient descent, ‖Δw‖² < ε": (
        "test_linear_models.py",
        "test_gradient_descent_stops_by_the_rule_of_the_notes",
    ),
    "optimal variance σ*²": ("test_linear_models.py", "test_residual_variance_is_the_formula_of_the_notes"),
    "conditioning, regularized least squares": (
        "test_linear_models.py",
        "test_ridge_solves_what_has_no_unique_least_squares_solution",
    ),
    "class numbers are no good targets, one-hot vectors are √2 apart": (HERE, "test_one_hot_vectors_are_equally_far"),
    "probability simplex, softmax, temperature": (
        "test_layers.py",
        "test_softmax_is_on_the_simplex_and_flattens_with_temperature",
    ),
    "logistic regression LR(W, b)": ("test_estimators.py", "test_multinomial_regression_equals_scikit_learns_on_iris"),
    "binary classification: sigmoid is the softmax of two": (HERE, "test_the_sigmoid_is_the_softmax_of_two"),
    "gradient (f(x) - y)x, logits": (HERE, "test_the_gradient_of_logistic_regression"),
    "the logsumexp trick": (HERE, "test_the_logsumexp_trick"),
    "calibration, expected calibration error": (
        "test_calibration.py",
        "test_calibration_error_equals_a_numpy_implementation",
    ),
    "cost matrix": ("test_calibration.py", "test_the_diagnosis_of_the_notes_worked_by_hand"),
    "temperature scaling": ("test_calibration.py", "test_temperature_scaling_calibrates_an_overtrained_network"),
    "conformal prediction": ("test_calibration.py", "test_prediction_sets_hold_what_is_above_the_threshold"),
    # ------------------------------------------------ chapter 5: fully-connected models
    "the limits of linear models": (HERE, "test_xor_is_beyond_a_linear_model"),
    "composition; without φ layers collapse": (
        "test_layers.py",
        "test_without_a_nonlinearity_two_layers_collapse_into_one",
    ),
    "universal approximation": (HERE, "test_one_hidden_layer_approximates_a_continuous_function"),
    "mini-batch SGD: shuffle, batch, train": (
        "test_data.py",
        "test_every_epoch_has_every_sample_once_in_another_order",
    ),
    "polynomial activation, sigmoid with slope": ("test_layers.py", "test_the_slope_of_a_sigmoid_may_be_trained"),
    "ReLU, leaky ReLU, softplus, ELU": ("test_layers.py", "test_activation_modules_equal_their_formulas"),
    "PReLU": ("test_layers.py", "test_prelu_trains_a_slope_for_each_neuron"),
    # ------------------------------------------------ chapter 6: automatic differentiation
    "primitives, input and weight Jacobians": (HERE, "test_input_and_weight_jacobians"),
    "evaluation trace, the dual program": ("test_program.py", "test_"),
    "numerical differentiation": ("test_check.py", "test_"),
    "symbolic differentiation": ("test_symbolic.py", "test_"),
    "forward mode, tangent matrices": ("test_transforms.py", "test_"),
    "reverse mode, adjoints": ("test_engine.py", "test_"),
    "gradient checkpointing": ("test_checkpointing.py", "test_"),
    # ------------------------------------------------ Lecture 3
    "∇E = 0 in closed form for a line": ("test_linear_models.py", "test_gradient_descent_converges_to_the_closed_form"),
    "step size, when to stop": ("test_training.py", "test_stopping_rules_of_the_notes"),
    "3-3-2 network: δ⁽²⁾, δ⁽¹⁾ and every gradient": (HERE, "test_the_three_two_network_worked_by_hand"),
    "multi-layer network (left as an exercise)": (HERE, "test_deltas_of_a_deep_network"),
}


@pytest.mark.parametrize("topic", TOPICS)
def test_every_topic_has_its_test(topic):
    """By its name, or by what the names of several begin with."""
    file, name = TOPICS[topic]
    tree = ast.parse((Path(__file__).parent / file).read_text(encoding="utf-8"))
    functions = [node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    assert any(function == name or (name.endswith("_") and function.startswith(name)) for function in functions)


def data_of(nested):
    return [data_of(x) for x in nested] if isinstance(nested, list | tuple) else getattr(nested, "data", nested)


def grads_of(nested):
    return [grads_of(x) for x in nested] if isinstance(nested, list | tuple) else nested.grad


# ---------------------------------------------------------------- the 3-3-2 network, worked by hand


@pytest.mark.parametrize("phi", ["sigmoid", "tanh", "relu", "identity"])
def test_the_three_two_network_worked_by_hand(phi):
    """δ_k⁽²⁾ = (y_k - t_k)·φ'(y_k^in), δ_k⁽¹⁾ = (Σ_m δ_m⁽²⁾ w_km⁽²⁾)·φ'(z_k^in), ∂E/∂W_jk = δ_k·xⱼ, ∂E/∂b = δ."""
    derivative = {
        "sigmoid": lambda s: math.exp(-s) / (1 + math.exp(-s)) ** 2,
        "tanh": lambda s: 1 / math.cosh(s) ** 2,
        "relu": lambda s: float(s > 0),
        "identity": lambda s: 1.0,
    }[phi]
    rng = Random(3)
    x, t = [0.7, -1.2, 0.4], [0.25, -0.5]
    first = Layer(3, 3, activation=phi, rng=rng)
    second = Layer(3, 2, activation=phi, rng=rng)
    for bias in [*first.bias, *second.bias]:
        bias.data = rng.uniform(-0.5, 0.5)

    E = half_squared_loss([Sequential(first, second)(x)], [t])
    E.backward()

    W1, b1, W2, b2 = (np.array(data_of(p)) for p in (first.weight, first.bias, second.weight, second.bias))
    function = {"identity": lambda s: s}.get(phi) or getattr(autograd, phi)
    z_in = W1 @ x + b1
    z = np.array([function(s) for s in z_in])
    y_in = W2 @ z + b2
    y = np.array([function(s) for s in y_in])
    assert E.data == pytest.approx(0.5 * sum((t - y) ** 2), rel=1e-14)
    delta2 = np.array([(y[k] - t[k]) * derivative(y_in[k]) for k in range(2)])
    delta1 = np.array([sum(delta2[m] * W2[m][k] for m in range(2)) * derivative(z_in[k]) for k in range(3)])
    close = {"rel": 1e-12, "abs": 1e-15}
    assert grads_of(second.bias) == pytest.approx(delta2, **close)
    assert grads_of(first.bias) == pytest.approx(delta1, **close)
    for k in range(2):
        assert grads_of(second.weight[k]) == pytest.approx(delta2[k] * z, **close)
    for k in range(3):
        assert grads_of(first.weight[k]) == pytest.approx(delta1[k] * np.array(x), **close)

    before = data_of(first.weight)
    SGD([*first.parameters(), *second.parameters()], lr=0.1).step()
    assert first.weight[0][0].data == pytest.approx(before[0][0] - 0.1 * delta1[0] * x[0], **close)


def test_deltas_of_a_deep_network():
    """The exercise: δ⁽ˡ⁾ = (W⁽ˡ⁺¹⁾ᵀ δ⁽ˡ⁺¹⁾) ⊙ φ'(s⁽ˡ⁾) for any number of layers."""
    sizes, rng = [3, 5, 4, 6, 2], Random(0)
    layers = [Layer(a, b, activation="tanh", initializer="xavier_uniform", rng=rng) for a, b in pairwise(sizes)]
    x, t = [0.5, -1.0, 0.25], [0.1, -0.3]
    half_squared_loss([Sequential(*layers)(x)], [t]).backward()
    h = [np.array(x)]
    for layer in layers:
        h.append(np.tanh(np.array(data_of(layer.weight)) @ h[-1] + data_of(layer.bias)))
    delta = (h[-1] - t) * (1 - h[-1] ** 2)
    for layer, below, own in zip(reversed(layers), h[-2::-1], h[-2::-1]):
        np.testing.assert_allclose(grads_of(layer.bias), delta, rtol=1e-12)
        np.testing.assert_allclose(grads_of(layer.weight), np.outer(delta, below), rtol=1e-12)
        delta = (np.array(data_of(layer.weight)).T @ delta) * (1 - own**2)


def test_softmax_jacobian():
    z = [0.3, -1.2, 2.0, 0.1]
    y = np.array(softmax(z))
    np.testing.assert_allclose(jacobian(softmax)(z), np.diag(y) - np.outer(y, y), rtol=1e-12, atol=1e-16)
    for t in range(4):
        np.testing.assert_allclose(grad(cross_entropy)(z, t), y - np.eye(4)[t], rtol=1e-12)


def test_output_gradients():
    y, t = [0.2, 0.5, 0.3], [0.0, 1.0, 0.0]
    np.testing.assert_allclose(grad(lambda y: half_squared_loss([y], [t]))(y), np.subtract(y, t), rtol=1e-15)
    np.testing.assert_allclose(grad(lambda y: -sum(a * log(b) for a, b in zip(t, y)))(y), -np.divide(t, y), atol=0)
    for s in (-3.0, 0.4, 2.0):
        assert grad(lambda s: half_squared_loss(s, 1.5))(s) == pytest.approx(-(1.5 - s))
        for label in (0, 1):
            found = grad(lambda s, y: -(y * s - autograd.softplus(s)))(s, float(label))
            assert found == pytest.approx(-(label - sigmoid(s)), rel=1e-14)


def test_gradients_of_a_layer_are_outer_products():
    """∂L/∂W = (r' ⊙ ∂L/∂h) hᵀ and ∂L/∂h_below = (∂L/∂h ⊙ r')ᵀ W, for L = Σ c_k h_k."""
    layer, c = Layer(4, 3, activation="sigmoid", rng=Random(2)), np.array([1.0, -2.0, 0.5])
    below = [Value(v) for v in (0.5, -1.0, 2.0, 0.1)]
    h = layer(below)
    sum(a * b for a, b in zip(c.tolist(), h)).backward()
    y = np.array(data_of(h))
    r = y * (1 - y)
    np.testing.assert_allclose(grads_of(layer.weight), np.outer(r * c, data_of(below)), rtol=1e-12)
    np.testing.assert_allclose(grads_of(below), (c * r) @ np.array(data_of(layer.weight)), rtol=1e-12)
    np.testing.assert_allclose(grads_of(layer.bias), c * r, rtol=1e-12)


def test_derivatives_of_activations_are_diagonal():
    s = [0.5, -1.0, 2.0]
    y = np.array([sigmoid(v) for v in s])
    np.testing.assert_allclose(jacobian(lambda s: [sigmoid(v) for v in s])(s), np.diag(y * (1 - y)), rtol=1e-14)
    np.testing.assert_array_equal(jacobian(lambda s: [relu(v) for v in s])(s), np.diag([1.0, 0.0, 1.0]))


def test_matrix_calculus_identities():
    A, x = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]), [0.5, -1.0, 2.0]
    J = np.array(jacobian(lambda x: list(A @ np.array(x)))(x))
    np.testing.assert_allclose(J, A)  # numerator layout; the denominator layout is its transpose
    u = lambda x: [x[0] * x[1], autograd.sin(x[1]), x[2]]
    v = lambda x: [x[2], x[0] ** 2, x[0] * x[2]]
    left = grad(lambda x: sum(a * b for a, b in zip(u(x), v(x))))(x)
    numbers = [Value(a) for a in x]
    right = np.array(data_of(u(numbers))) @ jacobian(v)(x) + np.array(data_of(v(numbers))) @ jacobian(u)(x)
    np.testing.assert_allclose(left, right, rtol=1e-14)


# ---------------------------------------------------------------- modes of differentiation


def chain():
    A = lambda x: [x[0] * x[1], x[1] + x[2], exp(x[0])]
    B = lambda a: [autograd.sin(a[0]), a[1] * a[2]]
    C = lambda b: [b[0] * b[1], b[0] - b[1], b[1] ** 2]
    return A, B, C


def test_jacobians_of_a_composition_multiply():
    A, B, C = chain()
    x = [0.3, -0.7, 1.1]
    a = data_of(A([Value(v) for v in x]))
    b = data_of(B([Value(v) for v in a]))
    product = np.array(jacobian(C)(b)) @ jacobian(B)(a) @ jacobian(A)(x)
    np.testing.assert_allclose(jacobian(lambda x: C(B(A(x))))(x), product, rtol=1e-13)


def test_jvps_are_columns_vjps_are_rows():
    A, B, C = chain()
    f, x = (lambda x: C(B(A(x)))), [0.3, -0.7, 1.1]
    J = np.array(jacobian(f)(x))
    for i, unit in enumerate(np.eye(3).tolist()):
        np.testing.assert_allclose(jvp(f, (x,), (unit,))[1], J[:, i], rtol=1e-13)
        np.testing.assert_allclose(vjp(f, x)[1](unit)[0], J[i], rtol=1e-13)
    np.testing.assert_allclose(jacfwd(f)(x), jacrev(f)(x), rtol=1e-13)


def test_input_and_weight_jacobians():
    """Of the primitive y = W x: ∂y/∂x = W, and ∂y/∂W holds x in the row of each output."""
    f = lambda x, W: [sum(a * b for a, b in zip(row, x)) for row in W]
    x, W = [2.0, -1.0], [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]
    np.testing.assert_array_equal(jacobian(f, argnums=0)(x, W), W)
    by_weights = np.array(jacobian(f, argnums=1)(x, W))
    np.testing.assert_array_equal(by_weights, np.einsum("ik,j->ikj", np.eye(3), x))


def test_the_directional_derivative_is_the_gradient_times_v():
    f = lambda x: x[0] ** 2 * x[1] + autograd.sin(x[1])
    x, v = [1.5, -0.5], [0.6, 0.8]
    assert directional_derivative(f, x, v) == pytest.approx(np.dot(grad(f)(x), v), rel=1e-15)


def test_the_linearised_example():
    """The code of section 2.2.2, which prints -0.5049 and -0.5050."""
    f = lambda x: x**2 - 1.5 * x
    x = 0.5
    linearized = lambda h: f(x) + grad(f)(x) * (h - x)
    assert (f"{f(x + 0.01):.4f}", f"{linearized(x + 0.01):.4f}") == ("-0.5049", "-0.5050")


def test_steepest_descent_is_the_best_unit_direction():
    f = lambda x: (x[0] - 1) ** 2 + 3 * x[1] ** 2 + x[0] * x[1]
    x = [0.3, 0.8]
    gradient = np.array(grad(f)(x))
    angles = np.linspace(0, 2 * math.pi, 720, endpoint=False)
    slopes = [directional_derivative(f, x, [math.cos(a), math.sin(a)]) for a in angles]
    best = angles[int(np.argmin(slopes))]
    steepest = math.atan2(-gradient[1], -gradient[0]) % (2 * math.pi)
    assert best == pytest.approx(steepest, abs=math.radians(0.5))
    assert min(slopes) == pytest.approx(-np.linalg.norm(gradient), rel=1e-4)


def test_gradient_descent_walks_against_the_gradient():
    x = [Value(3.0), Value(-2.0)]
    optimizer = SGD(x, lr=0.1)
    for _ in range(3):
        before = [v.data for v in x]
        loss = x[0] ** 2 + 2 * x[1] ** 2
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        assert [v.data for v in x] == pytest.approx([before[0] * (1 - 0.2), before[1] * (1 - 0.4)], rel=1e-15)


def test_a_convex_function_has_one_minimum_a_saddle_is_stationary():
    convex = lambda x: x[0] ** 2 + x[0] * x[1] + x[1] ** 2
    saddle = lambda x: x[0] ** 2 - x[1] ** 2
    rng = Random(0)
    for _ in range(50):
        a, b, t = [rng.gauss(0, 2) for _ in range(2)], [rng.gauss(0, 2) for _ in range(2)], rng.random()
        between = [t * p + (1 - t) * q for p, q in zip(a, b)]
        assert convex(between) <= t * convex(a) + (1 - t) * convex(b) + 1e-12
    assert np.all(np.linalg.eigvalsh(hessian(convex)([1.0, 2.0])) > 0)
    assert grad(saddle)([0.0, 0.0]) == [0.0, 0.0]
    assert np.linalg.eigvalsh(hessian(saddle)([0.0, 0.0])).tolist() == [-2.0, 2.0]


# ---------------------------------------------------------------- arrays


def test_the_dot_product_of_unit_vectors_is_largest_for_equal_ones():
    w = [0.6, 0.8]
    angles = np.linspace(0, 2 * math.pi, 360, endpoint=False)
    best = max(angles, key=lambda a: autograd.dot(w, [math.cos(a), math.sin(a)]))
    assert [math.cos(best), math.sin(best)] == pytest.approx(w, abs=0.02)


def test_products_of_arrays_of_values():
    """Z = XY, X ⊙ Y and batched Zᵢ = XᵢYᵢ, on arrays of Values, with their gradients."""
    rng = np.random.default_rng(0)
    numbers = rng.normal(size=(2, 3, 2)), rng.normal(size=(2, 2, 4))
    wrap = np.vectorize(Value, otypes=[object])
    X, Y = map(wrap, numbers)
    Z = X @ Y
    np.testing.assert_allclose(np.vectorize(lambda v: v.data)(Z), numbers[0] @ numbers[1], rtol=1e-14)
    Z.sum().backward()
    expected = np.broadcast_to(numbers[1].sum(axis=2)[:, None, :], X.shape)
    np.testing.assert_allclose(np.vectorize(lambda v: v.grad)(X), expected, rtol=1e-14)
    mask = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    assert [v.data for v in (X[0] * mask).ravel()] == list((numbers[0][0] * mask).ravel())


# ---------------------------------------------------------------- losses, likelihood, priors


def test_the_probability_of_the_correct_output():
    f, y = [0.2, 0.5, 0.3], one_hot([1], 3)[0]
    assert math.prod(p**t for p, t in zip(f, y)) == 0.5
    assert cross_entropy([math.log(p) for p in f], 1) == pytest.approx(-math.log(0.5), rel=1e-15)


def test_maximum_likelihood_is_minimal_cross_entropy():
    """-log Π p(yᵢ|f) = Σ -log p(yᵢ|f); for a constant f the best one is the frequencies of the classes."""
    classes = [0, 0, 1, 2, 0, 2, 1, 0]
    logits = [0.1, -0.3, 0.2]
    likelihood = math.prod(softmax(logits)[y] for y in classes)
    nll = cross_entropy([logits] * len(classes), classes, reduction="sum")
    assert nll == pytest.approx(-math.log(likelihood), rel=1e-14)
    frequencies = [0.5, 0.25, 0.25]
    at_best = grad(lambda z: cross_entropy([z] * len(classes), classes))([math.log(p) for p in frequencies])
    assert at_best == pytest.approx([0.0, 0.0, 0.0], abs=1e-16)


def test_map_is_maximum_likelihood_with_a_penalty():
    """A Gaussian prior N(0, 1/α) on w adds ½αw²; and predictions of several models are averaged."""
    alpha, w = 0.7, [0.4, -1.3]
    log_prior = sum(-0.5 * alpha * v * v + 0.5 * math.log(alpha / (2 * math.pi)) for v in w)
    constant = len(w) * 0.5 * math.log(alpha / (2 * math.pi))
    assert l2_penalty([Value(v) for v in w], alpha).data == pytest.approx(constant - log_prior, rel=1e-14)
    models = [Layer(2, 3, activation="softmax", rng=Random(seed)) for seed in range(4)]
    with no_grad():
        each = np.array([data_of(model([0.5, -1.0])) for model in models])
    average = each.mean(axis=0)
    assert average.sum() == pytest.approx(1.0)
    assert -math.log(average[0]) <= np.mean(-np.log(each[:, 0]))  # Jensen: averaging does not hurt


def test_the_update_with_a_regularizer():
    """W ← W - η(∇l + α·∂R/∂W) with ∂R/∂W = W."""
    layer = Linear(2, 1, rng=Random(0))
    X, y, eta, alpha = [[1.0, 2.0], [0.5, -1.0]], [1.0, 0.0], 0.1, 0.3
    plain = grad_of(layer, lambda: mse_loss(layer(X), y))
    before = [p.data for p in layer.parameters()]
    (mse_loss(layer(X), y) + l2_penalty(layer, alpha)).backward()
    SGD(layer.parameters(), lr=eta).step()
    expected = [w - eta * (g + alpha * w) for w, g in zip(before, plain)]
    assert [p.data for p in layer.parameters()] == pytest.approx(expected, rel=1e-14)


def grad_of(model, loss):
    model.zero_grad()
    loss().backward()
    found = [p.grad for p in model.parameters()]
    model.zero_grad()
    return found


def test_one_hot_vectors_are_equally_far():
    vectors = np.array(one_hot([0, 1, 2], 3))
    assert {round(float(np.linalg.norm(a - b)), 12) for a in vectors for b in vectors} == {0.0, round(2**0.5, 12)}


def test_the_sigmoid_is_the_softmax_of_two():
    for s in (-30.0, -1.0, 0.0, 0.5, 20.0):
        assert softmax([0.0, s])[1] == pytest.approx(sigmoid(s), rel=1e-15)
        p = sigmoid(s)
        if 0 < p < 1 and abs(s) < 20:
            assert log(p / (1 - p)) == pytest.approx(s, abs=1e-12)


def test_the_gradient_of_logistic_regression():
    """∇CE(f(x), y) = (f(x) - y)x."""
    w, x = [0.4, -1.1, 0.3], [2.0, 0.5, -1.0]
    ce = lambda w, y: autograd.softplus(autograd.dot(w, x)) - y * autograd.dot(w, x)
    for y in (0.0, 1.0):
        f = sigmoid(autograd.dot(w, x))
        assert grad(ce)(w, y) == pytest.approx([(f - y) * v for v in x], rel=1e-14)


def test_the_logsumexp_trick():
    p = [1000.0, 999.0, -1000.0]
    assert logsumexp(p) == pytest.approx(1000 + math.log(1 + math.exp(-1)), rel=1e-15)
    assert cross_entropy(p, 1) == pytest.approx(1 + math.log(1 + math.exp(-1)), rel=1e-14)
    assert logsumexp([v - 1000 for v in p]) + 1000 == pytest.approx(logsumexp(p), rel=1e-15)


# ---------------------------------------------------------------- networks


def test_parameters_of_a_network_are_counted_by_its_widths():
    """(c' + 1)·c parameters a layer of c neurons on c' inputs: W⁽¹⁾ 2×4, W⁽²⁾ 4×3, W⁽ᴸ⁾ 3×2 with their biases."""
    assert len(MLP(2, [4, 3, 2]).parameters()) == (2 * 4 + 4) + (4 * 3 + 3) + (3 * 2 + 2)


def test_output_layers_by_task():
    x = [0.3, -0.8]
    regression, binary, classes = (
        MLP(2, [3, n], output_activation=g, rng=Random(1)) for n, g in [(1, "identity"), (1, "sigmoid"), (4, "softmax")]
    )
    score = regression(x).data
    assert binary(x).data == pytest.approx(1 / (1 + math.exp(-score)), rel=1e-14)  # the same weights
    assert sum(data_of(classes(x))) == pytest.approx(1.0, abs=1e-15)
    assert min(data_of(classes(x))) > 0


def test_the_total_gradient_is_the_mean_over_samples():
    model = MLP(2, [3, 1], activation="tanh", rng=Random(0))
    X, y = [[0.1, 0.5], [-1.0, 0.3], [0.7, 0.7]], [0.0, 1.0, 0.5]
    total = grad_of(model, lambda: mse_loss(model(X), y))
    each = [grad_of(model, lambda x=x, t=t: mse_loss(model(x), t)) for x, t in zip(X, y)]
    assert total == pytest.approx(np.mean(each, axis=0), rel=1e-13, abs=1e-16)


def test_mini_batch_gradients_average_to_the_full_one():
    model = MLP(2, [3, 1], activation="tanh", rng=Random(0))
    rng = Random(5)
    X = [[rng.gauss(0, 1), rng.gauss(0, 1)] for _ in range(12)]
    y = [a * b for a, b in X]
    full = grad_of(model, lambda: mse_loss(model(X), y))
    batches = list(DataLoader((X, y), batch_size=4, shuffle=True, seed=0))
    assert len(batches) == 3
    each = [grad_of(model, lambda x=x, t=t: mse_loss(model(x), t)) for x, t in batches]
    assert full == pytest.approx(np.mean(each, axis=0), rel=1e-12, abs=1e-16)


def test_fine_tuning_changes_only_the_head():
    rng = Random(0)
    body, head = MLP(2, [6, 4], activation="tanh", output_activation="tanh", rng=rng), Linear(4, 1, rng=rng)
    body.requires_grad_(False)
    model = Sequential(body, head)
    before, at_head = body.state_dict(), head.state_dict()
    X = [[a, b] for a in (0.0, 1.0) for b in (0.0, 1.0)]
    history = fit(model, (X, [0.0, 1.0, 1.0, 0.0]), mse_loss, SGD(model.parameters(), lr=0.1), epochs=20)
    assert history["loss"][-1] < history["loss"][0]
    assert body.state_dict() == before
    assert all(head.state_dict()[name] != at_head[name] for name in at_head)


def test_an_overfitted_model_has_a_generalization_gap():
    """A polynomial of degree 9 through 10 noisy points: no empirical risk, a large one on new points."""
    rng = Random(1)
    points = [(x / 20, math.sin(3 * x / 20) + rng.gauss(0, 0.3)) for x in range(20)]
    train, test = random_split(points, [10, 10], seed=0)
    powers = lambda data: np.vander([x for (x,), _ in data], 10)
    weights = np.linalg.lstsq(powers(train), [y for _, y in train], rcond=None)[0]
    risk = lambda data: mse_loss((powers(data) @ weights).tolist(), [y for _, y in data])
    assert risk(train) < 1e-3
    assert risk(test) > 10 * risk(train)


def test_linear_regression_on_basis_functions():
    """A linear f and nonlinear φ: y = Σ wᵢ φᵢ(x) with φ = (x, x²) finds a parabola that a line cannot."""
    xs = [i / 10 - 1 for i in range(21)]
    ys = [1 + 2 * x - 3 * x * x for x in xs]
    phi = lambda x: [x, x * x]
    model = Linear(2, 1, rng=Random(0))
    fit(model, ([phi(x) for x in xs], ys), mse_loss, SGD(model.parameters(), lr=0.3), epochs=400, batch_size=21)
    found = [*data_of(model.weight[0]), model.bias[0].data]
    assert found == pytest.approx([2.0, -3.0, 1.0], abs=1e-3)


def test_xor_is_beyond_a_linear_model():
    X, y = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [0, 1, 1, 0]
    scores = {}
    for name, model in {
        "linear": Linear(2, 2, rng=Random(0)),
        "mlp": MLP(2, [4, 2], activation="tanh", initializer="xavier_uniform", rng=Random(1)),
    }.items():
        fit(model, (X, y), cross_entropy, SGD(model.parameters(), lr=0.5, momentum=0.9), epochs=200, batch_size=4)
        scores[name] = evaluate(model, (X, y), cross_entropy, {"accuracy": accuracy})["accuracy"]
    assert scores["linear"] <= 0.75
    assert scores["mlp"] == 1.0


def test_one_hidden_layer_approximates_a_continuous_function():
    """|f(x) - g(x)| ≤ ε at all x in [0, 1], for a step of 50 ReLUs: interpolation by hinges, built and not trained."""
    g, n = (lambda x: math.sin(5 * x) + 0.5 * x), 50
    knots = [i / n for i in range(n + 1)]
    slopes = [(g(b) - g(a)) * n for a, b in pairwise(knots)]
    hidden, output = Linear(1, n), Linear(n, 1)
    model = Sequential(hidden, ReLU(), output)
    for k, neuron in enumerate(hidden.neurons):
        neuron.w[0].data, neuron.b.data = 1.0, -knots[k]
        output.neurons[0].w[k].data = slopes[k] - (slopes[k - 1] if k else 0.0)
    output.neurons[0].b.data = g(0.0)
    with no_grad():
        error = max(abs(model([x]).data - g(x)) for x in np.linspace(0, 1, 501).tolist())
    assert error <= 25 / (8 * n * n) * 1.01  # max|g''|·h²/8 for linear interpolation
    trained = Sequential(Linear(1, 8, rng=Random(0)), Tanh(), Linear(8, 1, rng=Random(1)))
    points = [[i / 20] for i in range(21)]
    targets = [g(x) for (x,) in points]
    optimizer = SGD(trained.parameters(), lr=0.2, momentum=0.9)
    history = fit(trained, (points, targets), mse_loss, optimizer, epochs=300, batch_size=21)
    assert history["loss"][-1] < 0.05 * history["loss"][0]
    assert program(trained([0.5])) is not None
