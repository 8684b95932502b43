"""A recorded graph as a straight-line program: the evaluation trace, and its dual or tangent program.

The lines of the derivative are what the sweeps of `autograd.core.graph` record, taken down one node at a time, so that
every adjoint and every tangent keeps its own name: printed, they are the tables of a textbook.
"""

import functools
import operator
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from autograd.arguments import counted, in_order
from autograd.core.graph import depending_on, forward_sweep, reverse_sweep, topological_order
from autograd.core.mode import is_grad_enabled
from autograd.core.value import Value
from autograd.formulas import notation
from autograd.formulas.instructions import Alias, Constant, Input, Instruction, Operand, Output, Section, Variable
from autograd.formulas.naming import Parameters, graph_names
from autograd.formulas.notation import BAR, DOT
from autograd.formulas.straight_line import Program, fold_constants, remove_dead_code, share_common_subexpressions
from autograd.table import primitives
from autograd.table.primitive import as_number


def program(
    root: Value,
    inputs: Iterable[Value] | None = None,
    *,
    mode: str = "reverse",
    tangents: Iterable[float] | None = None,
    optimize: bool = True,
    model: Any = None,
) -> Program:
    """The straight-line program that computes a Value, and its gradient or its tangent.

    reverse: v, then v̄ᵢ = Σⱼ v̄ⱼ ∂vⱼ/∂vᵢ;   forward: v, and v̇ⱼ = Σᵢ ∂vⱼ/∂vᵢ v̇ᵢ.

    Args:
        root: The result.
        inputs: The leaves that are arguments; all of them by default.  The others keep their number.
        mode: "reverse" returns the value and the adjoint of each input, "forward" the value and its tangent,
            "value" the value alone.
        tangents: For "forward", the tangents of the inputs; by default they are arguments too, after the inputs.
        optimize: Fold constants, share common subexpressions, remove dead code.
        model: Anything with `named_parameters()`: it names its parameters, and what its layers compute.

    It is the program of what was recorded: of the branches Python took, with the edges left out along which what a
    closed gate kept out met an infinite partial.  Raises TypeError or ValueError for arguments that do not fit.
    Source: seeds, chapter 6; the tables of Baydin et al., JMLR 18 (2018), are this program's text.

    >>> x, w = Value(2.0, label="x"), Value(5.0, label="w")
    >>> print(program((w * x).sin()))
    from autograd import cos, sin
    <BLANKLINE>
    <BLANKLINE>
    def f(w, x):
        # forward
        v1 = w * x
        v2 = sin(v1)
        # adjoint
        v̄2 = 1.0
        v̄1 = v̄2 * cos(v1)
        x̄ = v̄1 * w
        w̄ = v̄1 * x
        return (v2, w̄, x̄)
    """
    if not isinstance(root, Value):
        raise TypeError(f"program: root must be a Value, not {type(root).__name__} {root!r:.60}; make it of Values")
    if mode not in ("value", "reverse", "forward"):
        raise ValueError(f"program: mode must be 'value', 'reverse' or 'forward', not {mode!r}")
    if mode != "value" and not is_grad_enabled():
        raise ValueError("program: a derivative cannot be recorded inside no_grad; call it outside, or mode='value'")
    order = notation.by_level(topological_order(root))
    if inputs is None:
        inputs = [node for node in order if node.primitive is None]
    leaves = list(in_order(inputs, "program: inputs"))
    _check_inputs(leaves)
    if tangents is not None and mode != "forward":
        raise ValueError(f"program: tangents are for mode='forward', and mode is {mode!r}")
    scribe = _Scribe([root], order, leaves, Parameters(model, "program: model"))
    if mode == "reverse":
        scribe.adjoints()
    elif mode == "forward":
        scribe.tangents(None if tangents is None else [as_number(x, "program: a tangent") for x in tangents])
    return _optimized(scribe.program()) if optimize else scribe.program()


def program_of(outputs: Sequence[Any], inputs: Sequence[Value]) -> Program:
    """The program of several results, Values or numbers, from inputs that may be results themselves.

    >>> x, y = Value(2.0, label="x"), Value(5.0, label="y")
    >>> print(program_of([x * y, 3.0], [x, y]))
    def f(x, y):
        # forward
        v1 = x * y
        return (v1, 3.0)
    """
    given, needed = {*inputs}, set()
    path = [x for x in outputs if isinstance(x, Value)]
    order = topological_order(*path)
    while path:
        x = path.pop()
        if x not in needed:
            needed.add(x)
            path += [y for y in x.operands if isinstance(y, Value) and x not in given]
    order = [x for x in order if x in needed and x not in given]
    return _optimized(_Scribe(outputs, [*inputs, *order], inputs, Parameters(None, "program")).program())


def _optimized(program: Program) -> Program:
    return remove_dead_code(share_common_subexpressions(fold_constants(program)))


def _check_inputs(inputs: Sequence[Any]) -> None:
    for i, x in enumerate(inputs, 1):
        if not isinstance(x, Value):
            raise TypeError(f"program: input {i} must be a Value, not {type(x).__name__} {x!r:.60}")
        if x.primitive is not None:
            raise ValueError(f"program: input {i} is a result of {x.primitive.name}; give leaves, as x.detach() is one")
    if len(set(inputs)) < len(inputs):
        raise ValueError("program: an input is given twice; give each leaf once")


class _Scribe:
    """Takes down a graph, and what its sweeps record, as lines."""

    def __init__(
        self, roots: Sequence[Any], order: Sequence[Value], inputs: Sequence[Value], parameters: Parameters
    ) -> None:
        self.names = notation.Names(node.primitive.name for node in order if node.primitive is not None)
        self.root: Any = roots[0] if roots else None
        self.order, self.leaves = order, inputs
        self.name_of = self._named(parameters)
        self.operand_of: dict[Value, Operand] = {}
        self.size = 0
        self.constants: list[Constant] = []
        self.constant_at: dict[int, float] = {}
        self.instructions: list[Instruction] = []
        self.aliases: list[Alias] = []
        self.inputs = [Input(self._new(x), self.name_of[x], x._number) for x in inputs]
        for node in order:
            if node in self.operand_of:
                continue
            if node.primitive is not None:
                if node.primitive.value is node.primitive.partials:
                    node.primitive.value()  # an operation in the lecture's style: raises the TypeError that says so
                self._instruction(node, Section.FORWARD, self.name_of[node])
            elif node in self.name_of and node not in self.operand_of:
                self._name_constant(node, node.data, self.name_of[node], Section.FORWARD)
            else:
                self.operand_of.setdefault(node, node.data)
        self.outputs = [
            Output(self.name_of.get(x, ""), self.operand_of[x]) if isinstance(x, Value) else Output("", x)
            for x in roots
        ]
        # what depends on an input: only there a derivative is taken down
        self.active = {*inputs, *depending_on(inputs, self.root)} if isinstance(self.root, Value) else {*inputs}

    def _named(self, parameters: Parameters) -> dict[Value, str]:
        """The names of inputs, of operations, and of those other leaves that have one, as Python takes them."""
        everything = list(dict.fromkeys([*self.order, *self.leaves]))  # an input need not be in the graph
        found, inputs = graph_names(everything, parameters), {*self.leaves}
        named = [
            node
            for node in everything
            if node.primitive is not None or node in inputs or node.label.strip() or node in parameters.names
        ]
        named.sort(key=lambda node: not node.label.strip())  # labels have the first choice
        return {node: self.names.unique(notation.identifier(found[node])) for node in named}

    def program(self) -> Program:
        return Program(
            tuple(self.inputs),
            tuple(self.constants),
            tuple(self.instructions),
            tuple(self.outputs),
            tuple(self.aliases),
        )

    def adjoints(self) -> None:
        """The dual program: each node's adjoint gets a name, and then one node's step of the reverse sweep."""
        terms: dict[Value, list[Any]] = {self.root: [1.0]}
        adjoint_of: dict[Value, Value] = {}
        reached = {self.root}
        for node in reversed(self.order):
            if node not in self.active or node not in terms:
                continue
            name = self.names.unique(notation.marked(self.name_of[node], BAR))
            adjoint_of[node] = self.define(terms.pop(node), name, Section.ADJOINT)
            operands = dict.fromkeys(x for x in node.operands if isinstance(x, Value))
            step: dict[Any, Any] = {node: adjoint_of[node]}
            # the operands wait: they have no adjoint in `step` yet
            reverse_sweep([node, *operands], step, record=True, reached=reached)
            for x in operands:
                if x in step:
                    terms.setdefault(x, []).extend(self._terms(step[x]))
        for x in self.leaves:
            if x not in adjoint_of:
                name = self.names.unique(notation.marked(self.name_of[x], BAR))
                adjoint_of[x] = self.define([0.0], name, Section.ADJOINT)
            self._output(adjoint_of[x])

    def tangents(self, numbers: Sequence[float] | None) -> None:
        """The tangent program: one node's step of the forward sweep at a time."""
        if numbers is not None and len(numbers) != len(self.leaves):
            given = counted(len(numbers), "tangent")
            raise ValueError(f"program: {counted(len(self.leaves), 'input')}, but {given}; give one for each")
        tangents: dict[Any, Any] = {}
        for i, x in enumerate(self.leaves):
            name = self.names.unique(notation.marked(self.name_of[x], DOT))
            if numbers is None:
                tangents[x] = seed = Value(1.0)
                self.name_of[seed] = name
                self.inputs.append(Input(self._new(seed), name, 1.0, Section.TANGENT))
            else:
                tangents[x] = self.define([numbers[i]], name, Section.TANGENT)
        reached = set(tangents)
        for node in self.order:
            if node in self.active and node.primitive is not None:
                forward_sweep([node], tangents, record=True, reached=reached)
                if node in tangents:  # else closed gates have kept out what is infinite
                    name = self.names.unique(notation.marked(self.name_of[node], DOT))
                    tangents[node] = self.define([tangents[node]], name, Section.TANGENT)
        if self.root not in tangents:
            name = self.names.unique(notation.marked(self.outputs[0].name or "y", DOT))
            tangents[self.root] = self.define([0.0], name, Section.TANGENT)
        self._output(tangents[self.root])

    def define(self, terms: Sequence[Any], name: str, section: Section) -> Value:
        """Write the lines for a sum of recorded terms, the last of them named; the new leaf that stands for it."""
        total = functools.reduce(operator.add, terms)
        leaf = Value(total.data if isinstance(total, Value) else total)
        self.name_of[leaf] = name
        known = self._constant(total)
        if known is not None:
            self._name_constant(leaf, known, name, section)
            return leaf
        if total in self.operand_of:
            self.aliases.append(Alias(name, self.operand_of[total], section))
        else:
            new = [term for term in terms if term not in self.operand_of] if len(terms) > 1 else []
            named = {term: self.names.unique(f"{name}_{terms.index(term) + 1}") for term in new}
            self._lines_below(total, {**named, total: name}, section)
        self.operand_of[leaf] = self.operand_of[total]
        return leaf

    def _output(self, result: Value) -> None:
        self.outputs.append(Output(self.name_of[result], self.operand_of[result]))

    def _terms(self, total: Value) -> list[Value]:
        """What the sweep has added up for one operand, in its order: two terms where x·x has x twice."""
        terms = []
        while total not in self.operand_of and total.primitive is primitives.add:  # it adds from the left
            total, term = total.operands
            terms.append(term)
        return [*terms, total][::-1]

    def _name_constant(self, node: Value, number: float, name: str, section: Section) -> None:
        index = self._new(node)
        self.constant_at[index] = number
        self.constants.append(Constant(index, name, number, section))

    def _lines_below(self, total: Value, named: Mapping[Value, str], section: Section) -> None:
        """One instruction for each node from `total` down to what is defined already; iterative."""
        path = [(total, iter(total.operands))]
        while path:
            node, remaining = path[-1]
            for operand in remaining:
                if isinstance(operand, Value) and operand not in self.operand_of:
                    path.append((operand, iter(operand.operands)))
                    break
            else:
                path.pop()
                if node not in self.operand_of:
                    self._instruction(node, section, named.get(node, ""))

    def _instruction(self, node: Value, section: Section, name: str) -> None:
        if node.primitive is None:  # a constant that its partial needed as a Value, as that of 1/y at 0
            self.operand_of[node] = node.data
            return
        operands = tuple(self.operand_of[x] if isinstance(x, Value) else x for x in node.operands)
        self.instructions.append(Instruction(self._new(node), node.primitive, operands, section, name))

    def _constant(self, total: Any) -> float | None:
        """The number of what is the same whatever the inputs are."""
        if not isinstance(total, Value):
            return float(total)
        operand = self.operand_of.get(total)
        if isinstance(operand, Variable):
            return self.constant_at.get(operand.index)
        return operand

    def _new(self, node: Value) -> int:
        self.operand_of[node] = Variable(self.size)
        self.size += 1
        return self.size - 1
