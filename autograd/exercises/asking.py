"""The exercises by name: shown, hinted at, and graded."""

import difflib
import runpy
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from textwrap import fill
from typing import Any

from autograd.arguments import brief, counted
from autograd.exercises import decisions, derivatives, inside, linear_models, networks, training
from autograd.exercises.exercise import Exercise
from autograd.exercises.grading import Answer, Mistake, own_lines

EXERCISES = {
    found.name: found
    for chapter in (derivatives, linear_models, networks, training, decisions, inside)
    for found in vars(chapter).values()
    if isinstance(found, Exercise)
}
"""All of them by name, in the order of teaching."""


@dataclass(frozen=True, repr=False)
class Verdict:
    """Whether an answer is right, and what is to be said of it: true or false, and shows itself as text."""

    right: bool
    message: str

    def __bool__(self) -> bool:
        return self.right

    def __repr__(self) -> str:
        return self.message


class Text(str):
    """Text that a prompt or notebook shows as it is."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def find(name: str) -> Exercise:
    """The exercise of this name; KeyError, with names like it, if there is none."""
    if name not in EXERCISES:
        alike = difflib.get_close_matches(str(name), EXERCISES, 3) or EXERCISES
        raise LookupError(f"there is no exercise {brief(name)}; there is {', '.join(alike)}")
    return EXERCISES[name]


def show(name: str) -> Text:
    """The text of an exercise, and its stub.

    Raises LookupError if there is none of this name.

    >>> print(show("sigmoid").splitlines()[0])
    The derivative of σ
    """
    return Text(find(name))


def hint(name: str, number: int = 1) -> Text:
    """One of the hints to an exercise, the first by default; each tells a little more.

    Raises LookupError if there is no such exercise, or no such hint.

    >>> hint("sigmoid", 3)
    Hint 3 of 3: exp(-s) is 1/σ - 1.
    """
    hints = find(name).hints
    if number not in range(1, len(hints) + 1):
        raise LookupError(
            f"{name} has {counted(len(hints), 'hint')}, numbered from 1; there is none of number {brief(number)}"
        )
    return Text(fill(f"Hint {number} of {len(hints)}: {hints[number - 1]}", 100))


def check(name: str, answer: Any) -> Verdict:
    """Whether an answer to an exercise is right, and if not, what is wrong with it: a Verdict, true or false.

    In a test: `assert check("sigmoid", my_function)`.

    Args:
        name: That of the exercise.
        answer: The function or class that it asks for, or the path of a Python file that has it.

    Raises LookupError if there is no exercise of this name.  An error in the answer is part of the verdict.

    >>> from autograd import sigmoid
    >>> check("sigmoid", lambda s: -sigmoid(s) * (1 - sigmoid(s)))  # doctest: +ELLIPSIS
    sigmoid: not yet.
    sigmoid_slope(-4.0) returned -0.0176627..., which is not right.
    The sign is wrong.
    """
    exercise = find(name)
    try:
        given = _from_file(exercise, Path(answer)) if isinstance(answer, str | Path) else answer
        exercise.grade(Answer(exercise.asked, given))
    except Mistake as mistake:
        return Verdict(False, f"{name}: not yet.\n{mistake}")
    return Verdict(True, f"{name}: right.")


def _from_file(exercise: Exercise, path: Path) -> Any:
    """What the exercise asks for, from a file that is run; Mistake if it cannot be run, or does not have it."""
    if not path.exists():
        raise Mistake(f"There is no file {path}.")
    try:
        names = runpy.run_path(str(path))
    except Exception as error:
        raise Mistake(f"{path} cannot be run: {own_lines(error)}") from None
    if exercise.asked not in names:
        raise Mistake(f"{path} has no {exercise.asked}.")
    return names[exercise.asked]


def progress(folder: Path) -> Iterator[tuple[Exercise, Verdict | None]]:
    """Each exercise, and what is to be said of the file of its name in a folder; None if there is no such file."""
    for exercise in EXERCISES.values():
        file = folder / f"{exercise.name}.py"
        yield exercise, check(exercise.name, file) if file.exists() else None
