"""Training on several processes, on one machine or on a cluster, by JAX's distributed runtime.

>>> from nn import distributed
>>> distributed.start()
Group(process 0 of 1)
"""

import typing as _typing

from autograd import installation as _installation
from nn.distributed.group import Group, start
from nn.distributed.training import fit

if _typing.TYPE_CHECKING:
    from nn.distributed.launcher import launch
else:
    # Imported when first asked for: argparse, socket and subprocess take 6 of the 90 ms of `import nn`.
    _LATER = {"nn.distributed.launcher": ("launch",)}

    def __getattr__(name: str) -> object:
        return _installation.later(globals(), _LATER, name, {})


__all__ = ["Group", "fit", "launch", "start"]
