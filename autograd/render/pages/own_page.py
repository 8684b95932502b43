"""`write_page`: a page of one's own as one file that fetches nothing."""

import html
import os
import re
from collections.abc import Sequence
from pathlib import Path
from string import Template
from typing import Any

from autograd.files import write_whole
from autograd.formulas.notation import clipped, visible
from autograd.render.pages.page import _hash, embedded
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
    path = Path(file)
    if path.suffix.lower() not in (".html", ".htm"):
        raise ValueError(f"{name}: file must end in .html or .htm, not {path.name!r}")
    for what, text, end in (("script", script, "</script|<script|<!--"), ("style", style, "</style")):
        if found := re.search(end, text, re.IGNORECASE):
            raise ValueError(f"{name}: the {what} holds {found[0]!r}, which would end its element; write \\x3c for <")
    opened = [found for text in opens for found in re.findall(r"'(sha256-[^']+)'", text.split("<style>")[0])]
    style = css_variables() + style
    page = Template(template).substitute(
        title=html.escape(visible(clipped(title, TOLD))),
        style=style,
        style_hash="' '".join([_hash(style), *opened]),
        script=script,
        script_hash="' '".join([_hash(script), *opened]),
        data=embedded(data),
    )
    write_whole(path, page)
    return path
