"""Feeding data to a model."""

import random
from collections.abc import Iterator, Sequence
from typing import Any


def minibatches(
    *columns: Sequence[Any], batch_size: int, shuffle: bool = True, seed: int | None = None
) -> Iterator[tuple[list[Any], ...]]:
    """One epoch: corresponding rows of the columns in batches, the last one maybe smaller.

    Args:
        columns: Sequences of one length: inputs, targets …
        batch_size: Rows a batch, at least 1.
        shuffle: In random order.
        seed: Of that order; None for another one each time.

    >>> list(minibatches([1, 2, 3], "abc", batch_size=2, shuffle=False))
    [([1, 2], ['a', 'b']), ([3], ['c'])]
    """
    lengths = [len(column) for column in columns]
    if len(set(lengths)) != 1:
        raise ValueError(f"minibatches: the columns must have one length, got {lengths}")
    if isinstance(batch_size, bool) or not isinstance(batch_size, int) or batch_size < 1:
        raise ValueError(f"minibatches: batch_size must be a whole number of at least 1, not {batch_size!r}")
    rows = list(range(lengths[0]))
    if shuffle:
        random.Random(seed).shuffle(rows)
    for start in range(0, len(rows), batch_size):
        chosen = rows[start : start + batch_size]
        yield tuple([column[i] for i in chosen] for column in columns)
