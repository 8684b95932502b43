"""A training that goes on where it was, whatever ended it."""

import os
from pathlib import Path

from nn.fitting.callbacks import Callback, Run
from nn.inputs.checks import whole_number
from nn.serialization import load, save


class Checkpoint(Callback):
    """Keep the state of a training in a file, and continue from that file if it is there when training begins.

    The file of `nn.save` holds the model, the optimiser, the loader, the schedule and the history, and is replaced
    whole or not at all; so whatever ends the process, the same script run again goes on from the last epoch that was
    kept, bit for bit as if nothing had happened, until there are `epochs` in all.  What other callbacks remember, as
    `EarlyStopping` its best epoch, begins anew.

    Args:
        file: Where; of each run its own.
        every: After how many epochs it is written; after the last one it always is.

    Raises ValueError for a file that is none of `nn.save`, or of another model.

    >>> import tempfile
    >>> from nn import SGD, Linear, fit, half_squared_loss
    >>> def train(folder, epochs):
    ...     model = Linear(1, 1, initializer="zeros")
    ...     optimizer, keep = SGD(model.parameters(), lr=0.25), Checkpoint(f"{folder}/run.json")
    ...     return fit(model, ([[1.0]], [[1.0]]), half_squared_loss, optimizer, epochs, callbacks=[keep])["loss"]
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     train(folder, epochs=1)
    ...     train(folder, epochs=3)
    [0.5]
    [0.5, 0.125, 0.03125]
    """

    def __init__(self, file: str | os.PathLike[str], every: int = 1) -> None:
        self.file = Path(file)
        self.every = whole_number("Checkpoint: every", every)

    def started(self, run: Run) -> None:
        """Continue from the file, if it is there."""
        if self.file.exists():
            load(self.file, run.model, optimizer=run.optimizer, history=run.history, **run.others)

    def epoch_ended(self, run: Run) -> None:
        """Write the file, if it is time."""
        if run.history.epochs % self.every == 0:
            self._write(run)

    def ended(self, run: Run) -> None:
        """Write the file, unless it is there already."""
        if run.history.epochs % self.every:
            self._write(run)

    def _write(self, run: Run) -> None:
        if run.writes:
            save(run.model, self.file, optimizer=run.optimizer, history=run.history, **run.others)
