"""The arrows of a picture in the DOT language, and how they come into the frames of modules."""

import math
from collections.abc import Callable, Iterator
from itertools import zip_longest

from autograd.formulas.notation import short
from autograd.render.pictures.plan import Plan
from autograd.render.scenes.parts import Box, Edge
from autograd.render.scenes.words import quoted

_SIDES = {"LR": ("w", "e"), "RL": ("e", "w"), "TB": ("n", "s"), "BT": ("s", "n")}
"""Of a gate, where an arrow enters and leaves."""
DENSE = 6
"""A weighted sum of more than this many inputs has faint lines, by the size and the sign of their weights."""


class Arrows:
    """The arrows of a plan.

    An arrow from outside into a frame goes through a gate: a point inside the frame beside the parameters.  Without
    it Graphviz leads the inputs of a layer around all of its neurons, for their parameters stand before them.
    """

    def __init__(self, drawing: Plan) -> None:
        self._drawing = drawing
        self._boxes = {box.id: box for box in drawing.scene.boxes}
        self._operands: dict[str, list[Edge]] = {}
        for edge in drawing.scene.edges:
            self._operands.setdefault(edge.target, []).append(edge)
        self._names = drawing.names
        self.dense_targets = {target for target, edges in self._operands.items() if self._is_dense(target, edges)}
        dense = [abs(edge.partial or 0.0) for edge in drawing.scene.edges if self.is_dense(edge)]
        self._largest = max(filter(math.isfinite, dense), default=0.0)
        self._gates = dict(self._with_gates())

    def is_dense(self, edge: Edge) -> bool:
        """Whether an arrow is drawn as a faint line, one of many, and no number is written on it."""
        return (
            edge.target in self.dense_targets
            and edge.partial is not None
            and self._boxes[edge.source].kind != "parameter"
        )

    def strength(self, edge: Edge) -> tuple[str, float]:
        """Of a dense line the sign of its weight, and its size as a share of the largest in the picture."""
        share = abs(edge.partial or 0.0) / self._largest if self._largest else 0.0
        return "negative" if (edge.partial or 0.0) < 0.0 else "positive", share

    def _is_dense(self, target: str, edges: list[Edge]) -> bool:
        """Whether a box is a weighted sum of so many that its lines say something only together."""
        row = self._boxes[target].primitive
        if row is None or row.parts is None:
            return False
        sources = [self._boxes[edge.source] for edge in edges]
        return sum(source.kind not in ("parameter", "constant") for source in sources) > DENSE

    def claimed(self) -> set[str]:
        """The boxes that stand beside the gates of others, and so are declared with them."""
        return {name for target in self._gates for name in self._beside(target) if name in self._boxes}

    def before(self, target: str) -> Iterator[Box | str]:
        """What stands right before a box, to be declared in its frame: boxes, and gates as they are in DOT.

        In reverse: of what is in a frame Graphviz 16 puts the last declared first (2.43 still did not).
        """
        width, height = (0.04, 0.0) if self._drawing.rankdir in ("LR", "RL") else (0.0, 0.04)
        line = self._drawing.colours.line
        for name in reversed(list(self._beside(target))):
            yield self._boxes.get(name) or (
                f'{name} [shape=box, label="", fixedsize=true, width={width}, height={height}, margin=0, '
                f'fillcolor="{line}", color="{line}", class="gate"];'
            )

    def _beside(self, target: str) -> Iterator[str]:
        gates = self._gates.get(target, {})
        home = self._boxes[target].cluster
        for edge in self._by_turns(target) if gates else ():
            source = self._boxes[edge.source]
            if edge.position in gates:
                yield gates[edge.position]
            elif source.cluster == home and source.kind in ("parameter", "constant"):
                yield edge.source

    def entering(self) -> list[str]:
        """The names of the inputs that lead into frames."""
        found = {e.source for edges in self._operands.values() for e in edges if self._boxes[e.target].cluster}
        return [self._names[box.id] for box in self._boxes.values() if box.kind == "input" and box.id in found]

    def lines(self) -> Iterator[str]:
        """All arrows."""
        for edge in self._ordered():
            attributes = self._attributes(edge)
            *first, (tail, head) = self._pieces(edge)
            for before in first:
                unlabelled = [attribute for attribute in attributes if not attribute.startswith("label=")]
                yield f"{before[0]} -> {before[1]}{_listed([*unlabelled, 'arrowhead=none', 'headclip=false'])};"
            yield f"{tail} -> {head}{_listed([*attributes, 'tailclip=false'] if first else attributes)};"

    def _pieces(self, edge: Edge) -> list[tuple[str, str]]:
        """From where to where an arrow goes: in two pieces if it goes through a gate."""
        source, target = self._names[edge.source], self._names[edge.target]
        enters, leaves = _SIDES[self._drawing.rankdir]
        if self.is_dense(edge):
            return [(f"{source}:{leaves}", f"{target}:{enters}")]
        gate = self._gates.get(edge.target, {}).get(edge.position)
        return [(source, target)] if gate is None else [(source, f"{gate}:{enters}"), (f"{gate}:{leaves}", target)]

    def _ordered(self) -> Iterator[Edge]:
        for target in self._operands:
            yield from self._by_turns(target)

    def _by_turns(self, target: str) -> Iterator[Edge]:
        """From a parameter and from a gate alternately, as the w and x of Σwᵢxᵢ+b go together."""
        edges, gates = self._operands[target], self._gates.get(target, {})
        inside = [edge for edge in edges if edge.position not in gates]
        outside = [edge for edge in edges if edge.position in gates]
        yield from (edge for pair in zip_longest(inside, outside) for edge in pair if edge is not None)

    def label_of(self, edge: Edge, written: Callable[[float], str] = short) -> str:
        """What is written on an arrow: its local partial, or how many edges it stands for; on a dense line nothing."""
        if self.is_dense(edge):
            return ""
        if self._drawing.partials and edge.partial is not None:
            return written(edge.partial)
        return f"{edge.multiplicity:,} edges" if edge.multiplicity > 1 else ""

    def carries_nothing(self, edge: Edge) -> bool:
        """Whether no gradient comes back along an edge: from a constant, or adjoint · partial is 0."""
        if self._boxes[edge.source].kind == "constant":
            return True
        return (
            self._drawing.scene.swept
            and edge.partial is not None
            and not (self._boxes[edge.target].grad and edge.partial)
        )

    def _with_gates(self) -> Iterator[tuple[str, dict[int, str]]]:
        """For each box with parameters in its frame, a gate for each operand from outside, by position."""
        for target, edges in self._operands.items():
            home = self._boxes[target].cluster
            sources = [self._boxes[edge.source] for edge in edges]
            if home and any(source.kind == "parameter" and source.cluster == home for source in sources):
                outside = [edge for edge, source in zip(edges, sources) if source.cluster != home]
                yield target, {edge.position: f"{target}p{edge.position}" for edge in outside}

    def _attributes(self, edge: Edge) -> list[str]:
        label = self.label_of(edge)
        attributes = [f"label={quoted(label)}"] if label else []
        if self.is_dense(edge):
            sign, share = self.strength(edge)
            colour, opacity = getattr(self._drawing.colours, sign), round(255 * (0.08 + 0.6 * share))
            look = f'color="{colour}{opacity:02x}"', f"penwidth={0.4 + 1.8 * share:.2f}", f'class="dense {sign}"'
            return [*look, "arrowhead=none"]
        if self.carries_nothing(edge):
            attributes.append("style=dashed")
        if edge.multiplicity > 1:
            attributes.append("penwidth=2")
        return attributes


def _listed(attributes: list[str]) -> str:
    return f" [{', '.join(attributes)}]" if attributes else ""
