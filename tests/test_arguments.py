"""What would be misread in silence is taken for what it is, or refused: sets, masks, frames, tensors, huge numbers."""

import numpy as np
import pytest

import autograd
import nn
from autograd import (
    Value,
    affine,
    derivative,
    dot,
    grad,
    gradcheck,
    hessian,
    jacobian,
    jit,
    jvp,
    linear,
    log_softmax,
    numerical_gradient,
    program,
    softmax,
    value_and_grad,
    vjp,
)

V, W = Value(2.0), Value(3.0)
MODEL = nn.Linear(1, 1)


def squares(x):
    return autograd.sum([a * a for a in x])


# ---------------------------------------------------------------- sets

ORDERED = {
    "dot": lambda s: dot(s, [1.0, 2.0]),
    "dot, right": lambda s: dot([1.0, 2.0], s),
    "affine": lambda s: affine(s, [1.0, 2.0], 0.0),
    "affine, inputs": lambda s: affine([V, W], s),
    "softmax": softmax,
    "log_softmax": log_softmax,
    "linear": lambda s: linear(s, [[V, W]], [0.0]),
    "linear, biases": lambda s: linear([1.0], [[V], [W]], s),
    "gradient": lambda s: autograd.gradient(V * W, s),
    "grad": lambda s: grad(squares)(s),
    "jit": lambda s: jit(squares)(s),
    "jvp": lambda s: jvp(squares, s, [1.0, 1.0]),
    "compile": lambda s: autograd.compile(V * W, s),
    "compile, parameters": lambda s: autograd.compile(V * W, [], s),
    "program": lambda s: program(V * W, s),
    "numerical_gradient": lambda s: numerical_gradient(squares, s),
    "gradcheck": lambda s: gradcheck(squares, s),
    "a layer": nn.Linear(2, 1),
    "a batch": lambda s: nn.Linear(2, 1)([s]),
    "mse_loss": lambda s: nn.mse_loss(s, [1.0, 2.0]),
    "mse_loss, target": lambda s: nn.mse_loss([1.0, 2.0], s),
    "cross_entropy": lambda s: nn.cross_entropy(s, 0),
    "Dataset": lambda s: nn.Dataset(s, [1.0, 2.0]),
    "Dataset, targets": lambda s: nn.Dataset([1.0, 2.0], s),
    "Dataset, a row": lambda s: nn.Dataset([s], [1.0]),
    "Dataset, names": lambda s: nn.Dataset([[1.0, 2.0]], [1.0], feature_names=s),
    "from_pairs": nn.Dataset.from_pairs,
    "MLP": lambda s: nn.MLP(1, s),
    "accuracy": lambda s: nn.accuracy(s, [1, 0]),
    "an optimiser": nn.SGD,
    "a group": lambda s: nn.SGD([{"params": s}]),
    "callbacks": lambda s: nn.fit(MODEL, nn.make_line(4), nn.mse_loss, nn.SGD(MODEL.parameters()), callbacks=s),
}


@pytest.mark.parametrize("where", ORDERED)
@pytest.mark.parametrize("kind", [set, frozenset])
def test_a_set_is_refused_where_order_matters(where, kind):
    given = kind([V, W]) if where not in ("MLP", "grad", "jit", "numerical_gradient", "gradcheck") else kind([3, 2])
    with pytest.raises(TypeError, match=rf"\b{kind.__name__}\b"):
        ORDERED[where](given)


def test_a_set_is_taken_where_there_is_no_order():
    assert autograd.sum({V, W}).data == 5.0
    assert autograd.mean({V, W}).data == 2.5
    assert autograd.prod({V, W}).data == 6.0
    with pytest.raises(TypeError, match="metrics must be a dict such as"):
        nn.evaluate(nn.Linear(1, 1), nn.make_line(4), nn.mse_loss, {nn.r2_score})


# ---------------------------------------------------------------- masks

MASKED = np.ma.array([1.0, 2.0, 3.0], mask=[False, True, False])
MATRIX = np.ma.array([[1.0, 2.0], [3.0, 4.0]], mask=[[False, True], [False, False]])
WITH_MASK = {
    "Value": lambda: Value(np.ma.masked),
    "+": lambda: V + np.ma.masked,
    "dot": lambda: dot(MASKED, [V, V, V]),
    "sum": lambda: autograd.sum(MASKED),
    "softmax": lambda: softmax(MASKED),
    "grad": lambda: grad(squares)(MASKED),
    "jit of a vector": lambda: jit(squares)(MASKED),
    "jit of elements": lambda: jit(lambda x: x * x)(MASKED),
    "numerical_gradient": lambda: numerical_gradient(squares, MASKED),
    "compiled": lambda: autograd.compile(x := Value(1.0), [x], reduction=None)(MASKED[:, None]),
    "a layer": lambda: nn.Linear(3, 1)(MASKED),
    "a batch": lambda: nn.Linear(2, 1)(MATRIX),
    "a loss": lambda: nn.mse_loss(MASKED, [1.0, 2.0, 3.0]),
    "a target": lambda: nn.mse_loss([1.0, 2.0, 3.0], MASKED),
    "Dataset": lambda: nn.Dataset(MATRIX, [1.0, 2.0]),
    "targets": lambda: nn.Dataset([[1.0], [2.0], [3.0]], MASKED),
    "a metric": lambda: nn.accuracy(MASKED, [1, 2, 3]),
    "Standardizer": lambda: nn.Standardizer().fit(MATRIX),
    "an estimator": lambda: nn.LinearRegression().fit(MATRIX, [1.0, 2.0]),
    "its targets": lambda: nn.LogisticRegression().fit([[1.0], [2.0], [3.0]], np.ma.array([0, 1, 1], mask=[0, 0, 1])),
    "its weights": lambda: nn.Ridge().fit([[1.0], [2.0], [3.0]], [1.0, 2.0, 3.0], MASKED),
    "predict": lambda: nn.MLPRegressor(max_iter=1).fit([[1.0, 2.0], [2.0, 1.0]], [1.0, 2.0]).predict(MATRIX),
}


@pytest.mark.parametrize("where", WITH_MASK)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_masked_entry_is_refused(where):
    with pytest.raises((TypeError, ValueError), match="masked"):
        WITH_MASK[where]()


def test_without_masked_entries_a_masked_array_is_an_array():
    whole = np.ma.array([1.0, 2.0])
    assert grad(squares)(whole).tolist() == [2.0, 4.0]
    assert jit(lambda x: x * x)(whole).tolist() == [1.0, 4.0]
    assert nn.mse_loss(whole, [1.0, 2.0]) == 0.0
    times = V * MASKED
    assert times.mask.tolist() == [False, True, False]
    assert times[2].data == 6.0


# ---------------------------------------------------------------- beyond all floats, and beyond all memory

X, MOONS = Value(2.0), nn.make_moons(10)
NUMBERS = {
    "Value: data": Value,
    "mul: operand 2": lambda n: X * n,
    "data of": lambda n: setattr(X, "data", n),
    "grad of": lambda n: setattr(X, "grad", n),
    "backward: gradient": lambda n: X.backward(n),
    "argument 0": lambda n: grad(lambda x: x * x)(n),
    "jit: an argument": lambda n: jit(lambda x: x * x)(n),
    "numerical_gradient: step": lambda n: numerical_gradient(lambda x: x * x, 1.0, step=n),
    "gradcheck: atol": lambda n: gradcheck(lambda x: x * x, [1.0], atol=n),
    "SGD: lr": lambda n: nn.SGD([X], lr=n),
    "SGD: momentum": lambda n: nn.SGD([X], momentum=n),
    "Adam: eps": lambda n: nn.Adam([X], eps=n),
    "LinearLR: start_factor": lambda n: nn.LinearLR(nn.SGD([X]), start_factor=n),
    "StepLR: k": lambda n: nn.StepLR(nn.SGD([X]), 1).rates(n),
    "clip_grad_norm_: max_norm": lambda n: nn.clip_grad_norm_([X], n),
    "make_moons: noise": lambda n: nn.make_moons(10, noise=n),
    "make_circles: factor": lambda n: nn.make_circles(10, factor=n),
    "random_split": lambda n: nn.random_split(MOONS, [n, 1]),
    "train_validation_test_split: validation": lambda n: nn.train_validation_test_split(MOONS, n),
    "Dataset: inputs": lambda n: nn.Dataset([[n]], [1.0]),
    "Dataset: targets": lambda n: nn.Dataset([[1.0]], [n]),
    "Dataset: index": lambda n: MOONS[n],
    "mse_loss: input": lambda n: nn.mse_loss([n], [1.0]),
    "mse_loss: target": lambda n: nn.mse_loss([X], [n]),
    "huber_loss: delta": lambda n: nn.huber_loss([X], [1.0], delta=n),
    "cross_entropy: target": lambda n: nn.cross_entropy([X, X], n),
    "gaussian_nll_loss: var": lambda n: nn.gaussian_nll_loss([X], [1.0], n),
    "l2_penalty: strength": lambda n: nn.l2_penalty(MODEL, n),
    "accuracy: target": lambda n: nn.accuracy([n], [1]),
    "EarlyStopping: min_delta": lambda n: nn.EarlyStopping(min_delta=n),
    "Ridge: alpha": lambda n: nn.Ridge(alpha=n).fit([[1.0], [2.0]], [1.0, 2.0]),
    "LinearRegression: X or y": lambda n: nn.LinearRegression().fit([[n]], [1.0]),
    "LogisticRegression: max_iter": lambda n: nn.LogisticRegression(max_iter=n).fit([[1.0], [2.0]], [0, 1]),
    "least_squares: X or y": lambda n: nn.least_squares([[1.0]], [n]),
}
SIZES = {
    "polygamma: the order n": lambda n: autograd.polygamma(n, 1.0),
    "derivative: n": lambda n: derivative(lambda x: x * x, n),
    "taylor: order": lambda n: autograd.taylor(lambda x: x * x, 1.0, n),
    "threads": lambda n: jit(lambda x: x, threads=n),
    "gradcheck: order": lambda n: gradcheck(lambda x: x * x, [1.0], order=n),
    "argnums": lambda n: grad(lambda x: x * x, argnums=n)(1.0),
    "make_moons: n_samples": nn.make_moons,
    "make_circles: n_samples": nn.make_circles,
    "make_blobs: n_samples": nn.make_blobs,
    "make_spirals: the number of classes": lambda n: nn.make_spirals(10, n),
    "make_line: n_samples": nn.make_line,
    "k_fold": lambda n: nn.k_fold(MOONS, n),
    "one_hot: n_classes": lambda n: nn.one_hot([0, 1], n),
    "one_hot: n_classes, found": lambda n: nn.one_hot([n]),
    "confusion_matrix": lambda n: nn.confusion_matrix([0, 1], [n, 1]),
    "nin": nn.Neuron,
    "nin, of the network": lambda n: nn.MLP(n, [1]),
    "nout": lambda n: nn.MLP(2, [n]),
    "in_features": lambda n: nn.Linear(n, 1),
    "out_features": lambda n: nn.Linear(1, n),
    "Layer: nin · nout": lambda n: nn.Layer(10_000, min(n, 10_000)),
    "PolynomialBasis: degree": nn.PolynomialBasis,
    "expected_calibration_error: n_bins": lambda n: nn.expected_calibration_error([0.5], [1], n_bins=n),
}


@pytest.mark.parametrize("argument", NUMBERS)
@pytest.mark.parametrize("number", [10**400, -(10**400), 10**5000], ids=["401", "-401", "5001"])
def test_a_number_that_fits_no_float_is_refused_by_the_name_of_its_argument(argument, number):
    with pytest.raises((TypeError, ValueError, IndexError)) as caught:
        NUMBERS[argument](number)
    assert str(caught.value).startswith(argument)
    assert len(str(caught.value)) < 300
    assert X.data == 2.0


@pytest.mark.parametrize("argument", SIZES)
@pytest.mark.parametrize("number", [10**9, 10**400, 10**5000], ids=["10", "401", "5001"])
def test_a_size_that_no_memory_holds_is_refused_by_the_name_of_its_argument(argument, number):
    with pytest.raises((TypeError, ValueError)) as caught:
        SIZES[argument](number)
    assert str(caught.value).startswith(argument.split(",")[0])
    assert len(str(caught.value)) < 300


def test_a_long_run_is_no_size():
    x = Value(1.0)
    assert nn.DataLoader(MOONS, 10**9).batch_size == 10**9
    assert nn.EarlyStopping(patience=10**9).patience == 10**9
    stop = [lambda run: run.stop("enough")]
    history = nn.fit(MODEL, nn.make_line(4), nn.mse_loss, nn.SGD(MODEL.parameters()), 10**9, callbacks=stop)
    assert history.epochs == 1
    assert nn.LBFGS([x], max_iter=10**9).param_groups[0]["max_iter"] == 10**9
    assert autograd.revolve_advances(10**9, 2) == 29813239704560
    with pytest.raises(ValueError, match="revolve: steps must be at most"):
        autograd.revolve_schedule(10**400, 2)
    assert len(nn.make_moons(10, seed=10**400)) == 10
    with pytest.raises(ValueError, match="seed must have at most 1000 digits"):
        nn.make_moons(10, seed=10**5000)


# ---------------------------------------------------------------- frames and tensors


class Tensor:
    """As much of a tensor of PyTorch as is asked for."""

    def __init__(self, numbers):
        self.numbers = np.array(numbers, dtype=np.float32)

    ndim = property(lambda self: self.numbers.ndim)
    shape = property(lambda self: self.numbers.shape)

    def __iter__(self):
        return map(Tensor, self.numbers)

    def __len__(self):
        return len(self.numbers)

    def __getitem__(self, i):
        return Tensor(self.numbers[i])

    def __float__(self):
        return float(self.numbers)

    def tolist(self):
        return self.numbers.tolist()

    def ravel(self):
        return Tensor(self.numbers.ravel())


def foreign(name, numbers):
    if name == "Tensor":
        return Tensor(numbers)
    return getattr(pytest.importorskip("pandas"), name)(numbers)


TRANSFORMS = {
    "grad": lambda f, x: grad(f)(x),
    "value_and_grad": lambda f, x: value_and_grad(f)(x),
    "jacobian": lambda f, x: jacobian(f)(x),
    "hessian": lambda f, x: hessian(f)(x),
    "vjp": lambda f, x: vjp(f, x),
    "jvp": lambda f, x: jvp(f, (x,), (x,)),
    "jit": lambda f, x: jit(f)(x),
    "jit of elements": lambda f, x: jit(lambda y: y * y)(x),
}


@pytest.mark.parametrize("transform", TRANSFORMS)
@pytest.mark.parametrize("name", ["Series", "Tensor"])
def test_what_a_function_would_get_as_something_else_is_refused(name, transform):
    with pytest.raises(TypeError, match=rf"must be a number, or lists or NumPy arrays .* not a {name} of .*asarray"):
        TRANSFORMS[transform](squares, foreign(name, [1.0, 2.0]))


@pytest.mark.parametrize("name", ["Series", "Tensor"])
def test_data_of_another_library_is_taken_as_its_numbers(name):
    x = foreign(name, [1.0, 2.0])
    assert nn.mse_loss(x, [1.0, 4.0]) == nn.mse_loss([1.0, 2.0], x) * 2.0 + 2.0 == 2.0
    assert nn.Dataset(x, x).targets == [1.0, 2.0]
    layer = nn.Linear(2, 1)
    assert layer(x).data == layer([1.0, 2.0]).data
    assert dot(x, [V, W]).data == 8.0


def test_one_number_of_another_library_is_a_number():
    assert Value(Tensor(2.0)).data == 2.0
    assert (V + Tensor(2.0)).data == 4.0
    assert grad(lambda x: x * x)(Tensor(3.0)) == 6.0
    with pytest.raises(TypeError, match="must be one real number, not Tensor"):
        Value(Tensor([2.0]))


# ---------------------------------------------------------------- what a grad may be


@pytest.mark.parametrize("made", [lambda: Value(2.0), lambda: V * W, lambda: Value(1.0).requires_grad_(False)])
def test_a_grad_is_one_real_number_or_none(made):
    x = made()
    x.grad = 0.5
    for wrong in ("a", [1.0], 1j, object(), np.ma.masked, np.array([1.0]), Value, 10**400):
        with pytest.raises(TypeError, match=r"^grad of Value\(.* must (be one real number|fit a float)"):
            x.grad = wrong
        assert x.grad == 0.5
    for right in (3, np.float32(3.0), np.array(3.0), True, 3.0):
        x.grad = right
        assert x.grad.__class__ is float
    x.grad = None
    assert x.grad is None


def test_a_refused_grad_leaves_a_training_as_it_was():
    x = Value(2.0)
    optimizer = nn.SGD([x], lr=0.25)
    (x * x).backward()
    with pytest.raises(TypeError, match="grad of Value"):
        x.grad = "a"
    optimizer.step()
    assert x.data == 1.0
