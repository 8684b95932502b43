"""What is exported in these tests: trained networks, and the transformer of the demos."""

import ast
import functools
import math
from random import Random

import nn
from autograd import Value, dot, relu, rsqrt, softmax
from nn import Adam, Linear, Module
from tests.test_structure import ROOT


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
    """The one of demos/3_networks/16_transformer.py: its class is read there."""
    source = (ROOT / "demos/3_networks/16_transformer.py").read_text(encoding="utf-8")
    names = {"LENGTH": 3, "WIDTH": 16, "HEADS": 2, "math": math, "Linear": Linear, "Module": Module, "dot": dot}
    names |= {"relu": relu, "rsqrt": rsqrt, "softmax": softmax, "Value": Value}
    wanted = [x for x in ast.parse(source).body if getattr(x, "name", None) in ("Transformer", "add", "norm")]
    exec(compile(ast.Module(wanted, []), "transformer", "exec"), names)
    return names["Transformer"](Random(0))


NETWORKS = {
    "digits": (lambda: digits()[0], None),
    "iris": (iris, None),
    "transformer": (transformer, (3, 27)),
}
"""Each with the shape of its inputs, None where it says itself."""
