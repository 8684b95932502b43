"""Trained networks, exported in every way, are what they are here, on a thousand random samples."""

import math
import shutil

import pytest

from autograd import to_c, to_javascript_function, to_jax, to_numpy, to_onnx, to_torch_function
from autograd.export import c, javascript, onnx, python
from autograd.export.verification import Reference
from tests.export.networks import NETWORKS

WAYS = {
    "numpy": (to_numpy, None, {}, 1e-12),
    "jax": (to_jax, "jax", {}, 1e-12),
    "torch": (to_torch_function, "torch", {}, 1e-12),
    "c": (to_c, None, {}, 1e-12),
    "c of 32 bits": (to_c, None, {"bits": 32}, 1e-5),
    "javascript": (to_javascript_function, None, {}, 1e-12),
    "onnx": (to_onnx, "onnx", {}, 1e-5),
}
PROGRAMS = {"c": "cc", "c of 32 bits": "cc", "javascript": "node"}


@pytest.fixture(autouse=True)
def known_references(monkeypatch):
    """The engine computes its thousand samples of a network once for all ways."""
    for module in (c, javascript, onnx, python):
        monkeypatch.setattr(
            module, "Reference", lambda subject, **options: reference(len(subject.inputs), subject, **options)
        )


def reference(size, subject, narrow=False, derivatives=True):
    if (size, narrow) not in KNOWN:
        KNOWN[size, narrow] = Reference(subject, narrow=narrow)
    return KNOWN[size, narrow]


KNOWN = {}


@pytest.mark.slow
@pytest.mark.exhaustive
@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("way", WAYS)
def test_networks_are_within_rounding_of_the_engine(way, network):
    export, package, options, tolerance = WAYS[way]
    if package:
        pytest.importorskip(package, reason=f"{package} is not installed: make export")
    if way in PROGRAMS and not shutil.which(PROGRAMS[way]):
        pytest.skip(f"{PROGRAMS[way]} is not installed")
    make, inputs = NETWORKS[network]
    found = export(make(), inputs, tolerance=math.inf, **options)
    assert found.difference <= tolerance
