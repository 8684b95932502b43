"""The chain rule at work on a recorded graph, in words, numbers and LaTeX.

∂v/∂x = Σ over the paths from x to v, of the product of the local partials along each path.  There may be more paths
than atoms: they are counted without walking them, the heaviest are shown, and the total is that of the reverse sweep.
"""

import heapq
import itertools
import math
import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from autograd.core.graph import depending_on, reverse_sweep, topological_order
from autograd.core.value import Value
from autograd.formulas.latex import aligned, latex_application, latex_name, latex_number, rounded_latex
from autograd.formulas.notation import Names, Spelled, by_level, python_application, trace_names, visible
from autograd.table.primitive import Primitive

SHOWN = 8
"""How many paths an explanation lists: those whose products are largest in magnitude."""

_COUNTED = 10**100  # beyond it a count is inf: exact ones of a deep graph would have millions of digits
_FACTORS = 6  # of a longer path the first and last three


@dataclass(frozen=True, slots=True)
class Path:
    """One way from x to v: its nodes, the local partials between them, and their product."""

    nodes: tuple[str, ...]
    partials: tuple[float, ...]
    product: float


@dataclass(frozen=True, slots=True)
class Step:
    """What one operand contributes to a node, and receives from it."""

    operand: str
    number: float
    partial: float | None
    """∂node/∂operand; None for a constant."""


@dataclass(frozen=True, slots=True)
class LocalExplanation:
    """One operation: its operands, its local partials, and what it passes on."""

    name: str
    number: float
    primitive: Primitive | None
    formula: str
    latex_formula: str
    steps: tuple[Step, ...]
    adjoint: float

    def __str__(self) -> str:
        v = self.name
        if self.primitive is None:
            return f"{v} = {self.number:.6g} is a leaf: nothing was computed, and its adjoint stays with it"
        lines = [f"{v} = {self.formula} = {self.number:.6g}, made by {visible(self.primitive.name)}"]
        for step in self.steps:
            if step.partial is None:
                lines.append(f"  {step.operand} is a constant and receives nothing")
                continue
            received = f"  {step.operand} = {step.number:.6g}: ∂{v}/∂{step.operand} = {step.partial:.6g}"
            received += f", so it receives {step.partial:.6g} times the adjoint of {v}"
            if self.adjoint:
                factors = [_in_product(f"{x:.6g}") for x in (step.partial, self.adjoint)]
                received += f": {' · '.join(factors)} = {step.partial * self.adjoint:.6g}"
            lines.append(received)
        return "\n".join(lines)

    __repr__ = __str__  # at a prompt it is to be read

    def latex(self) -> str:
        """LaTeX without dollar signs."""
        v = latex_name(self.name)
        lines = [rf"{v} &= {self.latex_formula} = {rounded_latex(self.number).text}"]
        for step in self.steps:
            if step.partial is not None:
                x = latex_name(step.operand)
                lines.append(
                    rf"\bar{{{x}}} &\mathrel{{+}}= \bar{{{v}}} \cdot \frac{{\partial {v}}}{{\partial {x}}}"
                    rf" = \bar{{{v}}} \cdot {_factor(step.partial)}"
                )
        return aligned(lines)

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.latex()}$"


@dataclass(frozen=True, slots=True)
class PathExplanation:
    """∂v/∂x as a sum over paths.

    `count` is the number of paths, inf above 10¹⁰⁰; `paths` are the heaviest; `total` is the derivative.
    """

    name: str
    wrt: str
    paths: tuple[Path, ...]
    count: float
    total: float

    def __str__(self) -> str:
        derivative = f"∂{self.name}/∂{self.wrt}"
        if not self.paths:
            return f"{derivative} = 0: no path leads from {self.wrt} to {self.name}"
        head = f"{derivative} = Σ over the {_counted(self.count)} from {self.wrt} to {self.name} = {self.total:.6g}"
        lines = [head] if self.count == len(self.paths) else [f"{head}; the {len(self.paths)} heaviest:"]
        for path in self.paths:
            arrows = " → ".join(_shortened(path.nodes, _FACTORS + 1))
            if not path.partials:
                lines.append(f"  {arrows}: 1, because it is the same node")
                continue
            names = [f"∂{z}/∂{x}" for x, z in itertools.pairwise(path.nodes)][::-1]
            numbers = [_in_product(f"{partial:.6g}") for partial in path.partials[::-1]]
            product = f"{' · '.join(_shortened(names))} = {' · '.join(_shortened(numbers))}"
            lines.append(f"  {arrows}: {product}" + (f" = {path.product:.6g}" if len(numbers) > 1 else ""))
        return "\n".join(lines)

    __repr__ = __str__

    def latex(self) -> str:
        """LaTeX without dollar signs."""
        v, x = latex_name(self.name), latex_name(self.wrt)
        lines = [rf"\frac{{\partial {v}}}{{\partial {x}}} &= {rounded_latex(self.total).text}"]
        names: list[str] = []
        for path in self.paths:
            nodes = [latex_name(node) for node in path.nodes]
            edges = itertools.pairwise(nodes)
            factors = [rf"\frac{{\partial {z}}}{{\partial {y}}}" for y, z in edges][::-1]
            names.append(r" \cdot ".join(_shortened(factors)) or "1")
        if names:
            more = r" + \cdots" if self.count > len(self.paths) else ""
            products = [
                _factor(path.product) if i else rounded_latex(path.product).text for i, path in enumerate(self.paths)
            ]
            lines[0] = rf"\frac{{\partial {v}}}{{\partial {x}}} &= " + r" \\ &\quad + ".join(names) + more
            lines += [f"&= {' + '.join(products)}{more}", f"&= {rounded_latex(self.total).text}"]
        return aligned(lines)

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.latex()}$"


def explain(v: Value, wrt: Value | None = None) -> LocalExplanation | PathExplanation:
    """How a number came about, or how it depends on another: ∂v/∂x = Σ over paths Π of local partials.

    Args:
        v: The result.
        wrt: The node x to explain the derivative by; without it the operation that made v is explained.

    Nodes go by their label, and without one by their name in the printed `program`.
    Raises TypeError for what is not a Value.  Source: seeds, chapter 6; the sum over paths is Bauer's, of 1974.

    >>> w, x = Value(3.0, label="w"), Value(2.0, label="x")
    >>> L = w * x + w
    >>> L.label = "L"
    >>> print(explain(L, wrt=w))
    ∂L/∂w = Σ over the 2 paths from w to L = 3
      w → v1 → L: ∂L/∂v1 · ∂v1/∂w = 1 · 2 = 2
      w → L: ∂L/∂w = 1
    >>> print(explain(L))
    L = v1 + w = 9, made by add
      v1 = 6: ∂L/∂v1 = 1, so it receives 1 times the adjoint of L
      w = 3: ∂L/∂w = 1, so it receives 1 times the adjoint of L
    """
    for role, value in (("v", v), ("wrt", v if wrt is None else wrt)):
        if not isinstance(value, Value):
            raise TypeError(f"explain: {role} must be a Value, not {type(value).__name__} {value!r:.60}")
    order = topological_order(v)
    names = _names(order)
    return _local(v, names) if wrt is None else _over_paths(v, wrt, names)


def _names(order: Sequence[Value]) -> dict[Value, str]:
    order = by_level(order)
    names = trace_names(order, [node for node in order if node.primitive is None], Names())
    return {node: visible(node.label) or name for node, name in names.items()}


def _local(v: Value, names: Mapping[Value, str]) -> LocalExplanation:
    if v.primitive is None:
        return LocalExplanation(names[v], v.data, None, "", rounded_latex(v.data).text, (), v.grad)
    _check(v)
    operands = [names[x] if isinstance(x, Value) else f"{x:.6g}" for x in v.operands]
    texts = [Spelled(x) for x in operands]
    latex = [Spelled(latex_name(names[x])) if isinstance(x, Value) else latex_number(x) for x in v.operands]
    numbers = [x.data if isinstance(x, Value) else x for x in v.operands]
    steps = map(Step, operands, numbers, v.partials)
    formula, tex = python_application(v.primitive, texts).text, latex_application(v.primitive, latex).text
    return LocalExplanation(names[v], v.data, v.primitive, formula, tex, tuple(steps), v.grad or 0.0)


def _check(node: Value) -> None:
    row = node.primitive
    if row is not None and row.value is row.partials:  # in the lecture's style: all there is to know is in its closure
        row.value()  # raises the TypeError that says so


# ---------------------------------------------------------------- paths

_Ending = tuple[float, float, Any]  # -|product|, product, and the rest of the path: (partial, node, its rest)


def _over_paths(v: Value, x: Value, names: Mapping[Value, str]) -> PathExplanation:
    adjoints: dict[Any, Any] = {v: 1.0}
    order = depending_on([x], v)
    for node in order:
        _check(node)
    reverse_sweep(order, adjoints)
    between = set(order)
    name = names.get(x) or visible(x.label)
    if x not in names and name in ("", *names.values()):  # a stranger is not called as a node of the graph is
        name = repr(x)
    if v not in between:
        return PathExplanation(names[v], name, (), 0, 0.0)
    # from v down to x, as the adjoints go: of each node the number of paths to v, and the heaviest of them
    counts: dict[Value, float] = {v: 1}
    endings: dict[Value, list[_Ending]] = {v: [(-1.0, 1.0, None)]}
    for node in reversed(order):
        if node is x or node not in counts:
            continue
        heaviest, count = _heaviest(endings.pop(node)), counts.pop(node)
        for operand, partial in zip(node.operands, node.partials, strict=True):
            if operand not in between or partial is None or (partial == 0.0 and _is_gate(node)):
                continue  # a closed gate is no path
            total = counts.get(operand, 0) + count
            counts[operand] = total if total <= _COUNTED else math.inf
            candidates = endings.setdefault(operand, [])
            for ending in heaviest:
                product = ending[1] * partial
                weight = -math.inf if product != product else -abs(product)
                candidates.append((weight, product, (partial, node, ending[2])))
            if len(candidates) > 4 * SHOWN:  # a leaf may have a million users
                endings[operand] = _heaviest(candidates)
    paths = [_path(x, ending, names) for ending in _heaviest(endings.get(x, []))]
    total = adjoints.get(x, 0.0)
    return PathExplanation(names[v], name, tuple(paths), counts.get(x, 0), total)


def _is_gate(node: Value) -> bool:
    return node.primitive is not None and node.primitive.gate


def _heaviest(endings: Sequence[_Ending]) -> list[_Ending]:
    # by the weight alone: comparing the rest would recurse along whole paths
    return heapq.nsmallest(SHOWN, endings, key=operator.itemgetter(0))


def _path(x: Value, ending: Sequence[Any], names: Mapping[Value, str]) -> Path:
    nodes, partials, rest = [names[x]], [], ending[2]
    while rest is not None:
        partial, node, rest = rest
        nodes.append(names[node])
        partials.append(partial)
    return Path(tuple(nodes), tuple(partials), ending[1])


# ---------------------------------------------------------------- writing


def _counted(count: float) -> str:
    if count == 1:
        return "one path"
    if count == math.inf:
        return "more than 10^100 paths"
    digits = str(count)
    return f"{digits if len(digits) <= 18 else f'about 10^{len(digits) - 1}'} paths"


def _shortened(items: Sequence[str], most: int = _FACTORS) -> list[str]:
    return list(items) if len(items) <= most else [*items[:3], "…", *items[-3:]]


def _in_product(number: str) -> str:
    return f"({number})" if number.startswith("-") else number


def _factor(number: float) -> str:
    text = rounded_latex(number).text
    return rf"\left({text}\right)" if text.startswith("-") else text
