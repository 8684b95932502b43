"""A function of machine code that is there at once, and gets faster when it is called often.

LLVM takes a tenth of the time when it optimises nothing, and a fifth more time then goes into each call.  So a long
program begins with that, and only one that is called many times is compiled again, on a thread that nobody waits for.
The text asks for every operation as IEEE 754 rounds it, so both give the same numbers to the last bit.
"""

import os
from collections.abc import Callable
from typing import Any

from autograd.native.llvm.backend import Module, behind
from autograd.native.llvm.signature import Function

SHORT = 4000  # lines of a text that LLVM optimises at once: a tenth of a second
MANY_CALLS = 100  # after which a longer one is optimised


class Tiers:
    """One function of a text; `module` is what has its machine code now.

    Args:
        text, known, keep: As for `Module`.
        name: The function.
        wait: Whether to optimise at once, however long that takes.
    """

    def __init__(
        self,
        text: str | Callable[[], str],
        name: str,
        wait: bool = False,
        known: bytes | None = None,
        keep: Callable[[bytes], Any] | None = None,
    ) -> None:
        self._text, self._name, self._keep = text, name, keep
        at_once = wait or not isinstance(text, str) or text.count("\n") <= SHORT
        self.module = Module(text, [name], at_once, known, keep)
        self.calls_left, self._process = MANY_CALLS, 0
        """Until other machine code is made."""
        self._told: list[Callable[[], Any]] = []

    @property
    def is_final(self) -> bool:
        """Whether it stays as it is."""
        return self.module.is_optimised

    @property
    def address(self) -> int:
        """Where the function is now; it stays there as long as `module`."""
        return self.module.addresses[self._name]

    def function(self, prototype: Any) -> Function:
        """The function as it is now, for Python to call."""
        return self.module.function(self._name, prototype)

    def on_replacement(self, tell: Callable[[], Any]) -> None:
        """Have this called whenever there is other machine code, on another thread; then ask what there is now.

        There may be another between two questions, so that whoever asks keeps the `module` of what it asked for.
        """
        self._told.append(tell)

    def called(self, times: int = 1) -> None:
        """Count calls; after many, other machine code is made."""
        if self.is_final:
            return
        self.calls_left -= times
        if self.calls_left <= 0 and self._process != os.getpid():  # a fork has none of the threads
            self._process = os.getpid()
            behind(self._optimise)

    def _optimise(self) -> None:
        self.module = Module(self._text, [self._name], keep=self._keep)
        for tell in list(self._told):
            tell()
