"""What would be misread in silence is taken for what it is, or refused: sets, masks, frames, tensors, huge numbers."""

import numpy as np
import pytest

import autograd
import nn
from autograd import (
    Value,
    affine,
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
