"""Functions of NumPy, JAX and PyTorch: every row, its derivatives, random programs, networks; against the engine."""

import math
from random import Random
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings

import autograd
import nn
from autograd import TABLE, Value, primitive, to_jax, to_numpy, to_torch_function
from autograd.export import python, targets, verification
from autograd.export.python import TOLERANCE
from autograd.export.verification import VerificationError
from tests.export.needed import needed
from tests.export.programs import hold_for_a_hundred
from tests.test_c_source import moderate_points
from tests.test_native_random import bounds, data_of, interpreted, programs, record, same

pytestmark = pytest.mark.filterwarnings("ignore::autograd.DomainWarning")


def jax():
    module = needed("jax")
    module.config.update("jax_enable_x64", True)
    return module


def torch():
    return needed("torch")


def jax_derivatives(f, x):
    library = jax()
    return np.asarray(library.grad(f)(np.array(x))), np.asarray(library.hessian(f)(np.array(x)))


def torch_derivatives(f, x):
    x = torch().tensor(x, dtype=torch().float64)
    hessian = torch().autograd.functional.hessian(lambda x: f(x), x)
    return torch().func.grad(f)(x).numpy(), hessian.numpy()


DOORS = {
    "numpy": (to_numpy, np, None),
    "jax": (to_jax, jax, jax_derivatives),
    "torch": (to_torch_function, torch, torch_derivatives),
}


@pytest.fixture(params=DOORS)
def door(request):
    to, library, derivatives = DOORS[request.param]
    if callable(library):
        library()
    return to, derivatives


@pytest.mark.parametrize("target", [targets.NUMPY, targets.JAX, targets.TORCH, targets.ONNX], ids=lambda x: x.module)
def test_what_a_library_has_of_its_own_is_told_of_rows_there_are(target):
    assert [name for name in target.natives if name not in TABLE and name != "polygamma"] == []
    assert target.own_partials <= TABLE.keys()


def of_row(row, point):
    leaves = [Value(x) for x in point]
    return leaves[0]._apply_primitive(row, tuple(leaves)), leaves


@pytest.mark.parametrize("row", TABLE.values(), ids=lambda row: row.name)
def test_every_row_and_its_derivatives_of_two_orders_are_those_of_the_engine(door, row):
    to, derivatives = door
    chosen = moderate_points(row)
    y, leaves = of_row(row, chosen[0])
    f = to(y, leaves, tolerance=1e-11 if row.name in ("digamma", "lgamma") else TOLERANCE)
    expected = np.array([row.evaluate(point) for point in chosen])
    np.testing.assert_allclose(np.asarray(f(np.array(chosen))), expected, rtol=1e-12, atol=1e-12)
    if derivatives is None:
        return
    for point in chosen[:3]:
        gradient, hessian = derivatives(f.function, point)
        of_engine = autograd.hessian(lambda xs: xs[0]._apply_primitive(row, tuple(xs)))(list(point))
        y, leaves = of_row(row, point)
        np.testing.assert_allclose(gradient, autograd.gradient(y, leaves), rtol=1e-11, atol=1e-12)
        if np.isfinite(of_engine).all():  # acosh has none at 1
            np.testing.assert_allclose(hessian, of_engine, rtol=1e-10, atol=1e-11)


@pytest.mark.parametrize(
    "row", [row for row in TABLE.values() if row.gate or "0" in row.rule], ids=lambda row: row.name
)
def test_kinks_and_ties_have_the_derivatives_of_the_table(door, row):
    to, derivatives = door
    if derivatives is None:
        pytest.skip("NumPy has no derivatives")
    count = row.arity or 3
    for point in ([0.0] * count, [1.0] * count, [-1.0] * count):
        y, leaves = of_row(row, point)
        f = to(y, leaves, tolerance=math.inf)
        if math.isfinite(y.data) and np.isfinite(expected := autograd.gradient(y, leaves)).all():
            np.testing.assert_allclose(derivatives(f.function, point)[0], expected, atol=1e-12)


@pytest.mark.exhaustive
def test_a_hundred_random_programs_give_what_the_interpreter_gives(door):
    to, _ = door

    def holds(program, loss, inputs, parameters):
        f = to(loss, [*inputs, *parameters], tolerance=math.inf)
        hold(program, jax().jit(f.function) if to is to_jax else f)
        if to is to_jax:
            jax().clear_caches()  # or what is compiled for a hundred programs is gigabytes

    with mock.patch.object(verification, "SAMPLES", 4), mock.patch.object(python, "SAMPLES", 4):
        hold_for_a_hundred(holds)  # what is compared is the data of the program


@np.errstate(all="ignore")
def hold(program, f):
    """The loss of a program on its data, its parameters being inputs like the others."""
    data, numbers = data_of(program)
    data = data[:20]
    found = np.asarray(f(np.hstack([data, np.broadcast_to(numbers, (len(data), len(numbers)))])))
    found = np.broadcast_to(found, (len(data),))
    losses = np.array([interpreted(program, sample, numbers)[1] for sample in data])
    same(found, losses, np.abs(losses), lambda: np.array([bounds(program, sample, numbers)[1] for sample in data]))


# ---------------------------------------------------------------- networks


def test_a_network_is_products_of_matrices_and_its_parameters_go_along(door):
    to, _ = door
    model = nn.MLP(4, [8, 8, 3], activation="tanh", output_activation="softmax", rng=Random(0))
    f = to(model)
    assert f.source.count(" @ ") == 3
    assert {name: np.shape(x) for name, x in f.parameters.items()} == {
        "W1": (8, 4), "b1": (8,), "W2": (8, 8), "b2": (8,), "W3": (3, 8), "b3": (3,),
    }  # fmt: skip
    assert f.difference <= TOLERANCE
    halved = {name: 0.5 * x for name, x in f.parameters.items()}
    for parameter in model.parameters():
        parameter.data *= 0.5
    sample = [1.0, -2.0, 0.5, 0.25]
    np.testing.assert_allclose(np.asarray(f(sample, halved)), [y.data for y in model(sample)], rtol=1e-12)


def test_arrays_come_back_in_the_order_of_the_values(door):
    to, _ = door
    model = nn.MLP(2, [3, 1], activation=nn.PReLU(init=0.2), rng=Random(0))
    model.layers[0].neurons[1].w[0].requires_grad_(False)
    f = to(model)
    assert f.values == [p for p in model.parameters() if p.requires_grad]
    assert f.flat(f.parameters) == [p.data for p in f.values]
    some = next(iter(f.parameters))
    with pytest.raises(ValueError, match=rf"f.flat: {some} must have the shape .*, not \(0,\)"):
        f.flat({**f.parameters, some: []})
    with pytest.raises(ValueError, match=r"f.flat: takes the arrays .*, not none"):
        f.flat({})


@settings(max_examples=25, deadline=None)
@given(programs())
def test_the_arrays_of_random_programs_have_each_parameter_once(program):
    _, numbers = data_of(program)
    inputs, parameters = [Value(0.5) for _ in range(program.inputs)], [Value(x) for x in numbers]
    _, loss = record(program, inputs, parameters)
    if isinstance(loss, Value):
        with mock.patch.object(verification, "SAMPLES", 1), mock.patch.object(python, "SAMPLES", 1):
            f = to_numpy(loss, inputs, parameters, tolerance=math.inf)
        assert f.flat(f.parameters) == numbers.tolist()


def test_batches_of_any_shape_are_computed_sample_by_sample(door):
    to, _ = door
    model = nn.MLP(2, [5, 1], activation="gelu", rng=Random(0))
    f = to(model)
    batch = np.random.default_rng(0).normal(size=(3, 4, 2))
    expected = [[model(list(sample)).data for sample in row] for row in batch]
    np.testing.assert_allclose(np.asarray(f(batch)), expected, rtol=1e-12)


@pytest.mark.parametrize("shape", [(1,), (4, 1), (2, 3, 1)])
def test_what_depends_on_no_input_is_there_for_every_sample(door, shape):
    to, _ = door
    x, w = Value(0.5), Value(3.0)
    three = Value(3.0)
    for y in (three * 2.0, x**0, w * 2.0):
        assert np.asarray(to(y, [x], [w])(np.zeros(shape))).shape == shape[:-1]
    for ys in ([three * 2.0], [three * 2.0, x**0], [w * 2.0, w], [x, three * 2.0]):
        assert np.asarray(to(ys, [x], [w])(np.zeros(shape))).shape == (*shape[:-1], len(ys))


@pytest.mark.parametrize("y", [2.5, 1.5, 0.5, 3.0, 1.0, -0.5, -1.0, -1.5, -2.0, 9.0])
def test_powers_have_the_slope_of_the_table_at_0(door, y):
    to, derivatives = door
    if derivatives is None:
        pytest.skip("NumPy has no derivatives")
    x = Value(0.5)
    f = to(x**y, [x], tolerance=math.inf)
    for at in (0.0, 4.0):
        leaf = Value(at)
        np.testing.assert_allclose(derivatives(f.function, [at])[0], autograd.gradient(leaf**y, [leaf]), rtol=1e-14)


@pytest.mark.parametrize("row", ["maximum", "minimum"])
def test_any_number_of_ties_share_evenly(door, row):
    to, derivatives = door
    if derivatives is None:
        pytest.skip("NumPy has no derivatives")
    xs = [Value(1.0) for _ in range(130)]
    f = to(getattr(autograd, row)(*xs), xs)
    point = jax().numpy.ones(130) if to is to_jax else torch().ones(130, dtype=torch().float64)
    gradient = jax().grad(f.function)(point) if to is to_jax else torch().func.grad(f.function)(point)
    np.testing.assert_allclose(np.asarray(gradient), np.full(130, 1.0 / 130.0), rtol=1e-14)


def test_arrays_of_values_are_taken_as_lists_are(door):
    to, _ = door
    leaves = np.array([Value(0.5), Value(1.0)])
    for f in (to(leaves * 2.0, leaves), to(lambda xs: np.array(xs) * 2.0, 2)):
        np.testing.assert_array_equal(np.asarray(f(np.array([1.0, 2.0]))), [2.0, 4.0])


def test_jax_trains_on_with_the_parameters():
    library = jax()
    model = nn.MLP(2, [4, 1], activation="tanh", rng=Random(0))
    f = to_jax(model)
    x, w = np.array([0.5, -1.0]), model.layers[0].neurons[0].w[0]
    gradient = library.jit(library.grad(lambda parameters: f(x, parameters)))(f.parameters)
    y = model(list(x))
    y.backward()
    assert math.isclose(gradient["W1"][0, 0], w.grad, rel_tol=1e-12)


def test_jit_vmap_and_grad_take_the_function():
    library = jax()
    x = Value(0.5)
    f = to_jax((x * x).sin(), [x])
    slopes = library.jit(library.vmap(library.grad(f.function)))(np.array([[0.1], [0.2]]))
    np.testing.assert_allclose(slopes[:, 0], [0.2 * math.cos(0.01), 0.4 * math.cos(0.04)], rtol=1e-12)


def test_a_row_of_your_own_goes_along_with_its_derivative(door):
    to, derivatives = door

    @primitive(partials=(lambda y, x: 3.0 * x * x,))
    def cube(x):
        return x * x * x

    x = Value(2.0)
    f = to(cube(x) * 2.0, [x])
    assert "def cube(x):" in f.source
    assert float(f(np.array([3.0]))) == 54.0
    if derivatives:
        np.testing.assert_allclose(derivatives(f.function, [2.0])[0], [24.0])


NAMES = ["class", "zip", "jax", "torch", "x", "p", "s1", "t1", "f", "cube_by_x", '"""\n\\', ""]


@pytest.mark.parametrize("name", NAMES)
def test_a_row_of_your_own_is_called_what_one_likes(door, name):
    to, derivatives = door

    def row(name, factor):
        def function(x):
            return factor * x * x

        function.__name__ = name
        partial = lambda y, x: autograd.where(x > 100.0, y, 2.0 * factor * x)  # as long as a function
        return primitive(partials=(partial,), domain=name)(function)

    first, second, third = row(name, 1.0), row("cube", 2.0), row(name, 3.0)
    x, w = [Value(0.5), Value(0.25)], [Value(0.1 * i) for i in range(20)]

    def function(x, w):
        layer = [autograd.dot(x, w[:2]) + w[4], autograd.dot(x, w[2:4]) + w[5]]
        total = autograd.dot([first(third(each)) for each in layer], w[6:8]) + second(x[0]).erf()
        return first(x[1]) * total + autograd.dot([first(each * total) for each in w], [float(i) for i in range(20)])

    f = to(function(x, w), x, w)
    if derivatives:
        plain = [each.data for each in w]
        expected = autograd.grad(lambda x: function(x, plain))([0.3, 0.2])
        np.testing.assert_allclose(derivatives(f.function, [0.3, 0.2])[0], expected, rtol=1e-12)


CHOOSING = {
    "where": (
        lambda y, x: autograd.where(x > 0.5, 3.0 * x * x, 2.0 * x),
        lambda m, x: m.where(x > 0.5, x * x * x, x * x),
        lambda x: x**3 if x > 0.5 else x * x,
    ),
    "constant": (lambda y, x: 0.0 * x, lambda m, x: 4.0, lambda x: 4.0),
    "itself": (lambda y, x: 1.0, None, lambda x: x),
    "result": (lambda y, x: y, "exp", math.exp),
}


@pytest.mark.parametrize("kind", CHOOSING)
def test_rows_of_your_own_that_choose_or_compute_nothing_have_derivatives_of_two_orders(door, kind):
    to, derivatives = door
    partial, lowering, value = CHOOSING[kind]
    row = primitive(partials=(partial,), lowering=lowering)(value)

    def function(x):
        return row(row(x[0]) * x[1]) * x[1]

    leaves = [Value(0.4), Value(0.9)]
    f = to(function(leaves), leaves)
    for point in ([0.4, 0.9], [0.7, -0.3], [1.2, 0.8]):
        np.testing.assert_allclose(np.asarray(f(np.array([point])))[0], function(point), rtol=1e-12)
        if derivatives:
            gradient, hessian = derivatives(f.function, point)
            np.testing.assert_allclose(gradient, autograd.grad(function)(point), rtol=1e-12)
            np.testing.assert_allclose(hessian, autograd.hessian(function)(point), rtol=1e-12, atol=1e-12)


def test_a_partial_derivative_that_cannot_be_printed_is_told(door):
    to, derivatives = door
    row = primitive(partials=(lambda y, x: math.cos(x),), lowering="sin")(lambda x: math.sin(x))
    x = Value(0.5)
    if derivatives is None:
        assert to(row(x), [x]).difference == 0.0
        return
    with pytest.raises(TypeError, match=r"the partial derivative by x cannot be printed .*as autograd.sin, and where"):
        to(row(x), [x])


def test_a_frozen_leaf_is_no_input_and_no_parameter(door):
    to, _ = door
    x, y = Value(0.5), Value(2.0)
    x.requires_grad_(False)
    with pytest.raises(ValueError, match="inputs: number 1 is frozen, so that what was recorded has its number"):
        to(x * y, [y, x])
    f = to(x * y, [y], [x])
    assert f.values == []
    assert float(f(np.array([3.0]))) == 1.5


def test_a_recorded_gradient_is_an_output_like_others(door):
    to, _ = door
    x, y = Value(0.5), Value(2.0)
    z = autograd.exp(x * y) + x.tanh()
    gradient = autograd.gradient(z, [x, y], create_graph=True)
    f = to([z, *gradient], [x, y])
    expected = [math.exp(1.0) + math.tanh(0.5), 2.0 * math.exp(1.0) + 1.0 / math.cosh(0.5) ** 2, 0.5 * math.exp(1.0)]
    np.testing.assert_allclose(np.asarray(f(np.array([0.5, 2.0]))), expected, rtol=1e-12)


def test_the_text_stands_alone(door, tmp_path):
    to, _ = door
    f = to(nn.MLP(2, [3, 2], rng=Random(0)))
    f.save(tmp_path / "model.py")
    text = (tmp_path / "model.py").read_text(encoding="utf-8")
    assert "import autograd" not in text
    assert "The largest difference to the engine on 1,000 random samples is" in text
    module = {}
    exec(text, module)
    np.testing.assert_array_equal(np.asarray(module["f"]([0.5, 1.0])), np.asarray(f([0.5, 1.0])))


def test_a_dropout_passes_on_what_is_exported_and_trains_on_afterwards():
    model = nn.Sequential(nn.Linear(2, 4), nn.Dropout(0.5), nn.Linear(4, 1))
    assert "rng" not in to_numpy(model).source
    assert model.training
    assert model.layers[1].training


def test_an_embedding_is_checked_on_whole_numbers(door):
    to, _ = door
    model = nn.Sequential(nn.Embedding(4, 3, rng=Random(0)), nn.Linear(3, 2, rng=Random(0)))
    checked = []
    with mock.patch.object(verification, "largest", lambda found, _: checked.append(np.array(found)) or (0.0, 0, 0)):
        f = to(model, 1)
    for k in range(4):
        expected = [y.data for y in model(k)]
        np.testing.assert_allclose(np.asarray(f([float(k)])), expected, rtol=1e-12)
        assert np.isclose(checked[0], expected).all(axis=1).any()


@pytest.mark.parametrize("tolerance", [math.nan, None, "1e-6"])
def test_a_tolerance_that_is_no_number_is_told(tolerance):
    x = Value(0.5)
    with pytest.raises(TypeError, match="to_numpy: tolerance must be a number, such as 1e-6, not "):
        to_numpy(x.sin(), [x], tolerance=tolerance)


def test_a_long_formula_is_checked_in_reasonable_time():
    """XLA computes what is used twice as often as it is used, unless it is told not to."""
    jax()
    draw, values = Random(0), [Value(0.3), Value(0.7)]
    x = values[:2]
    for _ in range(700):
        a, b = draw.choice(values[-40:]), draw.choice(values[-40:])
        values.append(draw.choice([(a + b) * 0.5, (a * b).tanh(), a.sin(), a - b * 0.3]))
    assert to_jax(sum(values[-40:]), x).difference < 1e-12


def test_an_export_that_differs_is_refused():
    x = Value(0.5)
    with pytest.raises(VerificationError, match=r"to_numpy: on 1,000 random samples it differs from the engine"):
        to_numpy(autograd.floor(1e15 * (x / 3.0 + x)), [x], tolerance=-1.0)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((lambda x: x[0],), TypeError, r"say how many numbers a sample has, as in to_numpy\(model, inputs=4\)"),
        ((lambda x: x[0], 0), TypeError, "inputs is how many numbers a sample has"),
        (([1.0], []), TypeError, "give Values, or a model to record"),
        ((Value(1.0) * 2.0, [2.0]), TypeError, "inputs must be leaves, Values that were not computed; number 0 is 2.0"),
        ((Value(1.0) * 2.0, [Value(1.0) * 2.0]), TypeError, "inputs must be leaves, number 0 is the result of mul"),
        ((Value(1.0) * 2.0,), TypeError, r"say which leaves are the inputs, as in to_numpy\(y, \[x\]\)"),
        ((lambda x: [3.0, 4.0], 2), TypeError, r"gives Values that depend on its inputs, and this gave \[3.0, 4.0\]"),
        ((nn.Linear(3, 1), 4), ValueError, r"called with a sample of shape \(4,\); where it takes another, say so"),
        ((lambda x: {"y": x[0]}, 1), TypeError, "this gave {'y': .*; a list of the values of a dict is taken"),
        ((nn.Sequential(nn.Embedding(5, 2), nn.Linear(2, 1)),), TypeError, "say how many numbers a sample has"),
        ((lambda x: x[0], 1, [Value(1.0).tanh()]), TypeError, "parameters must be leaves, number 0 is the result of"),
        ((lambda rows: rows[0][0], 4), TypeError, r"as in to_numpy\(model, inputs=\(9, 27\)\)"),
    ],
)
def test_what_does_not_fit_is_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        to_numpy(*arguments)


@pytest.mark.parametrize("shape", [(), (2,), (4,), (3, 4), (3, 0)])
def test_a_sample_of_another_length_is_refused_when_it_is_called(door, shape):
    x, y, z = Value(0.5), Value(1.0), Value(2.0)
    to, _ = door
    for f in (to(x * y.sin() + z, [x, y, z]), to(nn.Linear(3, 2))):
        with pytest.raises(ValueError, match=r"f: x must have 3 inputs on its last axis; its shape is \("):
            f(np.zeros(shape))


def test_a_value_is_an_input_or_a_parameter():
    x = Value(1.0)
    with pytest.raises(ValueError, match="among the inputs and among the parameters"):
        to_numpy(x * x, [x], [x])
    with pytest.raises(ValueError, match="one of them is there twice"):
        to_numpy(x * x, [x, x])


@pytest.mark.parametrize("name", ["np", "class", "None", "float", "x", "erf", "abs", "a b", "", "1", "tuple", "f"])
def test_a_name_that_the_text_uses_is_refused(name):
    x = Value(1.0)
    if name == "f":
        assert to_numpy(abs(x.erf()), [x], name=name).__name__ == "f"
        return
    with pytest.raises(ValueError, match="name must be an identifier of Python that the text does not use, not"):
        to_numpy(abs(x.erf()), [x], name=name)
