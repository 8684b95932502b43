"""`trace` and `draw_dot`, as in the notebook of micrograd.

Source: Andrej Karpathy, micrograd, trace_graph.ipynb.
"""

import functools
import importlib
import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from autograd.core.graph import topological_order
from autograd.core.value import Value
from autograd.files import write_whole
from autograd.formulas.notation import clipped, visible
from autograd.render.pictures.dot import FONT
from autograd.render.pictures.layout import LayoutUnavailableError, lay_out
from autograd.render.scenes.words import SHOWN, escaped

_INSTALL = "draw_dot: needs the Python package graphviz: pip install graphviz (the `dot` program is not needed)"


def trace(root: Value) -> tuple[set[Value], set[tuple[Value, Value]]]:
    """The nodes below `root`, and the edges (operand, result) between them, as sets.

    A constant is a node too, as in micrograd.  Raises TypeError for what is not a Value.

    >>> a = Value(2.0)
    >>> nodes, edges = trace(a * a + 1.0)
    >>> len(nodes), len(edges)
    (4, 3)
    """
    if not isinstance(root, Value):
        raise TypeError(f"trace: root must be a Value, not {type(root).__name__}")
    edges: set[tuple[Any, Value]] = {(operand, node) for node in topological_order(root) for operand in node._prev}
    return {root, *(operand for operand, _ in edges)}, edges


def draw_dot(root: Value, format: str = "svg", rankdir: str = "LR") -> Any:
    """The graph below `root` as a `graphviz.Digraph`: to be shown in a notebook, added to, and rendered.

    As in micrograd, a node is a box `label | data | grad` named `str(id(node))`, and its operation a node of its own
    before it.  Without the `dot` program it is laid out in this process.
    Raises ModuleNotFoundError without the package graphviz, ValueError for another direction.

    >>> a = Value(2.0, label="a")
    >>> dot = draw_dot(a * a)
    >>> "{ a | data 2.0000 | grad 0.0000 }" in dot.source
    True
    """
    if rankdir not in ("LR", "TB"):
        raise ValueError(f"draw_dot: rankdir must be LR or TB, not {rankdir!r}")
    nodes, edges = trace(root)
    escape = _graphviz().escape
    dot = _digraph()(format=format, graph_attr={"rankdir": rankdir}, node_attr={"fontname": FONT})
    for node in sorted(nodes, key=id):
        name = str(id(node))
        lines = clipped(node.label, SHOWN).split("\n")
        label = " " + "\\n".join(map(escaped, lines)) + " |" if node.label else ""
        dot.node(name=name, label=f"{{{label} data {node.data:.4f} | grad {node.grad or 0.0:.4f} }}", shape="record")
        if node._op:
            dot.node(name=name + _harmless(node._op), label=escape(visible(clipped(node._op, SHOWN))))
            dot.edge(name + _harmless(node._op), name)
    for operand, node in sorted(edges, key=lambda edge: (id(edge[0]), id(edge[1]))):
        dot.edge(str(id(operand)), str(id(node)) + _harmless(node._op))
    return dot


def _harmless(symbol: str) -> str:
    r"""Of a symbol what can stand in the name of a node: DOT reads \ : and " there."""
    return "".join("_" if c in '\\:"' else c for c in visible(clipped(symbol, SHOWN)))


def _graphviz() -> Any:
    try:
        return importlib.import_module("graphviz")
    except ImportError:
        raise ModuleNotFoundError(_INSTALL, name="graphviz") from None


@functools.cache
def _digraph() -> type:
    """The class of the pictures: made when one is asked for, since the package need not be installed."""
    graphviz = _graphviz()

    class Digraph(graphviz.Digraph):  # type: ignore[misc, name-defined]  # not known before it is asked for
        """A `graphviz.Digraph` that renders without the `dot` program too."""

        def pipe(self, format: str | None = None, *, encoding: str | None = None, **options: Any) -> Any:
            """The picture as bytes, or as text in this encoding."""
            if shutil.which("dot"):
                return super().pipe(format, encoding=encoding, **options)
            picture = lay_out(self.source, format or self.format)
            return picture if encoding is None else picture.decode(encoding)

        def render(
            self,
            filename: str | os.PathLike[str] | None = None,
            directory: str | os.PathLike[str] | None = None,
            view: bool = False,
            cleanup: bool = False,
            format: str | None = None,
            **options: Any,
        ) -> str:
            """Write the source and the picture beside it, and return the path of the picture."""
            if shutil.which("dot"):
                path: str = super().render(
                    filename, directory=directory, view=view, cleanup=cleanup, format=format, **options
                )
                return path
            kind = format or self.format
            source = Path(self.save(filename, directory=directory))
            picture = Path(options.get("outfile") or f"{source}.{kind}")
            write_whole(picture, lay_out(self.source, kind))
            if cleanup:
                source.unlink()
            if view:
                self._view(str(picture), format=kind, quiet=False)
            return str(picture)

        def _repr_mimebundle_(
            self, include: Iterable[str] | None = None, exclude: Iterable[str] | None = None, **options: Any
        ) -> dict[str, Any]:
            """The picture, or its source where nothing can lay it out."""
            try:
                bundle: dict[str, Any] = super()._repr_mimebundle_(include, exclude, **options)
            except LayoutUnavailableError as error:
                return {"text/plain": f"{error}\n\n{self.source}"}
            return bundle

    return Digraph
