"""The tour in less than a second: run it before every commit."""

import autograd
from autograd import Value, no_grad, to_dot
from nn import MLP, SGD, mse_loss


def test_a_neuron_by_hand():
    x1, x2, w1, w2, b = (Value(v) for v in (2.0, 0.0, -3.0, 1.0, 6.8813735870195432))
    o = (x1 * w1 + x2 * w2 + b).tanh()
    o.backward()
    assert round(o.data, 10) == 0.7071067812
    assert [round(v.grad, 10) for v in (x1, x2, w1, w2)] == [-1.5, 0.5, 1.0, 0.0]


def test_a_second_backward_is_right():
    x = Value(3.0)
    y = x * x * x
    y.backward()
    y.backward()
    assert x.grad == 54.0


def test_numbers_in_numbers_out():
    assert autograd.exp(0.0) == 1.0
    assert isinstance(autograd.exp(Value(0.0)), Value)


def test_no_grad_records_nothing():
    with no_grad():
        assert (Value(1.0) + 2.0).operands == ()


def test_a_network_learns():
    import random

    model = MLP(2, [4, 1], activation="tanh", rng=random.Random(1))
    optimizer = SGD(model.parameters(), lr=0.1, momentum=0.5)
    losses = []
    for _ in range(30):
        loss = mse_loss([model([0.5, -1.0]), model([1.0, 2.0])], [0.0, 1.0])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.data)
    assert losses[-1] < 0.01 * losses[0]


def test_a_graph_has_an_edge_for_each_operand():
    a = Value(2.0)
    assert to_dot(a * a).count("->") == 2
