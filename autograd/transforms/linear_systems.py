"""Small dense linear systems."""

import math
from typing import Any

from autograd.arguments import shown
from autograd.core.graph import example_number
from autograd.core.mode import current
from autograd.core.tree import flatten
from autograd.table.primitives import dot, step, where


def solve(a: Any, b: Any) -> Any:
    """The x with a x = b, for a small dense matrix a: elimination with partial pivoting; `numpy.linalg.solve`.

    Args:
        a: A square matrix: n rows of n numbers, as lists, tuples or an array.
        b: n numbers, or n rows of as many numbers as there are right-hand sides.

    It is made of recorded operations, n³/3 of them; so are its derivatives by a and b, of every order, in every mode:
    dx = a⁻¹ (db − da x).  Machine code chooses the pivots anew at each call, by `where`.
    Raises ValueError, naming the pivot, if a is singular: a pivot of exactly 0, or one that is not finite.  (Machine
    code gives infinities and nan then, but for the numbers that it is recorded with.)

    >>> solve([[2.0, 1.0], [1.0, 3.0]], [3.0, 5.0])
    [0.8, 1.4]
    >>> from autograd import grad
    >>> grad(lambda a: solve([[a, 0.0], [1.0, 1.0]], [1.0, 0.0])[1])(2.0)
    0.25
    """
    left = _rows_of(a, "solve: a")
    right = _rows_of(b, "solve: b")
    size = len(left)
    for i, row in enumerate(left):
        if len(row) != size:
            raise ValueError(f"solve: a must be square, and row {i} of its {size} rows has length {len(row)}")
    if len(right) != size or len({len(row) for row in right}) > 1:
        raise ValueError(
            f"solve: b must have {size} numbers, one for each row of a, or {size} rows of equal length, not {shown(b)}"
        )
    _, rebuild = flatten(b, "solve: b")
    rows = [[*row, *sides] for row, sides in zip(left, right, strict=True)]
    for k in range(size):
        _pivot(rows, k)
        pivot = example_number(rows[k][k])
        if pivot == 0.0 or not math.isfinite(pivot):
            what = "singular" if pivot == 0.0 else "not finite"
            raise ValueError(f"solve: a is {what}: pivot {k}, the largest left in column {k}, is {pivot}")
        for i in range(k + 1, size):
            if rows[i][k].__class__ is not float or rows[i][k] != 0.0:
                factor = rows[i][k] / rows[k][k]
                rows[i][k + 1 :] = [x - factor * p for x, p in zip(rows[i][k + 1 :], rows[k][k + 1 :], strict=True)]
    found: list[list[Any]] = []  # from below
    for k in reversed(range(size)):
        known = [*zip(*reversed(found), strict=True)] or [()] * len(rows[k][size:])
        found.append(
            [
                (c - dot(rows[k][k + 1 : size], list(xs)) if xs else c) / rows[k][k]
                for c, xs in zip(rows[k][size:], known, strict=True)
            ]
        )
    return rebuild(x for row in reversed(found) for x in row)


def _pivot(rows: list[list[Any]], k: int) -> None:
    """Bring the row whose entry in column k is largest to place k."""
    if not current().traces:
        best = max(range(k, len(rows)), key=lambda i: abs(example_number(rows[i][k])))
        rows[k], rows[best] = rows[best], rows[k]
        return
    for i in range(k + 1, len(rows)):
        if rows[i][k].__class__ is float and rows[i][k] == 0.0:
            continue
        larger = step(abs(rows[i][k]) - abs(rows[k][k]))
        pairs = [*zip(rows[i], rows[k], strict=True)]
        rows[k] = [where(larger, x, y) for x, y in pairs]
        rows[i] = [where(larger, y, x) for x, y in pairs]


def _rows_of(matrix: Any, role: str) -> list[list[Any]]:
    """The rows of a matrix, or the numbers of a vector as rows of one."""
    rows = matrix.tolist() if hasattr(matrix, "tolist") and getattr(matrix, "ndim", 0) != 0 else matrix
    if not isinstance(rows, list | tuple):
        raise TypeError(f"{role} must be a list of rows or numbers, or an array, not {shown(matrix)}")
    return [flatten(row, f"{role}[{i}]")[0] for i, row in enumerate(rows)]
