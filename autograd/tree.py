"""Structures of numbers: nested lists, tuples, dicts and NumPy arrays, taken apart and put together again."""

import sys
from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any

from autograd.primitive import as_number

Rebuild = Callable[[Iterable[Any]], Any]


def flatten(tree: Any, role: str) -> tuple[list[Any], Rebuild]:
    """The leaves of a structure in order, and the function that makes the same structure of other leaves.

    Leaves are numbers (as floats), Values and dual numbers; None stays None.  `role` names the structure in errors.

    >>> leaves, rebuild = flatten({"w": [1, 2], "b": 3.0}, "parameters")
    >>> leaves
    [1.0, 2.0, 3.0]
    >>> rebuild(x * 10 for x in leaves)
    {'w': [10.0, 20.0], 'b': 30.0}
    """
    leaves: list[Any] = []
    fill = _take_apart(tree, role, leaves)

    def rebuild(new_leaves: Iterable[Any]) -> Any:
        return fill(iter(new_leaves))

    return leaves, rebuild


def _take_apart(tree: Any, role: str, leaves: list[Any]) -> Callable[[Any], Any]:
    """Append the leaves below; return the function that takes as many from an iterator and puts them back."""
    if tree is None:
        return lambda _: None
    if isinstance(tree, dict):
        parts = {key: _take_apart(child, f"{role}[{key!r}]", leaves) for key, child in tree.items()}
        return lambda source: {key: part(source) for key, part in parts.items()}
    if isinstance(tree, list | tuple) and all(child.__class__ is float for child in tree):
        leaves.extend(tree)  # the usual vector, in one go
        size = len(tree)
        make: Any = getattr(tree, "_make", type(tree))  # of a namedtuple
        return lambda source: make(islice(source, size))
    if isinstance(tree, list | tuple):
        children = [_take_apart(child, f"{role}[{i}]", leaves) for i, child in enumerate(tree)]
        if isinstance(tree, list):
            return lambda source: [part(source) for part in children]
        if hasattr(tree, "_fields"):  # a namedtuple
            return lambda source: type(tree)(*[part(source) for part in children])
        return lambda source: tuple([part(source) for part in children])
    if getattr(tree, "ndim", 0) > 0 and hasattr(tree, "tolist"):
        children = [_take_apart(child, f"{role}[{i}]", leaves) for i, child in enumerate(tree.ravel().tolist())]
        return lambda source: _array([part(source) for part in children], tree.shape)
    leaves.append(tree if hasattr(tree, "_apply_primitive") else as_number(tree, role))
    return next


def _array(entries: list[Any], shape: tuple[int, ...]) -> Any:
    """A NumPy array of the shape: of floats if all entries are, stacked if they are arrays, else of objects."""
    numpy = sys.modules["numpy"]
    if all(entry.__class__ is float for entry in entries):
        return numpy.array(entries).reshape(shape)
    if entries and all(isinstance(entry, numpy.ndarray) for entry in entries):
        return numpy.stack(entries).reshape(shape + entries[0].shape)
    array = numpy.empty(len(entries), dtype=object)
    array[:] = entries
    return array.reshape(shape)


def map_leaves(function: Callable[[Any], Any], tree: Any) -> Any:
    """The same structure with `function` applied to its leaves; what is no structure of numbers stays as it is."""
    try:
        leaves, rebuild = flatten(tree, "result")
    except TypeError:
        return tree
    return rebuild(function(leaf) for leaf in leaves)
