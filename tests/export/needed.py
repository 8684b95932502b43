"""Libraries that models are handed on to, and what to install where one is missing."""

import pytest


def needed(module):
    """The module; skips the test where it is not installed, and says how to install it."""
    package = module.partition(".")[0]
    target = "export" if package == "torch" else "export-quick"
    return pytest.importorskip(module, reason=f"{package} is not installed: pip install {package}, or make {target}")
