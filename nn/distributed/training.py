"""`fit` on several processes that share each batch."""

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import autograd
from nn.data.loading import DataLoader
from nn.distributed.group import Group, start
from nn.fitting.callbacks import Callback, Run
from nn.fitting.checkpoint import Checkpoint
from nn.fitting.compiled_fit import CompiledEpochs
from nn.fitting.history import History
from nn.fitting.scores import Metrics
from nn.fitting.training import check_limit, check_optimizer, loader, new_run, run_epochs
from nn.inputs.checks import whole_number
from nn.inputs.optional import require
from nn.inputs.spellings import local_names
from nn.models.module import Module


@local_names
def fit(
    model: Module,
    data: Any,
    loss: Callable[[Any, Any], Any],
    optimizer: Any,
    epochs: int = 10,
    *,
    validation: Any = None,
    metrics: Metrics | None = None,
    batch_size: int = 32,
    seed: int = 0,
    regularizer: Callable[[Module], Any] | None = None,
    schedule: Any = None,
    clip_grad_norm: float | None = None,
    callbacks: Sequence[Callback | Callable[[Run], object]] = (),
    history: History | None = None,
    progress: bool | None = None,
    checkpoint: str | os.PathLike[str] | Checkpoint | None = None,
    backend: str | None = None,
) -> History:
    """`nn.fit(…, compile=True)` on as many processes as were started together, each with its share of every batch.

    All processes run one script, with the same data, seeds and settings; they begin with the parameters of the first.
    In each step every process computes loss and gradient of its share, the sums are added up over all
    processes (an all-reduce of JAX's distributed runtime), and each moves its parameters by the same gradient, that of
    the whole batch: θ ← θ - η·Σₚ ∇Lₚ.  So the losses are those of one process, but for the rounding of the sum.
    Validation is computed in every process; callbacks that write should ask `run.writes`.

        python -m nn.distributed --processes 2 train.py

    runs train.py twice on this machine; run as `python train.py` it is one process, which needs no JAX.

    Args:
        checkpoint: A file that is written after each epoch by the first process, and continued from if it is there; or
            a `Checkpoint`.  The number of processes may be another then.
        backend: What computes losses and gradients: "llvm", machine code; "jax", the function that `autograd.to_jax`
            prints, on JAX's first device in this process; None, the default, is "jax" where JAX is in use and that
            device is an accelerator, else "llvm".  Both compute in 64 bits; the optimiser is machine code.

    The others are those of `nn.fit`; `batch_size` is of the whole batch.
    Raises what `nn.fit` raises; ValueError, in all processes, if they disagree about the data or a
    setting; RuntimeError if a process is lost.  Ctrl-C ends training in all of them after the same step.
    Source: Goyal et al., "Accurate, Large Minibatch SGD" (2017), §3; Li et al., "PyTorch Distributed" (2020).

    >>> from nn import SGD, Linear, mse_loss
    >>> model = Linear(1, 1, initializer="zeros")
    >>> fit(model, ([[1.0], [2.0]], [1.0, 2.0]), mse_loss, SGD(model.parameters(), lr=0.125), 2)["loss"]
    [2.5, 0.0703125]
    """
    group = start()
    kernel = kernel_named(backend)
    epochs = whole_number("distributed.fit: epochs", epochs, 0)
    check_optimizer(optimizer, model)
    check_limit(clip_grad_norm)
    batches = loader(data, batch_size, shuffle=True, seed=seed)
    run = new_run(model, optimizer, batches, schedule, history)
    run.writes = group.first
    callbacks = list(callbacks)
    if checkpoint is not None:
        callbacks.insert(0, checkpoint if isinstance(checkpoint, Checkpoint) else Checkpoint(checkpoint))
    callbacks.append(_Agreement(group, batches, epochs))
    epoch = SharedEpochs(group, model, loss, optimizer, batches, regularizer, clip_grad_norm, backend=kernel)
    if not group.first:
        progress = False
    return run_epochs(epoch, run, epochs, validation, metrics, callbacks, progress)


def kernel_named(backend: str | None) -> Any:
    """What `autograd.compile` is told of the back end of this name; of None, of that of JAX's device.

    Raises ValueError for another name, ModuleNotFoundError for "jax" without it.

    >>> kernel_named("llvm")
    'llvm'
    """
    if backend not in (None, "llvm", "jax"):
        raise ValueError(
            f"distributed.fit: backend must be 'llvm', machine code, or 'jax', what JAX's device computes, "
            f"not {backend!r}; None chooses"
        )
    if backend == "jax":
        require("jax", "distributed.fit(backend='jax')")
    if backend is None:
        jax: Any = sys.modules.get("jax")  # who has not imported it uses no device of it
        backend = "llvm" if jax is None or jax.local_devices()[0].platform == "cpu" else "jax"
    return autograd.JaxKernel if backend == "jax" else backend


class _Agreement(Callback):
    """The same beginning for all processes, after a checkpoint was read: the parameters are those of the first."""

    def __init__(self, group: Group, batches: DataLoader, epochs: int) -> None:
        self.group, self.batches, self.epochs = group, batches, epochs

    def started(self, run: Run) -> None:
        """Compare what must be the same, and hand the parameters on."""
        dataset, parameters = self.batches.dataset, run.model.parameters()
        self.group.agree(
            {
                "epochs": self.epochs,
                "batch_size": self.batches.batch_size,
                "the inputs": dataset.inputs,
                "the targets": dataset.targets,
                "the seed of the data, and the epoch that is next": self.batches.state_dict(),
                "the number of epochs in the history": run.history.epochs,
                "the state of the optimizer": run.optimizer.state_dict(),
                "which parameters are frozen": [p.requires_grad for p in parameters],
            }
        )
        if self.group.processes > 1:
            numpy = require("numpy", "training on several processes")
            numbers = numpy.array([p.data * self.group.first for p in parameters])
            self.group.add_up(numbers)
            for parameter, number in zip(parameters, numbers.tolist(), strict=True):
                parameter.data = number


class SharedEpochs(CompiledEpochs):
    """Epochs of which every process of a group computes its share of each batch."""

    def __init__(self, group: Group, *settings: Any, backend: Any = "llvm") -> None:
        self.group, self.backend = group, backend
        self._interrupted = False
        super().__init__(*settings)

    def reduction(self) -> Callable[[Any], None]:
        """See `CompiledEpochs`."""
        return self._add_up

    def _add_up(self, sums: Any) -> None:
        """Add up over the processes.  Raises KeyboardInterrupt in all of them if one was interrupted."""
        told = self.numpy.append(sums, float(self._interrupted))
        self.group.add_up(told)
        if told[-1]:
            raise KeyboardInterrupt
        sums[:] = told[:-1]

    def step_on(self, batch: Any, wanted: bool) -> list[Any]:
        """One step on a batch; the outputs of all its samples before it, if they are wanted."""
        share, outputs = self.group.share(len(batch)), []
        if wanted:
            mine = self.outputs(batch[share])
            whole = self.numpy.zeros((len(batch), *mine.shape[1:]))
            whole[share] = mine
            self.group.add_up(whole.reshape(-1))
            outputs = whole.tolist()
        self.step(batch[share], len(batch))
        return outputs

    def run(self, metrics: Metrics, advance: Callable[[], None]) -> dict[str, float]:
        """As of `CompiledEpochs`; an interrupt waits for the next step, at which all processes hear of it."""
        with self._interrupts_noted():
            return super().run(metrics, advance)

    @contextmanager
    def _interrupts_noted(self) -> Iterator[None]:
        if self.group.processes == 1 or threading.current_thread() is not threading.main_thread():
            yield
            return

        def note(*_: object) -> None:
            self._interrupted = True

        before = signal.signal(signal.SIGINT, note)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)
