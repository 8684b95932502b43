"""Each demo runs alone, in an empty folder, and comes to its numbers: `pytest -m demos`."""

import importlib
import runpy
from pathlib import Path

import pytest

DEMOS = Path(__file__).parents[2] / "demos"
CHAPTERS = sorted(DEMOS.glob("[0-9]_*"))
ALL = sorted(DEMOS.glob("[0-9]_*/[0-9]*.py"))


def numbers(chapter):
    return importlib.import_module(f"tests.demos.{chapter.name[2:]}").NUMBERS


@pytest.mark.demos
@pytest.mark.parametrize("demo", ALL, ids=lambda demo: f"{demo.parent.name}/{demo.stem}")
def test_demos_come_to_their_numbers(demo, tmp_path, monkeypatch):
    monkeypatch.setenv("MPLBACKEND", "Agg")
    monkeypatch.chdir(tmp_path)
    names = runpy.run_path(str(demo), run_name="__main__")
    for expression, value in numbers(demo.parent)[demo.stem].items():
        assert eval(expression, names) == pytest.approx(value, rel=1e-6), expression


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda chapter: chapter.name)
def test_every_demo_has_numbers(chapter):
    """The key of each is an expression of what the script has named."""
    assert list(numbers(chapter)) == [demo.stem for demo in ALL if demo.parent == chapter]
    assert all(numbers(chapter).values())
