"""LLVM's text for a program of loops: parallel loops on vectors of several passes, serial ones number by number."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from autograd.native.llvm.code import Code, Register, literal
from autograd.native.llvm.kernel import module_text
from autograd.native.llvm.signature import POINT
from autograd.native.planning.places import MOST_WORK
from autograd.native.rolling.instructions import MASKS, computed, is_mask
from autograd.native.rolling.program import COPY, Block, Carried, Loop, Piece, Place, Program, Result, Step

_PARAMETERS = "ptr noalias %U, ptr noalias %R, ptr noalias %C"
_ARGUMENTS = "ptr %U, ptr %R, ptr {constants}"
_BASES = {"slots": "%U", "strips": "%R"}
RUNNING_SUMS = 4  # vectors of running sums of a long sum: no term waits for the one before it


def rolled_text(program: Program, width: int, vector_functions: Callable[[str], str | None]) -> str:
    """The text of `point` for a program.

    Args:
        program: What to write.
        width: Numbers in a vector.
        vector_functions: From a function of libm to its vector form, None if there is none.
    """
    return _Writer(program, width, vector_functions).text()


class _Writer:
    def __init__(self, program: Program, width: int, vector_functions: Callable[[str], str | None]) -> None:
        self.program, self.width, self.vector_functions = program, width, vector_functions
        self.declarations: set[str] = set()
        self.constants: dict[str, int] = {}
        self.functions: list[str] = []

    def text(self) -> str:
        """All of it."""
        code = self._code()
        for items in _stretches(self.program.body):
            code.emit(self._called(items, ()).format(constants="@constants"))
        self._finish(POINT.name, POINT.parameters(), code, "dso_local")
        numbers = ", ".join(f"i32 {x}" for x in self.program.tables.tolist()) or "i32 0"
        tables = f"@tables = internal constant [{max(len(self.program.tables), 1)} x i32] [{numbers}]\n"
        return module_text(self.declarations, self.constants, [tables, *self.functions])

    def _code(self) -> Code:
        code = Code(1, self.vector_functions, self.declarations, self.constants)
        code.lines.append("entry:")
        return code

    def _finish(self, name: str, parameters: str, code: Code, linkage: str = "internal") -> None:
        code.emit("ret void")
        body = "\n".join(code.lines)
        self.functions.append(f"define {linkage} void @{name}({parameters}) #0 {{\n{body}\n}}\n")

    def _called(self, items: Sequence[Block | Loop], passes: tuple[str, ...]) -> str:
        """The call of a function of these items, in these passes of the loops around."""
        code = self._code()
        inside = tuple([f"%k{i}" for i in range(len(passes))])
        self._items(code, items, inside)
        name = f"part{len(self.functions)}"
        self._finish(name, _PARAMETERS + "".join(f", i64 {k}" for k in inside), code)
        return f"call void @{name}({_ARGUMENTS}{''.join(f', i64 {k}' for k in passes)})"

    # ------------------------------------------------------------ loops

    def _items(self, code: Code, items: Sequence[Block | Loop], passes: tuple[str, ...]) -> None:
        for item in items:
            if isinstance(item, Block):
                _Lines(self, code, passes).block(item)
            elif item.parallel:
                self._parallel(code, item, passes)
            else:
                self._serial(code, item, passes)

    def _serial(self, code: Code, loop: Loop, passes: tuple[str, ...]) -> None:
        if len(loop.body) == 1 and isinstance(loop.body[0], Block):
            block = loop.body[0]
            carried = list({x: None for step in block.steps for x in step.sources if isinstance(x, Carried)})
            outside = _Lines(self, code, passes)
            initial = [
                outside.read(x.initial).name if isinstance(x.initial, Place) else literal(x.initial) for x in carried
            ]
            with _passes(code, "0", str(loop.passes), 1, initial) as (k, before, after):
                lines = _Lines(self, code, (*passes, k), dict(zip(carried, before, strict=True)))
                results = lines.block(block)
                after += [results[x.index].name for x in carried]
            return
        is_long = _work(loop) > MOST_WORK
        with _passes(code, "0", str(loop.passes)) as (k, _, _):
            if not is_long:
                self._items(code, loop.body, (*passes, k))
                return
            for items in _stretches(loop.body):
                code.emit(self._called(items, (*passes, k)).format(constants="%C"))

    def _parallel(self, code: Code, loop: Loop, passes: tuple[str, ...]) -> None:
        (block,) = loop.body
        assert isinstance(block, Block)
        whole = 0
        if _fits_vectors(block):
            whole = loop.passes // self.width * self.width
        if whole:
            with _passes(code, "0", str(whole), self.width) as (k, _, _):
                code.width = self.width
                _Lines(self, code, (*passes, k), lanes=True).block(block)
                code.width = 1
        if whole < loop.passes:
            with _passes(code, str(whole), str(loop.passes)) as (k, _, _):
                _Lines(self, code, (*passes, k)).block(block)


def _fits_vectors(block: Block) -> bool:
    """Whether a loop can be on vectors of passes: its long sums are so that each number of a vector is in one place."""
    places = [x for step in block.steps for piece in step.pieces for x in piece.factors if isinstance(x, Place)]
    return all(x.strides[-2] in (0, 1) and (x.table is None or not x.table_strides[-2]) for x in places)


def _work(item: Block | Loop) -> int:
    """Roughly how many instructions are written."""
    if isinstance(item, Block):
        return sum(len(step.sources) + 8 * len(step.pieces) for step in item.steps)
    return (2 if item.parallel else 1) * sum(map(_work, item.body))


def _stretches(items: Sequence[Block | Loop]) -> Iterator[list[Block | Loop]]:
    """Items one after the other, as many as make a function that LLVM compiles fast."""
    found: list[Block | Loop] = []
    work = 0
    for item in items:
        if found and work + _work(item) > MOST_WORK:
            yield found
            found, work = [], 0
        found.append(item)
        work += _work(item)
    if found:
        yield found


@contextmanager
def _passes(
    code: Code, start: str, stop: str, step: int = 1, initial: Sequence[str] = ()
) -> Iterator[tuple[str, list[Register], list[str]]]:
    """For k = start, start + step, … below stop, at least once, with numbers that are carried from pass to pass.

    Gives k, the registers of these, and a list to be filled with those of their new numbers.
    """
    kind = code.kind
    before, body, after = code.label(), code.label(), code.label()
    code.emit(f"br label %{before}")
    code.begin(before)
    code.emit(f"br label %{body}")
    code.begin(body)
    code.count += 1
    k, following = f"%r{code.count}", f"%n{code.count}"
    at = len(code.lines)
    registers = []
    for _ in initial:
        code.count += 1
        registers.append(Register(code, f"%r{code.count}", code.count))
    code.lines += [""] * (1 + len(initial))
    new: list[str] = []
    yield k, registers, new
    code.emit(f"{following} = add nsw i64 {k}, {step}")
    inside = code.new(f"icmp slt i64 {following}, {stop}")
    last = next(line[:-1] for line in reversed(code.lines) if line.endswith(":"))
    code.emit(f"br i1 {inside}, label %{body}, label %{after}")
    code.lines[at] = f"  {k} = phi i64 [{start}, %{before}], [{following}, %{last}]"
    for i, (register, first, name) in enumerate(zip(registers, initial, new, strict=True), 1):
        code.lines[at + i] = f"  {register.name} = phi {kind} [{first}, %{before}], [{name}, %{last}]"
    code.begin(after)


class _Lines:
    """Writes the blocks of one pass, or of as many passes as a vector has numbers.

    Args:
        writer: Of the whole text.
        code: Of the function.
        passes: Of the loops around; the last is the first of a vector's if there are `lanes`.
        carried: What comes from the pass before.
        lanes: Whether a vector has a number for each of several passes.
    """

    def __init__(
        self,
        writer: _Writer,
        code: Code,
        passes: tuple[str, ...],
        carried: dict[Carried, Register] | None = None,
        lanes: bool = False,
    ) -> None:
        self.writer, self.code, self.passes = writer, code, passes
        self.carried, self.lanes = carried or {}, lanes
        self._read: dict[Place, Any] = {}

    def block(self, block: Block) -> list[Any]:
        """The results of the steps."""
        results: list[Any] = []
        for step in block.steps:
            found = self._result(step, results)
            results.append(found)
            if step.target is not None:
                kept = self.code.where(found, 1.0, 0.0) if step.operation in MASKS else found
                self.code.store(kept, "%R", self._index(step.target, self.passes))
        return results

    def _result(self, step: Step, results: Sequence[Any]) -> Any:
        if step.pieces:
            total: Any = None
            for piece in step.pieces:
                total = self._piece(piece) if total is None else total + self._piece(piece)
            return total
        sources: list[Any] = []
        for number, source in enumerate(step.sources):
            if isinstance(source, Result):
                sources.append(results[source.index])
            elif isinstance(source, Carried):
                sources.append(self.carried[source])
            else:
                found = self.read(source)
                sources.append(self.code.equal(found, 1.0) if is_mask(step.operation, number) else found)
        return sources[0] if step.operation == COPY else computed(self.code, step.operation, sources)

    def read(self, source: Place | float) -> Any:
        """A number, or a vector."""
        if not isinstance(source, Place):
            return source
        if source not in self._read:
            self._read[source] = self._loaded(source, self.passes, self.lanes)
        return self._read[source]

    def _loaded(self, place: Place, passes: tuple[str, ...], lanes: bool) -> Register:
        """The number at a place; with lanes a vector, of the numbers for consecutive last passes."""
        code = self.code
        base = _BASES[place.memory]
        if not lanes:
            kind = "double" if code.width > 1 else None
            return code.load(base, self._index(place, passes), kind)
        tabled = place.table is not None and place.table_strides[len(passes) - 1] != 0
        stride = place.strides[len(passes) - 1]
        if not tabled and stride == 0:
            return code.spread(code.load(base, self._index(place, passes), "double").name)
        if not tabled and stride == 1:
            return code.load(base, self._index(place, passes))
        if not tabled and stride == -1:
            first = _add(code, self._index(place, passes), str(1 - code.width))
            return _reversed(code, code.load(base, first))
        return self._gathered(place, passes, base, stride, tabled)

    def _gathered(self, place: Place, passes: tuple[str, ...], base: str, stride: int, tabled: bool) -> Register:
        """A vector of numbers that lie apart."""
        code, width = self.code, self.code.width
        integers = f"<{width} x i64>"
        steps = f"<{', '.join(f'i64 {stride * lane}' for lane in range(width))}>"
        if tabled:
            at = self._table_index(place, passes)
            apart = place.table_strides[len(passes) - 1]
            if apart == 1:
                table = code.once(f"getelementptr i32, ptr @tables, i64 {at}").name
                narrow = code.new(f"load <{width} x i32>, ptr {table}, align 4")
            else:
                narrow = "poison"
                for lane in range(width):
                    table = code.once(f"getelementptr i32, ptr @tables, i64 {_add(code, at, str(lane * apart))}").name
                    number = code.new(f"load i32, ptr {table}, align 4")
                    narrow = code.new(f"insertelement <{width} x i32> {narrow}, i32 {number}, i64 {lane}")
            lanes = code.new(f"zext <{width} x i32> {narrow} to {integers}")
            if stride:
                lanes = code.new(f"add {integers} {lanes}, {steps}")
            start = self._regular_index(place, passes)
        else:
            lanes, start = steps, self._index(place, passes)
        first = code.address(base, start)
        addresses = code.once(f"getelementptr double, ptr {first}, {integers} {lanes}").name
        function = f"llvm.masked.gather.v{width}f64.v{width}p0"
        mask = f"<{width} x i1>"
        code.declarations.add(f"declare {code.kind} @{function}(<{width} x ptr>, i32, {mask}, {code.kind})")
        every = f"<{', '.join(['i1 true'] * width)}>"
        return Register(
            code,
            code.new(
                f"call {code.kind} @{function}(<{width} x ptr> {addresses}, i32 8, {mask} {every}, {code.kind} poison)"
            ),
            code.count,
        )

    # ------------------------------------------------------------ long sums

    def _piece(self, piece: Piece) -> Register:
        """Σ of products, on vectors of terms; where vectors are of passes, of terms one by one."""
        code, width = self.code, self.writer.width
        if self.lanes:
            return self._summed(piece, 0, piece.count, 1, None)
        whole = piece.count // width * width
        total = None
        if whole:
            code.width = width
            several = whole // (RUNNING_SUMS * width) * RUNNING_SUMS * width
            vector = self._summed(piece, 0, several, RUNNING_SUMS, None) if several else None
            if several < whole:
                vector = self._summed(piece, several, whole, 1, vector)
            assert vector is not None
            number = code.added_up(vector)
            code.width = 1
            total = Register(code, number, code.count)
        if whole < piece.count:
            total = self._summed(piece, whole, piece.count, 1, total)
        assert total is not None
        return total

    def _summed(self, piece: Piece, start: int, stop: int, sums: int, initial: Register | None) -> Register:
        """Terms start … stop - 1 added to running sums, and these to each other."""
        code = self.code
        size = 1 if self.lanes else code.width
        zero = "zeroinitializer" if code.width > 1 else "0.0"
        first = [initial.name if initial is not None else zero, *[zero] * (sums - 1)]
        with _passes(code, str(start), str(stop), sums * size, first) as (i, totals, new):
            found: list[Register] = []
            for number, total in enumerate(totals):
                passes = (*self.passes, _add(code, i, str(number * size)))
                factors = [self._factor(x, passes) for x in piece.factors]
                found.append(code.fused(*factors, total) if len(factors) == 2 else total + factors[0])
            new += [x.name for x in found]
        while len(found) > 1:
            found = [a + b for a, b in zip(found[::2], found[1::2], strict=True)]
        return found[0]

    def _factor(self, factor: Place | float, passes: tuple[str, ...]) -> Any:
        if not isinstance(factor, Place):
            return factor
        if not self.lanes:
            return self._loaded(factor, passes, self.code.width > 1)
        vector = Place(factor.memory, factor.start, factor.strides[-1:] + factor.strides[:-1], factor.table,
                       factor.table_strides[-1:] + factor.table_strides[:-1])  # fmt: skip
        return self._loaded(vector, (passes[-1], *passes[:-1]), True)

    # ------------------------------------------------------------ where numbers are

    def _index(self, place: Place, passes: tuple[str, ...]) -> str:
        index = self._regular_index(place, passes)
        if place.table is None:
            return index
        table = self.code.once(f"getelementptr i32, ptr @tables, i64 {self._table_index(place, passes)}").name
        narrow = self.code.once(f"load i32, ptr {table}, align 4").name
        return _add(self.code, index, self.code.once(f"zext i32 {narrow} to i64").name)

    def _regular_index(self, place: Place, passes: tuple[str, ...]) -> str:
        return _affine(self.code, place.start, place.strides, passes)

    def _table_index(self, place: Place, passes: tuple[str, ...]) -> str:
        assert place.table is not None
        return _affine(self.code, place.table, place.table_strides, passes)


def _affine(code: Code, start: int, strides: Sequence[int], passes: Sequence[str]) -> str:
    index = "0"
    for stride, k in zip(strides, passes, strict=False):
        index = _add(code, index, _mul(code, k, stride))
    return _add(code, index, str(start))


def _add(code: Code, x: str, y: str) -> str:
    if x == "0" or y == "0":
        return y if x == "0" else x
    if not x.startswith("%") and not y.startswith("%"):
        return str(int(x) + int(y))
    return code.once(f"add nsw i64 {x}, {y}").name


def _mul(code: Code, x: str, factor: int) -> str:
    if factor == 0:
        return "0"
    if not x.startswith("%"):
        return str(int(x) * factor)
    return x if factor == 1 else code.once(f"mul nsw i64 {x}, {factor}").name


def _reversed(code: Code, x: Register) -> Register:
    order = ", ".join(f"i32 {lane}" for lane in reversed(range(code.width)))
    text = f"shufflevector {code.kind} {x.name}, {code.kind} poison, <{code.width} x i32> <{order}>"
    return Register(code, code.new(text), code.count)
