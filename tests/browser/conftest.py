"""The browser of these tests: Playwright for Python and a Chromium, on PATH or named by CHROMIUM."""

import pytest


@pytest.fixture(scope="package")
def browser():
    from tests.browser.chromium import BROWSER, playwright  # all tests of it are skipped where there is none

    with playwright.sync_playwright() as api:
        browser = api.chromium.launch(executable_path=BROWSER, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()
