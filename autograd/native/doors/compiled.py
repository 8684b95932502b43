"""`compile`: graphs that are recorded already, as functions of batches."""

from collections.abc import Iterable
from typing import Any, cast

import numpy as np

from autograd.arguments import called, counted, in_order, unmasked
from autograd.core.mode import current, unusual
from autograd.core.value import Value
from autograd.formulas.program import program
from autograd.native.c.source import c_source
from autograd.native.doors.inspection import Stats, loops_in, no_machine_code
from autograd.native.interpreter import Interpreter, Recorded
from autograd.native.kernels import Backend, kernel_of, lock_of, new_slots
from autograd.native.lowered import lowered
from autograd.native.recording.derivative import batch_gradient, with_shares


class Compiled:
    """A compiled graph: called with a batch, it gives the outputs; see `compile`.

    >>> x, w = Value(1.0), Value(3.0)
    >>> f = compile(w * x, inputs=[x], parameters=[w])
    >>> isinstance(f, Compiled), f([[2.0]])
    (True, 6.0)
    """

    def __init__(
        self,
        outputs: Any,
        inputs: Iterable[Value],
        parameters: Iterable[Value] = (),
        *,
        reduction: str | None = "mean",
        also: Iterable[Value] = (),
        backend: Backend = "llvm",
        threads: int = 1,
    ) -> None:
        self.inputs, self.parameters = _leaves("inputs", inputs), _leaves("parameters", parameters)
        if set(self.inputs) & set(self.parameters):
            raise ValueError("compile: a Value is among the inputs and among the parameters")
        if reduction not in ("mean", "sum", None):
            raise ValueError(f"compile: reduction must be 'mean', 'sum' or None, not {reduction!r}")
        self.single = isinstance(outputs, Value)
        self.outputs = list(outputs) if isinstance(outputs, Iterable) else [outputs]
        for output in self.outputs:
            if not isinstance(output, Value):
                raise TypeError(f"compile: outputs must be Values, not {type(output).__name__} {output!r:.40}")
        if reduction is not None and not self.single:
            raise ValueError("compile: with a reduction there is one output, the loss; for several say reduction=None")
        self.reduction = reduction
        self._options = {"reduction": reduction, "backend": backend, "threads": threads}
        self.others = list(also)
        if self.others and reduction is None:
            raise ValueError("compile: `also` goes with a reduction; without one, give all as outputs")
        outputs = with_shares([*self.outputs, *self.others])
        gradient = None if reduction is None else batch_gradient(outputs[0], self.inputs, self.parameters)
        found = lowered(outputs, self.inputs, self.parameters, gradient)
        self._recorded = Recorded([*self.outputs, *self.others], self.inputs, self.parameters)
        self.plan, self.nodes, self.nodes_after = found.plan, found.nodes, found.nodes_after
        self.kernel = kernel_of(self.plan, self._recorded, backend, threads)
        self.slots = new_slots(self.plan)
        self._lock = lock_of(self)  # the machine code has one memory

    def __repr__(self) -> str:
        sizes = counted(len(self.inputs), "input"), counted(len(self.parameters), "parameter")
        return called("compile", *sizes, **self._options)

    def __reduce__(self) -> Any:
        """Pickled and copied as what it is made of; it is compiled again, or found in the cache."""
        outputs = self.outputs[0] if self.single else self.outputs
        return _made, (type(self), outputs, self.inputs, self.parameters, {**self._options, "also": self.others})

    # ------------------------------------------------------------ running

    def __call__(self, data: Any, parameters: Any = None) -> Any:
        """The outputs for a batch: the loss as a float, or without reduction n numbers, or n × outputs.

        Args:
            data: n × inputs numbers, or inputs numbers for one sample.
            parameters: The numbers of the parameters; those of the Values by default.
        """
        if self.reduction is not None:
            return self.value_and_grad(data, parameters)[0]
        batch = self._batch(data)
        found = np.empty((len(self.outputs), len(batch)))
        with self._lock:
            self.set_parameters(parameters)
            self.kernel.run(batch.T, 1.0, self.slots, found)
            self.look_at(batch, found)
        outputs = found[0] if self.single else found.T
        return outputs[0] if np.ndim(data) == 1 else outputs

    def value_and_grad(self, data: Any, parameters: Any = None) -> tuple[float, Any]:
        """The loss of a batch and its derivative by every parameter, in their order, as an array."""
        if self.reduction is None:
            raise TypeError("value_and_grad: this was compiled without a reduction, so there is no loss")
        batch = self._batch(data)
        if len(batch) == 0:
            raise ValueError("value_and_grad: there are no samples")
        with self._lock:
            self.set_parameters(parameters)
            self._run_batch(batch)
            return float(self.slots[self.plan.slot_outputs[0]]), self.gradient()

    def _run_batch(self, batch: Any, of: int | None = None) -> None:
        """The sums over a batch, or over a share of one of `of` samples."""
        weight = 1.0 / (of or len(batch)) if self.reduction == "mean" else 1.0
        self.kernel.run(batch.T, weight, self.slots, None)
        self.look_at(batch)

    def look_at(self, batch: Any, found: Any = None) -> None:
        """Inside `detect_anomaly`: run what gave a number that is not finite again, on the engine, which says where."""
        if not unusual or current().watch is None:
            return
        if found is None:
            found = np.append(self.slots[self.plan.slot_outputs], self.gradient())
        if not np.isfinite(found).all():
            results = None if self.plan.weighted else np.empty_like(found)
            Interpreter(self.plan, self._recorded).run(batch.T, 1.0, self.slots.copy(), results)

    def also(self) -> list[float]:
        """The means (or sums) of the other numbers over the last batch."""
        return [float(self.slots[cast(int, slot)]) for slot in self.plan.slot_outputs[1:]]

    def gradient(self) -> Any:
        """The gradient of the last batch, as a new array."""
        return self.slots[self.plan.gradient : self.plan.gradient + len(self.parameters)].copy()

    def _batch(self, data: Any) -> Any:
        batch = np.asarray(unmasked(data, "compiled: data"))
        if batch.dtype != np.float64:
            if batch.dtype.kind not in "biuf":
                raise TypeError(f"compiled: data must be real numbers, not of dtype {batch.dtype}")
            batch = batch.astype(np.float64)
        if any(stride % batch.itemsize for stride in batch.strides):  # a field of records
            batch = batch.copy()
        if batch.ndim == 1:
            batch = batch[None, :]
        if batch.ndim != 2 or batch.shape[1] != len(self.inputs):
            expected = f"(n, {len(self.inputs)})"
            raise ValueError(
                f"compiled: data has shape {np.shape(data)}, and for {counted(len(self.inputs), 'input')} it must be "
                f"{expected}"
            )
        return batch

    def set_parameters(self, parameters: Any = None) -> None:
        """Give the parameters these numbers, or those of their Values, for the next batch."""
        count = len(self.parameters)
        if parameters is None:
            self.slots[:count] = [p.data for p in self.parameters]
            return
        given = np.asarray(unmasked(parameters, "compiled: parameters"), dtype=np.float64)
        if given.shape != (count,):
            raise ValueError(f"compiled: parameters have shape {given.shape}, and there are {count}: ({count},)")
        self.slots[:count] = given

    # ------------------------------------------------------------ looking inside

    def stats(self) -> Stats:
        """Figures of the compilation."""
        return Stats(
            nodes=self.nodes,
            nodes_after=self.nodes_after,
            loops=loops_in(self.plan),
            workspace_bytes=self.slots.nbytes + sum(strips.nbytes for strips in getattr(self.kernel, "strips", [])),
            compile_seconds=self.kernel.compile_seconds,
            from_cache=self.kernel.from_cache,
            backend=self.kernel.name,
        )

    def source(self) -> str:
        """The program of one sample, and its gradient before it is summed over the batch, as Python.

        Layers are written out, as they were recorded.
        """
        root = self.outputs[0]
        return str(
            program(root, [*self.inputs, *self.parameters], mode="value" if self.reduction is None else "reverse")
        )

    def c_source(self, name: str = "compiled", *, parameters: bool = False) -> str:
        """A C99 file that computes the same, with no dependency but libm.

        Args:
            name: What its functions are called.
            parameters: Whether the numbers that the parameters have now become part of it.
        """
        return c_source(
            self.plan,
            name,
            parameters=[p.data for p in self.parameters] if parameters else None,
            input_labels=[x.label for x in self.inputs],
            parameter_labels=[p.label for p in self.parameters],
            output_labels=[y.label for y in self.outputs] if self.reduction is None else (),
        )

    def llvm_ir(self) -> str:
        """The text that LLVM compiled."""
        return str(self._code().module.text)

    def assembly(self) -> str:
        """The machine code as text."""
        return str(self._code().module.assembly())

    def _code(self) -> Any:
        if self.kernel.name != "llvm":
            raise no_machine_code(self.kernel.name)
        return cast(Any, self.kernel).code


def _made(kind: type[Compiled], outputs: Any, inputs: Any, parameters: Any, options: Any) -> Compiled:
    return kind(outputs, inputs, parameters, **options)


def compile(outputs: Any, inputs: Iterable[Value], parameters: Iterable[Value] = (), **options: Any) -> Compiled:
    """Compile recorded outputs to a function of batches, with the gradient of a loss.

    The graph of one sample is the program; a batch runs it for n samples at once.  What depends on parameters only is
    computed once a batch.

    Args:
        outputs: A loss; or with reduction=None a Value or a list of them.
        inputs: The leaves that each sample has numbers for, in the order of the columns of the data.
        parameters: The leaves that the batch shares and the gradient is by; any other leaf keeps its number.
        reduction: "mean" or "sum" of the loss over the samples; None for outputs of each sample.
        also: With a loss, other Values whose mean or sum is computed too; see `Compiled.also`.
        backend: "llvm"; "numpy"; "c", which runs the system's C compiler; "interpreter", the engine itself, sample by
            sample, which the others are compared with; or the class `JaxKernel`.
        threads: How many threads share the samples of a batch, 256 at most.

    Numbers follow IEEE 754, without warnings. They are the engine's to a few units in the last place: sums are
    bracketed otherwise, products are added without rounding them first, x + 0 is x also where that is -0, and quotients
    by one denominator share its reciprocal, which overflows where the denominator is subnormal. Infinities and nans
    are the engine's, too, but for a sum that overflows in one order and not in the other, and behind a closed gate,
    where inputs, and sums and products of them, count as finite.
    Raises TypeError or ValueError for what does not fit.

    >>> x, t, w = Value(1.0), Value(2.0), Value(3.0)
    >>> f = compile((w * x - t) ** 2, inputs=[x, t], parameters=[w])
    >>> f.value_and_grad([[1.0, 2.0], [2.0, 2.0]])
    (8.5, array([9.]))
    """
    return Compiled(outputs, inputs, parameters, **options)


def _leaves(name: str, values: Iterable[Any]) -> list[Value]:
    found = list(in_order(values, f"compile: {name}"))
    for i, x in enumerate(found):
        if not isinstance(x, Value):
            raise TypeError(f"compile: {name} must be Values, number {i} is {type(x).__name__} {x!r:.40}")
        if x.primitive is not None:
            raise ValueError(f"compile: {name} must be leaves, number {i} is the result of {x.primitive.name}")
        if not x.requires_grad:
            raise ValueError(
                f"compile: number {i} of the {name} is frozen, so what was recorded holds its number; "
                "requires_grad_(True), and record anew"
            )
    if len(set(found)) < len(found):
        raise ValueError(f"compile: a Value is twice among the {name}")
    return found
