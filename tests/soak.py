"""Threads × first calls × interrupts × forks, for as many seconds as is said: `python tests/soak.py 600`.

Prints how often each was done; ends with an error if a number is another one, and with a trace if something hangs.
"""

import contextlib
import faulthandler
import gc
import math
import os
import random
import signal
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import numpy as np

import autograd
from autograd import Value, jit, value_and_grad

HANGS = 120  # seconds
DATA = np.random.default_rng(0).random((100_000, 1))
done: Counter[str] = Counter()
wrong: list[str] = []


def check(what, found, expected):
    done[what] += 1
    if found != expected and not math.isclose(found, expected, rel_tol=1e-12, abs_tol=1e-12):
        wrong.append(f"{what}: {found!r}, not {expected!r}")


def fresh(k):
    return jit(value_and_grad(lambda x: (x * k).sin() + k))


def check_fresh(what, f, k, x):
    value, slope = f(x)
    check(what, value, math.sin(x * k) + k)
    check(what, slope, k * math.cos(x * k))


class Model:
    """With a method that is jitted."""

    def __init__(self, w):
        self.w = Value(w)

    @jit
    def scaled(self, x):
        return self.w * x


def loss(k, threads):
    x, w = Value(1.0), Value(2.0)
    return autograd.compile((x * w * k).tanh() ** 2, [x], [w], threads=threads)


def first_calls_by_many(pool, rng):
    k = rng.random() + 0.5
    f = fresh(k)
    list(pool.map(lambda i: check_fresh("calls by a pool", f, k, 0.1 * i), range(40)))
    if len(f._entries) != 1:
        wrong.append(f"{len(f._entries)} entries of one function")


def door_alone(_, rng):
    k = rng.random() + 0.5
    f, other = jit(lambda x: x * k), jit(lambda x: x * k)
    f(1.0)
    doors = f.open_doors
    del f
    gc.collect()
    for door in doors:
        other.open_door(door)
    check("calls of a door alone", other(3.0), 3.0 * k)


def fresh_arguments(_, rng):
    w = rng.random()
    check("methods", Model(w).scaled(2.0), 2.0 * w)
    check("fresh functions as arguments", apply(lambda x: x * w, 3.0), 3.0 * w)
    if len(apply._entries) > 3 + len(workers):
        wrong.append(f"{len(apply._entries)} entries of functions that are no more")


@jit
def apply(function, x):
    return function(x)


def interrupted(_, rng):
    k = rng.random() + 0.5
    f = fresh(k)
    longest = rng.choice([1e-4, 1e-3, 1e-2])
    calls = [
        lambda: f(0.5),
        lambda: shared_loss.value_and_grad(DATA),
        lambda: loss(k, 2).value_and_grad(DATA),
        lambda: shared_array(DATA),
    ]
    try:
        try:
            signal.setitimer(signal.ITIMER_REAL, max(2e-5, rng.random() * longest))
            rng.choice(calls)()
        finally:
            while True:
                with contextlib.suppress(KeyboardInterrupt):
                    signal.setitimer(signal.ITIMER_REAL, 0)
                    break
    except KeyboardInterrupt:
        done["interrupts"] += 1
    check_fresh("calls after an interrupt", f, k, 0.7)
    check("batches after an interrupt", shared_loss.value_and_grad(DATA)[0], shared_number)
    check("arrays after an interrupt", float(shared_array(DATA).sum()), shared_sum)
    if not (autograd.is_grad_enabled() and (Value(1.0) + 1.0).operands):
        wrong.append("the mode of an interrupted call is still on")


def forked(_, rng):
    k = rng.random() + 0.5
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)  # faulthandler has no thread here
        signal.alarm(HANGS // 2)
        try:
            del wrong[:]
            check_fresh("", fresh(k), k, 0.3)
            check_fresh("", hot, 1.25, 0.3)
            check("", shared_loss.value_and_grad(DATA)[0], shared_number)
            check("", float(shared_array(DATA).sum()), shared_sum)
            check("", Model(k).scaled(2.0), 2.0 * k)
            if wrong:
                print(wrong, flush=True)
        except BaseException as error:
            wrong.append(repr(error))
            print("in a fork:", repr(error), flush=True)
        os._exit(len(wrong) > 0)
    status = os.waitpid(child, 0)[1]
    done["forks"] += 1
    if status:
        wrong.append(f"a fork ended with {status}")


def work(number):
    """What the other threads do all the time."""
    rng = random.Random(number)
    own = loss(1.0, 1)
    expected = own.value_and_grad(DATA[:100])[0]
    while time.time() < end:
        try:
            k = rng.random() + 0.5
            f = fresh(k)
            for _ in range(5):
                check_fresh("calls by other threads", f, k, rng.random())
                check_fresh("calls by other threads", hot, 1.25, rng.random())
            check("batches by other threads", own.value_and_grad(DATA[:100])[0], expected)
            check("batches by other threads", shared_loss.value_and_grad(DATA)[0], shared_number)
            check("arrays by other threads", float(shared_array(DATA).sum()), shared_sum)
            check("fresh functions as arguments", apply(lambda x, k=k: x * k, 3.0), 3.0 * k)
        except BaseException as error:
            wrong.append(f"in a thread: {error!r}")
            raise


def interrupt(*_):
    raise KeyboardInterrupt


if __name__ == "__main__":
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 60.0
    sys.setswitchinterval(1e-5)
    signal.signal(signal.SIGALRM, interrupt)
    end = time.time() + seconds
    hot = fresh(1.25)
    shared_loss = loss(0.75, 2)
    shared_number = shared_loss.value_and_grad(DATA)[0]
    shared_array = jit(lambda x: (x * 0.5).exp(), threads=2)
    shared_sum = float(shared_array(DATA).sum())
    workers = [threading.Thread(target=work, args=(i,), daemon=True) for i in range(2)]
    for worker in workers:
        worker.start()
    rng = random.Random(1)
    with ThreadPoolExecutor(8) as pool:
        while time.time() < end and not wrong:
            faulthandler.dump_traceback_later(HANGS, exit=True)
            rng.choice([first_calls_by_many, door_alone, fresh_arguments, interrupted, interrupted, forked])(pool, rng)
    for worker in workers:
        worker.join()
    for what, count in sorted(done.items()):
        print(f"{count:8} {what}")
    print(*wrong[:20], sep="\n")
    sys.exit(len(wrong) > 0)
