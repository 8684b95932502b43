"""A table of what a network consists of."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from autograd import showing
from nn.models.tree import counts_of, own_parameters


@dataclass(frozen=True)
class Row:
    """One line: a layer, its shape, and how many parameters it has."""

    name: str
    layer: str
    shape: str
    parameters: int
    frozen: int


@dataclass(frozen=True, repr=False)
class Summary:
    """Rows and totals, shown as a table by the REPL and by `print`."""

    title: str
    rows: list[Row]
    parameters: int
    frozen: int

    def __str__(self) -> str:
        head = ("name", "layer", "shape", "parameters")
        cells = [(row.name, row.layer, row.shape, _count(row.parameters, row.frozen)) for row in self.rows]
        total = (self.title, "", "", _count(self.parameters, self.frozen))
        return showing.table([head, *cells, total], left=3, total=True)

    __repr__ = __str__


def summarize(module: Any) -> Summary:
    """The `Summary` of a Module."""
    return Summary(type(module).__name__, list(_rows(module)), *counts_of(module))


def _rows(module: Any) -> Iterator[Row]:
    """A row for each module within that says its shape or has no modules within; not for what is in those.

    Of the others a row for each attribute with parameters of their own.
    """
    named = list(module.named_modules())
    shown: list[str] = []
    for name, inner in named:
        if any(name.startswith(f"{outer}.") for outer in shown):
            continue
        description = inner.describe()
        inside = f"{name}." if name else ""
        holds_modules = any(other.startswith(inside) for other, found in named if found is not inner)
        if (name and description.sizes) or not holds_modules:
            shown.append(name)
            yield Row(name, str(description), description.shape, *counts_of(inner))
        else:
            for attribute, parameters, frozen in own_parameters(inner):
                yield Row(f"{inside}{attribute}", "", "", parameters, frozen)


def _count(parameters: int, frozen: int) -> str:
    return f"{parameters:,} ({frozen:,} frozen)" if frozen else f"{parameters:,}"
