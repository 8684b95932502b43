"""The steps of a plan as LLVM functions.

A function works on all vectors of a block of samples.  Layers are tiled, so that a number that is loaded serves several
products; a function for layers takes their sizes and places, and all of them share it.
"""

import functools
from collections.abc import Callable, Iterator, Sequence
from types import SimpleNamespace
from typing import Any

from autograd.native.llvm.code import Code, Register
from autograd.native.planning.plan import Loop, OuterSum, Place, Plan, Product, Slot, SlotDot, StripSum

LONGEST_INLINE = 1000  # operations of a plan in which exp and log are written out, some thirty instructions each
LONGEST_PAIRED = (
    400  # operands of operations that are written twice, for two vectors at a time; longer code would compile too long
)
MOST_DIRECT = 100  # strips that are the caller's memory; to ask for the place of each takes code as well
STEP_PARAMETERS = "ptr noalias %U, ptr noalias %R, ptr noalias %B, ptr noalias %C, i64 %vectors"
STEP_ARGUMENTS = "ptr %U, ptr %R, ptr %B, ptr @constants, i64 {vectors}"


class Steps:
    """Writes the steps of one plan.

    `before`, `samples` and `after` are the calls of their functions, with {vectors} for the number of vectors.

    Args:
        plan: What to write.
        width: Numbers in a vector.
        block: Samples in a block, a multiple of the width.
        registers: How many vector registers the machine has.
        vector_functions: From a function of libm to its vector form, None if there is none.
    """

    def __init__(
        self, plan: Plan, width: int, block: int, registers: int, vector_functions: Callable[[str], str | None]
    ) -> None:
        self.plan, self.width, self.block = plan, width, block
        self.tile = 4, min(4 if registers >= 32 else 2, block // width)  # a tile is not wider than the block
        self.vector_functions = vector_functions
        self.inline = sum(len(x.operations) for x in plan.samples if isinstance(x, Loop)) <= LONGEST_INLINE
        self.declarations: set[str] = set()
        self.constants: dict[str, int] = {}
        self.functions: list[str] = []
        self.direct = _direct_strips(plan)
        self._written: set[str] = set()
        self.before = [self._scalar_step(step) for step in plan.before]
        self.samples = [self._sample_step(step) for step in plan.samples]
        self.after = [self._scalar_step(step) for step in plan.after]

    def code(self, width: int | None = None) -> Code:
        """The beginning of a function."""
        width = self.width if width is None else width
        code = Code(width, self.vector_functions, self.declarations, self.constants, self.inline)
        code.lines.append("entry:")
        return code

    def function(self, name: str, parameters: str, code: Code, linkage: str = "internal") -> str:
        """A function of this text, and its name."""
        code.emit("ret void")
        body = "\n".join(code.lines)
        self.functions.append(f"define {linkage} void @{name}({parameters}) #0 {{\n{body}\n}}\n")
        return name

    # ------------------------------------------------------------ once a batch

    def _scalar_step(self, step: Loop | SlotDot) -> str:
        code = self.code(1)
        if isinstance(step, SlotDot):
            self._slot_dot(code, step)
        elif step.passes == 1:
            self._operations(code, step, "0", [None])
        else:
            places = [x for op in step.operations for x in (*op.sources, op.target) if isinstance(x, Slot)]
            whole = step.passes // self.width * self.width if all(x.stride in (0, 1) for x in places) else 0
            if whole:
                code.width = self.width
                with code.loop("0", str(whole), self.width) as u:
                    self._operations(code, step, u, [None])
                code.width = 1
            if step.passes > whole:
                with code.loop(str(whole), str(step.passes)) as u:
                    self._operations(code, step, u, [None])
        name = self.function(f"s{len(self.functions)}", STEP_PARAMETERS, code)
        return f"call void @{name}({STEP_ARGUMENTS})"

    def _slot_dot(self, code: Code, step: SlotDot) -> None:
        """Several running sums at a time, as the terms of one cannot overlap."""
        places = [place for place in (step.left, step.right) if place is not None]

        def body(i: str, totals: Sequence[Register]) -> list[Register]:
            x, *y = (self._load(code, i, None, place) for place in places)
            return [code.fused(x, y[0], totals[0]) if y else totals[0] + x]

        contiguous = all(place.stride in (0, 1) for place in places)
        whole = step.count // self.width * self.width if contiguous else 0
        total = "0.0"
        if whole:
            code.width = self.width
            (lanes,) = _accumulate(code, whole, [0.0], body, self.width)
            total = code.added_up(lanes)
            code.width = 1
        if step.count > whole:
            (rest,) = _accumulate(code, step.count, [Register(code, total, code.count)], body, 1, whole)
            total = rest.name
        code.emit(f"store double {total}, ptr {code.address('%U', str(step.target))}")

    # ------------------------------------------------------------ for each block of samples

    def _sample_step(self, step: Any) -> str:
        if isinstance(step, Product):
            numbers = [
                step.target, step.outputs, step.source, step.inputs, *step.weights.pair, step.by_input, *step.bias.pair
            ]  # fmt: skip
            return self._shared("product", self._product, _any_product(), numbers)
        if isinstance(step, StripSum):
            any_sum = SimpleNamespace(start="%k0", count="%k1", sums=SimpleNamespace(start="%k2", stride="%k3"))
            return self._shared("strip_sum", self._strip_sum, any_sum, [step.start, step.count, *step.sums.pair])
        code = self.code()
        if isinstance(step, Loop):
            self._loop(code, step)
        else:
            self._outer_sum(code, step)
        name = self.function(f"s{len(self.functions)}", STEP_PARAMETERS, code)
        return f"call void @{name}({STEP_ARGUMENTS})"

    def _shared(self, name: str, write: Callable[[Code, Any], None], step: Any, numbers: Sequence[int]) -> str:
        """The call of a function for all steps of a kind, which takes their numbers.

        It is written once, which takes less time than LLVM takes to compile it again for other numbers.
        """
        if name not in self._written:
            self._written.add(name)
            code = self.code()
            write(code, step)
            parameters = "".join(f", i64 %k{i}" for i in range(len(numbers)))
            self.function(name, STEP_PARAMETERS + parameters, code)
        return f"call void @{name}({STEP_ARGUMENTS}{''.join(f', i64 {number}' for number in numbers)})"

    def _loop(self, code: Code, loop: Loop) -> None:
        if self.block == 1:  # a loop over one vector, and addresses that depend on which, would be half the text
            if loop.passes == 1:
                self._operations(code, loop, "0", ["0"])
            else:
                with code.loop("0", str(loop.passes)) as u:
                    self._operations(code, loop, u, ["0"])
            return
        if loop.passes > 1:
            with code.loop("0", str(loop.passes)) as u, code.loop("0", "%vectors") as v:
                self._operations(code, loop, u, [v])
            return
        start = "0"
        operands = sum(len(operation.sources) for operation in loop.operations)
        if not self.plan.weighted and self.width > 1 and operands <= LONGEST_PAIRED:
            start = code.new("and i64 %vectors, -2")
            with code.loop("0", start, 2) as v:
                self._operations(code, loop, "0", [v, _add(code, v, 1)])
        with code.loop(start, "%vectors") as v:
            self._operations(code, loop, "0", [v])

    def _operations(self, code: Code, loop: Loop, u: str, vectors: Sequence[str | None]) -> None:
        """The operations in pass u; vectors take turns, so that one is computed while another waits for a result."""
        results: list[list[Any]] = [[] for _ in vectors]
        load = functools.cache(functools.partial(self._load, code, u))
        for operation in loop.operations:
            for found, v in zip(results, vectors, strict=True):
                found.append(operation.computed(code, found, functools.partial(load, v)))
                if operation.target is not None:
                    base, index = self._where(code, operation.target, u, v)
                    code.store(found[-1], base, index)

    def _load(self, code: Code, u: str, v: str | None, place: Place) -> Register:
        base, index = self._where(code, place, u, v)
        if isinstance(place, Slot) and code.width > 1 and (v is not None or place.stride == 0):
            return code.spread(code.load(base, index, "double").name)
        return code.load(base, index)

    def _where(self, code: Code, place: Place, u: str, v: str | None) -> tuple[str, str]:
        """The memory and the index in it of a place in pass u, vector v."""
        unit = _index(code, place, u)
        if isinstance(place, Slot):
            return "%U", unit
        if unit.isdigit() and int(unit) in self.direct:
            entry = code.once(f"getelementptr ptr, ptr %B, i64 {self.direct[int(unit)]}").name
            base = code.once(f"load ptr, ptr {entry}").name
            return base, "0" if v is None else _mul(code, v, self.width)
        return "%R", self._strip(code, unit, v)

    def _strip(self, code: Code, strip: str, v: str | None) -> str:
        start = str(int(strip) * self.block) if _is_number(strip) else _mul(code, strip, self.block)
        if v is None:
            return start
        return _add(code, start, _mul(code, v, self.width))

    # ------------------------------------------------------------ layers

    def _product(self, code: Code, step: Any) -> None:
        """Tiles of outputs × vectors: a weight that is loaded serves all vectors of the tile, an input all outputs.

        The last tile may reach beyond the samples: a block has room for whole tiles, and what is there is not used.
        """
        tall, wide = self.tile
        for first, last, height in _tiles(code, step.outputs, tall):
            with code.loop(first, last, height) as i, code.loop("0", "%vectors", wide) as v:
                self._product_tile(code, step, i, height, v, wide)

    def _product_tile(self, code: Code, step: Any, i: str, height: int, v: str, wide: int) -> None:
        outputs = [_add(code, i, str(a)) for a in range(height)]
        start: list[Any] = []
        for a in range(height):
            start += [code.spread(code.load("%U", _index(code, step.bias, outputs[a]), "double").name)] * wide
        firsts = [_index(code, step.weights, output) for output in outputs]
        vector = _mul(code, v, self.width)

        def body(k: str, totals: Sequence[Register]) -> list[Register]:
            source = self._strip(code, _add(code, k, step.source), None)
            at = _add(code, source, vector)
            inputs = [code.load("%R", _add(code, at, str(b * self.width))) for b in range(wide)]
            by = _mul(code, k, step.by_input)
            new = []
            for a in range(height):
                weight = code.spread(code.load("%U", _add(code, firsts[a], by), "double").name)
                new += [code.fused(weight, inputs[b], totals[a * wide + b]) for b in range(wide)]
            return new

        totals = _accumulate(code, step.inputs, start, body)
        for a in range(height):
            at = _add(code, self._strip(code, _add(code, outputs[a], step.target), None), vector)
            for b in range(wide):
                code.store(totals[a * wide + b], "%R", _add(code, at, str(b * self.width)))

    def _outer_sum(self, code: Code, step: OuterSum) -> None:
        """Tiles of products, as tall as a vector along the side whose slots lie side by side."""
        tall, wide = self.tile
        if step.sums.stride == 1 and step.lefts >= self.width:
            tall, wide = self.width, max(1, tall * wide // self.width)
        elif step.by_right == 1 and step.rights >= self.width:
            tall, wide = max(1, tall * wide // self.width), self.width
        for i_first, i_last, height in _tiles(code, step.lefts, tall):
            for j_first, j_last, breadth in _tiles(code, step.rights, wide):
                with code.loop(i_first, i_last, height) as i, code.loop(j_first, j_last, breadth) as j:
                    self._outer_tile(code, step, i, height, j, breadth)

    def _outer_tile(self, code: Code, step: OuterSum, i: str, height: int, j: str, breadth: int) -> None:
        lefts = [self._strip(code, _add(code, i, str(step.left + a)), None) for a in range(height)]
        rights = [self._strip(code, _add(code, j, str(step.right + b)), None) for b in range(breadth)]

        def body(v: str, totals: Sequence[Register]) -> list[Register]:
            vector = _mul(code, v, self.width)
            xs = [code.load("%R", _add(code, strip, vector)) for strip in lefts]
            ys = [code.load("%R", _add(code, strip, vector)) for strip in rights]
            return [code.fused(xs[a], ys[b], totals[a * breadth + b]) for a in range(height) for b in range(breadth)]

        totals = _accumulate(code, "%vectors", [0.0] * (height * breadth), body)
        slots = [
            _add(code, _index(code, step.sums, _add(code, i, str(a))), _mul(code, _add(code, j, str(b)), step.by_right))
            for a in range(height)
            for b in range(breadth)
        ]
        if step.sums.stride == 1 and height == self.width:
            for b in range(breadth):
                self._add_to_slots(code, slots[b], totals[b::breadth])
        elif step.by_right == 1 and breadth == self.width:
            for a in range(height):
                self._add_to_slots(code, slots[a * breadth], totals[a * breadth : (a + 1) * breadth])
        else:
            for slot, total in zip(slots, totals, strict=True):
                self._add_to_slot(code, slot, total)

    def _strip_sum(self, code: Code, step: Any) -> None:
        """Several strips at a time, as the additions to one total cannot overlap."""
        for first, last, height in _tiles(code, step.count, 8):
            with code.loop(first, last, height) as i:
                strips = [self._strip(code, _add(code, _add(code, i, step.start), str(a)), None) for a in range(height)]

                def body(v: str, totals: Sequence[Register], strips: Sequence[str] = strips) -> list[Register]:
                    vector = _mul(code, v, self.width)
                    return [total + code.load("%R", _add(code, strip, vector)) for total, strip in zip(totals, strips)]

                totals = _accumulate(code, "%vectors", [0.0] * height, body)
                for a, total in enumerate(totals):
                    self._add_to_slot(code, _index(code, step.sums, _add(code, i, str(a))), total)

    @staticmethod
    def _add_to_slots(code: Code, first: str, totals: Sequence[Register]) -> None:
        """The sums of as many vectors as one has numbers, added to consecutive slots."""
        code.store(code.load("%U", first) + code.all_added_up(totals), "%U", first)

    @staticmethod
    def _add_to_slot(code: Code, slot: str, total: Register) -> None:
        address = code.address("%U", slot)
        before = code.new(f"load double, ptr {address}")
        code.emit(f"store double {code.new(f'fadd double {before}, {code.added_up(total)}')}, ptr {address}")


def _any_product() -> Any:
    """A `Product` with the names of a function's parameters for its numbers."""
    return SimpleNamespace(
        target="%k0", outputs="%k1", source="%k2", inputs="%k3", weights=SimpleNamespace(start="%k4", stride="%k5"),
        by_input="%k6", bias=SimpleNamespace(start="%k7", stride="%k8"),
    )  # fmt: skip


def _tiles(code: Code, count: int | str, size: int) -> Iterator[tuple[str, str, int]]:
    """First, last and size of tiles: as many whole ones as fit, and for the rest a smaller one, or ones of 1."""
    if isinstance(count, str):
        whole = code.new(f"mul i64 {code.new(f'sdiv i64 {count}, {size}')}, {size}")
        yield "0", whole, size
        yield whole, count, 1
        return
    fitting = count // size * size
    if fitting:
        yield "0", str(fitting), size
    if count > fitting:
        yield str(fitting), str(count), count - fitting


def _accumulate(
    code: Code,
    count: int | str,
    start: Sequence[Any],
    body: Callable[[str, Sequence[Register]], list[Register]],
    step: int = 1,
    first: int = 0,
) -> list[Register]:
    """Totals after `body(k, totals)` for k = first, first + step, … below count; they start at registers, or at 0.0."""
    before, inside, after = code.label(), code.label(), code.label()
    code.emit(f"br label %{before}")
    previous = before
    code.begin(before)
    code.emit(f"br label %{inside}")
    code.begin(inside)
    code.count += 1
    k, following = f"%r{code.count}", f"%n{code.count}"
    at = len(code.lines)
    totals = []
    for _ in start:
        code.count += 1
        totals.append(Register(code, f"%r{code.count}", code.count))
    code.lines += [""] * (1 + len(start))
    new = body(k, totals)
    code.emit(f"{following} = add nsw i64 {k}, {step}")
    code.emit(f"br i1 {code.new(f'icmp slt i64 {following}, {count}')}, label %{inside}, label %{after}")
    code.lines[at] = f"  {k} = phi i64 [{first}, %{previous}], [{following}, %{inside}]"
    for i, (at_first, total, last) in enumerate(zip(start, totals, new, strict=True), 1):
        begins = at_first.name if isinstance(at_first, Register) else "zeroinitializer" if code.width > 1 else "0.0"
        code.lines[at + i] = f"  {total.name} = phi {code.kind} [{begins}, %{previous}], [{last.name}, %{inside}]"
    code.begin(after)
    return new


def _index(code: Code, place: Any, u: str) -> str:
    """The index of a strip or slot in pass u."""
    return _add(code, _mul(code, u, place.stride), place.start)


def _mul(code: Code, x: str, factor: int | str) -> str:
    """x · factor, of texts of integers or names of registers."""
    if x == "0" or factor in (0, "0"):
        return "0"
    if _is_number(x) and isinstance(factor, int):
        return str(int(x) * factor)
    return x if factor == 1 else code.once(f"mul nsw i64 {x}, {factor}").name


def _add(code: Code, x: str, y: int | str) -> str:
    """x + y, likewise."""
    y = str(y)
    if _is_number(x) and _is_number(y):
        return str(int(x) + int(y))
    if x == "0":
        return y
    return x if y == "0" else code.once(f"add nsw i64 {x}, {y}").name


def _is_number(text: str) -> bool:
    return text.lstrip("-").isdigit()


def _direct_strips(plan: Plan) -> dict[int, int]:
    """Strips that can be the caller's memory instead of a copy, numbered: inputs and outputs of straight-line code."""
    if not all(isinstance(step, Loop) and step.passes == 1 for step in plan.samples):
        return {}
    outputs = [strip for strip in plan.strip_outputs if isinstance(strip, int) and strip >= plan.inputs]
    strips = [*range(plan.inputs), *(strip for strip in outputs if outputs.count(strip) == 1)]
    return {strip: i for i, strip in enumerate(strips)} if len(strips) <= MOST_DIRECT else {}
