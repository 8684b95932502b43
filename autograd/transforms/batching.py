"""`vmap`: a function of one sample, over batches."""

from collections.abc import Callable, Iterator, Sequence
from functools import update_wrapper
from typing import Any

from autograd.arguments import brief, called, counted, shown
from autograd.core.graph import example_number
from autograd.core.tree import NUMBER, Structure, filler, places, take_apart
from autograd.installation import require
from autograd.spellings import local_names
from autograd.table.primitive import as_number

Axes = Any
"""An axis, None, or a tuple, list or dict of such."""


class Mapped:
    """A function over batches; see `vmap`."""

    def __init__(self, function: Callable[..., Any], in_axes: Axes, out_axes: Axes) -> None:
        self.function, self.in_axes, self.out_axes = function, in_axes, out_axes
        update_wrapper(self, function, updated=())

    def __repr__(self) -> str:
        name = getattr(self.function, "__qualname__", brief(self.function))
        return called("vmap", name, in_axes=self.in_axes, out_axes=self.out_axes)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """The results for all samples, each stacked."""
        structure, leaves, n = self.batch(args, kwargs)
        results: list[list[Any]] = []
        of_results: Structure = None
        for i in range(n):
            sample, options = filler(structure)(iter([_sample(leaf, i) for leaf in leaves]))
            found: list[Any] = []
            made = take_apart(self.function(*sample, **options), found, whole=True)
            if i and made != of_results:
                raise TypeError("vmap: the function must return the same structure for each sample")
            of_results = made
            results.append(found)
        return self.placed(of_results, [_stacked(column) for column in zip(*results, strict=True)])

    def batch(self, args: Sequence[Any], kwargs: dict[str, Any]) -> tuple[Structure, list[Any], int]:
        """Structure and leaves of the arguments, those that are mapped with their samples in front, and how many."""
        numpy = require("numpy", "vmap")
        axes = list(self.in_axes) if isinstance(self.in_axes, list | tuple) else [self.in_axes] * len(args)
        if len(axes) != len(args):
            by_name = f", beside {', '.join(kwargs)} by name, which go along their first axis" if kwargs else ""
            raise ValueError(
                f"vmap: in_axes has {counted(len(axes), 'item')} for {counted(len(args), 'argument')}{by_name}"
            )
        leaves: list[Any] = []
        sizes: dict[int, str] = {}

        def part(argument: Any, axes: Axes, name: str) -> Structure:
            here: list[Any] = []
            structure = take_apart(argument, here, whole=True)
            for leaf, axis in zip(here, _one_each(axes, structure, f"vmap: in_axes of {name}"), strict=True):
                if axis is None:
                    leaves.append(leaf)
                    continue
                array = numpy.asarray(leaf) if hasattr(leaf, "ndim") else None
                if array is None or not -array.ndim <= axis < array.ndim:
                    raise ValueError(
                        f"vmap: {name} is to be mapped along axis {axis}, so it must be an array that has one, not "
                        f"{shown(leaf)}; in_axes=None leaves an argument as it is, and a list is a structure, so write "
                        "numpy.array(…)"
                    )
                sizes.setdefault(array.shape[axis], name)
                leaves.append(_Samples(numpy.moveaxis(array, axis, 0)))
            return structure

        parts = tuple([part(x, axis, f"argument {i}") for i, (x, axis) in enumerate(zip(args, axes, strict=True), 1)])
        options = [part(x, 0, f"argument {name}") for name, x in kwargs.items()]
        if not sizes:
            raise ValueError("vmap: at least one argument must be mapped along an axis")
        if len(sizes) > 1:
            raise ValueError(
                f"vmap: arguments disagree on how many samples there are: {', '.join(map(str, sizes))} (first in "
                f"{' and '.join(sizes.values())})"
            )
        (n,) = sizes
        if not n:
            raise ValueError("vmap: there is no sample, so there is nothing that the function can be called with")
        keywords = "dict", None, tuple(map(type, kwargs.values())), tuple(kwargs), tuple(options)
        return ("sequence", tuple, (("sequence", tuple, parts), keywords)), leaves, n

    @property
    def is_along_first_axes(self) -> bool:
        """Whether all samples lie along first axes."""
        return {*_single(self.out_axes)} == {0} and {*_single(self.in_axes)} <= {0, None}

    def placed(self, structure: Structure, results: Sequence[Any]) -> Any:
        """The results of such a structure, samples in front, with these along the axes that were asked for."""
        axes = _one_each(self.out_axes, structure, "vmap: out_axes")
        return filler(structure)(iter([_placed(x, axis) for x, axis in zip(results, axes, strict=True)]))


def _single(axes: Axes) -> Iterator[int | None]:
    """All that are in nested axes."""
    if isinstance(axes, list | tuple | dict):
        for each in axes.values() if isinstance(axes, dict) else axes:
            yield from _single(each)
    else:
        yield axes


def _one_each(axes: Axes, structure: Structure, name: str) -> list[int | None]:
    """Of axes, which may be nested as a structure is, but no deeper, one for each leaf of it."""
    if not isinstance(axes, list | tuple | dict):
        return [axes for _ in places(structure, name)]
    kind, *facts = structure if structure != NUMBER else (NUMBER,)
    parts = [NUMBER] * facts[-1] if facts and isinstance(facts[-1], int) else facts[-1] if facts else []
    if isinstance(axes, dict) and kind == "dict" and {*axes} == {*facts[2]}:
        several = [axes[key] for key in facts[2]]
    elif not isinstance(axes, dict) and kind == "sequence" and len(axes) == len(parts):
        several = list(axes)
    else:
        raise ValueError(f"{name} must be nested as what they belong to, or not at all, and are {brief(axes)}")
    return [axis for each, part in zip(several, parts, strict=True) for axis in _one_each(each, part, name)]


def _placed(result: Any, axis: int | None) -> Any:
    numpy = require("numpy", "vmap")
    if axis is None:
        numbers = numpy.vectorize(example_number, [float])(result) if result.dtype == object else result
        if not numpy.array_equal(numbers, numbers[:1].repeat(len(numbers), 0), equal_nan=True):
            raise ValueError("vmap: out_axes is None for a result that is not the same for all samples")
        return result[0]
    if not -result.ndim <= axis < result.ndim:
        raise ValueError(f"vmap: out_axes is {axis}, and a result has {result.ndim} axes with its samples")
    return numpy.moveaxis(result, 0, axis)


class _Samples:
    """An array that is mapped along its first axis."""

    def __init__(self, array: Any) -> None:
        self.array = array


def are_integers(leaf: Any) -> bool:
    """Whether a leaf is mapped, and each of its numbers an integer."""
    return isinstance(leaf, _Samples) and leaf.array.dtype.kind in "biu"


def part_of(leaf: Any) -> Structure:
    """What stands for a leaf in the structure of arguments for many samples: see `door_of_samples`."""
    if isinstance(leaf, _Samples):
        return "samples", leaf.array.shape[1:]
    shape = getattr(leaf, "shape", ())
    return ("array", shape, leaf.size) if shape else NUMBER


def _sample(leaf: Any, i: int) -> Any:
    """Of a leaf what belongs to one sample; arrays as copies, which the function may write into."""
    found = leaf.array[i] if isinstance(leaf, _Samples) else leaf
    if getattr(found, "ndim", 0):
        return found.copy()
    if not isinstance(leaf, _Samples) or hasattr(found, "_apply_primitive"):
        return found
    return int(found) if leaf.array.dtype.kind in "iu" else as_number(found, "vmap: a sample")


def _stacked(column: Sequence[Any]) -> Any:
    numpy = require("numpy", "vmap")
    if any(hasattr(x, "_apply_primitive") for x in column):
        array = numpy.empty(len(column), dtype=object)
        array[:] = column
        return array
    return numpy.stack([numpy.asarray(x, dtype=None if hasattr(x, "dtype") else float) for x in column])


def columns(leaves: Sequence[Any], n: int) -> Iterator[tuple[tuple[int, ...], list[Any]]]:
    """For each leaf its shape in one sample, and a column of n numbers for each of its elements."""
    numpy = require("numpy", "vmap")
    for leaf in leaves:
        if isinstance(leaf, _Samples):
            array = leaf.array.astype(float, copy=False)
        else:
            array = numpy.broadcast_to(numpy.asarray(leaf, dtype=float), (n, *numpy.shape(leaf)))
        yield array.shape[1:], [numpy.ascontiguousarray(x) for x in array.reshape(n, -1).T]


@local_names
def vmap(function: Callable[..., Any], in_axes: Axes = 0, out_axes: Axes = 0) -> Callable[..., Any]:
    """The function of one sample, for all samples of arrays.

    Args:
        function: Of one sample.
        in_axes: Along which axis of the arrays in an argument its samples lie; None for an argument that is the same
            for all; or a tuple with one of these for each argument, or, nested as the argument is, for each part of it.
            Arguments by name are mapped along their first axis.
        out_axes: Along which axis of the results, or nested as these are; None for what is the same for all samples.

    As `jax.vmap`.  On its own it calls the function once a sample; jit(vmap(f)), as vmap(jit(f)), is one kernel, with
    samples as lanes, on threads if jit is told so.  Derivatives go inside, vmap(grad(f)), and outside.  Needs NumPy.

    An integer that the function asks for, as an index, in range() or in an if, is to be the same for all samples of one
    kernel: in_axes=None for its argument.  Without jit it may differ from sample to sample.

    >>> import numpy as np
    >>> from autograd import grad, jit
    >>> f = lambda w, x: w[0] * x[0] + w[1] * x[1] ** 2
    >>> w, X = np.array([1.0, 2.0]), np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    >>> vmap(f, in_axes=(None, 0))(w, X)
    array([ 9., 35., 77.])
    >>> jit(vmap(grad(f), in_axes=(None, 0)))(w, X)
    array([[ 1.,  4.],
           [ 3., 16.],
           [ 5., 36.]])
    """
    if not callable(function):
        raise TypeError(f"vmap: the first argument must be a function, not {shown(function)}; write vmap(f)(x)")
    for name, axes in (("in_axes", in_axes), ("out_axes", out_axes)):
        for axis in _single(axes):
            if axis is not None and (isinstance(axis, bool) or not isinstance(axis, int)):
                raise TypeError(f"vmap: {name} must be an axis, None, or a tuple, list or dict of these, not {axes!r}")
    compiled = getattr(function, "_mapped", None)
    return Mapped(function, in_axes, out_axes) if compiled is None else compiled(in_axes, out_axes)
