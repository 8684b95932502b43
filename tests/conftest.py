"""Settings of all tests."""

import warnings

from hypothesis import settings

settings.register_profile("default", deadline=None, derandomize=True)
settings.load_profile("default")

with warnings.catch_warnings():  # whatever the environment has installed beside us: test_installation.py looks at that
    warnings.filterwarnings("ignore", message="another distribution provides")
    import autograd  # noqa: F401
