"""Several operations as one box, and layers that nobody named: what is shown still obeys the chain rule."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd import Value, affine, dot, to_dot
from autograd.render.scenes.scene import scene
from nn import (
    MLP,
    cross_entropy,
    half_squared_loss,
    hinge_loss,
    l1_loss,
    mse_loss,
)


def compact(root, **options):
    return scene(root, compact=True, summarize=False, **options)


def operations(found):
    return [box.operation for box in found.boxes if box.operation]


def assert_the_chain_rule(found):
    """The gradient of each box is the sum over its arrows of partial times gradient where the arrow ends."""
    boxes = {box.id: box for box in found.boxes}
    sums = dict.fromkeys(boxes, 0.0)
    for edge in found.edges:
        sums[edge.source] += (edge.partial or 0.0) * (boxes[edge.target].grad or 0.0)
    for key, box in boxes.items():
        if box.kind not in ("constant", "result"):
            assert math.isclose(sums[key], box.grad, rel_tol=1e-9, abs_tol=1e-12), box


def sample(outputs=2, seed=0):
    model = MLP(2, [3, outputs], activation="tanh", rng=random.Random(seed))
    return model, model([Value(0.3, label="x1"), Value(-0.8, label="x2")])


# ---------------------------------------------------------------- sums


@given(st.lists(st.floats(-3, 3), min_size=2, max_size=12), st.randoms(use_true_random=False))
def test_a_sum_is_one_box_from_four_terms_on_however_it_is_bracketed(numbers, rng):
    terms = [Value(x, label=f"a{i}") for i, x in enumerate(numbers)]
    parts = list(terms)
    while len(parts) > 1:
        i = rng.randrange(len(parts) - 1)
        parts[i : i + 2] = [parts[i] + parts[i + 1]]
    (total,) = parts
    total.backward()
    found = compact(total)
    if len(numbers) >= 4:
        assert operations(found) == ["Σ"]
        by_id = {box.id: box.name for box in found.boxes}
        assert [by_id[edge.source] for edge in found.edges] == [term.label for term in terms]
    else:
        assert operations(found) == ["+"] * (len(numbers) - 1)
    assert_the_chain_rule(found)


def test_pythons_sum_begins_with_nothing():
    total = sum(Value(float(i)) for i in range(6))
    assert [box.kind for box in compact(total).boxes] == ["input"] * 6 + ["result"]


def test_a_sum_that_has_a_name_or_another_user_stays():
    a, b, c, d, e = (Value(float(i)) for i in range(5))
    named = a + b
    named.label = "half"
    assert operations(compact(named + c + d + e)) == ["+", "Σ"]
    used = a + b
    assert operations(compact((used + c + d + e) * used)) == ["+", "Σ", "×"]
    x = a + b + c
    assert_the_chain_rule(compact(x + d + x + e))


def test_a_sum_of_ten_thousand_terms_takes_no_recursion():
    total = Value(0.0)
    for _ in range(10_000):
        total = total + Value(1.0)
    assert operations(compact(total)) == ["Σ"]


def test_a_wide_neuron_that_is_written_out_has_one_sum():
    model = MLP(3, [1], rng=random.Random(0))
    y = model([Value(float(i), label=f"x{i}") for i in range(3)])
    y.backward()
    found = compact(y, model=model, expand=True)
    assert operations(found) == ["×", "×", "×", "Σ"]
    assert {box.cluster for box in found.boxes if box.operation} == {"layers.0.neurons.0"}
    assert_the_chain_rule(found)


# ---------------------------------------------------------------- losses


@pytest.mark.parametrize(
    ("loss", "symbols"),
    [
        (lambda y: half_squared_loss([y], [[1.0, -1.0]]), ["½‖t − y‖²"]),
        (lambda y: half_squared_loss(y, [1.0, -1.0], reduction="mean"), ["½‖t − y‖² / 2"]),
        (lambda y: half_squared_loss(y, [Value(1.0), Value(-1.0)], reduction="mean"), ["½‖t − y‖² / 2"]),
        (lambda y: half_squared_loss(y[0], 2.0) + y[1], ["½‖t − y‖²", "+"]),
        (lambda y: 0.5 * (2.0 - y[0]) ** 2 + y[1], ["½‖t − y‖²", "+"]),
        (lambda y: mse_loss(y, [1.0, -1.0]), ["‖t − y‖² / 2"]),
        (lambda y: l1_loss(y, [1.0, -1.0]), ["|t − y|", "|t − y|", "mean"]),
        (lambda y: hinge_loss(y, [1.0, -1.0]), ["max(0, 1 − t·y)", "max(0, 1 − t·y)", "mean"]),
        (lambda y: cross_entropy(y, 1), ["−log softmax"]),
    ],
)
def test_a_loss_is_one_box_and_written_out_on_request(loss, symbols):
    model, y = sample()
    root = loss(y)
    root.backward()
    found = compact(root, model=model)
    own = [box.operation for box in found.boxes if box.operation and not box.cluster]
    assert own == symbols
    assert_the_chain_rule(found)
    expanded = compact(root, model=model, expand=True)
    assert not set(symbols[:1]) & set(operations(expanded))
    assert_the_chain_rule(expanded)


def test_what_is_no_loss_is_left_alone():
    a, b = Value(1.0, label="a"), Value(2.0, label="b")
    assert len(operations(compact(abs(a - b)))) == 2
    assert operations(compact((a - b) ** 2)) == ["−", "x²"]
    assert operations(compact(0.5 * (a * b) ** 2)) == ["×", "x²", "×"]
    difference = a - b
    assert operations(compact(0.5 * difference**2 + difference)) == ["−", "x²", "×", "+"]
    named = a - b
    named.label = "error"
    assert operations(compact(0.5 * named**2)) == ["−", "x²", "×"]


# ---------------------------------------------------------------- layers


def test_layers_are_found_by_depth_without_a_model():
    model, y = sample()
    loss = half_squared_loss([y], [[1.0, 0.0]])
    loss.backward()
    found = compact(loss)
    assert [(cluster.path, cluster.title) for cluster in found.clusters] == [
        ("layers.0", "layer 1: 2 → 3, tanh"),
        ("layers.1", "layer 2: 3 → 2, linear"),
    ]
    with_model = compact(loss, model=model)
    homes = [box.cluster.partition(".neurons")[0] for box in with_model.boxes]
    assert [box.cluster for box in found.boxes] == homes
    assert [box.kind for box in found.boxes] == [box.kind for box in with_model.boxes]


def test_large_graphs_without_a_model_are_summarised_by_layer():
    y = MLP(2, [16, 16, 1], rng=random.Random(0))([Value(1.0, label="x1"), Value(2.0, label="x2")])
    found = scene(y, compact=True)
    titles = [box.name for box in found.boxes if box.kind == "group"]
    assert titles == ["layer 1: 2 → 16, relu", "layer 2: 16 → 16, relu", "layer 3: 16 → 1, linear"]
    assert found.summary == "404 nodes are more than 200: summarised by layer"
    assert "summarised by depth" in scene(y, summarize="depth", compact=True).summary


def test_samples_share_their_layers_and_either_factor_may_be_the_weights():
    w = [[Value(0.1 * i + j) for j in range(2)] for i in range(3)]
    samples = [[Value(1.0), Value(2.0)], [Value(3.0), Value(4.0)]]
    sums = [dot(x, row) for x in samples for row in w]
    out = dot([Value(1.0) for _ in sums], [s.tanh() for s in sums])
    assert compact(out).clusters[0].title.startswith("layer 1: 2 → ")


def test_what_has_no_layers_has_no_frames():
    x, y = Value(1.0, label="x"), Value(2.0, label="y")
    assert compact(dot([x, y], [x, y])).clusters == ()
    assert compact(affine([Value(1.0)], [x], Value(0.0)).tanh()).clusters == ()
    assert compact((x * y).tanh()).clusters == ()
    assert "subgraph" not in to_dot(x * y)
