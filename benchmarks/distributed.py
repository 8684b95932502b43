"""Training on several processes: what a step takes, what adding up takes, and where more processes stop paying.

    python benchmarks/distributed.py          # one and two processes here, and what the model says of them; needs jax
    python benchmarks/distributed.py --scale  # the model alone, for other sizes: the table of docs/explanation/scale.md

The model of a step of N processes on a batch of B samples, for P parameters:

    T(N) = P·(k·B/N + u) + [N > 1]·(a·log₂ N + 2·8P·(N - 1)/N / w)

with k seconds a parameter and sample of the kernel, u seconds a parameter of the optimiser, a seconds for a message, w
bytes a second.  An all-reduce sends all of the 8P bytes but one part in N twice, and takes some log₂ N messages one
after the other (Thakur, Rabenseifner and Gropp, "Optimization of Collective Communication Operations in MPICH", 2005).
"""

import argparse
import json
import math
import os
import statistics
import tempfile
import time

import numpy as np

from nn import MLP, Adam, DataLoader, cross_entropy, distributed
from nn.distributed.training import SharedEpochs

HIDDEN = (16, 64, 256, 512)  # units of 64 - h - 10, as for the digits
BATCHES = (512, 4096, 16_384)
LENGTHS = (100, 10_000, 100_000, 1_000_000)  # numbers that are added up

# As measured by this script; then what networks are said to have.
KERNEL, UPDATE = 0.10e-9, 2.5e-9
NETWORKS = {"this machine": (4e-4, 2e9), "10 Gbit/s": (1e-4, 1.1e9), "100 Gbit/s": (2e-5, 1.1e10)}

COUNTS = [2**i for i in range(11)]  # of processes


def step_time(size, batch, processes, network):
    """T(N) in seconds."""
    latency, bandwidth = network
    alone = size * (KERNEL * batch / processes + UPDATE)
    if processes == 1:
        return alone
    return alone + latency * math.log2(processes) + 16 * size * (processes - 1) / processes / bandwidth


def least(action, repetitions, calls):
    """The least mean time of a call: whatever else the machine does only adds to it."""
    times = []
    for _ in range(repetitions):
        begin = time.perf_counter()
        for _ in range(calls):
            action()
        times.append((time.perf_counter() - begin) / calls)
    return min(times)


def worker(file):
    """What each process does; the first writes down how long it took."""
    group, draw = distributed.start(), np.random.default_rng(0)
    X, y = draw.random((max(BATCHES), 64)), draw.integers(0, 10, max(BATCHES))
    steps, sums = [], []
    for hidden in HIDDEN:
        model = MLP(64, [hidden, 10])
        optimizer = Adam(model.parameters(), lr=1e-4)
        epoch = SharedEpochs(group, model, cross_entropy, optimizer, DataLoader((X, y), max(BATCHES)), None)
        for batch in BATCHES:
            rows = epoch.data[:batch]
            steps.append((len(model.parameters()), batch, least(lambda: epoch.step_on(rows, False), 40, 5)))  # noqa: B023
    for length in LENGTHS if group.processes > 1 else ():
        array = np.zeros(length)
        sums.append((length, least(lambda: group.add_up(array), 40, 5)))  # noqa: B023
    if group.first:
        with open(file, "w", encoding="utf-8") as found:
            json.dump([steps, sums], found)


def measured(processes):
    """Times of steps and of sums with this many processes on this machine."""
    with tempfile.TemporaryDirectory() as folder:
        status = distributed.launch([__file__, "--worker", f"{folder}/found.json"], processes)
        assert status == 0, status
        with open(f"{folder}/found.json", encoding="utf-8") as found:
            return json.load(found)


def compare():
    """One process, two, and the model."""
    (one, _), (two, sums) = measured(1), measured(2)
    print(f"{os.cpu_count()} cores; the least of 40 means of 5 calls")
    for length, seconds in sums:
        print(f"adding up {length:9,} numbers  {1e3 * seconds:8.3f} ms  {16 * length / 2 / seconds / 1e9:6.2f} GB/s")
    kernel = statistics.median(seconds / size / batch for size, batch, seconds in one)
    print(f"kernel and rule: {1e9 * kernel:.3f} ns a parameter and sample (median)")
    print("parameters  batch   one process  two processes  throughput  by the model")
    for (size, batch, alone), (_, _, shared) in zip(one, two, strict=True):
        modelled = alone / (alone / 2 + np.interp(size, *zip(*sums, strict=True)))
        print(
            f"{size:10,} {batch:6,}  {1e3 * alone:9.3f} ms  {1e3 * shared:10.3f} ms  {alone / shared:9.2f}x  "
            f"{modelled:11.2f}x"
        )


def scale():
    """For each size: how fast some numbers of processes are, and the largest of which each is at least half used."""
    for name, network in NETWORKS.items():
        print(
            f"{name}: {1e6 * network[0]:.0f} µs a message, {network[1] / 1e9:.3g} GB/s; times the speed of one process"
        )
        print("parameters   batch       8      64    1,024  pays up to")
        for exponent in range(3, 10):
            for batch in (512, 65_536):
                alone = step_time(10**exponent, batch, 1, network)
                speeds = [alone / step_time(10**exponent, batch, n, network) for n in (8, 64, 1024)]
                pays = max(n for n in COUNTS if n == 1 or worth(10**exponent, batch, n, network))
                told = "".join(f"{speed:8.2f}" for speed in speeds)
                print(f"      10^{exponent}  {batch:6,}{told}  {pays:10,}")


def worth(size, batch, processes, network):
    """Whether so many processes do at least half of what they would if adding up took no time."""
    return step_time(size, batch, 1, network) / step_time(size, batch, processes, network) >= processes / 2


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--scale", action="store_true")
    parser.add_argument("--worker", metavar="FILE")
    options = parser.parse_args()
    if options.worker:
        worker(options.worker)
    elif options.scale:
        scale()
    else:
        compare()
