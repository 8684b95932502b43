"""What PyTorch gives for splits, batches and one-hot vectors, written to data_pytorch.json beside this file.

Made with torch 2.13.0 (CPU) by `python tests/references/data_pytorch.py`; the tests read the JSON and need no PyTorch.
"""

import json
from pathlib import Path

import torch
from torch.utils.data import DataLoader, random_split

FRACTIONS = [[0.7, 0.15, 0.15], [0.5, 0.5], [0.29, 0.71], [0.1, 0.2, 0.3, 0.4], [1 / 3, 1 / 3, 1 / 3], [0.99, 0.01]]


def split_lengths():
    """Lengths of the parts by number of samples and fractions."""
    return [
        [n, fractions, [len(part) for part in random_split(range(n), fractions)]]
        for n in (100, 101, 107, 150, 1797)
        for fractions in FRACTIONS
    ]


def batches():
    """Positions in the batches of an epoch in order, by number of samples, size and drop_last."""
    return [
        [n, size, drop_last, [batch.tolist() for batch in DataLoader(range(n), size, drop_last=drop_last)]]
        for n in (6, 7, 8)
        for size in (1, 3, 4, 6)
        for drop_last in (False, True)
    ]


def one_hot_vectors():
    """Vectors by classes and number of classes, -1 for as many as needed."""
    return [
        [classes, n_classes, torch.nn.functional.one_hot(torch.tensor(classes), n_classes).tolist()]
        for classes, n_classes in ([[0, 2, 1], -1], [[0, 2, 1], 5], [3, -1], [0, 4])
    ]


if __name__ == "__main__":
    found = {"random_split": split_lengths(), "batches": batches(), "one_hot": one_hot_vectors()}
    Path(__file__).with_suffix(".json").write_text(json.dumps(found) + "\n", encoding="utf-8")
