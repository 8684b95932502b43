"""Networks from and to PyTorch, scikit-learn and ONNX: the same numbers, to the last bit where they are ours."""

import math
import sys
from random import Random

import numpy as np
import pytest

import autograd
import nn
from autograd import no_grad
from nn.export.activations import MODULES
from tests.export.needed import needed
from tests.export.networks import digits


@pytest.fixture
def torch():
    return needed("torch")


ACTIVATIONS = ["relu", "leaky_relu", "elu", "gelu", "silu", "softplus", "sigmoid", "logsigmoid", "tanh", "identity"]


def outputs(model, samples):
    with no_grad():
        found = [model(list(sample)) for sample in samples]
    return np.array([[y.data for y in (ys if isinstance(ys, list) else [ys])] for ys in found])


@pytest.mark.parametrize("activation", [*ACTIVATIONS, nn.GELU("tanh"), nn.ELU(0.5), nn.LeakyReLU(0.2)], ids=str)
@pytest.mark.parametrize("output", ["identity", "softmax", "log_softmax", "sigmoid"])
def test_a_network_of_layers_goes_to_pytorch_and_back_to_the_last_bit(torch, activation, output):
    model = nn.MLP(4, [6, 5, 3], activation=activation, output_activation=output, rng=Random(0))
    network = nn.to_torch(model)
    assert isinstance(network, torch.nn.Sequential)
    assert network.difference <= 1e-12
    again = nn.from_torch(network)
    assert [p.data for p in again.parameters()] == [p.data for p in model.parameters()]
    samples = np.random.default_rng(0).normal(size=(20, 4))
    np.testing.assert_array_equal(outputs(again, samples), outputs(model, samples))


def test_digits_go_to_pytorch(torch):
    model, test = digits()
    with torch.no_grad():
        found = nn.to_torch(model)(torch.tensor(test.inputs, dtype=torch.float64))
    assert found.argmax(1).tolist() == outputs(model, test.inputs).argmax(axis=1).tolist()


def test_dropout_and_linear_without_bias_go_along(torch):
    model = nn.Sequential(nn.Linear(3, 4, bias=False), nn.ReLU(), nn.Dropout(0.25), nn.Linear(4, 1))
    network = nn.to_torch(model)
    assert isinstance(network[2], torch.nn.Dropout)
    assert network[2].p == 0.25
    assert nn.from_torch(network).layers[2].p == 0.25
    assert nn.to_torch(nn.MLP(3, [4, 1], dropout=0.5))[2].p == 0.5


def test_what_pytorch_trained_is_read_with_its_gradients(torch):
    torch.manual_seed(0)
    network = torch.nn.Sequential(
        torch.nn.Flatten(), torch.nn.Linear(3, 4), torch.nn.Sequential(torch.nn.Tanh(), torch.nn.Linear(4, 1))
    )
    model = nn.from_torch(network)
    x = torch.tensor([[0.5, -1.0, 2.0]])
    y = network(x)
    y.backward()
    ours = model([0.5, -1.0, 2.0])
    ours.backward()
    assert math.isclose(ours.data, y.item(), rel_tol=1e-6)
    found = [w.grad for line in model.layers[0].weight for w in line]
    np.testing.assert_allclose(found, network[1].weight.grad.numpy().ravel(), rtol=1e-5)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda torch: torch.nn.Conv2d(1, 1, 3), "from_torch: there is no Conv2d here"),
        (lambda torch: torch.nn.Softmax(dim=0), "Softmax has dim=0"),
        (lambda torch: torch.nn.Softplus(beta=2), "Softplus has beta=2"),
        (lambda torch: torch.nn.Softplus(threshold=5.0), "Softplus has threshold=5.0, above which it is x"),
        (lambda torch: torch.nn.BatchNorm1d(2), "of a module of your own the Sequential of its layers"),
        (lambda torch: [1.0], "takes a module of PyTorch, not list"),
    ],
)
def test_what_cannot_be_read_from_pytorch_is_told(torch, make, message):
    with pytest.raises(TypeError, match=message):
        nn.from_torch(make(torch))


def test_what_has_ways_of_its_own_is_not_taken_for_its_layers(torch):
    def doubled(kind):
        return type("Doubled", (kind,), {"forward": lambda self, x: 2.0 * kind.forward(self, x)})

    def patched():
        linear = torch.nn.Linear(4, 2)
        linear.forward = lambda x: x
        return torch.nn.Sequential(linear)

    def hooked(register):
        linear = torch.nn.Linear(4, 2)
        getattr(linear, register)(lambda *_: None)
        return torch.nn.Sequential(linear)

    linear = torch.nn.Linear(4, 2)
    for module in (doubled(torch.nn.Linear)(4, 2), doubled(torch.nn.Sequential)(linear), patched()):
        with pytest.raises(TypeError, match="has a forward of its own"):
            nn.from_torch(module)
    for register in ("register_forward_hook", "register_forward_pre_hook"):
        with pytest.raises(TypeError, match="Linear has hooks"):
            nn.from_torch(hooked(register))
    named = type("Named", (torch.nn.Sequential,), {})(
        linear, torch.nn.utils.parametrizations.weight_norm(torch.nn.Linear(2, 2))
    )
    x = torch.tensor([[0.5, -1.0, 2.0, 0.25]])
    assert np.allclose(outputs(nn.from_torch(named), x.tolist()), named(x).detach().numpy())


@pytest.mark.filterwarnings("ignore::autograd.DomainWarning")
@pytest.mark.parametrize(
    ("row", "points"),
    [
        (autograd.sign, [[math.nan], [0.0], [-0.0], [2.0], [-math.inf]]),
        (autograd.atan2, [[0.0, 0.0], [0.0, -1e-200], [1e-200, 1e-200], [-0.0, -1.0], [1.0, 0.0], [3.0, -4.0]]),
    ],
    ids=["sign", "atan2"],
)
def test_special_values_and_slopes_of_pytorch_are_those_of_the_engine(torch, row, points):
    leaves = [autograd.Value(0.5) for _ in points[0]]
    function = autograd.to_torch_function(row(*leaves), leaves)
    found = torch.tensor(points, dtype=torch.float64, requires_grad=True)
    result = function(found)
    (slopes,) = torch.autograd.grad(result.sum(), found, materialize_grads=True)
    both = autograd.value_and_grad(lambda x: row(*x))
    for point, value, gradient in zip(points, result.tolist(), slopes.tolist(), strict=True):
        np.testing.assert_allclose([value, *gradient], np.hstack(both(point)), rtol=1e-14)


def test_shared_and_frozen_layers_go_to_pytorch_and_back_as_such(torch):
    shared, frozen = nn.Linear(2, 2, rng=Random(0)), nn.Linear(2, 2, bias=False, rng=Random(1))
    frozen.requires_grad_(False)
    network = nn.to_torch(nn.Sequential(shared, nn.Tanh(), shared, frozen))
    assert network[0] is network[2]
    assert network[0].weight.requires_grad
    assert not network[3].weight.requires_grad
    again = nn.from_torch(network)
    assert again.layers[0] is again.layers[2]
    assert [p.requires_grad for p in again.layers[3].parameters() if p.data] == [False] * 4
    x = torch.tensor([[0.5, -1.0]], dtype=torch.float64)
    network(x).sum().backward()
    sum(again(x[0].tolist())).backward()
    found = [w.grad for line in again.layers[0].weight for w in line]
    np.testing.assert_allclose(found, network[0].weight.grad.ravel(), rtol=1e-12)


@pytest.mark.parametrize("layers", [[], [nn.Tanh()], [nn.Softmax(), nn.ReLU()]], ids=str)
def test_activations_without_layers_go_to_pytorch(torch, layers):
    network = nn.to_torch(nn.Sequential(*layers))
    assert network.difference <= 1e-12
    assert len(network) == len(layers)


class Twice(nn.Module):
    """A module of one's own."""

    def __init__(self):
        self.inner = nn.Linear(2, 2)

    def forward(self, x):
        return self.inner(self.inner(x))


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (nn.MLP(2, [3, 1], activation="prelu"), "different activations; autograd.to_torch_function"),
        (nn.Sequential(nn.Linear(2, 2), nn.Power(3)), "Power is no layer or activation that other libraries have"),
        (nn.Sequential(nn.Linear(2, 2), nn.Softmax(temperature=2.0)), "Softmax with a temperature"),
        (nn.Sequential(nn.Linear(2, 2), nn.Sigmoid(2.0)), "Sigmoid with a slope"),
        (Twice(), "to_torch: Twice is no layer or activation that other libraries have"),
        (autograd.Value(1.0), "takes a model of layers, not Value; autograd.to_torch_function"),
    ],
    ids=["prelu", "power", "softmax", "sigmoid", "own", "value"],
)
def test_what_pytorch_has_not_is_told_with_what_to_do(torch, model, message):
    with pytest.raises(TypeError, match=message):
        nn.to_torch(model)


@pytest.mark.parametrize(
    ("package", "call"),
    [
        ("jax", lambda: autograd.to_jax(nn.Linear(1, 1))),
        ("torch", lambda: autograd.to_torch_function(nn.Linear(1, 1))),
        ("torch", lambda: nn.to_torch(nn.Linear(1, 1))),
        ("torch", lambda: nn.from_torch(None)),
        ("onnx", lambda: autograd.to_onnx(nn.Linear(1, 1))),
        ("onnx", lambda: nn.from_onnx("model.onnx")),
    ],
)
def test_a_missing_library_is_told_with_what_to_install(monkeypatch, package, call):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ModuleNotFoundError, match=f"needs {package}: pip install {package}"):
        call()


# ---------------------------------------------------------------- scikit-learn


def hold_weights(model, weights, biases):
    """The linear layers of a model have these, to the last bit."""
    layers = [layer for layer in model.layers if isinstance(layer, nn.Layer)]
    found = [([[w.data for w in line] for line in layer.weight], [b.data for b in layer.bias]) for layer in layers]
    assert found == [(w.tolist(), b.tolist()) for w, b in zip(weights, biases, strict=True)]


@pytest.mark.parametrize("activation", ["identity", "logistic", "tanh", "relu"])
@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_networks_of_scikit_learn_give_their_probabilities(activation, classes):
    learn = pytest.importorskip("sklearn.neural_network")
    x = np.random.default_rng(0).normal(size=(90, 4))
    options = {"activation": activation, "max_iter": 5, "random_state": 0}
    fitted = learn.MLPClassifier(hidden_layer_sizes=[5, 4], **options).fit(x, np.arange(90) % classes)
    model = nn.from_sklearn(fitted)
    expected = fitted.predict_proba(x)
    np.testing.assert_allclose(outputs(model, x), expected if classes > 2 else expected[:, 1:], atol=1e-14)
    hold_weights(model, [w.T for w in fitted.coefs_], fitted.intercepts_)
    regressor = learn.MLPRegressor(hidden_layer_sizes=[5], **options).fit(x, x[:, :2])
    np.testing.assert_allclose(outputs(nn.from_sklearn(regressor), x), regressor.predict(x), atol=1e-14)


@pytest.mark.filterwarnings("ignore:scipy.optimize:DeprecationWarning")  # of an older scikit-learn on a newer SciPy
def test_linear_models_of_scikit_learn_predict_the_same():
    linear = pytest.importorskip("sklearn.linear_model")
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 3))
    for estimator in (linear.LinearRegression(), linear.Ridge(), linear.Lasso(0.1), linear.HuberRegressor()):
        fitted = estimator.fit(x, x @ [1.0, 2.0, 3.0] + rng.normal(size=60))
        np.testing.assert_allclose(outputs(nn.from_sklearn(fitted), x)[:, 0], fitted.predict(x), atol=1e-13)
        hold_weights(nn.from_sklearn(fitted), [np.atleast_2d(fitted.coef_)], [np.atleast_1d(fitted.intercept_)])
    for classes in (2, 3):
        fitted = linear.LogisticRegression().fit(x, np.arange(60) % classes)
        expected = fitted.predict_proba(x)
        np.testing.assert_allclose(
            outputs(nn.from_sklearn(fitted), x), expected if classes > 2 else expected[:, 1:], atol=1e-14
        )


def test_what_cannot_be_read_from_scikit_learn_is_told():
    learn = pytest.importorskip("sklearn.linear_model")
    from sklearn.tree import DecisionTreeRegressor

    for estimator in (learn.LinearRegression(), learn.HuberRegressor(), learn.PoissonRegressor()):
        with pytest.raises(ValueError, match=r"Regress.* has no weights; it reads .* once they are fitted"):
            nn.from_sklearn(estimator)
    with pytest.raises(TypeError, match="DecisionTreeRegressor has no weights"):
        nn.from_sklearn(DecisionTreeRegressor().fit([[0.0], [1.0]], [0.0, 1.0]))
    with pytest.raises(TypeError, match="SGDClassifier gives no probabilities"):
        nn.from_sklearn(learn.SGDClassifier())
    with pytest.raises(TypeError, match="takes an estimator of scikit-learn, not list"):
        nn.from_sklearn([])
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    with pytest.raises(TypeError, match=r"give the last, pipeline\[-1\]"):
        nn.from_sklearn(make_pipeline(StandardScaler(), learn.LinearRegression()))


@pytest.mark.filterwarnings("ignore:scipy.optimize. The `disp` and `iprint` options:DeprecationWarning")
def test_an_estimator_that_predicts_otherwise_than_its_weights_is_refused():
    learn = pytest.importorskip("sklearn.linear_model")
    x = np.random.default_rng(0).normal(size=(60, 3))
    for estimator in (learn.PoissonRegressor(), learn.GammaRegressor()):
        with pytest.raises(TypeError, match=rf"{type(estimator).__name__} predicts otherwise than a layer"):
            nn.from_sklearn(estimator.fit(x, np.exp(x[:, 0])))
    classifier = learn.SGDClassifier(loss="log_loss")
    model = nn.from_sklearn(classifier.fit(x, np.arange(60) % 2))
    np.testing.assert_allclose(outputs(model, x)[:, 0], classifier.predict_proba(x)[:, 1], atol=1e-14)
    with pytest.raises(TypeError, match="a classifier of one class against the rest"):
        nn.from_sklearn(classifier.fit(x, np.arange(60) % 3))


# ---------------------------------------------------------------- ONNX


def onnx_file(path, nodes, arrays, inputs=("x",)):
    onnx = needed("onnx")
    helper, kind = onnx.helper, onnx.TensorProto.DOUBLE
    graph = helper.make_graph(
        [helper.make_node(*node[:3], **(node[3] if len(node) > 3 else {})) for node in nodes],
        "test",
        [helper.make_tensor_value_info(x, kind, ["n", 2]) for x in inputs],
        [helper.make_tensor_value_info("y", kind, ["n", None])],
        [
            onnx.numpy_helper.from_array(np.asarray(x) if name in "rs" else np.array(x, dtype=np.float64), name)
            for name, x in arrays.items()
        ],
    )
    onnx.save(helper.make_model(graph), path)
    return path


def test_matmul_and_add_are_a_layer(tmp_path):
    nodes = [
        ("MatMul", ["x", "w"], ["s"]), ("Add", ["s", "b"], ["t"]), ("LeakyRelu", ["t"], ["u"], {"alpha": 0.5}),
        ("MatMul", ["u", "v"], ["y"]),
    ]  # fmt: skip
    file = onnx_file(
        tmp_path / "m.onnx", nodes, {"w": [[1.0, 2.0], [3.0, 4.0]], "b": [0.5, -20.0], "v": [[1.0], [1.0]]}
    )
    model = nn.from_onnx(file)
    assert model([1.0, 2.0]).data == (1.0 + 6.0 + 0.5) + 0.5 * (2.0 + 8.0 - 20.0)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_networks_go_to_onnx_and_back(tmp_path, activation):
    needed("onnx")
    from autograd import to_onnx

    model = nn.MLP(3, [4, 2], activation=activation, output_activation="softmax", rng=Random(0))
    to_onnx(model).save(tmp_path)
    samples = np.random.default_rng(0).normal(size=(20, 3))
    np.testing.assert_allclose(
        outputs(nn.from_onnx(tmp_path / "model.onnx"), samples), outputs(model, samples), atol=1e-6
    )


@pytest.mark.parametrize(
    ("nodes", "message"),
    [
        ([("Conv", ["x", "w"], ["y"])], "it has Conv, and these are read: Gemm, MatMul"),
        ([("Relu", ["x"], ["t"]), ("Add", ["x", "t"], ["y"])], "so it is no chain of layers"),
        ([("Relu", ["x"], ["t"]), ("Relu", ["x"], ["y"])], "so it is no chain of layers"),
        ([("Relu", ["x"], ["t"])], "its output is not at the end of a chain of layers"),
        ([("Softmax", ["x"], ["y"], {"axis": 0})], "Softmax is over axis 0"),
        ([("Gemm", ["x", "w"], ["y"], {"alpha": 2.0})], r"Gemm has \{'alpha': 2.0\}, and a layer is Wx \+ b"),
        ([("Gemm", ["x", "w", "column"], ["y"])], r"Gemm has a constant of shape \(20, 1\), and a layer has one bias"),
        (
            [("Gemm", ["x", "w", "three"], ["y"])],
            r"a constant of shape \(3,\), .* for each output, of which there are 2",
        ),
        ([("MatMul", ["x", "w"], ["t"]), ("Add", ["t", "column"], ["y"])], r"Add has a constant of shape \(20, 1\)"),
        (
            [("MatMul", ["x", "stack"], ["y"])],
            r"it has weights of shape \(1, 2, 2\), and those of a layer are a matrix",
        ),
        ([("MatMul", ["x", "two"], ["y"])], r"it has weights of shape \(2,\), and those of a layer are a matrix"),
        ([("Relu", ["x"], ["y"], {"domain": "com.example"})], "it has Relu of com.example, and these are read"),
        ([("MatMul", ["w", "x"], ["y"])], "MatMul has its constant on the left"),
        ([("Sigmoid", ["x"], ["t"]), ("Mul", ["t", "t"], ["y"])], "Mul takes t, t, so it is no chain of layers"),
        ([("Cast", ["x"], ["t"], {"to": 7}), ("Cast", ["t"], ["y"], {"to": 11})], "it computes something else"),
        ([("Reshape", ["x", "s"], ["t"]), ("Softmax", ["t"], ["u"]), ("Reshape", ["u", "r"], ["y"])], "something else"),
    ],
)
def test_what_cannot_be_read_from_onnx_is_told(tmp_path, nodes, message):
    one = np.eye(2)
    arrays = {"w": one, "stack": [one], "two": [1.0, 2.0], "three": [1.0] * 3, "column": np.ones((20, 1))}
    shapes = {"s": np.array([-1, 1]), "r": np.array([-1, 2])}
    file = onnx_file(tmp_path / "m.onnx", nodes, {**arrays, **shapes})
    with pytest.raises(TypeError, match=message):
        nn.from_onnx(file)


def test_activations_of_several_operators_and_computed_constants_are_read(tmp_path):
    nodes = [
        ("Identity", ["w"], ["v"]), ("Transpose", ["v"], ["u"]), ("Constant", [], ["b"], {"value_floats": [0.5, 1.0]}),
        ("Cast", ["b"], ["c"], {"to": 11}), ("Gemm", ["x", "u", "c"], ["s"]),
        ("Sigmoid", ["s"], ["t"]), ("Mul", ["t", "s"], ["p"]),
        ("Sigmoid", ["p"], ["q"]), ("Log", ["q"], ["r"]), ("Softmax", ["r"], ["z"]), ("Log", ["z"], ["y"]),
    ]  # fmt: skip
    model = nn.from_onnx(onnx_file(tmp_path / "m.onnx", nodes, {"w": [[1.0, 2.0], [3.0, 4.0]]}))
    assert [type(layer).__name__ for layer in model.layers[1:]] == ["SiLU", "LogSigmoid", "LogSoftmax"]
    assert [[w.data for w in line] for line in model.layers[0].weight] == [[1.0, 2.0], [3.0, 4.0]]
    assert [b.data for b in model.layers[0].bias] == [0.5, 1.0]


@pytest.mark.parametrize("bias", [0.5, [0.5], [[0.5]], [[0.5, -1.0]]])
@pytest.mark.parametrize("operator", ["Add", "Gemm"])
def test_a_bias_of_any_shape_that_means_one_is_read(tmp_path, bias, operator):
    nodes = [("MatMul", ["x", "w"], ["s"]), ("Add", ["b", "s"], ["y"])]
    nodes = nodes if operator == "Add" else [("Gemm", ["x", "w", "b"], ["y"])]
    model = nn.from_onnx(onnx_file(tmp_path / "m.onnx", nodes, {"w": [[1.0, 2.0], [3.0, math.inf]], "b": bias}))
    assert [b.data for b in model.layers[0].bias] == np.broadcast_to(bias, (1, 2))[0].tolist()


def test_samples_of_several_axes_are_told(tmp_path):
    onnx = needed("onnx")
    model = onnx.load(onnx_file(tmp_path / "m.onnx", [("MatMul", ["x", "w"], ["y"])], {"w": np.eye(2)}))
    model.graph.input[0].type.tensor_type.shape.dim.insert(1, onnx.TensorShapeProto.Dimension(dim_value=5))
    onnx.save(model, tmp_path / "m.onnx")
    with pytest.raises(TypeError, match=r"a sample of it has the shape \(5, 2\), and its first layer takes 2 numbers"):
        nn.from_onnx(tmp_path / "m.onnx")


def test_a_file_that_is_none_is_told(tmp_path):
    needed("onnx")
    (tmp_path / "m.onnx").write_bytes(b"\xff\xff\xff no")
    with pytest.raises(ValueError, match="is no file of ONNX"):
        nn.from_onnx(tmp_path / "m.onnx")
    with pytest.raises(TypeError, match="it has the inputs a, b"):
        nn.from_onnx(onnx_file(tmp_path / "m.onnx", [("Add", ["a", "b"], ["y"])], {}, ("a", "b")))


def test_activations_here_are_those_of_pytorch(torch):
    assert [name for name in MODULES if not hasattr(torch.nn, name)] == []


@pytest.mark.parametrize(("producer", "hint"), [("skl2onnx", r"from_sklearn\(est"), ("pytorch", r"from_torch\(mod")])
def test_what_cannot_be_read_from_onnx_may_be_read_from_where_it_came(tmp_path, producer, hint):
    onnx = needed("onnx")
    model = onnx.load(onnx_file(tmp_path / "m.onnx", [("ArgMax", ["x"], ["y"])], {}))
    model.producer_name = producer
    onnx.save(model, tmp_path / "m.onnx")
    with pytest.raises(TypeError, match=rf"it has ArgMax, and these are read: .*; {hint}"):
        nn.from_onnx(tmp_path / "m.onnx")
