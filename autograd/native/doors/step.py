"""One native call for a training step: loss, gradient, and the update of the parameters."""

import ctypes
import functools
import math
import struct
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from autograd.arguments import counted
from autograd.core.value import Value
from autograd.native.doors.compiled import Compiled
from autograd.native.kernels import kernel_of, new_slots
from autograd.native.llvm.signature import AFTER, BEFORE, KERNEL, SAMPLES
from autograd.native.lowered import as_index, lowered
from autograd.native.recording.tracing import traced, tracing

Reduce = Callable[[Any], None]
Rule = Callable[[Mapping[str, Value], Value, Value, Sequence[Value]], tuple[Any, Sequence[Any]]]
"""From settings, a parameter, its gradient and its state to the new parameter and the new state."""

_CALL = 1 + len(KERNEL.arguments)  # words of a call in the glue's list: a function and its arguments
_N, _WEIGHT = 1 + KERNEL.index("n"), 1 + KERNEL.index("weight")
_NO_DATA = object()  # not None, which may be given as data and is refused
_HEAD = 4  # words between the call of the loss and those of the updates


class Update:
    """A rule as machine code over arrays of parameters, gradients and states, which it changes in place.

    Args:
        rule: What to compute for one parameter; recorded once.
        settings: The names and first numbers of what the rule takes besides; the first of its `slots`.
        states: How many numbers of state a parameter has.
        backend: As for `compile`.
    """

    def __init__(self, rule: Rule, settings: Mapping[str, float], states: int, backend: str) -> None:
        given = {name: traced(number) for name, number in settings.items()}
        x, g, state = traced(0.5), traced(0.25), [traced(0.125) for _ in range(states)]
        with tracing():
            moved, new_state = rule(given, x, g, state)
        outputs = [moved, *new_state]
        if len(outputs) != 1 + states:
            raise ValueError(f"the rule takes {counted(states, 'number')} of state, and returned {len(outputs) - 1}")
        found = lowered(outputs, [x, g, *state], list(given.values()))
        self.kernel = kernel_of(found.plan, found.recorded, backend)
        self.slots = new_slots(found.plan)

    def run(self, arrays: Sequence[Any]) -> None:
        """Move the parameters, the first array, by the gradients, the second; the states follow."""
        changed = [arrays[0], *arrays[2:]]
        found = np.empty((len(changed), len(arrays[0])))
        self.kernel.run(list(arrays), 1.0, self.slots, found)
        for array, new in zip(changed, found, strict=True):
            array[:] = new


class Step:
    """Loss, gradient and updates in one call.

    Args:
        loss: A compiled loss, whose parameters are moved.
        updates: For each group of parameters the update, the number of its first parameter, and how many there are.
        states: For each group the arrays of its state.
        reduce: Where several processes share each batch: adds an array up over all of them, in place.
        max_norm: What the norm of the gradient may be; a longer one becomes g·max_norm / (‖g‖ + 10⁻⁶), as PyTorch's.
    """

    def __init__(
        self,
        loss: Compiled,
        updates: Sequence[tuple[Update, int, int]],
        states: Sequence[Sequence[Any]],
        reduce: Reduce | None = None,
        max_norm: float | None = None,
    ) -> None:
        self.loss, self._reduce, self._max_norm = loss, reduce, max_norm
        count = len(loss.parameters)
        self.theta = loss.slots[:count]
        self.gradient = gradient = loss.slots[loss.plan.gradient : loss.plan.gradient + count]
        self.states = states
        self.groups = [
            (update, [self.theta[first : first + n], gradient[first : first + n], *state])
            for (update, first, n), state in zip(updates, states, strict=True)
        ]
        self.settings = [memoryview(update.slots) for update, _ in self.groups]
        """The settings of each group, in the order of their names, to be changed in place; an array would be slower."""
        self._slot = loss.plan.slot_outputs[0]
        self._data: Any = _NO_DATA
        native = (
            reduce is None
            and max_norm is None
            and loss.kernel.name == "llvm"
            and getattr(loss.kernel, "threads", 1) == 1
        )
        self._glue = self._list_calls() if native else None
        self._run: Any = _glue() if native else None

    def __call__(self, data: Any, of: int | None = None) -> float:
        """One step; the loss before it.  If that or its gradient is not finite, nothing is moved, and it is nan.

        Args:
            data: A batch, or this process's share of one, which may be empty.
            of: How many samples the batch has in all.
        """
        if self._glue is None:
            loss = self.loss
            batch = loss._batch(data)
            if not (of or len(batch)):
                raise ValueError("step: there are no samples")
            loss._run_batch(batch, of)
            if self._reduce is not None:
                places = [as_index(slot) for slot in loss.plan.slot_outputs]
                sums = np.concatenate([loss.slots[places], self.gradient])
                self._reduce(sums)
                loss.slots[places], self.gradient[:] = sums[: len(places)], sums[len(places) :]
            if not (np.isfinite(self.number) and np.isfinite(self.gradient).all()):
                return math.nan
            if self._max_norm is not None:
                self.gradient *= min(1.0, self._max_norm / (_norm(self.gradient) + 1e-6))
            number = self.number
            for update, arrays in self.groups:
                update.run(arrays)
            return number
        if data is not self._data:
            self._point_at(data)
        found: float = self._run(self._address)
        if found != found:
            self.loss.look_at(self._batch)
        return found

    @property
    def number(self) -> float:
        """The loss of the last batch."""
        return float(self.loss.slots[self._slot])

    # ------------------------------------------------------------ the list of calls that the glue carries out

    def _list_calls(self) -> Any:
        loss = self.loss
        kernel, inputs = loss.kernel, loss.plan.inputs
        self._pointers = np.zeros(max(inputs, 1), dtype=np.int64)
        self._strides = np.ones(max(inputs, 1), dtype=np.int64)
        self._offsets = np.arange(inputs)
        calls = [
            self._call(kernel, self._pointers, self._strides, 0, loss.slots, None, None),
            [
                loss.slots.ctypes.data + 8 * as_index(self._slot),
                len(self.groups),
                self.gradient.ctypes.data,
                len(self.theta),
            ],
        ]
        self._keep: list[Any] = []
        for update, arrays in self.groups:
            moved = arrays[0], *arrays[2:]
            pointers = np.array([array.ctypes.data for array in (*arrays, *moved)], dtype=np.int64)
            strides = np.ones_like(pointers)
            self._keep += [pointers, strides]
            outputs = pointers[len(arrays) :], strides[len(arrays) :]
            calls.append(self._call(update.kernel, pointers, strides, len(arrays[0]), update.slots, *outputs))
        glue = np.array([word for call in calls for word in call], dtype=np.int64)
        self._address = glue.ctypes.data
        return glue

    @staticmethod
    def _call(
        kernel: Any, pointers: Any, strides: Any, n: int, slots: Any, outputs: Any, output_strides: Any
    ) -> list[int]:
        words = {
            "phases": BEFORE | SAMPLES | AFTER, "n": n, "weight": _bits(1.0), "U": slots.ctypes.data,
            "X": pointers.ctypes.data, "S": strides.ctypes.data, "R": kernel.strips[0].ctypes.data,
            "O": 0 if outputs is None else outputs.ctypes.data,
            "P": 0 if outputs is None else output_strides.ctypes.data,
        }  # fmt: skip
        return [kernel.code.address, *(words[name] for _, name in KERNEL.arguments)]

    def _point_at(self, data: Any) -> None:
        """Let the next calls work on this batch."""
        batch = self.loss._batch(data)
        n = len(batch)
        if n == 0:
            raise ValueError("step: there are no samples")
        self._pointers[: len(self._offsets)] = batch.ctypes.data + batch.strides[1] * self._offsets
        self._strides[:] = batch.strides[0] >> 3
        assert self._glue is not None
        self._glue[_N] = n
        self._glue[_WEIGHT] = _bits(1.0 / n if self.loss.reduction == "mean" else 1.0)
        self._batch = batch
        # A batch that had to be converted is a copy, which later changes of the data would not reach.
        self._data = data if batch is data else _NO_DATA


def native_step(
    loss: Compiled,
    groups: Sequence[tuple[Rule, Mapping[str, float], int, int, int]],
    states: Any,
    backend: str,
    reduce: Reduce | None = None,
    max_norm: float | None = None,
) -> Step:
    """A `Step` that moves the parameters of a compiled loss.

    Args:
        loss: The loss.
        groups: For each group of parameters its rule, its settings, how many numbers of state a parameter has, the
            number of its first parameter, and how many there are.
        states: For each group and number of state one number a parameter.
        backend: As for `compile`.
        reduce, max_norm: As of `Step`.

    >>> import numpy as np
    >>> from autograd import compile
    >>> x, w = Value(1.0), Value(3.0)
    >>> descent = lambda settings, p, g, state: (p - 0.1 * g, state)
    >>> step = native_step(compile(x * w * w, [x], [w]), [(descent, {}, 0, 0, 1)], [[]], "llvm")
    >>> step.theta[:] = 3.0
    >>> step(np.array([[1.0]])), step.theta.tolist()
    (9.0, [2.4])
    """
    updates = [(Update(rule, settings, size, backend), first, n) for rule, settings, size, first, n in groups]
    arrays = [[np.array(column, dtype=np.float64) for column in state] for state in states]
    return Step(loss, updates, arrays, reduce, max_norm)


def _norm(gradient: Any) -> float:
    """‖g‖, scaled by the largest so that no square overflows or vanishes."""
    largest = float(np.abs(gradient).max(initial=0.0))
    return largest and largest * float(np.linalg.norm(gradient / largest))


def _bits(number: float) -> int:
    return int(struct.unpack("<q", struct.pack("<d", number))[0])


@functools.cache
def _glue() -> Callable[[int], float]:
    """Carries out a list of calls: the loss, which it returns; and the updates, if no number is nan or infinite."""
    from autograd.native.llvm.backend import Module

    prototype = ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_void_p)
    glue: Callable[[int], float] = Module(_GLUE, ["glue"]).function("glue", prototype)
    return glue


def _call_text(base: str, prefix: str) -> str:
    lines = [f"  %{prefix}a0 = load ptr, ptr {base}"]
    for i, (kind, _) in enumerate(KERNEL.arguments, 1):
        lines.append(f"  %{prefix}p{i} = getelementptr i64, ptr {base}, i64 {i}")
        lines.append(f"  %{prefix}a{i} = load {kind}, ptr %{prefix}p{i}")
    loaded = {name: f"%{prefix}a{i}" for i, (_, name) in enumerate(KERNEL.arguments, 1)}
    return "\n".join([*lines, f"  {KERNEL.call(f'%{prefix}a0', **loaded)}"])


_GLUE = f"""
declare double @llvm.vector.reduce.fadd.v16f64(double, <16 x double>)
define dso_local double @glue(ptr %calls) {{
entry:
{_call_text("%calls", "l")}
  %head = getelementptr i64, ptr %calls, i64 {_CALL}
  %loss_at = load ptr, ptr %head
  %loss = load double, ptr %loss_at
  %count_at = getelementptr i64, ptr %head, i64 1
  %count = load i64, ptr %count_at
  %gradient_at = getelementptr i64, ptr %head, i64 2
  %gradient = load ptr, ptr %gradient_at
  %size_at = getelementptr i64, ptr %head, i64 3
  %size = load i64, ptr %size_at
  %whole = and i64 %size, -16
  %none = fmul double %loss, 0.0
  br label %look_at_vectors
; 0 times a number is nan if that is nan or infinite.
look_at_vectors:
  %v = phi i64 [0, %entry], [%v_next, %vector]
  %sums = phi <16 x double> [zeroinitializer, %entry], [%sums_next, %vector]
  %v_more = icmp slt i64 %v, %whole
  br i1 %v_more, label %vector, label %rest
vector:
  %vector_at = getelementptr double, ptr %gradient, i64 %v
  %gs = load <16 x double>, ptr %vector_at, align 8
  %zeros = fmul <16 x double> %gs, zeroinitializer
  %sums_next = fadd <16 x double> %sums, %zeros
  %v_next = add i64 %v, 16
  br label %look_at_vectors
rest:
  %sum = call reassoc double @llvm.vector.reduce.fadd.v16f64(double %none, <16 x double> %sums)
  br label %look_at_numbers
look_at_numbers:
  %n = phi i64 [%whole, %rest], [%n_next, %number]
  %all = phi double [%sum, %rest], [%all_next, %number]
  %n_more = icmp slt i64 %n, %size
  br i1 %n_more, label %number, label %judge
number:
  %number_at = getelementptr double, ptr %gradient, i64 %n
  %g = load double, ptr %number_at
  %zero = fmul double %g, 0.0
  %all_next = fadd double %all, %zero
  %n_next = add i64 %n, 1
  br label %look_at_numbers
judge:
  %finite = fcmp oeq double %all, 0.0
  br i1 %finite, label %updates, label %refuse
updates:
  %i = phi i64 [0, %judge], [%next, %update]
  %more = icmp slt i64 %i, %count
  br i1 %more, label %update, label %done
update:
  %words = mul i64 %i, {_CALL}
  %place = add i64 %words, {_HEAD}
  %call = getelementptr i64, ptr %head, i64 %place
{_call_text("%call", "u")}
  %next = add i64 %i, 1
  br label %updates
done:
  ret double %loss
refuse:
  ret double 0x7FF8000000000000
}}
"""
