"""What optimisers, loaders, schedules, callbacks, models and compiled functions say of themselves at a prompt."""

import inspect

import pytest

import autograd
import nn
from autograd import Value, jit
from nn.fitting.callbacks import Callback
from nn.fitting.checkpoint import Checkpoint
from nn.fitting.compiled_training import TrainingStep
from nn.optimizing.schedule import Schedule

OPTIMIZERS = [nn.SGD, nn.Adam, nn.AdamW, nn.RMSprop, nn.Adagrad, nn.LBFGS, nn.Newton]
SCREEN = 80 * 40


def subclasses(kind):
    return [kind, *(below for each in kind.__subclasses__() for below in subclasses(each))]


def two():
    return nn.SGD([Value(1.0), Value(2.0)], lr=0.5)


def halved(k):
    return 0.5**k


SCHEDULES = {
    "StepLR": lambda o: nn.StepLR(o, 3),
    "MultiStepLR": lambda o: nn.MultiStepLR(o, [1, 2]),
    "ExponentialLR": lambda o: nn.ExponentialLR(o, 0.9),
    "ConstantLR": nn.ConstantLR,
    "LinearLR": nn.LinearLR,
    "LambdaLR": lambda o: nn.LambdaLR(o, halved),
    "CosineAnnealingLR": lambda o: nn.CosineAnnealingLR(o, 10),
    "ReduceLROnPlateau": nn.ReduceLROnPlateau,
    "SequentialLR": lambda o: nn.SequentialLR(o, [nn.StepLR(o, 7), nn.ConstantLR(o)], [5]),
}


@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_an_optimiser_shows_its_parameters_and_every_setting(kind):
    optimizer = kind([Value(1.0), Value(2.0)], lr=0.25)
    text = repr(optimizer)
    assert text.startswith(f"{kind.__name__}(2 parameters, ")
    for name in kind.settings:
        assert f"{name}={optimizer.param_groups[0][name]!r}" in text
    optimizer.lr = 0.125
    assert "lr=0.125" in repr(optimizer)


def test_an_optimiser_shows_its_groups_and_of_many_the_first():
    optimizer = nn.SGD([{"params": [Value(1.0)]}, {"params": [Value(2.0)], "lr": 0.5}], lr=0.1)
    assert "(1 parameter, lr=0.1, " in repr(optimizer)
    assert "(1 parameter, lr=0.5, " in repr(optimizer)
    many = nn.Adam([{"params": [Value(1.0)]} for _ in range(300)])
    assert "… 296 more groups" in repr(many)
    assert len(repr(many)) < SCREEN


def test_every_schedule_is_shown_here():
    assert {kind.__name__ for kind in subclasses(Schedule) if kind.__module__.startswith("nn.")} - {
        "Schedule",
        "LRScheduler",
    } == set(SCHEDULES)


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_schedule_shows_its_settings_and_where_it_is(name):
    schedule = SCHEDULES[name](two())
    text = repr(schedule)
    assert text.startswith(f"{name}(")
    for setting in schedule.settings:
        assert f"{setting}={getattr(schedule, setting)!r}" in text
    assert "last_epoch=0" in text
    schedule.step(1.0) if name == "ReduceLROnPlateau" else schedule.step()
    assert "last_epoch=1" in repr(schedule)
    if name == "SequentialLR":
        assert "StepLR(step_size=7" in text
        assert "milestones=[5]" in text
    if name == "LambdaLR":
        assert "halved" in text


PUBLIC = [each for each in subclasses(Callback) if each.__module__.startswith("nn.") and each.__name__[0] != "_"]


@pytest.mark.parametrize("kind", PUBLIC)
def test_a_callback_shows_what_it_was_made_with(kind):
    callback = kind("run.json") if kind is Checkpoint else kind()
    for name, parameter in inspect.signature(kind).parameters.items():
        if name not in ("data", "file"):
            assert f"{name}={parameter.default!r}" in repr(callback)


def test_a_callback_of_ones_own_shows_what_it_keeps():
    class Often(Callback):
        def __init__(self, every=3, secret=1):
            self.every = every
            self._secret = secret

    assert repr(Often(5)) == "Often(every=5)"


def test_a_loader_shows_its_data_and_settings():
    loader = nn.DataLoader(nn.make_moons(10), 4, shuffle=True, seed=1)
    assert repr(loader) == "DataLoader(10 samples, batch_size=4, shuffle=True, drop_last=False, seed=1)"


def test_compiled_functions_show_what_they_are_of():
    x, w = Value(1.0), Value(2.0)
    assert repr(jit(two)) == "jit(two, backend='llvm', threads=1)"
    assert repr(jit(nn.Linear(1, 1), backend="numpy")).startswith("jit(Linear of [LinearNeuron(1)], backend='numpy'")
    compiled = autograd.compile(x * w, [x], [w], reduction="sum", backend="numpy")
    assert repr(compiled) == "compile(1 input, 1 parameter, reduction='sum', backend='numpy', threads=1)"
    step = TrainingStep(x * w, [x], nn.SGD([w], lr=0.5), backend="numpy")
    assert repr(step).startswith("TrainingStep(compile(1 input, 1 parameter, ")
    assert "SGD(1 parameter, lr=0.5" in repr(step)


class Deep(nn.Module):
    """Two hundred layers in a list."""

    def __init__(self):
        self.blocks = [nn.Sequential(nn.Linear(2, 2 + k), nn.Linear(2 + k, 2)) for k in range(100)]


@pytest.mark.parametrize(
    "make",
    [
        lambda: nn.Linear(784, 300),
        lambda: nn.MLP(64, [100, 100, 10]),
        lambda: nn.MLP(2, [1 + k % 7 for k in range(100)]),
        lambda: nn.Sequential(*[part for k in range(100) for part in (nn.Linear(2, 2), nn.ReLU(), nn.Dropout(0.5))]),
        lambda: nn.Sequential(nn.MLP(2, [1 + k % 5 for k in range(40)]), *[nn.MLP(1, [3, 2, 1]) for _ in range(30)]),
        Deep,
    ],
)
def test_the_repr_of_a_model_fits_a_screen(make):
    text = repr(make())
    assert len(text) < SCREEN
    assert text.count("\n") < 40
    assert "object at 0x" not in text


def test_alike_neurons_are_counted_and_few_are_told_one_by_one():
    assert repr(nn.MLP(2, [16, 2, 1])) == (
        "MLP of [Layer of [16 × ReLUNeuron(2)], Layer of [ReLUNeuron(16), ReLUNeuron(16)], Layer of [LinearNeuron(2)]]"
    )
