"""What was handed in, called with care: a `Mistake` says which input, what came back, and what kind of mistake it is.

It never says what the right result is.
"""

import math
import traceback
import warnings
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from itertools import chain
from numbers import Real
from pathlib import Path
from typing import Any

import autograd
from autograd import Value, grad
from autograd.arguments import counted

Function = Callable[..., Any]
_OURS = Path(autograd.__file__).parent


class Mistake(Exception):  # noqa: N818  # not an error of the program
    """What is wrong with an answer, in words for whoever wrote it."""


class Answer:
    """A function or class that was handed in.

    Its name is what calls are shown as: "slope" as slope(0.5), and one that ends with a bracket as it is, with the
    arguments in the places of "§", if there are any: "Dual(§, §).exp()" as Dual(0.5, 1.0).exp().
    """

    def __init__(self, name: str, given: Any) -> None:
        self.name, self.given = name, given

    def doing(self, arguments: Sequence[Any]) -> str:
        """A call as it would be typed."""
        shown, parts = [_typed(argument) for argument in arguments], self.name.split("§")
        if not self.name.endswith((")", "§")):
            return f"{self.name}({', '.join(shown)})"
        return parts[0] + "".join(argument + part for argument, part in zip(shown, parts[1:], strict=False))

    def __call__(self, *arguments: Any) -> Any:
        """What it returns; Mistake if it raises, returns nothing, or changes an argument."""
        doing, before = self.doing(arguments), plain(arguments)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # what comes out is looked at
                result = self.given(*arguments)
        except Mistake as mistake:
            raise Mistake(f"{doing}: {mistake}") from None
        except Exception as error:
            raise Mistake(f"{doing} raised {own_lines(error)}") from None
        if plain(arguments) != before:
            raise Mistake(f"{doing} changed its arguments, which belong to the caller: work on a copy.")
        if result is None:
            raise Mistake(f"{doing} returned None. Is there a `return`?")
        return result

    def agrees(
        self, right: Function, points: Sequence[tuple[Any, ...]], slips: Mapping[str, Function] | None = None
    ) -> None:
        """Mistake unless it gives what the right function gives at these points, to about nine digits.

        Args:
            right: A function of the same arguments.
            points: The arguments of each call; that of the first wrong result is shown.
            slips: Typical wrong functions, each after what is to be said to who wrote it.
        """
        wanted = [plain(right(*deepcopy(point))) for point in points]
        results = [self(*point) for point in points]
        found = [plain(result) for result in results]
        for i, point in enumerate(points):
            if outline(found[i]) != outline(wanted[i]):
                raise Mistake(f"{self.doing(point)} returned {_short(results[i])}.\n{_misshapen(found[i], wanted[i])}")
        wrong = [i for i in range(len(points)) if not close(found[i], wanted[i])]
        if not wrong:
            return
        said = [f"{self.doing(points[wrong[0]])} returned {_short(results[wrong[0]])}, which is not right."]
        for remark, slip in (slips or {}).items():
            if close(found, [plain(slip(*deepcopy(point))) for point in points]):
                said.append(remark)
                break
        else:
            said += kind_of_mistake(found, wanted, wrong[0])
        if len(wrong) < len(points):
            said.append(f"At {len(points) - len(wrong)} of the {counted(len(points), 'input')} tried it is right.")
        raise Mistake("\n".join(said))

    def differentiates(self, right: Function, points: Sequence[list[float]]) -> None:
        """Mistake unless it takes a list of Values, gives a Value, and has the gradient of the right function."""
        for point in points:
            result = self([Value(x) for x in point])
            if not isinstance(result, Value):
                raise Mistake(
                    f"Given Values, {self.name} returned the {type(result).__name__} {result!r}: somewhere on the way "
                    "the number was taken out (float(), .data, math.…), so no derivative can flow back."
                )
        gradient = Answer(f"grad({self.name})", grad(self.given))
        gradient.agrees(grad(right), [(point,) for point in points])


def own_lines(error: Exception) -> str:
    """The error and where it came from, without the lines of this library."""
    if isinstance(error, SyntaxError):  # it shows the place itself
        return "".join(traceback.format_exception_only(error)).strip()
    frames = traceback.extract_tb(error.__traceback__)
    theirs = [f for f in frames if not (Path(f.filename).is_relative_to(_OURS) or f.filename.startswith("<frozen"))]
    lines = [f"  {frame.filename}, line {frame.lineno}, in {frame.name}: {frame.line}" for frame in theirs[-3:]]
    return "\n".join([f"{type(error).__name__}: {error}", *lines])


# ---------------------------------------------------------------- numbers and their shapes


def plain(x: Any) -> Any:
    """Numbers in nested lists, whatever they came in; what is no number stays.

    >>> plain((1, [Value(2.0)]))
    [1.0, [2.0]]
    """
    if isinstance(x, Value):
        return x.data
    if hasattr(x, "tolist"):
        x = x.tolist()
    if isinstance(x, list | tuple):
        return [plain(part) for part in x]
    if isinstance(x, dict):
        return {key: plain(part) for key, part in dict.items(x)}
    try:
        return float(x) if isinstance(x, Real) else x
    except OverflowError:  # a whole number of too many digits
        return math.inf


def outline(x: Any) -> Any:
    """The shape of nested lists: "number" in the place of each number, the type of what is none.

    >>> outline([1.0, [2.0, "a"]])
    ['number', ['number', 'str']]
    """
    if isinstance(x, list):
        return [outline(part) for part in x]
    return "number" if isinstance(x, float) else type(x).__name__


def in_words(shape: Any) -> str:
    """An outline, as one says it.

    >>> in_words(outline([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]))
    '3 lists of 2 numbers'
    """
    if not isinstance(shape, list):
        return f"one {shape}"
    if not shape:
        return "an empty list"
    inner = in_words(shape[0])
    if any(part != shape[0] for part in shape):
        return f"({', '.join(map(in_words, shape))})"
    if inner.startswith("one "):
        return counted(len(shape), inner.removeprefix("one "))
    return f"{counted(len(shape), 'list')} of {inner}"


def transposed(matrix: Any) -> Any:
    """The matrix with rows and columns exchanged; None for what is no matrix."""
    is_matrix = isinstance(matrix, list) and matrix and all(isinstance(row, list) and row for row in matrix)
    return [list(column) for column in zip(*matrix, strict=False)] if is_matrix else None


def close(found: Any, wanted: Any, tolerance: float = 1e-9) -> bool:
    """Whether two nested lists of the same outline have the same numbers, but for rounding."""
    if isinstance(found, list) and isinstance(wanted, list):
        return len(found) == len(wanted) and all(map(close, found, wanted, [tolerance] * len(found)))
    if isinstance(found, float) and isinstance(wanted, float):
        return math.isclose(found, wanted, rel_tol=tolerance, abs_tol=1e-3 * tolerance)
    return bool(found == wanted)


def flat(x: Any) -> list[float]:
    """The numbers of nested lists in one."""
    return list(chain.from_iterable(map(flat, x))) if isinstance(x, list) else [x]


def _typed(x: Any) -> str:
    return (x.__doc__ or x.__name__) if callable(x) else repr(x)


def _short(result: Any) -> str:
    text = repr(result)
    return text if len(text) <= 300 else text[:297] + "..."


# ---------------------------------------------------------------- kinds of mistakes


def _misshapen(result: Any, wanted: Any) -> str:
    if outline(transposed(result)) == outline(wanted):
        return "Rows and columns are exchanged: it is transposed."
    return f"That is {in_words(outline(result))}, where {in_words(outline(wanted))} should be."


def kind_of_mistake(found: list[Any], wanted: list[Any], first: int) -> list[str]:
    """What all the results of a wrong function have in common, in a sentence or none.

    Args:
        found, wanted: For each input the result; alike in outline.
        first: Which is the first wrong one.

    >>> kind_of_mistake([-1.0, -4.0], [1.0, 4.0], 0)
    ['The sign is wrong.']
    >>> kind_of_mistake([[1.0, 2.0], [3.0, 4.0]], [[1.0, 2.5], [3.0, 4.5]], 0)
    ['Of its 2 numbers number 1 is right, number 2 is not (counted from 1).']
    """
    numbers, right = flat(found), flat(wanted)
    pairs = [(a, b) for a, b in zip(numbers, right, strict=True) if b]
    ratios, differences = [a / b for a, b in pairs], [a - b for a, b in zip(numbers, right, strict=True)]
    if not all(map(math.isfinite, numbers)):
        return ["Something overflowed, or was divided by 0: the result should be finite."]
    if not any(numbers):
        return ["It is 0 everywhere."]
    if close(numbers, [-b for b in right]):
        return ["The sign is wrong."]
    if close([transposed(matrix) for matrix in found], wanted):
        return ["Rows and columns are exchanged: it is transposed."]
    if len(set(right)) > 1 and close(numbers, [ratios[0] * b for b in right]):
        return [f"All is {ratios[0]:.6g} times what it should be: a factor is wrong."]
    if len(set(right)) > 1 and close(differences, [differences[0]] * len(right)):
        return ["It is wrong by the same amount everywhere: a term is missing, or too much."]
    if close(numbers, right, 1e-3):
        return ["It is nearly right. Is it a difference instead of a derivative, or was it rounded?"]
    if close([abs(a) for a in numbers], [abs(b) for b in right]):
        return ["The sizes are right, but some signs are not."]
    return _places(flat(found[first]), flat(wanted[first]))


def _places(found: list[float], wanted: list[float]) -> list[str]:
    good = [i for i, (a, b) in enumerate(zip(found, wanted, strict=True), 1) if close(a, b)]
    bad = [i for i in range(1, len(found) + 1) if i not in good]
    if not good:
        return []
    names = [f"number{'s' * (len(some) > 1)} {', '.join(map(str, some))}" for some in (good, bad)]
    verbs = ["is" if len(some) == 1 else "are" for some in (good, bad)]
    return [
        f"Of its {counted(len(found), 'number')} {names[0]} {verbs[0]} right, {names[1]} {verbs[1]} not "
        "(counted from 1)."
    ]
