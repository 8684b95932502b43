"""Learning rate schedules and gradient clipping, held to PyTorch's recorded numbers and to their formulas."""

import json
import math

import pytest

from autograd import Value
from nn.optimizing import clipping, optimizers, plateau, schedules
from nn.optimizing.clipping import clip_grad_norm_, clip_grad_value_
from nn.optimizing.optimizers import SGD, Adam
from nn.optimizing.plateau import ReduceLROnPlateau
from nn.optimizing.schedules import (
    ConstantLR,
    CosineAnnealingLR,
    ExponentialLR,
    LambdaLR,
    LinearLR,
    LRScheduler,
    MultiStepLR,
    SequentialLR,
    StepLR,
)
from tests.references import optimizers_pytorch as reference

PYTORCH = json.loads(reference.REFERENCES.read_text(encoding="utf-8"))

MAKERS = {
    "StepLR": lambda o: StepLR(o, step_size=3, gamma=0.5),
    "MultiStepLR": lambda o: MultiStepLR(o, milestones=[2, 5], gamma=0.5),
    "ExponentialLR": lambda o: ExponentialLR(o, gamma=0.9),
    "CosineAnnealingLR": lambda o: CosineAnnealingLR(o, T_max=7, eta_min=0.01),
    "LinearLR": lambda o: LinearLR(o, total_iters=7),
    "ConstantLR": lambda o: ConstantLR(o, factor=0.5, total_iters=4),
    "LambdaLR": lambda o: LambdaLR(o, lambda k: 1 / (1 + k)),
    "SequentialLR": lambda o: SequentialLR(o, [LinearLR(o, 0.1, total_iters=3), ExponentialLR(o, 0.8)], [3]),
}


def two_groups():
    return SGD([{"params": [Value(0.0)]}, {"params": [Value(0.0)], "lr": 0.03}], lr=0.2)


# ---------------------------------------------------------------- schedules


@pytest.mark.filterwarnings("ignore:SGD.step. the gradient of every parameter is 0")  # the schedule alone matters
@pytest.mark.parametrize("name", list(reference.SCHEDULES))
def test_schedules_equal_pytorchs_over_40_steps(name):
    # 1e-12: PyTorch multiplies 40 times, and near a zero of the cosine divides what has almost cancelled
    found = reference.rates(optimizers, schedules, Value, name)
    for ours, theirs in zip(found, PYTORCH["schedules"][name], strict=True):
        assert ours == pytest.approx(theirs, rel=1e-12, abs=1e-15)


class Schedules:
    """The modules of the schedules as one, like PyTorch's."""

    ReduceLROnPlateau = ReduceLROnPlateau

    def __getattr__(self, name):
        return getattr(schedules, name)


@pytest.mark.filterwarnings("ignore:SGD.step. the gradient of every parameter is 0")  # the schedule alone matters
@pytest.mark.parametrize("name", list(reference.CHAINS))
def test_schedules_that_are_all_stepped_multiply_each_other_as_pytorchs(name):
    found = reference.chained_rates(optimizers, Schedules(), Value, name)
    for ours, theirs in zip(found, PYTORCH["chains"][name], strict=True):
        assert ours == pytest.approx(theirs, rel=1e-12, abs=1e-15)


@pytest.mark.parametrize("name", list(reference.CHAINS))
def test_schedules_that_are_all_stepped_resume_from_json(name):
    """1e-13: the rates of a state are divided by the multipliers and multiplied again."""

    def begin():
        optimizer = two_groups()
        return optimizer, [getattr(Schedules(), kind)(optimizer, **more) for kind, more in reference.CHAINS[name]]

    def rates(optimizer, chain, metrics):
        for metric in metrics:
            for schedule in chain:
                schedule.step(*[metric] * isinstance(schedule, ReduceLROnPlateau))
            yield [group["lr"] for group in optimizer.param_groups]

    whole = list(rates(*begin(), reference.METRICS))
    optimizer, chain = begin()
    assert list(rates(optimizer, chain, reference.METRICS[:7])) == whole[:7]
    saved = json.loads(json.dumps([optimizer.state_dict(), [schedule.state_dict() for schedule in chain]]))
    optimizer, chain = begin()
    optimizer.load_state_dict(saved[0])
    for schedule, state in zip(chain, saved[1], strict=True):
        schedule.load_state_dict(state)
    for ours, theirs in zip(rates(optimizer, chain, reference.METRICS[7:]), whole[7:], strict=True):
        assert ours == pytest.approx(theirs, rel=1e-13)


@pytest.mark.parametrize("name", [name for name in MAKERS if name != "LambdaLR"])
def test_a_rate_that_was_assigned_is_gone_on_from(name):
    """Half the rate stays half of what it would have been, until the next part of a sequence."""
    alone, halved = two_groups(), two_groups()
    one, other = MAKERS[name](alone), MAKERS[name](halved)
    for k in range(6):
        if k == 2:
            for group in halved.param_groups:
                least = 0.01 if name == "CosineAnnealingLR" else 0.0
                group["lr"] = least + (group["lr"] - least) / 2
        one.step()
        other.step()
        share = 2.0 if k >= 2 and name != "SequentialLR" else 1.0  # whose next part begins then
        for whole, half in zip(alone.param_groups, halved.param_groups, strict=True):
            least = 0.01 if name == "CosineAnnealingLR" else 0.0
            assert half["lr"] - least == pytest.approx((whole["lr"] - least) / share, rel=1e-14)


def test_a_rate_that_was_assigned_below_the_least_of_a_cosine_stays_a_rate():
    optimizer = SGD([Value(0.0)], lr=1.0)
    schedule = CosineAnnealingLR(optimizer, T_max=5, eta_min=0.5)
    for k in range(12):
        schedule.step()
        if k == 3:
            optimizer.lr = 0.1
        assert 0.0 <= optimizer.lr <= 1.0


@pytest.mark.filterwarnings("ignore:SGD.step. the gradient of every parameter is 0")  # the schedule alone matters
@pytest.mark.parametrize("name", list(reference.PLATEAUS))
def test_reduce_on_plateau_equals_pytorchs(name):
    # the same products in the same order, so equal to the last digit
    assert reference.plateau_rates(optimizers, plateau, Value, name) == PYTORCH["plateaus"][name]


def test_the_schedule_of_micrograds_demo_is_a_linear_one():
    optimizer = SGD([Value(0.0)], lr=1.0)
    schedule = LinearLR(optimizer, start_factor=1.0, end_factor=0.1, total_iters=100)
    for k in range(100):
        assert optimizer.lr == 1.0 - 0.9 * k / 100  # exactly: the line is computed in the same order
        schedule.step()
    assert optimizer.lr == 0.1


@pytest.mark.parametrize("name", list(MAKERS))
def test_rates_looks_ahead_at_what_steps_will_set(name):
    optimizer = two_groups()
    schedule = MAKERS[name](optimizer)
    foreseen = [schedule.rates(k) for k in range(10)]
    for rates in foreseen:
        assert [group["lr"] for group in optimizer.param_groups] == rates == schedule.get_last_lr()
        schedule.step()


def test_warm_up_rises_and_then_follows_the_cosine():
    optimizer = SGD([Value(0.0)], lr=1.0)
    parts = [LinearLR(optimizer, start_factor=0.2, total_iters=4), CosineAnnealingLR(optimizer, T_max=6)]
    schedule = SequentialLR(optimizer, parts, milestones=[4])
    expected = [0.2 + 0.2 * k for k in range(4)] + [(1 + math.cos(math.pi * k / 6)) / 2 for k in range(7)]
    # 1e-15: one rounding in each formula
    assert [schedule.rates(k)[0] for k in range(11)] == pytest.approx(expected, rel=1e-15, abs=1e-15)
    assert optimizer.lr == 0.2


def test_sequences_nest():
    def parts(o):
        return LinearLR(o, 0.5, total_iters=2), ConstantLR(o, 0.25, total_iters=9), ExponentialLR(o, 0.5)

    flat, nested = two_groups(), two_groups()
    a, b, c = parts(flat)
    one = SequentialLR(flat, [a, b, c], [2, 5])
    a, b, c = parts(nested)
    other = SequentialLR(nested, [a, SequentialLR(nested, [b, c], [3])], [2])
    assert [one.rates(k) for k in range(9)] == [other.rates(k) for k in range(9)]


@pytest.mark.parametrize("order", ["schedule first", "optimiser first"])
@pytest.mark.parametrize("name", [*MAKERS, "ReduceLROnPlateau"])
def test_a_schedule_resumes_from_json_where_it_was(name, order):
    make = MAKERS.get(name, lambda o: ReduceLROnPlateau(o, factor=0.5, patience=1, cooldown=1))
    metrics = [3.0, 2.0, 2.0, 2.0, 2.0, 2.0, 1.0, 1.0, 1.0, 1.0]

    def steps(schedule, ks):
        for k in ks:
            schedule.step(metrics[k]) if name == "ReduceLROnPlateau" else schedule.step()
            yield [group["lr"] for group in schedule.optimizer.param_groups]

    whole = list(steps(make(two_groups()), range(10)))
    first = make(two_groups())
    assert list(steps(first, range(4))) == whole[:4]
    saved = json.loads(json.dumps([first.optimizer.state_dict(), first.state_dict()], allow_nan=False))
    optimizer = two_groups()
    if order == "schedule first":
        second = make(optimizer)
        second.load_state_dict(saved[1])
        optimizer.load_state_dict(saved[0])
    else:
        optimizer.load_state_dict(saved[0])
        second = make(optimizer)
        second.load_state_dict(saved[1])
    assert [group["lr"] for group in optimizer.param_groups] == whole[3] == second.get_last_lr()
    assert list(steps(second, range(4, 10))) == whole[4:]
    assert second.state_dict()["last_epoch"] == 10


def test_last_epoch_starts_in_the_middle_if_the_first_rate_is_known():
    optimizer = SGD([Value(0.0)], lr=1.0)
    ExponentialLR(optimizer, gamma=0.5)
    assert ExponentialLR(optimizer, gamma=0.5, last_epoch=1).get_last_lr() == [0.25]
    with pytest.raises(ValueError, match="initial_lr"):
        ExponentialLR(SGD([Value(0.0)], lr=1.0), gamma=0.5, last_epoch=1)


def test_loading_refuses_and_then_changes_nothing():
    optimizer = two_groups()
    schedule = SequentialLR(optimizer, [StepLR(optimizer, 2), ExponentialLR(optimizer, 0.9)], [4])
    schedule.step()
    state = schedule.state_dict()
    part = state["schedulers"][0]
    for bad in (
        {}, None, {**state, "scheduler": "StepLR"}, {**state, "lr": [0.1]}, {**state, "lr": [0.1, math.nan]},
        {**state, "base_lrs": [1.0]}, {**state, "last_epoch": -1}, {**state, "milestones": [2, 3]},
        {**state, "other": 1}, {**state, "schedulers": [part]}, {**state, "schedulers": [part, part]},
        {**state, "last_epoch": 9, "schedulers": [{**part, "gamma": -1.0}, state["schedulers"][1]]},
    ):  # fmt: skip
        with pytest.raises((ValueError, TypeError), match=r"SequentialLR|StepLR|ExponentialLR"):
            schedule.load_state_dict(bad)
        assert schedule.state_dict() == state


def test_schedules_refuse_bad_settings():
    o = SGD([Value(0.0)], lr=1.0)
    for make, error, message in [
        (lambda: StepLR(o, 0), ValueError, "StepLR: step_size must be a whole number of at least 1, not 0"),
        (lambda: StepLR(o, 2.5), TypeError, "StepLR: step_size must be a whole number"),
        (lambda: StepLR(o, 2, gamma=math.nan), ValueError, "StepLR: gamma must be at least 0"),
        (lambda: StepLR([Value(0.0)], 2), TypeError, "optimizer must be an optimiser, not list"),
        (lambda: MultiStepLR(o, 3), TypeError, "milestones must be a list"),
        (lambda: MultiStepLR(o, [3, -1]), ValueError, "milestones must be a whole number of at least 0"),
        (lambda: ExponentialLR(o, "0.9"), TypeError, "gamma must be a number, not str"),
        (lambda: LinearLR(o, start_factor=-0.5), ValueError, "start_factor"),
        (lambda: LinearLR(o, total_iters=True), TypeError, "total_iters"),
        (lambda: ConstantLR(o, factor=math.inf), ValueError, "ConstantLR: factor"),
        (lambda: CosineAnnealingLR(o, T_max=0), ValueError, "T_max"),
        (lambda: CosineAnnealingLR(o, 5, eta_min=-1.0), ValueError, "eta_min"),
        (lambda: LambdaLR(o, [abs, abs]), ValueError, "LambdaLR: lr_lambda must be a function, or a list of 1"),
        (lambda: LambdaLR(o, 0.5), ValueError, "lr_lambda must be a function"),
        (lambda: LambdaLR(o, lambda _: None), TypeError, r"LambdaLR: lr_lambda\(0\) must be a number, not NoneType"),
        (lambda: LambdaLR([], abs), TypeError, "optimizer must be"),
        (lambda: StepLR(o, 2, last_epoch=-2), ValueError, "last_epoch"),
        (lambda: SequentialLR(o, [], []), ValueError, "SequentialLR: there are no schedules"),
        (lambda: SequentialLR(o, [StepLR(o, 2)], [3]), ValueError, "1 schedule, but 1 milestone: give one fewer"),
        (lambda: SequentialLR(o, [StepLR(two_groups(), 2)], []), ValueError, "made for this optimiser"),
        (lambda: SequentialLR(o, [ReduceLROnPlateau(o)], []), TypeError, "not ReduceLROnPlateau"),
        (lambda: ReduceLROnPlateau(o, "less"), ValueError, "mode must be one of min, max, not 'less'"),
        (lambda: ReduceLROnPlateau(o, threshold_mode="x"), ValueError, "threshold_mode must be one of rel, abs"),
        (lambda: ReduceLROnPlateau(o, factor=1.0), ValueError, "factor must be below 1"),
        (lambda: ReduceLROnPlateau(o, patience=-1), ValueError, "patience"),
        (lambda: ReduceLROnPlateau(o, min_lr=[0.1, 0.1]), ValueError, "min_lr must be a list of 1"),
        (lambda: ReduceLROnPlateau(o, min_lr=-0.1), ValueError, "min_lr"),
        (lambda: LRScheduler(o), TypeError, "LRScheduler does not define multiplier"),
    ]:
        with pytest.raises(error, match=message):
            make()
        assert o.lr == 1.0


def test_a_rate_that_is_none_is_refused_and_the_schedule_stays():
    optimizer = SGD([Value(0.0)], lr=1.0)
    schedule = LambdaLR(optimizer, lambda k: 1.0 - k)
    schedule.step()
    with pytest.raises(ValueError, match=r"LambdaLR: the learning rate must be at least 0 and finite, not -1\.0"):
        schedule.step()
    assert (optimizer.lr, schedule.last_epoch, schedule.get_last_lr()) == (0.0, 1, [0.0])
    plateau = ReduceLROnPlateau(optimizer)
    with pytest.raises(ValueError, match="metrics"):
        plateau.step(math.nan)
    plateau.step(Value(2.0) * Value(1.0))
    assert (plateau.best, plateau.last_epoch) == (2.0, 1)
    optimizer.add_param_group({"params": [Value(1.0)]})
    with pytest.raises(ValueError, match="made for 1 group, but the optimiser has 2 now; make it anew"):
        schedule.step()


def test_a_schedule_drives_any_optimiser():
    x = Value(1.0)
    optimizer = Adam([x], lr=0.5)
    schedule = StepLR(optimizer, step_size=1, gamma=0.0)
    x.grad = 1.0
    optimizer.step()
    schedule.step()
    there = x.data
    optimizer.step()
    assert x.data == there != 1.0


# ---------------------------------------------------------------- clipping


@pytest.mark.parametrize(("kind", "limit", "norm_type", "name", "expected"), PYTORCH["clips"])
def test_clipping_equals_pytorchs(kind, limit, norm_type, name, expected):
    given = reference.GRADIENTS[name]
    total, gradients = reference.clipped(clipping, Value, kind, limit, norm_type, given, float)
    # 1e-14: norms of five numbers, in another order
    if total is not None:
        assert total == pytest.approx(expected[0], rel=1e-14, nan_ok=True)
    for ours, theirs in zip(gradients, expected[1], strict=True):
        assert (ours is None) == (theirs is None)
        assert ours is None or ours == pytest.approx(theirs, rel=1e-14, nan_ok=True)


def test_clipping_takes_one_value_and_any_iterable():
    x, y = Value(0.0), Value(0.0)
    x.grad = y.grad = 3.0
    assert clip_grad_norm_(x, 1.5) == 3.0
    assert x.grad == pytest.approx(1.5, rel=1e-6)  # PyTorch's 1e-6 in the denominator
    assert clip_grad_norm_((p for p in (x, y)), math.inf) == pytest.approx(math.hypot(x.grad, 3.0), rel=1e-15)
    clip_grad_value_(iter([x, y]), 1.0)
    assert (x.grad, y.grad) == (1.0, 1.0)
    assert clip_grad_norm_([], 1.0) == 0.0


def test_the_norm_neither_overflows_nor_vanishes():
    for scale in (1e300, 1e-300):
        x, y = Value(0.0), Value(0.0)
        x.grad, y.grad = 3.0 * scale, 4.0 * scale
        assert clip_grad_norm_([x, y], math.inf) == pytest.approx(5.0 * scale, rel=1e-15)


def test_clipping_refuses_what_makes_no_sense():
    x = Value(0.0)
    x.grad = math.inf
    with pytest.raises(FloatingPointError, match="the norm of the gradients is inf"):
        clip_grad_norm_([x], 1.0, error_if_nonfinite=True)
    assert x.grad == math.inf
    for call, error in [
        (lambda: clip_grad_norm_([x], -1.0), ValueError), (lambda: clip_grad_norm_([x], math.nan), ValueError),
        (lambda: clip_grad_norm_([x], 1.0, 0.0), ValueError), (lambda: clip_grad_norm_([x], 1.0, "2"), TypeError),
        (lambda: clip_grad_norm_([1.0], 1.0), TypeError), (lambda: clip_grad_norm_(None, 1.0), TypeError),
        (lambda: clip_grad_norm_([x], 1.0, 2.0, 1), TypeError), (lambda: clip_grad_value_([x], -1.0), ValueError),
        (lambda: clip_grad_value_([x], True), TypeError),
    ]:  # fmt: skip
        with pytest.raises(error, match="clip_grad_"):
            call()
