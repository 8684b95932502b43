"""Settings of all tests."""

import os
import sys
import warnings

import pytest
from hypothesis import settings

os.environ["AUTOGRAD_CACHE"] = "0"  # machine code is made anew, and nothing is left in the user's folder

settings.register_profile("default", deadline=None, derandomize=True)
settings.load_profile("default")

with warnings.catch_warnings():  # whatever the environment has installed beside us: test_installation.py looks at that
    warnings.filterwarnings("ignore", message="another distribution provides")
    import autograd


def pytest_report_header() -> str:
    core, why_plain, python, _ = autograd.engine_info()
    return f"autograd: {core} core on {python}" + (f", as {why_plain}" if why_plain else "")


@pytest.fixture(autouse=True)
def close_figures():
    """Figures of matplotlib stay until they are closed, and of many it warns."""
    yield
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")
