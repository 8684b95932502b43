"""fit(compile=True) and TrainingStep: the same as eager training, or a refusal that says what to do."""

import math
import shutil
from random import Random

import numpy as np
import pytest

import autograd
from autograd import Value, exp, jit, log, maximum, primitive, relu, sign, step, where
from nn import (
    MLP,
    SGD,
    Adagrad,
    Adam,
    DataLoader,
    Linear,
    Sequential,
    StopAtSmallGradient,
    TrainingStep,
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cross_entropy,
    elastic_net_penalty,
    fit,
    frobenius_penalty,
    gaussian_nll_loss,
    hinge_loss,
    huber_loss,
    kl_div,
    l1_loss,
    l1_penalty,
    make_blobs,
    make_moons,
    mse_loss,
    multi_margin_loss,
    nll_loss,
    r2_score,
)
from nn.optimizing.optimizer import FirstOrderOptimizer

BACKENDS = [
    "llvm",
    "numpy",
    "interpreter",
    pytest.param("c", marks=pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler")),
]
X3 = [[0.0, 1.0], [1.0, 0.0], [2.0, 1.0]]


def tanh_model(outputs=1, seed=0, **options):
    return MLP(2, [3, outputs], activation="tanh", rng=Random(seed), **options)


def sgd(parameters):
    return SGD(parameters, lr=0.05)


def assert_alike(make_model, data, loss, make_optimizer=sgd, epochs=4, callbacks=list, **options):
    """Train eagerly and compiled; the records, parameters and gradients must agree.  Returns the compiled model."""
    models, histories = [], []
    for compiled in (False, True):
        model = make_model()
        optimizer = make_optimizer(model.parameters())
        histories.append(
            fit(model, data, loss, optimizer, epochs, callbacks=callbacks(), compile=compiled, batch_size=2, **options)
        )
        models.append(model)
    for name in histories[0].records:
        assert histories[1][name] == pytest.approx(histories[0][name], rel=1e-9, abs=1e-12)
    assert histories[0].stopped == histories[1].stopped
    for attribute in ("data", "grad"):
        eager, compiled = ([getattr(p, attribute) for p in model.parameters()] for model in models)
        np.testing.assert_allclose(compiled, eager, rtol=1e-8, atol=1e-12)
    return models[1]


def refused(error, match, model, data, loss, **options):
    with pytest.raises(error, match=match):
        fit(model, data, loss, sgd(model.parameters()), compile=True, **options)


ASKS = "asks for the number of a value"

# ---------------------------------------------------------------- rules of optimisers


@pytest.mark.parametrize("backend", BACKENDS)
def test_dampening_starts_with_the_second_step(backend):
    found = []
    for compiled in (False, True):
        w, x = Value(1.0), Value(2.0)
        optimizer = SGD([w], lr=0.1, momentum=0.9, dampening=0.5)
        if compiled:
            with TrainingStep((w * x - 1.0) ** 2, [x], optimizer, backend=backend) as training_step:
                for _ in range(3):
                    training_step([[2.0]])
        else:
            for _ in range(3):
                optimizer.zero_grad()
                ((w * x - 1.0) ** 2).backward()
                optimizer.step()
        found.append((w.data, w.grad, optimizer.state_dict()["state"]["0"]["momentum_buffer"]))
    assert found[1] == pytest.approx(found[0], rel=1e-12)


def optimizer_of(rule):
    """An optimiser of a user's, with this formula for the new number."""

    class Own(FirstOrderOptimizer):
        def rule(self, settings, t, xs, gs, state):
            return [rule(settings["lr"], t, x, g) for x, g in zip(xs, gs)], state

    return lambda parameters: Own(parameters, {"lr": 0.1})


@pytest.mark.parametrize(
    "rule",
    [
        lambda lr, _t, x, g: x - math.copysign(lr, g),
        lambda lr, _t, x, g: x - lr * max(g, 0.0),
        lambda lr, _t, x, g: x - lr if g > 0.0 else x + lr,
        lambda lr, _t, x, g: x - lr * g if g else x,
        lambda lr, t, x, g: x - lr * g if t == 1 else x - g,
        lambda lr, t, x, g: x - lr * g if t != 1 else x - g,
        lambda lr, t, x, g: x - lr / int(t) * g,
        lambda lr, _t, x, g: x - float(lr) * g,
        lambda lr, _t, x, g: x - lr * round(g, 3),
    ],
)
def test_a_rule_that_asks_for_numbers_is_refused_with_advice(rule):
    x, w = Value(1.0), Value(2.0)
    with pytest.raises(TypeError, match=f"{ASKS}.* use where"):
        TrainingStep((w * x) ** 2, [x], optimizer_of(rule)([w]))


@pytest.mark.parametrize(
    "rule",
    [
        lambda lr, _t, x, g: x - lr * sign(g),
        lambda lr, t, x, g: where(t - 1, x - lr * g, x - 2.0 * lr * maximum(g, -0.5) / abs(g - 9.0)),
    ],
)
def test_a_rule_of_functions_of_autograd_is_compiled(rule):
    assert_alike(tanh_model, (X3, [1.0, 2.0, 3.0]), mse_loss, optimizer_of(rule))


# ---------------------------------------------------------------- branches of models and losses


@pytest.mark.parametrize(
    "activation",
    [
        lambda s: s if s.data > 0 else 0.1 * s,
        lambda s: s if s.item() > 0 else 0.1 * s,
        lambda s: s if s > 0 else 0.1 * s,
        lambda s: 0.0 if s == 0 else s,
        lambda s: s * f"{s:.1f}".count("1"),
    ],
)
def test_a_model_that_asks_for_numbers_is_refused(activation):
    model = Sequential(Linear(2, 3, rng=Random(0)), lambda h: list(map(activation, h)), Linear(3, 1, rng=Random(1)))
    refused(TypeError, ASKS, model, (X3, [1.0, 2.0, 3.0]), mse_loss)
    with pytest.raises(TypeError, match=ASKS):
        jit(activation)(1.0)


def test_a_value_that_is_recorded_is_still_told_from_others():
    f = jit(lambda x, y: [x is y, x == y, x != y, len({x, y, x})])
    assert f(1.0, 1.0) == [False, False, True, 2]


def test_a_loss_that_branches_on_residuals_is_refused():
    loss = lambda ys, ts: sum((y - t) ** 2 if y > t else t - y for y, t in zip(ys, ts)) / len(ys)
    refused(TypeError, ASKS, tanh_model(), (X3, [1.0, 2.0, 3.0]), loss)


@pytest.mark.parametrize(
    "of_one",
    [
        lambda y, t: (y - t) ** 2 if t > 1 else y * y,
        lambda y, t: (y - t.data if isinstance(t, Value) else y - t) ** 2,
        lambda y, t: y * y if t == 1.5 else (y - t) ** 2,
    ],
)
def test_a_loss_with_another_formula_for_other_targets_is_refused(of_one):
    loss = lambda ys, ts: sum(of_one(y, t) for y, t in zip(ys, ts)) / len(ys)
    refused(
        ValueError, r"one formula for all targets.* use where\(step\(t\)", tanh_model(), (X3, [0.5, 1.5, 2.5]), loss
    )


@pytest.mark.parametrize(
    "of_one",
    [
        lambda y, t: -log(y) if t == 1 else -log(1.0 - y),
        lambda y, t: -log(y) if t else -log(1.0 - y),
        lambda y, t: [-log(1.0 - y), -log(y)][t],
    ],
)
def test_a_loss_may_ask_for_whole_numbers(of_one):
    loss = lambda ys, ts: sum(of_one(y, t) for y, t in zip(ys, ts)) / len(ys)
    assert_alike(lambda: tanh_model(output_activation="sigmoid"), (X3, [1, 0, 1]), loss)


SHARES = [[0.0, 0.4, 0.6], [0.2, 0.2, 0.6], [1.0, 0.0, 0.0]]
LOGS = [[math.log(q) if q else -math.inf for q in row] for row in SHARES]


@pytest.mark.parametrize("order", [(0, 1, 2), (1, 2, 0), (2, 0, 1)])
def test_kl_div_is_compiled_whatever_the_first_target_is(order):
    model = lambda: tanh_model(3, output_activation="log_softmax")
    assert_alike(model, (X3, [SHARES[i] for i in order]), kl_div)
    finite = [[max(x, -700.0) for x in LOGS[i]] for i in order]
    assert_alike(model, (X3, finite), lambda y, t: kl_div(y, t, log_target=True))


def test_losses_are_the_same_numbers_recorded_with_values_as_targets():
    y = [math.log(0.5), math.log(0.25), -math.inf]
    for target, log_target in ((SHARES[2], False), (LOGS[2], True)):
        x = [Value(v) for v in y]
        loss = kl_div(x, [Value(t) for t in target], "sum", log_target=log_target)
        loss.backward()
        assert loss.data == kl_div(y, target, "sum", log_target=log_target) == pytest.approx(math.log(2.0))
        assert [v.grad for v in x] == [-1.0, 0.0, 0.0]
    for p, slope in ((0.0, 1.0), (1.0, 0.0), (1e-50, 1.0), (1e-20, 1.0), (0.25, 1.0 / 0.75)):
        q = Value(p)
        loss = binary_cross_entropy(q, 0.0)
        loss.backward()
        assert loss.data == pytest.approx(100.0 if p == 1.0 else -math.log1p(-p), rel=1e-15)
        assert q.grad == pytest.approx(slope, rel=1e-15)
        q = Value(p)
        loss = binary_cross_entropy(q, 1.0)
        loss.backward()
        assert loss.data == pytest.approx(min(-math.log(p), 100.0) if p else 100.0, rel=1e-15)
        assert q.grad == pytest.approx(-1.0 / p if p > 1e-40 else 0.0, rel=1e-15)


@pytest.mark.parametrize("targets", [[1, 0, 1], [1.0, 0.0, 0.5]])
@pytest.mark.parametrize("loss", [binary_cross_entropy, binary_cross_entropy_with_logits])
def test_binary_cross_entropy_is_compiled(loss, targets):
    assert_alike(lambda: tanh_model(output_activation="sigmoid"), (X3, targets), loss)


@pytest.mark.parametrize("squared", [True, False])
def test_the_frobenius_penalty_is_compiled_from_zeros(squared):
    regularizer = lambda model: frobenius_penalty(model, 5.0, squared=squared)
    make = lambda: Linear(2, 1, initializer="zeros")
    assert_alike(make, (X3, [1.0, 2.0, 3.0]), mse_loss, epochs=6, regularizer=regularizer)
    zeros = [Value(0.0), Value(0.0)]
    penalty = frobenius_penalty(zeros, 1.0, squared=False)
    penalty.backward()
    assert [penalty.data, *(w.grad for w in zeros)] == [0.0, 0.0, 0.0]


# ---------------------------------------------------------------- the mean over samples, and targets


@pytest.mark.parametrize(
    ("loss", "targets"),
    [
        (lambda y, t: mse_loss(y, t, reduction="sum"), [1.0, 2.0, 3.0]),
        (lambda y, t: mse_loss(y, t) ** 0.5, [1.0, 2.0, 3.0]),
        (lambda y, t: hinge_loss(y, t, "sum"), [1, -1, 1]),
    ],
)
def test_a_loss_that_is_no_mean_is_refused(loss, targets):
    refused(ValueError, "must be the mean over the samples", tanh_model(), (X3, targets), loss)


def test_weights_of_classes_are_refused_and_not_taken_for_a_mean():
    loss = lambda y, t: cross_entropy(y, t, weight=[1.0, 3.0])
    refused(ValueError, "without weights of classes", tanh_model(2), (X3, [0, 1, 0]), loss)
    refused(TypeError, "must be one number, not 3", tanh_model(), (X3, [1, 0, 1]), lambda y, t: mse_loss(y, t, "none"))


def test_a_perfect_fit_is_no_other_formula():
    model = lambda: MLP(1, [1], initializer=lambda *_: 0.1)
    assert_alike(model, ([[3.0]], [0.1 * 3.0]), mse_loss)


@pytest.mark.parametrize(
    ("loss", "targets", "match"),
    [
        (binary_cross_entropy_with_logits, [1, 0, 7], r"targets must lie in \[0, 1\], not 7"),
        (binary_cross_entropy_with_logits, [0.5, 0.5, -0.5], r"targets must lie in \[0, 1\], not -0.5"),
        (hinge_loss, [1, -1, 0], "targets must be -1 or 1, not 0"),
        (cross_entropy, [0, 1, 2], "target 2 is not one of the classes"),
        (cross_entropy, [[0.5, 0.5], [1.0, 0.0], [0.5, 0.6]], "must sum to one"),
        (kl_div, [[0.5, 0.5], [1.0, 0.0], [-0.5, 1.5]], "at least 0, not -0.5"),
    ],
)
def test_wrong_targets_are_refused_as_by_eager_training(loss, targets, match):
    for compiled in (False, True):
        model = tanh_model(2 if loss in (cross_entropy, kl_div) else 1)
        with pytest.raises(ValueError, match=match):
            fit(model, (X3, targets), loss, sgd(model.parameters()), compile=compiled)


def test_targets_that_are_no_classes_are_named():
    refused(TypeError, "number of a class, not float 0.5", tanh_model(2), (X3, [0.5, 1.0, 0.0]), cross_entropy)


# ---------------------------------------------------------------- between epochs


def test_the_gradient_of_the_last_batch_is_written_back():
    model = assert_alike(tanh_model, (X3, [1.0, 2.0, 3.0]), mse_loss, callbacks=lambda: [StopAtSmallGradient()])
    assert any(p.grad for p in model.parameters())
    assert_alike(tanh_model, (X3, [1.0, 2.0, 3.0]), mse_loss, callbacks=lambda: [StopAtSmallGradient(0.5)], epochs=50)
    w, x = Value(3.0), Value(2.0)
    w.grad = 7.0
    with TrainingStep(w * x, [x], SGD([w], lr=0.1)):
        pass
    assert (w.data, w.grad) == (3.0, 7.0)  # no step, no change


def clamp(run):
    for p in run.model.parameters():
        p.data = max(-0.3, min(0.3, p.data))


def back_to_the_first_epoch(run):
    if run.history.epochs == 1:
        run.kept = run.model.state_dict(), run.optimizer.state_dict()
    if run.history.epochs == 3:
        run.model.load_state_dict(run.kept[0])
        run.optimizer.load_state_dict(run.kept[1])


def freeze_then_unfreeze(run):
    run.model.layers[0].requires_grad_(run.history.epochs not in (2, 3))


def shift_what_is_frozen(run):
    run.model.layers[0].requires_grad_(False)
    for p in run.model.layers[0].parameters():
        p.data += 0.125


@pytest.mark.parametrize("change", [clamp, back_to_the_first_epoch, freeze_then_unfreeze, shift_what_is_frozen])
@pytest.mark.parametrize(
    "optimizer",
    [
        lambda p: SGD(p, lr=0.1, momentum=0.5, dampening=0.25),
        lambda p: Adam(p, lr=0.02),
        lambda p: Adagrad([{"params": p[:5]}, {"params": p[5:], "lr": 0.05}], lr=0.1, lr_decay=0.1),
    ],
)
def test_what_callbacks_do_to_parameters_counts(change, optimizer):
    data = make_moons(12, noise=0.1, seed=0)
    assert_alike(tanh_model, data, mse_loss, optimizer, 6, callbacks=lambda: [change], validation=data)


def test_layers_that_are_frozen_at_first_may_be_unfrozen():
    def frozen_model():
        model = tanh_model()
        model.layers[0].requires_grad_(False)
        return model

    def unfreeze(run):
        if run.history.epochs == 3:
            run.model.requires_grad_(True)

    adam = lambda parameters: Adam(parameters, lr=0.02)
    model = assert_alike(frozen_model, (X3, [1.0, 2.0, 3.0]), mse_loss, adam, 6, callbacks=lambda: [unfreeze])
    assert model.layers[0].neurons[0].w[0].data != tanh_model().layers[0].neurons[0].w[0].data


def test_a_training_step_knows_how_often_each_parameter_was_moved():
    found = []
    for compiled in (False, True):
        x, a, b = Value(1.0), Value(1.0), Value(2.0)
        optimizer = Adam([a, b], lr=0.1)
        b.grad = None  # left alone in the first step
        (a * a).backward()
        optimizer.step()
        loss = lambda: (a * x + b * b - 1.0) ** 2  # noqa: B023
        if compiled:
            with TrainingStep(loss(), [x], optimizer) as training_step:
                for _ in range(3):
                    training_step([[1.5]])
                optimizer.param_groups[0]["eps"] = 1e-3
                training_step([[1.5]])
        else:
            x.data = 1.5
            for k in range(4):
                optimizer.param_groups[0]["eps"] = 1e-3 if k == 3 else 1e-8
                optimizer.zero_grad()
                loss().backward()
                optimizer.step()
        state = optimizer.state_dict()["state"]
        assert [state["0"]["step"], state["1"]["step"]] == [5, 4]
        found.append((a.data, b.data, a.grad, b.grad, state["1"]["exp_avg_sq"]))
    assert found[1] == pytest.approx(found[0], rel=1e-10)


# ---------------------------------------------------------------- pieces of nn

CLASS_LOSSES = {
    "cross_entropy": cross_entropy,
    "smooth": lambda y, t: cross_entropy(y, t, label_smoothing=0.1),
    "nll": nll_loss,
    "margin": multi_margin_loss,
    "margin2": lambda y, t: multi_margin_loss(y, t, p=2, weight=[1.0, 2.0, 0.5]),
    "own": lambda ys, ts: sum(-log(exp(y[t]) / sum(map(exp, y))) for y, t in zip(ys, ts)) / len(ys),
}


@pytest.mark.parametrize("name", CLASS_LOSSES)
def test_losses_of_class_numbers_are_compiled(name):
    model = lambda: tanh_model(3, output_activation="log_softmax" if name == "nll" else "identity")
    assert_alike(model, make_blobs(9, seed=0), CLASS_LOSSES[name])
    soft = [[0.2, 0.3, 0.5], [1, 0, 0], [0.0, 1.0, 0.0]]
    if name in ("cross_entropy", "smooth"):
        assert_alike(model, (X3, soft), CLASS_LOSSES[name])


def test_a_class_whose_probability_is_0_spoils_no_other():
    # The loss of the other class is infinite, and so is its slope.
    loss = lambda ys, ts: sum(-log(relu(y[t])) for y, t in zip(ys, ts)) / len(ys)
    make = lambda: MLP(1, [2], initializer=lambda *_: 1.0)

    def with_biases():
        model = make()
        model.layers[0].neurons[1].b.data = -3.0
        return model

    assert_alike(with_biases, ([[1.0], [2.0], [5.0]], [0, 0, 1]), loss)


@pytest.mark.parametrize("penalty", [l1_penalty, elastic_net_penalty])
def test_penalties_with_absolute_values_are_compiled(penalty):
    assert_alike(tanh_model, (X3, [1.0, 2.0, 3.0]), mse_loss, regularizer=lambda model: penalty(model, 0.1))


@pytest.mark.parametrize("backend", BACKENDS)
def test_an_l1_norm_is_compiled_by_every_back_end(backend):
    w, x = [Value(0.5), Value(-2.0)], Value(1.0)
    optimizer = SGD(w, lr=0.25)
    with TrainingStep(l1_penalty(w, 1.0) + 0.0 * x, [x], optimizer, backend=backend) as training_step:
        assert training_step([[1.0]]) == 2.5
    assert [v.data for v in w] == [0.25, -1.75]
    assert [v.grad for v in w] == [1.0, -1.0]


def test_a_row_of_many_operands_is_compiled_if_it_is_made_of_operators():
    product = primitive(partials=lambda z, xs: [z / x for x in xs])(lambda xs: xs[0] * abs(xs[1]) * xs[2] + 1.0)
    top = primitive(partials=lambda z, xs: [1.0 - abs(sign(z - x)) for x in xs])(max)
    x, w = Value(2.0), Value(-3.0)
    f = autograd.compile(product(x, w, x), [x], [w], reduction=None)
    assert f([[2.0], [5.0]]).tolist() == [13.0, 76.0]
    with pytest.raises(TypeError, match="max cannot be compiled: its value is not made of"):
        autograd.compile(top(x, w, 1.0), [x], [w], reduction=None)


@pytest.mark.parametrize("loss", [l1_loss, huber_loss, mse_loss])
def test_losses_of_rows_of_targets_are_compiled(loss):
    assert_alike(lambda: tanh_model(2), (X3, [[1, 2], [3, 4], [5, 7]]), loss)


def test_a_frozen_model_is_refused_at_once_or_when_it_becomes_one():
    data = (X3, [1.0, 2.0, 3.0])
    refused(RuntimeError, "all parameters are frozen", tanh_model().requires_grad_(False), data, mse_loss)
    freeze = lambda run: run.model.requires_grad_(False)
    for compiled in (False, True):
        model = tanh_model()
        with pytest.raises(RuntimeError, match="frozen"):
            fit(model, data, mse_loss, sgd(model.parameters()), callbacks=[freeze], compile=compiled)


def test_an_optimizer_of_frozen_parameters_moves_nothing():
    for compiled in (False, True):
        model = tanh_model()
        model.layers[0].requires_grad_(False)
        before = model.state_dict()
        fit(model, (X3, [1, 2, 3]), mse_loss, sgd(model.layers[0].parameters()), epochs=2, compile=compiled)
        assert model.state_dict() == before


def test_what_of_a_where_is_not_taken_may_be_outside_its_domain():
    activation = lambda h: [where(step(s), log(maximum(s, 1e-3)), 0.1 * s) for s in h]
    model = lambda: Sequential(Linear(2, 3, rng=Random(0)), activation, Linear(3, 1, rng=Random(1)))
    assert_alike(model, (X3, [1.0, 2.0, 3.0]), mse_loss)


def test_detached_numbers_are_those_of_each_sample():
    loss = lambda ys, ts: sum((y.detach() + y - t) ** 2 for y, t in zip(ys, ts)) / len(ys)
    assert_alike(tanh_model, (X3, [1.0, 2.0, 3.0]), loss)


def test_metrics_are_those_of_whole_epochs():
    data = make_moons(9, noise=0.1, seed=0)
    assert_alike(tanh_model, data, mse_loss, validation=data, metrics={"r2": r2_score})


def test_a_predicted_variance_compiles():
    inputs, targets = [[0.0], [1.0], [2.0], [3.0]], [0.1, 0.9, 2.3, 2.8]
    histories = []
    for compiled in (False, True):
        model = MLP(1, [2], rng=Random(3))

        def loss(outputs, targets):
            means, variances = zip(*outputs)
            return gaussian_nll_loss(means, targets, [exp(v) for v in variances])

        histories.append(fit(model, (inputs, targets), loss, SGD(model.parameters(), lr=0.01), 5, compile=compiled))
    assert histories[1]["loss"] == pytest.approx(histories[0]["loss"], rel=1e-12)


def test_a_loss_that_couples_samples_is_refused():
    inputs, targets = [[float(i), 1.0] for i in range(-6, 7)], [0.3 * i for i in range(-6, 7)]

    def with_variance(outputs, targets):
        middle = autograd.mean(outputs)
        return mse_loss(outputs, targets) + autograd.mean([(y - middle) ** 2 for y in outputs])

    model = MLP(2, [3, 1], activation="tanh", rng=Random(1))
    with pytest.raises(ValueError, match="each of one output and one target alone"):
        fit(model, (inputs, targets), with_variance, SGD(model.parameters(), lr=0.1), 1, compile=True)
    with pytest.raises(ValueError, match="each of one output and one target alone"):
        fit(
            model, (inputs, [1.0] * 13), lambda y, t: autograd.sqrt(mse_loss(y, t)), SGD(model.parameters(), lr=0.1), 1,
            compile=True,
        )  # fmt: skip


def test_a_refused_batch_leaves_the_gradients_of_the_last_good_one():
    inputs, targets = [[1.0], [2.0]], [1.0, 2.0]
    model = MLP(1, [1], initializer="zeros")
    with pytest.warns(RuntimeWarning):
        fit(model, (inputs, targets), mse_loss, SGD(model.parameters(), lr=1e200), 5, batch_size=2, compile=True)
    assert all(math.isfinite(p.grad) for p in model.parameters())


def test_validation_takes_the_batches_of_its_loader():
    data = [[0.0], [1.0], [9.0]], [0.0, 1.0, 90.0]
    found = []
    for compiled in (False, True):
        model = MLP(1, [1], rng=Random(0))
        validation = DataLoader(data, batch_size=2, drop_last=True)
        history = fit(
            model, data, mse_loss, SGD(model.parameters(), lr=1e-3), 2, validation=validation, compile=compiled
        )
        found.append(history["validation_loss"])
    assert found[1] == pytest.approx(found[0], rel=1e-12)
