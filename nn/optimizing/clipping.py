"""Clipping gradients before a step, as `torch.nn.utils`."""

import math
from collections.abc import Iterable

from autograd import Value
from nn.inputs.checks import flag, number

Parameters = Value | Iterable[Value]


def clip_grad_norm_(
    parameters: Parameters, max_norm: float, norm_type: float = 2.0, error_if_nonfinite: bool = False
) -> float:
    """Scale all gradients so that their norm is at most max_norm, g ← g·min(1, max_norm / (‖g‖ₚ + 10⁻⁶)); return ‖g‖ₚ.

    Args:
        parameters: A Value or several; one whose `grad` is None is passed over.
        max_norm: What the norm may be; inf to measure only.
        norm_type: p > 0; inf for the largest gradient.
        error_if_nonfinite: Raise FloatingPointError, and leave the gradients, if the norm is nan or inf.  Without it
            they become 0 or nan as in PyTorch, and the optimiser refuses the nan.

    Source: Pascanu, Mikolov and Bengio, arXiv:1211.5063.

    >>> x, y = Value(0.0), Value(0.0)
    >>> x.grad, y.grad = 3.0, 4.0
    >>> clip_grad_norm_([x, y], max_norm=1.0)
    5.0
    >>> round(x.grad, 5), round(y.grad, 5)
    (0.6, 0.8)
    """
    limit = number("clip_grad_norm_: max_norm", max_norm, high=math.inf)
    p = number("clip_grad_norm_: norm_type", norm_type, high=math.inf)
    if p == 0.0:
        raise ValueError("clip_grad_norm_: norm_type must be above 0, not 0")
    reached = _reached("clip_grad_norm_", parameters)
    norm = _norm([parameter.grad for parameter in reached], p)
    if flag("clip_grad_norm_: error_if_nonfinite", error_if_nonfinite) and not math.isfinite(norm):
        raise FloatingPointError(f"clip_grad_norm_: the norm of the gradients is {norm}; they were left as they are")
    factor = limit / (norm + 1e-6)
    if not factor >= 1.0:  # nan too
        for parameter in reached:
            parameter.grad *= factor
    return norm


def clip_grad_value_(parameters: Parameters, clip_value: float) -> None:
    """Limit every gradient by itself, g ← min(max(g, -clip_value), clip_value).

    One whose `grad` is None is passed over; nan stays nan.

    >>> x, y = Value(0.0), Value(0.0)
    >>> x.grad, y.grad = 3.0, -0.25
    >>> clip_grad_value_([x, y], clip_value=0.5)
    >>> x.grad, y.grad
    (0.5, -0.25)
    """
    limit = number("clip_grad_value_: clip_value", clip_value, high=math.inf)
    for parameter in _reached("clip_grad_value_", parameters):
        parameter.grad = max(min(parameter.grad, limit), -limit)


def _reached(name: str, parameters: Parameters) -> list[Value]:
    """The parameters that have a gradient."""
    if not isinstance(parameters, Value) and not isinstance(parameters, Iterable):
        raise TypeError(f"{name}: parameters must be Values, such as model.parameters(), not {parameters!r:.60}")
    given = [parameters] if isinstance(parameters, Value) else list(parameters)
    for parameter in given:
        if not isinstance(parameter, Value):
            raise TypeError(f"{name}: parameters must be Values, not {type(parameter).__name__}")
    return [parameter for parameter in given if parameter.grad is not None]


def _norm(gradients: list[float], p: float) -> float:
    """(Σ |gᵢ|ᵖ)^(1/p), scaled by the largest so that no power overflows or vanishes."""
    if any(map(math.isnan, gradients)):
        return math.nan
    largest = max(map(abs, gradients), default=0.0)
    if p == math.inf or largest in (0.0, math.inf):
        return largest
    return float(largest * math.fsum((abs(g) / largest) ** p for g in gradients) ** (1.0 / p))
