"""README, docstrings and demos say what happens: every example in them is run."""

import ast
import doctest
import importlib
import inspect
import re
from pathlib import Path

import pytest

import autograd
import nn
from tests.test_structure import ROOT, modules

SOURCES = [name for name, _ in modules()]
DOCUMENTS = sorted(str(path.relative_to(ROOT)) for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


@pytest.mark.parametrize("name", SOURCES)
def test_docstring_examples_print_what_they_say(name):
    module = importlib.import_module(name)
    results = doctest.testmod(module, extraglobs={"Value": importlib.import_module("autograd").Value})
    assert results.failed == 0


@pytest.mark.parametrize("document", DOCUMENTS)
def test_document_examples_print_what_they_say(document, tmp_path, monkeypatch):
    path = ROOT / document
    text = path.read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    namespace = {"__name__": "__main__"}
    for block in re.findall(r"```pycon\n(.*?)```", text, flags=re.DOTALL):
        test = doctest.DocTestParser().get_doctest(block, namespace, document, str(path), 0)
        runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
        runner.run(test, clear_globs=False)
        namespace.update(test.globs)
        assert runner.failures == 0, block
    for block in re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL):
        exec(compile(block, document, "exec"), {})


@pytest.mark.parametrize("name", SOURCES)
def test_public_functions_and_classes_have_docstrings(name):
    module = importlib.import_module(name)
    tree = ast.parse(Path(module.__file__).read_text(encoding="utf-8"))
    for node in tree.body:
        overloads = [ast.unparse(decorator) for decorator in getattr(node, "decorator_list", ())].count("overload")
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_") and not overloads:
            assert ast.get_docstring(node), f"{name}.{node.name}"


@pytest.mark.parametrize("package", [autograd, nn, nn.plots], ids=lambda package: package.__name__)
def test_every_public_name_has_an_example(package):
    """In its docstring; what is no function or class, a row or a constant, has it in the docstring of its kind."""
    things = {name: getattr(package, name) for name in package.__all__}
    made = {name: thing for name, thing in things.items() if inspect.isroutine(thing) or inspect.isclass(thing)}
    assert [name for name, thing in made.items() if ">>> " not in (inspect.getdoc(thing) or "")] == []
    for name in (name for name, thing in made.items() if inspect.isbuiltin(thing)):  # of the compiled core
        test = doctest.DocTestParser().get_doctest(made[name].__doc__, things, name, None, 0)
        assert doctest.DocTestRunner().run(test) == (0, 1)
    assert all(
        isinstance(thing, autograd.Primitive | dict) or inspect.ismodule(thing)
        for name, thing in things.items()
        if name not in made
    )
