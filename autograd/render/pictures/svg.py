"""What goes around the picture in an SVG: tooltips, a legend, the dark theme, words for screen readers."""

import html
import re

from autograd.formulas.notation import clipped, visible
from autograd.render.pictures.arrows import Arrows
from autograd.render.pictures.dot import MARKS, NOT_SWEPT, STALE
from autograd.render.pictures.legend import legend
from autograd.render.pictures.plan import Plan
from autograd.render.pictures.style import DARK, FONT
from autograd.render.scenes.parts import Cluster, Edge
from autograd.render.scenes.words import TOLD, counted, equation, tooltip

_HEADER = re.compile(r'<svg width="[\d.]+pt" height="[\d.]+pt"\s+viewBox="0.00 0.00 ([\d.]+) ([\d.]+)"([^>]*)>')
_TITLE = re.compile(r'(<g id="[^"]*" class="(node|edge|cluster)[^"]*">\s*<title>)([^<]*)(?=</title>)')
_GATE = re.compile(
    r'(class="node gate">\s*<title></title>\s*)'
    r'<polygon[^>]*?points="([-\d.]+),([-\d.]+) [-\d.]+,[-\d.]+ ([-\d.]+),([-\d.]+)[^>]*/>'
)
_FAMILY = re.compile(r'font-family="[^"]*"')
_NARROWEST = 250.0  # points: a legend needs some room
_NAMED = 12  # this many boxes are read out


def finished(svg: str, drawing: Plan) -> str:
    """An SVG of Graphviz, made readable in the light and in the dark, on pointing at it, and by ear.

    It holds no script, no link and nothing from elsewhere, and stands in a page as it stands in a file.
    """
    header = _HEADER.search(svg)
    if header is None:  # not by Graphviz as it is known here: better plain than broken
        return svg
    body = _FAMILY.sub(f'font-family="{FONT}"', svg[header.end() :])
    size = float(header[1]), float(header[2])
    return dressed(_bridged(_retitled(body, drawing), drawing), size, header[3], drawing)


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


def _bridged(body: str, drawing: Plan) -> str:
    """The body with a stroke over each gate, where Graphviz leaves a gap of a point or two in the arrow."""
    level = drawing.rankdir in ("LR", "RL")

    def stroke(found: re.Match[str]) -> str:
        x, y = (float(found[2]) + float(found[4])) / 2.0, (float(found[3]) + float(found[5])) / 2.0
        line = f"M{x - 3:g} {y:g}h6" if level else f"M{x:g} {y - 3:g}v6"
        return f'{found[1]}<path d="{line}" stroke="{drawing.colours.line}"/>'

    return _GATE.sub(stroke, body)


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


def _retitled(body: str, drawing: Plan) -> str:
    """Tooltips with all digits in place of the names by which Graphviz knows boxes and edges."""
    names = drawing.names
    boxes = {names[box.id]: box for box in drawing.scene.boxes}
    frames = drawing.frames
    clusters = {frames[cluster.path]: frame_words(cluster) for cluster in drawing.scene.clusters}
    arrows = Arrows(drawing)
    edges = arrows.named()

    def words(kind: str, name: str) -> str:
        if kind == "edge":
            edge = edges[name].pop(0)
            return edge_words(edge, drawing, nothing=arrows.carries_nothing(edge))
        if kind == "cluster":
            return clusters[name]
        return tooltip(boxes[name]) if name in boxes else ""  # a gate

    return _TITLE.sub(lambda found: found[1] + _text(words(found[2], html.unescape(found[3]))), body)


def titled(name: str, kind: str, words: str, shapes: str) -> str:
    """Shapes as a group that has a class, and words for those who point at it."""
    return f'<g id="{html.escape(visible(name))}" class="{kind}">\n<title>{_text(words)}</title>\n{shapes}\n</g>'


def frame_words(cluster: Cluster) -> str:
    """What is said on pointing at a frame."""
    return f"{clipped(cluster.title, TOLD)}\n{clipped(cluster.path, TOLD)}"


def edge_words(edge: Edge, drawing: Plan, *, nothing: bool) -> str:
    """What is said on pointing at an arrow."""
    if drawing.scene.summary:
        return f"{edge.multiplicity:,} edges"
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
