"""What a Value is called in a graph: decided here, once, for pictures, pages, explanations, programs and LaTeX.

It is the first of these that there is:

1. its label, as its owner wrote it;
2. for a parameter of the model what the lecture calls it: W⁽ˡ⁾ⱼₖ leads from unit j of the layer before to unit k of
   layer l, and b⁽ˡ⁾ₖ is that unit's bias; outside of layers its path, as encoder.slope, at the end counted from 1;
3. in a graph that applies the model once s⁽ˡ⁾ₖ = Σⱼ W⁽ˡ⁾ⱼₖ h⁽ˡ⁻¹⁾ⱼ + b⁽ˡ⁾ₖ, and h⁽ˡ⁾ₖ = φ(s⁽ˡ⁾ₖ);
4. v1, v2, … for an operation, by its place in the evaluation trace, and x1, x2, … for a leaf.

A label is never changed.  A name of 2, 3 or 4 gives way to one that looks like it, and what is not in the graph has no
name of 4.  Source: seeds, Lecture 3, where ∂E/∂W⁽²⁾ⱼₖ = δₖ zⱼ: the first index is where a weight comes from.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from autograd.core.value import Value
from autograd.formulas.notation import by_level, subscripted, superscripted


def indexed(letter: str, *indices: int, layer: int | None = None) -> str:
    """A letter with its layer and its indices, which have commas between them where one has two digits.

    >>> indexed("W", 1, 2, layer=1), indexed("b", 12, layer=2), indexed("w", 1, 12)
    ('W⁽¹⁾₁₂', 'b⁽²⁾₁₂', 'w₁,₁₂')
    """
    comma = "," if len(indices) > 1 and max(indices) > 9 else ""
    above = "" if layer is None else f"⁽{superscripted(layer)}⁾"
    return letter + above + comma.join(map(subscripted, indices))


def repeated(name: str, number: int) -> str:
    """The name of the second, third … thing that would have one name.

    >>> repeated("x", 2)
    'x⁽²⁾'
    """
    return f"{name}⁽{superscripted(number)}⁾"


@dataclass(frozen=True, slots=True)
class LayerParameters:
    """The weights and biases of a layer: `weight[k][j]` is W⁽ˡ⁾ⱼ₊₁,ₖ₊₁, as in `nn` and PyTorch."""

    number: int
    """Which one it is in the model, from 1."""
    path: str
    module: Any
    weight: Sequence[Sequence[Value]]
    bias: Sequence[Any]


class Parameters:
    """The parameters of a model with their paths and names, and the layers that they are the weights of.

    A layer is a module with a `weight`, a row of parameters for each unit, and a `bias`; they are numbered from 1 as
    they stand in the model.  Raises TypeError, beginning with `role`, for a model without `named_parameters()`.
    """

    def __init__(self, model: Any = None, role: str = "model") -> None:
        if model is not None and not callable(getattr(model, "named_parameters", None)):
            raise TypeError(f"{role} must have named_parameters(), as an nn.Module, not {type(model).__name__}")
        self.paths: dict[Value, str] = {}
        self.modules: dict[str, Any] = {}
        if model is not None:
            self.paths = {parameter: path for path, parameter in model.named_parameters()}
            if callable(getattr(model, "named_modules", None)):
                self.modules = dict(model.named_modules())
        self.layers = tuple(self._layers())
        self.places = dict(self._places())
        """Of the parameters of layers the letter, the layer and the indices."""
        self.names = {x: self._name(x, path) for x, path in self.paths.items()}
        alike = Counter(map(_look, self.names.values()))
        self.names |= {x: self.paths[x] for x, name in self.names.items() if alike[_look(name)] > 1}

    def owner(self, path: str) -> str:
        """The path of the module that a parameter, or a module, of this path is in.

        >>> Parameters().owner("layers.0.neurons.3.w.1"), Parameters().owner("layers.0.neurons.3"), Parameters().owner("w")
        ('layers.0.neurons.3', 'layers.0', '')
        """  # noqa: E501
        parts = path.split(".")
        if any(self.modules):
            prefixes = (".".join(parts[:length]) for length in range(len(parts) - 1, 0, -1))
            return next((prefix for prefix in prefixes if prefix in self.modules), "")
        while len(parts) > 1 and is_index(parts[-1]):  # indices in lists, and lists of lists
            parts.pop()
        return ".".join(parts[:-1])

    def within_module(self, path: str) -> str:
        """The name of a parameter within its module, indices from 1 as subscripts.

        >>> Parameters().within_module("layers.0.neurons.3.w.1"), Parameters().within_module("bias")
        ('w₂', 'bias')
        """
        word, *indices = path.removeprefix(self.owner(path)).lstrip(".").split(".")
        if not all(map(is_index, indices)):
            return ".".join([word, *indices])
        return indexed(word, *(int(i) + 1 for i in indices))

    def units(self, order: Iterable[Value]) -> Iterator[tuple[Value, LayerParameters, int]]:
        """The weighted sums of the layers in a graph, as often as they are there: (s, layer, k), k from 0."""
        rows = {layer.weight[k][0]: (layer, k) for layer in self.layers for k in range(len(layer.weight))}
        for node in order if rows else ():
            if node.primitive is not None and node.primitive.parts is not None:
                weights = node.primitive.parts(node.operands).weights
                layer, k = rows.get(weights[0], (None, 0)) if weights else (None, 0)
                if layer is not None and list(weights) == list(layer.weight[k]):
                    yield node, layer, k

    def single_units(self, order: Iterable[Value]) -> list[tuple[Value, LayerParameters, int]]:
        """Those of `units` that are there once: in a batch there is one for each sample, and none of them."""
        units = list(self.units(order))
        times = Counter((layer.number, k) for _, layer, k in units)
        return [(s, layer, k) for s, layer, k in units if times[layer.number, k] == 1]

    def activation_of(self, layer: LayerParameters, k: int) -> str:
        """What a unit applies to its sum, by the name of its class or function; empty where nothing tells."""

        def kind(module: Any) -> str:
            description = module.describe() if hasattr(module, "describe") else None
            return description.activation.kind if description and description.activation else ""

        whole = kind(layer.module)
        neurons = list(getattr(layer.module, "neurons", ()))
        # a layer tells its first neuron's, or one of all its sums, as softmax
        return kind(neurons[k]) if k < len(neurons) and whole == kind(neurons[0]) else whole

    def _layers(self) -> Iterator[LayerParameters]:
        number = count(1)
        for path, module in self.modules.items():
            rows, bias = getattr(module, "weight", None), getattr(module, "bias", ())
            if not isinstance(rows, list | tuple) or not rows or not all(isinstance(row, list | tuple) for row in rows):
                continue
            if all(row and all(isinstance(w, Value) and w in self.paths for w in row) for row in rows):
                yield LayerParameters(next(number), path, module, rows, bias if isinstance(bias, list | tuple) else ())

    def _places(self) -> Iterator[tuple[Value, tuple[str, LayerParameters, tuple[int, ...]]]]:
        for layer in reversed(self.layers):  # of a weight that two layers share the first is told
            for k, row in enumerate(layer.weight, 1):
                yield from ((w, ("W", layer, (j, k))) for j, w in enumerate(row, 1))
            for k, b in enumerate(layer.bias, 1):
                if isinstance(b, Value) and b in self.paths:
                    yield b, ("b", layer, (k,))

    def _name(self, parameter: Value, path: str) -> str:
        if parameter in self.places:
            letter, layer, indices = self.places[parameter]
            return indexed(letter, *indices, layer=layer.number)
        return ".".join(filter(None, [self.owner(path), self.within_module(path)]))


def own_names(order: Sequence[Value], parameters: Parameters) -> dict[Value, str]:
    """The names of 1, 2 and 3 above: those that pictures write; of `order` operands come first."""
    names = {node: node.label for node in order if node.label and node.label.strip()}
    taken = set(map(_look, names.values()))
    found = {node: [parameters.names[node], parameters.paths[node]] for node in order if node in parameters.names}
    sums = {node: (layer, k) for node, layer, k in parameters.single_units(order)}
    found |= {node: [indexed("s", k + 1, layer=layer.number)] for node, (layer, k) in sums.items()}
    for node in order if sums else ():
        if node.primitive is not None and len(node.operands) == 1 and node.operands[0] in sums:
            layer, k = sums[node.operands[0]]
            if alike(parameters.activation_of(layer, k), node.primitive.name):
                found[node] = [indexed("h", k + 1, layer=layer.number)]
    for node, wishes in found.items():
        free = next((wish for wish in wishes if _look(wish) not in taken), "")
        if free and node not in names:
            names[node] = free
            taken.add(_look(free))
    return names


def graph_names(
    order: Sequence[Value], parameters: Parameters, operations: Sequence[Value] | None = None
) -> dict[Value, str]:
    """A name for every node, by the rules above; of `order` operands come first.

    `operations` is the evaluation trace where it is not that of the graph, as in a picture of expanded nodes.

    >>> from autograd.core.graph import topological_order
    >>> x = Value(2.0, label="x")
    >>> order = topological_order((x * Value(3.0)).exp())
    >>> list(graph_names(order, Parameters()).values())
    ['x', 'x1', 'v1', 'v2']
    """
    own = own_names(order, parameters)
    taken = set(map(_look, own.values()))
    if operations is None:
        operations = [node for node in by_level(order) if node.primitive is not None]
    places = {node: i for i, node in enumerate(operations, 1)}
    leaves = (f"x{number}" for number in count(1))
    invented = {}
    for node in order:
        if node not in own:
            place = places.get(node)
            wishes = leaves if place is None else _repeatedly(f"v{place}")
            invented[node] = next(wish for wish in wishes if _look(wish) not in taken)
            taken.add(_look(invented[node]))
    return {node: own.get(node) or invented[node] for node in order}


def alike(kind: str, name: str) -> bool:
    """Whether a module of this kind, as LeakyReLU, applies the row of this name, as leaky_relu."""
    return kind.replace("_", "").lower() == name.replace("_", "")


def _repeatedly(name: str) -> Iterator[str]:
    yield name
    yield from (repeated(name, number) for number in count(2))


def _look(name: str) -> str:
    """What a name looks like on a page: x_1 and x₁ are written as x1 is."""
    return re.sub(r"^([^\W\d_]\u0304?)_(?=\d)", r"\1", unicodedata.normalize("NFKC", name))


def is_index(part: str) -> bool:
    """Whether a part of a path counts the items of a list; a key of a dict may be any text, such as ² or 0000…"""
    return part.isdecimal() and len(part) < 10
