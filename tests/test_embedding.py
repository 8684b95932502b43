"""Embeddings, looked up by a number in Python, and chosen by one in machine code."""

import math
from random import Random

import numpy as np
import pytest

from autograd import Value, grad, jit
from nn import SGD, Adam, Embedding, Linear, Module, cross_entropy, fit


class Bigram(Module):
    """Two numbers to logits of three classes."""

    def __init__(self, rng):
        self.embedding, self.head = Embedding(4, 3, rng=rng), Linear(6, 3, rng=rng)

    def forward(self, x):
        if isinstance(x[0], list | tuple | np.ndarray):
            return [self.forward(sample) for sample in x]
        a, b = self.embedding(x)
        return self.head([*a, *b])


def numbers(vectors):
    return [[x.data for x in vector] for vector in vectors]


def test_a_number_chooses_a_row():
    embedding = Embedding(3, 2, rng=Random(0))
    rows = numbers(embedding.table)
    for index in (1, np.int64(1), 1.0, np.float64(1.0), Value(1.0)):
        assert [x.data for x in embedding(index)] == rows[1]
    assert numbers(embedding([2, 0, 2])) == numbers(embedding(np.array([2.0, 0.0, 2.0]))) == [rows[2], rows[0], rows[2]]
    assert numbers(embedding([[0], [1]])[1]) == [rows[1]]
    first, _ = embedding(2)
    first.backward()
    assert [[x.grad for x in row] for row in embedding.table] == [[0.0, 0.0], [0.0, 0.0], [1.0, 0.0]]


def test_what_is_no_number_of_the_table_is_refused():
    embedding = Embedding(3, 2)
    for wrong in (3, 3.0, Value(7.0)):
        with pytest.raises(ValueError, match="is not one of the numbers 0 to 2"):
            embedding(wrong)
    for wrong in (-1, -1.0):
        with pytest.raises(ValueError, match="must be a whole number of at least 0"):
            embedding(wrong)
    for wrong in (0.5, None, math.nan, True):
        with pytest.raises(TypeError, match="a number must be a whole number"):
            embedding(wrong)
    with pytest.raises(ValueError, match="num_embeddings"):
        Embedding(0, 2)


def test_its_weights_have_names_and_come_from_its_source():
    embedding = Embedding(2, 2, rng=Random(0))
    source = Random(0)
    assert [x.data for x in embedding.parameters()] == [source.gauss(0.0, 1.0) for _ in range(4)]
    assert [name for name, _ in embedding.named_parameters()] == ["table.0.0", "table.0.1", "table.1.0", "table.1.1"]
    assert repr(embedding) == "Embedding(2, 2)"
    assert str(embedding.describe()) == "Embedding"
    other = Embedding(2, 2, initializer="zeros")
    other.load_state_dict(embedding.state_dict())
    assert numbers(other.table) == numbers(embedding.table)


@pytest.mark.parametrize("backend", ["llvm", "numpy", "interpreter"])
def test_one_program_serves_all_numbers(backend):
    embedding = Embedding(4, 3, rng=Random(0))
    f = jit(lambda i: embedding(i), backend=backend)
    for index in (0, 1, 2, 3, 2.0):
        assert f(index) == pytest.approx([x.data for x in embedding(index)])
    assert f(4) == f(-1) == f(0.5) == [0.0, 0.0, 0.0]
    assert len(f._entries) == 1
    weights = [x for row in embedding.table for x in row]
    squares = lambda i: sum(x * x for x in embedding(i))
    assert jit(grad(squares), backend=backend)(1.0) == 0.0
    squares(2).backward()
    assert [w.grad for w in weights[6:9]] == [2.0 * w.data for w in weights[6:9]]


@pytest.mark.parametrize("kind", [list, np.array])
@pytest.mark.parametrize("optimizer", [SGD, Adam])
def test_a_compiled_training_is_that_of_the_engine(kind, optimizer):
    rng = Random(3)
    samples = [[rng.randrange(4), rng.randrange(4)] for _ in range(40)]
    targets = [(a + b) % 3 for a, b in samples]
    histories = []
    for compile in (False, True):
        model = Bigram(Random(1))
        fit(model, (kind(samples), targets), cross_entropy, optimizer(model.parameters(), lr=0.1), 5, compile=compile)
        histories.append([x.data for x in model.parameters()])
    assert histories[0] == pytest.approx(histories[1], rel=1e-9, abs=1e-12)
