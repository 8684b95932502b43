"""Motion for slides: the forward and the backward pass through a graph, or a training, as SVG, GIF or MP4."""

import copy
import io
import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Unpack
from xml.etree import ElementTree

from autograd.core.value import Value
from autograd.files import write_whole
from autograd.installation import require
from autograd.render.pictures.frames import moving
from autograd.render.pictures.layered import layered_svg
from autograd.render.pictures.layout import as_png
from autograd.render.pictures.plan import Options, Plan, plan
from autograd.render.pictures.style import FONT, SERIES
from autograd.render.scenes.parts import Box

KINDS = ("svg", "gif", "mp4")
_HELD = 3  # times a step: how long the last picture stays
_COLOURS = 64  # of each picture of a GIF
_LINE = 20.0  # under the picture, for what is going on
_NAMESPACE = ' xmlns="http://www.w3.org/2000/svg"'


def animate(v: Any, file: str | os.PathLike[str], *, seconds: float | None = None, **options: Unpack[Options]) -> Path:
    """Write the forward and the backward pass through the graph below `v` as a film, and return its path.

    Forward the values appear, operation by operation; then backward each gradient, once all that it sums up has come
    back.  Before `backward()` there is the forward pass only.  The film begins again when it is over.

    Args:
        v: A Value; or anything with a method `animation_frames(kind)` that gives pictures, as "png" or "svg", such as
            `nn.Snapshots` of a training.
        file: Ends in .svg (moved by SMIL, for browsers), .gif (needs Pillow) or .mp4 (needs matplotlib and the program
            ffmpeg).  Pictures of graphs become pixels by the package typst.  It is written as by `write_whole`.
        seconds: Of each step; by default 1 for a graph, 0.2 for a training.
        options: Those of `to_dot`.

    Raises TypeError for what is neither a Value nor has `animation_frames`, ValueError for another ending, for a graph
    that is too large to be drawn node by node, and for seconds that are not above 0, ModuleNotFoundError or
    FileNotFoundError for what has to be installed.

    >>> x = Value(3.0, label="x")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     animate(x * x, Path(folder) / "film.svg").read_text(encoding="utf-8").count("<animate ") > 3
    True
    """
    path = Path(file)
    kind = path.suffix.lower().lstrip(".")
    if kind not in KINDS:
        raise ValueError(f"animate: the file must end in .{', .'.join(KINDS[:-1])} or .{KINDS[-1]}, not {path.name!r}")
    if seconds is not None and not 0.0 < seconds < 1e6:
        raise ValueError(f"animate: seconds must be a number above 0, not {seconds!r}")
    if isinstance(v, Value):
        film = _Film(plan(v, **options))
        seconds = seconds or 1.0
        content = film.svg(seconds) if kind == "svg" else _filmed(film.frames(), kind, seconds)
    elif callable(getattr(v, "animation_frames", None)):
        seconds = seconds or 0.2
        frames = v.animation_frames("svg" if kind == "svg" else "png")
        content = _slides(frames, seconds) if kind == "svg" else _filmed(frames, kind, seconds)
    else:
        raise TypeError(
            f"animate: v must be a Value, or have animation_frames() as nn.Snapshots has, not {type(v).__name__}"
        )
    write_whole(path, content)
    return path


class _Film:
    """The picture of a graph, and when each part of it is seen.

    All that changes is what is hidden, so that it looks right on light and dark paper: numbers that are not known yet,
    and over each box and arrow a line in the colour of the way forward or back.
    """

    def __init__(self, drawing: Plan) -> None:
        scene = drawing.scene
        if scene.summary:
            raise ValueError("animate: the graph is too large to be drawn node by node; animate a part of it")
        self.drawing = drawing
        ours = layered_svg(drawing).replace(_NAMESPACE, "")  # so that the names of elements are plain
        self.picture = ElementTree.fromstring(ours)  # noqa: S314  # not from elsewhere
        moments = [("start", "")]
        operations = [box.id for box in scene.boxes if box.operation]
        moments += [("forward", box) for box in operations]
        if scene.swept:
            moments += [("seed", scene.boxes[-1].id), *(("backward", box) for box in reversed(operations))]
        self.moments = moments + [("end", "")] * _HELD
        self.shows: list[tuple[ElementTree.Element, list[bool]]] = []
        """The parts that are not always seen, and at which moments they are."""
        groups = {element.get("id"): element for element in self.picture.iter("g")}
        for box in scene.boxes:
            self._box(groups[box.id.replace(":", "-")], box)
        for i, edge in enumerate(scene.edges):
            forward, backward = self._when("forward", edge.target), self._when("backward", edge.target)
            group = groups[f"edge{i}"]
            for partial in group.findall("text"):
                self._show(partial, range(max(forward, default=0), len(self.moments)))
            self._trace(group, forward, backward if edge.partial is not None else [])
        self._words()

    def _when(self, phase: str, box: str) -> list[int]:
        return [i for i, moment in enumerate(self.moments) if moment == (phase, box)]

    def _box(self, group: ElementTree.Element, drawn: Box) -> None:
        box = drawn.id
        known = max(self._when("forward", box), default=0)
        users = [edge.target for edge in self.drawing.scene.edges if edge.source == box]
        last = max((i for user in users for i in self._when("backward", user)), default=0)
        received = max([last, *self._when("seed", box)])
        for text in group.findall("text[@text-anchor='start']"):
            since = {"data": known, drawn.delta or "grad": received}.get((text.text or "").partition(" ")[0], 0)
            self._show(text, range(since, len(self.moments)))
        self._trace(group, self._when("forward", box), self._when("seed", box) + self._when("backward", box))

    def _trace(self, group: ElementTree.Element, forward: Sequence[int], backward: Sequence[int]) -> None:
        """Draw the lines of a group again on top of it, in colour, to be seen at these moments only."""
        shapes = [shape for shape in group if shape.tag != "text" and shape.tag != "title"]
        for colour, moments in zip(SERIES, (forward, backward), strict=False):
            if moments:
                traced = ElementTree.SubElement(group, "g")
                for shape in shapes:
                    twin = copy.deepcopy(shape)
                    fill = colour if shape.tag == "polygon" else "none"
                    twin.set("style", f"stroke:{colour};stroke-width:2.8;fill:{fill}")  # above the dark style sheet
                    traced.append(twin)
                self._show(traced, moments)

    def _words(self) -> None:
        """A line under the picture that says which way it goes."""
        width, height = map(float, self.picture.attrib["viewBox"].split()[2:])
        self.picture.attrib |= {"viewBox": f"0 0 {width:g} {height + _LINE:g}", "height": f"{height + _LINE:g}pt"}
        ways = {
            "forward: values →": (SERIES[0], ("start", "forward")),
            "← backward: gradients": (SERIES[1], ("seed", "backward")),
        }
        for words, (colour, phases) in ways.items():
            text = ElementTree.SubElement(self.picture, "text", {"x": "11", "y": f"{height + 6:g}"})
            text.attrib |= {"font-family": FONT, "font-size": "13", "font-weight": "bold", "fill": colour}
            text.text = words
            self._show(text, [i for i, (phase, _) in enumerate(self.moments) if phase in phases])

    def _show(self, element: ElementTree.Element, moments: Sequence[int]) -> None:
        self.shows.append((element, [i in moments for i in range(len(self.moments))]))

    def svg(self, seconds: float) -> bytes:
        """The film as one picture that moves by itself; what knows no SMIL shows its end."""
        for element, seen in self.shows:
            element.set("opacity", f"{seen[-1]:d}")
            if not all(seen):
                element.append(_discrete(seen, seconds))
        return _written(self.picture)

    def frames(self) -> Iterator[bytes]:
        """The film as PNG pictures; the end is one of them."""
        require("typst", "animate: the pixels of a graph")
        for i in range(len(self.moments) - _HELD + 1):
            for element, seen in self.shows:
                element.set("opacity", f"{seen[i]:d}")
            yield as_png(_written(self.picture).decode())


def _discrete(seen: Sequence[bool], seconds: float) -> ElementTree.Element:
    """The element that lets the one around it be seen at these moments, over and over."""
    turns = [i for i in range(len(seen)) if not i or seen[i] != seen[i - 1]]
    attributes = {
        "attributeName": "opacity",
        "calcMode": "discrete",
        "repeatCount": "indefinite",
        "dur": f"{len(seen) * seconds:g}s",
        "keyTimes": ";".join(f"{i / len(seen):.6g}" for i in turns),
        "values": ";".join(f"{seen[i]:d}" for i in turns),
    }
    return ElementTree.Element("animate", attributes)


def _slides(frames: Iterator[bytes], seconds: float) -> bytes:
    """SVG pictures one after the other, as one."""

    def show(element: ElementTree.Element, seen: Sequence[bool]) -> None:
        element.set("opacity", f"{seen[-1]:d}")
        element.append(_discrete([*seen, *[seen[-1]] * (_HELD - 1)], seconds))

    return _written(moving([frame.decode() for frame in frames], show))


def _written(svg: ElementTree.Element) -> bytes:
    return ElementTree.tostring(svg, encoding="unicode").replace("<svg", f"<svg{_NAMESPACE}", 1).encode()


# ---------------------------------------------------------------- pixels


def _filmed(frames: Iterator[bytes], kind: str, seconds: float) -> bytes:
    images = require("PIL.Image", f"animate: a .{kind}")
    if kind == "mp4":
        writers = require("matplotlib.animation", "animate: a .mp4")
        if not writers.FFMpegWriter.isAvailable():
            raise FileNotFoundError(
                "animate: a .mp4 needs the program ffmpeg (`apt install ffmpeg`, `brew install ffmpeg`); "
                "a .gif or a .svg does not"
            )
    pictures = [images.open(io.BytesIO(frame)).convert("RGB") for frame in frames]
    return _gif(pictures, seconds) if kind == "gif" else _mp4(pictures, seconds)


def _gif(pictures: Sequence[Any], seconds: float) -> bytes:
    durations = [1e3 * seconds] * (len(pictures) - 1) + [1e3 * seconds * _HELD]
    flat = [picture.quantize(_COLOURS) for picture in pictures]
    stream = io.BytesIO()
    flat[0].save(stream, "GIF", save_all=True, append_images=flat[1:], duration=durations, loop=0)
    return stream.getvalue()


def _mp4(pictures: Sequence[Any], seconds: float) -> bytes:
    writers = require("matplotlib.animation", "animate: a .mp4")
    figures = require("matplotlib.figure", "animate: a .mp4")
    width, height = (side + side % 2 for side in pictures[0].size)  # the codec takes even sizes only
    figure = figures.Figure(figsize=(width / 100, height / 100), dpi=100)
    shown = figure.figimage(pictures[0])
    writer = writers.FFMpegWriter(fps=1.0 / seconds)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "film.mp4"
        with writer.saving(figure, str(file), dpi=100):
            for picture in [*pictures, *[pictures[-1]] * (_HELD - 1)]:
                shown.set_data(picture)
                writer.grab_frame()
        return file.read_bytes()
