"""What was recorded as basic instructions: each is one operation of a machine on what was made before it.

A row of the table becomes what its lowering does on a machine that notes every operation, so no formula stands here.
A reference is the index of an instruction, or a float.
"""

import operator
from collections.abc import Callable, Mapping, Sequence
from functools import partialmethod
from typing import Any, ClassVar

from autograd.accelerator import compiled
from autograd.native.planning.operand import Operand
from autograd.native.recording.graph import IN_PIECES, LONGEST_SUM, Domain, Ref, in_pieces
from autograd.native.recording.shares import chosen
from autograd.table import primitives
from autograd.table.machine import FLOATS
from autograd.table.primitive import Primitive

LEAF = "leaf"
SUM, DOT = "sum", "dot"
"""x₁ + x₂ + …, and x₁·y₁ + x₂·y₂ + … with the operands x₁, x₂, …, y₁, y₂, …"""
MASKS = ("lt", "le", "gt", "ge", "equal", "both", "either")
"""The operations whose results are true or false."""

_ARITHMETIC, _COMPARISONS = ("add", "sub", "mul", "div", "neg"), ("lt", "le", "gt", "ge")
_METHODS = ("where", "both", "either", "equal", "abs", "sqrt", "floor", "copysign", "fused")
"""The operations of a machine; others are functions that it calls."""


def computed(machine: Any, operation: str, operands: Sequence[Any]) -> Any:
    """What a machine makes of an instruction."""
    if operation in _METHODS:
        return getattr(machine, operation)(*operands)
    if operation in _ARITHMETIC or operation in _COMPARISONS:
        return getattr(operator, "truediv" if operation == "div" else operation)(*operands)
    if operation in (SUM, DOT):
        return (primitives.sum if operation == SUM else primitives.dot).lowered(machine, *operands)
    return machine.call(operation, *operands)


def takes_long(operation: str) -> bool:
    """Whether an operation takes several times as long as a product: a quotient, a root, a function."""
    quick = _ARITHMETIC + MASKS + _METHODS + (SUM, DOT)
    return operation in ("div", "sqrt") or operation not in quick


def is_mask(operation: str, number: int) -> bool:
    """Whether operand `number` of an operation is a mask."""
    return operation in ("both", "either") or (operation == "where" and number == 0)


class Noted(Operand):
    """The result of an instruction, for lowerings to compute with."""

    __slots__ = ("ref",)

    def __init__(self, code: "Instructions", ref: int) -> None:
        super().__init__(code)
        self.ref = ref


class _Notes:
    """Finds an instruction in two lists, or writes it to their end."""

    def __init__(self, operations: list[str], operands: list[tuple[Ref, ...]]) -> None:
        self._operations, self._operands = operations, operands
        self._known: dict[Any, int] = {}

    def note(self, operation: str, operands: tuple[Ref, ...]) -> int:
        """Its place."""
        # 0.0 and -0.0 are equal and yet not the same, so numbers are known by their digits
        key = (operation, tuple([x if type(x) is int else repr(x) for x in operands]))
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = len(self._operations)
            self._operations.append(operation)
            self._operands.append(operands)
        return known


class Instructions:
    """Instructions in the order in which they were noted, equal ones once; also the machine that notes them.

    >>> noted = Instructions()
    >>> x = noted.leaf()
    >>> y = noted.node(primitives.relu, (x,))
    >>> noted.node(primitives.relu, (x,)) == y, noted.operations, noted.operands
    (True, ['leaf', 'le', 'where'], [(), (0, 0.0), (1, 0.0, 0)])
    """

    def __init__(self) -> None:
        self.operations: list[str] = []
        self.operands: list[tuple[Ref, ...]] = []
        self.jumped: set[int] = set()
        """What must not be off by a rounding, because a result may jump with it."""
        self.as_written: set[int] = set()
        """Sums and quotients inside lowerings, which are arranged so that nothing cancels or overflows."""
        self._notes = (_Notes if compiled is None else compiled.Notes)(self.operations, self.operands)
        self._templates: dict[Any, tuple[list[tuple[str, tuple[Ref, ...]]], Ref]] = {}
        self._steps: dict[int, Ref] = {}  # what step(x) is, to x
        self._plain = {primitives.sub: "sub", primitives.div: "div", primitives.mul: "mul", primitives.add: "add"}

    def __len__(self) -> int:
        return len(self.operations)

    def leaf(self, _domain: Domain = Domain.SAMPLE) -> int:
        """A new reference that nothing is known of."""
        self.operations.append(LEAF)
        self.operands.append(())
        return len(self.operations) - 1

    def note(self, operation: str, operands: tuple[Ref, ...]) -> int:
        """The reference of an instruction: the one that is there already."""
        return self._notes.note(operation, operands)

    # ------------------------------------------------------------ rows

    def node(self, row: Primitive, operands: tuple[Ref, ...]) -> Ref:
        """What a row is on operands: a number where all of them are; with less work where another gives the same."""
        plain = self._plain.get(row)
        if plain is not None:
            x, y = operands
            if type(x) is int and type(y) is int:  # most of all
                if plain == "add" and (self.operations[x] == "neg" or self.operations[y] == "neg"):
                    return self._add(operands)
                return self.note(plain, operands)
        if int not in set(map(type, operands)):
            return row.evaluate([float(x) for x in operands])
        if row.jumps:
            self.jumped.update([x for x in operands if type(x) is int])
        special = self._rows.get(row)
        if special is not None:
            return special(self, operands)
        if row in IN_PIECES and len(operands) > LONGEST_SUM:
            return in_pieces(self, row, operands)
        if plain is not None:
            return self.note(plain, operands)
        if row.share:  # the others in one order
            operands = (operands[0], *sorted(operands[1:], key=lambda x: (type(x) is int, x)))
        return self._lowered(row, operands)

    def note_down(self, order: Sequence[Any], start: int, at: dict[Any, Ref]) -> int:
        """Note sums, products and quotients from `start` on, up to the first other node: see `take_down`.

        The compiled core does so in a twentieth of the time.
        """
        if compiled is None or not isinstance(order, list):
            return start
        return int(compiled.note_down(order, start, at, self._notes))

    def _lowered(self, row: Primitive, operands: tuple[Ref, ...]) -> Ref:
        if row.arity is None:  # its lowering may depend on the order of its operands
            return self.ref(row.lowered(self, *[Noted(self, x) if isinstance(x, int) else x for x in operands]))
        at = list(dict.fromkeys([x for x in operands if isinstance(x, int)]))
        key = (row, *[at.index(x) if isinstance(x, int) else repr(x) for x in operands])
        template = self._templates.get(key)
        if template is None:
            noted = Instructions()
            leaves = {x: Noted(noted, noted.leaf()) for x in at}
            found = row.lowered(noted, *[leaves[x] if isinstance(x, int) else x for x in operands])
            instructions = [*zip(noted.operations, noted.operands, strict=True)][len(leaves) :]
            template = self._templates[key] = instructions, noted.ref(found)
        instructions, result = template
        for operation, parts in instructions:
            at.append(self.note(operation, tuple([at[x] if type(x) is int else x for x in parts])))
            if operation in _ARITHMETIC:
                self.as_written.add(at[-1])
        return at[result] if isinstance(result, int) else result

    def _add(self, operands: tuple[Ref, ...]) -> Ref:
        for x, y in (operands, operands[::-1]):
            if not isinstance(y, int):
                if y == 0.0:
                    return x
            elif self.operations[y] == "neg":
                return self.note("sub", (x, self.operands[y][0]))
        return self.note("add", operands)

    def _mul(self, operands: tuple[Ref, ...]) -> Ref:
        for x, y in (operands, operands[::-1]):
            if type(y) is float and (y == 1.0 or y == -1.0):
                return x if y == 1.0 else self._neg((x,))
        return self.note("mul", operands)

    def _neg(self, operands: tuple[Ref, ...]) -> Ref:
        (x,) = operands
        if isinstance(x, int) and self.operations[x] == "neg":
            return self.operands[x][0]
        return self.note("neg", operands) if isinstance(x, int) else -x

    def _pow(self, operands: tuple[Ref, ...]) -> Ref:
        x, y = operands
        if type(y) is float and y in (0.0, 1.0):
            return x if y else 1.0  # of nan too
        return self._lowered(primitives.pow, operands)

    def _prod(self, operands: tuple[Ref, ...]) -> Ref:
        found: Ref = 1.0
        for x in operands:
            found = self.node(primitives.mul, (found, x))
        return found

    def _gathered(self, operation: str, operands: tuple[Ref, ...]) -> Ref:
        if operation == DOT and len(operands) == 2:
            return self.node(primitives.mul, operands)
        return operands[0] if len(operands) == 1 else self.note(operation, operands)

    def _affine(self, operands: tuple[Ref, ...]) -> Ref:
        *factors, bias = operands
        return self.node(primitives.add, (self.node(primitives.dot, tuple(factors)), bias)) if factors else bias

    def _step(self, operands: tuple[Ref, ...]) -> Ref:
        found = self._lowered(primitives.step, operands)
        if isinstance(found, int):
            self._steps[found] = operands[0]
        return found

    def _of_step(self, row: Primitive, operands: tuple[Ref, ...]) -> Ref:
        (x,) = operands
        return x if isinstance(x, int) and x in self._steps else self._lowered(row, operands)

    def _where(self, operands: tuple[Ref, ...]) -> Ref:
        truth, x, y = operands
        if not isinstance(truth, int) or truth not in self._steps:
            return self._lowered(primitives.where, operands)
        condition = self._steps[truth]
        return self.note("where", (self.note("le", (condition, 0.0)), y, x))

    _rows: ClassVar[Mapping[Primitive, Callable[[Any, tuple[Ref, ...]], Ref]]] = {
        primitives.add: _add,
        primitives.mul: _mul,
        primitives.neg: _neg,
        primitives.identity: lambda _, operands: operands[0],
        chosen: lambda _, operands: operands[0],
        primitives.pow: _pow,
        primitives.prod: _prod,
        primitives.sum: lambda self, operands: self._gathered(SUM, operands),
        primitives.dot: lambda self, operands: self._gathered(DOT, operands),
        primitives.affine: _affine,
        primitives.step: _step,
        primitives.abs: lambda self, operands: self._of_step(primitives.abs, operands),
        primitives.sign: lambda self, operands: self._of_step(primitives.sign, operands),
        primitives.where: _where,
    }

    # ------------------------------------------------------------ the machine

    def ref(self, x: Any) -> Ref:
        """The reference of what lowerings compute with."""
        return x.ref if isinstance(x, Noted) else float(x)

    def _noted(self, operation: str, *operands: Any) -> Noted:
        found = self.note(operation, tuple([self.ref(x) for x in operands]))
        if operation in _ARITHMETIC:
            self.as_written.add(found)
        return Noted(self, found)

    def arithmetic(self, operation: str, x: Any, y: Any) -> Noted:
        """x ∘ y."""
        return self._noted(operation, x, y)

    compare = arithmetic

    def negated(self, x: Noted) -> Noted:
        """-x."""
        return self._noted("neg", x)

    def where(self, mask: Any, x: Any, y: Any) -> Any:
        """x where the mask is true, y elsewhere."""
        if isinstance(mask, bool):
            return x if mask else y
        return self._noted("where", mask, x, y)

    def both(self, a: Any, b: Any) -> Any:
        """Where both masks are true."""
        for known, other in ((a, b), (b, a)):
            if isinstance(known, bool):
                return other if known else False
        return self._noted("both", a, b)

    def either(self, a: Any, b: Any) -> Any:
        """Where one of the masks is true."""
        for known, other in ((a, b), (b, a)):
            if isinstance(known, bool):
                return True if known else other
        return self._noted("either", a, b)

    def fused(self, x: Any, y: Any, z: Any) -> Any:
        """x·y + z."""
        return x * y + z if isinstance(x, float) and isinstance(y, float) else self._noted("fused", x, y, z)

    def in_order(self, operands: Sequence[Any]) -> list[Any]:
        """Constants first, then results in the order they were made."""
        return sorted(operands, key=lambda x: x.ref if isinstance(x, Noted) else -1)

    def call(self, name: str, *operands: Any) -> Any:
        """A function of libm."""
        if any(isinstance(x, Noted) for x in operands):
            return self._noted(name, *operands)
        return FLOATS.call(name, *operands)

    def _method(self, name: str, *operands: Any) -> Any:
        if any(isinstance(x, Noted) for x in operands):
            return self._noted(name, *operands)
        return getattr(FLOATS, name)(*operands)

    equal: Any = partialmethod(_method, "equal")
    abs: Any = partialmethod(_method, "abs")
    sqrt: Any = partialmethod(_method, "sqrt")
    floor: Any = partialmethod(_method, "floor")
    copysign: Any = partialmethod(_method, "copysign")
