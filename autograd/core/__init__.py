"""The graph: the node, what recording does, orders and sweeps."""
