"""How a Value shows itself: in notebooks as a picture, by rich as a tree.  Nothing here raises.

Text is always there, and a picture for graphs of up to 200 nodes.  It is an SVG twice over: as `image/svg+xml`, which
nbconvert puts on paper, and inside an `<img>` of `text/html`.  JupyterLab prefers HTML to SVG, and shows no SVG at all
in a notebook that is not trusted, but it leaves an image in the HTML that it sanitises.
Source: JupyterLab, packages/rendermime/src/factories.ts (html is `safe`, rank 50; svg is not, rank 80) and
packages/apputils/src/sanitizer.ts (`img` with any `src`, since issue 5183).
"""

import base64
import contextlib
import html
import warnings
from collections.abc import Collection
from typing import Any

from autograd.core.graph import is_small, topological_order
from autograd.core.value import Value
from autograd.formulas.notation import visible

MOST_NODES = 200
"""Beyond this many nodes a notebook shows text only."""

MOST_LINES = 40
"""Beyond this many nodes `rich.print` shows one line only."""


def mime_bundle(
    root: Value, include: Collection[str] | None = None, exclude: Collection[str] | None = None
) -> dict[str, str]:
    """A Value by MIME type, as IPython's `_repr_mimebundle_`: its text, and its picture if there can be one.

    >>> x = Value(3.0, label="x")
    >>> sorted(mime_bundle(x * x))
    ['image/svg+xml', 'text/html', 'text/plain']
    >>> sorted(mime_bundle(x * x, exclude=["text/html"]))
    ['image/svg+xml', 'text/plain']
    """
    wanted = {"text/plain", "text/html", "image/svg+xml"}
    if include:
        wanted &= set(include)
    wanted -= set(exclude or ())
    bundle = {"text/plain": _text(root)}
    svg = _picture(root) if wanted - set(bundle) else ""
    if svg:
        bundle |= {"text/html": _image(svg, bundle["text/plain"]), "image/svg+xml": svg}
    return {kind: data for kind, data in bundle.items() if kind in wanted}


def marimo_output(root: Value) -> tuple[str, str]:
    """(MIME type, data): what marimo asks for with `_mime_`.

    Source: marimo's guide "Richly display objects".

    >>> x = Value(3.0, label="x")
    >>> marimo_output(x * x)[0], marimo_output(x)[0]
    ('text/html', 'text/html')
    """
    bundle = mime_bundle(root)
    kind = "text/html" if "text/html" in bundle else "text/plain"
    return kind, bundle[kind]


def rich_renderable(root: Value) -> Any:
    """What `rich.print` shows of a Value: a small graph as a tree, with the result at its root.

    What is used more than once is spelled out the first time only.
    """
    from rich.pretty import Pretty  # rich is there: it has called this
    from rich.tree import Tree

    try:
        if root.primitive is None or not is_small(root, MOST_LINES):
            return Pretty(root)
        tree = Tree(_line(root))
        pending: list[tuple[Value, Tree]] = [(root, tree)]
        spelled_out: set[Value] = set()
        while pending:  # in the order of the lines, so that what is said to be above is above
            node, branch = pending.pop()
            if node in spelled_out:
                branch.label = _line(node, again=True)
                continue
            if node.primitive is not None:
                spelled_out.add(node)
            branches = [(x, branch.add(_line(x))) for x in node.operands]
            pending += reversed([(x, child) for x, child in branches if isinstance(x, Value)])
    except Exception:
        return Pretty(root)
    return tree


def _text(root: Value) -> str:
    try:
        return repr(root)
    except Exception as error:
        return f"<{type(root).__name__} whose repr raises {type(error).__name__}>"


def _picture(root: Value) -> str:
    """SVG, or nothing for a large graph, and where nothing can be drawn; a warning says why."""
    try:
        from autograd.render import to_svg  # a fifth of the time of `import autograd`; most programs draw nothing

        if is_small(root, MOST_NODES) and not _has_segments(root):
            return to_svg(root)
    except Exception as error:
        with contextlib.suppress(Exception):  # warnings may be errors, and nothing here raises
            warnings.warn(f"no picture of this Value: {error or type(error).__name__}", RuntimeWarning, stacklevel=2)
    return ""


def _has_segments(root: Value) -> bool:
    """Whether a part was recorded by `checkpoint`: drawing it would run that function again, unasked."""
    return any(hasattr(node.primitive, "partials_at") for node in topological_order(root))


def _image(svg: str, text: str) -> str:
    data = base64.b64encode(svg.encode()).decode()
    alternative = html.escape(f"computation graph of {text}")
    return f'<img src="data:image/svg+xml;base64,{data}" style="max-width: 100%" alt="{alternative}">'


def _line(x: Any, again: bool = False) -> Any:
    from rich.text import Text

    if not isinstance(x, Value):
        return Text(f"{x:.6g}", style="dim")
    name, symbol = visible(x.label), visible(x._op)
    line = Text.assemble((name, "bold cyan"), " = " if name and symbol else "", (symbol, "bold"))
    if again:
        return line.append(" (above)", style="dim")
    line.append("  " if line else "").append(f"{x.data:.6g}", style="default")
    return line.append(f"  grad {x.grad:.6g}", style="green" if x.grad else "dim")
