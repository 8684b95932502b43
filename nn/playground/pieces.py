"""What a network of the playground is made of, printed as JavaScript from what Python records of it.

In the browser the architecture can be changed, and there is no Python.  So what is printed is not one network but its
pieces: activations, losses and penalties with their derivatives, and the rules of optimisers.  What is left to write by
hand is the way through the layers: sums of products.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from autograd import Value, to_javascript, traced, tracing, value_and_grad
from nn.data.datasets import make_blobs, make_circles, make_line, make_moons, make_spirals, make_xor
from nn.data.loading import Dataset
from nn.fitting.compiled_training import recorded_rule
from nn.models.activations import ACTIVATIONS
from nn.models.initializers import INITIALIZERS
from nn.objectives.losses import (
    binary_cross_entropy_with_logits,
    half_squared_loss,
    hinge_loss,
    huber_loss,
    l1_loss,
    mse_loss,
)
from nn.objectives.regularizers import l1_penalty, l2_penalty
from nn.optimizing.optimizer import FirstOrderOptimizer
from nn.optimizing.optimizers import SGD, Adagrad, Adam, AdamW, RMSprop


def half_of_samples(outputs: Any, targets: Any) -> Any:
    """`half_squared_loss` of a batch of one output each, which must say so."""
    return half_squared_loss(outputs, targets, reduction="mean")


def hinge_of_classes(outputs: Any, targets: Any) -> Any:
    """`hinge_loss` of the classes 0 and 1, which it calls -1 and 1."""
    return hinge_loss(outputs, [2.0 * t - 1.0 for t in targets])


class Loss(NamedTuple):
    """A loss of one output as the page knows it."""

    function: Callable[[Any, Any], Any]
    threshold: float
    """Where the two classes are equally likely."""
    classes: bool = False
    """Whether targets must be 0 and 1."""
    python: str = ""
    """How to call it in Python; by default by its name."""


LOSSES: dict[str, Loss] = {
    "binary_cross_entropy_with_logits": Loss(binary_cross_entropy_with_logits, 0.0, True),
    "hinge_loss": Loss(hinge_of_classes, 0.0, True, "lambda y, t: hinge_loss(y, [2.0 * c - 1.0 for c in t])"),
    "mse_loss": Loss(mse_loss, 0.5),
    "half_squared_loss": Loss(half_of_samples, 0.5, python='lambda y, t: half_squared_loss(y, t, reduction="mean")'),
    "l1_loss": Loss(l1_loss, 0.5),
    "huber_loss": Loss(huber_loss, 0.5),
}
OPTIMIZERS: dict[str, tuple[Callable[..., FirstOrderOptimizer], dict[str, Any]]] = {
    "SGD": (SGD, {}),
    "SGD, momentum": (SGD, {"momentum": 0.9}),
    "SGD, Nesterov": (SGD, {"momentum": 0.9, "nesterov": True}),
    "Adam": (Adam, {}),
    "AdamW": (AdamW, {}),
    "RMSprop": (RMSprop, {}),
    "Adagrad": (Adagrad, {}),
}
PENALTIES: dict[str, Callable[..., Any]] = {"l1_penalty": l1_penalty, "l2_penalty": l2_penalty}


class Source(NamedTuple):
    """A data set as the page knows it: its samples without noise."""

    dataset: Dataset
    classes: bool
    call: str = ""
    """How Python makes it, with its noise and its seed filled in; empty if samples are written out."""


def sources(n: int) -> dict[str, Source]:
    """The data sets of the notes, n samples each."""
    makers: list[tuple[str, Callable[..., Dataset], str, dict[str, Any]]] = [
        ("moons", make_moons, "noise", {}),
        ("circles", make_circles, "noise", {"factor": 0.5}),
        ("spirals", make_spirals, "noise", {}),
        ("blobs", make_blobs, "cluster_std", {"centers": [[-1.0, -1.0], [1.0, 1.0]]}),
    ]
    found = {}
    for name, make, noise, options in makers:
        told = "".join(f", {key}={value!r}" for key, value in options.items())
        call = f"{make.__name__}({n}{told}, {noise}=NOISE, seed=SEED)"
        found[name] = Source(make(n, shuffle=False, **{noise: 0.0}, **options), True, call)
    corners = [pair for pair in make_xor() for _ in range(max(1, n // 4))]
    found["exclusive or"] = Source(Dataset.from_pairs(corners), True)
    found["line"] = Source(make_line(n, weights=[1.0, -2.0], noise=0.0, seed=0), False)
    return found


# ---------------------------------------------------------------- what is printed


def printed_pieces() -> str:
    """JavaScript: `PIECES`, an object with the pieces by kind and name."""
    kinds = {
        "activations": {name: _with_slope(phi) for name, phi in ACTIVATIONS.items()},
        "losses": {name: _loss(loss.function) for name, loss in LOSSES.items()},
        "penalties": {name: _penalty(penalty) for name, penalty in PENALTIES.items()},
        "optimizers": {name: _optimizer(*made) for name, made in OPTIMIZERS.items()},
    }
    texts, entries = [], []
    for kind, pieces in kinds.items():
        names = {name: f"{kind}_{i}" for i, name in enumerate(pieces)}
        texts += [to_javascript(*pieces[name], name=called) for name, called in names.items()]
        entries.append(f"  {kind}: {{ {', '.join(f'{name!r}: {called}' for name, called in names.items())} }},")
    return "\n".join([*texts, "const PIECES = {", *entries, "};"])


Piece = tuple[Sequence[Any], list[Value], list[Value]]
"""Outputs, inputs and parameters, as `to_javascript` takes them."""


def _with_slope(function: Callable[[Any], Any]) -> Piece:
    """f(x) and f′(x)."""
    x = traced(0.5)
    with tracing():
        return value_and_grad(function)(x), [x], []


def _loss(function: Callable[[Any, Any], Any]) -> Piece:
    """The loss of an output and a target, and its derivative by the output."""
    output, target = Value(0.5), Value(1.0)  # losses look at the range of targets
    with tracing():
        return value_and_grad(lambda y: function([y], [target]))(output), [output, target], []


def _penalty(function: Callable[..., Any]) -> Piece:
    """What a weight adds to the penalty of strength 1, and its derivative."""
    return _with_slope(lambda w: function([w], 1.0))


def _optimizer(make: Callable[..., FirstOrderOptimizer], settings: Mapping[str, Any]) -> Piece:
    """The new number and state of a parameter, by its number, gradient and state, the learning rate and the step."""
    optimizer = make([Value(0.5)], lr=0.1, **settings)
    given = {"lr": traced(0.1), "t": traced(1.0)}
    x, g, state = traced(0.5), traced(0.25), [traced(0.125) for _ in optimizer.buffers]
    with tracing():
        moved, new = recorded_rule(optimizer, optimizer.param_groups[0])(given, x, g, state)
    return [moved, *new], [x, g, *state], [given["lr"], given["t"]]


# ---------------------------------------------------------------- what the page is told besides


def told_losses() -> dict[str, Any]:
    """Of each loss what a page must know."""
    return {
        name: {"threshold": loss.threshold, "classes": loss.classes, "python": loss.python or name}
        for name, loss in LOSSES.items()
    }


def told_optimizers() -> dict[str, Any]:
    """Of each optimiser its call and the first numbers of its state."""
    found = {}
    for name, (make, settings) in OPTIMIZERS.items():
        optimizer = make([Value(0.0)], **settings)
        group = optimizer.param_groups[0]
        options = "".join(f", {key}={value!r}" for key, value in settings.items())
        found[name] = {"class": type(optimizer).__name__, "options": options, "first": [*optimizer.first_state(group)]}
    return found


class _Asked:
    """A generator that tells what it is asked for."""

    def uniform(self, a: float, b: float, /) -> Any:
        assert a == -b
        return "uniform", b

    def gauss(self, mu: float, sigma: float, /) -> Any:
        assert mu == 0.0
        return "gauss", sigma


def told_initializers(widest: int) -> dict[str, Any]:
    """Of each initialiser what it draws, and the bound or deviation for each number of inputs and outputs up to this.

    They are asked, instead of their formulas being written a second time.
    """
    sizes = range(1, widest + 1)
    found = {}
    for name, draw in INITIALIZERS.items():
        if name == "zeros":  # all neurons of a layer would stay equal
            continue
        asked: Any = [[draw(a, b, _Asked()) for b in sizes] for a in sizes]
        found[name] = {"method": asked[0][0][0], "sizes": [[size for _, size in row] for row in asked]}
    return found
