"""Neurons, layers, networks, losses and optimisers on scalar Values, with PyTorch's names.

>>> import random
>>> from nn import MLP, SGD, mse_loss
>>> random.seed(0)
>>> model = MLP(2, [3, 1], activation="tanh")
>>> optimizer = SGD(model.parameters(), lr=0.1)
>>> losses = []
>>> for _ in range(20):
...     loss = mse_loss([model([1.0, 2.0])], [0.5])
...     optimizer.zero_grad()
...     loss.backward()
...     optimizer.step()
...     losses.append(loss.data)
>>> losses[-1] < 0.01 * losses[0]
True
"""

from nn.activations import get_activation
from nn.data import minibatches
from nn.initializers import INITIALIZERS, get_initializer
from nn.layers import MLP, Layer, Neuron
from nn.losses import binary_cross_entropy_with_logits, cross_entropy, hinge_loss, mse_loss
from nn.module import Module
from nn.optimizers import SGD, Adam, Optimizer

__all__ = [
    "INITIALIZERS",
    "MLP",
    "SGD",
    "Adam",
    "Layer",
    "Module",
    "Neuron",
    "Optimizer",
    "binary_cross_entropy_with_logits",
    "cross_entropy",
    "get_activation",
    "get_initializer",
    "hinge_loss",
    "minibatches",
    "mse_loss",
]
