"""The line under a picture that says what its shapes, colours and arrows mean."""

import html
from collections.abc import Iterator
from dataclasses import dataclass

from autograd.formulas.notation import clipped, short, visible
from autograd.render.pictures.arrows import Arrows
from autograd.render.pictures.dot import MARKS, RESERVED
from autograd.render.pictures.plan import Plan
from autograd.render.pictures.style import FONT, Scale
from autograd.render.scenes.parts import OFF
from autograd.render.scenes.words import SHOWN

_KINDS = ("input", "parameter", "operation", "result", "constant", "group")
_MARGIN, _LINE, _GAP = 14.0, 19.0, 14.0
_LETTER = 5.4  # a generous mean width of one at 10 points
_BAR, _STEPS = 90.0, 30


@dataclass(frozen=True, slots=True)
class _Entry:
    """A sample of what the picture uses, drawn from (0, 0) to (width, 13), and what it means."""

    sample: str
    width: float
    text: str
    room: int = 0
    """For how many characters there is room, if for more than the text has."""


def legend(drawing: Plan, width: float, top: float) -> tuple[str, float]:
    """The legend as SVG, from `top` downwards in lines of this width, and its height."""
    x, y, pieces = _MARGIN, top, []
    for entry in _entries(drawing):
        needed = entry.width + _LETTER * max(len(entry.text), entry.room)
        if x > _MARGIN and x + needed > width - 8.0:
            x, y = _MARGIN, y + _LINE
        text = html.escape(visible(entry.text))
        pieces.append(
            f'<g transform="translate({x:g} {y:g})">{entry.sample}'
            f'<text x="{entry.width:g}" y="10" font-family="{FONT}" font-size="10" fill="{drawing.colours.muted}">'
            f"{text}</text></g>"
        )
        x += needed + _GAP
    return f'<g class="legend">{"".join(pieces)}</g>\n', y + _LINE + 5.0 - top


def _entries(drawing: Plan) -> Iterator[_Entry]:
    shown, scale = drawing.scene, drawing.scale
    kinds = {box.kind for box in shown.boxes}
    scaled = {box.kind for box in shown.boxes if drawing.measured(box) is not None}
    for kind in [kind for kind in _KINDS if kind in kinds]:
        words = "many nodes" if kind == "group" else kind
        yield _Entry(_sample(kind, drawing, coloured=kind in scaled), 28.0, words)
    if scale is not None and scaled:
        marks, room = ", ".join(map(short, scale.marks)), 4 * (len(RESERVED) + 2)
        yield _Entry(_bar(scale), _BAR + 6.0, f"{scale.name}: {marks}", len(scale.name) + room)
    root = shown.boxes[-1]
    if shown.swept:
        meaning = f"∂{clipped(root.name, SHOWN) or 'result'}/∂box" if root.grad == 1.0 else "as backward() left it"
        yield _Entry("", 0.0, f"grad{', δ' if any(box.delta for box in shown.boxes) else ''}: {meaning}")
    if drawing.partials and any(edge.partial is not None for edge in shown.edges):
        yield _Entry(_arrow(drawing, dashed=False), 32.0, "local partial ∂target/∂source")
    if any(OFF in box.notes for box in shown.boxes):
        yield _Entry("", 0.0, f"{MARKS[OFF]} off: passes nothing on for this sample")
    arrows = Arrows(drawing)
    for sign, words in (("positive", "weight above 0"), ("negative", "below 0; thick is large")):
        if any(arrows.is_dense(edge) and arrows.strength(edge)[0] == sign for edge in shown.edges):
            yield _Entry(_line(drawing, sign), 28.0, words)
    if any(map(arrows.carries_nothing, shown.edges)):
        yield _Entry(_arrow(drawing, dashed=True), 32.0, "no gradient comes back")


def _sample(kind: str, drawing: Plan, *, coloured: bool) -> str:
    """A box as the picture has them; without an inside where its colour is that of its number."""
    fill, outline = drawing.colours.boxes[kind]
    radius = 0 if kind == "parameter" else 4
    dashes = ' stroke-dasharray="4,2"' if kind == "constant" else ""
    return (
        f'<g class="{kind}{" scaled" if coloured else ""}"><rect y="0.5" width="22" height="12" rx="{radius}" '
        f'fill="{"none" if coloured else fill}" stroke="{outline}" stroke-width="{2 if kind == "result" else 1}"'
        f"{dashes}/></g>"
    )


def _bar(scale: Scale) -> str:
    width = _BAR / _STEPS
    return "".join(
        f'<rect x="{i * width:g}" width="{width + 0.3:g}" height="13" fill="{scale.at(i / (_STEPS - 1))}"/>'
        for i in range(_STEPS)
    )


def _line(drawing: Plan, sign: str) -> str:
    colour = getattr(drawing.colours, sign)
    return f'<g class="edge {sign}"><path d="M0 6.5H22" fill="none" stroke="{colour}" stroke-width="2"/></g>'


def _arrow(drawing: Plan, *, dashed: bool) -> str:
    line = drawing.colours.line
    dashes = ' stroke-dasharray="4,3"' if dashed else ""
    return (
        f'<g class="arrow"><path d="M0 6.5H21" fill="none" stroke="{line}"{dashes}/>'
        f'<polygon points="21,4 27,6.5 21,9" fill="{line}" stroke="{line}"/></g>'
    )
