"""`JaxKernel`: what JAX computes in the place of machine code is what the engine gives, values and gradients."""

import functools

import numpy as np
import pytest

import autograd
import nn
from autograd import JaxKernel, Value
from tests.export.needed import needed
from tests.export.programs import hold_for_a_hundred
from tests.test_native_random import bounds, data_of, interpreted, record, same

pytestmark = pytest.mark.filterwarnings("ignore::autograd.DomainWarning")


@pytest.fixture(autouse=True)
def jax():
    module = needed("jax")
    yield module
    module.clear_caches()


@np.errstate(all="ignore")
def hold(program, loss, inputs, parameters):
    """Outputs, loss and gradient of a few samples: to 1e-12 relative to numbers above 1, or as rounding may lead."""
    data, numbers = data_of(program)
    data = data[:9]
    made = [x for x in record(program, inputs, parameters)[0] if isinstance(x, Value)]
    values, losses, gradients = map(np.array, zip(*(interpreted(program, x, numbers) for x in data), strict=True))
    limits = functools.cache(lambda: [bounds(program, sample, numbers) for sample in data])
    if made:
        outputs = autograd.compile(made, inputs, parameters, reduction=None, backend=JaxKernel)(data)
        same(outputs, values, np.maximum(np.abs(values), 1.0), lambda: np.array([limit[0] for limit in limits()]))
    found = autograd.compile(loss, inputs, parameters, reduction="sum", backend=JaxKernel).value_and_grad(data)
    for got, each, k in zip(found, (losses, gradients), (1, 2), strict=True):
        size = np.maximum(np.abs(each).sum(axis=0), 1.0)
        bound = functools.partial(lambda k: np.sum([limit[k] for limit in limits()], axis=0), k)
        same(np.array(got), each.sum(axis=0), size, bound)


def test_random_programs_have_the_gradients_of_the_engine():
    hold_for_a_hundred(hold, 10)


@pytest.mark.exhaustive
def test_a_hundred_random_programs_have_the_gradients_of_the_engine():
    hold_for_a_hundred(hold)


def trained(backend, dropout=None, **options):
    """Losses, scores and parameters of a training by this back end."""
    rng = np.random.default_rng(3)
    X = rng.normal(size=(22, 3))
    y = (X[:, 0] > X[:, 1] * X[:, 2]).astype(int).tolist()
    model = nn.MLP(3, [5, 4, 2], activation="gelu", dropout=dropout)
    for p, number in zip(model.parameters(), rng.normal(size=len(model.parameters())).tolist(), strict=True):
        p.data = number
    model.layers[1].requires_grad_(False)
    optimizer = nn.Adam(model.parameters(), lr=0.05)
    history = nn.distributed.fit(
        model, (X.tolist(), y), nn.cross_entropy, optimizer, 4, batch_size=8, validation=(X.tolist(), y),
        metrics={"right": lambda targets, outputs: sum((b > a) == t for (a, b), t in zip(outputs, targets))},
        backend=backend, **options,
    )  # fmt: skip
    return history.records, [p.data for p in model.parameters()]


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"regularizer": lambda model: nn.l2_penalty(model.parameters(), 0.01)},
        {"clip_grad_norm": 0.1},
    ],
    ids=["plain", "regularized", "clipped"],
)
def test_fit_by_jax_is_fit_by_machine_code_with_frozen_layers_too(options):
    (kernel, numbers), (jax, found) = trained("llvm", **options), trained("jax", **options)
    for name, expected in kernel.items():
        np.testing.assert_allclose(jax[name], expected, rtol=1e-12)
    np.testing.assert_allclose(found, numbers, rtol=1e-11, atol=1e-13)


def test_weights_that_layers_share_and_losses_without_inputs_are_summed_rightly():
    w, b, x = Value(0.5), Value(-1.0), Value(2.0)
    losses = [autograd.tanh(w * x) * w + b, w * w * b]
    for loss in losses:
        expected = autograd.compile(loss, [x], [w, b]).value_and_grad([[1.0], [3.0]])
        found = autograd.compile(loss, [x], [w, b], backend=JaxKernel).value_and_grad([[1.0], [3.0]])
        np.testing.assert_allclose(found[0], expected[0], rtol=1e-15)
        np.testing.assert_allclose(found[1], expected[1], rtol=1e-15)
    with pytest.raises(ValueError, match="a back end of its own has one thread, not 2"):
        autograd.compile(losses[0], [x], [w, b], backend=JaxKernel, threads=2)
    with pytest.raises(ValueError, match="backend must be one of llvm, numpy, c, interpreter, not <class"):
        autograd.jit(lambda x: x, backend=JaxKernel)  # it computes samples one by one
