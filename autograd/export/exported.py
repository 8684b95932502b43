"""What an export gives: text to keep, a function to call, and how far it is from the engine."""

import math
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from autograd.arguments import brief, called
from autograd.core.value import Value
from autograd.files import write_whole


class Exported:
    """A function of another library, with its source.

    Attributes:
        source: The text of it, which needs nothing of autograd.
        function: The function that the text defines; calling this object calls it.
        difference: The largest difference of values and, where there are any, of derivatives to the engine's on random
            samples, relative to numbers above 1.
        parameters: What the function takes as parameters if it is given none; empty if it has none.
        places: For each number of these arrays which Value it is, by its position in `values`.
        values: The Values that went along as parameters: of a model those that its outputs depend on, in the order of
            `parameters()`, without the frozen ones.

    >>> from autograd import to_numpy
    >>> x = Value(1.0, label="x")
    >>> f = to_numpy(x.tanh(), [x])
    >>> isinstance(f, Exported), f.difference < 1e-12
    (True, True)
    """

    def __init__(
        self,
        source: str,
        function: Callable[..., Any],
        difference: float,
        parameters: Mapping[str, Any] | None = None,
        places: Mapping[str, Any] | None = None,
        values: Sequence[Value] = (),
    ) -> None:
        self.source, self.function, self.difference = source, function, difference
        self.parameters: Mapping[str, Any] = {} if parameters is None else parameters
        self.places: Mapping[str, Any] = {} if places is None else places
        self.values = list(values)
        self.__name__ = getattr(function, "__name__", "exported")

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        """What the function gives."""
        return self.function(*arguments, **options)

    def flat(self, arrays: Mapping[str, Any]) -> list[float]:
        """The numbers of arrays like `parameters`, or derivatives by them, in the order of `values`.

        What was trained elsewhere comes back by it: `for p, number in zip(f.values, f.flat(trained)): p.data = number`.
        Raises ValueError for arrays of other names or shapes, TypeError for what is no dict.

        >>> from autograd import to_numpy
        >>> x, a, b = Value(1.0), Value(2.0), Value(3.0)
        >>> f = to_numpy(a * x + b, [x], [a, b])
        >>> f.parameters, f.flat({"p": [4.0, 5.0]})
        ({'p': array([2., 3.])}, [4.0, 5.0])
        """
        if not isinstance(arrays, Mapping):
            raise TypeError(f"{self.__name__}.flat: takes a dict of arrays like parameters, not {brief(arrays)}")
        if arrays.keys() != self.places.keys():
            expected, found = ", ".join(self.places), ", ".join(arrays)
            raise ValueError(
                f"{self.__name__}.flat: takes the arrays {expected or 'of no names'}, not {found or 'none'}"
            )
        flat = [math.nan] * len(self.values)
        for name in self.places:
            array = _nested(arrays[name])
            if _shape(array) != _shape(self.places[name]):
                told = f"{_shape(self.places[name])}, not {_shape(array)}"
                raise ValueError(f"{self.__name__}.flat: {name} must have the shape {told}")
            for place, number in zip(_numbers(self.places[name]), _numbers(array), strict=True):
                flat[place] = float(number)
        return flat

    def save(self, file: str | os.PathLike[str]) -> None:
        """Write the source to a file, whole or not at all."""
        write_whole(file, self.source)

    def __str__(self) -> str:
        return self.source

    def __repr__(self) -> str:
        return called("Exported", self.__name__, lines=self.source.count("\n"), difference=self.difference)


def _nested(array: Any) -> Any:
    """An array of any library as lists of lists."""
    return array.tolist() if hasattr(array, "tolist") else array


def _shape(nested: Any) -> tuple[Any, ...]:
    """The shape of lists of lists; rows of several lengths are told so."""
    if not isinstance(nested, list | tuple):
        return ()
    inner = {_shape(item) for item in nested}
    return (len(nested), *(("several",) if len(inner) > 1 else next(iter(inner), ())))


def _numbers(nested: Any) -> Iterator[Any]:
    """The numbers of lists of lists, row by row."""
    if not isinstance(nested, list | tuple):
        yield nested
        return
    for item in nested:
        yield from _numbers(item)


class ExportedFiles:
    """Programs of another language: their files, which need nothing of autograd.

    Attributes:
        files: Their texts by their names; bytes where a file is no text.
        difference: The largest difference of values and derivatives to the engine's on random samples, relative to
            numbers above 1; None if what runs them is not there, which they say themselves.
        condition: Of C that was run, how much the engine's own numbers magnify rounding where that difference is: the
            sum of |v · ∂y/∂v| over y and all numbers v on the way to it, relative to y above 1.

    >>> from autograd import to_c
    >>> x = Value(1.0, label="x")
    >>> list(to_c(x.tanh(), [x], name="squash").files)
    ['squash.h', 'squash.c']
    """

    def __init__(
        self, files: Mapping[str, str | bytes], difference: float | None, condition: float | None = None
    ) -> None:
        self.files, self.difference, self.condition = files, difference, condition

    def save(self, folder: str | os.PathLike[str] = ".") -> None:
        """Write the files into a folder, each whole or not at all."""
        for name, content in self.files.items():
            write_whole(os.path.join(folder, name), content)

    def __str__(self) -> str:
        return "\n".join(content for content in self.files.values() if isinstance(content, str))

    def __repr__(self) -> str:
        return called("ExportedFiles", *self.files, difference=self.difference)
