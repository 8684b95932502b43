"""The site's pages: what they name exists, and every public name stands on one of them.  `make docs` builds it."""

import ast
import doctest
import importlib.util
import re

import pytest

import autograd
import nn
from tests.test_structure import ROOT

pytestmark = pytest.mark.skipif(
    not (ROOT / "docs" / "assemble.py").exists(), reason="needs the sources, not an installed wheel"
)


def read(path):
    return (ROOT / path).read_text(encoding="utf-8") if (ROOT / path).exists() else ""


def rows(path):
    """The cells of each row of the tables of a page, without the headings."""
    lines = [line for line in read(path).splitlines() if line.startswith("|")]
    headings = {index for index, line in enumerate(lines[1:]) if line.startswith("|---")}
    return [
        [cell.strip() for cell in line.strip("|").split(" | ")]
        for index, line in enumerate(lines)
        if index not in headings and not line.startswith("|---")
    ]


def code(cell):
    return re.findall(r"`([^`]+)`", cell)


@pytest.fixture(scope="module")
def assemble():
    specification = importlib.util.spec_from_file_location("assemble", ROOT / "docs" / "assemble.py")
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


# ---------------------------------------------------------------- the syllabus

SYLLABUS = rows("docs/syllabus.md")


def is_public(name):
    return any(hasattr(package, name) for package in (autograd, nn, nn.plots))


def test_the_syllabus_has_every_section():
    assert len(SYLLABUS) == 57
    assert len({row[0] for row in SYLLABUS}) == 57
    assert {row[0][:5] for row in SYLLABUS} == {"000 ·", "001 ·", "002 ·", "003 ·", "004 ·"}


@pytest.mark.parametrize("row", SYLLABUS, ids=lambda row: row[0].replace(" ", "_"))
def test_a_section_has_its_demo_functions_picture_and_tests(row):
    _, demos, functions, pictures, tests = row
    paths = re.findall(r"\]\(\.\./(demos/[\w/]+\.py)\)", demos)
    assert paths
    assert [path for path in paths if not (ROOT / path).exists()] == [], "no such demo"
    text = "\n".join(map(read, paths))
    assert code(functions)
    assert [name for name in code(functions) if not is_public(name)] == [], "no public name"
    assert [name for name in code(functions) if not re.search(rf"\b{name}\b", text)] == [], (
        "no demo of the row uses this"
    )
    assert code(pictures)
    assert [name for name in code(pictures) if f'{name}"' not in text] == [], "no demo of the row writes this"
    assert code(tests)
    for test in code(tests):
        file, name = test.split("::")
        names = {node.name for node in ast.parse(read(f"tests/{file}")).body if isinstance(node, ast.FunctionDef)}
        assert name in names, test


# ---------------------------------------------------------------- other pages


@pytest.mark.parametrize("row", rows("docs/coming_from.md"), ids=lambda row: row[0])
def test_what_stands_for_a_name_of_another_library_exists(row):
    _, here, _ = row
    assert code(here)
    assert [name for name in code(here) if not is_public(name) and not hasattr(autograd.Value, name)] == []


def test_every_page_is_in_a_table_of_contents():
    pages = {path.relative_to(ROOT / "docs").with_suffix("").as_posix() for path in (ROOT / "docs").rglob("*.md")}
    listed = {"index"}
    for page in sorted(pages):
        folder = page.rpartition("/")[0]
        for block in re.findall(r"```\{toctree\}\n(.*?)```", read(f"docs/{page}.md"), flags=re.DOTALL):
            names = [line for line in block.splitlines() if line and not line.startswith(":")]
            listed |= {f"{folder}/{name}".lstrip("/") for name in names}
    assert pages - listed == set()
    assert listed - pages == {"tutorial/index", "exercises/index", "api/index", "benchmarks"}  # written by assemble.py


def test_the_reference_has_every_public_name_once(assemble):
    named = [name for names in assemble.public_names().values() for name, _ in names]
    assert len(named) == len(set(named))
    for package in (autograd, nn, nn.plots, nn.distributed):
        missing = {f"{package.__name__}.{name}" for name in package.__all__} - set(named)
        assert missing <= {"nn.plots", "nn.distributed"}


@pytest.mark.parametrize(
    "name", [name for name in autograd.TABLE if isinstance(getattr(autograd, name, 0), autograd.Primitive)]
)
def test_the_example_of_a_row_prints_what_it_says(assemble, name):
    text = assemble.row_entry(f"autograd.{name}", autograd.TABLE[name])
    test = doctest.DocTestParser().get_doctest(text, {"autograd": autograd}, name, None, 0)
    runner = doctest.DocTestRunner()
    runner.run(test)
    assert (runner.tries, runner.failures) == (1, 0)


def test_links_lead_to_pages_of_the_site(assemble):
    page = ROOT / "docs" / "how_to" / "index.md"
    moved = assemble.at_home(
        "[a](../../demos/1_derivatives/01_first_gradient.py) [b](../../tests) [c](../index.md) [d](#e)", page
    )
    assert moved == "[a](../tutorial/1_derivatives/01_first_gradient.ipynb) b [c](../index.md) [d](#e)"


def test_the_row_that_contributing_shows_stands_in_the_table():
    shown = re.findall(r"```text\n(.*?)```", read("CONTRIBUTING.md"), flags=re.DOTALL)
    row, *tests = ("\n".join(line.removeprefix("   ") for line in block.splitlines()).strip() for block in shown)
    assert row in read("autograd/table/primitives.py")
    assert len(tests) == 2
    assert [line for line in tests if line not in read("tests/test_table.py")] == []
