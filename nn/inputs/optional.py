"""The one door to packages that are not installed with the core."""

import importlib
from typing import Any

from autograd import installation


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
        raise ModuleNotFoundError(installation.lacking(error, purpose), name=error.name, path=error.path) from None
