"""The benchmarks: their common lines, table and picture; and, asked for, that all of them run."""

import ast
import importlib
import json
import runpy
import subprocess
import sys

import pytest

from tests.test_structure import ROOT

BENCHMARKS = ROOT / "benchmarks"

pytestmark = pytest.mark.skipif(not BENCHMARKS.exists(), reason="needs the sources, not an installed wheel")

ROWS = [
    {"job": "machine code: a", "peer": "A", "ratio": 123.4, "least": 100.0, "largest": 1234.5},
    {"job": "plain core: b", "peer": "B", "ratio": 0.5, "least": 0.25, "largest": 2.0},
]


def test_a_line_has_the_medians_and_the_range_of_the_ratios(capsys, tmp_path, monkeypatch):
    measuring = runpy.run_path(str(BENCHMARKS / "measuring.py"))
    measuring["report"]("job", "peer", [(4e-6, 2e-6), (9e-6, 3e-6), (8e-6, 2e-6)])
    measuring["missing"]("another", "no module")
    line, absent = capsys.readouterr().out.splitlines()
    assert line.split() == ["job", "peer", "8.000", "µs", "ours", "2.000", "µs", "3.00x", "[2.00..4.00]"]
    assert absent == "another is not installed (no module)"
    monkeypatch.setattr(sys, "argv", ["script", "--rows", str(tmp_path / "rows.json")])
    measuring["write_rows"]()
    row, other = json.loads((tmp_path / "rows.json").read_text())
    assert {name: round(row[name], 9) for name in ("least", "ratio", "largest")} == {
        "least": 2,
        "ratio": 3,
        "largest": 4,
    }
    assert other == {"missing": "another"}


def test_the_ratios_are_a_table_and_a_picture(tmp_path):
    together = runpy.run_path(str(BENCHMARKS / "all.py"))
    assert together["as_table"](ROWS).splitlines()[2:] == [
        "| machine code: a | A | 123 | 100 to 1,234 |",
        "| plain core: b | B | 0.5 | 0.25 to 2 |",
    ]
    together["draw"](ROWS, tmp_path / "new" / "bench.png")
    assert (tmp_path / "new" / "bench.png").stat().st_size > 5000


@pytest.mark.parametrize("path", sorted(BENCHMARKS.glob("*.py")), ids=lambda path: path.stem)
def test_benchmarks_import_what_is_there(path):
    """Those of the texts that they give to other processes too."""
    trees = [ast.parse(path.read_text(encoding="utf-8"))]
    constants = [node.value for node in ast.walk(trees[0]) if isinstance(node, ast.Constant)]
    trees += [ast.parse(text) for text in constants if isinstance(text, str) and "\nfrom autograd" in text]
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and str(node.module).split(".")[0] in ("autograd", "nn"):
                module = importlib.import_module(str(node.module))
                assert all(hasattr(module, alias.name) for alias in node.names), ast.unparse(node)


@pytest.mark.exhaustive
def test_all_benchmarks_run_and_name_the_peers_that_are_missing():
    command = [sys.executable, BENCHMARKS / "all.py", "--quick"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=600)
    assert "ended with status" not in done.stdout
    for peer in ("micrograd", "JAX", "PyTorch", "CasADi", "Dr.Jit"):
        assert peer in done.stdout, done.stdout + done.stderr
