"""The processes that train together, and what they add up."""

import functools
import hashlib
import json
import os
from collections.abc import Mapping
from typing import Any

from nn.inputs.checks import whole_number
from nn.inputs.optional import require

COORDINATOR, PROCESSES, PROCESS = "NN_COORDINATOR", "NN_PROCESSES", "NN_PROCESS"
"""Variables of the environment by which a process finds the others."""
LOST_AFTER = 10
"""Seconds without a sign of life after which a process counts as lost."""


class Group:
    """Processes that train together: who this one is among them, and sums over all.

    >>> alone = Group()
    >>> alone
    Group(process 0 of 1)
    >>> alone.share(5)
    slice(0, 5, None)
    """

    def __init__(self, process: int = 0, processes: int = 1) -> None:
        self.process, self.processes = process, processes
        self._add = functools.cache(_adder) if processes > 1 else None

    def __repr__(self) -> str:
        return f"Group(process {self.process} of {self.processes})"

    @property
    def first(self) -> bool:
        """Whether this process is the one that writes and prints."""
        return self.process == 0

    def share(self, n: int) -> slice:
        """Which of n samples are this process's; shares differ by one at most."""
        return slice(n * self.process // self.processes, n * (self.process + 1) // self.processes)

    def add_up(self, array: Any) -> None:
        """Replace an array of float64 by the sum of those that all processes call this with: the same bits in each.

        Raises RuntimeError if a process is lost.
        """
        if self._add is None:
            return
        try:
            array[:] = self._add()(array)
        except (RuntimeError, ValueError) as error:  # which of them JAX raises depends on who has noticed
            raise RuntimeError(
                f"process {self.process} of {self.processes} has lost the others, of which one has ended; start all "
                f"anew, and they go on from the last checkpoint, if one is kept ({str(error).splitlines()[0]:.200})"
            ) from error

    def agree(self, facts: Mapping[str, Any]) -> None:
        """Raise ValueError, in all processes, naming the first fact that is not the same in all of them."""
        if self.processes == 1:
            return
        numpy = require("numpy", _WHAT)
        told = numpy.zeros((self.processes, len(facts)))
        digests = [hashlib.sha256(json.dumps(fact).encode()).digest()[:6] for fact in facts.values()]
        told[self.process] = [int.from_bytes(digest, "big") for digest in digests]  # 48 bits: exact as floats
        self.add_up(told.reshape(-1))
        for name, column in zip(facts, told.T, strict=True):
            if len(set(column.tolist())) > 1:
                raise ValueError(
                    f"distributed.fit: {name} must be the same in all processes, and this is not so: give each the "
                    "same data, seeds and settings, and files that all can read"
                )


_WHAT = "training on several processes"
_group: Group | None = None


def start(
    coordinator: str | None = None, processes: int | None = None, process: int | None = None, *, cluster: bool = False
) -> Group:
    """Join the other processes, once, before anything else of JAX is used; the group, again at each later call.

    Without arguments it does what `python -m nn.distributed` has told it by the environment; in a process that was
    started otherwise the group is this process alone, and JAX is not needed.

    Args:
        coordinator: Host and port of process 0, which waits there: "10.0.0.1:9876".
        processes: How many there are.
        process: The number of this one, from 0.
        cluster: Ask the cluster's own environment: that of SLURM, Open MPI, Kubernetes, as JAX knows it.

    Raises ValueError if some arguments are missing, RuntimeError if the others do not come.

    >>> start()
    Group(process 0 of 1)
    """
    global _group
    if _group is not None:
        return _group
    given = {"coordinator": coordinator, "processes": processes, "process": process}
    missing = [name for name, argument in given.items() if argument is None]
    if not cluster and len(missing) == len(given):
        if os.environ.get(PROCESSES, "1") == "1":
            _group = Group()
            return _group
        coordinator, processes, process = os.environ[COORDINATOR], int(os.environ[PROCESSES]), int(os.environ[PROCESS])
    elif not cluster:
        if missing:
            raise ValueError(f"distributed.start: {' and '.join(missing)} must be given too")
        whole_number("distributed.start: processes", processes)
        whole_number("distributed.start: process", process, 0)
    jax = require("jax", _WHAT)
    if not jax.distributed.is_initialized():
        try:
            jax.distributed.initialize(
                coordinator,
                processes,
                process,
                heartbeat_timeout_seconds=LOST_AFTER,
                shutdown_timeout_seconds=LOST_AFTER,
            )
        except (RuntimeError, ValueError) as error:
            raise RuntimeError(f"distributed.start: the processes did not find each other: {error}") from error
    _group = Group(jax.process_index(), jax.process_count())
    return _group


def _adder() -> Any:
    """A function of an array to its sum over the processes: an all-reduce of JAX on one device of each."""
    jax, numpy = require("jax", _WHAT), require("numpy", _WHAT)
    devices = {device.process_index: device for device in reversed(jax.devices())}
    mesh = jax.sharding.Mesh(numpy.array([devices[i] for i in sorted(devices)]), ("processes",))
    parts, whole = jax.sharding.PartitionSpec("processes"), jax.sharding.PartitionSpec()
    sharding, own = jax.sharding.NamedSharding(mesh, parts), devices[jax.process_index()]
    total = jax.jit(
        jax.shard_map(lambda x: jax.lax.psum(x[0], "processes"), mesh=mesh, in_specs=parts, out_specs=whole)
    )

    def add(array: Any) -> Any:
        with jax.enable_x64(True):
            shape = (len(devices), len(array))
            shares = jax.make_array_from_single_device_arrays(shape, sharding, [jax.device_put(array[None], own)])
            return numpy.asarray(total(shares).addressable_data(0))

    return add
