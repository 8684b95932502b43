"""What is exported in these tests: trained networks, the transformer of the demos among them."""

import ast
import functools
import math
from random import Random

import numpy as np

import autograd
import nn
from autograd import Value
from nn import Adam
from tests.test_structure import ROOT

PLACES = 6
"""Characters that the transformer sees."""


@functools.cache
def digits():
    """The trained network for digits of demos/3_networks/11_digits.py after a few epochs, and the test set."""
    train, _, test = nn.train_validation_test_split(nn.load_digits(scaled=True), 0.1, 0.2, seed=0, stratify=True)
    model = nn.MLP(64, [32, 10], initializer="kaiming_uniform", rng=Random(0))
    nn.fit(model, train, nn.cross_entropy, Adam(model.parameters(), lr=8e-3), 5, compile=True, progress=False)
    return model, test


@functools.cache
def iris():
    """A trained network for iris that gives probabilities."""
    data = nn.load_iris()
    model = nn.MLP(4, [8, 3], activation="tanh", rng=Random(0))
    nn.fit(model, data, nn.cross_entropy, Adam(model.parameters(), lr=0.02), 5, compile=True, progress=False)
    return nn.Sequential(model, nn.Softmax())


@functools.cache
def transformer():
    """The one of demos/3_networks/16_transformer.py, of six places, after 300 steps: its parts are read there."""
    source = ast.parse((ROOT / "demos/3_networks/16_transformer.py").read_text(encoding="utf-8"))
    names = {name: getattr(autograd, name) for name in ("dot", "relu", "rsqrt", "softmax", "Value")}
    names |= {name: getattr(nn, name) for name in ("Linear", "Module", "one_hot", "cross_entropy")}
    names |= {"LENGTH": PLACES, "WIDTH": 16, "HEADS": 2, "math": math}
    wanted = {"Transformer", "add", "norm", "sample", "loss_of", "LIST", "LETTERS"}
    parts = [
        x for x in source.body if wanted & {getattr(x, "name", None), *map(ast.unparse, getattr(x, "targets", []))}
    ]
    exec(compile(ast.Module(parts, []), "transformer", "exec"), names)
    model = names["model"] = names["Transformer"](Random(0))
    words = [word for word in names["LIST"].split() if len(word) < PLACES]
    data = np.array([np.concatenate([np.ravel(part) for part in names["sample"](word)]) for word in words])
    inputs = [Value(number) for number in data[0]]
    places = [inputs[27 * t : 27 * (t + 1)] for t in range(2 * PLACES)]
    loss = names["loss_of"](places[:PLACES], places[PLACES:], inputs[-PLACES:])
    draw = np.random.default_rng(0)
    with nn.TrainingStep(loss, inputs, Adam(model.parameters(), lr=0.01)) as step:
        losses = [step(data[draw.choice(len(data), 32, replace=False)]) for _ in range(300)]
    assert losses[0] > 3.0
    assert np.mean(losses[-50:]) < 1.6  # guessing is log 27 = 3.3
    return model


NETWORKS = {
    "digits": (lambda: digits()[0], None),
    "iris": (iris, None),
    "transformer": (transformer, (PLACES, 27)),
}
"""Each with the shape of its inputs, None where it says itself."""
