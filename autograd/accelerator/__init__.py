"""The compiled core, if it is there: the same interface as the plain one, in C.

The ground floor: nothing of ours is imported here.
"""

import importlib
import os
from typing import Any

compiled: Any = None
"""The extension module, or None where the plain core is used."""

if os.environ.get("AUTOGRAD_PURE") != "1":
    try:
        compiled = importlib.import_module("autograd.accelerator._core")
    except ImportError:
        compiled = None
