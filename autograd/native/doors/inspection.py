"""What was compiled, to be looked at: figures, and the names of the arguments of a jitted function."""

import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from autograd.core.tree import NUMBER, Structure, places
from autograd.native.planning.plan import Loop, Plan


@dataclass(frozen=True)
class Stats:
    """How a graph was compiled."""

    nodes: int
    """Nodes recorded, gradients included."""
    nodes_after: int
    """Nodes after common subexpressions were shared and sums gathered."""
    loops: int
    """Layers, outer products and loops over elements found again."""
    workspace_bytes: int
    compile_seconds: float
    """Of the machine code; 0 if this process had it."""
    from_cache: bool
    """Whether the machine code was there: in this process, or kept by an earlier one."""
    backend: str


def loops_in(plan: Plan) -> int:
    """How many steps are layers, outer products or loops."""
    steps = (*plan.before, *plan.samples, *plan.after)
    return sum(not isinstance(step, Loop) or step.passes > 1 for step in steps)


def no_machine_code(backend: str) -> TypeError:
    """The error of who asks for machine code where there is none."""
    return TypeError(f"the back end is {backend!r}, which makes no machine code; compile with 'llvm'")


def argument_names(function: Callable[..., Any], structure: Structure) -> Iterator[str]:
    """What the numbers in arguments (args, kwargs) are called, in order: x, or x_0 in a list x.

    >>> from autograd.core.tree import take_apart
    >>> list(argument_names(lambda x, y: x, take_apart((([1.0, 2.0],), {"y": 3.0}), [])))
    ['x_0', 'x_1', 'y']
    """
    try:
        parameters = [*inspect.signature(function).parameters.values()]
    except (TypeError, ValueError):  # there is no signature to some built-in functions
        parameters = []
    names = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    _, _, ((*_, args), (*_, keywords, kwargs)) = structure
    for i, part in enumerate([NUMBER] * args if isinstance(args, int) else args):
        yield from map(_name, places(part, names[i] if i < len(names) else f"x{i + 1}"))
    for name, part in zip(keywords, kwargs, strict=True):
        yield from map(_name, places(part, name))


def _name(place: str) -> str:
    return re.sub(r"\W+", "_", place).strip("_")
