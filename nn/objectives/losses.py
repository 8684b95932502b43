"""Losses with PyTorch's names: of single numbers, of sequences, and of n × q sequences of sequences.

All take `reduction`: 'mean' over all elements (or over samples, where a loss is one of a sample), 'sum', or 'none'
for each of them in the nesting of the input.  Lists, tuples, NumPy arrays and pandas frames are read alike.  Input
and target must have one shape, nothing is broadcast; ValueError tells both.  TypeError for what is not a number.
A target that is nan, or outside what the loss is defined for, is refused with ValueError.

Squares, and what else has a row in the table of primitives, are summed in one node.
"""

from nn.objectives.classification_losses import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cross_entropy,
    hinge_loss,
    kl_div,
    margin,
    multi_margin_loss,
    nll_loss,
)
from nn.objectives.regression_losses import (
    gaussian_nll_loss,
    gaussian_variance,
    half_squared_loss,
    huber_loss,
    l1_loss,
    mse_loss,
)

__all__ = [
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "cross_entropy",
    "gaussian_nll_loss",
    "gaussian_variance",
    "half_squared_loss",
    "hinge_loss",
    "huber_loss",
    "kl_div",
    "l1_loss",
    "margin",
    "mse_loss",
    "multi_margin_loss",
    "nll_loss",
]
