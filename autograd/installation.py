"""What is installed: other distributions named `autograd` or `nn`, and what needs packages that are not there."""

import importlib
import os
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

_HERE = Path(__file__).resolve().parent.parent


def other_providers(package: str) -> Iterator[str]:
    """Folders of the import path where another distribution provides `package`."""
    for entry in dict.fromkeys(sys.path):
        folder = Path(entry or os.curdir).resolve()
        try:
            names = os.listdir(folder)
        except OSError:  # a zip file, or gone
            continue
        installed = any(
            name.lower().startswith(f"{package}-") and name.endswith((".dist-info", ".egg-info")) for name in names
        )
        ours = (folder / "autograd" / "installation.py").exists()  # perhaps a second copy
        if installed or ((folder / package / "__init__.py").exists() and not ours):
            yield str(folder)


def warn_of_other_providers(*packages: str) -> None:
    """Warn for every package name that another distribution provides as well."""
    for package in packages:
        for folder in other_providers(package):
            warnings.warn(
                f"another distribution provides the package {package!r} in {folder}; this one is scalar-autograd, from "
                f"{_HERE}. Uninstall the other (pip uninstall {package}), or keep the two in separate environments.",
                stacklevel=3,
            )


def lacking(error: ModuleNotFoundError, purpose: str) -> str:
    """What to say of a missing package: what needs it, and how to install it.

    >>> lacking(ModuleNotFoundError(name="sklearn.utils"), "fit_them")
    'fit_them needs scikit-learn: pip install scikit-learn'
    """
    module = (error.name or "").split(".")[0]
    package = {"sklearn": "scikit-learn", "PIL": "pillow"}.get(module, module)
    return f"{purpose} needs {package}: pip install {package}"


def require(module: str, purpose: str) -> Any:
    """The module, or ModuleNotFoundError that says what needs it and what to install.

    >>> require("json", "this example").loads("[1]")
    [1]
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is not None and error.name.split(".")[0] != module.split(".")[0]:
            raise  # it is there, and misses something itself
        raise ModuleNotFoundError(lacking(error, purpose), name=error.name, path=error.path) from None


def later(names: dict[str, Any], modules: Mapping[str, Sequence[str]], name: str, elsewhere: Mapping[str, str]) -> Any:
    """What `__getattr__` of a package gives: a name of a module that is imported when it is first asked for.

    Of a name that other libraries have `elsewhere` tells what stands for it here.

    Where that needs a package that is missing, it is what says so when it is called, so that `import *` and completion
    work on every installation; it is not kept, so that who installs the package need not start again.
    """
    module = next((module for module, found in modules.items() if name in found), None)
    if module is None:
        advice = f": {elsewhere[name]}" if name in elsewhere else ""
        raise AttributeError(f"module {names['__name__']!r} has no attribute {name!r}{advice}")
    try:
        names[name] = found = getattr(importlib.import_module(module), name)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.split(".")[0] == names["__name__"]:
            raise  # a part of our own
        return _stand_in(module, name, error)
    return found


def _stand_in(module: str, name: str, error: ModuleNotFoundError) -> type:
    """A class, because what it stands for may be one, which others inherit from and `isinstance` asks for."""
    advice, missing = lacking(error, name), error.name

    def refuse(*_arguments: Any, **_options: Any) -> NoReturn:
        raise ModuleNotFoundError(advice, name=missing)

    return type(name, (), {"__new__": refuse, "__doc__": f"{advice}.", "__module__": module})
