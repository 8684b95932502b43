"""`python -m nn.distributed`: several processes of one script on this machine, watched together."""

import argparse
import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence

from nn.distributed.group import COORDINATOR, PROCESS, PROCESSES

PATIENCE = 5.0
"""Seconds that processes are given to end by themselves."""


def launch(command: Sequence[str], processes: int) -> int:
    """Run a Python script, with its arguments, as this many processes that find each other; the exit status.

    As soon as one ends with an error, or is killed, the others are ended too.

    >>> launch(["-c", "from nn.distributed import start"], processes=1)
    0
    """
    running: list[subprocess.Popen[bytes]] = []
    before = signal.signal(signal.SIGTERM, _terminated)
    try:
        with _reserved_port() as port:
            for process in range(processes):
                told = {COORDINATOR: f"127.0.0.1:{port}", PROCESSES: str(processes), PROCESS: str(process)}
                running.append(subprocess.Popen([sys.executable, *command], env={**os.environ, **told}))  # noqa: S603
            return _watch(running)
    finally:
        _end(running)
        signal.signal(signal.SIGTERM, before)


@contextlib.contextmanager
def _reserved_port() -> Iterator[int]:
    """A port of this machine that no other program is given before process 0, seconds later, listens there.

    What is bound and does not listen keeps others away, but for those that share ports, as JAX's coordinator does.
    """
    with socket.socket() as held:
        if hasattr(socket, "SO_REUSEPORT"):
            held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        held.bind(("127.0.0.1", 0))
        port: int = held.getsockname()[1]
        if not hasattr(socket, "SO_REUSEPORT"):  # Windows: it cannot be shared, so it is only likely to stay free
            held.close()
        yield port


def _watch(running: Sequence["subprocess.Popen[bytes]"]) -> int:
    """Wait until all have ended, or one has failed."""
    while True:
        try:
            status = [process.poll() for process in running]
            failed = [number for number, code in enumerate(status) if code]
            if failed:
                code = status[failed[0]] or 0
                how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with status {code}"
                sys.stderr.write(
                    f"nn.distributed: process {failed[0]} of {len(running)} {how}, so the others are ended; the same "
                    "command goes on from the last checkpoint, if one is kept\n"
                )
                return code if code > 0 else 128 - code
            if None not in status:
                return 0
            time.sleep(0.05)
        except KeyboardInterrupt:  # the processes have got it too, and end after the same step
            continue


def _end(running: Sequence["subprocess.Popen[bytes]"]) -> None:
    deadline = time.monotonic() + PATIENCE
    for process in running:
        if process.poll() is None:
            process.terminate()
    for process in running:
        try:
            process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _terminated(*_: object) -> None:
    sys.exit(128 + signal.SIGTERM)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m nn.distributed",
        description="Run a script that calls nn.distributed.fit as several processes on this machine.",
    )
    parser.add_argument("-n", "--processes", type=int, default=os.cpu_count() or 1, help="how many; else one a core")
    parser.add_argument("-m", "--module", action="store_true", help="the script is the name of a module")
    parser.add_argument("script", help="a file")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="of the script")
    options = parser.parse_args(arguments)
    if options.processes < 1:
        parser.error(f"--processes must be at least 1, not {options.processes}")
    return launch([*(["-m"] if options.module else []), options.script, *options.arguments], options.processes)
