"""Which files the names `autograd` and `nn` stand for: other distributions on PyPI install them too."""

import os
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

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
