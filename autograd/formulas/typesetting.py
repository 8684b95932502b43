r"""A recorded number in LaTeX, as it was computed: what `Value.latex()` shows.

Nothing is simplified (that is `autograd.formulas.symbolic`), and nothing is written twice: a result that is used
again, and every piece of a long formula, gets a line and a name: v_1, v_2, …, as in the listing of its program; in a
graph too large to be listed t_1, t_2, ….
"""

import collections
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from autograd.core.graph import is_small, topological_order
from autograd.core.value import Value
from autograd.formulas.latex import DOTS, aligned, latex_application, latex_name, rounded_latex
from autograd.formulas.naming import Parameters, graph_names, own_names
from autograd.formulas.notation import Spelled
from autograd.table import primitives

MOST_OPERATIONS = 60
"""How many operations are written out, those nearest to the result; MathJax takes a second for some hundreds."""

_NUMBERED = 1_000  # nodes; beyond it a number in the order of the whole graph tells nobody anything
_LONG = 160  # characters of LaTeX in one line
_FIRST, _LAST = 4, 1  # of many operands


class Latex:
    """LaTeX source that notebooks typeset: `str()` gives the source, without dollar signs."""

    __slots__ = ("source",)

    def __init__(self, source: str) -> None:
        self.source = source

    def __str__(self) -> str:
        return self.source

    __repr__ = __str__

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.source}$"


def typeset(root: Value, model: Any = None) -> Latex:
    r"""The formula of a Value: names for labelled leaves and for parameters of the model, numbers for the others.

    Of a large graph the operations nearest to the result are written out, and the others given as numbers, so that it
    takes milliseconds whatever the size.  Raises TypeError for what is not a Value.

    >>> w, x, b = (Value(number, label=label) for number, label in [(-3.0, "w"), (2.0, "x"), (6.88, "b")])
    >>> print(typeset((w * x + b).tanh()))
    \tanh \left(w \cdot x + b\right)
    """
    if not isinstance(root, Value):
        raise TypeError(f"typeset: root must be a Value, not {type(root).__name__} {root!r:.60}")
    *steps, (name, text) = _Writer(root, Parameters(model, "latex: model")).lines()
    if not steps:
        return Latex(f"{name} = {text}" if name else text)
    steps.append((name, text))
    return Latex(aligned(f"{name} &= {text}" for name, text in steps))


class _Writer:
    def __init__(self, root: Value, parameters: Parameters) -> None:
        self.root = root
        self.order, self.below = _nearest(root)
        shown = [x for node in self.order for x in _shown(node) if isinstance(x, Value)]
        self.uses = collections.Counter(shown)
        in_order = list(dict.fromkeys([*(x for x in shown if x.primitive is None), *self.below, *self.order, root]))
        self.numbered: dict[Value, str] = {}
        if is_small(root, _NUMBERED):
            in_order = topological_order(root)
            self.numbered = graph_names(in_order, parameters)
        self.own = {node: latex_name(name) for node, name in own_names(in_order, parameters).items()}
        self.taken = {self.own[x] for x in shown if x.primitive is None and x in self.own}
        results = collections.Counter(self.own[x] for x in [*self.below, *self.order] if x in self.own)
        self.own_names = {name for name, count in results.items() if count == 1} - self.taken
        self.spelled: dict[Any, Spelled] = {}
        self.steps = 0
        self.has_steps = False

    def lines(self) -> Iterator[tuple[str, str]]:
        """(name, formula) of everything that has a line, the result last; its name may be empty."""
        for node in self.below:
            yield self._named(node), rf"\cdots = {rounded_latex(node.data).text}"
        for node in self.order:
            spelled = self._application(node)
            if node is self.root:
                yield self._name_of_root(), spelled.text
            elif self._own_name(node) or self.uses[node] > 1 or len(spelled.text) > _LONG:
                yield self._named(node), spelled.text
            else:
                self.spelled[node] = spelled
        if not self.order:
            yield "", self._operand(self.root).text

    def _own_name(self, node: Value) -> str:
        name = self.own.get(node, "")
        return name if name in self.own_names else ""

    def _name_of_root(self) -> str:
        return self._own_name(self.root) or (self._new_name(self.root) if self.has_steps else "")

    def _named(self, node: Value) -> str:
        name = self._own_name(node) or self._new_name(node)
        self.spelled[node] = Spelled(name)
        self.has_steps = True
        return name

    def _new_name(self, node: Value) -> str:
        name = "" if node in self.own else latex_name(self.numbered.get(node, ""))
        while name in ("", latex_name("")) or name in self.taken or name in self.own_names:
            self.steps += 1
            name = f"t_{{{self.steps}}}"
        return name

    def _application(self, node: Value) -> Spelled:
        assert node.primitive is not None
        operands = [self._operand(x) for x in _shown(node)]
        if node.primitive.parts is not None:  # their LaTeX does not say which operand is which
            return _scalar_product(operands)
        return latex_application(node.primitive, operands)

    def _operand(self, operand: Any) -> Spelled:
        if not isinstance(operand, Value):
            return operand if isinstance(operand, Spelled) else rounded_latex(operand)
        if operand in self.spelled:
            return self.spelled[operand]
        return Spelled(self.own[operand]) if operand in self.own else rounded_latex(operand.data)


def _shown(node: Value) -> Sequence[Any]:
    """The operands that are written: of many the first and last ones, with dots between."""
    if node.primitive is None or node.primitive.parts is None:
        return _shortened(node.operands)
    weights, inputs, bias = node.primitive.parts(node.operands)
    pairs = zip(_shortened(weights), _shortened(inputs), strict=True)
    return [*(x for pair in pairs for x in pair), *bias]


def _shortened(operands: Sequence[Any]) -> Sequence[Any]:
    if len(operands) <= _FIRST + _LAST + 1:
        return operands
    return [*operands[:_FIRST], DOTS, *operands[-_LAST:]]


def _scalar_product(operands: Sequence[Spelled]) -> Spelled:
    """Σ wᵢ·xᵢ + b of w₁, x₁, w₂, x₂, …, and b if there is one."""
    product, total = primitives.mul, primitives.add
    pairs = zip(operands[::2], operands[1::2], strict=False)
    terms = [DOTS if w is DOTS else latex_application(product, (w, x)) for w, x in pairs]
    if len(operands) % 2:
        terms.append(operands[-1])
    result, *others = terms or [Spelled("0")]
    for term in others:
        result = latex_application(total, (result, term))
    return result


def _nearest(root: Value) -> tuple[list[Value], list[Value]]:
    """The operations nearest to the result, operands first, and those they use that are too far below."""
    inside = {root}
    waiting = collections.deque([root])
    while waiting and len(inside) < MOST_OPERATIONS:
        found = [x for x in _operations(waiting.popleft()) if x not in inside]
        inside.update(found)
        waiting.extend(found)
    order = [node for node in _in_order(root, inside) if node.primitive is not None]
    return order, list(dict.fromkeys(x for node in order for x in _operations(node) if x not in inside))


def _in_order(root: Value, inside: Collection[Value]) -> list[Value]:
    """The nodes inside, each after those of its operands that are shown: `topological_order` would visit all."""
    order: dict[Value, None] = {}
    pending = [root]
    while pending:
        node = pending[-1]
        missing = [x for x in _operations(node) if x in inside and x not in order]
        pending.extend(reversed(missing))
        if not missing:
            order[pending.pop()] = None
    return list(order)


def _operations(node: Value) -> list[Value]:
    """The shown operands that are results."""
    return [x for x in _shown(node) if isinstance(x, Value) and x.primitive is not None]
