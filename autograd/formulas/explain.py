"""The chain rule at work on a recorded graph, in words, numbers and LaTeX.

∂v/∂x = Σ over the paths from x to v, of the product of the local partials along each path.  There may be more paths
than atoms: they are counted without walking them, the heaviest are shown, and the total is that of the reverse sweep.
With a model a path ends at the next weighted sum s⁽ˡ⁾ₖ of a layer, for all that is above it is in δ⁽ˡ⁾ₖ = ∂v/∂s⁽ˡ⁾ₖ.
"""

import heapq
import itertools
import math
import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from autograd.core.graph import depending_on, reverse_sweep, topological_order
from autograd.core.value import Value
from autograd.formulas.latex import aligned, latex_application, latex_name, latex_number, rounded_latex
from autograd.formulas.naming import Parameters, graph_names, indexed
from autograd.formulas.notation import Spelled, python_application, visible
from autograd.table.primitive import Primitive

SHOWN = 8
"""How many paths an explanation lists: those whose products are largest in magnitude."""

_COUNTED = 10**100  # beyond it a count is inf: exact ones of a deep graph would have millions of digits
_FACTORS = 6  # of a longer path the first and last three
_DELTAS = 24  # so many δ are explained


@dataclass(frozen=True, slots=True)
class Path:
    """One way from x to v, or to a δ: its nodes, the local partials between them and then δ, and their product.

    Where a node has an operand twice, as in x·x, its partial by that operand is the sum of both.
    """

    nodes: tuple[str, ...]
    partials: tuple[float, ...]
    product: float
    delta: str = ""
    """The derivative of v by the last of the nodes, if that is not v itself."""

    def factors(self) -> list[tuple[str, str]]:
        """What each partial is the derivative of, and by what; of δ its name, and nothing.  From v downwards."""
        edges = [(z, x) for x, z in itertools.pairwise(self.nodes)]
        return [*edges, *([(self.delta, "")] if self.delta else [])][::-1]


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
    delta: str = ""
    """What the lecture calls the adjoint, if it has a name for it."""

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
            received += f", so it receives {step.partial:.6g} times {self.delta or f'the adjoint of {v}'}"
            if self.adjoint:
                factors = [_in_product(f"{x:.6g}") for x in (step.partial, self.adjoint)]
                received += f": {' · '.join(factors)} = {step.partial * self.adjoint:.6g}"
            lines.append(received)
        return "\n".join(lines)

    __repr__ = __str__  # at a prompt it is to be read

    def latex(self) -> str:
        """LaTeX without dollar signs."""
        v = latex_name(self.name)
        adjoint = latex_name(self.delta) if self.delta else rf"\bar{{{v}}}"
        lines = [rf"{v} &= {self.latex_formula} = {rounded_latex(self.number).text}"]
        for step in self.steps:
            if step.partial is not None:
                x = latex_name(step.operand)
                lines.append(
                    rf"\bar{{{x}}} &\mathrel{{+}}= {adjoint} \cdot \frac{{\partial {v}}}{{\partial {x}}}"
                    rf" = {adjoint} \cdot {_factor(step.partial)}"
                )
        return aligned(lines)

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.latex()}$"


@dataclass(frozen=True, slots=True)
class PathExplanation:
    """∂v/∂x as a sum over paths.

    `count` is the number of paths, inf above 10¹⁰⁰; `paths` are the heaviest; `total` is the derivative; `deltas`
    explain the δ in which paths end, those of the layers below first.
    """

    name: str
    wrt: str
    paths: tuple[Path, ...]
    count: float
    total: float
    delta: str = ""
    """What the lecture calls this derivative, if it has a name for it."""
    deltas: "tuple[PathExplanation, ...]" = ()

    def __str__(self) -> str:
        return "\n".join([self._written(), *(delta._written() for delta in self.deltas)])

    def _written(self) -> str:
        derivative = f"{self.delta and f'{self.delta} = '}∂{self.name}/∂{self.wrt}"
        if not self.paths:
            return f"{derivative} = 0: no path leads from {self.wrt} to {self.name}"
        head = f"{derivative} = Σ over the {_path_count(self.count)} from {self.wrt} to {self.name} = {self.total:.6g}"
        lines = [head] if self.count == len(self.paths) else [f"{head}; the {len(self.paths)} heaviest:"]
        for path in self.paths:
            arrows = " → ".join(_shortened(path.nodes, _FACTORS + 1))
            if not path.partials:
                lines.append(f"  {arrows}: 1, because it is the same node")
                continue
            names = [f"∂{z}/∂{x}" if x else z for z, x in path.factors()]
            numbers = [_in_product(f"{partial:.6g}") for partial in path.partials[::-1]]
            product = f"{' · '.join(_shortened(names))} = {' · '.join(_shortened(numbers))}"
            lines.append(f"  {arrows}: {product}" + (f" = {path.product:.6g}" if len(numbers) > 1 else ""))
        return "\n".join(lines)

    __repr__ = __str__

    def latex(self) -> str:
        """LaTeX without dollar signs."""
        return aligned([line for part in (self, *self.deltas) for line in part._lines()])

    def _lines(self) -> list[str]:
        derivative = (latex_name(self.delta) + " = " if self.delta else "") + _fraction(self.name, self.wrt)
        lines = [f"{derivative} &= {rounded_latex(self.total).text}"]
        names: list[str] = []
        for path in self.paths:
            factors = [_fraction(z, x) if x else latex_name(z) for z, x in path.factors()]
            names.append(r" \cdot ".join(_shortened(factors)) or "1")
        if names:
            more = r" + \cdots" if self.count > len(self.paths) else ""
            products = [
                _factor(path.product) if i else rounded_latex(path.product).text for i, path in enumerate(self.paths)
            ]
            lines[0] = f"{derivative} &= " + r" \\ &\quad + ".join(names) + more
            lines += [f"&= {' + '.join(products)}{more}"] if len(products) > 1 else []
            lines.append(f"&= {rounded_latex(self.total).text}")
        return lines

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.latex()}$"


def explain(v: Value, wrt: Value | None = None, *, model: Any = None) -> LocalExplanation | PathExplanation:
    """How a number came about, or how it depends on another: ∂v/∂x = Σ over paths Π of local partials.

    Args:
        v: The result.
        wrt: The node x to explain the derivative by; without it the operation that made v is explained.
        model: Anything with `named_parameters()`: it names its parameters, and what its layers compute.  The chain
            rule is then written out as in the lecture, from one δ⁽ˡ⁾ₖ = ∂v/∂s⁽ˡ⁾ₖ to the next.

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
    order, parameters = topological_order(v), Parameters(model, "explain: model")
    names = {node: visible(name) for node, name in graph_names(order, parameters).items()}
    deltas = {s: indexed("δ", k + 1, layer=layer.number) for s, layer, k in parameters.single_units(order)}
    if wrt is None:
        return _local(v, names, deltas.get(v, ""))
    name = names.get(wrt) or visible(parameters.names.get(wrt, wrt.label) if not wrt.label else wrt.label)
    if wrt not in names and name in ("", *names.values()):  # a stranger is not called as a node of the graph is
        name = repr(wrt)
    return _over_paths(v, wrt, {**names, wrt: name}, deltas)


def _local(v: Value, names: Mapping[Value, str], delta: str) -> LocalExplanation:
    if v.primitive is None:
        return LocalExplanation(names[v], v.data, None, "", rounded_latex(v.data).text, (), v.grad)
    _check(v)
    texts = [Spelled(names[x] if isinstance(x, Value) else f"{x:.6g}") for x in v.operands]
    latex = [Spelled(latex_name(names[x])) if isinstance(x, Value) else latex_number(x) for x in v.operands]
    steps = [Step(names[x], x.data, partial) for x, partial in _partials(v).items()]
    steps += [Step(f"{x:.6g}", x, None) for x in v.operands if not isinstance(x, Value)]
    formula, tex = python_application(v.primitive, texts).text, latex_application(v.primitive, latex).text
    return LocalExplanation(names[v], v.data, v.primitive, formula, tex, tuple(steps), v.grad or 0.0, delta)


def _partials(node: Value) -> dict[Value, float | None]:
    """∂node/∂x of each operand x: of one that it has twice the sum of both."""
    found: dict[Value, float | None] = {}
    for x, partial in zip(node.operands, node.partials, strict=True):
        if isinstance(x, Value):
            before = found.get(x)
            found[x] = partial if before is None else before if partial is None else before + partial
    return found


def _check(node: Value) -> None:
    row = node.primitive
    if row is not None and row.value is row.partials:  # in the lecture's style: all there is to know is in its closure
        row.value()  # raises the TypeError that says so


# ---------------------------------------------------------------- paths

_Ending = tuple[float, float, Any]  # -|product|, product, and the rest of the path: (partial, node, its rest)


def _over_paths(v: Value, x: Value, names: Mapping[Value, str], deltas: Mapping[Value, str]) -> PathExplanation:
    """The paths from x, and those from each δ in which one of them ends, each δ once."""
    adjoints: dict[Any, Any] = {v: 1.0}
    order = depending_on([x], v)
    for node in order:
        _check(node)
    reverse_sweep(order, adjoints)
    if v not in order[-1:]:
        return PathExplanation(names[v], names[x], (), 0, 0.0)
    by_name = {name: s for s, name in deltas.items()}
    first = _from(x, order, adjoints, names, deltas)
    found: dict[Value, PathExplanation] = {}
    waiting = [by_name[path.delta] for path in first.paths if path.delta]
    for s in waiting:  # grows while it is read
        if s not in found and len(found) < _DELTAS:
            found[s] = _from(s, order, adjoints, names, deltas)
            waiting += [by_name[path.delta] for path in found[s].paths if path.delta]
    return replace(first, deltas=tuple(found.values()))


def _from(
    x: Value,
    order: Sequence[Value],
    adjoints: Mapping[Any, Any],
    names: Mapping[Value, str],
    deltas: Mapping[Value, str],
) -> PathExplanation:
    """The paths from x to v, the last of the order, or to the next δ; the adjoints are known."""
    v, between = order[-1], set(order)
    # from v down to x, as the adjoints go: of each node the number of paths to v, and the heaviest of them
    counts: dict[Value, float] = {v: 1}
    endings: dict[Value, list[_Ending]] = {v: [(-1.0, 1.0, None)]}
    ends = {s: name for s, name in deltas.items() if s in adjoints and s is not v and s is not x}
    for s in ends:
        counts[s], endings[s] = 1, [(-abs(adjoints[s]), adjoints[s], None)]
    for node in reversed(order):
        if node is x or node not in counts:
            continue
        heaviest, count = _heaviest(endings.pop(node)), counts.pop(node)
        for operand, partial in _partials(node).items():
            if operand not in between or operand in ends or partial is None or (partial == 0.0 and _is_gate(node)):
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
    paths = [_path(x, ending, names, ends, adjoints) for ending in _heaviest(endings.get(x, []))]
    delta = deltas.get(x, "") if x is not v else ""
    return PathExplanation(names[v], names[x], tuple(paths), counts.get(x, 0), adjoints.get(x, 0.0), delta)


def _is_gate(node: Value) -> bool:
    return node.primitive is not None and node.primitive.gate


def _heaviest(endings: Sequence[_Ending]) -> list[_Ending]:
    # by the weight alone: comparing the rest would recurse along whole paths
    return heapq.nsmallest(SHOWN, endings, key=operator.itemgetter(0))


def _path(
    x: Value, ending: Sequence[Any], names: Mapping[Value, str], ends: Mapping[Value, str], adjoints: Mapping[Any, Any]
) -> Path:
    node, nodes, partials, rest = x, [names[x]], [], ending[2]
    while rest is not None:
        partial, node, rest = rest
        nodes.append(names[node])
        partials.append(partial)
    if node in ends:
        partials.append(adjoints[node])
    return Path(tuple(nodes), tuple(partials), ending[1], ends.get(node, ""))


# ---------------------------------------------------------------- writing


def _path_count(count: float) -> str:
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


def _fraction(v: str, x: str) -> str:
    return rf"\frac{{\partial {latex_name(v)}}}{{\partial {latex_name(x)}}}"


def _factor(number: float) -> str:
    text = rounded_latex(number).text
    return rf"\left({text}\right)" if text.startswith("-") else text
