"""What installing builds: the compiled core where there is a C compiler, a pure wheel elsewhere."""

import importlib.util
import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import zipfile

import pytest

from tests.test_c_source import needs_compiler
from tests.test_structure import ROOT

BACK_END = ("hatchling", "setuptools")
MISSING = [name for name in BACK_END if importlib.util.find_spec(name) is None]
EXTENSION = "autograd/accelerator/_core" + sysconfig.get_config_var("EXT_SUFFIX")

pytestmark = [
    pytest.mark.exhaustive,
    pytest.mark.skipif(bool(MISSING), reason=f"building without isolation needs {', '.join(MISSING)} here"),
    pytest.mark.skipif(not (ROOT / "hatch_build.py").exists(), reason="needs the sources, not an installed wheel"),
]


@pytest.fixture
def checkout(tmp_path):
    """The sources in a folder with a space in its name, beside what earlier builds may have left."""
    folder = tmp_path / "a check out"
    others = shutil.ignore_patterns(".*_cache", ".git", ".hypothesis", ".venv", "dist", "docs", "out", "tests")
    shutil.copytree(ROOT, folder, ignore=others)
    (folder / EXTENSION).write_text("of an older build")
    (folder / "build").mkdir(exist_ok=True)
    return folder


def wheel(checkout, **environment):
    """The tag of the wheel that is built, its files, and what was said."""
    command = [sys.executable, "-m", "pip", "wheel", "-v", "--no-deps", "--no-build-isolation", "-w", "wheels", "."]
    done = subprocess.run(
        command,
        cwd=checkout,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    (built,) = (checkout / "wheels").iterdir()
    return built.name.partition("-")[2].partition("-")[2], zipfile.ZipFile(built), done.stdout


def of_the_core(archive):
    return [name for name in archive.namelist() if "accelerator/" in name and not name.endswith("__init__.py")]


@needs_compiler
def test_with_a_compiler_the_core_is_in_the_wheel(checkout, tmp_path):
    tag, archive, _ = wheel(checkout, AUTOGRAD_PURE="0")
    assert tag.startswith(f"cp{sys.version_info[0]}{sys.version_info[1]}-cp")
    assert of_the_core(archive) == [EXTENSION]
    archive.extractall(tmp_path / "installed")
    code = "import autograd; print(autograd.__file__, autograd.engine_info().core)"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        cwd=tmp_path / "installed",
        env={**os.environ, "AUTOGRAD_PURE": "0"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith(str(tmp_path))
    assert done.stdout.endswith(" compiled\n")


@pytest.mark.parametrize(
    ("environment", "said"),
    [({"CC": "false"}, True), ({"CC": "/nowhere/cc"}, True), ({"AUTOGRAD_PURE": "1"}, False)],
)
def test_without_a_compiler_the_wheel_is_pure(environment, said, checkout):
    tag, archive, output = wheel(checkout, **{"AUTOGRAD_PURE": "", **environment})
    assert tag == "py3-none-any.whl"
    assert of_the_core(archive) == []
    assert ("no compiled core, plain Python does its work" in output) == said


def test_who_asks_for_the_compiled_core_is_told_that_there_is_none(checkout):
    with pytest.raises(AssertionError, match="CompileError"):
        wheel(checkout, AUTOGRAD_PURE="0", CC="false")


def test_a_source_distribution_has_what_compiling_needs(checkout):
    code = "import hatchling.build as b; print(b.build_sdist('dist'))"
    subprocess.run([sys.executable, "-c", code], cwd=checkout, check=True, capture_output=True)
    (built,) = (checkout / "dist").iterdir()
    with tarfile.open(built) as archive:
        inside = {name.partition("/")[2] for name in archive.getnames()}
    assert {"hatch_build.py", "autograd/accelerator/_core.c", "autograd/accelerator/rules.h"} <= inside
    assert EXTENSION not in inside
