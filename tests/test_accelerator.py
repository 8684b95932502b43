"""Which core is at work, and why."""

import os
import re
import subprocess
import sys

import pytest

from autograd import accelerator, engine_info
from tests.test_structure import ROOT


def test_engine_info_says_which_core_and_why():
    info = engine_info()
    assert (info.core == "compiled") == (info.why_plain is None) == (accelerator.compiled is not None)
    assert re.fullmatch(
        r"EngineInfo\(core='(plain|compiled)', why_plain=.+, python='\w+ 3\.\S+', rules=.+\)", repr(info)
    )


def python(code, **environment):
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        env={**os.environ, **environment},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def test_the_environment_asks_for_the_plain_core():
    assert python("import autograd; print(autograd.engine_info()[:2])", AUTOGRAD_PURE="1") == (
        "('plain', 'AUTOGRAD_PURE=1')\n"
    )


@pytest.mark.parametrize(
    ("before", "why"),
    [
        ("sys.implementation.name = 'pypy'", "pypy is not CPython"),
        ("sysconfig.get_config_vars()['Py_GIL_DISABLED'] = 1", "free-threaded Python"),
        ("sys.modules['autograd.accelerator._core'] = None", "not built"),
        ("sys.meta_path.insert(0, Broken())", "undefined symbol"),
    ],
)
def test_plain_python_does_the_work_where_the_extension_cannot(before, why):
    finder = (
        "import sys, sysconfig\n"
        "class Broken:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.endswith('._core'): raise ImportError('undefined symbol: PyOld')\n"
    )
    after = "from autograd.accelerator import compiled, engine_info\nprint(compiled, engine_info())"
    printed = python(f"{finder}{before}\n{after}", AUTOGRAD_PURE="0")
    assert printed.startswith("None EngineInfo(core='plain'")
    assert why in printed
