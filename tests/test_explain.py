"""The chain rule in words: every path, its product, and a sum that is the gradient."""

import math
import time

import pytest
from hypothesis import given, settings

import autograd
from autograd import Value, topological_order
from autograd.formulas.explain import SHOWN, explain
from autograd.formulas.program import program
from tests.test_random_graphs import programs, run


def example():
    w, x = Value(3.0, label="w"), Value(2.0, label="x")
    L = w * x + w
    L.label = "L"
    return w, x, L


def all_paths(v, x):
    """The products along all paths, by brute force; by an operand that is there twice a partial is the sum of both."""
    if v is x:
        return [1.0]
    partials = {}
    for operand, partial in zip(v.operands, v.partials, strict=True):
        if isinstance(operand, Value):
            partials[operand] = partials.get(operand, 0.0) + partial
    return [
        product * partial
        for operand, partial in partials.items()
        if not (partial == 0.0 and v.primitive.gate)
        for product in all_paths(operand, x)
    ]


def test_every_path_is_listed_with_its_product():
    w, _, L = example()
    explanation = explain(L, wrt=w)
    assert str(explanation).splitlines() == [
        "∂L/∂w = Σ over the 2 paths from w to L = 3",
        "  w → v1 → L: ∂L/∂v1 · ∂v1/∂w = 1 · 2 = 2",
        "  w → L: ∂L/∂w = 1",
    ]
    assert explanation.total == 3.0
    assert [path.nodes for path in explanation.paths] == [("w", "v1", "L"), ("w", "L")]


def test_nodes_have_the_names_of_the_printed_program():
    x1, x2 = Value(2.0, label="x1"), Value(5.0, label="x2")
    y = x1.log() + x1 * x2 - x2.sin()
    assert [path.nodes for path in explain(y, wrt=x2).paths] == [("x2", "v2", "v4", "v5"), ("x2", "v3", "v5")]
    assert "v3 = sin(x2)" in str(program(y))


def test_the_path_through_both_operands_of_a_square_is_one_and_is_told_once():
    x = Value(3.0, label="x")
    explanation = explain(x * x, wrt=x)
    assert (explanation.count, explanation.total) == (1, 6.0)
    assert str(explanation).splitlines()[1:] == ["  x → v1: ∂v1/∂x = 6"]
    assert str(explain(x * x)).splitlines()[1:] == ["  x = 3: ∂v1/∂x = 6, so it receives 6 times the adjoint of v1"]


@settings(max_examples=200)
@given(programs())
def test_paths_are_counted_and_the_heaviest_are_those_of_brute_force(drawn):
    numbers, steps = drawn
    leaves = [Value(x) for x in numbers]
    root = run(leaves, steps)
    root.backward()
    for leaf in leaves:
        products = all_paths(root, leaf)
        explanation = explain(root, wrt=leaf)
        assert explanation.count == len(products)
        assert explanation.total == pytest.approx(leaf.grad, rel=1e-9, abs=1e-12)
        expected = sorted(map(abs, products), reverse=True)[:SHOWN]
        assert [abs(path.product) for path in explanation.paths] == pytest.approx(expected, rel=1e-9, abs=1e-300)
        size = math.fsum(map(abs, products))
        assert math.fsum(products) == pytest.approx(explanation.total, rel=1e-9, abs=1e-12 + 1e-12 * size)
        for path in explanation.paths:
            assert math.prod(path.partials) == pytest.approx(path.product, rel=1e-9, abs=1e-300)
            assert len(path.nodes) == len(path.partials) + 1


def test_exponentially_many_paths_are_counted_not_walked():
    x = y = Value(0.5, label="x")
    for _ in range(100):
        y = (y + y.relu()) * 0.5
    explanation = explain(y, wrt=x)
    assert explanation.count == 2**100
    assert len(explanation.paths) == SHOWN
    assert "Σ over the about 10^30 paths" in str(explanation)
    assert f"the {SHOWN} heaviest:" in str(explanation)
    assert explanation.total == 1.0


def test_more_paths_than_can_be_counted_are_said_to_be_so():
    x = y = Value(0.5, label="x")
    for _ in range(400):
        y = (y + y.relu()) * 0.5
    assert explain(y, wrt=x).count == math.inf
    assert "more than 10^100 paths" in str(explain(y, wrt=x))


@pytest.mark.slow
@pytest.mark.exhaustive
def test_a_chain_of_a_million_nodes_takes_no_stack():
    x = y = Value(0.5, label="x")
    for _ in range(1_000_000):
        y = y * 1.000001
    start = time.process_time()
    explanation = explain(y, wrt=x)
    text, latex = str(explanation), explanation.latex()
    assert time.process_time() - start < 60.0  # 10 s when written
    assert explanation.count == 1
    assert explanation.total == pytest.approx(math.e, rel=1e-5)
    assert "…" in text
    assert len(text) < 500
    assert len(latex) < 1000


def test_a_leaf_with_many_users_keeps_the_heaviest_paths():
    x = Value(1.0, label="x")
    y = autograd.sum([x * float(i) for i in range(1000)])
    assert [path.product for path in explain(y, wrt=x).paths] == [999.0 - i for i in range(SHOWN)]


def test_no_path_is_said_to_be_none():
    _, _, L = example()
    explanation = explain(L, wrt=Value(1.0, label="z"))
    assert str(explanation) == "∂L/∂z = 0: no path leads from z to L"
    assert (explanation.count, explanation.total) == (0, 0.0)


@pytest.mark.parametrize("label", ["", "w"])
def test_a_stranger_is_not_called_as_a_node_of_the_graph_is(label):
    _, _, L = example()
    stranger = Value(1.0, label=label)
    assert str(explain(L, wrt=stranger)) == f"∂L/∂{stranger} = 0: no path leads from {stranger} to L"


def test_a_node_depends_on_itself_with_derivative_one():
    _, _, L = example()
    assert explain(L, wrt=L).total == 1.0
    assert "the same node" in str(explain(L, wrt=L))


@pytest.mark.filterwarnings("ignore::autograd.DomainWarning")
def test_zero_times_infinity_on_the_way_is_nan_and_a_closed_gate_is_no_path():
    x = Value(0.0, label="x")
    explanation = explain(x.log() * 0.0, wrt=x)
    assert math.isnan(explanation.total)
    assert math.isnan(explanation.paths[0].product)
    kept_out = explain(autograd.where(0.0, x.log(), x), wrt=x)
    assert kept_out.total == 1.0
    assert [path.product for path in kept_out.paths] == [1.0]


def test_the_local_step_names_operation_operands_and_what_they_receive():
    _, _, L = example()
    product = L.operands[0]
    text = str(explain(product))
    assert "v1 = w * x = 6, made by mul" in text
    assert "w = 3: ∂v1/∂w = 2, so it receives 2 times the adjoint of v1" in text
    L.backward(0.5)
    assert "so it receives 2 times the adjoint of v1: 2 · 0.5 = 1" in str(explain(product))
    assert repr([explain(product)]) == f"[{explain(product)}]"


def test_constants_and_leaves_are_explained_too():
    x = Value(2.0, label="x")
    assert "10 is a constant and receives nothing" in str(explain(x * 10.0))
    assert str(explain(x)) == "x = 2 is a leaf: nothing was computed, and its adjoint stays with it"


def test_latex_shows_sum_and_products():
    w, _, L = example()
    latex = explain(L, wrt=w).latex()
    assert r"\frac{\partial L}{\partial v_{1}} \cdot \frac{\partial v_{1}}{\partial w}" in latex
    assert "&= 2 + 1" in latex
    assert "&= 3" in latex
    assert r"w \cdot x" in explain(L.operands[0]).latex()


@pytest.mark.parametrize("label", ["a b", "\\alpha", "x_{1}", "ŷ", "$", "漢字", "nul \x00", "\ud800", "", "%#&~^"])
def test_latex_and_text_never_raise_whatever_the_label(label):
    x = Value(-2.0, label=label)
    y = x * x
    y.label = label
    for explanation in (explain(y), explain(y, wrt=x), explain(x), explain(y, wrt=Value(1.0))):
        assert explanation._repr_latex_().startswith("$")
        assert str(explanation)


@pytest.mark.parametrize("name", list(autograd.TABLE))
def test_every_row_has_an_explanation(name):
    row = autograd.TABLE[name]
    xs = [
        Value(1.5 if name == "acosh" else 0.3 + 0.1 * i, label=f"x{i}")
        for i in range(row.arity or {"dot": 4, "where": 3}.get(name, 5))
    ]
    y = xs[0]._apply_primitive(row, tuple(xs))
    assert f"made by {name}" in str(explain(y))
    assert "#" not in explain(y).latex()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: explain(3.0), "explain: v must be a Value, not float 3.0"),
        (lambda x: explain(x, wrt="x"), "explain: wrt must be a Value, not str 'x'"),
        (lambda x: explain(Value(1.0, (x,), "?")), "only its _backward closure"),
        (lambda x: explain(Value(1.0, (x,), "?"), wrt=x), "only its _backward closure"),
    ],
)
def test_errors_say_what_was_given(call, message):
    with pytest.raises(TypeError, match=message):
        call(Value(2.0, label="x"))


def test_nothing_is_changed_by_explaining():
    w, _, L = example()
    for node in topological_order(L):
        node.grad = 7.0
    explain(L, wrt=w)
    explain(L)
    assert {node.grad for node in topological_order(L)} == {7.0}
