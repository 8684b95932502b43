"""How a Value shows itself: hung on from above, so that the core knows no picture.

Drawing and typesetting are imported when they are first asked for: `import autograd` takes no time for them.
"""

from typing import Any

from autograd.core.value import Value
from autograd.formulas.notation import visible
from autograd.formulas.tables import table

__all__ = ["attach", "table", "visible"]  # the last two for what nn shows


def rich(self: Value) -> Any:
    """A small graph as a tree, for `rich.print`."""
    from autograd.render.notebooks import rich_renderable

    return rich_renderable(self)


def mimebundle(self: Value, include: Any = None, exclude: Any = None) -> dict[str, str]:
    """Text, and the picture of a small graph, for notebooks."""
    from autograd.render.notebooks import mime_bundle

    return mime_bundle(self, include, exclude)


def marimo(self: Value) -> tuple[str, str]:
    """The same for marimo."""
    from autograd.render.notebooks import marimo_output

    return marimo_output(self)


def latex(self: Value, model: Any = None) -> Any:
    r"""The formula of this number in LaTeX, as it was computed: notebooks typeset it, `str()` gives the source.

    Leaves without a label are numbers in it, but for parameters of the `model`, which keep their names: W^{(1)}_{12}.

    >>> from autograd import Value
    >>> w, x = Value(2.0, label="w"), Value(3.0, label="x")
    >>> print((w * x).exp().latex())
    e^{w \cdot x}
    """
    from autograd.formulas.typesetting import typeset

    return typeset(self, model)


def attach() -> None:
    """Give every Value these methods."""
    methods = {"__rich__": rich, "_repr_mimebundle_": mimebundle, "_mime_": marimo, "latex": latex}
    for name, method in methods.items():
        method.__name__, method.__qualname__ = name, f"Value.{name}"
        setattr(Value, name, method)
