"""Each demo runs alone, in an empty folder, and comes to its numbers: `pytest -m demos`."""

import importlib
import re
import runpy
from pathlib import Path

import pytest

DEMOS = Path(__file__).parents[2] / "demos"
CHAPTERS = sorted(DEMOS.glob("[0-9]_*"))
ALL = sorted(DEMOS.glob("[0-9]_*/[0-9]*.py"))
SOLUTIONS = sorted(DEMOS.glob("[0-9]_*/solutions/*.py"))


def demos_of(chapter):
    return [demo for demo in ALL if demo.parent == chapter]


def numbers(chapter):
    return importlib.import_module(f"tests.demos.{chapter.name[2:]}").NUMBERS


def run(script, folder, monkeypatch):
    """The names of a script that is run alone, in an empty folder."""
    monkeypatch.setenv("MPLBACKEND", "Agg")
    monkeypatch.chdir(folder)
    return runpy.run_path(str(script), run_name="__main__")


def name_of(path):
    return str(path.relative_to(DEMOS).with_suffix(""))


@pytest.mark.demos
@pytest.mark.parametrize("demo", ALL, ids=name_of)
def test_demos_come_to_their_numbers(demo, tmp_path, monkeypatch):
    names = run(demo, tmp_path, monkeypatch)
    for expression, value in numbers(demo.parent)[demo.stem].items():
        assert eval(expression, names) == pytest.approx(value, rel=1e-6), expression


@pytest.mark.demos
@pytest.mark.parametrize("solution", SOLUTIONS, ids=name_of)
def test_solutions_print_their_answers(solution, tmp_path, monkeypatch, capsys):
    run(solution, tmp_path, monkeypatch)
    assert capsys.readouterr().out


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda chapter: chapter.name)
def test_every_demo_has_numbers(chapter):
    """The key of each is an expression of what the script has named."""
    assert list(numbers(chapter)) == [demo.stem for demo in demos_of(chapter)]
    assert all(numbers(chapter).values())


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda chapter: chapter.name)
def test_every_demo_has_solutions(chapter):
    """Of the same name, for its two exercises."""
    solved = [path.name for path in SOLUTIONS if path.parents[1] == chapter]
    assert solved == [demo.name for demo in demos_of(chapter)]
    for demo in demos_of(chapter):
        exercises = demo.read_text(encoding="utf-8").partition("# ## Exercises\n")[2]
        solutions = (chapter / "solutions" / demo.name).read_text(encoding="utf-8")
        for text, where in ((exercises, demo.name), (solutions, f"solutions/{demo.name}")):
            assert re.findall(r"^# (\d)\. ", text, re.MULTILINE) == ["1", "2"], where


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda chapter: chapter.name)
def test_every_demo_says_what_to_see_and_where_the_notes_have_it(chapter):
    """In its first cell; the notes are spoken of by number and title, as in "Notes: 003 · 2.2.2 Jacobians"."""
    for demo in demos_of(chapter):
        first = re.split(r"^# %%.*\n", demo.read_text(encoding="utf-8"), flags=re.MULTILINE)[1]
        assert re.match(r"# # \S", first), f"{demo.name} begins with no title"
        assert "What to see: " in first, demo.name
        assert re.search(r"^# Notes: 00[0-4] · \S", first, re.MULTILINE), demo.name


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda chapter: chapter.name)
def test_pictures_are_named_as_their_demo(chapter):
    """Without its number, so that a demo can be renumbered."""
    for demo in demos_of(chapter):
        name = demo.stem.partition("_")[2]
        for picture in re.findall(r'"(?:out/)?(\w+)\.(?:png|svg|html|gif)"', demo.read_text(encoding="utf-8")):
            assert picture.startswith(name), f"{demo.name} writes {picture}"
