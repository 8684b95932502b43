"""Losses of classes: PyTorch's names, and its argument order but that `weight` goes by name."""

import math
import sys
from collections.abc import Callable, Sequence
from typing import Any

from autograd import dot, exp, log, log1p, log_softmax_first, maximum, relu, softplus, where
from autograd import sum as total
from nn.inputs.checks import brief, flag, number
from nn.inputs.sequences import is_sequence
from nn.inputs.spellings import local_names
from nn.objectives.loss_inputs import (
    check_range,
    data_of,
    nest,
    none_of,
    read_binary_pairs,
    read_class_index,
    read_class_weights,
    read_distribution,
    read_pairs,
    read_samples,
    read_scores,
    reduce_losses,
    spread_weights,
    squares,
    sum_of_weights,
    weighted,
)

__all__ = [
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "cross_entropy",
    "hinge_loss",
    "kl_div",
    "margin",
    "multi_margin_loss",
    "nll_loss",
]

_LOG_FLOOR = -100.0  # PyTorch's, for log 0 in binary_cross_entropy
_FLOOR = math.exp(_LOG_FLOOR)


@local_names
def margin(input: Any, target: Any) -> Any:
    """The margin y·ŷ of scores ŷ and classes y = ±1, in the nesting of the input: positive where the sign is right.

    Source: seeds, "On the differentiability of the loss function".

    >>> margin([2.0, -0.5], [1, 1])
    [2.0, -0.5]
    """
    scores, signs, shape = read_scores("margin", input, target)
    return nest([y * s for s, y in zip(scores, signs)], shape)


@local_names
def hinge_loss(input: Any, target: Any, reduction: str = "mean") -> Any:
    """Hinge loss, mean of max(0, 1 - yᵢ sᵢ) for scores s and classes y = ±1; its subgradient at the kink is 0.

    Source: seeds, "On the differentiability of the loss function".

    >>> hinge_loss([2.0, -0.5], [1, 1])
    0.75
    """
    scores, signs, shape = read_scores("hinge_loss", input, target)
    return reduce_losses([relu(1.0 - s * y) for s, y in zip(scores, signs)], shape, reduction)


@local_names
def multi_margin_loss(
    input: Any, target: Any, p: int = 1, margin: float = 1.0, weight: Any = None, reduction: str = "mean"
) -> Any:
    """Hinge loss of several classes, w_t / C · Σ over j ≠ t of max(0, margin - sₜ + sⱼ)ᵖ; the mean is over samples.

    Args:
        input: The scores of one sample, or of several.
        target: The class, counted from 0; or as many classes.
        p: 1 or 2.
        margin: How much the score of the class should be above the others.
        weight: One for each class.
        reduction: 'mean', 'sum' or 'none'.

    Source: `torch.nn.functional.multi_margin_loss`; Crammer and Singer (2001), summed over classes.

    >>> multi_margin_loss([0.5, 1.0, 0.25], 1)
    0.25
    """
    name = "multi_margin_loss"
    if p not in (1, 2):
        raise ValueError(f"{name}: p must be 1 or 2, not {brief(p)}")
    number(f"{name}: margin", margin, low=-sys.float_info.max)
    rows, targets, shape = read_samples(name, input, target)
    weights = read_class_weights(name, weight, len(rows[0])) or [1.0] * len(rows[0])
    losses = []
    for scores, item in zip(rows, targets):
        index = read_class_index(name, item, len(scores))
        excess = [relu(s - scores[index] + margin) for j, s in enumerate(scores) if j != index]
        margins = (total(excess) if p == 1 else squares(excess)) if excess else none_of(scores[0])
        losses.append((weights[index] / len(scores)) * margins)
    return reduce_losses(losses, shape, reduction)


@local_names
def binary_cross_entropy(input: Any, target: Any, reduction: str = "mean", *, weight: Any = None) -> Any:
    """Cross-entropy of probabilities p with targets t in [0, 1], mean of -w (t log p + (1 - t) log(1 - p)).

    A logarithm is at least -100, as in PyTorch, so the loss of an impossible event is 100 and not infinite; there
    its derivative is 0.  Better give logits to `binary_cross_entropy_with_logits`, which needs no such floor.
    `weight` is one number, one for each of the last dimension, or one an element.
    Raises ValueError for an input outside [0, 1].  Source: seeds, "Binary Classification".

    >>> binary_cross_entropy([0.5, 1.0], [1, 0], reduction="none")
    [0.6931471805599453, 100.0]
    """
    name = "binary_cross_entropy"
    probabilities, targets, shape = read_binary_pairs(name, input, target)
    for p in probabilities:
        if not 0 <= data_of(p) <= 1:
            raise ValueError(
                f"{name}: input must be probabilities in [0, 1], not {data_of(p)!r}; "
                "for logits there is binary_cross_entropy_with_logits"
            )
    losses = [_binary_cross_entropy(p, t) for p, t in zip(probabilities, targets)]
    return reduce_losses(weighted(losses, spread_weights(name, "weight", weight, shape)), shape, reduction)


def _binary_cross_entropy(p: Any, t: Any) -> Any:
    # The same graph whatever the numbers are, and never the logarithm of 0, whose slope is infinite.
    terms = []
    if t.__class__ is not float or t != 0.0:
        terms.append((-t, log(maximum(p, _FLOOR))))
    if t.__class__ is not float or t != 1.0:
        rest = 1.0 - p
        log_of_rest = log1p(-where(rest, p, 0.0))  # the logarithm of 1 - p would lose the digits of a small p
        terms.append((t - 1.0, where(rest, log_of_rest, _LOG_FLOOR)))
    return dot(*zip(*terms))


@local_names
def binary_cross_entropy_with_logits(
    input: Any, target: Any, reduction: str = "mean", *, weight: Any = None, pos_weight: Any = None
) -> Any:
    """Cross-entropy of σ(s) with t in [0, 1]: mean of w (c·t·log(1 + e⁻ˢ) + (1 - t)·log(1 + eˢ)).

    Args:
        input: Logits s.
        target: t, numbers or Values.
        reduction: 'mean', 'sum' or 'none'.
        weight: w: one number, one for each of the last dimension, or one an element.
        pos_weight: c, for the positive class, in the same way; above 1 it raises the recall.

    Its derivative by the logit is σ(s) - t, weights aside.  Exact at any logit.
    Source: seeds, "logistic regression" and "Binary Classification".

    >>> binary_cross_entropy_with_logits([1000.0, -1000.0], [1, 0])
    0.0
    """
    name = "binary_cross_entropy_with_logits"
    logits, targets, shape = read_binary_pairs(name, input, target)
    positive = spread_weights(name, "pos_weight", pos_weight, shape) or [1.0] * len(logits)
    losses = [_binary_cross_entropy_with_logits(s, t, c) for s, t, c in zip(logits, targets, positive)]
    return reduce_losses(weighted(losses, spread_weights(name, "weight", weight, shape)), shape, reduction)


def _binary_cross_entropy_with_logits(logit: Any, target: Any, positive: float) -> Any:
    if target.__class__ is float and target == 0.0:
        return softplus(logit)
    if target.__class__ is float and target == 1.0:
        return softplus(-logit) if positive == 1.0 else positive * softplus(-logit)
    return positive * target * softplus(-logit) + (1.0 - target) * softplus(logit)


@local_names
def cross_entropy(
    input: Any, target: Any, reduction: str = "mean", *, weight: Any = None, label_smoothing: float = 0.0
) -> Any:
    """Cross-entropy of softmax(s) with a class, -log softmax(s)ₜ = log Σ exp(sⱼ - sₜ).

    With shares q of the classes it is -Σ qⱼ log softmax(s)ⱼ.

    Args:
        input: The logits of one sample, or a sequence of those of several.
        target: For each sample its class, counted from 0, or the shares q of the classes: one-hot, or any numbers of
            at least 0 that sum to one (to 1e-6).
        reduction: 'mean', 'sum' or 'none'.
        weight: One for each class; as in PyTorch the mean over classes given by number is divided by the sum of their
            weights, that over shares by the number of samples.
        label_smoothing: ε in [0, 1]: q becomes (1 - ε) q + ε / C.

    Its derivative by the logits is softmax(s) - q.  Exact at any logits.  The number of a class must be an int:
    2.0 is refused with TypeError, since a column of floats may as well be something else than classes.
    Source: seeds, "Classification", "The Logistic Regression Model", "The logsumexp Trick".

    >>> cross_entropy([0.0, 0.0], 1)
    0.6931471805599453
    >>> cross_entropy([[0.0, 0.0], [0.0, 1000.0]], [[0.5, 0.5], [1, 0]], reduction="none")
    [0.6931471805599453, 1000.0]
    """
    name = "cross_entropy"
    check_range(name, "label_smoothing", label_smoothing, 1.0)
    rows, targets, shape = read_samples(name, input, target)
    classes = len(rows[0])
    weights = read_class_weights(name, weight, classes)
    by_share = is_sequence(targets[0])
    read: Callable[[str, Any, int], Any] = read_distribution if by_share else read_class_index
    chosen: list[Any] = [read(name, item, classes) for item in targets]
    losses = [_cross_entropy(*pair, weights, label_smoothing) for pair in zip(rows, chosen)]
    return reduce_losses(losses, shape, reduction, None if by_share else sum_of_weights(weights, chosen))


def _cross_entropy(logits: Sequence[Any], target: Any, weights: list[float] | None, smoothing: float) -> Any:
    """Of one sample, with the number of a class or a list of shares."""
    if target.__class__ is int and not smoothing:
        loss = -log_softmax_first([logits[target], *logits[:target], *logits[target + 1 :]])
        return loss if weights is None else weights[target] * loss
    shares = target if target.__class__ is list else [float(j == target) for j in range(len(logits))]
    if smoothing:
        shares = [(1.0 - smoothing) * q + smoothing / len(logits) for q in shares]
    if weights is not None:
        shares = [w * q for w, q in zip(weights, shares)]
    # Terms of at least 0, so that nothing cancels; and the same graph whatever the numbers are.
    pairs = [
        (q, -log_softmax_first([logits[j], *logits[:j], *logits[j + 1 :]]))
        for j, q in enumerate(shares)
        if q.__class__ is not float or q != 0.0
    ]
    return dot(*zip(*pairs)) if pairs else none_of(log_softmax_first(logits))


@local_names
def nll_loss(input: Any, target: Any, reduction: str = "mean", *, weight: Any = None) -> Any:
    """Negative log-likelihood -w_t·log pₜ of classes t, from log-probabilities (of `log_softmax`).

    Shapes, targets, weights and the mean are those of `cross_entropy`, but for targets given as shares.
    Source: seeds, "Maximum Likelihood".

    >>> nll_loss([-0.25, -1.5], 1)
    1.5
    """
    rows, targets, shape = read_samples("nll_loss", input, target)
    weights = read_class_weights("nll_loss", weight, len(rows[0]))
    indices = [read_class_index("nll_loss", item, len(row)) for row, item in zip(rows, targets)]
    losses = [-row[index] for row, index in zip(rows, indices)]
    if weights is not None:
        losses = [weights[index] * loss for index, loss in zip(indices, losses)]
    return reduce_losses(losses, shape, reduction, sum_of_weights(weights, indices))


@local_names
def kl_div(input: Any, target: Any, reduction: str = "mean", log_target: bool = False) -> Any:
    """Kullback-Leibler divergence t (log t - input) of log-probabilities `input` from probabilities t, by element.

    'mean' is over elements, which is not the divergence; 'batchmean' divides the sum by the number of samples, which
    is.  With log_target the targets are logarithms too.  Where t = 0 it is 0.  Raises ValueError for t below 0.
    Source: `torch.nn.functional.kl_div`; Kullback and Leibler (1951).

    >>> kl_div([math.log(0.5), math.log(0.5)], [1.0, 0.0], reduction="sum")
    0.6931471805599453
    """
    flag("kl_div: log_target", log_target)
    inputs, targets, shape = read_pairs("kl_div", input, target)
    for t in targets:
        if not (log_target or data_of(t) >= 0):
            raise ValueError(f"kl_div: targets must be at least 0, not {data_of(t)!r}")
    terms = [(_divergence_of_logs if log_target else _divergence)(x, t) for x, t in zip(inputs, targets)]
    if reduction == "batchmean":
        return reduce_losses(terms, shape, "mean", float(shape[0] if shape else 1))
    return reduce_losses(terms, shape, reduction)


def _divergence(x: Any, t: Any) -> Any:
    if t.__class__ is float:
        return t * (log(t) - x) if t > 0.0 else none_of(x)
    return where(t, t * (log(where(t, t, 1.0)) - x), 0.0)  # the same graph whatever the numbers are


def _divergence_of_logs(x: Any, t: Any) -> Any:
    p = exp(t)
    if t.__class__ is float:
        return p * (t - x) if p else none_of(x)
    return where(p, p * (t - x), 0.0)
