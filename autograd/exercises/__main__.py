"""`python -m autograd.exercises`: lists the exercises, writes stubs, gives hints and grades; `--help` says how."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from autograd.exercises.asking import EXERCISES, check, find, hint, progress, show
from autograd.files import write_whole
from autograd.shell.report import printable_streams, say

CALL = "python -m autograd.exercises"
_EXAMPLES = f"""\
examples:
  {CALL}                        all exercises, and how far you are
  {CALL} sigmoid                the text of one; a stub is written to exercises/sigmoid.py
  {CALL} check sigmoid [FILE]   is it right?
  {CALL} hint sigmoid [2]       the first hint, or another
  {CALL} check                  grades every file there is
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status: 0, 1 for a wrong answer, 2 for wrong usage."""
    printable_streams()
    parser = argparse.ArgumentParser(
        prog=CALL,
        description="The exercises of the lecture notes: texts, stubs, hints and grades.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("words", nargs="*", metavar="word", help="a name; or check or hint, and a name; see below")
    parser.add_argument("--folder", type=Path, default=Path("exercises"), help="where your files are")
    options = parser.parse_args(arguments)
    try:
        return _run(options.words, options.folder)
    except LookupError as error:
        parser.error(str(error.args[0]))
    except OSError as error:
        sys.stderr.write(f"error: {error}\n")
    return 1


def _run(words: list[str], folder: Path) -> int:
    match words:
        case []:
            _list(folder)
        case ["check"]:
            verdicts = [verdict for _, verdict in progress(folder) if verdict is not None]
            for verdict in verdicts:
                say(str(verdict))
            say(f"{sum(map(bool, verdicts))} of {len(EXERCISES)} are right")
            return int(not all(verdicts) or not verdicts)
        case ["check", name, *file] if len(file) < 2:
            verdict = check(name, Path(*file) if file else folder / f"{find(name).name}.py")
            say(str(verdict))
            say(_next(name) if verdict else f"A hint: {CALL} hint {name}")
            return int(not verdict)
        case ["hint", name, *number] if len(number) < 2:
            if not all(word.isdecimal() for word in number):
                raise LookupError(f"a hint has a number, not {number[0]!r}")
            which = int(*number) or 1
            say(hint(name, which))
            if which < len(find(name).hints):
                say(f"The next: {CALL} hint {name} {which + 1}")
        case [name]:
            _begin(name, folder)
        case _:
            raise LookupError(f"{' '.join(words)!r} is nothing that can be asked; --help shows what can be")
    return 0


def _list(folder: Path) -> None:
    found, chapter = list(progress(folder)), ""
    for exercise, verdict in found:
        if exercise.chapter != chapter:
            say(f"{chapter and chr(10)}{exercise.chapter}")
            chapter = exercise.chapter
        mark = " " if verdict is None else "✓" if verdict else "…"
        say(f"  {mark} {exercise.name:20} {exercise.title}")
    left = [exercise.name for exercise, verdict in found if not verdict]
    say(f"\n{len(found) - len(left)} of {len(found)} are right (✓), … is begun.")
    if left:
        say(f"Go on with: {CALL} {left[0]}")


def _begin(name: str, folder: Path) -> None:
    say(show(name))
    file = folder / f"{name}.py"
    if file.exists():
        say(f"Your file is {file}. Grade it: {CALL} check {name}")
    else:
        write_whole(file, find(name).stub)
        say(f"Fill in {file}, then: {CALL} check {name}")


def _next(name: str) -> str:
    names = list(EXERCISES)
    following = names[names.index(name) + 1 :]
    return f"The next: {CALL} {following[0]}" if following else "That was the last one."


if __name__ == "__main__":
    sys.exit(main())
