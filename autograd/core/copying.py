"""Copies and pickles of graphs, without recursion: a chain of a million nodes takes no stack."""

import copy
from collections.abc import Sequence
from typing import Any

from autograd.core.graph import topological_order
from autograd.core.value import Frozen, Value, node
from autograd.table.primitive import OwnSweep

State = tuple[Any, ...]
"""All of a node but its operands: what `_restored` takes."""


def _copy(self: Value) -> Value:
    """Another node made the same way from the same operands."""
    return _restored(type(self), _state(self), self._sources)


def _deepcopy(self: Value, memo: dict[int, Any]) -> Value:
    """The whole graph below, with its sharing."""
    for made in topological_order(self):
        if id(made) not in memo:
            operands = [memo.get(id(x), x) for x in made.operands]
            *rest, attributes = _state(made)
            memo[id(made)] = _restored(type(made), (*rest, copy.deepcopy(attributes, memo)), operands)
    return memo[id(self)]  # type: ignore[no-any-return]  # put there above


def _reduce(self: Value) -> tuple[Any, ...]:
    """Pickle the graph below as a flat list; roots pickled together share its leaves, not its interior."""
    if self.primitive is None:
        return _restored, (type(self), _state(self), ())
    order = topological_order(self)
    leaves = [x for x in order if x.primitive is None]
    interior = [x for x in order if x.primitive is not None]
    index = {x: i for i, x in enumerate(leaves + interior)}
    rows = [(type(x), _state(x), [o if o.__class__ is float else index[o] for o in x.operands]) for x in interior]
    return _restored_graph, (leaves, rows)


def _reduce_frozen(self: Value) -> tuple[Any, ...]:
    return _restored_frozen, (self._number, self.label)


def _state(self: Value) -> State:
    own_way = isinstance(self.primitive, OwnSweep)
    partials = None if own_way else self.partials
    return self._number, self.grad, self.label, self.primitive, partials, self._attributes


def _restored(kind: type[Value], state: State, operands: Sequence[Any]) -> Value:
    number, grad, label, primitive, partials, attributes = state
    made = node(kind, number, primitive, operands, partials)
    made.grad, made.label = grad, label
    if attributes:
        made.__dict__.update(attributes)
    return made


def _restored_graph(leaves: Sequence[Value], rows: Sequence[Any]) -> Value:
    nodes = list(leaves)
    for kind, state, operands in rows:
        nodes.append(_restored(kind, state, [nodes[x] if x.__class__ is int else x for x in operands]))
    return nodes[-1]


def _restored_frozen(number: float, label: str) -> Value:
    return Value(number, label=label).requires_grad_(False)


for _name, _method in {"__copy__": _copy, "__deepcopy__": _deepcopy, "__reduce__": _reduce}.items():
    setattr(Value, _name, _method)
Frozen.__reduce__ = _reduce_frozen  # type: ignore[method-assign,assignment]
