"""How a Value shows itself: in notebooks as a picture, by rich as a tree.  Nothing here raises.

Text is always there, and a picture for graphs of up to 200 nodes; a leaf alone is text.
"""

from collections.abc import Collection
from typing import Any

from autograd.core.graph import is_small, topological_order
from autograd.core.value import Value
from autograd.formulas.notation import visible
from autograd.render.shown import attempted, best, chosen, pictured

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
    text = _text(root)
    only_text = not chosen({"text/html": "", "image/svg+xml": ""}, include, exclude)
    return chosen(pictured(text, "" if only_text else _picture(root)), include, exclude)


def marimo_output(root: Value) -> tuple[str, str]:
    """(MIME type, data): what marimo asks for with `_mime_`.

    >>> x = Value(3.0, label="x")
    >>> marimo_output(x * x)[0], marimo_output(x)[0]
    ('text/html', 'text/plain')
    """
    return best(mime_bundle(root))


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
    """SVG, or nothing for a leaf, for a large graph, and where nothing can be drawn; a warning says why."""

    def drawn() -> str:
        from autograd.render import to_svg  # a fifth of the time of `import autograd`; most programs draw nothing

        if root.primitive is None or not is_small(root, MOST_NODES) or _has_segments(root):
            return ""
        return to_svg(root)

    return attempted(drawn, "picture of this Value")


def _has_segments(root: Value) -> bool:
    """Whether a part was recorded by `checkpoint`: drawing it would run that function again, unasked."""
    return any(hasattr(node.primitive, "partials_at") for node in topological_order(root))


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
