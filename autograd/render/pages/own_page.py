"""Pages that stand alone: one file that fetches nothing, and runs no script but its own."""

import base64
import hashlib
import html
import json
import os
import re
from collections.abc import Sequence
from pathlib import Path
from string import Template
from typing import Any

from autograd.files import write_whole
from autograd.formulas.notation import clipped, visible
from autograd.render.pictures.style import css_variables
from autograd.render.scenes.words import TOLD


def write_page(
    file: str | os.PathLike[str],
    template: str,
    *,
    title: str,
    style: str,
    script: str,
    data: Any,
    name: str,
    opens: Sequence[str] = (),
) -> Path:
    """Write an HTML page that needs no network, and return its path.

    Args:
        file: Ends in .html or .htm; it is written as by `write_whole`.
        template: HTML with $title, $style, $script and $data where these belong, and $style_hash and $script_hash
            for its Content-Security-Policy.
        title: Any text.
        style, script: CSS and JavaScript; the colours of all pages are variables of the CSS, var(--ink) and so on.
        data: Numbers, text, lists and dicts for JSON.
        name: Of the function that was called, for the errors.
        opens: The texts of pages of `to_html` that it opens as blobs, which its policy then binds too.

    Raises ValueError for another ending, and for a script or style that would end its element.

    >>> import tempfile
    >>> path = write_page(Path(tempfile.mkdtemp()) / "a.html", "<title>$title</title>", title="1 < 2",
    ...     style="", script="", data={}, name="write_page")
    >>> path.read_text()
    '<title>1 &lt; 2</title>'
    """
    path = checked_ending(file, name)
    page = page_text(template, title=title, style=style, script=script, data=data, name=name, opens=opens)
    write_whole(path, page)
    return path


def checked_ending(file: str | os.PathLike[str], name: str) -> Path:
    """The path of a page; ValueError for an ending that is none of HTML."""
    path = Path(file)
    if path.suffix.lower() not in (".html", ".htm"):
        raise ValueError(f"{name}: file must end in .html or .htm, not {path.name!r}")
    return path


def page_text(
    template: str, *, title: str, style: str, script: str, data: Any, name: str, opens: Sequence[str] = ()
) -> str:
    """The page of `write_page` as text."""
    for what, text, end in (("script", script, "</script|<script|<!--"), ("style", style, "</style")):
        if found := re.search(end, text, re.IGNORECASE):
            raise ValueError(f"{name}: the {what} holds {found[0]!r}, which would end its element; write \\x3c for <")
    opened = [found for text in opens for found in re.findall(r"'(sha256-[^']+)'", text.split("<style>")[0])]
    style = css_variables() + style
    return Template(template).substitute(
        title=html.escape(visible(clipped(title, TOLD))),
        style=style,
        style_hash="' '".join([_hash(style), *opened]),
        script=script,
        script_hash="' '".join([_hash(script), *opened]),
        data=embedded(data),
    )


def embedded(data: Any) -> str:
    r"""JSON that can stand inside a script element: no text in it can end the element or begin another.

    >>> embedded({"label": "</script><!--"})
    '{"label":"\\u003c/script\\u003e\\u003c!--"}'
    """
    text = json.dumps(data, separators=(",", ":"), allow_nan=False)  # ASCII, so no separators U+2028 either
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _hash(text: str) -> str:
    """What the Content-Security-Policy of the page knows its own script and style by."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
