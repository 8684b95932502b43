"""The site in a real browser: served from out/docs, read, changed and run.  `make docs` builds it.

Needs Playwright for Python and a Chromium (on PATH, or named by CHROMIUM); without either, or without the site, all
of it is skipped.  The screenshots are left in out/browser.
"""

import functools
import http.server
import os
import shutil
import threading
from pathlib import Path

import pytest

import nn

playwright = pytest.importorskip("playwright.sync_api", reason="Playwright for Python is not installed")
BROWSER = os.environ.get("CHROMIUM") or next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
SITE = Path(nn.__file__).parent.parent / "out" / "docs"
SHOTS = SITE.parent / "browser"
pytestmark = [
    pytest.mark.skipif(BROWSER is None, reason="there is no Chromium on PATH; name one with CHROMIUM"),
    pytest.mark.skipif(not (SITE / "_static" / "pyodide").exists(), reason="out/docs is not there: make docs"),
    pytest.mark.slow,
]
FIRST = 120_000  # milliseconds: Python starts in some seconds, but not on a machine that is busy


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files and says nothing."""

    def log_message(self, *_): ...


@pytest.fixture(scope="module")
def address():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(SITE)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as api:
        browser = api.chromium.launch(executable_path=BROWSER, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser, address):
    """A function that opens a page of the site; afterwards nothing may have been fetched from elsewhere."""
    contexts, elsewhere, complaints = [], [], []

    def open_one(path, **options):
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.on(
            "request",
            lambda request: request.url.startswith((address, "blob:", "data:")) or elsewhere.append(request.url),
        )
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(address + path)
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert elsewhere == []
    assert complaints == []


def run(page, index):
    """Press Run below a block; what is shown below it when all is done."""
    page.locator("button.run").nth(index).click()
    page.wait_for_function(
        "index => document.querySelectorAll('button.run')[index].textContent === 'Run'", arg=index, timeout=FIRST
    )
    return page.locator(".run-output").nth(index)


def block(page, words):
    """The number of the first block that has these words."""
    texts = page.locator("pre[contenteditable]").all_inner_texts()
    return next(index for index, text in enumerate(texts) if words in text)


def test_a_block_runs_and_so_does_what_is_changed(open_page):
    page = open_page("quick_start.html")
    assert run(page, 0).inner_text().strip() == "y = 0.7064, dy/dw = 1.0019, dy/dx = -1.5029"
    page.locator("pre[contenteditable]").nth(0).fill("6 * 7")
    assert run(page, 0).inner_text().strip() == "42"


def test_what_stands_above_runs_first_and_pictures_are_drawn(open_page):
    page = open_page("quick_start.html")
    index = block(page, "draw(y)")
    assert run(page, index).locator("svg").count() == 1
    first = open_page("tutorial/1_derivatives/01_first_gradient.html")
    output = run(first, block(first, "first_gradient.svg"))
    assert output.locator("svg").count() == 1
    assert "first_gradient.svg" in output.inner_text()


def test_a_mistake_is_shown_in_place(open_page):
    page = open_page("quick_start.html")
    page.locator("pre[contenteditable]").nth(0).fill("1 / 0")
    output = run(page, 0)
    assert "ZeroDivisionError" in output.locator(".error").inner_text()


def test_a_package_that_is_not_there_is_named_in_place(open_page):
    page = open_page("quick_start.html")
    page.locator("pre[contenteditable]").nth(0).fill("import llvmlite as fast\nprint(1)\nfast.binding\nprint(2)")
    text = run(page, 0).inner_text()
    assert text.startswith("1\n")  # importing is not using
    assert "does not have: llvmlite" in text
    assert "\n2\n" in text  # what does not need it goes on


def test_a_block_that_does_not_end_is_stopped(open_page):
    page = open_page("quick_start.html")
    run(page, 0)
    page.locator("pre[contenteditable]").nth(0).fill("while True: pass")
    button = page.locator("button.run").nth(0)
    button.click()
    assert button.inner_text() == "Stop"
    button.click()
    assert button.inner_text() == "Run"
    page.locator("pre[contenteditable]").nth(0).fill("1 + 1")
    assert run(page, 0).inner_text().strip() == "2"


def test_an_example_of_the_reference_stands_alone(open_page):
    page = open_page("api/transforms.html")
    assert run(page, block(page, ">>> grad(")).inner_text().strip()


def test_an_exercise_is_graded_in_the_page(open_page):
    page = open_page("exercises/sigmoid.html")
    assert "not yet" in run(page, 0).inner_text()
    code = page.locator("pre[contenteditable]").nth(0)
    code.fill(code.inner_text().replace("...", "return sigmoid(s) * (1.0 - sigmoid(s))"))
    text = run(page, 0).inner_text()
    assert "right" in text
    assert "not" not in text


PAGES = ["index.html", "quick_start.html", "tutorial/1_derivatives/01_first_gradient.html", "api/table.html"]


@pytest.mark.parametrize("path", [*PAGES, "syllabus.html", "gallery.html"])
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (1280, "dark"), (390, "light")])
def test_pages_fit_their_windows(open_page, path, width, scheme):
    page = open_page(path, viewport={"width": width, "height": 800}, color_scheme=scheme)
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / f"docs_{path.replace('/', '_').removesuffix('.html')}_{width}_{scheme}.png")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
