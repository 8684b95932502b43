"""Activation functions by name: the primitives of one operand."""

from collections.abc import Callable
from typing import Any

import autograd

Activation = Callable[[Any], Any]


def identity(x: Any) -> Any:
    """X itself: the output of a regression."""
    return x


ACTIVATIONS: dict[str, Activation] = {
    "identity": identity,
    **{name: getattr(autograd.primitives, name) for name in (
        "relu", "leaky_relu", "elu", "gelu", "silu", "softplus", "sigmoid", "logsigmoid", "tanh", "sin",
    )},
}  # fmt: skip


def get_activation(activation: str | Activation) -> Activation:
    """The function of this name; a function is returned as it is.

    >>> get_activation("tanh")
    <primitive tanh>
    """
    if callable(activation):
        return activation
    if activation not in ACTIVATIONS:
        raise ValueError(f"activation must be a function or one of {', '.join(ACTIVATIONS)}, not {activation!r}")
    return ACTIVATIONS[activation]
