"""The pictures of the README: a graph, a page in the middle of the backward pass, and the playground after training.

.venv/bin/python -m pip install playwright pillow    # once; and a Chromium on PATH, or named by CHROMIUM
.venv/bin/python docs/pictures/renew.py
"""

import io
import os
import shutil
import sys
import tempfile
from pathlib import Path
from random import Random

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent.parent))

from PIL import Image
from playwright.sync_api import sync_playwright

from autograd import Value, draw, to_html
from nn import MLP, make_moons, mse_loss, to_playground

BROWSER = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, ("chromium", "google-chrome"))), None)
COLOURS = 224  # of a screenshot: less than half its size
EPOCHS = 150


def graph():
    model = MLP(2, [2, 1], rng=Random(4))
    y = model([Value(1.0, label="x₁"), Value(-2.0, label="x₂")])
    y.label = "ŷ"
    y.backward()
    draw(y, HERE / "mlp_2_2_1.svg", model=model)


def steps(folder):
    model = MLP(3, [3, 2], activation="tanh", rng=Random(3))
    outputs = model([Value(x, label=f"x{i + 1}") for i, x in enumerate((1.29, 1.45, 0.07))])
    error = mse_loss(outputs, [1.0, 0.0])
    error.label = "E"
    error.backward()
    return to_html(error, folder / "steps.html", model=model, title="Backpropagation in a 3-3-2 network")


def in_the_backward_pass(page):
    for key in ("End", "ArrowLeft"):
        page.keyboard.press(key)


def playground(folder):
    model = MLP(2, [8, 8, 1], activation="tanh", initializer="xavier_uniform", rng=Random(1))
    return to_playground(model, make_moons(200, noise=0.1, seed=2), folder / "playground.html", lr=0.01)


def after_training(page):
    page.evaluate(f"for (let i = 0; i < {EPOCHS}; i++) document.getElementById('step').click()")
    page.wait_for_selector(f'body[data-drawn="{EPOCHS}"]')


def shoot(browser, file, name, size, act):
    for scheme in ("light", "dark"):
        context = browser.new_context(viewport=dict(zip(("width", "height"), size, strict=True)), color_scheme=scheme)
        page = context.new_page()
        page.goto(file.as_uri())
        page.wait_for_selector("body[data-drawn]")
        act(page)
        page.wait_for_timeout(500)
        picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
        picture.quantize(COLOURS).save(HERE / f"{name}_{scheme}.png", optimize=True)
        context.close()


if __name__ == "__main__":
    graph()
    with sync_playwright() as api, tempfile.TemporaryDirectory() as place:
        chromium = api.chromium.launch(executable_path=BROWSER, args=["--no-sandbox", "--disable-gpu"])
        shoot(chromium, steps(Path(place)), "page", (1280, 680), in_the_backward_pass)
        shoot(chromium, playground(Path(place)), "playground", (1280, 720), after_training)
        chromium.close()
