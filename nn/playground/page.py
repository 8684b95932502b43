"""`to_playground`: one file in which a network learns, without Python, server or network."""

import os
import tempfile
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from autograd import TABLE, Value, to_html, write_page
from nn.data.loading import Dataset, as_dataset
from nn.inputs.checks import fraction, number, whole_number
from nn.models.activations import ACTIVATIONS, identity
from nn.models.layers import MLP
from nn.playground.pieces import (
    LOSSES,
    OPTIMIZERS,
    PENALTIES,
    Source,
    printed_pieces,
    sources,
    told_initializers,
    told_losses,
    told_optimizers,
)

_ASSETS = Path(__file__).parent / "assets"
_SCRIPTS = ("random.js", "learning.js", "saved.js", "drawing.js", "controls.js")
WIDEST, DEEPEST = 8, 6
"""So many neurons can a hidden layer be given in the page, and so many hidden layers a network."""
MOST_SAMPLES = 2_000
"""More would not be drawn sixty times a second."""
_SAMPLES = 200  # of each data set of the notes


def to_playground(
    model: MLP,
    data: Any,
    file: str | os.PathLike[str],
    *,
    loss: str | None = None,
    optimizer: str = "Adam",
    lr: float = 0.03,
    batch_size: int = 20,
    test: float = 0.3,
    seed: int = 0,
    title: str = "A network to play with",
) -> Path:
    """Write one self-contained page in which a network learns, and return its path.

    It begins with the weights of `model` and with `data`.  Data set, own points (by click), noise, layers, activation,
    loss, penalty, optimiser and all other settings can be changed there; drawn are the output over the plane, that of
    each neuron, weights and their gradients, and the losses.  It gives out the network as a file for `nn.load`, and as
    a Python program that trains it to the same numbers; and it hands the weights over to the page that steps through
    backpropagation at the first sample (`autograd.to_html`): as long as layers, activation and loss are the first ones
    that page is opened, otherwise a Python program that writes it is given.

    It learns on code printed from what Python records of activations, losses, penalties and optimisers, derivatives
    included; seeds give the numbers that Python's `random.Random` gives.

    Args:
        model: An MLP of 2 inputs and 1 output without activation, whose hidden layers have one activation, given by
            its name in `nn.get_activation`.
        data: The samples, as for `fit`: 2 inputs and a target, 0 or 1 or any number.
        file: Ends in .html or .htm; it is written as by `autograd.write_whole`.
        loss: The name of the first loss, of `nn`; by default binary cross-entropy of logits, or, if targets are not 0
            and 1, the mean squared error.
        optimizer: The name of the first optimiser.
        lr, batch_size, seed: Its learning rate, the samples of a batch, and the seed of all that is random.
        test: The share of the samples that is not trained on.
        title: Of the page.

    Raises TypeError for a model that is no MLP, ValueError for one that the page cannot show and for settings that it
    does not have; both say what it has.

    >>> import tempfile
    >>> from nn import MLP, make_moons
    >>> model = MLP(2, [4, 1], activation="tanh")
    >>> to_playground(model, make_moons(50, noise=0.1, seed=0), Path(tempfile.mkdtemp()) / "playground.html").name
    'playground.html'
    """
    sizes, activation = _shape(model)
    samples = as_dataset(data)
    classes = _checked_samples(samples)
    loss = loss or ("binary_cross_entropy_with_logits" if classes else "mse_loss")
    if LOSSES[_one_of("loss", loss, LOSSES)].classes and not classes:
        raise ValueError(f"to_playground: {loss} needs targets 0 and 1; choose mse_loss")
    if not number("to_playground: lr", lr) > 0.0:
        raise ValueError(f"to_playground: lr must be above 0, not {lr!r}")
    settings = {
        "loss": loss, "optimizer": _one_of("optimizer", optimizer, OPTIMIZERS), "lr": float(lr),
        "batch": whole_number("to_playground: batch_size", batch_size, 1, len(samples)), "penalty": "none",
        "strength": 0.001, "seed": whole_number("to_playground: seed", seed, 0, 2**32 - 1), "noise": 0.0,
        "share": fraction("to_playground: test", test),
    }  # fmt: skip
    steps = _steps(model, samples, loss)
    told = {
        **_choices({"given": Source(samples, classes), **sources(_SAMPLES)}, max(WIDEST, *sizes)),
        "features": samples.feature_names or ["x1", "x2"],
        "deepest": max(DEEPEST, len(sizes) - 2),
        "model": {"sizes": sizes, "activation": activation, "theta": [p.data for p in model.parameters()]},
        "settings": settings,
        "steps": {"html": steps, "sizes": sizes, "activation": activation, "loss": loss},
    }
    script = "\n".join([printed_pieces(), *map(_asset, _SCRIPTS)])
    return write_page(
        file, _asset("playground.html"), title=title, style=_asset("playground.css"), script=script, data=told,
        name="to_playground", opens=[steps],
    )  # fmt: skip


def _one_of(name: str, given: str, known: Collection[str]) -> str:
    if given not in known:
        raise ValueError(f"to_playground: {name} must be one of {', '.join(known)}, not {given!r}")
    return given


def _choices(data_sets: Mapping[str, Source], widest: int) -> dict[str, Any]:
    """All that can be chosen in the page, with layers of up to so many neurons."""
    return {
        "sources": {
            name: {"points": [[*x, t] for x, t in found.dataset], "classes": found.classes, "call": found.call}
            for name, found in data_sets.items()
        },
        "activations": [*ACTIVATIONS],
        "losses": told_losses(),
        "optimizers": told_optimizers(),
        "penalties": [*PENALTIES],
        "initializers": told_initializers(widest),
        "widest": widest,
    }


def _shape(model: Any) -> tuple[list[int], str]:
    """The sizes of the layers of a model, inputs first, and the activation of the hidden ones."""
    if not isinstance(model, MLP):
        raise TypeError(f"to_playground: model must be an MLP, not {type(model).__name__}")
    *hidden, output = model.layers
    sizes = [len(model.layers[0].neurons[0].w), *(len(layer.neurons) for layer in model.layers)]
    if sizes[0] != 2 or sizes[-1] != 1:
        raise ValueError(f"to_playground: model must have 2 inputs and 1 output, not {sizes[0]} and {sizes[-1]}")
    if any(neuron.activation is not identity for neuron in output.neurons) or output.activation is not None:
        raise ValueError(
            "to_playground: the output must have no activation (output_activation='identity'): its losses take logits"
        )
    if model.dropout is not None:
        raise ValueError("to_playground: the page has no Dropout; give a model without")
    if not all(parameter.requires_grad for parameter in model.parameters()):
        raise ValueError("to_playground: the page trains all parameters, and some are frozen; use requires_grad_(True)")
    used = [layer.activation or neuron.activation for layer in hidden for neuron in layer.neurons]
    names = {next((name for name, phi in ACTIVATIONS.items() if each in (phi, TABLE[name])), None) for each in used}
    if not names:
        return sizes, "tanh"
    (name, *others) = names
    if others or name is None:
        raise ValueError(
            f"to_playground: the hidden layers must have one activation by name, of {', '.join(ACTIVATIONS)}"
        )
    return sizes, name


def _checked_samples(samples: Dataset) -> bool:
    """Whether the targets are the classes 0 and 1."""
    if len(samples.inputs[0]) != 2 or isinstance(samples.targets[0], list):
        raise ValueError("to_playground: samples must have 2 inputs and 1 target")
    if len(samples) > MOST_SAMPLES:
        raise ValueError(f"to_playground: at most {MOST_SAMPLES:,} samples can be drawn, not {len(samples):,}")
    return all(t in (0, 1) for t in samples.targets)


def _steps(model: MLP, samples: Dataset, loss: str) -> str:
    """The page that steps through the network at the first sample."""
    inputs, target = samples[0]
    leaves = [Value(x, label=name) for x, name in zip(inputs, samples.feature_names or ["x1", "x2"], strict=True)]
    output = model(leaves)
    output.label = "y"
    root = LOSSES[loss].function([output], [target])
    root.label = "loss"
    with tempfile.TemporaryDirectory() as folder:
        title = "The network of the playground, step by step"
        return to_html(root, Path(folder) / "steps.html", model=model, title=title).read_text(encoding="utf-8")


def _asset(name: str) -> str:
    return (_ASSETS / name).read_text(encoding="utf-8")
