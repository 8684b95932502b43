"""Structures of numbers: nested lists, tuples, dicts and NumPy arrays, taken apart and put together again."""

import functools
import sys
import weakref
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from types import MethodType
from typing import Any

from autograd.arguments import numpy_array, shown
from autograd.table.primitive import as_number, unwrapped

Rebuild = Callable[[Iterable[Any]], Any]
Structure = Any
"""What is left of a structure without its leaves: a key of dicts, equal for structures that differ in leaves only."""
NUMBER = "number"
"""The structure of a leaf."""
CONSTANT = ("static", "fixed", "weak")
"""Kinds of structures that hold something, and no leaves."""


class Static:
    """Something that belongs to the structure in which it stands, whatever it is."""

    def __init__(self, value: Any) -> None:
        self.value = value


class Fixed(Static):
    """The same of something hashable, as which anything else counts that is equal and of its class."""


def take_apart(
    tree: Any, leaves: list[Any], *, whole: bool = False, weak: bool = False, role: str = "an argument"
) -> Structure:
    """Append the leaves of a structure, as they are; return the rest of it.

    Args:
        tree: Nested lists, tuples and dicts.
        leaves: What is added to.
        whole: Whether arrays are leaves, and text, truth values and functions belong to the structure; else arrays are
            structures of their elements, and only None belongs to it.
        weak: Whether the functions and `Static` things in the structure may go while it stays.
        role: What it is, for the error of an array that is none of NumPy's, or has masked entries.
    """
    if tree.__class__ is float or hasattr(tree, "_apply_primitive"):
        leaves.append(tree)
        return NUMBER
    if isinstance(tree, list | tuple):
        make = type(tree) if hasattr(tree, "_make") else list if isinstance(tree, list) else tuple  # a namedtuple
        return "sequence", make, _parts(tree, leaves, whole, weak, role)
    if isinstance(tree, dict):
        parts = tuple([take_apart(child, leaves, whole=whole, weak=weak, role=role) for child in tree.values()])
        blank = None if type(tree) is dict else _Blank(tree)
        return "dict", blank, tuple(map(type, tree)), tuple(tree), parts  # 1 and True are equal keys
    if not whole and getattr(tree, "ndim", 0) > 0 and hasattr(tree, "tolist"):
        return "array", tree.shape, _parts(numpy_array(tree, role).ravel().tolist(), leaves, whole, weak, role)
    if tree is None or (whole and isinstance(tree, bool | str | bytes)):
        return "static", tree
    if isinstance(tree, Fixed):
        return "fixed", tree.value, type(tree.value)
    if whole and (isinstance(tree, Static) or callable(tree)):
        value = tree.value if isinstance(tree, Static) else tree
        return _weakly(value) if weak else ("static", value)
    leaves.append(tree)
    return NUMBER


def _weakly(value: Any, forget: Callable[[Any], Any] | None = None) -> Structure:
    try:
        return "weak", (weakref.WeakMethod if value.__class__ is MethodType else weakref.ref)(value, forget)
    except TypeError:  # there are no weak references to some kinds
        return "static", value


def watched(structure: Structure, forget: Callable[[Any], Any]) -> Structure:
    """An equal structure; `forget` is called when something goes that it holds weakly."""
    if not isinstance(structure, tuple):
        return structure
    if len(structure) == 2 and isinstance(structure[1], weakref.ref):
        return _weakly(structure[1](), forget)
    return tuple([watched(part, forget) for part in structure])


def _parts(children: Any, leaves: list[Any], whole: bool, weak: bool, role: str) -> Any:
    """The structures of children; how many they are where all are leaves."""
    if all([child.__class__ is float for child in children]):  # noqa: C419  # the usual vector, in one go
        leaves.extend(children)
        return len(children)
    parts = tuple([take_apart(child, leaves, whole=whole, weak=weak, role=role) for child in children])
    return len(parts) if parts.count(NUMBER) == len(parts) else parts


class _Blank:
    """A dict of a kind of its own, an OrderedDict or a defaultdict, without its items."""

    def __init__(self, like: Any) -> None:
        self.like = like.copy()
        self.like.clear()
        self.kind = type(self.like), getattr(like, "default_factory", None)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Blank) and self.kind == other.kind

    def __hash__(self) -> int:
        return hash(self.kind)


def exchanged(structure: Structure, leaf: Callable[[Structure], Structure]) -> Structure:
    """The structure with what `leaf` makes of each number and each array in it, in order.

    >>> exchanged(("sequence", list, 2), lambda _: ("static", None))
    ('sequence', <class 'list'>, (('static', None), ('static', None)))
    """
    if structure == NUMBER or structure[0] == "array":
        return leaf(structure)
    if structure[0] in (*CONSTANT, "copied"):
        return structure
    *facts, parts = structure
    parts = tuple([exchanged(part, leaf) for part in ([NUMBER] * parts if isinstance(parts, int) else parts)])
    return *facts, counted_parts(structure, parts)


def counted_parts(structure: Structure, parts: tuple[Structure, ...]) -> Any:
    """The parts of a structure; how many they are, for a sequence of numbers."""
    return len(parts) if structure[0] == "sequence" and parts.count(NUMBER) == len(parts) else parts


def filler(structure: Structure) -> Callable[[Iterator[Any]], Any]:
    """The function that takes the leaves of a structure from an iterator, and makes the structure of them."""
    if structure == NUMBER:
        return next
    kind, *facts = structure
    if kind in ("static", "fixed"):
        return lambda _: facts[0]
    if kind == "copied":
        return lambda _: facts[0].copy()
    if kind == "weak":
        return lambda _: facts[0]()
    if kind == "dict":
        blank, _, keys, parts = facts
        fills = [(key, filler(part)) for key, part in zip(keys, parts, strict=True)]
        if blank is None:
            return lambda source: {key: fill(source) for key, fill in fills}

        def filled(source: Iterator[Any]) -> Any:
            made = blank.like.copy()
            for key, fill in fills:  # a Counter's update() would add
                made[key] = fill(source)
            return made

        return filled
    how, parts = facts
    if isinstance(parts, int):
        if kind == "array":
            return lambda source: array_of(list(islice(source, parts)), how)
        make = getattr(how, "_make", how)
        return lambda source: make(islice(source, parts))
    each = [filler(part) for part in parts]
    if kind == "array":
        return lambda source: array_of([fill(source) for fill in each], how)
    make = getattr(how, "_make", how)
    return lambda source: make([fill(source) for fill in each])


_filler = functools.lru_cache(maxsize=512)(filler)  # of `flatten`, whose structures hold nothing that may be large


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
    structure = take_apart(tree, leaves, role=role)
    fill = _filler(structure)
    if not all([leaf.__class__ is float for leaf in leaves]):  # noqa: C419  # twice as fast as a generator
        for i, leaf in enumerate(leaves):
            if not hasattr(leaf, "_apply_primitive"):
                leaves[i] = _read(leaf, role, structure, i)
    return leaves, lambda new_leaves: fill(iter(new_leaves))


def _read(leaf: Any, role: str, structure: Structure, i: int) -> Any:
    """Leaf number i as a number, or a Value that an array of objects holds."""
    leaf = unwrapped(leaf)
    if hasattr(leaf, "_apply_primitive"):
        return leaf
    try:
        return as_number(leaf, role)
    except TypeError:
        return as_number(leaf, list(places(structure, role))[i])  # which says where it stands


def places(structure: Structure, role: str) -> Iterator[str]:
    """Where the leaves stand, in order, as text that says how to get there from what is called `role`."""
    kind, *facts = structure if structure != NUMBER else (NUMBER,)
    if kind == NUMBER:
        yield role
    elif kind not in CONSTANT:
        keys, parts = facts[-2:] if kind == "dict" else (None, facts[-1])
        parts = [NUMBER] * parts if isinstance(parts, int) else parts
        for key, part in zip(keys or range(len(parts)), parts, strict=True):
            yield from places(part, f"{role}[{key!r}]")


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


def array_of(entries: list[Any], shape: tuple[int, ...]) -> Any:
    """A NumPy array of the shape: of floats if all entries are, stacked if they are arrays, else of objects.

    If the entries are structures, as the gradients by several arguments are, the same structure of such arrays.
    """
    numpy = sys.modules["numpy"]
    first = entries[0] if entries else None
    if isinstance(first, dict):
        return {key: array_of([entry[key] for entry in entries], shape) for key in first}
    if isinstance(first, list | tuple):
        return _as_sequence(first, [array_of(list(column), shape) for column in zip(*entries, strict=True)])
    if all(entry.__class__ is float for entry in entries):
        return numpy.array(entries).reshape(shape)
    if entries and all(isinstance(entry, numpy.ndarray) for entry in entries):
        return numpy.stack(entries).reshape(shape + entries[0].shape)
    array = numpy.empty(len(entries), dtype=object)
    array[:] = entries
    return array.reshape(shape)


def map_leaves(function: Callable[[Any], Any], tree: Any) -> Any:
    """The same structure with `function` applied to its leaves; what is no number stays as it is."""
    leaves: list[Any] = []
    structure = take_apart(tree, leaves, whole=True)
    return filler(structure)(iter([_mapped(function, leaf) for leaf in leaves]))


def _mapped(function: Callable[[Any], Any], leaf: Any) -> Any:
    if getattr(getattr(leaf, "dtype", None), "kind", "") != "O":
        return function(leaf) if hasattr(leaf, "_apply_primitive") else leaf
    items = leaf.ravel().tolist()
    mapped = leaf.copy()
    mapped.ravel()[:] = [map_leaves(function, item) for item in items]
    had_values = any(hasattr(item, "_apply_primitive") for item in items)
    return mapped.astype(float) if had_values and all(x.__class__ in (float, int) for x in mapped.flat) else mapped
