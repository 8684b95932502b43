"""A recorded graph in the DOT language, ready for Graphviz."""

from collections.abc import Callable, Iterator
from typing import NamedTuple, Unpack

from autograd.core.value import Value
from autograd.formulas.notation import LONGEST, clipped, short
from autograd.render.pictures.arrows import Arrows
from autograd.render.pictures.plan import Options, Plan, plan
from autograd.render.pictures.style import readable_on
from autograd.render.scenes.parts import FOLDED, NOT_FINITE, OFF, SATURATED, VANISHING, ZERO, Box, Cluster
from autograd.render.scenes.words import SHOWN, equation, escaped, quoted, tooltip

FONT = "Helvetica"
"""The font that is laid out: of a list of fonts Graphviz in WebAssembly would take the widths of Times."""
NOT_SWEPT = "no gradients: backward() has not run, or none came back"
STALE = "numbers were changed after the recording: run the forward pass again"
RESERVED = "0" * LONGEST
"""What there is room for where a number stands, so that no picture jumps as its numbers change."""
_CLOSING = "}"
MARKS = {OFF: "○", NOT_FINITE: "✕", SATURATED: "≈", VANISHING: "↓"}
"""The sign before a note that is written into its box; other notes are told by the outline."""


def to_dot(root: Value, **options: Unpack[Options]) -> str:
    """The graph below `root` in the DOT language.

    Each node shows its label, its operation, its number and its adjoint; each operand has its own edge, with
    the local partial on it.  A dashed outline or edge is one that no gradient reaches.

    Args:
        root: The result; what it was made from stands before it.
        rankdir: The direction of the picture, as in Graphviz: LR (the default), RL, TB or BT.
        partials: Write the local partial on each edge, as by default.
        fold_leaves: Where an operation has more unlabelled leaves of its own than this, count them in its box instead.
        model: Anything with `named_parameters()`: its parameters get their names, its modules are framed.  Without one
            the layers that the graph itself tells are framed.
        expand: Show affine, dot, sum, mean and losses as the operations they stand for.
        colour: "kind", the default, tells inputs, parameters and results apart; "grad" colours by the gradient, its
            sign kept and its size logarithmic, "value" by the number.  Blue is positive, orange negative.
        color: The same, as it is spelled in America.
        theme: "light" or "dark"; "auto", the default, is light, and in an SVG follows the reader's choice.
        summarize: "module" shows one box a layer, "depth" one a band of levels, False every node; by default a graph
            of more than 200 nodes is summarised, by module if there is a model.

    Raises ValueError for an unknown option, and with `summarize=False` for a graph of more than 1000 boxes.

    >>> a = Value(2.0, label="a")
    >>> print(to_dot(a * a).count("->"))
    2
    """
    return dot_source(plan(root, **options))


def dot_source(drawing: Plan, *, tooltips: bool = True) -> str:
    """A plan in the DOT language; tooltips as an SVG of Graphviz has them, in links."""
    colours, arrows = drawing.colours, Arrows(drawing)
    lines = [
        f'digraph {{ rankdir={drawing.rankdir}; bgcolor="{colours.canvas}"; nodesep=0.2; ranksep=0.45; pad=0.15;',
        f'fontname="{FONT}"; fontsize=11; fontcolor="{colours.muted}"; labelloc=b; labeljust=l;',
        f"label={quoted(caption(drawing))};",
        f'node [shape=Mrecord, style=filled, fontcolor="{colours.ink}", fontname="{FONT}", fontsize=11];',
        'node [height=0.3, margin="0.11,0.05"];',
        f'edge [color="{colours.line}", arrowsize=0.6, fontname="{FONT}", fontsize=9, fontcolor="{colours.muted}"];',
        *_framed(drawing, arrows, tooltips),
    ]
    lines.append(f"{{ rank=source; {' '.join(arrows.entering())} }}")
    if arrows.dense_targets:
        lines.append("splines=line; ranksep=2;")
    return "\n".join([*lines, *arrows.lines(), "}", ""])


def caption(drawing: Plan) -> str:
    """What stands under a picture: why gradients are missing, whether numbers are old, how it was summarised."""
    shown = drawing.scene
    return "; ".join(filter(None, ["" if shown.swept else NOT_SWEPT, STALE if shown.stale else "", shown.summary]))


def _framed(drawing: Plan, arrows: Arrows, tooltips: bool) -> Iterator[str]:
    """The boxes, each inside the frames of its modules."""
    inside: dict[str, list[Cluster | Box | str]] = {"": []}
    for cluster in drawing.scene.clusters:
        inside[cluster.path] = []
        inside[cluster.parent].append(cluster)
    names, frames = drawing.names, drawing.frames
    claimed, declared = arrows.claimed(), set()
    for box in drawing.scene.boxes:
        if box.id not in claimed:
            new = [item for item in arrows.before(box.id) if item not in declared]
            declared.update(new)
            inside[box.cluster].extend([*new, box])
    waiting = [*reversed(inside[""])]
    depth = 0
    while waiting:
        item = waiting.pop()
        if isinstance(item, Cluster):
            yield _opening(item, frames[item.path], drawing, depth)
            depth += 1
            waiting.extend([_CLOSING, *reversed(inside[item.path])])
        else:
            depth -= item == _CLOSING
            yield item if isinstance(item, str) else _box(item, names[item.id], drawing, tooltips)


def _opening(cluster: Cluster, name: str, drawing: Plan, depth: int) -> str:
    colours = drawing.colours
    title = quoted(f" {clipped(cluster.title, SHOWN)}")  # the space: clear of the round corner
    return (
        f'subgraph {name} {{ class="level{depth % 2}"; label={title}; '
        f'style="rounded,filled"; fillcolor="{colours.clusters[depth % 2]}"; color="{colours.cluster_line}"; '
        f"labelloc=t; margin={10 if depth == 0 else 8};"
    )


# ---------------------------------------------------------------- boxes


def _box(box: Box, name: str, drawing: Plan, tooltips: bool) -> str:
    upright = drawing.rankdir in ("LR", "RL")  # a record stacks its fields across the direction of the picture
    fields = "|".join(map(_in_record, fields_of(box, drawing)))
    look = look_of(box, drawing)
    attributes = {key: text if text.isalnum() or key == "penwidth" else f'"{text}"' for key, text in look.items()}
    attributes = {"label": f'"{fields if upright else f"{{{fields}}}"}"', **attributes, "class": f'"{look["class"]}"'}
    if tooltips:
        attributes["tooltip"] = quoted(tooltip(box))
    return f"{name} [{', '.join(f'{key}={text}' for key, text in attributes.items())}];"


def look_of(box: Box, drawing: Plan) -> dict[str, str]:
    """Shape, colours and outline of a box, by the names of their attributes in DOT."""
    fill, outline = drawing.colours.boxes[box.kind]
    classes, style = [box.kind], "filled"
    look = {"shape": "record"} if box.kind == "parameter" else {}
    number = drawing.measured(box)
    if number is not None and drawing.scale is not None and (number or drawing.scale.name == "data"):
        fill = drawing.scale.colour(number)
        classes.append("scaled")
        look["fontcolor"] = readable_on(fill)
    if NOT_FINITE in box.notes:
        classes.append("alarm")
        outline, style, look["penwidth"] = drawing.colours.alarm, "filled,dashed", "2.2"
    elif {OFF, ZERO, VANISHING}.intersection(box.notes) or box.kind == "constant":
        style = "filled,dashed"
    elif box.kind == "result":
        look["penwidth"] = "2.2"
    if style != "filled":
        look["style"] = style
    return look | {"fillcolor": fill, "color": outline, "class": " ".join(classes)}


class Field(NamedTuple):
    """A field of a box: its lines of text, in the middle or at the left."""

    lines: list[str]
    centred: bool = False


def fields_of(box: Box, drawing: Plan, written: Callable[[float], str] = short) -> list[Field]:
    """The fields of a box: what it is, its number and its adjoint as `written`, what is remarkable about it."""
    if box.kind == "constant" and box.data is not None:
        return [Field([written(box.data)], centred=True)]
    name = equation(box, SHOWN, framed=True)
    fields = [Field(name.split("\n"), centred=True)] if name or box.kind == "group" else []
    if box.kind == "group":
        return [*fields, Field(list(box.notes))]
    numbers = [f"data {written(box.data)}"] if box.data is not None else []
    if drawing.scene.swept:
        numbers.append(f"{box.delta or 'grad'} {'–' if box.grad is None else written(box.grad)}")
    marks = [f"{MARKS[note]} {note}" for note in box.notes if note in MARKS]
    marks.extend(note.removeprefix(FOLDED) for note in box.notes if note.startswith(FOLDED))
    return [*fields, Field(numbers), *([Field(marks)] if marks else [])]


def _in_record(field: Field) -> str:
    r"""A field as a record has it, where \l ends a line at the left."""
    lines = map(escaped, field.lines)
    return "\\n".join(lines) if field.centred else "".join(f"{line}\\l" for line in lines)
