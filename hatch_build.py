"""Compiles autograd/accelerator/_core.c into the wheel, where there is a C compiler; elsewhere the wheel is pure.

An editable installation gets the compiled core beside its source.  AUTOGRAD_PURE=1 asks for a pure wheel,
AUTOGRAD_PURE=0 for an error where the core cannot be compiled.
"""

import os
import shutil
import sys
import sysconfig
import tempfile
import textwrap
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from setuptools import Distribution, Extension

MODULE = "autograd.accelerator._core"
# Numbers come out as in Python: no product is fused with a sum, and no power becomes a product.
FLAGS = [] if os.name == "nt" else ["-O2", "-ffp-contract=off", "-fno-builtin-pow", "-fno-strict-aliasing"]


class CompiledCore(BuildHookInterface[Any]):
    """The build hook; what the plain core is promised for, `autograd.accelerator` says too."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Before a wheel is packed: compile, and say what is to go in."""
        beside = Path(self.root, *MODULE.split(".")[:-1])
        name = "_core" + sysconfig.get_config_var("EXT_SUFFIX")
        if version == "editable":
            (beside / name).unlink(missing_ok=True)  # an older one, or one that a running Python has loaded
        wanted = os.environ.get("AUTOGRAD_PURE")
        if wanted == "1" or sys.implementation.name != "cpython" or sysconfig.get_config_var("Py_GIL_DISABLED"):
            return
        self.folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)  # until the wheel is packed
        try:
            built = self._compiled(beside / "_core.c")
        except Exception as error:  # CompileError, or whatever a machine without a compiler makes of it
            if wanted == "0":
                raise
            self.app.display_warning(
                f"no compiled core, plain Python does its work: {textwrap.shorten(str(error), 99)}"
            )
            return
        build_data |= {"pure_python": False, "infer_tag": True}
        if version == "editable":
            shutil.copy(built, beside / name)
        else:
            build_data["force_include"][built] = f"{MODULE.replace('.', '/').rpartition('/')[0]}/{name}"

    def _compiled(self, source: Path) -> str:
        """The file that the C compiler makes of a source."""
        extension = Extension(MODULE, [str(source)], extra_compile_args=FLAGS)
        command: Any = Distribution({"ext_modules": [extension]}).get_command_obj("build_ext")
        command.build_lib = command.build_temp = self.folder.name  # nothing that an earlier build left
        command.ensure_finalized()
        command.run()
        (built,) = command.get_outputs()
        return str(built)
