"""Training on several processes, on one machine or on a cluster, by JAX's distributed runtime.

>>> from nn import distributed
>>> distributed.start()
Group(process 0 of 1)
"""

from nn.distributed.group import Group, start
from nn.distributed.launcher import launch
from nn.distributed.training import fit

__all__ = ["Group", "fit", "launch", "start"]
