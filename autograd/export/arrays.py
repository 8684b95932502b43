"""A plan as a function of arrays, in the text of Python: layers as products of matrices, loops as vectors.

A sample is the last axis of the argument, so a batch is computed as it is.  What a strip or a slot of the plan holds is
an element of an array that was computed before: neighbours are taken as a slice, others are stacked.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from autograd.arguments import counted
from autograd.export.code import ArrayCode, Rows
from autograd.export.targets import Target
from autograd.native.c.code import CHOICE, PRIMARY, PRODUCT, SUM, Expression, Form
from autograd.native.planning.plan import Loop, Operation, Plan, Product, Result, Slot, SlotDot, Strip
from autograd.table import primitives

SHORT = 8  # numbers that stand in the line that uses them; more become a constant of the module


@dataclass(frozen=True)
class Element:
    """One number of an array, by its index; of a bare number without."""

    array: Any
    index: tuple[int, ...] = ()


Known = Element | float


class ArrayText:
    """One plan as the text of a function.

    Args:
        plan: What it computes.
        numbers: The numbers of the parameters.
        target: The library of arrays.
        name: What the function is called.
        single: Whether its one result stands bare.
        note: What the docstring says.
        code: What its expressions are made by, if that is another than the library's.

    Attributes:
        parameters: The arrays that the parameters become, by their names in the text.
        places: For each number of these arrays which of the parameters it is.
    """

    def __init__(
        self,
        plan: Plan,
        numbers: Sequence[float],
        target: Target,
        name: str,
        single: bool,
        note: str,
        code: ArrayCode | None = None,
    ) -> None:
        self.plan, self.numbers, self.target, self.name = plan, numbers, target, name
        self.code = ArrayCode(target, Rows(target, name)) if code is None else code
        self.rows = self.code.rows
        self.size: dict[int, int] = {}
        self.constants: list[tuple[str, Any]] = []
        self.parameters: dict[str, Any] = {}
        self.places: dict[str, Any] = {}
        self.at: dict[tuple[type, int], Known] = {(Slot, slot): x for slot, x in plan.constants.items()}
        self.layers = 0
        x = self.code.load("x", outside=True)
        self.size[x.index] = plan.inputs
        self.at |= {(Strip, i): Element(x, (i,)) for i in range(plan.inputs)}
        self._place_parameters()
        for step in (*plan.before, *plan.samples):
            self._step(step)
        outputs = [self.at[Strip, y] if isinstance(y, int) else y for y in plan.strip_outputs]
        self.result = self._number(outputs[0]) if single else self._taken(outputs)
        if target.full and not _depends_on(self.result, x):
            shape = "x.shape[:-1]" if single else f"(*x.shape[:-1], {len(outputs)})"
            self.result = self.code.filled(target.full.format(shape=shape), self.result)
        self.code.store("return", self.result)
        self.note = note

    def text(self) -> str:
        """The whole module, but for the comment at its top."""
        target, body = self.target, self.code.lines()[1]
        written = "\n".join(chain(self.rows.texts, body))
        parts = [text for name, text in zip(("stack", "join"), target.stack.split("\n\n\n")) if f"{name}(" in written]
        parts += [target.rule_text] if target.rule and f"= {target.rule}(" in written else []
        parts += [*self.rows.helpers.values(), *self.rows.texts]
        parts += [f"{name} = {target.array.format(_listed(x))}\n" for name, x in self.constants]
        if self.parameters:
            entries = "".join(
                f'    "{key}": {target.array.format(_listed(x))},\n' for key, x in self.parameters.items()
            )
            parts.append(f"PARAMETERS = {{\n{entries}}}\n")
        parts.append(self._function(body))
        used = "\n".join(parts)
        imports = [f"import {x}" for x in target.imports if f"{x.rpartition(' ')[2]}." in used]
        head = [*imports, *(["", target.head] if target.head else [])]
        return "\n\n\n".join([part.rstrip("\n") for part in ["\n".join(head), *parts]]) + "\n"

    def _function(self, body: Sequence[str]) -> str:
        signature = "x, parameters=PARAMETERS" if self.parameters else "x"
        lines = [f"x = {self.target.begin.format('x')}"]
        if count := self.plan.inputs:
            told = f"{self.name}: x must have {counted(count, 'input')} on its last axis; its shape is"
            lines += [f"if x.shape[-1:] != ({count},):", f'    raise ValueError(f"{told} {{tuple(x.shape)}}")']
        if self.parameters:
            told = f"{self.name}: {{key}} must have the shape {{tuple(array.shape)}}, not {{tuple(given.shape)}}"
            lines += [
                "for key, array in PARAMETERS.items():",
                "    given = parameters[key]",
                "    if given.shape != array.shape:",
                f'        raise ValueError(f"{told}")',
            ]
        lines += [f'{key} = parameters["{key}"]' for key in self.parameters]
        documented = [f'    """{self.note}"""', *(f"    {line}" for line in [*lines, *body])]
        return self.target.decorator + "\n".join([f"def {self.name}({signature}):", *documented, ""])

    # ------------------------------------------------------------ parameters

    def _place_parameters(self) -> None:
        """The parameters of layers as matrices and vectors, the others as one vector."""
        source = {Slot(op.target.start): op.sources[0] for op in self._copies() if isinstance(op.target, Slot)}

        def parameter(slot: int) -> int | None:
            while slot >= self.plan.parameters:
                found = source.get(Slot(slot))
                if not isinstance(found, Slot):
                    return None
                slot = found.start
            return slot

        products = [step for step in self.plan.samples if isinstance(step, Product)]
        for k, step in enumerate(products, 1):
            slots = [[parameter(slot) for slot in line] for line in _slots(step)]
            self._place(f"W{k}", slots)
            self._place(f"b{k}", [[parameter(step.bias.start + i * step.bias.stride) for i in range(step.outputs)]])
        others = [i for i in range(self.plan.parameters) if (Slot, i) not in self.at]
        if others:
            self._place("p", [others])

    def _copies(self) -> list[Operation]:
        loops = [step for step in self.plan.before if isinstance(step, Loop) and step.passes == 1]
        return [op for loop in loops for op in loop.operations if op.row is primitives.identity]

    def _place(self, name: str, slots: Sequence[Sequence[int | None]]) -> None:
        found = [slot for line in slots for slot in line]
        if None in found or len(set(found)) < len(found) or any((Slot, slot) in self.at for slot in found):
            return
        array = self.code.load(name, outside=True)
        matrix = [[self.numbers[slot] for slot in line if slot is not None] for line in slots]
        is_matrix = name.startswith("W")
        self.parameters[name] = matrix if is_matrix else matrix[0]
        self.places[name] = slots if is_matrix else slots[0]
        self.size[array.index] = len(found)
        for i, line in enumerate(slots):
            for j, slot in enumerate(line):
                assert slot is not None
                self.at[Slot, slot] = Element(array, (i, j) if is_matrix else (j,))

    # ------------------------------------------------------------ elements and arrays

    def _number(self, x: Known) -> Any:
        """One number, by itself."""
        if not isinstance(x, Element):
            return self.code.number_of(x)
        return self.code.element(x.array, *x.index) if x.index else x.array

    def _taken(self, xs: Sequence[Known]) -> Any:
        """Numbers side by side on a last axis: an array, a slice of one, or several joined."""
        if all(not isinstance(x, Element) for x in xs):
            return self._constant([float(x) for x in xs])  # type: ignore[arg-type]
        pieces: list[list[Known]] = []
        for x in xs:
            before = pieces[-1][-1] if pieces else None
            if _follows(x, before):
                pieces[-1].append(x)
            else:
                pieces.append([x])
        if len(pieces) == 1:
            return self._slice(pieces[0])
        if 2 * len(pieces) > len(xs):
            return self.code.node(_many("stack", len(xs)), *map(self._number, xs))
        return self.code.node(_many("join", len(pieces)), *map(self._slice, pieces))

    def _slice(self, piece: Sequence[Known]) -> Any:
        first, last = piece[0], piece[-1]
        if not isinstance(first, Element) or not isinstance(last, Element):
            return self._constant([float(x) for x in piece])  # type: ignore[arg-type]
        if not first.index:
            return self.code.node(Form("{}[..., None]", PRIMARY, (PRIMARY,)), first.array)
        start, stop = first.index[-1], last.index[-1] + 1
        if len(first.index) == 1 and (start, stop) == (0, self.size[first.array.index]):
            return first.array
        lead = "..." if len(first.index) == 1 else str(first.index[0])
        return self.code.node(Form(f"{{}}[{lead}, {start}:{stop}]", PRIMARY, (PRIMARY,)), first.array)

    def _constant(self, numbers: Any) -> Any:
        if len(numbers) <= SHORT and not isinstance(numbers[0], list):
            text = self.target.array.format(_listed(numbers))
        else:
            text = next((name for name, known in self.constants if repr(known) == repr(numbers)), "")
            if not text:
                text = f"{'A' if isinstance(numbers[0], list) else 'C'}{len(self.constants) + 1}"
                self.constants.append((text, numbers))
        return self.code.load(text, outside=True)

    # ------------------------------------------------------------ steps

    def _step(self, step: Any) -> None:
        match step:
            case Product():
                self._product(step)
            case Loop():
                results: list[Any] = []
                for operation in step.operations:
                    results.append(self._operation(operation, results, step.passes))
            case SlotDot():
                self._slot_dot(step)

    def _product(self, step: Product) -> None:
        self.layers += 1
        source = self._taken([self.at[Strip, step.source + j] for j in range(step.inputs)])
        lines = [[self.at[Slot, slot] for slot in line] for line in _slots(step)]
        bias = [self.at[Slot, step.bias.start + i * step.bias.stride] for i in range(step.outputs)]
        matrix, turned = self._matrix(lines)
        if matrix is None:
            lots = [self._of_pairs(self._taken(line), source) for line in lines]
            product = self.code.node(_many("stack", len(lots)), *lots)
        else:
            product = self.code.node(Form("{} @ {}" + turned, PRODUCT, (PRODUCT, PRIMARY)), source, matrix)
        if any(isinstance(b, Element) or b != 0.0 for b in bias):
            product = self.code.node(Form("{} + {}", SUM, (SUM, PRODUCT)), product, self._taken(bias))
        product.name = product.name or f"s{self.layers}"
        self.size[product.index] = step.outputs
        self.at |= {(Strip, step.target + i): Element(product, (i,)) for i in range(step.outputs)}

    def _matrix(self, lines: Sequence[Sequence[Known]]) -> tuple[Any, str]:
        """A matrix that the text has whole, and how it stands in a product; None for another."""
        first = lines[0][0]
        if not isinstance(first, Element):
            if any(isinstance(x, Element) for line in lines for x in line):
                return None, ""
            return self._constant([list(line) for line in lines]), ".T"
        height, width, size = len(lines), len(lines[0]), self.size.get(first.array.index)
        for turned in (".T", ""):
            wanted = ((x, (i, j) if turned else (j, i)) for i, line in enumerate(lines) for j, x in enumerate(line))
            if height * width == size and all(
                isinstance(x, Element) and x.array is first.array and x.index == place for x, place in wanted
            ):
                return first.array, turned
        return None, ""

    def _of_pairs(self, left: Any, right: Any) -> Any:
        product = self.code.node(Form("{} * {}", PRODUCT, (PRODUCT, PRIMARY)), left, right)
        return self.code.node(Form("{}.sum(-1)", PRIMARY, (PRIMARY,)), product)

    def _slot_dot(self, step: SlotDot) -> None:
        left, right = (
            None if x is None else self._taken([self.at[Slot, x.start + i * x.stride] for i in range(step.count)])
            for x in (step.left, step.right)
        )
        found = self._of_pairs(left, right) if right is not None else self.code.of_stack(primitives.sum, left, 0)
        self.at[Slot, step.target] = Element(found)

    def _operation(self, operation: Operation, results: Sequence[Any], passes: int) -> Any:
        """What an operation gives, which is noted where it belongs: of one pass an element, of several an array."""
        row, target = operation.row, operation.target
        if passes == 1:
            known = [results[x.index] if isinstance(x, Result) else self._known(x) for x in operation.sources]
            found = known[0] if row is primitives.identity else self._row(row, known)
            if target is not None:
                self.at[type(target), target.start] = found
            return found
        sources = [results[x.index] if isinstance(x, Result) else self._several(x, passes) for x in operation.sources]
        found = self._row(row, [Element(x) if isinstance(x, Expression) else x for x in sources])
        found = self._number(found)
        if target is not None:
            self.size[found.index] = passes
            for u in range(passes):
                self.at[type(target), target.start + u * target.stride] = Element(found, (u,))
        return found

    def _known(self, x: Any) -> Known:
        return self.at[type(x), x.start] if isinstance(x, Slot | Strip) else x

    def _several(self, x: Any, passes: int) -> Any:
        """A source of a loop: an array of as many numbers as it has passes, or one for all."""
        if not isinstance(x, Slot | Strip):
            return x
        if x.stride:
            return self._taken([self.at[type(x), x.start + u * x.stride] for u in range(passes)])
        known = self._known(x)
        if not isinstance(known, Element):
            return known
        number = self._number(known)
        return number if isinstance(x, Slot) else self.code.node(Form("{}[..., None]", PRIMARY, (PRIMARY,)), number)

    def _row(self, row: Any, known: Sequence[Known]) -> Known:
        """A row of elements."""
        if row.parts is not None:
            weights, inputs, bias = row.parts(known)
            found = self._of_pairs(self._taken(weights), self._taken(inputs)) if weights else 0.0
            for b in bias:
                if isinstance(b, Element) or b != 0.0:
                    found = self.code.node(Form("{} + {}", SUM, (SUM, PRODUCT)), found, self._number(b))
            return Element(found)
        if row.arity is None and self.rows.template(row) is not None:
            if not row.share:
                return Element(self.code.of_stack(row, self._taken(known), 0))
            ordered = sorted(range(len(known)), key=lambda i: _order(known[i]))
            stack = self._taken([known[i] for i in ordered])
            found = self.code.of_array(row, stack)
            self.size[found.index] = len(known)
            return Element(found, (ordered.index(0),))
        found = self.code.row(row, [self._number(x) if isinstance(x, Element) else x for x in known])
        return Element(found) if isinstance(found, Expression) else found


def _depends_on(found: Any, x: Expression) -> bool:
    """Whether an expression is computed from x."""
    pending, seen = [found], set()
    while pending:
        one = pending.pop()
        if one is x:
            return True
        if isinstance(one, Expression) and one.index not in seen:
            seen.add(one.index)
            pending += one.operands
    return False


def _follows(x: Known, before: Known | None) -> bool:
    """Whether it is the next element of the same array."""
    if not isinstance(x, Element) or not isinstance(before, Element) or x.array is not before.array or not x.index:
        return False
    return x.index == (*before.index[:-1], before.index[-1] + 1)


def _order(x: Known) -> Any:
    return (0, x.array.index, x.index) if isinstance(x, Element) else (1, 0, (repr(x),))


def _slots(step: Product) -> list[list[int]]:
    start, by_output = step.weights.pair
    return [[start + i * by_output + j * step.by_input for j in range(step.inputs)] for i in range(step.outputs)]


def _many(name: str, count: int) -> Form:
    return Form(f"{name}({', '.join(['{}'] * count)})", PRIMARY, (CHOICE,) * count)


def _listed(numbers: Any) -> str:
    """Numbers as Python, a row of a matrix on a line of its own."""
    if numbers and isinstance(numbers[0], list):
        lines = "".join(f"        {_listed(line)},\n" for line in numbers)
        return f"[\n{lines}    ]"
    return f"[{', '.join(map(ArrayCode.literal, numbers))}]"
