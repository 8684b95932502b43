"""Values and gradients of PyTorch's losses, for tests/test_losses.py.

Made with torch 2.13.0 on a CPU, in double precision; to make them again:

    python tests/references/losses_pytorch.py
"""

import json
import math
from pathlib import Path
from random import Random

import torch
from torch.nn import functional

rng = Random(0)


def numbers(*shape, draw=lambda: rng.gauss(0.0, 2.0)):
    """Nested lists of random numbers with few digits, which keeps the file small."""
    if not shape:
        return round(draw(), 3)
    return [numbers(*shape[1:], draw=draw) for _ in range(shape[0])]


def probability():
    return rng.uniform(0.01, 0.99)


def distributions(n, classes):
    """Rows of multiples of 1/64, which sum to one exactly."""
    rows = []
    for _ in range(n):
        cuts = sorted(rng.randrange(65) for _ in range(classes - 1))
        rows.append([(b - a) / 64 for a, b in zip([0, *cuts], [*cuts, 64])])
    return rows


def tensor(x, **options):
    integral = x and all(isinstance(i, int) for i in (x if isinstance(x, list) else [x]))
    return torch.tensor(x, dtype=torch.int64 if integral and not options else torch.float64, **options)


def case(loss, input, target, **options):
    """The values of a loss with each reduction, and the gradients of its mean by the input and by a trainable var."""
    found = {"loss": loss, "input": input, "target": target, "options": options}
    for reduction in ("mean", "sum", "none"):
        x = tensor(input, requires_grad=True)
        settings, var = dict(options), []
        for name in ("weight", "pos_weight"):
            if settings.get(name) is not None:
                settings[name] = tensor(settings[name]).double()
        if "var" in settings:
            var = [tensor(settings["var"], requires_grad=True)]
            settings["var"] = var[0].expand(x.shape) if var[0].dim() == 0 else var[0]
        t = tensor(target) if loss in BY_CLASS else tensor(target).double()
        y = FUNCTIONS[loss](x, t, reduction=reduction, **settings)
        found[reduction] = y.tolist()
        if reduction == "mean":
            y.backward()
            found["gradients"] = [v.grad.tolist() for v in (x, *var)]
    return found


def hinge(input, target, reduction):
    losses = (1.0 - input * target).clamp(min=0.0)
    return {"mean": losses.mean, "sum": losses.sum, "none": lambda: losses}[reduction]()


def half_squared(input, target, reduction):
    losses = 0.5 * (input - target).pow(2).reshape(input.shape[0], -1).sum(1)
    return {"mean": losses.mean, "sum": losses.sum, "none": lambda: losses}[reduction]()


BY_CLASS = {"cross_entropy", "nll_loss", "multi_margin_loss"}
FUNCTIONS = {
    **{
        name: getattr(functional, name)
        for name in (
            "mse_loss", "l1_loss", "huber_loss", "gaussian_nll_loss", "binary_cross_entropy",
            "binary_cross_entropy_with_logits", "cross_entropy", "nll_loss", "kl_div", "multi_margin_loss",
        )
    },
    "hinge_loss": hinge,
    "half_squared_loss": half_squared,
}  # fmt: skip


def cases():
    for shape in ((), (4,), (3, 2)):
        x, t = numbers(*shape), numbers(*shape)
        for loss in ("mse_loss", "l1_loss", "huber_loss"):
            yield case(loss, x, t)
        yield case("huber_loss", x, t, delta=2.5)
        if shape:
            yield case("half_squared_loss", x, t)
        for full in (False, True):
            yield case("gaussian_nll_loss", x, t, var=numbers(draw=probability), full=full)
            yield case("gaussian_nll_loss", x, t, var=numbers(*shape, draw=probability), full=full, eps=0.3)
        signs = numbers(*shape, draw=lambda: rng.choice((-1, 1)))
        yield case("hinge_loss", x, signs)
        p, soft = numbers(*shape, draw=probability), numbers(*shape, draw=probability)
        hard = numbers(*shape, draw=lambda: rng.choice((0, 1)))
        weight = numbers(*shape, draw=lambda: rng.uniform(0.0, 2.0))
        for target in (hard, soft):
            yield case("binary_cross_entropy", p, target)
            yield case("binary_cross_entropy", p, target, weight=weight)
            yield case("binary_cross_entropy_with_logits", x, target)
            yield case("binary_cross_entropy_with_logits", x, target, weight=weight, pos_weight=3.5)
        log_p = numbers(*shape, draw=lambda: math.log(probability()))
        yield case("kl_div", log_p, soft)
        yield case("kl_div", log_p, numbers(*shape, draw=lambda: math.log(probability())), log_target=True)
    yield case("binary_cross_entropy_with_logits", numbers(3, 2), distributions(3, 2), pos_weight=[0.5, 2.0])
    yield case("binary_cross_entropy", [0.0, 1.0, 0.0, 1.0], [0.0, 1.0, 0.0, 1.0])
    yield case("binary_cross_entropy_with_logits", [1000.0, -1000.0, 1000.0, -1000.0], [1.0, 0.0, 0.0, 1.0])
    yield from cases_of_classes()


def cases_of_classes():
    one, several, classes = numbers(4), numbers(5, 4), [rng.randrange(4) for _ in range(5)]
    weight = numbers(4, draw=lambda: rng.uniform(0.1, 2.0))
    soft = distributions(5, 4)
    for w in (None, weight):
        for smoothing in (0.0, 0.1, 1.0):
            for x, t in ((one, 2), (one, soft[0]), (several, classes), (several, soft)):
                yield case("cross_entropy", x, t, weight=w, label_smoothing=smoothing)
        log_p = [[math.log(probability()) for _ in range(4)] for _ in range(5)]
        yield case("nll_loss", log_p, classes, weight=w)
        yield case("nll_loss", log_p[0], 1, weight=w)
        for p in (1, 2):
            yield case("multi_margin_loss", several, classes, p=p, weight=w)
            yield case("multi_margin_loss", one, 3, p=p, margin=0.25, weight=w)
    extreme = [[1000.0, 0.0, -1000.0, 999.0]] * 4
    yield case("cross_entropy", extreme, [0, 1, 2, 3])
    yield case("cross_entropy", extreme[:2], [[0.5, 0.25, 0.25, 0.0], [0.0, 0.0, 0.0, 1.0]])


if __name__ == "__main__":
    references = {"torch": torch.__version__, "cases": list(cases())}
    text = json.dumps(references, separators=(",", ":")).replace('{"loss"', '\n{"loss"')
    Path(__file__).with_suffix(".json").write_text(text + "\n", encoding="utf-8")
