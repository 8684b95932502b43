"""What goes around the picture in an SVG: tooltips, a legend, the dark theme, words for screen readers."""

import html

from autograd.arguments import counted
from autograd.formulas.notation import clipped, visible
from autograd.render.pictures.dot import MARKS, NOT_SWEPT, STALE
from autograd.render.pictures.legend import legend
from autograd.render.pictures.plan import Plan
from autograd.render.pictures.style import DARK
from autograd.render.scenes.parts import Cluster, Edge
from autograd.render.scenes.words import TOLD, equation

_NARROWEST = 250.0  # points: a legend needs some room
_NAMED = 12  # this many boxes are read out


def dressed(body: str, size: tuple[float, float], attributes: str, drawing: Plan) -> str:
    """A picture of this size with what goes around it; the body ends the <svg> element that is begun here."""
    width, bottom = max(size[0], _NARROWEST), size[1]
    drawn, more = legend(drawing, width, bottom)
    box = f'width="{width:g}pt" height="{bottom + more:g}pt" viewBox="0 0 {width:g} {bottom + more:g}"'
    pieces = [
        f'<svg class="autograd" role="img" {box}{attributes}>\n',
        f"<title>{_text(_title(drawing))}</title>\n<desc>{_text(_description(drawing))}</desc>\n",
        f"<style>{dark_style()}</style>\n" if drawing.theme == "auto" else "",
        f'<rect class="canvas" width="100%" height="100%" fill="{drawing.colours.canvas}"/>\n',
        body,
    ]
    return "".join(pieces).replace("</svg>", f"{drawn}</svg>")


# ---------------------------------------------------------------- words


def _title(drawing: Plan) -> str:
    name = equation(drawing.scene.boxes[-1])
    return f"Computation graph of {name}" if name else "Computation graph"


def _description(drawing: Plan) -> str:
    shown = drawing.scene
    root = shown.boxes[-1]
    counts = f"{counted(len(shown.boxes), 'box')}, {counted(len(shown.edges), 'arrow')}"
    sentences = [f"{counts} from operands to results."]
    if root.data is not None:
        sentences.append(f"The result is {root.data!r}.")
    if not shown.swept:
        sentences.append(f"{NOT_SWEPT.capitalize()}.")
    if shown.stale:
        sentences.append(f"{STALE.capitalize()}.")
    for box in [box for box in shown.boxes if box.name and box.kind in ("input", "parameter")][:_NAMED]:
        gradient = f", gradient {box.grad!r}" if shown.swept else ""
        sentences.append(f"{clipped(box.name, TOLD)} = {box.data!r}{gradient}.")
    marked = [box for box in shown.boxes if MARKS.keys() & set(box.notes)][:_NAMED]
    sentences.extend(f"{clipped(box.name or box.operation or box.id, TOLD)}: {', '.join(box.notes)}." for box in marked)
    return " ".join([*sentences, f"{shown.summary}." if shown.summary else ""]).rstrip()


def titled(name: str, kind: str, words: str, shapes: str) -> str:
    """Shapes as a group that has a class, and words for those who point at it."""
    return f'<g id="{html.escape(visible(name))}" class="{kind}">\n<title>{_text(words)}</title>\n{shapes}\n</g>'


def frame_words(cluster: Cluster) -> str:
    """What is said on pointing at a frame."""
    return f"{clipped(cluster.title, TOLD)}\n{clipped(cluster.path, TOLD)}"


def edge_words(edge: Edge, drawing: Plan, *, nothing: bool) -> str:
    """What is said on pointing at an arrow."""
    if drawing.scene.summary:
        return counted(edge.multiplicity, "edge")
    if edge.partial is None:
        return "a constant: it has no gradient"
    return f"local partial {edge.partial!r}" + ("\nno gradient comes back along it" if nothing else "")


def _text(text: str) -> str:
    """Text as XML takes it, its lines kept."""
    return html.escape("\n".join(map(visible, text.split("\n"))), quote=False)


# ---------------------------------------------------------------- the dark theme


def dark_style() -> str:
    """The dark colours, as rules for those who prefer them.

    Rules rather than variables: a program that knows no media queries ignores them and shows the light colours.
    """
    rules = [
        (".canvas,.graph>polygon", f"fill:{DARK.canvas}"),
        (".graph>text,.edge text,.cluster text,.legend text", f"fill:{DARK.muted}"),
        (".node:not(.scaled) text", f"fill:{DARK.ink}"),
        (".edge path,.edge polygon,.arrow>*,.gate>path", f"stroke:{DARK.line}"),
        (".edge polygon,.arrow>polygon", f"fill:{DARK.line}"),
        (".edge.positive path", f"stroke:{DARK.positive}"),
        (".edge.negative path", f"stroke:{DARK.negative}"),
        (".cluster>path", f"stroke:{DARK.cluster_line}"),
        *((f".cluster.level{i}>path", f"fill:{fill}") for i, fill in enumerate(DARK.clusters)),
    ]
    for kind, (fill, outline) in DARK.boxes.items():
        filled = f".{kind}:not(.scaled)>"
        rules.append((f"{filled}path,{filled}polygon,{filled}rect", f"fill:{fill}"))
        rules.append((f".{kind}>*:not(text)", f"stroke:{outline}"))
    rules.append((".alarm>path,.alarm>polygon,.alarm>polyline", f"stroke:{DARK.alarm}"))
    scoped = (
        f"{','.join(f'svg.autograd {selector}' for selector in selectors.split(','))}{{{declaration}}}"
        for selectors, declaration in rules
    )
    return f"@media(prefers-color-scheme:dark){{{''.join(scoped)}}}"
