"""What happens to an operation here and now: one mode, which context managers change for their block.

A mode says whether operations record, who makes their nodes, who sweeps, and by what is being differentiated.  It is
frozen; each block puts a changed copy on top of the mode around it, in one ContextVar, so that every thread and every
asyncio task has its own.

A block is left by marking its entry, wherever that happens: a generator suspended inside may be collected in another
thread.  An entry that is marked no longer counts, in any context.  A block inside an async generator counts while that
runs; what its consumer does in between, and after leaving the loop early, is not inside.

An interrupt, as by Ctrl-C, may come before the first line of `__exit__`.  So what a `with` statement takes for its exit
is an object that nothing else holds: when the statement is done, however, it is gone, and with it the block is left.
"""

import functools
import inspect
import sys
import weakref
from _thread import get_ident
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from types import FrameType
from typing import Any, NamedTuple, Self, TypeVar

from autograd.accelerator import compiled

Function = TypeVar("Function", bound=Callable[..., Any])


class Mode(NamedTuple):
    """How operations are recorded and swept."""

    records: bool = True
    """Whether operations make nodes; if not, they make leaves."""
    make: Callable[..., Any] | None = None
    """Makes the node of (data, primitive, operands, partials) instead of the core; asked inside `no_grad` too."""
    traces: bool = False
    """Whether the numbers are examples only, so that frozen Values are operands like others."""
    watch: Any = None
    """What looks at every number, and sweeps in the place of `backpropagate`: see `autograd.checks.anomaly.Watch`."""
    witness: tuple[dict[Any, None], int] | None = None
    """Where the compiled core notes the operands of what is not recorded, and the number of the run; see `Witness`."""
    variables: tuple[Sequence[Any], ...] = ()
    """What the reverse-mode transforms at work differentiate by, the innermost last."""
    warns: bool = True
    """Whether there are DomainWarnings."""

    @property
    def is_usual(self) -> bool:
        """Whether operations record as they do outside of all blocks."""
        return self.records and self.make is None and self.watch is None and not self.traces


DEFAULT = Mode()


class Entry:
    """A block that was entered: its mode, and the entry around it."""

    __slots__ = ("frame", "held", "left", "mode", "outer", "pauses")

    def __init__(self, mode: Mode, outer: "Entry | None", frame: FrameType | None = None) -> None:
        self.mode = mode
        self.outer = outer
        self.left = False
        self.held: weakref.ref[Any] | None = None
        """The exit that a `with` statement holds."""
        self.frame = frame  # of an async generator, which runs if it was called by another frame
        self.pauses = frame is None and not mode.records and mode.make is None and not mode.traces
        """Whether the answer of fast paths is simply a leaf, as long as the block is not left."""

    @property
    def counts(self) -> bool:
        """Whether this block is at work here and now."""
        return not (self.left or (self.frame is not None and self.frame.f_back is None))


entry_here: ContextVar[Entry | None] = ContextVar("autograd_mode", default=None)

unusual: list[Entry] = []
"""The blocks of all threads whose mode is not usual: empty nearly always, which is what the fast paths look at."""


def current() -> Mode:
    """The mode here and now."""
    entry = entry_here.get()
    while entry is not None and not entry.counts:
        entry = entry.outer
    return DEFAULT if entry is None else entry.mode


def enter(entry: Entry) -> None:
    """Begin a block."""
    entry_here.set(entry)
    if not entry.mode.is_usual:
        unusual.append(entry)
    if compiled is not None:
        compiled.set_unusual(bool(unusual))


def leave(entry: Entry) -> None:
    """End a block, from whatever context; once more where that was interrupted."""
    entry.left = True
    entry.frame = None
    entry.pauses = False
    if entry in unusual:
        unusual.remove(entry)
    if compiled is not None:
        compiled.set_unusual(bool(unusual))
    here = entry_here.get()
    if here is entry:
        while here is not None and here.left:
            here = here.outer
        entry_here.set(here)


class _Exit:
    """`__exit__` of a block."""

    def __get__(self, block: "changed | None", kind: "type[changed]") -> Callable[..., None]:
        if block is None:  # as contextlib.ExitStack asks
            return kind.leave_last
        leaving = functools.partial(block.leave_last)  # an object of its own
        block._taken[get_ident()] = weakref.ref(leaving)
        return leaving


class changed:
    """Context manager and decorator: inside, the mode differs in these fields.

    A function that is decorated enters a block of its own at each call, a generator at each step.
    """

    def __init__(self, **changes: Any) -> None:
        self._changes = changes
        self._entries: list[Entry] = []  # one for each block that is open: several threads may share this object
        self._taken: dict[int, weakref.ref[Any]] = {}  # for each thread the exit that it has taken

    def __enter__(self) -> Self:
        frame = sys._getframe(1)
        is_async_generator = frame.f_code.co_flags & inspect.CO_ASYNC_GENERATOR
        by_contextlib = is_async_generator and frame.f_back and frame.f_back.f_globals.get("__name__") == "contextlib"
        mode = current()._replace(**self._changes)
        entry = Entry(mode, entry_here.get(), frame if is_async_generator and not by_contextlib else None)
        taken = self._taken.pop(get_ident(), None)
        leaving = taken and taken()
        if leaving is not None:
            entry.held = weakref.ref(leaving, lambda _: self._leave(entry))
        del leaving
        self._entries.append(entry)
        enter(entry)
        return self

    __exit__ = _Exit()

    def leave_last(self, *_: object) -> None:
        """End the innermost block of this object that is open here."""
        self._taken.pop(get_ident(), None)
        mine = entry_here.get()
        while mine is not None and mine not in self._entries:
            mine = mine.outer
        self._leave(mine or self._entries[-1])  # the last resort: a block that was entered in another context

    def _leave(self, entry: Entry) -> None:
        leave(entry)
        if entry in self._entries:
            self._entries.remove(entry)
        entry.held = None

    def __call__(self, function: Function) -> Function:
        """The function, inside such blocks."""
        again = functools.partial(changed, **self._changes)

        def call(*args: Any, **kwargs: Any) -> Any:
            with again():
                return function(*args, **kwargs)

        async def run(*args: Any, **kwargs: Any) -> Any:
            with again():
                return await function(*args, **kwargs)

        def generate(*args: Any, **kwargs: Any) -> Any:
            steps, resume, sent = function(*args, **kwargs), "send", None
            try:
                while True:
                    with again():
                        item = getattr(steps, resume)(sent)
                    try:
                        resume, sent = "send", (yield item)
                    except Exception as error:
                        resume, sent = "throw", error
            except StopIteration as stop:
                return stop.value
            finally:
                with again():
                    steps.close()

        async def generate_later(*args: Any, **kwargs: Any) -> Any:
            steps, resume, sent = function(*args, **kwargs), "asend", None
            try:
                while True:
                    with again():
                        item = await getattr(steps, resume)(sent)
                    try:
                        resume, sent = "asend", (yield item)
                    except Exception as error:
                        resume, sent = "athrow", error
            except StopAsyncIteration:
                return
            finally:
                with again():
                    await steps.aclose()

        kinds = (
            (inspect.isasyncgenfunction, generate_later),
            (inspect.isgeneratorfunction, generate),
            (inspect.iscoroutinefunction, run),
        )
        wrapper: Any = next((wrapper for is_kind, wrapper in kinds if is_kind(function)), call)
        wrapped: Any = functools.wraps(function)(wrapper)
        return wrapped  # type: ignore[no-any-return]


class no_grad(changed):
    """Context manager and decorator: inside, operations compute numbers and record nothing.

    Each thread, and each asyncio task, has its own.

    >>> from autograd import Value
    >>> w = Value(3.0)
    >>> with no_grad():
    ...     y = w * w
    >>> y.operands
    ()
    """

    def __init__(self) -> None:
        super().__init__(records=False)


class enable_grad(changed):
    """Context manager and decorator: inside, operations record, even within `no_grad`.

    >>> from autograd import Value
    >>> w = Value(3.0)
    >>> with no_grad(), enable_grad():
    ...     y = w * w
    >>> len(y.operands)
    2
    """

    def __init__(self) -> None:
        super().__init__(records=True)


def is_grad_enabled() -> bool:
    """Whether operations record, here and now: False inside `no_grad`.

    >>> with no_grad():
    ...     is_grad_enabled()
    False
    """
    return current().records
