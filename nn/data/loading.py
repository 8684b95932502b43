"""Feeding data to a model: pairs of inputs and targets, and minibatches of them."""

import copy
import operator
import random
import reprlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Self, SupportsIndex, overload

from autograd import arguments
from nn.inputs.checks import brief, called, check_keys, counted, finite_rows, flag, whole_number
from nn.inputs.sequences import is_sequence, shape_of, to_list
from nn.inputs.spellings import local_names

Row = list[float]
Pair = tuple[Row, Any]


class Dataset:
    """Pairs of inputs and targets, Sₙ = {(xᵢ, yᵢ)}, read from lists, NumPy arrays or pandas frames and checked once.

    Args:
        inputs: n × d numbers; n numbers count as n × 1.
        targets: n numbers, or n × s numbers; n × 1 count as n, as a model of one output gives a bare number.
        feature_names: Of the d columns; a DataFrame brings its own.
        target_names: Of the s columns of targets, or of the classes, as in scikit-learn.

    `dataset[i]` is the pair (xᵢ, yᵢ); a slice or a list of positions gives a Dataset.
    Raises TypeError for what is not a number (for text in targets see `classes_of`), ValueError for nan, inf, no
    samples, and lengths that differ; both say where.  Source: seeds, "What is a Dataset?".

    >>> dataset = Dataset([[0.0, 1.0], [1.0, 1.0], [2.0, 3.0]], [0, 1, 1])
    >>> dataset
    Dataset(3 samples, inputs (3, 2), targets (3,))
    >>> dataset[0]
    ([0.0, 1.0], 0)
    >>> dataset[1:].targets
    [1, 1]
    """

    def __init__(
        self,
        inputs: Any,
        targets: Any,
        feature_names: Iterable[str] | None = None,
        target_names: Iterable[str] | None = None,
    ) -> None:
        self.inputs: list[Row] = finite_rows("Dataset: inputs", inputs)
        rows = finite_rows("Dataset: targets", targets)
        if len(self.inputs) != len(rows):
            given = counted(len(rows), "target")
            raise ValueError(f"Dataset: {counted(len(self.inputs), 'input')}, but {given}; each input needs one")
        self.targets: list[Any] = [y for (y,) in rows] if len(rows[0]) == 1 else rows
        self.feature_names = _names(feature_names, inputs)
        self.target_names = _names(target_names, targets)
        if self.feature_names is not None and len(self.feature_names) != len(self.inputs[0]):
            columns = counted(len(self.inputs[0]), "column")
            raise ValueError(f"Dataset: feature_names are {len(self.feature_names)}, for {columns} of inputs")

    @classmethod
    def from_pairs(cls, pairs: Iterable[Any], **names: Iterable[str] | None) -> Self:
        """The dataset of an iterable of pairs (x, y); names as keyword arguments.

        >>> Dataset.from_pairs([([0.0, 1.0], 0), ([1.0, 1.0], 1)]).targets
        [0, 1]
        """
        if not hasattr(pairs, "__iter__") and not hasattr(pairs, "__getitem__"):
            raise TypeError(f"Dataset.from_pairs: expected pairs (x, y), got {type(pairs).__name__} {pairs!r}")
        inputs, targets = [], []
        for i, pair in enumerate(arguments.in_order(pairs, "Dataset.from_pairs: pairs")):
            if isinstance(pair, str) or not is_sequence(pair) or len(items := to_list(pair)) != 2:
                raise ValueError(f"Dataset.from_pairs: item {i} is not a pair (x, y), but {reprlib.repr(pair)}")
            inputs.append(items[0])
            targets.append(items[1])
        return cls(inputs, targets, **names)

    def __len__(self) -> int:
        return len(self.inputs)

    def __iter__(self) -> Iterator[Pair]:
        return iter(zip(self.inputs, self.targets, strict=True))

    @overload
    def __getitem__(self, index: SupportsIndex) -> Pair: ...

    @overload
    def __getitem__(self, index: slice | Iterable[SupportsIndex]) -> Self: ...

    def __getitem__(self, index: SupportsIndex | slice | Iterable[SupportsIndex]) -> Pair | Self:
        if isinstance(index, slice):
            return self._part(range(len(self))[index])
        if is_sequence(index):
            return self._part([self._position(i) for i in to_list(index, "Dataset: index")])
        i = self._position(index)
        return self.inputs[i], self.targets[i]

    def _position(self, index: Any) -> int:
        if isinstance(index, bool) or not hasattr(index, "__index__"):
            raise TypeError(
                f"Dataset: an index must be a whole number, a slice or a list of whole numbers, not {brief(index)}"
            )
        i = operator.index(index)
        if not -len(self) <= i < len(self):
            raise IndexError(f"Dataset: index {brief(i)} is out of range, it has {counted(len(self), 'sample')}")
        return i

    def _part(self, rows: Sequence[int]) -> Self:
        if not rows:
            raise ValueError("Dataset: no samples are chosen, and a dataset needs at least one")
        part = copy.copy(self)
        part.inputs = [self.inputs[i] for i in rows]
        part.targets = [self.targets[i] for i in rows]
        return part

    def __repr__(self) -> str:
        return (
            f"Dataset({counted(len(self), 'sample')}, inputs {shape_of(self.inputs)}, targets {shape_of(self.targets)})"
        )


def as_dataset(data: Any) -> Dataset:
    """A Dataset as it is; a tuple (X, y) of inputs and targets, or any other sequence of pairs, as a Dataset.

    >>> as_dataset(([[0.0], [1.0]], [0, 1]))
    Dataset(2 samples, inputs (2, 1), targets (2,))
    """
    if isinstance(data, Dataset):
        return data
    return Dataset(*data) if isinstance(data, tuple) and len(data) == 2 else Dataset.from_pairs(data)


def minibatches(
    *columns: Sequence[Any], batch_size: int, shuffle: bool = True, seed: int | None = None
) -> Iterator[tuple[list[Any], ...]]:
    """One epoch: corresponding rows of the columns in batches, the last one maybe smaller.

    Args:
        columns: Sequences of one length: inputs, targets …
        batch_size: Rows a batch, at least 1.
        shuffle: In random order.
        seed: Of that order; None for another one each time.

    Source: seeds, "Stochastic Optimization".

    >>> list(minibatches([1, 2, 3], "abc", batch_size=2, shuffle=False))
    [([1, 2], ['a', 'b']), ([3], ['c'])]
    """
    lengths = [len(column) for column in columns]
    if len(set(lengths)) != 1:
        raise ValueError(f"minibatches: the columns must have one length, got {lengths}")
    whole_number("minibatches: batch_size", batch_size)
    flag("minibatches: shuffle", shuffle)
    return _batches(columns, random_order(lengths[0], seed) if shuffle else range(lengths[0]), batch_size)


class DataLoader:
    """Minibatches (inputs, targets) of a dataset; each `for` over it is an epoch, shuffled in an order of its own.

    What is changed in a batch, such as noise that is added, changes no data.

    Args:
        dataset: A Dataset, a tuple (X, y), or a sequence of pairs.
        batch_size: Samples a batch; the last one is smaller if they do not divide.
        shuffle: Each epoch in another random order.
        drop_last: Leave a smaller last batch out.
        seed: Of all the orders: that of an epoch follows from seed and number of the epoch alone, so breaking off
            an epoch changes no later one.  None draws a seed, kept as `seed`.

    Argument order of `torch.utils.data.DataLoader`.  Raises ValueError for settings out of range, or if no batch is
    left.  Source: seeds, "Stochastic Optimization".

    >>> loader = DataLoader(([[0.0], [1.0], [2.0]], [0, 1, 4]), batch_size=2)
    >>> list(loader)
    [([[0.0], [1.0]], [0, 1]), ([[2.0]], [4])]
    >>> len(loader), loader.epoch
    (2, 1)
    """

    @local_names
    def __init__(
        self,
        dataset: Any,
        batch_size: int = 1,
        shuffle: bool = False,
        *,
        drop_last: bool = False,
        seed: int | None = None,
    ) -> None:
        self.dataset = as_dataset(dataset)
        self.batch_size = whole_number("DataLoader: batch_size", batch_size)
        self.shuffle = flag("DataLoader: shuffle", shuffle)
        self.drop_last = flag("DataLoader: drop_last", drop_last)
        self.seed = random.Random().getrandbits(32) if seed is None else whole_number("DataLoader: seed", seed, None)
        self.epoch = 0
        if len(self) == 0:
            raise ValueError(
                f"DataLoader: drop_last leaves no batch of {batch_size} in {counted(len(self.dataset), 'sample')}"
            )

    def __len__(self) -> int:
        n = len(self.dataset)
        return n // self.batch_size if self.drop_last else -(-n // self.batch_size)

    def __repr__(self) -> str:
        settings = {name: getattr(self, name) for name in ("batch_size", "shuffle", "drop_last", "seed")}
        return called("DataLoader", counted(len(self.dataset), "sample"), **settings)

    def __iter__(self) -> Iterator[tuple[list[Row], list[Any]]]:
        batches = _batches((self.dataset.inputs, self.dataset.targets), self.next_order(), self.batch_size)
        return ((_copied(inputs), _copied(targets)) for inputs, targets in batches)

    def next_order(self) -> Sequence[int]:
        """The rows of the next epoch, one batch after the other."""
        n = len(self.dataset)
        # As text, because seeds that are sums would give epoch 1 of seed 0 and epoch 0 of seed 1 one order.
        order = random_order(n, f"{self.seed}, {self.epoch}") if self.shuffle else range(n)
        self.epoch += 1
        return order[: len(self) * self.batch_size]

    def state_dict(self) -> dict[str, int]:
        """Seed and number of the next epoch: all that the orders to come follow from."""
        return {"seed": self.seed, "epoch": self.epoch}

    def load_state_dict(self, state: Mapping[str, int]) -> None:
        """Continue where the loader of this state was; an epoch that had begun is not resumed.

        Raises KeyError or ValueError, and changes nothing, if it is not such a state.
        """
        check_keys("DataLoader", state, self.state_dict())
        seed = whole_number("DataLoader.load_state_dict: seed", state["seed"], None)
        self.epoch = whole_number("DataLoader.load_state_dict: epoch", state["epoch"], 0)
        self.seed = seed


def seeded(seed: int | str | None) -> random.Random:
    """The generator of this seed, a whole number or text; None for another one each time."""
    return random.Random(seed if seed is None or isinstance(seed, str) else whole_number("seed", seed, None))


def random_order(n: int, seed: int | str | None) -> list[int]:
    """The numbers 0 … n - 1 in the order of this seed; None for another one each time."""
    rows = list(range(n))
    seeded(seed).shuffle(rows)
    return rows


def _batches(columns: Iterable[Any], rows: Sequence[int], batch_size: int) -> Iterator[tuple[Any, ...]]:
    for start in range(0, len(rows), batch_size):
        chosen = rows[start : start + batch_size]
        yield tuple([column[i] for i in chosen] for column in columns)


def _copied(rows: list[Any]) -> list[Any]:
    """The rows as lists of their own, so that who changes a batch changes no data."""
    return [row.copy() if row.__class__ is list else row for row in rows]


def _names(names: Iterable[str] | None, data: Any) -> list[str] | None:
    if names is None:
        names = getattr(data, "columns", None)
    if isinstance(names, str):
        raise TypeError(f"Dataset: names must be a list of texts, not the text {names!r}")
    return None if names is None else [str(name) for name in arguments.in_order(names, "Dataset: names")]
