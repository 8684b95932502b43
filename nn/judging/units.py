"""Units of a model that no longer learn."""

from itertools import takewhile
from typing import Any

from autograd import TABLE, Value, enable_grad, topological_order
from nn.data.loading import as_dataset
from nn.models.module import Module


def dead_units(model: Module, data: Any) -> list[str]:
    """The dead ReLUs of a model: units whose ReLU is off for every sample, max(0, s) = 0 as s ≤ 0.

    No gradient reaches the parameters of such a unit, so gradient descent cannot wake it.  One that is off for some
    samples only is not dead: that is how a network of ReLUs bends.

    Args:
        model: It is called with each sample, Dropout off, and left as it was.
        data: As for `fit`; nothing is asked of the targets.

    A unit is called by what the paths of its parameters have in common.
    Source: Lu et al., "Dying ReLU and Initialization", arXiv:1903.06733.

    >>> from nn import MLP
    >>> model = MLP(1, [2, 1], initializer=lambda fan_in, fan_out, rng: 1.0)
    >>> model.layers[0].neurons[1].b.data = -9.0
    >>> dead_units(model, ([[1.0], [2.0]], [0.0, 0.0]))
    ['layers.0.neurons.1']
    """
    names = {parameter: name for name, parameter in model.named_parameters()}
    off: dict[str, bool] = {}
    training = model.training
    model.eval()
    try:
        with enable_grad():
            for x, _ in as_dataset(data):
                outputs: Any = model(x)
                results = [y for y in (outputs if isinstance(outputs, list) else [outputs]) if isinstance(y, Value)]
                for node in topological_order(*results):
                    if node.primitive is TABLE["relu"] and isinstance(s := node.operands[0], Value):
                        unit = _in_common([names[w] for w in s.operands if isinstance(w, Value) and w in names])
                        off[unit] = off.get(unit, True) and node.partials == (0.0,)
    finally:
        model.train(training)
    return [unit for unit, always in off.items() if always and unit]


def _in_common(paths: list[str]) -> str:
    """The beginning that paths share, whole names only; of a single one the path of what holds it."""
    if len(paths) == 1:
        return paths[0].rpartition(".")[0]
    levels = zip(*(path.split(".") for path in paths))
    return ".".join(level[0] for level in takewhile(lambda level: len(set(level)) == 1, levels))
