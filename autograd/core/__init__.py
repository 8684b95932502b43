"""The graph: the node, what recording does here and now, orders and sweeps.

`value` is the node, `mode` what happens to operations here and now, `recording` how an operation makes a node, `sweep`
what `backward()` does, `graph` the orders and the sweeps that transforms use, `copying` copies and pickles, `tree`
structures of numbers.
"""

from autograd.core import copying, recording, sweep

__all__ = ["copying", "recording", "sweep"]
