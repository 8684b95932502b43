"""Which nodes of a graph belong to which module of a model.

A model is anything with `named_parameters()`; if it has `named_modules()` and its modules `describe()`, as those of
`nn`, the clusters also tell shapes and activations: see `Description`.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from autograd.core.value import Value
from autograd.formulas.naming import Parameters, alike, indexed, is_index
from autograd.render.scenes.parts import Cluster
from autograd.table import primitives


class Description(Protocol):
    """What `describe()` of a module returns: anything with these attributes, and a text that `str()` gives."""

    kind: str
    """The name of its class, or of a function."""
    settings: Mapping[str, Any] | None
    """What it was made with; without any, its kind says all."""
    shape: str
    """Its sizes, as in "2 → 3"; empty for a module that is no layer."""
    activation: "Description | None"
    """What a layer applies to its sums."""


class Modules:
    """The parameters of a model, and the modules they lie in.

    Raises TypeError for a model without `named_parameters()`.
    """

    def __init__(self, model: Any = None) -> None:
        self.parameters = Parameters(model, "scene: model")
        self.owner = self.parameters.owner
        self._chains: dict[str, tuple[str, ...]] = {"": ()}
        self._numbers = {layer.path: layer.number for layer in self.parameters.layers}

    # ------------------------------------------------------------ paths

    @property
    def paths(self) -> set[str]:
        """The modules that parameters lie in, and those around them."""
        return {around for path in self.parameters.paths.values() for around in self.chain(self.owner(path))}

    def chain(self, path: str) -> tuple[str, ...]:
        """The modules around this one and itself, the outermost first.

        >>> Modules().chain("layers.0.neurons.3")
        ('layers.0', 'layers.0.neurons.3')
        """
        if path not in self._chains:
            found: list[str] = []
            around = path
            while around:
                found.append(around)
                around = self.owner(around)
            self._chains[path] = tuple(reversed(found))
        return self._chains[path]

    def common(self, paths: Iterable[str]) -> str:
        """The innermost module that all of these are in or are themselves; empty for none."""
        distinct = set(paths)
        if len(distinct) == 1:
            return distinct.pop()
        common = ""
        for level in zip(*map(self.chain, distinct)):
            if len(set(level)) > 1:
                break
            common = level[0]
        return common

    # ------------------------------------------------------------ what belongs where

    def membership(self, order: Sequence[Value]) -> dict[Value, str]:
        """For each node in a module its path.

        A node that applies parameters to something belongs to their module; so does what is made from it alone on
        the way to the next module (the activation), its own sums, and the activation its module describes.  What is
        made of parameters only (a penalty) belongs to none, and neither does the loss.
        """
        if not self.parameters.paths:
            return {}
        homes = {parameter: self.owner(path) for parameter, path in self.parameters.paths.items()}
        applying = self._applying(order, homes)
        feeding = _feeding(order, applying)
        for node in order:
            if node.primitive is None:
                homes.setdefault(node, "")
            elif node in applying:
                homes[node] = applying[node]
            else:
                home = self.common([homes[x] for x in node.operands if x.__class__ is not float])
                follows = home and (node in feeding or self._is_sum(node, homes) or self._is_activation(node, home))
                homes[node] = home if follows else ""
        return homes

    def _applying(self, order: Sequence[Value], homes: dict[Value, str]) -> dict[Value, str]:
        found = {}
        for node in order:
            operands = node.operands
            owners = {homes[x] for x in operands if x in homes}
            if owners and not all([x in homes for x in operands]):  # noqa: C419  # twice as fast as a generator
                found[node] = self.common(owners)
        return found

    def _is_sum(self, node: Value, homes: dict[Value, str]) -> bool:
        if node.primitive not in (primitives.add, primitives.sum):
            return False
        terms = {x for x in node.operands if x.__class__ is not float}
        return len(terms) > 1 and len({homes[x] for x in terms}) == 1 and not terms & self.parameters.paths.keys()

    def _is_activation(self, node: Value, home: str) -> bool:
        description = self._description(home)
        told = description and (description.activation or description)
        return bool(told and node.primitive and alike(told.kind, node.primitive.name))

    # ------------------------------------------------------------ words

    def _description(self, path: str) -> Description | None:
        module: Any = self.parameters.modules.get(path) if path else None
        return module.describe() if hasattr(module, "describe") else None

    def _shape(self, path: str) -> str:
        description = self._description(path)
        return description.shape if description else ""

    def clusters(self, paths: Iterable[str]) -> tuple[Cluster, ...]:
        """The clusters of these modules and of those around them, the outer before the inner."""
        found = dict.fromkeys(around for path in paths for around in self.chain(path))
        return tuple(Cluster(path, self.title(path), self.owner(path)) for path in sorted(found, key=_sort_key))

    def title(self, path: str) -> str:
        """A module in words: the items of a list are counted from 1, and those that tell a shape tell it.

        >>> Modules().title("layers.0"), Modules().title("layers.0.neurons.3"), Modules().title("encoder")
        ('layer 1', 'neuron 4', 'encoder')
        """
        name = _from_one(path.removeprefix(self.owner(path)).lstrip("."))
        description = self._description(path)
        if name.startswith("layer ") and self._numbers:  # as weights are numbered: an activation between does not count
            number = self._numbers.get(path)
            name = f"layer {number}" if number else description.kind if description else name
        if not description or not description.shape or any(map(self._shape, self.chain(path)[:-1])):
            return name
        kinds = [] if description.kind in ("Layer", "Neuron") else [description.kind]
        activation = description.activation
        if activation and activation.kind != "identity":
            kinds.append(str(activation) if activation.settings else activation.kind)
        return f"{name}: {', '.join([description.shape, *(kinds or ['linear'])])}"

    def box_of(self, node: Value, root: Value) -> tuple[str, str]:
        """The kind and path of the box of a node."""
        path = self.parameters.paths.get(node, "")
        leaf = "parameter" if path else "input"
        return leaf if node.primitive is None else "result" if node is root else "operation", path

    def short(self, node: Value, name: str, home: str) -> str:
        """A name without what the frames around its box say: W₁₂ for W⁽¹⁾₁₂ in layer 1, slope for encoder.slope.

        Labels are left as they are.
        """
        path = self.parameters.paths.get(node, "")
        if name == node.label:
            return name
        return (
            self.within(name, home)
            if not path or node in self.parameters.places
            else self.parameters.within_module(path)
        )

    def within(self, name: str, home: str) -> str:
        """A name without the layer that the frames around say."""
        layer = next((around for around in self.chain(home) if around in self._numbers), "")
        says = layer and self.title(layer).startswith("layer ")
        return name.replace(indexed("", layer=self._numbers[layer]), "", 1) if says else name


def _feeding(order: Sequence[Value], applying: dict[Value, str]) -> set[Value]:
    """The nodes that something with parameters is made from."""
    found: set[Value] = set()
    for node in reversed(order):
        if node in found or node in applying:
            found.update([x for x in node.operands if x.__class__ is not float and x.primitive is not None])
    return found


def _from_one(name: str) -> str:
    """layers.0 as layer 1."""
    word, _, index = name.rpartition(".")
    if not is_index(index):
        return name
    singular = word[:-1] if word.endswith("s") and not word.endswith("ss") else word
    return f"{singular} {int(index) + 1}".lstrip()


def _sort_key(path: str) -> list[tuple[bool, int, str]]:
    """Outer before inner, and item 2 before item 10."""
    return [(is_index(part), int(part) if is_index(part) else 0, part) for part in path.split(".")]
