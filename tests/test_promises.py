"""docs/what_it_promises.md: each promise has tests, all of them exist, and the rules of the README are among them."""

import ast
import re
import tomllib

import pytest

from tests.test_structure import ROOT

pytestmark = pytest.mark.skipif(not (ROOT / "Makefile").exists(), reason="needs the sources, not an installed wheel")


def read(path):
    return (ROOT / path).read_text(encoding="utf-8") if (ROOT / path).exists() else ""


PROMISES = re.findall(r"^\| (?!promise \||--)(.*) \| (.*) \|$", read("docs/what_it_promises.md"), flags=re.MULTILINE)


@pytest.mark.parametrize(("promise", "held_by"), PROMISES)
def test_every_promise_is_held_by_tests_that_exist(promise, held_by):
    tests = held_by.split(", ")
    for test in tests:
        kind, name = re.fullmatch(r"`(make |[\w/]+\.py::)([\w-]+)`", test).groups()
        if kind == "make ":
            assert re.search(rf"^{name}:", read("Makefile"), flags=re.MULTILINE), test
        else:
            tree = ast.parse(read(f"tests/{kind.removesuffix('::')}"))
            assert name.startswith("test_"), test
            assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}, test
    assert len(set(tests)) == len(tests)


def test_the_page_has_all_its_promises_and_the_rules_of_the_readme():
    # a row that is no promise of two columns would go unnoticed
    lines = [line for line in read("docs/what_it_promises.md").splitlines() if line.startswith("|")]
    headings = sum(line.startswith("|---") for line in lines)
    assert len(PROMISES) == len(lines) - 2 * headings > 40
    rules = read("README.md").partition("### The rules")[2].partition("###")[0]
    bold = re.findall(r"^\* \*\*(.*?)\*\*", rules, flags=re.MULTILINE)
    page = "\n".join(promise for promise, _ in PROMISES)
    assert len(bold) > 5
    assert [rule for rule in bold if f"**{rule.rstrip('.')}" not in page] == []


def test_whatever_make_holds_is_done_in_ci():
    called = re.findall(r"^ *(?:make|together) (.*)", read(".ci/run"), flags=re.MULTILINE)
    held = {name for _, held_by in PROMISES for name in re.findall(r"`make ([\w-]+)`", held_by)}
    assert held - set(re.findall(r"[\w-]+", " ".join(called))) == set()


PROJECT = tomllib.loads(read("pyproject.toml") or "project = {}")


def declared(section):
    for requirement in section:
        if isinstance(requirement, str):
            name, _, bound = requirement.partition(">=")
            yield name, bound


def pins(path):
    """The version of each package that a file of constraints names."""
    return dict(re.findall(r"^([\w-]+)==([\w.]+)", read(path), flags=re.MULTILINE))


def same(a, b):
    """Whether two versions are the same: 1.26 is 1.26.0."""
    return re.sub(r"(\.0)+$", "", a) == re.sub(r"(\.0)+$", "", b)


def test_the_oldest_dependencies_are_those_declared():
    project, groups = PROJECT["project"], PROJECT["dependency-groups"]
    extras = project["optional-dependencies"]
    libraries = {"distributed", "jax", "torch", "onnx"}  # what `make export` installs as pip finds it
    sections = [project["dependencies"], *(extras[name] for name in extras.keys() - libraries)]
    sections += [groups[name] for name in ("test", "notebook", "browser")]
    oldest = pins("constraints/oldest.txt")
    for name, bound in (pair for section in sections for pair in declared(section)):
        assert same(oldest[name], bound), f"{name}: {oldest[name]} is tested, {bound} is declared; run make constraints"


def test_every_python_that_is_declared_is_tested():
    classifiers = re.findall(r"Python :: (3\.\d+)$", "\n".join(PROJECT["project"]["classifiers"]), flags=re.MULTILINE)
    assert PROJECT["project"]["requires-python"] == f">={classifiers[0]}"
    workflow = read(".github/workflows/tests.yml")
    assert re.search(r"python: \[(.*)\]", workflow)[1].replace('"', "").split(", ") == classifiers
