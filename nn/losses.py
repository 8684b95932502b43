"""Losses: PyTorch's names and argument order, on single numbers, sequences and batches of Values."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from autograd import log_softmax_first, mean, relu, softplus
from autograd import sum as total


def _reduced(losses: list[Any], reduction: str) -> Any:
    reductions: dict[str, Callable[[list[Any]], Any]] = {"mean": mean, "sum": total, "none": list}
    if reduction not in reductions:
        raise ValueError(f"reduction must be 'mean', 'sum' or 'none', not {reduction!r}")
    return reductions[reduction](losses)


def _pairs(name: str, input: Any, target: Any) -> list[tuple[Any, Any]]:
    """Corresponding elements of two sequences, or of two single numbers."""
    inputs = list(input) if isinstance(input, Iterable) else [input]
    targets = list(target) if isinstance(target, Iterable) else [target]
    if len(inputs) != len(targets):
        raise ValueError(f"{name}: {len(inputs)} inputs, but {len(targets)} targets")
    if not inputs:
        raise ValueError(f"{name}: there are no inputs")
    return list(zip(inputs, targets, strict=True))


def mse_loss(input: Any, target: Any, reduction: str = "mean") -> Any:
    """Mean squared error, (1/n) Σ (inputᵢ - targetᵢ)².

    Source: seeds, "mean squared loss (regression)".

    >>> mse_loss([1.0, 2.0], [1.0, 4.0])
    2.0
    """
    return _reduced([(x - y) ** 2 for x, y in _pairs("mse_loss", input, target)], reduction)


def hinge_loss(input: Any, target: Any, reduction: str = "mean") -> Any:
    """Hinge loss, mean of max(0, 1 - yᵢ sᵢ) for scores s and classes y = ±1.

    >>> hinge_loss([2.0, -0.5], [1, 1])
    0.75
    """
    pairs = _pairs("hinge_loss", input, target)
    for _, y in pairs:
        if y not in (-1, 1):
            raise ValueError(f"hinge_loss: targets must be -1 or 1, not {y!r}")
    return _reduced([relu(1.0 + -y * s) for s, y in pairs], reduction)


def binary_cross_entropy_with_logits(input: Any, target: Any, reduction: str = "mean") -> Any:
    """Cross-entropy of the probability σ(s) with the target t in [0, 1]: mean of t·log(1 + e⁻ˢ) + (1 - t)·log(1 + eˢ).

    Its derivative by the logit is σ(s) - t.  Source: seeds, "logistic regression"; exact at any logit.

    >>> binary_cross_entropy_with_logits([1000.0, -1000.0], [1, 0])
    0.0
    """
    pairs = _pairs("binary_cross_entropy_with_logits", input, target)
    for _, t in pairs:
        if not 0 <= t <= 1:
            raise ValueError(f"binary_cross_entropy_with_logits: targets must lie in [0, 1], not {t!r}")
    return _reduced([_binary_cross_entropy(s, t) for s, t in pairs], reduction)


def _binary_cross_entropy(logit: Any, target: Any) -> Any:
    if target == 1:
        return softplus(-logit)
    if target == 0:
        return softplus(logit)
    return target * softplus(-logit) + (1 - target) * softplus(logit)


def cross_entropy(input: Any, target: Any, reduction: str = "mean") -> Any:
    """Cross-entropy of softmax(logits) with a class, -log softmax(s)ₜ = log Σ exp(sⱼ - sₜ).

    Args:
        input: The logits of one sample, or a sequence of those of several.
        target: The class, counted from 0; or a sequence of as many classes.

    Its derivative by the logits is softmax(s) - onehot(t).  Source: seeds, "Classification".

    >>> cross_entropy([0.0, 0.0], 1)
    0.6931471805599453
    """
    samples = list(input)
    if not isinstance(target, Iterable):
        return _cross_entropy(samples, target)
    return _reduced([_cross_entropy(list(s), t) for s, t in _pairs("cross_entropy", samples, target)], reduction)


def _cross_entropy(logits: Sequence[Any], target: Any) -> Any:
    if isinstance(target, bool) or not hasattr(target, "__index__"):
        raise TypeError(
            f"cross_entropy: the target must be the number of a class, not {type(target).__name__} {target!r}"
        )
    index = target.__index__()
    if not 0 <= index < len(logits):
        raise ValueError(
            f"cross_entropy: target {index} is not one of the {len(logits)} classes 0 to {len(logits) - 1}"
        )
    return -log_softmax_first([logits[index], *logits[:index], *logits[index + 1 :]])
