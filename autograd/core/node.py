"""What a node of the graph holds: a number, how it was made, its local partials, its adjoint.

`Node` is the passive half of `Value`: reading, showing and copying.  How operations make new nodes is in
`autograd.core.value`.
"""

import copy
import functools
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Self, TypeVar

from autograd.core.graph import topological_order
from autograd.table.primitive import Primitive, RealNumber, as_number

AnyNode = TypeVar("AnyNode", bound="Node")


class Node(RealNumber):
    """A number and how it was made."""

    __slots__ = ("__weakref__", "_dx", "_dy", "_number", "_uses", "_x", "_y", "grad", "label", "primitive")

    grad: float
    """The adjoint ∂root/∂self of the last `backward()`; summed over all of them on a leaf."""
    primitive: Primitive | None
    """The operation that made this node; None for a leaf."""
    label: str
    """A name for pictures and messages; empty at first."""
    # One operand: _x and its partial _dx.  Two: also _y and _dy; the partial of a constant is None.
    # Any other number: the tuples _x of operands, _y of partials and _dy of the operands that are not leaves.
    # An operation in the lecture's style: the same, with its closure for _y.  A checkpointed segment: None for _y.
    _number: float
    _uses: int
    _x: Any
    _y: Any
    _dx: float | None
    _dy: Any

    def __init__(self, data: Any, _children: Sequence["Node"] = (), _op: str = "", label: str = "") -> None:
        self._number = as_number(data, "Value: data")
        self.grad = 0.0
        self.primitive = None
        self.label = label
        self._uses = 0
        self._x = self._y = self._dx = self._dy = None
        if _children:
            self.primitive = _closure_primitive(_op)
            self._x, self._y, self._dx, self._dy = layout(None, _children, _do_nothing)

    # ------------------------------------------------------------ reading

    @property
    def data(self) -> float:
        """The number.  Assigning to it takes one real number and changes nothing that is recorded already."""
        return self._number

    @data.setter
    def data(self, number: Any) -> None:
        self._number = number if number.__class__ is float else as_number(number, f"data of {self!r}")

    @property
    def operands(self) -> tuple[Any, ...]:
        """What the primitive was applied to: Values, and floats for constants; () for a leaf."""
        if self.primitive is None:
            return ()
        if self._dy.__class__ is tuple:
            return self._x  # type: ignore[no-any-return]  # a tuple then, see the slots
        return (self._x,) if self.primitive.arity == 1 else (self._x, self._y)

    @property
    def partials(self) -> tuple[float | None, ...]:
        """∂self/∂operand for each operand, as numbers; None for constants."""
        if self.primitive is None:
            return ()
        if self._dy.__class__ is tuple:
            if self._y is None:  # a checkpointed segment, which is run again for them
                return self.primitive.partials_at(self)  # type: ignore[attr-defined,no-any-return]
            return self._y if self._y.__class__ is tuple else (None,) * len(self._x)
        return (self._dx,) if self.primitive.arity == 1 else (self._dx, self._dy)

    # ------------------------------------------------------------ micrograd's names

    @property
    def _backward(self) -> Callable[[], None]:
        """Adds this node's adjoint times its partials to its operands (micrograd's name); assignable."""
        if self.primitive is None:
            return _do_nothing
        if self._dy.__class__ is tuple and callable(self._y):
            return self._y  # type: ignore[no-any-return]  # the closure that was assigned
        return functools.partial(_pass_on, self)

    @_backward.setter
    def _backward(self, closure: Callable[[], None]) -> None:
        if not callable(closure):
            raise TypeError(f"_backward must be a function without arguments, not {closure!r}")
        if self.primitive is not None:
            self._x, self._y, self._dx, self._dy = layout(None, self.operands, closure)
            self.primitive = _closure_primitive(self.primitive.symbol)

    @property
    def _prev(self) -> set["Node"]:
        """The operands as a set of Values (micrograd's name); constants are wrapped afresh."""
        return {
            x if isinstance(x, Node) else _restore_node(type(self), (x, 0.0, "", None, (), None), ())
            for x in self.operands
        }

    @property
    def _op(self) -> str:
        """The symbol of the operation (micrograd's name); empty for a leaf."""
        return "" if self.primitive is None else self.primitive.symbol

    # ------------------------------------------------------------ showing

    def __repr__(self) -> str:
        label = f", label={self.label!r}" if self.label else ""
        return f"Value(data={self._number!r}, grad={self.grad!r}{label})"

    def __rich_repr__(self) -> Iterator[tuple[str, Any] | tuple[str, Any, Any]]:
        yield "data", self._number
        yield "grad", self.grad
        yield "label", self.label, ""
        yield "op", self._op, ""

    if TYPE_CHECKING:  # hung on by `autograd.showing`, which stands above what it draws with

        def latex(self) -> Any:
            """The formula of this number in LaTeX."""

    # ------------------------------------------------------------ copying, iteratively

    def __copy__(self) -> Self:
        """Another node made the same way from the same operands."""
        return _restore_node(type(self), self._state(), self.operands)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """The whole graph below, with its sharing."""
        for node in topological_order(self):
            if id(node) not in memo:
                operands = [memo.get(id(x), x) for x in node.operands]
                *rest, attributes = node._state()
                memo[id(node)] = _restore_node(type(node), (*rest, copy.deepcopy(attributes, memo)), operands)
        return memo[id(self)]  # type: ignore[no-any-return]  # put there above

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the graph below as a flat list; roots pickled together share its leaves, not its interior."""
        if self.primitive is None:
            return _restore_node, (type(self), self._state(), ())
        order = topological_order(self)
        leaves = [node for node in order if node.primitive is None]
        interior = [node for node in order if node.primitive is not None]
        index = {node: i for i, node in enumerate(leaves + interior)}
        rows = [
            (type(node), node._state(), [x if x.__class__ is float else index[x] for x in node.operands])
            for node in interior
        ]
        return _restore_graph, (leaves, rows)

    def _state(self) -> tuple[Any, ...]:
        """All of a node but its operands: what `_restore_node` takes."""
        partials = self._y if self._dy.__class__ is tuple else self.partials
        attributes = getattr(self, "__dict__", None)  # of a subclass
        return self._number, self.grad, self.label, self.primitive, partials, attributes


def layout(arity: int | None, operands: Sequence[Any], partials: Any) -> tuple[Any, Any, Any, Any]:
    """The slots _x, _y, _dx, _dy for these operands, and their partials or the closure instead of them."""
    if arity == 1:
        return operands[0], None, partials[0], None
    if arity == 2:
        return operands[0], operands[1], partials[0], partials[1]
    if isinstance(partials, list):
        partials = tuple(partials)
    return tuple(operands), partials, None, interior(operands)


def interior(operands: Sequence[Any]) -> tuple["Node", ...]:
    """The operands that are not leaves: those a sweep goes on to, as often as they occur."""
    return tuple([x for x in operands if x.__class__ is not float and x.primitive is not None])


def _restore_node(kind: type[AnyNode], state: tuple[Any, ...], operands: Sequence[Any]) -> AnyNode:
    node = object.__new__(kind)
    node._number, node.grad, node.label, node.primitive, partials, attributes = state
    node._uses = 0
    node._x = node._y = node._dx = node._dy = None
    if node.primitive is not None:
        node._x, node._y, node._dx, node._dy = layout(node.primitive.arity, operands, partials)
    if attributes:
        node.__dict__.update(attributes)
    return node


def _restore_graph(leaves: Sequence[Node], rows: Sequence[Any]) -> Node:
    nodes = list(leaves)
    for kind, state, operands in rows:
        nodes.append(_restore_node(kind, state, [nodes[x] if x.__class__ is int else x for x in operands]))
    return nodes[-1]


def _closure_primitive(symbol: str) -> Primitive:
    """The row of a node made as Value(data, children, op): all that is known of it is its symbol."""

    def unknown(*_: Any) -> Any:
        raise TypeError(
            f"the operation {symbol!r} was made with Value(data, children, op) and has only its _backward closure: "
            "it cannot be evaluated again, differentiated forward or to second order; write it with @primitive instead"
        )

    return Primitive(symbol or "closure", unknown, unknown)


def _do_nothing() -> None:
    pass


def _pass_on(node: Node) -> None:
    for x, partial in zip(node.operands, node.partials, strict=True):
        if partial is not None:
            x.grad += node.grad * partial
