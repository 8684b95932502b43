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
