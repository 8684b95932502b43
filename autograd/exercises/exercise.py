"""What an exercise is: a text, a stub to fill in, hints, and what grades an answer."""

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from textwrap import dedent, indent

from autograd.exercises.grading import Answer


@dataclass(frozen=True)
class Exercise:
    """One exercise; the module that it stands in is its chapter."""

    name: str
    title: str
    notes: str
    """Where the lecture notes ask it: number and title of the notes, and the section."""
    text: str
    stub: str
    """What the learner fills in: Python, whose last function or class is what is asked for."""
    hints: tuple[str, ...]
    grade: Callable[[Answer], None]
    """Raises Mistake if the answer is wrong."""
    chapter: str

    @property
    def asked(self) -> str:
        """The name of the function or class that is to be written."""
        names: list[str] = re.findall(r"^(?:def|class) (\w+)", self.stub, flags=re.MULTILINE)
        return names[-1]

    def __str__(self) -> str:
        return f"{self.title}\nNotes {self.notes}\n\n{self.text}\n\n{indent(self.stub, '    ')}"


def exercise(title: str, notes: str, stub: str, *hints: str) -> Callable[[Callable[[Answer], None]], Exercise]:
    """A decorator: the function grades, its docstring is the text, and its name that of the exercise."""

    def decorate(grade: Callable[[Answer], None]) -> Exercise:
        chapter = grade.__module__.rpartition(".")[2].replace("_", " ").capitalize()
        text = inspect.getdoc(grade) or ""
        return Exercise(grade.__name__, title, notes, text, dedent(stub).strip() + "\n", hints, grade, chapter)

    return decorate
