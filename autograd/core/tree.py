"""Structures of numbers: nested lists, tuples, dicts and NumPy arrays, taken apart and put together again."""

import sys
from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any

from autograd.table.primitive import as_number, shown, unwrapped

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
        kind = tree.copy() if type(tree) is not dict else None  # an OrderedDict, a defaultdict

        def fill(source: Any) -> Any:
            filled = {key: part(source) for key, part in parts.items()}
            if kind is None:
                return filled
            made = kind.copy()
            for key, item in filled.items():  # a Counter's update() would add
                made[key] = item
            return made

        return fill
    if isinstance(tree, list | tuple) and all(child.__class__ is float for child in tree):
        leaves.extend(tree)  # the usual vector, in one go
        size = len(tree)
        make: Any = getattr(tree, "_make", type(tree))  # of a namedtuple
        return lambda source: make(islice(source, size))
    if isinstance(tree, list | tuple):
        children = [_take_apart(child, f"{role}[{i}]", leaves) for i, child in enumerate(tree)]
        return lambda source: _as_sequence(tree, [part(source) for part in children])
    if getattr(tree, "ndim", 0) > 0 and hasattr(tree, "tolist"):
        children = [_take_apart(child, f"{role}[{i}]", leaves) for i, child in enumerate(tree.ravel().tolist())]
        return lambda source: _array([part(source) for part in children], tree.shape)
    tree = unwrapped(tree)
    leaves.append(tree if hasattr(tree, "_apply_primitive") else as_number(tree, role))
    return next


def flatten_like(tree: Any, like: Any, role: str) -> list[Any]:
    """The leaves of a structure in the order of those of another one, which it must equal but for its numbers.

    Dicts are matched by their keys; lists, tuples and arrays of the same length stand for each other.
    Raises ValueError, naming the place, where the two differ.

    >>> flatten_like({"b": 1.0, "a": (2.0, 3.0)}, {"a": [0.0, 0.0], "b": 0.0}, "tangents")
    [2.0, 3.0, 1.0]
    """
    leaves: list[Any] = []
    _match(tree, like, role, leaves)
    return leaves


def _match(tree: Any, like: Any, role: str, leaves: list[Any]) -> None:
    tree, like = (x.tolist() if hasattr(x, "ndim") and hasattr(x, "tolist") else x for x in (tree, like))
    if isinstance(like, dict):
        if not isinstance(tree, dict) or tree.keys() != like.keys():
            raise ValueError(f"{role} must be a dict with the keys {list(like)}, not {shown(tree)}")
        for key, child in like.items():
            _match(tree[key], child, f"{role}[{key!r}]", leaves)
    elif isinstance(like, list | tuple):
        if not isinstance(tree, list | tuple) or len(tree) != len(like):
            found = f"length {len(tree)}" if isinstance(tree, list | tuple) else shown(tree)
            raise ValueError(f"{role} must have length {len(like)}, as what it belongs to, not {found}")
        if all(child.__class__ is float for child in tree) and all(child.__class__ is float for child in like):
            leaves.extend(tree)
            return
        for i, (child, other) in enumerate(zip(tree, like, strict=True)):
            _match(child, other, f"{role}[{i}]", leaves)
    elif like is None or tree is None:
        if tree is not like:
            raise ValueError(f"{role} must be {'None' if like is None else 'a number'}, not {shown(tree)}")
    elif isinstance(tree, list | tuple | dict):
        raise ValueError(f"{role} must be one number, not {shown(tree)}")
    else:
        leaves.append(tree if hasattr(tree, "_apply_primitive") else as_number(tree, role))


def _as_sequence(like: Any, items: list[Any]) -> Any:
    """The items as a list, a tuple or a namedtuple, as another one is."""
    return items if isinstance(like, list) else type(like)(*items) if hasattr(like, "_fields") else tuple(items)


def _array(entries: list[Any], shape: tuple[int, ...]) -> Any:
    """A NumPy array of the shape: of floats if all entries are, stacked if they are arrays, else of objects.

    If the entries are structures, as the gradients by several arguments are, the same structure of such arrays.
    """
    numpy = sys.modules["numpy"]
    first = entries[0] if entries else None
    if isinstance(first, dict):
        return {key: _array([entry[key] for entry in entries], shape) for key in first}
    if isinstance(first, list | tuple):
        return _as_sequence(first, [_array(list(column), shape) for column in zip(*entries, strict=True)])
    if all(entry.__class__ is float for entry in entries):
        return numpy.array(entries).reshape(shape)
    if entries and all(isinstance(entry, numpy.ndarray) for entry in entries):
        return numpy.stack(entries).reshape(shape + entries[0].shape)
    array = numpy.empty(len(entries), dtype=object)
    array[:] = entries
    return array.reshape(shape)


def map_leaves(function: Callable[[Any], Any], tree: Any) -> Any:
    """The same structure with `function` applied to its leaves; what is no number stays as it is."""
    if isinstance(tree, dict):
        return {key: map_leaves(function, child) for key, child in tree.items()}
    if isinstance(tree, list | tuple):
        return _as_sequence(tree, [map_leaves(function, child) for child in tree])
    if hasattr(tree, "_apply_primitive"):
        return function(tree)
    if getattr(getattr(tree, "dtype", None), "kind", "") == "O":
        mapped = tree.copy()
        mapped.ravel()[:] = [map_leaves(function, item) for item in tree.ravel().tolist()]
        return mapped
    return tree
