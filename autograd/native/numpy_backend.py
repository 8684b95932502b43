"""A plan carried out by NumPy: a strip is an array over the samples, a loop one operation on a block of strips."""

import math
import time
from collections.abc import Sequence
from typing import Any

from autograd.native.planning.plan import Loop, OuterSum, Place, Plan, Product, Slot, SlotDot, Strip, StripSum
from autograd.table.primitive import Primitive
from autograd.table.primitives import TABLE

try:
    import numpy as np
except ModuleNotFoundError as error:  # pragma: no cover
    raise ModuleNotFoundError("compiling needs numpy: pip install numpy", name="numpy") from error


class NumpyMachine:
    """The operations of `autograd.table.machine.Machine` on arrays."""

    where = staticmethod(np.where)
    both = staticmethod(np.logical_and)
    either = staticmethod(np.logical_or)
    equal = staticmethod(np.equal)
    abs = staticmethod(np.abs)
    sqrt = staticmethod(np.sqrt)
    floor = staticmethod(np.floor)
    copysign = staticmethod(np.copysign)

    def call(self, name: str, *operands: Any) -> Any:
        """NumPy's function, or the scalar one of `math` where NumPy has none."""
        names = name, *(TABLE[name].aliases if name in TABLE else ())  # asin is arcsin to NumPy 1
        function = next((getattr(np, each) for each in names if hasattr(np, each)), None)
        if function is None:
            function = np.vectorize(getattr(math, name), otypes=[float])
        return function(*operands)

    def called(self, row: Primitive, *operands: Any) -> Any:
        """The value of a row of one's own, called for each sample: nobody knows what it is made of."""
        return np.vectorize(lambda *xs: row.evaluate([float(x) for x in xs]), otypes=[float])(*operands)

    def fused(self, x: Any, y: Any, z: Any) -> Any:
        """x·y + z, rounded twice."""
        return x * y + z

    def in_order(self, operands: Sequence[Any]) -> list[Any]:
        """The operands as they are: nothing is shared between calls."""
        return list(operands)


class NumpyKernel:
    """A plan by NumPy; see `autograd.native.kernels.Kernel`."""

    name = "numpy"
    from_cache = False

    def __init__(self, plan: Plan) -> None:
        start = time.perf_counter()
        self.plan = plan
        self.machine: Any = NumpyMachine()  # see FLOATS
        self.compile_seconds = time.perf_counter() - start

    def run(self, data: Any, weight: float, slots: Any, outputs: Any) -> None:
        """One batch."""
        plan = self.plan
        n = len(data[0]) if isinstance(data, list) else data.shape[1]
        strips = np.empty((plan.strips, n))
        for strip, given in zip(strips, data, strict=False):
            strip[:] = given
        if plan.weighted:
            strips[plan.inputs] = weight
        slots[plan.sums.start : plan.sums.start + plan.count_of_sums] = 0.0
        with np.errstate(all="ignore"):
            for step in (*plan.before, *plan.samples, *plan.after):
                self._step(step, strips, slots)
        for k, strip_of in enumerate(plan.strip_outputs):
            outputs[k] = strips[strip_of] if isinstance(strip_of, int) else strip_of

    def _step(self, step: Any, strips: Any, slots: Any) -> None:
        if isinstance(step, Loop):
            self._loop(step, strips, slots)
        elif isinstance(step, Product):
            weights = _matrix(slots, step.weights, step.outputs, step.by_input, step.inputs)
            found = weights @ strips[step.source : step.source + step.inputs]
            found += _vector(slots, step.bias, step.outputs)[:, None]
            strips[step.target : step.target + step.outputs] = found
        elif isinstance(step, OuterSum):
            left, right = strips[step.left : step.left + step.lefts], strips[step.right : step.right + step.rights]
            index = step.sums.start + step.sums.stride * np.arange(step.lefts)[:, None]
            slots[index + step.by_right * np.arange(step.rights)] += left @ right.T
        elif isinstance(step, StripSum):
            index = step.sums.start + step.sums.stride * np.arange(step.count)
            slots[index] += strips[step.start : step.start + step.count].sum(axis=1)
        elif isinstance(step, SlotDot):
            left = _vector(slots, step.left, step.count)
            slots[step.target] = left.sum() if step.right is None else left @ _vector(slots, step.right, step.count)

    def _loop(self, loop: Loop, strips: Any, slots: Any) -> None:
        results: list[Any] = []
        for operation in loop.operations:
            found = operation.computed(self.machine, results, lambda x: self._read(x, loop, strips, slots))
            results.append(found)
            if operation.target is not None:
                memory = strips if isinstance(operation.target, Strip) else slots
                memory[_index(operation.target, loop.passes)] = found

    def _read(self, place: Place, loop: Loop, strips: Any, slots: Any) -> Any:
        if isinstance(place, Strip):
            return strips[_index(place, loop.passes)]
        found = slots[_index(place, loop.passes)]
        in_strips = any(isinstance(x, Strip) for op in loop.operations for x in (*op.sources, op.target))
        return found[:, None] if in_strips and np.ndim(found) else found


def _index(place: Place, passes: int) -> Any:
    return place.start + place.stride * np.arange(passes) if passes > 1 and place.stride else place.start


def _vector(slots: Any, place: Slot, count: int) -> Any:
    return slots[place.start + place.stride * np.arange(count)]


def _matrix(slots: Any, place: Slot, height: int, by_column: int, width: int) -> Any:
    return slots[place.start + place.stride * np.arange(height)[:, None] + by_column * np.arange(width)]
