"""A module and what is within it, as a tree."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from autograd import showing
from nn.inputs.checks import counted
from nn.models.description import Description

FEWEST_ALIKE = 3
"""So many neighbours that are alike, as the neurons of a layer, have one line together."""

_Line = tuple[str, str, str]  # the branches before it, its name, and what it is


@dataclass(frozen=True)
class Branch:
    """One line: a module or some parameters, and the lines below it."""

    name: str
    description: Description
    parameters: int
    frozen: int
    branches: tuple["Branch", ...] = ()
    count: int = 1
    """How many are alike and have this line together; `parameters` and `frozen` are those of one."""

    def words(self) -> str:
        """What it is, without its name."""
        kind = f"{self.count} × {self.description}" if self.count > 1 else str(self.description)
        return ", ".join(part for part in (kind, self.description.shape, self._parameters()) if part)

    def _parameters(self) -> str:
        if not self.parameters:
            return ""
        each = " each" if self.count > 1 else ""
        if self.frozen:
            each += ", frozen" if self.frozen == self.parameters else f", {self.frozen:,} of them frozen"
        return counted(self.parameters, "parameter") + each


class ModuleTree:
    """The modules within a module with their shapes, numbers of parameters, and which are frozen.

    `print` shows it with branches, `rich.print` in colours too.
    """

    def __init__(self, root: Branch) -> None:
        self.root = root

    def __str__(self) -> str:
        return "\n".join(before + ": ".join(part for part in line if part) for before, *line in self._lines())

    __repr__ = __str__

    def __rich__(self) -> Any:
        from rich.text import Text  # rich is there: it has called this

        lines = [
            Text.assemble(
                (before, "dim"), (name, "cyan"), ": " if name else "", (what, "dim" if "frozen" in what else "")
            )
            for before, name, what in self._lines()
        ]
        return Text("\n").join(lines)

    def _lines(self) -> Iterator[_Line]:
        pending = [(self.root, "", "")]
        while pending:
            branch, before, below = pending.pop()
            yield before, showing.visible(branch.name), showing.visible(branch.words())
            *others, last = (*branch.branches,) or (None,)
            children = [(child, f"{below}├── ", f"{below}│   ") for child in others if child]
            if last:
                children.append((last, f"{below}└── ", f"{below}    "))
            pending += reversed(children)


def module_tree(module: Any) -> ModuleTree:
    """The `ModuleTree` of a Module."""
    named = dict(module.named_modules())
    below: dict[str, list[Branch]] = {name: [] for name in named}
    for name in reversed(named):  # the inner before the outer
        inner = named[name]
        branches = [*_own_parameters(inner, below[name]), *reversed(below[name])]
        branch = Branch("", inner.describe(), *counts_of(inner), tuple(_merged(branches)))
        if not name:
            return ModuleTree(branch)
        outer = _outer(name, named)
        if branch.parameters or not named[outer].describe().sizes:  # a layer says itself which activation it has
            below[outer].append(replace(branch, name=name.removeprefix(f"{outer}.")))
    raise AssertionError("a module is the first of its own named_modules()")


def _outer(name: str, named: dict[str, Any]) -> str:
    """The name of the module that a module is an attribute of, or in a list or dict of."""
    name = name.rpartition(".")[0]
    return name if name in named else _outer(name, named)


def counts_of(module: Any) -> tuple[int, int]:
    """How many parameters a module has, and how many of them are frozen."""
    parameters = module.parameters()
    return len(parameters), sum(not parameter.requires_grad for parameter in parameters)


def own_parameters(module: Any) -> list[tuple[str, int, int]]:
    """Of each attribute with parameters that are in no module within: its name, how many, how many are frozen."""
    modules = tuple(f"{name}." for name, _ in module.named_modules() if name)
    counts: dict[str, list[bool]] = {}
    for name, parameter in module.named_parameters():
        if not name.startswith(modules):
            counts.setdefault(name.partition(".")[0], []).append(not parameter.requires_grad)
    return [(name, len(frozen), sum(frozen)) for name, frozen in counts.items()]


def _own_parameters(module: Any, branches: Sequence[Branch]) -> Iterator[Branch]:
    """A line for each attribute with parameters, if other parameters are in the modules within."""
    if branches and not module.describe().sizes:
        for name, parameters, frozen in own_parameters(module):
            yield Branch(name, Description(""), parameters, frozen)


def _merged(branches: Sequence[Branch]) -> Iterator[Branch]:
    """The branches, with one for those in a row that differ in their index and numbers only."""
    alike: list[Branch] = []
    for branch in [*branches, None]:
        if branch is not None and alike and _likeness(branch) == _likeness(alike[0]):
            alike.append(branch)
            continue
        if len(alike) < FEWEST_ALIKE:
            yield from alike
        else:
            first, last = alike[0], alike[-1].name.rpartition(".")[2]
            shared = first.description
            if len({str(x.description) for x in alike}) > 1:
                shared = replace(shared, settings=None, activation=None)
            yield replace(first, name=f"{first.name} … {last}", description=shared, count=len(alike))
        alike = [] if branch is None else [branch]


def _likeness(branch: Branch) -> object:
    def kinds(x: Branch) -> tuple[object, ...]:
        activation = x.description.activation
        return x.description.kind, activation and activation.kind, x.description.sizes, x.parameters, x.frozen

    return branch.name.rpartition(".")[0], kinds(branch), [(x.name, kinds(x)) for x in branch.branches]
