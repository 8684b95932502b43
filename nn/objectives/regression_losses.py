"""Losses of numbers: PyTorch's names and argument order."""

import math
from itertools import chain
from typing import Any

from autograd import clamp, div, dot, log, maximum
from nn.inputs.checks import flag, number
from nn.inputs.spellings import local_names
from nn.objectives.loss_inputs import (
    check_range,
    data_of,
    read_elements,
    read_residuals,
    records,
    reduce_losses,
    reduce_sum,
    squares,
)

__all__ = ["gaussian_nll_loss", "gaussian_variance", "half_squared_loss", "huber_loss", "l1_loss", "mse_loss"]


@local_names
def half_squared_loss(input: Any, target: Any, reduction: str | None = None) -> Any:
    """Half the squared error of a sample, ½ Σₖ (tₖ - yₖ)², summed over its outputs; the mean is over samples.

    n × q are n samples of q outputs; 'none' gives one loss a sample.  A flat sequence is n samples of one output if a
    reduction is given; without one it is refused, for it may be meant as one sample of n, whose loss is n times that.
    Its derivative is the error y - t.  Source: seeds, "Loss Functions" and "Output Gradient".

    >>> half_squared_loss([[1.0, 2.0], [0.0, 0.0]], [[1.0, 4.0], [0.0, 2.0]])
    2.0
    >>> half_squared_loss([1.0, 2.0], [1.0, 4.0], reduction="mean")
    1.0
    """
    residuals, shape = read_residuals("half_squared_loss", input, target)
    if reduction is None and len(shape) == 1 and shape[0] > 1:
        raise ValueError(
            f"half_squared_loss: {shape[0]} numbers may be one sample of {shape[0]} outputs, or as many samples of 1; "
            "write half_squared_loss([y], [t]) for the first, reduction='mean' for the second"
        )
    outputs = math.prod(shape[1:])
    samples = [residuals[i : i + outputs] for i in range(0, len(residuals), outputs)]
    return reduce_sum(lambda rows: 0.5 * squares(list(chain(*rows))), samples, shape[:1], reduction or "mean")


@local_names
def mse_loss(input: Any, target: Any, reduction: str = "mean") -> Any:
    """Mean squared error, (1/n) Σ (inputᵢ - targetᵢ)².

    Source: seeds, "mean squared loss (regression)".

    >>> mse_loss([1.0, 2.0], [1.0, 4.0])
    2.0
    """
    return reduce_sum(squares, *read_residuals("mse_loss", input, target), reduction)


@local_names
def l1_loss(input: Any, target: Any, reduction: str = "mean") -> Any:
    """Absolute error, (1/n) Σ |inputᵢ - targetᵢ|; its subgradient at 0 is 0.

    Source: seeds, "Regression Losses: The Squared Loss and Variants".

    >>> l1_loss([1.0, 2.0], [1.0, 4.0])
    1.0
    """
    residuals, shape = read_residuals("l1_loss", input, target)
    return reduce_losses([abs(r) for r in residuals], shape, reduction)


@local_names
def huber_loss(input: Any, target: Any, reduction: str = "mean", delta: float = 1.0) -> Any:
    """Mean of ½r² for |r| ≤ δ and δ(|r| - ½δ) beyond, r = input - target: outliers pull with δ at most.

    Raises ValueError for a delta that is not above 0.  Source: seeds, "the Huber loss"; Huber (1964).

    >>> huber_loss([1.0, 5.0], [1.5, 0.0], reduction="none")
    [0.125, 4.5]
    """
    if number("huber_loss: delta", data_of(delta) if records(delta) else delta, high=math.inf) == 0.0:
        raise ValueError(f"huber_loss: delta must be above 0, not {delta!r}")
    residuals, shape = read_residuals("huber_loss", input, target)
    least = -delta

    def huber(rs: list[Any]) -> Any:
        # m·r - ½m², m being r within [-δ, δ], is both branches at once; of |r| the curvature at 0 would be lost
        capped = [clamp(r, least, delta) for r in rs]
        return dot(capped, rs) - 0.5 * squares(capped)

    return reduce_sum(huber, residuals, shape, reduction)


@local_names
def gaussian_nll_loss(
    input: Any, target: Any, var: Any, full: bool = False, eps: float = 1e-6, reduction: str = "mean"
) -> Any:
    """Negative log-likelihood of N(input, var), mean of ½ (log v + (input - target)² / v) with v = max(var, eps).

    Args:
        input: Expected values.
        target: Observations.
        var: The variance: one number or Value for all, or one an element.
        full: Add the constant ½ log 2π.
        eps: Least variance.  Below it the gradient is that at eps, as in PyTorch, so that a var there can recover.
        reduction: 'mean', 'sum' or 'none'.

    Raises ValueError for a negative variance.  `gaussian_variance` is the best one.
    Source: seeds, "the log-likelihood"; Nix and Weigend (1994).

    >>> gaussian_nll_loss([1.0, 2.0], [1.0, 4.0], var=4.0, reduction="sum") - math.log(4.0)
    0.5
    """
    name = "gaussian_nll_loss"
    flag(f"{name}: full", full)
    check_range(name, "eps", eps, math.inf)
    residuals, shape = read_residuals(name, input, target)
    variances, var_shape = read_elements(f"{name}: var", var)
    if var_shape not in ((), shape):
        raise ValueError(f"{name}: var has shape {var_shape}, but input {shape}: give one for all, or one an element")
    for variance in variances:
        if not data_of(variance) >= 0:
            raise ValueError(f"{name}: var must be at least 0, not {data_of(variance)!r}")
    # At least eps, with the slope of v: the same formula whatever the number is.
    variances = [max(eps, v) if v.__class__ is float else v + maximum(eps - v, 0.0).detach() for v in variances]
    logs = [log(2.0 * math.pi * v if full else v) for v in variances]
    if not var_shape:
        (v,), (log_v,) = variances, logs
        return reduce_sum(lambda rs: 0.5 * (len(rs) * log_v + div(squares(rs), v)), residuals, shape, reduction)
    losses = [0.5 * (log_v + div(r * r, v)) for r, v, log_v in zip(residuals, variances, logs)]
    return reduce_losses(losses, shape, reduction)


@local_names
def gaussian_variance(input: Any, target: Any) -> Any:
    """The variance that minimises `gaussian_nll_loss`, σ*² = (1/n) Σ (targetᵢ - inputᵢ)²: the mean squared error.

    From ∂/∂v Σ ½ (log v + rᵢ²/v) = 0.  Source: seeds, "Minimizing for σ² is an independent operation".

    >>> gaussian_variance([1.0, 2.0], [1.0, 4.0])
    2.0
    """
    return reduce_sum(squares, *read_residuals("gaussian_variance", input, target), "mean")
