"""What a scene is made of: boxes, edges, clusters."""

from dataclasses import dataclass

from autograd.core.value import Value
from autograd.table.primitive import Primitive

OFF = "off"
"""Of a ReLU that passes nothing on for this sample; whether it is dead tells a whole data set: `nn.dead_units`."""
SATURATED = "saturated"
VANISHING = "vanishing gradient"
ZERO = "zero gradient"
NOT_FINITE = "not finite"
FOLDED = "folded: "
"""The beginning of the note that says how many leaves are drawn inside a box."""


@dataclass(frozen=True, slots=True)
class Box:
    """A node, a constant, or a summary of many nodes."""

    id: str
    """n0, n1, … in topological order; n5c1 for the constant that is operand 1 of n5; g:layers.0 for a group."""
    kind: str
    """input, parameter, constant, operation, result or group."""
    name: str
    """As `own_names` has it: the label, else the name in the model, else empty; of a group its title."""
    operation: str
    """The symbol of the primitive; empty for a leaf."""
    data: float | None
    grad: float | None
    cluster: str
    """The path of the nn module it belongs to; empty for none."""
    notes: tuple[str, ...] = ()
    """What is worth a mark: OFF, SATURATED, VANISHING, ZERO, NOT_FINITE, what is folded; of a group its figures."""
    node: Value | None = None
    """The node; None for constants and groups."""
    members: int = 1
    """How many nodes it stands for."""
    path: str = ""
    """The path of a parameter, as `named_parameters` gives it."""
    primitive: Primitive | None = None
    """The row of the operation; of a step of an expansion that of the step, not of the whole."""
    short: str = ""
    """The name without what the frames around it say; empty if that is the same."""
    delta: str = ""
    """What the lecture calls the gradient of a weighted sum of a layer; as short as the name."""
    largest: float | None = None
    """Of a group the gradient of largest size in it, of its parameters if it has any; None before `backward()`."""


@dataclass(frozen=True, slots=True)
class Edge:
    """One operand of one operation, or in a summary all edges from one box to another."""

    source: str
    target: str
    position: int
    """Which operand it is, from 0."""
    partial: float | None
    """∂target/∂source, as recorded; None for constants and in summaries."""
    multiplicity: int = 1
    """How many edges of the graph it stands for."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """A module of the model, with boxes or other clusters inside."""

    path: str
    title: str
    parent: str
    """The path of the cluster around it; empty for none."""

    def depth(self, shown: "Scene") -> int:
        """How many clusters are around it."""
        around = {cluster.path: cluster.parent for cluster in shown.clusters}
        path, depth = self.parent, 0
        while path:
            path, depth = around[path], depth + 1
        return depth


@dataclass(frozen=True, slots=True)
class Scene:
    """What a picture shows, before it is laid out.  Boxes stand after those they are made from."""

    boxes: tuple[Box, ...]
    edges: tuple[Edge, ...]
    clusters: tuple[Cluster, ...]
    """The outer before the inner."""
    swept: bool
    """Whether `backward()` has reached the root or an operation below it, so that the gradients mean something."""
    summary: str = ""
    """Why and how the graph was summarised; empty if it was not."""
    stale: bool = False
    """Whether numbers were changed after the recording, so that old and new ones are mixed; False in a summary."""
