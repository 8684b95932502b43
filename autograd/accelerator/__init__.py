"""The compiled core, where there is one: a twin in C of what records and sweeps, made when the package is installed.

`compiled` is the extension module, or None where plain Python does the work: both mean the same.  The C has the rows of
the table from `rules.h`, which `autograd.native.c.rules` prints.
"""

import importlib
import os
import platform
import sys
import sysconfig
from typing import Any, NamedTuple


class EngineInfo(NamedTuple):
    """What `engine_info` tells: the core at work, why it is the plain one if it is, and what runs it."""

    core: str
    why_plain: str | None
    python: str
    rules: str | None


def _load() -> tuple[Any, str | None]:
    """The extension module, or None and why there is none."""
    if os.environ.get("AUTOGRAD_PURE") == "1":
        return None, "AUTOGRAD_PURE=1"
    if sys.implementation.name != "cpython":
        return None, f"{sys.implementation.name} is not CPython"
    if sysconfig.get_config_var("Py_GIL_DISABLED"):
        return None, "free-threaded Python"
    name = f"{__name__}._core"
    try:
        return importlib.import_module(name), None
    except ModuleNotFoundError as error:
        return None, "not built" if error.name == name else str(error)
    except ImportError as error:  # built for another Python, another machine, another table
        return None, str(error)


compiled: Any
compiled, _why_plain = _load()


def engine_info() -> EngineInfo:
    """Which core is at work, and why it is the plain one, if it is.

    `rules` is the version of the table's rules that were compiled in, the one that `rules.h` names.

    >>> engine_info().core in ("compiled", "plain")
    True
    """
    return EngineInfo(
        core="plain" if compiled is None else "compiled",
        why_plain=_why_plain,
        python=f"{platform.python_implementation()} {platform.python_version()}",
        rules=None if compiled is None else compiled.rules_version,
    )
