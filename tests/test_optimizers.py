"""Optimisers, held to PyTorch's recorded trajectories, to their formulas, and to what a failure must not do."""

import copy
import json
import math
import pickle
import random
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from autograd import Value, is_grad_enabled, no_grad, softplus
from nn.optimizing import optimizers
from nn.optimizing.lbfgs import LBFGS
from nn.optimizing.line_search import Point, StrongWolfe, cubic_minimum
from nn.optimizing.newton import Newton
from nn.optimizing.optimizer import FirstOrderOptimizer, Optimizer
from nn.optimizing.optimizers import SGD, Adagrad, Adam, AdamW, RMSprop
from tests.references import optimizers_pytorch as reference

PYTORCH = json.loads(reference.REFERENCES.read_text(encoding="utf-8"))
LIBRARY = SimpleNamespace(**vars(optimizers), LBFGS=LBFGS)

MAKERS = {
    "SGD": lambda p: SGD(p, lr=1e-4),
    "momentum": lambda p: SGD(p, lr=1e-4, momentum=0.9, dampening=0.1, weight_decay=0.1),
    "nesterov": lambda p: SGD(p, lr=1e-4, momentum=0.9, nesterov=True),
    "Adam": lambda p: Adam(p, lr=0.1, amsgrad=True),
    "AdamW": lambda p: AdamW(p, lr=0.1),
    "RMSprop": lambda p: RMSprop(p, lr=0.01, momentum=0.9, centered=True),
    "Adagrad": lambda p: Adagrad(p, lr=0.1, initial_accumulator_value=0.1),
    "LBFGS": lambda p: LBFGS(p, max_iter=2, line_search_fn="strong_wolfe"),
    "Newton": Newton,
}
FIRST_ORDER = [name for name in MAKERS if name not in ("LBFGS", "Newton")]


def data(parameters):
    return [parameter.data for parameter in parameters]


def closure_of(optimizer, function=reference.rosenbrock):
    def closure():
        optimizer.zero_grad()
        loss = function(*optimizer.parameters)
        if loss.primitive is not None and is_grad_enabled():
            loss.backward()
        return loss

    return closure


def trained(make, steps, start=(-1.2, 1.0)):
    parameters = [Value(x) for x in start]
    optimizer = make(parameters)
    for _ in range(steps):
        optimizer.step(closure_of(optimizer))
    return optimizer


# ---------------------------------------------------------------- PyTorch's trajectories


@pytest.mark.parametrize(("problem", "case", "variant"), reference.runs())
def test_25_steps_equal_pytorchs(problem, case, variant):
    """Every optimiser and setting, plain, in groups, and with gradients that are None now and then."""
    positions, _ = reference.run(LIBRARY, Value, problem, case, variant)
    # 1e-12: rounding of 25 steps.  L-BFGS divides by differences of gradients that all but cancel close to the minimum
    # and in the flat valley of the network: there the last digits of PyTorch's own dot products show.
    tolerance = 1e-10 if case.startswith("LBFGS") else 1e-12
    for ours, theirs in zip(positions, PYTORCH["runs"][f"{problem}, {case}, {variant}"], strict=True):
        assert ours == pytest.approx(theirs, rel=tolerance, abs=1e-15)


@pytest.mark.parametrize("case", [case for case in reference.CASES if case.startswith("LBFGS")])
@pytest.mark.parametrize("problem", list(reference.PROBLEMS))
def test_lbfgs_makes_as_many_iterations_and_evaluations_as_pytorchs(problem, case):
    _, optimizer = reference.run(LIBRARY, Value, problem, case, "plain")
    state = optimizer.state_dict()["state"]
    assert [state["n_iter"], state["func_evals"]] == PYTORCH["counts"][f"{problem}, {case}"]


@pytest.mark.parametrize("case", list(PYTORCH["states"]))
def test_states_have_pytorchs_names_and_numbers(case):
    _, optimizer = reference.run(LIBRARY, Value, "network", case, "skipping")
    state = optimizer.state_dict()["state"]
    for i, theirs in PYTORCH["states"][case].items():
        for name, x in theirs.items():
            if name in state[i]:  # 1e-12: rounding of 25 steps
                assert state[i][name] == pytest.approx(x, rel=1e-12)
            else:  # the statistics of a setting that is off are not kept by PyTorch, and the other way round
                assert name in ("step", "grad_avg", "momentum_buffer")


def test_a_step_is_counted_for_a_parameter_that_took_it():
    _, optimizer = reference.run(LIBRARY, Value, "network", "Adam", "skipping")
    skipped = sum(map(reference.is_skipped, range(1, reference.STEPS + 1)))
    counts = [row["step"] for row in optimizer.state_dict()["state"].values()]
    assert counts == [reference.STEPS - skipped, *[reference.STEPS] * 3]


# ---------------------------------------------------------------- formulas


def test_the_lecture_notes_momentum_is_pytorchs_for_a_constant_learning_rate():
    """gₜ = -η∇f + λgₜ₋₁, xₜ = xₜ₋₁ + gₜ against v ← μv + ∇f, x ← x - ηv."""
    rate, momentum = 2e-4, 0.9
    x, y, gx, gy = Value(-1.2), Value(1.0), 0.0, 0.0
    ours = [Value(-1.2), Value(1.0)]
    optimizer = SGD(ours, lr=rate, momentum=momentum)
    for _ in range(25):
        x.grad = y.grad = 0.0
        reference.rosenbrock(x, y).backward()
        gx, gy = -rate * x.grad + momentum * gx, -rate * y.grad + momentum * gy
        x.data, y.data = x.data + gx, y.data + gy
        optimizer.step(closure_of(optimizer))
        assert data(ours) == pytest.approx([x.data, y.data], rel=1e-13)  # the same products, rounded in another order


def test_the_two_forms_of_momentum_differ_when_the_learning_rate_changes():
    x = Value(0.0)
    optimizer = SGD([x], lr=1.0, momentum=0.5)
    x.grad = 1.0
    optimizer.step()
    optimizer.lr = 0.0
    optimizer.step()
    assert x.data == -1.0  # the notes' form would still go on by λ·g = -0.5


def test_the_first_step_of_adam_is_the_learning_rate_whatever_the_gradient():
    for g in (1e-3, 1.0, 1e6):
        x = Value(1.0)
        x.grad = g
        Adam([x], lr=0.01, eps=0.0).step()
        assert x.data == pytest.approx(0.99, rel=1e-15)


def test_a_rule_of_ones_own_gets_groups_decay_and_saving():
    class SignDescent(FirstOrderOptimizer):
        def __init__(self, parameters, lr=1e-3):
            super().__init__(parameters, {"lr": lr})

        def rule(self, settings, t, xs, gs, state):
            return [x - math.copysign(settings["lr"], g) for x, g in zip(xs, gs)], state

    x, y = Value(1.0), Value(1.0)
    optimizer = SignDescent([{"params": [x], "lr": 0.5}, {"params": [y], "weight_decay": 3.0}], lr=0.25)
    x.grad, y.grad = 7.0, -2.0
    optimizer.step()
    assert data([x, y]) == [0.5, 0.75]
    state = optimizer.state_dict()
    optimizer.load_state_dict(json.loads(json.dumps(state)))
    assert optimizer.state_dict() == state
    with pytest.raises(TypeError, match="Optimizer does not define step"):
        Optimizer([x], {"lr": 0.1}).step()
    with pytest.raises(TypeError, match="FirstOrderOptimizer does not define rule"):
        FirstOrderOptimizer([x], {"lr": 0.1}).step()


# ---------------------------------------------------------------- groups and learning rates


@pytest.mark.parametrize(
    ("optimizer", "theirs"), [(SGD, -0.11339120000000004), (RMSprop, -0.04289365083760803)], ids=["SGD", "RMSprop"]
)
def test_momentum_that_is_switched_off_for_a_while_goes_on_where_it_was(optimizer, theirs):
    """Numbers by torch 2.13.0, in double precision."""
    x = Value(1.0)
    moving = optimizer([x], lr=0.1, momentum=0.9)
    kept = []
    for momentum in (0.9, 0.9, 0.0, 0.0, 0.5, 0.5, 0.5):
        moving.param_groups[0]["momentum"] = momentum
        moving.zero_grad()
        (x * x).backward()
        moving.step()
        kept.append(moving.state_dict()["state"]["0"]["momentum_buffer"])
    assert kept[1] == kept[2] == kept[3] != kept[4]
    assert x.item() == pytest.approx(theirs, rel=1e-12)


def test_groups_have_their_own_settings_and_lr_sets_all():
    x, y, z = Value(1.0), Value(1.0), Value(1.0)
    optimizer = SGD([{"params": [x]}, {"params": y, "lr": 0.5}], lr=0.1, momentum=0.9)
    optimizer.add_param_group({"params": (p for p in [z]), "momentum": 0.0})
    assert [(g["lr"], g["momentum"]) for g in optimizer.param_groups] == [(0.1, 0.9), (0.5, 0.9), (0.1, 0.0)]
    assert optimizer.parameters == [x, y, z]
    assert optimizer.lr == 0.1
    optimizer.lr = 0.25
    assert [g["lr"] for g in optimizer.param_groups] == [0.25] * 3
    x.grad = y.grad = z.grad = 1.0
    optimizer.param_groups[1]["lr"] = 0.5
    optimizer.step()
    assert data([x, y, z]) == [0.75, 0.5, 0.75]
    optimizer.zero_grad()
    assert [p.grad for p in (x, y, z)] == [0.0, 0.0, 0.0]
    optimizer.zero_grad(set_to_none=True)
    optimizer.step()
    assert data([x, y, z]) == [0.75, 0.5, 0.75]


def test_parameters_that_cannot_be_moved_are_refused():
    x, y = Value(1.0), Value(2.0)
    for parameters, error, message in [
        ([], ValueError, "SGD: there are no parameters"),
        ([{"params": []}], ValueError, "SGD: there are no parameters"),
        ([x, y, x], ValueError, "parameter 2 is there twice"),
        ([{"params": [x]}, {"params": [y, x]}], ValueError, "parameter 2 is there twice"),
        ([x, x * y], ValueError, "parameter 1 is the result of mul, and only leaves"),
        ([x, 2.0], TypeError, "parameters must be Values, not float"),
        ([x, {"params": [y]}], TypeError, "parameters must be Values, not dict"),
        (x, TypeError, r"such as model\.parameters\(\), or of dicts, not Value"),
        ({x, y}, TypeError, "not set"),
        ({"params": [x]}, TypeError, "not dict"),
        (None, TypeError, "not NoneType"),
        ([{"lr": 0.1}], TypeError, 'a group must be a dict with "params"'),
        ([{"params": [x], "Lr": 0.1}], ValueError, r"unknown \['Lr'\]; known are \['dampening', "),
        ([{"params": [x], "lr": -0.1}], ValueError, r"SGD: lr must be at least 0 and finite, not -0\.1"),
    ]:
        with pytest.raises(error, match=message):
            SGD(parameters)
    optimizer = SGD([x])
    with pytest.raises(ValueError, match="parameter 1 is there twice"):
        optimizer.add_param_group({"params": [x]})
    assert len(optimizer.param_groups) == 1
    for make in (LBFGS, Newton):
        with pytest.raises(ValueError, match="there can be only one group"):
            make([{"params": [x]}, {"params": [y]}])


def test_settings_out_of_range_are_refused():
    x = [Value(1.0)]
    for make, error, message in [
        (lambda: SGD(x, lr=math.nan), ValueError, "SGD: lr must be at least 0 and finite, not nan"),
        (lambda: SGD(x, lr=math.inf), ValueError, "SGD: lr"),
        (lambda: SGD(x, lr=True), TypeError, "SGD: lr must be a number, not bool True"),
        (lambda: SGD(x, lr="0.1"), TypeError, "SGD: lr must be a number, not str"),
        (lambda: SGD(x, lr=Value(0.1)), TypeError, "SGD: lr must be a number, not Value"),
        (lambda: SGD(x, momentum=1.0), ValueError, r"SGD: momentum must be below 1, not 1\.0"),
        (lambda: SGD(x, momentum=-0.1), ValueError, "SGD: momentum must be from 0 to 1"),
        (lambda: SGD(x, dampening=1.5), ValueError, "SGD: dampening must be from 0 to 1"),
        (lambda: SGD(x, weight_decay=-1), ValueError, "SGD: weight_decay"),
        (lambda: SGD(x, nesterov=True), ValueError, "nesterov needs a momentum above 0 and no dampening"),
        (lambda: SGD(x, momentum=0.9, dampening=0.1, nesterov=True), ValueError, "nesterov needs"),
        (lambda: SGD(x, maximize=1), TypeError, "SGD: maximize must be True or False, not 1"),
        (lambda: Adam(x, betas=(0.9, 1.0)), ValueError, r"Adam: betas\[1\] must be below 1"),
        (lambda: Adam(x, betas=0.9), TypeError, "Adam: betas must be two numbers"),
        (lambda: Adam(x, eps=-1e-8), ValueError, "Adam: eps"),
        (lambda: AdamW(x, weight_decay=math.nan), ValueError, "AdamW: weight_decay"),
        (lambda: RMSprop(x, alpha=1.0), ValueError, "RMSprop: alpha"),
        (lambda: RMSprop(x, centered="yes"), TypeError, "RMSprop: centered"),
        (lambda: Adagrad(x, lr_decay=-0.1), ValueError, "Adagrad: lr_decay"),
        (lambda: Adagrad(x, initial_accumulator_value=-1.0), ValueError, "Adagrad: initial_accumulator_value"),
        (lambda: LBFGS(x, max_iter=0), ValueError, "LBFGS: max_iter must be a whole number of at least 1, not 0"),
        (lambda: LBFGS(x, max_iter=2.0), TypeError, "LBFGS: max_iter must be a whole number"),
        (lambda: LBFGS(x, max_eval=0), ValueError, "LBFGS: max_eval"),
        (lambda: LBFGS(x, history_size=0), ValueError, "LBFGS: history_size"),
        (lambda: LBFGS(x, line_search_fn="armijo"), ValueError, "LBFGS: line_search_fn must be None or 'strong_wolfe'"),
        (lambda: Newton(x, damping=-1.0), ValueError, "Newton: damping"),
        (lambda: Newton(x, line_search=None), TypeError, "Newton: line_search must be True or False"),
    ]:
        with pytest.raises(error, match=message):
            make()


def test_a_setting_assigned_later_is_checked_before_anything_moves():
    x, y = Value(1.0), Value(1.0)
    optimizer = SGD([{"params": [x]}, {"params": [y]}], lr=0.1)
    for bad in (-1.0, math.nan, "1", None):
        with pytest.raises((ValueError, TypeError), match="SGD: lr must be"):
            optimizer.lr = bad
    assert optimizer.lr == 0.1
    x.grad = y.grad = 1.0
    optimizer.param_groups[1]["lr"] = -1.0
    with pytest.raises(ValueError, match="SGD: lr must be"):
        optimizer.step()
    optimizer.param_groups[0]["params"].append(Value(2.0))
    with pytest.raises(ValueError, match=r"group 0 has grown; add parameters by add_param_group\(\)"):
        optimizer.step()
    optimizer.param_groups[0]["params"].pop()
    optimizer.param_groups[1].update(lr=0.1, momentun=0.9)
    with pytest.raises(ValueError, match=r"unknown \['momentun'\]"):
        optimizer.step()
    assert data([x, y]) == [1.0, 1.0]


def test_a_learning_rate_of_0_moves_nothing():
    for name in MAKERS:
        optimizer = MAKERS[name]([Value(-1.2), Value(1.0)])
        optimizer.lr = 0
        optimizer.step(closure_of(optimizer))
        assert data(optimizer.parameters) == [-1.2, 1.0]


# ---------------------------------------------------------------- what is left alone


@pytest.mark.parametrize("name", list(MAKERS))
def test_frozen_parameters_get_no_update_at_all(name):
    x, y, z = Value(-1.2), Value(1.0), Value(3.0)
    optimizer = MAKERS[name]([x, y, z])

    def loss(a, b, c):
        return reference.rosenbrock(a, b) + c * c

    optimizer.step(closure_of(optimizer, loss))
    z.requires_grad = False
    there = z.data
    for _ in range(3):
        optimizer.step(closure_of(optimizer, loss))
    assert z.data == there
    assert [x.data, y.data] != [-1.2, 1.0]
    z.requires_grad = True
    optimizer.step(closure_of(optimizer, loss))
    assert z.data != there or there == 0.0  # Newton was there after one step


@pytest.mark.parametrize("name", FIRST_ORDER)
def test_a_frozen_parameter_is_as_good_as_absent(name):
    x, y, z = Value(-1.2), Value(1.0), Value(3.0).requires_grad_(False)
    with_it, without = MAKERS[name]([x, z, y]), trained(MAKERS[name], 5)
    for _ in range(5):
        with_it.step(closure_of(with_it, lambda a, _, b: reference.rosenbrock(a, b)))
    assert data([x, y]) == data(without.parameters)


def test_lbfgs_leaves_a_parameter_without_a_gradient_alone():
    x, y = Value(-1.2), Value(1.0)
    optimizer = LBFGS([x, y], max_iter=5, line_search_fn="strong_wolfe")
    optimizer.step(closure_of(optimizer))
    there = y.data

    def closure():
        loss = closure_of(optimizer)()
        y.grad = None
        return loss

    optimizer.step(closure)
    assert y.data == there


# ---------------------------------------------------------------- failures change nothing


@pytest.mark.parametrize("name", FIRST_ORDER)
@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf, "1"])
def test_a_gradient_that_is_no_finite_number_is_refused_before_anything_moves(name, bad):
    optimizer = trained(MAKERS[name], 3)
    before = data(optimizer.parameters), optimizer.state_dict()
    optimizer.parameters[0].grad = 1.0
    if bad == "1":
        with pytest.raises(TypeError, match=r"grad of Value\(.*\) must be one real number, not str '1'"):
            optimizer.parameters[1].grad = bad
        return
    optimizer.parameters[1].grad = bad
    with pytest.raises(FloatingPointError, match=r"step: the gradient of parameter 1, .*; nothing was moved"):
        optimizer.step()
    assert (data(optimizer.parameters), optimizer.state_dict()) == before


def test_gradients_whose_sum_alone_overflows_are_fine():
    x, y = Value(0.0), Value(0.0)
    x.grad = y.grad = 1.7e308
    SGD([x, y], lr=1e-308).step()
    assert data([x, y]) == pytest.approx([-1.7, -1.7])
    x.grad, y.grad = np.float32(0.1), 1
    SGD([x, y], lr=1.0).step()
    assert x.data == -1.7e308 * 1e-308 - float(np.float32(0.1))  # in double precision
    assert type(x.data) is float


def test_a_step_that_overflows_or_divides_by_0_moves_nothing():
    x, y = Value(1.0), Value(1.0)
    x.grad, y.grad = 1.0, 1e300
    with pytest.raises(FloatingPointError, match=r"SGD\.step: the new number of parameter 1, .*, is -inf"):
        SGD([x, y], lr=1e10).step()
    y.grad = 0.0
    with pytest.raises(FloatingPointError, match=r"Adam\.step: float division by zero; nothing was moved"):
        Adam([x, y], eps=0.0).step()
    assert data([x, y]) == [1.0, 1.0]


@pytest.mark.parametrize("name", list(MAKERS))
def test_an_interrupted_step_moves_nothing(name):
    class Interrupting(Value):
        armed = False

        @property
        def data(self):
            return self._number

        @data.setter
        def data(self, number):
            if Interrupting.armed:
                Interrupting.armed = False
                raise KeyboardInterrupt
            self._number = number

    x, y = Value(-1.2), Interrupting(1.0)
    optimizer = MAKERS[name]([x, y])
    optimizer.step(closure_of(optimizer))
    before = data([x, y]), optimizer.state_dict()
    Interrupting.armed = True
    with pytest.raises(KeyboardInterrupt):
        optimizer.step(closure_of(optimizer))
    assert (data([x, y]), optimizer.state_dict()) == before
    assert not Interrupting.armed


@pytest.mark.parametrize("name", list(MAKERS))
def test_a_failing_closure_moves_nothing(name):
    optimizer = trained(MAKERS[name], 1)
    before = data(optimizer.parameters), optimizer.state_dict()
    calls = []

    def closure():
        calls.append(closure_of(optimizer)())
        if len(calls) == (2 if name in ("LBFGS", "Newton") else 1):  # in the middle of the search
            raise ZeroDivisionError("of mine")
        return calls[-1]

    with pytest.raises(ZeroDivisionError, match="of mine"):
        optimizer.step(closure)
    assert (data(optimizer.parameters), optimizer.state_dict()) == before


def test_a_closure_is_run_with_recording_on_and_its_loss_returned():
    x = Value(3.0)
    optimizer = SGD([x], lr=0.25)
    with no_grad():
        loss = optimizer.step(closure_of(optimizer, lambda a: a * a))
    assert (loss.data, x.data) == (9.0, 1.5)
    assert optimizer.step() is None
    with pytest.raises(TypeError, match="closure must be a function"):
        optimizer.step(loss)
    for make in (LBFGS, Newton):
        with pytest.raises(TypeError, match=rf"{make.__name__}\.step: a closure is needed"):
            make([x]).step()


# ---------------------------------------------------------------- saving and loading


@pytest.mark.parametrize("name", list(MAKERS))
def test_training_resumed_from_json_continues_bit_for_bit(name):
    whole = trained(MAKERS[name], 12)
    half = trained(MAKERS[name], 6)
    saved = json.loads(json.dumps([data(half.parameters), half.state_dict()], allow_nan=False))
    resumed = MAKERS[name]([Value(x) for x in saved[0]])
    resumed.load_state_dict(saved[1])
    for _ in range(6):
        resumed.step(closure_of(resumed))
    assert data(resumed.parameters) == data(whole.parameters)
    assert resumed.state_dict() == whole.state_dict()


@pytest.mark.parametrize("name", list(MAKERS))
def test_optimisers_are_copied_and_pickled_with_their_parameters(name):
    whole = trained(MAKERS[name], 6)
    for duplicate in (copy.deepcopy, lambda o: pickle.loads(pickle.dumps(o))):
        again = duplicate(trained(MAKERS[name], 3))
        for _ in range(3):
            again.step(closure_of(again))
        assert data(again.parameters) == data(whole.parameters)


def test_a_state_keeps_groups_and_unmoved_parameters():
    def groups():
        return [{"params": [Value(1.0)], "lr": 0.5, "betas": (0.5, 0.6)}, {"params": [Value(1.0), Value(2.0)]}]

    one = Adam(groups(), lr=0.1)
    one.parameters[0].grad = one.parameters[2].grad = 1.0
    one.parameters[1].grad = None
    one.step()
    state = one.state_dict()
    assert [group["params"] for group in state["param_groups"]] == [[0], [1, 2]]
    assert [row["step"] for row in state["state"].values()] == [1, 0, 1]
    two = Adam(groups())
    two.load_state_dict(json.loads(json.dumps(state)))
    assert two.state_dict() == state
    assert two.param_groups[0]["betas"] == (0.5, 0.6)


@pytest.mark.parametrize("name", ["momentum", "Adam", "LBFGS", "Newton"])
def test_loading_refuses_and_then_changes_nothing(name):
    optimizer = trained(MAKERS[name], 4)
    before = optimizer.state_dict()

    def changed(path, value):
        state = json.loads(json.dumps(before))
        inner = state
        for key in path[:-1]:
            inner = inner[key]
        inner[path[-1]] = value
        return state

    bad = [
        {}, None, changed(["optimizer"], "Other"), changed(["state"], None), changed(["state", "9"], {}),
        changed(["param_groups"], []), changed(["param_groups"], None), changed(["param_groups", 0, "params"], [0]),
        changed(["param_groups", 0, "lr"], -1.0), changed(["param_groups", 0, "other"], 1.0),
        changed(["param_groups", 0], {}), changed(["more"], 1),
        trained(MAKERS["RMSprop"], 1).state_dict(),
    ]  # fmt: skip
    if name in ("momentum", "Adam"):
        buffer = "momentum_buffer" if name == "momentum" else "exp_avg"
        bad += [
            changed(["state", "0", buffer], math.nan), changed(["state", "0", buffer], "1"),
            changed(["state", "1", "step"], -1), changed(["state", "1"], {"step": 1}),
        ]  # fmt: skip
    if name == "LBFGS":
        bad += [
            changed(["state", "d"], [1.0]), changed(["state", "n_iter"], 1.5), changed(["state", "ro"], []),
            changed(["state", "old_dirs", 0], [1.0, math.nan]), changed(["state", "H_diag"], None),
        ]  # fmt: skip
    for state in bad:
        with pytest.raises((ValueError, TypeError), match=r"load_state_dict|settings|lr"):
            optimizer.load_state_dict(state)
        assert optimizer.state_dict() == before


# ---------------------------------------------------------------- L-BFGS


def test_lbfgs_finds_the_minimum_of_rosenbrocks_function():
    x, y = Value(-1.2), Value(1.0)
    optimizer = LBFGS([x, y], max_iter=100, tolerance_change=0.0, line_search_fn="strong_wolfe")
    first = optimizer.step(closure_of(optimizer))
    assert first.data == pytest.approx(24.2)
    # the gradient is at most 1e-7 at the end, and the least curvature 0.4: within 1e-6
    assert data([x, y]) == pytest.approx([1.0, 1.0], abs=1e-6)
    assert optimizer.state_dict()["state"]["n_iter"] < 50


@pytest.mark.parametrize("first", [1e-3, 0.1, 1.0, 30.0])
def test_the_line_search_meets_both_wolfe_conditions(first):
    rng = random.Random(0)
    for _ in range(20):
        a, b = rng.uniform(0.5, 3.0), rng.uniform(0.0, 2.0)

        def at(t, a=a, b=b):
            x = Value(t)
            loss = (x - a) ** 4 + b * (x * 3.0).sin() - 40.0 * (x - a).tanh() + 0.1 * x * x
            loss.backward()
            return Point(t, loss.data, [x.grad], x.grad)

        start = at(0.0)
        assert start.slope < 0
        search = StrongWolfe(at, start, narrowest=1e-12, most=40)
        point = search.search(first)
        assert point.loss <= start.loss + 1e-4 * point.t * start.slope
        assert abs(point.slope) <= 0.9 * abs(start.slope)
        assert search.evaluations <= 40


def test_the_cubic_through_two_points_of_a_cubic_has_its_minimum():
    def point(t):  # t³ - 3t, least at 1
        return Point(t, t**3 - 3 * t, [], 3 * t * t - 3)

    assert cubic_minimum(point(0.0), point(3.0), 0.0, 3.0) == pytest.approx(1.0, rel=1e-14)
    assert cubic_minimum(point(3.0), point(0.0), 0.0, 3.0) == pytest.approx(1.0, rel=1e-14)
    assert cubic_minimum(point(0.0), point(3.0), 1.5, 3.0) == 1.5
    assert cubic_minimum(point(0.0), Point(4.0, math.inf, [], math.nan), 0.0, 4.0) == 2.0
    assert cubic_minimum(point(0.0), point(0.0), 0.0, 0.0) == 0.0


def test_the_line_search_backs_off_from_where_the_loss_is_no_number():
    x = Value(2.0)
    optimizer = LBFGS([x], lr=1e4, max_eval=1000, line_search_fn="strong_wolfe", tolerance_change=0.0)
    with pytest.warns(match="outside its domain"):
        optimizer.step(closure_of(optimizer, lambda a: 3.0 * a - a.log()))
    assert x.data == pytest.approx(1 / 3, abs=1e-7)  # the tolerance of the gradient over the curvature, 9


def test_lbfgs_without_a_search_moves_nothing_if_it_runs_into_nan():
    x = Value(2.0)
    optimizer = LBFGS([x], lr=1e4)
    with (
        pytest.warns(match="outside its domain"),
        pytest.raises(FloatingPointError, match="the loss holds inf; nothing was moved"),
    ):
        optimizer.step(closure_of(optimizer, lambda a: 3.0 * a - a.log()))
    assert x.data == 2.0
    x.data = math.nan
    with pytest.raises(FloatingPointError, match="the loss holds nan"):
        optimizer.step(closure_of(optimizer, lambda a: a * a))


# ---------------------------------------------------------------- Newton


def logistic_problem():
    rng = random.Random(1)
    X = [[rng.gauss(0.0, 1.0) for _ in range(3)] for _ in range(40)]
    y = [1.0 if x[0] - 2 * x[1] + rng.gauss(0.0, 1.0) > 0 else -1.0 for x in X]
    return X, y


def logistic_loss(X, y, *parameters):
    """Σ log(1 + exp(-y·(⟨w, x⟩ + b))) + |w|²/2, which scikit-learn minimises with C = 1."""
    *w, b = parameters
    return sum(
        softplus(-t * (sum(wi * xi for wi, xi in zip(w, x)) + b)) for x, t in zip(X, y)
    ) + 0.5 * sum(wi * wi for wi in w)  # fmt: skip


def test_newton_takes_one_step_on_a_quadratic():
    rng = np.random.default_rng(0)
    root = rng.normal(size=(4, 4))
    A, b = root @ root.T + np.eye(4), rng.normal(size=4)
    parameters = [Value(x) for x in rng.normal(size=4)]

    def loss():
        x = np.array(parameters)
        return 0.5 * (x @ A @ x) - b @ x

    for line_search in (True, False):
        Newton(parameters, line_search=line_search).step(loss)
        # 1e-13: the rounding of one solution of a system with condition number 10
        assert data(parameters) == pytest.approx(np.linalg.solve(A, b), rel=1e-13)


def test_newton_converges_quadratically_to_scikit_learns_logistic_regression():
    X, y = logistic_problem()
    fitted = LogisticRegression(C=1.0, solver="newton-cholesky", tol=1e-12).fit(X, y)
    optimum = [*fitted.coef_[0], fitted.intercept_[0]]
    parameters = [Value(0.0) for _ in range(4)]
    optimizer = Newton(parameters)
    errors = []
    for _ in range(7):
        optimizer.step(lambda: logistic_loss(X, y, *parameters))
        errors.append(math.dist(data(parameters), optimum))
    # 1e-9: where the two stop; then the gradient is 0 to rounding
    assert errors[-1] < 1e-9
    tail = [e for e in errors if e > 1e-7]
    assert len(tail) >= 3
    for before, after in zip(tail, errors[1:]):
        assert after < 2.0 * before**2 + 1e-9  # quadratic: the digits double


def test_newton_and_lbfgs_find_the_same_minimum():
    X, y = logistic_problem()
    found = []
    for make in (Newton, lambda p: LBFGS(p, max_iter=20, line_search_fn="strong_wolfe", tolerance_change=0.0)):
        parameters = [Value(0.0) for _ in range(4)]
        optimizer = make(parameters)
        for _ in range(8):
            optimizer.step(closure_of(optimizer, lambda *p: logistic_loss(X, y, *p)))
        found.append(data(parameters))
    assert found[0] == pytest.approx(found[1], abs=1e-7)  # the tolerance of L-BFGS on the gradient; curvature > 1


def test_newton_descends_where_the_hessian_is_not_positive_definite():
    def double_well(x, y):
        return x**4 - x * x + y**4 - y * y + 0.5 * x * y

    for start in ([0.1, 0.2], [0.0, 3.0], [-0.3, 0.3]):  # the Hessian at 0 has eigenvalues -1.5 and -2.5
        parameters = [Value(x) for x in start]
        optimizer = Newton(parameters)
        losses = [optimizer.step(closure_of(optimizer, double_well)).data for _ in range(60)]
        assert max(np.diff(losses)) < 1e-14  # the rounding of the loss, which is about 1
        assert optimizer.step(closure_of(optimizer, double_well)).data < -0.2
        assert math.hypot(*(parameter.grad for parameter in parameters)) < 1e-8


def test_newton_solves_rosenbrock_and_leaves_gradients_alone():
    x, y = Value(-1.2), Value(1.0)
    x.grad = 7.0
    optimizer = Newton([x, y])
    for _ in range(25):
        optimizer.step(lambda: reference.rosenbrock(x, y))
    assert data([x, y]) == pytest.approx([1.0, 1.0], rel=1e-12)
    assert (x.grad, y.grad) == (7.0, 0.0)


def test_newton_stays_where_a_parameter_has_no_say():
    x, y = Value(3.0), Value(5.0)
    optimizer = Newton([x, y])
    for _ in range(3):
        optimizer.step(lambda: (x - 1.0) ** 2)
    assert data([x, y]) == pytest.approx([1.0, 5.0], rel=1e-14)
    optimizer.step(lambda: Value(1.0))
    with pytest.raises(TypeError, match="must return the loss as a Value, not float"):
        optimizer.step(lambda: 1.0)


def test_damping_shortens_the_step():
    x = Value(1.0)
    Newton([x], damping=2.0).step(lambda: x * x)
    assert x.data == 0.5  # 1 - 2/(2 + 2)


def test_newton_refuses_derivatives_that_are_not_finite():
    x = Value(0.0)
    with (
        pytest.warns(match="outside its domain"),
        pytest.raises(FloatingPointError, match=r"Newton\.step: the gradient holds inf; nothing was moved"),
    ):
        Newton([x]).step(lambda: x.sqrt() * 1.0)
    assert x.data == 0.0


@pytest.mark.parametrize("mistake", ["no backward()", "zero_grad() after it", "another model's loss", "None"])
@pytest.mark.parametrize("name", MAKERS)
def test_a_first_step_without_any_gradient_warns(name, mistake):
    x, y = Value(2.0), Value(3.0)
    optimizer = MAKERS[name]([x])

    def closure():
        if mistake == "another model's loss":
            (y * y).backward()
        if mistake == "zero_grad() after it":
            (x * x).backward()
        optimizer.zero_grad(set_to_none=mistake == "None")
        return x * x

    if name == "Newton":  # takes the derivatives itself
        return
    with pytest.warns(RuntimeWarning, match="has backward.. been called, on a loss that depends on them") as caught:
        optimizer.step(closure)
    assert caught[0].filename == __file__
    if name != "LBFGS":
        optimizer = MAKERS[name]([x])
        closure()
        with pytest.warns(RuntimeWarning, match="has backward.. been called, on a loss that depends on them"):
            optimizer.step()


def test_a_step_without_gradients_later_on_or_a_legitimate_one_is_silent():
    x = Value(2.0)
    optimizer = SGD([x], lr=0.1)
    (x * x).backward()
    optimizer.step()
    optimizer.zero_grad()
    optimizer.step()
    SGD([Value(1.0).requires_grad_(False)]).step()


def test_with_everything_frozen_there_is_nothing_to_do():
    for name in MAKERS:
        x = Value(2.0).requires_grad_(False)
        optimizer = MAKERS[name]([x])
        assert optimizer.step(lambda x=x: x * x).data == 4.0
        assert x.data == 2.0
