"""LLVM's text for a plan: functions of vectors that hold one number for each of several samples.

The strips of a block of samples lie one after the other, `BLOCK` numbers each.  A function runs a step on all vectors
of the block.  Steps that are layers are tiled so that a number, once loaded, is used several times.
"""

import re
import struct
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partialmethod
from typing import Any, cast

from autograd.native.llvm.maths import INLINE
from autograd.native.planning.operand import Operand

_CONSTANT = re.compile(r"\{(0x[0-9A-F]{16})\}")


def literal(x: float) -> str:
    """A number in LLVM's text, to the last bit."""
    return f"0x{struct.unpack('<Q', struct.pack('<d', x))[0]:016X}"


class Register(Operand):
    """A value in LLVM's text."""

    __slots__ = ("index", "name")

    def __init__(self, code: "Code", name: str, index: int) -> None:
        super().__init__(code)
        self.name, self.index = name, index


class Code:
    """The text of one function, and the machine of its lowerings: numbers, or vectors of `width` of them.

    What was computed once is not computed again, as long as it is in the same stretch of code.

    Args:
        width: Numbers in a vector; 1 for numbers.
        vector_functions: From a function of libm to its vector form, None if there is none.
        declarations: What the text declares, added to.
        constants: The numbers of constants in the table of the text, added to.
        inline: Whether functions that can be are written out, even where a vector form could be called.
    """

    def __init__(
        self,
        width: int,
        vector_functions: Callable[[str], str | None],
        declarations: set[str],
        constants: dict[str, int],
        inline: bool = True,
    ) -> None:
        self.constants, self.inline = constants, inline
        self.lines: list[str] = []
        self.vector_functions = vector_functions
        self.declarations = declarations
        self.count = 0
        self.width = width
        self._known: dict[str, Register] = {}

    @property
    def kind(self) -> str:
        """The type of a number or a vector."""
        return "double" if self.width == 1 else f"<{self.width} x double>"

    @property
    def mask(self) -> str:
        """The type of a comparison."""
        return "i1" if self.width == 1 else f"<{self.width} x i1>"

    # ------------------------------------------------------------ text

    def new(self, text: str) -> str:
        """A new register for an instruction."""
        text = self._with_constants(text)
        self.count += 1
        self.lines.append(f"  %r{self.count} = {text}")
        return f"%r{self.count}"

    def emit(self, text: str) -> None:
        """An instruction without a result."""
        text = self._with_constants(text)
        self.lines.append(f"  {text}")

    def once(self, text: str) -> Register:
        """The register of an instruction without side effects: the one there is already."""
        known = self._known.get(text)
        if known is None:
            known = self._known[text] = Register(self, self.new(text), self.count)
        return known

    def label(self) -> str:
        """The name of a new block."""
        self.count += 1
        return f"b{self.count}"

    def begin(self, block: str) -> None:
        """What follows is in this block, and knows nothing of what was computed in others."""
        self.lines.append(f"{block}:")
        self._known = {}

    @contextmanager
    def loop(self, start: str, stop: str, step: int = 1) -> Iterator[str]:
        """For i = start, start + step, … below stop: what is inside is its body."""
        before, body, after = self.label(), self.label(), self.label()
        self.emit(f"br label %{before}")
        self.begin(before)
        self.count += 1
        i, following = f"%r{self.count}", f"%n{self.count}"
        entry = len(self.lines)
        self.emit("")  # the phi, once the last block of the body is known
        inside = self.new(f"icmp slt i64 {i}, {stop}")
        self.emit(f"br i1 {inside}, label %{body}, label %{after}")
        previous = self._block_before(entry - 2)
        self.begin(body)
        yield i
        self.emit(f"{following} = add nsw i64 {i}, {step}")
        last = self._block_before(len(self.lines) - 1)
        self.emit(f"br label %{before}")
        self.lines[entry] = f"  {i} = phi i64 [{start}, %{previous}], [{following}, %{last}]"
        self.begin(after)

    @contextmanager
    def branch(self, condition: str) -> Iterator[None]:
        """What is inside is done if the condition is true."""
        then, after = self.label(), self.label()
        self.emit(f"br i1 {condition}, label %{then}, label %{after}")
        self.begin(then)
        yield
        self.emit(f"br label %{after}")
        self.begin(after)

    def _block_before(self, line: int) -> str:
        while not self.lines[line].endswith(":"):
            line -= 1
        return self.lines[line][:-1]

    # ------------------------------------------------------------ numbers

    def text(self, x: Any) -> str:
        """An operand as text."""
        if isinstance(x, Register):
            return x.name
        return f"{{{literal(x)}}}"

    def _with_constants(self, text: str) -> str:
        """The text with every {constant} a number or vector that is loaded from %C where it is used.

        As literals, LLVM would keep them in registers, of which there are too few, or load the address of each, which
        may be anywhere in memory, by an instruction of its own: half as many instructions again.
        """
        return _CONSTANT.sub(lambda found: self._constant(found[1]), text)

    def _constant(self, bits: str) -> str:
        index = self.constants.setdefault(bits, len(self.constants))
        self.count += 2
        place, number = f"%r{self.count - 1}", f"%r{self.count}"
        self.lines += [
            f"  {place} = getelementptr double, ptr %C, i64 {index}",
            f"  {number} = load double, ptr {place}, align 8",
        ]
        return self.spread(number).name

    def arithmetic(self, operation: str, x: Any, y: Any) -> Register:
        """x ∘ y."""
        return self.once(f"f{operation} {self.kind} {self.text(x)}, {self.text(y)}")

    def compare(self, relation: str, x: Any, y: Any) -> Register:
        """The mask of a relation."""
        return self.once(f"fcmp o{relation} {self.kind} {self.text(x)}, {self.text(y)}")

    def negated(self, x: Register) -> Register:
        """-x."""
        return self.once(f"fneg {self.kind} {x.name}")

    # ------------------------------------------------------------ the machine

    def where(self, mask: Register, x: Any, y: Any) -> Register:
        """x where the mask is true, y elsewhere."""
        return self.once(f"select {self.mask} {mask.name}, {self.kind} {self.text(x)}, {self.kind} {self.text(y)}")

    def both(self, a: Register, b: Register) -> Register:
        """Where both masks are true."""
        return self.once(f"and {self.mask} {a.name}, {b.name}")

    def either(self, a: Register, b: Register) -> Register:
        """Where one of the masks is true."""
        return self.once(f"or {self.mask} {a.name}, {b.name}")

    def equal(self, x: Any, y: Any) -> Register:
        """Where x = y."""
        return self.compare("eq", x, y)

    def in_order(self, operands: Sequence[Any]) -> list[Any]:
        """Constants first, then registers in the order they were made."""
        return sorted(operands, key=lambda x: x.index if isinstance(x, Register) else -1)

    def call(self, name: str, *operands: Any) -> Register:
        """A function of libm; of vectors that of libmvec, or libm's for each number."""
        if self.width == 1:
            return self._call(name, "double", *operands)
        vector_name = self.vector_functions(name)
        if name in INLINE and isinstance(operands[0], Register) and (self.inline or vector_name is None):
            return cast(Register, INLINE[name](self, operands[0]))
        if vector_name is not None:
            return self._call(vector_name, self.kind, *operands)
        result: Any = "poison"
        for lane in range(self.width):
            numbers = [self.new(f"extractelement {self.kind} {self.text(x)}, i64 {lane}") for x in operands]
            self.declarations.add(f"declare double @{name}({', '.join(['double'] * len(operands))}) #1")
            found = self.new(f"call double @{name}({', '.join(f'double {x}' for x in numbers)})")
            result = self.new(f"insertelement {self.kind} {result}, double {found}, i64 {lane}")
        return Register(self, result, self.count)

    def _call(self, function: str, kind: str, *operands: Any) -> Register:
        self.declarations.add(f"declare {kind} @{function}({', '.join([kind] * len(operands))}) #1")
        arguments = ", ".join(f"{kind} {self.text(x)}" for x in operands)
        return self.once(f"call {kind} @{function}({arguments})")

    def _intrinsic(self, name: str, *operands: Any) -> Register:
        suffix = "f64" if self.width == 1 else f"v{self.width}f64"
        return self._call(f"llvm.{name}.{suffix}", self.kind, *operands)

    abs: Any = partialmethod(_intrinsic, "fabs")
    sqrt: Any = partialmethod(_intrinsic, "sqrt")
    floor: Any = partialmethod(_intrinsic, "floor")
    copysign: Any = partialmethod(_intrinsic, "copysign")
    fused: Any = partialmethod(_intrinsic, "fma")

    # ------------------------------------------------------------ bits, of vectors

    def to_bits(self, x: Register) -> Register:
        """The bits of each number as an integer."""
        return self.once(f"bitcast {self.kind} {x.name} to <{self.width} x i64>")

    def from_bits(self, x: Register) -> Register:
        """The numbers of these bits."""
        return self.once(f"bitcast <{self.width} x i64> {x.name} to {self.kind}")

    def as_numbers(self, x: Register) -> Register:
        """Integers as numbers."""
        return self.once(f"sitofp <{self.width} x i64> {x.name} to {self.kind}")

    def integers(self, operation: str, x: Register, y: "Register | int") -> Register:
        """An operation on integers."""
        second = y.name if isinstance(y, Register) else f"<{', '.join([f'i64 {y}'] * self.width)}>"
        return self.once(f"{operation} <{self.width} x i64> {x.name}, {second}")

    @property
    def has_scalef(self) -> bool:
        """Whether there is an instruction for x·2ⁿ: AVX-512 has one, and only it has vectors of 8."""
        return self.width == 8

    def scaled(self, x: Register, n: Register) -> Register:
        """x·2ⁿ for whole n, rounded once."""
        function = "llvm.x86.avx512.mask.scalef.pd.512"
        self.declarations.add(f"declare {self.kind} @{function}({self.kind}, {self.kind}, {self.kind}, i8, i32)")
        arguments = f"{self.kind} {x.name}, {self.kind} {n.name}, {self.kind} zeroinitializer, i8 -1, i32 4"
        return self.once(f"call {self.kind} @{function}({arguments})")

    # ------------------------------------------------------------ memory

    def address(self, base: str, index: str) -> str:
        """The address of the number of this index."""
        return self.once(f"getelementptr double, ptr {base}, i64 {index}").name

    def load(self, base: str, index: str, kind: str | None = None) -> Register:
        """A number, or a vector of consecutive ones."""
        align = 8
        return Register(
            self, self.new(f"load {kind or self.kind}, ptr {self.address(base, index)}, align {align}"), self.count
        )

    def store(self, x: Any, base: str, index: str) -> None:
        """The same, into memory."""
        self.emit(f"store {self.kind} {self.text(x)}, ptr {self.address(base, index)}, align 8")

    def spread(self, number: str) -> Register:
        """A vector of equal numbers."""
        if self.width == 1:
            return Register(self, number, self.count)
        first = self.new(f"insertelement {self.kind} poison, double {number}, i64 0")
        spread = self.new(
            f"shufflevector {self.kind} {first}, {self.kind} poison, <{self.width} x i32> zeroinitializer"
        )
        return Register(self, spread, self.count)

    def all_added_up(self, vectors: Sequence[Register]) -> Register:
        """The sums of `width` vectors as one vector, added pair by pair."""
        size = 1
        while len(vectors) > 1:
            lanes = range(self.width)
            low = [lane if lane // size % 2 == 0 else lane - size + self.width for lane in lanes]
            high = [lane + size for lane in low]
            vectors = [
                self._shuffled(a, b, low) + self._shuffled(a, b, high) for a, b in zip(vectors[::2], vectors[1::2])
            ]
            size *= 2
        return vectors[0]

    def _shuffled(self, a: Register, b: Register, lanes: Sequence[int]) -> Register:
        chosen = ", ".join(f"i32 {lane}" for lane in lanes)
        text = f"shufflevector {self.kind} {a.name}, {self.kind} {b.name}, <{self.width} x i32> <{chosen}>"
        return Register(self, self.new(text), self.count)

    def added_up(self, x: Register) -> str:
        """The sum of the numbers of a vector."""
        if self.width == 1:
            return x.name
        function = f"llvm.vector.reduce.fadd.v{self.width}f64"
        self.declarations.add(f"declare double @{function}(double, {self.kind}) #1")
        return self.new(f"call reassoc double @{function}(double 0.0, {self.kind} {x.name})")
