"""Layers that nobody named: found in the graph by how many weighted sums deep they lie."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from autograd.core.value import Value
from autograd.render.scenes.modules import Modules


class FoundLayers(Modules):
    """The layers of a graph that came without a model: weighted sums at one depth, with their weights and activations.

    Weights are leaves without a label.  Of a single neuron there is nothing to tell.
    """

    def __init__(self, order: Sequence[Value]) -> None:
        super().__init__(_Found(order))


class _Description(NamedTuple):
    kind: str
    shape: str
    activation: Any = None
    settings: Any = None


class _Layer(NamedTuple):
    sums: list[Value]
    weight: list[Sequence[Any]]
    bias: list[Any]
    activation: str

    def describe(self) -> _Description:
        activation = _Description(self.activation, "") if self.activation else None
        return _Description("Layer", f"{len(self.weight[0])} → {len(self.weight)}", activation)


class _Found:
    """What of a model `Modules` asks for, made from a graph."""

    def __init__(self, order: Sequence[Value]) -> None:
        uses: dict[Value, list[Value]] = {}
        for node in order:
            for x in dict.fromkeys(x for x in node.operands if isinstance(x, Value)):
                uses.setdefault(x, []).append(node)
        depths: dict[Value, int] = {}
        layers: dict[int, list[tuple[Value, Sequence[Any], Any]]] = {}
        for node in order:
            depths[node] = max((depths[x] for x in node.operands if isinstance(x, Value)), default=0)
            found = _weights(node, uses)
            if found is not None:
                depths[node] += 1
                layers.setdefault(depths[node], []).append((node, *found))
        self.layers: list[_Layer] = []
        if len(layers) > 1 or any(len(sums) > 1 for sums in layers.values()):
            self.layers = [_layer(layers[depth], uses) for depth in sorted(layers)]

    def named_modules(self) -> Iterator[tuple[str, Any]]:
        yield "", self
        for i, layer in enumerate(self.layers):
            yield f"layers.{i}", layer

    def named_parameters(self) -> Iterator[tuple[str, Value]]:
        for i, layer in enumerate(self.layers):
            for k, (weights, bias) in enumerate(zip(layer.weight, layer.bias)):
                yield from ((f"layers.{i}.w.{k}.{j}", w) for j, w in enumerate(weights) if isinstance(w, Value))
                if isinstance(bias, Value):
                    yield f"layers.{i}.b.{k}", bias


def _weights(node: Value, uses: Mapping[Value, Sequence[Value]]) -> tuple[Sequence[Any], Any] | None:
    """The weights and the bias of a weighted sum: leaves; if both factors are, those that fewer others use."""
    row = node.primitive
    if row is None or row.parts is None:
        return None
    *factors, bias = row.parts(node.operands)
    sides = []
    for side in factors:
        leaves = [x for x in side if isinstance(x, Value)]
        if leaves and all(x.primitive is None and not x.label for x in leaves):
            sides.append((sum(len(uses[x]) for x in leaves), side))
    if not sides or list(factors[0]) == list(factors[1]):  # Σ x² has no weights
        return None
    return min(sides, key=lambda side: side[0])[1], next(iter(bias), None)


def _layer(found: Sequence[tuple[Value, Sequence[Any], Any]], uses: dict[Value, list[Value]]) -> _Layer:
    """Samples share their weights: each unit is there once.  Its activation is what all of its sums go through."""
    units: dict[tuple[Any, ...], Any] = {}
    for _, weights, bias in found:
        units.setdefault(tuple(weights), bias)
    sums = [node for node, *_ in found]
    users = [uses.get(s, []) for s in sums]
    kinds = {user.primitive for using in users for user in using if len(user.operands) == 1}
    row = kinds.pop() if len(kinds) == 1 and all(len(using) == 1 for using in users) else None
    return _Layer(sums, list(units), list(units.values()), row.name if row else "")
