"""What is said to who writes a program in the words of PyTorch, JAX, NumPy or scikit-learn."""

import inspect
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd
import nn
from autograd import Value, grad, gradient, hessian, jacobian, spellings, value_and_grad
from nn.inputs.spellings import MODULE, PACKAGE

WITH_SEED = [nn.make_moons, nn.make_circles, nn.make_blobs, nn.random_split, nn.train_validation_test_split, nn.k_fold]
OPTIMIZERS = [nn.SGD, nn.Adam, nn.AdamW, nn.RMSprop, nn.Adagrad, nn.LBFGS, nn.Newton]


@pytest.mark.parametrize("name", spellings.NUMBER)
def test_an_attribute_of_a_tensor_is_answered_and_is_not_there(name):
    for x in (Value(1.0), Value(2.0) * 3.0, Value(1.0).requires_grad_(False)):
        assert not hasattr(x, name)
        with pytest.raises(AttributeError, match=re.escape(f"Value has no {name!r}: {spellings.NUMBER[name]}")):
            getattr(x, name)
    assert not hasattr(Value, name)


@pytest.mark.parametrize("name", MODULE)
def test_an_attribute_of_a_module_of_pytorchs_is_answered_and_is_not_there(name):
    model = nn.Sequential(nn.Linear(2, 1), nn.Tanh())
    assert not hasattr(model, name)
    with pytest.raises(AttributeError, match=re.escape(f"Module has no {name!r}: {MODULE[name]}")):
        getattr(model, name)


def test_a_name_of_ones_own_goes_before_the_answer():
    class Predicts:
        def predict(self):
            return "its own"

    class Net(nn.Module, Predicts):
        def fit(self):
            return "fitted"

        @property
        def to(self):
            return "there"

    net = Net()
    net.cuda = 3
    assert (net.predict(), net.fit(), net.to, net.cuda) == ("its own", "fitted", "there", 3)
    assert Net.predict(net) == "its own"

    class Named(Value):
        value = "mine"

    assert Named(1.0).value == "mine"


@pytest.mark.parametrize(("package", "names"), [(autograd, spellings.FUNCTIONS), (nn, PACKAGE)])
def test_a_name_of_another_package_is_answered_and_is_not_there(package, names):
    for name, advice in names.items():
        assert not hasattr(package, name), name
        assert name not in package.__all__
        with pytest.raises(AttributeError, match=re.escape(f"no attribute {name!r}: {advice}")):
            getattr(package, name)
    with pytest.raises(AttributeError, match=r"no attribute 'nonsense'$"):
        _ = package.nonsense


@pytest.mark.parametrize("names", [spellings.FUNCTIONS, PACKAGE, MODULE, spellings.NUMBER])
def test_what_advice_names_exists(names):
    """A function that advice says to call is one of ours, of Python's or of NumPy's."""
    known = {*dir(autograd), *dir(nn), *dir(Value), *dir(nn.Module), "Random", "random", "seed", "jit", "model", "sum"}
    for advice in names.values():
        for called in re.findall(r"(\w+)\(", advice):
            assert called in known, advice


POINTS = [-7.0, -2.0, -0.25, 0.0, 0.75, 4.0]
AT_POINTS = {  # by torch 2.13.0, in double precision
    "Hardtanh": [-1.0, -1.0, -0.25, 0.0, 0.75, 1.0],
    "ReLU6": [0.0, 0.0, 0.0, 0.0, 0.75, 4.0],
    "Hardsigmoid": [0.0, 0.16666666666666666, 0.4583333333333333, 0.5, 0.625, 1.0],
    "Hardswish": [-0.0, -0.3333333333333333, -0.11458333333333333, 0.0, 0.46875, 4.0],
    "Mish": [-0.006380263409573668, -0.2525014826957089, -0.129926963679141, 0.0, 0.610018335218293, 3.99741280697624],
    "SELU": [-1.7564961617648047, -1.5201664685956948, -0.388890197478119, 0.0, 0.7880257405166103, 4.202803949421922],
    "Softsign": [-0.875, -0.6666666666666666, -0.2, 0.0, 0.42857142857142855, 0.8],
    "Softshrink": [-6.5, -1.5, -0.0, 0.0, 0.25, 3.5],
    "Tanhshrink": [-6.0000016630560555, -1.035972419924183, -0.005081337596290869, 0.0, 0.11485104761271, 3.0006707003],
}  # fmt: skip


@pytest.mark.parametrize("name", AT_POINTS)
def test_what_is_advised_for_an_activation_is_pytorchs(name):
    assert [eval(PACKAGE[name], {"autograd": autograd}, {"x": x}) for x in POINTS] == pytest.approx(AT_POINTS[name])


def test_what_is_advised_for_a_loss_is_pytorchs():
    """Numbers by torch 2.13.0, in double precision."""
    names = {"autograd": autograd, "huber_loss": nn.huber_loss}
    pairs = [(0.5, 1.0), (-1.5, -1.0), (2.0, -1.0)]
    for name, mean in (("SoftMarginLoss", 0.9341394244019439), ("PoissonNLLLoss", 3.0869691765930694)):
        term = PACKAGE[name].removeprefix("the mean of ")
        assert sum(eval(term, names, {"y": y, "t": t}) for y, t in pairs) / 3 == pytest.approx(mean)
    outputs, targets = zip(*pairs)
    given = {"outputs": outputs, "targets": targets, "beta": 0.25}
    assert eval(PACKAGE["SmoothL1Loss"], names, given) == pytest.approx(1.2083333333333333)


def test_what_is_advised_for_splits_and_restarts_works():
    dataset = nn.make_line(20)
    split, _, _ = PACKAGE["train_test_split"].partition(", or")
    assert list(map(len, eval(split, {"random_split": nn.random_split, "dataset": dataset}))) == [15, 5]
    optimizer = nn.SGD([Value(0.0)], lr=1.0)
    rounds = [nn.CosineAnnealingLR(optimizer, T_max=4) for _ in range(3)]
    schedule = nn.SequentialLR(optimizer, rounds, milestones=[4, 8])
    assert [schedule.rates(k) for k in range(12)] == [rounds[0].rates(k % 4) for k in range(12)]


@pytest.mark.parametrize("function", [*WITH_SEED, nn.DataLoader])
def test_random_state_is_seed(function):
    for foreign in ("random_state", "generator"):
        with pytest.raises(TypeError, match=rf"^{function.__qualname__} has no argument '{foreign}': write seed$"):
            function(nn.make_line(10), **{foreign: 0})


@pytest.mark.parametrize("layer", [nn.Neuron, nn.Dropout])
def test_random_state_of_a_layer_is_rng(layer):
    for foreign in ("random_state", "seed"):
        with pytest.raises(TypeError, match=rf"^{layer.__qualname__} has no argument '{foreign}': write rng="):
            layer(1, **{foreign: 0})
    for make in (lambda **options: nn.MLP(2, [2], **options), lambda **options: nn.Layer(2, 2, **options)):
        with pytest.raises(TypeError, match="Neuron has no argument 'random_state': write rng="):
            make(random_state=0)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_the_learning_rate_is_lr(optimizer):
    with pytest.raises(TypeError, match=rf"^{optimizer.__name__} has no argument 'learning_rate': write lr$"):
        optimizer([Value(1.0)], learning_rate=0.1)
    with pytest.raises(TypeError, match=rf"^{optimizer.__name__} has no argument 'nonsense': it has .*lr.*parameters"):
        optimizer([Value(1.0)], nonsense=0.1)


LOSSES = [getattr(nn.objectives.losses, name) for name in nn.objectives.losses.__all__]


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("foreign", ["ignore_index", "size_average", "reduce", "beta", "weight", "log_input", "dim"])
def test_an_argument_of_a_loss_of_pytorchs_is_refused_by_its_name(loss, foreign):
    if foreign not in inspect.signature(loss).parameters:
        with pytest.raises(TypeError, match=rf"^{loss.__name__} has no argument '{foreign}': \w+"):
            loss([0.5, 0.25], [1.0, 0.0], **{foreign: 1})


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: nn.cross_entropy([0.5], 0, "mean", [1.0]), "cross_entropy takes 3 by position, not 4; by name there"),
        (lambda: nn.SGD([Value(1.0)], 0.1, 0.9, 0.0, 0.0, False, True), "SGD takes 6 by position, not 7; .* maximize"),
        (lambda: nn.DataLoader([], 1, False, None), "DataLoader takes 3 by position, not 4; .* drop_last, seed"),
        (lambda: nn.Dropout(0.5, True), "Dropout takes 1 by position, not 2; by name there is rng"),
        (lambda: nn.mse_loss([0.5], [1.0], "mean", None), "mse_loss takes 3 by position, not 4$"),
    ],
)
def test_too_many_arguments_by_position_are_answered_with_names(call, message):
    with pytest.raises(TypeError, match=f"^{message}"):
        call()


SETTINGS_OF_PYTORCH = [
    (nn.ReLU, {"inplace": True}, "nothing is changed in place"),
    (nn.ELU, {"inplace": True}, "nothing is changed in place"),
    (nn.Softplus, {"beta": 2.0}, "it has none"),
    (nn.Softmax, {"dim": 1}, "all numbers of a sample"),
    (nn.LogSoftmax, {"dim": -1}, "all numbers of a sample"),
    (nn.PReLU, {"num_parameters": 4}, 'activation="prelu"'),
    (nn.Linear(2, 1).load_state_dict, {"strict": False}, "all and only its parameters"),
    (nn.SGD, {"params": []}, "write parameters"),
    (nn.Adam, {"fused": True}, "there is one way"),
]


@pytest.mark.parametrize(("function", "options", "told"), SETTINGS_OF_PYTORCH)
def test_a_setting_of_a_module_of_pytorchs_is_answered(function, options, told):
    name = function.__name__ if isinstance(function, type) else function.__qualname__
    with pytest.raises(TypeError, match=f"^{name} has no argument '{next(iter(options))}': {told}"):
        function(**options)


@pytest.mark.parametrize("activation", [nn.Softmax, nn.LogSoftmax, nn.PReLU, nn.ReLU, nn.Softplus])
def test_what_pytorch_has_first_is_never_taken_for_a_setting(activation):
    """Softmax(2) along dimension 2 is no temperature, PReLU(64) of 64 slopes no slope of 64."""
    with pytest.raises(TypeError, match=f"^{activation.__name__} takes 0 by position, not 1"):
        activation(2)


LINE = nn.Linear(1, 1)
FLAGS = {
    "zero_grad: set_to_none": lambda no: nn.SGD([Value(1.0)]).zero_grad(set_to_none=no),
    "zero_grad: set_to_none ": lambda no: nn.Linear(1, 1).zero_grad(no),
    "requires_grad_: requires_grad": lambda no: nn.Linear(1, 1).requires_grad_(no),
    "train: mode": lambda no: nn.Linear(1, 1).train(no),
    "nonlin": lambda no: nn.Neuron(1, no),
    "bias": lambda no: nn.Linear(1, 1, no),
    "trainable": lambda no: nn.Sigmoid(1.0, no),
    "trainable ": lambda no: nn.Polynomial([0.0, 1.0], no),
    "include_bias": lambda no: nn.PolynomialBasis(2, no),
    "line_search": lambda no: nn.Newton([Value(1.0)], line_search=no),
    "error_if_nonfinite": lambda no: nn.clip_grad_norm_([Value(1.0)], 1.0, 2.0, no),
    "full": lambda no: nn.gaussian_nll_loss([1.0], [1.0], [1.0], no),
    "log_target": lambda no: nn.kl_div([1.0], [1.0], "mean", no),
    **{f"{f.__name__}: biases": lambda no, f=f: f(nn.Linear(1, 1), 0.1, biases=no)
       for f in (nn.l1_penalty, nn.l2_penalty, nn.elastic_net_penalty)},
    "squared": lambda no: nn.frobenius_penalty(nn.Linear(1, 1), 0.1, no),
    **{f"{f.__name__}: shuffle": lambda no, f=f: f(shuffle=no)
       for f in (nn.make_moons, nn.make_circles, nn.make_blobs, nn.make_spirals)},
    "scaled": lambda no: nn.load_digits(scaled=no),
    **{f"{f.__name__}: stratify": lambda no, f=f: f(nn.make_moons(20), stratify=no)
       for f in (nn.k_fold, nn.train_validation_test_split)},
    "minibatches: shuffle": lambda no: nn.minibatches([1], batch_size=1, shuffle=no),
    "DataLoader: shuffle": lambda no: nn.DataLoader(nn.make_line(3), 1, no),
    "DataLoader: drop_last": lambda no: nn.DataLoader(nn.make_line(3), drop_last=no),
    "fit: compile": lambda no: nn.fit(LINE, nn.make_line(3), nn.mse_loss, nn.SGD(LINE.parameters()), compile=no),
    "restore_best": lambda no: nn.EarlyStopping(restore_best=no),
    "maximize": lambda no: nn.EarlyStopping(maximize=no),
    **{f"{f.__name__}: maximize": lambda no, f=f: f([Value(1.0)], maximize=no)
       for f in (nn.SGD, nn.Adam, nn.AdamW, nn.RMSprop, nn.Adagrad)},
    "nesterov": lambda no: nn.SGD([Value(1.0)], momentum=0.5, nesterov=no),
    "amsgrad": lambda no: nn.Adam([Value(1.0)], amsgrad=no),
    "centered": lambda no: nn.RMSprop([Value(1.0)], centered=no),
}  # fmt: skip


@pytest.mark.parametrize("name", FLAGS)
@pytest.mark.parametrize("wrong", ["no", 1, None, 0.0])
def test_a_flag_that_is_none_is_refused(name, wrong):
    """Text is true whatever it says, and a number in this place was meant for another argument."""
    with pytest.raises(TypeError, match=rf"{name.strip()} must be True or False, not"):
        FLAGS[name](wrong)


def test_arguments_of_derivatives():
    y = Value(2.0) * 3.0
    for message in ("retain_graph", "create_graph", "inputs"):
        with pytest.raises(TypeError, match=r"backward\(\) takes one argument, gradient; a graph stays"):
            y.backward(**{message: True})
    with pytest.raises(TypeError, match="gradient has no argument 'retain_graph': a graph stays"):
        gradient(y, y, retain_graph=True)
    for transform in (grad, value_and_grad, jacobian, hessian):
        with pytest.raises(TypeError, match=f"^{transform.__name__} has no argument 'argnum': write argnums$"):
            transform(lambda x: x, argnum=0)
    with pytest.raises(TypeError, match=r"not Value .*; write grad\(f\)\(x\); of what is recorded"):
        grad(y, [y])
    with pytest.raises(TypeError, match="has no argument 'requires_grad': a leaf is trainable unless"):
        Value(1.0, requires_grad=True)
    with pytest.raises(TypeError, match="has no argument 'labl': did you mean label"):
        Value(1.0, labl="x")


@pytest.mark.parametrize(
    ("function", "foreign", "told"),
    [
        (autograd.vmap, "in_dims", "write in_axes"),
        (autograd.scan, "unroll", "machine code unrolls"),
        (autograd.gradcheck, "eps", "it has atol, f, inputs, order, rtol"),
        (autograd.gradcheck, "raise_exception", "what differs is a GradcheckError"),
        (autograd.checkpoint, "use_reentrant", "there is one way"),
        (autograd.detect_anomaly, "check_nan", "nan and infinity are looked for always"),
        (autograd.detect_anomaly, "mode", "it has none"),
        *((f, "has_aux", "grad, value_and_grad, jvp, vjp, linearize") for f in (autograd.hvp, autograd.taylor)),
        *((f, "create_graph", "gradient") for f in (autograd.jvp, autograd.vjp, autograd.hvp)),
    ],
)
def test_an_argument_of_another_librarys_transform_is_answered(function, foreign, told):
    with pytest.raises(TypeError, match=f"^{function.__name__} has no argument '{foreign}': {told}"):
        function(**{foreign: 0})


def test_what_takes_a_function_alone_says_where_its_arguments_go():
    with pytest.raises(TypeError, match=r"^checkpoint takes a function alone: write checkpoint\(f\)\(x\)$"):
        autograd.checkpoint(autograd.sin, Value(1.0))


def test_zero_grad_of_a_module_takes_what_that_of_an_optimizer_takes():
    model = nn.Linear(1, 1)
    model.zero_grad(set_to_none=True)
    assert [p.grad for p in model.parameters()] == [None, None]
    model.zero_grad()
    assert [p.grad for p in model.parameters()] == [0.0, 0.0]


@given(st.text(st.characters(categories=["Ll"]), min_size=1))
def test_any_argument_that_a_function_has_not_is_refused_by_name(name):
    def function(first, second=2):
        return first, second

    told = spellings.local_names(function)
    assert inspect.signature(told) == inspect.signature(function)
    assert told(1) == (1, 2)
    if name not in ("first", "second"):
        with pytest.raises(TypeError, match=re.escape(f"has no argument {name!r}: ")):
            told(1, **{name: 0})


def test_numpy_finds_no_methods_that_can_only_fail():
    x = Value(3.0)
    assert np.sum(x) is x or np.sum(x).data == 3.0
    assert np.mean([x, x]).data == 3.0
    assert np.prod(np.array([x, x])).data == 9.0
    assert np.asarray(x).shape == ()
    assert np.clip(x, 0.0, 1.0) == 1.0 or np.clip(x, 0.0, 1.0).data == 1.0
