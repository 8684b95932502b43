"""Parts of a dataset to fit to, to choose by, and to judge by."""

import math
from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import Any

from nn.data.loading import Dataset, as_dataset, random_order
from nn.inputs.checks import brief, counted, flag, number, whole_number
from nn.inputs.sequences import is_sequence, to_list
from nn.inputs.spellings import local_names


@local_names
def random_split(dataset: Any, lengths: Sequence[float], seed: int | None = None) -> list[Dataset]:
    """Disjoint random parts of a dataset, of these lengths: whole numbers that sum to n, or fractions that sum to 1.

    Of fractions f the lengths are ⌊f·n⌋, and what is left over goes round, one each, as in
    `torch.utils.data.random_split`.  Raises ValueError if the sums are others or a part would be empty.

    >>> [len(part) for part in random_split(Dataset(range(10), range(10)), [0.5, 0.25, 0.25], seed=0)]
    [6, 2, 2]
    """
    dataset = as_dataset(dataset)
    sizes = _part_sizes("random_split", len(dataset), lengths)
    return _cut(dataset, random_order(len(dataset), seed), sizes)


@local_names
def train_validation_test_split(
    dataset: Any, validation: float = 0.15, test: float = 0.15, seed: int | None = None, *, stratify: bool = False
) -> tuple[Dataset, Dataset, Dataset]:
    """The parts to fit to, to choose settings by, and to judge the result by, drawn at random.

    Args:
        dataset: A Dataset, a tuple (X, y), or a sequence of pairs.
        validation, test: Their fractions; for two parts see `random_split`.
        seed: Of the draw; None for another one each time.
        stratify: Each class, a number as target, in about the same proportion in all parts.

    Source: seeds, "Generalization can be tested by using a separate test dataset".

    >>> train, validation, test = train_validation_test_split(Dataset(range(20), range(20)), seed=0)
    >>> len(train), len(validation), len(test)
    (14, 3, 3)
    """
    dataset = as_dataset(dataset)
    validation = number("train_validation_test_split: validation", validation, high=1.0)
    test = number("train_validation_test_split: test", test, high=1.0)
    sizes = _part_sizes("train_validation_test_split", len(dataset), [1.0 - validation - test, validation, test])
    order = _drawn("train_validation_test_split", dataset, seed, stratify)
    train_part, validation_part, test_part = _cut(dataset, order, sizes)
    return train_part, validation_part, test_part


@local_names
def k_fold(
    dataset: Any, n_splits: int = 5, seed: int | None = None, *, stratify: bool = False
) -> list[tuple[Dataset, Dataset]]:
    """Cross-validation: n_splits pairs (training, validation), each sample in one validation part.

    Arguments as for `train_validation_test_split`.  The first n mod n_splits parts hold one sample more, as in
    scikit-learn's KFold.  Raises ValueError unless 2 ≤ n_splits ≤ n.

    >>> [len(validation) for _, validation in k_fold(Dataset(range(10), range(10)), n_splits=4, seed=0)]
    [3, 3, 2, 2]
    """
    dataset = as_dataset(dataset)
    n = len(dataset)
    if whole_number("k_fold: n_splits", n_splits, 2) > n:
        advice = f"give n_splits of at most {n}" if n > 1 else "there must be at least two"
        raise ValueError(f"k_fold: {brief(n_splits)} parts cannot be made of {counted(n, 'sample')}; {advice}")
    order = _drawn("k_fold", dataset, seed, stratify)
    bounds = [i * (n // n_splits) + min(i, n % n_splits) for i in range(n_splits + 1)]
    return [(dataset[order[:a] + order[b:]], dataset[order[a:b]]) for a, b in pairwise(bounds)]


def _drawn(name: str, dataset: Dataset, seed: int | None, stratify: bool) -> list[int]:
    """A random order; if stratified, with every class spread evenly, so that any stretch has its share of each."""
    order = random_order(len(dataset), seed)
    if not flag(f"{name}: stratify", stratify):
        return order
    if is_sequence(dataset.targets[0]):
        raise ValueError(f"{name}: to stratify, the targets must be one number each, not {dataset.targets[0]}")
    members: dict[Any, list[int]] = {}
    for i in order:
        members.setdefault(dataset.targets[i], []).append(i)
    # Classes start at steps of the golden ratio, which are spread evenly however many there are: with one start
    # for all, the members of all classes would stand side by side, and the first part would get more than its share.
    place = {
        i: (j + (k * 0.6180339887498949) % 1.0) / len(rows)
        for k, rows in enumerate(members.values())
        for j, i in enumerate(rows)
    }
    return sorted(place, key=place.__getitem__)


def _part_sizes(name: str, n: int, lengths: Sequence[float]) -> list[int]:
    """Whole numbers as they are; of fractions the numbers of samples."""
    lengths = to_list(lengths, name)
    whole = all(hasattr(length, "__index__") for length in lengths)
    try:
        fits = all(length > 0 for length in lengths) and math.isclose(math.fsum(lengths), n if whole else 1)
    except (TypeError, OverflowError):  # no numbers, or none that fit a float
        fits = False
    if not fits:
        raise ValueError(
            f"{name}: the parts must be whole numbers that sum to {n}, or fractions that sum to 1, all positive, "
            f"not {brief(lengths)}"
        )
    sizes = [math.floor(length if whole else n * length) for length in lengths]
    left = n - sum(sizes)  # at most one for each part
    sizes = [size + (i < left) for i, size in enumerate(sizes)]
    if 0 in sizes:
        raise ValueError(f"{name}: {lengths} is too much of {counted(n, 'sample')}: a part would be empty")
    return sizes


def _cut(dataset: Dataset, order: list[int], sizes: Sequence[int]) -> list[Dataset]:
    return [dataset[order[a:b]] for a, b in pairwise(accumulate(sizes, initial=0))]
