"""fit: what it computes, what it records, when it stops, and how it ends."""

import math
from random import Random

import pytest

from autograd import Value
from nn import (
    LBFGS,
    MLP,
    SGD,
    Adam,
    CosineAnnealingLR,
    Linear,
    Newton,
    ReduceLROnPlateau,
    cross_entropy,
    load_digits,
    mse_loss,
    train_validation_test_split,
)
from nn.callbacks import Callback, EarlyStopping, StopAtSmallGradient, StopWhenStill
from nn.data import DataLoader, Dataset
from nn.history import History
from nn.metrics import accuracy
from nn.regularizers import l2_penalty
from nn.schedules import LinearLR
from nn.training import evaluate, fit

X = [[0.0], [1.0], [2.0], [3.0]]
Y = [1.0, 3.0, 5.0, 7.0]


def line():
    return MLP(1, [1], initializer="zeros")


def test_fit_is_the_loop_by_hand():
    model, other = MLP(2, [4, 1], activation="tanh", rng=Random(0)), MLP(2, [4, 1], activation="tanh", rng=Random(0))
    rng = Random(2)
    inputs = [[rng.gauss(0, 1), rng.gauss(0, 1)] for _ in range(10)]
    targets = [a - b for a, b in inputs]
    history = fit(
        model, DataLoader((inputs, targets), 4, shuffle=True, seed=1), mse_loss, SGD(model.parameters(), 0.1), epochs=3,
        regularizer=lambda m: l2_penalty(m, 0.01),
    )  # fmt: skip
    optimizer, losses = SGD(other.parameters(), 0.1), []
    loader = DataLoader((inputs, targets), 4, shuffle=True, seed=1)
    for _ in range(3):
        total = 0.0
        for x, y in loader:
            loss = mse_loss(other(x), y)
            optimizer.zero_grad()
            (loss + l2_penalty(other, 0.01)).backward()
            optimizer.step()
            total += loss.data * len(x)
        losses.append(total / 10)
    assert model.state_dict() == other.state_dict()
    assert history["loss"] == losses


@pytest.mark.parametrize("data", [(X, Y), list(zip(X, Y)), Dataset(X, Y), DataLoader((X, Y), 2)])
def test_data_of_every_kind(data):
    model = line()
    fit(model, data, mse_loss, SGD(model.parameters(), lr=0.1), epochs=200, batch_size=2)
    assert model([10.0]).data == pytest.approx(21.0, abs=0.1)


def test_validation_and_metrics_are_recorded():
    model = Linear(1, 2, rng=Random(0))
    history = fit(
        model, (X, [0, 0, 1, 1]), cross_entropy, Adam(model.parameters(), lr=0.3), epochs=30,
        validation=([[0.5], [2.5]], [0, 1]), metrics={"accuracy": accuracy},
    )  # fmt: skip
    assert list(history.records) == ["loss", "accuracy", "validation_loss", "validation_accuracy"]
    assert history.epochs == len(history["loss"]) == len(history["validation_accuracy"]) == 30
    assert history["validation_accuracy"][-1] == 1.0
    assert evaluate(model, (X, [0, 0, 1, 1]), cross_entropy, {"accuracy": accuracy})["accuracy"] == 1.0
    with pytest.raises(KeyError, match="no 'recall', only loss, accuracy"):
        history["recall"]


@pytest.mark.parametrize("optimizer", [lambda p: LBFGS(p, line_search_fn="strong_wolfe"), Newton])
def test_second_order_optimizers_fit(optimizer):
    model = line()
    history = fit(model, (X, Y), mse_loss, optimizer(model.parameters()), epochs=3, batch_size=4)
    assert history["loss"][0] == 21.0  # the loss before the first step
    assert history["loss"][-1] < 1e-12


def test_schedules_advance_once_an_epoch():
    model = line()
    optimizer = SGD(model.parameters(), lr=0.1)
    schedule = LinearLR(optimizer, 1.0, 0.1, total_iters=10)
    rates = []
    fit(model, (X, Y), mse_loss, optimizer, 10, schedule=schedule, callbacks=[lambda run: rates.append(optimizer.lr)])
    assert rates == pytest.approx([0.1 * (1 - 0.09 * (k + 1)) for k in range(10)], rel=1e-12)
    optimizer = SGD(model.parameters(), lr=0.0)
    fit(model, (X, Y), mse_loss, optimizer, 5, schedule=ReduceLROnPlateau(SGD(model.parameters(), lr=0.1), patience=1))


# ---------------------------------------------------------------- stopping


def test_early_stopping_goes_back_to_the_best_weights():
    model = line()
    best = {}

    def spoil(run):
        """Validation is best in epoch 4."""
        if run.history.epochs == 4:
            best.update(run.model.state_dict())
        run.history.records["validation_loss"][-1] = abs(run.history.epochs - 4.0)

    history = fit(
        model, (X, Y), mse_loss, SGD(model.parameters(), lr=0.01), epochs=50, validation=(X, Y),
        callbacks=[spoil, EarlyStopping(patience=3)],
    )  # fmt: skip
    assert history.epochs == 8
    assert history.stopped == "validation_loss has not improved since epoch 4"
    assert model.state_dict() == best


def test_stopping_rules_of_the_notes():
    model = line()
    optimizer = SGD(model.parameters(), lr=0.1)
    history = fit(model, (X, Y), mse_loss, optimizer, 10_000, callbacks=[StopWhenStill(1e-12)])
    assert history.epochs < 1000
    assert history.stopped.startswith("the parameters moved by ‖Δw‖² =")
    model = line()
    optimizer = SGD(model.parameters(), lr=0.1)
    history = fit(model, (X, Y), mse_loss, optimizer, 10_000, callbacks=[StopAtSmallGradient(1e-6)])
    assert "the gradient is small" in repr(history)
    assert history["loss"][-1] < 1e-10


def test_ctrl_c_ends_cleanly_with_the_history_so_far():
    model, ended = line(), []

    class Interrupting(Callback):
        def epoch_ended(self, run):
            if run.history.epochs == 3:
                raise KeyboardInterrupt

        def ended(self, run):
            ended.append(run.history.epochs)

    history = fit(model, (X, Y), mse_loss, SGD(model.parameters(), lr=0.1), 100, callbacks=[Interrupting()])
    assert (history.epochs, history.stopped, ended) == (3, "interrupted by Ctrl-C", [3])
    assert not model.training


def test_a_loss_that_is_not_finite_stops_training_and_keeps_the_weights():
    model = line()
    with pytest.warns(RuntimeWarning, match="fit: stopped, the loss is (inf|nan), in epoch"):
        history = fit(model, (X, Y), mse_loss, SGD(model.parameters(), lr=1e3), epochs=500)
    assert history.epochs < 500
    assert all(math.isfinite(p.data) for p in model.parameters())
    with pytest.warns(RuntimeWarning, match="inf"):
        fit(model, (X, [1.0, 2.0, 3.0, 1e200]), mse_loss, SGD(model.parameters(), lr=0.1), epochs=1)


def test_clipping_bounds_the_step():
    model = line()
    fit(model, (X, [1e6] * 4), mse_loss, SGD(model.parameters(), lr=0.5), epochs=1, batch_size=4, clip_grad_norm=1.0)
    assert math.hypot(*(p.data for p in model.parameters())) == pytest.approx(0.5, rel=1e-6)


def test_a_history_goes_on():
    model = line()
    optimizer = SGD(model.parameters(), lr=0.01)
    history = fit(model, (X, Y), mse_loss, optimizer, epochs=2)
    again = fit(model, (X, Y), mse_loss, optimizer, epochs=3, validation=(X, Y), history=history)
    assert again is history
    assert history.epochs == 5
    assert [math.isnan(v) for v in history["validation_loss"]] == [True, True, False, False, False]


def test_wrong_settings_are_refused():
    model = line()
    optimizer = SGD(model.parameters(), lr=0.1)
    for wrong, error, message in [
        ({"epochs": -1}, ValueError, "epochs"),
        ({"epochs": 1.5}, ValueError, "epochs"),
        ({"clip_grad_norm": 0.0}, ValueError, "clip_grad_norm"),
        ({"callbacks": [3]}, TypeError, "callback"),
        ({"callbacks": [EarlyStopping]}, TypeError, "callback"),
    ]:
        with pytest.raises(error, match=message):
            fit(model, (X, Y), mse_loss, optimizer, **{"epochs": 1, **wrong})
    for make in (lambda: EarlyStopping(patience=-1), lambda: StopWhenStill(math.nan), lambda: StopAtSmallGradient(-1)):
        with pytest.raises(ValueError, match="at least 0"):
            make()
    with pytest.raises(KeyError, match="no 'validation_loss', only loss"):
        fit(model, (X, Y), mse_loss, optimizer, epochs=1, callbacks=[EarlyStopping()])


def test_history_plots_losses_left_and_metrics_right():
    history = History()
    for epoch in range(1, 6):
        history.append({"loss": 1 / epoch, "validation_loss": 1.2 / epoch, "accuracy": 1 - 0.5 / epoch})
    ax = history.plot()
    assert [line.get_label() for line in ax.get_lines()] == ["loss", "validation loss"]
    assert list(ax.get_lines()[0].get_ydata()) == history["loss"]
    assert len(ax.figure.axes) == 2
    assert History().plot().get_xlabel() == "epoch"
    import matplotlib.pyplot as plt

    plt.close("all")


def test_progress_is_silent_but_for_terminals(capsys):
    model = line()
    optimizer = SGD(model.parameters(), lr=0.1)
    fit(model, (X, Y), mse_loss, optimizer, epochs=2)
    assert capsys.readouterr().out == ""
    fit(model, (X, Y), mse_loss, optimizer, epochs=2, progress=True)
    assert "loss" in capsys.readouterr().out


def test_evaluate_records_nothing_and_gives_back_the_mode():
    model = MLP(1, [4, 1], dropout=0.5, rng=Random(0))
    assert evaluate(model, (X, Y), mse_loss) == evaluate(model, (X, Y), mse_loss)
    assert model.training
    assert all(isinstance(p, Value) and p.grad == 0.0 for p in model.parameters())


def test_digits_are_told_apart():
    """64-32-10 on scikit-learn's real digits, a quarter held out.  Seeds 0 to 3 give 97.6, 95.8, 97.3, 97.3 %."""
    train, _, test = train_validation_test_split(load_digits(scaled=True), 0.15, 0.25, seed=0, stratify=True)
    model = MLP(64, [32, 10], initializer="kaiming_uniform", rng=Random(0))
    optimizer = Adam(model.parameters(), lr=1e-2)
    schedule = CosineAnnealingLR(optimizer, 12)
    fit(model, train, cross_entropy, optimizer, epochs=12, schedule=schedule)
    assert evaluate(model, test, cross_entropy, {"accuracy": accuracy})["accuracy"] >= 0.96
