"""What the Dropouts of a model draw, for machine code: leaves while it is recorded, numbers for each sample later."""

import functools
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, cast

from nn.inputs.optional import require
from nn.models.layers import Dropout
from nn.models.module import Module


class _Source:
    """In the place of a generator: draws what it is told to."""

    def __init__(self, draw: Callable[[], Any]) -> None:
        self._draw = draw

    def uniform(self, low: float, high: float) -> Any:  # noqa: ARG002  # of a generator; Dropout asks for [0, 1)
        return self._draw()


class Draws:
    """The draws of the Dropouts of a model for one sample, in the order in which they are made.

    A generator draws for one sample after the other, as in training without machine code, and so the same numbers.

    >>> from random import Random
    >>> dropout = Dropout(0.5, rng=Random(0))
    >>> draws = Draws(dropout)
    >>> with draws.recorded(lambda: 0.25):
    ...     dropout([1.0, 1.0, 1.0])
    [0.0, 0.0, 0.0]
    >>> draws.numbers(2).shape, len(draws.leaves)
    ((2, 3), 3)
    """

    def __init__(self, model: Module) -> None:
        self._dropouts = [module for module in model.modules() if isinstance(module, Dropout) and module.p]
        self.leaves: list[Any] = []
        """What `recorded` has given, one for each draw."""
        self._columns: dict[Any, list[int]] = {}  # of each generator

    def __bool__(self) -> bool:
        """Whether there is anything to draw."""
        return bool(self._dropouts)

    def recorded(self, leaf: Callable[[], Any]) -> AbstractContextManager[None]:
        """Inside, each draw gives a leaf, and is remembered."""
        self.leaves, self._columns = [], {}

        def draw(rng: Any) -> Any:
            self._columns.setdefault(rng, []).append(len(self.leaves))
            self.leaves.append(leaf())
            return self.leaves[-1]

        return self._given(draw)

    def nothing_dropped(self) -> AbstractContextManager[None]:
        """Inside, each draw gives 1, for which every number is kept."""
        return self._given(lambda _: 1.0)

    @contextmanager
    def _given(self, draw: Callable[[Any], Any]) -> Iterator[None]:
        generators = [dropout.rng for dropout in self._dropouts]
        try:
            for dropout, rng in zip(self._dropouts, generators, strict=True):
                dropout.rng = cast(Any, _Source(functools.partial(draw, rng)))
            yield
        finally:
            for dropout, rng in zip(self._dropouts, generators, strict=True):
                dropout.rng = rng

    def numbers(self, n: int) -> Any:
        """New draws for n samples, n × the number of leaves."""
        found = require("numpy", "compiled Dropout").empty((n, len(self.leaves)))
        for rng, columns in self._columns.items():
            uniform = rng.uniform
            drawn = [uniform(0.0, 1.0) for _ in range(n * len(columns))]
            found[:, columns] = [drawn[i : i + len(columns)] for i in range(0, len(drawn), len(columns))]
        return found
