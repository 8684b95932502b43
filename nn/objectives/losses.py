"""Losses with PyTorch's names: of single numbers, of sequences, and of n × q sequences of sequences.

All take `reduction`: 'mean' over all elements (or over samples, where a loss is one of a sample), 'sum', or 'none'
for each of them in the nesting of the input.  Lists, tuples, NumPy arrays and pandas frames are read alike.  Input
and target must have one shape, nothing is broadcast; ValueError tells both.  TypeError for what is not a number.
A target that is nan, or outside what the loss is defined for, is refused with ValueError.

Squares, and what else has a row in the table of primitives, are summed in one node.
"""

from nn.objectives import classification_losses, regression_losses
from nn.objectives.classification_losses import *  # noqa: F403
from nn.objectives.regression_losses import *  # noqa: F403

__all__: list[str] = []
__all__ += classification_losses.__all__
__all__ += regression_losses.__all__
