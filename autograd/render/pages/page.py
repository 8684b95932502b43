"""`to_html`: one file that steps through backpropagation, or scrubs through a training."""

import html
import os
from pathlib import Path
from typing import Any, overload

from autograd.core.value import Value
from autograd.files import write_whole
from autograd.formulas.notation import clipped, visible
from autograd.render.pages.graph import graph_data
from autograd.render.pages.own_page import checked_ending, page_text
from autograd.render.pictures.style import DARK, LIGHT, SERIES
from autograd.render.shown import Shown

_ASSETS = Path(__file__).parent / "assets"  # importlib.resources would add 5 ms to the import
MOST = 5_000
"""A graph of more nodes than this is summarised: nobody steps through it, and a browser would be slow."""


_HEIGHT = 640  # pixels of a page in a notebook


class Page(Shown):
    """A page that is whole in itself: notebooks show it in a frame, and `save` writes it to a file."""

    __slots__ = ("html", "title")

    def __init__(self, page: str, title: str) -> None:
        self.html = page
        self.title = title

    def save(self, file: str | os.PathLike[str]) -> Path:
        """Write it, as by `to_html`, and return the path."""
        path = checked_ending(file, "to_html")
        write_whole(path, self.html)
        return path

    def __repr__(self) -> str:
        return (
            f'<page {clipped(visible(self.title), 60)!r}, {len(self.html) // 1024:,} KiB; .save("page.html") writes it>'
        )

    def _repr_html_(self) -> str:
        # its scripts run in a frame of no origin: they see nothing of the notebook
        return (
            f'<iframe srcdoc="{html.escape(self.html)}" title="{html.escape(visible(self.title))}" '
            f'sandbox="allow-scripts" loading="lazy" style="width: 100%; height: {_HEIGHT}px; border: 0"></iframe>'
        )

    def _bundle(self) -> dict[str, str]:
        return {"text/plain": repr(self), "text/html": self._repr_html_()}


@overload
def to_html(
    v: Any,
    file: None = None,
    *,
    model: Any = None,
    title: str = "",
    expand: bool = False,
    fold_leaves: int | None = None,
) -> Page: ...


@overload
def to_html(
    v: Any,
    file: str | os.PathLike[str],
    *,
    model: Any = None,
    title: str = "",
    expand: bool = False,
    fold_leaves: int | None = None,
) -> Path: ...


def to_html(
    v: Any,
    file: str | os.PathLike[str] | None = None,
    *,
    model: Any = None,
    title: str = "",
    expand: bool = False,
    fold_leaves: int | None = None,
) -> Page | Path:
    """One self-contained page, no network needed, that steps through the graph below `v`; with a file its path.

    Forward the values appear; backward the adjoints run, x̄ += z̄ · ∂z/∂x, each step written out.  The page computes
    them itself from the recorded local partials, with 1 for the adjoint of `v`.  A leaf can be given another number:
    values and partials then come from the program that was recorded, printed as JavaScript, and are shown to twelve
    digits, as functions of JavaScript differ from Python's in the last ones.  Where an operation has a closure or a
    sweep of its own, or no machine can compute it, there is no program, and no leaf to change.

    Args:
        v: A Value; or anything with a method `page_data()`, such as `nn.Snapshots` of a training, which
            returns what the page shows as a dict for JSON.
        file: Ends in .html or .htm; it is written as by `write_whole`.  Without one a `Page` is returned, which
            notebooks show in a frame, and which has `.save(file)`.
        model: Names the parameters and draws its modules, which can be closed and opened; as in `scene`.  What comes
            after all modules, the loss, is one more.  As many are open at first as a window has room for.
        title: Of the page; by default it names `v` by its label.
        expand, fold_leaves: As in `scene`.

    A graph of more than 5000 nodes is shown summarised, without steps.
    Raises TypeError for what is neither a Value nor has `page_data`, ValueError for another ending.
    Source: the steps are those of seeds, "Reverse-Mode Automatic Differentiation".

    >>> import tempfile
    >>> a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    >>> to_html(a * b, Path(tempfile.mkdtemp()) / "page.html").name
    'page.html'
    """
    if file is not None:
        checked_ending(file, "to_html")
    page = _page(v, model=model, title=title, expand=expand, fold_leaves=fold_leaves)
    return page if file is None else page.save(file)


def html_page(v: Any, **options: Any) -> str:
    """The page of `to_html` as text.

    >>> "<script" in html_page(Value(2.0, label="</script>") * 3.0), "</script>3" in html_page(Value(2.0))
    (True, False)
    """
    return _page(v, **options).html


def _page(v: Any, *, title: str = "", **options: Any) -> Page:
    if isinstance(v, Value):
        data = graph_data(v, most=MOST, **options)
        program = f"function makeProgram() {{\n{data.pop('source')}return program;\n}}" if data["program"] else ""
        scripts = [
            "page_numbers.js",
            "page_view.js",
            "page_picture.js",
            "page_panel.js",
            "page_edit.js",
            "page_graph.js",
        ]
        title = title or f"Backpropagation{v.label.strip() and f' through {v.label}'}, step by step"
    elif callable(getattr(v, "page_data", None)):
        data, program = v.page_data(), ""
        scripts = ["page_boundary.js", "page_training.js"]
        title = title or str(data.get("title", "")) or "Training, epoch by epoch"
    else:
        raise TypeError(f"to_html: v must be a Value, or have page_data() as nn.Snapshots has, not {type(v).__name__}")
    code = "\n".join([*map(_asset, ["page.js", "page_geometry.js", "page_shell.js"]), program, *map(_asset, scripts)])
    data = {**data, "title": title, "colours": _paints()}
    page = page_text(_asset("page.html"), title=title, style=_asset("page.css"), script=code, data=data, name="to_html")
    return Page(page, title)


def _paints() -> dict[str, Any]:
    """The colours that a script paints with, for a canvas knows no style sheet."""
    names = ("canvas", "ink", "positive", "negative")
    themes = {"light": LIGHT, "dark": DARK}
    return {"series": SERIES} | {name: {x: getattr(theme, x) for x in names} for name, theme in themes.items()}


def _asset(name: str) -> str:
    return (_ASSETS / name).read_text(encoding="utf-8")
