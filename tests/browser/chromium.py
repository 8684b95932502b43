"""What tests in a browser share: whether there is one, and where screenshots are left."""

import os
import shutil

import pytest

from tests.test_structure import ROOT

playwright = pytest.importorskip("playwright.sync_api", reason="Playwright for Python is not installed")
BROWSER = os.environ.get("CHROMIUM") or next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
pytestmark = [
    pytest.mark.skipif(BROWSER is None, reason="there is no Chromium on PATH; name one with CHROMIUM"),
    pytest.mark.slow,
]
SHOTS = ROOT / "out" / "browser"
AXE = ROOT / "out" / "node" / "node_modules" / "axe-core" / "axe.min.js"


def shoot(page, name):
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.wait_for_timeout(120)
    page.screenshot(path=SHOTS / f"{name}.png")
