"""The installation without NumPy, LLVM, rich and Graphviz: the tour of it, without what is installed here."""

import subprocess
import sys

from tests.test_structure import ROOT

TOUR = ROOT / "tests" / "bare" / "tour.py"


def test_the_tour_needs_the_standard_library_only():
    # -I -S: without the packages that are installed; `make bare` takes the tour on an installation, and under Pyodide
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); exec(open({str(TOUR)!r}, encoding='utf-8').read())"
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "all right" in done.stdout


def test_the_tour_refuses_an_installation_that_is_not_bare():
    done = subprocess.run([sys.executable, TOUR], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "this installation is not bare: it has numpy" in done.stderr
