"""Gradients by all parameters, as JAX and PyTorch compute them for what was exported, are those of the engine."""

import numpy as np
import pytest

import nn
from autograd import Value, to_jax, to_numpy, to_torch_function
from nn.export.activations import steps_of
from tests.export.needed import needed
from tests.export.networks import digits, iris

MODELS = {"digits": (lambda: digits()[0], lambda: digits()[1]), "iris": (iris, nn.load_iris)}
SAMPLES = 40


@pytest.fixture
def jax():
    return needed("jax")


@pytest.fixture
def torch():
    return needed("torch")


@pytest.fixture(params=MODELS)
def network(request):
    """A model, some samples, and by which numbers their outputs are multiplied before they are added up."""
    model, data = MODELS[request.param]
    inputs = [list(sample) for sample in data().inputs[:: len(data()) // SAMPLES][:SAMPLES]]
    outputs = len(model()(inputs[0]))
    return model(), np.array(inputs), np.random.default_rng(0).normal(size=(SAMPLES, outputs))


def of_engine(model, inputs, seeds):
    """The derivative of Σ seed · output by each parameter, recorded and swept, one sample after the other."""
    for p in model.parameters():
        p.grad = 0.0
    for sample, line in zip(inputs.tolist(), seeds.tolist(), strict=True):
        total = sum(seed * y for seed, y in zip(line, model(sample), strict=True))
        total.backward()
    return {p: p.grad for p in model.parameters()}


def hold(values, found, expected):
    """Each derivative to 1e-12, relative to it, or to the largest where it is what is left of larger ones."""
    wanted = np.array([expected[p] for p in values])
    assert len(wanted) == len(expected)  # all of them
    assert np.count_nonzero(wanted) > 0.5 * len(wanted)
    np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-14 * np.abs(wanted).max())


def test_jax_has_the_gradient_by_every_parameter(jax, network):
    model, inputs, seeds = network
    f = to_jax(model)
    with jax.enable_x64(True):
        gradient = jax.jit(jax.grad(lambda parameters: (seeds * f(inputs, parameters)).sum()))(f.parameters)
    hold(f.values, f.flat(gradient), of_engine(model, inputs, seeds))


def test_pytorch_has_the_gradient_by_every_parameter(torch, network):
    model, inputs, seeds = network
    f = to_torch_function(model)
    parameters = {name: x.clone().requires_grad_() for name, x in f.parameters.items()}
    (torch.tensor(seeds) * f(torch.tensor(inputs), parameters)).sum().backward()
    found = f.flat({name: x.grad for name, x in parameters.items()})
    hold(f.values, found, of_engine(model, inputs, seeds))


def test_modules_of_pytorch_have_the_gradient_by_every_parameter(torch, network):
    model, inputs, seeds = network
    module = nn.to_torch(model)
    (torch.tensor(seeds) * module(torch.tensor(inputs))).sum().backward()
    ours = [item for name, item in steps_of(model, "test") if name == "linear"]
    theirs = [part for part in module if isinstance(part, torch.nn.Linear)]
    values, found = [], []
    for layer, linear in zip(ours, theirs, strict=True):
        values += [p for line in layer.weight for p in line] + list(layer.bias)
        found += linear.weight.grad.ravel().tolist() + linear.bias.grad.tolist()
    hold(values, found, of_engine(model, inputs, seeds))


@pytest.mark.parametrize("to", [to_numpy, to_jax, to_torch_function])
def test_arrays_of_another_shape_are_refused_where_they_go_in_and_where_they_come_back(to):
    if to is not to_numpy:
        needed("jax" if to is to_jax else "torch")
    f = to(nn.MLP(3, [3, 1], activation="tanh"))
    x = np.zeros((2, 3))
    for key in f.parameters:
        turned = {**f.parameters, key: f.parameters[key].reshape(1, -1)[:, 1:]}
        with pytest.raises(ValueError, match=rf"f: {key} must have the shape \(.*\), not \(1, \d\)"):
            f(x, turned)
        with pytest.raises(ValueError, match=rf"f.flat: {key} must have the shape \(.*\), not \(1, \d\)"):
            f.flat(turned)
    with pytest.raises(ValueError, match=r"f.flat: W1 must have the shape \(3, 3\), not \(3, 'several'\)"):
        f.flat({**f.parameters, "W1": [[1.0, 2.0], [3.0, 4.0, 5.0, 6.0], [1.0, 2.0]]})
    with pytest.raises(TypeError, match=r"f.flat: takes a dict of arrays like parameters, not "):
        f.flat(list(f.parameters.values()))
    assert f.flat({key: f.parameters[key].tolist() for key in f.parameters}) == [p.data for p in f.values]
    w, one = Value(2.0), Value(0.5)
    g = to(w * one.tanh(), [one], (p for p in [w]))  # an iterator of parameters
    assert g.flat(g.parameters) == [2.0]
