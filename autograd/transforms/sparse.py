"""Jacobians and Hessians that are mostly zero: only what may not be zero, found in the graph, is computed and kept.

A row of a Jacobian is a sweep over what its result is made of, and no more.

A Hessian comes from one sweep, edge pushing: beside the adjoint v̄ of each node, it carries the second derivatives
W[v, p] of the result by all that is still to be passed.  Passing a node v = φ(u₁, …), with partials dᵢ and sᵢⱼ,

    W[uᵢ, p]  += dᵢ W[v, p]                     what v shared with others,
    W[uᵢ, uⱼ] += dᵢ dⱼ W[v, v] + v̄ sᵢⱼ          what it shared with itself, and its own curvature,
    ūᵢ        += dᵢ v̄.

Its cost is in proportion to the second derivatives that are there, not to the square of the variables.

Source: R. M. Gower and M. P. Mello, "A new framework for the computation of Hessians" (2012); M. Wang,
A. Gebremedhin and A. Pothen, "Capitalizing on live variables: new algorithms for efficient Hessian computation via
automatic differentiation" (2016).
"""

import functools
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from autograd.core.graph import (
    depending_on,
    edges,
    product,
    recorded_edges,
    recorded_partials,
    reverse_sweep,
    total,
)
from autograd.core.mode import enable_grad
from autograd.core.tree import array_of
from autograd.core.value import Value
from autograd.installation import require
from autograd.table.primitive import OwnSweep, Primitive
from autograd.table.primitives import identity
from autograd.transforms.dual import Jet
from autograd.transforms.reverse import Inputs, parts_of


class Sparse(NamedTuple):
    """A matrix of which only some entries are kept; all others are 0.

    Of derivatives by arrays, `rows`, `cols` and `values` are arrays.

    >>> Sparse([0, 1], [1, 0], [6.0, 6.0], (2, 2)).tolist()
    [[0.0, 6.0], [6.0, 0.0]]
    """

    rows: Any
    """Of each entry that is kept, row by row: a list of integers."""
    cols: Any
    """Of each entry that is kept, in its row from left to right: a list of integers."""
    values: Any
    """The entries, in a list."""
    shape: tuple[int, int]
    """Rows and columns of the matrix."""

    def tolist(self) -> list[list[Any]]:
        """All entries, as lists."""
        full: list[list[Any]] = [[0.0] * self.shape[1] for _ in range(self.shape[0])]
        columns = [x.tolist() if hasattr(x, "tolist") else x for x in (self.rows, self.cols, self.values)]
        for i, j, x in zip(*columns, strict=True):
            full[i][j] = x
        return full

    def tocsr(self) -> Any:
        """A `scipy.sparse.csr_array`; needs SciPy."""
        return require("scipy.sparse", "tocsr").csr_array((self.values, (self.rows, self.cols)), shape=self.shape)


Entries = dict[tuple[int, int], Any]
Find = Callable[[Inputs, Sequence[Any]], Entries]


def sparse_jacobian(inputs: Inputs, outputs: Sequence[Any]) -> Sparse:
    """∂output/∂variable wherever an output depends on a variable."""
    return _sparse(_first_derivatives, inputs, outputs, len(outputs))


def sparse_hessian(inputs: Inputs, output: Any) -> Sparse:
    """∂²output/∂variable∂variable wherever the graph lets it be other than 0."""
    return _sparse(_second_derivatives, inputs, [output], len(inputs.variables))


def _sparse(find: Find, inputs: Inputs, outputs: Any, height: int) -> Sparse:
    shape = height, len(inputs.variables)
    with enable_grad():
        entries = _with_jets(find, inputs, outputs)
    found = sorted(entries)
    rows, cols = [i for i, _ in found], [j for _, j in found]
    values = [inputs.finished(entries[at]) for at in found]
    if not inputs.in_arrays:
        return Sparse(rows, cols, values, shape)
    indices = functools.partial(require("numpy", "sparse=True").array, dtype=int)
    return Sparse(indices(rows), indices(cols), array_of(values, (len(values),)), shape)


def _with_jets(find: Find, inputs: Inputs, outputs: Sequence[Any]) -> Entries:
    """The entries of each coefficient, where outputs carry derivatives along, put together again."""
    jets = [x for x in outputs if isinstance(x, Jet)]
    if not jets:
        return find(inputs, outputs)
    shape = max(jets, key=lambda x: x._level)
    parts = parts_of(outputs, shape._level, len(shape.coefficients))
    found = [_with_jets(find, inputs, part) for part in parts]
    return {at: shape.like([entries.get(at, 0.0) for entries in found]) for at in set().union(*found)}


def _first_derivatives(inputs: Inputs, outputs: Sequence[Any]) -> Entries:
    entries = {}
    for i, output in enumerate(outputs):
        if not isinstance(output, Value):
            continue
        order = depending_on(inputs.variables, output)
        adjoints: dict[Any, Any] = {output: 1.0}
        reverse_sweep(order, adjoints, record=inputs.recording)
        within = _connected(order, output)
        for j, variable in enumerate(inputs.variables):
            if variable in within:
                entries[i, j] = adjoints.get(variable, 0.0)
    return entries


def _second_derivatives(inputs: Inputs, outputs: Sequence[Any]) -> Entries:
    output = outputs[0]
    order = depending_on(inputs.variables, output) if isinstance(output, Value) else []
    if output not in order:
        return {}
    place = {variable: i for i, variable in enumerate(inputs.variables)}
    second = _pushed(order, output, set(place), inputs.recording)
    return {(place[v], place[p]): x for v, row in second.items() for p, x in row.items()}


def _connected(order: Sequence[Value], root: Value) -> set[Value]:
    """The nodes that a derivative of root goes on to, whatever the numbers: not through a step."""
    within, found = set(order), {root}
    for node in reversed(order):
        if node in found and node.primitive is not None:
            if isinstance(node.primitive, OwnSweep):
                found.update(x for x in node.operands if x in within)
            else:
                found.update(x for x, _ in _live_edges(node, within))
    return found


def _live_edges(node: Value, within: set[Value], record: bool = False) -> list[tuple[Value, Any]]:
    """The edges to nodes within, but for those whose partial is 0 whatever the numbers, as that of a step is."""
    if record:
        return [(x, d) for x, d in recorded_edges(node, node.operands, within) if d.__class__ is not float or d != 0.0]
    return [(x, d) for x, d in edges(node, node.operands, within) if d or _may_differ(node, x)]


def _may_differ(node: Value, x: Value) -> bool:
    """Whether a partial that is 0 now is one that depends on numbers."""
    found = recorded_edges(node, node.operands, {x})
    return any(partial.__class__ is not float or partial != 0.0 for _, partial in found)


Second = dict[Value, dict[Value, Any]]


def _pushed(order: Sequence[Value], output: Value, variables: set[Value], record: bool) -> Second:
    """W[v, p] for the variables v and p, both triangles: edge pushing."""
    within = set(order)
    second: defaultdict[Value, dict[Value, Any]] = defaultdict(dict)
    adjoints: dict[Value, Any] = {output: 1.0}
    for v in reversed(order):
        if v in variables or v.primitive is None:
            continue
        row, operands = v.primitive, v.operands
        if isinstance(row, OwnSweep):
            raise TypeError(
                f"hessian: sparse=True asks for the partials of each operation, and {row.name} hands on its adjoint in "
                "its own way; leave sparse out"
            )
        with_v = second.pop(v, {})
        for p in with_v:
            if p is not v:
                del second[p][v]
        if v not in adjoints and not with_v:
            continue
        partials = _live_edges(v, within, record)

        def add(a: Value, b: Value, x: Any, row: Primitive = row, operands: Any = operands) -> None:
            """A second derivative more; 0 behind a closed gate, where it is kept for other numbers."""
            known = second[a].get(b)
            if x is not None:
                second[a][b] = total(known, x, row, operands)
            elif known is None:
                second[a][b] = 0.0

        for p, shared in with_v.items():
            for u, d in partials:
                x = product(shared, d, row, operands)
                if p is not v:
                    add(u, p, x)
                    add(p, u, x)
                else:
                    for w, e in partials:
                        add(u, w, None if x is None else product(x, e, row, operands))
        if v not in adjoints:
            continue
        adjoint = adjoints.pop(v)  # None where a closed gate is above
        if not row.is_linear:
            for u, w, s in _curvature(row, operands, within, record):
                add(u, w, None if adjoint is None else product(adjoint, s, row, operands))
        for u, d in partials:
            x = None if adjoint is None else product(adjoint, d, row, operands)
            known = adjoints.get(u)
            adjoints[u] = known if x is None else total(known, x, row, operands)
    return second


def _curvature(
    row: Primitive, operands: Sequence[Any], within: set[Value], record: bool
) -> Iterator[tuple[Value, Value, Any]]:
    """The second partials sᵢⱼ of one operation that are not 0 for all numbers: by a sweep of its recorded partials."""
    leaves = [
        (identity(x) if record else Value(x._number)) if x in within else x if x.__class__ is float else x._number
        for x in operands
    ]
    mine = [leaf for leaf in leaves if isinstance(leaf, Value)]
    z = mine[0]._apply_primitive(row, leaves)
    found = recorded_partials(row, z, leaves, [not isinstance(leaf, Value) for leaf in leaves])
    at = {leaf: x for leaf, x in zip(leaves, operands, strict=True) if isinstance(leaf, Value)}
    for x, partial in zip(operands, found, strict=True):
        if partial in at:
            yield x, at[partial], 1.0
        elif isinstance(partial, Value):
            order = depending_on(mine, partial)
            adjoints: dict[Any, Any] = {partial: 1.0}
            reverse_sweep(order, adjoints, record=record)
            for leaf in mine:
                if leaf in adjoints:
                    yield x, at[leaf], adjoints[leaf]
