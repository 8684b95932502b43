"""The LLVM function that runs the steps of a plan on a batch: block by block, with the samples copied into strips."""

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager

from autograd.native.llvm.code import Code, literal
from autograd.native.llvm.signature import AFTER, BEFORE, KERNEL, SAMPLES
from autograd.native.llvm.steps import Steps
from autograd.native.planning.plan import OuterSum, Plan, SampleStep, StripSum

_ATTRIBUTES = (
    'attributes #0 = { nounwind "prefer-vector-width"="512" "min-legal-vector-width"="512" }\n'
    "attributes #1 = { nounwind willreturn memory(none) }\n"
)


def kernel_text(
    plan: Plan, width: int, block: int, registers: int, vector_functions: Callable[[str], str | None]
) -> str:
    """The text of `kernel`; arguments as for `Steps`."""
    steps = Steps(plan, width, block, registers, vector_functions)
    _Kernel(steps)
    return module_text(steps.declarations, steps.constants, steps.functions)


def module_text(declarations: Iterable[str], constants: Collection[str], functions: Iterable[str]) -> str:
    """The text of a module: what it declares, the bits of the constants that its functions load, and these."""
    numbers = ", ".join(f"double {bits}" for bits in constants) or "double 0.0"
    table = f"@constants = internal global [{max(len(constants), 1)} x double] [{numbers}]\n"
    return "\n".join([*sorted(declarations), table, *functions, _ATTRIBUTES])


def _element(code: Code, table: str, index: int | str, kind: str = "ptr") -> str:
    return code.new(f"getelementptr {kind}, ptr {table}, i64 {index}")


class _Kernel:
    """Writes `kernel` and the functions that copy numbers between a caller's arrays and the strips."""

    def __init__(self, steps: Steps) -> None:
        self.steps, self.plan = steps, steps.plan
        self._read()
        self._write()
        self._fill()
        if self.plan.weighted:
            self._forget()
        code = steps.code(1)
        code.emit(f"%B = alloca ptr, i64 {max(len(steps.direct), 1)}")
        with self._phase(code, BEFORE):
            if self.plan.count_of_sums:
                steps.declarations.add("declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)")
                start = code.address("%U", str(self.plan.sums.start))
                size = 8 * self.plan.count_of_sums
                code.emit(f"call void @llvm.memset.p0.i64(ptr align 8 {start}, i8 0, i64 {size}, i1 false)")
            for call in steps.before:
                code.emit(call.format(vectors="0"))
        with self._phase(code, SAMPLES), code.loop("0", "%n", steps.block) as first:
            self._one_block(code, first)
        with self._phase(code, AFTER):
            for call in steps.after:
                code.emit(call.format(vectors="0"))
        steps.function(KERNEL.name, KERNEL.parameters(), code, "dso_local")

    @staticmethod
    @contextmanager
    def _phase(code: Code, phase: int) -> Iterator[None]:
        """What is inside runs if the phase is asked for."""
        wanted = code.new(f"icmp ne i64 {code.new(f'and i64 %phases, {phase}')}, 0")
        with code.branch(wanted):
            yield

    def _one_block(self, code: Code, first: str) -> None:
        plan, steps = self.plan, self.steps
        left = code.new(f"sub i64 %n, {first}")
        less = code.new(f"icmp slt i64 {left}, {steps.block}")
        size = code.new(f"select i1 {less}, i64 {left}, i64 {steps.block}")
        vectors = code.new(f"sdiv i64 {code.new(f'add i64 {size}, {steps.width - 1}')}, {steps.width}")
        padded = code.new(f"mul i64 {vectors}, {steps.width}")
        if plan.inputs:
            with code.loop("0", str(plan.inputs)) as k:
                data, stride = self._column(code, "%X", "%S", k, first)
                strip = code.address("%R", code.new(f"mul i64 {k}, {steps.block}"))
                copy = self._in_place(code, k, data, strip, stride, (size, padded)) if steps.direct else "true"
                with code.branch(copy):
                    code.emit(f"call void @read(ptr {data}, i64 {stride}, ptr {strip}, i64 {size}, i64 {padded})")
        if plan.weighted:
            strip = code.address("%R", str(plan.inputs * steps.block))
            code.emit(f"call void @fill(ptr {strip}, i64 1, double %weight, i64 {padded})")
        columns = [self._column(code, "%O", "%P", k, first) for k in range(len(plan.strip_outputs))]
        for (data, stride), output in zip(columns, plan.strip_outputs, strict=True):
            if isinstance(output, int) and output >= plan.inputs and output in steps.direct:
                strip = code.address("%R", str(output * steps.block))
                self._in_place(code, steps.direct[output], data, strip, stride, (size, padded))
        for step, call in zip(plan.samples, steps.samples, strict=True):
            self._forget_padding(code, step, size, padded)
            code.emit(call.format(vectors=vectors))
        for (data, stride), output in zip(columns, plan.strip_outputs, strict=True):
            if not isinstance(output, int):
                code.emit(f"call void @fill(ptr {data}, i64 {stride}, double {literal(output)}, i64 {size})")
                continue
            strip = code.address("%R", str(output * steps.block))
            if output in steps.direct:
                strip = code.new(f"load ptr, ptr {_element(code, '%B', steps.direct[output])}")
            code.emit(f"call void @write(ptr {data}, i64 {stride}, ptr {strip}, i64 {size})")

    def _forget_padding(self, code: Code, step: SampleStep, size: str, padded: str) -> None:
        """Behind the last sample a sum finds zeros; a weight of 0 there would not do, as 0 times infinity is nan."""
        if isinstance(step, OuterSum):
            stretches = [(step.left, step.lefts), (step.right, step.rights)]
        else:
            stretches = [(step.start, step.count)] if isinstance(step, StripSum) else []
        for first, count in stretches:
            strip = code.address("%R", str(first * self.steps.block))
            code.emit(f"call void @forget(ptr {strip}, i64 {count}, i64 {size}, i64 {padded})")

    @staticmethod
    def _column(code: Code, pointers: str, strides: str, k: int | str, first: str) -> tuple[str, str]:
        """Where the numbers of a column begin for this block, and their stride."""
        data = code.new(f"load ptr, ptr {_element(code, pointers, k)}")
        stride = code.new(f"load i64, ptr {_element(code, strides, k, 'i64')}")
        return code.address(data, code.new(f"mul i64 {first}, {stride}")), stride

    @staticmethod
    def _in_place(code: Code, entry: int | str, data: str, strip: str, stride: str, sizes: tuple[str, str]) -> str:
        """Let a strip be the caller's memory if that is whole vectors side by side; whether it is not."""
        contiguous = code.new(f"icmp eq i64 {stride}, 1")
        whole = code.new(f"icmp eq i64 {sizes[0]}, {sizes[1]}")
        direct = code.new(f"and i1 {contiguous}, {whole}")
        place = code.new(f"select i1 {direct}, ptr {data}, ptr {strip}")
        code.emit(f"store ptr {place}, ptr {_element(code, '%B', entry)}")
        return code.new(f"xor i1 {direct}, true")

    # ------------------------------------------------------------ copying

    def _read(self) -> None:
        """Numbers into a strip; behind the last sample it is repeated, so that no lane computes with rubbish."""
        code = self.steps.code(1)
        self._copy(code, ("%strip", "1"), ("%data", "%stride"))
        last = code.new(f"mul i64 {code.new('sub i64 %size, 1')}, %stride")
        x = code.load("%data", last).name
        with code.loop("%size", "%padded") as s:
            code.emit(f"store double {x}, ptr {code.address('%strip', s)}")
        parameters = "ptr noalias %data, i64 %stride, ptr noalias %strip, i64 %size, i64 %padded"
        self.steps.function("read", parameters, code)

    def _write(self) -> None:
        """A strip into numbers, if it is not they."""
        code = self.steps.code(1)
        with code.branch(code.new("icmp ne ptr %data, %strip")):
            self._copy(code, ("%data", "%stride"), ("%strip", "1"))
        self.steps.function("write", "ptr %data, i64 %stride, ptr %strip, i64 %size", code)

    def _fill(self) -> None:
        """The same number into all."""
        code = self.steps.code(1)
        with code.loop("0", "%size") as s:
            code.emit(f"store double %x, ptr {code.address('%data', code.new(f'mul i64 {s}, %stride'))}")
        self.steps.function("fill", "ptr %data, i64 %stride, double %x, i64 %size", code)

    def _forget(self) -> None:
        """Zeros behind the last sample of %count strips, in the last of their vectors."""
        code, width = self.steps.code(), self.steps.width
        last = code.new(f"sub i64 %padded, {width}")
        lanes, kind = ", ".join(f"i64 {lane}" for lane in range(width)), f"<{width} x i64>"
        first = code.new(f"insertelement {kind} poison, i64 {code.new(f'sub i64 %size, {last}')}, i64 0")
        size = code.new(f"shufflevector {kind} {first}, {kind} poison, <{width} x i32> zeroinitializer")
        is_sample = code.new(f"icmp slt {kind} <{lanes}>, {size}")
        strips = code.new(f"select i1 {code.new('icmp slt i64 %size, %padded')}, i64 %count, i64 0")
        with code.loop("0", strips) as strip:
            at = code.new(f"add i64 {code.new(f'mul i64 {strip}, {self.steps.block}')}, {last}")
            x = code.load("%strip", at).name
            kept = code.new(f"select {code.mask} {is_sample}, {code.kind} {x}, {code.kind} zeroinitializer")
            code.emit(f"store {code.kind} {kept}, ptr {code.address('%strip', at)}, align 8")
        self.steps.function("forget", "ptr %strip, i64 %count, i64 %size, i64 %padded", code)

    def _copy(self, code: Code, to: tuple[str, str], source: tuple[str, str]) -> None:
        """%size numbers from an address with a stride to another; at once if %stride, which is one of them, is 1."""
        at_once = code.new("icmp eq i64 %stride, 1")
        with code.branch(at_once):
            self.steps.declarations.add("declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)")
            code.emit(
                f"call void @llvm.memcpy.p0.p0.i64(ptr align 8 {to[0]}, ptr align 8 {source[0]}, "
                f"i64 {code.new('mul i64 %size, 8')}, i1 false)"
            )
        with code.branch(code.new(f"xor i1 {at_once}, true")), code.loop("0", "%size") as s:
            x = code.load(source[0], code.new(f"mul i64 {s}, {source[1]}")).name
            code.emit(f"store double {x}, ptr {code.address(to[0], code.new(f'mul i64 {s}, {to[1]}'))}")
