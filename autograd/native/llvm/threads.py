"""Samples shared among threads, which take them part by part as they get to it."""

import _thread
import ctypes
import functools
import os
import time
import weakref
from queue import SimpleQueue
from typing import Any

import numpy as np

from autograd.native.llvm.backend import LLVMKernel, Module, host
from autograd.native.llvm.signature import KERNEL, SAMPLES
from autograd.native.planning.plan import Plan

PARTS = 16  # for each thread: small ones, so that none waits long for another
PARTS_WITH_SUMS = 4  # each has slots of its own
MOST_LOOKS = 20_000  # at whether all is done before the thread that waits sleeps: some 100 µs


class Job(ctypes.Structure):
    """What the machine code is told, and where it counts; the fields are those of %Job below."""

    keeps: Any = None
    """The memory that the fields point to."""

    _fields_ = (
        ("next", ctypes.c_int64),  # part to take
        ("done", ctypes.c_int64),  # parts
        ("count", ctypes.c_int64),  # of parts
        ("size", ctypes.c_int64),  # of a part, in samples
        ("n", ctypes.c_int64),  # samples
        ("weight", ctypes.c_double),
        ("kernel", ctypes.c_void_p),
        ("pointers", ctypes.c_void_p),  # where each input and output begins
        ("strides", ctypes.c_void_p),  # of each
        ("inputs", ctypes.c_int64),
        ("columns", ctypes.c_int64),  # inputs and outputs
        ("slots", ctypes.c_void_p),  # of the first part
        ("own", ctypes.c_int64),  # slots from one part's to the next's
    )


_TEXT = """\
%Job = type { i64, i64, i64, i64, i64, double, ptr, ptr, ptr, i64, i64, ptr, i64 }

; Takes parts of the samples until none is left.
define dso_local void @share(ptr %job, ptr %strips) nounwind {
entry:
  %fields = load %Job, ptr %job
  %done = getelementptr %Job, ptr %job, i64 0, i32 1
  %count = extractvalue %Job %fields, 2
  %size = extractvalue %Job %fields, 3
  %n = extractvalue %Job %fields, 4
  %weight = extractvalue %Job %fields, 5
  %kernel = extractvalue %Job %fields, 6
  %pointers = extractvalue %Job %fields, 7
  %strides = extractvalue %Job %fields, 8
  %inputs = extractvalue %Job %fields, 9
  %columns = extractvalue %Job %fields, 10
  %slots = extractvalue %Job %fields, 11
  %own = extractvalue %Job %fields, 12
  %input = alloca ptr, i64 %columns
  %output = getelementptr ptr, ptr %input, i64 %inputs
  %output_stride = getelementptr i64, ptr %strides, i64 %inputs
  br label %take
take:
  %part = atomicrmw add ptr %job, i64 1 acq_rel
  %taken = icmp slt i64 %part, %count
  br i1 %taken, label %begin, label %end
begin:
  %first = mul i64 %part, %size
  %left = sub i64 %n, %first
  %is_last = icmp slt i64 %left, %size
  %samples = select i1 %is_last, i64 %left, i64 %size
  br label %column
column:
  %k = phi i64 [ 0, %begin ], [ %k_next, %place ]
  %more = icmp slt i64 %k, %columns
  br i1 %more, label %place, label %work
place:
  %pointer_k = getelementptr ptr, ptr %pointers, i64 %k
  %stride_k = getelementptr i64, ptr %strides, i64 %k
  %start = load ptr, ptr %pointer_k
  %stride = load i64, ptr %stride_k
  %offset = mul i64 %stride, %first
  %here = getelementptr double, ptr %start, i64 %offset
  %input_k = getelementptr ptr, ptr %input, i64 %k
  store ptr %here, ptr %input_k
  %k_next = add i64 %k, 1
  br label %column
work:
  %slot = mul i64 %part, %own
  %part_slots = getelementptr double, ptr %slots, i64 %slot
  CALL
  %before = atomicrmw add ptr %done, i64 1 acq_rel
  br label %take
end:
  ret void
}

; Whether all parts are done: looks until they are, at most %most times.
define dso_local i1 @wait(ptr %job, i64 %most) nounwind {
entry:
  %done = getelementptr %Job, ptr %job, i64 0, i32 1
  %count_at = getelementptr %Job, ptr %job, i64 0, i32 2
  %count = load i64, ptr %count_at
  br label %look
look:
  %looks = phi i64 [ 1, %entry ], [ %more, %again ]
  %now = load atomic i64, ptr %done acquire, align 8
  %all = icmp sge i64 %now, %count
  %enough = icmp sge i64 %looks, %most
  %leave = or i1 %all, %enough
  br i1 %leave, label %end, label %again
again:
  PAUSE
  %more = add i64 %looks, 1
  br label %look
end:
  ret i1 %all
}
"""


@functools.cache
def _functions() -> tuple[Any, Any]:
    """`share` and `wait`."""
    call = KERNEL.call(
        "%kernel", phases=SAMPLES, X="%input", S="%strides", n="%samples", weight="%weight", U="%part_slots",
        R="%strips", O="%output", P="%output_stride",
    )  # fmt: skip
    is_x86 = host().triple.startswith(("x86", "i686"))
    text = _TEXT.replace("CALL", call).replace("PAUSE", "call void @llvm.x86.sse2.pause()" if is_x86 else "")
    module = Module(text + ("declare void @llvm.x86.sse2.pause()\n" if is_x86 else ""), ["share", "wait"])
    share = module.function("share", ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p))
    wait = module.function("wait", ctypes.CFUNCTYPE(ctypes.c_bool, ctypes.c_void_p, ctypes.c_int64))
    return share, wait


class _Helper:
    """A thread that has its share in every job it is given."""

    def __init__(self, share: Any, strips: Any) -> None:
        self._share, self._strips, self._process = share, strips, 0

    def give(self, job: Job) -> None:
        """Let the thread have its share; it is started if it is not there, or no more, as after a fork."""
        if self._process != os.getpid():
            jobs: SimpleQueue[Job | None] = SimpleQueue()
            end = weakref.finalize(self, jobs.put, None)
            # A bare one: while those of `threading` start, an interrupt may leave their locks taken.
            _thread.start_new_thread(_serve, (jobs, self._share, self._strips))
            self._jobs, self._end, self._process = jobs, end, os.getpid()
        self._jobs.put(job)


def _serve(jobs: "SimpleQueue[Job | None]", share: Any, strips: Any) -> None:
    at = strips.ctypes.data
    for job in iter(jobs.get, None):
        share(ctypes.addressof(job), at)
        del job  # and the memory it keeps, while this waits for another


class Threads:
    """Runs the samples of a kernel on several threads.

    Args:
        plan: What the kernel computes.
        code: Its machine code.
        strips: The strips' memory, one for each thread.
    """

    def __init__(self, plan: Plan, code: LLVMKernel, strips: list[Any]) -> None:
        self.plan, self.code, self.strips = plan, code, strips
        self._share, self._wait = _functions()
        self._strips_at = strips[0].ctypes.data
        self._helpers = [_Helper(self._share, own) for own in strips[1:]]

    def run(self, pointers: Any, strides: Any, n: int, weight: float, slots: Any, arrays: Any) -> None:
        """All samples; results do not depend on which thread took which part.

        Every part is summed in slots of its own; then these are added, always in one order.  The job keeps all memory
        that the helpers read and write, and the next one gets none of it: a call that is interrupted leaves them at
        work on what nobody looks at any more, until they have done the parts they are at.

        Args:
            pointers: Where it is written where each input and output begins.
            strides: Where their strides are, in numbers.
            n: How many samples.
            weight: As for `Kernel.run`.
            slots: As for `Kernel.run`.
            arrays: The memory of inputs and outputs.
        """
        plan, code = self.plan, self.code
        most = (PARTS_WITH_SUMS if plan.weighted else PARTS) * len(self.strips)
        size = -(-n // (most * code.block)) * code.block
        count = -(-n // size)
        own = np.tile(slots, (count if plan.weighted else 1, 1))
        pointers, strides = pointers.copy(), strides.copy()
        columns = plan.inputs + len(plan.strip_outputs)
        job = Job(
            0, 0, count, size, n, weight, code.address, pointers.ctypes.data, strides.ctypes.data, plan.inputs, columns,
            own.ctypes.data, len(slots) if plan.weighted else 0,
        )  # fmt: skip
        job.keeps = code, own, pointers, strides, arrays
        try:
            for helper in self._helpers:
                helper.give(job)
            self._share(ctypes.addressof(job), self._strips_at)
            while not self._wait(ctypes.addressof(job), MOST_LOOKS):
                time.sleep(1e-4)
        except BaseException:
            job.next = count  # the parts that nobody has taken are left
            raise
        if plan.weighted:
            sums = slice(plan.sums.start, plan.sums.start + plan.count_of_sums)
            slots[sums] = own[:, sums].sum(axis=0)
