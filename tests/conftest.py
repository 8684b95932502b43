"""Settings of all tests."""

import warnings

from hypothesis import settings

settings.register_profile("default", deadline=None, derandomize=True)
settings.load_profile("default")

with warnings.catch_warnings():  # whatever the environment has installed beside us: test_installation.py looks at that
    warnings.filterwarnings("ignore", message="another distribution provides")
    import autograd


def pytest_report_header() -> str:
    core, why_plain, python, _ = autograd.engine_info()
    return f"autograd: {core} core on {python}" + (f", as {why_plain}" if why_plain else "")
