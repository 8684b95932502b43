"""How Sphinx builds the site from the folder that `assemble.py` writes: `make docs`."""

import re
from pathlib import Path

import autograd

project = "scalar-autograd"
copyright = "the authors of scalar-autograd"
release = autograd.__version__
html_title = "scalar-autograd"
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.mathjax"]
html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_js_files = [("run.js", {"type": "module"})]
html_copy_source = False
html_show_sphinx = False
mathjax_path = "mathjax/tex-svg.js"
default_role = "code"

myst_enable_extensions = ["dollarmath", "colon_fence", "deflist"]
myst_heading_anchors = 3
nb_execution_mode = "cache"
nb_execution_cache_path = str(Path(__file__).parents[1] / "docs-cache")
nb_execution_in_temp = True
nb_execution_timeout = 240
nb_execution_raise_on_error = True
nb_merge_streams = True
# A page in a frame is HTML; a picture is SVG.
nb_mime_priority_overrides = [("html", "image/svg+xml", 0), ("html", "text/html", 5)]

autodoc_member_order = "bysource"
autodoc_typehints = "none"
autodoc_class_signature = "mixed"
napoleon_numpy_docstring = False
napoleon_use_rtype = False

_LITERAL = re.compile(r"(`[^`]+`)")


def as_rst(app, what, name, obj, options, lines):
    """Docstrings are plain text: `code` stays code, and nothing else is markup but lists and examples."""
    example = False
    for index, line in enumerate(lines):
        example = line.lstrip().startswith(">>>") or (example and bool(line.strip()))
        if example:
            continue
        bullet = re.match(r"\s*(\* )?", line)[0]
        parts = _LITERAL.split(line[len(bullet) :])
        escaped = [
            f"`{part}`" if part.startswith("`") else re.sub(r"([*|\\]|_(?=\W|$))", r"\\\1", part) for part in parts
        ]
        lines[index] = bullet + "".join(escaped)


def setup(app):
    """Called by Sphinx."""
    app.connect("autodoc-process-docstring", as_rst, priority=400)  # before napoleon
